"""The story of a discharge whose leg runs in a Slurm cluster: the same comment, the same pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runners.engine import slurm as engines
from tests.app.stage import FOLDER, PROGRAM_PATH
from tests.runners import slurmcluster
from tests.story.conftest import set_day
from tests.story.stage import AUTO, SPEAK, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.runners.slurmcluster import SlurmCluster

cluster = slurmcluster.cluster
PROGRAM = '#!/bin/sh\necho "hello, $1"\necho "device $CUDA_VISIBLE_DEVICES"\n'


@pytest.fixture
def house(alone: None, cluster: SlurmCluster, tmp_path: Path) -> Iterator[Stage]:
    """A stage whose service hands its runs to Slurm."""
    with pytest.MonkeyPatch.context() as patch:
        set_day(patch, tmp_path)
        patch.setenv("SLURM_CONF", str(cluster.configuration))
        patch.setattr(engines, "EVERY", 0.2)
        with Stage(tmp_path, engine="slurm") as made:
            yield made


def test_a_discharge_is_measured_in_a_cluster(house: Stage, cluster: SlurmCluster) -> None:
    """One run is measured on a GPU of the cluster, merged and noted; one that waits for a node is cancelled there."""
    house.found({PROGRAM_PATH: PROGRAM}, landed=True, config=SPEAK + AUTO)

    house.say(1, "/discharge SPEAK-001")

    pull = house.pull("discharge/")
    assert (pull["author"], pull["merged"]) == ("discharge[bot]", True)
    (check,) = house.checks("discharge smoke speak")
    assert (check["status"], check["conclusion"]) == ("completed", "success")
    assert house.read(f"{FOLDER}/default-smoke.log") == "hello, world\ndevice 0\n"
    ended = cluster.ask("squeue", "--noheader", "--states=all", "--format=%T %Z")
    assert [line.split()[0] for line in ended.splitlines() if str(house.folder) in line] == ["COMPLETED"]

    cluster.ask("scontrol", "update", f"NodeName={slurmcluster.NODE}", "State=DRAIN", "Reason=test")
    try:
        house.sandbox.comment(house.name, 1, "/discharge SPEAK-002", by="octo-maintainer")
        house.wait_for("start run", 2)
        slurmcluster.wait_for(lambda: "PENDING" in cluster.ask("squeue", "--noheader", "--format=%T"))
        house.say(1, "/cancel")
    finally:
        cluster.mend()

    assert "· cancelled" in house.status(1)
    slurmcluster.wait_for(lambda: not cluster.ask("squeue", "--noheader"))
    ended = cluster.ask("squeue", "--noheader", "--states=all", "--format=%T %Z")
    assert sorted(line.split()[0] for line in ended.splitlines() if str(house.folder) in line) == [
        "CANCELLED",
        "COMPLETED",
    ]
