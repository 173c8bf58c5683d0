"""Workflow runs, jobs and runners as GitHub shows them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from app.sandbox.body.account import show_account
from app.sandbox.body.commit import show_simple_commit
from app.sandbox.body.repository import show_minimal_repository
from app.sandbox.model import name_node

if TYPE_CHECKING:
    from app.sandbox.model import Artifact, Job, Json, Repository, Runner, Workflow, WorkflowRun
    from app.sandbox.world import World

_GIVEN = ("self-hosted", "linux", "x64")


def show_runner(runner: Runner) -> Json:
    """Return a self-hosted runner."""
    kinds = {name: "read-only" if name.lower() in _GIVEN else "custom" for name in runner.labels}
    return {
        "id": runner.id,
        "name": runner.name,
        "os": "linux" if runner.status == "online" else "unknown",
        "status": runner.status,
        "busy": runner.busy,
        "ephemeral": runner.ephemeral,
        "runner_group_id": runner.group,
        "labels": [{"id": place, "name": name, "type": kind} for place, (name, kind) in enumerate(kinds.items())],
    }


def _root(world: World, repository: Repository) -> str:
    return f"{world.api}/repos/{repository.full_name}/actions"


def show_job(world: World, job: Job) -> Json:
    """Return a job of a workflow run."""
    run, runner = job.run, job.runner
    root = _root(world, run.repository)
    return {
        "id": job.id,
        "run_id": run.id,
        "workflow_name": run.workflow.name,
        "head_branch": run.branch,
        "run_url": f"{root}/runs/{run.id}",
        "run_attempt": 1,
        "node_id": name_node("JOB", job.id),
        "head_sha": run.head,
        "url": f"{root}/jobs/{job.id}",
        "html_url": f"{world.url}/{run.repository.full_name}/actions/runs/{run.id}/job/{job.id}",
        "status": job.status,
        "conclusion": job.conclusion,
        "created_at": job.created,
        "started_at": job.started or job.created,
        "completed_at": job.completed,
        "name": job.name,
        "steps": [],
        "check_run_url": f"{world.api}/repos/{run.repository.full_name}/check-runs/{job.id}",
        "labels": list(job.labels),
        "runner_id": runner.id if runner else None,
        "runner_name": runner.name if runner else None,
        "runner_group_id": runner.group if runner else None,
        "runner_group_name": "Default" if runner else None,
    }


def show_workflow(world: World, repository: Repository, workflow: Workflow) -> Json:
    """Return a workflow."""
    page = f"{world.url}/{repository.full_name}"
    return {
        "id": workflow.id,
        "node_id": name_node("W", workflow.id),
        "name": workflow.name,
        "path": workflow.path,
        "state": "active",
        "created_at": repository.created,
        "updated_at": repository.created,
        "url": f"{_root(world, repository)}/workflows/{workflow.id}",
        "html_url": f"{page}/blob/{repository.branch}/{workflow.path}",
        "badge_url": f"{page}/workflows/{workflow.id}/badge.svg",
    }


def show_run(world: World, run: WorkflowRun) -> Json:
    """Return a workflow run."""
    repository = run.repository
    root = _root(world, repository)
    url = f"{root}/runs/{run.id}"
    commit = repository.store.commit(run.head)
    short = show_minimal_repository(world, repository)
    actor = show_account(world, run.actor)
    return {
        "id": run.id,
        "name": run.workflow.name,
        "node_id": name_node("WFR", run.id),
        "head_branch": run.branch,
        "head_sha": run.head,
        "path": run.workflow.path,
        "display_title": run.title,
        "run_number": run.number,
        "run_attempt": 1,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": run.workflow.id,
        "url": url,
        "html_url": f"{world.url}/{repository.full_name}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": run.created,
        "updated_at": run.updated,
        "run_started_at": run.created,
        "actor": actor,
        "triggering_actor": actor,
        **{f"{word}_url": f"{url}/{word}" for word in ("jobs", "logs", "artifacts", "cancel", "rerun")},
        "check_suite_url": f"{world.api}/repos/{repository.full_name}/check-suites/{run.id}",
        "previous_attempt_url": None,
        "workflow_url": f"{root}/workflows/{run.workflow.id}",
        "head_commit": show_simple_commit(commit) if commit else None,
        "repository": short,
        "head_repository": short,
    }


def show_artifact(world: World, artifact: Artifact) -> Json:
    """Return an artifact of a workflow run."""
    run = artifact.run
    url, number = f"{_root(world, run.repository)}/artifacts/{artifact.id}", run.repository.id
    return {
        "id": artifact.id,
        "node_id": artifact.node,
        "name": artifact.name,
        "size_in_bytes": len(artifact.data),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": artifact.expired,
        "digest": f"sha256:{hashlib.sha256(artifact.data).hexdigest()}",
        "created_at": artifact.created,
        "updated_at": artifact.created,
        "expires_at": artifact.expires,
        "workflow_run": {
            "id": run.id,
            "repository_id": number,
            "head_repository_id": number,
            "head_branch": run.branch,
            "head_sha": run.head,
        },
    }
