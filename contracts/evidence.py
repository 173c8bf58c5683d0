"""The edit that appends evidence: to the falsifier's last list of it, or to a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts import insertion, style
from contracts.error import EditError
from contracts.leaf import Leaf, Quote, Tree
from contracts.node import Mapping, Node, Path, Scalar, Sequence
from contracts.promise import NESTED, Site
from contracts.promise import evidence as given
from contracts.status import sibling

if TYPE_CHECKING:
    from contracts.document import Document
    from contracts.splice import Patch


def append(document: Document, site: Site, lines: list[str]) -> list[Patch]:
    """Return the patches that append *lines* to a falsifier's evidence.

    Raises:
        EditError: the falsifier has evidence that is no list, and no name is left for a list.
    """
    trees = leaves(document, site, lines)
    holders = given(site.node, site.path)
    lists = [(path, node) for path, node in holders if _is_list(node)]
    if lists:
        path, node = lists[-1]
        if isinstance(node, Sequence) and node.items:
            return insertion.items(document, path, len(node.items) - 1, trees)
        return insertion.first(document, path, trees)
    nested = [path for path, node in holders if isinstance(node, Mapping)]
    if nested:
        return [insertion.field(document, nested[-1], insertion.last_key(document, nested[-1]), "evidence", trees)]
    return [insertion.field(document, site.path, insertion.last_key(document, site.path), _key(document, site), trees)]


def leaves(document: Document, site: Site, lines: list[str]) -> list[Tree]:
    """Return *lines* in the quotes that the falsifier's evidence has, or that of its neighbours, or the file's."""
    quote = _quote(site)
    if quote is None:
        model = sibling(document, site, lambda other: _quote(other) is not None)
        quote = _quote(model) if model else None
    if quote is None:
        quote = style.list_quote(document.root) if document.root else "'"
    return [Leaf(line, quote) for line in lines]


def _quote(site: Site) -> Quote | None:
    lists = [node for _, node in given(site.node, site.path) if isinstance(node, Sequence)]
    found = [style.item_quote(node.items) for node in lists]
    return next((quote for quote in reversed(found) if quote is not None), None)


def _is_list(node: Node) -> bool:
    return isinstance(node, Sequence) or (isinstance(node, Scalar) and node.value is None)


def _key(document: Document, site: Site) -> str:
    model = sibling(document, site, lambda other: bool(_lists(other)))
    wanted = str(_lists(model)[-1][-1]) if model else NESTED
    free = [key for key in (wanted, NESTED, "evidence") if key not in site.node.nodes]
    if not free:
        what = f"{site.falsifier.id} has evidence that is no list"
        raise EditError(what, document.place(site.path), "Make it a list first")
    return free[0]


def _lists(site: Site) -> list[Path]:
    return [path for path, node in given(site.node, site.path) if isinstance(node, Sequence)]
