"""What the legs of a smoke show: recorded logs, legs reused from evidence, legs that run here."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.error import Complaint, Unreadable
from evidence.model import Absent, Observation
from evidence.pattern import compile as compile_pattern
from evidence.quote import show
from evidence.receipt import Binary, Needed, digest
from evidence.receipt import read as read_receipt
from evidence.redact import redact
from runners.build import build, check_needs
from runners.command import environment, fill
from runners.record import record
from runners.run import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.history import Repository
    from evidence.model import Seen
    from evidence.receipt import Log, Ran, Receipt
    from runners.smoke import Smoke


LARGE = 64 << 20
"""The largest piece of evidence that is looked at, in bytes; a larger one is as if it were not there."""
_COLOUR = re.compile(r"\x1b\[[0-9;:?]{0,40}[ -/]{0,4}[@-~]")
OUT = ".discharge-out"
"""Where legs write files, relative to the checkout; a name that no repository has."""
Subject = tuple[Binary | None, tuple[Needed, ...]]
"""The program under test and the files that it needs, with their digests."""


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


@dataclass(frozen=True, slots=True)
class Bench:
    """Where legs run: the repository, the commit under test, the commit whose evidence may be reused.

    *hosts* and *folders* are taken out of logs beside secrets; *watch* is told what happens now.
    """

    repository: Repository
    tested: str
    standing: str
    hosts: tuple[str, ...]
    folders: tuple[str, ...]
    watch: Callable[[str], None]


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
    logs = {name: _clean(bench, _record(smoke, name, path)) for name, path in recorded.items() if name in wanted}
    missing = [name for name in wanted if name not in logs]
    receipts = read_receipts(bench, smoke) if missing else ()
    if logs:  # with recorded logs nobody knows the program: only legs of which the same is true agree
        reused, folder = _reuse(bench, smoke, missing, receipts, (None, ()))
        missing = [name for name in missing if name not in reused]
        logs |= reused
        if not missing:
            return Observed((logs,), None, (), folder)
    return _run_rest(bench, smoke, missing, logs, receipts)


def _record(smoke: Smoke, name: str, path: Path) -> Observation:
    seen = record(name, path, smoke.output_limit, _argv(smoke, name))
    return replace(seen, source=show(path.name).replace("\n", " "))  # the folder is this machine's business


def _argv(smoke: Smoke, name: str) -> tuple[str, ...]:
    leg = smoke.leg(name)
    assert leg is not None, "checked before"
    binary = smoke.binary if "/" in smoke.binary else f"./{smoke.binary}"
    needs = {need.name: os.path.expanduser(need.path) for need in smoke.needs}  # noqa: PTH111 - an unknown ~user stays
    return fill(leg.argv, {**needs, "binary": binary, "out": OUT})


def _run_rest(
    bench: Bench, smoke: Smoke, missing: list[str], logs: Mapping[str, Seen], receipts: Sequence[Kept]
) -> Observed:
    """Check out the commit, build, and run the legs that are neither recorded nor in evidence."""
    with tempfile.TemporaryDirectory(prefix="discharge-") as scratch:
        checkout = Path(scratch)
        bench.watch(f"checking out {bench.tested[:12]}")
        bench.repository.export(bench.tested, checkout)
        ready = _prepare(bench, smoke, checkout)
        if isinstance(ready, Absent):
            absent = {name: _clean(bench, Absent(name, ready.reason)) for name in missing}
            return Observed(({**logs, **absent},), None, (), "")
        binary, needs = ready
        reused, folder = ({}, "") if logs else _reuse(bench, smoke, missing, receipts, ready)
        rest = [name for name in missing if name not in reused]
        times = smoke.repeat if rest else 1
        repeats = tuple({**logs, **reused, **_run(bench, smoke, rest, checkout)} for _ in range(times))
        return Observed(repeats, binary, needs, folder)


def _prepare(bench: Bench, smoke: Smoke, checkout: Path) -> Subject | Absent:
    needs = check_needs(smoke, checkout)
    if isinstance(needs, Absent):
        return needs
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "discharge" / "programs"
    for step in smoke.build:
        bench.watch(f"building: {' '.join(step)[:100]}")
    env = environment(os.environ, smoke.env)
    built = build(smoke, bench.tested, checkout, cache, env=env)
    if isinstance(built, Absent):
        return built
    return Binary(smoke.binary, built.sha256) if built.path else None, needs


def _run(bench: Bench, smoke: Smoke, names: Sequence[str], checkout: Path) -> dict[str, Seen]:
    seen: dict[str, Seen] = {}
    if not _make(checkout / OUT):
        return {name: Absent(name, f"the repository has something of the name {OUT}") for name in names}
    for name in names:
        argv = _argv(smoke, name)
        bench.watch(f"running leg {name}: {' '.join(argv)[:100]}")
        done = run(smoke, name, argv, cwd=checkout, env=environment(os.environ, smoke.env))
        seen[name] = _clean(bench, done)
    return seen


def _make(folder: Path) -> bool:
    """Make the folder for the legs' files, unless the repository put something there, a link say."""
    if not folder.is_symlink() and not folder.is_file():
        folder.mkdir(exist_ok=True)
        return True
    return False


def _clean(bench: Bench, seen: Seen) -> Seen:
    """Take secrets and colours out before anything judges or stores the text: what is judged is what is stored.

    A colour in the middle of a word would hide the word from a prediction, and not from a reader.
    """

    def plain(text: str) -> str:
        return redact(_COLOUR.sub("", text), bench.hosts, bench.folders).text

    if isinstance(seen, Absent):
        return Absent(seen.leg, plain(seen.reason))
    return replace(seen, merged=plain(seen.merged), stdout=plain(seen.stdout), stderr=plain(seen.stderr))


def read_receipts(bench: Bench, smoke: Smoke) -> tuple[Kept, ...]:
    """Return the receipts of *smoke* that stand in evidence, newest folder last; unreadable ones are passed over."""
    paths = [p for p in bench.repository.paths(bench.standing) if p.startswith("evidence/") and _is_receipt(p)]
    kept = []
    for path, content in bench.repository.read(bench.standing, paths, large=LARGE).items():
        try:
            found = read_receipt(content, path)
        except (Unreadable, ValueError, OverflowError):  # somebody else's idea of a receipt
            continue
        if found.contract == smoke.contract and found.smoke == smoke.name:
            kept.append(Kept(path.rpartition("/")[0], found))
    return tuple(sorted(kept, key=lambda k: (k.receipt.date, k.folder)))


def _is_receipt(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("receipt") and name.endswith(".json")


def _reuse(
    bench: Bench, smoke: Smoke, names: Sequence[str], receipts: Sequence[Kept], subject: Subject
) -> tuple[dict[str, Seen], str]:
    """Return the legs that stand in evidence of the same commit, program, files and command line."""
    found: dict[str, Seen] = {}
    folder = ""
    for kept in reversed(receipts):
        agrees = kept.receipt.commit == bench.tested and (kept.receipt.binary, kept.receipt.needs) == subject
        if not agrees or smoke.repeat != 1:
            continue
        for ran in kept.receipt.legs:
            if ran.leg in names and ran.leg not in found and ran.argv == _argv(smoke, ran.leg) and not ran.failure:
                seen = _restore(bench, kept, ran)
                if seen is not None:
                    found[ran.leg], folder = seen, folder or kept.folder
                    bench.watch(f"leg {ran.leg} is in evidence already: {seen.source}")
    return found, folder


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
