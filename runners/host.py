"""What is known of this machine."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from evidence.host import HostFacts
from evidence.model import Observation
from runners.command import environment
from runners.run import execute

_QUERY = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
_SECONDS = 10.0
_BYTES = 4000
_MODEL = re.compile(r"^model name\s*:\s*(\S.*)$", re.MULTILINE)


def facts() -> HostFacts:
    """Return the facts of this machine; where the vendor's tool is missing or fails, there is no GPU to name."""
    gpus, drivers = _gpus()
    return HostFacts(platform.node(), platform.platform(), _cpu(), "; ".join(gpus), "; ".join(drivers))


def _cpu() -> str:
    try:
        found = _MODEL.search(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        found = None
    return found[1].strip() if found else platform.processor()


def _gpus() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of all GPUs, and the drivers, each once."""
    seen = execute("gpu", _QUERY, cwd=Path("/"), env=environment(os.environ), timeout=_SECONDS, limit=_BYTES)
    if not isinstance(seen, Observation) or seen.exit != 0:
        return (), ()
    rows = [line.rpartition(",") for line in seen.stdout.splitlines() if "," in line]
    return tuple(row[0].strip() for row in rows), tuple(dict.fromkeys(row[2].strip() for row in rows))
