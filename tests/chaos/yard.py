"""A yard with some GPUs, where processes that hold an engine die and are followed by others, until all is done."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

from runners.engine.local import Local
from tests.chaos import keeper
from tests.chaos.keeper import MINUTES, REPOSITORY, Duty, open_account, read_told
from tests.chaos.play import FORK, PATIENCE
from tests.chaos.smoke import ENDS, PROGRAM, find_most
from tests.runners.source import Source

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess
    from types import TracebackType

    from tests.chaos.smoke import Asked

_GLANCE = 0.04
_LONGEST_FUSES, _STRIKE = {"teller": 60, "ticker": 8}, 0.01


@dataclass
class Yard:
    """Use it in `with`; *seed* decides who dies when, and *deaths* is how many processes of each kind may."""

    folder: Path
    asked: tuple[Asked, ...]
    seed: str
    slots: int = 4
    deaths: int = 60
    died: Counter[str] = field(default_factory=Counter)
    struck: dict[str, float] = field(default_factory=dict)
    """Run → when its runner was killed from outside."""
    most: frozenset[str] = frozenset()
    """The most runs that were seen to have a machine at the same time."""
    _living: frozenset[str] = frozenset()
    _keepers: dict[str, ForkServerProcess] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Begin with nobody."""
        (self.folder / "scratch").mkdir(parents=True)
        self._commit = Source(self.folder / "source.git").commit(PROGRAM)
        self._chance = {name: Random(f"{self.seed} {name}") for name in ("teller", "ticker", "strike")}  # noqa: S311
        self._pending = {asked.run: -1.0 for asked in self.asked if asked.kind == "struck"}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        for process in self._keepers.values():
            process.kill()
            process.join(PATIENCE)
            process.close()
        engine = Local(self.folder / "engine", self.slots)
        for left in (self.folder / "engine/runs").iterdir():
            engine.cancel(left.name)
        engine.close()

    def play(self) -> None:
        """Go on until every end was told and nothing is kept any more."""
        latest = time.monotonic() + 10 * PATIENCE
        while {one["run"] for one in read_told(self.folder)} < {asked.run for asked in self.asked} or self._kept():
            assert time.monotonic() < latest, f"it does not come to rest: {self._kept()}; it said:\n{self._words()}"
            self._revive()
            self._strike()
            self._count()
            time.sleep(_GLANCE)

    def _kept(self) -> list[str]:
        runs = self.folder / "engine/runs"
        return [path.name for path in runs.iterdir()] if runs.exists() else []

    def _words(self) -> str:
        path = self.folder / "words"
        return path.read_text(encoding="utf-8")[-4000:] if path.exists() else "nothing"

    def _revive(self) -> None:
        """Let a process follow each that died; how long that one lives its seed knows."""
        for name in ("teller", "ticker"):
            process, chance = self._keepers.get(name), self._chance[name]
            if process and process.exitcode is None:
                continue
            if process:
                assert process.exitcode == -signal.SIGKILL, f"{name} ended with {process.exitcode}:\n{self._words()}"
                self.died[name] += 1
                process.close()
            fuse = chance.randint(1, _LONGEST_FUSES[name]) if self.died[name] < self.deaths else 0
            duty = Duty(self.folder, self._commit, self.asked, self.slots, fuse, tell=name == "teller")
            self._keepers[name] = FORK.Process(target=keeper.main, args=(duty,), daemon=True)
            self._keepers[name].start()

    def _strike(self) -> None:
        """Kill a process at any moment: one that holds the engine, now and then, and the runners that are to be."""
        chance = self._chance["strike"]
        if chance.random() < _STRIKE and sum(self.died.values()) < self.deaths:
            self._keepers[chance.choice(("teller", "ticker"))].kill()
        for run, due in list(self._pending.items()):
            process = self.folder / "engine/runs" / run / "process"
            if due < 0 and process.exists():
                self._pending[run] = time.monotonic() + chance.uniform(0.0, 0.6)
            elif 0 <= due < time.monotonic():
                del self._pending[run]
                with suppress(FileNotFoundError, ValueError, ProcessLookupError):
                    os.kill(int(process.read_text(encoding="utf-8")), signal.SIGKILL)
                    self.struck[run] = time.time()

    def _count(self) -> None:
        """Count the runs whose runners live: those that are there at two looks lived at the same time.

        By their names, because a runner that is about to start another process is there twice for a moment.
        """
        command = re.compile(rf" -m runners {re.escape(str(self.folder))}/engine/runs/([^/]+)/")
        now = frozenset(found[1] for words in find_living(self.folder).values() if (found := command.search(words)))
        both = now & self._living
        self.most, self._living = max(self.most, both, key=len), now

    def look(self) -> list[str]:
        """Return what is not as it must be, a sentence each."""
        return [*self._check_ends(), *self._check_legs(), *self._check_books(), *self._check_rest()]

    def _check_ends(self) -> list[str]:
        """Every smoke has one end, however often it was told, and one that it can have."""
        ends: dict[str, set[str]] = {}
        for one in read_told(self.folder):
            ends.setdefault(one["run"], set()).add(one["end"])
        wrong = [f"{run} has the ends {sorted(found)}" for run, found in ends.items() if len(found) > 1]
        for asked in self.asked:
            found = ends.pop(asked.run, set())
            if not found <= ENDS[asked.kind] or not found:
                wrong.append(f"{asked.run}, which is {asked.kind}, ended as {sorted(found)}")
        return wrong + [f"{run} was told, and nobody asked for it" for run in ends]

    def _check_legs(self) -> list[str]:
        """No leg began twice, none that held did not begin, and no more had a machine at once than there are."""
        lines = (self.folder / "legs").read_text(encoding="utf-8").splitlines()
        begun = Counter(line.split()[1] for line in lines if line.startswith("begin "))
        wrong = [f"the leg of {run} began {times} times" for run, times in begun.items() if times > 1]
        held = {one["run"] for one in read_told(self.folder) if one["end"] == "held"}
        wrong += [f"{run} held, and its leg never began" for run in sorted(held - begun.keys())]
        lines += [f"end {run} {int(when * 1e9)}" for run, when in self.struck.items() if run in begun]
        wrong += [f"{sorted(self.most)} had a machine at once"] * (len(self.most) > self.slots)
        most = find_most(lines)
        return wrong + [f"{most} legs had a machine at once"] * (most > self.slots)

    def _check_books(self) -> list[str]:
        """Every run is booked once, nothing is reserved any more, and the sum is what was told to be spent."""
        day = open_account(self.folder).read(REPOSITORY)
        told: dict[str, list[float]] = {}
        for one in read_told(self.folder):
            told.setdefault(one["run"], []).append(one["spent"])
        booked = {item.run: item.spent for item in day.items}
        wrong = [f"{day.reserved} minutes are reserved still"] * bool(day.reserved)
        wrong += [f"{len(day.items)} runs are booked, of {len(self.asked)}"] * (len(day.items) != len(self.asked))
        for run, seconds in told.items():
            spent = booked.get(run)
            if spent is None or not any(abs(spent * 60 - one) < 1e-6 for one in seconds):
                wrong.append(f"{run} spent {seconds} seconds, and {spent} minutes are booked")
            elif not 0 < spent <= MINUTES:
                wrong.append(f"{run} spent {spent} of {MINUTES} minutes")
        return wrong

    def _check_rest(self) -> list[str]:
        """Nothing that was started lives any more, and nothing is kept of any run."""
        for name in ("teller", "ticker"):
            self._keepers[name].kill()
            self._keepers[name].join(PATIENCE)
        latest = time.monotonic() + 5
        while (left := list(find_living(self.folder).values())) and time.monotonic() < latest:
            time.sleep(_GLANCE)
        return [f"{one} lives still" for one in left] + [f"{name} is kept" for name in self._kept()]


def find_living(folder: Path) -> dict[int, str]:
    """Return the processes that work in a folder, or on something in it, by id, with their command lines."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            where = os.readlink(process / "cwd")  # noqa: PTH115 - a text is all it needs
            if words and (str(folder) in words or where.startswith(str(folder))):
                found[int(process.name)] = words.strip()
    return found
