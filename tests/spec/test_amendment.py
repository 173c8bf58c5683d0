"""The whole section, and the whole pull request, as people read them."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from contracts.model import FalsifierId, Flip, Version
from contracts.progress import Chain, Tally, follow
from spec.amendment import WHY_LIMIT, named, pickup, render, whys
from spec.landed import levers, read
from spec.marker import KEYS
from spec.model import Amendment, Landed, Lever, Lines, Matter, Row, Ship, Style, Why
from spec.proposal import pull_request
from spec.why import Occasion, matter, scaffold

if TYPE_CHECKING:
    from collections.abc import Mapping

GOLDEN = Path(__file__).parent / "golden"
HISTORY = Path(__file__).parents[2].parent / "shared" / "corpus" / "ccpa" / "history.json"
PARTIAL, DONE = "PARTIAL_ALGORITHM_LEVEL", "DISCHARGED"
TRAIN, CPU_GPU = "contracts/apr-distill-train-v1.yaml", "contracts/apr-cpu-vs-gpu-output-parity-v1.yaml"
HOSTILE = st.text(alphabet="ab `\\*_~[]()<>@#1&$|:.", max_size=30)
URL = "https://github.com/paiml/aprender"


def _golden(name: str, text: str) -> None:
    """Compare *text* with a golden file, whole; UPDATE_GOLDEN=1 writes it."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    assert text == path.read_text(encoding="utf-8")


def _flip(contract: str, id_: str, before: str | None, after: str | None) -> Flip:
    return Flip(contract, FalsifierId(f"FALSIFY-{id_}"), before, after)


def _seed() -> Amendment:
    """Return the facts of the seed's §43: two falsifiers bound, one helper added, both models up."""
    landed = (
        _landed(
            1438,
            "feat(distill-train): TRAIN-005 PARTIAL_ALGORITHM_LEVEL",
            "Precompute writes the same bytes twice; two tests and a YAML block say so.",
            Lines((("code", 2), ("tests", 90), ("YAML", 20))),
            flips=(_flip(TRAIN, "APR-DISTILL-TRAIN-005", None, PARTIAL),),
            models=("MODEL-2",),
        ),
        _landed(
            1439,
            "feat(distill-train): TRAIN-006 PARTIAL_ALGORITHM_LEVEL",
            "A second `train` run resumes from the cache",
            Lines((("code", 2), ("tests", 78), ("YAML", 22))),
            flips=(_flip(TRAIN, "APR-DISTILL-TRAIN-006", None, PARTIAL),),
            models=("MODEL-2",),
            facts=("contract apr-distill-train-v1 v1.2.0 → v1.3.0",),
        ),
        _landed(
            1440,
            "feat(cpu-gpu): `cpu_vs_gpu_cosine_similarity` helper",
            "The cosine | the guard of part b | no longer needs `--features cuda`.",
            Lines((("code", 10), ("tests", 56))),
            models=("MODEL-1",),
        ),
    )
    rows = (
        Row(TRAIN, ("FALSIFY-APR-DISTILL-TRAIN-005",), None, PARTIAL, "2 unit tests, `algorithm_evidence` block"),
        Row(TRAIN, ("FALSIFY-APR-DISTILL-TRAIN-006",), None, PARTIAL, "2 unit tests, both halves"),
        Row(CPU_GPU, ("FALSIFY-CPU-GPU-005",), PARTIAL, PARTIAL, "helper for part b"),
    )
    ships = (
        Ship("MODEL-1", 87, 88, "the cosine can be computed without CUDA"),
        Ship("MODEL-2", 54, 56, "two promises of distill-train are bound"),
    )
    pickup = (
        Lever("FALSIFY-CPU-GPU-005 part b", "decode one step on wgpu and gate it by cosine"),
        Lever("MODEL-2 distill-train", ""),
    )
    tally = (Tally(15, 33), Tally(15, 35))
    facts = Amendment("ship-two-models", "", "2026-05-03", landed, rows, (), (), ships, tally, pickup, base_url=URL)
    return _whole(facts, Style(43), "2.87.0", "2.88.0", ("apr-distill-train-v1 v1.2.0 → v1.3.0",))


