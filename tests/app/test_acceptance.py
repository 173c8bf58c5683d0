"""Which evidence a run may reuse: what the keys and the accepted origins of the configuration at the base let count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.restoration import restore
from app.run import run
from app.scene import RunRequest
from tests.app.redo import KEYED, STRANGERS, discharge_signed, workspace_of
from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, FOLDER, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo

COUNTING = '#!/bin/sh\necho run >> "$TMPDIR/runs"\necho "hello, $1"\n'
ACCEPTING = f"{KEYED}evidence: {{accept: [app, terminal]}}\n"


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A stage with nothing on it."""
    return Stage(repo)


def runs(stage: Stage) -> int:
    """Return how often the program ran."""
    return len((stage.repo.folder.parent / "scratch" / "runs").read_text(encoding="utf-8").splitlines())


def hear(stage: Stage, monkeypatch: pytest.MonkeyPatch, *words: str, rev: str | None = None) -> list[str]:
    """Return what is told while a run goes on that writes nothing."""
    monkeypatch.setenv("TMPDIR", str(stage.repo.folder.parent / "scratch"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(stage.repo.folder.parent / "cache"))
    said: list[str] = []
    run(RunRequest(stage.repo.folder, words, (), (), rev, None, None, dry_run=True), said.append)
    return said


def land_signed(stage: Stage) -> str:
    """Land evidence that the app signed, and then its key; return the tested commit."""
    tested = stage.set(program=COUNTING)
    stage.ask("run", "speak-001")
    workspace = workspace_of(stage)
    case = restore(workspace, workspace.repository.commit(BRANCH), f"{FOLDER}/receipt.json")
    stage.land("chore: a key (#2)", {CONFIG_PATH: KEYED})
    discharge_signed(stage, case)
    stage.repo.git("checkout", "--quiet", "main")
    stage.repo.git("merge", "--quiet", "--ff-only", "signed")
    stage.repo.git("branch", "--quiet", "-D", BRANCH)
    return tested


def test_without_keys_evidence_is_reused_and_told_as_unsigned(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever can push evidence can write a receipt: the terminal says what it rests on."""
    stage.set(program=COUNTING)
    stage.ask("run", "speak-001")

    assert f"leg default is in evidence already: {FOLDER}/default-smoke.log" in hear(stage, monkeypatch, "speak-002")
    stage.ask("run", "speak-002")
    assert "leg default, reused: same commit, argv and program, unsigned" in " ".join(
        stage.repo.message(BRANCH).split()
    )
    assert runs(stage) == 1


def test_with_keys_what_nobody_signed_is_not_reused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The leg runs again, and the reason is told."""
    stage.set({CONFIG_PATH: KEYED}, COUNTING)
    stage.ask("run", "speak-001")

    assert (
        f"{FOLDER}/receipt.json does not count: origin: a receipt of origin terminal does not count; accepted are: app"
    ) in hear(stage, monkeypatch, "speak-002")
    assert runs(stage) == 2


def test_an_origin_that_the_configuration_accepts_is_reused(stage: Stage) -> None:
    """It says so on purpose, so that nothing is told against it."""
    stage.set({CONFIG_PATH: ACCEPTING}, COUNTING)
    stage.ask("run", "speak-001")

    stage.ask("run", "speak-002")

    assert runs(stage) == 1
    assert "unsigned" not in stage.repo.message(BRANCH)


def test_what_the_app_signed_is_reused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature by a configured key is worth more than a branch."""
    tested = land_signed(stage)

    said = hear(stage, monkeypatch, "speak-002", rev=tested)

    assert f"leg default is in evidence already: {FOLDER}/default-smoke.log" in said
    assert runs(stage) == 1


def test_what_another_key_signed_is_not_reused(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key at the base decides, and that is another one now."""
    tested = land_signed(stage)
    stage.land("chore: another key (#3)", {CONFIG_PATH: f'{CONFIG}keys: ["{STRANGERS}"]\n'})

    said = hear(stage, monkeypatch, "speak-002", rev=tested)

    assert any(words.endswith(", which is none of those that count") for words in said)
    assert runs(stage) == 2


def test_a_key_that_is_none_is_a_mistake_of_the_configuration(stage: Stage) -> None:
    """With line and column; nothing is believed by a key that nobody has."""
    stage.set({CONFIG_PATH: f'{CONFIG}keys: ["ed25519:{"A" * 43}="]\n'})

    assert ":15:8: keys.0: “ed25519:AAA" in (said := stage.refuse("run", "speak-001"))
    assert "is no key of anybody: anyone can sign for it" in said
