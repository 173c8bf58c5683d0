"""The engine of the service: which one the operator chose, and what holds one up."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from structlog.testing import capture_logs

from app.assembly import Watch
from app.machinery import open_engine
from app.note import Note, write
from app.opening import prepare
from app.patrol import Patrol
from app.web.metric import Metrics
from contracts.error import Complaint, Unreadable
from runners.engine.kubernetes import Kubernetes
from runners.engine.local import Local
from runners.engine.manifest import Place
from runners.engine.slurm import Slurm
from tests.runners.kubeserver import connect
from tests.service.hook import make_settings

if TYPE_CHECKING:
    from pathlib import Path

    from app.queue.delivery import Delivery


@dataclass
class Held:
    """An engine that has one ended run, and whose machines do not answer until it is told otherwise."""

    answers: bool = False

    def tick(self) -> None:
        """Do what is due, or complain."""
        if not self.answers:
            raise Complaint("Slurm does not answer now")

    def finished(self) -> tuple[str, ...]:
        """Return the one run."""
        return ("run-1",)

    def note(self, _: str) -> str:
        """Return whose it is."""
        return write(Note(1, "acme/speak", 1, "0" * 40))

    def waiting(self) -> int:
        """Return that none waits."""
        return 0


@dataclass
class Shelf:
    """An inbox that keeps what is stored."""

    stored: list[Delivery] = field(default_factory=list)

    async def store(self, delivery: Delivery) -> None:
        """Keep a delivery."""
        self.stored.append(delivery)


def test_an_engine_that_is_held_up_holds_up_no_run_that_ended() -> None:
    """The end is told, the log says once what is wrong, and says it again when it comes back."""
    engine, shelf = Held(), Shelf()
    watch = Watch(cast("Any", engine), Metrics())

    async def look(times: int) -> None:
        for _ in range(times):
            await watch.look(cast("Any", shelf))

    with capture_logs() as lines:
        asyncio.run(look(3))
        engine.answers = True
        asyncio.run(look(1))
        engine.answers = False
        asyncio.run(look(2))

    assert [delivery.id for delivery in shelf.stored] == ["finished-run-1"]
    assert [line["why"] for line in lines] == ["Slurm does not answer now."] * 2


def test_the_engine_is_the_operators_choice(tmp_path: Path) -> None:
    """Each has a folder of its own; one that Slurm cannot be told of is refused at once."""
    local = open_engine(make_settings(tmp_path))
    slurm = open_engine(make_settings(tmp_path, engine="slurm", slurm_gpus=0))
    config = tmp_path / "kubeconfig"
    config.write_text(json.dumps(connect("http://127.0.0.1:1")), encoding="utf-8")
    place = Place("smokes", "r.example/d:1", "d", str(tmp_path), user=1000, group=1000)
    kubernetes = open_engine(make_settings(tmp_path, engine="kubernetes", place=place, kubeconfig=config))
    config.unlink()
    for engine in (local, slurm, kubernetes):
        engine.close()

    assert (type(local), type(slurm), type(kubernetes)) == (Local, Slurm, Kubernetes)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["engine", "kubernetes", "slurm"]
    with pytest.raises(Complaint, match="Slurm cannot be told of the folder"):
        open_engine(make_settings(tmp_path / "a\nb", engine="slurm"))


def test_a_cluster_that_cannot_be_used_is_told_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root no pod may run, a cluster must be named somewhere, and its client is installed with an extra."""
    place = Place("smokes", "r.example/d:1", "d", str(tmp_path), user=0, group=0)
    (tmp_path / "empty").touch()
    settings = make_settings(tmp_path, engine="kubernetes", place=place, kubeconfig=tmp_path / "empty")

    with pytest.raises(Unreadable, match="no cluster can be reached: Invalid kube-config"):
        open_engine(settings)

    (tmp_path / "kubeconfig").write_text(json.dumps(connect("http://127.0.0.1:1")), encoding="utf-8")
    settings = replace(settings, kubeconfig=tmp_path / "kubeconfig")
    with pytest.raises(Unreadable, match="no pod can run with these settings: the app runs as root, and no pod may"):
        open_engine(settings)

    with pytest.raises(Unreadable, match=f"kubernetes does not lie on the volume that is mounted at {tmp_path}/volume"):
        open_engine(
            replace(settings, place=replace(place, user=1, root=f"{tmp_path}/volume"), data=tmp_path / "engine")
        )

    monkeypatch.delitem(sys.modules, "runners.engine.api")
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    with pytest.raises(Unreadable) as caught:
        open_engine(settings)
    what = "the engine `kubernetes` needs the package kubernetes, which is not installed"
    assert str(caught.value) == f"{what}. Install `discharge[kubernetes]`."


def test_a_service_does_not_begin_with_a_cluster_that_cannot_be_used(tmp_path: Path) -> None:
    """It ends with the sentence, and does not serve while a task fails again and again."""
    place = Place("smokes", "r.example/d:1", "d", str(tmp_path), user=1, group=1)

    with pytest.raises(Unreadable, match="no cluster can be reached: Invalid kube-config file"):
        prepare(make_settings(tmp_path, engine="kubernetes", place=place, kubeconfig=tmp_path / "none"))


def test_what_is_left_over_stands_among_the_meters() -> None:
    """As many machines and registrations as the last look found; one that fails is told, and ends nothing."""
    found = [{"machine": 2, "registration": 1}]

    class Finder:
        """One who found something, and then finds GitHub away."""

        def look(self) -> dict[str, int]:
            """Return what."""
            if not found:
                raise ConnectionError("no answer")
            return found.pop()

    metrics = Metrics()
    patrol = Patrol(cast("Any", Finder()), metrics)

    with capture_logs() as lines:
        asyncio.run(patrol.look())
        asyncio.run(patrol.look())

    text = metrics.render(None).decode()
    assert 'discharge_leftovers{kind="machine"} 2.0' in text
    assert 'discharge_leftovers{kind="registration"} 1.0' in text
    assert [line["why"] for line in lines] == ["no answer"]
