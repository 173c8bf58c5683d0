"""From what landed to the facts of one amendment: rows, tally, percentages, pickup. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.discharge import move
from app.pickup import Scope
from app.pickup import decide as decide_pickup
from app.ship import Computed, demand_declared
from app.wish import Wishes, answer
from contracts.progress import follow, read_ships, read_tallies
from spec.claim import find as find_claims
from spec.model import Amendment, Lines, Row, Ship
from spec.outline import outline
from spec.sentence import clip
from spec.title import title
from spec.why import count, matter, scaffold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.window import Landing, Window
    from contracts.model import Contract, Falsifier, Ladder
    from contracts.progress import Chain, ShipDeclared, ShipStated
    from spec.document import Spec
    from spec.model import Late, Stale
    from spec.why import Occasion

NOTE_LIMIT = 240


@dataclass(frozen=True, slots=True)
class Telling:
    """What is asked for beside what landed: the spec's name, a title, percentages, the date."""

    name: str
    date: str
    title: str
    ships: tuple[ShipDeclared, ...]
    models: tuple[str, ...]
    base_url: str
    wishes: Wishes = field(default_factory=Wishes)
    """What people asked of the open amendment, beside *title* and *ships*, which are part of it."""
    since: str = ""
    """Where the stretch begins if an operator said so, empty for the section before this one."""
    scope: Scope = field(default_factory=Scope)
    """Which contracts speak of which model."""
    computed: tuple[Computed, ...] = ()
    """The percentages that are computed from statuses."""
    late: tuple[Late, ...] = ()
    left: int = 0
    """What is recorded nowhere, and how many more there are."""
    filled: bool = False
    """Whether the spec was told as what an earlier section landed."""
    stale: tuple[Stale, ...] = ()
    """What is discharged, and was not measured since its files changed."""
    targets: tuple[tuple[str, float | None], ...] = ()
    """At how many percent each model ships, None where nobody said so."""


def compose(window: Window, spec: Spec, ladder: Ladder, telling: Telling, occasion: Occasion) -> Amendment:
    """Return the facts of the amendment that records *window*.

    Raises:
        Complaint: a declared percentage of a model that nobody stated one of, an answer to no question.
    """
    start = spec.chain()
    end, ruled = follow_landings(start, window.changes, ladder)
    left, done = decide_pickup(window, spec, ladder, replace(telling.scope, suspects=_suspect(telling.stale)))
    demand_declared({one.model for one in telling.computed}, telling.ships)
    moved = {declared.model: move(declared, end) for declared in telling.ships}
    amendment = Amendment(
        spec=telling.name,
        title=telling.title,
        date=telling.date,
        landed=tuple(landing.landed for landing in window.landings),
        rows=_rows(window.changes, ladder),
        ships=_ships(start, end, moved, window.changes, telling),
        tally=(start.tally, end.tally) if start.tally and end.tally else None,
        stale=telling.stale,
        pickup=left,
        closed=done,
        direct=tuple(f"{change.source} {change.landed.title}" for change in window.direct),
        aside=tuple(change.landed.number for change in window.aside),
        others=sum((change.landed.lines for change in window.direct), Lines()),
        late=telling.late,
        left=telling.left,
        recorded=window.changes[-1].landed.commit if window.changes else window.since or "",
        filled=telling.filled,
        since=occasion.last,
        clashes=(*_contradict(spec, end, telling.computed), *end.clashes, *ruled),
        base_url=telling.base_url,
    )
    amendment = replace(amendment, title=telling.title or _title(amendment))
    return replace(amendment, matters=matter(amendment), whys=answer(scaffold(amendment, occasion), telling.wishes))


def _suspect(stale: Iterable[Stale]) -> tuple[tuple[str, str], ...]:
    """Return what is to be measured again, and why."""
    told = ((id_, f"measure it again: stale since `{one.commit[:7]}`") for one in stale for id_ in one.falsifiers)
    return tuple(told)


def _title(amendment: Amendment) -> str:
    """Return the default title; where nothing but a backfill is recorded, it says so."""
    if amendment.late and not (amendment.landed or amendment.direct or amendment.rows):
        return f"{count(len(amendment.late), 'pull request')} recorded late"
    return title(amendment)


def follow_texts(chain: Chain, texts: Iterable[tuple[str, str]]) -> Chain:
    """Return the chain after (source, text) pairs, code and HTML in them left out."""
    for source, text in texts:
        chain = follow(chain, outline(text).plain, source)
    return chain


