"""The check `discharge` on a pull request or a merge group: the findings of the terminal, as a check run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from app.github import OUTPUT_LIMIT, Annotation, CheckDraft
from spec.escape import cell, inline
from spec.sentence import clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.github import Conclusion, Level
    from contracts.finding import Finding

NAME = "discharge"
"""The name that a branch protection asks for."""
MOST = 200
"""How many findings are told one by one; the others are counted."""
MESSAGE_LIMIT = 4000
_LEVELS: dict[str, Level] = {"error": "failure", "warning": "warning", "notice": "notice"}


def name_check(head: str) -> str:
    """Return the external id of the check of a commit."""
    return f"check:{head}"


def report(head: str, findings: Sequence[Finding], *, files: int) -> CheckDraft:
    """Return the completed check run about *head*; *files* is how many files the change touches.

    An error fails it. Without one it succeeds, whatever notices there are: only what a change brings in can fail it.
    """
    errors = sum(f.severity == "error" for f in findings)
    conclusion: Conclusion = "failure" if errors else "success"
    shown = findings[:MOST]
    return CheckDraft(
        name=NAME,
        head=head,
        key=name_check(head),
        status="completed",
        conclusion=conclusion,
        title=_title(findings),
        summary=clip_lines([_summary(findings, files), *_rows(shown), *_left_out(findings, shown)]),
        annotations=tuple(_annotate(f) for f in shown if f.place.file),
    )


def fail(head: str, sentence: str) -> CheckDraft:
    """Return the completed check run of a change that could not be looked at, and why.

    It asks for action: GitHub takes a neutral check for a passed one, and would merge what nobody looked at.
    """
    conclusion: Literal["action_required"] = "action_required"
    words = inline(sentence)
    return CheckDraft(NAME, head, name_check(head), "completed", conclusion, "not looked at", f"Not measured: {words}.")


def clip_lines(lines: Sequence[str], limit: int = OUTPUT_LIMIT) -> str:
    """Return lines as one text of at most *limit* characters; what does not fit is counted, never cut in the middle."""
    kept: list[str] = []
    room = limit - 80
    for n, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return "\n".join([*kept, "", f"({len(lines) - n} more lines are left out)"])
        kept.append(line)
    return "\n".join(kept)


def _title(findings: Sequence[Finding]) -> str:
    counts = [(name, sum(f.severity == name for f in findings)) for name in ("error", "warning", "notice")]
    told = [f"{n} {name}{'s' if n > 1 else ''}" for name, n in counts if n]
    return ", ".join(told) or "contracts, spec and configuration are consistent"


def _summary(findings: Sequence[Finding], files: int) -> str:
    looked = f"{files} changed file{'s' if files != 1 else ''} looked at."
    return f"{looked}\n" if findings else f"{looked} Nothing to say."


def _rows(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return []
    head = ["| | Where | What |", "|---|---|---|"]
    return [*head, *(f"| {f.severity} | {cell(str(f.place))} | {cell(f.message)} |" for f in findings)]


def _left_out(findings: Sequence[Finding], shown: Sequence[Finding]) -> list[str]:
    more = len(findings) - len(shown)
    return ["", f"{more} more findings are left out; `discharge check` in a clone lists all."] if more else []


def _annotate(finding: Finding) -> Annotation:
    """Return the annotation; the corrected line, where there is one, stands below the sentence."""
    fix = f"\n\nPerhaps it should read:\n\n    {finding.suggestion}" if finding.suggestion else ""
    message = clip(finding.message, MESSAGE_LIMIT) + clip(fix, MESSAGE_LIMIT)
    line = max(1, finding.place.line)
    return Annotation(finding.place.file, line, _LEVELS[finding.severity], message, finding.rule)
