"""`python tests/bench_parity.py`: how long two files of logits take to judge, beside Polygraphy and plain torch.

512 positions × 152,064 ids in float32, two files of 311 MB, in the disk's cache; each program is a process of its own,
and its time includes reading the files. Polygraphy is installed into `.cache/peers/` when it is asked for; torch is
what the tests have. Status 1 if ours is slower, larger or less exact than the design promises.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.format import open_memmap
from rich.console import Console
from rich.table import Table

from evidence.parity import exact
from evidence.parity.measured import COLUMNS
from tests.bench import describe_machine

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".cache" / "peers"
HERE = ROOT / "tests" / "peers"
POLYGRAPHY = ("polygraphy==0.53.6", "numpy>=1.26")
POSITIONS, IDS, NOISE, SIGMA = 512, 152_064, 0.01, 3.0
BOUND_S, BOUND_MB, BOUND_EXACT = 0.25, 60.0, 1e-6
HEAD = ("What", "Median, s", "Min", "Max", "Processor, s", "MB over Python", "Error, cosine", "Error, KL", "Result")
_AT_ONCE, _MB = 16, 1.024e-3


@dataclass(frozen=True, slots=True)
class Result:
    """One program: seconds of each run, those of a processor in one, KiB over its bare interpreter, worst numbers."""

    name: str
    seconds: tuple[float, ...]
    busy: float
    memory: int
    cosine: float | None = None
    kl: float | None = None
    bounded: bool = False

    @property
    def median(self) -> float:
        """The median of its runs, in seconds."""
        return statistics.median(self.seconds)


def make(folder: Path) -> tuple[Path, Path, tuple[float, float]]:
    """Write both files; return them with the worst cosine and the worst KL, computed in float64."""
    random, paths = np.random.default_rng(0), (folder / "reference.npy", folder / "subject.npy")
    files = [open_memmap(path, "w+", np.float32, (POSITIONS, IDS)) for path in paths]
    cosines, kls = [], []
    for start in range(0, POSITIONS, _AT_ONCE):
        rows = random.standard_normal((_AT_ONCE, IDS), np.float32) * np.float32(SIGMA)
        files[0][start : start + _AT_ONCE] = rows
        noise = random.standard_normal(rows.shape, np.float32) * np.float32(NOISE * (1 + start / POSITIONS))
        files[1][start : start + _AT_ONCE] = rows + noise
        for one, two in zip(rows, rows + noise, strict=True):
            numbers = dict(zip(COLUMNS, exact.measure(one, two, IDS), strict=True))
            cosines.append(numbers["cosine"])
            kls.append(numbers["kl"])
    for file in files:
        file.flush()
    return *paths, (min(cosines), max(kls))


def run(name: str, argv: Sequence[str | Path], *, bounded: bool = False) -> Result | str:
    """Run a program that judges; return what it says, or why it says nothing."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    bare = subprocess.run([str(argv[0]), "-S", str(HERE / "memory.py")], capture_output=True, text=True, check=True)
    done = subprocess.run([*map(str, argv)], env=env, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        return f"{name} was not measured: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}"
    said = json.loads(done.stdout.splitlines()[-1])
    seconds, memory = tuple(said["seconds"]), said["memory"] - int(bare.stdout)
    busy = said["busy"] / len(seconds)
    return Result(name, seconds, busy, memory, said.get("cosine"), said.get("kl"), bounded)


def install() -> Path | str:
    """Return the interpreter that has Polygraphy, or why there is none."""
    python = PEERS / "polygraphy" / "bin" / "python"
    if python.exists():
        return python
    PEERS.mkdir(parents=True, exist_ok=True)
    (PEERS.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    pip = (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *POLYGRAPHY)
    for argv in ((sys.executable, "-m", "venv", "--clear", str(PEERS / "polygraphy")), pip):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"Polygraphy was not measured: {(done.stderr.strip().splitlines() or ['no reason given'])[-1]}"
    return python


def measure(one: Path, two: Path) -> list[Result | str]:
    """Run every program on the two files."""
    found: list[Result | str] = [
        run("discharge", (sys.executable, HERE / "judge_ours.py", one, two, "21"), bounded=True),
        run("torch, a pass per number", (sys.executable, HERE / "judge_torch.py", one, two, "3")),
    ]
    python = install()
    if isinstance(python, str):
        return [*found, python]
    return [*found, run("Polygraphy 0.53.6, elementwise", (python, HERE / "judge_polygraphy.py", one, two, "1"))]


def find_misses(result: Result, truth: tuple[float, float]) -> list[str]:
    """Return which of its promises ours missed."""
    apart = max(abs((result.cosine or 0) - truth[0]), abs((result.kl or 0) - truth[1]))
    promises = (
        ("time", result.median, BOUND_S),
        ("memory", result.memory / 1000, BOUND_MB),
        ("error", apart, BOUND_EXACT),
    )
    return [name for name, value, most in promises if value > most]


def tabulate(results: Sequence[Result], truth: tuple[float, float], caption: str) -> Table:
    """Return the results as a table; an error is the distance from float64 of the worst cosine and the worst KL."""
    table = Table(caption=caption, caption_justify="left")
    for name in (
        "What",
        "Median, s",
        "Min",
        "Max",
        "Processor, s",
        "MB over Python",
        "Error of cosine",
        "Error of KL",
        "Result",
    ):
        table.add_column(name, justify="left" if name in {"What", "Result"} else "right")
    for one in results:
        errors = ["" if x is None else f"{abs(x - y):.1e}" for x, y in zip((one.cosine, one.kl), truth, strict=True)]
        times = [f"{seconds:.3f}" for seconds in (one.median, min(one.seconds), max(one.seconds), one.busy)]
        misses = find_misses(one, truth) if one.bounded else []
        word = ("missed: " + ", ".join(misses) if misses else "held") if one.bounded else ""
        table.add_row(one.name, *times, f"{one.memory * _MB:,.0f}", *errors, word, style="red" if misses else None)
    return table


def main() -> None:
    """Measure everything and print it; status 1 if a bound is missed."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 130)
    with tempfile.TemporaryDirectory(prefix="discharge-parity-") as folder:
        one, two, truth = make(Path(folder))
        found = measure(one, two)
    results = [each for each in found if isinstance(each, Result)]
    caption = (
        f"{POSITIONS} × {IDS:,} float32 from files; ≤ {BOUND_S} s, ≤ {BOUND_MB:g} MB, ≤ {BOUND_EXACT:g} from float64."
    )
    console.print(tabulate(results, truth, f"{caption} Measured: {describe_machine()}."))
    for each in found:
        if isinstance(each, str):
            console.print(each)
    ours = [each for each in results if each.bounded]
    sys.exit(not ours or any(find_misses(each, truth) for each in ours))


if __name__ == "__main__":
    main()
