"""YAML text → nodes, in one pass over libyaml's events, within bounds.

libyaml's own composer recurses, and dies of 30 kB of `[`; its events do not. Nothing here calls
the composer, so the bounds hold before a tree exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from contracts.error import Place, Unreadable
from contracts.node import Mapping, Node, Scalar, Sequence, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEPTH = 64
"""How deep values may be nested."""
SIZE = 4 << 20
"""How many characters a text may have."""
COUNT = 200_000
"""How many keys and values a text may hold, each list and mapping counted twice."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_BARE_RETURN = re.compile(r"\r(?!\n)")
_HEADER = re.compile(r"[|>][-+0-9]{0,2}")
_FIRST = re.compile(r"\n( *)[^ \r\n]")
_COLON = re.compile(r"[ \t]*:")
_MARK = "\ufeff"


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been seen: what it holds so far."""

    event: Any
    items: list[Node] = field(default_factory=list)
    keys: dict[str, Scalar] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    key: Scalar | None = None


class _Builder:
    """What the events seen so far have built."""

    def __init__(self, text: str, shift: int) -> None:
        self.text, self.shift = text, shift
        self.root: Node | None = None
        self.stack: list[_Open] = []
        self.documents = 0

    def refuse(self, event: Any, what: str, mend: str) -> NoReturn:
        mark = event.start_mark
        raise Unreadable(what, Place("", mark.line + 1, mark.column + 1), mend)

    def document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self.refuse(event, "a second YAML document starts here", "Keep one contract in one file")

    def alias(self, event: Any) -> None:
        self.refuse(event, f"the alias *{event.anchor[:40]} is used", "Write the value out where it is needed")

    def open(self, event: Any) -> None:
        self.plain(event)
        if len(self.stack) >= DEPTH:
            self.refuse(event, f"values are nested more than {DEPTH} deep", "Flatten the file")
        self.stack.append(_Open(event))

    def plain(self, event: Any) -> None:
        """Refuse an anchor or a tag."""
        if event.anchor is not None:
            self.refuse(event, f"the anchor &{event.anchor[:40]} is set", "Write the value out where it is needed")
        if event.tag is not None:
            self.refuse(event, f"the tag {event.tag[:60]} is used", "Quote a value that must be text, and drop the tag")

    def scalar(self, event: Any) -> None:
        mark, text, style, shift = event.start_mark, event.value, event.style or "", self.shift
        start, end = mark.index + shift, event.end_mark.index + shift
        if event.tag is not None or event.anchor is not None:
            self.plain(event)
        if not style:
            if start == end:
                start = end = self.empty_at(start)
            node = Scalar(start, end, mark.line + 1, mark.column + 1, style, text, resolve(text))
        else:
            if style in "|>":
                end = self.block_end(start, end, text)
            node = Scalar(start, end, mark.line + 1, mark.column + 1, style, text, text)
        self.add(node, event)

    def empty_at(self, mark: int) -> int:
        """Return where an empty value stands: behind its key's colon, or where libyaml says."""
        key = self.stack[-1].key if self.stack else None
        if key is None:
            return mark
        colon = _COLON.match(self.text, key.end)
        return colon.end() if colon else key.end

    def block_end(self, start: int, end: int, value: str) -> int:
        """Return the end of a `|` or `>` text without the blank lines that libyaml counts in."""
        header = _HEADER.match(self.text, start)
        assert header is not None
        if "+" in header[0] and value:
            return end - len(_ending(self.text[start:end]))
        if not value:
            return header.end()
        indent = self.indent(header)
        while True:
            line = self.text.rfind("\n", start, end - 1) + 1
            rest = self.text[line:end]
            if rest.strip(" \r\n") or len(rest.rstrip("\r\n")) > indent:
                return end - len(_ending(rest))
            end = line

    def indent(self, header: re.Match[str]) -> int:
        """Return how far the text of the block scalar with this *header* is indented."""
        digits = re.sub(r"\D", "", header[0])
        if digits:
            parent = self.stack[-1].event.start_mark.column if self.stack else 0
            return int(parent) + int(digits)
        found = _FIRST.search(self.text, header.end())
        return len(found[1]) if found else 0

    def add(self, node: Node, event: Any) -> None:
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.event, yaml.SequenceStartEvent):
            top.items.append(node)
        elif top.key is not None:
            top.nodes[top.key.text] = node
            top.key = None
        elif not isinstance(node, Scalar):
            self.refuse(top.event, "a key of this mapping is itself a list or a mapping", "Use a text as the key")
        elif node.text in top.keys:
            first = top.keys[node.text].line
            what = f"the key “{node.text[:60]}” stands twice in one mapping, first in line {first}"
            self.refuse(event, what, "Remove one of the two")
        else:
            top.key = top.keys[node.text] = node

    def close(self, event: Any) -> None:
        top = self.stack.pop()
        mark, flow = top.event.start_mark, bool(top.event.flow_style)
        start, line, column = mark.index + self.shift, mark.line + 1, mark.column + 1
        last = top.items[-1] if top.items else next(reversed(top.nodes.values()), None)
        end = event.end_mark.index + self.shift if flow or last is None else last.end
        if isinstance(top.event, yaml.SequenceStartEvent):
            data = [item.value for item in top.items]
            self.add(Sequence(start, end, line, column, flow, tuple(top.items), data), top.event)
        else:
            values = {key: node.value for key, node in top.nodes.items()}
            self.add(Mapping(start, end, line, column, flow, top.keys, top.nodes, values), top.event)


