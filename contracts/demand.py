"""What `pv validate` asks of a contract, for those who have no `pv` at hand; its own ids stand in brackets.

The current `pv` asks these things of kernel contracts only. A contract is one if `metadata.kind` says so, or if it
says nothing and has a kernel's blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.change import cut
from contracts.node import Mapping, Node, Path, Scalar, Sequence, find, words
from contracts.promise import IF_FAILS, PREDICTION, field
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.document import Document
    from contracts.error import Place
    from contracts.promise import Site
    from contracts.revision import Revision

BLOCKS = ("equations", "proof_obligations", "kani_harnesses")
"""The blocks that make a contract without a kind a kernel's."""
HARNESSES: Path = ("kani_harnesses",)
OBLIGATIONS: Path = ("proof_obligations",)


def is_kernel(document: Document) -> bool:
    """Return whether a contract is a kernel's, of which `pv` asks the most."""
    kind = words(document.node(("metadata", "kind"))).strip()
    return kind == "kernel" if kind else any(document.node((block,)) is not None for block in BLOCKS)


def items(document: Document, path: Path) -> Iterator[tuple[Path, Node]]:
    """Yield what a list or a mapping at *path* holds; nothing where there is neither."""
    node = find(document.root, path)
    if isinstance(node, Mapping):
        yield from (((*path, key), child) for key, child in node.nodes.items())
    elif isinstance(node, Sequence):
        yield from (((*path, index), child) for index, child in enumerate(node.items))


def _maps(document: Document, path: Path) -> Iterator[tuple[Path, Mapping]]:
    yield from ((at, node) for at, node in items(document, path) if isinstance(node, Mapping))


def _empty(node: Node | None) -> bool:
    """Return whether nothing is said: no value, no text, or a list or mapping without anything in it."""
    if isinstance(node, Scalar):
        return node.value is None or not node.text.strip()
    return node is None or not node.value


def _references(revision: Revision) -> Iterator[Fault]:
    """A kernel contract names the works that it rests on.

    List at least one paper, file or finding under `metadata.references`: whoever doubts an equation begins there.
    (pv: SCHEMA-001)
    """
    document = revision.after
    if is_kernel(document) and _empty(document.node(("metadata", "references"))):
        said = "the contract rests on nothing: name a paper, file or finding under `metadata.references`"
        yield Fault(document.place(("metadata", "references")), said)


def _equations(revision: Revision) -> Iterator[Fault]:
    """A kernel contract has an equation.

    The equations say what is computed; falsifiers and obligations are about them. (pv: SCHEMA-003)
    """
    document = revision.after
    if is_kernel(document) and _empty(document.node(("equations",))):
        yield Fault(
            document.place(("equations",)), "the contract has no equation: say under `equations` what is computed"
        )


def _formula(revision: Revision) -> Iterator[Fault]:
    """Every equation has a formula.

    An equation without one is a name, and nothing can contradict it. (pv: SCHEMA-004)
    """
    document = revision.after
    for path, node in items(document, ("equations",)) if is_kernel(document) else ():
        if _empty(node.get("formula") if isinstance(node, Mapping) else node):
            yield _lacking(document, (*path, "formula"), node, "has no formula")


def _lacking(document: Document, path: Path, node: Node, what: str) -> Fault:
    """Return a fault at what an item lacks; in a list it is known by what it holds, because its number moves."""
    id_ = words(node.get("id")).strip() if isinstance(node, Mapping) else ""
    name = cut(id_) if id_ else ".".join(str(step)[:60] for step in path[:-1])
    about = "" if id_ or isinstance(path[-2], str) else f"{what}: {node.value}"
    return Fault(document.place(path), f"{name} {what}", about=about)


def _property(revision: Revision) -> Iterator[Fault]:
    """Every proof obligation says which property is to be proved.

    It is the sentence that a proof, or a property test, is held against. (pv: SCHEMA-005)
    """
    document = revision.after
    for path, node in _maps(document, OBLIGATIONS) if is_kernel(document) else ():
        if _empty(node.get("property")):
            yield _lacking(document, (*path, "property"), node, "states no property")


