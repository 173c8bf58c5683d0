"""What GraphQL shows of the sandbox's state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.sandbox.act.comment import comment
from app.sandbox.act.merge import Merging, merge
from app.sandbox.act.pull import add_labels
from app.sandbox.model import Token

if TYPE_CHECKING:
    from tests.sandbox.graph.asker import Asker


def test_who_asks_is_told_with_the_bot_in_the_name(asker: Asker) -> None:
    """An app sees itself as GitHub shows it, and what is left of its rate limit."""
    told = asker.ask(
        "{ viewer { login isViewer email name } rateLimit { limit cost used remaining nodeCount resetAt } }"
    )

    assert told["viewer"] == {"login": "discharge[bot]", "isViewer": True, "email": "", "name": None}
    assert told["rateLimit"] == {
        "limit": 5000,
        "cost": 1,
        "used": 1,
        "remaining": 4999,
        "nodeCount": 0,
        "resetAt": "2026-05-04T14:00:00Z",
    }


def test_a_repository_tells_its_settings(asker: Asker) -> None:
    """What an administrator has set, and where the repository is."""
    fields = "nameWithOwner name url isPrivate visibility isFork isEmpty isArchived autoMergeAllowed squashMergeAllowed"
    fields += " mergeCommitAllowed rebaseMergeAllowed deleteBranchOnMerge viewerPermission databaseId description"
    told = asker.at(f"{fields} owner {{ __typename login url }} parent {{ id }} mergeQueue {{ id }}")

    assert told == {
        "nameWithOwner": "acme/speak",
        "name": "speak",
        "url": "http://127.0.0.1:1/acme/speak",
        "isPrivate": False,
        "visibility": "PUBLIC",
        "isFork": False,
        "isEmpty": False,
        "isArchived": False,
        "autoMergeAllowed": True,
        "squashMergeAllowed": True,
        "mergeCommitAllowed": True,
        "rebaseMergeAllowed": True,
        "deleteBranchOnMerge": False,
        "viewerPermission": None,
        "databaseId": asker.repository.id,
        "description": None,
        "owner": {"__typename": "Organization", "login": "acme", "url": "http://127.0.0.1:1/acme"},
        "parent": None,
        "mergeQueue": None,
    }


def test_a_person_has_a_role_where_an_app_has_none(asker: Asker) -> None:
    """`viewerPermission` is for people."""
    asker.token = Token("ghp_person", asker.person, None, None, 2e9)

    assert asker.at("viewerPermission") == {"viewerPermission": "MAINTAIN"}


def test_the_default_branch_leads_to_its_commit(asker: Asker) -> None:
    """Ref, commit, people, tree and history of the default branch."""
    commit = "oid abbreviatedOid message messageHeadline messageBody authoredDate committedDate url additions deletions"
    commit += " changedFilesIfAvailable signature { isValid } author { name email date user { login } }"
    commit += " parents(first: 1) { totalCount } history(first: 5) { nodes { oid } } tree { oid abbreviatedOid }"
    told = asker.at(f"defaultBranchRef {{ id name prefix target {{ __typename ... on Commit {{ {commit} }} }} }}")

    target = told["defaultBranchRef"].pop("target")
    assert told["defaultBranchRef"]["name"] == "main"
    assert told["defaultBranchRef"]["prefix"] == "refs/heads/"
    assert target["oid"] == asker.first
    assert (target["message"], target["messageHeadline"], target["messageBody"]) == (
        "Begin\n\nWith a body.",
        "Begin",
        "With a body.",
    )
    assert target["signature"] is None
    assert target["author"]["user"] == {"login": "octo-maintainer"}
    assert target["author"]["date"] == "2026-05-04T13:06:40+00:00"
    assert (target["additions"], target["deletions"], target["changedFilesIfAvailable"]) == (2, 0, 2)
    assert target["parents"] == {"totalCount": 0}
    assert target["history"] == {"nodes": [{"oid": asker.first}]}
    assert target["url"].endswith(f"/acme/speak/commit/{asker.first}")


def test_an_expression_leads_to_a_tree_or_a_file(asker: Asker) -> None:
    """`main:docs` is a tree, `main:README.md` a blob, and what is not there is null."""
    blob = "oid byteSize isBinary isTruncated text repository { name } commitUrl"
    told = asker.at(
        'tree: object(expression: "main:docs") { __typename ... on Tree { entries { name path type mode oid '
        "repository { name } object { ... on Blob { text } } } } } "
        f'blob: object(expression: "main:README.md") {{ __typename ... on Blob {{ {blob} }} }} '
        'none: object(expression: "main:missing") { oid } nothing: object { oid } '
        f'commit: object(oid: "{asker.first}") {{ id ... on Commit {{ file(path: "docs/guide.md") {{ path name }} '
        'gone: file(path: "docs/none.md") { path } } }',
    )

    (entry,) = told["tree"]["entries"]
    assert (entry["name"], entry["path"], entry["type"], entry["mode"]) == (
        "guide.md",
        "docs/guide.md",
        "blob",
        0o100644,
    )
    assert entry["object"] == {"text": "Read this.\n"}
    assert told["blob"]["text"] == "hello\n"
    assert (told["blob"]["byteSize"], told["blob"]["isBinary"], told["blob"]["isTruncated"]) == (6, False, False)
    assert told["none"] is None
    assert told["nothing"] is None
    assert told["commit"]["file"] == {"path": "docs/guide.md", "name": "guide.md"}
    assert told["commit"]["gone"] is None


def test_refs_are_found_by_full_and_by_short_name(asker: Asker) -> None:
    """One ref by its name, several by their prefix."""
    asker.commit("spec/v2-amendment", {"a.md": "a\n"})
    told = asker.at(
        'full: ref(qualifiedName: "refs/heads/spec/v2-amendment") { name } short: ref(qualifiedName: "main") { name } '
        'none: ref(qualifiedName: "refs/heads/none") { name } '
        'all: refs(refPrefix: "refs/heads/", first: 9, direction: DESC) { nodes { name repository { name } } } '
        'some: refs(refPrefix: "refs/heads/", first: 9, query: "v2", orderBy: {field: ALPHABETICAL, direction: ASC}) '
        "{ totalCount }",
    )

    assert told["full"] == {"name": "spec/v2-amendment"}
    assert told["short"] == {"name": "main"}
    assert told["none"] is None
    assert [node["name"] for node in told["all"]["nodes"]] == ["spec/v2-amendment", "main"]
    assert told["some"] == {"totalCount": 1}


PULL = """
  number state title body url permalink closed closedAt createdAt updatedAt databaseId fullDatabaseId locked
  author { __typename login url } viewerDidAuthor authorAssociation isCrossRepository isDraft headRefName headRefOid
  baseRefName baseRefOid headRef { name } baseRef { name target { oid } } headRepository { nameWithOwner }
  headRepositoryOwner { login } baseRepository { name } mergeCommit { oid } merged mergedAt mergedBy { login }
  labels(first: 9) { nodes { name color description } } autoMergeRequest { enabledAt } mergeStateStatus mergeable
  isInMergeQueue isMergeQueueEnabled mergeQueue { id } mergeQueueEntry { id } additions deletions changedFiles
  commits(first: 9) { totalCount nodes { id url commit { oid message } pullRequest { number } } }
  files(first: 9) { nodes { path additions deletions changeType viewerViewedState } }
  reviewDecision totalCommentsCount maintainerCanModify
