"""The job of the machine on which a just-in-time runner is started: one leg, which becomes the runner. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.action.record import name_machine
from runners.job import Job
from runners.smoke import Leg, Smoke

if TYPE_CHECKING:
    from app.action.model import Limits

MARGIN = 900.0
"""Seconds that a machine may take beyond the wait and the work of its runner."""
LEG = "runner"
_WEEK = 7 * 24 * 3600.0
_NAME = re.compile(r".+-m[0-9]{1,2}")
_OUTPUT = 1 << 20


@dataclass(frozen=True, slots=True)
class Start:
    """How a runner is started: the Python there, the runner's program, and the file with its configuration."""

    python: str
    program: str
    hidden: str


def plan(job: Job, attempt: int, start: Start, limits: Limits) -> Job:
    """Return the job for the machine.

    The runner's configuration stands in a file, and neither in the job nor in a command line.
    """
    argv = (start.python, "-I", "-m", "runners.starter", start.hidden, start.program)
    smoke = Smoke(
        name="a just-in-time runner",
        contract="",
        legs=(Leg(LEG, tuple(word.replace("{", "{{").replace("}", "}}") for word in argv)),),
        promises=(),
        timeout=min(limits.watchdog + limits.deadline + MARGIN, _WEEK),
        output_limit=_OUTPUT,
    )
    return Job(name_machine(job.run, attempt), job.source, job.commit, smoke, (LEG,), (), 1)


def is_machine(run: str) -> bool:
    """Return whether a run of an engine is a machine's, and no smoke's: runs of smokes are hexadecimal."""
    return _NAME.fullmatch(run) is not None
