"""`make bench`: time what the design promises, on real documents where they are and on grown ones where not.

Every row is warmed up, then run several times; the median is held against its bound, and a missed
bound ends the program with status 1. `--write` puts the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from app.effect import WriteBranch
from app.landing import find_since, gather
from app.plan import AmendmentFacts, decide_amendment
from app.record import Telling
from app.workspace import open_workspace
from contracts.amend import AddEntry, AppendEvidence, BumpVersion, FlipStatus, amend
from contracts.document import read as read_contract
from contracts.model import Part, Version
from evidence.judge import judge
from evidence.model import Capture, Contains, Held, InOrder, Never, NotMeasured, Observation, Output, Promise, Proof
from runners.bundle import read as read_bundle
from runners.engine.local import Local
from spec.document import read as read_spec
from tests.runners.source import Source
from tests.sample import ENVIRONMENT, ROOT, SPEC, find_documents, make_landed, make_listed, make_wide, read_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from contracts.amend import Edit
    from runners.job import Job
    from tests.sample import Documents

PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
RUNS, LOG_SIZE = 11, 1_000_000
HEAD = ("What", "Median, ms", "Min", "Max", "Bound", "Result", "Peak, MiB")
DISCHARGE = Path(sys.executable).with_name("discharge")
EXTRACT = r"Output:\n(?P<output>.*?)\n\nCompleted"
_COSINE, _ANSWER = Capture("default", r"Cosine similarity: (-?[\d.]+)", below=0.98), "2 + 2 equals 4."
_WGPU = Capture("default", r"cosine vs CPU = (-?[\d.]+)", below=0.99)
_FALLBACKS = ("CUDA path rejected", "Backend: wgpu", "wgpu path rejected")
PROMISES = (
    Promise("001", (Contains("default", ("CPU argmax: 334 | GPU argmax: 8127",)), _COSINE), "if_fails"),
    Promise("002", (_COSINE, _WGPU), "if_fails"),
    Promise("003", (InOrder("default", _FALLBACKS),)),
    Promise("004", (Never("no-gpu", ("[trueno#243]", "[PMAT-082]")), Output("no-gpu", _ANSWER))),
    Promise("005", (_WGPU, Output("default", _ANSWER))),
)
# A process counts the pages of the one that started it until it is its own program, so the one
# that is measured is started by a small one.
_WEIGH = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One row: what is run, its bound in seconds (None: for knowledge), and its argv if it is a whole process."""

    what: str
    work: Callable[[], object]
    bound: float | None = None
    argv: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What a case took: *times* in seconds, *memory* of a whole process in KiB."""

    case: Case
    times: tuple[float, ...]
    memory: int | None = None

    @property
    def missed(self) -> bool:
        """Whether the median is above the bound."""
        return self.case.bound is not None and statistics.median(self.times) > self.case.bound

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as people read it, in the order of `HEAD`."""
        times = (statistics.median(self.times), min(self.times), max(self.times))
        bound = "" if self.case.bound is None else f"{self.case.bound * 1000:.0f}"
        result = "" if self.case.bound is None else "missed" if self.missed else "held"
        memory = "" if self.memory is None else f"{self.memory / 1024:.0f}"
        return (self.case.what, *(f"{seconds * 1000:.1f}" for seconds in times), bound, result, memory)


def find_facts(folder: Path) -> AmendmentFacts:
    """Return what the amendment of that repository is decided from, as `app.amendment.amend` finds it."""
    workspace = open_workspace(folder)
    config = workspace.configured.config
    window = gather(workspace, find_since(workspace, SPEC), config.specs[0].records)
    telling = Telling("g2p", "2026-05-04", "", (), tuple(config.models), "")
    return AmendmentFacts(window, workspace.spec(workspace.commit, SPEC), config.ladder, telling, workspace.commit, ())


def read_all(folder: Path) -> None:
    """Read every contract from disk."""
    for path in folder.rglob("*.yaml"):
        read_contract(read_text(path), path.name)


def plan_edits(text: str) -> tuple[Edit, ...]:
    """Return the four edits of one discharge: status, evidence, changelog, version."""
    contract = read_contract(text).contract
    assert contract is not None
    assert contract.version is not None
    id_ = next(f.id.text for f in contract.falsifiers if f.status != "DISCHARGED")
    after = str(Version.parse(contract.version).bump(Part.MINOR))
    entry = AddEntry(after, "2026-05-04", f"{id_} → DISCHARGED via live smoke.")
    return (
        FlipStatus(id_, "DISCHARGED"),
        AppendEvidence(id_, "Live smoke: the answer is 4."),
        entry,
        BumpVersion(after),
    )


def amend_spec(facts: AmendmentFacts, text: str) -> None:
    """Read a spec, decide its amendment, and verify the amended text, all of which is one decision."""
    (effect,) = decide_amendment(replace(facts, spec=read_spec(text, SPEC)))
    assert isinstance(effect, WriteBranch), effect


def judge_logs(logs: tuple[str, str]) -> None:
    """Judge five falsifiers on the two logs of the seed."""
    names = ("default", "no-gpu")
    seen = {name: Observation(name, (), log, origin="recorded") for name, log in zip(names, logs, strict=True)}
    for promise in PROMISES:
        verdict = judge(promise, [seen], extract=EXTRACT, proof=Proof("default", "Backend: (wgpu|CUDA)"))
        assert isinstance(verdict, Held), verdict


