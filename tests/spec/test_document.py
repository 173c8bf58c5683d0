"""Reading specs: what is a heading, what is stated, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import Unreadable
from contracts.progress import Tally
from spec.document import LIMIT, LINES, Spec, read

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = "# Spec\n\n**Version:** 1.2.0\n\n"


def version(text: str) -> str | None:
    """Return the version that a text states."""
    stated = read(text).version
    return str(stated.version) if stated else None


def numbers(spec: Spec) -> list[int]:
    """Return the numbers of the sections in order of the file."""
    return [section.number for section in spec.sections]


def test_the_flagship_spec_is_read_with_every_place(corpus: Callable[[str], str]) -> None:
    """Version, banners, sections, figures and end marker of the real shape are found where they stand."""
    text = corpus("aprender/ship-two-models-spec.md")
    spec = read(text, "spec.md")

    assert spec.version is not None
    assert text[spec.version.start : spec.version.end] == "2.87.0"
    assert [(str(b.version), b.number, b.line) for b in spec.banners] == [("2.87.0", 42, 5), ("2.86.0", 41, 6)]
    assert [(s.number, s.sign, s.date, s.ruled, s.line) for s in spec.sections] == [
        (1, "", "", False, 11),
        (26, "", "2026-04-27", False, 20),
        (42, "§", "2026-05-03", True, 26),
        (41, "§", "2026-05-03", False, 53),
    ]
    assert spec.order == "mixed"
    assert spec.newest is spec.sections[2]
    assert [part.title for part in spec.sections[2].parts] == [
        "42.1 What landed",
        "42.5 Coverage update",
        "42.6 Ship % effects",
        "42.7 Next-session pickup",
    ]
    assert spec.end is not None
    assert text[spec.end :] == "**END OF SPECIFICATION**\n"
    assert [str(spec.place(stated.offset)) for stated in spec.tallies] == [
        "spec.md:5:114",
        "spec.md:6:116",
        "spec.md:38:19",
    ]
    assert [(s.model, s.before, s.after) for s in spec.ships[-2:]] == [("MODEL-1", 86, 87), ("MODEL-2", 50, 54)]


def test_the_flagship_spec_says_where_the_record_stands(corpus: Callable[[str], str]) -> None:
    """The newest section's last statements are the chain's start."""
    chain = read(corpus("aprender/ship-two-models-spec.md")).chain()

    assert chain.tally == Tally(15, 33)
    assert (chain.ship("MODEL-1"), chain.ship("MODEL-2"), chain.clashes) == (87, 54, ())


@pytest.mark.parametrize("at", ["18", "19", "20", "21", "22"])
def test_the_other_real_specs_have_a_version_and_no_numbers(corpus: Callable[[str], str], at: str) -> None:
    """A spec without numbered sections is read as what it is."""
    spec = read(corpus(f"ccpa/spec/at-v1.{at}.0.md"))

    assert spec.version is not None
    assert (str(spec.version.version), spec.version.line, spec.version.rest) == ("0.2.0", 3, " (DRAFT)")
    assert (numbers(spec), spec.end, spec.newest, spec.order) == ([], None, None, "ascending")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("**Version:** 2.87.0", "2.87.0"),
        ("**Version**: 1.23.0 (DRAFT)", "1.23.0"),
        ("Version: 1.2.0", "1.2.0"),
        ("**Specification Version**: v3.00.0-draft", "3.00.0-draft"),
        ("- **Version**: 1.0.0", "1.0.0"),
        ("> **Version:** `1.4.0`", "1.4.0"),
        ("**Version: 1.5**", "1.5"),
        ("**Version:** 1.2.0 (Toyota Way 2.0)", "1.2.0"),
        ("**Contract Version:** 1.2.0", None),
        ("**Version:** banana", None),
        ("**Version:** 1.2.3.4", None),
        ("**Version:** 1.2.0rc1", None),
        ("    Version: 1.2.0", None),
        ("`Version: 1.2.0`", None),
        ("<!-- **Version:** 1.2.0 -->", None),
        ("text <!--\n**Version:** 1.2.0 -->", None),
    ],
)
def test_a_version_line_counts_in_its_spellings(line: str, expected: str | None) -> None:
    """Each spelling that people use is read; code, comments and other versions are not."""
    assert version(f"# Spec\n\n{line}\n\n## 1. One\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('---\ntitle: x\nversion: "2.5.1"\n---\n\n# Spec\n', "2.5.1"),
        ("---\n# a comment\nversion: v2.5  # the second\ntags:\n  - a\n- b\n...\n\n# Spec\n", "2.5"),
        ("\ufeff---\nversion: '1.0.0'\n---\n", "1.0.0"),
        ("---\r\nversion: 1.0.0\r\n---\r\n", "1.0.0"),
        ("---\n\nNot front matter.\n\nversion: 1.0.0\n", "1.0.0"),
        ("---\nkey: value\n", None),
        ("---\n---\n", None),
        ("---\nversion: {a: 1}\n---\n", None),
    ],
)
def test_front_matter_states_a_version(text: str, expected: str | None) -> None:
    """YAML front matter counts, and what only begins like it is Markdown."""
    assert version(text) == expected


def test_what_is_wrong_with_a_version_keeps_its_place() -> None:
    """A version line that states none is remembered, so that the complaint can point at it."""
    spec = read("# Spec\n\n**Version:** soon\n", "spec.md")

    assert [(wrong.value, str(spec.place(wrong.start))) for wrong in spec.misstated] == [("soon", "spec.md:3:14")]


def test_a_suffix_that_is_none_is_said() -> None:
    """Words that look like a version to the eye only are no version."""
    assert [wrong.value for wrong in read("Version: 1.2.0-a++b\n").misstated] == ["1.2.0-a++b"]


def test_the_header_ends_at_the_first_section() -> None:
    """A version line below the first heading of level 2 is prose."""
    assert version("# Spec\n\n## 1. One\n\n**Version:** 1.0.0\n") is None


@pytest.mark.parametrize(
    "hidden",
    [
        "```\n## §99. x\n```",
        "~~~~ md\n## §99. x\n~~~\n~~~~",
        "<!--\n## §99. x\n-->",
        "<details>\n## §99. x\n</details>",
        "    ## §99. x",
        "- item\n\n  ## §99. x",
        "> ## §99. x",
        "#### §99. x",
        "##§99. x",
        "`## §99. x`",
        "99. x\n------",
    ],
)
def test_what_only_looks_like_a_section_is_none(hidden: str) -> None:
    """Fences, comments, HTML, indented code, lists and quotations hold no sections."""
    spec = read(f"{HEADER}## §1. One\n\nwords\n\n{hidden}\n\n## §2. Two\n")

    assert numbers(spec) == [1, 2]


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("## §43. cosine helper (2026-05-03)", (43, "cosine helper", "2026-05-03", "§", ". ")),
        ("## 26. Drift sweep (2026-04-27) ##", (26, "Drift sweep", "2026-04-27", "", ". ")),
        ("   ## § 7 — wide — dash", (7, "wide — dash", "", "§", " — ")),
        ("## §8 bare", (8, "bare", "", "§", " ")),
        ("## §9", (9, "", "", "§", "")),
        ("## 10.", (10, "", "", "", ".")),
        ("## 5 ways to fail", None),
        ("## 25.4 deeper", None),
        ("## 2026-05-03 log", None),
    ],
)
def test_headings_are_numbered_in_their_forms(heading: str, expected: tuple[object, ...] | None) -> None:
    """Number, title, date, sign and the dash between are what the heading says."""
    found = [(s.number, s.title, s.date, s.sign, s.join) for s in read(f"{HEADER}{heading}\n").sections]

    assert found == ([expected] if expected else [])


def test_a_rule_right_under_a_paragraph_ends_the_section_and_makes_no_heading() -> None:
    """People write `---` under the last line; that does not turn the line into a heading."""
    spec = read(f"{HEADER}## §2. Two\n\nwords\n---\n\n## §1. One\n")

    assert (numbers(spec), spec.order, spec.sections[0].ruled) == ([2, 1], "newest_first", True)
    assert spec.text[spec.sections[0].start : spec.sections[0].stop] == "## §2. Two\n\nwords\n"


def test_figures_in_code_are_not_stated() -> None:
    """Fences, indented code, HTML, comments and code in a line state nothing; the reason keeps its code."""
    spec = read(
        f"{HEADER}Coverage tally: 1+2. ``Coverage tally: 9+9`` `MODEL-1: 9%`\n\n"
        "```\nCoverage tally: 9+9\nMODEL-1: 9%\n```\n\n    tally: 9+9\n\n<!-- tally: 9+9 --> MODEL-1: 9%\n\n"
        "words <!-- `tally: 9+9 --> \\`tally: 3+4\\`\n\n"
        "| `a | tally: 5+6 |\n| b` | MODEL-2: 7% |\n\n"
        "- **MODEL-1**: 86% → **87%** — `--features hub` works\n",
    )

    assert [stated.after for stated in spec.tallies] == [Tally(1, 2), Tally(3, 4), Tally(5, 6)]
    assert [(s.model, s.after, s.reason) for s in spec.ships] == [
        ("MODEL-2", 7, ""),
        ("MODEL-1", 87, "`--features hub` works"),
    ]


def test_the_newest_number_counts_and_the_rest_fills_in() -> None:
    """What the newest section does not state comes from its banner, then from older ones, then from anywhere."""
    spec = read(
        "**Version:** 1.3.0\n"
        "**Next (v1.3.0):** **§3 — c (2026-05-03)** (see new §3 below). **MODEL-1 ship %**: 10% → **20%**.\n"
        "**Next (v1.2.0):** **§2 — b (2026-05-02)** (see new §2 below). **MODEL-1 ship %**: **10%**.\n\n"
        "MODEL-3: 5%, later MODEL-3: 6%\n\n"
        "## §3. c\n\nCoverage tally: 2 + 2 → **3 + 1**.\n\n## §2. b\n\nCoverage tally: 2+2. MODEL-2: 30%\n",
    )

    assert spec.chain().tally == Tally(3, 1)
    assert sorted(spec.chain().ships) == [("MODEL-1", 20), ("MODEL-2", 30), ("MODEL-3", 6)]
    assert spec.chain().clashes == ()


def test_a_contradiction_of_the_newest_section_is_said() -> None:
    """If the section does not start from what stood before, the chain names both."""
    chain = read(f"{HEADER}## §1. a\n\ntally: 1+1\n\n## §2. b\n\ntally: 1+2 → 1+3\n").chain()

    assert chain.tally == Tally(1, 3)
    assert chain.clashes == ("§2 moves the tally from 1+2, but 1+1 was stated before it",)


@pytest.mark.parametrize(
    "line", ["**END OF SPECIFICATION**", "END OF DOCUMENT", "## End of the Spec", "*— END OF SPEC —*"]
)
def test_the_end_marker_ends_the_last_section(line: str) -> None:
    """A line that says so is the end, in code it is not."""
    spec = read(f"{HEADER}## §1. a\n\n`END OF SPEC`\n\n```\nEND OF SPEC\n```\n\n{line}\r\n")

    assert spec.text[spec.sections[0].end :] == f"{line}\r\n"
    assert spec.text[spec.sections[0].stop :] == f"\n{line}\r\n"


@pytest.mark.parametrize("text", ["é" * (LIMIT // 2 + 1), "x" * (LIMIT + 1), "\n" * (LINES + 1), "\r" * (LINES + 1)])
def test_a_spec_larger_than_the_bound_is_refused(text: str) -> None:
    """Bytes and lines are bounded before anything is parsed."""
    with pytest.raises(Unreadable, match=r"spec\.md: The spec is larger than 8 MiB or 250,000 lines\. Move its oldest"):
        read(text, "spec.md")


def test_a_nul_is_refused_with_its_place() -> None:
    """Text with NUL is no text."""
    with pytest.raises(Unreadable, match=r"spec\.md:2:3: The spec holds a NUL character\. Remove it"):
        read("a\nbc\0", "spec.md")


WORDS = st.sampled_from(
    [
        "## §7. x (2026-01-01)",
        "## 3. y",
        "# t",
        "### 3.1 z",
        "```",
        "<!--",
        "-->",
        "---",
        "**Version:** 1.0.0",
        "text `code",
        "|a|",
        "**N (v1.0.0):** **§3 — t (d)** Coverage tally: 1+2",
        "- MODEL-1: 3% (so)",
        "",
        "",
        "    in",
        "**END OF SPEC**",
        "key: v",
    ],
)


@settings(deadline=None, max_examples=600)
@given(
    st.one_of(st.lists(WORDS, max_size=16).map("\n".join), st.text(max_size=200)),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_text_is_read_and_every_place_lies_in_it(text: str, newline: str) -> None:
    """Whatever the text, masks keep its length and lines, and spans hold what they say."""
    spec = read(text.replace("\0", "").replace("\n", newline))

    assert len(spec.plain) == len(spec.text) == len(spec.blocked)
    assert all(new in ("`", " ", old) for new, old in zip(spec.plain, spec.text, strict=True))
    for section in spec.sections:
        assert section.start < section.heading.body <= section.stop <= section.end <= len(spec.text)
        assert spec.text[section.start :].lstrip(" ").startswith("## ")
        assert spec.lines.index(section.start) + 1 == section.line
    for stated in spec.versions:
        assert spec.text[stated.start : stated.end] == str(stated.version)
        assert spec.lines.line(stated.line - 1).endswith(stated.rest)
    assert spec.chain().clashes is not None
