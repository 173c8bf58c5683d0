"""Files that must agree with the version or the digest of another, as the configuration names them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Literal

from app.glob import matches
from evidence.pattern import compile as compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.schema import Config, FollowerConfig
    from app.smoke import Steps
    from evidence.pattern import Pattern

BARRED = ("evidence/", ".github/workflows/", ".github/discharge.yml")
"""No follower lies here: what was measured stays as it is, and the app writes neither workflows nor its own terms."""
MOST = 50
"""How many followers one configuration has at most: a check of a change runs the patterns that the change brings."""
LARGEST = 512
"""How many instructions the program of a follower's pattern has at most: a byte can cost a step for each of them."""
Kind = Literal["version", "sha256"]


@dataclass(frozen=True, slots=True)
class Follower:
    """A file that must agree with another.

    Wherever *pattern* matches in *path*, its group of the name *kind* must be the version or the SHA-256 of *of*.
    *spec* says that *of* is read as a spec; it is read as a contract if not.
    """

    path: str
    pattern: Pattern
    kind: Kind
    of: str
    spec: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from the other followers of a configuration."""
        return self.path, self.pattern.text, self.of


def read(config: Config) -> tuple[Follower, ...]:
    """Return the followers of a configuration, each after everything that it follows."""
    specs = {spec.path for spec in config.specs}
    found = [_convert(one, specs) for _, one in _list(config)]
    order = {path: n for n, path in enumerate(_sort(found).static_order())}
    return tuple(sorted(found, key=lambda follower: order[follower.path]))


def _convert(config: FollowerConfig, specs: set[str]) -> Follower:
    pattern = compile_pattern(config.pattern)
    kind: Kind = "version" if "version" in pattern.names else "sha256"
    return Follower(config.path, pattern, kind, config.of, config.of in specs)


def _list(config: Config) -> Iterator[tuple[Steps, FollowerConfig]]:
    """Yield every follower with its place: those of the specs, and those of no spec."""
    for n, spec in enumerate(config.specs):
        yield from ((("specs", n, "followers", m), follower) for m, follower in enumerate(spec.followers))
    yield from ((("followers", n), follower) for n, follower in enumerate(config.followers))


def _sort(followers: Iterable[Follower | FollowerConfig]) -> TopologicalSorter[str]:
    sorter = TopologicalSorter[str]()
    for follower in followers:
        sorter.add(follower.path, follower.of)
    return sorter


def list_files(config: Config) -> Iterator[tuple[Steps, str]]:
    """Yield every path that a follower names, with its place."""
    for at, follower in _list(config):
        yield (*at, "path"), follower.path
        yield (*at, "of"), follower.of


def find_faults(config: Config) -> Iterator[tuple[Steps, str]]:
    """Yield what is wrong with the followers of a configuration as it is written: (place, sentence)."""
    specs = {spec.path for spec in config.specs}
    for n, (at, follower) in enumerate(_list(config)):
        if n == MOST:
            yield at, f"a configuration has {MOST} followers at most"
        if follower.path.startswith(BARRED):
            yield (*at, "path"), f"{follower.path} cannot follow: nothing below {', '.join(BARRED)} does"
        pattern, states = (
            compile_pattern(follower.pattern),
            follower.of in specs or matches(follower.of, config.contracts),
        )
        if pattern.size > LARGEST:
            words = f"this pattern compiles to {pattern.size:,} instructions, and a follower's to at most {LARGEST}"
            yield (*at, "pattern"), f"{words}; write shorter repetitions, or a smaller class of characters"
        if "version" in pattern.names and not states:
            yield (*at, "of"), f"{follower.of} is neither a contract nor a spec, so that it states no version"
    circle = _find_circle(follower for _, follower in _list(config))
    for at, follower in _list(config):
        if follower.path in circle and follower.of in circle:
            yield (*at, "of"), f"followers run in a circle: {' → '.join(circle)}"
            return


def _find_circle(followers: Iterable[FollowerConfig]) -> tuple[str, ...]:
    """Return the paths of a circle, the first one last again; nothing where there is none."""
    try:
        _sort(followers).prepare()
    except CycleError as error:
        return tuple(error.args[1])
    return ()
