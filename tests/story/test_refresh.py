"""People write in an open amendment while the repository moves on: their words stay, and the figures follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.app.stage import SPEC, SPEC_PATH
from tests.story.stage import SPEAK, WAIT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.story.stage import Stage

BRANCH = "spec/v2-5-voice-1-3-landed-amendment"
CADENCE = (SPEAK + WAIT).replace("docs/speak-spec.md}", "docs/speak-spec.md, cadence: {landed: 3}}")
WHY = "3. **Why this bump?**"
ANSWER = "Because three voices make a chord."


def begin(stage: Stage) -> None:
    """Make the repository, and land three pull requests: the amendment is open as number 4."""
    stage.found(config=CADENCE, required=False)
    for title in ("feat(voice): hum", "feat(voice): whistle", "feat(voice): sing"):
        stage.land(title)
    assert stage.pull("spec/")["branch"] == BRANCH


def edit(stage: Stage, old: str, new: str, files: dict[str, str | None] | None = None) -> None:
    """Let a person commit to the branch: words of the spec replaced, and other files."""
    text = stage.read(SPEC_PATH, BRANCH) or ""
    assert old in text
    stage.sandbox.push(stage.name, BRANCH, {SPEC_PATH: text.replace(old, new, 1), **(files or {})}, "docs: my words")
    stage.settle()


def section(stage: Stage, at: str = BRANCH) -> str:
    """Return the spec at the head of the branch."""
    return stage.read(SPEC_PATH, at) or ""


@pytest.mark.always
def test_a_person_answers_why_3_while_a_fourth_pull_request_lands(
    stage: Stage, golden: Callable[[str, str], None]
) -> None:
    """The section has the fourth row and the answer, twice over; the person is thanked by name."""
    begin(stage)
    edit(stage, WHY, f"{WHY} {ANSWER}")

    stage.land("feat(ear): listen")

    golden("refresh-answered.md", section(stage))
    assert f"{WHY} {ANSWER} v2.4.0 → v2.5.0" in section(stage)
    assert "| listen |" in section(stage)
    assert len(stage.messages(BRANCH)) == len(stage.messages()) + 1, "one commit, on the default branch as it is now"
    assert "failure" not in {check["conclusion"] for check in stage.checks("discharge")}
    golden("refresh-message.md", stage.messages(BRANCH)[0])
    pull = stage.pull("spec/")
    assert "Amendment-Base" not in pull["body"]
    assert "Co-Authored-By: " in pull["body"]
    assert "Not refreshed" not in pull["body"]

    stage.land("feat(ear): obey")

    assert f"{WHY} {ANSWER} v2.4.0 → v2.5.0" in section(stage)
    assert "| listen |" in section(stage)
    assert "| obey |" in section(stage)


def test_words_that_both_changed_stay_the_persons_and_a_sentence_says_so(stage: Stage) -> None:
    """The pull request names the part; all the others are brought up to date."""
    begin(stage)
    edit(stage, "3 pull requests landed since §1: ", "Three songs landed since §1: ")
    stage.land("feat(ear): listen")

    assert "Three songs landed since §1: " in section(stage)
    assert "| listen |" in section(stage)
    body = stage.pull("spec/")["body"]
    assert "## Not refreshed\n\n- The opening could not be refreshed: people changed the same lines" in body


@pytest.mark.always
def test_somebody_elses_amendment_takes_the_number(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """Right at that merge the open one is renumbered everywhere; its branch, its rows and the person's words stay."""
    begin(stage)
    edit(stage, WHY, f"{WHY} {ANSWER}", {"docs/voices.md": "a page about voices\n"})
    taken = (
        SPEC.replace("**Version:** 2.4.0", "**Version:** 2.5.0").rstrip()
        + "\n\n## §2. Mine (2026-05-04)\n\nMy words.\n"
    )

    stage.land("docs(spec): a section of my own", {SPEC_PATH: taken})

    pull, text = stage.pull("spec/"), section(stage)
    golden("refresh-renumbered.md", text)
    assert (pull["branch"], pull["state"]) == (BRANCH, "open")
    assert pull["title"].startswith("spec(speak): v2.6.0 — §3 ")
    assert "**Version:** 2.6.0" in text
    assert "## §2. Mine" in text
    assert "### 3.4 Five Whys" in text
    assert "### 2." not in text
    assert f"{WHY} {ANSWER} v2.5.0 → v2.6.0" in text
    assert [name for name in ("hum", "whistle", "sing") if f"| {name} |" not in text] == []
    assert stage.read("docs/voices.md", BRANCH) == "a page about voices\n"
    assert len(stage.messages(BRANCH)) == len(stage.messages()) + 1, "one commit, on the default branch as it is now"


@pytest.mark.always
def test_a_direct_push_to_the_spec_renumbers_at_once(stage: Stage) -> None:
    """No pull request is merged, and no sweep comes: the push itself is enough; one beside the spec asks nothing."""
    begin(stage)
    stage.sandbox.forget_requests()
    stage.sandbox.push(stage.name, "main", {"docs/note.md": "a note\n"}, "docs: a note")
    stage.settle()
    assert stage.asked() == []
    taken = SPEC.replace("**Version:** 2.4.0", "**Version:** 2.5.0").rstrip() + "\n\n## §2. Mine (2026-05-04)\n\n-\n"

    stage.sandbox.push(stage.name, "main", {SPEC_PATH: taken}, "docs(spec): a section of my own")
    stage.settle()

    assert stage.pull("spec/")["title"].startswith("spec(speak): v2.6.0 — §3 ")
    assert "## §2. Mine" in section(stage)


def test_what_does_not_go_together_is_left_alone_and_told(stage: Stage) -> None:
    """A file that both sides changed: nothing is written, the pull request says why; taken back, it goes on."""
    begin(stage)
    edit(stage, WHY, f"{WHY} {ANSWER}", {"docs/voices.md": "theirs\n"})
    before = section(stage)
    taken = (
        SPEC.replace("**Version:** 2.4.0", "**Version:** 2.5.0").rstrip()
        + "\n\n## §2. Mine (2026-05-04)\n\nMy words.\n"
    )

    stage.land("docs(spec): a section of my own", {SPEC_PATH: taken, "docs/voices.md": "ours\n"})

    assert section(stage) == before
    note = (
        "> **Not brought up to date:** people changed docs/voices.md on the branch, and the default branch changed it"
    )
    assert stage.pull("spec/")["body"].startswith(note)

    stage.sandbox.push(stage.name, BRANCH, {"docs/voices.md": "ours\n"}, "docs: take mine back")
    stage.settle()
    stage.land("feat(ear): listen")

    assert f"{WHY} {ANSWER} v2.5.0 → v2.6.0" in section(stage)
    assert "Not brought up to date" not in stage.pull("spec/")["body"]
