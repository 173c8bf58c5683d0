"""A smoke: legs to run, what they need, and predictions about them. Pure: nothing runs here."""

from __future__ import annotations

from dataclasses import dataclass, field

from evidence import plain
from evidence.model import Parity, Promise, Proof

OUT = ".discharge-out"
"""Where legs write files, relative to the checkout; a name that no repository has."""


@dataclass(frozen=True, slots=True)
class Need:
    """A file that a leg needs, by name; its digest in lower-case hex, empty if none is stated."""

    name: str
    path: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """One command line; `{binary}` and the names of the needs are filled in before it runs."""

    name: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Smoke:
    """What is run for a contract, and what must be seen for each of its falsifiers.

    Times are seconds, sizes bytes. *env* adds variables to the allow-list; None means that the
    variable must be absent. *engine* is what shall put it on a machine; `local`: whichever the operator has.
    """

    name: str
    contract: str
    legs: tuple[Leg, ...]
    promises: tuple[Promise, ...]
    build: tuple[tuple[str, ...], ...] = ()
    binary: str = ""
    extract: str = ""
    needs: tuple[Need, ...] = ()
    env: tuple[tuple[str, str | None], ...] = ()
    proof: Proof | None = None
    when: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    timeout: float = 900.0
    repeat: int = 1
    output_limit: int = field(default=16 << 20)
    engine: str = field(default="local", metadata=plain.LEAN)

    @property
    def places(self) -> dict[str, str]:
        """What the placeholders of a leg stand for; the path of a need as the configuration has it."""
        binary = self.binary if "/" in self.binary else f"./{self.binary}"
        return {**{need.name: need.path for need in self.needs}, "binary": binary, "out": OUT}

    @property
    def compared(self) -> frozenset[str]:
        """The legs whose logits a prediction looks at."""
        found = (p for promise in self.promises for p in (*promise.predictions, *promise.gone))
        return frozenset(leg for p in found if isinstance(p, Parity) for leg in (p.leg, p.reference))

    def promise(self, falsifier: str) -> Promise | None:
        """Return the predictions about *falsifier*, or None."""
        return next((p for p in self.promises if p.falsifier == falsifier), None)

    def leg(self, name: str) -> Leg | None:
        """Return the leg of that name, or None."""
        return next((leg for leg in self.legs if leg.name == name), None)
