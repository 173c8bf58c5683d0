"""What counts as promised before the run: predictions, legs and thresholds on the default branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.app.stage import CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, PROGRAM, Said, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo

STRICTER = CONFIG.replace('contains: "hello, world"', 'contains: "hello, "')
RAN = PROGRAM + 'echo >> "$TMPDIR/ran"\n'


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A stage with nothing on it."""
    return Stage(repo)


def reason(said: Said) -> str:
    """Return why nothing was measured; and nothing was measured."""
    assert said.status == 3
    assert said.data["verdicts"][0]["verdict"] == "not measured"
    return str(said.data["verdicts"][0]["reason"])


def test_a_promise_that_comes_with_the_first_commit_is_too_late_for_it(stage: Stage) -> None:
    """Nothing stood before a first commit; nothing is run for nothing, and nothing is written."""
    first = stage.land("Start", {CONFIG_PATH: CONFIG, CONTRACT_PATH: CONTRACT, "docs/speak-spec.md": "# S\n"}, RAN)
    before = stage.state()

    said = stage.ask("run", "speak-001", "--json")

    assert reason(said) == (
        f"registered too late: {first[:12]} is the first commit, and nothing stood before it; "
        "land another commit on main, and run this again"
    )
    assert stage.state() == before
    assert not (stage.repo.folder.parent / "scratch" / "ran").exists()


def test_the_next_commit_of_the_default_branch_can_be_tested(stage: Stage) -> None:
    """One commit later the same promise counts."""
    stage.set()

    assert stage.ask("run", "speak-001", "--dry-run").status == 0


def test_a_promise_that_comes_with_the_tested_commit_is_too_late(stage: Stage) -> None:
    """The sentence says what to do: land something else, and test that."""
    stage.land("Start", {CONTRACT_PATH: CONTRACT, "docs/speak-spec.md": "# S\n"}, RAN)
    parent = stage.repo.git("rev-parse", "HEAD")
    stage.land("feat: a smoke (#1)", {CONFIG_PATH: CONFIG})

    assert reason(stage.ask("run", "speak-001", "--json")) == (
        f"registered too late: no prediction stood at {parent[:12]}, before the tested commit; "
        "land another commit on main, and run this again"
    )


def test_a_prediction_that_changes_in_the_tested_commit_is_too_late(stage: Stage) -> None:
    """Whoever tests a commit has not just moved the goal in it."""
    stage.set()
    changed = stage.land("test: another goal (#2)", {CONFIG_PATH: STRICTER})

    assert reason(stage.ask("run", "speak-001", "--json")) == (
        f"registered too late: the promise, its legs or its thresholds changed at or after {changed[:12]}; "
        "land another commit on main, and run this again"
    )
    assert stage.ask("run", "speak-002", "--dry-run").status == 0


def test_a_prediction_that_changes_after_the_tested_commit_is_too_late(stage: Stage) -> None:
    """An old commit is not measured against a newer goal, nor against one that was given up."""
    tested = stage.set()
    stage.land("test: another goal (#2)", {CONFIG_PATH: STRICTER})

    assert "changed at or after" in reason(stage.ask("run", "speak-001", "--rev", tested, "--json"))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (CONTRACT_PATH, "`hello, world` is printed", "`hello` is printed"),
        (CONTRACT_PATH, "nobody is greeted", "somebody is greeted"),
        (CONFIG_PATH, '"{binary}", world', '"{binary}", world, "--quietly"'),
        (CONFIG_PATH, "    legs:", "    extract: 'x(.*)'\n    legs:"),
        (CONFIG_PATH, "    legs:", "    device: {leg: default, pattern: hello}\n    legs:"),
        (CONFIG_PATH, "    legs:", "    env: {MODE: easy}\n    legs:"),
        (CONFIG_PATH, "    legs:", "    repeat: 2\n    legs:"),
        (CONFIG_PATH, "    legs:", "    build: [['true']]\n    legs:"),
        (CONFIG_PATH, "timeout: 20s", "timeout: 30s"),
    ],
)
def test_words_legs_and_settings_belong_to_the_promise(stage: Stage, path: str, old: str, new: str) -> None:
    """The prediction's words, the command line, the proof of the device, and what else decides what is seen."""
    stage.set()
    text = {CONTRACT_PATH: CONTRACT, CONFIG_PATH: CONFIG}[path]
    assert old in text
    stage.land("a change (#2)", {path: text.replace(old, new)})

    assert "registered too late" in reason(stage.ask("run", "speak-001", "--json"))


def test_what_does_not_bear_on_the_promise_may_change(stage: Stage) -> None:
    """Comments, other promises, evidence, the labels of a runner."""
    stage.set()
    config = "# a comment\n" + CONFIG.replace("    legs:", "    runner: {labels: [gpu]}\n    legs:").replace(
        "warning:", "error:"
    )
    contract = CONTRACT.replace("a tune", "two tunes").replace(
        "- 'one unit test'\n- id: FALSIFY-SPEAK-002", "- 'one unit test'\n  - 'two'\n- id: FALSIFY-SPEAK-002"
    )
    stage.land("a change (#2)", {CONFIG_PATH: config, CONTRACT_PATH: contract})

    assert stage.ask("run", "speak-001", "--dry-run").status == 0


