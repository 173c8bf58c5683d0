"""What GitHub's own descriptions say of right and wrong requests, responses, webhooks and documents."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from app.sandbox import route
from app.sandbox.table import RULES
from tests.oracle import oracle
from tests.oracle.description import allowed, operation, operations, read, validator

JSON = {"Content-Type": "application/json; charset=utf-8"}
CHECK: dict[str, Any] = {"name": "discharge", "head_sha": "a" * 40}
NOTE = {"path": "a.md", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "see there"}
HEADERS = dict.fromkeys(
    (
        "User-Agent",
        "X-GitHub-Delivery",
        "X-GitHub-Event",
        "X-GitHub-Hook-ID",
        "X-GitHub-Hook-Installation-Target-ID",
        "X-GitHub-Hook-Installation-Target-Type",
        "X-Hub-Signature-256",
    ),
    "x",
)


def sent(method: str, path: str, body: object, query: str = "") -> list[str]:
    """Return what the oracle says of a request with a JSON body."""
    return [str(f) for f in oracle.check_request(method, path, query, json.dumps(body).encode())]


def answered(status: int, body: object, path: str = "/repos/acme/speak/git/ref/heads/main") -> list[oracle.Finding]:
    """Return what the oracle says of the answer to a GET."""
    return oracle.check_response("GET", path, status, JSON, json.dumps(body).encode())


def output(notes: int) -> dict[str, Any]:
    """Return a check run's output with so many annotations."""
    return CHECK | {"output": {"title": "t", "summary": "s", "annotations": [NOTE] * notes}}


def test_a_right_check_run_passes() -> None:
    """Fifty annotations are as many as one request may bring."""
    assert sent("POST", "/repos/acme/speak/check-runs", output(50)) == []


def test_fifty_one_annotations_are_reported() -> None:
    """GitHub's description bounds the annotations of a request, and the oracle says so shortly."""
    (said,) = sent("POST", "/repos/acme/speak/check-runs", output(51))

    assert said.endswith("has more than 50 items")
    assert len(said) < 500


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "/check-runs", {"name": "x"}, '"head_sha" is a required property'),
        ("POST", "/check-runs", CHECK | {"conclusion": "bogus"}, '"bogus" is not one of'),
        ("POST", "/check-runs", CHECK | {"headsha": "x"}, "'headsha' was unexpected"),
        ("PATCH", "/check-runs/4", {"conclusio": "success"}, "'conclusio' was unexpected"),
        ("POST", "/pulls", {"base": "main", "title": "t"}, '"head" is a required property'),
        ("PUT", "/pulls/1/merge", {"merge_method": "fast"}, '"fast" is not one of'),
        ("POST", "/issues/comments/1/reactions", {"content": "thumbs"}, '"thumbs" is not one of'),
        ("POST", "/check-runs/4/rerequest", {"why": "so"}, "a body where none is described"),
    ],
)
def test_a_wrong_body_is_reported(method: str, path: str, body: object, said: str) -> None:
    """What is missing, misspelt or out of range in a body is named."""
    findings = sent(method, f"/repos/acme/speak{path}", body)

    assert len(findings) == 1
    assert said in findings[0]


def test_a_body_that_is_missing_or_no_json_is_reported() -> None:
    """A body that must be there, and one that cannot be read."""
    path = "/repos/acme/speak/pulls"

    assert [f.said for f in oracle.check_request("POST", path)] == ["the body is missing"]
    assert [f.said for f in oracle.check_request("POST", path, body=b"{")] == ["the body is no JSON"]
    assert oracle.check_request("PUT", f"{path}/1/merge") == []


def test_a_file_may_be_any_bytes() -> None:
    """What is uploaded is described as bytes: nothing is asked of them, and its name must be there."""
    path = "/api/uploads/repos/acme/speak/releases/7/assets"

    assert oracle.check_request("POST", path, "name=log.txt", b"\x00{") == []
    assert [f.said for f in oracle.check_request("POST", path, "", b"x")] == ["the parameter 'name' is missing"]


def test_parameters_are_read_as_what_they_are_described_to_be() -> None:
    """Numbers are numbers, words are words, and a parameter unheard of is reported."""
    assert sent("GET", "/repos/acme/speak/pulls/x", {})[0].endswith('"x" is not of type "integer"')
    assert sent("GET", "/repos/acme/speak/pulls", {}, "state=shut")[0].endswith('"open", "closed" or "all"')
    assert sent("GET", "/repos/acme/speak/pulls", {}, "sate=all")[0].endswith("unknown parameter 'sate'")
    assert sent("GET", "/repos/acme/speak/pulls", {}, "state=all&per_page=100&page=2") == []
    assert sent("GET", "/repos/acme/123/pulls", {}) == []
    assert sent("GET", "/repos/acme/speak/actions/workflows/smoke.yml/runs", {}) == []
    assert sent("GET", "/repos/acme/speak/actions/workflows/17/runs", {}) == []


