"""The smokes of the chaos of runners: what each kind does to itself and to others, and what may come of it.

Every one is a small program that takes a GPU for a moment. What it kills it really kills, at a place that
its kind decides, and then it waits for its own end: whatever survives is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence.judge import judge
from evidence.model import Exit, Output, Promise, word
from runners import bundle as bundles
from runners.engine.model import Finished, Gone
from runners.job import Job
from runners.smoke import Leg, Smoke

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from random import Random

    from runners.engine.model import Engine

PROGRAM = r"""#!/bin/sh
# KIND RUN RUNS LIST PREY: what to do, the run's name, the engine's runs, the list of legs, the file of who is killed.
say() { echo "$1 $run $(date +%s%N)" >> "$list"; }
kind=$1 run=$2 runs=$3 list=$4 prey=$5
say begin
sleep 0.$(($$ % 4))5
case $kind in
  held | struck) echo "hello, world" ;;
  falsified) echo "good night, world" ;;
  leg) echo "hello, world"; say end; kill -9 $$ ;;
  worker) say end; kill -9 $PPID; sleep 60 ;;
  runner) say end; kill -9 "$(cat "$runs/$run/process")"; sleep 60 ;;
  keeper) kill -9 "$(cat "$prey")"; echo "hello, world" ;;
  slow | cancelled) sleep 60 ;;
esac
say end
"""
PROMISE = Promise("FALSIFY-SPEAK-001", (Exit("default", 0), Output("default", "hello, world\n")))
LEFT, CANCELLED = "gone: its process ended without a result", "gone: it was cancelled"
ENDS: dict[str, frozenset[str]] = {
    "held": frozenset({"held"}),
    "falsified": frozenset({"falsified"}),
    "leg": frozenset({"not measured"}),
    "worker": frozenset({"not measured"}),
    "slow": frozenset({"not measured"}),
    "runner": frozenset({LEFT}),
    "keeper": frozenset({"held"}),
    "cancelled": frozenset({CANCELLED}),
    "struck": frozenset({"held", LEFT}),
}
"""Kind → what may come of it. A struck one is killed from outside at some moment, perhaps after its bundle came."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One smoke that somebody asked for."""

    run: str
    kind: str


def draw(chance: Random, count: int) -> tuple[Asked, ...]:
    """Return so many smokes in an order of the seed's; as many as there are kinds have one of each."""
    kinds = [*ENDS, *(chance.choice((*ENDS, *("held",) * len(ENDS))) for _ in range(count - len(ENDS)))]
    chance.shuffle(kinds)
    return tuple(Asked(f"run-{number:03}", kind) for number, kind in enumerate(kinds))


def plan(asked: Asked, commit: str, folder: Path) -> Job:
    """Return the job of a smoke whose repository, engine and list of legs lie in *folder*."""
    words = (asked.kind, asked.run, str(folder / "engine/runs"), str(folder / "legs"), str(folder / "prey"))
    timeout = 0.5 if asked.kind == "slow" else 90.0
    smoke = Smoke(
        "speak",
        "contracts/speak-v1.yaml",
        (Leg("default", ("{binary}", *words)),),
        (PROMISE,),
        binary="speak.sh",
        timeout=timeout,
    )
    return Job(asked.run, str(folder / "source.git"), commit, smoke, ("default",), (), 1, asked.kind)


def judge_end(engine: Engine, run: str) -> str:
    """Return what came of a run that ended, judged as the app judges it."""
    match engine.state(run):
        case Finished():
            bundle = bundles.read(engine.collect(run), engine.job(run))
            return word(judge(PROMISE, bundle.repeats))
        case Gone(reason):
            return f"gone: {reason.partition(';')[0]}"
        case state:
            raise AssertionError(f"{run} was told to have ended, and is {state}")


def find_most(lines: Sequence[str]) -> int:
    """Return how many legs had a GPU at once, by what they wrote themselves; one without an end counts as a moment."""
    spans: dict[str, list[int]] = {}
    for line in lines:
        _, run, moment = line.split()
        spans.setdefault(run, []).append(int(moment))
    # At one moment an end comes before a begin, except of the same leg.
    points = sorted(point for span in spans.values() for point in ((span[0], 1), (span[-1] + (len(span) == 1), -1)))
    most = now = 0
    for _, change in points:
        now += change
        most = max(most, now)
    return most
