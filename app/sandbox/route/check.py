"""Check runs and check suites."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from app.sandbox.act.check import create_check, rerequest_check, rerequest_suite, update_check
from app.sandbox.body.check import show_check, show_suite
from app.sandbox.model import Refusal
from app.sandbox.table import Reply, page, rule

if TYPE_CHECKING:
    from app.sandbox.model import CheckRun, CheckSuite, Json
    from app.sandbox.table import Call

_REPO = "/repos/{owner}/{repo}"
_RUN = _REPO + "/check-runs/{number:int}"
_SUITE = _REPO + "/check-suites/{number:int}"


def _run(call: Call) -> CheckRun:
    found = call.repository.checks.get(call.params["number"])
    if found is None:
        raise Refusal(404, "Not Found")
    return found


def _suite(call: Call) -> CheckSuite:
    found = call.repository.suites.get(call.params["number"])
    if found is None:
        raise Refusal(404, "Not Found")
    return found


@rule("POST", _REPO + "/check-runs", "checks=write")
def _create_check(call: Call) -> Reply:
    return Reply(show_check(call.world, create_check(call.world, call.bearer.actor, call.repository, call.wish())), 201)


@rule("PATCH", _RUN, "checks=write")
def _update_check(call: Call) -> Reply:
    run = _run(call)
    update_check(call.world, call.bearer.actor, run, call.wish())
    return Reply(show_check(call.world, run))


@rule("GET", _RUN, "checks=read")
def _get_check(call: Call) -> Reply:
    return Reply(show_check(call.world, _run(call)))


@rule("GET", _RUN + "/annotations", "checks=read")
def _list_annotations(call: Call) -> Reply:
    run = _run(call)
    return page(call, run.annotations, lambda note: _show_annotation(call, run, note))


def _show_annotation(call: Call, run: CheckRun, note: Json) -> Json:
    keys = ("path", "start_line", "end_line", "start_column", "end_column", "annotation_level")
    more = ("title", "message", "raw_details")
    page_url = f"{call.world.url}/{call.repository.full_name}/blob/{run.suite.head}/{quote(note['path'])}"
    return {**{key: note.get(key) for key in (*keys, *more)}, "blob_href": page_url}


@rule("POST", _RUN + "/rerequest", "checks=write")
def _rerequest_check(call: Call) -> Reply:
    rerequest_check(call.world, call.bearer.actor, _run(call))
    return Reply({}, 201)


def _sift(call: Call, runs: list[CheckRun]) -> Reply:
    """Answer check runs by name, status, app; the newest of each name unless all are asked for."""
    values = call.ask.values
    if values.get("filter", "latest") == "latest":
        runs = list({(run.suite.app.id, run.name): run for run in runs}.values())
    if "check_name" in values:
        runs = [run for run in runs if run.name == values["check_name"]]
    if "status" in values:
        runs = [run for run in runs if run.status == values["status"]]
    if "app_id" in values:
        runs = [run for run in runs if str(run.suite.app.id) == values["app_id"]]
    newest = sorted(runs, key=lambda run: -run.id)
    return page(call, newest, lambda run: show_check(call.world, run), "check_runs")


@rule("GET", _REPO + "/commits/{ref:path}/check-runs", "checks=read")
def _list_for_ref(call: Call) -> Reply:
    sha = call.world.commit(call.repository, call.params["ref"]).sha
    return _sift(call, [run for run in call.repository.checks.values() if run.suite.head == sha])


@rule("GET", _REPO + "/commits/{ref:path}/check-suites", "checks=read")
def _list_suites(call: Call) -> Reply:
    sha, wanted = call.world.commit(call.repository, call.params["ref"]).sha, call.ask.values.get("app_id")
    found = [each for each in call.repository.suites.values() if each.head == sha]
    found = [each for each in found if wanted in {None, str(each.app.id)}]
    return page(call, found, lambda suite: show_suite(call.world, suite), "check_suites")


@rule("GET", _SUITE, "checks=read")
def _get_suite(call: Call) -> Reply:
    return Reply(show_suite(call.world, _suite(call)))


@rule("GET", _SUITE + "/check-runs", "checks=read")
def _list_in_suite(call: Call) -> Reply:
    return _sift(call, list(_suite(call).runs))


@rule("POST", _SUITE + "/rerequest", "checks=write")
def _rerequest_suite(call: Call) -> Reply:
    rerequest_suite(call.world, call.bearer.actor, _suite(call))
    return Reply({}, 201)