def test_a_promise_may_stand_in_a_file_beside_the_contracts(stage: Stage) -> None:
    """Moving a smoke from one file to another changes no promise."""
    stage.set()
    head, _, smokes = CONFIG.partition("smokes:\n")
    config = head + 'smokes: ["contracts/*.smoke.yml"]\n'
    stage.land("chore: a file of smokes (#2)", {CONFIG_PATH: config, "contracts/speak.smoke.yml": f"smokes:\n{smokes}"})

    said = stage.ask("run", "speak-001", "--json")

    assert said.status == 0
    assert said.data["smoke"] == "speak"


def test_a_configuration_that_nobody_could_read_registered_nothing(stage: Stage) -> None:
    """A promise in a broken file is no promise."""
    stage.set({CONFIG_PATH: CONFIG + "  broken: ["})
    stage.land("fix: mend it (#2)", {CONFIG_PATH: CONFIG})

    assert "no prediction stood at" in reason(stage.ask("run", "speak-001", "--json"))


def test_one_of_two_promises_may_be_too_late(stage: Stage) -> None:
    """What was promised in time is discharged; the status of the command tells of the other."""
    stage.set()
    later = CONFIG + '      FALSIFY-SPEAK-003: [{leg: default, contains: "hello"}]\n'
    stage.land("feat: one more (#2)", {CONFIG_PATH: later})

    said = stage.ask("run", "speak-001", "speak-003", "--json")

    assert said.status == 3
    assert [v["verdict"] for v in said.data["verdicts"]] == ["held", "not measured"]
    assert "FALSIFY-SPEAK-001 PARTIAL → DISCHARGED" in said.data["plan"][0]["title"]


FLIPPED = (
    CONTRACT.replace("version: 1.2.0", "version: 1.3.0")
    .replace("  - '1.2.0", "  - '1.3.0 — 2026-05-04 — discharged'\n  - '1.2.0")
    .replace("status: FUNCTIONAL\n  evidence:\n", "status: DISCHARGED\n  evidence:\n  - 'Live smoke'\n")
)
NEW = CONFIG + "  more:\n    contract: contracts/speak-v1.yaml\n    legs: {default: [sh, -c, ls]}\n    predictions:\n"


@pytest.mark.parametrize(
    ("config", "line"),
    [
        (CONFIG.replace("warning:", "warning!"), 14),
        (CONFIG.replace("world]", "moon]"), 14),
        (CONFIG.replace("timeout: 20s", "timeout: 30s"), 14),
        (CONFIG.replace('      FALSIFY-SPEAK-002: [{leg: default, never: ["warning:"]}]\n', ""), 13),
        (CONFIG[: CONFIG.index("smokes:")], 1),
        (NEW + "      FALSIFY-SPEAK-002: [{leg: default, exit: 0}]\n", 19),
        (CONFIG.replace("hello, world", "hello, moon"), 0),
        (NEW + "      FALSIFY-SPEAK-001: [{leg: default, exit: 0}]\n", 0),
        (f"# a comment\n{CONFIG}", 0),
    ],
)
def test_a_discharge_by_a_smoke_that_the_same_change_sets_up_fails(stage: Stage, config: str, line: int) -> None:
    """Predictions, legs, what decides them, a smoke taken away, one more; not what is said of other falsifiers."""
    stage.set()
    stage.repo.git("checkout", "--quiet", "-b", "side")
    stage.land("discharged by hand", {CONTRACT_PATH: FLIPPED, CONFIG_PATH: config})

    said = stage.ask("check", "--base", "main", "--head", "side", "--json")

    late = [(f["line"], f["severity"]) for f in said.data["findings"] if f["rule"] == "config/registered-late"]
    assert late == ([(line, "error")] if line else [])


def test_a_smoke_in_a_file_of_its_own_is_found_there(stage: Stage) -> None:
    """Where smokes stand beside the contracts."""
    apart = CONFIG[: CONFIG.index("smokes:")] + 'smokes: ["contracts/*.smoke.yml"]\n'
    path, smokes = "contracts/speak.smoke.yml", CONFIG[CONFIG.index("smokes:") :]
    stage.set({CONFIG_PATH: apart, path: smokes})
    stage.repo.git("checkout", "--quiet", "-b", "side")
    stage.land("discharged by hand", {CONTRACT_PATH: FLIPPED, path: smokes.replace("warning:", "warning!")})

    said = stage.ask("check", "--base", "main", "--head", "side", "--json")

    late = [(f["file"], f["line"]) for f in said.data["findings"] if f["rule"] == "config/registered-late"]
    assert late == [(path, 10)]
