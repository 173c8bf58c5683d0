"""A comparison as one HTML page: no script, nothing is fetched, light and dark."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from app.parity import table
from app.parity.report import STATUSES, WORDS, describe_noise, head_line
from evidence.parity.summary import find_flips
from evidence.picture import Picture, draw
from evidence.quote import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.parity.comparison import Comparison, Outcome
    from evidence.parity.row import Summary
    from evidence.parity.tier import Tier

_STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 ui-sans-serif,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
body{max-width:56rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}
.s0{color:light-dark(#1a7f37,#3fb950)}.s1,.no{color:light-dark(#cf222e,#f85149)}.s3{color:light-dark(#9a6700,#d29922)}
table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #8884}
td:first-child,th:first-child{text-align:left}code{overflow-wrap:anywhere}svg{max-width:100%;height:auto}
""".strip()


def render(outcome: Outcome) -> str:
    """Return the page."""
    status = STATUSES[outcome.verdict]
    word = WORDS[outcome.verdict]
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f"<title>Parity: {word}</title><style>{_STYLE}</style></head><body>",
        f'<h1 class="s{status}">{word.capitalize()}</h1>',
        *([f"<p>{_text(outcome.reason)}. {_text(describe_noise(outcome))}.</p>"] if outcome.noise else []),
        *(line for one in outcome.comparisons for line in _section(one)),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _text(words: str) -> str:
    return escape(show(words))


def _section(one: Comparison) -> Iterator[str]:
    judged = one.judgement
    yield f"<h2>{_text(str(one.subject.path.name))} beside {_text(str(one.reference.path.name))}</h2>"
    yield f"<p>{_text(WORDS[judged.verdict].capitalize())} · {_text(head_line(one))}</p>"
    yield from _list(judged.reasons)
    if one.measured is not None and judged.summary and judged.summary.positions:
        near, flips = find_flips(one.measured, judged.tier.tau)
        title = f"{one.subject.path.name} beside {one.reference.path.name}, tier {judged.tier.name}"
        kl, cosine = one.measured["kl"].tolist(), one.measured["cosine"].tolist()
        yield draw(Picture(show(title), kl, cosine, judged.tier.kl, judged.tier.cosine, near, flips))
    if judged.summary:
        yield from _tabulate(judged.summary, judged.tier)
    yield from _list(judged.remarks)


def _list(sentences: tuple[str, ...]) -> Iterator[str]:
    if sentences:
        yield f"<ul>{''.join(f'<li>{_text(one)}</li>' for one in sentences)}</ul>"


def _tabulate(summary: Summary, tier: Tier) -> Iterator[str]:
    rows = [_write_row(line) for line in table.tabulate(summary, tier)]
    if rows:
        yield "<table><tr><th></th><th>worst</th><th>position</th><th>mean</th><th>bound</th><th></th></tr>"
        yield from (*rows, "</table>")
    yield f"<p>Top id: {_text(table.describe_tops(summary, tier))}.</p>"
    yield from _list(tuple(f"at {table.describe_flip(row, tier)}" for row in summary.listed))
    yield f"<p>Risk: {_text(table.describe_risk(summary))}.</p>"
    yield f"<p>Why these bounds: {_text(tier.reason)}</p>"


def _write_row(line: table.Line) -> str:
    cells = "".join(f"<td>{_text(cell)}</td>" for cell in line.cells)
    return f"<tr{' class=no' if line.kept is False else ''}>{cells}<td>{line.mark}</td></tr>"
