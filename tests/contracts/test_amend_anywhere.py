"""Edits of contracts that nobody wrote: whatever the style, only what was meant changes."""

from __future__ import annotations

import difflib
import re
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.amend import AddEntry, Amended, AppendEvidence, BumpVersion, Edit, FlipStatus, amend
from contracts.document import read
from contracts.error import EditError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
PROSE = (
    "status: DISCHARGED is prose",
    "it's “quoted”: version: 9.9.9 # not a comment",
    "plain words",
    "- id: FALSIFY-FAKE-001",
    "back\\slash and \"quotes\" and 'more'",
    "§ ≥ 0.99 → 😀 übermäßig",
    "{ status: PARTIAL }, [x]",
    "yes",
    "1e-2",
)
STATUSES = ("PARTIAL_ALGORITHM_LEVEL", "FUNCTIONAL", "PLANNED_M0", "OPEN")


class Writer:
    """Writes one contract; a seed decides every choice (drawing each would take most of the time)."""

    def __init__(self, seed: int) -> None:
        self.random, self.comments = Random(seed), 0  # noqa: S311 - a test's choices, not a secret
        self.offset = self.pick(0, 2, 4)

    def pick(self, *options: T) -> T:
        """Return one of the options."""
        return self.random.choice(options)

    def chance(self) -> bool:
        """Toss a coin."""
        return self.random.random() < 0.5

    def comment(self) -> str:
        """Write a comment that looks like fields, with a number of its own."""
        self.comments += 1
        return f"#{self.pick(' ', chr(9))}c{self.comments} status: {self.pick('PROSE', 'X')} version: 7"

    def tail(self) -> str:
        """Write what stands behind a value: mostly nothing."""
        return self.pick(" ", "\t", "   ") + self.comment() if self.pick(1, 0, 0) else ""

    def quoted(self, text: str, *, plain: bool = False) -> str:
        """Write a text in quotes, or in none."""
        style = self.pick("'", '"', "") if plain else self.pick("'", '"')
        if style == "'":
            return "'" + text.replace("'", "''") + "'"
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if style else text

    def field(self, column: int, key: str, text: str = "") -> list[str]:
        """Write `key: value` on one line or as a block of text."""
        pad, said = " " * column, text or self.pick(*PROSE)
        style = self.pick("one", "one", "|", ">", "|-", "|+", ">-")
        if style == "one":
            return [f"{pad}{key}: {self.quoted(said)}{self.tail()}"]
        lines = [f"{pad}  {said}", *([""] if self.chance() else []), f"{pad}    status: PROSE  # no comment"]
        return [f"{pad}{key}: {style}{self.tail()}", *lines]

    def noise(self, column: int = 0) -> list[str]:
        """Write what may stand between any two lines."""
        return self.pick([], [], [""], [" " * column + self.comment()], ["", self.comment(), ""])

    def items(self, column: int, texts: list[str]) -> list[str]:
        """Write the items of a block list, in one kind of quotes."""
        pad = " " * (column + self.offset)
        style = self.pick("'", '"')
        lines: list[str] = []
        for text in texts:
            double = text.replace("\\", "\\\\").replace('"', '\\"')
            said = "'" + text.replace("'", "''") + "'" if style == "'" else f'"{double}"'
            lines += [f"{pad}-{self.pick(' ', ' ', '  ')}{said}{self.tail()}", *self.noise(column)]
        return lines

    def evidence(self, column: int) -> list[str]:
        """Write evidence in one of its many forms, or none."""
        pad = " " * column
        kind = self.pick("none", "none", "block", "flow", "rows", "empty", "null", "nested", "two")
        key = self.pick("algorithm_evidence", "evidence", "evidence_discharged_by")
        if kind == "block":
            return [f"{pad}{key}:{self.tail()}", *self.items(column, ["one: x", "it's # two"])]
        if kind == "two":
            more = [f"{pad}functional_evidence:", *self.items(column, ["f"])]
            return [f"{pad}algorithm_evidence:", *self.items(column, ["a"]), *more]
        if kind == "rows":
            comma = self.pick("", ",")
            rows = [f"{pad}    'a',{self.tail()}", f"{pad}    'b'{comma}{self.tail()}"]
            return [f"{pad}{key}: [", *rows, f"{pad}  ]"]
        if kind == "nested":
            inner = [f"{pad}  last_verified: '2026-05-01'{self.tail()}", f"{pad}  test_locations: []"]
            status = [f"{pad}  status: {self.pick(*STATUSES)}{self.tail()}"] if self.chance() else []
            return [f"{pad}algorithm_evidence:{self.tail()}", *status, *inner, *self.field(column + 2, "notes")]
        written = {"flow": "['a', \"b\"]", "empty": "[]", "null": self.pick("", " ~")}.get(kind)
        return [] if written is None else [f"{pad}{key}: {written}".rstrip() + self.tail()]

    def falsifier(self, number: int, column: int) -> list[str]:
        """Write one falsifier, in block or flow style."""
        pad = " " * column
        id_ = f"FALSIFY-GEN-{number:03d}"
        if self.pick(0, 0, 0, 1):
            stated = self.pick("", ", status: OPEN", ', status: "FUNCTIONAL"', ", status: ")
            text = f"{pad}- {{ id: {id_}, rule: {self.quoted(self.pick(*PROSE))}{stated}"
            return [text + self.pick("", ", evidence: ['a']", ", evidence: []") + f" }}{self.tail()}"]
        inner = column + 2
        status = self.pick([], [f"{' ' * inner}{self.pick('status', 'status', 'discharge_status')}: {self.state()}"])
        body = [*self.field(inner, "rule"), *self.noise(inner), *self.field(inner, "prediction")]
        order = [status, body, self.evidence(inner)] if self.chance() else [body, status, self.evidence(inner)]
        head = [f"{pad}- id: {self.pick(id_, repr(id_))}{self.tail()}"]
        return [*head, *(line for part in order for line in part), *self.field(inner, "if_fails")]

    def state(self) -> str:
        """Write a status, or an empty one."""
        value = self.pick(*STATUSES)
        return self.pick(value, f"'{value}'", f'"{value}"', "", "~") + self.tail()

    def changelog(self, column: int) -> list[str]:
        """Write a changelog, or none."""
        pad, kind = " " * column, self.pick("none", "new", "old", "flow", "empty")
        dash = self.pick(" — ", " - ")
        entries = [f"{v}{dash}2026-05-0{d}{dash}it's: {v} # x" for v, d in (("1.3.0", 3), ("1.2.0", 2))]
        if kind in ("new", "old"):
            ordered = entries if kind == "new" else entries[::-1]
            return [f"{pad}changelog:{self.tail()}", *self.items(column, ordered)]
        if kind == "flow":
            return [f"{pad}changelog: [{', '.join(self.quoted(entry) for entry in entries)}]{self.tail()}"]
        return [f"{pad}changelog: []{self.tail()}"] if kind == "empty" else []

    def history(self) -> list[str]:
        """Write `status_history`, newest or oldest first, in block or flow mappings."""
        lines: list[str] = []
        pad, gap = " " * self.offset, self.pick([], [""])
        for new in self.pick((3, 2), (2, 3)):
            moved = {"date": f"2026-05-0{new}", "from": f"ACTIVE v1.{new - 1}.0", "to": f"ACTIVE v1.{new}.0"}
            fields = [f"{key}: {self.quoted(text)}" for key, text in moved.items()]
            if self.chance():
                lines += [f"{pad}- {{ {', '.join(fields)},", f"{pad}    reason: 'it''s {new}' }}{self.tail()}", *gap]
            else:
                inner = [*(f"{pad}  {field}{self.tail()}" for field in fields), *self.field(self.offset + 2, "reason")]
                lines += [f"{pad}- {inner[0].lstrip()}", *inner[1:], *gap]
        return [f"status_history:{self.tail()}", *lines]

    def write(self) -> str:
        """Write the contract."""
        version = self.quoted("1.3.0", plain=True)
        log = self.changelog(2)
        history = [] if log or self.chance() else self.history()
        top = [f"version: {self.quoted('1.3.0', plain=True)}{self.tail()}"] if self.chance() else []
        lines = [*self.noise(), "metadata:", *self.noise(2), f"  version: {version}{self.tail()}", *log]
        lines += [*self.field(2, "description"), *self.noise(), *top, "invariants:"]
        lines += ["  - { id: FALSIFY-GEN-000, status: OPEN }", *self.noise(), "falsification_tests:", *self.noise()]
        for number in range(self.pick(1, 2, 3)):
            lines += [*self.falsifier(number, self.offset), *self.noise()]
        lines += self.pick([], ["qa_gate:", "  status: pending", *self.field(2, "notes")])
        lines += history
        text = "".join(line + "\n" for line in lines)
        text = text.replace("\n", self.pick("\n", "\r\n"))
        text = self.pick("", "", "\ufeff") + text
        return text.rstrip("\r\n") if self.pick(1, 0, 0) else text


