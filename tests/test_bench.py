"""The bench: what it measures on has the promised sizes, costs are counted, and a missed bound is said."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from contracts import amend as amending
from contracts.amend import amend
from contracts.document import read as read_contract
from spec.document import read as read_spec
from spec.site import place
from tests.bench import BEGIN, END, HEAD, PAGE, Case, Result, list_cases, plan_edits, write
from tests.sample import EXAMPLE, SPEC, grow_contract, grow_documents, grow_spec, read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMALL = "contracts/g2p-lexicon-v1.yaml"
GROWN = "FALSIFY-G2P-LEX-004"


def calls(work: Callable[[], object]) -> int:
    """Count the Python functions that *work* enters."""
    entered = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal entered
        entered += event == "call"

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return entered


@pytest.mark.parametrize("size", [80_000, 100_001])
def test_a_grown_spec_is_as_long_as_it_was_asked_to_be(size: int) -> None:
    """It has 50 sections more, each of another number, and the next one goes above them all."""
    sample = read_text(EXAMPLE / SPEC)

    spec = read_spec(grow_spec(sample, size, copies=50))

    assert len(spec.text) == size
    assert [section.number for section in spec.sections] == [1, 26, *range(92, 40, -1)]
    assert len(spec.banners) == 52
    assert place(spec).number == 93


def test_a_grown_contract_is_about_as_long_as_it_was_asked_to_be() -> None:
    """Its falsifiers have ids of their own, and it can be amended."""
    text = grow_contract(read_text(EXAMPLE / SMALL), GROWN, 50_000)

    ids = [site.falsifier.id.text for site in read_contract(text).sites]
    assert 49_000 < len(text) <= 50_000
    assert len(set(ids)) == len(ids) > 80
    assert len(amend(text, plan_edits(text)).changes) == 4


def test_an_edit_reads_two_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four edits cost what one costs: the text before them and the text after them are read, each once."""
    text, read = read_text(EXAMPLE / SMALL), []

    def reader(*args: str) -> Any:
        read.append(args)
        return read_contract(*args)

    monkeypatch.setattr(amending, "read", reader)
    amended = amend(text, plan_edits(text))

    assert [args[0] for args in read] == [text, amended.text]


def test_twice_the_text_costs_twice_the_work() -> None:
    """Reading a spec or a contract and amending it grows with its size, and no faster."""
    contract, spec = read_text(EXAMPLE / SMALL), read_text(EXAMPLE / SPEC)
    contracts = [grow_contract(contract, GROWN, size) for size in (30_000, 60_000)]
    specs = [grow_spec(spec, size, copies=size // 2_000) for size in (100_000, 200_000)]
    edits = plan_edits(contract)

    amends = [calls(lambda text=text: amend(text, edits)) for text in contracts]  # type: ignore[misc]
    reads = [calls(lambda text=text: place(read_spec(text))) for text in specs]  # type: ignore[misc]

    assert amends[1] < 2.2 * amends[0]
    assert reads[1] < 2.2 * reads[0]


def test_every_row_can_be_measured_without_the_corpus(tmp_path: Path) -> None:
    """A newcomer has no real documents; as many grown ones stand in, and only the real logs are missing."""
    documents = grow_documents()

    cases = []
    for case in list_cases(documents, tmp_path):
        case.work()
        cases.append(case)

    assert (len(documents.contracts), len(documents.spec)) == (97, 556_205)
    assert [case.bound for case in cases if case.bound] == [0.25, 0.05, 0.5, 0.3, 1.0, 1.0]
    assert not any("real logs" in case.what for case in cases)


def test_the_median_decides() -> None:
    """One slow run is noise, and what has no bound misses none."""
    quick = Case("quick", lambda: None, 0.05)

    assert not Result(quick, (0.04, 0.04, 9.0)).missed
    assert Result(quick, (0.04, 0.06, 0.06)).missed
    assert not Result(Case("free", lambda: None), (9.0,)).missed


def test_a_row_says_what_was_measured() -> None:
    """Times are in ms, memory in MiB; what was not measured stays empty."""
    case = Case("quick", lambda: None, 0.05)

    assert Result(case, (0.04, 0.0612, 0.07), 20_480).cells == ("quick", "61.2", "40.0", "70.0", "50", "missed", "20")
    assert Result(Case("free", lambda: None), (0.001,)).cells == ("free", "1.0", "1.0", "1.0", "", "", "")


def test_writing_replaces_the_table_alone() -> None:
    """What people wrote around the markers stays, letter for letter."""
    page = f"# Before\n\n{BEGIN}\nold\n{END}\n\nAfter.\n"

    new = write(page, [Result(Case("quick", lambda: None), (0.001,))], "Measured today.")

    assert new.startswith(f"# Before\n\n{BEGIN}\nMeasured today.\n\n| What | Median, ms |")
    assert new.endswith(f"| quick | 1.0 | 1.0 | 1.0 |  |  |  |\n{END}\n\nAfter.\n")
    assert write(new, [Result(Case("quick", lambda: None), (0.001,))], "Measured today.") == new


def test_a_page_without_a_place_for_the_table_is_refused() -> None:
    """Nothing is written where the markers are missing."""
    with pytest.raises(SystemExit, match="no place for the table"):
        write("# A page\n", [], "")


def test_the_page_that_is_kept_has_the_table() -> None:
    """`docs/benchmarks.md` shows the columns that the bench writes."""
    table = read_text(PAGE).partition(BEGIN)[2].partition(END)[0]

    assert f"| {' | '.join(HEAD)} |" in table
