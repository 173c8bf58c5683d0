"""From observations to a verdict: the only place where one is made.

The rules are those of the design, section 5, and each errs on the side of *not measured*: a
program that died, an empty log, a number that is no number and a run without proof of its device
prove nothing, and what is not proved is never green.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evidence.measurement import measure
from evidence.model import (
    Absent,
    Exit,
    Falsified,
    Held,
    Match,
    Measurement,
    NotMeasured,
    Observation,
    legs_of,
)
from evidence.pattern import compile  # noqa: A004 - the word of both `re` and `re2`
from evidence.prediction import describe
from evidence.quote import code
from evidence.redact import hides

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evidence.model import Prediction, Promise, Proof, Seen, Verdict


GONE = "condition gone"
"""How the reason begins where the defect is gone that an `if_fails` branch guards against."""


def judge(
    promise: Promise,
    repeats: Sequence[Mapping[str, Seen]],
    *,
    extract: str = "",
    proof: Proof | None = None,
) -> Verdict:
    """Judge one promise on what its legs did, once or several times.

    Args:
        promise: what must be seen.
        repeats: one mapping of leg name to what was seen for each time that the legs ran.
        extract: the pattern that cuts the output out of stdout; empty: all of stdout.
        proof: what the log of one leg must show before a promise about that leg can be judged.

    Raises:
        Unreadable: a pattern is no RE2 pattern.
    """
    if not promise.predictions:
        return NotMeasured(promise.falsifier, "nothing is predicted for it")
    if not repeats:
        return NotMeasured(promise.falsifier, "no leg ran")
    verdicts = [_once(promise, seen, extract, proof) for seen in repeats]
    verdict = verdicts[0] if len(verdicts) == 1 else _agree(promise, verdicts)
    if not promise.gone or any(isinstance(one, Held) for one in verdicts):
        return verdict
    guard, instead = replace(promise, gone=()), replace(promise, predictions=promise.gone, gone=())
    if not all(_is_whole(guard, seen, proof) for seen in repeats):
        return verdict
    return _conclude_gone(verdict, judge(instead, repeats, extract=extract, proof=proof))


def _is_whole(guard: Promise, seen: Mapping[str, Seen], proof: Proof | None) -> bool:
    """Return whether the silence of a guard can be believed.

    It is silent where there is nothing to guard against; but so is a program that died, that never tried the device,
    that said nothing at all, or of whose log a part is missing.
    """
    logs = [one for leg in guard.legs if isinstance(one := seen.get(leg), Observation)]
    fit = not any(_unfit(leg, seen.get(leg), guard) for leg in guard.legs) and not _unproved(guard, seen, proof)
    return fit and all(log.merged.strip() and not log.truncated and not hides(log.merged) for log in logs)


def _conclude_gone(verdict: Verdict, instead: Verdict) -> Verdict:
    """Return that the guarded defect is gone, where what is seen then was seen in every repeat; else the verdict."""
    if not isinstance(instead, Held):
        return verdict
    told = "; ".join(dict.fromkeys(f"{row.expected}: {row.observed}" for row in instead.measurements))
    rows = (*verdict.measurements, *instead.measurements)
    return NotMeasured(verdict.falsifier, f"{GONE}: {told}", rows, gone=True)


def _once(promise: Promise, seen: Mapping[str, Seen], extract: str, proof: Proof | None) -> Verdict:
    unproved = _unproved(promise, seen, proof)
    rows = tuple(_row(p, promise, seen, extract, unproved) for p in promise.predictions)
    return _conclude(promise, rows)


def _conclude(promise: Promise, rows: tuple[Measurement, ...]) -> Verdict:
    matches = [row.match for row in rows]
    if Match.NO in matches:
        return Falsified(promise.falsifier, promise.holds, rows)
    if Match.UNKNOWN in matches:
        return NotMeasured(promise.falsifier, rows[matches.index(Match.UNKNOWN)].observed, rows)
    return Held(promise.falsifier, promise.holds, rows)


def _agree(promise: Promise, verdicts: Sequence[Verdict]) -> Verdict:
    """Join the verdicts of several repeats: held only if all held, unstable if some held and some did not."""
    rows = tuple(
        replace(row, observed=f"run {n} of {len(verdicts)}: {row.observed}")
        for n, verdict in enumerate(verdicts, start=1)
        for row in verdict.measurements
    )
    held = sum(isinstance(verdict, Held) for verdict in verdicts)
    if held and any(isinstance(verdict, Falsified) for verdict in verdicts):
        return NotMeasured(promise.falsifier, f"unstable: held in {held} of {len(verdicts)} repeats", rows)
    return _conclude(promise, rows)


def _row(
    prediction: Prediction,
    promise: Promise,
    seen: Mapping[str, Seen],
    extract: str,
    unproved: Mapping[str, str],
) -> Measurement:
    legs = legs_of(prediction)
    reasons = [*(_unfit(leg, seen.get(leg), promise) for leg in legs), *(unproved.get(leg, "") for leg in legs)]
    reason = next(filter(None, reasons), "")
    if reason:
        return Measurement(prediction, describe(prediction), reason, Match.UNKNOWN)
    return measure(prediction, {leg: one for leg, one in seen.items() if isinstance(one, Observation)}, extract)


def _unfit(leg: str, seen: Seen | None, promise: Promise) -> str:
    """Return why nothing can be concluded from a leg, or an empty text.

    A leg that exited non-zero counts only if the promise itself says how it exits: what a program
    that died did not print is no evidence.
    """
    if seen is None:
        return f"leg {leg} did not run"
    if isinstance(seen, Absent):
        return f"leg {leg} did not run: {seen.reason}"
    if seen.failure:
        return f"leg {leg} {seen.failure}"
    if seen.origin == "ran" and seen.exit is None:
        return f"leg {leg} was not seen to end"
    if seen.exit and not any(isinstance(p, Exit) and p.leg == leg for p in promise.predictions):
        return f"leg {leg} exited {seen.exit}{_last_words(seen)}; a program that died proves nothing by its silence"
    return ""


def _last_words(seen: Observation) -> str:
    """Return the last line that a program printed, the one on stderr first."""
    said = (seen.stderr.strip() or seen.merged.strip()).splitlines()
    return f", its last line was {code(said[-1].strip())}" if said else ""


def _unproved(promise: Promise, seen: Mapping[str, Seen], proof: Proof | None) -> dict[str, str]:
    """Return of each leg of *promise* that does not prove its device why it does not."""
    legs = [leg for leg in (proof.legs if proof else ()) if leg in promise.legs]
    told = {leg: _doubt(leg, promise, seen, proof.pattern) for leg in legs} if proof else {}
    return {leg: f"no proof of the device: {reason}" for leg, reason in told.items() if reason}


def _doubt(leg: str, promise: Promise, seen: Mapping[str, Seen], pattern: str) -> str:
    """Return why a leg does not prove its device, empty if it does."""
    log = seen.get(leg)
    reason = _unfit(leg, log, promise)
    if reason or not isinstance(log, Observation):
        return reason
    return "" if compile(pattern).found(log.merged) else f"{code(pattern)} is not in the log of leg {leg}"
