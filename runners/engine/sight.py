"""One look at a cluster: what it has of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runners.engine.manifest import RUN
from runners.engine.phase import read, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runners.engine.api import Cluster, Stream
    from runners.engine.phase import Phase


@dataclass(frozen=True, slots=True)
class Sight:
    """What the cluster had, by the label of the run; *watch* begins to tell what changes with Jobs after that."""

    jobs: Mapping[str, Any]
    phases: Mapping[str, Phase]
    watch: Callable[[], Stream]


def look(cluster: Cluster, selector: str) -> Sight:
    """Ask a cluster for all of ours: first the Jobs, so that no pod is newer than its Job.

    Raises:
        Away: it does not answer, or refuses.
    """
    listed = cluster.jobs(selector)
    jobs = {text(job, "metadata", "labels", RUN): job for job in listed.objects}
    pods = cluster.pods(selector).objects if jobs else []
    own = {run: [pod for pod in pods if text(pod, "metadata", "labels", RUN) == run] for run in jobs}
    return Sight(jobs, {run: read(job, own[run]) for run, job in jobs.items()}, listed.watch)
