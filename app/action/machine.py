"""The job of the machine on which a just-in-time runner is started: one leg, which becomes the runner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.action.record import name_machine, read_machine
from contracts.error import Complaint
from evidence.model import Absent
from evidence.quote import code
from evidence.redact import redact
from runners import bundle as bundles
from runners.engine.model import Finished, Gone
from runners.job import Job
from runners.smoke import Leg, Smoke

if TYPE_CHECKING:
    from app.action.model import Limits
    from evidence.model import Observation
    from runners.engine.model import Engine

MARGIN = 900.0
"""Seconds that a machine may take beyond the wait and the work of its runner."""
LEG = "runner"
LONGEST = 7 * 24 * 3600.0
"""Seconds after which every machine ends, whatever its run asked for."""
_OUTPUT = 16 << 20
_SHORT = 200


@dataclass(frozen=True, slots=True)
class Start:
    """How a runner is started: the Python there, the runner's program, and the file with its configuration."""

    python: str
    program: str
    hidden: str


def plan(job: Job, attempt: int, start: Start, limits: Limits) -> Job:
    """Return the job for the machine.

    The runner's configuration stands in a file, and neither in the job nor in a command line. The note tells where the
    runner is registered, also once nobody knows the run any more.
    """
    argv = (start.python, "-I", "-m", "runners.starter", start.hidden, start.program)
    smoke = Smoke(
        name="a just-in-time runner",
        contract="",
        legs=(Leg(LEG, tuple(word.replace("{", "{{").replace("}", "}}") for word in argv)),),
        promises=(),
        timeout=min(limits.watchdog + limits.deadline + MARGIN, LONGEST),
        output_limit=_OUTPUT,
    )
    return Job(name_machine(job.run, attempt), job.source, job.commit, smoke, (LEG,), (), 1, job.note)


def hear(machine: Engine, run: str) -> str:
    """Return how a machine ended, a clause that begins with a colon; empty if it does not say, or goes on."""
    try:
        state = machine.state(run)
        if isinstance(state, Gone):
            return f": {state.reason}"
        seen = bundles.read(machine.collect(run), machine.job(run)).seen[0] if isinstance(state, Finished) else None
    except Complaint:
        return ""
    if isinstance(seen, Absent):
        return f": {seen.reason}"
    return _tell(seen) if seen else ""


def _tell(seen: Observation) -> str:
    lines = redact(seen.merged).text.strip().splitlines()
    last = f"; it last said: {code(lines[-1].strip(), _SHORT)}" if lines else ""
    return f": its program {seen.failure or f'ended with exit status {seen.exit}'}{last}"


def is_machine(run: str) -> bool:
    """Return whether a run of an engine is a machine's, and no smoke's: runs of smokes are hexadecimal."""
    return read_machine(run) is not None
