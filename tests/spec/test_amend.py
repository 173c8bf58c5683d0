"""Amending a spec: the new section in its place, and not one other letter."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contracts.error import EditError
from spec.amend import Amended, amend, undo
from spec.block import blocks
from spec.document import LIMIT, read
from spec.site import place

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.token import Token

    Put = Callable[..., Amended]

HEADER = "# Spec\n\n**Version:** 1.2.0\n\n"
NEW = "## §3. distill-train algorithm-bind + cosine helper (2026-05-03)\n\nWhat landed is told here.\n"


def amended(text: str, body: str = "Told.") -> Amended:
    """Put a section of one sentence into a text."""
    spec = read(text, "spec.md")
    site = place(spec)
    return amend(spec, site, f"## {site.style.sign}{site.number}. New (2026-05-03)\n\n{body}\n")


def test_the_flagship_spec_is_amended(
    corpus: Callable[[str], str], golden: Callable[[str, str], None], put: Put
) -> None:
    """§43 goes before §42, the version moves, the banner stands on top; the rest keeps every letter."""
    text = corpus("aprender/ship-two-models-spec.md")
    after = put(text)

    golden("ship-two-models-amended.md", after.text)
    assert (after.number, str(after.version)) == (43, "2.88.0")
    assert undo(after.text, after.edits, text) == text


def test_the_rendered_section_goes_the_whole_way(corpus: Callable[[str], str], put: Put) -> None:
    """A section as the renderer writes it is read back with the new figures as the record's last word."""
    after = read(put(corpus("aprender/ship-two-models-spec.md"), None).text)

    assert after.newest is not None
    assert [section.number for section in after.sections] == [1, 26, 43, 42, 41]
    assert [part.title.partition(" ")[0] for part in after.newest.parts] == [f"43.{n}" for n in range(1, 7)]
    assert after.chain().clashes == ()
    assert (after.chain().ship("MODEL-1"), after.chain().ship("MODEL-2")) == (88, 56)


@pytest.mark.parametrize("at", ["18", "19", "20", "21", "22"])
def test_a_real_spec_without_numbers_gets_its_first_section(corpus: Callable[[str], str], put: Put, at: str) -> None:
    """§1 goes behind the last real section, before the references, separated as the chapters there are."""
    text = corpus(f"ccpa/spec/at-v1.{at}.0.md")
    after = put(text)

    assert after.number == 1
    assert "**Version**: 0.3.0 (DRAFT)\n" in after.text
    assert undo(after.text, after.edits, text) == text
    inserted = after.text.index("## §1. ")
    assert re.findall(r"(?m)^## .*", after.text[inserted:])[1:] == ["## References"]
    assert after.text[:inserted].endswith("\n\n")
    assert not after.text[:inserted].endswith("\n\n\n")


def test_an_ascending_spec_gets_its_section_at_the_end(put: Put) -> None:
    """Behind the highest number, before an appendix and the end marker."""
    end = "\n## References\n\n- one\n\n**END OF SPECIFICATION**\n"
    text = f"{HEADER}## §1. a\n\none\n\n## §2. b\n\ntwo\n"

    assert put(text + end).text == text.replace("1.2.0", "1.3.0") + "\n" + NEW + end


def test_rules_between_sections_are_kept_up(put: Put) -> None:
    """Where `---` stands between the neighbours it stands beside the new section, and once only."""
    text = f"{HEADER}---\n\n## §1. a\n\none\n\n---\n\n## §2. b\n\ntwo\n"
    end = "\n---\n\n**END OF SPECIFICATION**\n"

    assert put(text + end).text == text.replace("1.2.0", "1.3.0") + "\n---\n\n" + NEW + end


def test_a_spec_that_runs_newest_first_gets_its_section_on_top(put: Put) -> None:
    """Before the highest number, which is followed by a lower one."""
    head, rest = f"{HEADER}---\n\n", "## §2. b\n\ntwo\n\n\n## §1. a\n\none\n"

    assert put(head + rest).text == head.replace("1.2.0", "1.3.0") + NEW + "\n\n" + rest


def test_neighbours_decide_the_form_of_the_heading(put: Put) -> None:
    """Sign, dash and the blank line below are those of the newest section."""
    text = f"{HEADER}## 1 — a\none\n\n## 2 — b\ntwo\n"

    assert put(text).text.endswith(
        "two\n\n## 3 — distill-train algorithm-bind + cosine helper (2026-05-03)\nWhat landed is told here.\n"
    )


