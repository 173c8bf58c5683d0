"""Commit messages, as people and GitHub write them."""

from __future__ import annotations

import json
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.body import LIMIT, passages
from spec.landed import (
    ANSWER_LIMIT,
    EFFECT_LIMIT,
    ITEM_LIMIT,
    WHAT_LIMIT,
    effect,
    levers,
    models,
    read,
    scope,
    what,
    whys,
)
from spec.model import Lever, Why

SHARED = Path(__file__).parents[2].parent / "shared"
BODY = """\
Runs both smokes on the canonical model.

Five Whys
1. Why flip four at once? They share one log: `wgpu-smoke.log`
   covers three of them.
2. **Why is 0.766 enough?** It is above what argmax catches,
   and below the floor of 0.99.
3. Because nobody asked.
4. Why bounded?
5. Why again? _Open: only a person can say._

Net effect
- Contract x-v1 v1.4.0 → **v1.5.0** ACTIVE, with
  `pv | tee` in the log.
- Coverage tally: 16+36 → **20+32**

Next-session pickup

Two bounded levers:

- (a) FALSIFY-CPU-GPU-005 part b — extract one
  decode step (`a — b`)
- (b) **MODEL-2 distill-train**: past the ceiling
(c) Wire the cosine gate. It is short.

Co-Authored-By: Someone <s@example.org>
"""


@pytest.mark.parametrize(
    ("subject", "body", "number", "title"),
    [
        ("feat: a (#12)", "", 12, "feat: a (#12)"),
        ("M28: launch (paiml/aprender#1100) (#33)", "", 33, "M28: launch (paiml/aprender#1100) (#33)"),
        ('Revert "feat: a (#12)" (#15)', "", 15, 'Revert "feat: a (#12)" (#15)'),
        ("Merge pull request #7 from me/x", "\nfix(y): the title\n\nMore.", 7, "fix(y): the title"),
        ("Merge pull request #7 from me/x", "", 7, "Merge pull request #7 from me/x"),
    ],
)
def test_number_and_title(subject: str, body: str, number: int, title: str) -> None:
    """The number stands last in a squash's subject, or in a merge's."""
    landed = read(subject, body, commit="c", date="2026-05-03T22:00:00Z")

    assert landed is not None
    assert (landed.number, landed.title, landed.date) == (number, title, "2026-05-03")


@pytest.mark.parametrize(
    "subject", ["Initial commit", 'Revert "feat: a (#12)"', "see (o/r#12)", "fix (#12) for now", ""]
)
def test_direct_push(subject: str) -> None:
    """A commit without a number of its own is a direct push."""
    assert read(subject, "", commit="c", date="") is None


@pytest.mark.parametrize(
    ("title", "bare", "of"),
    [
        ("feat(distill-train)!: bind 005 (#1438)", "bind 005", "distill-train"),
        ("spec: refresh (#36)", "refresh", ""),
        ("docs(M34): five whys", "five whys", "M34"),
        ("M22: guard (closes M21 drift class) (#27)", "M22: guard (closes M21 drift class)", ""),
        ("M2.2: session (#4)", "M2.2: session", ""),
        ("feat: ", "feat:", ""),
        ("Fix: capital stays (#1)", "Fix: capital stays", ""),
        ("backport (#1) (#2)", "backport (#1)", ""),
    ],
)
def test_what_and_scope(title: str, bare: str, of: str) -> None:
    """A lower-case prefix and the number go; a label that tells something stays."""
    assert (what(title), scope(title)) == (bare, of)


