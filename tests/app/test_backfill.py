"""What landed in the stretch of an earlier section and no section names is offered, told and recorded late."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import app.backfill
from app.wish import Wishes
from app.wish import read as read_wishes
from tests.app.stage import SPEC, SPEC_PATH, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo

SECOND = SPEC.replace("2.4.0", "2.5.0") + "\n## §2. The second (2026-04-02)\n\nHere are #3 and what is left.\n"
THIRD = SECOND.replace("2.5.0", "2.6.0") + "\n## §3. The third (2026-04-03)\n\n#5-#6 landed, and late came #2.\n"


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """Three sections by hand; of what landed between them #4 and #7 are named nowhere, #2 late."""
    stage = Stage(repo)
    stage.set()
    for number in (2, 3, 4):
        stage.land(f"feat: thing {number} (#{number})", {f"src/{number}.py": "x\n"})
    stage.land("fix: nobody's", {"src/direct.py": "x\n"})
    stage.land("spec: §2 (#20)", {SPEC_PATH: SECOND})
    for number in (5, 6, 7):
        stage.land(f"feat: thing {number} | {number} (#{number})", {f"src/{number}.py": "x\n" * number})
    stage.land("docs: a word in the spec (#8)", {SPEC_PATH: SECOND.replace("Here", "There")})
    stage.land("spec: §3 (#21)", {SPEC_PATH: THIRD})
    return stage


def test_what_is_recorded_nowhere_is_listed(stage: Stage) -> None:
    """With the section that it belongs to; the first section's stretch is not known, and what wrote one is not late."""
    stage.land("feat: now (#9)", {"src/9.py": "x\n"})

    said = stage.ask("amend", "--backfill", "--dry-run", "--json")

    assert [(row["pull_request"], row["section"]) for row in said.data["missing"]] == [
        (1, "§2"),
        (4, "§2"),
        (7, "§3"),
        (8, "§3"),
    ]
    assert said.data["missing"][2] == {
        "pull_request": 7,
        "section": "§3",
        "what": "thing 7 | 7",
        "effect": "7 LOC: 100% code",
    }
    assert stage.repo.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_the_amendment_carries_a_table_of_its_own(stage: Stage) -> None:
    """Apart from what landed now; no earlier section changes."""
    stage.land("feat: now (#9)", {"src/9.py": "x\n"})

    branch = stage.ask("amend", "--backfill", "--json").data["plan"][0]["branch"]

    spec = stage.repo.show(branch, SPEC_PATH)
    landed, late = spec.partition("## §4")[2].split("**Landed earlier, recorded nowhere**")
    assert re.findall(r"^\| #(\d+) \|", landed, re.MULTILINE) == ["9"]
    assert "| #7 | thing 7 \\| 7 | 7 LOC: 100% code | §3 |" in late
    assert re.findall(r"^\| #(\d+) \|", late, re.MULTILINE) == ["1", "4", "7", "8"]
    assert spec.startswith(THIRD.rstrip("\n").replace("2.6.0", "2.7.0"))
    assert "Amendment-Backfill: yes" in stage.repo.message(branch)


def test_nothing_landed_since_is_no_reason_to_leave_it(stage: Stage) -> None:
    """A section of nothing but what was forgotten says so in its title; the next one finds nothing more."""
    none = stage.ask("amend", "--json").data["plan"]
    done = stage.ask("amend", "--backfill", "--json").data["plan"][0]
    stage.repo.git("merge", "--quiet", "--squash", done["branch"])
    stage.land(f"{done['title']} (#30)\n\n{done['message'].partition(chr(10))[2]}", {})
    stage.repo.git("branch", "-D", done["branch"])
    again = stage.ask("amend", "--backfill")

    assert list(none[0]) == ["refused", "mend"]
    assert done["title"] == "spec(speak): v2.7.0 — §4 4 pull requests recorded late"
    assert again.out.startswith("missing nothing: every landed pull request is named by its section or a later one")


def test_only_the_newest_are_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many more there are is said, in the list and in the section."""
    monkeypatch.setattr(app.backfill, "LIMIT", 2)

    said = stage.ask("amend", "--backfill", "--dry-run")
    data = stage.ask("amend", "--backfill", "--dry-run", "--json").data

    assert [row["pull_request"] for row in data["missing"]] == [7, 8]
    assert data["missing_more"] == 2
    assert "missing #7 in §3: thing 7 | 7 (7 LOC: 100% code)" in said.out
    assert "missing 2 more, which landed earlier" in said.out
    assert "+2 more, which landed before these, are not listed." in said.out


def test_history_is_looked_at_so_far_and_no_further(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the history that is looked at begins, the sections that stand already have no stretch."""
    monkeypatch.setattr(app.backfill, "TOUCHES", 3)

    data = stage.ask("amend", "--backfill", "--dry-run", "--json").data

    assert [row["pull_request"] for row in data["missing"]] == [7, 8]


def test_the_wish_survives_a_refresh() -> None:
    """It stands in the trailers of the branch, like the others."""
    kept = read_wishes(["spec(x): v1 — §2 x\n\nAmendment-Backfill: yes\nSpec-Amendment: x §2\n"])

    assert kept == Wishes(backfill=True)
    assert kept.add(Wishes(title="t")) == Wishes(title="t", backfill=True)
    assert kept.trailers == (("Amendment-Backfill", "yes"),)
    assert not read_wishes(["x\n\nAmendment-Backfill: no\n"]).backfill
