"""The example's documents agree with each other, with the weights, and with what its pull requests say they do."""

from __future__ import annotations

import difflib
import hashlib
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from app.config import check
from app.config import read as read_config
from contracts.document import read as read_contract
from contracts.progress import Tally, compare, read_ships, read_tallies
from evidence.judge import judge
from evidence.model import Falsified, Held, NotMeasured, Observation
from spec.document import read as read_spec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from evidence.model import Verdict

PARITY = "contracts/g2p-cpu-vs-gpu-output-parity-v1.yaml"
LEXICON = "contracts/g2p-lexicon-v1.yaml"
SPEC = "docs/specifications/g2p-spec.md"
PULL_REQUESTS = (101, 102, 103)
IDS = tuple(f"FALSIFY-CPU-GPU-00{n}" for n in range(1, 6))
ANSWER = "Output:\nR AH1 N ER0\n\nCompleted in 0.41s\n"
GPU_LOG = """\
[gpu#1] torch 2.13.0, CUDA 13.0
Backend: CUDA (Test Device)
[g2p-parity] cosine vs CPU = {cosine} over 5 steps
[g2p-parity] argmax agreement = {agreeing}/5 steps
[g2p-parity] CUDA path {decision}
"""


def _text(g2p: Path, path: str) -> str:
    return (g2p / path).read_text(encoding="utf-8")


def _state(g2p: Path, folder: Path, landed: int) -> Path:
    """Lay the repository out as it is after the first so many pull requests."""
    shutil.copytree(g2p, folder, ignore=shutil.ignore_patterns("landings", "__pycache__"))
    for number in PULL_REQUESTS[:landed]:
        overlay = g2p / "landings" / str(number)
        shutil.copytree(
            overlay, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("message.txt", "__pycache__")
        )
    return folder


def _message(g2p: Path, number: int) -> str:
    return _text(g2p, f"landings/{number}/message.txt")


def test_the_configuration_is_read_without_a_finding(g2p: Path) -> None:
    """Keys, patterns, paths and ids of `.github/discharge.yml` are what Discharge knows and the repository has."""
    configured = read_config(_text(g2p, ".github/discharge.yml"))
    paths = [path.relative_to(g2p).as_posix() for path in g2p.rglob("*") if path.is_file()]

    assert check(configured, paths, {PARITY: IDS}) == []
    assert configured.config.specs[0].cadence.landed == 3


def test_every_prediction_is_about_a_falsifier_of_the_contract(g2p: Path) -> None:
    """Read with PyYAML alone, the smoke and the contract name the same five promises."""
    smoke = yaml.safe_load(_text(g2p, ".github/discharge.yml"))["smokes"]["cpu-gpu"]
    contract = yaml.safe_load(_text(g2p, smoke["contract"]))
    statuses = {test["id"]: test["status"] for test in contract["falsification_tests"]}

    assert tuple(smoke["predictions"]) == tuple(statuses) == IDS
    assert contract["metadata"]["version"] == "1.3.0"
    assert statuses.pop("FALSIFY-CPU-GPU-004") == "FUNCTIONAL"
    assert set(statuses.values()) == {"PARTIAL_ALGORITHM_LEVEL"}
    assert contract["obligation_coverage"]["total_obligations"] == len(IDS)


