"""Reviews: comments on lines that the diff shows, which move with their lines, or become outdated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from github import GithubException

if TYPE_CHECKING:
    from github.Repository import Repository

    from app.sandbox.sandbox import Sandbox
    from tests.oracle.watch import Watch

REPO = "acme/speak"
LINES = [f"line {n}" for n in range(1, 31)]
QUERY = """
query Threads($number: Int!) { repository(owner: "acme", name: "speak") { pullRequest(number: $number) {
  reviewThreads(first: 10) { nodes {
    id path line originalLine isOutdated isResolved pullRequest { number }
    comments(first: 1) {
      nodes { id fullDatabaseId body outdated path url viewerDidAuthor author { login } pullRequest { number } }
    }
  } } } } }
"""


def text(**changed: str) -> str:
    """Return the file with some of its lines changed: `_3="three"`."""
    lines = [changed.get(f"_{n}", line) for n, line in enumerate(LINES, 1)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def number(sandbox: Sandbox) -> int:
    """A pull request that changes line 10 of 30."""
    sandbox.push(REPO, "main", {"a.txt": text()})
    return sandbox.open_pull(REPO, "topic", files={"a.txt": text(_10="ten")})


def say(repo: Repository, number: int, *comments: dict[str, Any], **wish: Any) -> Any:
    """Write a review."""
    pull = repo.get_pull(number)
    data = {"event": "COMMENT", "body": "words", "comments": list(comments), "commit_id": pull.head.sha, **wish}
    return repo._requester.requestJsonAndCheck("POST", f"{pull.url}/reviews", input=data)[1]  # noqa: SLF001 - as it is sent


def on(line: int, body: str = "a word", path: str = "a.txt") -> dict[str, Any]:
    """Return a comment on a line."""
    return {"path": path, "line": line, "side": "RIGHT", "body": body}


def threads(repo: Repository, number: int) -> list[dict[str, Any]]:
    """Return the threads as GraphQL tells them."""
    told = repo._requester.graphql_query(QUERY, {"number": number})[1]  # noqa: SLF001 - PyGithub has no other way
    return list(told["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"])


def test_a_review_stands_on_lines_that_the_diff_shows(repo: Repository, number: int) -> None:
    """What changed, and three lines around; REST and GraphQL tell the same of it."""
    made = say(repo, number, on(10, "here"), on(7), on(13))

    pull = repo.get_pull(number)
    assert [(r.id, r.state, r.body) for r in pull.get_reviews()] == [(made["id"], "COMMENTED", "words")]
    assert [(c.path, c.line, c.body) for c in pull.get_review_comments()] == [
        ("a.txt", 10, "here"),
        ("a.txt", 7, "a word"),
        ("a.txt", 13, "a word"),
    ]
    first = threads(repo, number)[0]
    assert (first["path"], first["line"], first["isOutdated"], first["isResolved"]) == ("a.txt", 10, False, False)
    said = first["comments"]["nodes"][0]
    assert (said["body"], said["viewerDidAuthor"], said["author"]["login"]) == ("here", True, "discharge")


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        (on(6), "Line could not be resolved"),
        (on(14), "Line could not be resolved"),
        (on(1, path="README.md"), "Path could not be resolved"),
        (on(1, path="nowhere.txt"), "Path could not be resolved"),
        (on(10, ""), "body"),
        (on(10, "w" * 65_537), "body"),
    ],
)
def test_one_bad_place_refuses_the_whole_review(
    repo: Repository, number: int, comment: dict[str, Any], said: str
) -> None:
    """GitHub takes all comments of a review or none, and says of which kind the mistake is."""
    with pytest.raises(GithubException, match=said) as caught:
        say(repo, number, on(10), comment)

    assert caught.value.status == 422
    assert list(repo.get_pull(number).get_reviews()) == []


def test_a_review_is_of_a_commit_of_the_pull_request(repo: Repository, number: int, watch: Watch) -> None:
    """Another commit is refused, and so is a review that says nothing."""
    with pytest.raises(GithubException, match="commit_id is not part"):
        say(repo, number, commit_id="0" * 40)
    with pytest.raises(GithubException, match="body can't be blank"):
        say(repo, number, body="")


def test_a_comment_moves_with_its_line_and_is_outdated_when_that_changes(
    sandbox: Sandbox, repo: Repository, number: int
) -> None:
    """Two lines more above it: the comment stands two lower. Its own line changed: it stands nowhere."""
    say(repo, number, on(10), on(12))
    sandbox.push(REPO, "topic", {"a.txt": "one\ntwo\n" + text(_10="ten", _12="twelve")})

    told = threads(repo, number)

    assert [(t["line"], t["isOutdated"]) for t in told] == [(12, False), (None, True)]
    assert [c.line for c in repo.get_pull(number).get_review_comments()] == [12, None]


def test_a_person_resolves_a_thread(sandbox: Sandbox, repo: Repository, number: int) -> None:
    """Only the thread at that line; the snapshot of the story tells it, too."""
    say(repo, number, on(10), on(11))

    sandbox.resolve(REPO, number, "a.txt", 10)

    assert [t["isResolved"] for t in threads(repo, number)] == [True, False]
    (review,) = sandbox.snapshot(REPO)["issues"][str(number)]["reviews"]
    assert review["author"] == "discharge[bot]"
    assert [(c["line"], c["resolved"]) for c in review["comments"]] == [(10, True), (11, False)]
