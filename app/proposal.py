"""The pull request of a branch: title and body from the messages of its commits, and how it lands. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.effect import MergeWhenGreen
from app.github import BODY_LIMIT
from spec.sentence import clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.effect import Effect, OpenPull
    from app.github import Method, Pull

TITLE_LIMIT = 256
_LINE = re.compile(r"[A-Z][A-Za-z]*(?:-[A-Za-z]+)*: \S.*")
_ONCE = ("Contract-Version",)
"""Trailers of which only the newest is true."""


def read_message(message: str) -> tuple[str, str, tuple[str, ...]]:
    """Return title, body and trailers of a commit message; the trailers are its last paragraph."""
    title, _, rest = message.strip().partition("\n")
    body, _, last = rest.strip().rpartition("\n\n")
    lines = tuple(last.split("\n"))
    if not all(_LINE.fullmatch(line) for line in lines):
        return title, rest.strip(), ()
    return title, body.strip(), lines


def propose(messages: Sequence[str]) -> tuple[str, str]:
    """Return title and body of the pull request whose commits have these messages, oldest first.

    One commit speaks for itself. Several are told one after the other under the newest one's title, as GitHub
    does when it squashes them, and their trailers stand once, last.
    """
    read = [read_message(message) for message in messages]
    title = clip(read[-1][0], TITLE_LIMIT)
    told = [body for _, body, _ in read] if len(read) == 1 else [f"* {head}\n\n{body}" for head, body, _ in read]
    trailers = "\n".join(_merge([lines for _, _, lines in read]))
    return title, _fit("\n\n".join(told), trailers)


def _merge(trailers: Sequence[Sequence[str]]) -> list[str]:
    """Return every trailer once, co-authors last; of those that only the newest states truly, the newest."""
    every = [line for lines in trailers for line in lines]
    newest = {key: line for line in every if (key := line.partition(":")[0]) in _ONCE}
    kept = dict.fromkeys(line for line in every if line.partition(":")[0] not in _ONCE)
    people = [line for line in kept if line.lower().startswith("co-authored-by:")]
    return [*(line for line in kept if line not in people), *newest.values(), *people]


def _fit(body: str, trailers: str) -> str:
    """Return body and trailers as one text that GitHub takes; what is cut stands in the evidence folder."""
    end = f"\n\n{trailers}" if trailers else ""
    room = BODY_LIMIT - len(end)
    if len(body) <= room:
        return f"{body}{end}"
    note = "\n\n(cut here: GitHub takes no longer body; the commit message and findings.md say all of it)"
    return f"{body[: room - len(note)]}{note}{end}"


def find_lacking(pull: Pull | None, labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels that a pull request is to get: all for a new one, and for one that was left without any.

    GitHub takes labels in a request of their own, so that a process can be killed before it; whatever labels people
    left on an open pull request are theirs.
    """
    return () if pull and pull.labels else labels


def land(opened: OpenPull, method: Method | None, head: str = "") -> tuple[Effect, ...]:
    """Return what opens a pull request, or brings it up to date, and has it merged by *method*, None for not at all.

    *head* is the commit at its head, empty for one that the same plan writes before.
    """
    if method is None:
        return (opened,)
    return (opened, MergeWhenGreen(opened.branch, method, opened.title, opened.body, head))
