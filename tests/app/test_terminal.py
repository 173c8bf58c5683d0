"""The terminal, as stories: small programs are run, judged, and discharged or not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.cli import main
from contracts.document import read as read_contract
from evidence.receipt import digest
from evidence.receipt import read as read_receipt
from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, FOLDER, PROGRAM, Stage, say

if TYPE_CHECKING:
    from tests.app.conftest import Repo

DISCHARGE = Path(sys.executable).with_name("discharge")
LOUD = PROGRAM + 'echo "warning: it is late" >&2\n'


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A stage with nothing on it."""
    return Stage(repo)


def test_a_promise_that_holds_is_one_commit_on_a_branch(stage: Stage) -> None:
    """Evidence, status, changelog entry and version; nothing else changes, and nobody's work tree is touched."""
    head = stage.set()
    stage.repo.write({"docs/note.md": "not finished\n", "new.txt": "new\n"})

    said = stage.ask("run", "SPEAK-001")

    assert said.status == 0
    assert f"branch  {BRANCH} at {stage.repo.git('rev-parse', BRANCH)[:12]}" in said.out
    assert stage.repo.git("rev-parse", f"{BRANCH}~1") == head
    assert stage.files() == [
        f"M {CONTRACT_PATH}",
        f"A {FOLDER}/default-smoke.log",
        f"A {FOLDER}/default-smoke.stderr.log",
        f"A {FOLDER}/default-smoke.stdout.log",
        f"A {FOLDER}/findings.md",
        f"A {FOLDER}/receipt.json",
    ]
    document = read_contract(stage.repo.show(BRANCH, CONTRACT_PATH), CONTRACT_PATH)
    assert document.contract is not None
    assert document.contract.version == "1.3.0"
    assert [f.status for f in document.contract.falsifiers] == ["DISCHARGED", "FUNCTIONAL", None]
    assert stage.repo.git("status", "--porcelain").splitlines() == ["M docs/note.md", "?? new.txt"]
    assert stage.repo.git("branch", "--show-current") == "main"
    assert stage.repo.git("rev-parse", "main") == head


def test_the_receipt_is_true_of_what_is_stored(stage: Stage) -> None:
    """Every digest is that of the file beside it, and the program's is that of the committed script."""
    head = stage.set(program=LOUD)

    stage.ask("run", "speak-001")

    receipt = read_receipt(stage.repo.show(BRANCH, f"{FOLDER}/receipt.json"))
    stored = {log.file: stage.repo.show(BRANCH, f"{FOLDER}/{log.file}") for log in receipt.legs[0].logs}
    assert {log.file: log.sha256 for log in receipt.legs[0].logs} == {n: digest(text) for n, text in stored.items()}
    assert stored == {
        "default-smoke.log": "hello, world\nwarning: it is late\n",
        "default-smoke.stdout.log": "hello, world\n",
        "default-smoke.stderr.log": "warning: it is late\n",
    }
    assert receipt.binary is not None
    assert receipt.binary.sha256 == digest(LOUD)
    assert (receipt.origin, receipt.commit, receipt.legs[0].exit) == ("terminal", head, 0)
    assert (receipt.version_before, receipt.version_after) == ("1.2.0", "1.3.0")
    assert f"Evidence-Digest: sha256:{digest(stage.repo.show(BRANCH, f'{FOLDER}/receipt.json'))}" in stage.repo.message(
        BRANCH
    )


def test_the_page_of_findings_tells_the_run(stage: Stage) -> None:
    """Verdict, the command that pastes back, what was seen, and who asked."""
    stage.set()

    stage.ask("run", "speak-001")

    page = stage.repo.show(BRANCH, f"{FOLDER}/findings.md")
    assert "**FALSIFY-SPEAK-001 PARTIAL_ALGORITHM_LEVEL → DISCHARGED**" in page
    assert "```bash\n./speak.sh world\n```" in page
    assert "| `default` prints `hello, world` | line 1: `hello, world` | ✅ |" in page
    assert "Asked for by `A Tester` on 2026-05-04, with `discharge run speak-001` (smoke `speak`)." in page


