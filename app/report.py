"""Results for the terminal: (JSON values, what rich prints, exit status) of every command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.effect import OpenPull, Refuse, WriteBranch, describe
from contracts.error import Unreadable
from contracts.group import UNBOUND
from evidence.model import Falsified, Held, Match, NotMeasured, word
from evidence.quote import show
from spec.effect import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.amendment import Recorded
    from app.effect import Effect
    from app.run import Outcome
    from app.shell import Written
    from app.staleness import Cause, Stale
    from app.verification import Verification
    from app.workspace import Workspace
    from contracts.finding import Finding
    from contracts.model import Falsifier
    from evidence.model import Measurement, Verdict

Described = tuple[Any, Any, int]
_COLOURS: dict[type, str] = {Held: "green", Falsified: "red", NotMeasured: "yellow"}
_MARKS = {Match.YES: "✓", Match.NO: "✗", Match.UNKNOWN: "–"}
_FOUND = {"error": "red", "warning": "yellow", "notice": "dim"}
_LONG = 300
_ENDS = {
    0: "everything agrees",
    1: "something disagrees",
    2: "something cannot be read",
    3: "nothing disagrees, and not everything could be checked",
}
"""What a verification came to, by its exit status."""


def status(verdicts: Sequence[Verdict]) -> int:
    """Return 1 if anything is falsified, else 3 if anything is not measured (or nothing at all), else 0."""
    if any(isinstance(v, Falsified) for v in verdicts):
        return 1
    return 0 if verdicts and all(isinstance(v, Held) for v in verdicts) else 3


def describe_verdicts(verdicts: Sequence[Verdict]) -> Described:
    """Describe verdicts with their tables."""
    data = {"verdicts": [_verdict(v) for v in verdicts]}
    return data, Group(*(part for v in verdicts for part in _rows(v))), status(verdicts)


def describe_run(outcome: Outcome) -> Described:
    """Describe a run: verdicts, what was refused or written, and where it lies."""
    data, shown, code = describe_verdicts(outcome.case.verdicts)
    written, discharge = describe_written(outcome.written), outcome.discharge
    data |= {
        "contract": outcome.case.contract.path,
        "smoke": outcome.case.smoke.name,
        "commit_tested": outcome.case.commit,
        "version": list(discharge.draft.versions) if discharge else None,
        "evidence": discharge.terms.folder if discharge else None,
        "kept": outcome.kept or None,
        "passed_over": list(outcome.passed),
        "pull_request": outcome.pull or None,
        **written[0],
    }
    extra = [Text(f"evidence kept in {outcome.kept}")] if outcome.kept else []
    extra += [Text(f"pull    {outcome.pull}")] if outcome.pull else []
    extra += [Text(f"note    {outcome.remark}", style="yellow")] if outcome.remark else []
    if outcome.passed:
        extra.append(Text(f"passed over, because no smoke predicts anything about it: {', '.join(outcome.passed)}"))
    return data, Group(shown, written[1], *extra), code


def describe_amendment(written: Recorded) -> Described:
    """Describe an amendment: what was refused or written, where it lies, and what earlier sections forgot."""
    data, shown, _ = describe_written(written)
    if written.found is None:
        return data, shown, 0
    rows = [(one.landed.number, one.section, one.landed.what, tell(one.landed)) for one in written.found.late]
    told = [{"pull_request": n, "section": at, "what": what, "effect": effect} for n, at, what, effect in rows]
    lines = [Text(f"missing #{n} in {at}: {what} ({effect})") for n, at, what, effect in rows]
    lines += [Text(f"missing {written.found.left} more, which landed earlier")] if written.found.left else []
    lines = lines or [Text("missing nothing: every landed pull request is named by its section or a later one")]
    return {**data, "missing": told, "missing_more": written.found.left}, Group(*lines, shown), 0


def describe_written(written: Written) -> Described:
    """Describe what a plan wrote, or would write."""
    commits = dict(written.commits)
    plan: list[dict[str, Any]] = []
    for effect in written.plan:
        match effect:
            case WriteBranch():
                files = [path for path, _ in effect.files]
                row = {"branch": effect.branch, "commit": commits.get(effect.branch), "title": effect.title}
                plan.append({**row, "message": effect.message, "files": files})
            case Refuse():
                plan.append({"refused": effect.reason, "mend": effect.mend or None})
            case _:
                plan.append({"does": describe(effect)})
    here = not any(isinstance(effect, OpenPull) for effect in written.plan)
    shown = Group(*(part for effect in written.plan for part in _effect(effect, commits, here=here)))
    return {"plan": plan, "diff": written.diff}, Group(shown, *_preview(written)), 0


def _effect(effect: Effect, commits: dict[str, str], *, here: bool) -> list[Any]:
    """Return the lines about an effect; *here* says whether branches were written to this clone."""
    if isinstance(effect, Refuse):
        return [Text(" ".join(f"{part}." for part in (effect.reason, effect.mend) if part), style="yellow")]
    if not isinstance(effect, WriteBranch):
        return [Text(describe(effect))]
    new = commits.get(effect.branch)
    where = f"{effect.branch} at {new[:12]}" if new else f"{effect.branch} (dry run: nothing was written)"
    lines = [Text(effect.title, style="bold"), Text(f"branch  {where}")]
    lines += [Text(f"file    {path}") for path, _ in effect.files]
    if new and here:
        lines.append(Text(f"look    git show {effect.branch}", style="dim"))
    return lines


def _preview(written: Written) -> list[Any]:
    """Return message and diff where nothing was written: a dry run shows what it would have done."""
    if written.commits or not written.diff:
        return []
    messages = [
        Text(f"\n{effect.message}", no_wrap=True, overflow="ignore")
        for effect in written.plan
        if isinstance(effect, WriteBranch)
    ]
    return [*messages, Text(written.diff, no_wrap=True, overflow="ignore")]


def describe_findings(findings: Sequence[Finding]) -> Described:
    """Describe what the rules found; status 1 if there is an error among it. What stood before comes last, dimmed."""
    errors = sum(finding.severity == "error" for finding in findings)
    data = {
        "findings": [
            {
                "rule": f.rule,
                "severity": f.severity,
                "file": f.place.file,
                "line": f.place.line,
                "message": f.message,
                "suggestion": f.suggestion or None,
            }
            for f in findings
        ]
    }
    lines = [line for f in sorted(findings, key=lambda f: f.stood) for line in _show_finding(f)]
    count = f"{len(findings)} finding{'s' if len(findings) > 1 else ''}, {errors} of severity error"
    total = Text(count if findings else "no findings")
    return data, Group(*lines, total), 1 if errors else 0


def _show_finding(finding: Finding) -> list[Text]:
    """Return a finding in a line that editors can follow, and the corrected line below it where there is one."""
    grave, fix, rest = ("dim",) * 3 if finding.stood else (_FOUND[finding.severity], "green", "")
    words = f" {finding.message} [{finding.rule}]"
    place = show(str(finding.place)).replace("\n", "\u240a")
    head = Text.assemble(f"{place}: ", (finding.severity, grave), words, style=rest)
    corrected = finding.suggestion.strip()
    return [head, Text(f"    perhaps: {corrected}", style=fix)] if corrected else [head]


def describe_verification(verification: Verification) -> Described:
    """Describe what became of every receipt, what disagrees, and what could not be checked."""
    data, shown, _ = describe_findings(verification.findings)
    receipts = [
        {
            "file": one.file,
            "origin": one.origin,
            "signature": one.signature,
            "falsifiers": [{"id": id_, "verdict": verdict} for id_, verdict in one.verdicts],
        }
        for one in verification.checked
    ]
    lines = [
        Text(f"{one.file}  {one.signature}, of origin {one.origin}; it says {_list(one.verdicts)}")
        for one in verification.checked
    ]
    status_ = verification.status
    end = Text(_ENDS[status_], style={0: "green", 3: "yellow"}.get(status_, "red"))
    return {"path": verification.path, "receipts": receipts, **data}, Group(shown, *lines, end), status_


def _list(verdicts: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{id_[:_LONG]} {verdict}" for id_, verdict in verdicts) or "nothing of any falsifier"


def describe_contracts(workspace: Workspace, stale: Sequence[Stale] = ()) -> Described:
    """Describe every file that the configuration calls a contract, and what is stale; status 2 if one is unreadable."""
    causes = {(one.bound.path, one.bound.falsifier): one.cause for one in reversed(stale)}
    rows: list[dict[str, Any]] = []
    broken = 0
    table = Table("contract", "version", "falsifier", "status", box=None, pad_edge=False)
    for path, document in workspace.documents.items():
        if isinstance(document, Unreadable):
            broken += 1
            rows.append({"contract": path, "path": path, "version": None, "falsifiers": [], "error": str(document)})
            table.add_row(escape(path), "", "", Text(str(document), style="red"))
        elif document.contract is None:
            reason = document.reason
            rows.append({"contract": path, "path": path, "version": None, "falsifiers": [], "no_contract": reason})
            table.add_row(escape(path), "", "", Text(f"no contract: {reason}", style="dim"))
        else:
            contract = document.contract
            held = [_list_falsifier(f, causes.get((path, f.id.text))) for f in contract.falsifiers]
            rows.append({"contract": contract.name, "path": path, "version": contract.version, "falsifiers": held})
            for n, falsifier in enumerate(contract.falsifiers or (None,)):
                head = (escape(contract.name), escape(contract.version or "none")) if n == 0 else ("", "")
                name = escape(falsifier.id.text) if falsifier else "no falsifiers"
                cause = causes.get((path, falsifier.id.text)) if falsifier else None
                table.add_row(*head, name, _show_status(falsifier, cause))
    return rows, table if rows else Text("no contracts match the configured patterns"), 2 if broken else 0


def _list_falsifier(falsifier: Falsifier, cause: Cause | None) -> dict[str, Any]:
    stale = {"commit": cause.commit, "pull": cause.pull or None, "path": cause.path} if cause else None
    return {"id": falsifier.id.text, "status": falsifier.status, "stale": stale}


def _show_status(falsifier: Falsifier | None, cause: Cause | None) -> Text:
    status_ = (falsifier.status or UNBOUND)[:60] if falsifier else ""
    return Text.assemble(status_, (f"  {show(cause.words)}", "yellow")) if cause else Text(status_)


def _verdict(verdict: Verdict) -> dict[str, Any]:
    reason = verdict.reason if isinstance(verdict, NotMeasured) else None
    branch = None if isinstance(verdict, NotMeasured) else verdict.branch
    rows = [_measurement(m) for m in verdict.measurements]
    word_ = word(verdict)
    return {"falsifier": verdict.falsifier, "verdict": word_, "reason": reason, "branch": branch, "measurements": rows}


def _measurement(m: Measurement) -> dict[str, Any]:
    return {"expected": m.expected, "observed": m.observed, "match": m.match.value, "margin": m.margin or None}


def _rows(verdict: Verdict) -> list[Any]:
    """Return the heading of a verdict and the table of what it rests on."""
    why = f": {verdict.reason}" if isinstance(verdict, NotMeasured) else ""
    branch = " by its if_fails branch" if not isinstance(verdict, NotMeasured) and verdict.branch == "if_fails" else ""
    head = Text.assemble(
        (verdict.falsifier, "bold"), " ", (word(verdict), f"bold {_COLOURS[type(verdict)]}"), f"{branch}{why}"
    )
    if not verdict.measurements:
        return [head]
    table = Table("", "predicted", "observed", box=None, padding=(0, 2, 0, 2))
    for m in verdict.measurements:
        table.add_row(_MARKS[m.match], escape(m.expected[:_LONG]), escape(m.observed[:_LONG]))
    return [head, table]
