"""A rule: what it is called, how grave a breach of it is, and the function that finds the breaches.

The first paragraph of the function's docstring says what the rule asks for; the others say why, and what to do. The
page of the rules is made from them.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from contracts.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from contracts.error import Place
    from contracts.finding import Severity

S = TypeVar("S")
STOOD = " (this stood before the change)"
"""Behind the sentence of a finding that a change did not bring in."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One breach of a rule: where, in which words, and the whole line as it should be, where that can be told.

    *about* is what the fault is about, in words that stay the same when lines move; empty where the message is that.
    *severity* is set where this breach is milder or graver than the rule's others. *stood* says that the change did
    not bring it in, where the rule itself can tell.
    """

    place: Place
    message: str
    suggestion: str = ""
    about: str = ""
    severity: Severity | None = None
    stood: bool = False


@dataclass(frozen=True, slots=True)
class Rule(Generic[S]):
    """One rule about scenes of the type S; its id is `family/name`.

    A *standing* rule looks at how things stand, and what stood before a change is no fault of the change. The others
    look at the change itself.
    """

    id: str
    severity: Severity
    find: Callable[[S], Iterable[Fault]]
    standing: bool = False

    @property
    def text(self) -> str:
        """What the rule asks for, and why: the docstring of its function, without indentation."""
        return inspect.getdoc(self.find) or ""

    def state(self, fault: Fault) -> Finding:
        """Return a fault as a finding of this rule; its sentence is one line, whatever the names in it hold."""
        severity, message = fault.severity or self.severity, " ".join(fault.message.splitlines())
        return Finding(self.id, severity, fault.place, message, fault.suggestion)


def judge(rules: Iterable[Rule[S]], scene: S, before: S | None = None) -> Iterator[Finding]:
    """Yield what the rules find in a scene.

    What a standing rule finds *before*, too, was not brought in by the change, and becomes a notice that says so.
    """
    for rule in rules:
        stood = {_about(fault) for fault in rule.find(before)} if rule.standing and before is not None else set()
        for fault in rule.find(scene):
            finding = rule.state(fault)
            yield lower(finding) if fault.stood or _about(fault) in stood else finding


def _about(fault: Fault) -> str:
    return fault.about or fault.message


def lower(finding: Finding) -> Finding:
    """Turn what stood before the change into a notice: only what a change introduces can fail it."""
    words = finding.message if finding.severity == "notice" else f"{finding.message}{STOOD}"
    return replace(finding, severity="notice", message=words, stood=True)
