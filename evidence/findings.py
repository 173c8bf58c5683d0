"""`findings.md`: what was run, what was seen, and what it means, for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.group import group
from evidence.excerpt import excerpt
from evidence.likeness import render as render_parity
from evidence.model import Absent, Falsified, Held, Match, NotMeasured
from evidence.quote import cell, code, fence, name_status
from evidence.reproducer import reproduce

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contracts.model import Falsifier
    from contracts.progress import Tally
    from evidence.host import HostFacts
    from evidence.model import Measurement, Observation, Seen, Verdict
    from evidence.receipt import Binary

_MARKS = {Match.YES: "✅", Match.NO: "❌", Match.UNKNOWN: "—"}
_LONG = 400


@dataclass(frozen=True, slots=True)
class Entry:
    """One falsifier as the contract has it now, the status it gets (its own if none flips), and the verdict."""

    falsifier: Falsifier
    after: str | None
    verdict: Verdict

    @property
    def flips(self) -> bool:
        """Whether the status changes."""
        return self.after != self.falsifier.status


@dataclass(frozen=True, slots=True)
class Shown:
    """One leg on the page, and the file in the evidence folder that holds its log (empty: none)."""

    seen: Seen
    log: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that the page says, as values.

    *device* is the line of a log that proves the device, *versions* the contract's before and
    after (equal if it stays), *remaining* the falsifiers of the contract that are not discharged
    after this, *total* how many it has, *env* what the configuration adds to the environment.
    """

    contract: str
    smoke: str
    date: str
    entries: tuple[Entry, ...]
    legs: tuple[Shown, ...]
    host: HostFacts
    commit: str
    versions: tuple[str, str]
    remaining: tuple[Falsifier, ...]
    total: int
    asked_by: str
    command: str
    binary: Binary | None = None
    device: str = ""
    build: tuple[tuple[str, ...], ...] = ()
    env: tuple[tuple[str, str | None], ...] = ()
    tally: tuple[Tally, Tally] | None = None


def render(findings: Findings) -> str:
    """Return the page; the same shape for every verdict, so that a failure is told as plainly as a success."""
    sections = (
        _title(findings),
        _section("Verdict", _verdict(findings)),
        _section("Reproducer", _reproducer(findings)),
        *(_observed(leg, several=len(findings.legs) > 1) for leg in findings.legs),
        _section("Mapping to predictions", _mapping(findings)),
        _parity(findings),
        _section("Significance", _significance(findings)),
        _section("Coverage flip", _coverage(findings)),
        _section("Next-session pickup", _pickup(findings)),
        _section("Operator authorization note", _authorization(findings)),
    )
    return "\n\n".join(section for section in sections if section) + "\n"


def _seen(findings: Findings) -> list[Observation]:
    return [leg.seen for leg in findings.legs if not isinstance(leg.seen, Absent)]


def _recorded(seen: Observation) -> bool:
    """Return whether nobody here saw the leg end, then or now."""
    return seen.origin == "recorded" or (seen.origin == "reused" and seen.exit is None and not seen.failure)


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"


def _title(findings: Findings) -> str:
    flipping = [entry for entry in findings.entries if entry.flips]
    ids = group(entry.falsifier.id.text for entry in flipping or findings.entries)
    how = "Recorded" if any(_recorded(seen) for seen in _seen(findings)) else "Live"
    words = f"{how} Discharge Evidence" if flipping else f"{how} Evidence, nothing discharged"
    if any(isinstance(entry.verdict, Falsified) for entry in flipping):
        words = f"{how} Evidence against a Discharge"
    return f"# {ids} — {words} ({findings.date})"


def _verdict(findings: Findings) -> str:
    parts = [_line_of(entry) for entry in findings.entries]
    return "\n\n".join([*parts, "\n".join(f"- {fact}" for fact in _facts(findings))])


def _line_of(entry: Entry) -> str:
    id_, before, verdict = entry.falsifier.id, name_status(entry.falsifier.status), entry.verdict
    if isinstance(verdict, NotMeasured):
        return f"**{id_} stays {before}: not measured** — {verdict.reason}"
    if isinstance(verdict, Falsified):
        return (
            f"**{id_} {before} → {entry.after}: falsified**" if entry.flips else f"**{id_} stays {before}: falsified**"
        )
    return f"**{id_} {before} → {entry.after}**" if entry.flips else f"**{id_} stays {before}: held**"


