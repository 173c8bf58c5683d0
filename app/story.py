"""What a discharge tells: its summary, its own Five Whys, what moved and what stays open. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.discharge import tell_seen
from app.imprint import Followed, Following
from app.imprint import render as tell_followers
from app.message import DischargeStory, Run
from contracts.group import group
from evidence.model import Absent, Falsified, Held, Match, legs_of, word
from evidence.quote import code, name_status, show
from evidence.receipt import digest, is_envelope, is_receipt
from evidence.reproducer import reproduce
from spec.model import Why
from spec.pickup import closes
from spec.sentence import clip
from spec.why import count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.discharge import Draft, Terms
    from app.dossier import Case
    from evidence.model import Observation
    from spec.model import Lever

EXCERPT_LINES = 12
EXCERPT_WIDTH = 200
"""How many lines of a log a message quotes, and how long they may be, in characters."""
_LINE = re.compile(r"\bline (\d{1,7})\b(?! of )")


@dataclass(frozen=True, slots=True)
class Discharge:
    """A discharge about to be told: the run, the contract as it becomes, and what validated that.

    *left* are (where, lever) of what the record leaves to pick up.
    """

    case: Case
    draft: Draft
    terms: Terms
    validation: str
    left: tuple[tuple[str, Lever], ...]
    trailers: tuple[tuple[str, str], ...] = ()
    """What stands below the trailers that every discharge has: the run, and who asked."""
    following: Following = field(default_factory=Following)
    """What follows the contract, as it stands where the commit builds on."""


def tell(discharge: Discharge, files: Mapping[str, bytes], followed: Followed) -> DischargeStory:
    """Return everything that the message of a discharge says; *files* and *followed* are what its commit writes."""
    case, draft, terms = discharge.case, discharge.draft, discharge.terms
    after = {falsifier.id: falsifier.status for falsifier in case.contract.falsifiers}
    after |= {flip.falsifier: flip.after for flip in draft.flips}
    remaining = [id_ for id_, status in after.items() if status not in terms.ladder.discharged]
    total = len(after)
    shorts = {flip.falsifier.short for flip in draft.flips if flip.after in terms.ladder.discharged}
    return DischargeStory(
        contract=case.contract.name,
        flips=draft.flips,
        proofs=draft.proofs,
        how=terms.how,
        kind=draft.kind,
        summary=_summary(case, draft),
        folder=terms.folder,
        files=_phrases(case, terms.folder, files),
        runs=tuple(
            _run(seen, case, draft)
            for repeat in case.repeats
            for seen in repeat.values()
            if not isinstance(seen, Absent)
        ),
        whys=_whys(case, draft, files, terms, followed),
        tally=draft.tally,
        ships=draft.ships,
        versions=draft.versions,
        contract_status=name_status(case.contract.status) if case.contract.status else "",
        counts=(total - len(remaining), total),
        still_open=tuple(f"{id_} ({name_status(after[id_])})" for id_ in remaining),
        followers=tell_followers(followed),
        validation=discharge.validation,
        closes=tuple(where for where, lever in discharge.left if closes(lever, shorts)),
        trailers=(*_trailers(draft, terms, files), *discharge.trailers),
    )


def _summary(case: Case, draft: Draft) -> str:
    """Return what was done and what came of it; of a recorded log nobody here knows the commit."""
    ids = group(verdict.falsifier for verdict in draft.proofs)
    times = len(case.repeats)
    runs = "" if times == 1 else f" in each of {times} runs"
    host = f" on {case.host.name}" if case.host.name else ""
    origins = {seen.origin for seen in case.seen(draft.proofs)}
    done = {
        "recorded": f"Judged on a recorded log, said to be of commit {case.commit[:12]}, with smoke {case.smoke.name}",
        "reused": f"Judged on logs in evidence already, of commit {case.commit[:12]}, with smoke {case.smoke.name}",
    }.get(case.origin(draft.proofs), f"Run with smoke {case.smoke.name} at commit {case.commit[:12]}{host}")
    some = "; a leg was reused" if "reused" in origins and len(origins) > 1 else ""
    device = f" Device, as the log proves it: {code(case.device)}." if case.looks_at_device(draft.proofs) else ""
    if draft.kind == "undischarge":
        return f"{done}{some}: {ids} did not hold{runs}. The discharge is proposed to be taken back.{device}"
    again = " once more" if draft.kind == "renewal" else ""
    return f"{done}{some}: every prediction for {ids} held{runs}{again}.{device}{_missed(case, draft)}"


def _missed(case: Case, draft: Draft) -> str:
    """Return what was asked for and did not hold."""
    if draft.kind == "renewal":
        return ""
    missed = [f"{v.falsifier} ({word(v)})" for v in case.verdicts if not isinstance(v, Held)]
    return f" Asked for and not discharged: {', '.join(missed)}." if missed else ""


def _phrases(case: Case, folder: str, files: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    """Return (file name, what it is) of every file that this commit adds, and of reused logs."""
    rows = []
    for path, content in files.items():
        if path.startswith(f"{folder}/"):
            name = path.rpartition("/")[2]
            rows.append((name, _phrase(name, content)))
    for repeat in case.repeats:
        reused = (seen for seen in repeat.values() if not isinstance(seen, Absent) and seen.origin == "reused")
        same = "same commit, argv and program" if case.binary else "same commit and argv as stated"
        same += ", unsigned" if case.unsigned else ""
        rows += [(_within(seen.source, folder), f"leg {seen.leg}, reused: {same}") for seen in reused]
    return tuple(dict.fromkeys(rows))


def _within(path: str, folder: str) -> str:
    return path.removeprefix(f"{folder}/")


def _phrase(name: str, content: bytes) -> str:
    lines = content.count(b"\n")
    if name.startswith("findings"):
        return "verdict, reproducers, observations and the table of predictions"
    if is_envelope(name):
        return "the app's signature on the receipt and all that it names (DSSE, Ed25519)"
    if name.startswith("receipt"):
        return f"digests of everything, canonical JSON (sha256 {digest(content)[:12]}…)"
    stream = "stdout alone" if ".stdout." in name else "stderr alone" if ".stderr." in name else "the whole log"
    return f"{stream}, {lines} line{'s' if lines != 1 else ''}"


def _run(seen: Observation, case: Case, draft: Draft) -> Run:
    command = reproduce(seen.argv, case.smoke.env) if seen.argv else "(the command line is not known)"
    took = f"{seen.seconds:.2f} s, " if seen.seconds is not None else ""
    ended = "how it ended is not known" if seen.exit is None else f"exit {seen.exit}"
    source = f" ({seen.origin}: {seen.source})" if seen.origin != "ran" else ""
    return Run(command, f"{took}{ended}{source}", f"leg {seen.leg}", _excerpt(seen, case, draft))


def _excerpt(seen: Observation, case: Case, draft: Draft) -> tuple[str, ...]:
    """Return the lines of a log that the measurements name which decided, bounded."""
    telling = Match.NO if draft.kind == "undischarge" else Match.YES
    rows = [m for v in case.verdicts for m in v.measurements if m.match is telling]
    named = {int(n) for m in rows if seen.leg in legs_of(m.prediction) for n in _LINE.findall(m.observed)}
    lines = seen.merged.split("\n")  # as the measurements count them
    found = [lines[n - 1].rstrip() for n in sorted(named) if n <= len(lines)]
    return tuple(clip(show(line), EXCERPT_WIDTH) for line in found[:EXCERPT_LINES])


def _whys(case: Case, draft: Draft, files: Mapping[str, bytes], terms: Terms, followed: Followed) -> tuple[Why, ...]:
    return (
        _now(case, draft),
        _point(draft.proofs),
        _return(draft) if draft.kind == "undischarge" else _bundled(case, draft),
        _bump(draft, terms),
        _bounded(case, draft, files, terms.folder, len(followed.files)),
    )


def _now(case: Case, draft: Draft) -> Why:
    asked = f"; {case.asked_by} asked for it" if case.asked_by else ""
    stood = f"The predictions stood on the default branch before commit {case.commit[:12]}, and have not changed since"
    question = {"discharge": "discharge", "undischarge": "take the discharge back", "renewal": "measure again"}
    return Why(f"Why {question[draft.kind]} now?", f"{stood}{asked}.")


def _return(draft: Draft) -> Why:
    """Say which step a discharge goes back to."""
    steps = ", ".join(dict.fromkeys(str(flip.after) for flip in draft.flips))
    told = "It stood there before the discharge, as far as the contract's history tells; else it is the step below."
    return Why(f"Why back to {steps}?", told)


def _point(held: Sequence[Held | Falsified]) -> Why:
    missed = [f"{v.falsifier}: {tell_seen(v)}" for v in held if isinstance(v, Falsified)]
    if missed:
        return Why("Which data point speaks against it?", f"{'; '.join(missed)}.")
    margins = [f"{m.expected}: {m.observed}, margin {m.margin}" for h in held for m in h.measurements if m.margin]
    told = "; ".join(dict.fromkeys(margins)) or "No prediction compares a number, so there is no margin"
    return Why("Why this data point, and what is its margin?", f"{told}.")


def _bundled(case: Case, draft: Draft) -> Why:
    """Say what falsifiers that are discharged together share, and why one is alone."""
    needed = [set(promise.legs) for held in draft.proofs if (promise := case.smoke.promise(held.falsifier))]
    shared = sorted(set.intersection(*needed)) if needed else []
    if len(draft.proofs) == 1:
        which = "was not discharged yet" if draft.kind == "discharge" else "was stale"
        return Why("Why one falsifier alone?", f"It is the one that held and {which}, on {', '.join(shared)}.")
    common = (
        f"They share leg {', '.join(shared)}." if shared else f"One run of smoke {case.smoke.name} covers their legs."
    )
    return Why(f"Why {len(draft.proofs)} falsifiers in one?", common)


def _bump(draft: Draft, terms: Terms) -> Why:
    before, after = draft.versions
    floor = terms.policy.asks("wording" if draft.kind == "renewal" else "discharged").name.lower()
    if before == after:
        return Why("Why no bump?", f"The configured policy asks for none; the contract stays at v{before}.")
    less = " and not patch" if floor == "minor" else ""
    moved = {"discharge": "A status moved to discharged", "undischarge": "A status moved back from discharged"}
    what = moved.get(draft.kind, "Evidence was added")
    told = f"{what}, and the configured floor for that is {floor}: v{before} → v{after}."
    return Why(f"Why {floor}{less}?", told)


def _bounded(case: Case, draft: Draft, files: Mapping[str, bytes], folder: str, followers: int) -> Why:
    """Count what the commit changes; it writes the contract, its evidence, and what follows the contract."""
    old, new = case.document.text.splitlines(), draft.amended.text.splitlines()
    marks = [line[:1] for line in list(difflib.unified_diff(old, new, n=0, lineterm=""))[2:]]
    yaml = f"{marks.count('+')} lines added and {marks.count('-')} removed in the contract"
    evidence = sum(path.startswith(f"{folder}/") for path in files)
    more = f", {count(followers, 'follower')}" if followers else ""
    proved = " No production code change." if evidence + 1 == len(files) and not followers else ""
    return Why("Why bounded?", f"{yaml}, {evidence} evidence files{more}.{proved}")


def _trailers(draft: Draft, terms: Terms, files: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    folder = f"{terms.folder}/"
    receipts = [digest(content) for path, content in files.items() if path.startswith(folder) and is_receipt(path)]
    rows = [("Smoke", f"{terms.how} smoke")]
    rows += [("Falsifier", verdict.falsifier) for verdict in draft.proofs]
    rows += [("Evidence-Digest", f"sha256:{value}") for value in receipts]
    return (*rows, ("Contract-Version", draft.versions[1]))
