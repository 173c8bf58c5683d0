"""Which lines of a Rust file are compiled for tests only."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 4 << 20
"""A longer file, in characters, is not looked into: all its lines count as code."""

_TOKEN = re.compile(
    r"//[^\n]*+|(?P<comment>/\*)|(?P<raw>(?:br|cr|r)(?P<hashes>\#{0,255})\")"
    r"|[bc]?\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"?"
    r"|b?'(?:[^'\\\n]|\\(?:x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f_]{1,8}\}|[^xu\n]))'"
    r"|\#(?P<inner>!?)\s*+\[\s*+cfg\s*+\((?P<condition>[^\[\]]{0,300})\)\s*+,?\s*+\]"
    r"|(?P<word>\w++)|(?P<open>[{(\[])|(?P<close>[})\]])|(?P<end>[;,])",
    re.DOTALL,
)
_NESTED = re.compile(r"/\*|\*/")
_ITEMS = re.compile(r"async|const|enum|extern|fn|impl|let|macro_rules|mod|static|struct|trait|type|union|unsafe|use")


def tested(source: str) -> tuple[range, ...]:
    """Return the ranges of 1-based lines that stand under `#[cfg(test)]`, ascending and disjoint.

    An attribute covers itself and its item, to the `}`, `;` or `,` that ends it. Braces in
    strings, characters and comments do not count. `cfg(all(test, …))` counts, `any` and `not`
    do not, because such lines are compiled into the program too.
    """
    if len(source) > LIMIT or "cfg" not in source:
        return ()
    scan = _Scan()
    for token in _tokens(source):
        scan.take(token)
    starts = [0, *(found.end() for found in re.finditer("\n", source))]
    found = [*scan.found, *([(scan.start, len(source))] if scan.start is not None else [])]
    return _merge(range(bisect_right(starts, a), bisect_right(starts, max(a, b - 1)) + 1) for a, b in found)


def _tokens(source: str) -> Iterator[re.Match[str]]:
    """Yield the tokens that matter; comments and literals are passed over, in one pass."""
    at = 0
    while found := _TOKEN.search(source, at):
        at = found.end()
        if found["comment"]:
            at = _past_comment(source, at)
        elif found["raw"]:
            close = source.find('"' + found["hashes"], at)
            at = len(source) if close < 0 else close + 1 + len(found["hashes"])
        else:
            yield found


def _past_comment(source: str, at: int) -> int:
    depth = 1
    for found in _NESTED.finditer(source, at):
        depth += 1 if found[0] == "/*" else -1
        if not depth:
            return found.end()
    return len(source)


def _implies_test(condition: str) -> bool:
    """Tell whether a cfg condition can only be true in tests."""
    text = condition.strip()
    if text.startswith("all") and text.endswith(")"):
        return any(_implies_test(part) for part in _parts(text.partition("(")[2][:-1]))
    return text == "test"


def _parts(text: str) -> Iterator[str]:
    """Cut at the commas that stand in no bracket."""
    depth, start = 0, 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            yield text[start:at]
            start = at + 1
    yield text[start:]


@dataclass(slots=True)
class _Scan:
    """Where the scan stands: bracket depth, and the test item it is in, if any.

    *start* is the offset of the item's attribute, *level* the depth outside the item, *item*
    whether it is an item proper (None: not known yet), which no comma ends.
    """

    depth: int = 0
    start: int | None = None
    level: int = 0
    item: bool | None = None
    inner: bool = False
    last: int = 0
    found: list[tuple[int, int]] = field(default_factory=list)

    def take(self, token: re.Match[str]) -> None:
        """Go one token further."""
        if token["condition"] is not None:
            self._attribute(token)
        elif token["word"]:
            self._word(token["word"])
        elif token["open"]:
            self.depth += 1
        elif token["close"]:
            self._close(token)
        elif token["end"] and self.depth == self.level and not self.inner and (token[0] == ";" or not self.item):
            self._finish(token.end())
        self.last = token.end()

    def _attribute(self, token: re.Match[str]) -> None:
        if self.start is None and _implies_test(token["condition"]):
            self.inner, self.level, self.item = bool(token["inner"]), self.depth, None
            self.start = 0 if self.inner and not self.depth else token.start()

    def _word(self, word: str) -> None:
        if self.item is None and self.depth == self.level and word not in {"pub", "crate"}:
            self.item = bool(_ITEMS.fullmatch(word))

    def _close(self, token: re.Match[str]) -> None:
        self.depth -= 1
        if self.depth < self.level:
            self._finish(self.last)
        elif self.depth == self.level and token[0] == "}" and not self.inner:
            self._finish(token.end())

    def _finish(self, end: int) -> None:
        if self.start is not None:
            self.found.append((self.start, end))
            self.start, self.item, self.inner = None, None, False


def _merge(ranges: Iterator[range]) -> tuple[range, ...]:
    """Join ranges that touch or share a line."""
    merged: list[range] = []
    for lines in ranges:
        if merged and lines.start <= merged[-1].stop:
            merged[-1] = range(merged[-1].start, max(merged[-1].stop, lines.stop))
        else:
            merged.append(lines)
    return tuple(merged)
