"""Machines and runners that come, work and are left behind, as the reaper sees them from both sides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.action.stray import Claim, Home, Registration
from app.github import Refused
from app.note import Note, write
from contracts.error import Complaint
from runners.engine.model import Gone, Queued, Running

if TYPE_CHECKING:
    from collections.abc import Callable

    from runners.engine.model import State

HOME = Home("repository", "acme/speak")
HEAR = Home("repository", "acme/hear")
ORGANIZATION = Home("organization", "acme")
APP, OTHER = 7, 71
"""Ours, and another Discharge App of the same organization."""


def name(run: str, app: int = APP) -> str:
    """Return what the runner of a run of an App is called."""
    return f"discharge-{app}-{run}-1"


@dataclass
class World:
    """GitHub and the engine in one; that somebody ended what works, or what somebody owns, stands in *wrong*."""

    now: float = 1000.0
    runners: dict[int, Registration] = field(default_factory=dict)
    machines: dict[str, float] = field(default_factory=dict)
    """Run → since when its machine works; 0 for one that waits, less for one that ended."""
    owned: set[str] = field(default_factory=set)
    notes: dict[str, str] = field(default_factory=dict)
    """Run → what its machine's job says of whose it is; empty for one that says nothing."""
    installed: list[Home] = field(default_factory=lambda: [HOME, HEAR, ORGANIZATION])
    away: set[Home] = field(default_factory=set)
    """Where GitHub does not answer."""
    refusals: dict[str, int] = field(default_factory=dict)
    """What GitHub refuses: `delete`, or the name of a home → the status."""
    said: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    before_find: Callable[[], None] = lambda: None

    def begin(self, run: str, home: Home = HOME) -> None:
        """Own a run's names, register its runner, start its machine."""
        self.owned |= {name(run), f"{run}-m1"}
        id_ = len(self.runners) + 1 + sum(line.startswith("delete") for line in self.said)
        self.runners[id_] = Registration(home, id_, name(run), frozenset({name(run), "gpu"}), online=False, busy=False)
        self.machines[f"{run}-m1"] = self.now
        repository = home.name if home.level == "repository" else HOME.name
        self.notes[f"{run}-m1"] = write(Note(1, repository, 1, "c" * 40))

    def abandon(self, run: str) -> None:
        """Let nobody know any more of a run."""
        self.owned -= {name(run), f"{run}-m1"}

    def show(self, run: str, *, online: bool = True, busy: bool = False) -> None:
        """Let the runner of a run be so, if it is registered."""
        for id_, runner in self.runners.items():
            if runner.name == name(run):
                self.runners[id_] = replace(runner, online=online, busy=busy)

    def knows(self, run: str) -> bool:
        """Return whether anything of a run is there."""
        return f"{run}-m1" in self.machines or any(runner.name == name(run) for runner in self.runners.values())

    def lose(self, run: str) -> None:
        """Let the machine of a run be gone with its power; one that works for somebody is not lost here."""
        if not any(runner.name == name(run) and runner.busy for runner in self.runners.values()):
            self.machines.pop(f"{run}-m1", None)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def claim(self) -> Claim:
        """Return what is ours and owned."""
        return Claim(APP, frozenset(self.owned))

    def clock(self) -> float:
        """Return the time."""
        return self.now

    # what GitHub knows

    def homes(self) -> tuple[Home, ...]:
        """Return where the app is installed."""
        return tuple(self.installed)

    def list(self, home: Home) -> tuple[Registration, ...]:
        """Return the runners of a home, if it answers."""
        self._ask(f"list {home.name}", home, home.name)
        return tuple(runner for runner in self.runners.values() if runner.home == home)

    def find(self, home: Home, id_: int) -> Registration | None:
        """Return a runner as it stands now."""
        self.before_find()
        self._ask(f"find {id_}", home, "find")
        return self.runners.get(id_)

    def delete(self, home: Home, id_: int) -> None:
        """Take a runner off the list; that it works is no excuse."""
        self._ask(f"delete {id_}", home, "delete")
        runner = self.runners.get(id_)
        if runner is None:
            raise Refused(404, "Not Found")
        if runner.busy or runner.name in self.owned:
            self.wrong.append(runner.name)
        del self.runners[id_]

    def _ask(self, what: str, home: Home, refusal: str) -> None:
        self.said.append(what)
        if home in self.away:
            raise ConnectionError("no answer")
        if refusal in self.refusals:
            raise Refused(self.refusals[refusal], "no")

    # what the engine has

    def runs(self) -> tuple[str, ...]:
        """Return every run of the engine."""
        return tuple(self.machines)

    def state(self, run: str) -> State:
        """Return how it stands with a machine."""
        since = self.machines[run]
        if since < 0:
            return Gone("it ended")
        return Running(since) if since else Queued(1)

    def spent(self, run: str) -> float:
        """Return for how long it works."""
        return self.now - self.machines[run] if self.machines[run] > 0 else 0.0

    def note(self, run: str) -> str:
        """Return whose a machine is."""
        return self.notes.get(run, "")

    def cancel(self, run: str) -> None:
        """End a machine; that its runner works is no excuse."""
        self.said.append(f"cancel {run}")
        if "cancel" in self.refusals:
            raise Complaint("the engine is held up")
        working = {runner.name for runner in self.runners.values() if runner.busy}
        if name(run.removesuffix("-m1")) in working or run in self.owned:
            self.wrong.append(run)

    def forget(self, run: str) -> None:
        """Remove a machine."""
        del self.machines[run]
