"""`python tests/bench_webhook.py`: how long a webhook waits for its answer, beside a Probot and a gidgethub app.

All three check the signature and parse; ours also stores, and works on what came before: each delivery costs its
handler 5 ms of a core, in a thread. Start, memory and idle CPU are those of `discharge serve` as it is installed. The
peers are installed into `.cache/peers/` when they are asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app import key
from tests.bench import DISCHARGE, describe_machine
from tests.service.burst import send
from tests.service.hook import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.service.burst import Burst

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".cache" / "peers"
HERE = ROOT / "tests" / "peers"
PROBOT, GIDGETHUB = ("probot@14.3.2",), ("gidgethub==6.0.0", "aiohttp==3.14.5")
RATES = (10, 50, 200)
BOUND_MS, START_BOUND_S = 50.0, 1.5
_PATIENCE_S = 15.0
_INSTALL_S = 300.0
_STARTS, _REST_S = 5, 5.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Program:
    """A service to be measured: its name, its argument list, and variables of its own."""

    name: str
    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rest:
    """A program of which nothing is asked: seconds to its first answer, memory in MiB, percent of a core."""

    start: float
    memory: float
    idle: float


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one program."""

    name: str
    bursts: tuple[Burst, ...]
    rest: Rest


def find_probot() -> Program | str:
    """Install Probot unless it is there; why not, where that is not possible."""
    npm, node, folder = shutil.which("npm"), shutil.which("node"), PEERS / "node"
    if not npm or not node:
        return "Probot was not measured: npm is not installed."
    if not (folder / "node_modules" / "probot").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        if reason := _install((npm, "install", "--no-fund", "--no-audit", "--loglevel=error", *PROBOT), folder):
            return f"Probot was not measured: npm said “{reason}”."
    shutil.copy(HERE / "probot.mjs", folder)
    env = {"PRIVATE_KEY": _make_key(), "NODE_ENV": "production"}
    return Program("Probot 14", (node, str(folder / "probot.mjs")), env)


def find_gidgethub() -> Program | str:
    """Install gidgethub and aiohttp unless they are there; why not, where that is not possible."""
    python = PEERS / "python" / "bin" / "python"
    if not (python.parent / "gidgethub.done").is_file():
        reason = _install((sys.executable, "-m", "venv", "--clear", str(PEERS / "python")), ROOT) or _install(
            (str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *GIDGETHUB), ROOT
        )
        if reason:
            return f"gidgethub was not measured: pip said “{reason}”."
        (python.parent / "gidgethub.done").touch()
    return Program("gidgethub 6 on aiohttp", (str(python), str(HERE / "receiver.py")))