def test_a_promise_that_fails_is_a_table_and_nothing_else(stage: Stage) -> None:
    """Falsified is a result, with its own status."""
    stage.set(program=LOUD)
    before = stage.state()

    said = stage.ask("run", "speak-002")

    assert said.status == 1
    assert "FALSIFY-SPEAK-002 falsified" in said.out
    assert "`default` never prints `warning:`" in said.out
    assert "line 2: `warning: it is late`" in said.out
    assert stage.state() == before


def test_what_held_is_discharged_although_its_neighbour_failed(stage: Stage) -> None:
    """Each promise is judged by itself; the status of the command tells that one failed."""
    stage.set(program=LOUD)

    said = stage.ask("run", "speak-001,speak-002", "--json")

    assert said.status == 1
    assert [v["verdict"] for v in said.data["verdicts"]] == ["held", "falsified"]
    title = "discharge(speak-v1): FALSIFY-SPEAK-001 PARTIAL → DISCHARGED via live "
    assert said.data["plan"][0]["title"].startswith(title)
    document = read_contract(stage.repo.show(BRANCH, CONTRACT_PATH), CONTRACT_PATH)
    assert document.contract is not None
    assert [f.status for f in document.contract.falsifiers] == ["DISCHARGED", "FUNCTIONAL", None]


def test_a_dry_run_shows_what_it_would_do_and_does_nothing(stage: Stage) -> None:
    """Message and diff are whole: the diff can be applied."""
    stage.set()
    before = stage.state()

    said = stage.ask("run", "speak-001", "--dry-run")

    assert said.status == 0
    assert stage.state() == before
    assert f"branch  {BRANCH} (dry run: nothing was written)" in said.out
    assert "\nStatus flips (1 falsifier):\n" in said.out
    patch = said.out[said.out.index("\n--- a/contracts") + 1 :]
    (stage.repo.folder.parent / "the.patch").write_text(patch.rstrip("\n") + "\n", encoding="utf-8")
    stage.repo.git("apply", "../the.patch")
    assert "version: 1.3.0" in (stage.repo.folder / CONTRACT_PATH).read_text(encoding="utf-8")
    assert (stage.repo.folder / FOLDER / "default-smoke.log").read_text(encoding="utf-8") == "hello, world\n"


def test_asking_twice_is_asking_once(stage: Stage) -> None:
    """The branch stays where it is; the second answer says why."""
    stage.set()
    stage.ask("run", "speak-001")
    tip = stage.repo.git("rev-parse", BRANCH)

    said = stage.ask("run", "speak-001")

    assert said.status == 0
    assert "nothing to discharge: no held verdict moves a status." in said.out
    assert stage.repo.git("rev-parse", BRANCH) == tip


def test_what_is_discharged_already_stays_as_it_is(stage: Stage) -> None:
    """The verdict is told, and no version moves."""
    stage.set({CONTRACT_PATH: CONTRACT.replace("PARTIAL_ALGORITHM_LEVEL", "DISCHARGED")})
    before = stage.state()

    said = stage.ask("run", "speak-001", "--json")

    assert said.status == 0
    assert said.data["verdicts"][0]["verdict"] == "held"
    assert said.data["plan"] == [{"refused": "nothing to discharge: no held verdict moves a status", "mend": None}]
    assert (said.data["version"], said.data["evidence"]) == (None, None)
    assert stage.state() == before


