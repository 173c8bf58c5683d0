"""What an amendment records of what landed: rows, tally, percentages, pickup, contradictions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.app.stage import CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, SPEC, SPEC_PATH, Stage

if TYPE_CHECKING:
    from tests.app.conftest import Repo

PICKUP = """
### 1.7 Next-session pickup

(a) **SPEAK-003 tune** — find a tune

(b) **Tidy up** — the rest
"""
SINGS = CONTRACT.replace(
    "  if_fails: silence\n",
    "  if_fails: silence\n  status: PARTIAL_ALGORITHM_LEVEL\n  evidence:\n  - '2 unit tests'\n",
)


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A repository with a spec that states figures and leaves something to pick up."""
    stage = Stage(repo)
    stage.set({SPEC_PATH: SPEC + PICKUP})
    return stage


def record(stage: Stage, *words: str) -> str:
    """Return the section that would be written."""
    said = stage.ask("amend", "--dry-run", "--json", *words)
    assert said.status == 0, said.err
    added = [line[1:] for line in said.data["diff"].splitlines() if line.startswith("+") and line[:3] != "+++"]
    return "\n".join(added)


def part(section: str, title: str) -> str:
    """Return one part of a section, without its heading."""
    unmarked = re.sub(r"^(?:<!-- discharge:|Recorded up to ).*\n*", "", section, flags=re.MULTILINE)
    found = re.search(rf"^### \d+\.\d+ {re.escape(title)}\n\n(.*?)(?=\n+### |\Z)", unmarked, re.MULTILINE | re.DOTALL)
    assert found is not None, section
    return found[1].rstrip()


def test_a_flip_moves_the_tally_by_rule(stage: Stage) -> None:
    """Unbound → partial is one more on the right, whoever landed it."""
    stage.land("feat(speak): bind SPEAK-003 (#2)", {CONTRACT_PATH: SINGS})

    section = record(stage)

    assert "Coverage tally: 3+5 → **3+6**" in part(section, "Coverage flips")
    assert "| FALSIFY-SPEAK-003 | unbound | PARTIAL_ALGORITHM_LEVEL | 2 unit tests |" in section
    assert "Contradiction" not in section


def test_a_flip_without_a_pull_request_counts_as_well(stage: Stage) -> None:
    """A commit straight to the default branch is named, and what it moved is moved."""
    stage.land("bind SPEAK-003", {CONTRACT_PATH: SINGS})

    section = record(stage)

    assert "3+5 → **3+6**" in section
    assert "bind SPEAK-003" in part(section, "What landed")


def test_a_tally_that_a_message_states_is_taken_at_its_word_and_its_contradiction_told(stage: Stage) -> None:
    """Only people decide what enters the count; that the rule says otherwise is said, not hidden."""
    stage.land("feat(speak): bind SPEAK-003 (#2)\n\nCoverage tally: 3+5 → 3+9\n", {CONTRACT_PATH: SINGS})

    section = record(stage)

    assert "3+5 → **3+9**" in section
    assert "- **Contradiction**: #2 states 3+9; by rule its flips make 3+6" in section


def test_figures_in_code_are_no_statements(stage: Stage) -> None:
    """A log that somebody pasted does not move the record."""
    stage.land("test(speak): more (#2)\n\n```\nCoverage tally: 0+0 → 9+9\nMODEL-1 ship %: 1% → 2%\n```\n", {"x": "y"})

    section = record(stage)

    assert "9+9" not in section
    assert "2%" not in section.replace("87%", "")


def test_percentages_come_from_messages_and_from_the_operator(stage: Stage) -> None:
    """One chain: what landed first, what is declared now on top, each with its reason."""
    stage.land("feat(speak): more (#2)\n\n- MODEL-1 ship %: 87% → 88% (a tune)\n", {"x": "y"})

    section = record(stage, "--ship", "MODEL-1 +1.5 because it sings")

    assert "- **MODEL-1**: 87% → **89.5%** — a tune; it sings" in section


def test_a_percentage_that_nobody_moved_is_told_as_unchanged(stage: Stage) -> None:
    """Models of the configuration are named in every section."""
    stage.land("chore: more (#2)", {CONFIG_PATH: CONFIG + "models: {MODEL-1: {ship: declared}, MODEL-7: {}}\n"})

    effects = record(stage)

    assert "MODEL-1" in effects
    assert "87%" in effects
    assert "MODEL-7" not in effects


def test_two_landings_make_one_row_from_first_to_last(stage: Stage) -> None:
    """Whoever reads the section sees where a promise began and where it stands; the latest evidence is the note."""
    further = SINGS.replace(
        "status: PARTIAL_ALGORITHM_LEVEL\n  evidence:\n  - '2 unit tests'",
        ("status: FUNCTIONAL\n  evidence:\n  - '2 unit tests'\n  - 'a live tune'"),
    )
    stage.land("feat(speak): bind SPEAK-003 (#2)", {CONTRACT_PATH: SINGS})
    stage.land("feat(speak): play SPEAK-003 (#3)", {CONTRACT_PATH: further})

    section = record(stage)

    assert "| FALSIFY-SPEAK-003 | unbound | FUNCTIONAL | a live tune (+1 more) |" in section
    assert section.count("| FALSIFY-SPEAK-003 |") == 1
    assert "3+5 → **3+6**" in section


def test_evidence_without_a_flip_is_a_row_too(stage: Stage) -> None:
    """Work that moved no status is not lost."""
    more = CONTRACT.replace(
        "- 'one unit test'\n- id: FALSIFY-SPEAK-002", "- 'one unit test'\n  - 'a second test'\n- id: FALSIFY-SPEAK-002"
    )
    assert more != CONTRACT
    stage.land("test(speak): more (#2)", {CONTRACT_PATH: more})

    section = record(stage)

    assert (
        "| FALSIFY-SPEAK-001 | PARTIAL_ALGORITHM_LEVEL | PARTIAL_ALGORITHM_LEVEL (unchanged) | a second test |"
        in section
    )


