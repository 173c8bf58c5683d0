"""What is taken in is handled: once, in order, one at a time per repository, on either database."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from dbos import DBOS

from app.queue.delivery import Counts
from app.queue.inbox import Inbox
from contracts.error import Complaint
from tests.inbox.room import QUICK, Hand, look, make, opened, until

if TYPE_CHECKING:
    from app.queue.delivery import Delivery

pytestmark = pytest.mark.anyio


async def test_a_delivery_is_on_the_disk_before_it_is_answered(url: str) -> None:
    """When `store` returns, another program finds the delivery in the table, before anybody has handled it."""
    gate = asyncio.Event()

    async def hold(_delivery: Delivery, _attempt: int) -> None:
        await gate.wait()

    hand = Hand(hold)
    async with opened(url, hand) as inbox:
        assert await inbox.store(make("first", body=b"\x00\xff{"))

        assert [(name, bytes(body)) for name, body in look(url, "SELECT id, body FROM delivery")] == [  # type: ignore[call-overload]
            ("first", b"\x00\xff{")
        ]
        assert hand.ended == []
        gate.set()
        await inbox.wait("first")

    assert hand.ended == ["first"]


async def test_a_delivery_sent_four_hundred_times_is_handled_once(url: str) -> None:
    """Four callers at once bring the same delivery a hundred times each: one of them is told that it is new."""
    hand = Hand()

    async def bring(inbox: Inbox) -> int:
        return sum([await inbox.store(make("same")) for _ in range(100)])

    async with opened(url, hand) as inbox:
        news = await asyncio.gather(*(bring(inbox) for _ in range(4)))
        await inbox.wait()
        again = await inbox.store(make("same"))

    assert (sum(news), again, hand.begun) == (1, False, [("same", 1)])


async def test_a_repository_is_worked_on_by_one_at_a_time_and_others_beside_it(url: str) -> None:
    """Handlers of four repositories wait for each other, so they do run together; of one there is never a second."""
    together = asyncio.Barrier(4)

    async def meet(_delivery: Delivery, _attempt: int) -> None:
        await together.wait()

    hand = Hand(meet)
    async with opened(url, hand) as inbox:
        await asyncio.gather(*(inbox.store(make(f"{n}-{r}", f"acme/r{r}")) for n in range(3) for r in range(4)))
        await inbox.wait()

    assert hand.peak == {"all": 4, "acme/r0": 1, "acme/r1": 1, "acme/r2": 1, "acme/r3": 1}
    assert len(hand.ended) == 12


async def test_no_more_handlers_run_than_the_pace_allows(url: str) -> None:
    """Ten repositories with work do not make ten handlers where three are allowed."""
    gate = asyncio.Event()

    async def hold(_delivery: Delivery, _attempt: int) -> None:
        await gate.wait()

    hand = Hand(hold)
    async with opened(url, hand, at_once=3) as inbox:
        await asyncio.gather(*(inbox.store(make(f"d{r}", f"acme/r{r}")) for r in range(10)))
        await until(lambda: len(hand.begun) == 3)
        counts = await inbox.counts()
        gate.set()
        await inbox.wait()

    assert (counts.working, counts.waiting) == (3, 7)
    assert hand.peak["all"] == 3
    assert len(hand.ended) == 10


async def test_deliveries_of_a_repository_are_handled_in_the_order_of_their_arrival(url: str) -> None:
    """Thirty deliveries arrive within one second at three repositories, and each repository sees its own in order."""
    names = [(f"d{n:02}", f"acme/r{n % 3}") for n in range(30)]
    hand = Hand()
    async with opened(url, hand) as inbox:
        for name, repository in names:
            await inbox.store(make(name, repository))
        await inbox.wait()

    for remainder in range(3):
        assert [name for name in hand.ended if int(name[1:]) % 3 == remainder] == [
            name for name, _ in names if int(name[1:]) % 3 == remainder
        ]


async def test_deliveries_of_no_repository_are_handled_too(sqlite: str) -> None:
    """An installation event names no repository; it waits for its own kind only."""
    hand = Hand()
    async with opened(sqlite, hand) as inbox:
        await inbox.store(make("installed", "", event="installation"))
        await inbox.wait()

    assert hand.ended == ["installed"]


async def test_a_thousand_repeated_and_reordered_deliveries_have_exact_effects(url: str) -> None:
    """Whatever order and repetition a thousand deliveries come in, each is handled once, in the order of arrival."""
    dice = random.Random(20_260_504)  # noqa: S311 - seeded, so that a failure can be seen again
    unique = [make(f"d{n:03}", f"acme/r{n % 7}") for n in range(125)]
    sent = unique * 8
    dice.shuffle(sent)
    hand, arrived = Hand(), list[str]()

    async def bring(inbox: Inbox, part: list[Delivery]) -> None:
        for delivery in part:
            if await inbox.store(delivery):
                arrived.append(delivery.id)

    async with opened(url, hand, at_once=8) as inbox:
        await asyncio.gather(*(bring(inbox, sent[caller::4]) for caller in range(4)))
        await inbox.wait()

    assert len(sent) == 1000
    assert sorted(hand.begun) == [(delivery.id, 1) for delivery in unique]
    assert by_repository(hand.ended) == by_repository(look_up(url))
    assert sorted(arrived) == sorted(hand.ended)


def by_repository(names: list[str]) -> dict[int, list[str]]:
    """Return the names of each repository in their order."""
    found = defaultdict[int, list[str]](list)
    for name in names:
        found[int(name[1:]) % 7].append(name)
    return found


def look_up(url: str) -> list[str]:
    """Return the deliveries in the order in which they were committed."""
    return [str(name) for (name,) in look(url, "SELECT id FROM delivery ORDER BY seq")]


async def test_the_counts_say_how_the_inbox_stands(url: str) -> None:
    """One is worked on, one of the same repository waits behind it, and the oldest has waited for years."""
    gate = asyncio.Event()

    async def hold(_delivery: Delivery, _attempt: int) -> None:
        await gate.wait()

    hand = Hand(hold)
    async with opened(url, hand) as inbox:
        empty = await inbox.counts()
        await inbox.store(make("first"))
        await inbox.store(replace(make("second"), received=0.0))
        await until(lambda: len(hand.begun) == 1)
        busy = await inbox.counts()
        gate.set()
        await inbox.wait()
        after = await inbox.counts()

    assert empty == after == Counts(0, 0, 0, 0.0)
    assert (busy.waiting, busy.working, busy.parked) == (1, 1, 0)
    assert busy.oldest > 1e9


async def test_a_handler_in_time_ends_in_the_grace_of_the_shutdown(sqlite: str) -> None:
    """A handler that is at work when the inbox closes may end, and what waits behind it is not begun."""
    gate = asyncio.Event()

    async def hold(_delivery: Delivery, _attempt: int) -> None:
        await gate.wait()

    hand = Hand(hold)
    async with opened(sqlite, hand) as inbox:
        await inbox.store(make("first"))
        await inbox.store(make("second"))
        await until(lambda: len(hand.begun) == 1)
        closing = asyncio.create_task(inbox.close(5.0))
        await asyncio.sleep(0.1)
        gate.set()
        await closing

    assert hand.ended == ["first"]


async def test_a_process_lives_until_its_handlers_have_ended(sqlite: str) -> None:
    """In the grace of its shutdown a process goes on saying that it lives, so that nobody takes its work over."""
    gate = asyncio.Event()

    async def hold(_delivery: Delivery, _attempt: int) -> None:
        await gate.wait()

    hand, beats = Hand(hold), set[object]()
    async with opened(sqlite, hand, beat=0.05) as inbox:
        await inbox.store(make("first"))
        await until(lambda: len(hand.begun) == 1)
        closing = asyncio.create_task(inbox.close(10.0))
        await asyncio.sleep(0.1)

        def listen() -> bool:
            beats.update(look(sqlite, "SELECT beat FROM process"))
            return len(beats) > 2

        await until(listen)
        gate.set()
        await closing

    assert hand.ended == ["first"]
    assert look(sqlite, "SELECT beat FROM process") == []


async def test_a_handler_out_of_time_is_cancelled_and_begun_again_by_the_next_process(url: str) -> None:
    """When the grace is over, the work is left where it is; whoever opens the inbox next does it to the end."""
    slow = Hand(lambda _delivery, _attempt: asyncio.sleep(60))
    async with opened(url, slow, grace=0.0) as inbox:
        await inbox.store(make("first"))
        await inbox.store(make("second"))
        await until(lambda: len(slow.begun) == 1)
    quick = Hand()
    async with opened(url, quick) as inbox:
        await inbox.wait()

    assert (slow.begun, slow.ended) == ([("first", 1)], [])
    assert quick.begun == [("first", 2), ("second", 1)]


async def test_a_closed_inbox_takes_nothing(sqlite: str) -> None:
    """Whoever stores into a closed inbox is told so; closing it twice does nothing."""
    async with opened(sqlite, Hand()) as inbox:
        await inbox.close()
        with pytest.raises(Complaint, match="the inbox is closed"):
            await inbox.store(make("late"))


async def test_a_process_has_one_inbox_at_a_time(sqlite: str) -> None:
    """A second inbox in the same process is refused, and the first one goes on; after it there may be another."""
    hand = Hand()
    async with opened(sqlite, hand) as inbox:
        second = Inbox(f"{sqlite}.other", hand, QUICK)
        with pytest.raises(Complaint, match=r"an inbox is open in this process already. Close it first."):
            await second.open()
        await inbox.store(make("first"))
        await inbox.wait()
    async with opened(f"{sqlite}.other", hand):
        pass

    assert hand.ended == ["first"]


async def test_blocking_work_in_threads_goes_on_after_the_inbox_is_closed(sqlite: str) -> None:
    """DBOS lends the event loop its threads; they are given back, so that others can use threads afterwards."""
    async with opened(sqlite, Hand()) as inbox:
        await inbox.store(make("first"))
        await inbox.wait()

    assert await asyncio.to_thread(lambda: "done") == "done"


async def test_threads_that_were_lent_while_it_ended_are_given_back(
    sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call of DBOS that is under way at the end lends its threads once more, and these have ended by then."""
    loop, destroy, dead = asyncio.get_running_loop(), DBOS.destroy, ThreadPoolExecutor()
    dead.shutdown()

    async def lend() -> None:
        loop.set_default_executor(dead)

    def end(*, destroy_registry: bool) -> None:
        destroy(destroy_registry=destroy_registry)
        asyncio.run_coroutine_threadsafe(lend(), loop).result()

    monkeypatch.setattr(DBOS, "destroy", end)
    async with opened(sqlite, Hand()) as inbox:
        await inbox.store(make("first"))
        await inbox.wait()

    assert await asyncio.to_thread(lambda: "done") == "done"