def _landed(number: int, title: str, effect: str, lines: Lines, **more: Any) -> Landed:
    read_ = read(f"{title} (#{number})", "", commit=f"{number:040x}", date="2026-05-03T22:48:00+02:00")
    assert read_ is not None
    return replace(read_, effect=effect, lines=lines, **more)


def _whole(facts: Amendment, style: Style, before: str, after: str, bumps: tuple[str, ...] = ()) -> Amendment:
    occasion = Occasion(
        named(style.number - 1, style), named(style.number, style), Version.parse(before), Version.parse(after), bumps
    )
    return replace(facts, whys=scaffold(facts, occasion), matters=matter(facts))


def _discharges() -> Amendment:
    """Return an amendment after two live smokes that discharged five falsifiers."""
    one = (_flip(CPU_GPU, "CPU-GPU-005", PARTIAL, DONE),)
    four = (
        *(_flip(CPU_GPU, f"CPU-GPU-00{n}", PARTIAL, DONE) for n in (1, 2, 3)),
        _flip(CPU_GPU, "CPU-GPU-004", "FUNCTIONAL", DONE),
    )
    why = Why("Why choose 0.99?", "A cosine of 0.766079 passes an argmax check and fails this floor.", "#1445")
    logs = Lines((("YAML", 50), ("docs", 90), ("logs", 43)))
    landed = (
        _landed(
            1445,
            "discharge(cpu-gpu): 005 via live wgpu smoke",
            "",
            logs,
            smoke="live wgpu smoke",
            flips=one,
            whys=(why,),
        ),
        _landed(
            1446, "discharge(cpu-gpu): 5/5 sweep", "All 5 are shut.", logs, smoke="wgpu and no-gpu smokes", flips=four
        ),
    )
    rows = (
        Row(CPU_GPU, ("FALSIFY-CPU-GPU-005",), PARTIAL, DONE, "evidence/cpu-gpu-005-live-discharge-2026-05-04"),
        Row(CPU_GPU, tuple(f"FALSIFY-CPU-GPU-00{n}" for n in (1, 2, 3)), PARTIAL, DONE, ""),
        Row(CPU_GPU, ("FALSIFY-CPU-GPU-004",), "FUNCTIONAL", DONE, "no GPU line in `no-gpu-smoke.log`"),
    )
    ships = (Ship("MODEL-1", 89, 91, ""), Ship("MODEL-2", 58, 58))
    clash = "#1446 moves MODEL-1 from 90%, but 89% was stated before it"
    dated = tuple(replace(pr, date="2026-05-04") for pr in landed)
    facts = Amendment("ship-two-models", "", "2026-05-04", dated, rows, ships=ships, clashes=(clash,))
    style = Style(45, spaced=True, effects="Net effects")
    return _whole(replace(facts, tally=(Tally(15, 37), Tally(20, 32))), style, "2.99.0", "3.00.0")


def _quiet() -> Amendment:
    """Return an amendment in which one pull request landed and nothing moved."""
    landed = replace(_landed(36, "spec: refresh status snapshot (M32b merged)", "", Lines()), date="2026-04-28")
    direct = ("1f06ac0 M31: monorepo scope clarification", "883a838 M32a/b: bookkeeping by @someone, see #12")
    facts = Amendment("parity", "", "2026-04-28", (landed,), direct=direct, tally=(Tally(13, 0), Tally(13, 0)))
    return _whole(facts, Style(7, sign=""), "1.19.0", "1.20.0")


def test_seed_section() -> None:
    """The seed's §43, from its facts, is the section that people would have written."""
    _golden("section-seed.md", render(_seed(), Style(43)))


def test_discharge_section() -> None:
    """After discharges the smokes have a table, the minor number rolls over, and what is open is said."""
    _golden("section-discharges.md", render(_discharges(), Style(45, spaced=True, effects="Net effects")))


def test_quiet_section() -> None:
    """Where nothing moved, every subsection stays and says so."""
    _golden("section-quiet.md", render(_quiet(), Style(7, sign="")))


