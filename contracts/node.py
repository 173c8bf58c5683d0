"""The nodes of a YAML text: plain values, each with the span of text that it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]
"""The way from the root to a value: keys of mappings and 0-based indexes of lists."""

_INT = re.compile(r"[-+]?[0-9]{1,400}|0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]{1,400}|[0-9]{1,400}(?:\.[0-9]{0,400})?)(?:[eE][-+]?[0-9]{1,9})?")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC = frozenset("+-.0123456789")


def resolve(text: str) -> str | int | float | bool | None:
    """Return what a plain scalar means in YAML 1.2 (core schema, section 10.3.2).

    So `1e-2` is a number, `yes` and dates are texts, and `0o14` is twelve. PyYAML resolves as
    YAML 1.1 does, which the Rust tools that share these files do not.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if _INT.fullmatch(text):
        return int(text, 0 if text[:2] in ("0o", "0x") else 10)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _INFINITE.fullmatch(text) else text


class Scalar(NamedTuple):
    """A single value; *style* is its quote, `|`, `>`, or empty for a plain one.

    The span `text[start:end]` is the value as written, quotes included, without the comment or
    the blank lines behind it. *line* and *column* are 1-based. *text* is the value as a text.
    (A named tuple because a file holds thousands, and a frozen dataclass takes twice as long to make.)
    """

    start: int
    end: int
    line: int
    column: int
    style: str
    text: str
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; *flow* is true for `[…]`. *value* is the plain list and must not be changed."""

    start: int
    end: int
    line: int
    column: int
    flow: bool
    items: tuple[Node, ...]
    value: list[Any]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; *flow* is true for `{…}`. Keys are texts. *value* must not be changed."""

    start: int
    end: int
    line: int
    column: int
    flow: bool
    keys: dict[str, Scalar]
    nodes: dict[str, Node]
    value: dict[str, Any]

    def get(self, key: str) -> Node | None:
        """Return the node of *key*, or None."""
        return self.nodes.get(key)


Node = Scalar | Sequence | Mapping


def find(root: Node | None, path: Path) -> Node | None:
    """Return the node at *path*, or None where there is none."""
    node = root
    for step in path:
        if isinstance(node, Mapping) and isinstance(step, str):
            node = node.nodes.get(step)
        elif isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
            node = node.items[step]
        else:
            return None
    return node


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield every node below *node* and itself, with its path, in the order of the text."""
    yield path, node
    if isinstance(node, Mapping):
        for key, child in node.nodes.items():
            yield from walk(child, (*path, key))
    elif isinstance(node, Sequence):
        for index, child in enumerate(node.items):
            yield from walk(child, (*path, index))


def words(node: Node | None) -> str:
    """Return the text of a scalar, the lines of a list of scalars, and nothing for anything else."""
    if isinstance(node, Scalar):
        return "" if node.value is None else node.text
    if isinstance(node, Sequence):
        return "\n".join(item.text for item in node.items if isinstance(item, Scalar))
    return ""