def test_a_further_discharge_joins_the_open_branch(stage: Stage) -> None:
    """1.2 → 1.3 → 1.4 on one branch, in one folder; its evidence line names its own page."""
    stage.set()
    stage.ask("run", "speak-001")

    said = stage.ask("run", "speak-002")

    assert said.status == 0
    assert stage.repo.git("diff", "--name-status", f"{BRANCH}~1", BRANCH).replace("\t", " ").splitlines() == [
        f"M {CONTRACT_PATH}",
        f"A {FOLDER}/findings-v1.4.0.md",
        f"A {FOLDER}/receipt-v1.4.0.json",
    ]
    document = read_contract(stage.repo.show(BRANCH, CONTRACT_PATH), CONTRACT_PATH)
    assert document.contract is not None
    assert f"; see {FOLDER}/findings.md" in document.contract.falsifiers[0].evidence[-1]
    assert f"; see {FOLDER}/findings-v1.4.0.md" in document.contract.falsifiers[1].evidence[-1]


def test_a_discharge_after_the_last_one_landed_begins_anew(stage: Stage) -> None:
    """A squash merge closes the branch: the next one starts at main with the next version."""
    stage.set()
    stage.ask("run", "speak-001")
    stage.repo.git("merge", "--quiet", "--squash", BRANCH)
    stage.land(f"{stage.repo.git('log', '-1', '--format=%s', BRANCH)} (#2)", {})

    said = stage.ask("run", "speak-002", "--json")

    assert said.data["plan"][0]["branch"] == "discharge/speak-v1/v1.4.0"
    assert said.data["version"] == ["1.3.0", "1.4.0"]
    assert said.data["evidence"] == "evidence/speak-002-live-discharge-2026-05-04"


def test_a_commit_that_is_not_on_the_default_branch_is_a_trial(stage: Stage) -> None:
    """A verdict and a table, and no flip; the evidence can be kept."""
    stage.set(program=LOUD)
    stage.repo.git("checkout", "--quiet", "-b", "side")
    side = stage.land("quieter", {}, PROGRAM)
    stage.repo.git("checkout", "--quiet", "main")
    before, kept = stage.state(), stage.repo.folder.parent / "kept"

    said = stage.ask("run", "speak-002", "--rev", "side", "--keep", str(kept))

    assert said.status == 0
    assert "FALSIFY-SPEAK-002 held" in said.out
    assert f"this was a trial: {side[:12]} is not on main. Only commits on the default branch can be" in said.out
    assert stage.state() == before
    folder = kept / "speak-002-live-discharge-2026-05-04"
    page = (folder / "findings.md").read_text(encoding="utf-8")
    assert page.startswith("# FALSIFY-SPEAK-002 — Live Evidence, nothing discharged (2026-05-04)")
    assert "`discharge run speak-002 --rev side`" in page
    receipt = read_receipt((folder / "receipt.json").read_bytes())
    assert (receipt.falsifiers[0].before, receipt.falsifiers[0].after) == ("FUNCTIONAL", "FUNCTIONAL")


def test_evidence_is_kept_whatever_the_verdict(stage: Stage) -> None:
    """A failure is looked at more closely than a success."""
    stage.set(program=LOUD)
    kept = stage.repo.folder.parent / "deep" / "kept"

    said = stage.ask("run", "speak-002", "--keep", str(kept), "--json")

    folder = Path(said.data["kept"])
    assert said.status == 1
    assert sorted(p.name for p in folder.iterdir()) == [
        "default-smoke.log",
        "default-smoke.stderr.log",
        "default-smoke.stdout.log",
        "findings.md",
        "receipt.json",
    ]
    assert read_receipt((folder / "receipt.json").read_bytes()).falsifiers[0].verdict == "falsified"


def test_two_contracts_at_once_are_refused(stage: Stage) -> None:
    """One branch belongs to one contract."""
    other = CONTRACT.replace("SPEAK", "SING")
    stage.set({"contracts/sing-v1.yaml": other})

    assert stage.refuse("run", "speak-001", "sing-001") == (
        "these falsifiers belong to 2 contracts. Discharge one contract at a time."
    )


