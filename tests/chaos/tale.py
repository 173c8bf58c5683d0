"""The stories that are disturbed: what stands before the service comes, and what people do then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.app.stage import CONFIG_PATH, CONTRACT, CONTRACT_PATH, PROGRAM, PROGRAM_PATH, SPEC, SPEC_PATH
from tests.story.stage import AUTO, NAME, SPEAK, WAIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.sandbox import Sandbox

    Act = Callable[[Sandbox], object]


STORY = SPEAK.replace("speak-spec.md}", "speak-spec.md, cadence: {landed: 3, landmarks: [discharge]}}") + AUTO
"""A discharge that lands is reason enough to amend the spec."""
UNASKED = SPEAK.replace("    timeout:", '    when: {paths: ["speak.sh"]}\n    timeout:') + WAIT
UNASKED += "automatic: {on_merge: true, preauthorised: [speak]}\n"
RELEASE = "release: {tags: true, releases: true}\n"


def found(sandbox: Sandbox, name: str, config: str = SPEAK + AUTO, landed: int = 1, program: str = PROGRAM) -> None:
    """Make a repository in which some pull requests landed before the app came."""
    files = {CONTRACT_PATH: CONTRACT, SPEC_PATH: SPEC, PROGRAM_PATH: program, CONFIG_PATH: config}
    sandbox.repository(name, files)
    sandbox.settings(name, auto_merge=True)
    for _ in range(landed):
        land(sandbox, name)


def land(sandbox: Sandbox, name: str) -> None:
    """Have one more pull request landed; it names a model, so that an amendment has an open question and is held."""
    number = len(sandbox.snapshot(name)["issues"]) + 1
    files = {f"docs/note-{number}.md": "a note\n"}
    sandbox.merge(name, sandbox.open_pull(name, f"change-{number}", f"docs: note {number} for MODEL-1", files=files))


def say(body: str, number: int = 1) -> Act:
    """Return what comments on a pull request."""
    return lambda sandbox: sandbox.comment(NAME, number, body)


def _land(sandbox: Sandbox) -> None:
    land(sandbox, NAME)


def _move(sandbox: Sandbox) -> None:
    """Let the contract move on the default branch, by a word that no promise is about."""
    sandbox.push(NAME, "main", {CONTRACT_PATH: CONTRACT.replace("a tune is heard", "a loud tune is heard")})


def _change(sandbox: Sandbox) -> None:
    """Let a pull request land that touches what the smoke is bound to."""
    files = {PROGRAM_PATH: f"{PROGRAM}exit 0\n"}
    sandbox.merge(NAME, sandbox.open_pull(NAME, "change", "feat: quieter", files=files))


@dataclass(frozen=True, slots=True)
class Tale:
    """One story: the configuration and what landed before, and the acts; each begins when the one before is over.

    Of a *late* one only the effects are disturbed that no story before has.
    """

    acts: tuple[Act, ...]
    config: str = STORY
    landed: int = 1
    program: str = PROGRAM
    required: tuple[str, ...] = field(default=("discharge",))
    late: bool = False


TALES = {
    "discharge": Tale((say("/discharge SPEAK-001"),)),
    "landing": Tale((_land, _land), SPEAK + WAIT, landed=2, required=()),
    "amend": Tale((say("/amend title=what-we-said"),), SPEAK + WAIT),
    "rebump": Tale((say("/discharge SPEAK-001\n/discharge SPEAK-002"), _move), SPEAK + WAIT),
    "falsified": Tale((say("/discharge SPEAK-001"),), program='#!/bin/sh\necho "good night, $1"\n'),
    "release": Tale((say("/discharge SPEAK-001"),), SPEAK + AUTO + RELEASE, late=True),
    "arrival": Tale((_change,), UNASKED, required=()),
}
"""A discharge, merged by itself, and what follows from that; two landings, the third and the fourth, so that an
amendment is opened and brought up to date; one that is asked for; two discharges on one branch, which is written anew
when the default branch moves; a promise that does not hold; a discharge that is tagged and released; a merge that is
measured unasked."""
