"""Self-hosted runners: their configuration, coming online, taking a job whose labels they have, being lost."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

from app.sandbox.act.work import begin, finish
from app.sandbox.model import Refusal, Runner
from app.sandbox.token import mint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.sandbox.model import Actor, Job, Json
    from app.sandbox.world import World

_DEFAULT = 1


def add_runner(world: World, home: str, wish: Json) -> tuple[Runner, str]:
    """Make the configuration of a just-in-time runner; the runner, still offline, and the text it starts with.

    No label is added to those that are asked for; they are kept in small letters.

    Raises:
        Refusal: 409, one of that name is there; 422, a field is missing; 404 or 403, no such group, or not for us.
    """
    for field in ("name", "runner_group_id", "labels"):
        if not wish.get(field):
            raise Refusal(422, f'Invalid request.\n\n"{field}" wasn\'t supplied.')
    group = wish["runner_group_id"]
    if not world.groups.get((home, group), group == _DEFAULT):
        known = (home, group) in world.groups
        raise Refusal(403, "Resource not accessible by integration") if known else Refusal(404, "Not Found")
    if any(each.home == home and each.name == wish["name"] for each in world.runners.values()):
        raise Refusal(409, "Already exists - A runner with the name " + str(wish["name"]) + " already exists.")
    runner = register(world, home, wish["name"], wish["labels"])
    runner.group = group
    runner.secret = hashlib.sha256(f"sandbox runner {runner.id}".encode()).hexdigest()
    return runner, _configure(world, runner, runner.secret)


def _configure(world: World, runner: Runner, secret: str) -> str:
    """Return the text that a just-in-time runner starts with: its three files, in base64 twice."""
    inner = {"AgentId": runner.id, "AgentName": runner.name, "ServerUrl": world.url, "Ephemeral": True}
    parts = {
        ".runner": json.dumps(inner),
        ".credentials": json.dumps({"Scheme": "OAuth", "Data": {"ClientId": f"runner-{runner.id}"}}),
        ".credentials_rsaparams": json.dumps({"d": secret}),
    }
    whole = {name: base64.b64encode(text.encode()).decode() for name, text in parts.items()}
    return base64.b64encode(json.dumps(whole).encode()).decode()


def register(world: World, home: str, name: str, labels: Sequence[str]) -> Runner:
    """Add a runner, offline; each label once, in small letters."""
    unique = tuple(dict.fromkeys(str(label).lower() for label in labels))
    runner = Runner(world.number("runner"), home, name, unique)
    world.runners[runner.id] = runner
    return runner


def connect(world: World, number: int, secret: str) -> Runner:
    """Let a just-in-time runner come online; its configuration is good for that once.

    Raises:
        Refusal: 401, it was deleted meanwhile, came online before, or shows another secret.
    """
    runner = world.runners.get(number)
    if runner is None or runner.secret is None or runner.secret != secret:
        raise Refusal(401, "Registration was not found or is not medium trust.")
    runner.status, runner.secret = "online", None
    return runner


def find_job(world: World, runner: Runner) -> Job | None:
    """Return the job that has waited longest of those that a runner can take: it has all of the job's labels."""
    if runner.status == "offline" or runner.busy:
        return None
    has = {label.lower() for label in runner.labels}
    jobs = [
        job
        for repository in world.repositories.values()
        if runner.home in {repository.full_name, repository.owner.login}
        for run in repository.runs.values()
        for job in run.jobs
        if job.status == "queued" and {label.lower() for label in job.labels} <= has
    ]
    return min(jobs, key=lambda job: job.id, default=None)


def take(world: World, actor: Actor, runner: Runner) -> Json | None:
    """Give a runner its next job: what it is told of it, with a token that may read; None if none waits."""
    job = find_job(world, runner)
    if job is None:
        return None
    job.serves = True
    begin(world, actor, job, runner)
    run = job.run
    repository = run.repository
    token, _ = mint(
        world,
        world.covering(repository)[0],
        {"permissions": {"contents": "read"}, "repository_ids": [repository.id]},
    )
    named = {"job": job.id, "run": run.id, "repository": repository.full_name, "workflow": run.workflow.path}
    return named | {"ref": f"refs/heads/{run.branch}", "commit": run.head, "inputs": run.inputs, "token": token.value}


def lose(world: World, actor: Actor, runner: Runner) -> None:
    """Have GitHub notice that a runner's process is no more: its job fails, and it stays registered, offline."""
    runner.status = "offline"
    for repository in world.repositories.values():
        for job in [job for run in repository.runs.values() for job in run.jobs]:
            if job.runner is runner and job.status == "in_progress":
                finish(world, actor, job, "cancelled" if job.cancelling else "failure", lost=True)
