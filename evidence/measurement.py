"""One prediction against what its legs did: one row of the table, and nothing about the verdict."""

from __future__ import annotations

import math
import re
from itertools import islice
from typing import TYPE_CHECKING

from evidence.agreement import weigh
from evidence.capture import capture
from evidence.log import Outcome, answer, blank, excerpt, line, spot, streams, texts
from evidence.model import (
    Capture,
    Contains,
    Count,
    Exit,
    InOrder,
    Match,
    Measurement,
    Never,
    Only,
    Output,
    Parity,
    SameOutput,
    Within,
)
from evidence.pattern import MOST, compile  # noqa: A004 - the word of both `re` and `re2`
from evidence.prediction import describe, listed, number
from evidence.quote import code
from evidence.redact import hides

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from evidence.model import Observation, Prediction

_TAG = re.compile(r"(?:^|\r)[ \t]*(\[[^\]\r\n]+\])", re.MULTILINE)
_LISTED = 5


def measure(prediction: Prediction, seen: Mapping[str, Observation], extract: str = "") -> Measurement:
    """Return the row for *prediction*; every leg that it looks at must be in *seen*.

    Raises:
        Unreadable: a pattern is no RE2 pattern.
    """
    outcome = _settle(_look(prediction, seen, extract), prediction, seen)
    return Measurement(
        prediction, describe(prediction), outcome.observed, outcome.match, outcome.margin, outcome.parity
    )


def _look(prediction: Prediction, seen: Mapping[str, Observation], extract: str) -> Outcome:  # noqa: PLR0911, C901 - one line a kind
    match prediction:
        case Exit(leg, status):
            return _exit(seen[leg].exit, status)
        case Output(leg, text):
            return _output(seen[leg], text, extract)
        case Contains(leg, wanted):
            return _contains(seen[leg], wanted)
        case Never(leg, unwanted):
            return _never(seen[leg], unwanted)
        case Only(leg, tags):
            return _only(seen[leg], tags)
        case Count(leg, text, count):
            return _count(seen[leg], text, count)
        case InOrder(leg, wanted):
            return _in_order(seen[leg], wanted)
        case Capture():
            return capture(prediction, seen[prediction.leg])
        case SameOutput(legs):
            return _same_output({leg: seen[leg] for leg in legs}, extract)
        case Within():
            return _within(prediction, seen)
        case Parity():
            return weigh(prediction, seen)


def _settle(outcome: Outcome, prediction: Prediction, seen: Mapping[str, Observation]) -> Outcome:
    """Take back what an empty or cut log cannot prove: the silence of a program that said nothing.

    In a cut log a text that stands there stands there, but nothing can be said about the rest.
    """
    legs = [seen[leg] for leg in _read_legs(prediction)]
    if outcome.match is Match.UNKNOWN or not legs:
        return outcome
    mute = next((one.leg for one in legs if blank(one)), None)
    if mute is not None and (outcome.match is Match.YES or any(one.origin != "ran" for one in legs)):
        return Outcome(Match.UNKNOWN, f"the log of leg {mute} is empty: silence proves nothing")
    hidden = next((one.leg for one in legs if any(map(hides, _judged(prediction, one)))), None)
    if hidden is not None and outcome.match is Match.YES and not isinstance(prediction, Contains | InOrder | Capture):
        return Outcome(Match.UNKNOWN, f"a secret was taken out of the log of leg {hidden}: it is not known")
    cut = next((one.leg for one in legs if one.truncated), None)
    stands = {Contains: Match.YES, InOrder: Match.YES, Never: Match.NO, Only: Match.NO, Capture: Match.NO}
    if cut is not None and stands.get(type(prediction)) is not outcome.match:
        return Outcome(Match.UNKNOWN, f"the log of leg {cut} is cut short: the rest was not seen")
    return outcome


def _judged(prediction: Prediction, seen: Observation) -> tuple[str, ...]:
    """Return the texts in which a secret that was taken out could have decided otherwise."""
    return (answer(seen),) if isinstance(prediction, Output | SameOutput) else texts(seen)


