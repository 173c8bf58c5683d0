"""What changed between two texts of a contract, as far as its version is concerned."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from contracts.bound import Compared, Shift, compare
from contracts.model import Ladder
from contracts.node import Mapping, Node, Path, Scalar, Sequence, find, walk, words
from contracts.promise import IF_FAILS, PREDICTION, RULE, TEST, Site, evidence, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.document import Document
    from contracts.error import Place

Kind = Literal[
    "discharged",
    "advanced",
    "partial",
    "withdrawn",
    "falsifier_added",
    "falsifier_removed",
    "loosened",
    "tightened",
    "formula",
    "equation_added",
    "obligation_added",
    "wording",
]
"""What a change is.

`partial` is a step up with evidence, `advanced` one without; `formula` is an edit of an equation
that no comparison of bounds can judge.
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One change between two texts of a contract: what it is about, in a sentence, and where it stands.

    *subject* is a falsifier's id or the dotted path of a value. The place is in the new text; for
    what was removed it is the nearest thing that is still there.
    """

    kind: Kind
    subject: str
    sentence: str
    place: Place


def classify(before: Document, after: Document, ladder: Ladder | None = None) -> tuple[Change, ...]:
    """Return every change that matters to the version, falsifiers first, then equations and obligations.

    Edits of evidence, of the changelog and of the version itself are none.
    """
    steps = ladder or Ladder()
    changes = [*_falsifiers(before, after, steps), *_equations(before, after), *_obligations(before, after)]
    return tuple(changes)


def _falsifiers(before: Document, after: Document, ladder: Ladder) -> Iterator[Change]:
    old, new = _by_id(before), _by_id(after)
    for id_, site in new.items():
        if id_ not in old:
            status = site.falsifier.status or "no status"
            yield Change("falsifier_added", id_, f"{id_} is new, with {status}", after.place(site.path))
            continue
        yield from _status(old[id_], site, after, ladder)
        yield from _texts(old[id_], site, after)
    for id_, site in old.items():
        if id_ not in new:
            place = after.place(site.path[:-1])
            yield Change("falsifier_removed", id_, f"{id_} was removed", place)


def _by_id(document: Document) -> dict[str, Site]:
    """Return the falsifiers by id; a doubled id gets its number behind it, so that none is lost."""
    seen: Counter[str] = Counter()
    sites: dict[str, Site] = {}
    for site in document.sites:
        id_ = site.falsifier.id.text
        seen[id_] += 1
        sites[id_ if seen[id_] == 1 else f"{id_} ({seen[id_]})"] = site
    return sites


def _status(old: Site, new: Site, after: Document, ladder: Ladder) -> Iterator[Change]:
    was, is_ = old.falsifier.status, new.falsifier.status
    if was == is_:
        return
    nested = any(isinstance(node, Mapping) for _, node in evidence(new.node, new.path))
    kind = _move(was, is_, ladder, proved=nested or bool(new.falsifier.evidence))
    id_ = new.falsifier.id.text
    place = after.place(new.statuses[0].path if new.statuses else new.path)
    yield Change(kind, id_, f"{id_} moved from {was or 'unbound'} to {is_ or 'unbound'}", place)


def _move(was: str | None, is_: str | None, ladder: Ladder, *, proved: bool) -> Kind:
    """Return what a move of the status is; between values off the ladder it is a matter of words."""
    low, high = ladder.rank(was), ladder.rank(is_)
    if is_ in ladder.discharged:
        return "wording" if was in ladder.discharged else "discharged"
    if low > 0 and high < low:
        return "withdrawn"
    if high > 0:
        return "partial" if proved else "advanced"
    return "wording"


def _texts(old: Site, new: Site, after: Document) -> Iterator[Change]:
    """Yield what became of a falsifier's own texts; its tolerance counts as a bound."""
    for names in (RULE, PREDICTION, TEST, IF_FAILS, ("tolerance",)):
        key = next((name for name in names if name in new.node.nodes), names[0])
        here = (*new.path, key) if key in new.node.nodes else new.path
        read = _list if key == "tolerance" else words
        was, is_ = read(field(old.node, names)), read(new.node.get(key))
        text = _Text(f"{new.falsifier.id} {key}", was, is_, _locate(after, here, was))
        yield from _tolerance(text) if key == "tolerance" else _reworded(text, "wording")


@dataclass(frozen=True, slots=True)
class _Text:
    """One text before and after a change."""

    subject: str
    was: str
    is_: str
    place: Place


def _locate(after: Document, path: Path, was: str) -> Place:
    """Return where the text at *path* is another one than it *was*: in a `|` text its first other line."""
    place, node = after.place(path), after.node(path)
    if not isinstance(node, Scalar) or node.style != "|":
        return place
    pairs = enumerate(zip_longest(node.text.split("\n"), was.split("\n")), 1)
    first = next((n for n, (new, old) in pairs if new != old), 0)
    last = place.line + after.text.count("\n", node.start, node.end)
    return replace(place, line=min(place.line + first, last), column=1) if first else place


