"""The parts of the service put together from its settings: access to GitHub, engine, keys, and what runs beside."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog

from app.account import Account
from app.action.engine import Actions
from app.action.hand import Setup
from app.action.reaper import Reaper
from app.action.registry import GitHubRegistry
from app.action.router import Router, list_served
from app.bot.house import House
from app.bot.worker import Worker
from app.github import Refused
from app.hook.event import EVENTS, Finished, Swept
from app.hub.access import Access
from app.hub.token import Tokens
from app.hub.wire import Terms
from app.lookout import Lookout, pack
from app.machinery import open_engine
from app.note import read as read_note
from app.patrol import Patrol
from app.pulse import Pulse
from app.shell import now
from app.web.metric import Metrics
from app.web.serve import Work
from contracts.error import Unreadable
from evidence.envelope import seal
from evidence.receipt import is_receipt
from evidence.signer import publish
from evidence.signer import read as read_signer
from runners.job import Confinement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from securesystemslib.signer import Signer

    from app.effect import Effect
    from app.hub.application import Application, Sent
    from app.plan import Seal
    from app.queue.inbox import Inbox
    from app.web.settings import Settings
    from runners.engine.model import Engine

BEAT = 0.5
"""How often the engine is looked at, in seconds."""
SWEEP = 3600.0
"""How often it is looked for what was missed, in seconds."""
KEPT = timedelta(days=3)
"""How long GitHub redelivers a webhook."""
_LABEL = b"discharge: what the app writes for itself on GitHub"
_log = structlog.stdlib.get_logger("assembly")


def assemble(
    settings: Settings, watch: Callable[[Effect], None] = lambda _: None, metrics: Metrics | None = None
) -> Work:
    """Return what the service does with these settings; *watch* is told every effect after it happened.

    Raises:
        Complaint: a key is none, or the folder of the engine cannot be made.
    """
    metrics = metrics or Metrics()
    access = open_access(settings, metrics)
    operator = open_engine(settings)
    engine = open_router(settings, access, operator)
    worker = Worker(build_house(settings, access, engine, watch))
    reaper = Reaper(GitHubRegistry(access), operator, engine.actions.claim, time.monotonic)
    beside = (Watch(engine, metrics), Lookout(engine.actions), Sweep(access, metrics), Patrol(reaper, metrics))
    tasks = tuple(one.run for one in beside)
    return Work(metrics, EVENTS, worker.handle, tasks)


def open_router(settings: Settings, access: Access, operator: Engine) -> Router:
    """Return the operator's engine, and beside it that of GitHub Actions, which starts its machines on it.

    Raises:
        OSError: the folder cannot be made.
    """
    program, group = settings.runner_program, settings.runner_group
    setup = Setup(settings.app_id, sys.executable, program, group, settings.wake, settings.sleep)
    return Router(operator, Actions(settings.data / "actions", operator, access.workshop, setup))


def open_access(settings: Settings, metrics: Metrics) -> Access:
    """Return the door to GitHub that these settings open."""
    terms = Terms(settings.github_url, told=lambda method, _, status: metrics.request(method, status))
    tokens = Tokens(settings.app_id, settings.private_key.get_secret_value(), terms)
    return Access(terms, tokens, settings.data)


def build_house(settings: Settings, access: Access, engine: Router, watch: Callable[[Effect], None]) -> House:
    """Return what deliveries are handled with.

    Raises:
        Unreadable: the signing key is none.
    """
    pem = settings.signing_key.get_secret_value()
    key = hmac.new(pem.encode(), _LABEL, hashlib.sha256).digest()
    signer = read_signer(pem)
    own = publish(signer).text
    account = Account(settings.data / "budget", now)
    return House(
        settings.app_id,
        access.open,
        access.mirror,
        engine,
        account,
        key,
        make_seal(signer),
        own,
        watch,
        list_served(settings.engine),
        engine.actions.nudge,
        settings.repositories,
        Confinement(settings.network, settings.leg_user),
    )


def make_seal(signer: Signer) -> Seal:
    """Return what signs the receipts among the files of an evidence folder."""

    def sign(files: Mapping[str, bytes], contract: bytes) -> Mapping[str, bytes]:
        return dict(seal(path, content, contract, signer) for path, content in files.items() if is_receipt(path))

    return sign


@dataclass
class Watch:
    """Looks after the engine, and has the end of every run handled; each process tells an end once."""

    engine: Engine
    metrics: Metrics
    _told: set[str] = field(default_factory=set)
    _odd: set[str] = field(default_factory=set)
    """Ended runs of which the engine cannot say whose they are: logged once, and looked at again each time."""
    _pulse: Pulse = field(default_factory=partial(Pulse, "the engine is held up"))

    async def run(self, inbox: Inbox) -> None:
        """Watch until cancelled."""
        while True:
            await self.look(inbox)
            await asyncio.sleep(BEAT)

    async def look(self, inbox: Inbox) -> None:
        """Look once."""
        await self._pulse.beat(self.engine.tick)
        ended = await asyncio.to_thread(self.engine.finished)
        self._told &= set(ended)
        for run in ended:
            if run not in self._told:
                await self._tell(inbox, run)
        waiting = await asyncio.to_thread(self.engine.waiting)
        self.metrics.show_runs(Counter({"waiting": waiting, "ended": len(ended)}))

    async def _tell(self, inbox: Inbox, run: str) -> None:
        """Have the end of a run handled; one that is damaged, or forgotten right now, holds up no other."""
        try:
            note = read_note(await asyncio.to_thread(self.engine.note, run))
        except Unreadable as reason:
            if run not in self._odd:
                _log.warning("an ended run is passed over", run=run, why=str(reason))
            self._odd.add(run)
            return
        await inbox.store(pack(Finished(f"finished-{run}", note.installation, note.repository, run)))
        self._told.add(run)


@dataclass
class Sweep:
    """Has failed webhooks delivered once more, and every repository looked at that was seen before."""

    access: Access
    metrics: Metrics
    _begun: bool = False
    """Whether this process swept before: its first look is its own, the others are shared with other processes."""

    async def run(self, inbox: Inbox) -> None:
        """Sweep at once, and then once an hour, until cancelled."""
        while True:
            await self.look(inbox)
            await asyncio.sleep(SWEEP)

    async def look(self, inbox: Inbox) -> None:
        """Sweep once."""
        for event in await asyncio.to_thread(self.find):
            await inbox.store(pack(event))
        self.metrics.sweep()

    def find(self) -> list[Swept]:
        """Ask for the redelivery of what did not arrive; return a look at every repository that has a mirror here."""
        with self.access.application() as application:
            for delivery in find_lost(application.deliveries(now() - KEPT)):
                try:
                    application.redeliver(delivery)
                except Refused as refused:  # GitHub has it no more; the others may still come
                    _log.warning("a webhook cannot be delivered again", attempt=delivery, why=refused.said)
            return list(self._visit(application))

    def _visit(self, application: Application) -> Iterator[Swept]:
        turn = str(int(time.time() // SWEEP)) if self._begun else f"begin-{time.time_ns()}"
        self._begun = True
        for installation in application.installations():
            if installation.suspended:
                continue
            for name in _list(application, installation.id):
                if self.access.mirror(installation.id, name).folder.is_dir():
                    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
                    yield Swept(f"sweep-{turn}-{digest}", installation.id, name)


def _list(application: Application, installation: int) -> list[str]:
    """Return the repositories of an installation; none of one that went away meanwhile, which holds up no other."""
    try:
        return list(application.repositories(installation))
    except Refused as refused:
        _log.warning("an installation is passed over", installation=installation, why=refused.said)
        return []


def find_lost(attempts: Iterable[Sent]) -> list[int]:
    """Return the newest attempt of every webhook that never arrived, oldest first."""
    newest: dict[str, Sent] = {}
    arrived = set[str]()
    for sent in attempts:
        newest.setdefault(sent.guid, sent)
        arrived |= {sent.guid} if sent.arrived else set()
    return [sent.id for guid, sent in reversed(newest.items()) if guid not in arrived]
