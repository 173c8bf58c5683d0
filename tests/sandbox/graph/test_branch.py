"""Commits and refs, written by GraphQL's mutations."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox.git import NONE
from app.sandbox.model import Token

if TYPE_CHECKING:
    from tests.sandbox.graph.asker import Asker

COMMIT = (
    "clientMutationId commit { oid message url signature { isValid } author { name email } committer { name email } }"
)
COMMIT += " ref { name target { oid } }"


def wish(asker: Asker, branch: str, tip: str, **more: Any) -> dict[str, Any]:
    """Return the input of `createCommitOnBranch`."""
    place = {"repositoryNameWithOwner": "acme/speak", "branchName": branch}
    return {"branch": place, "expectedHeadOid": tip, "message": {"headline": "Discharge it"}, **more}


def additions(**files: str) -> dict[str, Any]:
    """Return file additions; two underscores stand for a slash, one for a dot."""
    return {
        "additions": [
            {
                "path": name.replace("__", "/").replace("_", "."),
                "contents": base64.b64encode(text.encode()).decode(),
            }
            for name, text in files.items()
        ]
    }


def test_an_app_commits_and_github_signs(asker: Asker) -> None:
    """The commit lies on the branch, is by the bot, committed and signed by GitHub, and a push is told."""
    asker.commit("topic", {"a.md": "a\n"})
    tip = str(asker.repository.store.tip("topic"))
    asker.told()
    message = {"headline": "Discharge it", "body": "Held.\n\nCo-Authored-By: A <a@example.org>"}
    changes = {**additions(docs__new_md="new\n", a_md="b\n"), "deletions": [{"path": "docs/guide.md"}]}

    made = asker.change(
        "createCommitOnBranch",
        COMMIT,
        wish(asker, "topic", tip, message=message, fileChanges=changes, clientMutationId="7"),
    )

    sha = made["commit"]["oid"]
    assert made["clientMutationId"] == "7"
    assert made["ref"] == {"name": "topic", "target": {"oid": sha}}
    assert made["commit"]["message"] == "Discharge it\n\nHeld.\n\nCo-Authored-By: A <a@example.org>"
    assert made["commit"]["signature"] == {"isValid": True}
    assert made["commit"]["committer"] == {"name": "GitHub", "email": "noreply@github.com"}
    assert made["commit"]["author"]["name"] == "discharge[bot]"
    store = asker.repository.store
    assert [e.path for e in store.walk(sha) if e.kind == "blob"] == ["README.md", "a.md", "docs/new.md"]
    commit = store.commit(sha)
    assert commit is not None
    assert commit.parents == (tip,)
    assert asker.told() == ["push", "check_suite.requested"]


def test_a_branch_can_be_named_by_its_node(asker: Asker) -> None:
    """`CommittableBranch.id` is the ref's node id; a commit may change nothing."""
    node = asker.ask('{ repository(owner: "acme", name: "speak") { ref(qualifiedName: "main") { id } } }')
    made = asker.change(
        "createCommitOnBranch",
        "commit { oid messageBody }",
        {**wish(asker, "", asker.first), "branch": {"id": node["repository"]["ref"]["id"]}},
    )

    assert asker.repository.store.tip("main") == made["commit"]["oid"]
    assert made["commit"]["messageBody"] == ""


def test_a_branch_that_moved_is_left_alone(asker: Asker) -> None:
    """Compare and swap: the expected head decides, and the refusal says how it stands."""
    tip = asker.commit("main", {"a.md": "a\n"})

    kind, said = asker.denied("createCommitOnBranch", wish(asker, "main", asker.first))

    assert kind == "STALE_DATA"
    assert said == f'Expected branch to point to "{asker.first}" but it did not.  Pull and try again.'
    assert asker.repository.store.tip("main") == tip


@pytest.mark.parametrize(
    ("more", "kind", "said"),
    [
        (
            {"fileChanges": {"deletions": [{"path": "none.md"}]}},
            "UNPROCESSABLE",
            "A path was requested for deletion which does not exist as of commit oid `",
        ),
        (
            {"fileChanges": {"additions": [{"path": "a.md", "contents": "so so"}]}},
            "UNPROCESSABLE",
            "The contents of a file addition are not valid Base64.",
        ),
        (
            {"fileChanges": {"additions": [{"path": "a/../b.md", "contents": ""}]}},
            "UNPROCESSABLE",
            "The path 'a/../b.md' contains a malformed path component.",
        ),
        (
            {"branch": {"repositoryNameWithOwner": "acme/speak", "branchName": "none"}},
            "NOT_FOUND",
            "Could not resolve to a Ref with the name 'none'.",
        ),
        (
            {"branch": {"repositoryNameWithOwner": "acme/none", "branchName": "main"}},
            "NOT_FOUND",
            "Could not resolve to a Repository with the name 'acme/none'.",
        ),
        ({"branch": {"branchName": "main"}}, "NOT_FOUND", "Could not resolve to a Repository with the name ''."),
        ({"branch": {"id": "REF_kw00"}}, "NOT_FOUND", "Could not resolve to a node with the global id of 'REF_kw00'"),
    ],
)
def test_a_wrong_commit_is_refused(asker: Asker, more: dict[str, Any], kind: str, said: str) -> None:
    """And nothing has moved."""
    told = asker.denied("createCommitOnBranch", {**wish(asker, "main", asker.first), **more})

    assert told[0] == kind
    assert told[1].startswith(said)
    assert asker.repository.store.tip("main") == asker.first


