"""The picture of a comparison: how far apart two sets of logits are at every position, as SVG. Pure.

It renders where no script runs and no style sheet is loaded, as in a README on GitHub, and takes the reader's
light or dark scheme by itself. The scales are the same for every picture, so that two can be held side by side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

COLUMNS = 800
"""How many bars a panel has at most; of several positions in one bar the worst is drawn."""
_TITLE = 96
_WIDTH, _LEFT, _RIGHT = 880, 72, 864
_HEIGHT = 440
_EXPONENTS = (-15, 1)
_LABELLED = (-12, -9, -6, -3, 0)
_MARKS_AT = 222

_LIGHT = {"paper": "#ffffff", "ink": "#1f2328", "soft": "#59636e", "line": "#d1d9e0", "bar": "#0969da"}
_DARK = {"paper": "#0d1117", "ink": "#f0f6fc", "soft": "#9198a1", "line": "#3d444d", "bar": "#4493f8"}
_LIGHT_ALARM = {"near": "#9a6700", "bad": "#cf222e"}
_DARK_ALARM = {"near": "#d29922", "bad": "#f85149"}


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: one value a position, and the limits that stand for all positions.

    *kl* is in nats, *cosine* is centred; a value that is no number counts as the worst there can be. *near* are the
    positions with a tolerated near tie, *wrong* those whose likeliest token differs otherwise.
    """

    title: str
    kl: Sequence[float]
    cosine: Sequence[float]
    kl_limit: float
    cosine_floor: float
    near: frozenset[int] = frozenset()
    wrong: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Panel:
    """One row of bars: what is measured, its values (larger is worse), their limit in numbers and words, its place."""

    name: str
    values: Sequence[float]
    limit: float
    words: str
    top: int
    bottom: int

    def y(self, value: float) -> float:
        """Return the height of a value: powers of ten, cut at both ends; what is no number is at the upper end."""
        low, high = _EXPONENTS
        exponent = high if not math.isfinite(value) else math.log10(max(value, 10.0**low))
        return self.bottom - (min(exponent, high) - low) / (high - low) * (self.bottom - self.top)


def draw(picture: Picture) -> str:
    """Return the picture as an SVG document, ended by a line end."""
    panels = _panels(picture)
    worst = f"worst {_worst(panels[0], picture.kl)} · {_worst(panels[1], picture.cosine)}"
    said = f"{len(picture.kl):,} positions · {worst}"
    title = escape(picture.title if len(picture.title) <= _TITLE else picture.title[: _TITLE - 1] + "…")
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d">',
        f'<title id="t">{title}</title>',
        f'<desc id="d">{said}; {_count(picture)}</desc>',
        _style(),
        f'<rect class="paper" x=".5" y=".5" width="{_WIDTH - 1}" height="{_HEIGHT - 1}" rx="6"/>',
        f'<text class="head" x="16" y="26">{title}</text>',
        f'<text x="16" y="46">{said}</text>',
        *(line for panel in panels for line in _panel(panel)),
        *_marks(picture),
        *_positions(len(picture.kl)),
        *_legend(picture),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panels(picture: Picture) -> tuple[_Panel, _Panel]:
    kl, floor = picture.kl_limit, picture.cosine_floor
    distance = [1 - one for one in picture.cosine]
    return (
        _Panel("KL divergence", picture.kl, kl, f"limit {kl:.3g}", 76, 206),
        _Panel("1 − centred cosine", distance, 1 - floor, f"limit {1 - floor:.3g}: cosine {floor!r}", 256, 386),
    )


def _worst(panel: _Panel, shown: Sequence[float]) -> str:
    """Return the worst value of a panel as it is *shown*, and its position."""
    name = panel.name.removeprefix("1 − ")
    if not shown:
        return f"{name} unknown"
    at = max(range(len(shown)), key=lambda n: _weigh(panel.values[n]))
    return f"{name} {f'{shown[at]:.6g}' if math.isfinite(shown[at]) else 'not finite'} at {at:,}"


def _weigh(value: float) -> float:
    return value if math.isfinite(value) else math.inf


def _count(picture: Picture) -> str:
    return f"{len(picture.near):,} near ties, {len(picture.wrong):,} flips of the likeliest token"


def _style() -> str:
    font = "text{font:12px ui-sans-serif,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}.head{font-size:14px}"
    rules = (
        ".head{font-weight:600}.bars,.over{stroke-width:1.2;fill:none}.limit{stroke-dasharray:5 3}.end{text-anchor:end}"
        ".halo{stroke-width:6;stroke-linejoin:round}"
    )
    light, dark = (_scheme({**plain, **alarm}) for plain, alarm in ((_LIGHT, _LIGHT_ALARM), (_DARK, _DARK_ALARM)))
    return f"<style>{font}{rules}{light}@media(prefers-color-scheme:dark){{{dark}}}</style>"


