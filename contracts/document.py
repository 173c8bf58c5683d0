"""YAML text → contract, every value with its place in the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contracts import changelog as history
from contracts.error import Place, Unreadable
from contracts.model import Contract
from contracts.node import Mapping, Node, Path, Scalar, find
from contracts.promise import Site, Spot, locate
from contracts.tree import grow

if TYPE_CHECKING:
    from contracts.changelog import Changelog


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: its text, its tree, and the contract that it is.

    *contract* is None where the file is no contract, and *reason* then says why. *versions* are
    the places of the version, the canonical one first. *sites* are the falsifiers with their
    places. *log* is the changelog with its place.
    """

    text: str
    file: str
    root: Node | None
    contract: Contract | None = None
    reason: str = ""
    versions: tuple[Spot, ...] = ()
    sites: tuple[Site, ...] = ()
    log: Changelog | None = None

    @property
    def data(self) -> Any:
        """The plain values: what a YAML 1.2 reader would return, keys as texts."""
        return None if self.root is None else self.root.value

    def node(self, path: Path) -> Node | None:
        """Return the node at *path*, or None."""
        return find(self.root, path)

    def place(self, path: Path) -> Place:
        """Return where the value at *path* stands; the nearest value above it where there is none."""
        for length in range(len(path), -1, -1):
            node = find(self.root, path[:length])
            if node is not None:
                return Place(self.file, node.line, node.column)
        return Place(self.file)

    def site(self, id_: str) -> Site | None:
        """Return the first falsifier of that id with its places, or None."""
        return next((site for site in self.sites if site.falsifier.id.text == id_), None)

    def statuses(self, id_: str) -> tuple[Spot, ...]:
        """Return the places of a falsifier's status; empty where it has none or is unknown."""
        site = self.site(id_)
        return site.statuses if site else ()

    @property
    def changelog(self) -> tuple[tuple[str | None, str], ...]:
        """The entries of the changelog: (version or None, whole text), in the order of the text."""
        return tuple((entry.version, entry.text) for entry in self.log.entries) if self.log else ()


def readable(document: Document | Unreadable | None) -> Document | None:
    """Return a file that could be read, None for one that could not, or is not there."""
    return None if isinstance(document, Unreadable) else document


def read(text: str, file: str = "") -> Document:
    """Read a YAML text, a contract or not.

    Raises:
        Unreadable: the text is no YAML, or outside the bounds; with file, line and column.
    """
    try:
        root = grow(text)
    except Unreadable as complaint:
        raise complaint.at(file) from None
    if not isinstance(root, Mapping):
        what = "holds no value" if root is None else "is not a mapping at its top"
        return Document(text, file, root, reason=f"the file {what}")
    sites = locate(root, text)
    if not sites and not isinstance(root.get("metadata"), Mapping):
        return Document(text, file, root, reason="the file has neither `metadata` nor falsifiers")
    return _contract(text, file, root, sites)


def _contract(text: str, file: str, root: Mapping, sites: tuple[Site, ...]) -> Document:
    versions = _spots(root, (("version",), ("metadata", "version")))
    version = versions[0].value if versions else None
    states = _spots(root, (("metadata", "status"), ("status",)))
    status = states[0].value if states else None
    contract = Contract(file, version, status, tuple(site.falsifier for site in sites))
    return Document(text, file, root, contract, "", versions, sites, history.read(root))


def _spots(root: Mapping, paths: tuple[Path, ...]) -> tuple[Spot, ...]:
    found = [(path, find(root, path)) for path in paths]
    spots = [Spot(path, node) for path, node in found if isinstance(node, Scalar)]
    return tuple(sorted(spots, key=lambda spot: spot.value is None))
