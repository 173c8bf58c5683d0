"""Predictions in words, for the column that people read first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evidence.model import (
    Capture,
    Contains,
    Count,
    Exit,
    InOrder,
    Never,
    Only,
    Output,
    Parity,
    SameOutput,
    Within,
)
from evidence.quote import code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evidence.model import Prediction

_LISTED = 12


def describe(prediction: Prediction) -> str:  # noqa: PLR0911, C901 - one line a kind, in the order of the model
    """Return what *prediction* says as one phrase of Markdown, literals in backticks."""
    match prediction:
        case Exit(leg, status):
            return f"{code(leg)} exits with {status}"
        case Output(leg, text):
            return f"the output of {code(leg)} is {code(text)}"
        case Contains(leg, texts):
            return f"{code(leg)} prints {listed(texts)}"
        case Never(leg, texts):
            return f"{code(leg)} never prints {listed(texts, 'nor')}"
        case Only(leg, tags):
            return f"{code(leg)} begins lines with no other tag than {listed(tags, 'or')}"
        case Count(leg, text, count):
            return f"{code(leg)} prints {code(text)} {_times(count)}"
        case InOrder(leg, texts):
            return f"{code(leg)} prints " + ", then ".join(code(text) for text in texts[:_LISTED])
        case Capture():
            return f"what {code(prediction.pattern)} captures in {code(prediction.leg)} is {bound(prediction)}"
        case SameOutput(legs):
            return f"{listed(legs)} give the same output"
        case Within():
            return _within(prediction)
        case Parity():
            return _parity(prediction)


def bound(capture: Capture) -> str:
    """Return the bound of a capture in words: `below 0.99`, `from 1 to 2`."""
    parts = []
    if capture.equals is not None:
        parts.append(code(capture.equals) if isinstance(capture.equals, str) else number(capture.equals))
    if capture.below is not None:
        parts.append(f"below {number(capture.below)}")
    if capture.at_least is not None:
        parts.append(f"at least {number(capture.at_least)}")
    if capture.between is not None:
        parts.append("from {} to {}".format(*map(number, capture.between)))
    return " and ".join(parts) or "something, but no bound is given"


def number(value: float) -> str:
    """Return a number as a person writes it: `8`, not `8.0`."""
    return repr(value).removesuffix(".0")


def listed(texts: Iterable[str], word: str = "and") -> str:
    """Return literals as a list in words: `A`, `B` and `C`; at most a dozen are shown."""
    shown = [code(text) for text in texts]
    if len(shown) > _LISTED:
        shown = [*shown[: _LISTED - 1], f"{len(shown) - _LISTED + 1} more"]
    if len(shown) < 2:  # noqa: PLR2004 - a list of one needs no word between
        return "".join(shown) or "(nothing)"
    return f"{', '.join(shown[:-1])} {word} {shown[-1]}"


def _times(count: int) -> str:
    return "exactly once" if count == 1 else f"exactly {count} times"


def _within(prediction: Within) -> str:
    parts = []
    if prediction.seconds is not None:
        parts.append(f"at most {number(prediction.seconds)} s")
    if prediction.ratio is not None:
        parts.append(f"at most {number(prediction.ratio)} times as long as {code(prediction.of)}")
    return f"{code(prediction.leg)} takes " + (" and ".join(parts) or "some time, but no bound is given")


def _parity(prediction: Parity) -> str:
    own = [f"worst centred cosine at least {number(prediction.worst_cosine)}"] if prediction.worst_cosine else []
    own += [f"worst KL at most {number(prediction.worst_kl)}"] if prediction.worst_kl is not None else []
    where = "" if prediction.device == "any" else f", computed on {code(prediction.device)}"
    bounds = f" ({', '.join(own)})" if own else ""
    agrees = f"the logits of {code(prediction.leg)} agree with those of {code(prediction.reference)}"
    return f"{agrees} in tier {code(prediction.tier)}{bounds}{where}"
