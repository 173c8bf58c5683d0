"""The tables of a section, in the shapes that real sections have them, and what is asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contracts.model import FalsifierId, Flip, Ladder
from contracts.progress import Chain, Share, Tally
from spec.document import read
from spec.outline import Lines
from spec.progress import LIMIT
from spec.revision import Revision
from spec.rules import check, examine
from spec.table import read_flips, read_landed

if TYPE_CHECKING:
    from contracts.finding import Finding

HEAD = "# S\n\nVersion: {}\n\n"
OLD = (
    "## §42. a (2026-05-03)\n\n{}\n\nCoverage tally: **15 + 33** (unchanged).\n\n- **MODEL-2**: 50% → **54%** — so\n\n"
)
LINKED = "[#{0}](https://github.com/paiml/aprender/pull/{0})"


def landed(table: str) -> list[tuple[int, int, str, bool]]:
    """Return number, line, home and openness of every pull request in a section's tables."""
    spec = read("## §1. a\n\n" + table)
    return [(one.number, spec.place(one.start).line, one.home, one.open) for one in read_landed(spec, spec.sections[0])]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("| PR | What |\n|----|---|\n| #7 | x |\n", [(7, 5, "", False)]),
        (f"| PR | What |\n|:--|--:|\n| {LINKED.format(7)} | see #9 |\n", [(7, 5, "paiml/aprender", False)]),
        ("| **PR** | x |\n| - | - |\n| #7, #8–#9 | y |\n", [(7, 5, "", False), (8, 5, "", False), (9, 5, "", False)]),
        (
            "| # | PR | x |\n|---|----|---|\n| 1 | #7 | y |\n| 2 | #8 | Pending |\n",
            [(7, 5, "", False), (8, 6, "", True)],
        ),
        ("| # | Risk |\n|---|---|\n| 1 | #7 |\n", []),
        ("| Name | PR |\n|---|---|\n| a | #7 |\n", []),
        ("| PR | What |\n| #7 | no table without a rule |\n", []),
        ("| PR | What |\n|---|---|\n| other/repo#7 | `#8` |\n| `#9` | x |\n", []),
        ("```\n| PR | What |\n|---|---|\n| #7 | x |\n```\n", []),
        ("| PR | What |\n|---|---|\n| #7 | a \\| b | open |\n", [(7, 5, "", True)]),
        ("|PR|\n|-|\n|#7|\n", [(7, 5, "", False)]),
        ("| PR | What |\n|---|---|\n| #7 | open file handles |\n", [(7, 5, "", False)]),
    ],
)
def test_pull_requests_are_read_from_tables_of_what_landed(table: str, said: list[tuple[int, int, str, bool]]) -> None:
    """By the first column's name; code, other columns and other repositories' short names do not count."""
    assert landed(table) == said


def flips(table: str) -> tuple[tuple[str, str | None, str | None], ...] | None:
    """Return what a section's tables say moved."""
    spec = read("## §1. a\n\n" + table)
    found = read_flips(spec, spec.sections[0], Ladder())
    return None if found is None else tuple((f.falsifier.short, f.before, f.after) for f in found)


PARTIAL, DONE = "PARTIAL_ALGORITHM_LEVEL", "DISCHARGED"
NAMED = "| Falsifier | Status before | Status after | Notes |\n|---|---|---|---|\n"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("no table\n", None),
        (NAMED + "| FALSIFY-X-001 | unbound (drift) | `PARTIAL` | y |\n", (("X-001", None, PARTIAL),)),
        (
            NAMED + "| FALSIFY-X-001/002 | FUNCTIONAL | **DISCHARGED** | y |\n",
            (("X-001", "FUNCTIONAL", DONE), ("X-002", "FUNCTIONAL", DONE)),
        ),
        (
            "| Falsifier | Before today | After PR #1446 |\n|---|---|---|\n| FALSIFY-A-1 | PARTIAL | ✅ DISCHARGED |\n",
            (("A-1", PARTIAL, DONE),),
        ),
        (NAMED + "| FALSIFY-X-001 | DISCHARGED | DISCHARGED (unchanged) | y |\n", ()),
        (NAMED + "| FALSIFY-X-001–004 | unbound | PARTIAL | a span |\n", None),
        (NAMED + "| FALSIFY-X-001 | unbound | LIVE-DISCHARGED | off the ladder |\n", None),
        (NAMED + "| FALSIFY-X-001 | unbound |\n", None),
        (NAMED + "| the first one | unbound | PARTIAL | no id |\n", None),
        (
            NAMED + "| FALSIFY-X-001 (a) | — | PARTIAL | y |\n| FALSIFY-X-001 (b) | none | PARTIAL | y |\n",
            (("X-001", None, PARTIAL), ("X-001", None, PARTIAL)),
        ),
        (
            f"{NAMED}| FALSIFY-X-001 | unbound | PARTIAL | y |\n\n{NAMED}| FALSIFY-X-001 | PARTIAL | DISCHARGED | |\n",
            (("X-001", None, DONE),),
        ),
    ],
)
def test_flips_are_read_or_not_told_at_all(
    table: str, said: tuple[tuple[str, str | None, str | None], ...] | None
) -> None:
    """A table with one row that cannot be told proves nothing about the tally."""
    assert flips(table) == said