def search_hostile(log: str) -> None:
    """Look for a pattern on which a backtracking search would never end."""
    promise = Promise("X-001", (Capture("default", "(a+)+$", equals="a"),))
    verdict = judge(promise, [{"default": Observation("default", (), log, origin="recorded")}])
    assert isinstance(verdict, NotMeasured), verdict


def run_job(engine: Local, job: Job) -> None:
    """Have an engine do a job, from its start until its bundle is read and nothing is kept of it."""
    asked = replace(job, run=f"run-{time.monotonic_ns()}")
    engine.start(asked)
    while not engine.finished():
        time.sleep(0.01)
    (seen,) = read_bundle(engine.collect(asked.run), asked).seen
    assert isinstance(seen, Observation), seen
    engine.forget(asked.run)


def start(argv: Sequence[str]) -> str:
    """Run a program to its end; what it printed."""
    done = subprocess.run(argv, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(argv)} ended with status {done.returncode}, so nothing was measured:\n{done.stderr}")
    return done.stdout


def list_cases(documents: Documents, scratch: Path) -> Iterator[Case]:
    """Yield the rows of the table; *scratch* gets the repositories that they need."""
    listed, landed = make_listed(scratch / "listed", documents), make_landed(scratch / "landed", documents)
    facts, text = find_facts(landed), documents.spec
    yield Case(f"read {len(documents.contracts)} contracts from disk", partial(read_all, listed), 0.25)
    yield _amendment(documents.large, 0.05)
    yield Case(f"amend a spec of {len(text):,} characters", partial(amend_spec, facts, text), 0.5)
    yield _amendment(documents.flagship, None)
    if documents.logs:
        yield Case("judge 5 falsifiers on the two real logs", partial(judge_logs, documents.logs))
    yield Case("look for `(a+)+$` in a log of 1 MB", partial(search_hostile, "a" * LOG_SIZE + "!"))
    yield _process("`discharge --help`", 0.3, "--help")
    yield _process(f"`discharge list`, {len(documents.contracts)} contracts", None, "list", "--repo", str(listed))
    wide = make_wide(scratch / "wide", documents.contracts[0][1])
    what = "`discharge check` of one contract among 5,400, with 3,700 files of evidence (150 MiB at most)"
    yield _process(what, 1.0, "check", "--base", "main~1", "--head", "main", "--repo", str(wide))
    yield _process("`discharge amend --dry-run`, that spec", None, "amend", "--dry-run", "--repo", str(landed))
    source = Source(scratch / "source.git")
    job, engine = source.job(), Local(scratch / "engine")
    yield Case("run a leg of no length on the engine `local`", partial(run_job, engine, job), 1.0)
    engine.close()


def _amendment(text: str, bound: float | None) -> Case:
    what = f"discharge in a contract of {len(text.encode()) / 1000:.0f} kB (4 edits)"
    return Case(what, partial(amend, text, plan_edits(text)), bound)


def _process(what: str, bound: float | None, *args: str) -> Case:
    argv = (str(DISCHARGE), *args)
    return Case(what, partial(start, argv), bound, argv)


def measure(case: Case, runs: int = RUNS) -> Result:
    """Run a case: once to warm up, which also weighs a process, then *runs* times to count."""
    memory = int(start((sys.executable, "-ISc", _WEIGH, *case.argv))) if case.argv else None
    case.work()
    return Result(case, tuple(_time(case.work) for _ in range(runs)), memory)


def _time(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def describe_machine() -> str:
    """Return date, processor, cores, how busy they were in the last minute, and Python, in one sentence."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    cpu = next(named, platform.processor() or platform.machine())
    python, today = f"{platform.python_implementation()} {platform.python_version()}", dt.datetime.now(dt.UTC).date()
    return f"{today}, {cpu}, {os.cpu_count()} cores (load {os.getloadavg()[0]:.1f}), {platform.system()}, {python}"


def tabulate(results: Sequence[Result], caption: str) -> Table:
    """Return the results as a table for a terminal."""
    table = Table(caption=caption, caption_justify="left")
    for name in HEAD:
        table.add_column(name, no_wrap=True, justify="left" if name in {"What", "Result"} else "right")
    for result in results:
        table.add_row(*result.cells, style="red" if result.missed else None)
    return table


def write(page: str, results: Sequence[Result], caption: str) -> str:
    """Return *page* with the table between its two markers replaced, and every other letter kept."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        sys.exit(f"{PAGE.name} has no place for the table: write {BEGIN} and {END} on lines of their own")
    rows = (HEAD, ("---", *("--:",) * 4, "---", "--:"), *(result.cells for result in results))
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{before}{BEGIN}\n{caption}\n\n{lines}\n{END}{after}"


def main() -> None:
    """Measure everything, print it, write it where asked; status 1 if a bound is missed."""
    parser = argparse.ArgumentParser(description="Time what the design promises.")
    parser.add_argument("--write", action="store_true", help=f"put the table into docs/{PAGE.name}")
    wanted, documents = parser.parse_args(), find_documents()
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)  # a file has no width
    if documents.logs is None:
        console.print("The corpus of real documents is not beside this checkout: grown ones stand in, no real logs.")
    with tempfile.TemporaryDirectory(prefix="discharge-bench-") as scratch:
        results = [measure(case) for case in list_cases(documents, Path(scratch))]
    caption = f"{RUNS} runs each after a warm-up, on {documents.origin}. Measured: {describe_machine()}."
    console.print(tabulate(results, caption))
    if wanted.write:
        PAGE.write_text(write(read_text(PAGE), results, caption), encoding="utf-8")
    sys.exit(any(result.missed for result in results))


if __name__ == "__main__":
    main()
