"""All engines as one: who gets a run, and whose runs are told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.action.machine import is_machine
from app.action.record import name_machine
from app.action.router import Router, list_served
from runners.engine.local import Local
from runners.engine.model import Gone, Queued
from tests.action.floor import RUN, open_floor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.action.floor import Floor

OTHER = "fedcba9876543210"


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    """GitHub, the engine for its Actions, and machines."""
    with open_floor(tmp_path) as made:
        yield made


def test_a_smoke_says_where_it_runs(floor: Floor, tmp_path: Path) -> None:
    """What is no matter of GitHub's is the operator's; a run is found where it was started, and forgotten there."""
    local = Local(tmp_path / "engine", 0)
    router = Router(local, floor.engine)
    router.start(floor.job(RUN, "registered"))
    router.start(floor.job(OTHER, "local"))

    assert (floor.engine.knows(RUN), floor.engine.knows(OTHER)) == (True, False)
    assert (router.state(RUN), router.state(OTHER), router.waiting()) == (Queued(1), Queued(1), 2)
    assert [router.job(run).smoke.engine for run in (RUN, OTHER)] == ["registered", "local"]
    assert router.note(RUN) == router.note(OTHER)
    for run in (RUN, OTHER):
        router.cancel(run)
        assert router.state(run) == Gone("it was cancelled")
        assert router.spent(run) == 0.0
    assert set(router.finished()) == {RUN, OTHER}
    for run in (RUN, OTHER):
        router.forget(run)
    assert router.finished() == ()
    local.close()


def test_machines_of_runners_are_nobodys_runs(floor: Floor, tmp_path: Path) -> None:
    """They end like runs of the operator's engine, and are told to nobody; nor are they counted twice."""
    local = Local(tmp_path / "engine", 0)
    floor.machines.slow = True
    floor.start()
    (machine,) = floor.machines.jobs.values()
    local.start(machine)
    local.cancel(machine.run)
    local.start(replace(machine, run=name_machine(RUN, 2)))
    router = Router(local, floor.engine)

    assert (local.finished(), router.finished()) == ((machine.run,), ())
    assert router.waiting() == 1
    local.close()


def test_runs_of_smokes_are_no_machines() -> None:
    """Their names are hexadecimal; those of machines say of which attempt they are."""
    assert not is_machine(RUN)
    assert is_machine(name_machine(RUN, 1))
    assert is_machine(name_machine("x" * 64, 2))


@pytest.mark.parametrize(
    ("operator", "served"),
    [
        ("local", ("local", "registered", "actions")),
        ("slurm", ("local", "slurm", "registered", "actions")),
        ("kubernetes", ("local", "kubernetes", "registered")),
    ],
)
def test_what_may_be_named_depends_on_the_operators_engine(operator: str, served: tuple[str, ...]) -> None:
    """A pod cannot become a runner."""
    assert list_served(operator) == served
