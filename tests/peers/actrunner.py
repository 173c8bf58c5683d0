"""A stand-in for GitHub's runner that runs the repository's own workflow, by `act`, on this machine as it is.

`python -m tests.peers.actrunner`, with the configuration in its environment. It takes one job, gets the workflow from
the commit that was dispatched, has `act` carry it out with doubles of the two actions, and tells how it ended.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.peers.standin import EVERY, check_out, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.peers.standin import Standin

HERE = Path(__file__).parent
DOUBLES = {"actions/checkout": HERE / "checkout", "actions/upload-artifact": HERE / "upload"}
_USES = re.compile(r"uses: (\S+@[0-9a-f]{40})")


def main() -> int:
    """Take one job and do it; the exit status."""
    runner = read(os.environ)
    runner.connect()
    job = runner.wait()
    with tempfile.TemporaryDirectory(prefix="actrunner-") as scratch:
        conclusion = play(runner, job, Path(scratch))
    runner.github.finish_job(job["repository"], job["job"], conclusion)
    return 0


def play(runner: Standin, job: Mapping[str, Any], folder: Path) -> str:
    """Carry out a job's workflow in a folder; its conclusion in GitHub's words."""
    repository, event = folder / "repository", folder / "event.json"
    check_out(runner.github.url, job, job["commit"], repository)
    event.write_text(json.dumps({"inputs": job["inputs"], "repository": {"full_name": job["repository"]}}))
    (folder / "config" / "act").mkdir(parents=True)
    (folder / "config" / "act" / "actrc").touch()  # without it, act asks a person
    env = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
    argv = command(runner.github.url, job, repository, folder)
    with subprocess.Popen(argv, cwd=repository, env=env) as act:
        while act.poll() is None:
            if runner.github.is_cancelled(job["repository"], job["job"]):
                act.send_signal(signal.SIGINT)
                act.wait(10)
                return "cancelled"
            time.sleep(EVERY)
    return "success" if act.returncode == 0 else "failure"


def command(url: str, job: Mapping[str, Any], repository: Path, folder: Path) -> list[str]:
    """Return the command line of `act`; the token is not in it."""
    text = (repository / job["workflow"]).read_text(encoding="utf-8")
    labels = json.loads(job["inputs"]["labels"])
    known = {"GITHUB_SERVER_URL": url, "GITHUB_REPOSITORY": job["repository"], "GITHUB_RUN_ID": str(job["run"])}
    doubles = [f"{action}={DOUBLES[action.partition('@')[0]]}" for action in _USES.findall(text)]
    options = {
        "--workflows": [job["workflow"]],
        "--eventpath": [str(folder / "event.json")],
        "--action-cache-path": [str(folder / "cache")],
        "--platform": [f"{label}=-self-hosted" for label in labels],
        "--local-repository": doubles,
        "--env": [f"{name}={value}" for name, value in known.items()],
    }
    words = [word for name, values in options.items() for value in values for word in (name, value)]
    token = ["--secret-file", str(folder / "secrets")]
    (folder / "secrets").write_text(f"GITHUB_TOKEN={job['token']}\n", encoding="utf-8")
    return ["act", "workflow_dispatch", "--no-skip-checkout", "--no-cache-server", *token, *words]


if __name__ == "__main__":
    sys.exit(main())
