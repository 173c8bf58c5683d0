"""How GraphQL answers what is wrong: GitHub's kinds and sentences, and 501 for what is not served."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLObjectType
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sandbox import schema
from app.sandbox.act.check import create_check
from app.sandbox.act.comment import comment, react
from app.sandbox.act.queue import enqueue
from app.sandbox.graph import answer
from app.sandbox.graph.table import TABLE
from app.sandbox.model import Required, Token, Unserved

if TYPE_CHECKING:
    from tests.sandbox.graph.asker import Asker


def test_a_document_that_is_none_is_refused_with_the_place(asker: Asker) -> None:
    """Syntax and schema: the message says what, the place where, and there is no data."""
    for document, said in (
        ("{ viewer {", "Syntax Error"),
        ("{ viewer { logn } }", "Cannot query field 'logn' on type 'User'. Did you mean 'login'"),
        ("query ($n: Int!) { rateLimit { cost } }", "Variable '$n' is never used"),
        ('{ repository(owner: "acme") { id } }', "Argument 'Query.repository(name:)' of type 'String!' is required"),
    ):
        reply = answer(asker.world, asker.token, document)
        assert reply.keys() == {"errors"}
        assert reply["errors"][0]["message"].startswith(said)
        assert reply["errors"][0]["locations"][0]["line"] == 1


def test_a_document_without_end_is_refused(asker: Asker) -> None:
    """Thousands of levels do not end the server."""
    reply = answer(asker.world, asker.token, "{a" * 20_000)

    assert reply.keys() == {"errors"}
    assert reply["errors"][0]["message"].startswith("Syntax Error")


@given(st.text(alphabet='{}()[]:!$@&|="# \\n.,_abcdeknoprtuvwy0123456789-', max_size=60))
@settings(deadline=None, max_examples=150)
def test_any_text_is_answered(text: str) -> None:
    """A document comes from outside: there is always an answer, or a field that is not served."""
    bearer: Any = None
    try:
        told = answer(bearer, bearer, text)
    except Unserved:
        return

    assert told.keys() <= {"data", "errors"}


def test_a_variable_of_the_wrong_kind_is_refused(asker: Asker) -> None:
    """Before anything is done."""
    query = 'query ($n: Int!) { repository(owner: "acme", name: "speak") { pullRequest(number: $n) { id } } }'
    reply = answer(asker.world, asker.token, query, {"n": "one"})

    assert reply.keys() == {"errors"}
    assert reply["errors"][0]["message"].startswith("Variable '$n' has invalid value")


def test_one_of_several_operations_is_chosen_by_name(asker: Asker) -> None:
    """As clients with several operations in one document do."""
    document = "query One { viewer { login } } query Two { rateLimit { cost } }"

    assert answer(asker.world, asker.token, document, None, "Two") == {"data": {"rateLimit": {"cost": 1}}}
    assert answer(asker.world, asker.token, document)["errors"][0]["message"].startswith("Must provide operation name")


def test_what_is_not_found_has_a_place_and_the_rest_is_answered(asker: Asker) -> None:
    """Data and errors stand side by side."""
    reply = answer(
        asker.world,
        asker.token,
        '{ here: repository(owner: "acme", name: "speak") { name }\n  repository(owner: "acme", name: "x") { name } }',
    )

    assert reply == {
        "data": {"here": {"name": "speak"}, "repository": None},
        "errors": [
            {
                "type": "NOT_FOUND",
                "path": ["repository"],
                "locations": [{"line": 2, "column": 3}],
                "message": "Could not resolve to a Repository with the name 'acme/x'.",
            }
        ],
    }


@pytest.mark.parametrize("field", ["forkCount", "stargazers(first: 1) { totalCount }"])
def test_a_field_that_is_not_served_is_said_before_anything_is_done(asker: Asker, field: str) -> None:
    """A mutation in front of it is not carried out."""
    document = (
        "mutation ($wish: CreateRefInput!) { createRef(input: $wish) { ref { repository { %s } } } }" % field  # noqa: UP031
    )
    wish = {"repositoryId": asker.repository.node, "name": "refs/heads/new", "oid": asker.first}

    with pytest.raises(Unserved, match=r"Repository\."):
        answer(asker.world, asker.token, document, {"wish": wish})
    assert asker.repository.store.tip("new") is None


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("createdAt", ""),
        ("pullRequests(first: 1, orderBy: {field: COMMENTS, direction: ASC}) { totalCount }", "orderBy: COMMENTS"),
        (
            'defaultBranchRef { target { ... on Commit { history(first: 1, path: "a") { totalCount } } } }',
            r"Commit\.history\(path\)",
        ),
        ('refs(refPrefix: "refs/", first: 1, orderBy: {field: TAG_COMMIT_DATE, direction: ASC}) { totalCount }', "TAG"),
    ],
)
def test_a_value_that_is_not_served_is_said_too(asker: Asker, field: str, said: str) -> None:
    """An order or a filter that the sandbox does not know is never left out silently."""
    document = f'{{ repository(owner: "acme", name: "speak") {{ {field} }} }}'
    if not said:
        assert "errors" not in answer(asker.world, asker.token, document)
        return
    with pytest.raises(Unserved, match=said):
        answer(asker.world, asker.token, document)


def test_an_interface_is_served_as_far_as_its_types_are(asker: Asker) -> None:
    """`node` is read through fragments; a field of no type is refused at once."""
    with pytest.raises(Unserved, match=r"Starrable\.stargazerCount"):
        answer(asker.world, asker.token, '{ node(id: "x") { ... on Starrable { stargazerCount } } }')
    with pytest.raises(Unserved, match=r"Assignable\.assignees"):
        answer(
            asker.world, asker.token, '{ node(id: "x") { ... on Assignable { assignees(first: 1) { totalCount } } } }'
        )
    organization = asker.repository.owner.node
    with pytest.raises(Unserved, match=r"Organization\.email"):
        answer(asker.world, asker.token, f'{{ node(id: "{organization}") {{ ... on ProfileOwner {{ email }} }} }}')


def test_the_schema_tells_of_itself(asker: Asker) -> None:
    """Introspection works, for tools that ask."""
    told = asker.ask('{ __type(name: "MergeStateStatus") { kind enumValues { name } } __typename }')

    assert told["__typename"] == "Query"
    assert {"name": "CLEAN"} in told["__type"]["enumValues"]


NODES = """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"""


def test_every_node_id_leads_back(asker: Asker) -> None:
    """What has an id can be found by it: records, git objects, refs, queues."""
    asker.repository.settings.queue = True
    asker.commit("topic", {"a.md": "a\n"})
    pull = asker.open("topic")
    said = comment(asker.world, asker.person, pull, "hello")
    reaction, _ = react(asker.world, asker.person.account, said.reactions, "eyes")
    check = create_check(asker.world, asker.token.actor, asker.repository, {"name": "c", "head_sha": asker.first})
    told = asker.ask(
        '{ repository(owner: "acme", name: "speak") { id mergeQueue { id } ref(qualifiedName: "main") { id target {'
        ' id ... on Commit { tree { id } file(path: "README.md") { object { id } } } } } label(name: "bug") { id } } }'
    )["repository"]
    asker.repository.settings.required = (Required("c"),)
    passed = {"name": "c", "head_sha": pull.head, "conclusion": "success"}
    create_check(asker.world, asker.token.actor, asker.repository, passed)
    entry = enqueue(asker.world, asker.person, pull)
    target = told["ref"]["target"]
    ids = {
        told["id"]: "Repository",
        told["mergeQueue"]["id"]: "MergeQueue",
        told["ref"]["id"]: "Ref",
        target["id"]: "Commit",
        target["tree"]["id"]: "Tree",
        target["file"]["object"]["id"]: "Blob",
        told["label"]["id"]: "Label",
        pull.node: "PullRequest",
        said.node: "IssueComment",
        reaction.node: "Reaction",
        check.node: "CheckRun",
        check.suite.node: "CheckSuite",
        entry.node: "MergeQueueEntry",
        asker.person.account.node: "User",
        asker.repository.owner.node: "Organization",
        asker.app.bot.node: "Bot",
        asker.app.node: "App",
    }

    assert asker.ask(NODES, ids=list(ids))["nodes"] == [{"__typename": n, "id": i} for i, n in ids.items()]


def test_an_id_of_nothing_is_an_error_in_its_place(asker: Asker) -> None:
    """The others are answered."""
    reply = answer(asker.world, asker.token, NODES, {"ids": [asker.repository.node, "MQ_kw1", "x"]})

    assert [node and node["__typename"] for node in reply["data"]["nodes"]] == ["Repository", None, None]
    assert [error["path"] for error in reply["errors"]] == [["nodes", 1], ["nodes", 2]]
    assert reply["errors"][0]["message"] == "Could not resolve to a node with the global id of 'MQ_kw1'"


def test_a_repository_outside_of_the_token_does_not_exist(asker: Asker) -> None:
    """Neither by name nor by any id in it."""
    asker.commit("topic", {"a.md": "a\n"})
    pull = asker.open("topic")
    ids = [asker.repository.node, pull.node, asker.repository.labels["bug"].node]
    asker.token = Token("ghs_other", asker.token.actor, {"contents": "write"}, frozenset({1}), 2e9)

    reply = answer(asker.world, asker.token, NODES, {"ids": ids})

    assert reply["data"]["nodes"] == [None, None, None]
    assert asker.refused('{ repository(owner: "acme", name: "speak") { id } }')["type"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("field", "permission"),
    [
        ("defaultBranchRef { name }", "contents"),
        ('ref(qualifiedName: "main") { name }', "contents"),
        ('refs(refPrefix: "refs/", first: 1) { totalCount }', "contents"),
        ('object(expression: "main") { oid }', "contents"),
        ("pullRequests(first: 1) { totalCount }", "pull_requests"),
        ("pullRequest(number: 1) { id }", "pull_requests"),
        ("issue(number: 1) { id }", "issues"),
        ("issueOrPullRequest(number: 1) { __typename }", "issues"),
    ],
)
def test_reading_needs_its_permission(asker: Asker, field: str, permission: str) -> None:
    """A token without it is told so, and not what is there."""
    everything = {"contents": "read", "pull_requests": "read", "issues": "read", "checks": "read"}
    asker.limit(**{name: level for name, level in everything.items() if name != permission})

    error = asker.refused(f'{{ repository(owner: "acme", name: "speak") {{ {field} }} }}')

    assert error["type"] == "FORBIDDEN"
    assert error["message"] == "Resource not accessible by integration"
    assert error["extensions"] == {"saml_failure": False}


def test_checks_need_their_permission(asker: Asker) -> None:
    """Contents alone show no check."""
    asker.limit(contents="read")
    error = asker.refused(
        f'{{ repository(owner: "acme", name: "speak") {{ object(oid: "{asker.first}") {{ ... on Commit {{ '
        "checkSuites(first: 1) { totalCount } } } } }"
    )

    assert error["path"] == ["repository", "object", "checkSuites"]
    assert error["type"] == "FORBIDDEN"


def test_a_mistake_of_the_sandbox_is_no_answer(asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is raised, so that a test sees it, and not dressed up as GitHub's."""

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(TABLE["Query"], "viewer", fail)
    with pytest.raises(ZeroDivisionError):
        answer(asker.world, asker.token, "{ viewer { login } }")


def test_every_field_that_is_served_is_githubs() -> None:
    """The tables name no type and no field that GitHub's schema does not have."""
    served = {f"{kind}.{name}" for kind, fields in TABLE.items() for name in fields}
    kinds = [kind for kind in schema.load().type_map.values() if isinstance(kind, GraphQLObjectType)]

    assert served <= {f"{kind.name}.{name}" for kind in kinds for name in kind.fields}


def test_the_schema_is_whole_and_loads_fast() -> None:
    """All of GitHub's types in a quarter of a megabyte; the bound on the time is generous for a busy machine."""
    schema.load.cache_clear()
    began = time.process_time()
    known = schema.load()

    assert time.process_time() - began < 1.0
    assert len(known.type_map) > 1_500
    assert schema.FILE.stat().st_size < 250_000
