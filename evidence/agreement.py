"""A parity prediction against what a machine measured of two legs' logits: a judgement, or why there is none.

The rows come from a machine and are claims; which bounds they keep is judged here. It needs numpy where there is
something to judge, and nothing else does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contracts.error import Unreadable
from evidence import logits
from evidence.log import Outcome
from evidence.model import Match
from evidence.parity.label import doubt, find_vocabulary, object_to, object_to_vocabulary, remark
from evidence.parity.number import tell
from evidence.parity.tier import TIERS
from evidence.parity.verdict import Verdict, judge
from evidence.picture import Picture, draw
from evidence.quote import code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evidence.logits import Beside, Logits, Sheet
    from evidence.model import Observation, Parity
    from evidence.parity.measured import Measured
    from evidence.parity.row import Summary
    from evidence.parity.tier import Tier

ANY = "any"
"""The device of a prediction that asks for no proof in the file of logits itself."""


def name_tier(prediction: Parity) -> Tier | None:
    """Return the tier of a prediction with the bounds that it sets itself; None: there is no such tier."""
    tier = TIERS.get(prediction.tier)
    if tier is None:
        return None
    cosine, kl = prediction.worst_cosine, prediction.worst_kl
    return replace(tier, cosine=tier.cosine if cosine is None else cosine, kl=tier.kl if kl is None else kl)


def weigh(prediction: Parity, seen: Mapping[str, Observation]) -> Outcome:
    """Return what a prediction comes to; both of its legs are in *seen*."""
    tier = name_tier(prediction)
    if tier is None:
        return Outcome(Match.UNKNOWN, f"there is no tier {code(prediction.tier, 40)}")
    try:
        found = _find(prediction, seen)
        if isinstance(found, str):
            return Outcome(Match.UNKNOWN, found)
        one, two, beside = found
        objection = next(_object(prediction, tier, one, two, beside), "")
        return Outcome(Match.UNKNOWN, objection) if objection else _judge(tier, found)
    except Unreadable as error:
        return Outcome(Match.UNKNOWN, f"what the machine tells of the logits cannot be read: {error.what}")


def name_picture(prediction: Parity, repeat: int = 1) -> str:
    """Return the file name of the picture of a comparison: `gpu-smoke.against-cpu.strict.svg`."""
    number = "" if repeat == 1 else f"-{repeat}"
    return f"{prediction.leg}-smoke{number}.against-{prediction.reference}.{prediction.tier}.svg"


def picture(prediction: Parity, seen: Mapping[str, Observation]) -> str:
    """Return the picture of a comparison as SVG; empty where nothing was measured."""
    tier, measured = name_tier(prediction), _try(prediction, seen)
    if tier is None or measured is None:
        return ""
    from evidence.parity.summary import find_flips  # noqa: PLC0415 - numpy, only where something was measured

    near, flips = find_flips(measured, tier.tau)
    title = f"{prediction.leg} against {prediction.reference}, tier {tier.name}"
    numbers = measured["kl"].tolist(), measured["cosine"].tolist(), tier.kl, tier.cosine
    return draw(Picture(title, *numbers, near, flips))


def _try(prediction: Parity, seen: Mapping[str, Observation]) -> Measured | None:
    """Return the rows of a comparison, None where there are none or they cannot be read."""
    try:
        from evidence.parity.column import restore  # noqa: PLC0415 - numpy, only where something was measured

        found = _find(prediction, seen)
        return None if isinstance(found, str) else restore(found[2], found[0].positions)
    except (Unreadable, ImportError):
        return None


def _find(prediction: Parity, seen: Mapping[str, Observation]) -> tuple[Sheet, Sheet, Beside] | str:
    """Return reference, subject, and the rows of both; or in one sentence why there are none.

    Raises:
        Unreadable: a machine's text is none.
    """
    told = {leg: _read(seen[leg]) for leg in (prediction.reference, prediction.leg)}
    for leg, one in told.items():
        if one.sheet is None:
            return f"leg {leg} gave no logits: {one.failure}"
    reference, subject = (told[leg].sheet for leg in (prediction.reference, prediction.leg))
    assert reference is not None and subject is not None  # noqa: PT018 - just seen
    beside = next((one for one in told[prediction.leg].beside if one.leg == prediction.reference), None)
    if beside is None:
        return f"the logits of leg {prediction.leg} were not compared with those of {prediction.reference}"
    if beside.sha256 != reference.sha256:
        return f"leg {prediction.leg} was compared with other logits of {prediction.reference} than those that are told"
    return beside.failure or (reference, subject, beside)


def _read(seen: Observation) -> Logits:
    return logits.read(seen.logits) if seen.logits else logits.Logits(None, "nothing is told of them")


def _object(prediction: Parity, tier: Tier, one: Sheet, two: Sheet, beside: Beside) -> Iterator[str]:
    """Yield why the two may not be compared, or why the device is not proved."""
    labels = (None if sheet.label is None else dict(sheet.label) for sheet in (one, two))
    reference, subject = labels
    if (one.positions, one.width) != (two.positions, two.width):
        yield f"invalid comparison: {one.positions:,} × {one.width:,} logits, and {two.positions:,} × {two.width:,}"
    for objection in (*object_to(reference, subject, tier), *object_to_vocabulary(reference, subject, one.width)):
        yield f"invalid comparison: {objection}"
    known = find_vocabulary(reference, one.width)
    if not known or (beside.vocabulary, beside.tail_width) != (known, one.width - known):
        told = f"{beside.vocabulary:,} ids and {beside.tail_width:,} behind them"
        yield f"invalid comparison: {told} were compared, where {known:,} of {one.width:,} should be"
    if prediction.device != ANY:
        for why in doubt(subject, prediction.device):
            yield f"no proof of the device: {why}"


def _judge(tier: Tier, found: tuple[Sheet, Sheet, Beside]) -> Outcome:
    try:
        from evidence.parity.column import restore  # noqa: PLC0415 - numpy, only where there is something to judge
        from evidence.parity.summary import summarise  # noqa: PLC0415 - as above
    except ImportError:
        return Outcome(Match.UNKNOWN, "numpy is not installed where this is judged")
    one, two, beside = found
    try:
        summary = summarise(restore(beside, one.positions), tier)
    except ArithmeticError as error:
        return Outcome(Match.UNKNOWN, f"the numbers are impossible: {error}")
    labels = [None if sheet.label is None else dict(sheet.label) for sheet in (one, two)]
    judged = judge(summary, tier, remarks=tuple(remark(*labels)))
    match = {Verdict.MATCH: Match.YES, Verdict.NEAR_TIE: Match.YES, Verdict.MISMATCH: Match.NO}
    said = f"{judged.verdict.replace('_', ' ')}: {'; '.join(judged.reasons)}"
    numbers = tell(judged, one.sha256, two.sha256)
    return Outcome(match.get(judged.verdict, Match.UNKNOWN), said, _weigh_margin(summary, tier), numbers)


def _weigh_margin(summary: Summary, tier: Tier) -> str:
    """Return how far the worst KL is from its bound; empty where a position has none, for it may be the worst."""
    if summary.kl is None or summary.compared < summary.positions:
        return ""
    worst = summary.kl.worst
    return f"worst KL {worst:.3g}, {'within' if worst <= tier.kl else 'over'} {tier.kl:g}"
