"""After the merge: the next amendment says as what the last one landed, and forgets nothing that landed meanwhile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.app.stage import SPEC_PATH, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """An amendment that was proposed, something that landed meanwhile, and the amendment landed as #9."""
    stage = Stage(repo)
    stage.set()
    amended = stage.ask("amend", "--json", "--title", "First things").data["plan"][0]
    stage.land("feat: meanwhile (#8)", {"src/a.py": "a\n"})
    stage.repo.git("merge", "--quiet", "--squash", amended["branch"])
    stage.land(f"{amended['title']} (#9)\n\n{amended['message'].partition(chr(10))[2]}", {})
    return stage


def amend(stage: Stage) -> tuple[str, str]:
    """Write the next amendment; return its spec and the message of its commit."""
    said = stage.ask("amend", "--json").data["plan"][0]
    return stage.repo.show(said["branch"], SPEC_PATH), said["message"]


def test_the_landing_is_filled_in_and_nothing_is_lost(stage: Stage) -> None:
    """§2 knows now that it landed as #9; #8, which landed while it was open, is in §3."""
    landed = stage.repo.git("rev-parse", "HEAD")[:9]
    old = stage.repo.show("HEAD", SPEC_PATH)
    stage.land("feat: later (#10)", {"src/b.py": "b\n"})

    spec, message = amend(stage)

    recorded = re.findall(r"^Recorded up to `[0-9a-f]{9}`; landed as.*$", spec, re.MULTILINE)
    assert [line.partition("; ")[2] for line in recorded] == [
        f"landed as `{landed}` (#9).",
        "landed as: not known yet.",
    ]
    assert re.findall(r"^\| #(\d+) \|", spec.partition("## §3")[2], re.MULTILINE) == ["8", "10"]
    lost = set(old.splitlines()) - set(spec.splitlines())
    assert {re.sub("[0-9a-f]{9,}", "", line) for line in lost} == {
        "**Version:** 2.5.0",
        "<!-- discharge:begin recorded sha256: -->",
        "Recorded up to ``; landed as: not known yet.",
    }
    assert "every other byte the same but for the line that says as what an earlier section landed" in message


def test_a_section_that_people_wrote_has_no_such_line(stage: Stage) -> None:
    """Where there is nothing to fill in, nothing is; the stretch begins where the version moved."""
    text = stage.repo.show("HEAD", SPEC_PATH)
    by_hand = re.sub(r"<!-- discharge:begin recorded.*\Z", "", text, flags=re.DOTALL)
    stage.land("spec: §3 by hand (#11)", {SPEC_PATH: by_hand.replace("2.5.0", "2.6.0") + "## §3. Mine\n\nWords.\n"})
    stage.land("feat: later (#12)", {"src/b.py": "b\n"})

    spec, message = amend(stage)

    assert spec.count("Recorded up to") == 1
    assert re.findall(r"^\| #(\d+) \|", spec.partition("## §4")[2], re.MULTILINE) == ["12"]
    assert "but for the line" not in message


def test_a_colophon_that_names_no_commit_is_not_believed(stage: Stage) -> None:
    """Somebody edited it: the stretch begins where the version moved, as for any section."""
    text = stage.repo.show("HEAD", SPEC_PATH)
    stage.repo.git("reset", "--quiet", "--hard", "HEAD~1")
    forged = re.sub(r"(?<=Recorded up to `)[0-9a-f]{9}", "0123abc89", text)
    stage.land("spec(speak): v2.5.0 — §2 First things (#9)\n\nSpec-Amendment: speak §2", {SPEC_PATH: forged})
    stage.land("feat: later (#10)", {"src/b.py": "b\n"})

    spec, _ = amend(stage)

    assert re.findall(r"^\| #(\d+) \|", spec.partition("## §3")[2], re.MULTILINE) == ["10"]