CONTRACTS = st.integers(0, 1 << 40).map(lambda seed: Writer(seed).write())

LINES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40)
ID = "FALSIFY-GEN-000"


@st.composite
def edits(draw: st.DrawFn) -> list[Edit]:
    """Some edits of the first falsifier."""
    said = draw(LINES.filter(lambda text: text.strip(" \t\r\n") != ""))
    every: list[Edit] = [
        FlipStatus(ID, "DISCHARGED"),
        AppendEvidence(ID, said),
        AddEntry("1.4.0", "2026-05-04", said),
        BumpVersion("1.4.0"),
    ]
    return draw(st.lists(st.sampled_from(every), min_size=1, max_size=4, unique=True))


def make(text: str, wanted: list[Edit]) -> Amended | None:
    """Return the amended text; None where it must be refused, because it ends inside a block of text."""
    try:
        return amend(text, wanted, "c.yaml")
    except EditError as error:
        if "the file ends inside a block of text" in str(error) and not text.endswith("\n"):
            return None
        raise


@settings(deadline=None, max_examples=200)
@given(CONTRACTS, edits())
def test_only_what_was_meant_changes(text: str, wanted: list[Edit]) -> None:
    """No line goes; those that change are the status's, the version's and a list's; every comment stays."""
    amended = make(text, wanted)
    if amended is None:
        return

    before, after = text.split("\n"), amended.text.split("\n")
    document = read(text)
    places = {spot.node.line for spot in (*document.versions, *document.statuses(ID))} | {len(before)}
    for tag, low, high, _, _ in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        touched = range(low + 1, high + 1)
        assert tag in ("equal", "insert", "replace")
        assert tag != "replace" or all(n in places or LISTS.search(before[n - 1]) for n in touched)
    assert COMMENT.findall(text) == [comment for comment in COMMENT.findall(amended.text) if comment in text]
    assert not re.search(r"(?<!\r)\n" if "\r" in text else r"\r", amended.text)


