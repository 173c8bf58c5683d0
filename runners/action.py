"""`python -I -m runners.action SUBJECT BUNDLE`: do the job that a workflow of GitHub Actions was started with.

`discharge-smoke.yml` calls it, with what it was started with in variables. SUBJECT is the checkout of the
commit under test; BUNDLE is the file that is handed over. Exit statuses are those of `python -m runners`;
where the checkout is not what was asked for, nothing runs, the bundle says why, and the status is 1.
"""

from __future__ import annotations

import base64
import binascii
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.error import Complaint, Unreadable
from runners import __main__ as process
from runners import bundle as bundles
from runners import file
from runners import job as jobs
from runners.bench import name_tool
from runners.checkout import find_head

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN, COMMIT, JOB = "DISCHARGE_RUN", "DISCHARGE_COMMIT", "DISCHARGE_JOB"
"""The variables of the workflow: the run's name, the commit, and the job in base64."""
_USAGE = f"usage: {RUN}=… {COMMIT}=… {JOB}=… python -I -m runners.action SUBJECT BUNDLE"


def main(words: list[str]) -> int:
    """Do the job of the variables on the checkout in *words*, and write the bundle; return the exit status."""
    try:
        return _serve(words, os.environ)
    except Complaint as complaint:
        return _say(str(complaint), process.USAGE)
    except OSError as error:
        return _say(f"the job cannot be brought to its end: {error.strerror}", process.FAILED)


def _serve(words: list[str], given: Mapping[str, str]) -> int:
    if len(words) != 2 or not {RUN, COMMIT, JOB} <= given.keys():  # noqa: PLR2004 - checkout and bundle
        return _say(_USAGE, process.USAGE)
    subject, target = (Path(word).absolute() for word in words)
    target.unlink(missing_ok=True)  # one of another run, where the machine is used again
    job = replace(_read(given[JOB]), source=str(subject))
    fault = _find_fault(job, given, subject)
    if fault:
        file.write(target, bundles.write(bundles.fail(job, fault, tool=name_tool())))
        return _say(fault, process.FAILED)
    with tempfile.TemporaryDirectory(prefix="discharge-", ignore_cleanup_errors=True) as scratch:
        order = Path(scratch) / "job.json"
        file.write(order, jobs.write(job))
        return process.main([str(order), str(target)])


def _read(text: str) -> jobs.Job:
    """Read a job in base64.

    Raises:
        Unreadable: it is none, or no job.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable(f"{JOB} is no base64: {error}") from None
    return jobs.read(data)


def _find_fault(job: jobs.Job, given: Mapping[str, str], subject: Path) -> str:
    """Return why a job cannot be done on this checkout, a clause; empty if it can."""
    if (job.run, job.commit) != (given[RUN], given[COMMIT]):
        return "the workflow was started for another run or commit than its job names"
    try:
        head = find_head(subject)
    except Complaint as complaint:
        return f"the checkout cannot be read: {complaint}"
    return "" if head == job.commit else f"the checkout is at {head[:12]}, and {job.commit[:12]} was asked for"


def _say(sentence: str, status: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
