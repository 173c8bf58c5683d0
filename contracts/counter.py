"""Numbers in a contract that count its statuses, and what a flip makes of them."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from contracts.changelog import PLACES
from contracts.node import Mapping, Node, Path, Scalar
from contracts.splice import Patch, Set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contracts.document import Document

    Count = Callable[[str | None], bool]

_NOISE = frozenset(("count", "counts", "number", "of", "status", "falsifier", "falsifiers", "gate", "gates", "tests"))
_SHARE = re.compile(
    r"(?<![\d./])(?P<part>\d{1,5})(?P<of>[ ]?/[ ]?|[ ]of[ ])(?P<whole>\d{1,5})(?![\d./])"
    r"(?=[^\d\n.;,]{0,60}?\bdischarged\b)",
    re.IGNORECASE,
)


def recount(document: Document, flips: dict[str, str]) -> list[Patch]:
    """Return the patches for counters that the *flips* (id → status after) make false.

    A counter is an integer under a key that names a status and nothing else, or `N/M … discharged`
    in a text. It is corrected only if it is right now and would be wrong then; lists, histories
    and the falsifiers themselves are left alone.
    """
    tally = _Tally(document, flips)
    patches: list[Patch] = []
    for path, node in scalars(document.root):
        if isinstance(node.value, int) and not isinstance(node.value, bool):
            patches += _integer(path, node, tally)
        elif isinstance(node.value, str):
            patches += _shares(document.text, path, node, tally)
    return patches


class _Tally:
    """The statuses of a contract now and after the flips, each counted once however many counters there are."""

    def __init__(self, document: Document, flips: dict[str, str]) -> None:
        now = [site.falsifier.status for site in document.sites]
        then = [flips.get(site.falsifier.id.text, site.falsifier.status) for site in document.sites]
        self.now, self.then, self.whole = Counter(now), Counter(then), len(now)
        self.known: dict[str, list[tuple[int, int]]] = {}

    def count(self, key: str) -> list[tuple[int, int]]:
        """Return what a counter of this name may count, now and then, the narrowest first."""
        word = "_".join(part for part in re.split(r"[_\-\s]+", key.lower()) if part not in _NOISE)
        if word not in self.known:
            meanings = _meanings(word, {*self.now, *self.then})
            self.known[word] = [(_sum(self.now, counts), _sum(self.then, counts)) for counts in meanings]
        return self.known[word]


def _sum(statuses: Counter[str | None], counts: Count) -> int:
    return sum(number for status, number in statuses.items() if counts(status))


def scalars(root: Node | None, path: Path = ()) -> Iterator[tuple[Path, Scalar]]:
    """Yield the scalars that stand in mappings only, outside histories."""
    for key, node in root.nodes.items() if isinstance(root, Mapping) else ():
        here = (*path, key)
        if here in PLACES:
            continue
        if isinstance(node, Scalar):
            yield here, node
        else:
            yield from scalars(node, here)


def _integer(path: Path, node: Scalar, tally: _Tally) -> list[Patch]:
    for before, after in tally.count(str(path[-1])):
        if node.value == before:
            return [Patch(node.start, node.end, str(after), Set(path, after))] if after != node.value else []
    return []


def _meanings(word: str, statuses: set[str | None]) -> list[Count]:
    """Return what a word may count, the narrowest first: one status, or all that begin with it."""
    exact = [status for status in statuses if status and status.lower() == word]
    if exact or word in ("discharged", "functional"):
        return [lambda status: status is not None and status.lower() == word]
    if word == "partial":
        return [
            lambda status: status is not None and status.startswith("PARTIAL"),
            lambda status: status is not None and (status.startswith("PARTIAL") or status == "FUNCTIONAL"),
        ]
    return []


def _shares(text: str, path: Path, node: Scalar, tally: _Tally) -> list[Patch]:
    """Correct `N/M … discharged` where M is the number of falsifiers and N was right."""
    before, after = tally.now["DISCHARGED"], tally.then["DISCHARGED"]
    written = list(_SHARE.finditer(text, node.start, node.end)) if before != after else []
    if not written or len(written) != len(_SHARE.findall(node.text)):
        return []

    def right(found: re.Match[str]) -> bool:
        return int(found["part"]) == before and int(found["whole"]) == tally.whole

    def corrected(found: re.Match[str]) -> str:
        return str(after) + found["of"] + found["whole"] if right(found) else found[0]

    value = _SHARE.sub(corrected, node.text)
    wrong = [found for found in written if right(found)]
    return [
        Patch(found.start("part"), found.end("part"), str(after), Set(path, value) if index == 0 else None)
        for index, found in enumerate(wrong)
    ]
