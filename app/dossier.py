"""The evidence folder of one run as files: logs, `findings.md`, `receipt.json`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from app import exhibit
from app.discharge import name_page
from evidence.findings import Entry, Findings, Shown
from evidence.findings import render as render_findings
from evidence.model import Absent, Held, NotMeasured, word
from evidence.receipt import Judged, Log, Receipt, canonical, digest, enter, receipt, tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.discharge import Draft, Kind
    from contracts.document import Document
    from contracts.model import Contract, Falsifier, Ladder
    from evidence.host import HostFacts
    from evidence.model import Observation, Origin, Seen, Verdict
    from evidence.receipt import Binary, Needed, Ran
    from runners.smoke import Smoke


NAMED, LONGEST = 8, 120
"""How many falsifiers a folder's name holds at most, and how many characters of their ids."""
_UNUSUAL = re.compile(r"[^a-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Case:
    """One run of one smoke, as it was observed and judged; nothing of it is a decision yet.

    *repeats* has one mapping of leg → what was seen for each time; *fingerprints* the digest of
    what was promised for each falsifier; *device* is what in a log proves the device, *backend* the
    device in one word, both empty where no leg that ran proves one.
    """

    document: Document
    smoke: Smoke
    verdicts: tuple[Verdict, ...]
    repeats: tuple[Mapping[str, Seen], ...]
    fingerprints: Mapping[str, str]
    commit: str
    host: HostFacts
    device: str
    backend: str
    binary: Binary | None
    needs: tuple[Needed, ...]
    date: str
    asked_by: str
    command: str
    tool: str
    folder: str = ""
    """The evidence folder that a reused leg stands in, empty if none was reused."""
    judged_by: Literal["app", "terminal"] = "terminal"
    """Who judged: only the app's word is signed."""
    unsigned: bool = False
    """Whether legs were reused without a look at signatures, because the configuration has no keys."""
    repository: str = ""
    """`owner/name` of the repository, empty where it has no remote."""

    @property
    def contract(self) -> Contract:
        """The contract as it stands on the commit that the discharge builds on."""
        assert self.document.contract is not None, "resolved before"
        return self.document.contract

    @property
    def how(self) -> str:
        """How it was seen, for titles: `live cpu`, `live wgpu`.

        It is `recorded` where nobody here saw a leg end, and `reused` where every leg stood in
        evidence already. Where the smoke has no proof of a device, or its pattern names none, the
        smoke's name stands there.
        """
        return self.name_how(tuple(v for v in self.verdicts if isinstance(v, Held)))

    def name_how(self, proofs: Sequence[Verdict]) -> str:
        """Return how that was seen which some verdicts rest on; see `how`."""
        origin = self.origin(proofs)
        kind = "live" if origin == "ran" else origin
        if self.looks_at_device(proofs):
            return f"{kind} {self.backend or self.smoke.name}"
        return f"{kind} {'cpu' if self.smoke.proof else self.smoke.name}"

    def seen(self, proofs: Sequence[Verdict]) -> tuple[Observation, ...]:
        """Return what was seen of the legs that these promises look at; of all legs where there are none."""
        wanted = {leg for v in proofs if (p := self.smoke.promise(v.falsifier)) for leg in p.legs}
        legs = (seen for repeat in self.repeats for name, seen in repeat.items() if name in wanted or not proofs)
        return tuple(seen for seen in legs if not isinstance(seen, Absent))

    def origin(self, proofs: Sequence[Verdict]) -> Origin:
        """Return where that comes from: recorded if any is, reused if all is, else ran here."""
        seen = self.seen(proofs)
        if any(leg.origin == "recorded" or (leg.exit is None and not leg.failure) for leg in seen):
            return "recorded"
        return "reused" if seen and all(leg.origin == "reused" for leg in seen) else "ran"

    def looks_at_device(self, proofs: Sequence[Verdict]) -> bool:
        """Return whether one of these promises looks at the leg that proves the device."""
        proof = self.smoke.proof
        return bool(self.device and proof and any(leg.leg in proof.legs for leg in self.seen(proofs)))


def choose_folder(case: Case, falsifiers: tuple[str, ...], standing: frozenset[str], kind: Kind = "discharge") -> str:
    """Return a folder of its own: `evidence/<ids>-live-discharge-<date>`, numbered if that one exists."""
    ids = [f.id for id_ in falsifiers if (f := case.contract.falsifier(id_))]
    others = [id_.number for id_ in ids[1:NAMED]] + (["and-more"] if len(ids) > NAMED else [])
    stem = _UNUSUAL.sub("-", "-".join([ids[0].short, *others]).lower())[:LONGEST]
    name = f"evidence/{stem}-live-{'undischarge' if kind == 'undischarge' else 'discharge'}-{case.date}"
    taken = {path.split("/")[1] for path in standing if path.startswith("evidence/")}
    number = next(n for n in range(1, len(taken) + 2) if _numbered(name, n).partition("/")[2] not in taken)
    return _numbered(name, number)


def joins(case: Case, standing: frozenset[str]) -> bool:
    """Return whether the run can join the folder that it reuses a leg of: no log of its own has its name there."""
    fresh = [name_log(name, n) for (name, n), seen in _seen(case).items() if seen.origin != "reused"]
    return bool(case.folder) and not any(f"{case.folder}/{name}" in standing for name in fresh)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def lay(case: Case, draft: Draft | None, ladder: Ladder, folder: str, standing: frozenset[str]) -> dict[str, bytes]:
    """Return path → content of every file that this run adds to *folder*; nothing that stands is overwritten."""
    version = draft.versions[1] if draft else case.contract.version or "0"
    pages = {f"{folder}/findings.md", f"{folder}/receipt.json"}
    joined = version if pages & standing else ""
    stored = _logs(case)
    findings = render_findings(_findings(case, draft, ladder)).encode()
    page = Log(name_page("findings.md", joined), digest(findings), len(findings))
    files = {f"{folder}/{name}": content for logs in stored.values() for name, content in logs.items()}
    files[f"{folder}/{page.file}"] = findings
    record = receipt(_receipt(case, draft, stored, page))
    files[f"{folder}/{name_page('receipt.json', joined)}"] = canonical(record) + b"\n"
    return {path: content for path, content in files.items() if path not in standing}


def name_log(leg: str, repeat: int, stream: str = "") -> str:
    """Return the file name of a leg's log: `no-gpu-smoke.log`, `default-smoke-2.stdout.log`."""
    number = "" if repeat == 1 else f"-{repeat}"
    return f"{leg}-smoke{number}{f'.{stream}' if stream else ''}.log"


def _logs(case: Case) -> dict[tuple[str, int], dict[str, bytes]]:
    """Return (leg, repeat) → file name → content; a reused leg's files stand where they stood."""
    return {
        (name, n): _streams(seen, n) | exhibit.lay(case.smoke, case.repeats[n - 1], name, n)
        for (name, n), seen in _seen(case).items()
    }


def _seen(case: Case) -> dict[tuple[str, int], Observation]:
    return {
        (name, n): seen
        for n, repeat in enumerate(case.repeats, 1)
        for name, seen in repeat.items()
        if not isinstance(seen, Absent)
    }


def _streams(seen: Observation, repeat: int) -> dict[str, bytes]:
    texts = {"": seen.merged}
    if seen.origin != "recorded" and (seen.stdout or seen.stderr):
        texts |= {"stdout": seen.stdout, "stderr": seen.stderr}
    return {name_log(seen.leg, repeat, stream): text.encode() for stream, text in texts.items()}


def _findings(case: Case, draft: Draft | None, ladder: Ladder) -> Findings:
    entries = tuple(Entry(_falsifier(case, v), _after(case, v, draft), v) for v in case.verdicts)
    after = {entry.falsifier.id: entry.after for entry in entries}
    now = (replace(f, status=after.get(f.id, f.status)) for f in case.contract.falsifiers)
    open_ = tuple(falsifier for falsifier in now if falsifier.status not in ladder.discharged)
    version = case.contract.version or ""
    return Findings(
        contract=case.contract.name,
        smoke=case.smoke.name,
        date=case.date,
        entries=entries,
        legs=tuple(
            Shown(seen, _shown(seen, n)) for n, repeat in enumerate(case.repeats, 1) for seen in repeat.values()
        ),
        host=case.host,
        commit=case.commit,
        versions=draft.versions if draft else (version, version),
        remaining=open_,
        total=len(case.contract.falsifiers),
        asked_by=case.asked_by,
        command=case.command,
        binary=case.binary,
        device=case.device,
        build=case.smoke.build if case.binary else (),
        env=case.smoke.env,
        tally=draft.tally if draft else None,
    )


def _shown(seen: Seen, repeat: int) -> str:
    return "" if isinstance(seen, Absent) else name_log(seen.leg, repeat)


def _falsifier(case: Case, verdict: Verdict) -> Falsifier:
    found = case.contract.falsifier(verdict.falsifier)
    assert found is not None, "resolved before"
    return found


def _after(case: Case, verdict: Verdict, draft: Draft | None) -> str | None:
    flips = {flip.falsifier.text: flip.after for flip in draft.flips} if draft else {}
    return flips.get(verdict.falsifier, _falsifier(case, verdict).status)


def _receipt(
    case: Case, draft: Draft | None, stored: Mapping[tuple[str, int], Mapping[str, bytes]], page: Log
) -> Receipt:
    seen = [(n, leg) for n, repeat in enumerate(case.repeats, 1) for leg in repeat.values()]
    return Receipt(
        origin="recorded" if case.how.startswith("recorded") else case.judged_by,
        tool=case.tool,
        contract=case.contract.path,
        version_before=case.contract.version,
        version_after=draft.versions[1] if draft else case.contract.version,
        commit=case.commit,
        smoke=case.smoke.name,
        legs=tuple(_ran(leg, n, stored) for n, leg in seen if not isinstance(leg, Absent)),
        absent=tuple(leg for _, leg in seen if isinstance(leg, Absent)),
        binary=case.binary,
        needs=case.needs,
        host=case.host,
        device=case.device,
        falsifiers=tuple(_judged(case, verdict, draft) for verdict in case.verdicts),
        date=case.date,
        asked_by=case.asked_by,
        command=case.command,
        extract=case.smoke.extract,
        proof=case.smoke.proof,
        times=tuple(tuple(repeat) for repeat in case.repeats),
        page=page,
        repository=case.repository,
    )


def _ran(seen: Observation, repeat: int, stored: Mapping[tuple[str, int], Mapping[str, bytes]]) -> Ran:
    return enter(seen, stored[seen.leg, repeat], repeat)


def _judged(case: Case, verdict: Verdict, draft: Draft | None) -> Judged:
    promise = case.smoke.promise(verdict.falsifier)
    assert promise is not None, "resolved before"
    return Judged(
        falsifier=verdict.falsifier,
        before=_falsifier(case, verdict).status,
        after=_after(case, verdict, draft),
        verdict=word(verdict),
        reason=verdict.reason if isinstance(verdict, NotMeasured) else "",
        branch=promise.holds,
        preregistered=case.fingerprints[verdict.falsifier],
        predictions=promise.predictions,
        measurements=tuple(map(tell, verdict.measurements)),
        gone=promise.gone,
    )