"""


def test_an_open_pull_request_is_told_whole(asker: Asker) -> None:
    """Everything that the bot and other clients read of a pull request."""
    head = asker.commit("topic", {"README.md": "hello, world\n", "new.md": "n\n"}, "Greet the world")
    pull = asker.open("topic")
    add_labels(asker.world, asker.person, pull, ["discharge"])

    told = asker.at(f"pullRequest(number: {pull.number}) {{ {PULL} }}")["pullRequest"]

    assert (told["number"], told["state"], told["title"], told["body"]) == (1, "OPEN", "Say hello", "So it greets.")
    assert told["author"] == {
        "__typename": "User",
        "login": "octo-maintainer",
        "url": "http://127.0.0.1:1/octo-maintainer",
    }
    assert (told["headRefName"], told["headRefOid"], told["headRef"]) == ("topic", head, {"name": "topic"})
    assert (told["baseRefName"], told["baseRefOid"]) == ("main", asker.first)
    assert (told["mergeStateStatus"], told["mergeable"], told["merged"]) == ("CLEAN", "MERGEABLE", False)
    assert told["labels"] == {"nodes": [{"name": "discharge", "color": "ededed", "description": None}]}
    assert (told["additions"], told["deletions"], told["changedFiles"]) == (2, 1, 2)
    (only,) = told["commits"]["nodes"]
    assert only["commit"] == {"oid": head, "message": "Greet the world"}
    assert only["url"] == f"http://127.0.0.1:1/acme/speak/pull/1/commits/{head}"
    assert [(f["path"], f["changeType"]) for f in told["files"]["nodes"]] == [
        ("README.md", "MODIFIED"),
        ("new.md", "ADDED"),
    ]
    assert told["mergeCommit"] is None
    assert told["mergedBy"] is None
    assert told["url"] == told["permalink"] == "http://127.0.0.1:1/acme/speak/pull/1"
    assert told["viewerDidAuthor"] is False


def test_a_merged_pull_request_tells_what_it_became(asker: Asker) -> None:
    """State, merger and the commit on the base branch; the commit knows its pull request."""
    asker.commit("topic", {"new.md": "n\n"})
    pull = asker.open("topic")
    landed = merge(asker.world, asker.person, pull, Merging("squash"))

    told = asker.at(
        "pullRequest(number: 1) { state merged mergedAt closed mergedBy { login } "
        "mergeCommit { oid messageHeadline signature { isValid state wasSignedByGitHub email } "
        "associatedPullRequests(first: 5) { nodes { number } } } mergeable mergeStateStatus }",
    )["pullRequest"]

    assert (told["state"], told["merged"], told["closed"]) == ("MERGED", True, True)
    assert told["mergedBy"] == {"login": "octo-maintainer"}
    assert told["mergeCommit"]["oid"] == landed
    assert told["mergeCommit"]["messageHeadline"] == "Say hello (#1)"
    assert told["mergeCommit"]["signature"]["isValid"] is True
    assert told["mergeCommit"]["associatedPullRequests"] == {"nodes": [{"number": 1}]}
    assert (told["mergeable"], told["mergeStateStatus"]) == ("UNKNOWN", "UNKNOWN")


def test_pull_requests_are_filtered_and_ordered(asker: Asker) -> None:
    """By state, branches and labels; newest first if asked so."""
    for name in ("one", "two", "three"):
        asker.commit(name, {f"{name}.md": "x\n"})
        asker.open(name, f"Pull {name}")
    add_labels(asker.world, asker.person, asker.repository.pulls[1], ["discharge"])
    merge(asker.world, asker.person, asker.repository.pulls[0], Merging("squash"))

    told = asker.at(
        "open: pullRequests(states: OPEN, first: 9, orderBy: {field: CREATED_AT, direction: DESC}) "
        "{ totalCount nodes { number } } "
        "merged: pullRequests(states: [MERGED], last: 9) { nodes { number } } "
        'head: pullRequests(headRefName: "three", first: 1) { nodes { number } } '
        'base: pullRequests(baseRefName: "release", first: 1) { nodes { number } } '
        'labelled: pullRequests(labels: ["discharge"], first: 1) { nodes { number } }',
    )

    assert told["open"] == {"totalCount": 2, "nodes": [{"number": 3}, {"number": 2}]}
    assert told["merged"] == {"nodes": [{"number": 1}]}
    assert told["head"] == {"nodes": [{"number": 3}]}
    assert told["base"] == {"nodes": []}
    assert told["labelled"] == {"nodes": [{"number": 2}]}


def test_comments_tell_who_wrote_them(asker: Asker) -> None:
    """A bot's name has no `[bot]` here; one's own comments are known as such."""
    asker.commit("topic", {"new.md": "n\n"})
    pull = asker.open("topic")
    comment(asker.world, asker.person, pull, "/discharge CPU-GPU-004")
    own = comment(asker.world, asker.token.actor, pull, "Waiting for a runner.")

    fields = "id databaseId fullDatabaseId author { __typename login url } authorAssociation viewerDidAuthor body"
    fields += " isMinimized minimizedReason createdAt updatedAt publishedAt url issue { number } pullRequest { number }"
    fields += " repository { name } reactions(first: 1) { totalCount }"
    told = asker.at(f"pullRequest(number: 1) {{ comments(last: 100) {{ nodes {{ {fields} }} }} }}")

    first, second = told["pullRequest"]["comments"]["nodes"]
    assert (first["author"]["login"], first["viewerDidAuthor"]) == ("octo-maintainer", False)
    assert first["authorAssociation"] == "MEMBER"
    assert second["author"] == {
        "__typename": "Bot",
        "login": "discharge",
        "url": "http://127.0.0.1:1/apps/discharge",
    }
    assert second["viewerDidAuthor"] is True
    assert (second["databaseId"], second["fullDatabaseId"]) == (own.id, str(own.id))
    assert own.id > 2**31
    assert second["url"] == f"http://127.0.0.1:1/acme/speak/pull/1#issuecomment-{own.id}"
    assert second["pullRequest"] == {"number": 1}


@pytest.mark.parametrize("since", ["2026-05-04T13:06:41Z", None])
def test_a_history_can_be_cut_by_time(asker: Asker, since: str | None) -> None:
    """Only commits since a time are told."""
    asker.world.freeze(1_777_900_100)
    late = asker.commit("main", {"late.md": "l\n"})
    query = (
        'query ($since: GitTimestamp) { repository(owner: "acme", name: "speak") { defaultBranchRef { target {'
        " ... on Commit { history(first: 9, since: $since) { totalCount nodes { oid } } } } } } }"
    )

    told = asker.ask(query, since=since)["repository"]["defaultBranchRef"]["target"]["history"]

    assert [node["oid"] for node in told["nodes"]] == ([late] if since else [late, asker.first])