def _state(landing: Landing) -> tuple[tuple[str, str], ...]:
    """Return where a landed pull request states figures: its message, else its changelog entries."""
    words = outline(landing.message).plain
    if read_tallies(words) or read_ships(words):
        return ((landing.source, landing.message),)
    return tuple((landing.source, entry) for move_ in landing.moves for entry in move_.entries)


def follow_landings(chain: Chain, landings: Sequence[Landing], ladder: Ladder) -> tuple[Chain, tuple[str, ...]]:
    """Return the chain after all landings, and where what a landing states is not what its flips make by rule.

    A landing that states no tally moves it by rule; one that states a tally is taken at its word,
    because only people decide which falsifiers enter the count.
    """
    clashes = []
    for landing in landings:
        ruled = chain.tally.advance(landing.landed.flips, ladder) if chain.tally else None
        before, chain = chain, follow_texts(chain, _state(landing))
        stated = any(read_tallies(outline(text).plain) for _, text in _state(landing))
        if not stated:
            chain = replace(chain, tally=ruled)
        elif before.tally and ruled and chain.tally and ruled != chain.tally:
            words = f"states {chain.tally.write()}; by rule its flips make {ruled.write()}"
            clashes.append(f"{landing.source} {words}")
    return chain, tuple(clashes)


def _ships(
    start: Chain, end: Chain, moved: dict[str, Ship], landings: Sequence[Landing], telling: Telling
) -> tuple[Ship, ...]:
    """Return every model's percentage, those that stayed too, with every reason that was given, or as computed."""
    reasons: dict[str, dict[str, None]] = {}
    for landing in landings:
        for _, text in _state(landing):
            for stated in _explained(text):
                reasons.setdefault(stated.model, {})[stated.reason] = None
    computed = {one.model: one.tell() for one in telling.computed}
    ships = [ship for ship in computed.values() if ship]
    for name in {*telling.models, *(model for model, _ in end.ships)} - set(computed):
        after = moved[name].after if name in moved else end.ship(name)
        said = [*reasons.get(name, {}), moved[name].reason if name in moved else ""]
        if after is not None:
            ships.append(Ship(name, start.ship(name), after, "; ".join(filter(None, said))))
    targets = dict(telling.targets)
    return tuple(sorted((replace(s, target=targets.get(s.model)) for s in ships), key=lambda ship: ship.model))


def _contradict(spec: Spec, end: Chain, computed: Iterable[Computed]) -> Iterator[str]:
    """Yield what the newest section claims again, and what is stated otherwise than it is computed."""
    newest = spec.newest.number if spec.newest else 0
    yield from (claim.words for claim in find_claims(spec) if claim.number == newest)
    yield from filter(None, (one.contradict(end) for one in computed))


def _explained(text: str) -> Iterator[ShipStated]:
    """Yield the moves of a percentage that a text states outside code, with reasons that may hold code."""
    outlined = outline(text)
    places = {stated.offset for stated in read_ships(outlined.plain) if stated.before != stated.after}
    yield from (s for s in read_ships(outlined.blocked) if s.reason and s.offset in places)


def _rows(landings: Sequence[Landing], ladder: Ladder) -> tuple[Row, ...]:
    """Return a row for every falsifier whose status or evidence moved, first state to last."""
    firsts: dict[tuple[str, str], Falsifier | None] = {}
    lasts: dict[tuple[str, str], Falsifier | None] = {}
    for landing in landings:
        for move_ in landing.moves:
            before, after = move_.contracts
            for key, was, now in _pairs(before, after):
                firsts.setdefault(key, was)
                lasts[key] = now
    rows = (_row(key, firsts[key], now) for key, now in lasts.items())
    return tuple(sorted((row for row in rows if row), key=lambda row: (row.contract, ladder.rank(row.after) < 0)))


def _pairs(
    before: Contract | None, after: Contract | None
) -> list[tuple[tuple[str, str], Falsifier | None, Falsifier | None]]:
    side = after or before
    if side is None:
        return []
    ids = {f.id.text: None for c in (after, before) if c for f in c.falsifiers}
    return [
        ((side.name, id_), before.falsifier(id_) if before else None, after.falsifier(id_) if after else None)
        for id_ in ids
    ]


def _row(key: tuple[str, str], was: Falsifier | None, now: Falsifier | None) -> Row | None:
    before, after = was.status if was else None, now.status if now else None
    known = set(was.evidence) if was else set()
    new = [line for line in now.evidence if line not in known] if now else []
    if before == after and not (new and was):
        return None
    if not new:
        return Row(key[0], (key[1],), before, after, "")
    more = f" (+{len(new) - 1} more)" if len(new) > 1 else ""
    return Row(key[0], (key[1],), before, after, clip(new[-1], NOTE_LIMIT) + more)
