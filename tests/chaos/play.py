"""One play of a story: a sandbox, a service in its own process, something that goes wrong, and what became of it."""

from __future__ import annotations

import multiprocessing
import re
import shutil
import socket
import time
import urllib.request
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Self

from pydantic import SecretStr

from app.sandbox.sandbox import Sandbox
from app.web.settings import Settings
from tests.chaos import program
from tests.chaos.program import Wish
from tests.story.stage import EPOCH, SECRET, keys, signing_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path
    from types import TracebackType

PATIENCE = 60.0
"""Seconds for one thing that is waited for."""
_REST = 150.0
"""Seconds after which a play that does not come to rest has failed: a request may hang for 30 of them, and what was
looked for meanwhile waits behind it."""
_GLANCE = 0.01
_INBOX = "/metrics?name[]=discharge_inbox"
_STATE = re.compile(r'^discharge_inbox\{state="(\w+)"\} ([\d.]+)$', re.MULTILINE)
_SWEPT = re.compile(r"^discharge_swept_timestamp_seconds ([-+.\de]+)$", re.MULTILINE)
FORK = multiprocessing.get_context("forkserver")
"""Starts a process quickly: everything that it needs is there already."""
FORK.set_forkserver_preload(["pytest", program.__name__])


@dataclass(frozen=True, slots=True)
class House:
    """Where plays happen, one after another: always in the same place, because places show in what is compared."""

    folder: Path
    ports: tuple[int, ...]

    @property
    def records(self) -> Path:
        """What the engine has measured."""
        return self.folder / "records"


