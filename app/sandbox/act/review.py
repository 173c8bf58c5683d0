"""Reviews: all of their comments stand on lines that the diff shows, or nothing is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.sandbox.act.text import BODY_LIMIT
from app.sandbox.model import Refusal, Review, ReviewComment, Unserved
from app.sandbox.standing import start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.sandbox.model import Actor, Json, Pull
    from app.sandbox.world import World

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+(?P<start>\d+)(?:,(?P<count>\d+))? @@", re.MULTILINE)


def review(world: World, actor: Actor, pull: Pull, wish: Json) -> Review:
    """Comment on lines of a pull request, all at once.

    Raises:
        Refusal: 422, a path or a line is not in the diff, the commit is none of the pull request's, or nothing is said.
        Unserved: it is no comment: nobody here approves, or keeps a review to himself.
    """
    if wish.get("event") != "COMMENT":
        raise Unserved(f"a review with the event {wish.get('event')}")
    head, body, wishes = wish.get("commit_id") or pull.head, wish.get("body") or "", wish.get("comments") or []
    if not (body.strip() or wishes):
        raise _refuse("Review body can't be blank")
    if pull.repository.store.commit(head) is None or not pull.repository.store.reaches(pull.head, head):
        raise _refuse("The commit_id is not part of the pull request")
    made = Review(world.number("review"), pull, actor.account, actor.app, body, "COMMENTED", head, world.now())
    made.comments = [_place(world, made, one) for one in wishes]
    for one in made.comments:
        world.keep(one)
    pull.reviews.append(made)
    return world.keep(made)


def _place(world: World, made: Review, wish: Json) -> ReviewComment:
    """Return one comment of a review; old positions and the left side of a diff are not served."""
    body, path, line = wish.get("body"), str(wish.get("path")), int(wish.get("line") or 0)
    if wish.get("side", "RIGHT") != "RIGHT" or "position" in wish or "start_line" in wish:
        raise Unserved("a comment that is not on one line of the new side")
    if not body or len(body) > BODY_LIMIT:
        raise _refuse("Review comment body is blank or too long")
    hunks = dict(_read_hunks(made.pull.repository.store.patch(start(made.pull), made.head, path)))
    if not hunks:
        raise _refuse("Path could not be resolved")
    hunk = next((text for lines, text in hunks.items() if line in lines), None)
    if hunk is None:
        raise _refuse("Line could not be resolved")
    return ReviewComment(world.number("remark"), made, path, line, body, hunk, made.submitted)


def _refuse(said: str) -> Refusal:
    return Refusal(422, "Unprocessable Entity", [said])


def _read_hunks(patch: str) -> Iterator[tuple[range, str]]:
    """Yield the lines of the new side that each hunk shows, and its text."""
    found = list(_HUNK.finditer(patch))
    for n, match in enumerate(found):
        end = found[n + 1].start() if n + 1 < len(found) else len(patch)
        first, count = int(match["start"]), int(match["count"] or 1)
        yield range(first, first + count), patch[match.start() : end].rstrip("\n")


def resolve(made: ReviewComment) -> None:
    """Close the thread that a comment begins."""
    made.resolved = True
