"""The texts that people read, whole: verdicts on the terminal, a dry run, and the messages of discharges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.message import TITLE_LIMIT, abbreviate
from evidence.host import HostFacts
from evidence.model import Observation
from runners.run import run
from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, PROGRAM, SPEC, SPEC_PATH, Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evidence.model import Seen
    from tests.app.conftest import Repo

LOUD = PROGRAM + 'echo "warning: it is late" >&2\n'
MEASURED = """\
    device: {leg: default, pattern: 'Backend: (\\S+)'}
    predictions:
      FALSIFY-SPEAK-001:
        - {leg: default, contains: "hello, world"}
        - {leg: default, capture: 'loudness = ([\\d.]+)', between: [40, 60]}
      FALSIFY-SPEAK-002: [{leg: default, never: ["warning:"]}, {leg: default, exit: 0}]
      FALSIFY-SPEAK-003:
        holds: if_fails
        all: [{leg: default, count: 0, text: tune}]
"""
MEASURING = PROGRAM + 'echo "Backend: Vulkan"\necho "loudness = 52.5"\n'


@pytest.fixture
def stage(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage on which every leg takes a quarter of a second, on a machine of no name."""

    def still(*args: object, **more: object) -> Seen:
        seen = run(*args, **more)  # type: ignore[arg-type]
        return replace(seen, seconds=0.25) if isinstance(seen, Observation) else seen

    monkeypatch.setattr("runners.bench.run", still)
    monkeypatch.setattr("runners.bench.facts", lambda: HostFacts("workbench", "Linux", "a processor", "", ""))
    return Stage(repo)


