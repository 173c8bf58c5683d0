"""Stories of what an operator does not allow."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.bot import launch
from app.bot.trust import demand_listed
from app.effect import StartSmoke
from contracts.error import Complaint
from tests.app.stage import PROGRAM, PROGRAM_PATH
from tests.runners.test_confinement import allows

if TYPE_CHECKING:
    from tests.story.stage import Stage


def test_a_repository_that_is_not_listed_gets_a_sentence_and_no_machine(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may ask there is told who can change it; nothing starts, and all else that the app does goes on."""
    monkeypatch.setattr(launch, "demand_listed", lambda name, _: demand_listed(name, ("acme/speak", "other/*")))
    stage.found(landed=True)

    stage.say(1, "/discharge SPEAK-001")

    said = stage.status(1)
    assert f"this app starts no machines for {stage.name}: it is not among the repositories that its operator" in said
    assert "Ask the operator to add it to" in said
    assert not any(isinstance(effect, StartSmoke) for effect in stage.effects)
    assert stage.checks("discharge smoke speak") == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes a network away")
def test_a_leg_has_no_network_unless_the_operator_says_so(stage: Stage, tmp_path: Path) -> None:
    """Its own address is all that is there, where the kernel allows that; what it proves is proven all the same."""
    program = f"#!/bin/sh\ncat /proc/net/dev > {tmp_path}/seen\n" + PROGRAM.partition("\n")[2]
    stage.found({PROGRAM_PATH: program}, landed=True)

    stage.say(1, "/discharge SPEAK-001")

    assert "**FALSIFY-SPEAK-001 held**" in stage.status(1)
    found = re.findall(r"^ *([\w.-]+):", (tmp_path / "seen").read_text(encoding="utf-8"), re.MULTILINE)
    outside = re.findall(r"^ *([\w.-]+):", Path("/proc/net/dev").read_text(encoding="utf-8"), re.MULTILINE)
    assert found == (["lo"] if allows() else outside)


@pytest.mark.parametrize(
    ("name", "listed", "served"),
    [
        ("Acme/Speak", (), True),
        ("Acme/Speak", ("acme/speak",), True),
        ("Acme/Speak", ("other/thing", "acme/*"), True),
        ("Acme/Speak", ("acme/spea",), False),
        ("acme/speak-2", ("acme/speak",), False),
        ("acme-2/speak", ("acme/*",), False),
        ("acme/speak", ("other/*",), False),
    ],
)
def test_a_list_names_repositories_or_their_owners(name: str, listed: tuple[str, ...], served: bool) -> None:  # noqa: FBT001 - a row of the table
    """Whole names, whatever their case; no list lists all."""
    if served:
        demand_listed(name, listed)
    else:
        with pytest.raises(Complaint, match=f"starts no machines for {name}"):
            demand_listed(name, listed)
