"""The terminal: the same decisions as the App's, from a git checkout and without GitHub.

Every command imports what it needs when it is called, so that `--help` answers at once.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from contracts.error import Complaint
from evidence.quote import show

if TYPE_CHECKING:
    from collections.abc import Callable

HELD, FALSIFIED, USAGE, NOT_MEASURED, INTERNAL, STOPPED = 0, 1, 2, 3, 70, 130
"""The exit statuses: 0 held or no error finding, 1 falsified or an error finding, 2 usage or unreadable
input, 3 not measured, 70 an error of the program itself, 130 stopped by the person at the keyboard."""

_EPILOG = (
    "Exit status: 0 held, or no finding of severity error · 1 falsified, or an error finding · "
    "2 usage or unreadable input · 3 not measured · 70 internal error."
)
app = typer.Typer(
    name="discharge",
    help="Turn promises about models into evidence: run a smoke, judge it, keep contracts and spec true.",
    epilog=_EPILOG,
    add_completion=False,
    rich_markup_mode=None,  # plain help, in half the time: rich alone costs 0.1 s
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Repo = Annotated[Path, typer.Option("--repo", metavar="DIR", help="The git checkout; commits are read, never files.")]
Branch = Annotated[
    str | None, typer.Option("--branch", metavar="NAME", help="The default branch, if git does not say.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="CPU-GPU-004, a glob, all, or CONTRACT/ID.")]
SomeIds = Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="Only these falsifiers.")]
Legs = Annotated[
    list[str] | None,
    typer.Option("--leg", metavar="NAME=FILE", help="A recorded log that stands in for a leg; the evidence says so."),
]
Ships = Annotated[
    list[str] | None,
    typer.Option("--ship", metavar="'MODEL ±N because …'", help="A ship percentage that you declare."),
]


@app.command()
def run(
    ids: Ids,
    repo: Repo = Path(),
    leg: Legs = None,
    ship: Ships = None,
    rev: Annotated[str | None, typer.Option(metavar="COMMIT", help="Test this commit instead of the head.")] = None,
    branch: Branch = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the evidence there, whatever the verdict.")
    ] = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Run a smoke, judge it, commit the discharge to a branch.

    The commit holds evidence, status flip, changelog entry and version bump. Every prediction
    must hold, and must have stood on the default branch before the commit under test.
    What is falsified is shown with its table, and never bumped.
    """
    from app import report
    from app.run import run as run_smoke
    from app.scene import RunRequest

    request = RunRequest(repo, tuple(ids), _legs(leg), tuple(ship or ()), rev, branch, keep, dry_run)
    _finish(report.describe_run(run_smoke(request, _watch(json_))), json_)


@app.command()
def judge(
    smoke: Annotated[str, typer.Option(metavar="NAME", help="The smoke, as the configuration names it.")],
    ids: SomeIds = None,
    repo: Repo = Path(),
    leg: Legs = None,
    branch: Branch = None,
    json_: Json = False,
) -> None:
    """Judge recorded logs; nothing is run or written."""
    from app import report
    from app.run import judge as judge_logs

    _finish(report.describe_verdicts(judge_logs(repo, smoke, tuple(ids or ()), _legs(leg), branch)), json_)


@app.command()
def amend(
    repo: Repo = Path(),
    spec: Annotated[str | None, typer.Option(metavar="NAME", help="Which spec, where there are several.")] = None,
    since: Annotated[str | None, typer.Option(metavar="REV", help="Landed after this commit.")] = None,
    ship: Ships = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="The section's title.")] = None,
    branch: Branch = None,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Write the spec's next § section, as a commit on a branch."""
    from app import report
    from app.amendment import AmendRequest
    from app.amendment import amend as amend_spec

    request = AmendRequest(repo, spec, since, tuple(ship or ()), title, branch, dry_run)
    _finish(report.describe_amendment(amend_spec(request, _watch(json_))), json_)


@app.command()
def check(
    repo: Repo = Path(),
    base: Annotated[str | None, typer.Option(metavar="REV", help="Before the change; else all is new.")] = None,
    head: Annotated[str | None, typer.Option(metavar="REV", help="After the change; else the default branch.")] = None,
    branch: Branch = None,
    json_: Json = False,
) -> None:
    """Check what a change touches: it can be read, it agrees."""
    from app import report
    from app.check import check as find

    _finish(report.describe_findings(find(repo, base, head, branch)), json_)


