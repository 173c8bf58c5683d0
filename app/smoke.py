"""One smoke of the configuration: as the runners read it, and what cannot be right about it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from app.smokeconfig import PredictionConfig, PromiseConfig, RatioConfig
from contracts.error import Complaint
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
    Prediction,
    Promise,
    Proof,
    SameOutput,
    Within,
)
from runners.command import fill
from runners.smoke import Leg, Need, Smoke

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.smokeconfig import DeviceConfig, SmokeConfig

Steps = tuple[str | int, ...]
"""The keys and indices that lead to a value of the configuration."""


def convert(name: str, config: SmokeConfig) -> Smoke:
    """Return the smoke as the runners read it."""
    return Smoke(
        name=name,
        contract=config.contract,
        legs=tuple(Leg(leg, argv) for leg, argv in config.legs.items()),
        promises=tuple(_promise(falsifier, value) for falsifier, value in config.predictions.items()),
        build=config.build,
        binary=config.subject.binary if config.subject else "",
        extract=config.extract,
        needs=tuple(Need(need, value.path, value.sha256 or "") for need, value in config.needs.items()),
        env=tuple(config.env.items()),
        proof=_prove(config.device) if config.device else None,
        when=config.when.paths,
        labels=config.runner.labels,
        timeout=config.timeout,
        repeat=config.repeat,
        engine=config.runner.engine,
    )


def _prove(device: DeviceConfig) -> Proof:
    first, *others = _several(device.leg)
    return Proof(first, device.pattern, tuple(others))


def _promise(falsifier: str, value: tuple[PredictionConfig, ...] | PromiseConfig) -> Promise:
    if isinstance(value, PromiseConfig):
        gone = tuple(_prediction(p) for p in value.gone)
        return Promise(falsifier, tuple(_prediction(p) for p in value.all), value.holds, gone)
    return Promise(falsifier, tuple(_prediction(p) for p in value))


def _prediction(p: PredictionConfig) -> Prediction:  # noqa: C901, PLR0911 - one line a kind, in the order of the documentation
    leg = p.leg or ""
    if p.exit is not None:
        return Exit(leg, p.exit)
    if p.output is not None:
        return Output(leg, p.output)
    if p.contains is not None:
        return Contains(leg, _several(p.contains))
    if p.never is not None:
        return Never(leg, _several(p.never))
    if p.only is not None:
        return Only(leg, p.only)
    if p.count is not None:
        return Count(leg, p.text or "", p.count)
    if p.in_order is not None:
        return InOrder(leg, p.in_order)
    if p.capture is not None:
        return Capture(leg, p.capture, p.equals, p.below, p.at_least, p.between)
    if p.same_output is not None:
        return SameOutput(p.same_output)
    if p.parity is not None:
        return Parity(leg, **p.parity.model_dump())
    if isinstance(p.within, RatioConfig):
        return Within(leg, ratio=p.within.ratio, of=p.within.of)
    return Within(leg, seconds=p.within)


def _several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def find_faults(smoke: SmokeConfig) -> Iterator[tuple[Steps, str]]:
    """Yield what cannot be right within one smoke: (path below it, sentence)."""
    own = {"binary", "out"}
    known = {*own, *smoke.needs} if smoke.subject else {"out", *smoke.needs}
    for leg, argv in smoke.legs.items():
        for n, word in enumerate(argv):
            yield from (((("legs", leg, n)), fault) for fault in find_unfilled(word, known))
    for need in own & set(smoke.needs):
        yield ("needs", need), f"{{{need}}} has a meaning of its own; give this need another name"
    if smoke.subject and posixpath.normpath(smoke.subject.binary).startswith(("/", "..")):
        yield ("subject", "binary"), f"{smoke.subject.binary} lies outside the repository; name a path inside it"
    unknown = [leg for leg in _several(smoke.device.leg) if leg not in smoke.legs] if smoke.device else []
    yield from ((("device", "leg"), f"“{leg}” is no leg of this smoke") for leg in unknown)
    yield from _find_wrong(smoke)


def _find_wrong(smoke: SmokeConfig) -> Iterator[tuple[Steps, str]]:
    """Yield what cannot be right about the predictions."""
    tiers: set[str] = set()
    for falsifier, value in smoke.predictions.items():
        if isinstance(value, PromiseConfig) and value.gone and value.holds != "if_fails":
            words = "only a promise that holds by its if_fails branch guards against a defect that can be gone"
            yield ("predictions", falsifier, "gone"), f"{words}: say `holds: if_fails` beside it"
        promise = _promise(falsifier, value)
        for leg in promise.legs:
            if leg not in smoke.legs:
                yield ("predictions", falsifier), f"“{leg}” is no leg of this smoke"
        compared = [p for p in (*promise.predictions, *promise.gone) if isinstance(p, Parity)]
        if any(p.leg == p.reference for p in compared):
            yield ("predictions", falsifier), "a leg always agrees with itself: name another one as the reference"
        tiers |= {p.tier for p in compared}
    if tiers and "strict" not in tiers:
        what = "lower precision alone cannot tell a wrong kernel from few digits"
        yield ("predictions",), f"{what}: predict `parity` in the tier strict, too, for a leg in float32 with TF32 off"


def find_unfilled(word: str, known: set[str]) -> Iterator[str]:
    """Yield what is wrong with the placeholders of an argument, as the runner will read them."""
    try:
        fill((word,), dict.fromkeys(known, ""))
    except Complaint as complaint:
        yield f"{complaint.what}. {complaint.mend}"
