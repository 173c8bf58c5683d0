"""Who counts as dead, and when."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from app.queue.delivery import Pace
from app.queue.store import Claim, Store
from app.queue.takeover import Takeover

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from app.queue.workflow import Workflows

pytestmark = pytest.mark.anyio
PACE = Pace(beat=0.01, stale=0.05)
OURS, THEIRS, DEAD = Claim("ours", 0, "me"), Claim("theirs", 0, "they"), Claim("dead", 1, "gone")


class Table:
    """A table in which three processes have claimed something; one of them is gone."""

    me = "me"

    def __init__(self) -> None:
        """Note what is taken back."""
        self.beats, self.taken = 0, list[Claim]()

    async def beat(self) -> None:
        """Count the beats."""
        self.beats += 1

    async def live(self, _stale: float) -> frozenset[str]:
        """Return the living."""
        return frozenset({"me", "they"})

    async def at_work(self) -> tuple[Claim, ...]:
        """Return all claims."""
        return (OURS, THEIRS, DEAD)

    async def again(self, claim: Claim) -> None:
        """Note a claim that is taken back."""
        self.taken.append(claim)


class Work:
    """Work that never began."""

    def __init__(self) -> None:
        """Note who is taken over."""
        self.adopted = list[str]()

    async def orphans(self, live: Iterable[str]) -> list[str]:
        """Return the dead."""
        return sorted({"me", "they", "gone"} - set(live))

    async def adopt(self, dead: list[str]) -> None:
        """Note who is taken over."""
        self.adopted += dead

    async def lost(self, claims: Iterable[Claim], held: Container[Claim]) -> list[Claim]:
        """Return what nobody holds."""
        return [claim for claim in claims if claim not in held]


def watch(table: Table, work: Work, *, alone: bool, has: bool = True) -> Takeover:
    """Return a takeover that watches the table."""
    return Takeover(
        cast("Store", table), cast("Workflows", work), PACE, lambda claim: has and claim == OURS, alone=alone
    )


async def test_a_process_that_is_alone_takes_over_at_once() -> None:
    """On SQLite whoever else left work is dead, because the lock says so."""
    table, work = Table(), Work()
    await watch(table, work, alone=True).look()

    assert (table.beats, work.adopted, table.taken) == (1, ["gone"], [DEAD])


async def test_a_claim_of_ours_that_we_know_nothing_of_is_taken_back() -> None:
    """Its commit was lost on the way to us, so nobody will begin it."""
    table, work = Table(), Work()
    await watch(table, work, alone=True, has=False).look()

    assert table.taken == [OURS, DEAD]


async def test_after_a_silence_of_our_own_the_others_get_the_time_to_speak_up() -> None:
    """A database that was down made everybody silent; nobody is dead because of that."""
    table, work = Table(), Work()
    takeover = watch(table, work, alone=False)
    await takeover.look()
    newcomer = list(work.adopted)
    await asyncio.sleep(2 * PACE.stale)
    await takeover.look()
    silent = list(work.adopted)
    while not work.adopted:
        await asyncio.sleep(PACE.beat)
        await takeover.look()

    assert newcomer == silent == []
    assert work.adopted == ["gone"]
    assert table.beats > 2
