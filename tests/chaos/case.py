"""The cases of the matrix: every point of every undisturbed story, and what goes wrong there."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.sandbox.fault import KINDS, Fault
from tests.chaos.play import Play, settle_in
from tests.chaos.tale import TALES, found
from tests.chaos.trap import lay, read_requests
from tests.story.stage import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.chaos.play import House
    from tests.chaos.trap import Request, When


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a play: the state that people see, what the processes did, what was asked of GitHub."""

    snapshot: Any
    notes: tuple[str, ...]
    requests: tuple[Request, ...]
    deaths: int
    struck: int


@dataclass(frozen=True, slots=True)
class Case:
    """One story with one thing going wrong; *name* is the case's own, and can be asked for alone."""

    name: str
    tale: str
    kind: str
    """`sqlite`, `postgres`, or `pair` for two processes on PostgreSQL."""
    kill: str = ""
    meddle: Callable[[Play], object] = field(default=lambda _: None)
    after: Callable[[Play], object] = field(default=lambda _: None)

    def __str__(self) -> str:
        """Return the name."""
        return self.name


@cache
def house() -> House:
    """Return where this process plays; it is cleared away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="discharge-chaos-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return settle_in(folder)


def perform(case: Case, database: str = "") -> Ended:
    """Play a story to its end."""
    tale = TALES[case.tale]
    pair = case.kind == "pair"  # the one that lives hears of what the other one did not hear by looking for it
    with Play(house(), database, case.kill, pair=pair, sweep=2.0 if pair else 3600.0) as play:
        found(play.sandbox, NAME, tale.config, tale.landed, tale.program)
        play.sandbox.require(NAME, *tale.required, app=play.app)
        play.install(NAME)
        play.begin()
        play.settle()
        play.sandbox.forget_requests()
        case.meddle(play)
        for act in tale.acts:
            act(play.sandbox)
            play.settle()
        case.after(play)
        requests = tuple(read_requests(play.sandbox.requests()))
        struck = play.sandbox.clear_faults()
        return Ended(play.sandbox.snapshot(NAME), tuple(play.notes), requests, play.deaths, struck)


@cache
def undisturbed(tale: str) -> Ended:
    """Return how a story ends when nothing goes wrong."""
    return perform(Case(tale, tale, "sqlite"))


def compare(case: Case, ended: Ended) -> str:
    """Return what is other than in the undisturbed story, line by line; empty if nothing is."""
    before, after = (
        json.dumps(each, indent=1, sort_keys=True, ensure_ascii=False).split("\n")
        for each in (undisturbed(case.tale).snapshot, ended.snapshot)
    )
    return "\n".join(unified_diff(before, after, "undisturbed", case.name, n=2, lineterm=""))


def kills(tale: str, kind: str) -> Iterator[Case]:
    """Yield the death after every effect, and before every delivery that has any, at which it was begun with."""
    notes, known = undisturbed(tale).notes, _find_known(tale)
    for n, note in enumerate(notes):
        what, name, nth = note.split(" ")
        if TALES[tale].late and name in known:
            continue
        if what == "effect" or (notes[n + 1 : n + 2] and notes[n + 1].startswith("effect")):
            when = "after" if what == "effect" else "before"
            yield Case(f"{tale}-{kind}-{when}-{n:02}-{name}-{nth}", tale, kind, note)


def _find_known(tale: str) -> set[str]:
    """Return the effects and deliveries of the tales before."""
    before = list(TALES)[: list(TALES).index(tale)]
    return {note.split(" ")[1] for each in before for note in undisturbed(each).notes} if TALES[tale].late else set()


def strikes(tale: str) -> Iterator[Case]:
    """Yield the death before every request, and after every one that changes something and before it is answered."""
    for place, request in _list_new(tale):
        yield _strike(tale, place, request, "before")
        if request.writes:
            yield _strike(tale, place, request, "after")


def _list_new(tale: str) -> Iterator[tuple[int, Request]]:
    """Yield the requests of a tale with their places; of each but the first, those of kinds that none before has."""
    before = list(TALES)[: list(TALES).index(tale)]
    known = {request.kind for each in before for request in undisturbed(each).requests}
    for place, request in enumerate(undisturbed(tale).requests, 1):
        if request.kind not in known:
            yield place, request


def _strike(tale: str, place: int, request: Request, when: When) -> Case:
    def meddle(play: Play) -> None:
        lay(play.sandbox.world, Fault("bad_gateway", **request.where), when, play.strike)

    return Case(f"{tale}-struck-{when}-{place:02}-{request}", tale, "sqlite", meddle=meddle)


def faults(tale: str) -> Iterator[Case]:
    """Yield every request failing once: the first of its kind in every way there is, git's in one.

    Later ones of a kind fail in one way each, in turn, because the client treats them the same.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    for place, request in _list_new(tale):
        seen[request.kind] += 1
        later = (KINDS[place % len(KINDS)],) if seen[request.kind] > 1 else KINDS
        for fault in KINDS[:1] if request.is_git else later:
            yield _fail(tale, place, request, fault)


def _fail(tale: str, place: int, request: Request, fault: str) -> Case:
    seconds = 30.0 if fault == "timeout" else 1.0
    name = f"{tale}-fault-{place:02}-{request}-{fault}"

    def meddle(play: Play) -> None:
        play.sandbox.fault(fault, seconds=seconds, **request.where)

    return Case(name, tale, "sqlite", meddle=meddle)
