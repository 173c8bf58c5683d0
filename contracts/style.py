"""How a document is written: line ends, indentation and quotes, learned from what stands there."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from contracts.node import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contracts.leaf import Quote

_DASH = re.compile(r"\n *-")
_QUOTES: dict[str, Quote] = {"": "", "'": "'", '"': '"', "|": "|"}


def line_end(text: str, offset: int) -> int:
    """Return where the line that holds *offset* ends: before its line break."""
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if text[offset:end].endswith("\r") else end


def line_start(text: str, offset: int) -> int:
    """Return where the line that holds *offset* begins."""
    return text.rfind("\n", 0, offset) + 1


def newline(text: str, offset: int) -> str:
    """Return the line break in use at *offset*: the next one, else the one before, else a line feed."""
    at = text.find("\n", offset)
    at = at if at >= 0 else text.rfind("\n", 0, offset)
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"


def dash(text: str, node: Sequence, index: int) -> int:
    """Return where the dash of an item of a block list stands."""
    if index == 0:
        return node.start
    found = _DASH.search(text, node.items[index - 1].end, node.items[index].start)
    return found.end() - 1 if found else node.items[index].start


def quote(node: Node | None) -> Quote | None:
    """Return how a scalar is written; None for folded texts, for values that are no texts and for other nodes."""
    if not isinstance(node, Scalar) or (node.value is None and not node.style):
        return None
    return _QUOTES.get(node.style)


def item_quote(items: Iterable[Node]) -> Quote | None:
    """Return how the last one-line text of a list is written, or None where there is none."""
    styles = [quote(item) for item in items if isinstance(item, Scalar) and isinstance(item.value, str)]
    return next((style for style in reversed(styles) if style is not None and style != "|"), None)


def list_quote(root: Node) -> Quote:
    """Return how most sentences in the lists of a file are written; single quotes where there are none."""
    lists = [node for node in _collections(root) if isinstance(node, Sequence)]
    texts = [item for node in lists for item in node.items if isinstance(item, Scalar) and isinstance(item.value, str)]
    styles = [quote(item) for item in texts if " " in item.text] or [quote(item) for item in texts]
    counts = Counter(style for style in styles if style is not None and style != "|")
    return counts.most_common(1)[0][0] if counts else "'"


def list_offset(root: Node) -> int:
    """Return how much deeper than their key the dashes of most block lists stand; 2 where there are none."""
    counts: Counter[int] = Counter()
    for node in _collections(root):
        if isinstance(node, Mapping) and not node.flow:
            below = [(node.keys[key], value) for key, value in node.nodes.items() if isinstance(value, Sequence)]
            counts.update(value.column - key.column for key, value in below if not value.flow)
    return counts.most_common(1)[0][0] if counts else 2


def _collections(root: Node) -> Iterator[Sequence | Mapping]:
    """Yield the lists and mappings of a tree."""
    waiting = [root]
    for node in waiting:
        if isinstance(node, Scalar):
            continue
        yield node
        waiting.extend(node.items if isinstance(node, Sequence) else node.nodes.values())


def gap(text: str, node: Sequence, index: int) -> str:
    """Return the blanks between the dash of an item and the item; one blank where the item is on its own line."""
    between = text[dash(text, node, index) + 1 : node.items[index].start]
    return between if between and not between.strip(" ") else " "
