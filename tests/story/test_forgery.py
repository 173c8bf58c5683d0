"""Stories of people who can push, and make something look like the App's own work."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from app.bot.standing import is_proposed, seal_section
from app.carriage import stamp
from tests.app.stage import PROGRAM_PATH, SPEC, SPEC_PATH
from tests.story.test_refresh import ANSWER, BRANCH, CADENCE, WHY, begin, section

if TYPE_CHECKING:
    from app.bot.site import Site
    from tests.story.stage import Stage


def test_a_branch_that_names_the_run_is_not_the_runs(stage: Stage) -> None:
    """Who reads the run's name in its check and puts it in a commit of his own gets nothing opened, nor merged."""
    go = stage.folder / "go-forgery"
    stage.found({PROGRAM_PATH: f"#!/bin/sh\nwhile [ ! -e {go} ]; do sleep 0.05; done\necho goodbye\n"}, landed=True)
    stage.sandbox.role(stage.name, "octo-writer", "write")
    stage.sandbox.comment(stage.name, 1, "/discharge SPEAK-001", by="octo-writer")
    stage.wait_for("start run")
    (check,) = stage.checks("discharge smoke speak")
    named = re.search(r"\| run \| `([0-9a-f]{16})`", check["text"])
    assert named is not None
    message = f"chore: harmless\n\nSome words.\n\nDischarge-Run: {named[1]}"
    for branch in ("discharge/x/v9", "discharge/speak-v1/v9"):
        stage.sandbox.push(stage.name, branch, {"docs/forged.md": "forged\n"}, message, by="octo-writer")

    go.touch()
    stage.settle()

    assert sorted(stage.pulls()) == [1]
    assert stage.read("docs/forged.md") is None
    assert "**FALSIFY-SPEAK-001 falsified**" in stage.status(1)
    assert "Discharged by" not in stage.status(1)


def test_a_commit_with_our_message_on_other_words_is_a_persons(stage: Stage) -> None:
    """Copied with all its trailers, it is not taken for ours: the words stay, and who wrote them is thanked."""
    begin(stage)
    edit = section(stage).replace(WHY, f"{WHY} {ANSWER}")
    assert ANSWER in edit
    stage.sandbox.push(stage.name, BRANCH, {SPEC_PATH: edit}, stage.messages(BRANCH)[0].strip(), by="octo-writer")
    stage.settle()

    stage.land("feat(ear): listen")

    assert f"{WHY} {ANSWER} " in section(stage)
    assert "| listen |" in section(stage)
    assert "Co-Authored-By: octo-writer <" in stage.messages(BRANCH)[0]


def test_a_commit_with_our_trailers_alone_is_a_persons(stage: Stage) -> None:
    """The name of the section and the right digest can be written by anybody; the seal cannot."""
    begin(stage)
    edit = section(stage).replace(WHY, f"{WHY} {ANSWER}")
    words = f"docs: mine\n\nSpec-Amendment: speak §2\nAmendment-Text: {stamp(edit)[1]}\nAmendment-Seal: {'0' * 64}"
    stage.sandbox.push(stage.name, BRANCH, {SPEC_PATH: edit}, words, by="octo-writer")
    stage.settle()

    stage.land("feat(ear): listen")

    assert f"{WHY} {ANSWER} " in section(stage)
    assert "Co-Authored-By: octo-writer <" in stage.messages(BRANCH)[0]


def test_a_strangers_amendment_is_not_released_as_ours(stage: Stage) -> None:
    """Its title and trailers are like ours, the copied seal of our open amendment, too; nothing is tagged."""
    stage.found(config=CADENCE + "release: {tags: true, releases: true}\n", required=False)
    for title in ("feat(voice): hum", "feat(voice): whistle", "feat(voice): sing"):
        stage.land(title)
    seal = re.search(r"^Spec-Seal: [0-9a-f]{64}$", stage.messages(BRANCH)[0], re.MULTILINE)
    assert seal is not None
    invented = SPEC.replace("**Version:** 2.4.0", "**Version:** 2.5.0").rstrip()
    invented += "\n\n## §2. Invented (2026-05-04)\n\nMy words.\n"

    words = f"spec(speak): v2.5.0 — by a stranger\n\nSpec-Amendment: speak §2\n{seal[0]}"
    stage.sandbox.push(stage.name, "main", {SPEC_PATH: invented}, words, by="octo-writer")
    stage.settle()

    snapshot = stage.sandbox.snapshot(stage.name)
    assert (snapshot["tags"], snapshot["releases"]) == ({}, [])


def test_the_seal_of_a_section_is_about_its_number_and_version() -> None:
    """What was sealed for one spec, section, version and repository proves no other."""
    here, there = (SimpleNamespace(key=b"k", github=SimpleNamespace(repository=name)) for name in ("a/b", "a/c"))
    key, proof = seal_section(cast("Site", here), "speak §2", "2.5.0")

    assert key == "Spec-Seal"
    assert is_proposed(cast("Site", here), "speak §2", "2.5.0", proof)
    others = [(here, "speak §3", "2.5.0"), (here, "speak §2", "9.0.0"), (there, "speak §2", "2.5.0")]
    assert not any(is_proposed(cast("Site", site), own, version, proof) for site, own, version in others)
