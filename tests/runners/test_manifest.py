"""What is asked of a cluster for one run."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.error import Unreadable
from runners.engine.manifest import Errand, Place, build, check, label, name
from tests.runners.kube import oracle

GOLDEN = Path(__file__).parent / "kube" / "job.json"
PLACE = Place("smokes", "registry.example/discharge:1", "discharge", "/data", 1000, 1000)
ERRAND = Errand("run-1", "/data/engine/runs/run-1", "/data/mirrors/7.git", 930.0)
RUNS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True)
NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
PATHS = st.lists(st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,12}", fullmatch=True), min_size=1, max_size=4)
PLACES = st.builds(
    Place,
    namespace=NAMES,
    image=st.text(min_size=1, max_size=40),
    claim=NAMES,
    root=st.just("/data"),
    user=st.integers(1, (1 << 31) - 1),
    group=st.integers(0, (1 << 31) - 1),
    gpus=st.integers(0, 8),
    nodes=st.dictionaries(NAMES, NAMES, max_size=2),
    runtime=st.one_of(st.just(""), NAMES),
    shares=st.lists(PATHS.map(lambda parts: "/data/shares/" + "/".join(parts)), max_size=2).map(tuple),
)


def test_a_job_is_this() -> None:
    """The whole manifest, as a golden file; UPDATE_GOLDEN=1 writes it."""
    text = json.dumps(build(PLACE, ERRAND, "5f0c"), indent=2) + "\n"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(text, encoding="utf-8")

    assert text == GOLDEN.read_text(encoding="utf-8")
    assert oracle.check_object(json.loads(text)) == []


@given(PLACES, RUNS, PATHS, st.floats(1, 1e6))
def test_every_job_is_valid_and_walled_off(place: Place, run: str, parts: list[str], deadline: float) -> None:
    """Wherever it runs: it fits the description, runs once, as nobody special, and writes to one folder only."""
    check(place)
    errand = Errand(run, f"/data/engine/runs/{run}", "/data/" + "/".join(parts), deadline)

    job = build(place, errand, "5f0c")

    assert oracle.check_object(job) == []
    spec = job["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert (job["spec"]["backoffLimit"], job["spec"]["parallelism"], spec["restartPolicy"]) == (0, 1, "Never")
    assert job["spec"]["activeDeadlineSeconds"] > spec["activeDeadlineSeconds"] > deadline
    assert not [key for key in spec if key.startswith("host")]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"].get("nvidia.com/gpu", "0") == str(place.gpus)
    assert {next(iter(volume.keys() - {"name"})) for volume in spec["volumes"]} == {"persistentVolumeClaim", "emptyDir"}
    written = [m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")]
    assert written == [f"{errand.folder}/out", "/tmp"]  # noqa: S108 - the pod's own
    assert all(f"/data/{m['subPath']}" == m["mountPath"] for m in container["volumeMounts"] if "subPath" in m)


@given(RUNS, RUNS)
def test_every_run_has_a_name_of_its_own(one: str, other: str) -> None:
    """It names a pod, it is a label, and two runs never share it, nor does one take another's digest."""
    for run in (one, other, label(one)):
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name(run))
        assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label(run))
    assert (name(one) == name(other)) == (one == other)
    assert label(label(one)) != label(one) or label(one) == one


def test_a_plain_name_stays_as_it_is() -> None:
    """People find their run by it; any other keeps its beginning."""
    assert name("run-1") == "discharge-run-1"
    assert name("run_1-") == f"discharge-run-1-{sha256(b'run_1-').hexdigest()[:16]}"
    assert name("a" * 64) == f"discharge-{'a' * 22}-{sha256(b'a' * 64).hexdigest()[:16]}"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"user": 0}, "the app runs as root"),
        ({"group": -1}, "the app runs as root"),
        ({"root": "data"}, "must be absolute paths"),
        ({"root": "/data/../etc"}, "must be absolute paths"),
        ({"home": "~"}, "must be absolute paths"),
        ({"shares": ("/data/a:b",)}, "must be absolute paths"),
        ({"namespace": ""}, "a namespace, an image and a claim"),
        ({"gpus": 65}, "its number of GPUs is none"),
        ({"patience": float("nan")}, "its patience is no time"),
    ],
)
def test_a_place_where_no_pod_can_run_is_told(changes: dict[str, Any], why: str) -> None:
    """Before anything is asked of a cluster."""
    with pytest.raises(Unreadable, match=f"no pod can run with these settings: .*{why}"):
        check(replace(PLACE, **changes))


@pytest.mark.parametrize("path", ["/etc", "/data", "/database/x", "/data/../etc", "/data//x", "/data/./x", "data/x"])
def test_what_does_not_lie_on_the_volume_is_told(path: str) -> None:
    """Neither above it nor beside it, however it is written."""
    with pytest.raises(Unreadable, match="does not lie on the volume that is mounted at /data"):
        build(PLACE, replace(ERRAND, source=path), "5f0c")