def test_what_the_neighbours_decide_is_told_to_the_renderer(corpus: Callable[[str], str]) -> None:
    """Spacing of the tally, the name of the effects and the rule between come from the newest section."""
    style = place(read(corpus("aprender/ship-two-models-spec.md"))).style
    other = place(read(f"{HEADER}tally: 1+2\n\n## 1. a\n\n### 1.1 Net effects\n\nnone\n\n## 2. b\n\ntwo\n")).style

    assert (style.number, style.sign, style.spaced, style.effects, style.rule) == (
        43,
        "§",
        True,
        "Ship % effects",
        True,
    )
    assert (other.number, other.sign, other.spaced, other.effects, other.rule) == (3, "", False, "Net effects", False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Version: 1.0.0", "Version: 1.1.0\n\n## §1. New (2026-05-03)\n\nTold."),
        ("Version: 1.0.0\n", "Version: 1.1.0\n\n## §1. New (2026-05-03)\n\nTold.\n"),
        ("Version: 1.0.0\n\nEND OF SPEC\n", "Version: 1.1.0\n\n## §1. New (2026-05-03)\n\nTold.\n\nEND OF SPEC\n"),
        ("---\nversion: 1.0.0\n---\n", "---\nversion: 1.1.0\n---\n\n## §1. New (2026-05-03)\n\nTold.\n"),
        (
            "Version: 1.0.0\n\n## Appendix A\n\nx\n",
            "Version: 1.1.0\n\n## §1. New (2026-05-03)\n\nTold.\n\n## Appendix A\n\nx\n",
        ),
        (
            "Version: 1.0.0\n\n## a\n\nx\n\nEND OF SPEC\n\n## b\n",
            "Version: 1.1.0\n\n## a\n\nx\n\n## §1. New (2026-05-03)\n\nTold.\n\nEND OF SPEC\n\n## b\n",
        ),
        ("Version: 1.0.0\n\n## §1", "Version: 1.1.0\n\n## §1\n\n## §2 New (2026-05-03)\n\nTold."),
        (
            "Version: 1.0.0\n## §1. a\nx\n## Notes\ny\n",
            "Version: 1.1.0\n## §1. a\nx\n## §2. New (2026-05-03)\nTold.\n## Notes\ny\n",
        ),
        (
            "Version: 1.0.0\n\n# Part\n\n## §1. a\n\nx\n\n# Other\n\ny\n",
            "Version: 1.1.0\n\n# Part\n\n## §1. a\n\nx\n\n## §2. New (2026-05-03)\n\nTold.\n\n# Other\n\ny\n",
        ),
    ],
)
def test_the_first_and_last_lines_of_a_text_stay_as_they_are(text: str, expected: str) -> None:
    """No heading at all, no last line end, no blank lines, an end marker in the middle: each keeps its form."""
    assert amended(text).text == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("**Version:** 2.99.0", "**Version:** 3.00.0"),
        ("**Version:** 3.00.0", "**Version:** 3.01.0"),
        ("**Version**: 1.23.0 (DRAFT)", "**Version**: 1.24.0 (DRAFT)"),
        ("**Specification Version**: v2.9.1-draft (so)", "**Specification Version**: v2.10.0-draft (so)"),
        ("Version: 2.5", "Version: 2.6"),
    ],
)
def test_only_the_digits_of_the_version_move(line: str, expected: str) -> None:
    """The minor number moves and rolls over at its width; suffix, quotes and the rest of the line stay."""
    assert amended(f"# Spec\n\n{line}\n\n## §1. a\n\nx\n").text.startswith(f"# Spec\n\n{expected}\n\n## §1.")


def test_front_matter_and_header_move_together() -> None:
    """Two lines that state the same version both move; a line that stated another one stays."""
    text = '---\nversion: "2.5.1" # ours\n---\n\n**Version:** 2.5.1\n**Document Version:** 1.0.0\n\n## §1. a\n\nx\n'

    assert amended(text).text.startswith(
        '---\nversion: "2.6.0" # ours\n---\n\n**Version:** 2.6.0\n**Document Version:** 1.0.0\n'
    )


def test_a_text_with_carriage_returns_keeps_them(corpus: Callable[[str], str], put: Put) -> None:
    """Amending and changing the line ends are two acts in either order."""
    text = corpus("aprender/ship-two-models-spec.md")

    assert put(text.replace("\n", "\r\n")).text == put(text).text.replace("\n", "\r\n")


@pytest.mark.parametrize(
    "hidden",
    ["```\n## §99. x\n```", "<!--\n## §99. x\n-->", "    ## §99. x", "<div>\n## §99. x\n</div>", "> ## §99. x"],
)
def test_what_only_looks_like_a_section_is_no_neighbour(hidden: str) -> None:
    """A heading in code, HTML or a quotation counts nothing and stays where it is."""
    text = f"{HEADER}{hidden}\n\n## §1. a\n\n{hidden}\n\n## §2. b\n\n{hidden}\n"

    after = amended(text)

    assert after.number == 3
    assert after.text == text.replace("1.2.0", "1.3.0") + "\n## §3. New (2026-05-03)\n\nTold.\n"


