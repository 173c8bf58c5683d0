"""The one status comment: what people read, what is left out, and that nobody can make one up."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bot.sticky import KEY as MARK
from app.bot.sticky import Entry, Sticky, read, render
from app.effect import name_pull
from app.github import BODY_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = b"a key of thirty-two bytes, made up"
PLACE = "acme/models#12"
FIRST = Entry("run-1", "`/discharge CPU-GPU-004` by octo-maintainer", "held", ("- Commit `aaaaaaa`", "", "| a | b |"))
HELP = Entry("run-4", "`/help` by octo-contributor", "help", ("Ask for", "a discharge"), passing=True)
SECOND = Entry("run-2", "`/discharge all` by octo-contributor", "waiting")


def shown(text: str) -> str:
    """Return what a person sees."""
    return text.partition("\n\n")[2]


def test_a_person_reads_the_newest_first(golden: Callable[[str, str], None]) -> None:
    """The state is hidden in the first line; an answer that somebody else's command follows is folded."""
    text = render(Sticky((HELP, FIRST, replace(HELP, run="run-5"), SECOND)), KEY, PLACE)

    assert text.startswith(f"<!-- {MARK} v1 ")
    golden("status.md", re.sub("[0-9a-f]{64}", "<seal>", text))


def test_the_newest_answer_is_open() -> None:
    """Who asked for it reads it without a click; nothing is folded that has no lines."""
    assert "<details>" not in render(Sticky((FIRST, HELP)), KEY, PLACE)
    assert "<details>" not in render(Sticky((replace(HELP, lines=()), FIRST)), KEY, PLACE)


def test_a_run_has_one_entry_however_often_it_is_told() -> None:
    """Progress replaces what stood there; another run comes last."""
    sticky = Sticky().put(SECOND).put(FIRST).put(Entry("run-2", SECOND.title, "held"))

    assert [(entry.run, entry.state) for entry in sticky.entries] == [("run-2", "held"), ("run-1", "held")]


def test_the_state_comes_back_from_the_comment() -> None:
    """The database is not asked, and people may write below the first line; line ends do no harm."""
    sticky = Sticky((FIRST, SECOND), older=3)
    text = render(sticky, KEY, PLACE)

    assert read(text, KEY, PLACE) == sticky
    assert read(text.replace("\n", "\r\n") + "\nedited", KEY, PLACE) == sticky


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Well done!",
        f"> {render(Sticky((FIRST,)), KEY, PLACE)}",
        render(Sticky((FIRST,)), b"another key", PLACE),
        render(Sticky((FIRST,)), KEY, "acme/models#13"),
        render(Sticky((FIRST,)), KEY, PLACE).replace("held", "hold", 1),
        render(Sticky((FIRST,)), KEY, PLACE).replace(" v1 ", " v2 "),
        render(Sticky((FIRST,)), KEY, PLACE)[:200],
        f"<!-- {MARK} v1 -->",
        f"<!-- {MARK} v1 {{}} {'0' * 64} -->",
    ],
    ids=["empty", "words", "quoted", "key", "place", "changed", "version", "cut", "bare", "forged"],
)
def test_what_we_did_not_write_for_this_place_is_no_status_comment(text: str) -> None:
    """Text alone can be copied and made up by anybody."""
    assert read(text, KEY, PLACE) is None


def test_older_runs_make_room_and_are_counted() -> None:
    """The newest stay, and the count grows from one writing to the next."""
    runs = tuple(Entry(f"run-{n}", f"Run {n}", "held", ("x" * 1_000,)) for n in range(60))
    text = render(Sticky(runs), KEY, PLACE)
    left = read(text, KEY, PLACE)

    assert left is not None
    assert BODY_LIMIT - 2_200 < len(text) <= BODY_LIMIT  # there is no room for one more
    assert left.entries == runs[left.older :]
    assert shown(text).startswith("**Run 59** · held")
    assert shown(text).endswith(f"\n\n{left.older} older runs are not shown.\n")

    again = read(render(left.put(Entry("run-60", "Run 60", "held", ("x" * 30_000,))), KEY, PLACE), KEY, PLACE)
    assert again is not None
    assert again.older == 61 - len(again.entries)


def test_an_entry_that_has_no_room_alone_loses_its_last_lines() -> None:
    """And says how many."""
    long = Entry("run-9", "t" * 40_000, "s" * 40_000, tuple(f"line {n} `<>`" for n in range(5_000)))
    text = render(Sticky((FIRST, long)), KEY, PLACE)
    left = read(text, KEY, PLACE)

    assert left is not None
    assert len(text) <= BODY_LIMIT
    assert left.older == 1
    (only,) = left.entries
    kept = len(only.lines) - 1
    assert only.lines == (*long.lines[:kept], f"… and {5_000 - kept} more lines")
    assert shown(text).endswith(f"{only.lines[-1]}\n\n1 older run is not shown.\n")


def test_a_title_that_has_no_room_is_cut() -> None:
    """Only where it must be."""
    left = read(render(Sticky((Entry("run-9", "t" * 80_000, "held"),)), KEY, PLACE), KEY, PLACE)

    assert left is not None
    assert len(left.entries[0].title) == 300


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ENTRIES = st.builds(Entry, TEXTS, TEXTS, TEXTS, st.lists(TEXTS, max_size=4).map(tuple), st.booleans())


@settings(deadline=None, max_examples=150)
@given(st.lists(ENTRIES, max_size=5, unique_by=lambda entry: entry.run), st.integers(0, 99))
def test_a_status_comment_comes_back_as_it_was(entries: list[Entry], older: int) -> None:
    """Whatever stands in it."""
    sticky = Sticky(tuple(entries), older)
    text = render(sticky, KEY, PLACE)

    assert read(text, KEY, PLACE) == sticky
    assert text.index("-->") == text.index("\n") - 3 if entries or older else True


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_letter_of_the_state_can_be_changed(data: st.DataObject) -> None:
    """One letter, anywhere in the first line."""
    text = render(Sticky((FIRST, SECOND)), KEY, PLACE)
    at = data.draw(st.integers(0, text.index("\n") - 1))
    letter = data.draw(st.characters(exclude_characters=text[at]))

    assert read(text[:at] + letter + text[at + 1 :], KEY, PLACE) is None


def test_a_pull_request_that_was_named_late_keeps_its_number() -> None:
    """An entry is written before its pull requests have numbers; those of the next one must not take their place."""
    lines = tuple(f"- {name}: {name_pull(f'spec/{name}')}" for name in ("speak", "sing"))
    spoken = Entry("run-3", "`/amend` by octo-maintainer", "done", lines)
    text = render(Sticky((FIRST, spoken)), KEY, PLACE)
    numbered = text.replace(name_pull("spec/speak"), "#7").replace(name_pull("spec/sing"), "#8")

    assert read(numbered, KEY, PLACE) == Sticky((FIRST, replace(spoken, lines=("- speak: #7", "- sing: #8"))))
