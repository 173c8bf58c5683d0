"""What is due for a run on GitHub Actions, decided from what is remembered of it and what was seen. Pure.

A record is what was meant; what was seen decides. Whatever is done may be done again, because a process may end
between an act and its note. No runner that works for somebody else is ever ended.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from app.action.leftover import LOST_ANSWER, clear
from app.action.model import Dispatch, End, Fetch, Hand, Mint, Sleep, Turn, Wake
from app.action.record import Attempt
from evidence.quote import code

if TYPE_CHECKING:
    from app.action.model import Act, Limits, Look, Seen
    from app.action.record import Record

TRIES = 2
"""How many runners are started for one run."""
DAY = 24 * 3600.0
"""How long a run waits for a machine, in seconds."""
DOUBT = 25.0
"""How long something must look lost until it counts as lost: GitHub's lists lag behind."""
LAST_WORDS = 120.0
"""How long a result may come after the end of its job, or of its machine, in seconds."""
WAKE = 600.0
"""The least time between two wakings, in seconds."""
MARGIN = 600.0
"""Seconds that a job may take beyond its own deadline."""

Standing = Literal["parked", "queued", "working"]


def tell(record: Record) -> Standing:
    """Return how it stands with a run that has no end: parked, if nothing is there that could take it."""
    attempt = record.current
    if attempt and attempt.began:
        return "working"
    return "parked" if record.parked else "queued"


def decide(record: Record, seen: Seen, now: float, limits: Limits) -> Turn:
    """Return what is to be remembered of a run, and what is due for it at *now* (seconds since the epoch)."""
    record, cleared = _clear(record, seen, now)
    if seen.ended:
        return _leave(record, cleared)
    turn = _advance(record, seen, now, limits)
    return Turn(turn.record, (*cleared, *turn.acts))


def is_clear(record: Record) -> bool:
    """Return whether nothing is left of a run that ended."""
    return all(attempt.clear for attempt in record.attempts) and (record.slept or record.kind == "actions")


def _clear(record: Record, seen: Seen, now: float) -> tuple[Record, tuple[Act, ...]]:
    """Clear away attempts that are lost, and all of them once the run has its end."""
    acts: tuple[Act, ...] = ()
    for attempt in record.attempts:
        if seen.ended or attempt.lost:
            kept, due = clear(attempt, seen.look(attempt.number), now)
            record, acts = record.put(kept), (*acts, *due)
    return record, acts


def _leave(record: Record, cleared: tuple[Act, ...]) -> Turn:
    """Leave a run that has its end; the machine that people keep may sleep once nothing of it is left."""
    if record.kind == "actions" or record.slept or not all(attempt.clear for attempt in record.attempts):
        return Turn(record, cleared)
    used = bool(record.woken or record.attempts)
    return Turn(replace(record, slept=True), (*cleared, *((Sleep(),) if used else ())))


def _advance(record: Record, seen: Seen, now: float, limits: Limits) -> Turn:
    attempt = record.current
    if now - record.taken > DAY and not (attempt and attempt.promised):
        return Turn(record, (End(_explain_wait(record)),))
    if attempt is None:
        return _begin(record, seen, now)
    look = seen.look(attempt.number)
    if not attempt.asked:
        return _prepare(record, attempt, look, now)
    waits = not attempt.began and look.job in {"none", "queued"}
    if waits and now - attempt.promised > limits.watchdog:
        minutes = f"{limits.watchdog / 60:g} minutes"
        return Turn(record, (End(f"no runner with the labels {_name(record)} took the job within {minutes}"),))
    return _follow(record, attempt, look, now, limits)


def _follow(record: Record, attempt: Attempt, look: Look, now: float, limits: Limits) -> Turn:
    """Follow a run of the workflow."""
    if not attempt.workflow:
        return _trace(record, attempt, look, now)
    match look.job:
        case "working":
            return _attend(record, attempt, look, now, limits)
        case "over":
            return _conclude(record, attempt, look, now)
        case _:
            return _await(record, attempt, look, now)


def _begin(record: Record, seen: Seen, now: float) -> Turn:
    """Begin an attempt, or wait until there is a machine for one."""
    if record.kind == "actions":
        return _start(record)
    if not seen.online:
        parked = replace(record, parked=record.parked or now)
        if now - record.woken < WAKE:
            return Turn(parked)
        return Turn(replace(parked, woken=now), (Wake(),))
    record = replace(record, parked=0.0)
    if not seen.idle:
        return Turn(record)
    return Turn(record.put(Attempt(1, asked=now, promised=now)), (Dispatch(1),))


