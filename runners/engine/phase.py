"""How a cluster says it stands with a run: its Job and its pods, read as one of three phases. Pure.

What a Job says of itself is short ("BackoffLimitExceeded"); why is known by its pod, which is asked first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evidence.quote import code
from runners.engine.manifest import MARGIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINGER = 60.0
"""Seconds for which a bundle may stay unseen after its pod ended: network file systems remember what was not there."""
STUCK = 900.0
"""Seconds for which a pod that has a machine may fail to start."""
DELETED = "it was deleted in the cluster"
NOT_STARTING = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImageInspectError",
        "ImagePullBackOff",
        "InvalidImageName",
        "RunContainerError",
    }
)
"""Why a container does not start: a word that may pass by itself, and mostly does not."""

Json = Any
"""A JSON value, as it comes from outside."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """No machine works on it since that time (RFC 3339); *stuck* is why a pod that has a machine does not start."""

    since: str
    stuck: str = ""


@dataclass(frozen=True, slots=True)
class Working:
    """A machine works on it, since that time (RFC 3339)."""

    since: str


@dataclass(frozen=True, slots=True)
class Ended:
    """No machine works on it any more, since that time; *reason* is a clause, empty if its process ended well."""

    since: str
    reason: str
    pod: str = ""


Phase = Waiting | Working | Ended


@dataclass(frozen=True, slots=True)
class Terms:
    """Seconds that a run may take, that it may wait, and that it is known."""

    deadline: float
    patience: float
    waited: float


def read(job: Json, pods: Iterable[Json]) -> Phase:
    """Return the phase of a Job whose pods are these."""
    newest: Json = max(pods, key=lambda pod: text(pod, "metadata", "creationTimestamp"), default={})
    conditions = {text(c, "type"): c for c in items(job, "status", "conditions") if text(c, "status") == "True"}
    pod = text(newest, "metadata", "name")
    if "Complete" in conditions:
        return Ended(text(conditions["Complete"], "lastTransitionTime"), "", pod)
    if "Failed" in conditions:
        failed = conditions["Failed"]
        return Ended(text(failed, "lastTransitionTime"), _why(newest, failed), pod)
    if text(job, "metadata", "deletionTimestamp"):
        return Ended(text(job, "metadata", "deletionTimestamp"), DELETED, pod)
    return _underway(job, newest)


def judge(phase: Phase, age: float, terms: Terms) -> str:
    """Return why a run without a bundle is gone, empty if it is not; *age* is the phase's, in seconds."""
    match phase:
        case Ended(_, reason):
            return reason or ("its pod ended well, and left no result" if age > LINGER else "")
        case Working():
            latest = terms.deadline + MARGIN
            return f"it took longer than {latest:g} s" if age > latest else ""
        case Waiting(_, stuck) if stuck and age > STUCK:
            return f"its pod cannot start ({stuck})"
        case Waiting():
            return f"no machine took it in {terms.patience:g} s" if terms.waited > terms.patience else ""


def text(node: Json, *path: str) -> str:
    """Return the text at a place in a JSON value, empty if there is none."""
    found = dig(node, *path)
    return found if isinstance(found, str) else ""


def items(node: Json, *path: str) -> list[Json]:
    """Return the list at a place in a JSON value, empty if there is none."""
    found = dig(node, *path)
    return found if isinstance(found, list) else []


def dig(node: Json, *path: str) -> Json:
    """Return what stands at a place in a JSON value, None if nothing does."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _underway(job: Json, pod: Json) -> Phase:
    for status in items(pod, "status", "containerStatuses"):
        if started := text(status, "state", "running", "startedAt"):
            return Working(started)
        if (reason := text(status, "state", "waiting", "reason")) in NOT_STARTING:
            told = text(status, "state", "waiting", "message")
            return Waiting(text(pod, "metadata", "creationTimestamp"), _cite(reason, told))
        if started := text(status, "state", "terminated", "startedAt"):
            return Working(started)  # it ended, and the Job is about to say so
    return Waiting(text(job, "metadata", "creationTimestamp"))


def _why(pod: Json, failed: Json) -> str:
    """Return why a Job failed, the most telling first."""
    return next(_reasons(pod, failed), "its pod failed")


def _reasons(pod: Json, failed: Json) -> Iterator[str]:
    reason, said = text(pod, "status", "reason"), text(pod, "status", "message")
    if reason == "DeadlineExceeded":
        yield f"its pod took longer than it may ({_cite(reason, said)})"
    elif reason:
        yield f"its pod was ended by the cluster ({_cite(reason, said)})"
    for condition in items(pod, "status", "conditions"):
        if text(condition, "type") == "DisruptionTarget" and text(condition, "status") == "True":
            yield f"its machine was taken away ({_cite(text(condition, 'reason'), text(condition, 'message'))})"
    for status in items(pod, "status", "containerStatuses"):
        ended = dig(status, "state", "terminated")
        if isinstance(ended, dict):
            yield from _ending(ended)
    if text(failed, "reason") == "DeadlineExceeded":
        yield f"no machine did it in the time it had ({_cite('DeadlineExceeded', text(failed, 'message'))})"
    if text(failed, "reason"):
        yield f"its pod is lost ({_cite(text(failed, 'reason'), text(failed, 'message'))})"


def _ending(ended: Json) -> Iterator[str]:
    reason, status = text(ended, "reason"), ended.get("exitCode")
    if reason == "OOMKilled":
        yield "its pod used more memory than it may (OOMKilled)"
    elif reason and reason not in {"Error", "Completed"}:
        yield f"its container ended ({_cite(reason, text(ended, 'message'))})"
    if isinstance(status, int) and status:
        yield f"its process ended without a result (exit {status})"


def _cite(reason: str, message: str) -> str:
    """Return a reason of the cluster with what it says besides, as code where it is no word of ours."""
    word = reason if reason.isalnum() and reason.isascii() else code(reason)
    return f"{word}: {code(message)}" if message.strip() else word
