"""What is asked of numbers that say how many falsifiers, obligations and discharges a contract has: they are right."""

from __future__ import annotations

import re
from bisect import bisect
from typing import TYPE_CHECKING

from contracts.correction import LONGEST, rewrite
from contracts.counter import recount, scalars
from contracts.demand import items
from contracts.error import Place
from contracts.node import Path, Scalar, walk
from contracts.rule import Fault, Rule
from contracts.splice import Set
from contracts.tense import is_dated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.document import Document
    from contracts.revision import Revision

    Counts = dict[str, tuple[int, ...]]

_NOUN = (
    r"(?:(?P<falsifiers>falsifiers|falsification[ ](?:tests|gates|conditions|checks)|"
    r"falsifiable[ ](?:gates|promises|claims|conditions))|(?P<obligations>(?:proof[ ])?obligations)|"
    r"(?P<harnesses>kani[ ]harnesses)|(?P<equations>equations))"
)
_PART = r"(?![ ]+(?:of|from|above|below|for|in|on|that|which|whose|with)\b(?![ ]this[ ]contract))"
"""Not before words that make the number one of a part."""
_ALL = re.compile(rf"\b(?P<lead>all|the)[ ](?:the[ ])?(?P<count>\d{{1,5}})[ ]{_NOUN}\b{_PART}", re.IGNORECASE)
_HEAD = re.compile(
    rf"^[ \t]*#[ \t]*(?P<lead>)(?P<count>\d{{1,5}})[ ]{_NOUN}[ \t]*(?=$|[.,:;—-])",
    re.IGNORECASE | re.MULTILINE,
)
_COUNTED = re.compile(r"\d[ ](?:proof[ ]|kani[ ])?(?:falsif|obligations|harnesses|equations)", re.IGNORECASE)
"""What every sentence that counts has in it; most contracts have none, and are not read twice."""
_SHARE = re.compile(
    r"(?<![\d./])(?P<part>\d{1,5})[ ]?(?:/|of)[ ]?(?P<whole>\d{1,5})[ ]"
    r"(?:falsifiers|(?:falsifiable|falsification)[ ](?:tests|gates|conditions)|(?P<gates>gates))\b"
    rf"(?:(?P<done>[ ](?:are[ ])?(?:now[ ])?discharged\b)|{_PART})",
    re.IGNORECASE,
)
_FEW = 2
"""How far from the number of falsifiers a share of `gates` may be that is still taken for one of them."""
_COUNTING = frozenset(("total", "totals", "count", "counts", "number", "num"))
_FILLING = _COUNTING | {"of", "proof", "kani"}
_NOUNS = {
    "falsifier": "falsifiers",
    "obligation": "obligations",
    "harness": "harnesses",
    "harnesse": "harnesses",
    "equation": "equations",
}
"""What a key counts, by its noun without the last s."""
_BLOCKS = {"obligations": "proof_obligations", "harnesses": "kani_harnesses", "equations": "equations"}


def count(document: Document) -> Counts:
    """Return how many of each kind a contract has; falsifiers may be counted without the gates or with them."""
    listed = sum(str(site.path[0]).startswith("falsif") for site in document.sites)
    found = {"falsifiers": tuple(dict.fromkeys(n for n in (listed, len(document.sites)) if n))}
    for noun, block in _BLOCKS.items():
        number = sum(1 for _ in items(document, (block,)))
        found[noun] = (number,) if number else ()
    return found


def _stale(revision: Revision) -> Iterator[Fault]:
    """A number that counts what stands in the contract is right.

    `total_obligations: 11`, “All 15 falsification tests pass”, “13/13 gates discharged”: whoever adds a promise and
    forgets the number leaves a sentence that nobody can trust. Numbers of a part, and those in histories, milestones
    and evidence, are left alone; a number that counts statuses is looked at where a change makes it wrong.
    """
    counts = count(revision.after)
    yield from _integers(revision.after, counts)
    yield from _sentences(revision.after, counts)
    yield from _shares(revision)
    yield from _passed(revision)


def _integers(document: Document, counts: Counts) -> Iterator[Fault]:
    for path, node in scalars(document.root):
        if not isinstance(node.value, int) or isinstance(node.value, bool) or is_dated(path):
            continue
        noun = _read(str(path[-1]))
        right = counts.get(noun, ())
        if right and node.value not in right:
            said = f"{str(path[-1])[:60]} is {node.text[:20]}, and the contract has {right[0]} {noun}"
            line = rewrite(document, node.start, node.end, str(right[0]))
            yield Fault(document.place(path), said, line, about=f"{path[-1]}: {node.text}")


def _read(key: str) -> str:
    """Return what an integer under *key* counts, empty where it is none of ours."""
    parts = [part for part in re.split(r"[_\-\s]+", key[:60].lower()) if part]
    rest = [part for part in parts if part not in _FILLING]
    if len(rest) != 1 or not _COUNTING & set(parts):
        return ""
    return _NOUNS.get(rest[0].removesuffix("s"), "")