def test_a_required_parameter_that_is_missing_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A query without what the description asks for."""
    parameters = read("rest")["operations"]["GET /app"]["parameters"]
    monkeypatch.setitem(
        read("rest")["operations"]["GET /app"],
        "parameters",
        [*parameters, {"name": "since", "in": "query", "required": True, "schema": {"type": "string"}}],
    )

    assert [f.said for f in oracle.check_request("GET", "/app")] == ["the parameter 'since' is missing"]


@pytest.mark.parametrize(
    ("method", "path", "line", "parameters"),
    [
        ("GET", "/repos/a/b/git/ref/heads/main", "/git/ref/{ref}", {"ref": "heads/main"}),
        ("GET", "/repos/a/b/git/ref/heads%2Fmain", "/git/ref/{ref}", {"ref": "heads/main"}),
        ("PATCH", "/repos/a/b/git/refs/heads/spec/v2", "/git/refs/{ref}", {"ref": "heads/spec/v2"}),
        ("GET", "/repos/a/b/contents/docs/a%20b.md", "/contents/{path}", {"path": "docs/a b.md"}),
        ("GET", "/repos/a/b/contents/", "/contents/{path}", {"path": ""}),
        ("GET", "/repos/a/b/compare/main...spec/v2", "/compare/{basehead}", {"basehead": "main...spec/v2"}),
        ("GET", "/repos/a/b/commits/spec/v2/check-runs", "/commits/{ref}/check-runs", {"ref": "spec/v2"}),
        ("GET", "/repos/a/b/commits/spec/v2", "/commits/{ref}", {"ref": "spec/v2"}),
        ("GET", "/repos/a/b/issues/comments", "/issues/comments", {}),
        ("GET", "/api/v3/repos/a/b/issues/7", "/issues/{issue_number}", {"issue_number": "7"}),
        ("GET", "/repos/a/b/releases/tags/one/v1", "/releases/tags/{tag}", {"tag": "one/v1"}),
        ("GET", "/repos/a/b/releases/latest", "/releases/latest", {}),
        ("POST", "/api/uploads/repos/a/b/releases/7/assets", "/releases/{release_id}/assets", {"release_id": "7"}),
    ],
)
def test_a_path_finds_its_operation(method: str, path: str, line: str, parameters: dict[str, str]) -> None:
    """Branches and files bring slashes into a path, and the most literal template wins."""
    found = operation(method, path)

    assert found is not None
    assert found[0].line == f"{method} /repos/{{owner}}/{{repo}}{line}"
    assert found[1] == {"owner": "a", "repo": "b"} | parameters


def test_a_path_unheard_of_is_reported() -> None:
    """Neither request nor response of an operation that is not listed can be checked."""
    said = "no such operation among those of operations.txt"

    assert [f.said for f in oracle.check_request("GET", "/repos/a/b/stars")] == [said]
    assert [f.said for f in oracle.check_response("GET", "/repos/a/b/stars", 200, JSON, b"{}")] == [said]


def test_a_right_response_passes() -> None:
    """A complete ref is what GitHub describes; an answer without content has none."""
    ref = {
        "ref": "refs/heads/main",
        "node_id": "REF_1",
        "url": "http://127.0.0.1:4500/repos/acme/speak/git/refs/heads/main",
        "object": {"type": "commit", "sha": "a" * 40, "url": "http://127.0.0.1:4500/repos/acme/speak/git/commits/a"},
    }

    assert answered(200, ref) == []
    assert oracle.check_response("DELETE", "/repos/acme/speak/git/refs/heads/x", 204, {}, b"") == []


def test_a_wrong_response_is_reported() -> None:
    """A value of another type, a property that is missing, a text that is no date, no JSON."""
    pull = [f.said for f in answered(200, {"number": "x"}, "/repos/acme/speak/pulls/1")]
    broken = oracle.check_response("GET", "/repos/acme/speak/pulls/1", 200, JSON, b"<html>")
    silent = oracle.check_response("DELETE", "/repos/acme/speak/git/refs/heads/x", 204, JSON, b"{}")
    unsaid = oracle.check_response("GET", "/repos/acme/speak/pulls/1", 200, {}, b"{}")
    limit = [f.said for f in answered(200, [{"created_at": "soon"}], "/repos/acme/speak/issues/1/comments")]

    assert 'number: "x" is not of type "integer"' in pull
    assert 'the whole: "head" is a required property' in pull
    assert [f.said for f in broken] == ['the whole: "<html>" is not of type "object"']
    assert [f.said for f in silent] == ["a body where none is described"]
    assert [f.said for f in unsaid] == ["the body is not said to be JSON"]
    assert '0/created_at: "soon" is not a "date-time"' in limit


def test_a_refusal_that_is_not_described_is_a_warning_only() -> None:
    """The description names few refusals for each operation; a teapot is none of them."""
    assert [f.serious for f in answered(403, {"message": "no"})] == [False]
    assert [str(f) for f in answered(418, {})] == [
        "GET /repos/{owner}/{repo}/git/ref/{ref} 418: this status is not described"
    ]
    assert [f.serious for f in answered(418, {})] == [True]


def test_a_refusal_may_say_why() -> None:
    """Where the description names a refusal without a body, GitHub sends one all the same."""
    path = "/repos/acme/speak/git/refs/heads/x"

    assert oracle.check_response("DELETE", path, 422, JSON, b'{"message": "Reference does not exist"}') == []


def test_a_webhook_is_held_against_its_event_and_action() -> None:
    """Its headers, its payload, and whether there is such an event at all."""
    merge_group = {
        "action": "destroyed",
        "reason": "merged",
        "merge_group": {
            "head_sha": "a" * 40,
            "head_ref": "refs/heads/gh-readonly-queue/main/pr-1-a",
            "base_sha": "b" * 40,
            "base_ref": "refs/heads/main",
            "head_commit": {
                "id": "a" * 40,
                "tree_id": "c" * 40,
                "message": "m",
                "timestamp": "2026-05-04T13:06:40Z",
                "author": {"name": "octo-maintainer", "email": "octo@example.org"},
                "committer": {"name": "octo-maintainer", "email": "octo@example.org"},
            },
        },
    }
    lone = {name: value for name, value in HEADERS.items() if name != "X-Hub-Signature-256"}

    assert oracle.check_webhook("merge_group", HEADERS, merge_group) == []
    assert [f.said for f in oracle.check_webhook("merge_group", lone, merge_group)] == [
        "the header X-Hub-Signature-256 is missing"
    ]
    assert [f.said for f in oracle.check_webhook("merge_group", HEADERS, merge_group | {"reason": "bored"})] == [
        'reason: "bored" is not one of "merged", "invalidated" or "dequeued"'
    ]
    assert [f.where for f in oracle.check_webhook("merge_group", HEADERS, {"action": "burnt"})] == [
        "webhook merge_group.burnt"
    ]
    assert [f.where for f in oracle.check_webhook("push", HEADERS, [])] == ["webhook push"]


QUERY = 'query ($n: Int!) { repository(owner: "acme", name: "speak") { pullRequest(number: $n) { %s } } }'


def test_a_graphql_document_is_held_against_the_schema() -> None:
    """Fields, arguments and values of variables are GitHub's."""
    assert oracle.check_document(QUERY % "title", {"n": 1}) == []
    assert [f.said for f in oracle.check_document(QUERY % "titl", {"n": 1})] == [
        "Cannot query field 'titl' on type 'PullRequest'. Did you mean 'title'?"
    ]
    assert [f.said for f in oracle.check_document(QUERY % "title", {"n": "one"})] == [
        "Variable '$n' has invalid value: Int cannot represent non-integer value: 'one'"
    ]
    fragments = "query { viewer { ...who } } fragment who on User { login }"
    assert oracle.check_document(fragments) == []
    assert oracle.check_document(QUERY % "title")[0].said.startswith("Variable '$n'")
    assert oracle.check_document("query {")[0].said.startswith("Syntax Error")