def test_falsifiers_of_two_smokes_are_refused(stage: Stage) -> None:
    """One run is one smoke."""
    second = CONFIG.partition("smokes:\n")[2].replace("  speak:\n", "  again:\n", 1)
    first = CONFIG.replace('      FALSIFY-SPEAK-002: [{leg: default, never: ["warning:"]}]\n', "")
    second = second.replace('      FALSIFY-SPEAK-001: [{leg: default, contains: "hello, world"}]\n', "")
    stage.set({CONFIG_PATH: first + second})

    assert stage.refuse("run", "speak-001,speak-002") == (
        "these falsifiers need different smokes. Run them one after the other."
    )
    assert stage.ask("run", "speak-002", "--json").data["smoke"] == "again"


def test_a_percentage_that_the_operator_declares_moves_with_the_discharge(stage: Stage) -> None:
    """It stands in the changelog entry and in the message, with its reason."""
    stage.set()

    said = stage.ask("run", "speak-001", "--ship", "MODEL-1 +2 because it greets")

    assert said.status == 0
    assert "- MODEL-1 ship %: 87% → 89% (it greets)" in stage.repo.message(BRANCH)
    assert "MODEL-1 ship %: 87% → 89% (it greets)." in stage.repo.show(BRANCH, CONTRACT_PATH)


def test_the_branch_is_not_moved_under_somebody_who_stands_on_it(stage: Stage) -> None:
    """A checked-out branch would look dirty all at once."""
    stage.set()
    stage.ask("run", "speak-001")
    stage.repo.git("checkout", "--quiet", BRANCH)

    assert stage.refuse("run", "speak-002") == (
        f"the branch {BRANCH} is checked out. Check out another branch, and try again."
    )


def test_a_run_is_told_to_machines_in_one_shape(stage: Stage) -> None:
    """The keys that a script may rely on."""
    head = stage.set()

    said = stage.ask("run", "speak-001", "--json")

    data = said.data
    assert list(data) == [
        "verdicts",
        "contract",
        "smoke",
        "commit_tested",
        "version",
        "evidence",
        "kept",
        "passed_over",
        "pull_request",
        "plan",
        "diff",
    ]
    assert data["verdicts"] == [
        {
            "falsifier": "FALSIFY-SPEAK-001",
            "verdict": "held",
            "reason": None,
            "branch": "prediction",
            "measurements": [
                {
                    "expected": "`default` prints `hello, world`",
                    "observed": "line 1: `hello, world`",
                    "match": "yes",
                    "margin": None,
                }
            ],
        }
    ]
    assert (data["contract"], data["smoke"], data["commit_tested"]) == (CONTRACT_PATH, "speak", head)
    assert list(data["plan"][0]) == ["branch", "commit", "title", "message", "files"]
    assert data["plan"][0]["commit"] == stage.repo.git("rev-parse", BRANCH)
    assert data["diff"].startswith(f"--- a/{CONTRACT_PATH}\n+++ b/{CONTRACT_PATH}\n@@")


def test_recorded_logs_are_judged_and_nothing_is_run_or_written(stage: Stage) -> None:
    """`judge` looks at every promise of the smoke, or at those that are named."""
    stage.set(program="#!/bin/sh\ntouch $TMPDIR/ran\n")
    log = stage.repo.folder.parent / "a.log"
    log.write_text("hello, world\n", encoding="utf-8")
    before = stage.state()

    every = stage.ask("judge", "--smoke", "speak", "--leg", f"default={log}", "--json")
    one = stage.ask("judge", "speak-002", "--smoke", "speak", "--leg", f"default={log}", "--json")
    none = stage.ask("judge", "--smoke", "speak", "--json")

    assert (every.status, one.status, none.status) == (0, 0, 3)
    assert [v["verdict"] for v in every.data["verdicts"]] == ["held", "held"]
    assert [v["falsifier"] for v in one.data["verdicts"]] == ["FALSIFY-SPEAK-002"]
    assert {v["reason"] for v in none.data["verdicts"]} == {"leg default did not run: no log of it was given"}
    assert stage.state() == before
    assert not (stage.repo.folder.parent / "scratch" / "ran").exists()


