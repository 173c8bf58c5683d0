"""What the demo plays on: a GitHub of its own, the service in a process of its own, a repository founded from a folder.

Everything stands below one folder and listens on the loopback interface; leaving the stage ends all of it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.key import make
from app.sandbox.act.recall import PullRecord, recall_pull
from app.sandbox.sandbox import Sandbox
from evidence.signer import publish
from evidence.signer import read as read_signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

PROGRAM = Path(sys.executable).with_name("discharge")
SECRET = "only the sandbox and the service of the demo know this"  # noqa: S105 - made up, and gone with the demo
PATIENCE = 60.0
_LINES = re.MULTILINE
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "DISCHARGE_"))},
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_NAME": "octo-maintainer" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "octo-maintainer@users.noreply.github.com" for role in ("AUTHOR", "COMMITTER")},
}


def run(*argv: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program, as a person would."""
    return subprocess.run(argv, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False)


class Stage:
    """Sandbox, service and engine; use it in `with`. *hear* gets every log line of the service, as a dict."""

    def __init__(self, folder: Path, name: str, hear: Callable[[dict[str, Any]], None]) -> None:
        """Play below *folder*, which is emptied, in the repository *name* (`owner/name`)."""
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "data").mkdir(parents=True)
        self.folder, self.name, self._hear = folder, name, hear
        self.sandbox = Sandbox(folder / "github")
        self.url = ""

    def __enter__(self) -> Self:
        """Begin: the sandbox, then the App on it, then the service."""
        self.sandbox.__enter__()
        self._write_settings()
        self._service = subprocess.Popen(
            [PROGRAM, "serve", "--env-file", self.settings],
            env=ENVIRONMENT,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the demo, which then ends the service
        )
        self._ready = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        if not self._ready.wait(PATIENCE) or not self.url:
            self.__exit__(None, None, None)
            sys.exit(f"the service did not start; {self.folder / 'service.log'} says why")
        self.sandbox.hook("discharge", f"{self.url}/webhook")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End: the service gracefully, then the sandbox."""
        self._service.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._service.wait(PATIENCE / 2)
        self._service.kill()
        self._service.wait()
        self.sandbox.__exit__(kind, error, trace)

    @property
    def settings(self) -> Path:
        """The file with the settings of the service, as `discharge setup` writes it on the real GitHub."""
        return self.folder / "discharge.env"

    def _write_settings(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        signing = make()
        self.public = publish(read_signer(signing)).text
        self.app = self.sandbox.app("discharge", key.public_key(), hook=("", SECRET))
        files = {"PRIVATE_KEY": private, "SIGNING_KEY": signing, "WEBHOOK_SECRET": SECRET}
        lines = [f"DISCHARGE_APP_ID={self.app}", f"DISCHARGE_GITHUB_URL={self.sandbox.url}"]
        lines += [f"DISCHARGE_DATA={self.folder / 'data'}", "DISCHARGE_PORT=0"]
        for name, text in files.items():
            path = self.folder / f"{name.lower().replace('_', '-')}.txt"
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")
            lines.append(f"DISCHARGE_{name}_FILE={path}")
        self.settings.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _listen(self) -> None:
        """Keep the log of the service, and tell it on, line by line; the first lines say where it listens."""
        assert self._service.stderr is not None
        with (self.folder / "service.log").open("w", encoding="utf-8") as log:
            for line in self._service.stderr:
                log.write(line)
                log.flush()
                try:
                    said = json.loads(line)
                except ValueError:
                    continue  # what is said before the log is set up is for the file
                if said.get("message") == "serving":
                    self.url = str(said["url"])
                    self._wait_for_service()
                self._hear(said)
        self._ready.set()

    def _wait_for_service(self) -> None:
        for _ in range(200):
            with suppress(OSError):
                self._get("/readyz")
                self._ready.set()
                return
            time.sleep(0.05)

    def found(self, source: Path, earlier: int) -> None:
        """Make the repository from a git checkout, install the App, and have merges into main need its check.

        *earlier* is the number of the last pull request before this story.
        """
        sandbox = self.sandbox
        head = sandbox.adopt(self.name, source)
        record = PullRecord(earlier, "what happened before", "octo-maintainer", "before", head, head)
        with sandbox.world.lock:
            recall_pull(sandbox.world, sandbox.world.repository(self.name), record)
        sandbox.settings(self.name, auto_merge=True)
        sandbox.require(self.name, "discharge", app=self.app)
        sandbox.install("discharge", self.name.partition("/")[0], [self.name])

    def settle(self) -> None:
        """Wait until nothing is on its way: no webhook, no delivery, no run; twice in a row."""
        end = time.monotonic() + PATIENCE
        while not (self._is_quiet() and self._is_quiet()):
            if time.monotonic() > end:
                sys.exit(f"it did not come to rest; {self.folder / 'service.log'} has what the service did")
            time.sleep(0.05)

    def _is_quiet(self) -> bool:
        if not self.sandbox.wait_idle(PATIENCE):
            return False
        busy = re.findall(r'^discharge_inbox\{state="(?:waiting|working)"\} ([\d.]+)$', self._get("/metrics"), _LINES)
        return not any(float(n) for n in busy) and not any((self.folder / "data/engine/runs").glob("[!.]*"))

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=PATIENCE) as answer:  # noqa: S310 - our own address
            return str(answer.read().decode())

    # -- what people see on GitHub

    def pulls(self) -> dict[int, Any]:
        """Return number → pull request."""
        return {int(number): pull for number, pull in self.sandbox.snapshot(self.name)["issues"].items()}

    def pull(self, prefix: str) -> tuple[int, Any]:
        """Return the newest pull request of the App whose branch begins so; leave if there is none."""
        found = [(n, pull) for n, pull in self.pulls().items() if pull["branch"].startswith(prefix)]
        if not found:
            sys.exit(f"a pull request of a branch {prefix}… was expected; {self.folder / 'service.log'} says more")
        return max(found, key=lambda each: each[0])

    def status(self, number: int) -> str:
        """Return the status comment of a pull request, without its hidden mark."""
        said = [c["body"] for c in self.pulls()[number]["comments"] if c["author"] == "discharge[bot]"]
        return next((str(body).partition("\n")[2] for body in said if body.startswith("<!-- discharge:status")), "")

    def checks(self, name: str) -> list[Any]:
        """Return the check runs of that name."""
        return [check for check in self.sandbox.snapshot(self.name)["checks"] if check["name"] == name]
