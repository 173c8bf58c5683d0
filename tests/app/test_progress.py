"""How it stands with a run that goes on: the words for it, and the one line that they replace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.bot.notice import RUNNING, WAITING, is_open, move, wait
from runners.engine.model import Queued, Running
from tests.app.test_identity import IDENTITY

LEGS = (("default", ("sh", "-c", "echo '- Runs on nothing'")),)

MACHINE, MOST = "a machine with the labels `gpu`", "; at most 15 minutes of it"
PARKED = (
    "no machine with these labels is online, and nothing is spent. It goes on by itself once one is, within 24 hours"
)


@pytest.mark.parametrize(
    ("state", "words", "line"),
    [
        (Queued(1), WAITING, f"- Waits for {MACHINE}, next in the queue{MOST}"),
        (Queued(3), WAITING, f"- Waits for {MACHINE}, number 3 in the queue{MOST}"),
        (Queued(1, ("gpu", "h100")), "waiting for `gpu`, `h100`", f"- Waiting for `gpu`, `h100`: {PARKED}"),
        (Running(1.0), RUNNING, f"- Runs on {MACHINE}{MOST}"),
    ],
)
def test_one_line_becomes_another(state: Queued | Running, words: str, line: str) -> None:
    """Whatever stood there of waiting or running; command lines stay as they are, and twice equals once."""
    identity = replace(IDENTITY, minutes=15)
    told = "\n".join(wait(identity, LEGS, 0, ("gpu",)).lines)
    moved = move(identity, state, ("gpu",))

    amended = moved.amend(told)

    assert (moved.state, moved.works) == (words, isinstance(state, Running))
    assert [new for new, old in zip(amended.split("\n"), told.split("\n"), strict=True) if new != old] in ([line], [])
    assert line in amended
    assert LEGS[0][1][2].split("'")[1] in amended
    assert moved.amend(amended) == amended
    back = move(identity, Running(1.0), ("gpu",))
    assert back.line in back.amend(amended)
    assert is_open(moved.state)


def test_a_text_without_such_a_line_stays() -> None:
    """Somebody else's words are not ours to change."""
    assert move(IDENTITY, Running(1.0), ()).amend("- Waits\n- Run on\n") == "- Waits\n- Run on\n"


@pytest.mark.parametrize("state", ["held", "not measured", "cancelled", "waiting time over"])
def test_an_end_is_no_standing(state: str) -> None:
    """What ended is not told to go on."""
    assert not is_open(state)
