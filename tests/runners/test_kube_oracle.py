"""Kubernetes' own description, as the double holds it against the engine, and against what the documentation shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.runners.kube import oracle
from tests.runners.kubeserver import TOKEN, KubeServer

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
JOBS = "/apis/batch/v1/namespaces/smokes/jobs"
JOB = json.loads((Path(__file__).parent / "kube/job.json").read_text(encoding="utf-8"))
VERBS = {"create": "create", "list": "list", "delete": "delete", "read": "get"}


def ask(cluster: KubeServer, method: str, target: str, body: Any = None) -> int:
    """Make a request of the double; its status."""
    return cluster.answer(method, target, f"Bearer {TOKEN}", json.dumps(body).encode() if body else b"")[0]


@pytest.fixture
def cluster(tmp_path: Path) -> KubeServer:
    """A cluster without a GPU."""
    return KubeServer(tmp_path, tmp_path, 0)


def break_limit(job: Any) -> None:
    """Ask for GPUs beside the container, where nobody looks."""
    job["spec"]["template"]["spec"]["limits"] = {"nvidia.com/gpu": "1"}


def break_type(job: Any) -> None:
    """Write a number as a text."""
    job["spec"]["backoffLimit"] = "0"


def break_name(job: Any) -> None:
    """Leave out what a container must have."""
    del job["spec"]["template"]["spec"]["containers"][0]["name"]


def break_field(job: Any) -> None:
    """Write a field as another language has it."""
    job["spec"]["ttl_seconds_after_finished"] = 1


@pytest.mark.parametrize("spoil", [break_limit, break_type, break_name, break_field])
def test_a_job_that_does_not_fit_is_refused_and_remembered(cluster: KubeServer, spoil: Callable[[Any], None]) -> None:
    """The double can fail: each of these is a fault, and none creates a Job."""
    job = json.loads(json.dumps(JOB))
    spoil(job)

    assert ask(cluster, "POST", JOBS, job) == 400
    assert len(cluster.faults) == 1
    assert cluster.jobs == {}


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", f"{JOBS}?labelselector=a"),
        ("GET", f"{JOBS}?limit=many"),
        ("GET", f"{JOBS}?tailLines=1"),
        ("GET", "/api/v1/namespaces/smokes/pods?watch=true"),
        ("PUT", JOBS),
        ("GET", "/api/v1/namespaces/smokes/secrets"),
    ],
)
def test_a_request_that_nobody_described_is_remembered(cluster: KubeServer, method: str, target: str) -> None:
    """A parameter in the wrong case, of the wrong type, of another operation; an operation that is not ours."""
    assert ask(cluster, method, target) in {400, 404}
    assert len(cluster.faults) == 1


def test_an_answer_that_does_not_fit_is_remembered(cluster: KubeServer) -> None:
    """The double's own mistakes are found, too."""
    assert ask(cluster, "POST", JOBS, JOB) == 201
    cluster.jobs["discharge-run-1"]["spec"]["phase"] = "Running"

    assert ask(cluster, "GET", JOBS) == 200
    assert len(cluster.faults) == 1


def test_an_event_that_does_not_fit_is_remembered(cluster: KubeServer) -> None:
    """Each line of a watch is held against the description, too, and so is the object in it."""
    status, events = cluster.answer(
        "GET", f"{JOBS}?watch=true&resourceVersion=0&timeoutSeconds=5", f"Bearer {TOKEN}", b""
    )
    assert (status, next(events)) == (200, None)
    assert ask(cluster, "POST", JOBS, JOB) == 201
    assert next(events)["type"] == "ADDED"
    assert next(events)["type"] == "MODIFIED"
    assert cluster.faults == []
    cluster.jobs["discharge-run-1"]["spec"]["phase"] = "Running"

    assert next(event for event in events if event)["type"] == "MODIFIED"
    assert len(cluster.faults) == 1


def test_who_does_not_say_who_he_is_is_refused(cluster: KubeServer) -> None:
    """401 with a Status, as a server has it."""
    status, body = cluster.answer("GET", JOBS, "", b"")

    assert (status, body["reason"], cluster.faults) == (401, "Unauthorized", [])


def documents() -> list[Any]:
    """Return every object that the documentation asks people to create."""
    text = (ROOT / "docs/kubernetes.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    return [found for block in blocks for found in yaml.safe_load_all(block)]


def test_what_people_are_asked_to_create_fits() -> None:
    """Every object of the documentation, by Kubernetes' own description."""
    kinds = [found["kind"] for found in documents()]

    assert [fault for found in documents() for fault in oracle.check_object(found)] == []
    assert kinds == ["Namespace", "ServiceAccount", "Role", "RoleBinding", "PersistentVolumeClaim", "NetworkPolicy"]


def test_the_rights_are_those_that_are_used() -> None:
    """Not one more, and not one fewer, than the operations that the engine's requests are held against."""
    (role,) = [found for found in documents() if found["kind"] == "Role"]
    given = {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }

    used = set()
    for name, operation in oracle.read()["operations"].items():
        found = re.fullmatch(
            r"/apis?/(?:(\w+)/)?v1/namespaces/\{namespace\}/(\w+)(?:/\{name\})?(/log)?", operation["path"]
        )
        assert found
        what = (found[1] or "", f"{found[2]}{found[3] or ''}")
        used |= {(*what, VERBS[name.partition("_")[0]]), *([(*what, "watch")] if name in oracle.WATCHED else [])}
    assert given == used
