"""The Five Whys: what facts answer, what people answered, and what stays open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contracts.model import FalsifierId, Flip, Version
from spec.model import Amendment, Landed, Lines, Matter, Row, Ship, Why
from spec.why import Occasion, chain, days, matter, scaffold

OCCASION = Occasion("§42", "§43", Version.parse("2.87.0"), Version.parse("2.88.0"))


def _landed(number: int, **more: Any) -> Landed:
    base = Landed(number, f"t{number}", f"t{number}", "c", f"2026-05-0{number}")
    return replace(base, **more)


def _amendment(*landed: Landed, rows: tuple[Row, ...] = (), ships: tuple[Ship, ...] = ()) -> Amendment:
    return Amendment("x", "", "2026-05-09", landed, rows, ships=ships)


def _row(contract: str, id_: str, notes: str, after: str | None = "DISCHARGED") -> Row:
    return Row(contract, (id_,), "FUNCTIONAL", after, notes)


def test_chain_and_days() -> None:
    """A chain goes from its lowest number to its highest, whatever the order of the merges."""
    two = (_landed(4), _landed(2))

    assert (chain(two), chain(two[:1]), chain(())) == ("#2-#4", "#4", "")
    assert days(two) == "from 2026-05-02 to 2026-05-04"
    assert (days(two[:1]), days(())) == ("on 2026-05-04", "")


def test_five_measured_questions() -> None:
    """Every question of the five has its facts."""
    lines = Lines((("YAML", 20),))
    whys = scaffold(
        _amendment(
            _landed(1, lines=lines), _landed(3, lines=lines), rows=(_row("c", "FALSIFY-X-001", "seen in `a.log`"),)
        ),
        replace(OCCASION, bumps=("c v1.3.0 → v1.4.0",)),
    )

    assert [(why.question, why.answer) for why in whys] == [
        ("Why amend the spec now?", "2 pull requests landed since §42."),
        ("Why one amendment for all 2 PRs?", "#1-#3 landed from 2026-05-01 to 2026-05-03."),
        (
            "Why this bump?",
            "v2.87.0 → v2.88.0: a section takes one minor version, and this is §43. Contracts: c v1.3.0 → v1.4.0.",
        ),
        ("Why flip FALSIFY-X-001 FUNCTIONAL → DISCHARGED?", "seen in `a.log`."),
        ("Why bounded?", "40 LOC across 2 PRs (100% YAML). No production code change."),
    ]


def test_landmark() -> None:
    """A discharge is a landmark, and the first answer says which."""
    flips = (Flip("c", FalsifierId("FALSIFY-X-001"), None, "DISCHARGED"),)
    whys = scaffold(_amendment(_landed(1, smoke="s", flips=flips), _landed(2, smoke="s")), OCCASION)

    assert whys[0].answer == (
        "2 pull requests landed since §42. #1 is a landmark: it moved FALSIFY-X-001 unbound → DISCHARGED. "
        "#2 is a landmark: a discharge by s."
    )


def test_nothing_landed() -> None:
    """Without a pull request nothing is made up: the reason stays open."""
    whys = scaffold(replace(_amendment(), direct=("abc typo",)), replace(OCCASION, last=""))

    assert whys[0].answer == "1 commit without a pull request landed so far."
    assert (whys[1].question, whys[1].answer) == ("Why an amendment without a pull request?", "")
    assert scaffold(_amendment(), OCCASION)[0].answer == "Nothing landed since §42."


def test_unknown_dates() -> None:
    """Where no date is known none is said."""
    undated = (_landed(1, date=""), _landed(2, date=""))

    assert scaffold(_amendment(*undated), OCCASION)[1].answer == "#1-#2 landed."
    assert scaffold(_amendment(undated[0]), OCCASION)[1].answer == "#1 landed."


def test_each_contract_is_asked_for() -> None:
    """Flips are asked for contract by contract; without evidence the question stays open."""
    rows = (
        _row("a", "FALSIFY-A-001", "one"),
        _row("a", "FALSIFY-A-002", ""),
        _row("b", "FALSIFY-B-001", ""),
        _row("d", "FALSIFY-D-001", "kept", after="FUNCTIONAL"),
    )
    whys = scaffold(_amendment(_landed(1), rows=rows), OCCASION)[3:-1]

    assert whys == (
        Why(
            "Why flip FALSIFY-A-001/002 FUNCTIONAL → DISCHARGED?",
            "FALSIFY-A-001: one. No evidence line says why for FALSIFY-A-002.",
        ),
        Why("Why flip FALSIFY-B-001 FUNCTIONAL → DISCHARGED?"),
    )


def test_no_flip() -> None:
    """Where nothing flipped the question turns round."""
    why = scaffold(_amendment(_landed(1)), OCCASION)[3]

    assert why.question == "Why did no status move?"


def test_rollover() -> None:
    """A minor number that rolls over is said to."""
    occasion = replace(OCCASION, before=Version.parse("2.99.0"), after=Version.parse("3.00.0"))

    assert "v2.99.0 → v3.00.0" in scaffold(_amendment(), occasion)[2].answer
    assert "rolls over" in scaffold(_amendment(), occasion)[2].answer


def test_carried_answers() -> None:
    """Answers that landed with the work come last, with their source, equal ones once."""
    one, same, other = Why("Why?", "So.", "#1"), Why("why?", "so.", "#2"), Why("Why?", "Else.", "#2")
    whys = scaffold(_amendment(_landed(1, whys=(one,)), _landed(2, whys=(same, other))), OCCASION)

    assert whys[5:] == (one, other)


def test_matter() -> None:
    """For each model: who names it, what moved there, the operator's reason, or an open question."""
    flips = (Flip("c", FalsifierId("FALSIFY-X-001"), None, "FUNCTIONAL"),)
    landed = (_landed(1, models=("MODEL-2",), flips=flips), _landed(2, models=("MODEL-2",)))
    ships = (Ship("MODEL-1", 87, 88, "the gate is live."), Ship("MODEL-3", 50, 50))

    assert matter(_amendment(*landed, ships=ships)) == (
        Matter("MODEL-1", ("The gate is live.",)),
        Matter(
            "MODEL-2",
            (
                "Named by #1, #2.",
                "Moved there: FALSIFY-X-001 unbound → FUNCTIONAL.",
                "Open: what does this change for MODEL-2?",
            ),
        ),
    )
