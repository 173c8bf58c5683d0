"""Comments on lines of a pull request: which are there, and one review with new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.github import Thread, Threads
from app.hub.query import THREADS

if TYPE_CHECKING:
    from app.github import ReviewDraft
    from app.hub.wire import Wire

_PAGES = 20


def read(wire: Wire, repository: str, number: int) -> Threads:
    """Return the threads of a pull request, at most 2,000, oldest first; one request for every hundred."""
    owner, _, name = repository.partition("/")
    found: list[Thread] = []
    after = None
    for _ in range(_PAGES):
        variables = {"owner": owner, "name": name, "number": number, "after": after}
        pull = wire.graph("Threads", THREADS, variables)["repository"]["pullRequest"]
        page = pull["reviewThreads"]
        found += [thread for node in page["nodes"] for thread in _read(node)]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    return Threads(pull["headRefOid"], tuple(found))


def _read(node: Any) -> tuple[Thread, ...]:
    """Return a thread by its first comment; one whose comments were deleted says nothing."""
    line = None if node["isOutdated"] else node["line"]
    return tuple(
        Thread(node["path"], line, node["isResolved"], first["viewerDidAuthor"], first["body"])
        for first in node["comments"]["nodes"][:1]
    )


def write(wire: Wire, repository: str, draft: ReviewDraft) -> None:
    """Comment on lines of the new side of the diff, all in one review: GitHub takes all of them, or none.

    Raises:
        Refused: 422, GitHub's diff does not show one of the lines.
    """

    def look() -> Any:
        said = {thread.body for thread in read(wire, repository, draft.number).threads if thread.own}
        return {} if {remark.body for remark in draft.remarks} <= said else None

    comments = [{"path": r.path, "line": r.line, "side": "RIGHT", "body": r.body} for r in draft.remarks]
    wish = {"commit_id": draft.head, "event": "COMMENT", "body": draft.body, "comments": comments}
    route = "/repos/{repository}/pulls/{number}/reviews"
    wire.ask("POST", route, wish, look=look, repository=repository, number=draft.number)