def change(section: str, old: str = "", **known: Any) -> list[Finding]:
    """Return what is found in a change that brings §43."""
    before = read(HEAD.format("2.87.0") + OLD.format(old), "s.md")
    text = HEAD.format("2.88.0") + f"## §43. b (2026-05-04)\n\n{section}\n\n" + OLD.format(old)
    return [f for f in examine(Revision(before, read(text, "s.md"), **known)) if not f.stood]


ROWS = f"| PR | What |\n|---|---|\n| {LINKED.format(1438)} | x |\n| #1439 | y |\n"


def test_nothing_is_said_of_merges_that_nobody_knows() -> None:
    """A shallow clone, and a history that names no pull request, prove nothing."""
    assert change(ROWS) == []
    assert change(ROWS, landed=frozenset()) == []
    assert change(ROWS, landed=frozenset({1438, 1439})) == []


def test_another_repositorys_pull_request_need_not_be_merged_here() -> None:
    """A link says whose it is."""
    known = frozenset({1439})

    assert change(ROWS, landed=known, home="someone/else") == []
    assert [f.rule for f in change(ROWS, landed=known, home="Paiml/Aprender")] == ["spec/landed-unmerged"]
    assert [f.rule for f in change(ROWS, landed=known)] == ["spec/landed-unmerged"]


def test_a_row_that_is_added_to_an_old_section_is_looked_at() -> None:
    """Backfilling a row is a claim like any other; the rows that stood are none of the change."""
    before = HEAD.format("2.87.0") + OLD.format("| PR | x |\n|---|---|\n| #1 | y |")
    after = before.replace("| #1 | y |", "| #1 | y |\n| #2 | z |")

    found = examine(Revision(read(before), read(after, "s.md"), landed=frozenset({7})))

    assert [(f.rule, f.severity, f.place.line) for f in found] == [("spec/landed-unmerged", "error", 10)]


def test_a_pull_request_is_recorded_in_one_section() -> None:
    """The later section is told; two tables of one section are no repetition."""
    row = "| PR | x |\n|---|---|\n| #1438 | y |"

    assert change(f"{ROWS}\n{ROWS}") == []
    assert [(f.rule, f.message) for f in change(ROWS, row.replace("#1438", LINKED.format(1438)))] == [
        ("spec/landed-twice", "§43 records #1438, which §42 recorded already")
    ]
    assert len(check(read(HEAD.format("1.0.0") + OLD.format(ROWS) + "## §43. b\n\n" + ROWS))) == 2


TABLE = NAMED + "| FALSIFY-X-005 | unbound | PARTIAL | a |\n| FALSIFY-X-006 | unbound | PARTIAL | b |\n\n"
BOUND = tuple(Flip("c.yaml", FalsifierId(f"FALSIFY-X-00{n}"), None, PARTIAL) for n in (5, 6))

BOTH = "FALSIFY-X-005/006 unbound → PARTIAL_ALGORITHM_LEVEL"


def tally(text: str, **known: Any) -> list[tuple[str, str, str]]:
    """Return severity, message and suggestion of what is said of the tally."""
    return [(f.severity, f.message, f.suggestion) for f in change(text, **known) if f.rule == "spec/tally-follows"]


@pytest.mark.parametrize(
    "text",
    [
        TABLE + "Coverage tally: 15+33 → 15+35\n",
        TABLE + "Coverage tally: 15+33 → 15+34, then tally: 15+34 → 15+35\n",
        "Coverage tally: 15+33 → 15+35\n",
        "Coverage tally: 15+33\n",
        "Coverage tally: 15+33 → 15+39 because four older ones enter the count\n",
        TABLE + "Coverage tally: 15+33 → 19+29 because they were counted elsewhere\n",
    ],
)
def test_a_tally_that_follows_or_says_why_it_does_not_passes(text: str) -> None:
    """From the flips that git knows; a bare figure moves nothing."""
    assert tally(text, flips=BOUND) == []


