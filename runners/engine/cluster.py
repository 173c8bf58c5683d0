"""How a job is handed in to Slurm: an argument list, in which nobody's words are options. Pure."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from runners.job import Job

MARGIN = 60.0
"""Seconds that a job may take beyond its own deadline before Slurm ends it, and again before the engine does."""
_FIXED = ("--open-mode=append", "--export=ALL", "--propagate=NONE", "--no-requeue", "--nodes=1", "--ntasks=1")
"""Its log is added to; it inherits what `sbatch` has, an allow-list; no limit of this process; no second try; small."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the operator decided: GPUs of each job (0: none is asked for), partition (empty: Slurm's), Python there."""

    gpus: int = 1
    partition: str = ""
    python: str = sys.executable

    def choose(self, job: Job, folder: Path) -> tuple[str, ...]:
        """Return the options of a job whose files are in *folder*.

        Name and comment are the run, for whoever looks at the queue. The engine finds its jobs by their folder, which
        is the run of this engine, and not one of the same name of another app in the same cluster.
        """
        optional = (("gres", f"gpu:{self.gpus}" if self.gpus else ""), ("partition", self.partition))
        return (
            f"--job-name={name(job.run)}",
            f"--comment={job.run}",
            f"--chdir={folder}",
            f"--output={str(folder).replace('%', '%%')}/log",
            f"--time={math.ceil((job.deadline + MARGIN) / 60)}",
            *_FIXED,
            *(f"--{option}={value}" for option, value in optional if value),
        )

    def word(self, folder: Path) -> tuple[str, ...]:
        """Return the words behind the script: the file that says whose the run is, and the command line."""
        files = (str(folder / "job.json"), str(folder / "bundle.json"))
        return (str(folder / "taken"), self.python, "-P", "-m", "runners", *files)


def name(run: str) -> str:
    """Return the name of a run's job, for people who look at the queue."""
    return f"discharge-{run}"


def bound(job: Job) -> float:
    """Return how many seconds a job may take until the engine ends it, should Slurm not have done so."""
    return job.deadline + 2 * MARGIN
