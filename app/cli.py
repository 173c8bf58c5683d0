"""The terminal: the same decisions as the App's, from a git checkout and without GitHub.

Every command imports what it needs when it is called, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from app.option import Branch, DryRun, EnvFile, Ids, Json, Legs, Repo, Ships, SomeIds  # noqa: TC001 - typer reads them
from app.parity.command import EXAMPLES, parity
from app.terminal import HELD, STOPPED, USAGE, apologise, complain, finish, lack, read_legs, settle, watch, write
from contracts.error import Complaint

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
    push: Annotated[bool, typer.Option("--push", help="Open the pull request on GitHub, by $GITHUB_TOKEN.")] = False,
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

    request = RunRequest(repo, tuple(ids), read_legs(leg), tuple(ship or ()), rev, branch, keep, dry_run)
    if push:
        from app.push import push as push_discharge

        outcome = push_discharge(request, os.environ, watch(quiet=json_))
    else:
        outcome = run_smoke(request, watch(quiet=json_))
    finish(report.describe_run(outcome), as_json=json_)


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

    finish(report.describe_verdicts(judge_logs(repo, smoke, tuple(ids or ()), read_legs(leg), branch)), as_json=json_)


@app.command()
def amend(
    repo: Repo = Path(),
    spec: Annotated[str | None, typer.Option(metavar="NAME", help="Which spec, where there are several.")] = None,
    since: Annotated[str | None, typer.Option(metavar="REV", help="Landed after this commit.")] = None,
    ship: Ships = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="The section's title.")] = None,
    branch: Branch = None,
    backfill: Annotated[bool, typer.Option("--backfill", help="Record what earlier sections forgot, too.")] = False,
    dry_run: DryRun = False,
    json_: Json = False,
) -> None:
    """Write the spec's next § section, as a commit on a branch."""
    from app import report
    from app.amendment import AmendRequest
    from app.amendment import amend as amend_spec

    request = AmendRequest(repo, spec, since, tuple(ship or ()), title, branch, dry_run, backfill)
    finish(report.describe_amendment(amend_spec(request, watch(quiet=json_))), as_json=json_)


@app.command()
def check(
    repo: Repo = Path(),
    base: Annotated[str | None, typer.Option(metavar="REV", help="Before the change; else all is new.")] = None,
    head: Annotated[str | None, typer.Option(metavar="REV", help="After the change; else the default branch.")] = None,
    branch: Branch = None,
    staged: Annotated[bool, typer.Option("--staged", help="What is staged, against HEAD; nothing is changed.")] = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="Print SARIF 2.1.0, for code scanning.")] = False,
    json_: Json = False,
) -> None:
    """Check what a change touches: it can be read, it agrees."""
    from app import check as now
    from app import report, staging
    from app import sarif as form

    if sarif and json_:
        raise Complaint("--json and --sarif are two forms of one document", mend="Ask for one of them")
    found = (staging if staged else now).check(repo, base, head, branch)
    finish(form.describe(found) if sarif else report.describe_findings(found), as_json=json_ or sarif)


@app.command()
def rules(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[RULE…]", help="Only these, with their reasons.")] = None,
    json_: Json = False,
) -> None:
    """Tell what `check` asks for, rule by rule."""
    from app.handbook import describe_rules

    finish(describe_rules(ids or ()), as_json=json_)


@app.command(name="list")
def list_(repo: Repo = Path(), branch: Branch = None, json_: Json = False) -> None:
    """List contracts, versions, falsifiers, statuses."""
    from app import report, staleness
    from app.workspace import open_workspace

    workspace = open_workspace(repo, branch=branch, needs_config=False)
    finish(report.describe_contracts(workspace, staleness.find(workspace)), as_json=json_)


@app.command()
def draft(ids: Ids, repo: Repo = Path(), branch: Branch = None) -> None:
    """Propose a smoke from a contract's own `test:` text."""
    from app.draft import propose
    from app.selection import select
    from app.workspace import open_workspace

    workspace = open_workspace(repo, branch=branch, needs_config=False)
    proposal = propose(select(ids, workspace.contracts))
    write(lambda: typer.echo(proposal, nl=False))


