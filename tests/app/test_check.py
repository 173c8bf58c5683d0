"""`discharge check`: what a change brings in, and only that, can fail it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.restoration import restore
from tests.app.redo import KEY, KEYED, STRANGERS, discharge_signed, workspace_of
from tests.app.stage import (
    BRANCH,
    CONFIG,
    CONFIG_PATH,
    CONTRACT,
    CONTRACT_PATH,
    FOLDER,
    SPEC,
    SPEC_PATH,
    Said,
    Stage,
)

if TYPE_CHECKING:
    from tests.app.conftest import Repo

FLIPPED = CONTRACT.replace("status: FUNCTIONAL\n", "status: DISCHARGED\n")
BUMPED = "version: 1.3.0"
HAND_MADE = (
    FLIPPED.replace("version: 1.2.0", BUMPED)
    .replace("  - '1.2.0", "  - '1.3.0 — 2026-05-04 — discharged'\n  - '1.2.0")
    .replace("status: DISCHARGED\n  evidence:\n", "status: DISCHARGED\n  evidence:\n  - 'Live smoke'\n", 1)
)


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A repository in which everything agrees, with the change to come on a branch of its own."""
    stage = Stage(repo)
    stage.set()
    stage.repo.git("checkout", "--quiet", "-b", "side")
    return stage


def propose(stage: Stage, files: dict[str, str | bytes]) -> Said:
    """Commit a change on the branch, and have it checked."""
    stage.land("a change", files)
    return stage.ask("check", "--base", "main", "--head", "side", "--json")


def tell(said: Said) -> list[str]:
    """Return the findings as `severity rule file:line`."""
    return [f"{f['severity']} {f['rule']} {f['file']}:{f['line']}" for f in said.data["findings"]]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docs/note.md", "another note\n"),
        (CONTRACT_PATH, CONTRACT + "# a comment\n"),
        (CONTRACT_PATH, CONTRACT.replace("the program sings", "the program sings well")),
        (SPEC_PATH, SPEC + "\nOne sentence more.\n"),
        (CONFIG_PATH, CONFIG.replace("timeout: 20s", "timeout: 30s")),
    ],
)
def test_a_harmless_edit_passes(stage: Stage, path: str, text: str) -> None:
    """Notes, comments, words, settings."""
    said = propose(stage, {path: text})

    assert (said.status, said.data) == (0, {"findings": []})


@pytest.fixture
def believing(repo: Repo) -> Stage:
    """A repository whose configuration takes what was measured at a terminal."""
    stage = Stage(repo)
    stage.set({CONFIG_PATH: f"{CONFIG}evidence: {{accept: [app, terminal]}}\n"})
    return stage


def test_a_discharge_of_our_own_passes(believing: Stage) -> None:
    """What the program writes is what it asks of others, where its receipts count."""
    believing.ask("run", "speak-001")

    said = believing.ask("check", "--base", "main", "--head", BRANCH)

    assert (said.status, said.out) == (0, "no findings\n")


def test_a_receipt_that_does_not_count_is_a_warning_where_no_key_is_known(stage: Stage) -> None:
    """Nobody said whose receipts count: the discharge passes, and the reader is told what stands behind it."""
    stage.ask("run", "speak-001")

    said = stage.ask("check", "--base", "main", "--head", BRANCH, "--json")

    assert (said.status, tell(said)) == (0, ["warning evidence/unwarranted contracts/speak-v1.yaml:14"])
    assert "origin: a receipt of origin terminal does not count" in said.data["findings"][0]["message"]


def test_a_discharge_without_a_receipt_fails_where_a_key_is_known(repo: Repo) -> None:
    """A line of evidence and the right version are written in a minute; also by who brings a key of his own."""
    stage = Stage(repo)
    stage.set({CONFIG_PATH: KEYED})
    stage.repo.git("checkout", "--quiet", "-b", "side")

    said = propose(stage, {CONTRACT_PATH: HAND_MADE, CONFIG_PATH: KEYED.replace(KEY, STRANGERS)})

    assert (said.status, tell(said)) == (1, ["error evidence/unwarranted contracts/speak-v1.yaml:22"])
    assert said.data["findings"][0]["message"] == (
        "FALSIFY-SPEAK-002 moved to DISCHARGED, and no receipt of this change says that it held"
    )