@pytest.mark.parametrize(
    ("text", "place", "complaint"),
    [
        (
            "# Spec\n",
            "spec.md:1",
            "The spec states no version in its header. Add a line such as **Version:** 1.0.0 under",
        ),
        ("# S\n\n**Version:** soon\n", "spec.md:3:14", "“soon” is no version. Write it as two or three numbers, for"),
        (
            f"{HEADER}## §1. a\n\n## 1. b\n",
            "spec.md:7:1",
            "Section 1 stands twice: on line 5 and on line 7. Give one of",
        ),
        (
            f"{HEADER}## §1. a\n\n```\n",
            "spec.md:8:1",
            "The amended text would not read back as intended: the new section",
        ),
        (
            f"{HEADER}## §1. a\n\n<!--\n",
            "spec.md:8:1",
            "The amended text would not read back as intended: the new section",
        ),
    ],
)
def test_a_spec_that_cannot_be_amended_is_refused_with_its_place(text: str, place: str, complaint: str) -> None:
    """The complaint names file, line and what to do."""
    with pytest.raises(EditError) as refused:
        amended(text)

    assert str(refused.value).startswith(f"{place}: {complaint}")
    assert refused.value.mend


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ("## §2. x\n\n```\nopen", "The new section leaves a code fence or an HTML block open"),
        ("## §2. x\n\n<!-- open", "The new section leaves a code fence or an HTML block open"),
        ("## §2. x\n\n## y\n\nz", "Line 3 of the new section is a heading of level 2"),
        ("## §2. x\n\n# y\n\nz", "Line 3 of the new section is a heading of level 1"),
        ("## §2. x\n\nEND OF SPEC", "3:1: The new section holds an end marker"),
        ("## §7. x\n\ny", "The new section does not begin with the heading of section 2"),
        ("words\n\n## §2. x", "The new section does not begin with the heading of section 2"),
        ("", "The new section does not begin with the heading of section 2"),
        ("## §2. x\n\na\0b", "spec.md:8:1: The amended text would not read back as intended: it would hold a NUL"),
        ("```\nopen", "The new section leaves a code fence or an HTML block open"),
    ],
)
def test_a_section_that_would_not_stay_one_section_is_refused(section: str, complaint: str) -> None:
    """A body cannot swallow what follows it, nor be two sections."""
    spec = read(f"{HEADER}## §1. a\n\nx\n", "spec.md")

    with pytest.raises(EditError) as refused:
        amend(spec, place(spec), section)

    assert str(refused.value).startswith(complaint)


def test_a_number_that_is_taken_is_refused() -> None:
    """A place that was found in an older text does not fit the newer one."""
    old, new = read(f"{HEADER}## §1. a\n\nx\n"), read(f"{HEADER}## §1. a\n\nx\n\n## §2. b\n", "spec.md")

    with pytest.raises(EditError, match=r"spec\.md:9:1: Section 2 stands there already\. Find the place"):
        amend(new, place(old), "## §2. x\n\ny\n")


def test_a_banner_that_is_none_is_refused() -> None:
    """A banner must read back as the top one."""
    spec = read("**Version:** 1.0.0\n**N (v1.0.0):** **§1 — a (d)**\n\n## §1. a\n\nx\n")

    with pytest.raises(EditError, match="the banner would not be one"):
        amend(spec, place(spec), "## §2. x\n\ny\n", "no banner")


def test_a_text_over_the_bound_is_not_written() -> None:
    """What could not be read again is not written."""
    text = f"{HEADER}## §1. a\n\n"
    spec = read(text + "x" * (LIMIT - len(text) - 3))

    with pytest.raises(EditError, match="it would be larger than can be read"):
        amend(spec, place(spec), "## §2. x\n\ny\n")


BLOCKS = st.sampled_from(
    [
        "A paragraph,\nof two lines.",
        "```\n## §99. x\n---\n```",
        "~~~\n<!--\n~~~",
        "<!--\n## §98. x\n-->",
        "    ## §97. x",
        "| PR | What |\n|----|------|\n| #1 | a \\| b |",
        "- item\n\n  ## §96. x",
        "> ## §95. x",
        "<div>\n## §94. x\n</div>",
        "### 1.1 part",
        "**Version:** 9.9.9",
        "Coverage tally: 1 + 2 → **1 + 3**",
        "* * *",
        "text\n---",
        "text `open",
        "END OF SPECIFICATION, they say",
        "\u2028## §93. x",
        "\x0c## §92. x",
    ]
)
BODIES = st.lists(BLOCKS, max_size=4).map("\n\n".join)
GAPS = st.sampled_from(["\n\n", "\n\n---\n\n", "\n\n\n", "\n---\n\n"])
TAILS = st.sampled_from(
    ["", "\n", "\n\n## References\n\n- x\n", "\n\n**END OF SPECIFICATION**\n", "\n\n---\n\nEND OF SPEC"]
)


