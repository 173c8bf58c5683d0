"""What a run's folder says of its job in a cluster, beside what every run's folder has.

* `slurm`: the number that its job was given; several, one a line, if Slurm lost one that had not begun.
* `taken`: whose the run is, for good: the number of the job that began first, or the word of whoever
  cancelled it before. It is made by one of them only, on every filesystem, so that a run never begins twice.
* `left`: the number of a job of which nothing more can come, and why, as the first look found it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Unreadable
from runners import file
from runners.engine.folder import Folder

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = b"""#!/bin/sh
# Begin a run, once: whatever was handed in twice, the first that comes here has it.
taken=$1
shift
set -C
if ! echo "$SLURM_JOB_ID" > "$taken"; then
  echo "this run was taken before: $(cat "$taken")"
  exit 1
fi
exec "$@"
"""
"""What Slurm runs: the file `taken`, and the command line of the job."""
_SHORT, _DIGITS = 4096, 19


@dataclass(frozen=True, slots=True)
class Ticket(Folder):
    """What is known of one run in a cluster."""

    @property
    def ended(self) -> bool:
        """Whether it has its end: a whole bundle, or a reason why there is none."""
        return self.done or bool(self.reason)

    @property
    def told(self) -> tuple[int, ...]:
        """The numbers that its job was given, one after the other; none if that is not known."""
        return tuple(int(word) for word in _read(self.path / "slurm").split() if _is_number(word))

    @property
    def began(self) -> int:
        """The number of the job that began, 0 if none did."""
        word = _read(self.path / "taken")
        return int(word) if _is_number(word) else 0

    @property
    def barred(self) -> str:
        """Why no job may begin, empty if one may, or did."""
        return "" if self.began else _read(self.path / "taken")

    @property
    def since(self) -> float:
        """When its job began (seconds since the epoch), 0 if none did."""
        return self.when("taken") if self.began else 0.0

    @property
    def left(self) -> tuple[int, str, float]:
        """Of which job nothing more can come, why, and since when that is known; 0 if something can."""
        number, _, why = _read(self.path / "left").partition(" ")
        return (int(number), why, self.when("left")) if _is_number(number) else (0, "", 0.0)

    def tell(self, number: int) -> None:
        """Write down a number of its job."""
        file.write(self.path / "slurm", "".join(f"{one}\n" for one in (*self.told, number)).encode())

    def leave(self, number: int, why: str) -> None:
        """Write down why nothing more can come of a job.

        That is also what makes a shared filesystem look anew: a folder that one machine changed is not
        answered from its memory, and a bundle that another one has just written is seen at the next look.
        """
        file.write(self.path / "left", f"{number} {why}".encode("utf-8", "replace")[:_SHORT])

    def bar(self, why: str) -> None:
        """Let no job begin any more; one that began stays."""
        with suppress(FileExistsError):
            handle = os.open(self.path / "taken", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            os.write(handle, why.encode())
            os.close(handle)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < _DIGITS


def _read(path: Path) -> str:
    """Return the short text in a file, empty if there is none."""
    with suppress(Unreadable):
        return file.read(path, _SHORT).decode("utf-8", "replace").strip()
    return ""