def test_a_person_commits_through_github_too(asker: Asker) -> None:
    """A commit made with a person's token is signed by GitHub as well."""
    asker.token = Token("ghp_person", asker.person, None, None, 2e9)
    made = asker.change("createCommitOnBranch", COMMIT, wish(asker, "main", asker.first))

    assert made["commit"]["author"]["name"] == "octo-maintainer"
    assert made["commit"]["signature"] == {"isValid": True}


def test_a_ref_is_made_and_deleted(asker: Asker) -> None:
    """A new branch is told by a push; its deletion closes what was open from it."""
    created = asker.change(
        "createRef",
        "ref { id name prefix target { oid } }",
        {"repositoryId": asker.repository.node, "name": "refs/heads/spec/v2", "oid": asker.first},
    )["ref"]
    assert (created["name"], created["prefix"], created["target"]) == ("spec/v2", "refs/heads/", {"oid": asker.first})
    asker.commit("spec/v2", {"a.md": "a\n"})
    pull = asker.open("spec/v2")
    asker.told()

    asker.change("deleteRef", "clientMutationId", {"refId": created["id"]})

    assert asker.repository.store.tip("spec/v2") is None
    assert pull.state == "closed"
    assert asker.told() == ["push", "pull_request.closed"]


@pytest.mark.parametrize(
    ("name", "oid", "kind", "said"),
    [
        ("refs/heads/main", "", "UNPROCESSABLE", 'A ref named "refs/heads/main" already exists in the repository.'),
        ("heads/new", "", "UNPROCESSABLE", "Ref cannot be created."),
        ("refs/heads/main/below", "", "UNPROCESSABLE", "Ref cannot be created."),
        ("refs/heads/a..b", "", "UNPROCESSABLE", "Ref cannot be created."),
        ("refs/heads/new", "9" * 40, "NOT_FOUND", f"Could not resolve to an object with the oid '{'9' * 40}'."),
    ],
)
def test_a_wrong_ref_is_refused(asker: Asker, name: str, oid: str, kind: str, said: str) -> None:
    """A name that is taken or cannot be, a commit that is not there."""
    told = asker.denied("createRef", {"repositoryId": asker.repository.node, "name": name, "oid": oid or asker.first})

    assert told == (kind, said)


def update(asker: Asker, *updates: dict[str, Any]) -> dict[str, Any]:
    """Return the input of `updateRefs`."""
    return {"repositoryId": asker.repository.node, "refUpdates": list(updates)}


def test_refs_move_together(asker: Asker) -> None:
    """One branch is replaced and a temporary one goes, in one step: how the bot replaces a branch."""
    old = asker.commit("spec/v2", {"old.md": "o\n"})
    new = asker.commit("discharge-tmp/1", {"new.md": "n\n"})
    asker.change(
        "updateRefs",
        "clientMutationId",
        update(
            asker,
            {"name": "refs/heads/spec/v2", "beforeOid": old, "afterOid": new, "force": True},
            {"name": "refs/heads/discharge-tmp/1", "beforeOid": new, "afterOid": NONE},
            {"name": "refs/heads/extra", "beforeOid": NONE, "afterOid": new},
        ),
    )

    store = asker.repository.store
    assert (store.tip("spec/v2"), store.tip("discharge-tmp/1"), store.tip("extra")) == (new, None, new)


def test_none_moves_if_one_cannot(asker: Asker) -> None:
    """A branch that stands elsewhere holds all of them back."""
    old = asker.commit("spec/v2", {"old.md": "o\n"})
    good = {"name": "refs/heads/extra", "beforeOid": NONE, "afterOid": asker.first}

    def denied(**wrong: Any) -> tuple[str, str]:
        return asker.denied("updateRefs", update(asker, good, {"name": "refs/heads/spec/v2", **wrong}))

    assert denied(beforeOid=asker.first, afterOid=old, force=True) == (
        "STALE_DATA",
        f"refs/heads/spec/v2 is at {old} but expected {asker.first}",
    )
    assert denied(afterOid=asker.first) == ("UNPROCESSABLE", "Update of refs/heads/spec/v2 is not a fast forward")
    assert denied(afterOid="9" * 40)[0] == "NOT_FOUND"
    assert denied(name="refs/heads/spec/v2/below", afterOid=old)[0] == "STALE_DATA"
    assert asker.repository.store.tip("extra") is None
    assert asker.repository.store.tip("spec/v2") == old


@pytest.mark.parametrize("mutation", ["createCommitOnBranch", "createRef", "deleteRef", "updateRefs"])
def test_reading_is_not_writing(asker: Asker, mutation: str) -> None:
    """A token that may read contents only changes nothing."""
    node = asker.ask('{ repository(owner: "acme", name: "speak") { ref(qualifiedName: "main") { id } } }')
    wishes = {
        "createCommitOnBranch": wish(asker, "main", asker.first),
        "createRef": {"repositoryId": asker.repository.node, "name": "refs/heads/x", "oid": asker.first},
        "deleteRef": {"refId": node["repository"]["ref"]["id"]},
        "updateRefs": update(asker, {"name": "refs/heads/x", "afterOid": asker.first}),
    }
    asker.limit(contents="read")

    assert asker.denied(mutation, wishes[mutation]) == ("FORBIDDEN", "Resource not accessible by integration")
    assert set(asker.repository.store.refs) == {"refs/heads/main"}
