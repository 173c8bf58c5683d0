"""What people type in a comment, and what is made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.comment.address import OTHERS
from app.comment.command import (
    MOST,
    Amend,
    Cancel,
    Command,
    Discharge,
    Explain,
    Help,
    Mistake,
    Plan,
    Retry,
    Ship,
    Status,
    Why,
    read,
    tell,
)
from app.comment.grammar import COMMANDS, FORMS, MANY
from spec.escape import clean

if TYPE_CHECKING:
    from collections.abc import Callable

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("/discharge CPU-GPU-004", Discharge(("CPU-GPU-004",))),
        ("/DISCHARGE falsify-cpu-gpu-004", Discharge(("falsify-cpu-gpu-004",))),
        ("/discharge A-1,A-2 , B-3", Discharge(("A-1", "A-2", "B-3"))),
        ("/discharge A-1 A-1", Discharge(("A-1",))),
        ("/discharge cpu-gpu-00[12] cpu-*", Discharge(("cpu-gpu-00[12]", "cpu-*"))),
        ("/discharge parity-v1/all", Discharge(("parity-v1/all",))),
        ("/discharge contracts/x-v1.yaml/A-1", Discharge(("contracts/x-v1.yaml/A-1",))),
        ("/discharge ALL", Discharge(("all",))),
        ("/discharge Stale dry-run", Discharge(("stale",), dry_run=True)),
        (f"/discharge A-1 sha={SHA.upper()}", Discharge(("A-1",), sha=SHA)),
        ("/discharge repeat=3 A-1 SHA=abcdef0", Discharge(("A-1",), sha="abcdef0", repeat=3)),
        ("/discharge A-1 --repeat=3 --dry-run", Discharge(("A-1",), repeat=3, dry_run=True)),
        ("/discharge A-1 —dry-run", Discharge(("A-1",), dry_run=True)),
        ('/discharge "A-1" `A-2`', Discharge(("A-1", "A-2"))),
        ("/discharge\u00a0A-1\u200b \u00a0", Discharge(("A-1",))),
        ("/discharge -- A-1", Discharge(("--", "A-1"))),
        ("/amend", Amend()),
        ("/amend ship-two-models dry-run", Amend("ship-two-models", dry_run=True)),
        ('/amend title="Guards, fail-closed"', Amend(title="Guards, fail-closed")),
        ('/amend title="a \\"b\\" \\\\ c"', Amend(title='a "b" \\ c')),
        ("/amend title=“on a telephone”", Amend(title="on a telephone")),
        ("/amend title=bare", Amend(title="bare")),
        ("/ship MODEL-1 +1 because the guard is live", Ship("MODEL-1", 1.0, "the guard is live")),
        ("/ship MODEL-2 −0.5% Because  of that", Ship("MODEL-2", -0.5, "of that")),
        ("/plan A-1", Plan(("A-1",))),
        ("/discharge plan A-1", Plan(("A-1",))),
        ("/explain A-1 B-2", Explain(("A-1", "B-2"))),
        ("/discharge Explain A-1", Explain(("A-1",))),
        ("/cancel", Cancel()),
        ("/discharge cancel", Cancel()),
        ("/retry", Retry()),
        ("/why 5 because nobody wrote it, because", Why(5, "nobody wrote it, because")),
        ("/discharge why 05 because so", Why(5, "so")),
        ("/status", Status()),
        ("/help", Help()),
        ("/help /discharge", Help("discharge")),
        ("/discharge help SHIP", Help("ship")),
    ],
)
def test_what_people_type_is_understood(line: str, command: Command) -> None:
    """Any case, blanks or commas, quotes of any kind, `--` before options; and what is understood can be written."""
    assert read(line) == (command,)
    assert read(tell(command)) == (command,)


@pytest.mark.parametrize(
    "line",
    [
        "/ok-to-test",
        "/retest",
        "/lgtm",
        "/skip",
        "/shipit",
        "/state",
        "/hold because",
        "/usr/bin/env python",
        "/discharge/logs.txt",
        "/status/page",
        "/plan|x",
        "/" + "discharge" * 20,
    ],
)
def test_commands_of_other_bots_and_paths_are_left_alone(line: str) -> None:
    """An answer to what was not meant for it would be noise."""
    found = read(line)

    assert found == () or line.startswith("/dischargedischarge")


MISTAKES = """\
/discharge
/discharge dry-run
/discharge A-1 dryrun
/discharge A-1 --force
/discharge A-1 foo=1
/discharge A-1 shaa=abcdefa
/discharge A-1 sha=
/discharge A-1 sha
/discharge A-1 repeat 3
/discharge A-1 repeat=3 repeat=4
/discharge A-1 repeat=0
/discharge A-1 repeat=101
/discharge A-1 repeat=٣
/discharge A-1 repeat=99999
/discharge A-1 sha=abcdef
/discharge A-1 sha=main
/discharge A-1 dry-run dry-run
/discharge A-1 dry-run=yes
/discharge all A-1
/discharge A-1; rm -rf /
/discharge $(id)
/discharge @octo-team <!-- x --> | `y`
/discharge "A-1
/discharge A-1"B-2"
/discharge@discharge-bot A-1
/discharge: A-1
/discharge-all
/dischrage A-1
/cancle
/explian A-1
/status!
/amend one two
/amend ../x
/amend title=""
/amend name="x"
/ship MODEL-1 +1
/ship MODEL-1 because it is better
/ship MODEL-1 1 because of that
/why because of that
/ship because of that
/why 0 because of that
/why one because of that
/why 5
/plan
/cancel everything
/help everything
/help dischrge
"""


def test_every_mistake_is_answered_with_a_way_out(golden: Callable[[str, str], None]) -> None:
    """What was wrong with it, and how it is written: as a person reads it."""
    told = []
    for line in MISTAKES.splitlines():
        (found,) = read(line)
        assert isinstance(found, Mistake)
        told.append(f"{line}\n    {found.sentence}\n    {found.hint}\n")

    golden("mistakes.txt", "\n".join(told))


@pytest.mark.parametrize(
    "line",
    [
        "/discharge " + " ".join(f"A-{n}" for n in range(MANY + 1)),
        "/discharge " + "A" * 201,
        f'/amend title="{"x" * 201}"',
        "/why 5 because " + "x" * 601,
        "/ship MODEL-1 +1 because " + "x" * 601,
    ],
    ids=["ids", "id", "title", "answer", "reason"],
)
def test_a_command_without_end_is_refused(line: str) -> None:
    """It is not cut to something that fits."""
    (found,) = read(line)

    assert isinstance(found, Mistake)
    assert len(found.sentence + found.hint) < 400


def test_several_commands_stand_in_one_comment_one_a_line() -> None:
    """In the order in which they stand, each with its line."""
    body = "Two of them:\r\n/discharge A-1\r\n/dischrage A-2\r\n\r\nand\r\n/status\r\n"

    first, second, third = read(body)

    assert (first, third) == (Discharge(("A-1",)), Status())
    assert isinstance(second, Mistake)
    assert second.line == 3


def test_after_ten_commands_the_rest_is_named_and_not_read() -> None:
    """Nobody needs more, and each costs an answer."""
    found = read("/status\n" * 12)

    assert found[:MOST] == (Status(),) * MOST
    assert found[MOST:] == (
        Mistake(
            MOST + 1,
            "From here on nothing was read: 10 commands stand before.",
            "Write the others in a further comment.",
        ),
    )


def test_other_bots_have_many_commands_and_ours_is_found_behind_them() -> None:
    """Only the search for slips ends."""
    others = "".join(f"/other-{n}\n" for n in range(OTHERS))

    assert read(f"{others}/cancle\n/cancel") == (Cancel(),)


def test_a_command_is_data_and_data_is_a_command() -> None:
    """Every form has a way to be read, and its example is one."""
    for form in COMMANDS:
        (command,) = read(form.example)
        assert type(command).__name__.lower() == form.name


def safe(text: str) -> bool:
    """Return whether a text that we write can stand anywhere in a comment of ours."""
    return "\n" not in text and "\r" not in text and not text.startswith("/") and read(text) == ()


BITS: tuple[str, ...] = (
    *("/discharge", "/dischrage", "/plan", "/ship", "/why", "/amend", "/help", "/cancel", "/x", "A-1", "all", "+1"),
    *("sha=", "repeat=", "title=", "dry-run", "because", "MODEL-1", "5", '"', "“", "`", "\\", " ", "\n", "\r", ","),
    *("<!--", "@a", "|", "#1", "\u00a0", "\u200b", "\u2028", "*", "/", "--"),
)
TEXTS = st.lists(st.sampled_from(BITS) | st.text(max_size=4), max_size=25).map("".join) | st.text(max_size=60)


@settings(deadline=None, max_examples=300)
@given(TEXTS)
def test_any_comment_is_commands_and_mistakes(body: str) -> None:
    """No text makes it stumble, and no answer of ours is a command again."""
    found = read(body)

    assert len(found) <= MOST + 1
    for one in found:
        if isinstance(one, Mistake):
            assert safe(one.sentence)
            assert safe(one.hint)
            assert read(f"{one.sentence}\n{one.hint}") == ()
        else:
            assert read(tell(one)) == (one,)


IDS = st.from_regex(r"([a-z]{1,6}-v[0-9]/)?[A-Z]{1,4}(-[A-Z]{1,4}){0,2}-[0-9*?]{1,3}", fullmatch=True)
WORDS = st.lists(IDS, min_size=1, max_size=5, unique=True).map(tuple)
PLAIN = st.text(min_size=1, max_size=40).map(clean).filter(bool)
POINTS = st.integers(-999_999, 999_999).map(lambda n: n / 1000)
COMMANDS_OF_ALL_KINDS: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        Discharge,
        WORDS | st.sampled_from([("all",), ("stale",)]),
        st.just("") | st.from_regex(r"[0-9a-f]{7,40}", fullmatch=True),
        st.none() | st.integers(1, 100),
        st.booleans(),
    ),
    st.builds(
        Amend,
        st.just("") | st.from_regex(r"spec-[A-Za-z0-9._-]{0,20}", fullmatch=True),
        st.just("") | PLAIN,
        st.booleans(),
    ),
    st.builds(Ship, st.from_regex(r"MODEL-[0-9]{1,3}", fullmatch=True), POINTS, PLAIN),
    st.builds(Plan, WORDS),
    st.builds(Explain, WORDS),
    st.builds(Why, st.integers(1, 99), PLAIN),
    st.builds(Help, st.sampled_from(["", *FORMS])),
    st.sampled_from([Cancel(), Retry(), Status()]),
)


@settings(deadline=None, max_examples=300)
@given(COMMANDS_OF_ALL_KINDS)
def test_a_command_that_is_told_is_read_as_it_was(command: Command) -> None:
    """The canonical text stands in check runs and trailers, and can be pasted."""
    assert read(tell(command)) == (command,)
