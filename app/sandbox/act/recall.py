"""What was there before a story: pull requests and comments with the numbers that they have on GitHub; nobody is told.

A recorded delivery names them; the sandbox must know them by the same names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.sandbox.act.branch import take
from app.sandbox.model import Comment, Pull, Refusal

if TYPE_CHECKING:
    from app.sandbox.model import Account, Repository
    from app.sandbox.world import World


@dataclass(frozen=True, slots=True)
class PullRecord:
    """A pull request as it stood: *head* the commit at its head, *landed* the commit it became, None if open."""

    number: int
    title: str
    author: str
    branch: str
    head: str
    landed: str | None = None
    body: str = ""
    target: str = ""
    """The branch that it goes into; empty for the default branch."""


def recall_pull(world: World, repository: Repository, record: PullRecord) -> Pull:
    """Put a pull request back as it stood; one of that number that is there already stays as it is.

    Raises:
        Refusal: 422, a commit or the target is not there.
    """
    known = repository.issues.get(record.number)
    if isinstance(known, Pull):
        return known
    target = record.target or repository.branch
    tip, now = repository.store.tip(target), world.now()
    if tip is None:
        raise Refusal(422, f"there is no branch {target}")
    for commit in filter(None, (record.head, record.landed)):
        world.commit(repository, commit)
    account = world.add_account(record.author)
    made = Pull(
        world.number("issue"), record.number, repository, account, record.title, record.body or None, now, now,
        source=repository, branch=record.branch, head=record.head, target=target, base=tip,
    )  # fmt: skip
    take(made, record.head)
    if record.landed:
        made.state, made.closed, made.merged, made.merger, made.landed = "closed", now, now, account, record.landed
    repository.issues[record.number] = world.keep(made)
    return made


def recall_comment(world: World, pull: Pull, number: int, author: Account, body: str) -> Comment:
    """Put a comment back, by the id *number*; one of that id that is there already stays as it is."""
    known = pull.repository.comments.get(number)
    if known is None:
        now = world.now()
        known = world.keep(Comment(number, pull, author, None, body, now, now))
        pull.comments.append(known)
        pull.repository.comments[number] = known
    return known
