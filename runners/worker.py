"""The process that does a job: `python -m runners.worker JOB BUNDLE CHECKOUT PARENT`, started by `runners` alone.

It ends with its parent. What it writes holds no secret that is known by its form.
"""

from __future__ import annotations

import sys
import traceback
from dataclasses import replace
from pathlib import Path

from contracts.error import Complaint
from evidence.redact import clean, redact
from runners import bundle as bundles
from runners import file
from runners import job as jobs
from runners.bench import name_tool, observe
from runners.family import follow, heed

STOPPED = 130
"""The exit status of one who was asked to end."""


def main(words: list[str]) -> int:
    """Do the job that a file holds, and write what came of it; return the exit status.

    Raises:
        Unreadable: the file is no job.
        OSError: the bundle cannot be written.
    """
    source, target, checkout, parent = words
    heed()
    try:
        follow(int(parent))
        job = jobs.read(file.read(Path(source), jobs.LONGEST))
        file.write(Path(target), bundles.write(_work(job, Path(checkout))))
    except KeyboardInterrupt:
        return STOPPED
    return 0


def _work(job: jobs.Job, checkout: Path) -> bundles.Bundle:
    """Return what came of a job; whatever goes wrong is a reason."""
    try:
        made = observe(job, checkout, _tell)
    except Complaint as complaint:
        made = bundles.fail(job, str(complaint), tool=name_tool())
    except Exception as error:  # noqa: BLE001 - the job must end with an answer; the log has the rest
        _tell(traceback.format_exc())
        made = bundles.fail(job, f"the runner failed: {type(error).__name__}: {error}", tool=name_tool())
    return replace(made, repeats=tuple({leg: clean(seen) for leg, seen in repeat.items()} for repeat in made.repeats))


def _tell(words: str) -> None:
    sys.stderr.write(f"{redact(words).text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