def _read_legs(prediction: Prediction) -> tuple[str, ...]:
    """Return the legs whose text *prediction* reads; none for exit status, time and logits."""
    if isinstance(prediction, SameOutput):
        return prediction.legs
    return () if isinstance(prediction, Exit | Within | Parity) else (prediction.leg,)


def _yes(observed: str) -> Outcome:
    return Outcome(Match.YES, observed)


def _no(observed: str) -> Outcome:
    return Outcome(Match.NO, observed)


def _unknown(reason: str) -> Outcome:
    return Outcome(Match.UNKNOWN, reason)


def _exit(status: int | None, expected: int) -> Outcome:
    if status is None:
        return _unknown("nobody here saw the program end")
    return (_yes if status == expected else _no)(f"exited with {status}")


def _contains(seen: Observation, wanted: tuple[str, ...]) -> Outcome:
    if not wanted or not all(wanted):
        return _unknown("the prediction names no text")
    places = {text: spot(seen, text) for text in wanted}
    missing = [text for text, place in places.items() if not place]
    if missing:
        return _no(f"the log does not contain {listed(missing, 'or')}")
    return _yes(_join(places.values()))


def _never(seen: Observation, unwanted: tuple[str, ...]) -> Outcome:
    if not unwanted or not all(unwanted):
        return _unknown("the prediction names no text")
    places = [place for place in (spot(seen, text) for text in unwanted) if place]
    return _no(_join(places)) if places else _yes(f"none of it in {_lines(seen.merged)}")


def _only(seen: Observation, allowed: tuple[str, ...]) -> Outcome:
    tags = frozenset(tag if tag.startswith("[") else f"[{tag}]" for tag in allowed)
    strange: dict[str, str] = {}
    common: dict[str, None] = {}
    for text in streams(seen) or (seen.merged,):
        for found in _TAG.finditer(text):
            if found[1] in tags:
                common[found[1]] = None
            elif found[1] not in strange:
                strange[found[1]] = excerpt(text, found.start(1))
            if len(strange) == _LISTED:
                break
    if strange:
        return _no("; ".join(f"{code(tag)} in {place}" for tag, place in strange.items()))
    return _yes(f"only {listed(common)}" if common else f"no tag in {_lines(seen.merged)}")


def _count(seen: Observation, text: str, expected: int) -> Outcome:
    if not text:
        return _unknown("the prediction names no text")
    count = sum(part.count(text) for part in streams(seen)) or seen.merged.count(text)
    place = spot(seen, text)
    observed = f"{count:,} in {_lines(seen.merged)}" + (f", first in {place}" if place else "")
    return (_yes if count == expected else _no)(observed)


def _in_order(seen: Observation, wanted: tuple[str, ...]) -> Outcome:
    """Look for texts one after the other, in one stream.

    Two pipes are read as their data arrives, so that the order of lines across stdout and stderr
    is only nearly known: texts that stand apart prove nothing, neither for the promise nor against it.
    """
    if not wanted or not all(wanted):
        return _unknown("the prediction names no text")
    apart = streams(seen) or (seen.merged,)
    whole = [text for text in apart if len(_walk(text, wanted)) == len(wanted)]
    if whole:
        return _found(seen.merged if len(_walk(seen.merged, wanted)) == len(wanted) else whole[0], wanted)
    holding = [text for text in apart if all(one in text for one in wanted)]
    if not holding and len(apart) > 1 and all(any(one in text for text in apart) for one in wanted):
        return _unknown("these stand partly on stdout and partly on stderr: their order was not seen")
    return _lost(holding[0] if holding else seen.merged, wanted)


def _found(text: str, wanted: tuple[str, ...]) -> Outcome:
    walk = _walk(text, wanted)
    passed = ", then ".join(f"line {line(text, at)}" for at in walk[:_LISTED])
    last = f": {excerpt(text, walk[-1])}" if len(wanted) == 1 else ""
    return _yes(passed + last + _more(len(walk)))