def test_recorded_logs_about_a_contract_that_is_no_more_are_not_judged(stage: Stage) -> None:
    """The smoke still names it; whether it is gone or broken is told."""
    stage.set({CONTRACT_PATH: "a: 1\na: 2\n"})
    assert stage.refuse("judge", "--smoke", "speak").startswith(f"{CONTRACT_PATH}:2:1: the key “a” stands twice")

    stage.repo.git("rm", "--quiet", CONTRACT_PATH)
    stage.land("remove it", {})
    assert f"{CONTRACT_PATH} does not exist at " in stage.refuse("judge", "--smoke", "speak")


def test_contracts_are_listed_for_machines(stage: Stage) -> None:
    """Files that are no contracts are listed as such, and are no failure."""
    stage.set({"contracts/registry.yaml": "- 1\n"})

    said = stage.ask("list", "--json")

    assert said.status == 0
    assert said.data == [
        {
            "contract": "contracts/registry.yaml",
            "path": "contracts/registry.yaml",
            "version": None,
            "falsifiers": [],
            "no_contract": "the file is not a mapping at its top",
        },
        {
            "contract": "speak-v1",
            "path": CONTRACT_PATH,
            "version": "1.2.0",
            "falsifiers": [
                {"id": "FALSIFY-SPEAK-001", "status": "PARTIAL_ALGORITHM_LEVEL", "stale": None},
                {"id": "FALSIFY-SPEAK-002", "status": "FUNCTIONAL", "stale": None},
                {"id": "FALSIFY-SPEAK-003", "status": None, "stale": None},
            ],
        },
    ]


def test_contracts_are_listed_for_people(stage: Stage) -> None:
    """One row a falsifier, one name a contract; a broken file is a row too, and the status is 2."""
    stage.set(
        {
            "contracts/broken.yaml": b"\xff",
            "contracts/bare-v1.yaml": "metadata: {version: 0.1.0}\n",
            "contracts/registry.yaml": "- 1\n",
        }
    )

    said = stage.ask("list")

    assert said.status == 2
    assert [line.rstrip() for line in said.out.splitlines()] == [
        "contract                 version  falsifier          status",
        "bare-v1                  0.1.0    no falsifiers",
        f"{'contracts/broken.yaml':53}contracts/broken.yaml:1: this is not UTF-8. Save the file as UTF-8.",
        "contracts/registry.yaml                              no contract: the file is not a mapping at its top",
        "speak-v1                 1.2.0    FALSIFY-SPEAK-001  PARTIAL_ALGORITHM_LEVEL",
        "                                  FALSIFY-SPEAK-002  FUNCTIONAL",
        "                                  FALSIFY-SPEAK-003  unbound",
    ]


def test_a_repository_without_configuration_can_be_listed(stage: Stage) -> None:
    """A look costs nothing: contracts are looked for where people keep them."""
    stage.land("Start", {CONTRACT_PATH: CONTRACT})
    assert "speak-v1" in stage.ask("list").out

    stage.repo.git("rm", "--quiet", CONTRACT_PATH)
    stage.land("no contract", {})
    said = stage.ask("list")
    assert (said.status, said.out) == (0, "no contracts match the configured patterns\n")


def test_an_amendment_is_told_to_machines_in_the_same_shape(stage: Stage) -> None:
    """Plan and diff, as for a run; nothing is written in a dry run, and nothing to record is no failure."""
    stage.set()
    before = stage.state()

    said = stage.ask("amend", "--dry-run", "--json", "--title", "What was said")
    none = stage.ask("amend", "--since", "main", "--json")

    assert (said.status, none.status) == (0, 0)
    assert said.data["plan"][0]["title"] == "spec(speak): v2.5.0 — §2 What was said"
    assert said.data["plan"][0]["commit"] is None
    assert said.data["diff"].startswith("--- a/docs/speak-spec.md\n")
    assert none.data["plan"] == [{"refused": "nothing landed since docs/speak-spec.md was last amended", "mend": None}]
    assert stage.state() == before