def test_a_signed_receipt_warrants_what_it_says_and_nothing_else(believing: Stage) -> None:
    """The app's discharge passes; a second status moved in its wake does not."""
    believing.ask("run", "speak-001")
    workspace = workspace_of(believing)
    path = f"{FOLDER}/receipt.json"
    case = restore(workspace, workspace.repository.commit(BRANCH), path)
    believing.land("chore: a key (#2)", {CONFIG_PATH: KEYED})
    files = discharge_signed(believing, case)
    alone = believing.ask("check", "--base", "main", "--head", "signed", "--json")
    more = files[CONTRACT_PATH].decode().replace("FUNCTIONAL\n  evidence:\n", "DISCHARGED\n  evidence:\n  - a word\n")
    believing.repo.commit("one more", {CONTRACT_PATH: more})

    said = believing.ask("check", "--base", "main", "--head", "signed", "--json")

    assert (alone.status, tell(alone)) == (0, [])
    assert said.status == 1
    assert [line.rpartition(":")[0] for line in tell(said)] == ["error evidence/unwarranted contracts/speak-v1.yaml"]
    assert "FALSIFY-SPEAK-002" in said.data["findings"][0]["message"]


def test_a_status_that_moves_without_evidence_fails(stage: Stage) -> None:
    """A discharge needs a line that was not there; the finding stands on the status."""
    bumped = FLIPPED.replace("version: 1.2.0", BUMPED).replace(
        "  - '1.2.0", "  - '1.3.0 — 2026-05-04 — discharged'\n  - '1.2.0"
    )

    said = propose(stage, {CONTRACT_PATH: bumped})

    assert said.status == 1
    assert tell(said) == [
        "error contract/evidence-missing contracts/speak-v1.yaml:22",
        "warning evidence/unwarranted contracts/speak-v1.yaml:22",
    ]
    assert said.data["findings"][0]["message"] == (
        "FALSIFY-SPEAK-002 moved to DISCHARGED without a new line of evidence"
    )


def test_a_version_that_does_not_move_fails_with_the_corrected_line(stage: Stage) -> None:
    """The suggestion is the whole line, ready to be applied."""
    proved = FLIPPED.replace(
        "status: DISCHARGED\n  evidence:\n", "status: DISCHARGED\n  evidence:\n  - 'Live smoke'\n", 1
    )

    said = propose(stage, {CONTRACT_PATH: proved})

    assert tell(said)[0] == "error contract/version-floor contracts/speak-v1.yaml:2"
    assert said.data["findings"][0]["suggestion"] == "  version: 1.3.0"
    assert "asks for at least 1.3.0 (minor)" in said.data["findings"][0]["message"]


def test_a_version_that_moves_back_fails(stage: Stage) -> None:
    """Versions only grow."""
    said = propose(stage, {CONTRACT_PATH: CONTRACT.replace("version: 1.2.0", "version: 1.1.9")})

    assert said.status == 1
    assert "error contract/version-back contracts/speak-v1.yaml:2" in tell(said)


def test_a_version_that_becomes_none_fails(stage: Stage) -> None:
    """Also where the change is nothing else."""
    said = propose(stage, {CONTRACT_PATH: CONTRACT.replace("version: 1.2.0", "version: next")})

    assert said.status == 1
    assert "error contract/version-floor contracts/speak-v1.yaml:2" in tell(said)


def test_a_contract_that_cannot_be_read_any_more_fails(stage: Stage) -> None:
    """One finding at the line, and none about the configuration."""
    said = propose(stage, {CONTRACT_PATH: CONTRACT.replace("status: ACTIVE", "status: [ACTIVE")})

    assert (said.status, tell(said)) == (1, ["error file/unreadable contracts/speak-v1.yaml:4"])


def test_a_contract_that_is_mended_passes(stage: Stage) -> None:
    """What was unreadable before is no standard for what comes after."""
    stage.land("break it", {CONTRACT_PATH: "a: ["})
    stage.repo.git("branch", "--quiet", "-f", "main", "side")

    assert propose(stage, {CONTRACT_PATH: CONTRACT}).status == 0


