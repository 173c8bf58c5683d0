"""The stage of the App's stories: a sandbox GitHub, the real service behind real HTTP, and a local engine."""

from __future__ import annotations

import asyncio
import re
import threading
import time
import urllib.request
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr

from app.assembly import assemble
from app.effect import describe
from app.key import make
from app.sandbox.sandbox import Sandbox
from app.serve import listen, run
from app.settings import Settings
from tests.app.stage import CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, PROGRAM, PROGRAM_PATH, SPEC, SPEC_PATH

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from app.effect import Effect

NAME = "acme/speak"
EPOCH = 1_777_900_000
"""2026-05-04 13:06:40 UTC: the day of the stories."""
SECRET = "a webhook secret of the stories"  # noqa: S105 - nothing is guarded by it
PATIENCE = 30.0
SPEAK = CONFIG.replace('["{binary}", world]', '[sh, "{binary}", world]')
"""The configuration of the stories: files come to the sandbox without the right to be executed."""
AUTO = "pull_requests: {auto_merge: squash, labels: [discharge]}\n"


@cache
def keys() -> tuple[str, str]:
    """Return a private RSA key and its public one as PEM; made once, because making one takes a while."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@cache
def signing_key() -> str:
    """Return the Ed25519 key that receipts are signed with."""
    return make()


@dataclass
class Stage:
    """Everything that a story needs; use it in `with`."""

    folder: Path
    database: str = ""
    effects: list[Effect] = field(default_factory=list)
    sandbox: Sandbox = field(init=False)
    installation: int = field(init=False)

    def __enter__(self) -> Self:
        """Begin: the sandbox, the app installed on it, the service."""
        self.sandbox = Sandbox(self.folder / "github")
        self.sandbox.__enter__()
        self.sandbox.freeze(EPOCH)
        self._app = self.sandbox.app("discharge", keys()[1], hook=("", SECRET))
        self.begin()
        return self

    def begin(self) -> None:
        """Start the service, as a process that was down comes back."""
        self._stop: asyncio.Event | None = None
        self._listener = listen(self.settings)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="service")
        self._thread.start()
        self._wait(self._is_ready, "the service does not become ready")
        self.sandbox.hook("discharge", f"{self.url}/webhook")

    @property
    def settings(self) -> Settings:
        """The operator's settings."""
        data = self.folder / "data"
        return Settings(
            app_id=self._app,
            private_key=SecretStr(keys()[0]),
            webhook_secret=SecretStr(SECRET),
            signing_key=SecretStr(signing_key()),
            github_url=self.sandbox.url,
            database=SecretStr(self.database or f"sqlite:///{data}/discharge.sqlite"),
            data=data,
            host="127.0.0.1",
            port=0,
            gpu_slots=1,
            log="text",
        )

    async def _serve(self) -> None:
        self._stop, self._loop = asyncio.Event(), asyncio.get_running_loop()
        with self._listener:
            work = replace(assemble(self.settings, self.effects.append), linger=0.0)
            await run(self.settings, work, self._listener, self._stop)

    def end(self) -> None:
        """Stop the service."""
        if self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything; what was asked of the sandbox and is not served fails the story."""
        self.end()
        unserved = self.sandbox.unserved()
        self.sandbox.__exit__(kind, error, trace)
        assert not unserved, unserved

    # -- the repository

    def found(self, files: dict[str, str | bytes | None] | None = None, *, config: str = SPEAK + AUTO) -> None:
        """Make the repository, with a second commit whose promises stood before, and install the app on it."""
        everything: dict[str, str | bytes | None] = {
            CONFIG_PATH: config,
            CONTRACT_PATH: CONTRACT,
            SPEC_PATH: SPEC,
            PROGRAM_PATH: PROGRAM,
        }
        self.sandbox.repository(NAME, everything | (files or {}))
        self.sandbox.settings(NAME, auto_merge=True)
        self.sandbox.require(NAME, "discharge", app=self._app)
        self.installation = self.sandbox.install("discharge", "acme")

    def land(self, title: str = "docs: a note", files: dict[str, str | bytes | None] | None = None) -> int:
        """Open a pull request, let its check pass, and merge it; its number."""
        number = len(self.pulls()) + 1
        branch = f"change-{number}"
        made = self.sandbox.open_pull(NAME, branch, title, files=files or {f"docs/note-{number}.md": "a note\n"})
        self.settle()
        self.sandbox.merge(NAME, made)
        self.settle()
        return made

    def say(self, number: int, body: str, by: str = "octo-maintainer") -> None:
        """Comment on a pull request, and wait until everything that follows is done."""
        self.sandbox.comment(NAME, number, body, by=by)
        self.settle()

    # -- what became of it

    def pulls(self) -> dict[int, Any]:
        """Return number → pull request, as people see it."""
        return {int(number): issue for number, issue in self.sandbox.snapshot(NAME)["issues"].items()}

    def pull(self, prefix: str) -> Any:
        """Return the one pull request whose branch begins so."""
        found = [pull for pull in self.pulls().values() if pull["branch"].startswith(prefix)]
        assert len(found) == 1, [pull["title"] for pull in found]
        return found[0]

    def checks(self, name: str) -> list[Any]:
        """Return the check runs of that name."""
        return [check for check in self.sandbox.snapshot(NAME)["checks"] if check["name"] == name]

    def status(self, number: int) -> str:
        """Return the one comment of the bot that is edited."""
        bodies = [c["body"] for c in self.pulls()[number]["comments"] if c["body"].startswith("<!-- discharge:status")]
        assert len(bodies) == 1, f"{len(bodies)} status comments"
        return str(bodies[0])

    def told(self) -> list[str]:
        """Return every effect so far, a line each."""
        return [describe(effect) for effect in self.effects]

    def settle(self) -> None:
        """Wait until nothing is on its way: no webhook, no delivery, no run; twice in a row."""
        self._wait(lambda: self._is_quiet() and self._is_quiet(), "it does not become quiet")

    def _is_quiet(self) -> bool:
        if not self.sandbox.wait_idle(PATIENCE):
            return False
        metrics = self._get("/metrics")
        busy = re.findall(r'^discharge_inbox\{state="(?:waiting|working)"\} ([\d.]+)$', metrics, re.MULTILINE)
        runs = self.folder / "data" / "engine" / "runs"
        return not any(float(number) for number in busy) and not any(runs.glob("[!.]*"))

    def _is_ready(self) -> bool:
        try:
            return bool(self._get("/readyz"))
        except OSError:
            return False

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=PATIENCE) as answer:  # noqa: S310 - our own address
            return str(answer.read().decode())

    def _wait(self, ready: Any, what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            assert time.monotonic() < deadline, what
            assert self._thread.is_alive(), "the service ended"
            time.sleep(0.02)
