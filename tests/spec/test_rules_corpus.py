"""The rules on real specs: nothing that a person would call wrong, and every broken cross-reference on its line."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.model import FalsifierId, Flip
from spec.document import read
from spec.revision import Revision
from spec.rules import RULES, check, check_change, examine

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.finding import Finding
    from spec.amend import Amended

FLAGSHIP = "aprender/ship-two-models-spec.md"
CCPA = tuple(f"ccpa/spec/at-v1.{minor}.0.md" for minor in range(18, 23))
BANNER = "**Atomic next action (v2.87.0):**"

SECTION = """\
## §43. Distill-train bindings and a cosine helper (2026-05-03)

### 43.1 What landed

| PR | What | Effect |
|----|------|--------|
| [#1438](https://github.com/paiml/aprender/pull/1438) | TRAIN-005 is bound | two unit tests, evidence in the contract |
| [#1439](https://github.com/paiml/aprender/pull/1439) | TRAIN-006 is bound | two unit tests, evidence in the contract |
| [#1440](https://github.com/paiml/aprender/pull/1440) | cosine helper | callable without the CUDA feature |

### 43.2 Coverage flips

| Falsifier | Status before | Status after | Notes |
|-----------|---------------|--------------|-------|
| FALSIFY-APR-DISTILL-TRAIN-005 | unbound (drift) | PARTIAL_ALGORITHM_LEVEL | 2 unit tests |
| FALSIFY-APR-DISTILL-TRAIN-006 | unbound (drift) | PARTIAL_ALGORITHM_LEVEL | 2 unit tests |

Coverage tally: **15 + 33 → 15 + 35** (+2 PARTIAL_ALGORITHM_LEVEL closed).

### 43.4 Five Whys

1. **Why amend the spec now?** Three pull requests landed since §42.
2. **Why one amendment for all three?** One chain, one story.

### 43.5 Ship % effects

- **MODEL-1**: 87% → **88%** — the cosine primitive lands.
- **MODEL-2**: 54% → **56%** — two of nine promises are bound.
- **Coverage scoreboard**: 15+33 → **15+35** (two bindings).

Spec v2.87.0 → **v2.88.0**.

### 43.6 Next-session pickup

(a) **FALSIFY-CPU-GPU-005 part b** — the wgpu decode and the cosine gate.

(b) **MODEL-2 distill-train** — the real implementation.

---

"""
TOP = """\
**Atomic next action (v2.88.0):** **§43 — distill-train bindings (2026-05-03)** (see new §43 below). \
Coverage tally: 15+35. **MODEL-1 ship %**: 87% → **88%**. **MODEL-2 ship %**: 54% → **56%**.
"""
BOUND = tuple(
    Flip("contracts/apr-distill-train-v1.yaml", FalsifierId(f"FALSIFY-APR-DISTILL-TRAIN-00{n}"), None, status)
    for n, status in ((5, "PARTIAL_ALGORITHM_LEVEL"), (6, "PARTIAL_ALGORITHM_LEVEL"))
)
LANDED = frozenset({*range(1427, 1434), 1436, 1438, 1439, 1440})


def amend(text: str) -> str:
    """Return the flagship spec with the seed's amendment, as a person wrote it."""
    text = text.replace("**Version:** 2.87.0", "**Version:** 2.88.0").replace(BANNER, TOP + BANNER, 1)
    return text.replace("## §42.", SECTION + "## §42.", 1)


def changed(before: str, after: str) -> list[Finding]:
    """Return what a change brings in, with what git knows of the seed."""
    scene = Revision(read(before, "s.md"), read(after, "s.md"), landed=LANDED, flips=BOUND, home="paiml/aprender")
    return [finding for finding in examine(scene) if not finding.stood]


@pytest.mark.parametrize("name", [FLAGSHIP, *CCPA])
def test_what_remains_on_the_real_specs_is_true(
    name: str, corpus: Callable[[str], str], golden: Callable[[str, str], None]
) -> None:
    """The flagship's sections 2 to 25 and 27 to 40 are not in the extract; the others number no sections."""
    found = [f"{f.severity} {f.rule} {f.place.line}: {f.message}" for f in check(read(corpus(name)))]

    assert all(line.startswith("notice ") for line in found)
    if name == FLAGSHIP:
        golden("rules-flagship.txt", "\n".join(found) + "\n")
    else:
        assert found == []


def test_the_real_changes_of_a_spec_pass(corpus: Callable[[str], str]) -> None:
    """Five versions that a real record went through, none of which moved its own version."""
    texts = [read(corpus(name)) for name in CCPA]

    assert [check_change(one, two) for one, two in pairwise(texts)] == [()] * 4


def test_the_amendment_of_the_seed_passes(corpus: Callable[[str], str]) -> None:
    """As people wrote it: table, flips, tally, percentages, banner."""
    text = corpus(FLAGSHIP)

    assert changed(text, amend(text)) == []


def test_an_amendment_of_ours_passes_whole(corpus: Callable[[str], str], put: Callable[..., Amended]) -> None:
    """Also where history is at hand; it renders nothing that a rule has a word about."""
    text = corpus(FLAGSHIP)

    found = changed(text, put(text, None).text)

    assert [f for f in found if f.severity != "notice"] == []


HARMLESS: dict[str, Callable[[str], str]] = {
    "a sentence": lambda text: text.replace("Nothing but renames.", "Nothing but renames, in four crates."),
    "a line at the end": lambda text: text + "\nA sentence more.\n",
    "a line at the start": lambda text: "<!-- a comment -->\n" + text,
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "a heading's words": lambda text: text.replace("## §42. Hub feature health", "## §42. Health of the hub feature"),
    "a part more": lambda text: text.replace("### 42.7", "### 42.6a A remark\n\nWords.\n\n### 42.7"),
    "a cell": lambda text: text.replace("none for users", "no effect for users"),
    "a row's words": lambda text: text.replace("helper for cached downloads", "helper for downloads that are cached"),
    "a fence": lambda text: text.replace("Two models ship", "```\n## §99. none\ntally: 1+1 → 2+2\n```\n\nTwo ship"),
    "a reason": lambda text: text.replace("test parity.", "test parity on both sides."),
    "a lever's words": lambda text: text.replace("real implementation.", "an implementation that learns."),
    "a patch of the version": lambda text: text.replace("2.87.0\n", "2.87.1\n").replace(
        BANNER, BANNER.replace("7.0", "7.1")
    ),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_edit_passes(name: str, corpus: Callable[[str], str]) -> None:
    """Words, cells and line ends are nobody's business."""
    text = corpus(FLAGSHIP)
    after = HARMLESS[name](text)

    assert after != text
    assert changed(text, after) == []


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_edit_beside_an_amendment_passes(name: str, corpus: Callable[[str], str]) -> None:
    """And so does the amendment behind it."""
    text = HARMLESS[name](corpus(FLAGSHIP).replace("2.87.0\n", "2.87.0\n"))
    if name == "Windows line ends":
        assert changed(text, amend(text.replace("\r\n", "\n")).replace("\n", "\r\n")) == []
    elif name != "a patch of the version":
        assert changed(text, amend(text)) == []


DRIFTS: dict[str, tuple[str, str, str]] = {
    "the version stays": ("**Version:** 2.88.0", "**Version:** 2.87.0", "spec/version-unmoved"),
    "the version moves back": ("**Version:** 2.88.0", "**Version:** 2.86.0", "spec/version-back"),
    "the version is no version": ("**Version:** 2.88.0", "**Version:** soon", "spec/version-unreadable"),
    "the version is gone": ("**Version:** 2.88.0\n", "", "spec/version-missing"),
    "the banner's version": ("action (v2.88.0):", "action (v2.87.0):", "spec/banner-version"),
    "the banner's section": ("**§43 — distill", "**§42 — distill", "spec/banner-section"),
    "the banner's tally": ("Coverage tally: 15+35.", "Coverage tally: 15+33.", "spec/banner-figure"),
    "the banner's percentage": ("87% → **88%**. **M", "87% → **89%**. **M", "spec/banner-figure"),
    "the section's end": ("Spec v2.87.0 → **v2.88.0**", "Spec v2.87.0 → **v2.89.0**", "spec/banner-section"),
    "the section's start": ("Spec v2.87.0 → **v2.88.0**", "Spec v2.86.0 → **v2.88.0**", "spec/banner-section"),
    "the section's number is taken": ("## §43. Dist", "## §42. Dist", "spec/section-twice"),
    "a section is left out": ("## §43. Dist", "## §44. Dist", "spec/section-gap"),
    "a part's number": ("### 43.5 Ship", "### 42.5 Ship", "spec/part-number"),
    "a pull request that is not merged": ("[#1440](https", "[#1499](https", "spec/landed-unmerged"),
    "a pull request of the section before": ("[#1440](https", "[#1436](https", "spec/landed-twice"),
    "the tally's start": ("**15 + 33 → 15 + 35**", "**15 + 34 → 15 + 36**", "spec/tally-chain"),
    "the tally's end": ("15+33 → **15+35** (two", "15+33 → **15+34** (two", "spec/tally-follows"),
    "a status that the tally does not have": ("| unbound (drift) | PART", "| FUNCTIONAL | PART", "spec/tally-follows"),
    "a percentage's start": ("- **MODEL-2**: 54% → **56%**", "- **MODEL-2**: 52% → **56%**", "spec/ship-chain"),
    "a percentage over the end": ("87% → **88%** — the", "87% → **108%** — the", "spec/ship-range"),
    "a percentage's reason": (" — two of nine promises are bound.", "", "spec/ship-reason"),
    "an answer": ("One chain, one story.", "_Open: no fact answers this; a person must._", "spec/open-whys"),
    "a letter twice": ("(b) **MODEL-2 distill", "(a) **MODEL-2 distill", "spec/pickup-letters"),
    "a letter left out": ("(b) **MODEL-2 distill", "(c) **MODEL-2 distill", "spec/pickup-letters"),
}


@pytest.mark.parametrize("name", DRIFTS)
def test_one_broken_reference_is_found_on_its_line(name: str, corpus: Callable[[str], str]) -> None:
    """By the rule that is about it."""
    right, wrong, rule = DRIFTS[name]
    text = corpus(FLAGSHIP)
    good = amend(text)
    start = good.index(right)

    found = [f for f in changed(text, good[:start] + wrong + good[start + len(right) :]) if f.rule == rule]

    there = {
        "the version is gone": "# Specification",
        "a status that the tally does not have": "- **Coverage scoreboard**",
    }
    at = good.index(there[name]) if name in there else start
    assert good.count("\n", 0, at) + 1 in {f.place.line for f in found}


def test_a_section_at_the_wrong_end_is_found(corpus: Callable[[str], str]) -> None:
    """The newest come first in this file's tail."""
    text = corpus(FLAGSHIP)
    moved = amend(text).replace(SECTION, "").replace("**END OF", SECTION + "**END OF")

    found = [f for f in changed(text, moved) if f.rule != "spec/section-gap"]

    assert [(f.rule, moved.splitlines()[f.place.line - 1][:7]) for f in found] == [("spec/section-back", "## §43.")]


def test_a_figure_of_an_old_section_does_not_change_where_it_started(corpus: Callable[[str], str]) -> None:
    """History that is written anew is told, and the figure that stood is the right one."""
    text = corpus(FLAGSHIP)
    wrong = text.replace("- **MODEL-1**: 86% → **87%**", "- **MODEL-1**: 85% → **87%**")

    found = changed(text, wrong)

    assert [(f.rule, f.suggestion[:26]) for f in found if f.severity == "error"] == [
        ("spec/ship-chain", "- **MODEL-1**: 86% → **88%")
    ]


WORDS = st.sampled_from(
    [
        *("# S", "Version: 1.2.0", "**Version:** x", "---", "version: 1.0.0", "```", "<!--", "-->", "", "    code"),
        *("## §42. a (2026-05-03)", "## 43. b", "## §999999. c", "### 42.1 d", "#### §43.2.9 e", "### 44.6 pickup"),
        *("**N (v1.2.0):** **§42 — a** (see new §42 below). Coverage tally: 1+2.", "Spec v1.1.0 → **v1.2.0**"),
        *("| PR | What |", "| # | PR |", "|----|---|", "| [#7](https://h/o/n/pull/7) | open |", "| 1 | #8 |", "||"),
        *("| Falsifier | before | after |", "|---|---|---|", "| FALSIFY-X-001/2 | unbound | PARTIAL |", "| X-1–3 | |"),
        *("tally: 15 + 33 → 15+35", "Coverage tally: **1+1** (unchanged)", "MODEL-1: 87% → 188%", "> q", "|"),
        *("1. **Why `x`?** _Open: nobody knows_", "_Open: _", "(a) **x** — y", "(c) z", "- (b) z", "**END OF SPEC**"),
    ]
)
MARKDOWN = st.lists(st.one_of(WORDS, st.text(max_size=30)), max_size=25).map("\n".join)


@settings(deadline=None, max_examples=400)
@given(MARKDOWN, MARKDOWN, st.booleans())
def test_no_markdown_makes_a_rule_fail(before: str, after: str, both: bool) -> None:  # noqa: FBT001 - drawn
    """Any two texts: each finding has a place in the text, one line as its suggestion, and a rule of ours."""
    before, after = before.replace("\0", ""), after.replace("\0", "")
    scene = Revision(
        read(before), read(before + "\n" + after if both else after, "s.md"), landed=LANDED, flips=BOUND, home="o/n"
    )

    for finding in examine(scene):
        line = scene.after.lines.line(finding.place.line - 1)
        assert 1 <= finding.place.line <= len(scene.after.lines.starts)
        assert "\n" not in finding.message
        assert not re.search(r"[\r\n]", finding.suggestion)
        assert not finding.suggestion or finding.suggestion != line
        assert finding.rule in {rule.id for rule in RULES}


@settings(deadline=None, max_examples=100)
@given(MARKDOWN)
def test_a_spec_that_does_not_change_brings_nothing(text: str) -> None:
    """Whatever is wrong with it."""
    text = text.replace("\0", "")

    assert check_change(read(text), read(text)) == ()
