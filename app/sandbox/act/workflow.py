"""Workflow files: what stands on the default branch, and what of it a run takes from its inputs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from app.sandbox.model import Workflow
from contracts.document import read
from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.sandbox.model import Json, Repository
    from app.sandbox.world import World

_FILE = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_INPUT = re.compile(r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}")
_FROM_JSON = re.compile(r"\$\{\{\s*fromJSON\(\s*inputs\.([\w-]+)\s*\)\s*\}\}", re.IGNORECASE)


def find_workflows(world: World, repository: Repository) -> list[Workflow]:
    """Return the workflows of a repository: those that a story put, and those on its default branch as they stand."""
    known = repository.workflows
    there = {e.path: e.sha for e in _walk(repository) if e.kind == "blob" and _FILE.fullmatch(e.path)}
    for path in [path for path, each in known.items() if each.blob and path not in there]:
        del known[path]
    for path, blob in there.items():
        if path not in known or known[path].blob not in {"", blob}:
            number = known[path].id if path in known else world.number("workflow")
            known[path] = _read(repository, number, path, blob)
    return list(known.values())


def _walk(repository: Repository) -> list[Any]:
    head = repository.store.tip(repository.branch)
    return list(repository.store.walk(head)) if head else []


def _read(repository: Repository, number: int, path: str, blob: str) -> Workflow:
    """Return what a file says; GitHub lists one that it cannot read by its path, and runs it never."""
    found = repository.store.read(blob)
    assert found is not None, "the tree names it"
    try:
        data = read(found[2].decode("utf-8", "replace"), path).data
    except Complaint:
        data = None
    whole: Json = data if isinstance(data, dict) else {}
    events = whole.get("on")
    trigger = events.get("workflow_dispatch") if isinstance(events, dict) else None
    inputs = {name: bool((each or {}).get("required")) for name, each in ((trigger or {}).get("inputs") or {}).items()}
    jobs = {str(job.get("name", key)): job.get("runs-on") for key, job in (whole.get("jobs") or {}).items()}
    told = (str(whole.get("name", path)), inputs, "workflow_dispatch" in (events or ()), str(whole.get("run-name", "")))
    return Workflow(number, path, *told, jobs=jobs, blob=blob)


def render(text: str, inputs: Mapping[str, str]) -> str:
    """Return a text with every `${{ inputs.name }}` filled in."""
    return _INPUT.sub(lambda found: str(inputs.get(found[1], "")), text)


def read_labels(place: Any, inputs: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return where a job runs (`runs-on`), filled in with inputs; None if that cannot be evaluated.

    A workflow that a story put has no file: it runs where the input `label` or `labels` says.
    """
    if place is None:
        given = (str(inputs["label"]),) if "label" in inputs else read_labels("${{ fromJSON(inputs.labels) }}", inputs)
        return given or ("self-hosted",)
    found = _FROM_JSON.fullmatch(place) if isinstance(place, str) else None
    try:
        wanted = json.loads(inputs.get(found[1], "")) if found else place
    except ValueError:
        return None
    labels = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(labels, list) or not labels or not all(isinstance(each, str) for each in labels):
        return None
    return tuple(render(each, inputs) for each in labels)