@st.composite
def specs(draw: st.DrawFn) -> str:
    """Build a spec: a header, sections in one of the three orders, separators, an end."""
    order = draw(st.sampled_from([[], [1], [1, 2, 3], [3, 2, 1], [1, 2, 9, 8, 7], [4, 9, 2], [9, 1, 2]]))
    sign, gap = draw(st.sampled_from(["§", ""])), draw(GAPS)
    front = draw(st.sampled_from(["", '---\nversion: "1.99.0"\n---\n\n']))
    banner = draw(st.sampled_from(["", "**Next (v1.99.0):** **§3 — c (2026-01-01)** (see new §3 below). Tally: 1+2."]))
    head = f"{front}# Spec\n\n**Version:** 1.99.0 (DRAFT)\n{banner}"
    chapters = [f"## {sign}{number}. Title {number}\n\n{draw(BODIES)}".rstrip() for number in order]
    plain = ["## Unnumbered\n\n" + draw(BODIES)] if draw(st.booleans()) else []
    text = gap.join([head.rstrip(), *plain, *chapters]) + draw(TAILS)
    return text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"])))


@settings(deadline=None, max_examples=400)
@given(specs(), BODIES)
def test_an_amendment_changes_nothing_but_what_it_inserts(text: str, body: str) -> None:
    """Taking the inserted ranges out again gives the old text, and the new section reads back, in its place."""
    before = read(text)
    assume(len({section.number for section in before.sections}) == len(before.sections))

    after = amended(text, f"{body}\n\nTold.")
    spec = read(after.text)

    assert undo(after.text, after.edits, text) == text
    assert spec.newest is not None
    others = [section for section in spec.sections if section is not spec.newest]
    for old, new in zip(before.sections, others, strict=True):
        assert spec.text[new.start :].startswith(text[old.start : old.stop])
    assert (spec.newest.number, spec.newest.title, spec.newest.date) == (after.number, "New", "2026-05-03")
    assert [str(line.version) for line in spec.versions[: len(before.versions)]] == ["2.00.0"] * len(before.versions)
    assert (spec.end is None) == (before.end is None)
    assert before.order in (spec.order, "ascending")
    assert ("\r\n" in text) == ("\r\n" in after.text)
    assert not re.search(r"\r(?!\n)", after.text)


@settings(deadline=None, max_examples=200)
@given(specs(), st.text(alphabet="#§2. \n`<!->\r|*E", max_size=40))
def test_a_hostile_section_is_refused_or_stays_one_section(text: str, body: str) -> None:
    """Whatever the body, either nothing is written, or exactly one section is new."""
    before = read(text)
    try:
        after = amended(text, body)
    except EditError:
        return

    assert undo(after.text, after.edits, text) == text
    assert len(read(after.text).sections) == len(before.sections) + 1


def grown(text: str, characters: int) -> str:
    """Return the sample with its two newest sections repeated under higher numbers."""
    start, end = text.index("## §42."), text.index("**END OF")
    pair = text[start:end]
    count = (characters - len(text)) // len(pair) + 1
    copies = [
        pair.replace("§42.", f"§{42 + 2 * n}.").replace("§41.", f"§{41 + 2 * n}.").rstrip() + "\n\n---\n\n"
        for n in range(count, 0, -1)
    ]
    return text[:start] + "".join(copies) + text[start:]


def test_a_spec_of_half_a_megabyte_is_read_twice(
    corpus: Callable[[str], str], put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large the record is, its blocks are found once to read it and once to prove the amendment."""
    text = grown(corpus("aprender/ship-two-models-spec.md"), 556_000)
    large: list[int] = []

    def counted(part: str) -> list[Token]:
        large.extend([len(part)] if len(part) > 100_000 else [])
        return blocks(part)

    monkeypatch.setattr("spec.outline.blocks", counted)

    after = put(text, None)

    assert len(text) >= 556_000
    assert undo(after.text, after.edits, text) == text
    assert len(large) == 2


def test_a_renderer_that_writes_carriage_returns_does_no_harm() -> None:
    """The document decides on line ends."""
    spec = read(f"{HEADER}## §1. a\n\nx\n")
    site = place(spec)

    after = amend(spec, site, "## §2. n\r\n\r\none\rtwo\r\n")

    assert after.text.endswith("x\n\n## §2. n\n\none\ntwo\n")
    assert replace(after, text="") != after
