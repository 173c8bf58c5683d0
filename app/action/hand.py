"""Carrying out what is due for a run on GitHub Actions: the only place where that happens."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

import structlog

from app.action.call import call
from app.action.machine import Start, plan
from app.action.model import Cancel, Deregister, Dispatch, End, Fetch, Hand, Mint, Sleep, Stop, Wake
from app.action.permit import explain_dispatch, explain_mint
from app.action.record import name_machine, name_runner
from app.github import Refused
from app.hub.workshop import HOMES
from contracts.error import Complaint, Unreadable
from runners import bundle as bundles
from runners import file
from runners import job as jobs

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from app.action.case import Case
    from app.action.model import Act, Limits
    from app.action.record import Record
    from app.hub.workshop import Home, Workshop
    from runners.engine.model import Engine

LARGEST = 65_535
"""So many characters may a workflow be dispatched with, all inputs together."""
_TAKEN = 409
_BUSY = frozenset({_TAKEN, 422})
_OWN_GROUP = 1
"""The one group that a repository's own runners have."""
_log = structlog.stdlib.get_logger("runner")


@dataclass(frozen=True, slots=True)
class Setup:
    """What the operator decided: the runner's program, the group of organization runners, and two argument lists.

    *app* is the App's number on GitHub, and *python* the Python of the machines that has this program installed.
    """

    app: int
    python: str
    program: str
    group: int = 1
    wake: tuple[str, ...] = ()
    sleep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Crew:
    """What acts for one run. *locked*: nobody else changes how it ended; *idle*: no other run needs a kept machine."""

    case: Case
    locked: Callable[[], AbstractContextManager[None]]
    workshop: Workshop
    machine: Engine
    setup: Setup
    limits: Limits
    idle: bool

    def carry_out(self, act: Act, record: Record) -> Record:  # noqa: C901 - one case for every act there is
        """Do one thing, and return what is to be remembered; what is done twice is done once.

        Raises:
            Complaint: the machine's engine, or the disk, cannot take it now.
            Refused: GitHub refuses what it should not.
            Busy: GitHub cannot be asked now.
        """
        match act:
            case Mint(number):
                return self._mint(record, number)
            case Hand(number):
                return self._hand(record, number)
            case Dispatch(number):
                return self._dispatch(record, number)
            case Fetch(number):
                self._fetch(record, number)
            case Cancel(number):
                self.workshop.workflow.cancel(record.attempt(number).workflow)
            case Stop(number):
                return self._stop(record, number)
            case Deregister(number):
                return self._deregister(record, number)
            case Wake():
                call("wake", self.setup.wake)
            case Sleep():
                call("sleep", self.setup.sleep if self.idle else ())
            case End(reason):
                self._end(reason)
            case _ as never:
                assert_never(never)
        return record

    def _mint(self, record: Record, number: int) -> Record:
        """Register a runner with the organization or else with the repository, and hide its configuration."""
        name, refusals = name_runner(self.setup.app, self.case.run, number), list[tuple["Home", Refused]]()
        for home in HOMES:
            fleet = self.workshop.fleet(home, write=True)
            group = self.setup.group if home == "organization" else _OWN_GROUP
            try:
                made = fleet.mint(name, (name, *record.labels), group)
            except Refused as refused:
                if refused.status == _TAKEN:
                    raise Complaint(f"the runner {name} is there, and works", mend="It is tried again") from refused
                refusals.append((home, refused))
                continue
            file.write(self.case.hide(number), made.secret.encode())
            return record.put(replace(record.attempt(number), level=home, runner=made.id))
        self._end(explain_mint(refusals, self.setup.group))
        return record

    def _hand(self, record: Record, number: int) -> Record:
        """Have a machine start the runner."""
        hidden = str(self.case.hide(number).absolute())
        start = Start(self.setup.python, self.setup.program, hidden)
        try:
            self.machine.start(plan(self.case.job, number, start, self.limits))
        except Unreadable as unreadable:
            self._end(f"no machine can be asked for: {unreadable.what}")
            return record
        return record.put(replace(record.attempt(number), handed=True))

    def _dispatch(self, record: Record, number: int) -> Record:
        """Dispatch the workflow for the runner of an attempt, or for whichever has the labels."""
        inputs = self._spell(record, number)
        if sum(len(key) + len(value) for key, value in inputs.items()) > LARGEST:
            self._end("its job is larger than a workflow may be dispatched with: fewer legs and predictions")
            return record
        try:
            workflow = self.workshop.workflow.dispatch(inputs)
        except Refused as refused:
            self._end(explain_dispatch(refused))
            return record
        return record.put(replace(record.attempt(number), workflow=workflow))

    def _spell(self, record: Record, number: int) -> dict[str, str]:
        """Return what the workflow is dispatched with; where the job lies here is nobody's business there."""
        job = replace(self.case.job, source="/subject", note="")
        own = (name_runner(self.setup.app, job.run, number),) if record.kind == "actions" else ()
        return {
            "run": job.run,
            "commit": job.commit,
            "smoke": job.smoke.name,
            "labels": json.dumps([*own, *record.labels]),
            "job": base64.b64encode(jobs.write(job)).decode(),
        }

    def _fetch(self, record: Record, number: int) -> None:
        """Fetch the result, if it is there."""
        workflow = record.attempt(number).workflow
        try:
            found = self.workshop.workflow.fetch(workflow, f"discharge-{self.case.run}", bundles.LONGEST)
        except Complaint as complaint:
            self._end(complaint.what)
            return
        if found is not None:
            with self.locked():
                self.case.keep(found)

    def _stop(self, record: Record, number: int) -> Record:
        """End a machine, with what it works on, and add up what it took."""
        name = name_machine(self.case.run, number)
        self.machine.cancel(name)
        spent = record.spent + self.machine.spent(name)
        self.machine.forget(name)
        self.case.strip(number)
        return replace(record.put(replace(record.attempt(number), handed=False)), spent=spent)

    def _deregister(self, record: Record, number: int) -> Record:
        """Have GitHub forget a runner; that it did is seen at the next look. One that works by now is left alone."""
        attempt = record.attempt(number)
        assert attempt.level, "a runner is registered somewhere"
        fleet = self.workshop.fleet(attempt.level, write=True)
        try:
            fleet.remove(attempt.runner)
        except Refused as refused:
            if refused.status not in _BUSY:
                raise
            return record
        self.case.strip(number)
        gone = fleet.find(attempt.runner) is None
        return record.put(replace(attempt, runner=0 if gone else attempt.runner))

    def _end(self, reason: str) -> None:
        with self.locked():
            if not self.case.ended:
                self.case.finish(reason)
                _log.info("a run is gone", run=self.case.run, why=reason)
