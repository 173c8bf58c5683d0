"""The check `discharge` on a pull request or a merge group: the findings of the terminal, as a check run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.github import OUTPUT_LIMIT, Annotation, Button, CheckDraft
from contracts.rule import STOOD
from evidence.quote import code, show
from spec.escape import cell, inline
from spec.sentence import clip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.github import Conclusion, Level
    from contracts.finding import Finding
    from contracts.rule import Rule

NAME = "discharge"
"""The name that a branch protection asks for."""
RERUN = Button("Re-run", "Look at this commit once more", "rerun")
EXPLAIN = Button("Explain", "Say what each rule asks for, and why", "explain")
MOST = 200
"""How many of the findings that a change brings in are annotations; the others are counted."""
ROWS = 40
"""How many findings stand in one table of the summary, and how many files in its list."""
MESSAGE_LIMIT = 4000
_LEVELS: dict[str, Level] = {"error": "failure", "warning": "warning", "notice": "notice"}
_MARKS = {"error": "❌", "warning": "⚠️", "notice": "ℹ️"}
_PASSED = "contracts, spec and configuration are consistent"
_IDLE = "nothing here is for this check"


def name_check(head: str) -> str:
    """Return the external id of the check of a commit."""
    return f"check:{head}"


def report(head: str, findings: Sequence[Finding], *, files: int, looked: Sequence[str], text: str = "") -> CheckDraft:
    """Return the completed check run about *head*.

    An error fails it. Without one it succeeds, whatever notices there are: only what a change brings in can fail it.
    Where no rule had anything to look at it is neutral, which passes, too.

    Args:
        head: the commit.
        findings: what the rules found, the gravest first.
        files: how many files the change touches.
        looked: those of them that some rule looks at.
        text: Markdown that stands below the summary.
    """
    return CheckDraft(
        name=NAME,
        head=head,
        key=name_check(head),
        status="completed",
        conclusion=_conclude(findings, looked),
        title=_title(findings, looked),
        summary=clip_lines([*_tell(findings), *(_fold_files(files, looked) if findings or looked else [_idle(files)])]),
        text=text,
        annotations=tuple(_annotate(f) for f in _select(findings)[:MOST] if _is_named(f.place.file)),
        buttons=(RERUN, EXPLAIN) if findings else (RERUN,),
    )


def explain(rules: Mapping[str, Rule[Any] | None]) -> str:
    """Return what each rule asks for and why, as Markdown; a rule that nobody described is named all the same."""
    lines: list[str] = []
    for id_, rule in rules.items():
        text = rule.text if rule else "This rule has no page yet; its sentences say what is wrong, and where."
        lines += [f"### {code(id_)}", "", *text.split("\n"), ""]
    return clip_lines(lines)


def fail(head: str, sentence: str) -> CheckDraft:
    """Return the completed check run of a change that could not be looked at, and why.

    It asks for action: GitHub takes a neutral check for a passed one, and would merge what nobody looked at.
    """
    words = f"Not measured: {inline(sentence)}."
    key, title = name_check(head), "not looked at"
    return CheckDraft(NAME, head, key, "completed", "action_required", title, words, buttons=(RERUN,))


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


def _conclude(findings: Sequence[Finding], looked: Sequence[str]) -> Conclusion:
    if any(f.severity == "error" and not f.borne for f in findings):
        return "failure"
    return "success" if findings or looked else "neutral"


def _select(findings: Sequence[Finding]) -> list[Finding]:
    """Return what the change brings in, and nobody bears with: only that is an annotation, and counts."""
    return [f for f in findings if not (f.stood or f.borne)]


def _title(findings: Sequence[Finding], looked: Sequence[str]) -> str:
    """Return what the change brings in, counted; what stood before is named only beside it."""
    told = _count(_select(findings)) or ("nothing new is wrong" if findings else "")
    stood = sum(f.stood and not f.borne for f in findings)
    if not told:
        return _PASSED if looked else _IDLE
    return f"{told}; {stood} stood before" if stood else told


def _count(findings: Sequence[Finding]) -> str:
    counts = [(name, sum(f.severity == name for f in findings)) for name in ("error", "warning", "notice")]
    return ", ".join(f"{n} {name}{'s' if n > 1 else ''}" for name, n in counts if n)


def _tell(findings: Sequence[Finding]) -> list[str]:
    """Return the tables: what the change brings in is open, the rest is folded with its count."""
    new = _select(findings)
    stood = [f for f in findings if f.stood and not f.borne]
    borne = [f for f in findings if f.borne]
    explain = f"_{EXPLAIN.label}_ above says what each rule asks for, and why."
    lines = [f"**This change brings in {_count(new)}.**", "", *_table(new), "", explain, ""] if new else []
    lines += _fold(f"{_number(stood, 'finding')} stood before this change", _table(stood)) if stood else []
    lines += _fold(f"{_number(borne, 'finding')} borne with, as configured", _table(borne)) if borne else []
    more = len(new) - MOST
    left = f"{more} more findings are no annotations; `discharge check` in a clone lists all." if more > 0 else ""
    return [*lines, left, ""] if left else lines


def _table(findings: Sequence[Finding]) -> list[str]:
    rows = [_row(f) for f in findings[:ROWS]]
    more = len(findings) - ROWS
    return ["| | Where | What | Rule |", "|---|---|---|---|", *rows, *(["", f"… and {more} more."] if more > 0 else [])]


def _row(finding: Finding) -> str:
    words = finding.message.removesuffix(STOOD)
    where, rule = (code(text).replace("|", r"\|") for text in (str(finding.place), finding.rule))
    return f"| {_MARKS[finding.severity]} | {where} | {cell(clip(words, MESSAGE_LIMIT))} | {rule} |"


def _fold_files(files: int, looked: Sequence[str]) -> list[str]:
    """Return which of the changed files a rule looked at."""
    more = len(looked) - ROWS
    listed = [f"- {code(path)}" for path in looked[:ROWS]] + ([f"- … and {more} more"] if more > 0 else [])
    return _fold(f"{len(looked)} of {files} changed file{'' if files == 1 else 's'} looked at", listed)


def _idle(files: int) -> str:
    """Return in a sentence that a change is not for us."""
    if not files:
        return "No file is changed: there is nothing to check."
    which = "The changed file is no" if files == 1 else f"None of {files} changed files is a"
    return f"{which} contract, spec, evidence or configuration: there is nothing to check."


def _fold(head: str, lines: Sequence[str]) -> list[str]:
    return [f"<details><summary>{head}</summary>", "", *lines, "", "</details>", ""]


def _number(findings: Sequence[Finding], noun: str) -> str:
    return f"{len(findings)} {noun}{'' if len(findings) == 1 else 's'}"


def _is_named(path: str) -> bool:
    """Return whether GitHub can name a file in an annotation; the summary tells of every other one."""
    return bool(path) and path == show(path) and not {"\n", "\t"} & set(path)


def _annotate(finding: Finding) -> Annotation:
    """Return the annotation; the corrected line, where there is one, stands below the sentence."""
    fix = f"\n\nPerhaps it should read:\n\n    {finding.suggestion}" if finding.suggestion else ""
    message = show(clip(finding.message, MESSAGE_LIMIT) + clip(fix, MESSAGE_LIMIT))
    line = max(1, finding.place.line)
    return Annotation(finding.place.file, line, _LEVELS[finding.severity], message, finding.rule)
