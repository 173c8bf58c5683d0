"""Slurm's own programs: what they are asked, and what is believed of their answers.

Each is an argument list with a timeout of its own and a bounded answer. What does not answer in time, or
answers with an error, is a sentence to try again by, and never the end of a job.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Complaint
from evidence.model import Absent
from evidence.quote import code
from evidence.redact import redact
from runners.command import environment
from runners.run import execute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

QUERY, SUBMISSION = 10.0, 20.0
"""Seconds that Slurm has for a question, and for taking a job."""
PASSED = ("SLURM_CONF", "SBATCH_ACCOUNT", "SBATCH_QOS", "SBATCH_RESERVATION")
"""What passes besides the variables that a leg inherits: where the cluster is, and on whose account it works."""
WAITING = frozenset({"PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT"})
"""The states of a job that has no machine."""
OVER = frozenset(
    {"BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "LAUNCH_FAILED", "NODE_FAIL", "OUT_OF_MEMORY"}
    | {"PREEMPTED", "RECONFIG_FAIL", "REVOKED", "TIMEOUT"}
)
"""The states of a job that ended; one that is in neither list works, or leaves its machine."""

_ANSWER = 32 << 20
_SEPARATOR = "\x1f"
_FORMAT = _SEPARATOR.join(("%i", "%T", "%N", "%Z"))
_LINE = re.compile(rf"(\d{{1,18}}){_SEPARATOR}([A-Z_]{{1,40}}){_SEPARATOR}([^{_SEPARATOR}]*){_SEPARATOR}(.*)", re.ASCII)
_NODE = re.compile(r"[A-Za-z0-9._,\[\]-]{1,200}")
_NUMBER = re.compile(r"(\d{1,18})(?:;.*)?", re.ASCII)
_EXIT = re.compile(r" ExitCode=(\d{1,10}):(\d{1,3}) ", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One job as Slurm lists it: its number, its state, where it is (or nothing), and the folder that it works in."""

    number: int
    state: str
    node: str
    folder: str

    @property
    def over(self) -> bool:
        """Whether it ended."""
        return self.state in OVER

    @property
    def works(self) -> bool:
        """Whether a machine has it."""
        return self.state not in OVER | WAITING


def read(text: str) -> tuple[Entry, ...]:
    """Read the answer of `squeue`; a line that is no job of the asked form is none of ours.

    A folder is anybody's word: the fixed fields stand before it.
    """
    found = (_LINE.fullmatch(line) for line in text.split("\n"))
    return tuple(
        Entry(int(line[1]), line[2], line[3] if _NODE.fullmatch(line[3]) else "", line[4]) for line in found if line
    )


def read_exit(text: str) -> str:
    """Read how a job ended from `scontrol show job --oneliner`, as a clause; empty where it does not say.

    The first that it says counts: what people wrote of a job stands behind it.
    """
    found = _EXIT.search(text)
    if found is None or (int(found[1]), int(found[2])) == (0, 0):
        return ""
    return f" by signal {int(found[2])}" if int(found[2]) else f" with exit {int(found[1])}"


class Scheduler:
    """Asks Slurm, as the user that this process runs as; of the environment only an allow-list is passed."""

    def __init__(self, folder: Path) -> None:
        """Ask from *folder*."""
        self._folder = folder

    def submit(self, options: Sequence[str], script: Path, words: Sequence[str]) -> int:
        """Hand a job in, and return its number.

        Raises:
            Complaint: Slurm refused it, or did not answer: then it may have it all the same.
        """
        said = self._ask(("sbatch", "--parsable", *options, str(script), *words), SUBMISSION, "does not take it")
        found = _NUMBER.fullmatch(said.strip())
        if found is None:
            raise Complaint(f"Slurm took a job and told no number: {code(redact(said).text)}")
        return int(found[1])

    def list(self) -> tuple[Entry, ...]:
        """Return every job of this user that Slurm remembers.

        Raises:
            Complaint: it does not answer now.
        """
        return read(self._ask(("squeue", "--me", "--noheader", "--states=all", f"--format={_FORMAT}"), QUERY))

    def explain(self, number: int) -> str:
        """Return how a job ended, as a clause; empty where Slurm does not say."""
        with suppress(Complaint):
            return read_exit(self._ask(("scontrol", "show", "job", "--oneliner", str(number)), QUERY))
        return ""

    def cancel(self, name: str, numbers: Sequence[int]) -> None:
        """End jobs: those of these numbers that also have the name, should Slurm have given a number anew.

        Raises:
            Complaint: it does not answer now.
        """
        self._ask(("scancel", "--quiet", f"--name={name}", *map(str, numbers)), QUERY)

    def _ask(self, argv: Sequence[str], timeout: float, trouble: str = "does not answer now") -> str:
        env = select(os.environ)
        seen = execute(argv[0], argv, cwd=self._folder, env=env, timeout=timeout, limit=_ANSWER)
        if isinstance(seen, Absent):
            raise Complaint(f"Slurm cannot be asked: {seen.reason}")
        if seen.failure:
            raise Complaint(f"Slurm does not answer now: {argv[0]} {seen.failure}")
        if seen.exit:
            words = [line for line in redact(seen.stderr).text.split("\n") if line.strip()] or ["nothing"]
            raise Complaint(f"Slurm {trouble}: {argv[0]} says {code(words[-1].strip())}")
        return seen.stdout


def select(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of Slurm's programs, and of the jobs that they hand in."""
    return environment(inherited, ((name, inherited[name]) for name in PASSED if name in inherited))