def _start(record: Record) -> Turn:
    """Begin the next attempt: what is remembered first is that a runner of that name may be registered."""
    number = len(record.attempts) + 1
    return Turn(record.put(Attempt(number)), (Mint(number),))


def _prepare(record: Record, attempt: Attempt, look: Look, now: float) -> Turn:
    """Have a runner started; the workflow is dispatched once its machine is there."""
    if not attempt.runner:
        return Turn(record, (Mint(attempt.number),))
    if not attempt.handed:
        return Turn(record, (Hand(attempt.number),))
    if look.machine == "over":
        return _doubt(record, attempt, now, f"its machine ended before the runner began{look.words}")
    if look.machine != "working":
        return Turn(record)
    return Turn(record.put(replace(attempt, asked=now, promised=now)), (Dispatch(attempt.number),))


def _trace(record: Record, attempt: Attempt, look: Look, now: float) -> Turn:
    """Find the run of the workflow whose number no answer told; one that is not found was not made."""
    if look.found:
        return Turn(record.put(replace(attempt, workflow=look.found)))
    if now - attempt.asked <= LOST_ANSWER:
        return Turn(record)
    return Turn(record.put(replace(attempt, asked=now)), (Dispatch(attempt.number),))


def _await(record: Record, attempt: Attempt, look: Look, now: float) -> Turn:
    """Wait until the runner takes the job; one that cannot any more is lost, at a second look."""
    if record.kind == "actions":
        if look.runner == "gone":
            return _doubt(record, attempt, now, f"its runner ended before it took the job{look.words}")
        if look.runner == "busy":
            return _doubt(record, attempt, now, "its runner took another job")
        if look.machine == "over":
            return _doubt(record, attempt, now, f"its machine ended before the runner took the job{look.words}")
    return Turn(record.put(replace(attempt, doubt=0.0)))


def _doubt(record: Record, attempt: Attempt, now: float, why: str) -> Turn:
    """Count an attempt as lost if it looks lost for a while, and make the next one, if there is one."""
    attempt = replace(attempt, doubt=attempt.doubt or now)
    if now - attempt.doubt < DOUBT:
        return Turn(record.put(attempt))
    record = record.put(replace(attempt, lost=True))
    if len(record.attempts) < TRIES:
        return _start(record)
    return Turn(record, (End(f"{why}; no further runner is started after {TRIES}"),))


def _attend(record: Record, attempt: Attempt, look: Look, now: float, limits: Limits) -> Turn:
    """Look after a job that runs: on its own runner, within its time, on a machine that is there."""
    if _is_foreign(record, attempt, look):
        return Turn(record, (End(_FOREIGN),))
    began = attempt.began or now
    latest = limits.deadline + MARGIN
    if now - began > latest:
        return Turn(record, (End(f"it took longer than {latest:g} s"),))
    over = record.kind == "actions" and look.machine == "over"
    doubt = (attempt.doubt if attempt.began and attempt.doubt else now) if over else 0.0
    record = record.put(replace(attempt, began=began, doubt=doubt))
    if over and now - doubt > LAST_WORDS:
        return Turn(record, (End(f"its machine ended before the job did{look.words}"),))
    return Turn(record)


def _conclude(record: Record, attempt: Attempt, look: Look, now: float) -> Turn:
    """Fetch what came of a job that ended; one that no runner took, or that left nothing, came to nothing."""
    if not look.holder:
        return Turn(record, (End(f"the run of the workflow ended on GitHub ({code(look.conclusion)})"),))
    if _is_foreign(record, attempt, look):
        return Turn(record, (End(_FOREIGN),))
    ended = attempt.ended or now
    record = record.put(replace(attempt, began=attempt.began or now, ended=ended))
    if now - ended > LAST_WORDS:
        return Turn(record, (End(f"the job ended on GitHub ({code(look.conclusion)}) and left no result"),))
    return Turn(record, (Fetch(attempt.number),))


_FOREIGN = "another runner than the one that was started for it took the job"


def _is_foreign(record: Record, attempt: Attempt, look: Look) -> bool:
    return record.kind == "actions" and look.holder not in {0, attempt.runner}


def _explain_wait(record: Record) -> str:
    if record.parked:
        return f"no machine with the labels {_name(record)} was online for {DAY / 3600:g} hours"
    if record.kind == "registered":
        return f"every machine with the labels {_name(record)} was busy for {DAY / 3600:g} hours"
    return f"no machine began within {DAY / 3600:g} hours"


def _name(record: Record) -> str:
    return ", ".join(code(label) for label in record.labels)