def test_the_smoke_asks_for_these_weights_and_no_others(g2p: Path, weights: Path) -> None:
    """The digest in the configuration is that of the installed file."""
    model = yaml.safe_load(_text(g2p, ".github/discharge.yml"))["smokes"]["cpu-gpu"]["needs"]["model"]

    assert model["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert model["path"] == f"models/{weights.name}"


def _observe(leg: str, stdout: str, stderr: str) -> Observation:
    return Observation(leg=leg, argv=("speak.py",), merged=stderr + stdout, stdout=stdout, stderr=stderr, exit=0)


def _judge(g2p: Path, default: Observation, no_gpu: Observation, broken: Observation) -> dict[str, Verdict]:
    smoke = read_config(_text(g2p, ".github/discharge.yml")).smokes["cpu-gpu"]
    seen = {"default": default, "no-gpu": no_gpu, "broken": broken}
    return {p.falsifier: judge(p, [seen], extract=smoke.extract, proof=smoke.proof) for p in smoke.promises}


def _find_falsified(verdicts: dict[str, Verdict]) -> list[str]:
    return [id_ for id_, verdict in verdicts.items() if isinstance(verdict, Falsified)]


def test_without_a_device_only_the_promise_about_the_cpu_is_measured(
    g2p: Path, speak: Callable[..., CompletedProcess[str]], weights: Path
) -> None:
    """The real program on a machine without a GPU: 004 holds, and nothing else is claimed."""
    legs = {"default": (), "no-gpu": ("--no-gpu",), "broken": ("--inject", "offbyone")}
    runs = {leg: speak(weights, "--word", "runner", *flags) for leg, flags in legs.items()}
    seen = [_observe(leg, run.stdout, run.stderr) for leg, run in runs.items()]

    verdicts = _judge(g2p, *seen)

    assert isinstance(verdicts.pop(IDS[3]), Held)
    assert {type(verdict) for verdict in verdicts.values()} == {NotMeasured}


def test_with_a_device_all_five_promises_are_measured(g2p: Path) -> None:
    """A log as a GPU writes it: everything holds if it agrees, and promises fall if it does not.

    The defence is measured on the path that is broken on purpose: it falls where that one is accepted.
    """
    no_gpu = _observe("no-gpu", ANSWER, "Backend: CPU (numpy 2.4.6)\n")
    good = GPU_LOG.format(cosine="0.99999998", agreeing=5, decision="accepted")
    bad = GPU_LOG.format(cosine="0.16743625", agreeing=0, decision="rejected, attempting fallback: cosine")

    held = _judge(g2p, _observe("default", ANSWER, good), no_gpu, _observe("broken", ANSWER, bad))
    mixed = _judge(g2p, _observe("default", ANSWER, bad), no_gpu, _observe("broken", ANSWER, bad))
    fooled = _judge(g2p, _observe("default", ANSWER, good), no_gpu, _observe("broken", ANSWER, good))

    assert {type(verdict) for verdict in held.values()} == {Held}
    assert _find_falsified(mixed) == [IDS[0], IDS[1]]
    assert isinstance(mixed[IDS[2]], Held)
    assert _find_falsified(fooled) == [IDS[2]]


def test_the_spec_says_where_the_record_stands(g2p: Path) -> None:
    """Version, sections in mixed order, tally and percentages are found where §42 states them."""
    spec = read_spec(_text(g2p, SPEC), SPEC)
    chain = spec.chain()

    assert spec.version is not None
    assert str(spec.version.version) == "2.87.0"
    assert [section.number for section in spec.sections] == [1, 26, 42, 41]
    assert spec.end is not None
    assert (chain.tally, dict(chain.ships), chain.clashes) == (Tally(15, 33), {"MODEL-1": 87.0, "MODEL-2": 54.0}, ())


@pytest.mark.parametrize("number", PULL_REQUESTS)
def test_a_message_is_that_of_a_squash_commit(g2p: Path, number: int) -> None:
    """Subject with type, scope and number; the sections that an amendment carries on; no tally, which is computed."""
    message = _message(g2p, number)
    subject, blank, *_ = message.splitlines()

    assert re.fullmatch(rf"feat\((lexicon|parity)\): .+ \(#{number}\)", subject)
    assert blank == ""
    assert re.findall(r"^## (.+)$", message, re.MULTILINE) == [
        "Summary",
        "Net effects",
        "Five Whys",
        "Next-session pickup",
    ]
    assert re.findall(r"^(\d)\. \*\*Why", message, re.MULTILINE) == ["1", "2", "3", "4", "5"]
    assert read_tallies(message) == ()


def test_the_messages_carry_the_percentages_on(g2p: Path) -> None:
    """Each model's percentage moves from where the spec left it, without a gap."""
    stated = [ship for number in PULL_REQUESTS for ship in read_ships(_message(g2p, number))]

    assert [(ship.model, ship.before, ship.after) for ship in stated] == [
        ("MODEL-2", 54.0, 55.0),
        ("MODEL-2", 55.0, 56.0),
        ("MODEL-1", 87.0, 88.0),
    ]
    assert all(ship.reason for ship in stated)


def _added(before: Path, after: Path, path: str) -> list[str]:
    """Return the lines that *path* gained, after making sure that it lost none."""
    old, new = (_text(state, path).splitlines() for state in (before, after))
    diff = [line for line in difflib.ndiff(old, new) if not line.startswith(("  ", "?"))]
    assert [line for line in diff if line.startswith("-")] == []
    return [line[2:] for line in diff]


def test_the_contracts_move_as_the_messages_say(g2p: Path, tmp_path: Path) -> None:
    """005 and 006 are bound, 002 gains one line of evidence, and no other byte of a contract changes."""
    states = [_state(g2p, tmp_path / str(landed), landed) for landed in range(4)]

    def flips(path: str, landed: int) -> list[tuple[str, str | None, str | None]]:
        before, after = (read_contract(_text(states[n], path), path).contract for n in (landed - 1, landed))
        return [(str(flip.falsifier), flip.before, flip.after) for flip in compare(before, after)]

    for landed, id_ in ((1, "FALSIFY-G2P-LEX-005"), (2, "FALSIFY-G2P-LEX-006")):
        assert flips(LEXICON, landed) == [(id_, None, "PARTIAL_ALGORITHM_LEVEL")]
        assert len(_added(states[landed - 1], states[landed], LEXICON)) == 4
    assert flips(PARITY, 3) == []
    assert [line[:25] for line in _added(states[2], states[3], PARITY)] == ['  - "tests/test_cosine.py']


@pytest.mark.parametrize("landed", range(4))
def test_the_tests_of_the_repository_pass_at_every_commit(g2p: Path, tmp_path: Path, landed: int) -> None:
    """What the evidence lists name is there, and it passes with nothing but the repository itself."""
    state = _state(g2p, tmp_path / "state", landed)
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=state, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert f"{(12, 14, 20, 28)[landed]} passed" in done.stdout


@pytest.mark.parametrize("path", [PARITY, LEXICON])
def test_every_test_that_is_called_evidence_exists(g2p: Path, tmp_path: Path, path: str) -> None:
    """An evidence line names a test by file and function; both are there once everything has landed."""
    state = _state(g2p, tmp_path / "state", 3)
    contract: Any = yaml.safe_load(_text(state, path))
    lines = [line for test in contract["falsification_tests"] for line in test["algorithm_evidence"]]
    named = [found.groups() for line in lines for found in re.finditer(r"(tests/\w+\.py)(?:::(\w+))?", line)]

    assert named
    for file, function in named:
        assert f"def {function or 'test_'}" in _text(state, file)