def test_whole_body() -> None:
    """One message with everything in it yields everything, each to its place."""
    landed = read("discharge(x): 5/5 (#1446)", BODY, commit="c" * 40, date="2026-05-04")

    assert landed is not None
    assert landed.effect == "Contract x-v1 v1.4.0 → v1.5.0 ACTIVE, with `pv | tee` in the log."
    assert landed.whys == (
        Why("Why flip four at once?", "They share one log: `wgpu-smoke.log` covers three of them.", "#1446"),
        Why("Why is 0.766 enough?", "It is above what argmax catches, and below the floor of 0.99.", "#1446"),
    )
    assert landed.models == ("MODEL-2",)
    assert levers(BODY) == (
        Lever("FALSIFY-CPU-GPU-005 part b", "extract one decode step (`a — b`)"),
        Lever("MODEL-2 distill-train", "past the ceiling"),
        Lever("Wire the cosine gate.", "It is short."),
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("## Net effects\n\nThe path runs v1.3.0 now, e.g. On CPU. More.", "The path runs v1.3.0 now, e.g. On CPU."),
        ("### Net effect (in short)\n* one\n* two", "one"),
        ("**Net effect**\n1. one\n2. two", "one"),
        ("**Net effect:** one. Two.", "one."),
        ("Net effect: one. Two.", "one."),
        ("Net effect\n----------\n\none", "one"),
        ("## Summary\n\nFirst sentence. Second.\n\n## Net effect\n\nThe effect.", "The effect."),
        ("## Summary\n\n**Bold sentence it is.** Then more.", "Bold sentence it is."),
        ("## Summary\n\nThis change:\n\n- does one thing\n- and another", "does one thing"),
        ("## Summary\n\n| a | b |\n|---|---|\n> quoted\n\n```\ncode\n```\nProse.", "Prose."),
        ("## Summary\n<!-- say what -->\n- [ ] to do\n- [x] done", "done"),
        ("## Net effect\n\n- MODEL-1 ship %: 87% → 88% (x)\n- the helper is there", "the helper is there"),
        ("## Net effect\n\n- Coverage tally: 15+33 → 15+35", ""),
        ("## Net effect\n\n**Scope**\n- one", "one"),
        ("## Net effect\n\n* squash title\n\n## Summary\n\nProse.", "Prose."),
        ("## Net effect\n\nCo-authored-by: A <a@b.c>", ""),
        ("## Net effect\n\n---------\n\nOther.", ""),
        ("## Net effect\nOne\ntwo\n\n* next commit\n\nOther.", "One two"),
        ("prose that\nSummary\nis no heading", ""),
        ("```\n## Summary\n\nIn a fence.\n```", ""),
        ("## Summary of it\r\n\r\nOver\r\ntwo lines.\r\n", "Over two lines."),
        ("## Summary\n<!-- never closed", "<!-- never closed"),
        ("", ""),
    ],
)
def test_effect(body: str, words: str) -> None:
    """The effect is the author's first sentence or bullet under the heading, and nothing that is none."""
    assert effect(body) == words


def test_effect_is_bounded() -> None:
    """A long effect ends between words."""
    words = effect("## Summary\n\n" + "word " * 100)

    assert len(words) <= EFFECT_LIMIT
    assert words.endswith(" word…")


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ("## Five Whys (in §43.4)\n\n1. Why now? Because.", ("Why now?", "Because.")),
        ("Five-whys:\n  1. Why “%?”?   greedy\n     argmax", ("Why “%?”?", "greedy argmax")),
        ("**Five Whys**\n\n1) **Why `a? b` now?** — Because.", ("Why `a? b` now?", "Because.")),
        ("### 41.4 Five Whys — why log?\n1. **What failed?**\n   The gate.", ("What failed?", "The gate.")),
        ("Five Whys\n5 (root). What's cheap? One run.", ("What's cheap?", "One run.")),
        ("Five Whys\n\nAn introduction.\n\n1. Why? So.\n\nNot 2. Why? this", ("Why?", "So.")),
        ("Five Whys\n1. Why? So.\n\nOther words:\n1. Why not? Else.", ("Why?", "So.")),
    ],
)
def test_whys(body: str, asked: tuple[str, str]) -> None:
    """Questions and answers are read in the forms that people write."""
    assert whys(body, "#1") == (Why(*asked, "#1"),)


@pytest.mark.parametrize(
    "body",
    [
        "1. Why now? No heading.",
        "Five whys say: 1. Why? So.",
        "Five Whys\n1. CI ended with 2; it ran all the same.",
        "Five Whys\n1. Why now?\n2. Why then? Open: only a person can say.",
        "Five Whys\n* squash title\n\n1. " + "x" * 400 + "? y",
        "Five Whys\n1. Tests pass? yes",
    ],
)
def test_no_whys(body: str) -> None:
    """What asks nothing, or has no answer, is not carried on."""
    assert whys(body, "#1") == ()


def test_trailers_end_an_answer() -> None:
    """A trailer or a squash title right behind an answer is no part of it."""
    assert whys("Five Whys\n1. Why? So\nSigned-off-by: A <a@b.c>", "")[0].answer == "So"
    assert whys("Five Whys\n1. Why? So\n\n* next title\n\n   more", "")[0].answer == "So"


