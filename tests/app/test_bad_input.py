"""Bad input, through the whole program: a sentence with file, line and what to do, status 2, nothing written."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, SPEC, SPEC_PATH, Stage, say

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Repo

HEADLESS = SPEC.replace("**Version:** 2.4.0\n", "")
QUOTE = "Correct the line, or quote the value."
BROKEN: dict[str, tuple[str | bytes, str]] = {
    "no YAML": (
        CONTRACT.replace("status: ACTIVE", "status: [ACTIVE"),
        ":4:12: this is no YAML: while parsing a flow sequence, did not find expected ',' or ']'. " + QUOTE,
    ),
    "a key twice": (
        CONTRACT.replace("  status: ACTIVE\n", "  status: ACTIVE\n  status: DRAFT\n"),
        ":4:3: the key “status” stands twice in one mapping, first in line 3. Remove one of the two.",
    ),
    "30 kB of brackets": ("[" * 30_000, ":1:65: values are nested more than 64 deep. Flatten the file."),
    "an alias": (
        CONTRACT.replace("ACTIVE", "&state ACTIVE\n  was: *state"),
        ":3:11: the anchor &state is set. Write the value out where it is needed.",
    ),
    "no UTF-8": (b"metadata:\n  version: \xff\n", ":2: this is not UTF-8. Save the file as UTF-8."),
}


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A stage with nothing on it."""
    return Stage(repo)


