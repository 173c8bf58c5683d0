"""What people wrote in an amendment survives every refresh: any edits of theirs, any news of the bot's."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from contracts.error import EditError
from spec.document import read
from spec.frame import find, recognise
from spec.marker import KEYS
from spec.marker import read as read_blocks
from tests.spec.stand import MAIN, Branch, Facts, take, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec.frame import Frame

MANY = int(os.environ.get("MERGE_EXAMPLES", "50"))
"""So many examples of each property; thousands were played once, see the history of this file."""
CALM = settings(max_examples=MANY, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HEAD = re.compile(r"^( {0,3}#{1,6}[ \t]+)[0-9]+(?=\.[0-9])")
"""The number of a heading's section is the bot's."""
TOKEN = re.compile(r"human[0-9]+x")
MARK = re.compile(r"^<!-- discharge:(begin|end) ([a-z]+)", re.MULTILINE)
NEWEST_FIRST = re.sub(r"(## §41.*?)---\n\n(## §42.*)", r"\2\n---\n\n\1", MAIN, flags=re.DOTALL).rstrip() + "\n"
PLAIN = re.sub(r"\*\*Next action.*\n", "", MAIN).replace("## §4", "## 4")
MAINS = (MAIN, NEWEST_FIRST, PLAIN, MAIN.replace("\n", "\r\n"))
PAYLOADS = (
    "a sentence of mine.",
    "🎉 𝔘𝔫𝔦 𐍈 family: 👩‍👩‍👧",
    "\u202eמימין לשמאל\u202c ومن اليمين",
    "| a | cell | of `mine` |",
    "### 43.9 A part of mine",
    "## A chapter of mine",
    "> quoted <b>words</b> & <!-- a comment -->",
    "    code = [1, 2]",
    "- a point",
    "Tally: 15+33 → 15+40",
    "a form feed \x0c, a separator \u2028 and a tab \t.",
    "\ta tab before,  two blanks and a \u2029 within, blanks and a tab behind  \t",
    "| \u200f⚙️ cell\u200e | a \\| pipe | \x0b\x85 |",
    "3 pull requests landed since §42, and I counted them.",
    "\u2028",
)
LOOKALIKES = (
    "<!-- discharge:end whys -->",
    "<!-- discharge:begin whys sha256:0123456789abcdef -->",
    "<!-- discharge:begin landed sha256:0123456789abcdef -->",
    "<!-- discharge:end landed -->",
    "<!-- discharge:begin other sha256:0123456789abcdef -->",
    "```",
    "---",
    "",
)
places = st.floats(0, 1, exclude_max=True)


class Person:
    """Somebody who edits the text of a branch; each word of theirs is one that was never written before."""

    def __init__(self) -> None:
        self.words = 0
        self.lines: list[str] = []
        """The whole lines that they wrote."""

    def say(self, payload: str) -> str:
        """Return a line that can be told from every other."""
        self.words += 1
        return f"{payload} human{self.words}x"

    def write(self, payload: str) -> str:
        """Return a line that can be told from every other, to stand alone."""
        self.lines.append(f"{self.say(payload)}{payload[-1:]}")
        return self.lines[-1]

    def edit(self, text: str, kind: str, place: float, other: float, payload: str) -> str:
        """Return the text after one edit; *place* and *other* are places in it, from 0 to 1."""
        acts: dict[str, Callable[[str, float, float, str], str]] = {
            "insert": self._insert,
            "replace": self._replace,
            "reword": self._reword,
            "delete": self._delete,
            "drop": self._drop,
            "move": self._move,
            "copy": self._copy,
            "retitle": self._retitle,
            "turn": self._turn,
        }
        return acts[kind](text, place, other, payload)

    def _insert(self, text: str, place: float, _: float, payload: str) -> str:
        lines = text.split("\n")
        at = int(place * (len(lines) + 1))
        said = payload if payload in LOOKALIKES else self.write(payload)
        return "\n".join([*lines[:at], said, *lines[at:]])

    def _replace(self, text: str, place: float, _: float, payload: str) -> str:
        lines = text.split("\n")
        lines[int(place * len(lines))] = self.write(payload)
        return "\n".join(lines)

    def _reword(self, text: str, place: float, _: float, payload: str) -> str:
        gaps = [found.end() for found in re.finditer(r"(?<=\S) (?=\S)", text)]
        at = gaps[int(place * len(gaps))]
        return f"{text[:at]}{self.say(payload)} {text[at:]}"

    def _delete(self, text: str, place: float, other: float, _: str) -> str:
        lines = text.split("\n")
        at = int(place * len(lines))
        del lines[at : at + 1 + int(other * 4)]
        return "\n".join(lines)

    def _drop(self, text: str, place: float, _: float, __: str) -> str:
        blocks = read_blocks(text)
        block = blocks[int(place * len(blocks))] if blocks else None
        return text[: block.start] + text[block.end :] if block else text

    def _move(self, text: str, place: float, other: float, _: str) -> str:
        blocks = read_blocks(text)
        if not blocks:
            return text
        one, two = (blocks[int(at * len(blocks))] for at in (place, other))
        if one is two:
            return text
        words, rest = text[one.start : one.end], text[: one.start] + text[one.end :]
        at = two.end - (len(words) if two.start > one.start else 0)
        return f"{rest[:at]}\n\n{words}{rest[at:]}"

    def _copy(self, text: str, place: float, other: float, _: str) -> str:
        blocks = read_blocks(text)
        block = blocks[int(place * len(blocks))] if blocks else None
        at = blocks[int(other * len(blocks))].end if blocks else 0
        return f"{text[:at]}\n\n{text[block.start : block.end]}{text[at:]}" if block else text

    def _retitle(self, text: str, _: float, __: float, payload: str) -> str:
        said = self.say(payload[:20])
        return re.sub(r"(?m)^(## §?4[3-9]\. )[^\r\n]*(#1-#)", lambda found: f"{found[1]}{said} {found[2]}", text)

    def _turn(self, text: str, _: float, __: float, ___: str) -> str:
        plain = text.replace("\r\n", "\n")
        return plain if "\r\n" in text else plain.replace("\n", "\r\n")


KINDS = (
    "insert",
    "insert",
    "insert",
    "replace",
    "reword",
    "reword",
    "delete",
    "drop",
    "move",
    "copy",
    "retitle",
    "turn",
)
edits = st.tuples(st.sampled_from(KINDS), places, places, st.sampled_from((*PAYLOADS, *LOOKALIKES)))


@st.composite
def news(draw: st.DrawFn, main: str) -> Facts:
    """Draw what the bot knows at its next refresh: more landed, another tally, a default branch that moved."""
    moved = main
    newline = "\r\n" if "\r\n" in main else "\n"
    if draw(st.booleans()):
        moved = take(moved.replace("\r\n", "\n")).replace("\n", newline)
    if draw(st.booleans()):
        moved = moved.replace("A word on beginnings.", f"A longer word on{newline}all beginnings.")
    landed = draw(st.integers(3, 7))
    title = draw(st.sampled_from(("", "Voices and ears")))
    answered = draw(st.sampled_from(("", "Because they belong together.")))
    return Facts(
        moved, landed, draw(st.integers(1, 4)), draw(st.sampled_from(("2026-05-03", "2026-05-04"))), title, answered
    )


def check_words(theirs: str, hand: Frame, merged: str) -> None:
    """Every word of a person stands once more, in the section and around it in order; the section itself may move."""
    told, around = TOKEN.findall(merged), TOKEN.findall(theirs.replace(hand.section, "", 1))
    within = TOKEN.findall(hand.section)
    assert sorted(told) == sorted(within + around)
    for ours, others in ((within, around), (around, within)):
        assert [word for word in told if word not in others] == [word for word in ours if word not in others]


def split(text: str) -> list[str]:
    """Return the lines of a text by what counts of them: not their line ends, not the number of a heading."""
    return [HEAD.sub(r"\1§", line.removesuffix("\r")) for line in text.split("\n")]


def find_lost(written: list[str], theirs: str, merged: str) -> list[str]:
    """Return the whole lines of a person that stand in *theirs*, and in *merged* neither alone nor inside a line."""
    wanted = [line for line in split("\n".join(written)) if any(line in there for there in split(theirs))]
    return [line for line in wanted if not any(line in there for there in split(merged))]


def find_risen(written: str, theirs: str, ours: str, merged: str) -> list[str]:
    """Return the lines of the bot that people took away, that it would write again as they were, and that are back.

    A block that stands there unedited is brought up to date, also where it is an older copy, and the newer one is gone.
    """
    standing = {block.key for block in read_blocks(theirs) if block.intact}
    for block in reversed(read_blocks(ours)):
        ours = ours[: block.start] + ours[block.end :] if block.key in standing else ours
    stood, told, gone = (Counter(split(text)) for text in (written, ours, theirs))
    taken = (line for line, times in stood.items() if line.strip() and times == told[line] == 1 and not gone[line])
    return sorted(set(taken) & set(split(merged)))


@CALM
@given(st.data())
def test_no_word_of_a_person_is_lost(data: st.DataObject) -> None:
    """Edits and refreshes in turns: lines stay whole and words in order, what is gone stays gone, twice equals once.

    A refresh that cannot keep all that is refused, and the text stays as it is.
    """
    main, person = data.draw(st.sampled_from(MAINS)), Person()
    branch = Branch(Facts(main))
    for edited in data.draw(st.lists(st.lists(edits, max_size=4), min_size=1, max_size=3)):
        for edit in edited:
            branch.text = person.edit(branch.text, *edit)
        theirs, written, facts = branch.text, branch.written, data.draw(news(main))
        try:
            merged = branch.refresh(facts)
        except EditError as refused:
            event(f"refused: {re.sub(r'[^a-z ].*', '', refused.what)}")
            assert branch.text == theirs
            continue
        event("kept" if merged.kept else "merged")
        hand = recognise(read(theirs), read(written.root), written.number)
        check_words(theirs, hand, merged.text)
        assert find_lost(person.lines, theirs, merged.text) == []
        assert find_risen(written.text, theirs, write(facts)[0], merged.text) == []
        assert MARK.findall(merged.text) == MARK.findall(theirs)
        for line in LOOKALIKES:
            shown = [text.replace("\r", "").split("\n").count(line) for text in (theirs, merged.text)]
            assert not line.startswith("<!--") or "sha256" in line or shown[0] == shown[1]
        check_news(hand, branch)
        again = branch.refresh(facts)
        assert (again.text, again.kept, again.record) == (merged.text, merged.kept, merged.record)


def check_news(theirs: Frame, branch: Branch) -> None:
    """Every block of the section that nobody had edited says what the bot would say now."""
    ours = {block.key: block for block in read_blocks(write(branch.facts)[0])}
    before = {block.key: block for block in read_blocks(theirs.section)}
    after = {block.key: block for block in read_blocks(find(read(branch.text), branch.number).section)}
    assert [key for key, block in before.items() if block.intact and not after[key].intact] == []
    assert [key for key, block in before.items() if block.intact and after[key].digest != ours[key].digest] == []


@CALM
@given(st.data())
def test_without_people_a_refresh_is_a_plain_rendering(data: st.DataObject) -> None:
    """However often, and whatever landed; and there is nothing to say."""
    main = data.draw(st.sampled_from(MAINS))
    branch = Branch(Facts(main))
    for _ in range(data.draw(st.integers(1, 3))):
        facts = data.draw(news(main))
        merged = branch.refresh(facts)

        assert merged.text == write(facts)[0]
        assert (merged.kept, merged.record) == ((), {})


@CALM
@given(st.data())
def test_edits_that_people_take_back_leave_nothing(data: st.DataObject) -> None:
    """A block that reads as the bot's again is the bot's again."""
    branch, person = Branch(), Person()
    before = branch.text
    branch.text = person.edit(before, "insert", data.draw(places), 0.0, "a sentence of mine.")
    facts = data.draw(news(MAIN))
    try:
        branch.refresh(Facts())
        branch.text = "\n".join(line for line in branch.text.split("\n") if "human1x" not in line)
        branch.refresh(facts)
    except EditError:
        return
    assert branch.text == write(facts)[0]
    assert branch.kept == ()
    assert set(KEYS) == {block.key for block in read_blocks(branch.text)}