def _facts(findings: Findings) -> Iterable[str]:
    host, seen = findings.host, _seen(findings)
    machine = ", ".join(code(part) for part in (host.name, host.system, host.cpu) if part) or "not known"
    driver = f", driver {code(host.driver)}" if host.driver else ""
    if seen and all(one.origin != "ran" for one in seen):
        yield f"Judged on: {machine}; no leg ran there, and the logs alone do not say where they were made"
    else:
        yield f"Host: {machine}"
        yield f"GPU: {code(host.gpu)}{driver}" if host.gpu else "GPU: `nvidia-smi` names none"
    if findings.device:
        yield f"Device, as the log proves it: {code(findings.device)}"
    if findings.binary:
        yield f"Binary: {code(findings.binary.path)}, sha256 {code(findings.binary.sha256)}"
    unproved = ", as stated: a recorded log does not prove what was run" if any(map(_recorded, seen)) else ""
    yield f"Commit: {code(findings.commit)}{unproved}" if findings.commit else "Commit: not known"
    for entry in findings.entries:
        if isinstance(entry.verdict, Held):
            yield f"Branch validated for {entry.falsifier.id}: {_branch(entry.verdict)}"


def _branch(held: Held) -> str:
    if held.branch == "prediction":
        return "the prediction itself"
    return "`if_fails` — the prediction does not hold here, and what the contract says of that case was seen"


def _reproducer(findings: Findings) -> str:
    parts = []
    if findings.build:
        parts += ["Built with:", fence("\n".join(reproduce(step, findings.env) for step in findings.build), "bash")]
    parts += [_command(leg, findings.env) for leg in findings.legs]
    if findings.binary:
        commit = f" at commit {code(findings.commit)}" if findings.commit else ""
        parts.append(f"Binary: {code(findings.binary.path)}{commit}.")
    return "\n\n".join(parts) or "No leg was run."


def _command(leg: Shown, env: tuple[tuple[str, str | None], ...]) -> str:
    if isinstance(leg.seen, Absent):
        return f"Leg {code(leg.seen.leg)} did not run: {leg.seen.reason}."
    name, seen = code(leg.seen.leg), leg.seen
    log = f" Log: {code(leg.log)}." if leg.log else ""
    if not seen.argv:
        return f"Leg {name}: the command line is not known. {_result(seen)}{log}"
    return f"Leg {name}:\n\n{fence(reproduce(seen.argv, env), 'bash')}\n\n{_result(seen)}{log}"


def _result(seen: Observation) -> str:
    """Return how the leg ended, and who saw it end."""
    if seen.origin == "recorded":
        return (
            f"Recorded in {code(seen.source)}: nobody here ran it, so that neither exit status nor seconds are known."
        )
    exited = "It ended, and how is not known" if seen.exit is None else f"It exited with {seen.exit}"
    took = "" if seen.seconds is None else f" ({seen.seconds:.2f} s)"
    end = f"It {seen.failure}{took}." if seen.failure else f"{exited}{took}."
    return f"Reused from {code(seen.source)}. {end}" if seen.origin == "reused" else end


def _observed(leg: Shown, *, several: bool) -> str:
    seen = leg.seen
    if isinstance(seen, Absent):
        return ""
    log = code(leg.log) if leg.log else f"the log of {code(seen.leg)}"
    if not (seen.stdout or seen.stderr):
        return _section(f"Observed stdout and stderr (verbatim from {log})", excerpt(seen.merged, log))
    stdout = f"Observed stdout (verbatim from {log})" if several else "Observed stdout"
    parts = [_section(f"Observed stderr (verbatim from {log})", excerpt(seen.stderr, log))]
    return "\n\n".join([*parts, _section(stdout, excerpt(seen.stdout, log))])