COMMENT = re.compile(r"#[ \t]c\d+ status: [A-Z]+ version: 7")
LISTS = re.compile(r"evidence\w*:|changelog:|^\s*'b'|- \{ id")


@settings(deadline=None, max_examples=200)
@given(CONTRACTS, edits())
def test_another_reader_sees_the_same(text: str, wanted: list[Edit]) -> None:
    """PyYAML finds the new values where they belong, and nothing else changed."""
    amended = make(text, wanted)
    if amended is None:
        return

    old, new = plain(text), plain(amended.text)
    for edit in sorted(wanted, key=lambda edit: not isinstance(edit, FlipStatus)):
        UNDO[type(edit)](old, new, edit)
    assert old == new


def plain(text: str) -> Any:
    """Read a text with another reader, every scalar as it is written."""
    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    return yaml.load(text.removeprefix("\ufeff"), Loader=loader)  # noqa: S506 - it makes nothing but texts


def undo_bump(old: Any, new: Any, _: Any) -> None:
    """Check both places of the version, and take them away."""
    assert new["metadata"].pop("version") == "1.4.0"
    assert new.pop("version", "1.4.0") == "1.4.0"
    old["metadata"].pop("version")
    old.pop("version", None)


def undo_entry(old: Any, new: Any, _: Any) -> None:
    """Check that one entry is new, and take the history away."""
    entries = new["metadata"].pop("changelog", None) or new.pop("status_history")
    rest = old["metadata"].pop("changelog", "") or old.pop("status_history", [])
    added = [entry for entry in entries if "1.4.0" in (entry["to"] if isinstance(entry, dict) else entry)]
    assert len(added) == 1
    assert [entry for entry in entries if entry not in added] == rest


def undo_flip(old: Any, new: Any, _: Any) -> None:
    """Check that a place states the new status, and take all places away."""
    stated = []
    for side in (old["falsification_tests"][0], new["falsification_tests"][0]):
        nested = side.get("algorithm_evidence")
        holders = [side, nested] if isinstance(nested, dict) else [side]
        stated = [holder.pop(key, None) for holder in holders for key in ("status", "discharge_status")]
        if nested is not None and not nested:
            side.pop("algorithm_evidence")
    assert "DISCHARGED" in stated


def undo_evidence(old: Any, new: Any, edit: AppendEvidence) -> None:
    """Check that the line is last in one list, and take the lists away."""
    said = re.sub(r"[ \t]*[\r\n]+[ \t]*", " ", edit.line).strip(" \t\r\n")
    lasts: list[str] = []
    for side in (old["falsification_tests"][0], new["falsification_tests"][0]):
        lasts = []
        for key in [key for key in side if "evidence" in key]:
            given_ = side.pop(key)
            nested = given_ if isinstance(given_, dict) else {"evidence": given_}
            lasts += nested.pop("evidence", None) or []
            side.update({f"{key} ": nested} if nested else {})
    assert said in lasts


UNDO: dict[type, Callable[[Any, Any, Any], None]] = {
    BumpVersion: undo_bump,
    AddEntry: undo_entry,
    FlipStatus: undo_flip,
    AppendEvidence: undo_evidence,
}


@settings(deadline=None, max_examples=80)
@given(CONTRACTS)
def test_a_flip_that_is_done_cannot_be_done_again(text: str) -> None:
    """The same flip twice is an error, because it changes nothing."""
    flip: list[Edit] = [FlipStatus(ID, "DISCHARGED")]
    amended = amend(text, flip)

    with pytest.raises(EditError, match="is DISCHARGED already"):
        amend(amended.text, flip)
