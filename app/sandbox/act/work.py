"""Workflows and runners: dispatching a run, what becomes of its jobs, just-in-time runners."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from app.sandbox.body.work import show_job, show_run, show_workflow
from app.sandbox.hook import tell
from app.sandbox.model import Job, Refusal, Runner, WorkflowRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.sandbox.model import Actor, Json, Repository, Workflow
    from app.sandbox.world import World


def dispatch(world: World, actor: Actor, repository: Repository, workflow: Workflow, wish: Json) -> WorkflowRun:
    """Start a run of a workflow as `workflow_dispatch` does; one job, whose labels the input `label` may name.

    Raises:
        Refusal: 422, the workflow has no such trigger, an input is missing or unknown, or the ref is.
    """
    inputs, ref = wish.get("inputs") or {}, str(wish.get("ref", ""))
    if not workflow.dispatchable:
        raise Refusal(422, "Workflow does not have 'workflow_dispatch' trigger")
    unknown, needed = (
        [k for k in inputs if k not in workflow.inputs],
        [k for k, must in workflow.inputs.items() if must],
    )
    if unknown:
        raise Refusal(422, f"Unexpected inputs provided: {json.dumps(unknown)}")
    for name in needed:
        if name not in inputs:
            raise Refusal(422, f"Required input '{name}' not provided")
    branch = ref.removeprefix("refs/heads/")
    head = repository.store.tip(branch) or repository.store.refs.get(f"refs/tags/{ref.removeprefix('refs/tags/')}")
    if head is None:
        raise Refusal(422, f"No ref found for: {ref}")
    now, count = world.now(), len(repository.runs) + 1
    run = WorkflowRun(
        world.number("run"), count, repository, workflow, actor.account, "workflow_dispatch", branch, head,
        dict(inputs), now, now,
    )  # fmt: skip
    repository.runs[run.id] = run
    add_job(world, actor, run, "smoke", [str(inputs["label"])] if "label" in inputs else ["self-hosted"])
    return run


def add_job(world: World, actor: Actor, run: WorkflowRun, name: str, labels: Sequence[str]) -> Job:
    """Queue a job of a run."""
    job = Job(world.number("job"), run, name, tuple(labels), world.now())
    run.jobs.append(job)
    _tell_run(world, actor, run, "requested")
    _tell(world, actor, job, "queued")
    return job


def begin(world: World, actor: Actor, job: Job, runner: Runner | None) -> None:
    """Let a runner take a job."""
    job.status, job.started, job.runner = "in_progress", world.now(), runner
    job.run.status, job.run.updated = "in_progress", world.now()
    if runner is not None:
        runner.status, runner.busy = "online", True
    _tell(world, actor, job, "in_progress")


def finish(world: World, actor: Actor, job: Job, conclusion: str) -> None:
    """Let a job end; a just-in-time runner is gone afterwards, and the run ends with its last job."""
    job.status, job.conclusion, job.completed = "completed", conclusion, world.now()
    if job.runner is not None:
        world.runners.pop(job.runner.id, None)
    _tell(world, actor, job, "completed")
    run = job.run
    if all(each.status == "completed" for each in run.jobs):
        said = {each.conclusion for each in run.jobs}
        run.status, run.updated = "completed", world.now()
        run.conclusion = next((word for word in ("failure", "cancelled") if word in said), conclusion)
        _tell_run(world, actor, run, "completed")


def cancel(world: World, actor: Actor, run: WorkflowRun) -> None:
    """Cancel a run; raises `Refusal` 409 if it has ended."""
    if run.status == "completed":
        raise Refusal(409, "Cannot cancel a workflow run that is completed.")
    for job in run.jobs:
        if job.status != "completed":
            finish(world, actor, job, "cancelled")


def _tell(world: World, actor: Actor, job: Job, action: str) -> None:
    shown = {"action": action, "workflow_job": show_job(world, job)}
    tell(world, actor, job.run.repository, "workflow_job", shown)


def _tell_run(world: World, actor: Actor, run: WorkflowRun, action: str) -> None:
    shown = {"action": action, "workflow": show_workflow(world, run.repository, run.workflow)}
    shown["workflow_run"] = show_run(world, run)
    tell(world, actor, run.repository, "workflow_run", shown)


def add_runner(world: World, home: str, wish: Json) -> tuple[Runner, str]:
    """Make the configuration of a just-in-time runner; the runner, still offline, and the text it starts with.

    Raises:
        Refusal: 409, one of that name is there; 422, a field is missing.
    """
    for field in ("name", "runner_group_id", "labels"):
        if not wish.get(field):
            raise Refusal(422, f'Invalid request.\n\n"{field}" wasn\'t supplied.')
    if any(each.home == home and each.name == wish["name"] for each in world.runners.values()):
        raise Refusal(409, "Already exists - A runner with the name " + str(wish["name"]) + " already exists.")
    runner = Runner(world.number("runner"), home, wish["name"], tuple(wish["labels"]), wish["runner_group_id"])
    world.runners[runner.id] = runner
    inner = {"AgentId": runner.id, "AgentName": runner.name, "ServerUrl": world.url, "Ephemeral": True}
    parts = {".runner": json.dumps(inner), ".credentials": json.dumps({"Scheme": "OAuth"})}
    whole = {name: base64.b64encode(text.encode()).decode() for name, text in parts.items()}
    return runner, base64.b64encode(json.dumps(whole).encode()).decode()
