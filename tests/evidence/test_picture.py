"""The picture of a comparison: what it shows, for any numbers, and that it needs nothing but itself."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from evidence.picture import COLUMNS, Picture, draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SVG = "{http://www.w3.org/2000/svg}"


def picture(kl: list[float], cosine: list[float], near: Iterable[int] = (), wrong: Iterable[int] = ()) -> Picture:
    """Return a picture with the limits of the tests."""
    return Picture("gpu against cpu, strict", kl, cosine, 1e-5, 0.999, frozenset(near), frozenset(wrong))


def paths(text: str, name: str) -> str:
    """Return the drawing of one class, joined."""
    found = ET.fromstring(text).iter(f"{SVG}path")  # noqa: S314 - what we drew ourselves
    return "".join(path.attrib["d"] for path in found if path.attrib["class"] == name)


def test_the_picture_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    """A hundred positions, one over both limits, two near ties, one flip, and one that is not finite."""
    kl = [10 ** (-7 + math.sin(n)) for n in range(100)]
    cosine = [1 - 10 ** (-6 + math.cos(n)) for n in range(100)]
    kl[30], cosine[30] = 0.48, 0.928
    kl[71] = cosine[71] = math.nan

    golden("parity.svg", draw(picture(kl=kl, cosine=cosine, near={12, 55}, wrong={30})))


def test_it_needs_no_script_and_nothing_from_elsewhere() -> None:
    """GitHub shows it as an image: no script, no link, no font of its own, and both schemes in one file."""
    text = draw(picture(kl=[1e-9] * 5, cosine=[1.0] * 5))

    assert not re.search(r"<script|href|url\(|@import|@font-face|<foreignObject|\bon\w+=", text)
    assert text.count("prefers-color-scheme:dark") == 1


def test_what_is_over_a_limit_is_drawn_apart() -> None:
    """One bar over the limit of the divergence, none over the cosine's; a value on its limit is within."""
    text = draw(picture(kl=[1e-5, 2e-5, 0.0], cosine=[1.0, 1.0, 0.999]))

    assert paths(text, "over").count("V") == 1
    assert paths(text, "bars").count("V") == 5


def test_what_is_no_number_is_over_every_limit() -> None:
    """A NaN never looks like nothing: it is the worst, it reaches the upper edge, and the words say where."""
    text = draw(picture(kl=[1e-9, math.nan], cosine=[1.0, math.nan]))

    assert paths(text, "over").count("V") == 2
    assert "KL divergence not finite at 1" in text


def test_the_words_of_a_limit_can_be_read_upon_bars() -> None:
    """They are drawn after the bars of their panel, upon a halo in the colour of the paper of either scheme."""
    text = draw(picture(kl=[1.0] * 800, cosine=[0.0] * 800))

    drawn = list(ET.fromstring(text))  # noqa: S314 - what we drew ourselves
    over, halos = ([n for n, one in enumerate(drawn) if one.get("class") == name] for name in ("over", "end halo"))
    assert (len(halos), [drawn[n].get("class") for n in (halos[0] + 1, halos[1] + 1)]) == (2, ["end", "end"])
    assert [drawn[n].text for n in halos] == [drawn[n + 1].text for n in halos]
    assert over[0] < halos[0] < over[1] < halos[1]
    papers = re.findall(r"\.paper\{fill:(#\w+)", text)
    assert len(set(papers)) == 2
    assert all(f".halo{{fill:{paper};stroke:{paper}}}" in text for paper in papers)


def test_marks_tell_a_near_tie_from_a_flip_by_shape() -> None:
    """A diamond and a cross, so that nobody needs to tell two colours apart."""
    text = draw(picture(kl=[0.0] * 9, cosine=[1.0] * 9, near={2, 3}, wrong={7}))

    assert paths(text, "near").count("z") == 2 + 1  # and one in the legend
    assert paths(text, "wrong").count("m0") == 1 + 1
    assert "near tie, tolerated (2)" in text


def test_no_position_is_a_picture_too() -> None:
    """Nothing compared: no bar, and the words say that nothing is known."""
    text = draw(picture(kl=[], cosine=[]))

    assert paths(text, "bars") == ""
    assert "0 positions · worst KL divergence unknown" in text


def test_a_title_is_text() -> None:
    """Names of legs come from users: they open no element, and are cut."""
    text = draw(Picture("<script>&" + "x" * 500, [0.0], [1.0], 1e-5, 0.999))

    assert "&lt;script&gt;&amp;xx" in text
    assert len(text) < 6000


@given(st.lists(st.floats(0) | st.just(math.nan), max_size=3000), st.sets(st.integers(-5, 4000)))
def test_any_numbers_are_drawn_within_the_picture(values: list[float], marked: set[int]) -> None:
    """Whatever is measured, the picture is well-formed, bounded, and inside its frame; the worst is never lost."""
    text = draw(picture(kl=values, cosine=[1 - v for v in values], near=marked, wrong=marked))

    assert len(text) < 100_000
    assert "nan" not in text
    bars = paths(text, "bars") + paths(text, "over")
    assert bars.count("V") - 2 <= 2 * COLUMNS + 1
    for x, low, high in re.findall(r"M([\d.]+) (\d+)V([\d.]+)", bars):
        assert 72 <= float(x) <= 864
        assert 76 <= float(high) <= int(low) <= 433
    is_over = any(not value <= 1e-5 for value in values)
    assert (paths(text, "over").count("206V") > 0) == is_over