def test_a_spec_and_a_configuration_that_are_mended_pass(stage: Stage) -> None:
    """A change is measured against what could be read; a mistake that stays behind is one all the same."""
    gone = CONFIG.replace("path: docs/speak-spec.md", "path: docs/gone.md")
    stage.land("break them", {SPEC_PATH: b"\xff", CONFIG_PATH: "version: ["})
    stage.repo.git("branch", "--quiet", "-f", "main", "side")

    assert tell(propose(stage, {CONFIG_PATH: gone})) == ["error config/invalid .github/discharge.yml:4"]
    assert propose(stage, {SPEC_PATH: SPEC, CONFIG_PATH: CONFIG}).status == 0
    assert stage.ask("check", "--base", "side~1", "--head", "side").status == 0


def test_a_contract_that_is_deleted_is_missed_by_the_configuration(stage: Stage) -> None:
    """The file is gone, and the finding stands where it is named."""
    stage.repo.git("rm", "--quiet", CONTRACT_PATH)

    assert tell(propose(stage, {"contracts/other-v1.yaml": "metadata: {version: 1.0.0}\n"})) == [
        "error config/invalid .github/discharge.yml:7",
        "warning contract/gone contracts/speak-v1.yaml:1",
    ]


def test_a_contract_that_nobody_runs_is_missed_when_it_goes(stage: Stage) -> None:
    """Its promises would vanish without a word."""
    stage.repo.git("checkout", "--quiet", "main")
    stage.land("another contract", {"contracts/sing-v1.yaml": CONTRACT.replace("SPEAK", "SING")})
    stage.repo.git("checkout", "--quiet", "-B", "side")
    stage.repo.git("rm", "--quiet", "contracts/sing-v1.yaml")

    said = propose(stage, {})

    assert tell(said) == ["warning contract/gone contracts/sing-v1.yaml:1"]
    assert said.status == 0


def test_a_spec_that_is_deleted_is_missed_by_the_configuration(stage: Stage) -> None:
    """Although neither the configuration nor a contract was touched."""
    stage.repo.git("rm", "--quiet", SPEC_PATH)

    said = propose(stage, {})

    assert tell(said) == ["error config/invalid .github/discharge.yml:4", "error spec/gone docs/speak-spec.md:1"]
    assert [found["message"] for found in said.data["findings"]] == [
        "specs.0.path: docs/speak-spec.md does not exist",
        "the spec is gone, with its 1 section",
    ]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("specs:", "spec:", "4"),
        ("timeout: 20s", "timeout: soon", "9"),
        ("{leg: default, contains", "{leg: other, contains", "13"),
        ("FALSIFY-SPEAK-001", "FALSIFY-SPEAK-101", "13"),
        ('"contracts/*.yaml"', '"promises/*.yaml"', "2"),
        ("path: docs/", "path: doc/", "4"),
    ],
)
def test_a_mistake_in_the_configuration_fails_at_its_line(stage: Stage, old: str, new: str, where: str) -> None:
    """The head's own version of the file is validated."""
    said = propose(stage, {CONFIG_PATH: CONFIG.replace(old, new)})

    assert said.status == 1
    assert tell(said)[0] == f"error config/invalid .github/discharge.yml:{where}"


def test_a_configuration_that_is_no_yaml_fails(stage: Stage) -> None:
    """It is a finding with a line, like any other mistake."""
    said = propose(stage, {CONFIG_PATH: "version: 'one\n"})

    assert said.status == 1
    assert tell(said) == ["error file/unreadable .github/discharge.yml:1"]


def test_a_change_that_mends_the_configuration_passes(stage: Stage) -> None:
    """The default branch's broken version does not stand in the way of its own repair."""
    stage.land("break it", {CONFIG_PATH: "version: 2\n"})
    stage.repo.git("branch", "--quiet", "-f", "main", "side")

    assert propose(stage, {CONFIG_PATH: CONFIG}).status == 0
    assert stage.ask("check", "--base", "side~1").status == 1


def test_what_stood_before_the_change_does_not_fail_it(stage: Stage) -> None:
    """It is told as a notice: somebody else's mistake."""
    stale = CONFIG.replace("    legs:", '    when: {paths: ["crates/**"]}\n    legs:')
    doubled = CONTRACT.replace("FALSIFY-SPEAK-003", "FALSIFY-SPEAK-002")
    twice = SPEC + "\n## §1. Again (2026-04-02)\n"
    stage.land("older mistakes", {CONFIG_PATH: stale, CONTRACT_PATH: doubled, SPEC_PATH: twice})
    stage.repo.git("branch", "--quiet", "-f", "main", "side")

    said = propose(stage, {CONTRACT_PATH: doubled + "# a comment\n", SPEC_PATH: twice + "\nMore.\n"})

    assert said.status == 0
    assert tell(said) == [
        "notice config/invalid .github/discharge.yml:10",
        "notice contract/duplicate-id contracts/speak-v1.yaml:24",
        "notice spec/section-twice docs/speak-spec.md:11",
    ]
    assert all(f["message"].endswith("(this stood before the change)") for f in said.data["findings"])