def _scheme(colour: dict[str, str]) -> str:
    return (
        f".paper{{fill:{colour['paper']};stroke:{colour['line']}}}text{{fill:{colour['soft']}}}"
        f".halo{{fill:{colour['paper']};stroke:{colour['paper']}}}"
        f".head{{fill:{colour['ink']}}}.grid{{stroke:{colour['line']}}}.bars{{stroke:{colour['bar']}}}"
        f".over,.limit{{stroke:{colour['bad']}}}.near{{stroke:{colour['near']};fill:none;stroke-width:1.5}}"
        f".wrong{{stroke:{colour['bad']};fill:none;stroke-width:2}}"
    )


def _panel(panel: _Panel) -> Iterator[str]:
    """Yield one panel: its name, the grid, the bars within and over the limit, the limit.

    The words of the limit lie upon bars: they are drawn last, and below them once more as a halo in the paper's colour.
    That `paint-order` would do in one, but what does not know it paints the halo over the words.
    """
    yield f'<text x="{_LEFT}" y="{panel.top - 8}">{panel.name}</text>'
    for exponent in _LABELLED:
        y = panel.y(10.0**exponent)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{_RIGHT}"/>'
        yield f'<text class="end" x="{_LEFT - 8}" y="{y + 4:.1f}">{f"1e{exponent}" if exponent else "1"}</text>'
    columns = _gather(panel.values)
    bars = [_bar(panel, n, value, len(columns)) for n, value in enumerate(columns)]
    over = [not value <= panel.limit for value in columns]
    for name, wanted in (("bars", False), ("over", True)):
        if path := "".join(bar for bar, is_over in zip(bars, over, strict=True) if is_over is wanted):
            yield f'<path class="{name}" d="{path}"/>'
    y = panel.y(panel.limit)
    yield f'<path class="limit" d="M{_LEFT} {y:.1f}H{_RIGHT}"/>'
    for name in ("end halo", "end"):
        yield f'<text class="{name}" x="{_RIGHT}" y="{y - 4:.1f}">{panel.words}</text>'


def _gather(values: Sequence[float]) -> list[float]:
    """Return at most `COLUMNS` values, each the worst of its share."""
    count = min(len(values), COLUMNS)
    edges = [n * len(values) // count for n in range(count + 1)] if count else []
    return [max(map(_weigh, values[a:b])) for a, b in pairwise(edges)]


def _bar(panel: _Panel, column: int, value: float, count: int) -> str:
    return f"M{_x(column, count):.1f} {panel.bottom}V{min(panel.y(value), panel.bottom - 1):.1f}"


def _x(column: int, count: int) -> float:
    return _LEFT + (column + 0.5) * (_RIGHT - _LEFT) / count


def _marks(picture: Picture) -> Iterator[str]:
    """Yield a diamond for every near tie and a cross for every other flip, in a row between the panels."""
    count = max(len(picture.kl), 1)
    y = _MARKS_AT
    if near := _thin(picture.near, count):
        yield f'<path class="near" d="{"".join(f"M{x:.1f} {y - 5}l4 5l-4 5l-4 -5z" for x in near)}"/>'
    if wrong := _thin(picture.wrong, count):
        crosses = "".join(f"M{x - 4:.1f} {y - 4}l8 8m0 -8l-8 8" for x in wrong)
        yield f'<path class="wrong" d="{crosses}"/>'


def _thin(positions: Iterable[int], count: int) -> list[float]:
    """Return where marks stand, those that would hide each other once."""
    return sorted({round(_x(n, count), 1) for n in sorted(positions) if 0 <= n < count})[:COLUMNS]


def _positions(count: int) -> Iterator[str]:
    """Yield the numbers below the panels: the first position, the last, and quarters between."""
    if not count:
        return
    for n in sorted({0, count // 4, count // 2, 3 * count // 4, count - 1}):
        yield f'<text text-anchor="middle" x="{_x(n, count):.1f}" y="404">{n:,}</text>'


def _legend(picture: Picture) -> Iterator[str]:
    yield '<path class="near" d="M78 422l4 5l-4 5l-4 -5z"/>'
    yield f'<text x="90" y="431">near tie, tolerated ({len(picture.near):,})</text>'
    yield '<path class="wrong" d="M264 423l8 8m0 -8l-8 8"/>'
    yield f'<text x="280" y="431">likeliest token differs ({len(picture.wrong):,})</text>'
    yield '<path class="over" d="M474 420v13M478 424v9M482 422v11"/>'
    yield '<text x="492" y="431">over its limit</text>'
    yield f'<text class="end" x="{_RIGHT}" y="431">position</text>'
