"""What is due for runs on GitHub Actions, done for one run after the other: look, decide, remember, act, remember."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from app.action.hand import Crew
from app.action.look import Rival, Scout
from app.action.model import Limits
from app.action.permit import explain_look
from app.action.record import name_machine
from app.action.stage import DAY, TRIES, decide, is_clear
from app.github import Refused
from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.action.case import Case
    from app.action.hand import Setup
    from app.action.record import Attempt, Record
    from app.hub.workshop import Workshop
    from runners.engine.model import Engine
    from runners.engine.shelf import Shelf

EVERY = 30.0
"""The least time between two looks at GitHub about one run, in seconds, unless a webhook speaks of it."""
SOON = 5.0
"""The time until the next look at a run that has its end, if one fails, in seconds."""
DAMAGED = "what is kept of it was damaged"
_STEPS = 6
"""So many steps may follow each other at once: register, hand to a machine, dispatch; or end, and clear away."""
_log = structlog.stdlib.get_logger("runner")


@dataclass(frozen=True, slots=True)
class Shift:
    """One round over *cases*, which are all runs that there are."""

    shelf: Shelf
    cases: tuple[Case, ...]
    machine: Engine
    open: Callable[[int, str], Workshop]
    setup: Setup

    def serve(self, case: Case) -> None:
        """Do what is due for one run.

        Raises:
            Complaint: the machine's engine cannot take it now.
            Busy: GitHub cannot be asked now.
            OSError: the disk does not take it.
        """
        record = recall(case)
        if record is None:
            self._end(case, DAMAGED)
            self._drop(case)
        elif case.ended and is_clear(record):
            self._drop(case)
        elif case.pause >= EVERY or _is_local(case, record):
            self._look(case, record)

    def _look(self, case: Case, record: Record) -> None:
        case.touch("looked")
        try:
            note, limits = case.whose, Limits(case.whose.watchdog, case.job.deadline)
        except Unreadable:
            self._end(case, DAMAGED)
            self._drop(case)
            return
        with self.open(note.installation, note.repository) as workshop:
            try:
                self._go_on(case, record, limits, workshop)
            except Refused as refused:
                self._give_up(case, refused)
            except IsADirectoryError:  # where a file of its own belongs
                self._end(case, DAMAGED)
            except Exception:
                if case.ended:
                    case.hurry(EVERY - SOON)  # a machine may work on
                if time.time() - record.taken > 2 * DAY + limits.deadline:
                    self._end(case, "for too long GitHub could not be asked about it")
                raise

    def _go_on(self, case: Case, record: Record, limits: Limits, workshop: Workshop) -> None:
        """Go on with a run, and once more where one step leads straight to the next."""
        crew = Crew(case, self.shelf.locked, workshop, self.machine, self.setup, limits, self._is_idle(case))
        for _ in range(_STEPS):
            before, now = (record.current, case.ended), time.time()
            scout = Scout(workshop, self.machine, self.setup.app, case.run, self._find_rivals(case), now)
            turn = decide(record, scout.gather(record, ended=before[1]), now, limits)
            record = _remember(case, record, turn.record)
            for act in turn.acts:
                record = _remember(case, record, crew.carry_out(act, record))
            if not _leads_on(record.current, before, ended=case.ended):
                return

    def _give_up(self, case: Case, refused: Refused) -> None:
        """Let a run be gone that GitHub does not let us follow; its rest is dropped after days.

        A machine that worked on it ends, and one that could not yet be taken. Another may work for somebody else by
        now: that is left to its own deadline.
        """
        record = recall(case)
        assert record is not None, "it was read before"
        self._end(case, explain_look(refused, registered=record.kind == "registered"))
        for attempt in record.attempts:
            if attempt.handed and (attempt.began or not attempt.asked):
                self.machine.cancel(name_machine(case.run, attempt.number))
        _log.warning("GitHub refuses a look", run=case.run, why=refused.said)
        if time.time() - record.taken > 2 * DAY:
            self._drop(case)

    def _end(self, case: Case, reason: str) -> None:
        with self.shelf.locked():
            if not case.ended:
                case.finish(reason)

    def _drop(self, case: Case) -> None:
        """Remove what is kept of a run that nobody asks about any more, and every machine that it may have.

        Names are enough for that: what is remembered may be damaged. A registration goes with the strays: from now on
        its name is nobody's.
        """
        if not case.forgotten:
            return
        for number in range(1, TRIES + 1):
            name = name_machine(case.run, number)
            self.machine.cancel(name)
            self.machine.forget(name)
        with self.shelf.locked():
            self.shelf.forget(case.run, lambda _: True)

    def _is_idle(self, case: Case) -> bool:
        """Return whether no other run needs a machine that people keep."""
        return not any(self._others(case))

    def _find_rivals(self, case: Case) -> list[Rival]:
        """Return the other runs of an owner that were dispatched to kept runners and not taken yet."""
        own = _find_place(case)
        found = [(_find_place(one), recall(one)) for one in self._others(case)]
        return [
            Rival(frozenset(record.labels), place == own)
            for place, record in found
            if place[:1] == own[:1] and record and (attempt := record.current) and attempt.asked and not attempt.began
        ]

    def _others(self, case: Case) -> list[Case]:
        """Return the other runs for kept runners that have no end."""
        others = [one for one in self.cases if one.run != case.run and not one.ended]
        return [one for one in others if (record := recall(one)) and record.kind == "registered"]


def recall(case: Case) -> Record | None:
    """Return what is remembered of a run, None if that was damaged."""
    with suppress(Unreadable, OSError):
        return case.record
    return None


def current(case: Case) -> Attempt | None:
    """Return the attempt of a run that may still come to something."""
    record = recall(case)
    return record.current if record else None


def _find_place(case: Case) -> tuple[str, ...]:
    """Return the owner and the name of the repository that a run is for, in small letters; none if that was damaged."""
    with suppress(Unreadable):
        return tuple(case.whose.repository.lower().split("/"))
    return ()


def _remember(case: Case, old: Record, new: Record) -> Record:
    if new != old:
        case.save(new)
        attempt = new.current
        if attempt and attempt.began:
            case.begin(attempt.began)
    return new


def _leads_on(attempt: Attempt | None, before: tuple[Attempt | None, bool], *, ended: bool) -> bool:
    """Return whether more can be done at once: a step was taken that GitHub has no part in, or an end was found."""
    old, was_ended = before
    if ended:
        return not was_ended or attempt != old
    return attempt is not None and not attempt.asked and attempt != old


def _is_local(case: Case, record: Record) -> bool:
    """Return whether what is due next is not GitHub's to tell: the start of a machine."""
    attempt = record.current
    return bool(not case.ended and attempt and attempt.handed and not attempt.asked)
