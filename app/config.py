"""Reading `.github/discharge.yml`: errors with line and column, smokes as values, agreement with the repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from app import follower
from app.glob import matches, select
from app.schema import Config, SmokeFile
from app.smoke import convert, find_faults, find_unfilled
from contracts.document import read as read_yaml
from contracts.error import Place, Unreadable
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.smoke import Steps
    from app.smokeconfig import SmokeConfig
    from contracts.document import Document
    from contracts.finding import Finding
    from runners.smoke import Smoke

PATH = ".github/discharge.yml"
MOST = 100
"""How many mistakes of one file are told."""
_M = TypeVar("_M", bound=BaseModel)


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
        self.places: dict[str, tuple[Document, Steps]] = {}

    @property
    def files(self) -> frozenset[str]:
        """The files that it was read from: the configuration itself, and those of smokes beside the contracts."""
        return frozenset((self.document.file, *(document.file for document, _ in self.places.values())))

    def add(self, smokes: Mapping[str, SmokeConfig], document: Document) -> None:
        """Take in smokes of *document*.

        Raises:
            Misconfigured: a name twice, a leg or placeholder that does not exist, a bad pattern.
        """
        for name, smoke in smokes.items():
            steps: Steps = ("smokes", name)
            if name in self.smokes:
                raise Misconfigured([_finding(document, steps, "a smoke of this name was read already")])
            findings = [_finding(document, (*steps, *path), message) for path, message in find_faults(smoke)]
            if findings:
                raise Misconfigured(findings)
            self.smokes[name] = convert(name, smoke)
            self.places[name] = (document, steps)


def read(text: str, file: str = PATH) -> Configured:
    """Return the configuration of *text*.

    Raises:
        Unreadable: the text is no YAML within the bounds.
        Misconfigured: unknown keys, wrong types, values out of range; with the place of each.
    """
    document = read_yaml(text, file)
    configured = Configured(_validate(Config, document), document)
    words = enumerate(configured.config.validate_ or ())
    faults: list[tuple[Steps, str]] = [*follower.find_faults(configured.config)]
    faults += [(("validate", n), fault) for n, word in words for fault in find_unfilled(word, {"contract"})]
    if faults:
        raise Misconfigured([_finding(document, at, fault) for at, fault in faults])
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


@dataclass(frozen=True, slots=True)
class Standing:
    """A configuration beside the repository: every path there, and the contracts that smokes name.

    *contracts* maps a path to the falsifier ids of that contract; None where it cannot be read, which is a finding
    of its own.
    """

    configured: Configured
    paths: Sequence[str]
    contracts: Mapping[str, Sequence[str] | None]


def check(configured: Configured, paths: Sequence[str], contracts: Mapping[str, Sequence[str] | None]) -> list[Finding]:
    """Return what disagrees between the configuration and the repository; see `Standing`."""
    return [INVALID.state(fault) for fault in INVALID.find(Standing(configured, paths, contracts))]


def _disagree(standing: Standing) -> Iterator[Fault]:
    """The configuration can be read, and agrees with the repository.

    Every key is known, every value is of its type and in its range, every path and every pattern matches a file, and
    every falsifier that a smoke names stands in its contract. `discharge schema` prints every key there is.
    """
    configured, known = standing.configured, frozenset(standing.paths)
    config, document = configured.config, configured.document
    for at, glob in _globs(config):
        if not select(standing.paths, [glob]):
            yield _fault(document, at, f"{glob} matches no file")
    for at, path in _files(config):
        if path not in known:
            yield _fault(document, at, f"{path} does not exist")
    for n, name in enumerate(config.automatic.preauthorised):
        if name not in configured.smokes:
            yield _fault(document, ("automatic", "preauthorised", n), f"no smoke is called “{name[:80]}”")
    for name, smoke in configured.smokes.items():
        yield from _check_smoke(standing, name, smoke)


INVALID: Rule[Standing] = Rule("config/invalid", "error", _disagree, standing=True)


def _globs(config: Config) -> Iterator[tuple[Steps, str]]:
    """Yield every path pattern outside of the smokes, with its place."""
    lists: list[tuple[Steps, Sequence[str]]] = [(("contracts",), config.contracts)]
    if isinstance(config.smokes, tuple):
        lists.append((("smokes",), config.smokes))
    lists += [(("specs", n, "records"), spec.records) for n, spec in enumerate(config.specs)]
    for name, model in config.models.items():
        lists.append((("models", name, "contracts"), model.contracts))
        if not isinstance(model.ship, str):
            lists.append((("models", name, "ship", "contracts"), model.ship.contracts))
    yield from (((*steps, n), glob) for steps, globs in lists for n, glob in enumerate(globs))


def _files(config: Config) -> Iterator[tuple[Steps, str]]:
    """Yield every path that must exist, with its place."""
    for n, spec in enumerate(config.specs):
        yield ("specs", n, "path"), spec.path
    yield from follower.list_files(config)


def _check_smoke(standing: Standing, name: str, smoke: Smoke) -> Iterator[Fault]:
    configured, contracts = standing.configured, standing.contracts
    document, steps = configured.places[name]
    for n, glob in enumerate(smoke.when):
        if not select(standing.paths, [glob]):
            yield _fault(document, (*steps, "when", "paths", n), f"{glob} matches no file")
    if smoke.contract not in contracts or not matches(smoke.contract, configured.config.contracts):
        yield _fault(document, (*steps, "contract"), f"{smoke.contract} is no contract of this configuration")
        return
    known = contracts[smoke.contract]
    for promise in smoke.promises:
        if known is not None and promise.falsifier not in known:
            words = f"{promise.falsifier} is no falsifier of {smoke.contract}"
            yield _fault(document, (*steps, "predictions", promise.falsifier), words)


def _validate(model: type[_M], document: Document) -> _M:
    if not isinstance(document.data, dict):
        raise Misconfigured([_finding(document, (), "the file must be a mapping of keys and values")])
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        errors = [(_known(document, tuple(e["loc"])), dict(e)) for e in error.errors(include_url=False)[:MOST]]
        found = [_finding(document, path, _sentence(e)) for path, e in errors if not _superseded(path, e, errors)]
        raise Misconfigured(_distinct(found)) from None


def _superseded(path: Steps, error: dict[str, Any], errors: list[tuple[Steps, dict[str, Any]]]) -> bool:
    """Return whether another error says more: a union complains of the branches that were not meant, too."""
    if not _vague(error):
        return False
    below = [(other, e) for other, e in errors if other[: len(path)] == path]
    return any(len(other) > len(path) or not _vague(e) for other, e in below)


def _vague(error: dict[str, Any]) -> bool:
    kind = str(error["type"])
    return kind.endswith("_type") or kind == "too_short"


def _known(document: Document, steps: Steps) -> Steps:
    """Return the steps that the document has; the names that unions put into a location are none."""
    path: Steps = ()
    for step in steps:
        if document.node((*path, step)) is not None:
            path = (*path, step)
    return path


def _finding(document: Document, steps: Steps, message: str) -> Finding:
    return INVALID.state(_fault(document, steps, message))


def _fault(document: Document, steps: Steps, message: str) -> Fault:
    """Return a fault at the deepest step of *steps* that the document has, on line 1 where it has none at all."""
    path = _known(document, steps)
    where = ".".join(str(step) for step in path)
    place = document.place(path) if document.root else Place(document.file, 1, 1)
    return Fault(place, f"{where}: {message}" if where else message)


_PLAIN = {
    "string_type": "a text is wanted here; put it in quotes",
    "tuple_type": "a list is wanted here",
    "dict_type": "a mapping of keys and values is wanted here",
    "model_type": "a mapping of keys and values is wanted here",
    "too_short": "at least one is wanted here",
}
_LENGTHS = {"string_too_short": ("at least", "min_length"), "string_too_long": ("at most", "max_length")}


def _sentence(error: dict[str, Any]) -> str:
    kind, last = error["type"], error["loc"][-1] if error["loc"] else ""
    if kind == "extra_forbidden":
        return f"unknown key “{str(last)[:60]}”; `discharge schema` prints every key there is"
    if kind == "missing":
        return f"“{last}” is missing"
    if kind in _LENGTHS:
        many, bound = _LENGTHS[kind]
        return f"write a {last} of {many} {error['ctx'][bound]} characters"
    return _PLAIN.get(kind) or str(error["msg"]).removeprefix("Value error, ").rstrip(".")


def _distinct(findings: list[Finding]) -> list[Finding]:
    """Keep one finding a place: a union reports the same mistake once for every branch."""
    first: dict[Place, Finding] = {}
    for finding in findings:
        first.setdefault(finding.place, finding)
    return list(first.values())
