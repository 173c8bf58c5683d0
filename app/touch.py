"""Which files the commits of a line of history touched, as `git log --raw -z` tells it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMAT = "%x01%H%x00%s"
"""What a commit is told as, before its files."""
_WILD = "*?["


@dataclass(frozen=True, slots=True)
class Touch:
    """One file that one commit changed, against its first parent.

    *before* and *after* are what stood there: mode and blob, so that a file that was changed back can be told.
    """

    commit: str
    subject: str
    path: str
    before: str
    after: str


def read(listed: bytes) -> Iterator[Touch]:
    """Yield the touches of a log in its order; subjects and paths may hold anything but a NUL."""
    commit = subject = ""
    fields = iter(listed.split(b"\0"))
    for field in fields:
        word = field.lstrip(b"\n")
        if word.startswith(b"\1"):
            commit, subject = word[1:].decode(), next(fields, b"").decode(errors="replace")
        elif word.startswith(b":"):
            modes, path = word[1:].decode().split(" "), next(fields, b"").decode("utf-8", "surrogateescape")
            yield Touch(commit, subject, path, f"{modes[0]} {modes[2]}", f"{modes[1]} {modes[3]}")


def fold(globs: Iterable[str]) -> tuple[str, ...]:
    """Return folders and files that hold whatever *globs* match, none inside another; empty for everywhere."""
    stems = sorted({_stem(glob) for glob in globs})
    if "" in stems:
        return ()
    outer = stems[:1]
    for stem in stems[1:]:
        if not (outer[-1].endswith("/") and stem.startswith(outer[-1])):
            outer.append(stem)
    return tuple(outer)


def _stem(glob: str) -> str:
    """Return the folder before the first wildcard, or the whole path where there is none."""
    at = min((glob.index(sign) for sign in _WILD if sign in glob), default=len(glob))
    return glob if at == len(glob) else glob[: glob.rfind("/", 0, at) + 1]
