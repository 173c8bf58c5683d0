"""What was seen and what it means: observations, predictions, measurements, verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from evidence.parity.number import Numbers  # noqa: TC001 - the reader of receipts asks the dataclasses for their types
from evidence.plain import LEAN

Origin = Literal["ran", "recorded", "reused"]
Branch = Literal["prediction", "if_fails"]


@dataclass(frozen=True, slots=True)
class Observation:
    """What one leg did.

    *merged* is stdout and stderr in the order of their arrival, decoded as UTF-8 with
    replacement. A recorded leg has one text only: it stands in *merged*, and *exit* is None
    because nobody here saw the program end.
    """

    leg: str
    argv: tuple[str, ...]
    merged: str
    stdout: str = ""
    stderr: str = ""
    exit: int | None = None
    seconds: float | None = None
    origin: Origin = "ran"
    source: str = ""
    """Where a recorded or reused log came from; empty for a leg that ran here."""
    failure: str = ""
    """Why the leg proves nothing (timed out, output over the bound, …); empty if it ended by itself."""
    truncated: bool = False
    logits: str = field(default="", metadata=LEAN)
    """What the machine measured of the logits that the leg wrote, as `evidence.logits` spells it; empty: of none."""


@dataclass(frozen=True, slots=True)
class Absent:
    """A leg that did not run, and why; never a success."""

    leg: str
    reason: str


Seen = Observation | Absent


@dataclass(frozen=True, slots=True)
class Exit:
    """The leg ends with this status."""

    leg: str
    exit: int


@dataclass(frozen=True, slots=True)
class Output:
    """The extracted output equals this text, but for white space at its two ends."""

    leg: str
    output: str


@dataclass(frozen=True, slots=True)
class Contains:
    """Every one of these texts stands in the log."""

    leg: str
    contains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Never:
    """None of these texts stands in the log."""

    leg: str
    never: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Only:
    """Of all `[tags]` at the start of a line, only these occur."""

    leg: str
    only: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """A text occurs exactly so many times."""

    leg: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class InOrder:
    """These texts occur one after the other."""

    leg: str
    in_order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Capture:
    """A pattern's first group (RE2 syntax), compared with a bound; every match must satisfy it.

    Exactly one of *equals*, *below*, *at_least*, *between* is set. Numbers are compared as
    numbers; *equals* as text if it is text.
    """

    leg: str
    pattern: str
    equals: str | float | None = None
    below: float | None = None
    at_least: float | None = None
    between: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class SameOutput:
    """The extracted outputs of these legs are equal."""

    legs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """The leg takes at most so many seconds, or so many times the seconds of another leg."""

    leg: str
    seconds: float | None = None
    ratio: float | None = None
    of: str = ""


@dataclass(frozen=True, slots=True)
class Parity:
    """The logits that a leg wrote agree with those of the leg *reference*, position by position, within a tier.

    *device* is the kind of device that must have computed them, as their file proves it; `any` asks for no proof.
    *worst_cosine* (centred, the least) and *worst_kl* (in nats, the most) stand for the tier's own bounds, where given.
    """

    leg: str
    reference: str
    tier: str = "strict"
    device: str = "cuda"
    worst_cosine: float | None = None
    worst_kl: float | None = None


Prediction = Exit | Output | Contains | Never | Only | Count | InOrder | Capture | SameOutput | Within | Parity


def legs_of(prediction: Prediction) -> tuple[str, ...]:
    """Return the names of the legs that *prediction* looks at."""
    if isinstance(prediction, SameOutput):
        return prediction.legs
    if isinstance(prediction, Within) and prediction.of:
        return (prediction.leg, prediction.of)
    if isinstance(prediction, Parity):
        return (prediction.leg, prediction.reference)
    return (prediction.leg,)


@dataclass(frozen=True, slots=True)
class Promise:
    """What must be seen for one falsifier, and which branch of it that validates.

    *gone* is what is all seen where the defect is gone that an `if_fails` branch guards against; empty where nobody
    said how that would look.
    """

    falsifier: str
    predictions: tuple[Prediction, ...]
    holds: Branch = "prediction"
    gone: tuple[Prediction, ...] = field(default=(), metadata=LEAN)

    @property
    def legs(self) -> tuple[str, ...]:
        """The legs that the predictions look at, each once, in order."""
        return tuple(dict.fromkeys(leg for p in (*self.predictions, *self.gone) for leg in legs_of(p)))


@dataclass(frozen=True, slots=True)
class Proof:
    """What a leg's log must show before it counts as a run on the device: a pattern (RE2).

    *leg* is the one whose line names the device in evidence; *others* must show it for themselves, too.
    """

    leg: str
    pattern: str
    others: tuple[str, ...] = field(default=(), metadata=LEAN)

    @property
    def legs(self) -> tuple[str, ...]:
        """Return every leg that has to prove its device."""
        return (self.leg, *self.others)


class Match(StrEnum):
    """What became of one prediction."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "not measured"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of the table: what was predicted, what was observed, and whether they agree."""

    prediction: Prediction
    expected: str
    observed: str
    match: Match
    margin: str = ""
    """For a captured number: how far it is from its bound, in the number's own unit."""
    parity: Numbers | None = None
    """For a comparison of logits: its numbers."""


@dataclass(frozen=True, slots=True)
class Held:
    """Every prediction was measured, and matched, in every repeat."""

    falsifier: str
    branch: Branch
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class Falsified:
    """A prediction was measured, and did not match."""

    falsifier: str
    branch: Branch
    measurements: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Nothing was proved, and why; never green, never red.

    *gone* says that the guarded defect is gone: the promise was neither kept nor broken, and should be reworded.
    """

    falsifier: str
    reason: str
    measurements: tuple[Measurement, ...] = field(default=())
    gone: bool = False


Verdict = Held | Falsified | NotMeasured


Word = Literal["held", "falsified", "not measured"]
_WORDS: dict[type[Verdict], Word] = {Held: "held", Falsified: "falsified", NotMeasured: "not measured"}


def word(verdict: Verdict) -> Word:
    """Return the one word (or two) for a verdict."""
    return _WORDS[type(verdict)]
