"""A repository with many open pull requests, the smokes that are asked for on them, and what must be true in the end.

Each pull request has a program of its own, which does to whoever runs it what its kind says.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.action.record import name_machine, name_runner
from runners.engine.local import Local
from runners.job import Job
from runners.smoke import Leg, Smoke
from tests.app.stage import CONFIG_PATH, CONTRACT, CONTRACT_PATH, PROGRAM_PATH, SPEC, SPEC_PATH
from tests.chaos.yard import find_living
from tests.peers.standin import ROOT, write_program
from tests.story.stage import NAME, SPEAK, WAIT

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.chaos.play import Play

WORKFLOW = ".github/workflows/discharge-smoke.yml"
ON_ACTIONS = SPEAK.replace("    timeout:", "    runner: {engine: actions, labels: [GPU]}\n    timeout:")
DEATHS = {
    "leg": 'echo "hello, world"; kill -9 $$',
    "worker": "kill -9 $PPID; sleep 60",
    "runner": "kill -9 $(sed 's/.*) //' /proc/$PPID/stat | cut -d' ' -f2); sleep 60",
}
PROGRAMS = {"held": 'echo "hello, world"', "falsified": 'echo "good night, world"', **DEATHS}
"""Kind → what its program does: it speaks, or kills the leg, the process that runs it, or the one that watches that."""
ENDS = {"held": "success", "falsified": "failure", **dict.fromkeys(DEATHS, "neutral")}
"""Kind → how its check ends, unless the runner on which it was to run is none."""
_NOBODY = "0" * 16
"""A run of which nobody knows."""
WAYS = ("never registers", "dies", "lies", "is killed", "finishes twice")
"""What a runner of GitHub Actions can do besides its work, the worst of which ends in no verdict."""


@dataclass
class Fleet:
    """Smokes on one engine; *kinds* says of each pull request what its program does."""

    play: Play
    engine: str
    chance: Random
    count: int
    kinds: dict[int, str] = field(default_factory=dict)
    bad: int = 0
    """How many runners do something else than their work."""

    def found(self) -> None:
        """Make the repository, its pull requests, and the runners."""
        config = (SPEAK if self.engine == "local" else ON_ACTIONS) + WAIT
        smoke = (ROOT / "runners" / "discharge-smoke.yml").read_text(encoding="utf-8")
        files = {CONTRACT_PATH: CONTRACT, SPEC_PATH: SPEC, PROGRAM_PATH: "#!/bin/sh\n", CONFIG_PATH: config}
        sandbox = self.play.sandbox
        sandbox.repository(NAME, {**files, WORKFLOW: smoke})
        for number in range(self.count):
            kind = self.chance.choice((*PROGRAMS, "held", "held"))
            program = f"#!/bin/sh\n# {number}\nsleep 0.$(($$ % 4))5\n{PROGRAMS[kind]}\n"
            made = sandbox.open_pull(NAME, f"change-{number}", f"feat: speak {number}", files={PROGRAM_PATH: program})
            self.kinds[made] = kind
        self.play.install(NAME)
        ways = [self.chance.choice((*WAYS, "", "", "")) for _ in range(self.count if self.engine == "actions" else 0)]
        self.bad = sum(way not in {"", "finishes twice"} for way in ways)
        (self.play.place / "ways").write_text("\n".join(ways), encoding="utf-8")
        write_program(self.play.place / "run.sh", "tests.peers.quickrunner", str(self.play.place))

    def leak(self) -> None:
        """Leave behind what no run knows: a runner that is registered, and a machine that works."""
        name = name_runner(self.play.app, _NOBODY, 1)
        self.play.sandbox.register(NAME.partition("/")[0], name, ["self-hosted", "gpu", name])
        smoke = Smoke("a just-in-time runner", "", (Leg("runner", ("sleep", "600")),), (), timeout=900.0)
        source = self.play.place / f"github/{NAME}.git"
        tip = self.play.sandbox.world.repository(NAME).store.tip("main") or ""
        engine = Local(self.play.place / "data/engine", 4)
        engine.start(Job(name_machine(_NOBODY, 1), str(source), tip, smoke, ("runner",), (), 1))
        engine.close()

    def is_clean(self) -> bool:
        """Return whether GitHub knows no runner of ours any more."""
        return not any(each["name"].startswith("discharge-") for each in self.play.sandbox.runners())

    def notice(self) -> None:
        """Let GitHub notice that a busy runner is dead, as it does minutes later."""
        for runner in self.play.sandbox.runners():
            if runner["busy"] and not self._works(runner["name"]):
                self.play.sandbox.lose(runner["id"])

    def _works(self, name: str) -> bool:
        run, _, attempt = name.removeprefix(f"discharge-{self.play.app}-").rpartition("-")
        folder = self.play.place / "data/engine/runs" / name_machine(run, int(attempt))
        return folder.is_dir() and not any((folder / end).exists() for end in ("bundle.json", "end"))

    def explain(self) -> str:
        """Return how it stands with what is under way."""
        sandbox, data = self.play.sandbox, self.play.place / "data"
        lines = [f"runner {each}" for each in sandbox.runners()]
        lines += [f"job {each}" for each in sandbox.jobs(NAME) if each["status"] != "completed"]
        lines += [f"lost {each}" for each in sandbox.deliveries() if not 200 <= each["code"] < 300]
        for path in sorted((data / "actions/runs").glob("[!.]*/*")) + sorted((data / "engine/runs").glob("[!.]*/*")):
            shown = path.read_text(encoding="utf-8")[-900:] if path.name in {"record.json", "end", "process"} else ""
            lines.append(f"{path.relative_to(data)} {shown.strip()}")
        return "\n".join([*lines, *find_living(self.play.place).values()])

    def look(self) -> list[str]:
        """Return what is not as it must be, a sentence each."""
        return [*self._check_ends(), *self._check_books(), *self._check_rest()]

    def _check_ends(self) -> list[str]:
        """Each pull request has one check of its smoke, which ended once and as its program made it end."""
        snapshot = self.play.sandbox.snapshot(NAME)
        checks = [check for check in snapshot["checks"] if check["name"] == "discharge smoke speak"]
        titles = {pull["title"]: int(number) for number, pull in snapshot["issues"].items()}
        ends: dict[int, list[Any]] = {number: [] for number in self.kinds}
        for check in checks:
            ends[titles[check["commit"].splitlines()[0]]].append(check["conclusion"])
        wrong = [f"#{number}, {self.kinds[number]}, ended {end}" for number, end in ends.items() if len(end) != 1]
        other = {n: end[0] for n, end in ends.items() if end and end[0] != ENDS[self.kinds[n]]}
        wrong += [f"#{n}, {self.kinds[n]}, ended as {end}" for n, end in other.items() if end != "neutral"]
        wrong += [f"{len(other)} were not measured for {self.bad} bad runners: {other}"] * (len(other) > self.bad)
        told = Counter(len(self._read_entries(snapshot["issues"][str(number)])) for number in self.kinds)
        return wrong + [f"{told} answers to one command each"] * (told != {1: self.count})

    def _read_entries(self, pull: Any) -> list[Any]:
        """Return the answers that stand in the status comment."""
        marks = [said["body"] for said in pull["comments"] if said["body"].startswith("<!-- discharge:status v1 ")]
        found = [json.JSONDecoder().raw_decode(mark.removeprefix("<!-- discharge:status v1 "))[0] for mark in marks]
        return [entry for status in found for entry in status["entries"] if entry["state"] != "waiting"]

    def _check_books(self) -> list[str]:
        """Every smoke is booked once and settled."""
        book: Path = self.play.place / "data/budget" / f"{NAME}.json"
        rows = json.loads(book.read_text(encoding="utf-8")).values()
        open_ = [row for row in rows if row["spent"] is None or row["spent"] < 0]
        wrong = [f"{len(rows)} runs are booked, of {self.count}"] * (len(rows) != self.count)
        return wrong + [f"not settled: {open_}"] * bool(open_)

    def _check_rest(self) -> list[str]:
        """No registration is left, no run is kept, and nothing lives but the service and the git of the sandbox."""
        sandbox, data = self.play.sandbox, self.play.place / "data"
        wrong = [f"the runner {each['name']} is registered" for each in sandbox.runners()]
        open_ = [job for job in sandbox.jobs(NAME) if job["status"] != "completed"]
        wrong += [f"the job {job['id']} is {job['status']}" for job in open_]
        for engine in ("engine", "actions"):
            wrong += [f"{path} is kept" for path in (data / engine / "runs").glob("[!.]*")]
        own = {os.getpid(), *(service.pid for service in self.play.services.values())}
        living = {pid: words for pid, words in find_living(self.play.place).items() if pid not in own}
        return wrong + [f"{words} lives" for words in living.values() if f"{self.play.place}/github" not in words]
