"""The edit that adds a changelog entry, in the form that the contract's own history has."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from contracts import insertion, style
from contracts.leaf import Inline, Leaf, Quote, Tree, one_line
from contracts.node import Mapping, Node, Path, Scalar, Sequence, words

if TYPE_CHECKING:
    from contracts.changelog import Changelog
    from contracts.document import Document
    from contracts.edit import AddEntry
    from contracts.splice import Patch

LONG = 100
"""From how many characters on a text goes into the field that its neighbours write as a block."""
WIDTH = 72
"""How wide the lines of such a block are."""

_TEXTS = ("reason", "note", "change", "changes", "description", "summary", "text")
_HEAD = re.compile(r"\s*(?P<v>v?)\d[\w.+-]*(?P<dash>[ ]?[—–|:·-][ ]|[ ])")
_MOVE = re.compile(r"(?P<status>[A-Z][A-Z0-9_]*)?(?P<gap>[ ]*)(?P<v>v?)\d[\w.+-]*$")


def record(document: Document, edit: AddEntry) -> list[Patch]:
    """Return the patches that add one entry, next to the one that states the present version.

    Before it where the history runs from the newest to the oldest (so taken where it does not
    show), else behind it. Where there is no history, `changelog` is made in the metadata.
    """
    log = document.log
    if log is None:
        return [_make(document, _line(document, None, edit))]
    if not log.entries:
        return insertion.first(document, log.path, [_line(document, None, edit)])
    index = _neighbour(document, log)
    node = log.entries[index].node
    tree = _fields(document, log, edit) if isinstance(node, Mapping) else _line(document, log, edit)
    return insertion.items(document, log.path, index, [tree], before=log.newest_first)


def _neighbour(document: Document, log: Changelog) -> int:
    """Return the index of the entry to stand beside: the present version's, the newest, or the end's."""
    present = document.contract.version if document.contract else None
    stated = [index for index, entry in enumerate(log.entries) if present and entry.version == present]
    if stated:
        return stated[0]
    newest = log.newest
    return newest if newest is not None else 0


def _line(document: Document, log: Changelog | None, edit: AddEntry) -> Leaf:
    """Return the entry as one line of text, with the dash and the quotes of the newest one."""
    root = document.root
    quote: Quote = style.list_quote(root) if root else "'"
    v, dash = "", " — "
    if log:
        node = log.entries[_neighbour(document, log)].node
        found = _HEAD.match(words(node))
        v, dash = (found["v"], found["dash"]) if found else (v, dash)
        own = style.quote(node)
        last = style.item_quote(entry.node for entry in log.entries)
        quote = own if own not in (None, "|") else last if last is not None else quote
    dash = dash if dash.strip() else " — "
    return Leaf(f"{v}{edit.version}{dash}{edit.date}{dash}{one_line(edit.text)}", quote)


def _make(document: Document, leaf: Leaf) -> Patch:
    metadata = document.node(("metadata",))
    path: Path = ("metadata",) if isinstance(metadata, Mapping) else ()
    keys = metadata.keys if isinstance(metadata, Mapping) else {}
    after = "references" if "references" in keys else insertion.last_key(document, path)
    return insertion.field(document, path, after, "changelog", [leaf])


def _fields(document: Document, log: Changelog, edit: AddEntry) -> Tree:
    """Return the entry as a mapping, with the keys of its nearest neighbour that states a move, in their order."""
    model = _model(document, log)
    text = one_line(edit.text)
    chosen = _text_key(model, text)
    present = (document.contract.version if document.contract else None) or ""
    known = {"date": edit.date, "version": edit.version, "version_before": present, "version_after": edit.version}
    tree: dict[str, Tree] = {}
    for key, node in model.nodes.items():
        if key == chosen:
            tree[key] = _text(document, node, text)
        elif key in ("from", "to"):
            version = present if key == "from" else edit.version
            tree[key] = Leaf(_move(document, model.get("to"), version), _quote(node))
        elif key in known:
            tree[key] = Leaf(known[key], _quote(node))
    tree = tree if chosen in tree else {**tree, chosen: Leaf(text, "'")}
    pad = " " if document.text[model.start + 1] == " " else ""
    return Inline(tree, pad) if model.flow else tree


def _model(document: Document, log: Changelog) -> Mapping:
    """Return the mapping to write like: the neighbour, or the nearest to it that states a version."""
    index = _neighbour(document, log)
    near = sorted(range(len(log.entries)), key=lambda other: abs(other - index))
    maps = [log.entries[i] for i in near if isinstance(log.entries[i].node, Mapping)]
    found = next((entry.node for entry in maps if entry.version), maps[0].node)
    assert isinstance(found, Mapping)
    return found


def _text_key(model: Mapping, text: str) -> str:
    """Return the field for the text: a block for a long one, a line for a short one, where there is a choice."""
    keys = [key for key in _TEXTS if key in model.nodes]
    blocks = [key for key in keys if style.quote(model.nodes[key]) == "|"]
    fitting = blocks if len(text) > LONG else [key for key in keys if key not in blocks]
    return next(iter([*fitting, *keys]), "note")


def _text(document: Document, node: Node, text: str) -> Tree:
    """Return the text as the neighbour's is written; a block needs a file that ends with a line break."""
    if isinstance(node, Sequence):
        return [Leaf(text, style.item_quote(node.items) or "'")]
    if style.quote(node) == "|" and document.text.endswith("\n"):
        return Leaf("\n".join(textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)), "|")
    return Leaf(text, _quote(node))


def _move(document: Document, model: Node | None, version: str) -> str:
    """Return `STATUS v1.4.0` in the form of the neighbour's; the status is the one that the contract has."""
    present = (document.contract.status if document.contract else None) or ""
    found = _MOVE.match(words(model))
    if found is None:
        return f"{present} v{version}".strip()
    status = (present or found["status"]) + found["gap"] if found["status"] else ""
    return f"{status}{found['v']}{version}"


def _quote(node: Node) -> Quote:
    found = style.quote(node) if isinstance(node, Scalar) else None
    return "'" if found is None or found == "|" else found
