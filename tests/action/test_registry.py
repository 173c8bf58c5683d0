"""What is left over on a GitHub that runs here, and in an engine that runs here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

import pytest

from app.action.engine import Actions
from app.action.hand import Setup
from app.action.reaper import Reaper
from app.action.registry import GitHubRegistry
from app.action.stray import Claim, Home
from runners.engine.local import Local
from tests.app.remote import HELLO, Remote, visit
from tests.runners.source import Source, lives

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPOSITORY, ORGANIZATION = Home("repository", HELLO), Home("organization", "acme")


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    """GitHub, with the app installed and one repository mirrored."""
    with visit(tmp_path / "data") as remote:
        remote.add("acme/unseen")
        remote.access.mirror(remote.installation, HELLO).folder.mkdir(parents=True)
        yield remote


def number_in(path: Path) -> int:
    """Return the process id in a file, once it is there."""
    latest = time.monotonic() + 20
    while not path.exists() or not path.read_text(encoding="utf-8").strip():
        assert time.monotonic() < latest
        time.sleep(0.02)
    return int(path.read_text(encoding="utf-8"))


def mint(remote: Remote, home: Home, name: str, *labels: str) -> int:
    """Register a runner."""
    with remote.access.workshop(remote.installation, HELLO) as workshop:
        return workshop.fleet(home.level, write=True).mint(name, ["gpu", *labels], 1).id


def test_homes_are_what_has_a_mirror_and_its_owner(remote: Remote) -> None:
    """What the app never worked in has no runner of ours."""
    assert set(GitHubRegistry(remote.access).homes()) == {REPOSITORY, ORGANIZATION}


def test_a_dead_app_leaves_nothing(remote: Remote, tmp_path: Path) -> None:
    """A machine that runs on, a runner on each level; what people keep, what works, and another App's runner stay."""
    ours, other = f"discharge-{remote.app}", f"discharge-{remote.app}0"
    source = Source(tmp_path / "source.git")
    engine = Local(tmp_path / "engine")
    engine.start(source.job("a1-m1", '#!/bin/sh\necho $$ > "$1/pid"\nsleep 60\n', legs=("default",)))
    mint(remote, REPOSITORY, f"{ours}-a1-1", f"{ours}-a1-1")
    mint(remote, ORGANIZATION, f"{ours}-b2-1", f"{ours}-b2-1")
    mint(remote, ORGANIZATION, f"{other}-a1-1", f"{other}-a1-1")
    mint(remote, ORGANIZATION, f"{ours}-kept-1")
    working = mint(remote, REPOSITORY, f"{ours}-c3-1", f"{ours}-c3-1")
    remote.sandbox.world.runners[working].busy = True
    now = [0.0]
    reaper = Reaper(GitHubRegistry(remote.access), engine, lambda: Claim(remote.app, frozenset()), lambda: now[0])
    pid = number_in(engine._shelf.runs / "a1-m1/process")  # noqa: SLF001 - what the engine keeps

    seen = []
    for _ in range(12):
        seen.append(dict(reaper.look()))
        now[0] += 61.0

    assert seen[0] == {"machine": 1, "registration": 2}
    assert seen[-1] == {"machine": 0, "registration": 0}
    left = {runner.name for runner in remote.sandbox.world.runners.values()}
    assert left == {f"{ours}-c3-1", f"{ours}-kept-1", f"{other}-a1-1"}
    assert engine.runs() == ()
    assert not lives(pid)
    engine.close()


def test_a_run_owns_its_names_until_nothing_of_it_is_left(tmp_path: Path) -> None:
    """From the moment it is stored, before any runner or machine is there; also while it is being cleared away."""
    machine = Local(tmp_path / "engine")
    actions = Actions(tmp_path / "actions", machine, cast("Any", None), Setup(7, "python3", "/run.sh", 1, (), ()))
    job = Source(tmp_path / "source.git").job("a1", engine="actions")

    before = actions.claim()
    actions.start(job)
    owned = actions.claim()
    actions.cancel("a1")
    actions.forget("a1")
    clearing = actions.claim()
    actions.close()
    machine.close()

    assert before == Claim(7, frozenset())
    assert owned == clearing == Claim(7, frozenset({"discharge-7-a1-1", "discharge-7-a1-2", "a1-m1", "a1-m2"}))
