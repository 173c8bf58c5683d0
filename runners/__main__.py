"""`python -m runners JOBFILE BUNDLEFILE`: do a job here, and write what came of it.

This process only watches: the work is done by a child of it, so that whatever happens there (killed,
out of memory, out of time) is told in a bundle. A bundle is whole or not there. SIGTERM ends the leg,
with everything that it started, and writes nothing; exit status 130.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.error import Unreadable
from evidence.model import Absent
from evidence.redact import redact
from runners import bundle as bundles
from runners import file
from runners import job as jobs
from runners.command import environment
from runners.family import heed
from runners.run import execute

if TYPE_CHECKING:
    from evidence.model import Seen

DONE, FAILED, USAGE, STOPPED = 0, 1, 2, 130
"""The exit statuses: 0 a bundle is there, 1 it could not be written, 2 no such job, 130 asked to end."""
_PROGRESS = 1 << 20
_USAGE = "usage: python -m runners JOBFILE BUNDLEFILE"


def main(words: list[str]) -> int:
    """Do the job in a file; return the exit status.

    Args:
        words: the job's file, the bundle's file, and, from an engine, the number of an open file: this
            process writes its id there, and keeps it open until it ends.
    """
    heed()
    try:
        return _serve(words)
    except KeyboardInterrupt:
        return _say("stopped", STOPPED)
    except Unreadable as complaint:
        return _say(str(complaint), USAGE)
    except OSError as error:
        return _say(f"the job cannot be brought to its end: {error.strerror}", FAILED)


def _serve(words: list[str]) -> int:
    if len(words) not in (2, 3) or not all(word.isdecimal() for word in words[2:]):
        return _say(_USAGE, USAGE)
    if words[2:]:
        os.set_inheritable(int(words[2]), False)  # noqa: FBT003 - it takes no keyword
        os.write(int(words[2]), f"{os.getpid()}\n".encode())
    source, target = (Path(word).absolute() for word in words[:2])
    job = jobs.read(file.read(source, jobs.LONGEST))
    target.unlink(missing_ok=True)
    seen = _watch(job, source, target)
    if not target.exists():
        file.write(target, bundles.write(bundles.fail(job, _explain(seen))))
    return DONE


def _watch(job: jobs.Job, source: Path, target: Path) -> Seen:
    """Have a child do the job, and return how that went."""
    with tempfile.TemporaryDirectory(prefix="discharge-", ignore_cleanup_errors=True) as scratch:
        checkout = Path(scratch) / "checkout"
        checkout.mkdir()
        argv = (sys.executable, "-P", "-m", "runners.worker", str(source), str(target), str(checkout), str(os.getpid()))
        cwd, env = Path(scratch), environment(os.environ)
        return execute("job", argv, cwd=cwd, env=env, timeout=job.deadline, limit=_PROGRESS, heard=_repeat)


def _explain(seen: Seen) -> str:
    """Return why a job has no result."""
    if isinstance(seen, Absent):
        return f"the job did not start: {seen.reason}"
    if seen.failure:
        return f"the job {seen.failure}"
    last = redact(seen.merged).text.strip().splitlines() or ["nothing"]
    return f"the job left no result (exit {seen.exit}); it last said: {last[-1]}"


def _repeat(piece: str) -> None:
    with suppress(BrokenPipeError):  # nobody follows the progress any more; the bundle says all that matters
        sys.stderr.write(piece)
        sys.stderr.flush()


def _say(sentence: str, status: int) -> int:
    _repeat(f"{sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