def _lost(text: str, wanted: tuple[str, ...]) -> Outcome:
    walk = _walk(text, wanted)
    if len(walk) == len(wanted):
        return _unknown("their order was seen in no stream alone")
    lost = code(wanted[len(walk)])
    after = f"after {code(wanted[len(walk) - 1])} in line {line(text, walk[-1])}" if walk else "in the log"
    return _no(f"no {lost} {after}")


def _walk(text: str, wanted: tuple[str, ...]) -> list[int]:
    """Return the offsets of *wanted* one after the other, as far as they are found."""
    offsets: list[int] = []
    position = 0
    for one in wanted:
        at = text.find(one, position)
        if at < 0:
            break
        offsets.append(at)
        position = at + len(one)
    return offsets


def _output(seen: Observation, expected: str, extract: str) -> Outcome:
    outputs = _extract(seen, extract)
    if isinstance(outputs, str):
        return _unknown(outputs)
    odd = next((text for text in outputs if text != expected.strip()), None)
    return _yes(code(outputs[0])) if odd is None else _no(code(odd))


def _same_output(legs: Mapping[str, Observation], extract: str) -> Outcome:
    if len(legs) < 2:  # noqa: PLR2004 - one leg can only agree with itself
        return _unknown("one leg alone cannot agree with another")
    outputs = {leg: _extract(seen, extract) for leg, seen in legs.items()}
    lost = next((reason for reason in outputs.values() if isinstance(reason, str)), None)
    if lost is not None:
        return _unknown(lost)
    given = {leg: "\n".join(found) for leg, found in outputs.items()}
    if not any(given.values()):
        return _unknown("no leg has any output")
    if len(set(outputs.values())) == 1:
        return _yes(f"all give {code(next(iter(given.values())))}")
    return _no("; ".join(f"{code(leg)} gives {code(text)}" for leg, text in given.items()))


def _extract(seen: Observation, extract: str) -> tuple[str, ...] | str:
    """Return what was extracted, stripped, of every match; or in one sentence why nothing was."""
    text = answer(seen)
    if not extract:
        return (text.strip(),)
    pattern = compile(extract, lines=False)
    if not pattern.groups:
        return f"{code(extract)} has no group to extract"
    group = pattern.names.get("output", 1) - 1
    hits = list(islice(pattern.hits(text), MOST + 1))
    if len(hits) > MOST:
        return f"{code(extract)} matches more than {MOST:,} times in leg {seen.leg}"
    return (
        tuple((hit.groups[group] or "").strip() for hit in hits)
        or f"{code(extract)} extracts nothing from leg {seen.leg}"
    )


def _within(prediction: Within, seen: Mapping[str, Observation]) -> Outcome:
    took, most = seen[prediction.leg].seconds, _most(prediction, seen)
    if isinstance(most, str):
        return _unknown(most)
    if took is None:
        return _unknown(f"nobody here measured the seconds of leg {prediction.leg}")
    margin = f"{abs(most - took):.3g} s {'under' if took <= most else 'over'} {most:.3g} s"
    return Outcome(Match.YES if took <= most else Match.NO, f"{took:.3g} s", margin)


def _most(prediction: Within, seen: Mapping[str, Observation]) -> float | str:
    """Return the most seconds that the leg may take, or in one sentence why nobody can say."""
    bounds = [n for n in (prediction.seconds, prediction.ratio) if n is not None]
    if len(bounds) != 1 or not math.isfinite(bounds[0]):
        return "the prediction must give exactly one bound, and a finite one"
    if prediction.seconds is not None:
        return prediction.seconds
    if not prediction.of:
        return f"{number(bounds[0])} times as long as what? The prediction names no other leg"
    other = seen[prediction.of].seconds
    return f"nobody here measured the seconds of leg {prediction.of}" if other is None else bounds[0] * other


def _join(places: Iterable[str]) -> str:
    shown = tuple(places)
    return "; ".join(shown[:_LISTED]) + _more(len(shown))


def _more(count: int) -> str:
    return f" and {count - _LISTED} more" if count > _LISTED else ""


def _lines(text: str) -> str:
    count = text.count("\n") + (not text.endswith("\n"))
    return "1 line" if count == 1 else f"{count:,} lines"
