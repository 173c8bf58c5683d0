"""How much memory this process ever held: of the program itself, whatever started it. Run, it says its own."""

from __future__ import annotations

from pathlib import Path


def read_peak() -> int:
    """Return the largest resident memory so far, in KiB, as Linux counts it since the program was loaded."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    print(read_peak())  # noqa: T201 - its answer
