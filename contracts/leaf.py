"""Values → YAML text in a given style: scalars with their quotes, lists and mappings, block or flow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from contracts.error import EditError
from contracts.node import resolve

Quote = Literal["", "'", '"', "|"]
"""How a scalar is written: plain, in single or double quotes, or as a block of lines."""

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": "\\0"}
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN = re.compile(r"[A-Za-z0-9_./(§→≥≤±+](?:[^\s:#]|:(?=[^\s:])|#(?<=\S#)|[ ](?=[^\s#]))*")
_FLOW = re.compile(r"[,\[\]{}:?]")
_NAMED = re.compile(r"\d{4}-\d\d-\d\d|\d+\.\d+\.\d+[\w.+-]*")
"""A date or a version: a text that begins with a digit and that no reader takes for a number."""
_OLD_WORDS = frozenset(("yes", "no", "on", "off", "y", "n"))
_MARKER = re.compile(r"(?:---|\.\.\.)(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text and the style to write it in; where that style cannot hold it, the next that can."""

    text: str
    quote: Quote = ""


@dataclass(frozen=True, slots=True)
class Inline:
    """A mapping to be written on one line, in braces with *pad* inside, even in a block list."""

    fields: dict[str, Tree]
    pad: str = ""


Tree = Leaf | Inline | list["Tree"] | dict[str, "Tree"]
"""What is to be written: leaves in lists and mappings."""


def one_line(text: str) -> str:
    """Return *text* on one line: line breaks and the blanks around them become one blank."""
    lines = (line.strip(" \t") for line in re.split(r"[\r\n]+", text))
    return " ".join(line for line in lines if line)


def write(leaf: Leaf, *, flow: bool = False) -> str:
    """Return a scalar as it is written on one line (a `|` leaf in single quotes).

    Raises:
        EditError: the text holds half of a character (a lone surrogate), which no file can.
    """
    if _SURROGATE.search(leaf.text):
        raise EditError("the text to write holds half of a character (a lone surrogate)", mend="Remove it")
    if _UNPRINTABLE.search(leaf.text) or leaf.quote == '"':
        return '"' + "".join(_escape(character) for character in leaf.text) + '"'
    if leaf.quote == "" and _plain(leaf.text, flow=flow):
        return leaf.text
    return "'" + leaf.text.replace("'", "''") + "'"


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if not _UNPRINTABLE.match(character):
        return character
    number = ord(character)
    return f"\\x{number:02X}" if number < 1 << 8 else f"\\u{number:04X}"


def _plain(text: str, *, flow: bool) -> bool:
    """Return whether a text without quotes is read back as itself, by readers of YAML 1.1 and 1.2."""
    if _PLAIN.fullmatch(text) is None or _MARKER.match(text) or (flow and _FLOW.search(text)):
        return False
    if text.lower() in _OLD_WORDS or (text[0] in "+.0123456789" and " " not in text and not _NAMED.fullmatch(text)):
        return False
    return resolve(text) == text


def value(tree: Tree) -> Any:
    """Return the plain value that a reader gets from what is written in block style."""
    if isinstance(tree, Leaf):
        lines = _lines(tree)
        return "\n".join(lines) + "\n" if lines else tree.text
    if isinstance(tree, list):
        return [value(item) for item in tree]
    fields = tree.fields if isinstance(tree, Inline) else tree
    return {key: value(item) for key, item in fields.items()}


def _lines(leaf: Leaf) -> list[str]:
    """Return the lines of a text that is written as a block; none where a block cannot hold it."""
    lines = leaf.text.split("\n")
    fits = leaf.quote == "|" and all(lines) and not any(_UNPRINTABLE.search(line) for line in lines)
    return lines if fits and not leaf.text.startswith(" ") else []


def inline(tree: Tree) -> str:
    """Return *tree* on one line in flow style."""
    if isinstance(tree, Leaf):
        return write(tree, flow=True)
    if isinstance(tree, list):
        return "[" + ", ".join(inline(item) for item in tree) + "]"
    fields, pad = (tree.fields, tree.pad) if isinstance(tree, Inline) else (tree, "")
    return "{" + pad + ", ".join(f"{key}: {inline(item)}" for key, item in fields.items()) + pad + "}"


def field(key: str, tree: Tree, column: int, offset: int) -> list[str]:
    """Return the lines of `key: value` in block style, without line ends.

    *column* is how many blanks stand before the key, *offset* how many more before the dashes of
    a list below it.
    """
    head = " " * column + key + ":"
    if isinstance(tree, Leaf):
        block = [" " * (column + 2) + line for line in _lines(tree)]
        return [f"{head} |", *block] if block else [f"{head} {write(tree)}"]
    if isinstance(tree, Inline):
        return [f"{head} {inline(tree)}"]
    if isinstance(tree, list):
        return [head, *(line for item in tree for line in entry(item, column + offset, offset))]
    return [head, *(line for name, item in tree.items() for line in field(name, item, column + 2, offset))]


def entry(tree: Tree, column: int, offset: int, gap: str = " ") -> list[str]:
    """Return the lines of one item of a block list; *gap* stands between the dash and the item."""
    dash = " " * column + "-" + gap
    if not isinstance(tree, dict):
        return [dash + (write(tree) if isinstance(tree, Leaf) else inline(tree))]
    inner = column + 1 + len(gap)
    lines = [line for name, item in tree.items() for line in field(name, item, inner, offset)]
    return [dash + lines[0][inner:], *lines[1:]]
