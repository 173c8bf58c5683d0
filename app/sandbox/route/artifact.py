"""GitHub Actions: what runs leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.act.artifact import find_address
from app.sandbox.body.work import show_artifact
from app.sandbox.model import Refusal
from app.sandbox.table import Reply, page, rule

if TYPE_CHECKING:
    from app.sandbox.model import Artifact
    from app.sandbox.table import Call

_ACTIONS = "/repos/{owner}/{repo}/actions"
_ONE = _ACTIONS + "/artifacts/{number:int}"


@rule("GET", _ACTIONS + "/runs/{number:int}/artifacts", "actions=read")
def _list(call: Call) -> Reply:
    run = call.repository.runs.get(call.params["number"])
    if run is None:
        raise Refusal(404, "Not Found")
    name = call.ask.values.get("name")
    found = [each for each in reversed(run.artifacts) if name in {None, each.name}]
    return page(call, found, lambda each: show_artifact(call.world, each), "artifacts")


def _find(call: Call) -> Artifact:
    every = (each for run in call.repository.runs.values() for each in run.artifacts)
    found = next((each for each in every if each.id == call.params["number"]), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found


@rule("GET", _ONE, "actions=read")
def _get(call: Call) -> Reply:
    return Reply(show_artifact(call.world, _find(call)))


@rule("GET", _ONE + "/zip", "actions=read")
def _download(call: Call) -> Reply:
    return Reply(status=302, headers={"location": find_address(call.world, _find(call))})
