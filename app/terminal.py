"""What the program says to a person or a machine at a terminal, and the status with which it leaves."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from contracts.error import Complaint
from evidence.quote import show

if TYPE_CHECKING:
    from collections.abc import Callable

HELD, FALSIFIED, USAGE, NOT_MEASURED, INTERNAL, STOPPED = 0, 1, 2, 3, 70, 130
"""The exit statuses: 0 held or no error finding, 1 falsified or an error finding, 2 usage or unreadable
input, 3 not measured, 70 an error of the program itself, 130 stopped by the person at the keyboard."""
_BROAD = 10_000
_EXTRAS = {"numpy": "parity", "torch": "torch"}
"""The extras that bring what a command may lack, if it is not the App that lacks it."""


def settle() -> None:
    """Print what no encoding of the terminal's can say as escapes, and stop on a signal as on Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)  # so that the leg that runs is ended, too


def complain(complaint: Complaint, *, as_json: bool) -> int:
    """Say what cannot be done, for people and, if asked, for machines; the status that says so, too."""
    if as_json:
        typer.echo(json.dumps({"error": str(complaint)}, ensure_ascii=False))
    typer.echo(f"error: {show(str(complaint))}", err=True)
    return USAGE


def write(write: Callable[[], None]) -> None:
    """Write to standard output; a reader that went away changes neither the work nor its status."""
    try:
        write()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush to


def apologise(error: Exception) -> int:
    """Say that the program itself erred; the status that says so, too."""
    typer.echo(f"internal error: {type(error).__name__}: {error}", err=True)
    if os.environ.get("DISCHARGE_DEBUG"):
        raise error
    typer.echo("This is a mistake in discharge. DISCHARGE_DEBUG=1 shows where.", err=True)
    return INTERNAL


def lack(error: ModuleNotFoundError) -> int:
    """Say that a library is missing; the App's stand in an extra of the package. What is ours is never missing."""
    name = (error.name or "").partition(".")[0]
    if name in {"", "app", "contracts", "evidence", "runners", "spec"}:
        return apologise(error)
    extra = _EXTRAS.get(name, "serve")
    typer.echo(
        f"error: this needs {name}, which is not installed. Install discharge with its extra: {extra}.", err=True
    )
    return USAGE


def read_legs(values: list[str] | None) -> tuple[tuple[str, Path], ...]:
    """Return the recorded logs that `--leg NAME=FILE` names.

    Raises:
        Complaint: a value has another form.
    """
    pairs = [value.partition("=") for value in values or ()]
    for name, equals, file in pairs:
        if not (name and equals and file):
            raise Complaint(f"“{name}{equals}{file}” names no leg and file", mend="Write --leg NAME=FILE")
    return tuple((name, Path(file)) for name, _, file in pairs)


def watch(*, quiet: bool) -> Callable[[str], None]:
    """Return what tells a person at a terminal what happens now; silent for machines."""
    if quiet or not sys.stderr.isatty():
        return lambda _: None
    return lambda words: typer.echo(f"  … {words}", err=True)


def finish(described: tuple[Any, Any, int], *, as_json: bool) -> None:
    """Print a result, for machines or for people, and leave with its status."""
    data, renderable, status = described
    if as_json:
        write(lambda: typer.echo(json.dumps(data, ensure_ascii=False, indent=2)))
    else:
        write(lambda: _print(renderable))
    raise typer.Exit(status)


def _print(renderable: Any) -> None:
    """Print for people; control characters of what was read are shown, and never reach the terminal."""
    from rich.console import Console
    from rich.segment import Segment, Segments

    width = None if sys.stdout.isatty() else _BROAD  # a file has no width: do not break titles and paths
    console = Console(highlight=False, width=width)
    segments = [Segment(show(s.text), s.style, s.control) for s in console.render(renderable)]
    console.print(Segments(segments), crop=False, end="")
