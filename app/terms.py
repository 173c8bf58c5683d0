"""What a change makes of the terms that later changes are held to: taken away, or made to ask less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Place
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config import Configured
    from app.schema import Config
    from app.smoke import Steps

_PARTS = ("none", "patch", "minor", "major")
_GRAVE = ("off", "notice", "warning", "error")


@dataclass(frozen=True, slots=True)
class Terms:
    """The configuration before a change, and after it: None where the change takes it away."""

    before: Configured
    after: Configured | None


def _gone(terms: Terms) -> Iterator[Fault]:
    """The configuration stays.

    Without it the App does nothing in a repository, and no later change is asked for anything. To end it on purpose,
    merge that against the check.
    """
    if terms.after is None:
        words = "this change takes the configuration away: nothing is checked, run or amended after it"
        yield Fault(Place(terms.before.document.file, 1, 1), words)


def _weaken(terms: Terms) -> Iterator[Fault]:
    """A change that makes later changes be asked less says so.

    No key left, an origin of receipts more, a status more that counts as discharged, a lower bump, a milder severity:
    each may be meant, and whoever reviews the change sees it here.
    """
    if terms.after is not None:
        was, now = terms.before.config, terms.after.config
        for steps, words in (*_trust(was, now), *_ask(was, now)):
            yield Fault(terms.after.document.place(steps), words)


def _trust(was: Config, now: Config) -> Iterator[tuple[Steps, str]]:
    if was.keys and not now.keys:
        yield ("keys",), "no key is left: from now on a discharge without a signed receipt is only a warning"
    more = [origin for origin in now.evidence.accept if origin not in was.evidence.accept]
    if more:
        yield ("evidence", "accept"), f"receipts of origin {', '.join(more)} count from now on"
    steps = [status for status in now.tally.discharged if status not in was.tally.discharged]
    if steps:
        yield ("tally", "discharged"), f"{', '.join(steps)} counts as discharged from now on"


def _ask(was: Config, now: Config) -> Iterator[tuple[Steps, str]]:
    asked = now.policy.model_dump()
    for kind, part in was.policy.model_dump().items():
        if _PARTS.index(asked[kind]) < _PARTS.index(part):
            yield ("policy", kind), f"{kind} asks for {asked[kind]} from now on, it was {part}"
    for rule, severity in now.rules.severity.items():
        before = was.rules.severity.get(rule)
        if before != severity and _GRAVE.index(severity) < _GRAVE.index(before or "error"):
            yield ("rules", "severity", rule), f"{rule} is {severity} from now on"


RULES: tuple[Rule[Terms], ...] = (
    Rule("config/gone", "error", _gone),
    Rule("config/weakened", "warning", _weaken),
)
