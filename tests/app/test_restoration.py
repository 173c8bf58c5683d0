"""A discharge that stands on a branch is made a case again, and written anew: the same bytes, or a reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.restoration import restore
from contracts.document import read as read_contract
from contracts.error import Complaint, Unreadable
from evidence.receipt import canonical
from evidence.receipt import read as read_receipt
from evidence.receipt import receipt as write_receipt
from tests.app.redo import KEYED, discharge_signed, redo, workspace_of
from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, FOLDER, PROGRAM, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.app.conftest import Repo

PATH = f"{FOLDER}/receipt.json"


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A stage with nothing on it."""
    return Stage(repo)


def changed(old: str, new: str, text: str = CONFIG) -> str:
    """Return *text* with one thing changed that really stands in it."""
    assert old in text
    return text.replace(old, new)


def with_settings(*lines: str) -> str:
    """Return the configuration with more lines in its smoke."""
    return changed("    timeout: 20s\n", "".join(f"    {line}\n" for line in ("timeout: 20s", *lines)))


def written(stage: Stage, rev: str = BRANCH) -> dict[str, str]:
    """Return path → content of everything that a branch changed against main."""
    return {row[2:]: stage.repo.show(rev, row[2:]) for row in stage.files(rev)}


def again(stage: Stage) -> dict[str, str]:
    """Return what the discharge on the open branch writes when it is written anew on main."""
    workspace = workspace_of(stage)
    path = next(path for path in written(stage) if path.endswith("/receipt.json"))
    case = restore(workspace, workspace.repository.commit(BRANCH), path)
    files = redo(workspace, case, frozenset(workspace.paths), path.rpartition("/")[0])
    return {name: content.decode() for name, content in files.items()}


def refused(stage: Stage, path: str = PATH) -> str:
    """Return why a discharge cannot be restored."""
    workspace = workspace_of(stage)
    with pytest.raises(Complaint) as caught:
        restore(workspace, workspace.repository.commit(BRANCH), path)
    return str(caught.value)


TWO = '      default: ["{binary}", world]\n      second: ["{binary}", moon]\n'
BOTH = changed('      default: ["{binary}", world]\n', TWO).replace("{leg: default, never", "{leg: second, never")
DYING = changed("{leg: default, never", "{leg: second, never").replace(
    '      default: ["{binary}", world]\n',
    '      second: [no-such-program]\n      default: ["{binary}", world]\n',
)
SEEN = with_settings("device: {leg: default, pattern: 'Backend: (\\w+)'}", "extract: 'hello, (.*)'").replace(
    'contains: "hello, world"', 'output: "world"'
)


@pytest.mark.parametrize(
    ("config", "program", "words"),
    [
        (CONFIG, PROGRAM, ("speak-001",)),
        (CONFIG, PROGRAM, ("speak-001", "speak-002")),
        (CONFIG, PROGRAM + "echo 'warning: never' >&2\n", ("speak-001", "speak-002")),
        (with_settings("repeat: 3"), PROGRAM, ("speak-001",)),
        (BOTH, PROGRAM, ("speak-002", "speak-001")),
        (DYING, PROGRAM, ("speak-002", "speak-001")),
        (DYING.replace("    timeout", "    repeat: 2\n    timeout"), PROGRAM, ("speak-002", "speak-001")),
        (SEEN, PROGRAM + "echo 'Backend: wgpu' >&2\n", ("speak-001",)),
        (with_settings("env: {MODE: fast}", "build: [['true']]"), PROGRAM, ("speak-001",)),
    ],
    ids=["one", "two", "one falsified", "repeats", "legs", "absent leg", "absent in each", "device", "build"],
)
def test_what_was_written_is_written_again(stage: Stage, config: str, program: str, words: tuple[str, ...]) -> None:
    """Evidence, page, receipt and contract: from receipt and logs alone come the same bytes."""
    stage.set({CONFIG_PATH: config}, program)
    stage.ask("run", *words)

    assert again(stage) == written(stage)


def test_a_recorded_log_is_restored_as_recorded(stage: Stage, tmp_path: Path) -> None:
    """Whoever did not see it end then has not seen it now."""
    stage.set()
    (tmp_path / "theirs.log").write_text("hello, world\n", encoding="utf-8")
    stage.ask("run", "speak-001", "--leg", f"default={tmp_path}/theirs.log")

    assert again(stage) == written(stage)
    assert read_receipt(stage.repo.show(BRANCH, PATH)).origin == "recorded"


def test_what_was_registered_too_late_stays_so(stage: Stage) -> None:
    """The logs would hold it now; nobody had promised it before."""
    stage.set()
    later = CONFIG + '      FALSIFY-SPEAK-003: [{leg: default, contains: "hello"}]\n'
    stage.land("feat: one more (#2)", {CONFIG_PATH: later})
    stage.ask("run", "speak-001", "speak-003")

    assert again(stage) == written(stage)
    assert "registered too late" in written(stage)[PATH]


def test_a_joined_discharge_is_restored_on_top_of_the_first(stage: Stage) -> None:
    """The second is told against the contract that the first makes, and its leg stays reused."""
    stage.set()
    stage.ask("run", "speak-001")
    stage.ask("run", "speak-002")
    everything = written(stage)
    workspace = workspace_of(stage)
    tip = workspace.repository.commit(BRANCH)

    first = redo(workspace, restore(workspace, tip, PATH), frozenset(workspace.paths))
    middle = read_contract(first[CONTRACT_PATH].decode(), CONTRACT_PATH)
    case = restore(workspace, tip, f"{FOLDER}/receipt-v1.4.0.json", middle)
    second = redo(workspace, case, frozenset({*workspace.paths, *first}), base=f"{BRANCH}^")

    assert case.folder == FOLDER
    assert {name: content.decode() for name, content in {**first, **second}.items()} == everything
    assert f"{FOLDER}/receipt-v1.4.0.json" in second