def _install(argv: Sequence[str], folder: Path) -> str:
    PEERS.mkdir(parents=True, exist_ok=True)
    (PEERS.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    return (done.stderr.strip().splitlines() or ["no reason"])[-1] if done.returncode else ""


def _make_key() -> str:
    made = generate_private_key(public_exponent=65537, key_size=2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def find_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def start(program: Program, port: int, log: Path) -> Iterator[tuple[int, float]]:
    """Start a program and wait until it answers; its process id, and the seconds that it took."""
    env = {**os.environ, **program.env, "PORT": str(port), "DISCHARGE_PORT": str(port), "SECRET": SECRET}
    begun = time.perf_counter()
    with log.open("wb") as file, subprocess.Popen(program.argv, cwd=ROOT, env=env, stdout=file, stderr=file) as popen:
        try:
            while not _answers(port):
                if popen.poll() is not None or time.perf_counter() - begun > _PATIENCE_S:
                    sys.exit(f"{program.name} does not answer:\n{log.read_text(encoding='utf-8')[-2000:]}")
                time.sleep(0.005)
            yield popen.pid, time.perf_counter() - begun
        finally:
            popen.kill()


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=_PATIENCE_S).close()
    except urllib.error.HTTPError:  # a peer has no such page, and said so
        return True
    except OSError:
        return False
    return True


def find_ours(folder: Path) -> Program:
    """Return the service as an operator starts it, with keys of its own and no GitHub to reach."""
    secrets = {"PRIVATE_KEY": _make_key(), "WEBHOOK_SECRET": SECRET, "SIGNING_KEY": key.make()}
    plain = {"APP_ID": "1", "GITHUB_URL": "http://127.0.0.1:9", "DATA": str(folder / "installed")}
    env = {f"DISCHARGE_{name}": value for name, value in (plain | secrets).items()}
    return Program("discharge serve", (str(DISCHARGE), "serve"), env)


def rest(program: Program, folder: Path) -> Rest:
    """Start a program several times, and look at the last one while nothing is asked of it."""
    starts = []
    for _ in range(_STARTS - 1):
        with start(program, find_port(), folder / "log") as (_, took):
            starts.append(took)
    with start(program, find_port(), folder / "log") as (pid, took):
        time.sleep(2.0)
        before, memory = _cpu(pid), _memory(pid)
        time.sleep(_REST_S)
        return Rest(statistics.median([*starts, took]), memory, (_cpu(pid) - before) / _REST_S * 100)


def burst(program: Program, seconds: float, folder: Path) -> tuple[Burst, ...]:
    """Start a program and send the bursts, the slowest rate first, one right after the other."""
    port = find_port()
    with start(program, port, folder / "log"):
        asyncio.run(send(port, RATES[0], 2.0, 10_000_000))  # a warm-up, for all three alike
        return tuple(asyncio.run(send(port, rate, seconds, rate * 10_000)) for rate in RATES)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def tabulate(rows: Sequence[Row]) -> str:
    """Return the results as a Markdown table; times in milliseconds."""
    rates = [f"{burst.rate}/s p50 / p99 / max, ms" for burst in rows[0].bursts]
    head = ("Service", *rates, "Start, s", "At rest, MiB", "Idle CPU, %")
    lines = [head, ("---", *("--:",) * (len(head) - 1))]
    for row in rows:
        times = [" / ".join(f"{burst.quantile(q) * 1000:.1f}" for q in (0.5, 0.99, 1.0)) for burst in row.bursts]
        lines.append((row.name, *times, f"{row.rest.start:.2f}", f"{row.rest.memory:.0f}", f"{row.rest.idle:.1f}"))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def find_faults(ours: Row, stored: int) -> Iterator[str]:
    """Yield which promises were not kept."""
    promised = sum(burst.statuses.get("202", 0) for burst in ours.bursts)
    if stored < promised:
        yield f"{promised} deliveries were answered 202, and {stored} are stored"
    if bad := {status: count for burst in ours.bursts for status, count in burst.statuses.items() if status != "202"}:
        yield f"not every delivery was answered 202: {bad}"
    if (late := ours.bursts[-1].quantile(0.99) * 1000) > BOUND_MS:
        yield f"p99 at {ours.bursts[-1].rate} a second is {late:.1f} ms, above {BOUND_MS:.0f}"
    if ours.rest.start > START_BOUND_S:
        yield f"the start takes {ours.rest.start:.2f} s, above {START_BOUND_S}"


def main() -> None:
    """Measure, print the table, end with status 1 if a promise was not kept."""
    parser = argparse.ArgumentParser(description="Time the answers to webhooks.")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each burst lasts")
    parser.add_argument("--alone", action="store_true", help="leave the peers out")
    wanted = parser.parse_args()
    peers = () if wanted.alone else (find_probot(), find_gidgethub())
    with tempfile.TemporaryDirectory(prefix="discharge-bench-") as scratch:
        folder = Path(scratch)
        ours = Program("Discharge (stores)", (sys.executable, "-m", "tests.peers.ours"), {"FOLDER": scratch})
        rows = [Row(ours.name, burst(ours, wanted.seconds, folder), rest(find_ours(folder), folder))]
        with closing(sqlite3.connect(folder / "discharge.sqlite")) as database:
            stored = database.execute("SELECT count(*) FROM delivery").fetchone()[0]
        there = [peer for peer in peers if isinstance(peer, Program)]
        rows += [Row(peer.name, burst(peer, wanted.seconds, folder), rest(peer, folder)) for peer in there]
    print(tabulate(rows), f"\nBursts of {wanted.seconds:g} s. Measured: {describe_machine()}.")  # noqa: T201 - a script
    print("\n".join(peer for peer in peers if isinstance(peer, str)))  # noqa: T201
    faults = list(find_faults(rows[0], stored))
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