@app.command(name="list")
def list_(repo: Repo = Path(), branch: Branch = None, json_: Json = False) -> None:
    """List contracts, versions, falsifiers, statuses."""
    from app import report
    from app.workspace import open_workspace

    _finish(report.describe_contracts(open_workspace(repo, branch=branch, needs_config=False)), json_)


@app.command()
def draft(ids: Ids, repo: Repo = Path(), branch: Branch = None) -> None:
    """Propose a smoke from a contract's own `test:` text."""
    from app.draft import propose
    from app.selection import select
    from app.workspace import open_workspace

    workspace = open_workspace(repo, branch=branch, needs_config=False)
    proposal = propose(select(ids, workspace.contracts))
    _write(lambda: typer.echo(proposal, nl=False))


@app.command()
def schema() -> None:
    """Print the JSON Schema of .github/discharge.yml."""
    from app.schema import write_schema

    _write(lambda: typer.echo(write_schema(), nl=False))


@app.callback(invoke_without_command=True)
def _root(
    ctx: typer.Context,
    show: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if show:
        typer.echo(f"discharge {version('discharge')}")
        raise typer.Exit
    ctx.ensure_object(dict)


def main(argv: list[str] | None = None) -> None:
    """Run the program, and leave with its status; only errors of the program itself show a traceback, on request."""
    _settle()
    arguments = (sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        status = app(arguments, prog_name="discharge", standalone_mode=False)
        if status == STOPPED:  # typer turns Ctrl-C into this status
            typer.echo("stopped", err=True)
    except Complaint as complaint:
        status = _complain(complaint, "--json" in arguments)
    except TyperException as error:
        typer.echo(f"error: {error.format_message().rstrip('.')}. `discharge --help` lists what there is.", err=True)
        status = USAGE
    except Exception as error:  # noqa: BLE001 - the last door: a sentence and status 70, never a bare traceback
        status = _apologise(error)
    raise SystemExit(status or HELD)


def _settle() -> None:
    """Print what no encoding of the terminal's can say as escapes, and stop on a signal as on Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)  # so that the leg that runs is ended, too


def _complain(complaint: Complaint, as_json: bool) -> int:
    if as_json:
        typer.echo(json.dumps({"error": str(complaint)}, ensure_ascii=False))
    typer.echo(f"error: {show(str(complaint))}", err=True)
    return USAGE


def _write(write: Callable[[], None]) -> None:
    """Write to standard output; a reader that went away changes neither the work nor its status."""
    try:
        write()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush to


def _apologise(error: Exception) -> int:
    typer.echo(f"internal error: {type(error).__name__}: {error}", err=True)
    if os.environ.get("DISCHARGE_DEBUG"):
        raise error
    typer.echo("This is a mistake in discharge. DISCHARGE_DEBUG=1 shows where.", err=True)
    return INTERNAL


def _legs(values: list[str] | None) -> tuple[tuple[str, Path], ...]:
    pairs = [value.partition("=") for value in values or ()]
    for name, equals, file in pairs:
        if not (name and equals and file):
            raise Complaint(f"“{name}{equals}{file}” names no leg and file", mend="Write --leg NAME=FILE")
    return tuple((name, Path(file)) for name, _, file in pairs)


def _watch(quiet: bool) -> Callable[[str], None]:
    """Return what tells a person at a terminal what happens now; silent for machines."""
    if quiet or not sys.stderr.isatty():
        return lambda _: None
    return lambda words: typer.echo(f"  … {words}", err=True)


def _finish(described: tuple[Any, Any, int], as_json: bool) -> None:
    """Print a result, for machines or for people, and leave with its status."""
    data, renderable, status = described
    if as_json:
        _write(lambda: typer.echo(json.dumps(data, ensure_ascii=False, indent=2)))
    else:
        _write(lambda: _print(renderable))
    raise typer.Exit(status)


def _print(renderable: Any) -> None:
    """Print for people; control characters of what was read are shown, and never reach the terminal."""
    from rich.console import Console
    from rich.segment import Segment, Segments

    width = None if sys.stdout.isatty() else 160  # a file has no width: do not break titles and paths
    console = Console(highlight=False, width=width)
    segments = [Segment(show(s.text), s.style, s.control) for s in console.render(renderable)]
    console.print(Segments(segments), crop=False, end="")