def _mapping(findings: Findings) -> str:
    tables = []
    for entry in findings.entries:
        head = f"{entry.falsifier.id}:\n\n" if len(findings.entries) > 1 else ""
        rows = entry.verdict.measurements
        tables.append(head + (tabulate(rows) if rows else "Nothing was measured."))
    return "\n\n".join(tables)


def _parity(findings: Findings) -> str:
    body = render_parity(row for entry in findings.entries for row in entry.verdict.measurements)
    return _section("Parity", body) if body else ""


def tabulate(rows: tuple[Measurement, ...]) -> str:
    """Return the table of predictions and what was observed of each, as Markdown."""
    head = "| Prediction | Observed | Match |\n|---|---|---|"
    return "\n".join([head, *(f"| {cell(r.expected)} | {cell(r.observed)} | {_MARKS[r.match]} |" for r in rows)])


def _significance(findings: Findings) -> str:
    return "\n\n".join("\n".join(f"- {fact}" for fact in _meaning(entry)) for entry in findings.entries)


def _meaning(entry: Entry) -> Iterable[str]:
    """Yield what the verdict means, from facts alone; what facts cannot say stays an open question."""
    id_, verdict = entry.falsifier.id, entry.verdict
    if entry.falsifier.rule:
        yield f"{id_} promises: {code(entry.falsifier.rule.strip(), _LONG)}."
    for row in verdict.measurements:
        if row.margin:
            yield f"Margin: {row.margin} ({row.expected})."
    yield from _consequence(entry)


def _consequence(entry: Entry) -> Iterable[str]:
    if isinstance(entry.verdict, NotMeasured) and entry.verdict.gone:
        yield "The defect that the promise guards against is gone: neither kept nor broken, it needs other words."
        return
    if isinstance(entry.verdict, NotMeasured):
        yield "Nothing was proved, neither for the promise nor against it."
        return
    failing = entry.falsifier.if_fails.strip()
    if isinstance(entry.verdict, Falsified):
        yield "A prediction was measured and did not match, so that the promise is not kept here."
        if failing:
            yield f"What the contract says of that case: {code(failing, _LONG)}."
    elif entry.verdict.branch == "if_fails":
        yield f"The branch that was validated is `if_fails`: {code(failing, _LONG)}."
        yield "**Open question, for a person:** does a validated `if_fails` branch discharge this promise?"
    else:
        yield "Every prediction was measured, and matched."


def _coverage(findings: Findings) -> str:
    flips = [e for e in findings.entries if e.flips]
    if not flips:
        return "None: no status changes, and the tally stays."
    lines = [f"- {e.falsifier.id}: {name_status(e.falsifier.status)} → **{e.after}**" for e in flips]
    before, after = findings.versions
    if before != after:
        lines.append(f"- Contract {code(findings.contract)}: {before} → **{after}**")
    if findings.tally:
        old, new = findings.tally
        lines.append(f"- Coverage tally: {old.write()} → **{new.write()}**")
    return "\n".join(lines)


def _pickup(findings: Findings) -> str:
    done = findings.total - len(findings.remaining)
    state = f"{code(findings.contract)} has {done} of {findings.total} falsifiers discharged"
    if not findings.remaining:
        return f"Nothing stays open: {state}."
    parts = [f"({_letter(n)}) **{f.id}** — {_open(f)}" for n, f in enumerate(findings.remaining)]
    return "\n\n".join([f"{state}; open are:", *parts])


def _open(falsifier: Falsifier) -> str:
    rule = f": {code(falsifier.rule.strip(), _LONG)}" if falsifier.rule else ""
    return f"{name_status(falsifier.status)}{rule}"


def _letter(n: int) -> str:
    """Return a, b, … z, aa, ab, … for 0, 1, …."""
    return (_letter(n // 26 - 1) if n >= 26 else "") + chr(ord("a") + n % 26)  # noqa: PLR2004 - letters


def _authorization(findings: Findings) -> str:
    with_ = f"on {findings.date}, with {code(findings.command, _LONG)} (smoke {code(findings.smoke)})"
    if findings.asked_by:
        return f"Asked for by {code(findings.asked_by)} {with_}."
    return f"Run {with_}; who asked for it is not known."
