"""Where the falsifiers stand in a tree, and where each keeps its status and its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.model import Falsifier, FalsifierId
from contracts.node import Mapping, Node, Path, Scalar, Sequence, walk, words

if TYPE_CHECKING:
    from collections.abc import Iterator

RULE = ("rule", "description", "assertion", "name")
PREDICTION = ("prediction", "expected")
TEST = ("test", "command", "test_harness")
IF_FAILS = ("if_fails", "fails_if")
"""The names under which the four texts of a falsifier are written; the first that is there counts."""

GATE = "falsification_id"
"""The key that names a falsifier in a gate, wherever the list of gates stands."""

NESTED = "algorithm_evidence"
"""The key whose value is a list of evidence, or a mapping with a status and evidence in it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One scalar and the path to it."""

    path: Path
    node: Scalar

    @property
    def value(self) -> str | None:
        """The text, or None where nothing is written."""
        return None if self.node.value is None or not self.node.text.strip() else self.node.text.strip()


@dataclass(frozen=True, slots=True)
class Site:
    """One falsifier and the mapping that it is read from."""

    falsifier: Falsifier
    path: Path
    node: Mapping

    @property
    def statuses(self) -> tuple[Spot, ...]:
        """The places of the status; the first that holds a value is the one that counts."""
        return statuses(self.node, self.path)


def statuses(node: Mapping, path: Path) -> tuple[Spot, ...]:
    """Return the places of a falsifier's status: `status`, `discharge_status`, or inside the nested evidence."""
    nested = node.get(NESTED)
    places = [
        ((*path, "status"), node.get("status")),
        ((*path, "discharge_status"), node.get("discharge_status")),
        ((*path, NESTED, "status"), nested.get("status") if isinstance(nested, Mapping) else None),
    ]
    return tuple(Spot(place, found) for place, found in places if isinstance(found, Scalar))


def is_evidence(key: str) -> bool:
    """Return whether a falsifier's field of this name holds evidence that was given."""
    given = key in ("evidence", "evidence_discharged_by") or key.endswith("_evidence")
    return given and key != "required_evidence"


def evidence(node: Mapping, path: Path) -> tuple[tuple[Path, Node], ...]:
    """Return the fields that hold evidence, in order: lists, empty values, and nested mappings with what is in them."""
    found: list[tuple[Path, Node]] = []
    for key, value in node.nodes.items():
        if is_evidence(key):
            found.append(((*path, key), value))
            found.extend(evidence(value, (*path, key)) if isinstance(value, Mapping) else ())
    return tuple(found)


def field(node: Mapping, names: tuple[str, ...]) -> Node | None:
    """Return the first of the named fields that is there."""
    return next((node.nodes[name] for name in names if name in node.nodes), None)


def locate(root: Mapping, text: str) -> tuple[Site, ...]:
    """Return the falsifiers of a contract in the order of the text.

    They are the items with an `id` of every top-level list whose key begins with `falsif`, and
    the gates: mappings in any list that carry `falsification_id`. A gate that names a falsifier
    of those lists refers to it and is no second one. *text* is what *root* was read from.
    """
    listed = [
        _site((key, index), item, item.nodes["id"])
        for key, node in root.nodes.items()
        if key.startswith("falsif") and isinstance(node, Sequence)
        for index, item in enumerate(node.items)
        if isinstance(item, Mapping) and isinstance(item.get("id"), Scalar) and words(item.nodes["id"])
    ]
    if GATE not in text:
        return tuple(listed)
    known = {site.falsifier.id.text for site in listed}
    gates = [site for site in _gates(root) if site.falsifier.id.text not in known]
    return tuple(sorted([*listed, *gates], key=lambda site: site.node.start))


def _gates(root: Mapping) -> Iterator[Site]:
    for key, top in root.nodes.items():
        for path, node in walk(top, (key,)):
            name = node.get(GATE) if isinstance(node, Mapping) and isinstance(path[-1], int) else None
            if isinstance(node, Mapping) and isinstance(name, Scalar) and words(name):
                yield _site(path, node, name)


def _site(path: Path, node: Mapping, name: Node) -> Site:
    status = next((spot.value for spot in statuses(node, path) if spot.value), None)
    lines = [words(given).split("\n") for _, given in evidence(node, path) if not isinstance(given, Mapping)]
    falsifier = Falsifier(
        id=FalsifierId(words(name).strip()),
        status=status,
        rule=words(field(node, RULE)),
        prediction=words(field(node, PREDICTION)),
        if_fails=words(field(node, IF_FAILS)),
        test=words(field(node, TEST)),
        evidence=tuple(line for group in lines for line in group if line),
        line=name.line,
    )
    return Site(falsifier, path, node)
