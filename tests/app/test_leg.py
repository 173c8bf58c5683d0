"""Legs that run here, legs that were recorded, legs that stand in evidence: what they show and what they cannot."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.leg import Observed, find_device
from contracts.document import read as read_contract
from evidence.model import Absent, Observation, Proof
from evidence.receipt import digest
from evidence.receipt import read as read_receipt
from runners.smoke import Smoke
from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, CONTRACT_PATH, FOLDER, PROGRAM, Stage

if TYPE_CHECKING:
    from pathlib import Path

    from evidence.model import Seen
    from evidence.receipt import Receipt
    from tests.app.conftest import Repo

COUNTING = '#!/bin/sh\necho run >> "$TMPDIR/runs"\necho "hello, $1"\n'
TOKEN = "ghp_" + "a1B2" * 9


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A stage with nothing on it."""
    return Stage(repo)


def runs(stage: Stage) -> int:
    """Return how often the program ran."""
    log = stage.repo.folder.parent / "scratch" / "runs"
    return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0


def changed(old: str, new: str, text: str = CONFIG) -> str:
    """Return *text* with one thing changed that really stands in it."""
    assert old in text
    return text.replace(old, new)


def with_settings(*lines: str) -> str:
    """Return the configuration with more lines in its smoke."""
    return changed("    timeout: 20s\n", "".join(f"    {line}\n" for line in ("timeout: 20s", *lines)))


def receipt_at(stage: Stage, name: str = "receipt.json", folder: str = FOLDER) -> Receipt:
    """Return a receipt as it stands on the branch."""
    return read_receipt(stage.repo.show(BRANCH, f"{folder}/{name}"))


def unmeasured(stage: Stage, *words: str) -> str:
    """Return why nothing was measured: status 3, nothing written, no program left."""
    before = stage.state()
    said = stage.ask("run", *(words or ("speak-001",)), "--json")
    assert said.status == 3
    assert stage.state() == before
    return str(said.data["verdicts"][0]["reason"])


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("#!/bin/sh\necho hello, world\nexit 7\n", "leg default exited 7"),
        ("#!/bin/sh\necho hello, world\nkill -SEGV $$\n", "leg default was ended by SIGSEGV"),
        ("hello, world\n", "leg default did not run: `./speak.sh` cannot be started: Exec format error"),
        ("#!/bin/sh\necho hello, world; exec yes\n", "leg default printed more than 16 MiB"),
    ],
)
def test_a_program_that_dies_proves_nothing(stage: Stage, program: str, why: str) -> None:
    """Neither for the promise nor against it, although the text was printed."""
    stage.set(program=program)

    assert unmeasured(stage).startswith(why)


def test_a_leg_that_never_ends_is_ended(stage: Stage) -> None:
    """After its timeout the whole group is gone, and nothing is half-written."""
    config = changed("timeout: 20s", "timeout: 300ms")
    stage.set({CONFIG_PATH: config}, '#!/bin/sh\necho hello, world\necho $$ > "$TMPDIR/pid"\nsleep 60 & wait\n')

    assert unmeasured(stage) == "leg default ran longer than 0.3 s"
    with pytest.raises(ProcessLookupError):
        os.killpg(int((stage.repo.folder.parent / "scratch/pid").read_text(encoding="utf-8")), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands over what left its group")
def test_a_leg_that_forks_away_is_judged_and_leaves_nobody(stage: Stage) -> None:
    """A daemon in a session of its own, with the output open, is killed; the verdict is the leg's."""
    program = (
        f"#!{sys.executable} -S\nimport os, time\nprint('hello, world', flush=True)\n"
        "if not os.fork():\n os.setsid()\n if not os.fork():\n"
        "  open(os.environ['TMPDIR'] + '/pid', 'w').write(str(os.getpid()))\n  time.sleep(60)\n os._exit(0)\n"
        "os.wait()\n"
    )
    stage.set(program=program)

    assert stage.ask("run", "speak-001").status == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int((stage.repo.folder.parent / "scratch/pid").read_text(encoding="utf-8")), 0)


def test_a_missing_model_is_not_measured(stage: Stage, tmp_path: Path) -> None:
    """The path stands in the sentence; the program is not even started."""
    stage.set({CONFIG_PATH: with_settings(f"needs: {{model: {{path: {tmp_path}/model.bin}}}}")}, COUNTING)

    assert unmeasured(stage) == f"leg default did not run: the need `model` does not exist: `{tmp_path}/model.bin`"
    assert runs(stage) == 0


