"""GitHub Actions: workflows, runs, jobs and self-hosted runners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.act.runner import add_runner
from app.sandbox.act.work import cancel, dispatch
from app.sandbox.act.workflow import find_workflows
from app.sandbox.body.work import show_job, show_run, show_runner, show_workflow
from app.sandbox.model import Refusal
from app.sandbox.table import Reply, page, rule

if TYPE_CHECKING:
    from app.sandbox.model import Job, Runner, Workflow, WorkflowRun
    from app.sandbox.table import Call

_ACTIONS = "/repos/{owner}/{repo}/actions"
_RUN = _ACTIONS + "/runs/{number:int}"
_ORG = "/orgs/{org}/actions/runners"
_ORG_READ, _ORG_WRITE = "organization_self_hosted_runners=read", "organization_self_hosted_runners=write"


def _workflow(call: Call) -> Workflow:
    name = call.params["workflow"]
    for each in find_workflows(call.world, call.repository):
        if name in {str(each.id), each.path.rpartition("/")[2]}:
            return each
    raise Refusal(404, "Not Found")


@rule("GET", _ACTIONS + "/workflows", "actions=read")
def _list_workflows(call: Call) -> Reply:
    found = find_workflows(call.world, call.repository)
    return page(call, found, lambda each: show_workflow(call.world, call.repository, each), "workflows")


@rule("GET", _ACTIONS + "/workflows/{workflow}", "actions=read")
def _get_workflow(call: Call) -> Reply:
    return Reply(show_workflow(call.world, call.repository, _workflow(call)))


@rule("POST", _ACTIONS + "/workflows/{workflow}/dispatches", "actions=write")
def _dispatch(call: Call) -> Reply:
    wish = call.wish()
    run = dispatch(call.world, call.bearer.actor, call.repository, _workflow(call), wish)
    if not wish.get("return_run_details"):
        return Reply(status=204)
    shown = show_run(call.world, run)
    return Reply({"workflow_run_id": run.id, "run_url": shown["url"], "html_url": shown["html_url"]})


def _run(call: Call) -> WorkflowRun:
    found = call.repository.runs.get(call.params["number"])
    if found is None:
        raise Refusal(404, "Not Found")
    return found


@rule("GET", _ACTIONS + "/runs", "actions=read")
def _list_runs(call: Call) -> Reply:
    return _list_found(call, list(reversed(call.repository.runs.values())))


@rule("GET", _ACTIONS + "/workflows/{workflow}/runs", "actions=read")
def _list_runs_of_one(call: Call) -> Reply:
    workflow = _workflow(call).id
    return _list_found(call, [each for each in reversed(call.repository.runs.values()) if each.workflow.id == workflow])


def _list_found(call: Call, found: list[WorkflowRun]) -> Reply:
    values = call.ask.values
    for key in ("status", "event", "branch"):
        if key in values:
            found = [each for each in found if values[key] in {getattr(each, key), each.conclusion}]
    return page(call, found, lambda each: show_run(call.world, each), "workflow_runs")


@rule("GET", _RUN, "actions=read")
def _get_run(call: Call) -> Reply:
    return Reply(show_run(call.world, _run(call)))


@rule("GET", _RUN + "/jobs", "actions=read")
def _list_jobs(call: Call) -> Reply:
    return page(call, _run(call).jobs, lambda each: show_job(call.world, each), "jobs")


@rule("POST", _RUN + "/cancel", "actions=write")
def _cancel(call: Call) -> Reply:
    cancel(call.world, call.bearer.actor, _run(call))
    return Reply({}, 202)


@rule("POST", _RUN + "/force-cancel", "actions=write")
def _force_cancel(call: Call) -> Reply:
    cancel(call.world, call.bearer.actor, _run(call), force=True)
    return Reply({}, 202)


@rule("GET", _ACTIONS + "/jobs/{number:int}", "actions=read")
def _get_job(call: Call) -> Reply:
    jobs: list[Job] = [job for run in call.repository.runs.values() for job in run.jobs]
    found = next((job for job in jobs if job.id == call.params["number"]), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return Reply(show_job(call.world, found))


def _home(call: Call) -> str:
    """Return whose runners are meant: those of the repository, or of the organization."""
    if call.place is not None:
        return call.place.full_name
    account, installation = call.world.accounts.get(call.params["org"].lower()), call.bearer.actor.installation
    if (
        account is None
        or account.kind != "Organization"
        or (installation is not None and installation.account is not account)
    ):
        raise Refusal(404, "Not Found")
    return account.login


def _runner(call: Call) -> Runner:
    found = call.world.runners.get(call.params["number"])
    if found is None or found.home != _home(call):
        raise Refusal(404, "Not Found")
    return found


@rule("GET", _ACTIONS + "/runners", "administration=read")
@rule("GET", _ORG, _ORG_READ)
def _list_runners(call: Call) -> Reply:
    home = _home(call)
    found = [each for each in call.world.runners.values() if each.home == home]
    if "name" in call.ask.values:
        found = [each for each in found if each.name == call.ask.values["name"]]
    return page(call, found, show_runner, "runners")


@rule("GET", _ACTIONS + "/runners/{number:int}", "administration=read")
@rule("GET", _ORG + "/{number:int}", _ORG_READ)
def _get_runner(call: Call) -> Reply:
    return Reply(show_runner(_runner(call)))


@rule("DELETE", _ACTIONS + "/runners/{number:int}", "administration=write")
@rule("DELETE", _ORG + "/{number:int}", _ORG_WRITE)
def _delete_runner(call: Call) -> Reply:
    runner = _runner(call)
    if runner.busy:
        raise Refusal(422, f'Runner "{runner.name}" is currently running a job and cannot be deleted.')
    del call.world.runners[runner.id]
    return Reply(status=204)


@rule("POST", _ACTIONS + "/runners/generate-jitconfig", "administration=write")
@rule("POST", _ORG + "/generate-jitconfig", _ORG_WRITE)
def _configure_runner(call: Call) -> Reply:
    runner, text = add_runner(call.world, _home(call), call.wish())
    return Reply({"runner": show_runner(runner), "encoded_jit_config": text}, 201)