def settle_in(folder: Path) -> House:
    """Return a house with ports that are free now: the sandbox's, and those of two services."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = tuple(int(probe.getsockname()[1]) for probe in probes)
    for probe in probes:
        probe.close()
    return House(folder, ports)


@dataclass
class Play:
    """Use it in `with`. *kill* is the note after which a process dies; *pair*: two processes share the database.

    *sweep* is how often a process looks for what was missed, in seconds; each does so when it begins. With *reap* it
    looks for leftovers, too.
    """

    house: House
    database: str = ""
    kill: str = ""
    pair: bool = False
    sweep: float = 3600.0
    reap: bool = False
    change: dict[str, Any] = field(default_factory=dict)
    """The operator's settings that are others than usual."""
    meanwhile: Callable[[], object] = lambda: None
    """What happens again and again while something is waited for."""
    explain: Callable[[], str] = lambda: ""
    """What is told of a play that does not come to rest."""
    deaths: int = 0
    """How many processes have died; each one is followed by another, or by the one that lives."""
    sandbox: Sandbox = field(init=False)
    services: dict[int, ForkServerProcess] = field(default_factory=dict)
    """Port → process."""
    installations: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Begin with an empty stage: no service runs yet."""
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        self.notes_file.touch()
        self.sandbox = Sandbox(self.place / "github", port=self.house.ports[0])
        self.sandbox.__enter__()
        self.sandbox.freeze(EPOCH)
        self.app = self.sandbox.app("discharge", keys()[1], hook=("", SECRET))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        for service in self.services.values():
            service.kill()
            service.join(PATIENCE)
            service.close()
        unserved = self.sandbox.unserved()
        self.sandbox.__exit__(kind, error, trace)
        assert not unserved, unserved

    @property
    def place(self) -> Path:
        """The folder of the play."""
        return self.house.folder / "play"

    @property
    def notes_file(self) -> Path:
        """Where the processes note what they do."""
        return self.place / "notes"

    @property
    def notes(self) -> list[str]:
        """What the processes did so far."""
        return self.notes_file.read_text(encoding="utf-8").split("\n")[:-1]

    def install(self, *names: str) -> None:
        """Install the app on the owner of repositories."""
        owner = names[0].partition("/")[0]
        self.installations[owner] = self.sandbox.install("discharge", owner, list(names))

    def strike(self) -> None:
        """Kill the process that has the webhooks, wherever it is."""
        next(iter(self.services.values())).kill()

    def forget(self) -> None:
        """Kill the one process, and lose its database, as a disk does."""
        service = next(iter(self.services.values()))
        service.kill()
        service.join(PATIENCE)
        for path in (self.place / "data").glob("discharge*.sqlite*"):
            path.unlink()

    def begin(self) -> None:
        """Start the service, two of them for a pair, and wait until it serves."""
        for port in self.house.ports[1:] if self.pair else self.house.ports[1:2]:
            self._start(port, self.kill)
        self.wait_until(self._has_swept, "no service looks for what was missed")
        self.sandbox.hook("discharge", f"{self.url}/webhook")  # from here on: runs are named after their webhooks

    def _start(self, port: int, kill: str) -> None:
        data = self.place / "data"
        environment = {"SOURCE_DATE_EPOCH": str(EPOCH), "XDG_CACHE_HOME": str(self.place / "cache")}
        settings = Settings(
            app_id=self.app,
            private_key=SecretStr(keys()[0]),
            webhook_secret=SecretStr(SECRET),
            signing_key=SecretStr(signing_key()),
            github_url=self.sandbox.url,
            database=SecretStr(self.database or f"sqlite:///{data}/discharge.sqlite"),
            data=data,
            host="127.0.0.1",
            port=port,
            gpu_slots=1,
            log="text",
        )
        settings = replace(settings, **self.change)
        files = (self.notes_file, self.place / "words", self.house.records)
        wish = Wish(settings, environment, *files, kill, self.sweep, self.reap)
        self.services[port] = FORK.Process(target=program.main, args=(wish,), daemon=True)
        self.services[port].start()

    def settle(self) -> None:
        """Wait until nothing is on its way, twice in a row; whoever died meanwhile is followed by another."""
        self.wait_until(lambda: self._is_quiet() and self._is_quiet(), "it does not come to rest")

    def _is_quiet(self) -> bool:
        if self._revive() or not self.sandbox.wait_idle(PATIENCE):
            return False
        if any(any((self.place / "data" / engine / "runs").glob("[!.]*")) for engine in ("engine", "actions")):
            return False
        try:
            states = {state: float(number) for state, number in _STATE.findall(self._get(_INBOX))}
        except (OSError, HTTPException):
            return False  # it just died, or is not there yet
        if not states:
            return False  # its inbox did not answer in time, and the meter says nothing of it
        assert not states["parked"], f"a delivery was parked; it said:\n{self.words}"
        return not (states["waiting"] or states["working"] or self._lost())

    def _lost(self) -> set[str]:
        """Return the webhooks that did not arrive yet."""
        sent = self.sandbox.deliveries()
        return {each["guid"] for each in sent} - {each["guid"] for each in sent if 200 <= each["code"] < 300}

    def _revive(self) -> bool:
        """Let a process follow those that died, or the one that lives have the webhooks; say whether one had."""
        dead = [port for port, service in self.services.items() if service.exitcode is not None]
        for port in dead:
            self.deaths += 1
            service = self.services.pop(port)
            assert service.exitcode == -9, f"a service ended with {service.exitcode}"
            service.close()
        if dead and not self.services:
            self.sandbox.wait_idle(PATIENCE)  # what it did not hear is known to be lost when the next one begins
            self._start(dead[0], "")
        if dead:
            self.sandbox.hook("discharge", f"{self.url}/webhook")
        return bool(dead)

    @property
    def url(self) -> str:
        """Where a service that lives is reached."""
        return f"http://127.0.0.1:{next(iter(self.services))}"

    def _has_swept(self) -> bool:
        """Return whether the first look of a new service is over: its requests are no part of the story."""
        self._revive()
        try:
            return float(_SWEPT.findall(self._get("/metrics"))[0]) > 0
        except (OSError, HTTPException):
            return False

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=PATIENCE) as answer:  # noqa: S310 - our own address
            return str(answer.read().decode())

    def wait_until(self, ready: Callable[[], Any], what: str) -> None:
        """Wait until something is so; *what* is told if it does not become so."""
        deadline = time.monotonic() + _REST
        while not ready():
            assert time.monotonic() < deadline, f"{what}; it said:\n{self.words}\n{self.explain()}"
            self.meanwhile()
            time.sleep(_GLANCE)

    @property
    def words(self) -> str:
        """The last that the processes said."""
        return "\n".join((self.place / "words").read_text(encoding="utf-8").split("\n")[-60:])
