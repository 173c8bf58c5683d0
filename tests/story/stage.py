"""The stage of the App's stories: a sandbox GitHub, the real service behind real HTTP, and a local engine."""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
import time
import urllib.request
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Self

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr

from app.assembly import Sweep, assemble
from app.effect import describe
from app.key import make
from app.sandbox.sandbox import Sandbox
from app.web.serve import listen, run
from app.web.settings import Settings
from runners.engine.local import Local
from tests.app.stage import CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, PROGRAM, PROGRAM_PATH, SPEC, SPEC_PATH
from tests.oracle.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from app.effect import Effect
    from app.queue.inbox import Inbox
    from app.web.serve import Work
    from runners.engine.manifest import Place

    Files = Mapping[str, str | bytes | None]
    """Path → content; None takes a file away."""

NAME = "acme/speak"
EPOCH = 1_777_900_000
"""2026-05-04 13:06:40 UTC: the day of the stories."""
SECRET = "a webhook secret of the stories"  # noqa: S105 - nothing is guarded by it
PATIENCE = 60.0
FOLDERS = {"local": "engine", "slurm": "slurm", "kubernetes": "kubernetes"}
"""Engine → its folder below the service's."""
_UNCOUNTED = ("/app", "/installation/repositories")
SPEAK = CONFIG.replace('["{binary}", world]', '[sh, "{binary}", world]')
"""The configuration of the stories: files come to the sandbox without the right to be executed."""
AUTO = "pull_requests: {auto_merge: squash, labels: [discharge]}\n"
WAIT = "pull_requests: {labels: [discharge]}\n"
"""The same, but people merge."""


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
    engine: Literal["local", "slurm", "kubernetes"] = "local"
    place: Place | None = None
    """Where pods run, for the engine `kubernetes`, whose `kubeconfig` lies in the folder."""
    effects: list[Effect] = field(default_factory=list)
    name: str = NAME
    """The repository that the story plays in; several stories share a stage, each in a repository of its own."""
    sandbox: Sandbox = field(init=False)
    watch: Watch = field(init=False)
    """Holds everything that goes over the wire against GitHub's own descriptions."""
    installations: dict[str, int] = field(default_factory=dict)
    """Owner → the app's installation there."""
    _then: dict[str, Callable[[], object]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Begin: the sandbox, the app installed on it, the service."""
        self.sandbox = Sandbox(self.folder / "github")
        self.sandbox.__enter__()
        self.sandbox.freeze(EPOCH)
        self.watch = Watch()
        self.watch.attend(self.sandbox.world)
        self._app = self.sandbox.app("discharge", keys()[1], hook=("", SECRET))
        self.begin()
        return self

    def begin(self) -> None:
        """Start the service, as a process that was down comes back."""
        self._stop: asyncio.Event | None = None
        self._swept = threading.Event()
        self._listener = listen(self.settings)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.sandbox.hook("discharge", f"{self.url}/webhook")
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="service")
        self._thread.start()
        self._wait(lambda: self._is_ready() and self._swept.is_set(), "the service does not become ready")

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
            engine=self.engine,
            kubeconfig=self.folder / "kubeconfig" if self.place else None,
            place=self.place,
        )

    def _watch_sweep(self, work: Work) -> Work:
        """Have it told when the first sweep is done: what it finds comes into the inbox only then."""
        owners = [getattr(task, "__self__", None) for task in work.tasks]
        sweep = next(owner for owner in owners if isinstance(owner, Sweep))

        async def run(inbox: Inbox) -> None:
            self._inbox = inbox
            await sweep.look(inbox)
            self._swept.set()
            await asyncio.Event().wait()

        tasks = zip(owners, work.tasks, strict=True)
        return replace(work, tasks=tuple(run if owner is sweep else task for owner, task in tasks))

    async def _serve(self) -> None:
        self._stop, self._loop = asyncio.Event(), asyncio.get_running_loop()
        with self._listener:
            work = self._watch_sweep(replace(assemble(self.settings, self._see), linger=0.0))
            await run(self.settings, work, self._listener, self._stop)

    def _see(self, effect: Effect) -> None:
        """Keep an effect that happened; and let happen what a story wants to happen right then."""
        self.effects.append(effect)
        for words, act in list(self._then.items()):
            if words in describe(effect):
                del self._then[words]
                act()

    def once(self, words: str, act: Callable[[], object]) -> None:
        """Let something happen right after the next effect whose line has these words."""
        self._then[words] = act

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
        assert not self.watch.violations, self.watch.report()

    @property
    def installation(self) -> int:
        """The app's installation on the owner of the repository."""
        return self.installations[self.name.partition("/")[0]]

    def begin_story(self) -> None:
        """Forget what the stories before did and asked, and what the service keeps of them."""
        self.effects.clear()
        self._then.clear()
        self.sandbox.forget_requests()
        shutil.rmtree(self.folder / "data" / "mirrors", ignore_errors=True)
        with self.sandbox.world.lock:
            self.sandbox.world.installations.clear()

    def end_story(self) -> None:
        """Fail the story for anything that GitHub would not say, or would not serve."""
        said, self.watch.violations = self.watch.report(), []
        assert not said, said
        assert not self.sandbox.unserved(), self.sandbox.unserved()

    # -- the repository

    def found(
        self,
        files: Files | None = None,
        *,
        config: str | None = SPEAK + AUTO,
        name: str = "",
        required: bool = True,
        landed: bool = False,
    ) -> None:
        """Make the repository, and install the app on it; the story goes on in it.

        *config* None: it has no configuration. *required*: a merge needs the check `discharge`. *landed*: one pull
        request, number 1, landed before the app came.
        """
        self.name = name or self.name
        everything: dict[str, str | bytes | None] = {CONTRACT_PATH: CONTRACT, SPEC_PATH: SPEC, PROGRAM_PATH: PROGRAM}
        everything |= {} if config is None else {CONFIG_PATH: config}
        self.sandbox.repository(self.name, everything | dict(files or {}))
        self.sandbox.settings(self.name, auto_merge=True)
        if landed:
            made = self.sandbox.open_pull(self.name, "before", "docs: a note", files={"docs/note.md": "a note\n"})
            self.sandbox.require(self.name)
            self.sandbox.merge(self.name, made)
        if required:
            self.sandbox.require(self.name, "discharge", app=self._app)
        owner = self.name.partition("/")[0]
        if owner in self.installations:
            self.sandbox.cover(self.installation, self.name)
        else:
            self.installations[owner] = self.sandbox.install("discharge", owner, [self.name])

    def land(self, title: str = "docs: a note", files: Files | None = None, label: str = "") -> int:
        """Open a pull request, let its check pass, and merge it; its number."""
        number = len(self.pulls()) + 1
        branch = f"change-{number}"
        made = self.sandbox.open_pull(self.name, branch, title, files=files or {f"docs/note-{number}.md": "a note\n"})
        if label:
            self.sandbox.label(self.name, made, label)
        self.settle()
        self.sandbox.merge(self.name, made)
        self.settle()
        return made

    def say(self, number: int, body: str, by: str = "octo-maintainer") -> None:
        """Comment on a pull request, and wait until everything that follows is done."""
        self.sandbox.comment(self.name, number, body, by=by)
        self.settle()

    # -- what became of it

    def pulls(self) -> dict[int, Any]:
        """Return number → pull request, as people see it."""
        return {int(number): issue for number, issue in self.sandbox.snapshot(self.name)["issues"].items()}

    def pull(self, prefix: str) -> Any:
        """Return the one pull request whose branch begins so."""
        found = [pull for pull in self.pulls().values() if pull["branch"].startswith(prefix)]
        assert len(found) == 1, [pull["title"] for pull in found]
        return found[0]

    def checks(self, name: str) -> list[Any]:
        """Return the check runs of that name."""
        return [check for check in self.sandbox.snapshot(self.name)["checks"] if check["name"] == name]

    def comments(self, number: int) -> list[str]:
        """Return what the bot said on a pull request, beside the comment that is edited."""
        said = [c["body"] for c in self.pulls()[number]["comments"] if c["author"] == "discharge[bot]"]
        return [body for body in said if not body.startswith("<!-- discharge:status")]

    def read(self, path: str, at: str = "main") -> str | None:
        """Return a file of a branch or commit, None if it is not there."""
        return self.sandbox.read(self.name, at, path)

    def messages(self, branch: str = "main") -> list[str]:
        """Return the messages of a branch's commits, newest first."""
        return list(self.sandbox.snapshot(self.name)["branches"][branch]["messages"])

    def branches(self) -> set[str]:
        """Return the names of the branches."""
        return set(self.sandbox.snapshot(self.name)["branches"])

    def asked(self) -> list[str]:
        """Return the requests that GitHub counts, tokens and git and the sweep's left out."""
        made = [r for r in self.sandbox.requests() if r["route"] != "git" and not r["path"].startswith(_UNCOUNTED)]
        return [f"{r['method']} {r['operation'] or r['path']}" for r in made]

    def status(self, number: int) -> str:
        """Return the one comment of the bot that is edited."""
        bodies = [c["body"] for c in self.pulls()[number]["comments"] if c["body"].startswith("<!-- discharge:status")]
        assert len(bodies) == 1, f"{len(bodies)} status comments"
        return str(bodies[0]).partition("\n")[2]

    def told(self) -> list[str]:
        """Return every effect so far, a line each."""
        return [describe(effect) for effect in self.effects]

    def parked(self) -> int:
        """Return how many deliveries nobody tries again."""
        found = re.search(r'^discharge_inbox\{state="parked"\} ([\d.]+)$', self._get("/metrics"), re.MULTILINE)
        assert found is not None, "the metrics do not tell"
        return int(float(found[1]))

    def lose_engine(self) -> None:
        """Stop the service, and lose everything that its engine works on, as with a machine that is gone."""
        self.end()
        folder = self.folder / "data" / "engine"
        engine = Local(folder)
        for lost in (folder / "runs").iterdir():
            engine.cancel(lost.name)
        engine.close()
        shutil.rmtree(folder)

    def head(self, branch: str) -> str:
        """Return the commit at the head of a branch."""
        tip = self.sandbox.world.repository(self.name).store.tip(branch)
        assert tip is not None, f"no branch {branch}"
        return tip

    def head_of(self, number: int) -> str:
        """Return the commit at the head of a pull request."""
        return self.sandbox.world.pull(self.sandbox.world.repository(self.name), number).head

    def newest_check(self, name: str) -> int:
        """Return the id of the newest check run of that name."""
        with self.sandbox.world.lock:
            checks = self.sandbox.world.repository(self.name).checks
            return max(number for number, check in checks.items() if check.name == name)

    def wait_for(self, words: str, times: int = 1) -> None:
        """Wait until so many effects have happened whose line has these words."""
        self._wait(lambda: sum(words in line for line in self.told()) >= times, f"nothing does {words}")

    def settle(self) -> None:
        """Wait until nothing is on its way: no webhook, no delivery, no run; twice in a row."""
        self._wait(lambda: self._is_quiet() and self._is_quiet(), "it does not become quiet")

    def listen(self) -> None:
        """Wait until every delivery is handled; runs may go on."""
        self._wait(lambda: self._has_heard() and self._has_heard(), "it does not handle everything")

    def _is_quiet(self) -> bool:
        if any((self.folder / "data" / FOLDERS[self.engine] / "runs").glob("[!.]*")):
            return False
        return self._has_heard()

    def _has_heard(self) -> bool:
        if not self.sandbox.wait_idle(PATIENCE):
            return False
        counts = asyncio.run_coroutine_threadsafe(self._inbox.counts(), self._loop).result(PATIENCE)
        return not (counts.waiting or counts.working)

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