def _sentences(document: Document, counts: Counts) -> Iterator[Fault]:
    if _COUNTED.search(document.text) is None:
        return
    found = [*_ALL.finditer(document.text), *_HEAD.finditer(document.text)]
    wrong = [match for match in found if _differs(match, counts)]
    where = _Where(document) if wrong else None
    for match in wrong:
        noun, spot = str(match.lastgroup), match.start("count")
        stated = where is not None and (match["lead"].lower() == "all" or where.is_comment(spot))
        if where is not None and stated and where.is_present(spot):
            right = counts[noun][0]
            said = f"“{match[0].strip(' #')}”, and the contract has {right}"
            line = rewrite(document, spot, match.end("count"), str(right))
            yield Fault(where.place(spot), said, line, about=f"all {noun} {match['count']}")


def _differs(match: re.Match[str], counts: Counts) -> bool:
    right = counts[str(match.lastgroup)]
    return bool(right) and int(match["count"]) not in right


def _shares(revision: Revision) -> Iterator[Fault]:
    """Yield the shares of falsifiers that are wrong as they stand: of the discharged, or of any, whatever they are."""
    document, whole = revision.after, len(revision.after.sites)
    done = sum(site.falsifier.status in revision.ladder.discharged for site in document.sites)
    found = _SHARE.finditer(document.text) if whole else ()
    shares = [(match, _share(match, done, whole)) for match in found]
    wrong = [(match, right) for match, right in shares if right != (int(match["part"]), int(match["whole"]))]
    where = _Where(document) if wrong else None
    for match, (part, all_) in wrong:
        if where is not None and where.is_present(match.start()):
            said = f"“{match[0]}”, and the contract has {whole} falsifiers" + f", {done} discharged" * bool(
                match["done"]
            )
            between = document.text[match.end("part") : match.start("whole")]
            line = rewrite(document, match.start("part"), match.end("whole"), f"{part}{between}{all_}")
            yield Fault(where.place(match.start()), said, line, about=f"share {match[0]}")


def _share(match: re.Match[str], done: int, whole: int) -> tuple[int, int]:
    """Return a share as it should be; what is neither of the discharged nor near the whole is about something else."""
    part, all_ = int(match["part"]), int(match["whole"])
    if match["done"]:
        return done, whole
    if all_ == whole or (match["gates"] and abs(all_ - whole) > _FEW):
        return part, all_
    return (whole if part == all_ else part), whole


def _passed(revision: Revision) -> Iterator[Fault]:
    """Yield the counters of statuses that were right before the change and that it leaves behind."""
    before, after = revision.before, revision.after
    flips = {new.falsifier.id.text: new.falsifier.status for _, new in revision.pairs if new.falsifier.status}
    for patch in recount(before, flips) if before else ():
        path = patch.intent.path if isinstance(patch.intent, Set) else ()
        was, now = (document.node(path) if document else None for document in (before, after))
        if not isinstance(was, Scalar) or not isinstance(now, Scalar) or not isinstance(was.value, int):
            continue
        if was.text == now.text:
            said = f"{str(path[-1])[:60]} is still {now.text[:20]}, and this change makes it {patch.text}"
            yield Fault(after.place(path), said, rewrite(after, now.start, now.end, patch.text))


class _Where:
    """What stands at a place of a contract's text: a value, or a comment."""

    def __init__(self, document: Document) -> None:
        """Lay out the lines and the values in the order of the text."""
        self.text, self.file = document.text, document.file
        self.lines = [0, *(found.end() for found in re.finditer("\n", document.text))]
        nodes = walk(document.root) if document.root is not None else ()
        self.spans = [(node.start, node.end, path) for path, node in nodes if isinstance(node, Scalar)]
        self.starts = [start for start, _, _ in self.spans]

    def path(self, position: int) -> Path | None:
        """Return the path of the value that a place stands in, or None."""
        index = bisect(self.starts, position) - 1
        return self.spans[index][2] if index >= 0 and position < self.spans[index][1] else None

    def is_comment(self, position: int) -> bool:
        """Return whether a place stands in a comment."""
        line = self.lines[bisect(self.lines, position) - 1]
        return self.path(position) is None and self.text.find("#", max(line, position - LONGEST), position) >= 0

    def is_present(self, position: int) -> bool:
        """Return whether a place tells how things are: a comment, or a value that is neither past nor a note."""
        path = self.path(position)
        return self.is_comment(position) if path is None else not is_dated(path)

    def place(self, position: int) -> Place:
        """Return the line and the column of a place."""
        line = bisect(self.lines, position)
        return Place(self.file, line, position - self.lines[line - 1] + 1)


RULES: tuple[Rule[Revision], ...] = (Rule("contract/counter-stale", "warning", _stale, standing=True),)