def test_models() -> None:
    """Models are named once, in order; words that only look like it are none."""
    assert models("MODEL-2 and MODEL-1, MODEL-2; MODEL-specific, X-MODEL-3") == ("MODEL-2", "MODEL-1")


@pytest.mark.parametrize(
    "body", ["", "(a) no heading", "## Next-session pickup\n\nnothing lettered", "Next-session pickup\n(a) ** **"]
)
def test_no_levers(body: str) -> None:
    """Levers are lettered, under their heading, and have a name."""
    assert levers(body) == ()


LINES = st.sampled_from(
    [
        *BODY.splitlines(),
        "",
        "## Summary",
        "* title",
        "```",
        "~~~",
        "---",
        "<!-- x",
        "-->",
        "**",
        "| a |",
        "- [ ] x",
        "  more `code",
        "1. ? x",
    ],
)


@settings(deadline=None, max_examples=300)
@given(st.lists(LINES | st.text(max_size=30), max_size=30).map("\n".join), st.text(max_size=40))
def test_any_message(body: str, subject: str) -> None:
    """Whatever the message: nothing raises, everything is bounded, and no trailer becomes words."""
    landed = read(f"{subject} (#5)", body, commit="c", date="")

    assert landed is not None
    assert landed.number == 5
    assert len(landed.what) <= WHAT_LIMIT
    assert len(landed.effect) <= EFFECT_LIMIT
    assert len(landed.whys) <= ITEM_LIMIT
    assert all(len(why.answer) <= ANSWER_LIMIT for why in landed.whys)
    said = [landed.effect, *(why.answer for why in landed.whys), *(lever.text for lever in levers(body))]
    assert not any("Co-Authored-By" in words for words in said)


@pytest.mark.parametrize(
    "unit", ["<!--", "`", "*", "**a", "(#1) ", " ", "1. Why? a\n", "(a) x\n", "? ", "- x\n", "#", "~~~\n", ". "]
)
def test_hostile_body_is_quick(unit: str) -> None:
    """A megabyte costs no more than the part that is read."""
    text = unit * (200_000 // len(unit))
    began = perf_counter()
    for head in ("Five Whys\n1. Why? ", "Net effect\n", "Next-session pickup\n(a) "):
        read(f"feat(x): {text} (#1)", head + text, commit="c", date="")
        levers(head + text)

    assert perf_counter() - began < 30  # it does not hang; times are for make bench


def test_only_the_beginning_is_read() -> None:
    """What stands behind the bound is not read."""
    assert effect("x\n" * LIMIT + "\n## Summary\n\nToo late.") == ""
    assert len(passages("## a\n\n" * 3)) == 4


def test_real_history() -> None:
    """Every commit of the real history has the number that GitHub gave it, and a title without it."""
    path = SHARED / "corpus" / "ccpa" / "history.json"
    if not path.exists():
        pytest.skip("the corpus is not here")
    commits = json.loads(path.read_text(encoding="utf-8"))
    landed = {c["commit"]: read(c["subject"], c["body"], commit=c["commit"], date=c["date"]) for c in commits}

    assert [pr.number if pr else None for pr in landed.values()] == [c["pull_request"] for c in commits]
    for commit, pr in zip(commits, landed.values(), strict=True):
        if pr:
            assert pr.what
            assert f"(#{pr.number})" not in pr.what
            assert pr.what in commit["subject"]
            assert "Co-Authored" not in pr.effect
    told = {pr.number: pr.effect for pr in landed.values() if pr and pr.effect}
    assert set(told) == {38}
    assert told[38].startswith("Status snapshot dated 2026-04-28 stuck at M32c.2.1; today (2026-04-29) ")


def test_seed_message() -> None:
    """The seed's own discharge commits yield their effects and all their answers."""
    path = SHARED / "seed.txt"
    if not path.exists():
        pytest.skip("the seed is not here")
    text = path.read_text(encoding="utf-8")
    body = text[text.index("* discharge(apr-cpu-vs-gpu-output-parity-v1): FALSIFY-CPU-GPU-005") :]
    found = whys(body, "#1446")

    assert effect(body) == "FALSIFY-CPU-GPU-005: PARTIAL_ALGORITHM_LEVEL → DISCHARGED"
    assert len(found) == 10
    assert found[1].question == "Why is cos=0.766 the right discharge data point?"
    assert found[9].answer.endswith("pv validate exits 0 with all 5 status fields = DISCHARGED.")
    assert models(body) == ("MODEL-1",)