def test_a_contract_that_the_spec_does_not_record_moves_nothing(stage: Stage) -> None:
    """Another spec counts it."""
    config = CONFIG.replace("path: docs/speak-spec.md", "path: docs/speak-spec.md, records: [contracts/sing-*.yaml]")
    stage.land("chore: apart (#2)", {CONFIG_PATH: config, "contracts/sing-v1.yaml": "metadata: {version: 1.0.0}\n"})
    stage.land("feat(speak): bind SPEAK-003 (#3)", {CONTRACT_PATH: SINGS})

    section = record(stage)

    assert "| FALSIFY-SPEAK-003 |" not in section
    assert "3+6" not in section


def test_levers_are_closed_or_carried_over_and_new_ones_come_first(stage: Stage) -> None:
    """What the last section left is told as done, with who did it, or stays with its name and where it stood."""
    body = "\n\n## Next-session pickup\n\n(a) **Louder** — turn it up\n"
    stage.land(f"feat(speak): bind SPEAK-003 (#2){body}", {CONTRACT_PATH: SINGS})

    pickup = part(record(stage), "Next-session pickup")

    assert pickup.split("\n\n") == [
        "(a) **Louder** — turn it up",
        "(b) **Tidy up** — the rest (carried over from §1.7 (b))",
        "(c) **FALSIFY-SPEAK-001/003** — would promote 2 falsifiers of `speak-v1` PARTIAL_ALGORITHM_LEVEL → DISCHARGED",
        "Closed: §1.7 (a) **SPEAK-003 tune**, by #2 (what it names was raised).",
    ]


def test_a_lever_that_is_done_in_part_is_carried_over_with_the_rest(stage: Stage) -> None:
    """Of two falsifiers that it names one was raised: it names the other from now on, and keeps where it stood."""
    stage.land("docs: name two (#2)", {SPEC_PATH: (SPEC + PICKUP).replace("SPEAK-003 tune", "SPEAK-001/003 tune")})
    stage.land("feat(speak): bind SPEAK-003 (#3)", {CONTRACT_PATH: SINGS})

    pickup = part(record(stage), "Next-session pickup")

    assert pickup.startswith("(a) **SPEAK-001 tune** — ")
    assert "(carried over from §1.7 (a))" in pickup.split("\n\n")[0]


def test_where_nobody_says_what_comes_next_the_partial_promises_do(repo: Repo) -> None:
    """A proposal from the contracts that moved: what promotes most comes first, alone with its rule."""
    stage = Stage(repo)
    stage.set({CONFIG_PATH: CONFIG + "models: {MODEL-1: {contracts: [contracts/speak-*.yaml]}}\n"})
    stage.land("feat(speak): bind SPEAK-003 (#2)", {CONTRACT_PATH: SINGS})

    pickup = part(record(stage), "Next-session pickup")

    assert pickup.split("\n\n") == [
        (
            "(a) **FALSIFY-SPEAK-001/003** — would promote 2 falsifiers of `speak-v1` "
            "PARTIAL_ALGORITHM_LEVEL → DISCHARGED; for MODEL-1"
        ),
        (
            "(b) **FALSIFY-SPEAK-002** — would promote 1 falsifier of `speak-v1` FUNCTIONAL → DISCHARGED; "
            "for MODEL-1; the program warns of nothing"
        ),
    ]


@pytest.mark.parametrize(("most", "proposed"), [(1, 1), (0, 0)])
def test_where_no_contract_moved_those_that_are_recorded_say_what_comes_next(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, most: int, proposed: int
) -> None:
    """Nothing but a page landed: what is partial still is; a record that is too large to be read proposes nothing."""
    monkeypatch.setattr("app.amendment.STANDING", most)
    stage = Stage(repo)
    stage.set()
    stage.land("docs: a page (#2)", {"docs/page.md": "a page\n"})

    section = record(stage)

    words = "**FALSIFY-SPEAK-001** — would promote 1 falsifier of `speak-v1` PARTIAL_ALGORITHM_LEVEL → DISCHARGED"
    assert section.count(words) == proposed


def test_our_own_amendment_is_not_recorded_by_the_next(stage: Stage) -> None:
    """It records what landed; it is not what landed. And the window begins behind it."""
    amended = stage.ask("amend", "--json", "--title", "First things").data["plan"][0]
    stage.repo.git("merge", "--quiet", "--squash", amended["branch"])
    stage.land(f"{amended['title']} (#9)\n\n{amended['message'].partition(chr(10))[2]}", {})

    none = stage.ask("amend", "--json")
    stage.land("feat: later (#10)", {"x": "y"})
    section = record(stage)

    assert none.data["plan"] == [{"refused": "nothing landed since docs/speak-spec.md was last amended", "mend": None}]
    assert "## §3. " in section
    assert re.findall(r"^\| #(\d+) \|", section, re.MULTILINE) == ["10"]


def test_a_title_cannot_break_the_table(stage: Stage) -> None:
    """Titles are untrusted: pipes, HTML, mentions and markup stay words."""
    stage.land("feat: a | b <!-- c --> @everyone **bold** `x|y` [l](http://e) (#2)", {"x": "y"})

    row = next(line for line in record(stage).splitlines() if line.startswith("| #2 |"))

    assert len(re.split(r"(?<!\\)\|", row)) == 5
    assert "<!--" not in row
    assert " @everyone" not in row
