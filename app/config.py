"""Reading `.github/discharge.yml`: errors with line and column, smokes as values, agreement with the contracts."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from app.glob import matches, select
from app.schema import Config, PredictionConfig, PromiseConfig, RatioConfig, SmokeConfig, SmokeFile
from contracts.document import read as read_yaml
from contracts.error import Complaint, Place, Unreadable
from contracts.finding import Finding
from evidence.model import (
    Capture,
    Contains,
    Count,
    Exit,
    InOrder,
    Never,
    Only,
    Output,
    Prediction,
    Promise,
    Proof,
    SameOutput,
    Within,
)
from evidence.pattern import compile as compile_pattern
from runners.smoke import Leg, Need, Smoke

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contracts.document import Document

PATH = ".github/discharge.yml"
_M = TypeVar("_M", bound=BaseModel)
_Steps = tuple[str | int, ...]


class Misconfigured(Unreadable):
    """A configuration with errors: every one of them is a finding with line and column."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Keep the findings; the sentence is that of the first."""
        self.findings = tuple(findings)
        super().__init__(findings[0].message, findings[0].place)

    def __str__(self) -> str:
        """Return one line a finding."""
        return "\n".join(f"{f.place}: {f.message}" for f in self.findings)


class Configured:
    """A configuration that was read, with the document that knows the place of every value."""

    def __init__(self, config: Config, document: Document) -> None:
        """Keep both; the smokes are filled in by `read` and `add`."""
        self.config, self.document = config, document
        self.smokes: dict[str, Smoke] = {}
        self.places: dict[str, tuple[Document, _Steps]] = {}

    def add(self, smokes: Mapping[str, SmokeConfig], document: Document) -> None:
        """Take in smokes of *document*.

        Raises:
            Misconfigured: a name twice, a leg or placeholder that does not exist, a bad pattern.
        """
        for name, smoke in smokes.items():
            steps: _Steps = ("smokes", name)
            if name in self.smokes:
                raise Misconfigured([_finding(document, steps, "a smoke of this name was read already")])
            findings = [_finding(document, (*steps, *path), message) for path, message in _faults(smoke)]
            if findings:
                raise Misconfigured(findings)
            self.smokes[name] = to_smoke(name, smoke)
            self.places[name] = (document, steps)


def read(text: str, file: str = PATH) -> Configured:
    """Return the configuration of *text*.

    Raises:
        Unreadable: the text is no YAML within the bounds.
        Misconfigured: unknown keys, wrong types, values out of range; with the place of each.
    """
    document = read_yaml(text, file)
    configured = Configured(_validate(Config, document), document)
    if isinstance(configured.config.smokes, dict):
        configured.add(configured.config.smokes, document)
    return configured


def read_smokes(configured: Configured, text: str, file: str) -> None:
    """Take in a file of smokes beside the contracts.

    Raises:
        Unreadable, Misconfigured: see `read`.
    """
    document = read_yaml(text, file)
    configured.add(_validate(SmokeFile, document).smokes, document)