def test_a_model_that_is_another_one_is_not_measured(stage: Stage, tmp_path: Path) -> None:
    """A digest that is stated is verified."""
    (tmp_path / "model.bin").write_bytes(b"weights")
    config = with_settings(f"needs: {{model: {{path: {tmp_path}/model.bin, sha256: {'ab' * 32}}}}}")
    stage.set({CONFIG_PATH: config}, COUNTING)

    assert unmeasured(stage).startswith("leg default did not run: the need `model` has the sha256 ")
    assert runs(stage) == 0


def test_a_program_that_was_not_built_is_not_measured(stage: Stage) -> None:
    """There is no such file at the commit."""
    stage.set({CONFIG_PATH: changed("binary: speak.sh", "binary: target/speak")})

    assert unmeasured(stage) == "leg default did not run: the program `target/speak` does not exist"


def test_a_device_that_does_not_show_in_the_log_is_not_measured(stage: Stage) -> None:
    """A run that fell back to the CPU proves nothing about the GPU."""
    stage.set({CONFIG_PATH: with_settings("device: {leg: default, pattern: 'Backend: (wgpu|CUDA)'}")})

    assert unmeasured(stage) == "no proof of the device: `Backend: (wgpu|CUDA)` is not in the log of leg default"


def test_the_device_that_the_log_proves_names_the_smoke(stage: Stage) -> None:
    """The title says on what it ran; colours are taken out, other control characters are shown, not obeyed."""
    stage.set(
        {CONFIG_PATH: with_settings("device: {leg: default, pattern: 'Backend: (\\S+)'}")},
        PROGRAM + "printf 'Backend: \\033[1mwg\\007pu\\n'\n",
    )

    said = stage.ask("run", "speak-001", "--json")

    assert said.data["plan"][0]["title"].endswith("→ DISCHARGED via live wg␇pu smoke")
    assert "Device, as the log" in stage.repo.message(BRANCH)
    assert receipt_at(stage).device == "Backend: wg␇pu"


@pytest.mark.parametrize(
    ("pattern", "log", "found"),
    [
        ("Backend: (wgpu|CUDA)", "x\nBackend: CUDA (8.9)\n", ("Backend: CUDA", "cuda")),
        ("Backend: .*", "Backend: CUDA", ("Backend: CUDA", "")),
        ("Backend: .*", "Backend: none here\r", ("Backend: none here", "")),
        ("Backend", "no such word", ("", "")),
    ],
)
def test_a_device_is_what_the_pattern_takes(pattern: str, log: str, found: tuple[str, str]) -> None:
    """The whole hit proves it, the first group names it."""
    smoke = Smoke("s", "c.yaml", (), (), proof=Proof("default", pattern))
    seen = Observation("default", ("x",), log, exit=0)

    assert find_device(smoke, Observed(({"default": seen},), None, (), "")) == found


@pytest.mark.parametrize("seen", [{}, {"default": Absent("default", "no model")}])
def test_where_no_leg_proves_a_device_none_is_claimed(seen: dict[str, Seen]) -> None:
    """A leg that did not run says nothing."""
    smoke = Smoke("s", "c.yaml", (), (), proof=Proof("default", "Backend"))

    assert find_device(smoke, Observed((seen,), None, (), "")) == ("", "")
    assert find_device(replace(smoke, proof=None), Observed((seen,), None, (), "")) == ("", "")


def test_repeats_that_agree_are_all_stored(stage: Stage) -> None:
    """Every repeat has its own logs, and its own row."""
    stage.set({CONFIG_PATH: with_settings("repeat: 3")}, COUNTING)

    said = stage.ask("run", "speak-001", "--json")

    assert runs(stage) == 3
    assert [m["observed"][:10] for m in said.data["verdicts"][0]["measurements"]] == [
        "run 1 of 3",
        "run 2 of 3",
        "run 3 of 3",
    ]
    receipt = receipt_at(stage)
    assert [(leg.repeat, leg.logs[0].file) for leg in receipt.legs] == [
        (1, "default-smoke.log"),
        (2, "default-smoke-2.log"),
        (3, "default-smoke-3.log"),
    ]
    assert "held in each of 3 runs" in " ".join(stage.repo.message(BRANCH).split())


def test_repeats_that_disagree_are_unstable(stage: Stage) -> None:
    """A promise that holds every other time is not kept, and not broken: it is not measured."""
    alternating = COUNTING + '[ $(($(wc -l < "$TMPDIR/runs") % 2)) = 1 ] || echo "warning: even"\n'
    stage.set({CONFIG_PATH: with_settings("repeat: 4")}, alternating)

    assert unmeasured(stage, "speak-002") == "unstable: held in 2 of 4 repeats"


