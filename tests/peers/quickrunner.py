"""A stand-in for GitHub's runner that does without `act`, and does what a story wants of it, be it wrong.

`python -m tests.peers.quickrunner FOLDER`, with the configuration in its environment. The first line of the file
`FOLDER/ways` says what this one does, and is taken away; without one it works as it should.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.sandbox.remote import Rejected
from tests.peers.standin import EVERY, PATIENCE, check_out, pack, read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.peers.standin import Standin

Job = dict[str, Any]
SMOKE = ".github/workflows/discharge-smoke.yml"
_BOMB = 256 << 20


def main(words: list[str]) -> int:
    """Do what is wanted; the exit status."""
    folder = Path(words[0])
    runner, way = read(os.environ), next_way(folder)
    if way == "never registers":
        return 1
    runner.connect()
    if way == "never takes a job":
        signal.pause()
    if way == "dies":
        runner.github.lose(runner.number)  # GitHub notices, minutes later
        return 1
    serve(runner, runner.wait(), way, folder)
    return 0


def next_way(folder: Path) -> str:
    """Return what the next runner does, and take it off the list."""
    path = folder / "ways"
    first, *rest = path.read_text(encoding="utf-8").splitlines() or [""] if path.exists() else [""]
    path.write_text("\n".join(rest), encoding="utf-8")
    return first


def serve(runner: Standin, job: Job, way: str, folder: Path) -> None:
    """Do one job in a way of *WAYS*; one of another workflow lasts until the file `go` is in *folder*."""
    if job["workflow"] != SMOKE:
        wait_for_word(folder)
        runner.github.finish_job(job["repository"], job["job"])
        return
    WAYS[way](runner, job, folder)


def wait_for_word(folder: Path) -> None:
    """Wait until a story says that it goes on."""
    latest = time.monotonic() + PATIENCE
    while not (folder / "go").exists() and time.monotonic() < latest:
        time.sleep(EVERY)


def _work(runner: Standin, job: Job, _folder: Path) -> None:
    """Do what the workflow's steps do."""
    with tempfile.TemporaryDirectory(prefix="quickrunner-") as scratch:
        workspace = Path(scratch)
        check_out(runner.github.url, job, job["inputs"]["commit"], workspace / "subject")
        given = {f"DISCHARGE_{name.upper()}": job["inputs"][name] for name in ("run", "commit", "job")}
        argv = [sys.executable, "-I", "-m", "runners.action", "subject", "bundle"]
        done = subprocess.run(argv, cwd=workspace, env={**os.environ, **given}, check=False)
        data = (workspace / "bundle").read_bytes() if (workspace / "bundle").exists() else None
    _hand_over(runner, job, pack("bundle", data) if data else None, "success" if done.returncode == 0 else "failure")


def _hand_over(runner: Standin, job: Mapping[str, Any], archive: bytes | None, conclusion: str = "success") -> None:
    if archive:
        runner.github.upload(job["repository"], job["run"], f"discharge-{job['inputs']['run']}", archive, 1)
    runner.github.finish_job(job["repository"], job["job"], conclusion)


def _finish_twice(runner: Standin, job: Job, folder: Path) -> None:
    _work(runner, job, folder)
    with suppress(Rejected):
        runner.github.finish_job(job["repository"], job["job"], "failure")


def _report_late(runner: Standin, job: Job, folder: Path) -> None:
    wait_for_word(folder)
    _work(runner, job, folder)


def _lie(runner: Standin, job: Job, _folder: Path) -> None:
    """Claim a verdict; only people and the App judge."""
    _hand_over(runner, job, pack("bundle", b'{"verdict": "held", "run": "%s"}' % job["inputs"]["run"].encode()))


def _send_bomb(runner: Standin, job: Job, _folder: Path) -> None:
    """Send a small archive that unpacks to more than any memory should take."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bundle", "w") as file:
        for _ in range(_BOMB >> 20):
            file.write(bytes(1 << 20))
    _hand_over(runner, job, packed.getvalue())


def _die_busy(_runner: Standin, _job: Job, _folder: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


WAYS: dict[str, Callable[[Standin, Job, Path], None]] = {
    "": _work,
    "finishes twice": _finish_twice,
    "reports late": _report_late,
    "lies": _lie,
    "sends a bomb": _send_bomb,
    "is killed": _die_busy,
}
"""What a runner does that has a job."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
