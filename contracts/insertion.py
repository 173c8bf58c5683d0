"""Patches for the four small things that every edit is made of: a scalar, a field, items, a first item."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from contracts import leaf, style
from contracts.error import EditError, Place
from contracts.node import Mapping, Node, Path, Scalar, Sequence, find, resolve
from contracts.splice import Add, Insert, Patch, Set

if TYPE_CHECKING:
    from contracts.document import Document
    from contracts.leaf import Tree

_BLANK = re.compile(r"\n[ \t]*\r?\n")
_COMMA = re.compile(r"(?:[ \t\r\n]|#[^\n]*\n)*,")


def rewrite(path: Path, node: Scalar, text: str) -> Patch:
    """Write another scalar in the place of one, in its quotes; an empty place is filled behind its colon."""
    quotes = node.style if node.style in ("'", '"') else ""
    value = text if quotes else resolve(text)
    gap = " " if node.start == node.end else ""
    return Patch(node.start, node.end, gap + quotes + text + quotes, Set(path, value))


def field(document: Document, path: Path, after: str | None, key: str, tree: Tree) -> Patch:
    """Write `key: value` behind the key *after* of the mapping at *path*, or as its first key.

    Raises:
        EditError: there is no line to write it on.
    """
    node = document.node(path)
    assert isinstance(node, Mapping)
    intent = Add(path, after, key, leaf.value(tree))
    before = next(iter(node.keys.values()), None)
    if node.flow or before is None:
        return _flow_field(node, intent, f"{key}: {leaf.inline(tree)}")
    offset = style.list_offset(document.root) if document.root else 2
    lines = leaf.field(key, tree, node.column - 1, offset)
    if after is None:
        nl = style.newline(document.text, before.start)
        body = nl.join(lines)[node.column - 1 :]
        return Patch(before.start, before.start, body + nl + " " * (node.column - 1), intent)
    return Patch(*_behind(document, node.nodes[after], lines), intent)


def _flow_field(node: Mapping, intent: Add, text: str) -> Patch:
    if intent.after is not None:
        at = node.nodes[intent.after].end
        return Patch(at, at, f", {text}", intent)
    at = node.start + 1
    return Patch(at, at, text + (", " if node.keys else ""), intent)


def _behind(document: Document, node: Node, lines: list[str], *, blank: bool = False) -> tuple[int, int, str]:
    """Return the span and the text that puts *lines* behind the line on which *node* ends."""
    last = _last(node)
    if is_open(document.text, node):
        what = "the file ends inside a block of text, without a line break"
        raise EditError(what, Place(document.file, last.line, last.column), "End the file with a line break first")
    at = style.line_end(document.text, node.end)
    nl = style.newline(document.text, at)
    spaced = blank and "+" not in _header(document.text, last)  # a blank line behind `|+` would become part of it
    return at, at, nl + (nl if spaced else "") + nl.join(lines)


def _last(node: Node) -> Node:
    """Return the scalar or the `[…]` or `{…}` that a node ends with."""
    while not isinstance(node, Scalar) and not node.flow:
        node = node.items[-1] if isinstance(node, Sequence) else next(reversed(node.nodes.values()))
    return node


def _header(text: str, node: Node) -> str:
    """Return how a block of text begins, for instance `|+` (it keeps the blank lines behind it); else nothing."""
    return text[node.start : node.start + 3] if isinstance(node, Scalar) and node.style in ("|", ">") else ""


def is_open(text: str, node: Node) -> bool:
    """Return whether *node* ends the file in a block of text without a line break.

    A line behind it would add a line break to that text, so nothing can be written there.
    """
    last = _last(node)
    header = _header(text, last)
    return bool(header) and "-" not in header and last.end == len(text)


def items(document: Document, path: Path, index: int, trees: list[Tree], *, before: bool = False) -> list[Patch]:
    """Write new items behind (or *before*) the item *index* of the list at *path*.

    The dash and the blank line between items are the neighbours'.
    """
    node = document.node(path)
    assert isinstance(node, Sequence)
    target = index if before else index + 1
    intents = [Insert(path, target, leaf.value(tree)) for tree in trees]
    if node.flow:
        new = [(leaf.inline(tree), intent) for tree, intent in zip(trees, intents, strict=True)]
        return _flow_items(document.text, node, index, new, before=before)
    offset = style.list_offset(document.root) if document.root else 2
    column, gap = node.column - 1, style.gap(document.text, node, index)
    blank = _spaced(document.text, node, index)
    patches = []
    for tree, intent in zip(trees, intents, strict=True):
        lines = leaf.entry(tree, column, offset, gap)
        if before:
            at = style.dash(document.text, node, index)
            nl = style.newline(document.text, at)
            body = nl.join(lines)[column:] + nl + (nl if blank else "") + " " * column
            patches.append(Patch(at, at, body, intent))
        else:
            patches.append(Patch(*_behind(document, node.items[index], lines, blank=blank), intent))
    return patches


def _spaced(text: str, node: Sequence, index: int) -> bool:
    """Return whether a blank line stands between an item and its neighbour."""
    if len(node.items) == 1:
        return False
    low = index if index + 1 < len(node.items) else index - 1
    return bool(_BLANK.search(text, node.items[low].end, style.dash(text, node, low + 1)))


def _flow_items(text: str, node: Sequence, index: int, new: list[tuple[str, Insert]], *, before: bool) -> list[Patch]:
    """Write items into `[…]`; where each item has its own line, so has the new one."""
    item = node.items[index]
    if before:
        return [Patch(item.start, item.start, f"{written}, ", intent) for written, intent in new]
    lead = text[style.line_start(text, item.start) : item.start]
    end = style.line_end(text, item.end)
    if lead.strip(" ") or end >= node.end or index + 1 < len(node.items):
        return [Patch(item.end, item.end, f", {written}", intent) for written, intent in new]
    nl = style.newline(text, end)
    closed = _COMMA.match(text, item.end, node.end) is not None
    tails = [*[","] * (len(new) - 1), "," if closed else ""]
    rows = [
        Patch(end, end, nl + lead + written + tail, intent) for (written, intent), tail in zip(new, tails, strict=True)
    ]
    if closed:
        return rows
    if end == item.end:
        return [replace(rows[0], text="," + rows[0].text), *rows[1:]]
    return [Patch(item.end, item.end, ","), *rows]


def first(document: Document, path: Path, trees: list[Tree]) -> list[Patch]:
    """Write the first items of a list that is empty (`[]`, `~` or nothing), its comment kept where it is."""
    node, parent = document.node(path), document.node(path[:-1])
    assert node is not None
    assert isinstance(parent, Mapping)
    intent = Set(path, leaf.value(trees))
    if parent.flow:
        gap = " " if node.start == node.end else ""
        return [Patch(node.start, node.end, gap + leaf.inline(trees), intent)]
    key = parent.keys[str(path[-1])]
    offset = style.list_offset(document.root) if document.root else 2
    _, *lines = leaf.field(key.text, trees, parent.column - 1, offset)
    colon = document.text.index(":", key.end) + 1
    head = [Patch(colon, node.end, "")] if node.end > colon else []
    return [*head, Patch(*_behind(document, node, lines), intent)]


def last_key(document: Document, path: Path) -> str | None:
    """Return the key of a mapping behind which another can be written: the last, if it can be followed."""
    node = find(document.root, path)
    assert isinstance(node, Mapping)
    keys = [key for key, child in node.nodes.items() if can_follow(document, node, child)]
    return keys[-1] if keys else None


def can_follow(document: Document, parent: Mapping, node: Node) -> bool:
    """Return whether another key can stand behind *node*; in `{…}` an empty value takes no comma."""
    return node.start < node.end if parent.flow else not is_open(document.text, node)