def test_an_amendment_with_a_declared_percentage_is_a_commit(stage: Stage) -> None:
    """The spec that is named is amended; the operator's points stand in it."""
    config = CONFIG.replace("smokes:", "  - {name: other, path: docs/other.md}\nsmokes:")
    stage.set({CONFIG_PATH: config, "docs/other.md": "# Other\n\n**Version:** 1.0.0\n"})

    assert "the configuration has 2 specs. Say which with --spec NAME: speak, other." in stage.refuse("amend")
    said = stage.ask("amend", "--spec", "speak", "--ship", "MODEL-1 +1 because people smile", "--json")

    spec = stage.repo.show(said.data["plan"][0]["commit"], "docs/speak-spec.md")
    assert "87% → **88%**" in spec
    assert "people smile" in spec


def test_a_configuration_without_specs_amends_nothing(stage: Stage) -> None:
    """The sentence says where to add one."""
    stage.set({CONFIG_PATH: 'version: 1\ncontracts: ["contracts/*.yaml"]\n'})

    assert stage.refuse("amend") == "the configuration names no spec. Add it under `specs:`."


@pytest.mark.parametrize(
    "command", [[], ["run"], ["judge"], ["amend"], ["check"], ["list"], ["draft"], ["schema"]], ids=str
)
def test_every_command_explains_itself(command: list[str]) -> None:
    """Help is plain text, and no failure."""
    said = say(*command, "--help")

    assert said.status == 0
    assert said.out.startswith(f"Usage: discharge {' '.join(command)}".rstrip())


def test_without_a_command_the_help_is_shown() -> None:
    """Nobody is left with an empty line; the version is told."""
    assert say().out == say("--help").out
    assert say("--version").out == "discharge 0.1.0\n"


def test_the_schema_is_json(stage: Stage) -> None:
    """Editors complete the configuration with it."""
    assert json.loads(say("schema").out)["title"] == "Config"


class Screen(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(("json_", "told"), [([], True), (["--json"], False)])
def test_a_person_at_a_terminal_is_told_what_happens_now(stage: Stage, json_: list[str], *, told: bool) -> None:
    """A smoke can take minutes; machines are told nothing but the result."""
    stage.set()
    command = ["run", "speak-001", "--dry-run", "--repo", str(stage.repo.folder), *json_]

    with redirect_stdout(StringIO()), redirect_stderr(Screen()) as screen, pytest.raises(SystemExit):
        main(command)

    assert ("  … running leg default: ./speak.sh world\n" in screen.getvalue()) is told


def test_a_linked_work_tree_and_a_bare_repository_will_do(stage: Stage, tmp_path: Path) -> None:
    """Commits are read and written, never files; a folder inside the checkout is as good as its top."""
    stage.set()
    stage.repo.git("worktree", "add", "--quiet", "-b", "elsewhere", str(tmp_path / "tree"))
    stage.repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))

    folders = (tmp_path / "tree" / "docs", tmp_path / "bare.git")
    said = [say("run", "speak-001", "--json", "--repo", str(folder)) for folder in folders]

    assert [one.status for one in said] == [0, 0]
    assert said[0].data["plan"][0]["commit"] == stage.repo.git("rev-parse", BRANCH)
    assert (
        stage.repo.git("--git-dir", str(tmp_path / "bare.git"), "rev-parse", BRANCH)
        == said[1].data["plan"][0]["commit"]
    )
    assert stage.repo.git("-C", str(tmp_path / "tree"), "status", "--porcelain") == ""


