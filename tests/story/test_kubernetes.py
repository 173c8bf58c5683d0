"""The story of a discharge whose leg runs in a pod of a Kubernetes cluster, and of a cluster that is away meanwhile."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from runners.engine.kubernetes import Kubernetes
from runners.engine.manifest import Place
from tests.app.stage import FOLDER, PROGRAM_PATH
from tests.runners.kubeserver import KubeServer, connect
from tests.runners.slurmcluster import wait_for
from tests.story.conftest import set_day
from tests.story.stage import AUTO, SPEAK, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GATED = '#!/bin/sh\necho "hello, $1"\nwhile [ ! -e "$TMPDIR/go" ]; do sleep 0.02; done\n'


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[KubeServer]:
    """A cluster with one GPU; whatever is said to it or by it fits Kubernetes' own description."""
    (tmp_path / "scratch").mkdir()
    found = KubeServer(tmp_path, tmp_path / "scratch")
    with found.serve() as address:
        (tmp_path / "kubeconfig").write_text(json.dumps(connect(address)), encoding="utf-8")
        yield found
    assert found.faults == []


@pytest.fixture
def house(alone: None, cluster: KubeServer, tmp_path: Path) -> Iterator[Stage]:
    """A stage whose service has its runs done by pods."""
    python, root = sys.executable, str(tmp_path)
    place = Place("smokes", "registry.example/discharge:1", "discharge", root, user=1000, group=1000, python=python)
    with pytest.MonkeyPatch.context() as patch:
        set_day(patch, tmp_path)
        patch.setattr("app.machinery.Kubernetes", partial(Kubernetes, pace=0.2))
        with Stage(tmp_path, engine="kubernetes", place=place) as made:
            yield made


def _is_running(cluster: KubeServer) -> bool:
    cluster.settle()
    return any(pod["status"]["phase"] == "Running" for pod in cluster.kubelet.pods.values())


def test_a_cluster_that_is_away_ends_nothing(house: Stage, cluster: KubeServer, tmp_path: Path) -> None:
    """A run is measured through an outage and a restart; one that is cancelled in an outage is stopped after it."""
    go = tmp_path / "scratch/go"
    house.found({PROGRAM_PATH: GATED}, landed=True, config=SPEAK + AUTO)
    house.sandbox.comment(house.name, 1, "/discharge SPEAK-001", by="octo-maintainer")
    wait_for(lambda: _is_running(cluster))

    cluster.outage = 503
    house.sandbox.comment(house.name, 1, "/status", by="octo-maintainer")
    wait_for(lambda: "goes on, as far as is known: the cluster does not serve now (503)" in house.status(1))
    house.end()
    house.begin()  # which also looks for runs that nobody works on any more
    house.listen()
    go.touch()
    assert [check["conclusion"] for check in house.checks("discharge smoke speak")] == [None]
    cluster.outage = ""
    house.settle()

    pull = house.pull("discharge/")
    assert (pull["author"], pull["merged"]) == ("discharge[bot]", True)
    assert [check["conclusion"] for check in house.checks("discharge smoke speak")] == ["success"]
    assert house.read(f"{FOLDER}/default-smoke.log") == "hello, world\n"

    go.unlink()
    house.sandbox.comment(house.name, 1, "/discharge SPEAK-002", by="octo-maintainer")
    wait_for(lambda: _is_running(cluster))
    cluster.outage = "drop"
    house.say(1, "/cancel")
    assert "· cancelled" in house.status(1)
    assert cluster.jobs  # its pod may have ended by itself: the folder that it works in is forgotten
    cluster.outage = ""
    wait_for(lambda: not cluster.jobs)

    assert cluster.kubelet.pods == {}
    assert len(cluster.kubelet.ran) == 2
    assert house.parked() == 0
