"""One amendment as Markdown: the whole § section, from its heading to the next session's pickup."""

from __future__ import annotations

from string import ascii_lowercase
from typing import TYPE_CHECKING

from contracts.group import UNBOUND, group, moves
from spec.colophon import write as write_colophon
from spec.effect import tell
from spec.escape import cell, inline
from spec.marker import KEYS, enclose
from spec.sentence import clip
from spec.title import title
from spec.why import OPEN, chain, count, days, row_moves

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from spec.model import Amendment, Closed, Lever, Matter, Row, Ship, Stale, Style, Why

WHY_LIMIT = 8
DIRECT_LIMIT = 10
NOTE_LIMIT = 300
"""How many carried answers and direct commits are listed; how long a note may be, in characters."""

WHYS = "Five Whys"
PICKUP = "Next-session pickup"


def render(amendment: Amendment, style: Style) -> str:
    """Return the section, numbered and ordered as its neighbours are; it ends with one newline.

    A subsection with nothing to say keeps its number and says so. Each part stands between marks (`spec.marker`), by
    which it is found again however people move it.
    """
    known = numbers(amendment)
    parts = (
        opening(amendment, style),
        f"{landed_table(amendment)}{_direct(amendment.direct, known)}{_aside(amendment)}",
        f"{_flips(amendment)}\n\n{_tally(amendment, style)}{_stale(amendment)}",
        _matters(amendment.matters, known),
        whys(amendment.whys, known),
        _effects(amendment, known),
        _pickup(amendment, known),
    )
    heading = f"## {style.sign}{style.number}. {inline(title(amendment), known)} ({amendment.date})"
    heads = ["", *(f"### {place(name, style)} {name}\n\n" for name in headings(style))]
    told = (enclose(key, f"{head}{part}") for key, head, part in zip(KEYS, heads, parts, strict=True))
    last = [write_colophon(amendment.recorded)] if amendment.recorded else []
    return "\n\n".join((heading, *told, *last)) + "\n"


def headings(style: Style) -> tuple[str, ...]:
    """Return the subsections' headings in their order."""
    return ("What landed", "Coverage flips", "Why this chain matters", WHYS, style.effects, PICKUP)


def place(heading: str, style: Style) -> str:
    """Return the number of a subsection, for instance `43.4`."""
    return f"{style.number}.{headings(style).index(heading) + 1}"


def named(number: int | str, style: Style) -> str:
    """Return how prose names a section: `§43`, or `section 43` where headings have no sign."""
    return f"{style.sign}{number}" if style.sign else f"section {number}"


def numbers(amendment: Amendment) -> frozenset[int]:
    """Return the pull requests that the section is about; their `#N` may stay links."""
    return frozenset(pr.number for pr in (*amendment.landed, *(one.landed for one in amendment.late)))


