"""Workflows: dispatching a run, and what becomes of its jobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.sandbox.act.workflow import read_labels, render
from app.sandbox.body.work import show_job, show_run, show_workflow
from app.sandbox.hook import tell
from app.sandbox.model import Job, Refusal, WorkflowRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.sandbox.model import Actor, Json, Repository, Runner, Workflow
    from app.sandbox.world import World


LONGEST = 65_535
"""How much the inputs of a dispatch may be together, in characters of JSON."""


def dispatch(world: World, actor: Actor, repository: Repository, workflow: Workflow, wish: Json) -> WorkflowRun:
    """Start a run of a workflow as `workflow_dispatch` does; its jobs are all queued at once.

    Raises:
        Refusal: 422, the workflow has no such trigger, an input is missing or unknown, or the ref is.
    """
    inputs = wish.get("inputs") or {}
    branch, head = _aim(repository, workflow, inputs, str(wish.get("ref", "")))
    now, count = world.now(), len(repository.runs) + 1
    run = WorkflowRun(
        world.number("run"), count, repository, workflow, actor.account, "workflow_dispatch", branch, head,
        dict(inputs), now, now, render(workflow.title, inputs) or workflow.name,
    )  # fmt: skip
    repository.runs[run.id] = run
    for name, place in workflow.jobs.items():
        labels = read_labels(place, inputs)
        if labels is None:  # as GitHub says it: error when evaluating 'runs-on'
            run.status, run.conclusion = "completed", "failure"
        else:
            add_job(world, actor, run, render(name, inputs), labels)
    return run


def _aim(repository: Repository, workflow: Workflow, inputs: Json, ref: str) -> tuple[str, str]:
    """Return the branch and the commit that a dispatch is about; raises `Refusal` 422."""
    if not workflow.dispatchable:
        raise Refusal(422, "Workflow does not have 'workflow_dispatch' trigger")
    if len(json.dumps(inputs)) > LONGEST:
        raise Refusal(422, "inputs are too large.")
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
    return branch, head


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


def finish(world: World, actor: Actor, job: Job, conclusion: str, *, lost: bool = False) -> None:
    """Let a job end; a just-in-time runner is gone afterwards unless it was *lost*; a run ends with its last job."""
    job.status, job.conclusion, job.completed = "completed", conclusion, world.now()
    if job.runner is not None:
        job.runner.busy = False
        if job.runner.ephemeral and not lost:
            world.runners.pop(job.runner.id, None)
    _tell(world, actor, job, "completed")
    run = job.run
    if all(each.status == "completed" for each in run.jobs):
        said = {each.conclusion for each in run.jobs}
        run.status, run.updated = "completed", world.now()
        run.conclusion = next((word for word in ("failure", "cancelled") if word in said), conclusion)
        _tell_run(world, actor, run, "completed")


def cancel(world: World, actor: Actor, run: WorkflowRun, *, force: bool = False) -> None:
    """Cancel a run: a job that a program serves goes on until that says that it ended, unless by *force*.

    Raises:
        Refusal: 409, it has ended.
    """
    if run.status == "completed":
        raise Refusal(409, "Cannot cancel a workflow run that is completed.")
    for job in run.jobs:
        if job.status == "in_progress" and job.serves and not force:
            job.cancelling = True
        elif job.status != "completed":
            finish(world, actor, job, "cancelled")


def _tell(world: World, actor: Actor, job: Job, action: str) -> None:
    shown = {"action": action, "workflow_job": show_job(world, job)}
    tell(world, actor, job.run.repository, "workflow_job", shown)


def _tell_run(world: World, actor: Actor, run: WorkflowRun, action: str) -> None:
    shown = {"action": action, "workflow": show_workflow(world, run.repository, run.workflow)}
    shown["workflow_run"] = show_run(world, run)
    tell(world, actor, run.repository, "workflow_run", shown)
