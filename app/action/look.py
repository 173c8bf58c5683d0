"""What GitHub and the machine say of a run: as few questions as decide what is due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from app.action.leftover import LOST_ANSWER
from app.action.machine import hear
from app.action.model import Look, Seen
from app.action.record import name_machine, name_runner, name_title
from app.github import Refused
from app.hub.workshop import HOMES
from runners.engine.model import Queued, Running

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from app.action.model import Machine, Presence, Work
    from app.action.record import Attempt, Level, Record
    from app.hub.fleet import Runner
    from app.hub.workflow import Workflow
    from app.hub.workshop import Home, Workshop
    from runners.engine.model import Engine

_WORK: dict[str, Work] = {"in_progress": "working", "completed": "over"}


class Rival(NamedTuple):
    """A run that waits for a kept runner with all of these labels; *same*: one for the same repository."""

    labels: frozenset[str]
    same: bool


@dataclass(frozen=True, slots=True)
class Scout:
    """Looks at one run of our *app*. *rivals*: the other runs of ours that were dispatched and wait for a runner."""

    workshop: Workshop
    machine: Engine
    app: int
    run: str
    rivals: Collection[Rival]
    now: float

    def gather(self, record: Record, *, ended: bool) -> Seen:
        """Return what is seen.

        Raises:
            Refused: the app may not look.
            Busy: not now.
        """
        looks = {
            attempt.number: self._look(record, attempt, leaving=ended or attempt.lost)
            for attempt in record.attempts
            if not attempt.clear
        }
        if ended or record.current or record.kind == "actions":
            return Seen(ended, looks)
        listed = [(home, runner) for home, runner in self._list() if runner.online]
        found = [(home, runner) for home, runner in listed if runner.labels >= set(record.labels)]
        idle = [(home, runner.labels) for home, runner in found if not runner.busy]
        return Seen(ended, looks, len(found), count_free(idle, self.rivals))

    def see_machine(self, attempt: Attempt) -> Machine:
        """Return how it stands with the machine of an attempt, as its engine says."""
        if not attempt.handed:
            return "none"
        match self.machine.state(name_machine(self.run, attempt.number)):
            case Queued():
                return "waiting"
            case Running():
                return "working"
            case _:
                return "over"

    def _look(self, record: Record, attempt: Attempt, *, leaving: bool) -> Look:
        machine = self.see_machine(attempt)
        wanted = leaving or (attempt.asked and not attempt.began)
        runner = self._see_runner(attempt) if attempt.runner and wanted else "gone"
        stray = self._find_stray(attempt) if leaving and record.kind == "actions" and not attempt.level else ("", 0)
        words = hear(self.machine, name_machine(self.run, attempt.number)) if machine == "over" else ""
        if not attempt.asked:
            return Look(machine, runner, stray=stray, words=words)
        others = frozenset(one.workflow for one in record.attempts if one.number != attempt.number)
        workflow = self.workshop.workflow
        number = attempt.workflow or workflow.find(name_title(self.run), others)
        found = 0 if attempt.workflow else number
        seen = Look(machine, runner, found, stray, words=words)
        return self._see_job(workflow, attempt, number, seen, leaving=leaving) if number else seen

    def _see_job(self, workflow: Workflow, attempt: Attempt, number: int, look: Look, *, leaving: bool) -> Look:
        """Return a look with what is known of the job: who has it matters until it is over."""
        if leaving and look.runner != "busy":
            return replace(look, closed=workflow.is_over(number))
        work = workflow.read(number)
        if work:
            state = _WORK.get(work.status, "queued")
            over = state == "over"
            return replace(look, closed=over, job=state, holder=work.runner, conclusion=work.conclusion)
        young = self.now - attempt.asked <= LOST_ANSWER  # GitHub may not find yet what it has just made
        over = not young and workflow.is_over(number)
        return replace(look, closed=over, job="over" if over else "none", conclusion="no job")

    def _see_runner(self, attempt: Attempt) -> Presence:
        assert attempt.level, "a runner is registered somewhere"
        found = self.workshop.fleet(attempt.level, write=True).find(attempt.runner)
        if found is None:
            return "gone"
        return "busy" if found.busy else "online" if found.online else "offline"

    def _find_stray(self, attempt: Attempt) -> tuple[Level, int]:
        """Return where a runner is registered whose number nobody remembers; nowhere, where the app may not look."""
        name = name_runner(self.app, self.run, attempt.number)
        for home in HOMES:
            try:
                for runner in self.workshop.fleet(home, write=True).list(name):
                    if runner.name == name:
                        return home, runner.id
            except Refused:
                continue
        return "", 0

    def _list(self) -> Iterable[tuple[Home, Runner]]:
        """Return the runners of the organization and of the repository, as far as the app may see them.

        Raises:
            Refused: it may see neither.
        """
        found: list[tuple[Home, Runner]] = []
        refusals: list[Refused] = []
        for home in HOMES:
            try:
                found += [(home, runner) for runner in self.workshop.fleet(home).list()]
            except Refused as refused:
                refusals.append(refused)
        if len(refusals) == len(HOMES):
            raise refusals[-1]
        return found


def count_free(idle: Collection[tuple[Home, frozenset[str]]], rivals: Iterable[Rival]) -> int:
    """Return how many idle runners no other run waits for: where each stands, and its labels.

    Which one GitHub gives to another run is not known: a run that could have any of these counts as having one.
    """
    taken = sum(
        any(labels >= rival.labels and (rival.same or home == "organization") for home, labels in idle)
        for rival in rivals
    )
    return max(0, len(idle) - taken)
