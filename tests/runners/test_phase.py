"""What a cluster says of a run, read as a phase; and its refusals, read as sentences."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.error import Complaint
from runners.engine import answer
from runners.engine.answer import Refused
from runners.engine.phase import DELETED, NOT_STARTING, Ended, Terms, Waiting, Working, judge, read

WORDS = st.sampled_from(
    [
        *("metadata", "status", "conditions", "type", "reason", "message", "state", "running", "waiting", "terminated"),
        *("containerStatuses", "name", "exitCode", "startedAt", "creationTimestamp", "deletionTimestamp"),
        *("Failed", "True", "DisruptionTarget", "OOMKilled"),
    ]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), WORDS, st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=5)),
    max_leaves=25,
)
TERMS = Terms(100.0, 1000.0, 10.0)


def job(**status: Any) -> dict[str, Any]:
    """Return a Job with a status."""
    return {"metadata": {"creationTimestamp": "2026-11-23T10:00:00Z"}, "status": status}


def pod(state: dict[str, Any], **status: Any) -> dict[str, Any]:
    """Return a pod whose container is in a state."""
    metadata = {"name": "p", "creationTimestamp": "2026-11-23T10:00:01Z"}
    return {"metadata": metadata, "status": {"containerStatuses": [{"state": state}], **status}}


@given(VALUES, st.lists(VALUES, max_size=2))
def test_whatever_is_said_has_a_phase(said: Any, pods: list[Any]) -> None:
    """An answer of any shape is read without a crash, and nothing of it breaks out of its quotation."""
    phase = read(said, pods)

    assert isinstance(phase, Waiting | Working | Ended)
    assert "\n" not in judge(phase, 10_000.0, TERMS)


def test_a_job_without_a_pod_waits() -> None:
    """Right after its creation, and while a quota of pods keeps the cluster from making one."""
    assert read(job(), ()) == Waiting("2026-11-23T10:00:00Z")


@pytest.mark.parametrize("reason", sorted(NOT_STARTING))
def test_a_pod_that_does_not_start_waits_with_a_reason(reason: str) -> None:
    """It has its machine already, so the patience with it is short."""
    phase = read(job(), [pod({"waiting": {"reason": reason, "message": "no `such` thing\n"}})])

    assert isinstance(phase, Waiting)
    assert phase.since == "2026-11-23T10:00:01Z"
    assert judge(phase, 899.0, TERMS) == ""
    assert judge(phase, 901.0, TERMS).startswith(f"its pod cannot start ({reason}: ``no `such` thing")


def test_a_process_that_just_ended_is_working_until_the_job_says_so() -> None:
    """The Job's own word comes a moment later, and is the end."""
    started = {"startedAt": "2026-11-23T10:00:02Z"}

    assert read(job(), [pod({"terminated": {**started, "exitCode": 0}})]) == Working("2026-11-23T10:00:02Z")


def test_the_newest_pod_is_asked() -> None:
    """A cluster may in rare cases have made two."""
    old = pod({"terminated": {"exitCode": 3}})
    new = pod({"terminated": {"exitCode": 4}})
    new["metadata"]["creationTimestamp"] = "2026-11-23T10:00:09Z"
    failed = {"type": "Failed", "status": "True", "lastTransitionTime": "t", "reason": "BackoffLimitExceeded"}

    for pods in ([old, new], [new, old]):
        assert read(job(conditions=[failed]), pods) == Ended("t", "its process ended without a result (exit 4)", "p")


def test_a_condition_that_is_not_true_is_none() -> None:
    """And a deletion that has begun is an end, unless the Job had its own before."""
    failed = {"type": "Failed", "status": "False", "lastTransitionTime": "t"}
    deleted = job(conditions=[failed])
    deleted["metadata"]["deletionTimestamp"] = "2026-11-23T10:05:00Z"

    assert read(job(conditions=[failed]), ()) == Waiting("2026-11-23T10:00:00Z")
    assert read(deleted, ()) == Ended("2026-11-23T10:05:00Z", DELETED)
    deleted["status"]["conditions"] = [{"type": "Complete", "status": "True", "lastTransitionTime": "t"}]
    assert read(deleted, ()) == Ended("t", "")


@pytest.mark.parametrize(
    ("terminated", "why"),
    [
        ({"reason": "OOMKilled", "exitCode": 137}, "its pod used more memory than it may (OOMKilled)"),
        ({"reason": "ContainerCannotRun", "message": "no x"}, "its container ended (ContainerCannotRun: `no x`)"),
        ({"reason": "Error", "exitCode": 2}, "its process ended without a result (exit 2)"),
        ({"reason": "Error"}, "its pod is lost (Odd)"),
        ({"reason": "a `b`", "exitCode": 1}, "its container ended (`` a `b` ``)"),
    ],
)
def test_a_container_tells_why(terminated: dict[str, Any], why: str) -> None:
    """The most telling word comes first; a word that is none is quoted."""
    failed = {"type": "Failed", "status": "True", "reason": "Odd"}

    assert read(job(conditions=[failed]), [pod({"terminated": terminated})]) == Ended("", why, "p")
    assert read(job(conditions=[{"type": "Failed", "status": "True"}]), ()) == Ended("", "its pod failed")


@pytest.mark.parametrize(
    ("status", "wrong", "quota"),
    [
        (400, True, False),
        (401, False, False),
        (403, False, True),
        (404, False, False),
        (409, False, False),
        (422, True, False),
    ],
)
def test_a_refusal_knows_whether_to_ask_again(status: int, wrong: bool, quota: bool) -> None:  # noqa: FBT001 - parameters of a table
    """Only what is wrong in itself stays wrong."""
    said = answer.read(status, "Reason", json.dumps({"message": "exceeded quota: gpus"}))

    assert isinstance(said, Refused)
    assert (said.status, said.wrong, said.quota) == (status, wrong, quota)
    assert said.what == f"the cluster refuses ({status}): `exceeded quota: gpus`"


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503, 504])
def test_a_cluster_that_does_not_serve_refuses_nothing(status: int) -> None:
    """It decided nothing about the request."""
    said = answer.read(status, "Too Many Requests", b"")

    assert not isinstance(said, Refused)
    assert said.what == f"the cluster does not serve now ({status or 'no answer'}): `Too Many Requests`"


@given(st.integers(0, 599), st.text(max_size=20), st.one_of(st.none(), st.binary(max_size=40), st.text(max_size=40)))
def test_whatever_is_answered_is_a_sentence(status: int, reason: str, body: object) -> None:
    """Of one line."""
    said = answer.read(status, reason, body)

    assert isinstance(said, Complaint)
    assert "\n" not in said.what