def _formal(revision: Revision) -> Iterator[Fault]:
    """Two proof obligations have two formal statements.

    The same `formal` twice is most often a copy that was to be changed. Two equations can have the same law, so that
    this is only told. (pv: SCHEMA-006)
    """
    document, seen = revision.after, dict[str, int]()
    for path, node in _maps(document, OBLIGATIONS):
        formal = " ".join(words(node.get("formal")).split())
        if not formal:
            continue
        place = document.place((*path, "formal"))
        if formal in seen:
            said = f"the formal statement {cut(formal)} stands twice, first in line {seen[formal]}"
            yield Fault(place, said, about=f"formal {formal}")
        seen.setdefault(formal, place.line)


def _prediction(revision: Revision) -> Iterator[Fault]:
    """Every falsifier predicts something.

    What predicts nothing cannot fail, and a run of it shows nothing. (pv: SCHEMA-008)
    """
    for site in revision.after.sites:
        if _unsaid(revision.after, site, PREDICTION):
            said = f"{site.falsifier.id} predicts nothing: say what must be seen"
            yield Fault(_spot(revision, site, PREDICTION), said)


def _if_fails(revision: Revision) -> Iterator[Fault]:
    """Every falsifier says what its failure would mean.

    `if_fails` is read on the day when something broke; written beforehand it is no excuse. (pv: SCHEMA-009)
    """
    for site in revision.after.sites:
        if _unsaid(revision.after, site, IF_FAILS):
            said = f"{site.falsifier.id} does not say what it means if it fails: fill in `if_fails`"
            yield Fault(_spot(revision, site, IF_FAILS), said)


def _unsaid(document: Document, site: Site, names: tuple[str, ...]) -> bool:
    """Return whether a text is there and empty, or lacking where `pv` would refuse to read the contract."""
    if any(name in site.node.nodes for name in names):
        return _empty(field(site.node, names))
    return site.path[0] == "falsification_tests" and is_kernel(document)


def _spot(revision: Revision, site: Site, names: tuple[str, ...]) -> Place:
    key = next((name for name in names if name in site.node.nodes), names[0])
    return revision.after.place((*site.path, key))


def _harnesses(revision: Revision) -> Iterator[Fault]:
    """Each Kani harness has an id of its own.

    A proof is recorded under the harness's id. (pv: SCHEMA-010)
    """
    document, seen = revision.after, set[str]()
    for path, node in _maps(document, HARNESSES):
        id_ = words(node.get("id")).strip()
        if id_ in seen:
            yield Fault(document.place((*path, "id")), f"the harness {cut(id_)} stands more than once")
        seen |= {id_} - {""}


def _obligation(revision: Revision) -> Iterator[Fault]:
    """Every Kani harness names the obligation that it proves.

    A harness that proves nothing in particular costs minutes and warrants nothing. (pv: SCHEMA-011)
    """
    document = revision.after
    for path, node in _maps(document, HARNESSES):
        if _empty(node.get("obligation")):
            yield _lacking(document, (*path, "obligation"), node, "names no obligation")


def _bound(revision: Revision) -> Iterator[Fault]:
    """Every Kani harness states its bound.

    A bounded proof is true up to its bound; without one nobody knows up to where. (pv: SCHEMA-012)
    """
    document = revision.after
    for path, node in _maps(document, HARNESSES):
        if _empty(node.get("bound")):
            yield _lacking(document, (*path, "bound"), node, "states no bound")


def _gate(revision: Revision) -> Iterator[Fault]:
    """A kernel contract has a gate: `qa_gate` says which checks must pass before it ships.

    Many contracts that are in order have none, so this is only told. (pv: SCHEMA-013)
    """
    if is_kernel(revision.after) and revision.after.node(("qa_gate",)) is None:
        said = "the contract has no `qa_gate`: nothing says which checks must pass"
        yield Fault(revision.after.place(()), said)


RULES: tuple[Rule[Revision], ...] = (
    Rule("contract/no-references", "error", _references, standing=True),
    Rule("contract/no-equation", "error", _equations, standing=True),
    Rule("contract/formula-empty", "error", _formula, standing=True),
    Rule("contract/property-empty", "error", _property, standing=True),
    Rule("contract/formal-twice", "notice", _formal, standing=True),
    Rule("contract/prediction-empty", "error", _prediction, standing=True),
    Rule("contract/if-fails-empty", "warning", _if_fails, standing=True),
    Rule("contract/harness-twice", "error", _harnesses, standing=True),
    Rule("contract/harness-unbound", "error", _obligation, standing=True),
    Rule("contract/harness-boundless", "warning", _bound, standing=True),
    Rule("contract/no-gate", "notice", _gate, standing=True),
)
