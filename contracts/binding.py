"""What is asked of the names by which parts of a contract speak of each other: what they name is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contracts.claim import NEAR, measure
from contracts.correction import rewrite
from contracts.demand import HARNESSES, OBLIGATIONS, items
from contracts.node import Mapping, Node, Path, Scalar, Sequence, walk, words
from contracts.promise import GATE
from contracts.rule import Fault, Rule
from contracts.tense import is_past

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from contracts.document import Document
    from contracts.promise import Site
    from contracts.revision import Revision

_PLAIN = re.compile(r"[a-z_][a-z0-9_]{0,79}")
"""A name as equations have: what else stands in `binds_to` may be defined anywhere."""
_ID = re.compile(r"(?<![\w-])[A-Z][A-Z0-9]{0,19}(?:-[A-Z0-9]{1,20}){0,6}-(?P<number>\d{2,6})(?![\w-]|\.\d)")
_EVERY = frozenset(("all", "any", "none", "kernel", "scalar", "simd", "gpu", "cpu", "cuda", "wgpu", "converter"))
"""What an obligation may apply to besides an equation."""
_NAMES = ("id", "name", GATE)
_MOST = 20_000
"""How many pairs of names are compared for what was meant; beyond that nothing is proposed."""


def _equations(document: Document) -> frozenset[str]:
    return frozenset(_call(path, node) for path, node in items(document, ("equations",)))


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
    given = list(_bound(document))
    known = _known(document) if given else frozenset()
    stems = {_stem(name) for name in known} - {""}
    plain = document.node(("equations",)) is not None
    lost = [(site, node) for site, node in given if (name := node.text.strip()) not in known
            and (_stem(name) in stems or (plain and _PLAIN.fullmatch(name)))]  # fmt: skip
    near = _match({node.text.strip() for _, node in lost}, known)
    for site, node in lost:
        name = node.text.strip()
        said = f"{site.falsifier.id} binds to {name[:80]}, which this contract does not have"
        yield Fault(document.place((*site.path, "binds_to")), said, _mended(document, node, near.get(name, "")))


def _bound(document: Document) -> Iterator[tuple[Site, Scalar]]:
    """Yield what each falsifier binds to: one name, or several."""
    for site in document.sites:
        node = site.node.get("binds_to")
        for scalar in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(scalar, Scalar) and words(scalar).strip():
                yield site, scalar


def _stem(name: str) -> str:
    found = _ID.fullmatch(name)
    return name[: found.start("number")] if found else ""


def _match(names: Collection[str], known: Collection[str]) -> dict[str, str]:
    """Return for each name the one known name that is almost the same; ids are never taken for each other."""
    if len(names) * len(known) > _MOST:
        return {}
    long = [name for name in names if len(name) > 2 * NEAR and not _stem(name)]
    near = {name: [other for other in known if measure(name, other) <= NEAR] for name in long}
    return {name: others[0] for name, others in near.items() if len(others) == 1}


def _mended(document: Document, scalar: Scalar, name: str) -> str:
    written = document.text[scalar.start : scalar.end]
    return rewrite(document, scalar.start, scalar.end, written.replace(scalar.text, name, 1)) if name else ""


def _misapplied(revision: Revision) -> Iterator[Fault]:
    """A proof obligation applies to an equation of the contract, or to `all` or `simd`.

    A name is looked for where it is almost that of an equation, or where the contract's other obligations name
    equations: contracts also write other words there.
    """
    document, equations = revision.after, _equations(revision.after)
    given = [(path, node, node.text.strip()) for path, node in _applied(document)]
    usual = any(name in equations for _, _, name in given)
    near = _match({name for _, _, name in given if name not in equations} - _EVERY, equations)
    for path, node, name in given:
        if name in equations or name.lower() in _EVERY or not _PLAIN.fullmatch(name):
            continue
        if usual or name in near:
            said = f"this obligation applies to {name[:80]}, which is no equation of the contract"
            yield Fault(document.place((*path, "applies_to")), said, _mended(document, node, near.get(name, "")))


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