def test_a_mutation_needs_all_its_input() -> None:
    """`createCommitOnBranch` without the head that it expects is none."""
    document = "mutation ($i: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $i) { commit { oid } } }"
    given = {"branch": {"branchName": "main", "repositoryNameWithOwner": "acme/speak"}, "message": {"headline": "h"}}

    assert "'expectedHeadOid'" in oracle.check_document(document, {"i": given})[0].said
    assert oracle.check_document(document, {"i": given | {"expectedHeadOid": "a" * 40}}) == []


def test_every_exception_names_a_place_and_a_reason() -> None:
    """The list of exceptions is short, and each says why."""
    assert sent("POST", "/repos/acme/speak/issues/1/labels", ["discharge"]) == []
    assert sent("POST", "/repos/acme/speak/issues/1/labels", {"labels": []}) != []
    assert all(len(entry.reason.split()) > 4 for entry in allowed())
    assert len(allowed()) <= 12


def test_every_schema_can_be_compiled() -> None:
    """The cut left no reference without a target."""
    for known in operations():
        place = ("operations", known.line)
        if known.described["body"] and known.described["body"]["schema"]:  # a file has none
            validator("rest", *place, "body", "schema", closed=True)
        for status, schema in known.described["responses"].items():
            if schema is not None:
                validator("rest", *place, "responses", status)
    for name in read("webhooks")["events"]:
        validator("webhooks", "events", name, "schema")


def test_every_route_of_the_sandbox_is_described() -> None:
    """The sandbox serves nothing that GitHub's description, as it was cut, could not be asked about."""
    route.load()
    routes = {(rule.method, re.sub(r"\{[^}]+\}", "1", rule.template)) for rule in RULES if rule.template != "/graphql"}

    assert len(routes) > 80
    assert [route for route in sorted(routes) if operation(*route) is None] == []