def test_a_tally_that_the_flips_do_not_make_is_a_warning_with_the_right_one() -> None:
    """People decide what enters the count, so that this fails nothing."""
    assert tally("Coverage tally: **15 + 33 → 15 + 34** (+1)\n", flips=BOUND) == [
        (
            "warning",
            "§43 ends at tally 15 + 34, and the flips of the recorded contracts make 15 + 33 → 15 + 35: " + BOTH,
            "Coverage tally: **15 + 33 → 15 + 35** (+1)",
        )
    ]
    assert tally("Coverage tally: 15+33 (unchanged)\n", flips=BOUND)[0][::2] == ("warning", "")


def test_what_the_record_states_may_be_followed_instead() -> None:
    """A landed message that states a tally is taken at its word."""
    assert tally("tally: 15+33 → 16+32\n", flips=BOUND, followed=Chain(Tally(16, 32))) == []
    assert tally("tally: 15+33 → 16+32\n", flips=BOUND, followed=Chain(Tally(16, 33))) != []


def test_a_sections_own_table_may_be_followed_where_git_says_otherwise() -> None:
    """Statuses live in more places than contracts; what the section tells is whole in itself."""
    assert tally(TABLE + "tally: 15+33 → 15+35\n", flips=()) == []
    assert [one[0] for one in tally(TABLE + "tally: 15+33 → 15+34\n", flips=())] == ["warning"]
    assert [one[0] for one in tally(TABLE + "tally: 15+33 → 15+34\n")] == ["warning"]


@pytest.mark.parametrize("after", ["15+36", "16+32", "17+33", "15+32"])
def test_a_tally_that_the_own_table_cannot_make_is_an_error(after: str) -> None:
    """Whichever of its flips are counted."""
    found = tally(TABLE + f"tally: 15+33 → {after}\n", flips=BOUND)

    assert [(severity, suggestion) for severity, _, suggestion in found] == [("error", "tally: 15+33 → 15+35")]


def test_a_tally_that_starts_elsewhere_is_told_once() -> None:
    """By the rule about where it starts."""
    assert [f.rule for f in change("tally: 9+9 → 9+10\n", flips=BOUND)] == ["spec/tally-chain"]


def test_a_computed_percentage_is_compared_with_the_one_that_is_stated_last() -> None:
    """With the sum that it comes from, and the corrected line."""
    shares = (("MODEL-2", Share(55.5, "1 DISCHARGED × 1 of 2 falsifiers")),)

    found = change("- **MODEL-2**: 54% → **56%** — two bindings\n", computed=shares)

    assert [(f.rule, f.message, f.suggestion) for f in found] == [
        (
            "spec/ship-computed",
            "MODEL-2 is stated at 56%, and by their weights its statuses make 55.5%: 1 DISCHARGED × 1 of 2 falsifiers",
            "- **MODEL-2**: 54% → **55.5%** — two bindings",
        )
    ]
    assert change("- **MODEL-2**: 54% → **55.5%** — two bindings\n", computed=shares) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("- **MODEL-2**: 54% → **56%**", "§43 moves MODEL-2 from 54% to 56% and gives no reason"),
        ("- **MODEL-2**: 54% → **56%** — _Open: why? No reason was given._", "§43 moves MODEL-2 from 54% to 56% and"),
        ("- **MODEL-2**: 54% → **56%** — two bindings", ""),
        ("- **MODEL-2**: 54% → **56%** (two bindings)", ""),
        ("- **MODEL-2**: unchanged at **54%**", ""),
    ],
)
def test_a_percentage_that_moves_has_a_reason(line: str, said: str) -> None:
    """A question that is still open is none."""
    found = [f.message for f in change(f"{line}\n") if f.rule == "spec/ship-reason"]

    assert [message[: len(said)] for message in found] == ([said] if said else [])


@pytest.mark.parametrize("move", ["MODEL-2: 87% → 88% ", "tally: 9+33 → 9+35 "])
def test_a_long_line_of_moves_is_copied_a_few_times_however_many_there_are(
    move: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice the moves cost twice the letters, and a line has so many findings at most."""
    copied: list[int] = []
    line = Lines.line

    def read_line(self: Lines, index: int) -> str:
        copied.append(len(found := line(self, index)))
        return found

    monkeypatch.setattr(Lines, "line", read_line)
    costs = []
    for times in (200, 400):
        copied.clear()
        found = change(move * times + "\n")
        costs.append(sum(copied))

    assert costs[1] <= 2 * costs[0]
    assert 0 < len([f for f in found if f.rule.endswith("-chain")]) <= LIMIT
