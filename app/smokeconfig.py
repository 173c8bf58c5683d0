"""What the configuration says of one smoke: what is run, where, and what must be seen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.field import Argv, Glob, Name, Regex, Seconds, Sha256  # noqa: TC001 - pydantic asks for them
from app.shape import Shape


class WhenConfig(Shape):
    """The files that a smoke is bound to."""

    paths: tuple[Glob, ...] = ()


class RunnerConfig(Shape):
    """Where a smoke runs."""

    labels: tuple[str, ...] = ()
    engine: Literal["local", "registered", "slurm", "kubernetes", "actions"] = "local"


class SubjectConfig(Shape):
    """The program under test, relative to the checkout."""

    binary: str


class NeedConfig(Shape):
    """A file that the legs need; without a digest it is only recorded, never verified."""

    path: str
    sha256: Sha256 | None = None


class DeviceConfig(Shape):
    """The proof that a device was really tried: a pattern in the log of a leg, or of each of several."""

    leg: str | Annotated[tuple[str, ...], Field(min_length=1)]
    pattern: Regex


class RatioConfig(Shape):
    """A time relative to another leg's."""

    ratio: Annotated[float, Field(gt=0)]
    of: str


class ParityConfig(Shape):
    """The leg whose logits this leg's must agree with, and how closely.

    Both legs write `{out}/logits.safetensors`. *device* is the kind of device that the leg's own file must prove; `any`
    asks for no proof. The cosine is that of logits less their mean.
    """

    reference: str
    tier: Literal["strict", "tf32", "float16", "bfloat16", "float8"] = "strict"
    device: str = "cuda"
    worst_cosine: Annotated[float, Field(ge=-1, le=1)] | None = None
    worst_kl: Annotated[float, Field(ge=0)] | None = None


KINDS = (
    "exit",
    "output",
    "contains",
    "never",
    "only",
    "count",
    "in_order",
    "capture",
    "same_output",
    "within",
    "parity",
)
_BOUNDS = ("equals", "below", "at_least", "between")


class PredictionConfig(Shape):
    """One thing that must be seen; exactly one of the kinds stands in it."""

    leg: str | None = None
    exit: int | None = None
    output: str | None = None
    contains: str | tuple[str, ...] | None = None
    never: str | tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None
    count: Annotated[int, Field(ge=0)] | None = None
    text: str | None = None
    in_order: tuple[str, ...] | None = None
    capture: Regex | None = None
    equals: str | float | None = None
    below: float | None = None
    at_least: float | None = None
    between: tuple[float, float] | None = None
    same_output: Annotated[tuple[str, ...], Field(min_length=2)] | None = None
    within: Seconds | RatioConfig | None = None
    parity: ParityConfig | None = None

    @model_validator(mode="after")
    def _complete(self) -> PredictionConfig:
        """Demand one kind, a leg where the kind needs one, and the companions of that kind only."""
        kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(kinds) != 1:
            raise ValueError(f"a prediction names exactly one of {', '.join(KINDS)}; this one names {len(kinds)}")
        if (self.leg is None) != (kinds == ["same_output"]):
            raise ValueError("same_output names its legs itself; every other prediction names one leg")
        bounds = [bound for bound in _BOUNDS if getattr(self, bound) is not None]
        if len(bounds) != (kinds == ["capture"]):
            raise ValueError(f"a capture names exactly one of {', '.join(_BOUNDS)}, and nothing else does")
        if (self.text is not None) != (kinds == ["count"]):
            raise ValueError("count needs the text that is counted: {leg: …, count: 0, text: …}")
        return self


class PromiseConfig(Shape):
    """Predictions about one falsifier, and the branch that they validate.

    *gone* are the predictions that all hold where the defect is gone that an `if_fails` branch guards against.
    """

    all: Annotated[tuple[PredictionConfig, ...], Field(min_length=1)]
    holds: Literal["prediction", "if_fails"] = "prediction"
    gone: tuple[PredictionConfig, ...] = ()


class SmokeConfig(Shape):
    """What is run for a contract, and what must be seen."""

    contract: str
    legs: Annotated[dict[Name, Argv], Field(min_length=1)]
    predictions: dict[str, tuple[PredictionConfig, ...] | PromiseConfig]
    when: WhenConfig = WhenConfig()
    runner: RunnerConfig = RunnerConfig()
    timeout: Seconds = 900.0
    repeat: Annotated[int, Field(ge=1, le=100)] = 1
    build: tuple[Argv, ...] = ()
    subject: SubjectConfig | None = None
    extract: Regex = ""
    needs: dict[str, NeedConfig] = Field(default={})
    env: dict[str, str | None] = Field(default={})
    device: DeviceConfig | None = None
