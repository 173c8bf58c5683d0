"""Ends what is left over, from both sides: what the engine has, and what GitHub lists."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import structlog

from app.action.machine import LONGEST
from app.action.stray import LOOK, Key, Machine, Mark, Reap, Registration, Unmark, decide, is_stray, name_runners
from app.github import Refused
from app.note import read as read_note
from contracts.error import Complaint
from runners.engine.model import Finished, Gone

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from app.action.stray import Act, Claim, Home
    from runners.engine.model import State

PAUSE = 600.0
"""Seconds between two looks while nothing is marked."""
YOUNG = 1800.0
"""For so many seconds a mark has everything be looked at every minute; what resists longer is tried with the others."""
CLOSED = 3600.0
"""Seconds for which a home is passed over that GitHub does not let the app look at."""
HIDDEN = LONGEST + PAUSE
"""For so many seconds a home that cannot be looked at may have a runner of ours at work: no machine works longer."""

_ABSENT = 404
_log = structlog.stdlib.get_logger("reaper")


class Registry(Protocol):
    """The runners that GitHub knows. Every method raises `Refused` for good, and another error if it may pass."""

    def homes(self) -> Collection[Home]:
        """Return the repositories and organizations that runners of ours can be registered at."""
        ...

    def list(self, home: Home) -> Collection[Registration]:
        """Return all runners of a home, page by page."""
        ...

    def find(self, home: Home, id_: int) -> Registration | None:
        """Return one runner as it stands now, None if it is gone."""
        ...

    def delete(self, home: Home, id_: int) -> None:
        """Have a runner be unknown to GitHub."""
        ...


class Machines(Protocol):
    """The engine that runners are started on, as far as it is needed; see `runners.engine.model.Engine`."""

    def runs(self) -> tuple[str, ...]:
        """Return every run that is not forgotten."""
        ...

    def state(self, run: str) -> State:
        """Return how it stands with a run."""
        ...

    def spent(self, run: str) -> float:
        """Return for how many seconds a machine has worked on a run."""
        ...

    def note(self, run: str) -> str:
        """Return whose a run is, as `app.note` spells it."""
        ...

    def cancel(self, run: str) -> None:
        """End a run."""
        ...

    def forget(self, run: str) -> None:
        """Remove what is kept of a run."""
        ...


class Reaper:
    """Looks for what is left over, and ends it; what one process misses after a restart, it marks anew."""

    def __init__(
        self,
        registry: Registry,
        machines: Machines | None,
        claim: Callable[[], Claim],
        clock: Callable[[], float],
    ) -> None:
        """Look nowhere yet.

        Args:
            registry: what GitHub knows.
            machines: the engine that runners are started on, None where people keep them.
            claim: returns what is ours, and what of it runs own that live. A run owns a name before anything of that
                name exists.
            clock: seconds that never go back.
        """
        self._registry, self._machines, self._claim, self._clock = registry, machines, claim, clock
        self._marks: dict[Key, float] = {}
        self._closed: dict[Home, float] = {}
        self._opened: set[Home] = set()
        self._missed: dict[Home, float] = {}
        self._said: dict[Key | Home, str] = {}
        self._last = -PAUSE
        self._one = threading.Lock()

    def look(self) -> Mapping[str, int]:
        """Look once, if it is time; return how many machines and registrations are left over.

        A machine whose runner may work where nobody can look counts, too: it is held back.
        """
        with self._one:
            now = self._clock()
            young = any(now - since < YOUNG for since in self._marks.values())
            if now - self._last >= (LOOK if young else PAUSE):
                self._last = now
                self._look(now)
            left = [key.home is None for key in self._marks]
            return {"machine": sum(left), "registration": len(left) - sum(left)}

    def _look(self, now: float) -> None:
        """Look at GitHub first, and last at who owns what: whoever registers a runner owned its name before."""
        registrations = {home: self._list(home, now) for home in self._registry.homes()}
        working, ended = self._survey()
        claim = self._claim()
        for run in ended - claim.names:
            if name_runners(claim.app, run):
                self._end(run, Key(None, run))
        for act in decide(self._marks, working, registrations, claim, now):
            self._do(act, now)

    def _list(self, home: Home, now: float) -> Collection[Registration] | None:
        """Return the runners of a home; none where the app was never let in, None if it cannot be looked at now."""
        if now - self._closed.get(home, -CLOSED) < CLOSED:
            return ()
        try:
            listed = self._registry.list(home)
        except Refused as refused:
            self._tell(home, refused.said)
            return self._miss(home, now, never=home not in self._opened)
        except Exception as error:  # noqa: BLE001 - whatever it is may pass, and holds up no other home
            self._tell(home, str(error))
            return self._miss(home, now, never=False)
        self._opened.add(home)
        self._missed.pop(home, None)
        self._said.pop(home, None)
        return listed

    def _miss(self, home: Home, now: float, *, never: bool) -> tuple[Registration, ...] | None:
        """Return None while a runner of ours may work at a home, unseen; none, once it cannot, or *never* could."""
        since = self._missed.setdefault(home, now)
        if not never and now - since < HIDDEN:
            return None
        self._opened.discard(home)
        self._closed[home] = now
        return ()

    def _survey(self) -> tuple[tuple[Machine, ...], frozenset[str]]:
        """Return the machines that work or wait, and the runs that ended; what cannot be told now is left out."""
        engine, working, ended = self._machines, list[Machine](), set[str]()
        for run in engine.runs() if engine else ():
            assert engine is not None, "it has runs"
            with suppress(Complaint):
                if isinstance(engine.state(run), Finished | Gone):
                    ended.add(run)
                else:
                    working.append(Machine(run, engine.spent(run), _find_repository(engine, run)))
        return tuple(working), frozenset(ended)

    def _do(self, act: Act, now: float) -> None:
        match act:
            case Mark(key):
                self._marks[key] = now
            case Unmark(key):
                self._drop(key)
            case Reap(Machine(run) as machine):
                self._end(run, machine.key)
            case Reap(Registration() as runner):
                self._deregister(runner)

    def _deregister(self, listed: Registration) -> None:
        """Have GitHub forget a runner, after a last look at it; a later look finds out whether it did."""
        key = listed.key
        try:
            runner = self._registry.find(listed.home, listed.id)
            if runner is None or not is_stray(runner, self._claim()):
                self._drop(key)
                return
            self._registry.delete(runner.home, runner.id)
        except Refused as refused:
            if refused.status == _ABSENT:
                self._drop(key)
            else:
                self._tell(key, refused.said)
        except Exception as error:  # noqa: BLE001 - it may pass, and the next look tries again
            self._tell(key, str(error))
        else:
            _log.warning("a runner that belonged to no run was deregistered", runner=runner.name, home=runner.home.name)

    def _end(self, run: str, key: Key) -> None:
        """End a machine, after a last look at whose it is, and remove what is kept of it."""
        assert self._machines is not None, "it told the run"
        if run in self._claim().names:
            self._drop(key)
            return
        try:
            self._machines.cancel(run)
            self._machines.forget(run)
        except Complaint as complaint:
            self._tell(key, str(complaint))
            return
        self._drop(key)
        _log.warning("a machine that belonged to no run is gone", run=run)

    def _drop(self, key: Key) -> None:
        self._marks.pop(key, None)
        self._said.pop(key, None)

    def _tell(self, about: Key | Home, why: str) -> None:
        """Say what is in the way, once for each reason; the next look tries again."""
        if self._said.get(about) != why:
            if isinstance(about, Key):
                _log.warning("what is left over stays for now", of=about.name, why=why)
            else:
                _log.info("runners cannot be looked at", home=about.name, why=why)
        self._said[about] = why


def _find_repository(engine: Machines, run: str) -> str:
    """Return the repository that a machine works for, empty if nobody knows."""
    with suppress(Complaint):
        return read_note(engine.note(run)).repository
    return ""