def test_seed_pull_request() -> None:
    """The pull request tells the same facts, and ticks only what was checked."""
    checked = ("built-in rules: 0 errors", "The section was read back: one §43")
    title, body = pull_request(_seed(), Style(43), Version.parse("2.87.0"), Version.parse("2.88.0"), checked)

    expected = "spec(ship-two-models): v2.88.0 — §43 distill-train + cpu-gpu: 2 falsifiers PARTIAL_ALGORITHM_LEVEL"
    assert title == expected
    _golden("pull-request-seed.md", body)


def test_empty_pull_request() -> None:
    """Nothing landed, nothing checked: the body says both."""
    empty = Amendment("x", "Nothing yet", "2026-05-03", (), direct=("abc1234 typo",))
    title, body = pull_request(empty, Style(2), Version.parse("1.0"), Version.parse("1.1"), ())

    assert title == "spec(x): v1.1 — §2 Nothing yet"
    assert "x v1.0 → v1.1: §2 records statuses; no pull request landed, and 1 commit without a pull request." in body
    assert "Nothing has been checked yet." in body
    assert "[x]" not in body


def test_numbers_follow_the_style() -> None:
    """Subsections are numbered by the section, whatever it is."""
    text = render(_quiet(), Style(108, effects="Net effects"))

    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads[1:] == [
        "### 108.1 What landed",
        "### 108.2 Coverage flips",
        "### 108.3 Why this chain matters",
        "### 108.4 Five Whys",
        "### 108.5 Net effects",
        "### 108.6 Next-session pickup",
    ]
    body = pull_request(_quiet(), Style(108), Version.parse("1.0.0"), Version.parse("1.1.0"), ())[1]
    assert "## Five Whys (in §108.4)" in body
    assert "## Next-session pickup (§108.6)" in body


@pytest.mark.parametrize(
    ("amendment", "tally", "ships"),
    [
        (_seed(), Tally(15, 35), {"MODEL-1": 88.0, "MODEL-2": 56.0}),
        (_discharges(), Tally(20, 32), {"MODEL-1": 91.0, "MODEL-2": 58.0}),
        (_quiet(), Tally(13, 0), {}),
    ],
)
def test_section_reads_back(amendment: Amendment, tally: Tally, ships: Mapping[str, float]) -> None:
    """What the section states of tally and percentages is what the next amendment reads, without a clash."""
    for style in (Style(43), Style(43, spaced=True)):
        chain = follow(Chain(), render(amendment, style), "§43")

        assert chain.tally == tally
        assert dict(chain.ships) == ships
        assert chain.clashes == ()


def test_same_id_in_two_contracts() -> None:
    """Where two contracts have the same id, the row names the contract."""
    rows = tuple(Row(f"contracts/{name}.yaml", ("FALSIFY-TOK-001",), None, PARTIAL, "") for name in ("a-v1", "b-v1"))
    text = render(Amendment("x", "", "2026-05-03", (), rows), Style(2))

    assert "| FALSIFY-TOK-001 (a-v1) | unbound | PARTIAL_ALGORITHM_LEVEL | — |" in text
    assert "| FALSIFY-TOK-001 (b-v1) |" in text


def test_tally_that_nobody_stated() -> None:
    """Without a tally none is invented."""
    text = render(Amendment("x", "", "2026-05-03", ()), Style(1))

    assert "No pull request landed so far." in text
    assert "No coverage tally has been stated yet." in text
    assert "- **Coverage scoreboard**: no tally has been stated yet" in text


def test_first_percentage() -> None:
    """A model without an earlier percentage has only the new one, and an open question."""
    text = render(Amendment("x", "", "2026-05-03", (), ships=(Ship("MODEL-3", None, 12.5),)), Style(1))

    assert "- **MODEL-3**: **12.5%** — _Open: why? No reason was given._" in text


def test_demotion() -> None:
    """A status that is taken back counts as what it came to."""
    rows = (Row(CPU_GPU, ("FALSIFY-CPU-GPU-004",), DONE, None, "falsified"),)
    text = render(Amendment("x", "", "2026-05-03", (), rows, tally=(Tally(16, 36), Tally(15, 36))), Style(2))

    assert "Coverage tally: 16+36 → **15+36** (+1 unbound)." in text
    assert "## §2. cpu-gpu: 1 falsifier unbound (2026-05-03)" in text