@pytest.mark.parametrize(
    ("text", "rule", "suggestion"),
    [
        (SPEC.replace("2.4.0", "2.3.0"), "spec/version-back", "**Version:** 2.4.0"),
        (SPEC + "\n## §2. Next (2026-05-01)\n", "spec/version-unmoved", "**Version:** 2.5.0"),
        (SPEC.replace("2.4.0", "soon"), "spec/version-unreadable", None),
        (SPEC + "\n## §1. Again (2026-05-01)\n", "spec/section-twice", None),
        (b"\xff", "file/unreadable", None),
    ],
)
def test_a_spec_that_contradicts_itself_fails(
    stage: Stage, text: str | bytes, rule: str, suggestion: str | None
) -> None:
    """Its version, its sections, its figures."""
    said = propose(stage, {SPEC_PATH: text})

    assert said.status == 1
    assert [(f["rule"], f["suggestion"]) for f in said.data["findings"]] == [(rule, suggestion)]


def test_a_tally_that_starts_from_nowhere_fails_with_the_right_one(stage: Stage) -> None:
    """The chain of figures has no gap."""
    section = "\n## §2. Next (2026-05-01)\n\nCoverage tally: **9+9 → 9+10**\n"

    said = propose(stage, {SPEC_PATH: SPEC.replace("2.4.0", "2.5.0") + section})

    assert tell(said) == ["error spec/tally-chain docs/speak-spec.md:13"]
    assert said.data["findings"][0]["suggestion"] == "Coverage tally: **3+5 → 3+6**"


def test_a_figure_that_a_landed_message_moved_is_no_gap(stage: Stage) -> None:
    """The record is more than the spec: squash messages between two sections count."""
    message = "feat(speak): more (#5)\n\n- MODEL-1 ship %: 87% → 90% (it greets)\n"
    stage.land(message, {"docs/note.md": "more\n"})
    stage.repo.git("branch", "--quiet", "-f", "main", "side")
    section = "\n## §2. Next (2026-05-01)\n\n- **MODEL-1**: 90% → **91%** — more\n"

    said = propose(stage, {SPEC_PATH: SPEC.replace("2.4.0", "2.5.0") + section})

    assert said.status == 0


def test_without_a_base_everything_is_looked_at(stage: Stage) -> None:
    """As if it were new: no change is judged, only what stands there."""
    stage.repo.git("checkout", "--quiet", "main")
    stage.land("older mistakes", {CONTRACT_PATH: FLIPPED.replace("FALSIFY-SPEAK-003", "FALSIFY-SPEAK-002")})

    said = stage.ask("check")

    assert said.status == 1
    assert said.out == (
        "contracts/speak-v1.yaml:24:3: error the id FALSIFY-SPEAK-002 stands more than once: "
        "give each falsifier an id of its own [contract/duplicate-id]\n"
        "1 finding, 1 of severity error\n"
    )


def test_findings_have_one_shape_for_machines(stage: Stage) -> None:
    """The keys that a script may rely on, null where there is nothing to suggest."""
    said = propose(stage, {CONTRACT_PATH: "metadata: [\n"})

    assert [list(f) for f in said.data["findings"]] == [["rule", "severity", "file", "line", "message", "suggestion"]]
    assert said.data["findings"][0]["suggestion"] is None


def test_a_repository_without_configuration_is_looked_at_where_people_keep_contracts(repo: Repo) -> None:
    """`check` works on the first day."""
    stage = Stage(repo)
    stage.land("Start", {CONTRACT_PATH: CONTRACT.replace("SPEAK-003", "SPEAK-002"), "README.md": "x\n"})
    stage.repo.git("rm", "--quiet", "README.md")
    stage.land("less", {})

    assert tell(stage.ask("check", "--json")) == ["error contract/duplicate-id contracts/speak-v1.yaml:24"]
    assert stage.ask("check", "--base", "HEAD~1").status == 0