def _tolerance(text: _Text) -> Iterator[Change]:
    """Yield what became of a tolerance: a number to stay below, so that none at all is the loosest.

    What is not known to be as strict as before is looser: `.inf`, `5%` and `1e-3 or 5` are no mere words.
    """
    if text.was and not text.is_:
        yield Change("loosened", text.subject, f"{text.subject} was removed: it was {text.was}", text.place)
    elif text.is_ and not text.was:
        yield Change("tightened", text.subject, f"{text.subject} is new: {text.is_}", text.place)
    else:
        yield from _judged(text, compare(text.was, text.is_, tolerance=True), "loosened")


def _reworded(text: _Text, otherwise: Kind) -> Iterator[Change]:
    """Yield what became of a text: a bound moved, or *otherwise*; a promise emptied is the loosest of all."""
    if text.was and not text.is_ and otherwise == "wording":
        yield Change("loosened", text.subject, f"{text.subject} was removed: it was {cut(text.was)}", text.place)
    else:
        yield from _judged(text, compare(text.was, text.is_), otherwise)


def _judged(text: _Text, seen: Compared, otherwise: Kind) -> Iterator[Change]:
    if seen.shift is Shift.SAME:
        return
    kinds: dict[Shift, Kind] = {Shift.LOOSENED: "loosened", Shift.TIGHTENED: "tightened"}
    kind = kinds.get(seen.shift, otherwise)
    verb = kind if kind in kinds.values() else "changed"
    how = f"{cut(text.was)} → {cut(text.is_)}" if seen.shift is Shift.REWORDED else f"{seen.before} → {seen.after}"
    yield Change(kind, text.subject, f"{text.subject} was {verb}: {how}", text.place)


def cut(text: str) -> str:
    """Return a text in quotes, on one line, with as much of it as a sentence can hold."""
    flat = " ".join(text.split())
    return f"“{flat[:60]}…”" if len(flat) > 60 else f"“{flat}”"  # noqa: PLR2004 - as much as a sentence can hold


def _equations(before: Document, after: Document) -> Iterator[Change]:
    old, new = _named(before, ("equations",)), _named(after, ("equations",))
    for name, (path, node) in new.items():
        subject = f"equations.{name}"
        if name not in old:
            yield Change("equation_added", subject, f"{subject} is new", after.place(path))
            continue
        was = old[name][1]
        formula = _formula(was)
        here = _locate(after, (*path, "formula"), formula)
        yield from _reworded(_Text(subject, formula, _formula(node), here), "formula")
        given = _list(was, "tolerance"), _list(node, "tolerance")
        yield from _tolerance(_Text(f"{subject}.tolerance", *given, after.place((*path, "tolerance"))))
    for name in old:
        if name not in new:
            sentence = f"equations.{name} was removed"
            yield Change("formula", f"equations.{name}", sentence, after.place(("equations",)))


def _formula(node: Node) -> str:
    return _part(node, "formula") if isinstance(node, Mapping) else words(node)


def _part(node: Node, key: str) -> str:
    return words(node.get(key)) if isinstance(node, Mapping) else ""


def _list(node: Node | None, *path: str) -> str:
    """Return what stands at *path* as one text, of a list or a mapping with the steps to each of its values."""
    there = find(node, path) if node else None
    rows = walk(there) if there else ()
    return "\n".join(" ".join(map(str, (*at, words(one)))) for at, one in rows if isinstance(one, Scalar)).strip()


def _named(document: Document, path: Path) -> dict[str, tuple[Path, Node]]:
    """Return what stands at *path* by name: the keys of a mapping, or what the items of a list call themselves."""
    node = find(document.root, path)
    if isinstance(node, Mapping):
        return {key: ((*path, key), child) for key, child in node.nodes.items()}
    found: dict[str, tuple[Path, Node]] = {}
    for index, item in enumerate(node.items if isinstance(node, Sequence) else ()):
        given = [_part(item, key) for key in ("id", "name", "property")]
        name = next((text for text in given if text), f"[{index}]")
        found[name if name not in found else f"{name} [{index}]"] = ((*path, index), item)
    return found


def _obligations(before: Document, after: Document) -> Iterator[Change]:
    """Yield what became of the proof obligations; one that was only renamed keeps its place in the list."""
    old, new = _named(before, ("proof_obligations",)), _named(after, ("proof_obligations",))
    gone = [name for name in old if name not in new]
    fresh = [name for name in new if name not in old]
    renamed = dict(zip(fresh, gone, strict=False)) if len(fresh) == len(gone) else {}
    for name, (path, node) in new.items():
        earlier = old.get(name) or old.get(renamed.get(name, ""))
        subject = f"proof obligation {cut(name)}"
        if earlier is None:
            yield Change("obligation_added", subject, f"{subject} is new", after.place(path))
            continue
        for key in ("property", "formal", "tolerance"):
            place = after.place((*path, key))
            read = _list if key == "tolerance" else _part
            text = _Text(f"{subject} {key}", read(earlier[1], key), read(node, key), place)
            yield from _tolerance(text) if key == "tolerance" else _reworded(text, "wording")
    for name in gone if not renamed else ():
        subject = f"proof obligation {cut(name)}"
        yield Change("loosened", subject, f"{subject} was removed", after.place(("proof_obligations",)))
