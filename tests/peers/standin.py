"""What every stand-in for GitHub's runner does: it reads its configuration, comes online, waits for a job.

The genuine runner is a program of GitHub's whose protocol is nowhere described. A stand-in gets the same variable,
unpacks the same files from it, and speaks to the sandbox by verbs of the sandbox's own.
"""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.sandbox.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "ACTIONS_RUNNER_INPUT_JITCONFIG"
PATIENCE = 60.0
"""How long it waits for a job, in seconds."""
EVERY = 0.1


@dataclass
class Standin:
    """A just-in-time runner: *number* is its id."""

    github: Remote
    number: int
    name: str
    secret: str = field(repr=False)

    def connect(self) -> None:
        """Come online."""
        self.github.connect(self.number, self.secret)

    def wait(self) -> dict[str, Any]:
        """Wait for a job, and take it."""
        latest = time.monotonic() + PATIENCE
        while time.monotonic() < latest:
            job = self.github.take(self.number)
            if job is not None:
                return dict(job)
            time.sleep(EVERY)
        raise SystemExit("no job came")


def read(given: Mapping[str, str]) -> Standin:
    """Unpack the configuration in the variable."""
    files = {name: base64.b64decode(text) for name, text in json.loads(base64.b64decode(given[VARIABLE])).items()}
    settings, keys = json.loads(files[".runner"]), json.loads(files[".credentials_rsaparams"])
    return Standin(Remote(settings["ServerUrl"]), settings["AgentId"], settings["AgentName"], keys["d"])


def check_out(url: str, job: Mapping[str, Any], commit: str, folder: Path) -> None:
    """Get one commit of the job's repository, with the job's token."""
    header = {"GIT_CONFIG_KEY_0": "http.extraHeader", "GIT_CONFIG_VALUE_0": f"Authorization: bearer {job['token']}"}
    env = {**os.environ, **header, "GIT_CONFIG_COUNT": "1"}
    for args in (
        ("init", "--quiet", "--initial-branch=checkout", "."),
        ("fetch", "--quiet", "--depth=1", f"{url}/{job['repository']}.git", commit),
        ("checkout", "--quiet", "--detach", "FETCH_HEAD"),
    ):
        folder.mkdir(exist_ok=True)
        subprocess.run(["git", *args], cwd=folder, env=env, check=True)


def pack(name: str, data: bytes) -> bytes:
    """Return an archive with one file, as GitHub packs it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return packed.getvalue()


def write_program(path: Path, module: str, *words: str) -> Path:
    """Write the program that a machine starts: a stand-in, with the harness and `act` where it looks for programs."""
    folder = Path(sys.executable).parent
    lines = (
        "#!/bin/sh",
        f'export PATH="{folder}:$PATH"',
        f'cd "{ROOT}"',
        f"exec python3 -m {module} {' '.join(words)}",
    )
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    path.chmod(0o755)
    return path
