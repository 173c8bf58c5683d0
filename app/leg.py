"""What the legs of a smoke show: recorded logs, legs reused from evidence, legs that run on some machine.

A run has two halves: `plan` says what a machine shall do, and `assemble` takes what it claims to have
seen. A terminal does the job in between by itself; the App gives it to an engine.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.error import Complaint, Unreadable
from evidence.acceptance import Filed, accept
from evidence.host import HostFacts
from evidence.model import Absent, Observation
from evidence.pattern import compile as compile_pattern
from evidence.quote import show
from evidence.receipt import digest, is_receipt, name_envelope
from evidence.receipt import read as read_receipt
from evidence.redact import clean, redact
from runners import bench as benches
from runners.bench import argv_of
from runners.job import Job, Known
from runners.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from app.history import Repository
    from evidence.key import PublicKey
    from evidence.model import Seen
    from evidence.receipt import Binary, Log, Needed, Ran, Receipt
    from runners.bench import Subject
    from runners.bundle import Bundle
    from runners.smoke import Smoke


LARGE = 64 << 20
"""The largest piece of evidence that is looked at, in bytes; a larger one is as if it were not there."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A receipt that stands at a commit, and its folder."""

    folder: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of every wanted leg, once for each repeat, and with which program and files."""

    repeats: tuple[Mapping[str, Seen], ...]
    binary: Binary | None
    needs: tuple[Needed, ...]
    folder: str
    """The evidence folder that a reused leg stands in, empty if none was reused."""
    host: HostFacts = field(default=HostFacts())
    """The machine that a leg ran on now; nothing is known of one where none did."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where legs run: the repository, the commit under test, the commit whose evidence may be reused.

    *hosts* and *folders* are taken out of logs beside secrets; *watch* is told what happens now. *keys* and
    *accepted* say which receipts count; without keys every receipt does, and the message tells that nobody signed it.
    """

    repository: Repository
    tested: str
    standing: str
    hosts: tuple[str, ...]
    folders: tuple[str, ...]
    watch: Callable[[str], None]
    keys: tuple[PublicKey, ...] = ()
    accepted: tuple[str, ...] = ("app",)


def observe(bench: Bench, smoke: Smoke, wanted: Sequence[str], recorded: Mapping[str, Path]) -> Observed:
    """Return what the *wanted* legs show: recorded logs first, then evidence that agrees, then a run here.

    Raises:
        Complaint: a recorded log for a leg that the smoke does not have.
        Unreadable: a recorded log that cannot be read.
    """
    unknown = sorted(set(recorded) - {leg.name for leg in smoke.legs})
    if unknown:
        known = ", ".join(leg.name for leg in smoke.legs)
        raise Complaint(f"smoke {smoke.name} has no leg “{unknown[0][:60]}”", mend=f"Its legs are: {known}")
    if recorded and smoke.repeat > 1:
        what = f"smoke {smoke.name} is repeated {smoke.repeat} times, and a recorded log stands for one time"
        raise Complaint(what, mend="Run it here, or give the smoke `repeat: 1`")
    if not wanted:  # nothing can be judged: nothing is built either
        return Observed(({},), None, (), "")
    logs = {
        name: clean(_record(smoke, name, path), bench.hosts, bench.folders)
        for name, path in recorded.items()
        if name in wanted
    }
    missing = [name for name in wanted if name not in logs]
    if logs:  # with recorded logs nobody knows the program: only legs of which the same is true agree
        reused, folder = _reuse(bench, smoke, missing, (None, ()))
        missing = [name for name in missing if name not in reused]
        logs |= reused
        if not missing:
            return Observed((logs,), None, (), folder)
    job = plan(bench, smoke, missing, run="terminal")
    seen = assemble(bench, job, _do(replace(job, known=()) if logs else job, bench.watch))
    return replace(seen, repeats=tuple({**logs, **repeat} for repeat in seen.repeats))


def plan(bench: Bench, smoke: Smoke, legs: Sequence[str], *, run: str, repeat: int | None = None) -> Job:
    """Return what a machine shall do to show these legs, and which of them it need not run.

    Args:
        bench: the repository must hold every file of the tested commit when the job is done.
        smoke: as it stands on the default branch.
        legs: their names, each once.
        run: the name of the run; see `runners.job.is_run`.
        repeat: how often each leg runs, if not as the smoke says.
    """
    times = smoke.repeat if repeat is None else repeat
    known = tuple(
        Known(ran.leg, ran.argv, kept.receipt.binary, kept.receipt.needs, seen.source)
        for kept, ran in (_find(bench, smoke, legs) if times == 1 else ())
        if (seen := _restore(bench, kept, ran)) is not None
    )
    return Job(run, str(bench.repository.folder.resolve()), bench.tested, smoke, tuple(legs), known, times)


def assemble(bench: Bench, job: Job, bundle: Bundle) -> Observed:
    """Return what a bundle that answers *job* shows, with secrets taken out, and reused legs as they stand in evidence.

    Evidence is looked at again: what has gone there meanwhile is absent.
    """
    quiet = replace(bench, watch=lambda _: None)  # whoever did the job told which legs it did not run
    reused, folder = _reuse(quiet, job.smoke, bundle.reused, (bundle.binary, bundle.needs))
    gone = {leg: Absent(leg, "its log is in evidence no more") for leg in bundle.reused if leg not in reused}
    repeats = tuple(
        {**gone, **reused, **{leg: _accept(bench, seen) for leg, seen in repeat.items()}} for repeat in bundle.repeats
    )
    return Observed(repeats, bundle.binary, bundle.needs, folder, _accept_host(bench, bundle.host))


def _do(job: Job, watch: Callable[[str], None]) -> Bundle:
    """Do a job in this process."""
    with tempfile.TemporaryDirectory(prefix="discharge-") as scratch:
        return benches.observe(job, Path(scratch), watch)


def _accept(bench: Bench, seen: Seen) -> Seen:
    """Return what a machine says of a leg as it may be judged and stored."""
    cleaned = clean(seen, bench.hosts, bench.folders)
    if isinstance(cleaned, Absent):
        return replace(cleaned, reason=_line(cleaned.reason))
    return replace(cleaned, failure=_line(cleaned.failure))


def _accept_host(bench: Bench, host: HostFacts) -> HostFacts:
    return HostFacts(*(_line(redact(fact, bench.hosts, bench.folders).text) for fact in host.texts))


def _line(text: str) -> str:
    """Return a machine's sentence as one line that can do nothing to a terminal."""
    return show(text).replace("\n", " ")


