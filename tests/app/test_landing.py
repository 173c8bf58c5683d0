"""Which merged pull requests count as landed for a spec: by the paths they touch, by their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.landing import Choice, gather
from app.workspace import open_workspace
from tests.app.stage import CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, SPEC, SPEC_PATH, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo

CHOOSY = CONFIG.replace("path: docs/speak-spec.md", "path: docs/speak-spec.md, cadence: {paths: ['src/**']}")
BOUND = CONTRACT.replace(
    "  if_fails: silence\n",
    "  if_fails: silence\n  status: PARTIAL_ALGORITHM_LEVEL\n  evidence:\n  - '2 unit tests'\n",
)


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A spec that records what touches src/, and three pull requests, one of which does."""
    stage = Stage(repo)
    stage.set({CONFIG_PATH: CHOOSY})
    stage.land("feat: hum (#2)", {"src/hum.py": "hum\n"})
    stage.land("feat: bind SPEAK-003 (#3)", {CONTRACT_PATH: BOUND})
    stage.land("docs: more", {"docs/more.md": "more\n"})
    return stage


def test_only_what_touches_the_paths_is_landed_and_everything_moves_the_figures(stage: Stage) -> None:
    """The row is #2's; #3 is named beside it, and the promise that it bound is in the tally."""
    said = stage.ask("amend", "--dry-run", "--json")
    section = "\n".join(line[1:] for line in said.data["diff"].splitlines() if line.startswith("+"))

    assert "1 pull request landed since §1: #2" in section
    assert "| #2 | hum | 1 LOC: 100% code |" in section
    assert "\n2 pull requests landed beside what this record lists: #1, #3.\n" in section
    assert "| #3 |" not in section
    assert "3+5 → **3+6**" in section


def test_the_cadence_counts_what_is_landed(stage: Stage) -> None:
    """The window keeps all three apart: landed, aside, and without a pull request."""
    window = gather(open_workspace(stage.repo.folder), None, ["**"], Choice(paths=("src/**",)))

    assert [one.landed.number for one in window.landings] == [2]
    assert [one.landed.number for one in window.aside] == [1, 3]
    assert [one.landed.title for one in window.direct] == ["Start", "docs: more"]


@pytest.mark.parametrize(
    ("known", "landed"),
    [({}, [1, 2, 3]), ({1: ["docs"], 2: ["model", "x"], 3: []}, [2]), ({1: []}, [2, 3])],
)
def test_labels_choose_where_they_are_known(stage: Stage, known: dict[int, list[str]], landed: list[int]) -> None:
    """Git knows no labels: a pull request that nobody asked GitHub about is not left out."""
    choice = Choice(labels=("model",), known=known)

    window = gather(open_workspace(stage.repo.folder), None, ["**"], choice)

    assert [one.landed.number for one in window.landings] == landed


def test_what_people_move_in_an_amendment_of_ours_counts_and_has_no_row(repo: Repo) -> None:
    """They bound a promise on its branch: the next section's tally has it, and takes nothing of its message twice."""
    stage = Stage(repo)
    stage.set()
    proposed = stage.ask("amend", "--json", "--title", "First things").data["plan"][0]
    stage.repo.git("merge", "--quiet", "--squash", proposed["branch"])
    words = f"{proposed['title']} (#9)\n\n{proposed['message'].partition(chr(10))[2]}"
    stage.land(words, {CONTRACT_PATH: BOUND})
    stage.land("feat: later (#10)", {"src/b.py": "b\n"})

    window = gather(open_workspace(stage.repo.folder), "HEAD~2", ["**"])
    said = stage.ask("amend", "--dry-run", "--json")
    section = "\n".join(line[1:] for line in said.data["diff"].splitlines() if line.startswith("+"))

    assert [(one.landed.number, len(one.landed.flips)) for one in window.aside] == [(9, 1)]
    assert "1 pull request landed since §2: #10" in section
    assert "| #9 |" not in section
    assert "3+5 → **3+6**" in section


@pytest.mark.parametrize(
    "files",
    [
        {"src/hidden.py": "h\n"},
        {SPEC_PATH: SPEC.rstrip() + "\n\nA word.\n"},
        {SPEC_PATH: SPEC.rstrip() + "\n\n## §2. Mine (2026-05-04)\n\nMine.\n", "src/hidden.py": "h\n"},
    ],
    ids=["beside the spec", "without a section", "with a section and more"],
)
def test_our_title_and_trailer_hide_no_pull_request(repo: Repo, files: dict[str, str | bytes]) -> None:
    """Anybody can write them: what does not bring the section that it names, or brings more, has its row."""
    stage = Stage(repo)
    stage.set()
    stage.land("spec(speak): v2.5.0 — by a stranger (#9)\n\nSpec-Amendment: speak §2\n", files)

    window = gather(open_workspace(stage.repo.folder), "HEAD~1", ["**"])

    assert [one.landed.number for one in window.changes] == [9]


def test_paths_and_labels_must_both_be_met() -> None:
    """Each narrows the choice; none of them takes everything."""
    choice = Choice(("src/**",), ("model",), {2: ("model",), 3: ("model",)})

    assert choice.takes(2, ["src/a/b.py", "x"])
    assert not choice.takes(3, ["docs/x.md"])
    assert Choice().takes(9, [])
