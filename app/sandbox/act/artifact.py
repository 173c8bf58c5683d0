"""Artifacts: what a job hands over, and the address at which it lies for a minute."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.sandbox.model import Artifact, Refusal

if TYPE_CHECKING:
    from app.sandbox.model import WorkflowRun
    from app.sandbox.world import World

STORAGE = "/_sandbox/storage/"
"""Where the contents of artifacts lie: a server of its own at GitHub, which knows none of its tokens."""


def add_artifact(world: World, run: WorkflowRun, name: str, data: bytes, days: int = 90) -> Artifact:
    """Keep an archive of a run that has not ended.

    Raises:
        Refusal: 409, there is one of that name; 403, the run has ended, and its token with it.
    """
    if run.status == "completed":
        raise Refusal(403, "The run has ended")
    if any(each.name == name for each in run.artifacts):
        raise Refusal(409, "an artifact with this name already exists on the workflow run")
    end = datetime.fromtimestamp(world.seconds(), UTC) + timedelta(days=days)
    made = Artifact(world.number("artifact"), run, name, data, world.now(), end.strftime("%Y-%m-%dT%H:%M:%SZ"))
    run.artifacts.append(made)
    return made


def find_address(world: World, artifact: Artifact) -> str:
    """Return a url at which an archive can be had without a token; its host is another than the API's.

    Raises:
        Refusal: 410, it is kept no longer.
    """
    if artifact.expired:
        raise Refusal(410, "Artifact has expired")
    key = hashlib.sha256(f"sandbox artifact {artifact.id} {len(world.addresses)}".encode()).hexdigest()
    world.addresses[key] = artifact
    return f"{world.url.replace('127.0.0.1', 'localhost')}{STORAGE}{key}?sig=sandbox"