def opening(amendment: Amendment, style: Style) -> str:
    """Return the facts in one paragraph: what landed, what moved, and what that did to the numbers."""
    moved = row_moves(amendment.rows)
    sentences = [
        _landed(amendment, style),
        f"Moved: {inline('; '.join(moved))}." if moved else "No status moved.",
        _numbers(amendment),
        *(f"{inline(s.model)} reached its ship target of {s.target:g}%." for s in amendment.ships if s.arrived),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _landed(amendment: Amendment, style: Style) -> str:
    last = amendment.since or (named(style.number - 1, style) if style.number > 1 else "")
    since = f"since {last}" if last else "so far"
    if not amendment.landed:
        return f"No pull request landed {since}."
    when = f", {days(amendment.landed)}" if days(amendment.landed) else ""
    return f"{count(len(amendment.landed), 'pull request')} landed {since}: {chain(amendment.landed)}{when}."


def _numbers(amendment: Amendment) -> str:
    stated = [f"Coverage tally {scoreboard(amendment)}"] if amendment.tally else []
    stated += [f"{inline(ship.model)} {percent(ship)}" for ship in amendment.ships]
    return f"{'; '.join(stated)}." if stated else ""


def scoreboard(amendment: Amendment, *, spaced: bool = False) -> str:
    """Return `15+33 → **15+35**`, or `**15+33** (unchanged)`; empty where no tally is known."""
    if amendment.tally is None:
        return ""
    before, after = (tally.write(spaced=spaced) for tally in amendment.tally)
    return f"**{after}** (unchanged)" if before == after else f"{before} → **{after}**"


def percent(ship: Ship) -> str:
    """Return `87% → **88%**`, `unchanged at **54%**`, or `**12%**` where none was stated before."""
    if ship.before is None:
        return f"**{ship.after:g}%**"
    if ship.before == ship.after:
        return f"unchanged at **{ship.after:g}%**"
    return f"{ship.before:g}% → **{ship.after:g}%**"


def link(number: int, base_url: str) -> str:
    """Return a pull request as a link where the repository's address is known."""
    return f"[#{number}]({base_url}/pull/{number})" if base_url else f"#{number}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; cells are Markdown already."""
    rule = "|".join("-" * (len(name) + 2) for name in head)
    lines = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([f"| {' | '.join(head)} |", f"|{rule}|", *lines])


def landed_table(amendment: Amendment, *, linked: bool = True) -> str:
    """Return the table of landed pull requests, then that of the smokes that discharged, then what was forgotten."""
    base, known = amendment.base_url if linked else "", numbers(amendment)
    if not amendment.landed:
        return "\n\n".join(["No pull request landed.", *_late(amendment, base, known)])
    rows = ((link(pr.number, base), cell(pr.what, known), cell(tell(pr), known)) for pr in amendment.landed)
    smokes = [
        (link(pr.number, base), cell(pr.smoke, known), cell("; ".join(moves(pr.flips)) or pr.what, known))
        for pr in amendment.landed
        if pr.smoke
    ]
    tables = [table(("PR", "What", "Effect"), rows)]
    tables += [table(("PR", "Smoke", "What it discharged"), smokes)] if smokes else []
    return "\n\n".join([*tables, *_late(amendment, base, known)])


def _late(amendment: Amendment, base: str, known: Collection[int]) -> list[str]:
    """Return the table of what earlier sections forgot, with the section that each belongs to."""
    if not amendment.late:
        return []
    cells = [
        (link(one.landed.number, base), cell(one.landed.what, known), cell(tell(one.landed), known), cell(one.section))
        for one in amendment.late
    ]
    more = [f"{amendment.left} more, which landed before these, are not listed."] if amendment.left else []
    said = "**Landed earlier, recorded nowhere** (no figure here counts it again):"
    return [said, table(("PR", "What", "Effect", "Belongs to"), cells), *more]


def _direct(commits: Sequence[str], known: Collection[int]) -> str:
    if not commits:
        return ""
    listed = [inline("`{}` {}".format(*commit.partition(" ")[::2]), known) for commit in commits[:DIRECT_LIMIT]]
    more = [f"{len(commits) - DIRECT_LIMIT} more"] if len(commits) > DIRECT_LIMIT else []
    return f"\n\n{count(len(commits), 'commit')} landed without a pull request: {'; '.join([*listed, *more])}."


def _aside(amendment: Amendment) -> str:
    """Return the sentence about what landed beside the record, bounded: its figures are in, its rows are not."""
    aside = amendment.aside
    if not aside:
        return ""
    listed = [link(number, amendment.base_url) for number in aside[:DIRECT_LIMIT]]
    more = [f"{len(aside) - DIRECT_LIMIT} more"] if len(aside) > DIRECT_LIMIT else []
    told = ", ".join([*listed, *more])
    return f"\n\n{count(len(aside), 'pull request')} landed beside what this record lists: {told}."


def _flips(amendment: Amendment) -> str:
    if not amendment.rows:
        return "No status moved."
    rows = (_row(row, amendment.rows, numbers(amendment)) for row in amendment.rows)
    return table(("Falsifier", "Status before", "Status after", "Notes"), rows)


def _row(row: Row, rows: Iterable[Row], known: Collection[int]) -> tuple[str, ...]:
    """Return one row; the contract is named where another one has the same id."""
    others = {id_ for other in rows if other.contract != row.contract for id_ in other.falsifiers}
    name = row.contract.rpartition("/")[2].removesuffix(".yaml").removesuffix(".yml")
    ids = group(row.falsifiers) + (f" ({name})" if others.intersection(row.falsifiers) else "")
    after = f"{row.after or UNBOUND}{' (unchanged)' if row.before == row.after else ''}"
    cells = (ids, row.before or UNBOUND, after, clip(row.notes, NOTE_LIMIT) or "—")
    return tuple(cell(text, known) for text in cells)


def _tally(amendment: Amendment, style: Style) -> str:
    if amendment.tally is None:
        return "No coverage tally has been stated yet."
    return f"Coverage tally: {scoreboard(amendment, spaced=style.spaced)}{_gained(amendment)}."


def _stale(amendment: Amendment) -> str:
    """Return what is discharged and not measured since its files changed; nothing where nothing is."""
    told = (f"{group(one.falsifiers)} since {_since(one)}" for one in amendment.stale)
    return f"\n\nStale: {'; '.join(told)}." if amendment.stale else ""


def _since(stale: Stale) -> str:
    pull = f"#{stale.pull}, " if stale.pull else ""
    return f"`{stale.commit[:7]}` ({pull}{inline(stale.path)})"


def _gained(amendment: Amendment) -> str:
    """Return what the flips added, as ` (+2 PARTIAL_ALGORITHM_LEVEL)`; nothing where they moved no tally."""
    reached: dict[str, int] = {}
    for row in amendment.rows:
        if row.before != row.after:
            reached[row.after or UNBOUND] = reached.get(row.after or UNBOUND, 0) + len(row.falsifiers)
    gains = ", ".join(f"+{number} {inline(status)}" for status, number in reached.items())
    same = amendment.tally is None or amendment.tally[0] == amendment.tally[1]
    return f" ({gains})" if gains and not same else ""


def _matters(matters: Iterable[Matter], known: Collection[int]) -> str:
    told = [f"**{inline(m.model)}.** {' '.join(_sentence(s, known) for s in m.sentences)}" for m in matters]
    return "\n\n".join(told) or "No landed pull request names a model."


def _sentence(text: str, known: Collection[int]) -> str:
    return f"_{inline(text, known)}_" if text.startswith(OPEN) else inline(text, known)


def whys(listed: Sequence[Why], known: Collection[int]) -> str:
    """Return the numbered questions, an open one visibly so; below them what landed with answers of its own."""
    asked = [why for why in listed if not why.source]
    items = [f"{n}. **{inline(why.question, known)}** {_answer(why, known)}" for n, why in enumerate(asked, 1)]
    return "\n".join(items or ["Nobody has asked yet."]) + _carried([why for why in listed if why.source], known)


def _carried(carried: Sequence[Why], known: Collection[int]) -> str:
    if not carried:
        return ""
    rows = [f"- **{inline(why.question, known)}** {_answer(why, known)}" for why in carried[:WHY_LIMIT]]
    left = len(carried) - WHY_LIMIT
    sources = ", ".join(dict.fromkeys(why.source for why in carried[WHY_LIMIT:]))
    more = f"\n\n{count(left, 'more answer')} left out, in {sources}." if left > 0 else ""
    return "\n\nAnswered where it landed:\n\n" + "\n".join(rows) + more


def _answer(why: Why, known: Collection[int]) -> str:
    if not why.answer:
        return f"_{OPEN}no fact answers this; a person must._"
    return inline(why.answer, known) + (f" ({why.source})" if why.source else "")


def _effects(amendment: Amendment, known: Collection[int]) -> str:
    bullets = [f"- **{inline(ship.model)}**: {percent(ship)}{_reason(ship, known)}" for ship in amendment.ships]
    tally = f"{scoreboard(amendment)}{_gained(amendment)}" or "no tally has been stated yet"
    clashes = [f"- **Contradiction**: {inline(clash, known)}" for clash in amendment.clashes]
    return "\n".join([*bullets, f"- **Coverage scoreboard**: {tally}", *clashes])


def _reason(ship: Ship, known: Collection[int]) -> str:
    if ship.reason:
        return f" — {inline(ship.reason, known)}"
    return "" if ship.before == ship.after else f" — _{OPEN}why? No reason was given._"


def _pickup(amendment: Amendment, known: Collection[int]) -> str:
    left = "\n\n".join(pickup(amendment.pickup, known)) or "Nothing was named for the next session."
    return "\n\n".join([left, *closed(amendment.closed, known)])


def pickup(levers: Sequence[Lever], known: Collection[int]) -> tuple[str, ...]:
    """Return each thing to pick up as `(a) **name** — text`, and where it was carried over from."""
    return tuple(
        f"({letter}) **{inline(lever.name, known)}**{f' — {inline(lever.text, known)}' if lever.text else ''}"
        f"{f' (carried over from {inline(lever.source)})' if lever.source else ''}"
        for letter, lever in zip(ascii_lowercase, levers, strict=False)
    )


def closed(done: Sequence[Closed], known: Collection[int]) -> tuple[str, ...]:
    """Return a sentence for each thing that was picked up: which change closed it, and how that is known."""
    return tuple(
        f"Closed: {inline(one.where)} **{inline(one.name, known)}**, by {inline(one.by, known)}"
        f"{f' ({inline(one.why, known)})' if one.why else ''}."
        for one in done
    )
