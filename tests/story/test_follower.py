"""The story of what follows a contract and a spec: it moves in the same commit, and again when main moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.app.stage import SPEC_PATH
from tests.story import voice
from tests.story.stage import SPEAK, WAIT

if TYPE_CHECKING:
    from tests.story.stage import Stage

BRANCH = "discharge/voice-v1/v1.4.0"
WORDS = "  changelog:\n  - '1.4.0 — 2026-05-01 — a note was added'\n"
MOVED = voice.CONTRACT.replace("version: 1.3.0", "version: 1.4.0").replace("  changelog:\n", WORDS)
BADGE = "# Voice\n\n![contract](https://img.shields.io/badge/contract-v{}-green.svg)\n"
PATTERN = r"contract-v(?P<version>\d+\.\d+\.\d+)-"
FOLLOWING = f"{voice.WAITING}followers: [{{path: README.md, pattern: '{PATTERN}', of: {voice.PATH}}}]\n"


def found(stage: Stage) -> None:
    """Make a repository whose README follows its contract, with one discharge open."""
    stage.found({**voice.FILES, "README.md": BADGE.format("1.3.0")}, config=FOLLOWING, landed=True)
    stage.say(1, "/discharge VOICE-005")


def test_a_discharge_takes_the_badge_along(stage: Stage) -> None:
    """In its one commit; the next discharge joins the branch although it holds more than contract and evidence."""
    found(stage)

    assert stage.read("README.md", BRANCH) == BADGE.format("1.4.0")
    assert "- Followers updated in the same commit: `README.md`" in stage.pull("discharge/")["body"]
    assert {check["conclusion"] for check in stage.checks("discharge")} == {"success"}

    stage.say(1, "/discharge VOICE-001")

    assert stage.pull("discharge/")["branch"] == BRANCH
    assert stage.read("README.md", BRANCH) == BADGE.format("1.5.0")


def test_the_badge_moves_on_when_the_contract_moves_on_main(stage: Stage) -> None:
    """Somebody else bumps contract and badge: the open discharge takes the next version, and still merges."""
    found(stage)
    stage.say(1, "/discharge VOICE-001")

    stage.land("contract: a note", {voice.PATH: MOVED, "README.md": BADGE.format("1.4.0")})

    assert "version: 1.6.0" in (stage.read(voice.PATH, BRANCH) or "")
    assert stage.read("README.md", BRANCH) == BADGE.format("1.6.0")
    stage.sandbox.merge(stage.name, 2)
    stage.settle()
    assert stage.read("README.md") == BADGE.format("1.6.0")


def test_what_people_write_around_the_badge_is_kept(stage: Stage) -> None:
    """The README moves on main, and the contract does not: the discharge builds on the README that is there now."""
    found(stage)
    more = BADGE.format("1.3.0").replace("# Voice", "# A voice") + "It sings.\n"

    stage.land("docs: more words", {"README.md": more})

    assert stage.read("README.md", BRANCH) == more.replace("1.3.0", "1.4.0")
    assert len(stage.messages(BRANCH)) == len(stage.messages()) + 1
    told = len([line for line in stage.told() if "commit" in line and BRANCH in line])
    stage.land()
    assert len([line for line in stage.told() if "commit" in line and BRANCH in line]) == told


def test_a_badge_that_somebody_edits_on_the_branch_is_left_to_people(stage: Stage) -> None:
    """It is written anew only if every byte of it is ours: their words would be lost."""
    found(stage)
    branch = stage.pull("discharge/")["branch"]
    words = BADGE.format("1.4.0") + "Mine.\n"
    stage.sandbox.push(stage.name, branch, {"README.md": words}, by="octo-maintainer")
    stage.settle()

    stage.land("contract: a note", {voice.PATH: MOVED, "README.md": BADGE.format("1.4.0")})
    stage.say(1, "/discharge VOICE-001")

    assert stage.read("README.md", BRANCH) == words
    assert "holds more than discharges of contracts/voice-v1.yaml" in stage.status(1)


def test_an_open_amendment_takes_the_readme_along(stage: Stage) -> None:
    """Begun with the third landing; the fourth changes the README itself, and both changes stand on the branch."""
    readme = "# Speak\n\nThe record is at v{}.\n"
    follower = f"{{path: README.md, pattern: 'at v(?P<version>[0-9.]+[0-9])', of: {SPEC_PATH}}}"
    cadence = f"docs/speak-spec.md, cadence: {{landed: 3}}, followers: [{follower}]}}"
    config = (SPEAK + WAIT).replace("docs/speak-spec.md}", cadence)
    stage.found({"README.md": readme.format("2.4.0")}, config=config, required=False)
    for title in ("feat(voice): hum", "feat(voice): whistle", "feat(voice): sing"):
        stage.land(title)
    branch = stage.pull("spec/")["branch"]
    assert stage.read("README.md", branch) == readme.format("2.5.0")
    assert "- Followers updated in the same commit: `README.md`" in stage.pull("spec/")["body"]

    stage.land("docs: more words", {"README.md": readme.format("2.4.0") + "It sings.\n"})

    assert stage.pull("spec/")["branch"] == branch
    assert stage.read("README.md", branch) == readme.format("2.5.0") + "It sings.\n"
    assert "#5" in stage.pull("spec/")["body"]
