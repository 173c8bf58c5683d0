"""One job done here: the commit checked out, the program built, the legs run that evidence does not have."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from evidence.host import HostFacts
from evidence.model import Absent, Observation
from evidence.receipt import Binary, Needed
from runners.build import build, check_needs
from runners.bundle import Bundle, fail
from runners.checkout import check_out
from runners.command import environment, fill
from runners.comparison import Tray
from runners.confinement import find_login, isolate
from runners.host import facts
from runners.meter import Meter
from runners.run import run
from runners.smoke import OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evidence.model import Seen
    from runners.confinement import Login
    from runners.job import Job
    from runners.smoke import Smoke

    Watch = Callable[[str], None]

Subject = tuple[Binary | None, tuple[Needed, ...]]
"""The program under test and the files that it needs, with their digests."""


def observe(job: Job, checkout: Path, watch: Watch) -> Bundle:
    """Do a job here and return what was seen.

    Args:
        job: what to do.
        checkout: an empty folder; the commit's files are written there, and the legs run there.
        watch: is told, in one line, what happens now.

    Raises:
        Complaint: git cannot write the files, or the program's path leads out of them.
    """
    started = time.monotonic()
    watch(f"checking out {job.commit[:12]}")
    check_out(Path(job.source), job.commit, checkout)
    login = _hand_over(job, checkout)
    subject = _prepare(job, checkout, watch, login)
    if isinstance(subject, Absent):
        return fail(job, subject.reason, tool=name_tool(), seconds=time.monotonic() - started)
    reused = _reuse(job, subject, watch)
    rest = [leg for leg in job.legs if leg not in reused]
    if rest:
        isolate(job.confinement.network, watch)
    meter = Meter()
    with meter if rest and job.smoke.proof else nullcontext():
        repeats = tuple(_run(job, rest, checkout, watch, login) for _ in range(job.repeat if rest else 1))
    ran = any(isinstance(seen, Observation) for repeat in repeats for seen in repeat.values())
    host = replace(facts(), memory=meter.peak) if ran else HostFacts()
    about = (reused, *subject, host, name_tool(), time.monotonic() - started)
    return Bundle(job.echo, repeats, *about)


def name_tool() -> str:
    """Return this program and its version."""
    return f"discharge {version('discharge')}"


def argv_of(smoke: Smoke, name: str) -> tuple[str, ...]:
    """Return the command line of a leg as it is run here."""
    leg = smoke.leg(name)
    assert leg is not None, "checked before"
    needs = {need.name: os.path.expanduser(need.path) for need in smoke.needs}  # noqa: PTH111 - an unknown ~user stays
    return fill(leg.argv, {**needs, **{name: smoke.places[name] for name in ("binary", "out")}})


def _hand_over(job: Job, checkout: Path) -> Login | None:
    """Give the files of the commit to the user that legs are, if that is another than this process's."""
    if not job.confinement.user:
        return None
    login = find_login(job.confinement.user)
    checkout.parent.chmod(0o711)  # it can be gone through, and not be looked into
    login.take(checkout)
    return login


def _prepare(job: Job, checkout: Path, watch: Watch, login: Login | None) -> Subject | Absent:
    """Check the files that the legs need, and build the program."""
    smoke = job.smoke
    needs = check_needs(smoke, checkout)
    if isinstance(needs, Absent):
        return needs
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "discharge" / "programs"
    for step in smoke.build:
        watch(f"building: {' '.join(step)[:100]}")
    built = build(smoke, job.commit, checkout, cache, env=environment(os.environ, smoke.env), login=login)
    if isinstance(built, Absent):
        return built
    return Binary(smoke.binary, built.sha256) if built.path else None, needs


def _reuse(job: Job, subject: Subject, watch: Watch) -> tuple[str, ...]:
    """Return the legs that stand in evidence for this very program, files and command line."""
    found: dict[str, None] = {}
    for known in job.known:
        same = (known.binary, known.needs) == subject and known.argv == argv_of(job.smoke, known.leg)
        if same and known.leg not in found:
            found[known.leg] = None
            watch(f"leg {known.leg} is in evidence already: {known.source}")
    return tuple(found)


def _run(job: Job, names: Sequence[str], checkout: Path, watch: Watch, login: Login | None) -> dict[str, Seen]:
    if not _make(checkout / OUT):
        return {name: Absent(name, f"the repository has something of the name {OUT}") for name in names}
    if login:
        login.take(checkout / OUT)
    with tempfile.TemporaryDirectory(prefix="logits-", dir=checkout.parent) as kept:  # it goes with all of the job
        tray = Tray(job.smoke, Path(kept))
        seen: dict[str, Seen] = {}
        for name in names:
            argv = argv_of(job.smoke, name)
            watch(f"running leg {name}: {' '.join(argv)[:100]}")
            tray.clear(name, checkout)
            env = environment(os.environ, job.smoke.env)
            seen[name] = run(job.smoke, name, argv, cwd=checkout, env=env, login=login)
            tray.take(name, checkout)
        return tray.tell(seen)


def _make(folder: Path) -> bool:
    """Make the folder for the legs' files, unless the repository put something there, a link say."""
    if not folder.is_symlink() and not folder.is_file():
        folder.mkdir(exist_ok=True)
        return True
    return False