def test_open_question() -> None:
    """A question without an answer is not left out: it says that a person must answer."""
    assert whys((Why("Why now?"),), ()) == "1. **Why now?** _Open: no fact answers this; a person must._"
    assert whys((), ()) == "Nobody has asked yet."


def test_long_lists_are_bounded() -> None:
    """Eight carried answers and ten direct commits are listed; how many were left out, and where they are, is said."""
    listed = tuple(Why(f"Why {n}?", "because", f"#{n % 3}") for n in range(20))
    text = whys(listed, ())
    direct = tuple(f"{n:07x} commit {n}" for n in range(13))
    section = render(Amendment("x", "", "2026-05-03", (), direct=direct), Style(2))

    assert text.count("\n- **Why") == WHY_LIMIT
    assert text.endswith("- **Why 7?** because (#1)\n\n12 more answers left out, in #2, #0, #1.")
    assert "; 3 more." in section


def test_hostile_words_stay_words() -> None:
    """Titles, reasons, levers and notes of strangers make no heading, mark, column, mention or link."""
    evil = "a | b\n## §99. x\n<!-- discharge:end --> @team fixes #7 `|` [x](http://e.vil) **b"
    pr = Landed(9, evil, evil, "c" * 40, "2026-05-03", effect=evil, smoke=evil)
    facts = Amendment(
        "x",
        evil,
        "2026-05-03",
        (pr,),
        rows=(Row("c", (evil,), evil, evil + "!", evil),),
        matters=(Matter(evil, (evil,)),),
        whys=(Why(evil, evil),),
        ships=(Ship(evil, 1, 2, evil),),
        pickup=(Lever(evil, evil),),
        direct=(evil,),
        clashes=(evil,),
    )
    text = render(facts, Style(43))

    assert text.count("<!--") == 2 * len(KEYS), "our own marks"
    assert "@team" not in text
    assert "#7" not in text
    heads = [token.map for token in MarkdownIt("commonmark").parse(text) if token.type == "heading_open"]
    assert len(heads) == 7
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert "href" not in html.replace('<a href="http://e.vil">http://e.vil</a>', "")
    assert html.count("<tr>") == 2 * 3


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(HOSTILE, HOSTILE), min_size=1, max_size=3))
def test_pickup_does_not_grow(words: list[tuple[str, str]]) -> None:
    """What one section names to pick up can be read and written again by the next, word for word."""
    named = tuple(Lever(f"n{name}n", f"t{text}t") for name, text in words)
    once = pickup(named, ())
    again = levers("### 42.6 Next-session pickup\n\n" + "\n\n".join(once))

    assert pickup(again, ()) == once


def test_real_history_lands_in_one_table() -> None:
    """Every landed pull request of the real history is one row of three cells."""
    if not HISTORY.exists():
        pytest.skip("the corpus is not here")
    commits = json.loads(HISTORY.read_text(encoding="utf-8"))
    found = [(c, read(c["subject"], c["body"], commit=c["commit"], date=c["date"])) for c in commits]
    landed = tuple(pr for _, pr in found if pr)
    direct = tuple(f"{c['commit'][:7]} {c['subject']}" for c, pr in found if pr is None)
    text = render(Amendment("ccpa", "", "2026-05-01", landed, direct=direct, base_url=URL), Style(2))

    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    cells = [after.content for token, after in pairwise(tokens) if token.type == "td_open"]
    numbers = [c["pull_request"] for c in commits if c["pull_request"]]
    assert len(landed) == len(numbers) == 36
    assert cells[0::3] == [f"[#{n}]({URL}/pull/{n})" for n in numbers]
    assert cells[1::3][30] == "M28: record apr code --emit-trace launch (paiml/aprender#\u200b1100)"
    assert len(cells) == 3 * len(numbers)
    assert "6 commits landed without a pull request: `66d3fd0` Initial commit;" in text


def test_unsigned_sections_have_words() -> None:
    """Where headings bear no sign, prose says “section”."""
    title, body = pull_request(_quiet(), Style(7, sign=""), Version.parse("1.19.0"), Version.parse("1.20.0"), ())

    assert title == "spec(parity): v1.20.0 — section 7: refresh status snapshot (M32b merged)"
    assert "## What section 7 records" in body
    assert "## Five Whys (in section 7.4)" in body