def test_a_falsified_promise_as_a_person_reads_it(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """The verdict, what was predicted, what was seen, and that nothing was written."""
    stage.set(program=LOUD)

    golden("falsified.txt", stage.ask("run", "speak-002").out)


def test_a_promise_that_was_not_measured_as_a_person_reads_it(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """The reason stands in the first line."""
    stage.set({CONFIG_PATH: CONFIG.replace("    legs:", "    needs: {model: {path: /no/such/model}}\n    legs:")})

    golden("unmeasured.txt", stage.ask("run", "speak-001,speak-002").out)


def test_a_live_run_as_a_person_reads_it(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """On the terminal, in the commit's message, and on the page of findings."""
    stage.set(program=LOUD)

    golden("live-run.txt", stage.ask("run", "speak-001", "--ship", "MODEL-1 +1 because it greets").out)
    golden("live-message.txt", stage.repo.message(BRANCH))
    golden("live-findings.md", stage.repo.show(BRANCH, "evidence/speak-001-live-discharge-2026-05-04/findings.md"))


def test_a_dry_run_as_a_person_reads_it(stage: Stage, golden: Callable[[str, str], None]) -> None:
    """The message and the diff, unbroken."""
    stage.set()

    golden("dry-run.txt", stage.ask("run", "speak-001", "--dry-run").out)


def test_the_sweep_that_completes_a_contract_as_a_person_reads_it(
    stage: Stage, golden: Callable[[str, str], None]
) -> None:
    """Three of three: margins, a device, and one promise whose if_fails branch is what was validated."""
    stage.set({CONFIG_PATH: CONFIG.partition("    predictions:\n")[0] + MEASURED}, MEASURING)

    said = stage.ask("run", "all")

    assert said.status == 0
    golden("complete-message.txt", stage.repo.message(BRANCH))


def test_a_very_long_title_is_cut_and_the_message_is_not(stage: Stage) -> None:
    """The whole fits where GitHub would cut it; the flips below are all named."""
    names = [f"FALSIFY-{'LONG-' * 6}{letter}-00{n}" for n, letter in enumerate("ABCDEFGHI")]
    falsifiers = "".join(f"- id: {name}\n  rule: r\n  prediction: p\n  if_fails: f\n" for name in names)
    head = CONTRACT.partition("- id:")[0]
    predictions = "".join(f'      {name}: [{{leg: default, contains: "hello"}}]\n' for name in names[:-1])
    config = CONFIG.partition("      FALSIFY-")[0] + predictions
    stage.set({CONTRACT_PATH: head + falsifiers, CONFIG_PATH: config})

    said = stage.ask("run", *names[:-1], "--json")

    title = said.data["plan"][0]["title"]
    assert len(title) <= TITLE_LIMIT
    assert title.endswith("…")
    assert all(name in stage.repo.message(BRANCH).partition("\n")[2] for name in names[:-1])


def test_without_a_tally_none_is_claimed(stage: Stage) -> None:
    """A repository without a spec has nothing to move, and no percentage to declare."""
    config = CONFIG.replace("specs:\n  - {name: speak, path: docs/speak-spec.md}\n", "")
    stage.set({CONFIG_PATH: config})

    assert stage.ask("run", "speak-001").status == 0
    assert "tally" not in stage.repo.message(BRANCH).casefold()
    assert "tally" not in stage.repo.show(BRANCH, CONTRACT_PATH).casefold()


def test_a_percentage_that_does_not_move_is_told_as_unchanged(stage: Stage) -> None:
    """An operator may say that nothing changed, and why it is said."""
    stage.set()

    stage.ask("run", "speak-001", "--ship", "MODEL-1 +0 because one greeting is not much")

    assert "- MODEL-1 ship %: 87% (unchanged)" in stage.repo.message(BRANCH)


def test_a_spec_without_sections_leaves_nothing_to_pick_up(stage: Stage) -> None:
    """A young spec states no figures, and closes nothing."""
    stage.set({SPEC_PATH: "# Specification: speak\n\n**Version:** 0.1.0\n"})

    assert stage.ask("run", "speak-001").status == 0
    assert "Closes" not in stage.repo.message(BRANCH)
    assert "tally" not in stage.repo.message(BRANCH).casefold()


def test_what_a_section_left_to_pick_up_is_closed_by_name(stage: Stage) -> None:
    """The message says which lever of which section it pulls."""
    pickup = "\n### 1.2 Next-session pickup\n\n(a) **SPEAK-002** — no warnings\n\n(b) **SPEAK-001** — greet\n"
    stage.set({SPEC_PATH: SPEC + pickup})

    stage.ask("run", "speak-001")

    assert "- Closes the §1.2 (b) next-session pickup" in stage.repo.message(BRANCH)


def test_a_policy_that_asks_for_no_bump_writes_none(stage: Stage) -> None:
    """The version stays, no entry is made for it, and the message says why."""
    stage.set({CONFIG_PATH: CONFIG + "policy: {discharge: none}\n"})

    said = stage.ask("run", "speak-001", "--json")

    assert said.data["version"] == ["1.2.0", "1.2.0"]
    branch = said.data["plan"][0]["branch"]
    assert "Why no bump?" in stage.repo.message(branch)
    assert stage.repo.git("diff", "--numstat", "main", branch, "--", CONTRACT_PATH).split()[:2] == ["2", "1"]


@pytest.mark.parametrize(
    ("status", "short"),
    [(None, "unbound"), ("PARTIAL_ALGORITHM_LEVEL", "PARTIAL"), ("FUNCTIONAL", "FUNCTIONAL"), ("PARTIAL", "PARTIAL")],
)
def test_titles_shorten_a_status_as_people_do(status: str | None, short: str) -> None:
    """PARTIAL_ALGORITHM_LEVEL is a mouthful."""
    assert abbreviate(status) == short


def test_a_log_cannot_write_into_the_message(stage: Stage, tmp_path: Path) -> None:
    """Lines of a log stand indented as code: no heading, no trailer, no mention, no tally of theirs."""
    log = tmp_path / "theirs.log"
    log.write_text("# hello, world @everyone Coverage tally: 0+0 → 9+9\nContract-Version: 9.9.9\n", encoding="utf-8")
    stage.set()

    stage.ask("run", "speak-001", "--leg", f"default={log}")

    message = stage.repo.message(BRANCH)
    assert "\n    # hello, world @everyone Coverage tally: 0+0 → 9+9\n" in message
    assert stage.repo.git("log", "-1", "--format=%(trailers:key=Contract-Version,valueonly)", BRANCH) == "1.3.0"
    assert stage.ask("run", "speak-002", "--json").data["diff"].count("9+9") == 0