def _ending(line: str) -> str:
    return "\r\n" if line.endswith("\r\n") else "\n" if line.endswith("\n") else ""


def grow(text: str) -> Node | None:
    """Return the tree of *text*, or None where it holds no value at all.

    Raises:
        Unreadable: the text is no YAML, or outside the bounds (size, depth, one document, no
            anchors, aliases, tags, control characters or doubled keys); with line and column.
    """
    _bound(text)
    shift = 1 if text.startswith(_MARK) else 0
    builder = _Builder(text, shift)
    handlers: dict[type, Callable[[Any], None]] = {
        yaml.ScalarEvent: builder.scalar,
        yaml.SequenceStartEvent: builder.open,
        yaml.MappingStartEvent: builder.open,
        yaml.SequenceEndEvent: builder.close,
        yaml.MappingEndEvent: builder.close,
        yaml.AliasEvent: builder.alias,
        yaml.DocumentStartEvent: builder.document,
    }
    try:
        for event in _events(text[shift:]):
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
    except yaml.MarkedYAMLError as error:
        raise _complaint(error, text[shift:]) from None
    return builder.root


def _events(text: str) -> Iterator[Any]:
    """Yield libyaml's events, and complain when there are too many; `yaml.parse` would ask twice for each."""
    loader = _LOADER(text)
    try:
        for _ in range(COUNT):
            event = loader.get_event()
            yield event
            if type(event) is yaml.StreamEndEvent:
                return
    finally:
        loader.dispose()
    place = Place("", event.start_mark.line + 1, event.start_mark.column + 1)
    raise Unreadable(f"the file holds more than {COUNT} keys and values", place, "Split it into several contracts")


def _bound(text: str) -> None:
    if len(text) > SIZE:
        what = f"the file has {len(text)} characters, and at most {SIZE} are read"
        raise Unreadable(what, mend="Split it into several contracts")
    found = _FORBIDDEN.search(text, 1 if text.startswith(_MARK) else 0)
    found = found or (_BARE_RETURN.search(text) if "\r" in text else None)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        what = f"the character U+{ord(found[0][0]):04X} stands here, which YAML does not allow or readers disagree on"
        raise Unreadable(what, Place("", line, column), "Remove it, or write it as an escape in double quotes")


def _complaint(error: yaml.MarkedYAMLError, text: str) -> Unreadable:
    """Return what libyaml says, and where: what it misses behind the last text was opened before."""
    body = text.rstrip()
    marks = (mark for mark in (error.problem_mark, error.context_mark) if mark and mark.index < len(body))
    places = (Place("", mark.line + 1, mark.column + 1) for mark in marks)
    last = Place("", body.count("\n") + 1, max(len(body) - body.rfind("\n") - 1, 1))
    place = next(places, last)
    words = ", ".join(part for part in (error.context, error.problem) if part)
    return Unreadable(f"this is no YAML: {words}", place, "Correct the line, or quote the value")