def test_on_a_main_that_moved_only_versions_move(stage: Stage) -> None:
    """The logs are the same bytes; page and receipt tell the contract's new version and tally."""
    stage.set()
    stage.ask("run", "speak-001")
    before = written(stage)
    entry = "  changelog:\n  - '1.2.1 — 2026-05-04 — a word'\n"
    contract = changed("version: 1.2.0", "version: 1.2.1", CONTRACT).replace("  changelog:\n", entry)
    spec = stage.repo.show("main", "docs/speak-spec.md").replace("3+5", "4+4")
    stage.land("docs: words (#2)", {CONTRACT_PATH: contract, "docs/speak-spec.md": spec})

    after = again(stage)

    moved = {path for path in before if before[path] != after[path]}
    assert moved == {CONTRACT_PATH, PATH, f"{FOLDER}/findings.md"}
    lines = zip(before[f"{FOLDER}/findings.md"].splitlines(), after[f"{FOLDER}/findings.md"].splitlines(), strict=True)
    assert [(old, new) for old, new in lines if old != new] == [
        ("- Contract `speak-v1`: 1.2.0 → **1.3.0**", "- Contract `speak-v1`: 1.2.1 → **1.3.0**"),
        ("- Coverage tally: 3+5 → **4+4**", "- Coverage tally: 4+4 → **5+3**"),
    ]
    assert "'1.2.1 — 2026-05-04 — a word'" in after[CONTRACT_PATH]


@pytest.mark.parametrize(
    "config",
    [
        CONFIG.replace('contains: "hello, world"', 'contains: "hello"'),
        CONFIG.replace("timeout: 20s", "timeout: 30s"),
        CONFIG.replace('      FALSIFY-SPEAK-001: [{leg: default, contains: "hello, world"}]\n', ""),
    ],
    ids=["another threshold", "another setting", "no promise"],
)
def test_what_is_promised_otherwise_now_must_be_run_again(stage: Stage, config: str) -> None:
    """An old measurement does not pass for one of a new promise."""
    tested = stage.set()
    stage.ask("run", "speak-001")
    stage.land("test: another goal (#2)", {CONFIG_PATH: config})

    assert refused(stage) == (
        f"{PATH}: what is promised about FALSIFY-SPEAK-001 changed since it was measured at {tested[:12]}. "
        "Run it again."
    )


def tamper(stage: Stage, files: dict[str, str | bytes]) -> None:
    """Change files on the open branch by hand."""
    stage.repo.git("checkout", "--quiet", BRANCH)
    stage.land("polish", files)
    stage.repo.git("checkout", "--quiet", "main")


def test_evidence_that_was_tampered_with_is_not_built_on(stage: Stage) -> None:
    """A log that is another one, a verdict that the log does not give: the first sentence says where."""
    stage.set()
    stage.ask("run", "speak-001")
    log = f"{FOLDER}/default-smoke.log"
    receipt = stage.repo.show(BRANCH, PATH)
    tamper(stage, {log: "hello, world!\n"})

    assert refused(stage).startswith(f"{PATH}: legs[0].logs[0].sha256 of default-smoke.log: expected ")

    tamper(
        stage, {log: "hello, world\n", PATH: receipt.replace('"line 1: `hello, world`"', '"line 2: `hello, world`"')}
    )

    assert "falsifiers[0].measurements[0].observed: expected " in refused(stage)


def test_a_receipt_that_does_not_count_is_not_built_on(stage: Stage) -> None:
    """Where keys are configured, what nobody signed is not written anew under the app's name."""
    stage.set({CONFIG_PATH: KEYED})
    stage.ask("run", "speak-001")

    assert refused(stage) == (
        f"{PATH}: this receipt does not count: origin: a receipt of origin terminal does not count; "
        "accepted are: app. Run it again."
    )


def test_what_the_app_signed_is_restored_as_the_apps(stage: Stage) -> None:
    """The signature is looked at, and who judged is kept."""
    stage.set()
    stage.ask("run", "speak-001")
    workspace = workspace_of(stage)
    case = restore(workspace, workspace.repository.commit(BRANCH), PATH)
    stage.land("chore: a key (#2)", {CONFIG_PATH: KEYED})
    files = discharge_signed(stage, case)

    workspace = workspace_of(stage)
    found = restore(workspace, workspace.repository.commit("signed"), PATH)

    assert found.judged_by == "app"
    assert redo(workspace, found, frozenset(workspace.paths))[PATH] == files[PATH]


def test_what_is_not_there_or_says_too_little_is_told(stage: Stage) -> None:
    """No receipt, and one of the first form: a sentence each."""
    stage.set()
    stage.ask("run", "speak-001")
    tip = stage.repo.git("rev-parse", BRANCH)
    old = read_receipt(stage.repo.show(BRANCH, PATH))
    early = canonical(write_receipt(type(old)(**{**{f: getattr(old, f) for f in old.__slots__}, "schema": 1})))
    tamper(stage, {f"{FOLDER}/receipt-v9.json": early})

    assert refused(stage, f"{FOLDER}/receipt-v8.json").startswith(f"{FOLDER}/receipt-v8.json: ")
    assert "a receipt of form 1 says too little" in refused(stage, f"{FOLDER}/receipt-v9.json")
    with pytest.raises(Unreadable, match="no such receipt at"):
        restore(workspace_of(stage), tip, f"{FOLDER}/nothing.json")