@pytest.fixture(scope="module")
def settled(new_repo: type[Repo], tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A stage that everything stands on, and that nothing is ever written to; a run would leave a trace."""
    stage = Stage(new_repo(tmp_path_factory.mktemp("settled") / "repo"))
    stage.set(program="#!/bin/sh\ntouch $TMPDIR/ran\n")
    return stage


@pytest.mark.parametrize("kind", BROKEN)
def test_a_contract_that_cannot_be_read_is_told_with_its_own_line(stage: Stage, kind: str) -> None:
    """Once, at the line, and neither by a run nor by a check blamed on the configuration that names it."""
    text, said = BROKEN[kind]
    stage.set({CONTRACT_PATH: text})

    found = stage.ask("check", "--json")

    place, _, message = said.removeprefix(":").partition(": ")
    assert stage.refuse("run", "speak-001") == CONTRACT_PATH + said
    assert found.status == 1
    assert [(f["rule"], f["file"], f["line"], f["message"]) for f in found.data["findings"]] == [
        ("file/unreadable", CONTRACT_PATH, int(place.partition(":")[0]), message)
    ]


def test_other_contracts_that_cannot_be_read_stop_nobody(stage: Stage) -> None:
    """A few broken files of ninety do not hold the others up; `list` shows them, with status 2."""
    stage.set({f"contracts/{kind.replace(' ', '-')}.yaml": text for kind, (text, _) in BROKEN.items()})

    listed = stage.ask("list")
    run = stage.ask("run", "speak-001", "--dry-run")

    assert listed.status == 2
    for kind, (_, said) in BROKEN.items():
        assert f"contracts/{kind.replace(' ', '-')}.yaml{said[:30]}" in listed.out
    assert "FALSIFY-SPEAK-001" in listed.out
    assert run.status == 0


@pytest.mark.parametrize("kind", BROKEN)
def test_a_configuration_that_cannot_be_read_has_its_line(stage: Stage, kind: str) -> None:
    """Whatever is wrong with it as a text."""
    stage.set({CONFIG_PATH: BROKEN[kind][0]})

    assert stage.refuse("run", "speak-001").startswith(f"{CONFIG_PATH}:")


def test_every_command_stops_at_a_configuration_that_cannot_be_read(stage: Stage) -> None:
    """Each of them says the same sentence."""
    stage.set({CONFIG_PATH: "["})

    said = {stage.refuse(*words) for words in (("amend",), ("list",), ("judge", "--smoke", "speak"), ("draft", "all"))}

    assert len(said) == 1


def test_an_unknown_key_of_the_configuration_has_its_line(stage: Stage) -> None:
    """A typo is not ignored."""
    stage.set({CONFIG_PATH: CONFIG.replace("specs:", "spec:")})

    assert stage.refuse("run", "speak-001") == (
        ".github/discharge.yml:4:3: spec: unknown key “spec”; `discharge schema` prints every key there is"
    )


def test_no_configuration_is_told_with_what_to_write(stage: Stage) -> None:
    """`list` and `draft` work without one; what acts does not."""
    stage.set()
    stage.repo.git("rm", "--quiet", CONFIG_PATH)
    head = stage.land("remove the configuration", {})

    assert stage.refuse("run", "speak-001") == (
        f"there is no .github/discharge.yml at {head[:9]}. Write it and land it; "
        "`discharge schema` prints every key, and the README of discharge shows the smallest."
    )
    stage.repo.write({".github/discharge.yaml": CONFIG})
    assert "commit it to the default branch, as .github/discharge.yml." in stage.refuse("run", "speak-001")
    assert stage.ask("list").status == 0


def test_an_unknown_id_is_answered_with_the_nearest(settled: Stage) -> None:
    """And so is one of an unknown contract."""
    assert settled.refuse("run", "SPEAK-101") == (
        "no falsifier is called “SPEAK-101”. Perhaps you mean SPEAK-001, SPEAK-003, SPEAK-002."
    )
    assert settled.refuse("run", "nowhere/speak-001").startswith("no falsifier is called “nowhere/speak-001”.")


def test_an_ambiguous_id_is_asked_back(stage: Stage) -> None:
    """The answer can be pasted, and then works."""
    stage.set({"contracts/speak-v2.yaml": CONTRACT})

    said = stage.refuse("run", "speak-001")

    assert said == "“speak-001” is in 2 contracts. Say which one: speak-v1/speak-001, speak-v2/speak-001."
    assert stage.ask("run", "speak-v1/speak-001", "--dry-run").status == 0


def test_a_falsifier_that_nothing_is_predicted_about_is_told_how_to_begin(settled: Stage) -> None:
    """The next command stands in the sentence."""
    assert settled.refuse("run", "speak-003") == (
        "no smoke predicts anything about FALSIFY-SPEAK-003. "
        "`discharge draft SPEAK-003` proposes one; land it before the commit that it shall judge."
    )


def test_a_version_that_is_no_version_has_its_line(stage: Stage) -> None:
    """It cannot be bumped, so nothing is written."""
    stage.set({CONTRACT_PATH: CONTRACT.replace("version: 1.2.0", "version: soon")})

    assert stage.refuse("run", "speak-001") == (
        "contracts/speak-v1.yaml:2:12: “soon” is no version. Write it as three numbers, for instance 1.4.0."
    )


def test_a_contract_without_a_version_is_told_what_to_write(stage: Stage) -> None:
    """The line to add stands in the sentence."""
    stage.set({CONTRACT_PATH: CONTRACT.replace("  version: 1.2.0\n", "")})

    assert stage.refuse("run", "speak-001") == (
        "contracts/speak-v1.yaml:1: the contract states no version, so none can be bumped. "
        "Write `version: 1.0.0` under metadata first."
    )


def test_an_id_twice_in_one_contract_is_never_flipped(stage: Stage) -> None:
    """Nobody can know which of the two is meant."""
    twice = CONTRACT.replace("FALSIFY-SPEAK-003", "FALSIFY-SPEAK-001")
    stage.set({CONTRACT_PATH: twice})

    assert stage.refuse("run", "speak-001") == (
        "contracts/speak-v1.yaml:24:3: the id FALSIFY-SPEAK-001 stands more than once, in lines 8 and 24. "
        "Give each falsifier an id of its own first."
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADLESS, ":1: The spec states no version in its header. Add a line such as **Version:** 1.0.0"),
        (SPEC.replace("2.4.0", "soon"), ":3:14: “soon” is no version. Write it as two or three numbers,"),
        (SPEC + "\n## §1. Again (2026-04-02)\n", ":11:1: Section 1 stands twice: on line 5 and on line 11. Give one"),
        (b"# Spec \xff\n", ":1: this is not UTF-8. Save the file as UTF-8."),
    ],
)
def test_a_spec_that_cannot_be_amended_has_its_line(stage: Stage, text: str | bytes, said: str) -> None:
    """No version, one that is none, a section number twice, no text."""
    stage.set({SPEC_PATH: text})

    assert stage.refuse("amend").startswith(SPEC_PATH + said)


def test_a_pattern_that_would_backtrack_for_ever_takes_no_time(stage: Stage, tmp_path: Path) -> None:
    """Patterns of the configuration run in RE2, whatever they look like."""
    pattern = CONFIG.replace('contains: "hello, world"', "capture: '(a+)+$', equals: b")
    stage.set({CONFIG_PATH: pattern})
    log = tmp_path / "a.log"
    log.write_text("a" * 1_000_000 + "!\n", encoding="utf-8")
    started = time.monotonic()

    said = stage.ask("judge", "speak-001", "--smoke", "speak", "--leg", f"default={log}")

    assert time.monotonic() - started < 30  # it does not hang; times are for make bench
    assert said.status == 3
    assert "not measured" in said.out


def test_a_log_of_a_gigabyte_is_refused_unread(settled: Stage, tmp_path: Path) -> None:
    """Its size alone is looked at."""
    log = tmp_path / "big.log"
    with log.open("wb") as file:
        file.truncate(1 << 30)
    started = time.monotonic()

    said = [settled.refuse("run", "speak-001", "--leg", f"default={log}")]
    said.append(settled.refuse("judge", "--smoke", "speak", "--leg", f"default={log}"))

    assert time.monotonic() - started < 30  # it does not hang; times are for make bench
    large, mend = "the recorded log is too large: 1,073,741,824 bytes", "as a file of at most 16,777,216 bytes"
    assert set(said) == {f"{log}: {large}. Give the log of leg default {mend}."}


@pytest.mark.parametrize(
    ("name", "said"), [("nowhere", "cannot be read: No such file"), ("fifo", "is no regular file")]
)
def test_a_log_that_is_no_file_is_refused_without_waiting(settled: Stage, tmp_path: Path, name: str, said: str) -> None:
    """A pipe that nobody writes to would block for ever."""
    os.mkfifo(tmp_path / "fifo")

    assert said in settled.refuse("run", "speak-001", "--leg", f"default={tmp_path / name}")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "binary: speak.sh",
            "binary: ../../bin/sh",
            ":8:23: smokes.speak.subject.binary: ../../bin/sh lies outside the",
        ),
        ("path: docs/", "path: ../docs/", ":4:25: specs.0.path: ../docs/speak-spec.md does not exist"),
        ("contract: contracts/", "contract: ../", ":7:15: smokes.speak.contract: ../speak-v1.yaml is no contract of"),
        ('"contracts/*.yaml"', '"contracts/*.yaml", "../*"', ":2:33: contracts.1: ../* matches no file"),
    ],
)
def test_a_path_outside_the_repository_is_refused_with_its_line(stage: Stage, old: str, new: str, said: str) -> None:
    """Nothing of this machine can be read, run or written through the configuration."""
    assert old in CONFIG
    stage.set({CONFIG_PATH: CONFIG.replace(old, new)})

    assert said in stage.refuse("run", "speak-001")


def test_a_leg_cannot_be_named_out_of_the_evidence_folder(stage: Stage) -> None:
    """A leg's name becomes a file's."""
    stage.set({CONFIG_PATH: CONFIG.replace("default", "../../x")})

    assert ":11:16: smokes.speak.legs.../../x: String should match pattern" in stage.refuse("run", "speak-001")


def test_an_id_cannot_lead_out_of_the_evidence_folder(stage: Stage) -> None:
    """Ids are untrusted text: what is unusual in them becomes a dash."""
    odd = {
        path: text.replace("FALSIFY-SPEAK-001", "FALSIFY-X..-..Y 001")
        for path, text in ((CONFIG_PATH, CONFIG), (CONTRACT_PATH, CONTRACT))
    }
    stage.set(dict(odd))

    said = stage.ask("run", "x..*")

    assert said.status == 0
    assert stage.files()[1] == "A evidence/x..-..y-001-live-discharge-2026-05-04/default-smoke.log"


def test_a_link_to_a_program_outside_is_not_run(stage: Stage) -> None:
    """The path looks as if it were inside."""
    stage.set()
    (stage.repo.folder / "speak.sh").unlink()
    (stage.repo.folder / "speak.sh").symlink_to("/bin/echo")
    stage.land("a link", {})

    assert "the program speak.sh of smoke speak lies outside the repository." in stage.refuse("run", "speak-001")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run",), "Missing argument"),
        (("run", ""), "no falsifier is named. Name one; `discharge list` shows every falsifier."),
        (("draft", ","), "no falsifier is named."),
        (("run", "speak-001", "--nope"), "No such option: --nope. `discharge --help` lists what there is."),
        (("run", "speak-001", "--leg", "x"), "“x” names no leg and file. Write --leg NAME=FILE."),
        (("run", "speak-001", "--leg", "x=y"), "smoke speak has no leg “x”. Its legs are: default."),
        (("run", "speak-001", "--rev", "nope"), "“nope” is no commit of this repository. Name a branch, tag or commit"),
        (("run", "speak-001", "--rev", "--all"), "“--all” is no commit of this repository."),
        (("run", "speak-001", "--branch", "nope"), "“nope” is no commit of this repository."),
        (("run", "speak-001", "--ship", "up"), "“up” declares no ship percentage. Write MODEL ±POINTS because REASON"),
        (
            ("run", "speak-001", "--ship", "MODEL-9 +1 because x"),
            "no ship percentage of MODEL-9 is stated anywhere",
        ),
        (("run", "speak-001", "--keep", "/dev/null/x"), "/dev/null/x cannot be made: Not a directory. Name a folder"),
        (("judge", "--smoke", "nope"), "no smoke is called “nope”. The configuration has: speak."),
        (("judge", "speak-003", "--smoke", "speak"), "smoke speak predicts nothing about speak-003. It predicts"),
        (("amend", "--spec", "nope"), "no spec is called “nope”. The configuration has: speak."),
        (("amend", "--since", "nope"), "“nope” is no commit of this repository."),
        (("amend", "--ship", "MODEL-9 +1 because x"), "no ship percentage of MODEL-9 is stated anywhere"),
        (("check", "--base", "nope"), "“nope” is no commit of this repository."),
    ],
)
def test_what_a_person_mistypes_is_answered_before_anything_runs(
    settled: Stage, words: tuple[str, ...], said: str
) -> None:
    """Commands, options, ids, revisions, percentages, folders: refused while it costs nothing."""
    assert said in settled.refuse(*words)
    assert not (settled.repo.folder.parent / "scratch" / "ran").exists()


def test_a_folder_that_is_no_checkout_is_told_apart_from_one_that_is_not_there(tmp_path: Path) -> None:
    """Both sentences name the option."""
    missing, bare = say("list", "--repo", str(tmp_path / "x")), say("list", "--repo", str(tmp_path))

    assert (missing.status, missing.err) == (
        2,
        f"error: {tmp_path}/x is no folder. Name the checkout with --repo DIR.\n",
    )
    assert bare.err == f"error: {tmp_path} is in no git repository. Name a git checkout with --repo DIR.\n"


def test_an_empty_repository_is_refused_in_words(stage: Stage) -> None:
    """There is no commit to read."""
    assert "has no commit yet" in stage.refuse("list")


def test_a_machine_reads_the_complaint_as_json(settled: Stage) -> None:
    """With --json, standard output is JSON whatever happens."""
    said = settled.ask("run", "nope", "--json")

    assert said.status == 2
    assert said.data == {"error": "no falsifier is called “nope”. `discharge list` shows every falsifier."}


def test_a_branch_that_somebody_else_named_is_left_alone(stage: Stage) -> None:
    """`discharge/speak-v1/vacation` is no version of ours, and stops nothing."""
    stage.set()
    stage.repo.git("checkout", "--quiet", "-b", "discharge/speak-v1/vacation")
    stage.land("away", {"away.txt": "x"})
    stage.repo.git("checkout", "--quiet", "main")

    assert stage.ask("run", "speak-001").status == 0
    assert stage.repo.git("rev-parse", f"{BRANCH}~1") == stage.repo.git("rev-parse", "main")


def test_what_a_repository_says_cannot_steer_the_terminal(stage: Stage) -> None:
    """Escape sequences of a contract are shown, never sent."""
    stage.set({CONTRACT_PATH: CONTRACT.replace("FUNCTIONAL", '"\\e]0;owned\\a\\e[31m"')})

    listed = stage.ask("list")

    assert "\x1b" not in listed.out
    assert "␛]0;owned␛[31m" in listed.out