def test_secrets_stand_in_no_stored_file(stage: Stage) -> None:
    """Not in a log, not on the page, not in the message, not in the contract; the rest stays verbatim."""
    config = changed(
        'contains: "hello, world"', "capture: '(hello.*)', equals: 'hello, world [redacted: github token]'"
    )
    config += "redact: {hosts: [workstation-7], folders: [/home/somebody]}\n"
    leaky = (
        f'#!/bin/sh\necho "hello, $1 {TOKEN}"\necho "password=hunter2-and-more on workstation-7 /home/somebody/x" >&2\n'
    )
    stage.set({CONFIG_PATH: config}, leaky)

    said = stage.ask("run", "speak-001", "--json")

    assert said.status == 0
    everything = stage.repo.git("log", "-p", "--format=%B", "main.." + BRANCH) + said.out
    for secret in (TOKEN, "hunter2", "workstation-7", "/home/somebody"):
        assert secret not in everything
    log = stage.repo.show(BRANCH, f"{FOLDER}/default-smoke.log")
    assert "hello, world [redacted: github token]" in log
    assert "password=[redacted: secret] on [redacted: host] [redacted: folder]/x" in log
    assert digest(log) == receipt_at(stage).legs[0].logs[0].sha256


def test_secrets_of_this_machine_do_not_reach_the_program(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is an allow-list, what the smoke adds, and what it removes."""
    monkeypatch.setenv("MY_API_TOKEN", "not for you")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    config = with_settings("env: {MODE: fast, CUDA_VISIBLE_DEVICES: null}")
    stage.set({CONFIG_PATH: config}, '#!/bin/sh\necho "hello, $1"\nenv\n')

    stage.ask("run", "speak-001")

    log = stage.repo.show(BRANCH, f"{FOLDER}/default-smoke.log")
    assert "MODE=fast\n" in log
    assert "PATH=" in log
    assert "MY_API_TOKEN" not in log
    assert "CUDA_VISIBLE_DEVICES" not in log
    assert "env -u CUDA_VISIBLE_DEVICES MODE=fast ./speak.sh world" in stage.repo.message(BRANCH)


def test_a_leg_sees_the_commit_and_no_repository(stage: Stage) -> None:
    """It runs in a copy of the tested commit: no history, no dirty file, a folder for what it writes."""
    stage.set(program='#!/bin/sh\necho "hello, $1"\nls\nls -A | grep -x .git\ncat docs/note.md\n')
    stage.repo.write({"docs/note.md": "dirty\n"})

    stage.ask("run", "speak-001")

    log = stage.repo.show(BRANCH, f"{FOLDER}/default-smoke.log")
    assert log == "hello, world\ncontracts\ndocs\nspeak.sh\na note\n"


def test_output_that_is_no_text_is_stored_and_told_all_the_same(stage: Stage) -> None:
    """NUL, progress bars and broken UTF-8 do not stop the commit; colours are taken out before anything is judged."""
    stage.set(program="#!/bin/sh\nprintf '10%%\\r20%%\\r\\0\\377\\n\\033[31mhello, world\\033[0m\\n'\n")

    said = stage.ask("run", "speak-001")

    assert said.status == 0
    message = stage.repo.message(BRANCH)
    assert "    hello, world\n" in message
    assert "\x1b" not in message + said.out
    log = stage.repo.show(BRANCH, f"{FOLDER}/default-smoke.log")
    assert log == "10%\r20%\r\0\ufffd\nhello, world\n"


BUILT = changed("binary: speak.sh", "binary: target/speak").replace(
    "    legs:",
    '    build: [[sh, -c, "echo run >> $TMPDIR/builds; mkdir -p target; cp speak.sh target/speak"]]\n    legs:',
)


def builds(stage: Stage) -> int:
    """Return how often the program was built."""
    return len((stage.repo.folder.parent / "scratch/builds").read_text(encoding="utf-8").splitlines())


def test_a_program_is_built_once_for_a_commit(stage: Stage) -> None:
    """The second run takes it from the cache; its digest is the same."""
    stage.set({CONFIG_PATH: BUILT})

    first = stage.ask("run", "speak-001")
    stage.repo.git("branch", "--quiet", "-m", BRANCH, "aside")
    second = stage.ask("run", "speak-002")

    assert (first.status, second.status) == (0, 0)
    assert builds(stage) == 1
    assert len(list((stage.repo.folder.parent / "cache/discharge/programs").iterdir())) == 1
    seen = [
        read_receipt(stage.repo.show(*where))
        for where in (("aside", f"{FOLDER}/receipt.json"), (BRANCH, f"{FOLDER.replace('001', '002')}/receipt.json"))
    ]
    assert [r.binary for r in seen] == [seen[0].binary] * 2
    assert "Built with:\n\n```bash\nsh -c " in stage.repo.show("aside", f"{FOLDER}/findings.md")


def test_another_commit_is_built_anew(stage: Stage) -> None:
    """A program of another commit is not measured."""
    stage.set({CONFIG_PATH: BUILT})
    stage.ask("run", "speak-001", "--dry-run")
    stage.land("docs: more (#2)", {"docs/note.md": "more\n"})

    stage.ask("run", "speak-001", "--dry-run")

    assert builds(stage) == 2


def test_a_build_that_fails_is_not_measured(stage: Stage) -> None:
    """The step and its last words stand in the sentence."""
    config = BUILT.replace("mkdir -p target", "echo no compiler here >&2; exit 9")
    stage.set({CONFIG_PATH: config})

    assert unmeasured(stage) == (
        "leg default did not run: build step 1 exited with 9; it last printed `no compiler here`"
    )


def test_a_leg_in_evidence_is_not_run_again(stage: Stage) -> None:
    """Same commit, program, files and command line: its log is reused, and the evidence says so."""
    stage.set(program=COUNTING)
    stage.ask("run", "speak-001")

    stage.ask("run", "speak-002")

    assert runs(stage) == 1
    leg = receipt_at(stage, "receipt-v1.4.0.json").legs[0]
    assert (leg.origin, leg.source) == ("reused", f"{FOLDER}/default-smoke.log")
    message = " ".join(stage.repo.message(BRANCH).split())
    assert "reused: same commit, argv and program" in message
    assert "via live" not in stage.repo.message(BRANCH).partition("\n")[0]
    assert "Smoke: reused speak smoke" in message
    assert "Reused smoke 2026-" in stage.repo.show(BRANCH, CONTRACT_PATH)


@pytest.mark.parametrize("what", ["the program", "a file that it needs", "its stored log", "its receipt"])
def test_a_leg_runs_again_if_anything_differs(stage: Stage, tmp_path: Path, what: str) -> None:
    """Another commit, another model, evidence that was tampered with: nothing of it can be reused."""
    (tmp_path / "model.bin").write_bytes(b"weights")
    config = with_settings(f"needs: {{model: {{path: {tmp_path}/model.bin}}}}")
    stage.set({CONFIG_PATH: config}, COUNTING)
    stage.ask("run", "speak-001")
    if what == "a file that it needs":
        (tmp_path / "model.bin").write_bytes(b"other weights")
    elif what in ("its stored log", "its receipt"):
        tamper(stage, "default-smoke.log" if what == "its stored log" else "receipt.json")
    else:
        stage.land("a change (#2)", {"docs/note.md": "more\n"}, COUNTING + (":\n" if what == "the program" else ""))

    said = stage.ask("run", "speak-002", "--json")

    assert said.status == 0
    assert runs(stage) == 2
    assert said.data["evidence"] == "evidence/speak-002-live-discharge-2026-05-04"


def tamper(stage: Stage, name: str) -> None:
    """Change a file of the evidence on the open branch by hand."""
    stage.repo.git("checkout", "--quiet", BRANCH)
    path = f"{FOLDER}/{name}"
    stage.land("polish", {path: stage.repo.show(BRANCH, path).replace("hello", "hallo").replace("schema", "scheme")})
    stage.repo.git("checkout", "--quiet", "main")


def test_a_leg_that_runs_anew_does_not_hide_behind_an_older_log_of_its_name(stage: Stage) -> None:
    """One leg is reused and the other runs again: every digest is that of the log beside it."""
    legs = '      default: ["{binary}", world]\n      second: [sh, -c, "echo run >> $TMPDIR/runs; kill -9 $$"]\n'
    config = changed('      default: ["{binary}", world]\n', legs).replace(
        "{leg: default, never", "{leg: default, exit: 0}, {leg: second, never"
    )
    alive = "echo run >> $TMPDIR/runs; [ $(wc -l < $TMPDIR/runs) -gt 1 ] || kill -9 $$; echo well"
    stage.set({CONFIG_PATH: config.replace("echo run >> $TMPDIR/runs; kill -9 $$", alive)})
    first = stage.ask("run", "speak-001,speak-002", "--json")
    assert [v["verdict"] for v in first.data["verdicts"]] == ["held", "not measured"]

    said = stage.ask("run", "speak-002", "--json")

    assert said.status == 0
    folder = said.data["evidence"]
    name = next(f for f in said.data["plan"][0]["files"] if "receipt" in f).rpartition("/")[2]
    for leg in receipt_at(stage, name, folder).legs:
        for log in leg.logs:
            assert digest(stage.repo.show(BRANCH, f"{folder}/{log.file}")) == log.sha256


def test_a_recorded_log_stands_in_for_a_leg_and_the_evidence_says_so(stage: Stage, tmp_path: Path) -> None:
    """Nothing is run; title, page and receipt tell that nobody here saw it end."""
    stage.set(program=COUNTING)
    (tmp_path / "theirs.log").write_text(f"hello, world {TOKEN}\n", encoding="utf-8")

    said = stage.ask("run", "speak-001", "--leg", f"default={tmp_path}/theirs.log", "--json")

    assert (said.status, runs(stage)) == (0, 0)
    assert "via recorded" in said.data["plan"][0]["title"]
    receipt = receipt_at(stage)
    assert (receipt.origin, receipt.binary, receipt.host.name) == ("recorded", None, "")
    assert (receipt.legs[0].origin, receipt.legs[0].source, receipt.legs[0].exit) == ("recorded", "theirs.log", None)
    page = stage.repo.show(BRANCH, f"{FOLDER}/findings.md")
    assert page.startswith("# FALSIFY-SPEAK-001 — Recorded Discharge Evidence (2026-05-04)")
    assert "Recorded in `theirs.log`: nobody here ran it" in page
    assert str(tmp_path) not in page
    assert stage.repo.show(BRANCH, f"{FOLDER}/default-smoke.log") == "hello, world [redacted: github token]\n"


def test_a_recorded_leg_and_one_that_runs_make_one_verdict(stage: Stage, tmp_path: Path) -> None:
    """What is recorded is not run; the rest is, and the whole counts as recorded."""
    legs = '      default: ["{binary}", world]\n      second: ["{binary}", world]\n'
    config = changed('      default: ["{binary}", world]\n', legs).replace(
        'contains: "hello, world"}', 'contains: "hello, world"}, {same_output: [default, second]}'
    )
    stage.set({CONFIG_PATH: config}, COUNTING)
    (tmp_path / "theirs.log").write_text("hello, world\n", encoding="utf-8")

    said = stage.ask("run", "speak-001", "--leg", f"second={tmp_path}/theirs.log", "--json")

    assert (said.status, runs(stage)) == (0, 1)
    assert {leg.leg: leg.origin for leg in receipt_at(stage).legs} == {"default": "ran", "second": "recorded"}
    assert "via recorded" in said.data["plan"][0]["title"]


def test_how_a_recorded_program_ended_is_not_known(stage: Stage, tmp_path: Path) -> None:
    """A prediction about the exit status cannot be judged on a log."""
    stage.set({CONFIG_PATH: changed('contains: "hello, world"', "exit: 0")})
    (tmp_path / "theirs.log").write_text("hello, world\n", encoding="utf-8")

    assert (
        unmeasured(stage, "speak-001", "--leg", f"default={tmp_path}/theirs.log") == "nobody here saw the program end"
    )


def test_the_evidence_of_one_smoke_is_not_that_of_another(stage: Stage) -> None:
    """Receipts are read for this contract and this smoke alone; broken ones are passed over."""
    stage.set(
        {"evidence/old/receipt.json": "{}", "evidence/other/receipt-v2.json": b"\xff", "evidence/x/log.txt": "x"},
        COUNTING,
    )

    said = stage.ask("run", "speak-001")

    assert (said.status, runs(stage)) == (0, 1)
    document = read_contract(stage.repo.show(BRANCH, CONTRACT_PATH), CONTRACT_PATH)
    assert document.contract is not None
    assert re.fullmatch(
        r"Live smoke 2026-05-04: .*; see evidence/.*/findings\.md", document.contract.falsifiers[0].evidence[-1]
    )


def test_a_smoke_of_commands_needs_no_program_of_the_repository(stage: Stage) -> None:
    """Commands of this machine may be legs; nothing is known of their files, and nothing is claimed."""
    config = changed("    subject: {binary: speak.sh}\n", "").replace('["{binary}", world]', "[echo, 'hello, world']")
    stage.set({CONFIG_PATH: config})

    assert stage.ask("run", "speak-001").status == 0
    assert receipt_at(stage).binary is None


def test_a_recorded_log_cannot_stand_for_a_repeated_smoke(stage: Stage, tmp_path: Path) -> None:
    """One log is one time; the others were not seen."""
    stage.set({CONFIG_PATH: with_settings("repeat: 3")})
    (tmp_path / "theirs.log").write_text("hello, world\n", encoding="utf-8")

    assert "is repeated 3 times, and a recorded log stands for one time" in stage.refuse(
        "run", "speak-001", "--leg", f"default={tmp_path}/theirs.log"
    )
