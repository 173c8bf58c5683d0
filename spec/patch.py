"""A unified diff as git writes it: which lines of which file are new, and which are gone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"')
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_LETTERS = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}


@dataclass(frozen=True, slots=True)
class Patched:
    """What a diff did to one file: ranges of 1-based lines, *added* on the new side, *removed* on the old.

    *before* is the path on the old side; it differs from *path* where the file was renamed.
    """

    path: str
    before: str
    added: tuple[range, ...] = ()
    removed: tuple[range, ...] = ()
    binary: bool = False

    @property
    def counts(self) -> tuple[int, int]:
        """How many lines were added, and how many removed."""
        return sum(map(len, self.added)), sum(map(len, self.removed))


def overlap(changed: Iterable[range], ranges: Iterable[range]) -> int:
    """Return how many lines of *changed* lie in *ranges*; both ascending and disjoint."""
    total, rest = 0, list(ranges)[::-1]
    for lines in changed:
        while rest and rest[-1].stop <= lines.start:
            rest.pop()
        for other in reversed(rest):
            if other.start >= lines.stop:
                break
            total += max(0, min(lines.stop, other.stop) - max(lines.start, other.start))
    return total


def read_patch(patch: str) -> tuple[Patched, ...]:
    """Return every file of a diff with the prefixes `a/` and `b/`, in order.

    Lines of a hunk are told from headers by the hunk's own counts, so a changed line that looks
    like a header is a changed line. A merge's combined diff yields nothing.
    """
    files: list[_File] = []
    for line in patch.split("\n"):
        if line.startswith("diff ") and not (files and files[-1].open):
            files.append(_File(line.removeprefix("diff --git ")))
        elif files:
            files[-1].take(line)
    return tuple(file.close() for file in files if not file.start.startswith("diff "))


@dataclass(slots=True)
class _File:
    """The file that is being read: its names, where the hunk stands, and how much of it is left."""

    start: str
    names: list[str] = field(default_factory=lambda: ["", ""])
    binary: bool = False
    added: list[range] = field(default_factory=list)
    removed: list[range] = field(default_factory=list)
    at: list[int] = field(default_factory=lambda: [0, 0])
    left: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def open(self) -> bool:
        """Whether lines of a hunk are still to come."""
        return any(self.left)

    def take(self, line: str) -> None:
        """Read one line behind the file's first."""
        if self.open:
            self._change(line[:1])
        elif found := _HUNK.match(line):
            old, olds, new, news = found.groups()
            self.at, self.left = [int(old), int(new)], [int(olds or 1), int(news or 1)]
        elif not (self.added or self.removed):
            self._head(line)

    def _change(self, mark: str) -> None:
        if mark == "\\":
            return  # “no newline at end of file” is no line
        for side, own, into in ((0, "-", self.removed), (1, "+", self.added)):
            if mark not in {own, " ", ""}:
                continue
            if mark == own:
                _append(into, self.at[side])
            self.at[side] += 1
            self.left[side] = max(0, self.left[side] - 1)

    def _head(self, line: str) -> None:
        key, _, rest = line.partition(" ")
        if key in {"---", "+++"}:
            self.names[key == "+++"] = _path(rest, prefixed=True)
        elif line.startswith(("rename from ", "copy from ", "rename to ", "copy to ")):
            way, _, name = rest.partition(" ")
            self.names[way == "to"] = _path(name, prefixed=False)
        elif line.startswith(("Binary files ", "GIT binary patch")):
            self.binary = True

    def close(self) -> Patched:
        """Return what was read; a file without `+++` line is named by its first line."""
        before, path = self.names
        either = path or before or _same(self.start)
        return Patched(path or either, before or either, tuple(self.added), tuple(self.removed), self.binary)


def _append(ranges: list[range], line: int) -> None:
    if ranges and ranges[-1].stop == line:
        ranges[-1] = range(ranges[-1].start, line + 1)
    else:
        ranges.append(range(line, line + 1))


def _path(text: str, *, prefixed: bool) -> str:
    """Return the path that a header names; empty for `/dev/null`."""
    quoted = _QUOTED.match(text)
    name = _unquote(quoted[1]) if quoted else text.partition("\t")[0].removesuffix("\r")
    if name == "/dev/null":
        return ""
    return name[2:] if prefixed and name[1:2] == "/" else name


def _same(start: str) -> str:
    """Return the path of `a/PATH b/PATH`, where both are one; empty where they are not."""
    quoted = _QUOTED.match(start)
    half = quoted[0] if quoted else start[: len(start) // 2]
    return _path(half, prefixed=True)


def _unquote(text: str) -> str:
    """Undo git's C quoting: octal bytes of UTF-8, and letters for control characters."""
    return _ESCAPE.sub(_byte, text.encode(errors="surrogatepass")).decode(errors="replace")


def _byte(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8) & 255]) if len(code) > 1 else _LETTERS.get(code, code)