def _record(smoke: Smoke, name: str, path: Path) -> Observation:
    seen = record(name, path, smoke.output_limit, argv_of(smoke, name))
    return replace(seen, source=_line(path.name))  # the folder is this machine's business


def read_receipts(bench: Bench, *smokes: Smoke) -> tuple[Kept, ...]:
    """Return the receipts of *smokes* that stand in evidence, newest folder last; unreadable ones are passed over."""
    wanted = {(smoke.contract, smoke.name) for smoke in smokes}
    names = [smoke.name.encode() for smoke in smokes]  # the bytes of others' receipts need not be read as values
    paths = [p for p in bench.repository.paths(bench.standing) if p.startswith("evidence/") and is_receipt(p)]
    beside = [name_envelope(path) for path in paths] if bench.keys else []
    stored = bench.repository.read(bench.standing, [*paths, *beside], large=LARGE)
    name = bench.repository.name() if bench.keys else ""
    kept = []
    for path in (path for path in paths if any(name in stored.get(path, b"") for name in names)):
        try:
            found = read_receipt(stored[path], path)
        except (Unreadable, ValueError, OverflowError):  # somebody else's idea of a receipt
            continue
        filed = Filed(path, stored[path], name)
        if (found.contract, found.smoke) in wanted and _counts(bench, filed, stored.get(name_envelope(path))):
            kept.append(Kept(path.rpartition("/")[0], found))
    return tuple(sorted(kept, key=lambda k: (k.receipt.date, k.folder)))


def _counts(bench: Bench, filed: Filed, envelope: bytes | None) -> bool:
    """Return whether a receipt counts, by the configuration at the base; told if it does not."""
    if not bench.keys:
        return True
    reason = accept(filed, envelope, bench.keys, bench.accepted)
    if reason:
        bench.watch(f"{filed.path} does not count: {reason}")
    return not reason


def _reuse(bench: Bench, smoke: Smoke, names: Sequence[str], subject: Subject) -> tuple[dict[str, Seen], str]:
    """Return the legs that stand in evidence of the same commit, program, files and command line, and their folder."""
    found: dict[str, Seen] = {}
    folder = ""
    for kept, ran in _find(bench, smoke, names):
        if ran.leg in found or (kept.receipt.binary, kept.receipt.needs) != subject:
            continue
        seen = _restore(bench, kept, ran)
        if seen is not None:
            found[ran.leg], folder = seen, folder or kept.folder
            bench.watch(f"leg {ran.leg} is in evidence already: {seen.source}")
    return found, folder


def _find(bench: Bench, smoke: Smoke, names: Sequence[str]) -> Iterator[tuple[Kept, Ran]]:
    """Yield the legs in evidence that may be reused for some program, the newest first.

    A leg whose logits are compared is none of them: they are not kept, and the other side would have nothing to be
    held against.
    """
    for kept in reversed(read_receipts(bench, smoke)) if names else ():
        if kept.receipt.commit != bench.tested:
            continue
        for ran in kept.receipt.legs:
            if (
                ran.leg in names
                and ran.leg not in smoke.compared
                and ran.argv == argv_of(smoke, ran.leg)
                and not ran.failure
            ):
                yield kept, ran


def _restore(bench: Bench, kept: Kept, ran: Ran) -> Observation | None:
    """Return a leg as its stored logs tell it; None if a log is gone or is not what the receipt says."""
    texts = [_stored(bench, kept.folder, log) for log in ran.logs]
    if not texts or None in texts:
        return None
    merged, stdout, stderr = ([text or "" for text in texts] + ["", ""])[:3]
    source = f"{kept.folder}/{ran.logs[0].file}"
    return Observation(
        ran.leg,
        ran.argv,
        merged,
        stdout,
        stderr,
        ran.exit,
        ran.seconds,
        "reused",
        source,
        truncated=ran.truncated,
    )


def _stored(bench: Bench, folder: str, log: Log) -> str | None:
    path = f"{folder}/{log.file}"
    content = bench.repository.read(bench.standing, [path], large=LARGE).get(path)
    known = content is not None and digest(content) == log.sha256
    return content.decode(errors="replace") if content is not None and known else None


def find_device(smoke: Smoke, observed: Observed) -> tuple[str, str]:
    """Return what in the log proves the device, and the device in one lower-case word.

    The word is what the pattern's first group takes, empty without a group; both are empty where no
    leg proves a device.
    """
    seen = observed.repeats[0].get(smoke.proof.leg) if smoke.proof else None
    if smoke.proof is None or seen is None or isinstance(seen, Absent):
        return "", ""
    hit = next(compile_pattern(smoke.proof.pattern).hits(seen.merged), None)
    if hit is None:
        return "", ""
    word = next((group for group in hit.groups if group), "")
    return show(hit.text.strip()), show("".join(word.split()[:1]).lower())
