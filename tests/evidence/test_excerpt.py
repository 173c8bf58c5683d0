"""The two ends of a long log."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evidence.excerpt import excerpt


def test_a_short_log_stands_there_whole() -> None:
    """What fits is shown as it is."""
    assert excerpt("a\r\nb\n", "`x.log`") == "```\na\nb\n```"
    assert excerpt(" \n", "`x.log`") == "(nothing)"


def test_a_long_log_counts_what_is_left_out() -> None:
    """The reader knows how much is not shown, and where it is."""
    text = "".join(f"line {n}\n" for n in range(1000))

    page = excerpt(text, "`x.log`")

    assert (
        "line 59\n```\n\n*(920 lines, 8,240 bytes left out here; the whole stands in `x.log`.)*\n\n```\nline 980\n"
        in page
    )
    assert page.endswith("line 999\n```")


def test_long_lines_are_cut_and_counted() -> None:
    """A line of a megabyte does not fill the page."""
    page = excerpt("x" * (1 << 20) + "\n" + "y" * 600, "`x.log`")

    assert len(page) < 1200
    assert page.endswith("*(2 lines are cut at 500 characters; the whole stands in `x.log`.)*")
    assert "1 line is cut" in excerpt("y" * 600, "`x.log`")


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="`~\n\r a#|", max_size=300))
def test_no_log_breaks_out_of_its_fence(text: str) -> None:
    """Whatever a log holds, the page after it is still ours."""
    tokens = MarkdownIt().parse(excerpt(text, "`x.log`") + "\n\n## After")

    assert [token.type for token in tokens if token.level == 0 and token.type != "fence"][-3:] == [
        "heading_open",
        "inline",
        "heading_close",
    ] or tokens[-3].type == "heading_open"
    assert sum(token.type == "heading_open" for token in tokens) == 1