def check(configured: Configured, paths: Sequence[str], contracts: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Return what disagrees between the configuration and the repository.

    Args:
        configured: what was read.
        paths: every path of the commit.
        contracts: path → the falsifier ids of that contract, of the contracts that smokes name.
    """
    config, document = configured.config, configured.document
    globs = [(("contracts", n), glob) for n, glob in enumerate(config.contracts)]
    found = [_finding(document, at, f"{glob} matches no file") for at, glob in globs if not select(paths, [glob])]
    for n, spec in enumerate(config.specs):
        if spec.path not in paths:
            found.append(_finding(document, ("specs", n, "path"), f"{spec.path} does not exist"))
    for name, smoke in configured.smokes.items():
        found.extend(_check_smoke(configured, name, smoke, contracts))
    return found


def _check_smoke(
    configured: Configured, name: str, smoke: Smoke, contracts: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    document, steps = configured.places[name]
    known = contracts.get(smoke.contract)
    if known is None or not matches(smoke.contract, configured.config.contracts):
        yield _finding(document, (*steps, "contract"), f"{smoke.contract} is no contract of this configuration")
        return
    for promise in smoke.promises:
        if promise.falsifier not in known:
            words = f"{promise.falsifier} is no falsifier of {smoke.contract}"
            yield _finding(document, (*steps, "predictions", promise.falsifier), words)


def to_smoke(name: str, config: SmokeConfig) -> Smoke:
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
        proof=Proof(config.device.leg, config.device.pattern) if config.device else None,
        when=config.when.paths,
        labels=config.runner.labels,
        timeout=config.timeout,
        repeat=config.repeat,
    )


def _promise(falsifier: str, value: tuple[PredictionConfig, ...] | PromiseConfig) -> Promise:
    if isinstance(value, PromiseConfig):
        return Promise(falsifier, tuple(_prediction(p) for p in value.all), value.holds)
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
    if isinstance(p.within, RatioConfig):
        return Within(leg, ratio=p.within.ratio, of=p.within.of)
    return Within(leg, seconds=p.within)


def _several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _faults(smoke: SmokeConfig) -> Iterator[tuple[_Steps, str]]:
    """Yield what cannot be right within one smoke: (path below it, sentence)."""
    known = {"binary", "out", *smoke.needs} if smoke.subject else {"out", *smoke.needs}
    for leg, argv in smoke.legs.items():
        for n, word in enumerate(argv):
            yield from (((("legs", leg, n)), fault) for fault in _unfilled(word, known))
    if smoke.device and smoke.device.leg not in smoke.legs:
        yield ("device", "leg"), f"“{smoke.device.leg}” is no leg of this smoke"
    yield from _bad_patterns(smoke)
    for falsifier, value in smoke.predictions.items():
        for leg in _promise(falsifier, value).legs:
            if leg not in smoke.legs:
                yield ("predictions", falsifier), f"“{leg}” is no leg of this smoke"


def _unfilled(word: str, known: set[str]) -> Iterator[str]:
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(word) if name is not None]
    except ValueError as error:
        yield f"{error} in “{word[:60]}”; write a literal brace twice"
        return
    for name in names:
        if name not in known:
            yield f"{{{name}}} is not known here; there are {', '.join(sorted(known))}"


def _bad_patterns(smoke: SmokeConfig) -> Iterator[tuple[_Steps, str]]:
    patterns: list[tuple[_Steps, str]] = [(("extract",), smoke.extract)] if smoke.extract else []
    if smoke.device:
        patterns.append((("device", "pattern"), smoke.device.pattern))
    for falsifier, value in smoke.predictions.items():
        predictions = value.all if isinstance(value, PromiseConfig) else value
        patterns.extend((("predictions", falsifier), p.capture) for p in predictions if p.capture is not None)
    for at, pattern in patterns:
        try:
            compile_pattern(pattern)
        except Complaint as complaint:
            yield at, complaint.what


def _validate(model: type[_M], document: Document) -> _M:
    if not isinstance(document.data, dict):
        raise Misconfigured([_finding(document, (), "the file must be a mapping of keys and values")])
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        found = [_finding(document, tuple(e["loc"]), _sentence(dict(e))) for e in error.errors(include_url=False)]
        raise Misconfigured(_distinct(found)) from None


def _finding(document: Document, steps: _Steps, message: str) -> Finding:
    """Return an error at the deepest step of *steps* that the document has."""
    path: _Steps = ()
    for step in steps:  # unions put their own names into a location: those are no keys of the document
        if document.node((*path, step)) is not None:
            path = (*path, step)
    where = ".".join(str(step) for step in path)
    return Finding("config/invalid", "error", document.place(path), f"{where}: {message}" if where else message)


def _sentence(error: dict[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return f"unknown key “{str(error['loc'][-1])[:60]}”; `discharge schema` prints every key there is"
    if error["type"] == "missing":
        return f"“{error['loc'][-1]}” is missing"
    return str(error["msg"]).removeprefix("Value error, ")


def _distinct(findings: list[Finding]) -> list[Finding]:
    """Keep one finding a place: a union reports the same mistake once for every branch."""
    first: dict[Place, Finding] = {}
    for finding in findings:
        first.setdefault(finding.place, finding)
    return list(first.values())
