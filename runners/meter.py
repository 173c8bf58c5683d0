"""How much memory of the GPUs is in use while legs run, as the vendor's own tool tells it again and again.

A leg can print any line; memory in use beside it is what the tool saw. Other programs on the same GPUs count, too, so
what was in use before stands beside the most.
"""

from __future__ import annotations

import os
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from runners.command import environment

if TYPE_CHECKING:
    from types import TracebackType
    from typing import IO

_ARGV = ("nvidia-smi", "--query-gpu=index,memory.used", "--format=csv,noheader,nounits", "-lms", "250")
_SECONDS = 5.0
_MOST = 64
"""The most GPUs that are told apart."""
_LINE = 200


class Meter:
    """Reads from its begin to its end, in a thread of its own; where there is no such tool, nothing is known."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._first: dict[str, int] = {}
        self._most: dict[str, int] = {}
        self._tool: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._begun = threading.Event()

    def __enter__(self) -> Self:
        """Begin: wait for a first answer, so that what was in use before is known."""
        with suppress(OSError):
            self._tool = subprocess.Popen(  # noqa: S603 - a fixed list of words
                _ARGV,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(os.environ),
            )
        if self._tool and self._tool.stdout:
            self._thread = threading.Thread(target=self._read, args=(self._tool.stdout,), daemon=True)
            self._thread.start()
            self._begun.wait(_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the tool, and wait until it did."""
        if self._tool and self._thread:
            self._tool.kill()
            self._tool.wait()
            self._thread.join(_SECONDS)
            assert self._tool.stdout is not None
            self._tool.stdout.close()

    @property
    def peak(self) -> str:
        """The most that was in use of each GPU, and what was in use before; empty if nothing is known."""
        return "; ".join(f"{most:,} MiB ({self._first[gpu]:,} MiB before)" for gpu, most in self._most.items())

    def _read(self, stream: IO[bytes]) -> None:
        """Take every line `INDEX, MIB`; whatever else the tool says is no number.

        It says the same lines again and again: what comes a second time, with a number or not, begins its second round.
        """
        told: set[str] = set()
        with suppress(OSError, ValueError):
            while line := stream.readline(_LINE):
                gpu, _, used = (word.strip() for word in line.decode("utf-8", "replace").partition(","))
                if gpu in told:
                    self._begun.set()  # every GPU was told once
                elif len(told) < _MOST:
                    told.add(gpu)
                if gpu.isdecimal() and used.isdecimal() and (gpu in self._most or len(self._most) < _MOST):
                    self._first.setdefault(gpu, int(used))
                    self._most[gpu] = max(self._most.get(gpu, 0), int(used))
        self._begun.set()
