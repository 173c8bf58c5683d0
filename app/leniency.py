"""What a repository bears with: the severities that it gives to rules, and the findings that it knows of. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from app.glob import matches
from contracts.rule import Fault, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.config import Configured
    from app.schema import RulesConfig, SuppressionConfig
    from app.smoke import Steps
    from contracts.finding import Finding, Severity


def apply(findings: Iterable[Finding], rules: RulesConfig, today: str) -> Iterator[Finding]:
    """Yield the findings as the configuration weighs them on a day (`2026-05-04`).

    What stood before a change stays a notice, whatever the rule's severity. What is suppressed becomes a notice that
    says why and until when, and a suppression that has ended says that on what it would have covered.
    """
    for finding in findings:
        severity = _weigh(finding.rule, rules)
        if severity == "off":
            continue
        weighed = finding if severity is None or finding.stood else replace(finding, severity=severity)
        known = [one for one in rules.suppress if _covers(one, finding)]
        yield _bear(weighed, known, today) if known else weighed


def _weigh(rule: str, rules: RulesConfig) -> Severity | Literal["off"] | None:
    """Return the configured severity: that of the rule's own id, else that of the first pattern which matches it."""
    if rule in rules.severity:
        return rules.severity[rule]
    return next((severity for glob, severity in rules.severity.items() if matches(rule, [glob])), None)


def _covers(one: SuppressionConfig, finding: Finding) -> bool:
    named = matches(finding.rule, [one.rule]) and matches(finding.place.file, [one.path])
    return named and one.contains in finding.message


def _bear(finding: Finding, known: list[SuppressionConfig], today: str) -> Finding:
    """Return a finding that suppressions cover; a day that is written as `2027-01-31` compares as text."""
    last = max(known, key=lambda one: one.until)
    if last.until < today:
        return replace(finding, message=f"{finding.message} (its suppression ended on {last.until})")
    words = f"{finding.message} (borne with until {last.until}: {last.reason})"
    return replace(finding, severity="notice", message=words, borne=last.reason)


@dataclass(frozen=True, slots=True)
class Setting:
    """A configuration, the ids of all *rules*, and the day on which it is looked at (`2026-05-04`)."""

    configured: Configured
    rules: frozenset[str]
    today: str


def _unknown(setting: Setting) -> Iterator[Fault]:
    """A severity and a suppression name a rule that there is.

    `discharge rules` lists them. A pattern such as `spec/*` must match at least one.
    """
    rules = setting.configured.config.rules
    named: list[tuple[Steps, str]] = [(("rules", "severity", name), name) for name in rules.severity]
    named += [(("rules", "suppress", n, "rule"), one.rule) for n, one in enumerate(rules.suppress)]
    for steps, name in named:
        if not any(matches(rule, [name]) for rule in setting.rules):
            words = f"no rule is called “{name[:60]}”; `discharge rules` lists them"
            yield Fault(setting.configured.document.place(steps), words)


def _ended(setting: Setting) -> Iterator[Fault]:
    """A suppression that has ended is taken out, or given another day.

    After its last day it covers nothing: what it was for is found again.
    """
    for n, one in enumerate(setting.configured.config.rules.suppress):
        if one.until < setting.today:
            words = f"this suppression of {one.rule} ended on {one.until}: mend what it is for, or give it another day"
            yield Fault(setting.configured.document.place(("rules", "suppress", n, "until")), words)


RULES: tuple[Rule[Setting], ...] = (
    Rule("config/unknown-rule", "error", _unknown, standing=True),
    Rule("config/suppression-ended", "warning", _ended, standing=True),
)