def test_a_contract_whose_name_git_would_refuse_gets_a_branch_all_the_same(stage: Stage) -> None:
    """What a branch cannot be called becomes a dash; a further discharge finds it again."""
    odd = "contracts/speak it~..v1.yaml"
    stage.set(
        {
            odd: CONTRACT.replace("SPEAK", "SHOUT"),
            CONFIG_PATH: CONFIG.replace("SPEAK", "SHOUT").replace(CONTRACT_PATH, f'"{odd}"'),
        }
    )

    first, second = stage.ask("run", "shout-001", "--json"), stage.ask("run", "shout-002", "--json")

    assert [one.data["plan"][0]["branch"] for one in (first, second)] == ["discharge/speak-it--v1/v1.3.0"] * 2
    assert second.data["version"] == ["1.3.0", "1.4.0"]


def test_a_mistake_of_the_program_is_a_sentence_and_status_70(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a traceback, unless somebody asks for it."""
    stage.set()

    def fail(*_: object) -> None:
        raise RuntimeError("a wheel came off")

    monkeypatch.setattr("app.report.describe_contracts", fail)
    said = stage.ask("list")

    assert said.status == 70
    assert said.err == (
        "internal error: RuntimeError: a wheel came off\n"
        "This is a mistake in discharge. DISCHARGE_DEBUG=1 shows where.\n"
    )
    monkeypatch.setenv("DISCHARGE_DEBUG", "1")
    with pytest.raises(RuntimeError, match="a wheel came off"):
        stage.ask("list")


def real(stage: Stage, *words: str) -> subprocess.Popen[str]:
    """Start the real program as a process of its own."""
    env = {**os.environ, "XDG_CACHE_HOME": str(stage.repo.folder.parent / "cache")}
    command = [str(DISCHARGE), *words, "--repo", str(stage.repo.folder)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        preexec_fn=hear_signals,  # noqa: PLW1509 - no other thread runs here, and it only resets a signal
    )


def hear_signals() -> None:
    """Undo what a shell does to the jobs that it starts in the background: they ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_the_installed_program_is_the_same(stage: Stage) -> None:
    """One command as a shell starts it: output, errors and status."""
    stage.set()

    listed, wrong = real(stage, "list"), real(stage, "run", "nope")

    assert "FALSIFY-SPEAK-001" in listed.communicate()[0]
    out, err = wrong.communicate()
    assert (listed.returncode, wrong.returncode) == (0, 2)
    assert (out, err) == ("", "error: no falsifier is called “nope”. `discharge list` shows every falsifier.\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_leg_and_leaves_nothing(stage: Stage, number: signal.Signals) -> None:
    """The person at the keyboard is obeyed at once, and so is a service manager: status 130, no branch, no leg left."""
    scratch = stage.repo.folder.parent
    stage.set(program=f"#!/bin/sh\necho $$ > {scratch}/pid\nexec sleep 60\n")
    before = stage.state()
    run = real(stage, "run", "speak-001")
    latest = time.monotonic() + 20
    while not (scratch / "pid").exists() or not (scratch / "pid").read_text(encoding="utf-8"):
        assert time.monotonic() < latest
        time.sleep(0.02)

    run.send_signal(number)
    _, err = run.communicate(timeout=20)

    assert run.returncode == 130
    assert err == "stopped\n"
    assert stage.state() == before
    with pytest.raises(ProcessLookupError):
        os.kill(int((scratch / "pid").read_text(encoding="utf-8")), 0)


def test_a_reader_that_goes_away_does_not_turn_a_failure_green(stage: Stage) -> None:
    """`discharge run … | head -0` keeps the status of the run."""
    stage.set(program=LOUD)
    run = real(stage, "run", "speak-002")
    assert run.stdout is not None
    run.stdout.close()

    assert run.wait(timeout=20) == 1
    assert run.stderr is not None
    assert run.stderr.read() == ""
    run.stderr.close()
