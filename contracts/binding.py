"""What is asked of the names by which parts of a contract speak of each other: what they name is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contracts.claim import NEAR, measure
from contracts.demand import HARNESSES, OBLIGATIONS, items
from contracts.node import Mapping, Node, Path, Scalar, Sequence, walk, words
from contracts.promise import GATE
from contracts.revision import rewrite
from contracts.rule import Fault, Rule
from contracts.tense import is_past

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.document import Document
    from contracts.revision import Revision

_PLAIN = re.compile(r"[a-z_][a-z0-9_]{0,79}")
"""A name as equations have: what else stands in `binds_to` may be defined anywhere."""
_ID = re.compile(r"(?<![\w-])[A-Z][A-Z0-9]{0,19}(?:-[A-Z0-9]{1,20}){0,6}-(?P<number>\d{2,6})(?![\w-]|\.\d)")
_EVERY = frozenset(("all", "any", "none", "kernel", "scalar", "simd", "gpu", "cpu", "cuda", "wgpu", "converter"))
"""What an obligation may apply to besides an equation."""
_NAMES = ("id", "name", GATE)


def _equations(document: Document) -> dict[str, Path]:
    return {_call(path, node): path for path, node in items(document, ("equations",))}


def _call(path: Path, node: Node) -> str:
    """Return what an item is called: its key, or in a list its own id or name."""
    if isinstance(path[-1], str) or not isinstance(node, Mapping):
        return str(path[-1])
    return next((name for key in _NAMES if (name := words(node.get(key)).strip())), "")


def _known(document: Document) -> frozenset[str]:
    """Return everything in a contract that has a name: ids and names of items, keys of blocks and of equations."""
    found = {site.falsifier.id.text for site in document.sites}
    for key, top in document.root.nodes.items() if isinstance(document.root, Mapping) else ():
        found.add(key)
        found |= set(top.nodes) if isinstance(top, Mapping) else set()
        for _, node in walk(top):
            if isinstance(node, Mapping):
                found |= {words(node.get(name)).strip() for name in _NAMES}
    return frozenset(found)


def _unbound(revision: Revision) -> Iterator[Fault]:
    """A falsifier binds to an equation, an obligation or another promise that the contract has.

    `binds_to` says what a falsifier is about. Names of acceptance criteria and of other things that stand elsewhere
    are left alone: only what looks like an equation, or like an id of this contract's own, is looked for.
    """
    document = revision.after
    sites = [(site, node) for site in document.sites if (node := site.node.get("binds_to")) is not None]
    known = _known(document) if sites else frozenset()
    stems = {_stem(name) for name in known} - {""}
    equations = _equations(document)
    for site, node in sites:
        for scalar in node.items if isinstance(node, Sequence) else (node,):
            name = words(scalar).strip()
            plain = bool(equations) and bool(_PLAIN.fullmatch(name))
            if isinstance(scalar, Scalar) and name and name not in known and (plain or _stem(name) in stems):
                said = f"{site.falsifier.id} binds to {name[:80]}, which this contract does not have"
                near = _nearest(name, known)
                yield Fault(document.place((*site.path, "binds_to")), said, _mended(document, scalar, near))


def _stem(name: str) -> str:
    found = _ID.fullmatch(name)
    return name[: found.start("number")] if found else ""


def _nearest(name: str, known: frozenset[str] | dict[str, Path]) -> str:
    """Return the one name that is almost the same, or nothing."""
    near = [other for other in known if abs(len(other) - len(name)) <= NEAR and measure(name, other) <= NEAR]
    return near[0] if len(near) == 1 and len(name) > 2 * NEAR and not _stem(name) else ""


def _mended(document: Document, scalar: Scalar, name: str) -> str:
    written = document.text[scalar.start : scalar.end]
    return rewrite(document, scalar.start, scalar.end, written.replace(scalar.text, name, 1)) if name else ""


def _misapplied(revision: Revision) -> Iterator[Fault]:
    """A proof obligation applies to an equation of the contract, or to `all` or `simd`.

    A name is looked for where it is almost that of an equation, or where the contract's other obligations name
    equations: contracts also write other words there.
    """
    document, equations = revision.after, _equations(revision.after)
    given = list(_applied(document))
    usual = any(node.text.strip() in equations for _, node in given)
    for path, node in given:
        name = node.text.strip()
        if name and name not in equations and name.lower() not in _EVERY and _PLAIN.fullmatch(name):
            near = _nearest(name, equations)
            if usual or near:
                said = f"this obligation applies to {name[:80]}, which is no equation of the contract"
                yield Fault(document.place((*path, "applies_to")), said, _mended(document, node, near))


def _applied(document: Document) -> Iterator[tuple[Path, Scalar]]:
    for path, item in items(document, OBLIGATIONS):
        node = item.get("applies_to") if isinstance(item, Mapping) else None
        if isinstance(node, Scalar):
            yield path, node


def _unproved(revision: Revision) -> Iterator[Fault]:
    """A Kani harness proves an obligation that the contract has, where its obligations have ids.

    Obligations without ids are named by convention only, and are not looked for.
    """
    document = revision.after
    known = {words(node.get("id")).strip() for _, node in items(document, OBLIGATIONS) if isinstance(node, Mapping)}
    for path, node in items(document, HARNESSES) if known - {""} else ():
        named = words(node.get("obligation")).strip() if isinstance(node, Mapping) else ""
        if named and named not in known:
            said = f"this harness proves {named[:80]}, and no obligation of the contract has that id"
            yield Fault(document.place((*path, "obligation")), said)


def _dangling(revision: Revision) -> Iterator[Fault]:
    """An id of the contract's own that is named in it is there.

    A gate, a check or a milestone that names `FALSIFY-X-009` in a contract that ends at 008 waits for something that
    nobody promised. Histories and evidence tell of the past, and are left alone.
    """
    document = revision.after
    own = {site.falsifier.id.text for site in document.sites}
    widths = {(_stem(id_), len(id_)) for id_ in own if _stem(id_)}
    root = document.root
    for key, top in root.nodes.items() if widths and isinstance(root, Mapping) else ():
        for path, node in walk(top, (key,)):
            if not isinstance(node, Scalar) or is_past(path):
                continue
            for id_ in dict.fromkeys(found[0] for found in _ID.finditer(node.text)):
                if id_ not in own and (_stem(id_), len(id_)) in widths:
                    said = f"{id_} is named here, and this contract has no falsifier of that id"
                    yield Fault(document.place(path), said, about=f"{id_} at {path[-1]}")


RULES: tuple[Rule[Revision], ...] = (
    Rule("contract/dangling-binding", "error", _unbound, standing=True),
    Rule("contract/dangling-equation", "warning", _misapplied, standing=True),
    Rule("contract/dangling-obligation", "error", _unproved, standing=True),
    Rule("contract/dangling-id", "warning", _dangling, standing=True),
)