@app.command()
def schema() -> None:
    """Print the JSON Schema of .github/discharge.yml."""
    from app.schema import write_schema

    write(lambda: typer.echo(write_schema(), nl=False))


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="An evidence folder, a receipt, or its envelope.")],
    key: Annotated[
        list[str] | None, typer.Option(metavar="ed25519:…", help="A public key that counts, instead of `keys:`.")
    ] = None,
    base: Annotated[str | None, typer.Option(metavar="REV", help="Whose configuration says which keys count.")] = None,
    rev: Annotated[str | None, typer.Option(metavar="REV", help="Whose contracts must tell the discharge.")] = None,
    repository: Annotated[
        str, typer.Option(metavar="OWNER/NAME", help="Whose evidence this is, if not that of the remote origin.")
    ] = "",
    json_: Json = False,
) -> None:
    """Verify signed evidence: digests, signature, verdicts, contract."""
    from app import report
    from app.verification import verify as verify_evidence

    checked = verify_evidence(path, keys=tuple(key or ()), base=base, rev=rev, repository=repository)
    finish(report.describe_verification(checked), as_json=json_)


app.command(epilog=EXAMPLES)(parity)


@app.command()
def replay(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="A recorded delivery: payload, or headers too.")],
    repo: Repo = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Run no leg; show everything up to there.")] = False,
    json_: Json = False,
) -> None:
    """Handle recorded webhooks again, on a sandbox; nothing outside is touched."""
    from app import briefing
    from app.replay import replay as replay_deliveries
    from app.web.log import hush

    hush(sys.stderr)
    finish(briefing.describe_replay(replay_deliveries(files, repo, watch(quiet=json_), dry_run=dry_run)), as_json=json_)


@app.command()
def setup(
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Where settings and keys go; later all data, too.")],
    url: Annotated[
        str, typer.Option(metavar="https://…", help="Where GitHub reaches the service; may be entered there later.")
    ] = "",
    organization: Annotated[
        str, typer.Option(metavar="NAME", help="Whose App it will be; your own if it is left out.")
    ] = "",
    github: Annotated[
        str, typer.Option(metavar="URL", help="GitHub's REST interface; https://HOST/api/v3 on Enterprise Server.")
    ] = "https://api.github.com",
    actions: Annotated[
        bool, typer.Option("--actions", help="Ask for what runs on GitHub Actions need, too; see docs/actions.md.")
    ] = False,
    port: Annotated[
        int, typer.Option(metavar="N", help="Port of the page on this machine; any if it is left out.")
    ] = 0,
    json_: Json = False,
) -> None:
    """Make the GitHub App: a page on this machine, one click there."""
    from app import briefing
    from app.hook.event import EVENTS
    from app.web.setup import Order
    from app.web.setup import setup as make_app

    order = Order(organization, github, url, folder.absolute(), EVENTS, actions)
    invite = "open this page in a browser on this machine: "
    made = make_app(order, lambda page: typer.echo(f"{invite}{page}", err=True), port=port)
    finish(briefing.describe_app(made), as_json=json_)


@app.command()
def serve(env_file: EnvFile = None) -> None:
    """Serve the GitHub App: webhooks in, pull requests out."""
    from app.opening import prepare
    from app.web.serve import serve as serve_app
    from app.web.settings import load

    settings = load(env_file)
    serve_app(settings, prepare(settings))


@app.command()
def parked(
    retry: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Give this delivery another chance; repeatable.")
    ] = None,
    env_file: EnvFile = None,
    json_: Json = False,
) -> None:
    """List the deliveries that failed too often, or retry them."""
    from app import briefing
    from app.queue.parking import look
    from app.web.settings import load

    found = look(load(env_file).database.get_secret_value(), tuple(retry or ()))
    finish(briefing.describe_parked(found), as_json=json_)


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
    settle()
    arguments = (sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        status = app(arguments, prog_name="discharge", standalone_mode=False)
        if status == STOPPED:  # typer turns Ctrl-C into this status
            typer.echo("stopped", err=True)
    except Complaint as complaint:
        status = complain(complaint, as_json="--json" in arguments)
    except TyperException as error:
        said = Complaint(error.format_message(), mend="`discharge --help` lists what there is")
        typer.echo(f"error: {said}", err=True)
        status = USAGE
    except ModuleNotFoundError as error:
        status = lack(error)
    except Exception as error:  # noqa: BLE001 - the last door: a sentence and status 70, never a bare traceback
        status = apologise(error)
    raise SystemExit(status or HELD)
