"""Deliveries that fail, databases that are away, and what is forgotten in the end."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from dbos import DBOS

from app.queue.delivery import Later, Pace
from app.queue.inbox import Inbox, Unstored, check_sqlite
from app.queue.store import _LOCK, Claim
from contracts.error import Complaint, Unreadable
from tests.inbox.room import QUICK, SECRET, Hand, look, make, opened, until

if TYPE_CHECKING:
    from pathlib import Path

    from dbos import WorkflowHandleAsync

    from app.queue.delivery import Delivery
    from tests.inbox.cluster import Cluster

pytestmark = pytest.mark.anyio


def fail_on(poison: str, most: int = 1000) -> Hand:
    """Return a handler that fails on one delivery, at most so many times."""

    async def act(delivery: Delivery, attempt: int) -> None:
        if delivery.id == poison and attempt <= most:
            raise ValueError(f"no good: token={SECRET}\nand more")

    return Hand(act)


async def test_a_delivery_that_fails_twice_is_handled_at_the_third_attempt(sqlite: str) -> None:
    """An attempt is told how often the delivery was begun; what comes behind it waits for its turn."""
    hand = fail_on("shaky", most=2)
    async with opened(sqlite, hand) as inbox:
        await inbox.store(make("shaky"))
        await inbox.store(make("behind"))
        await inbox.wait()

        assert await inbox.parked() == ()
    assert hand.begun == [("shaky", 1), ("shaky", 2), ("shaky", 3), ("behind", 1)]


async def test_a_delivery_that_keeps_failing_is_parked_and_the_others_go_on(url: str) -> None:
    """After three failures nobody tries it any more; it is listed with the reason, which holds no secret."""
    hand = fail_on("poison")
    async with opened(url, hand) as inbox:
        for name in ("poison", "behind"):
            await inbox.store(make(name))
        await inbox.wait()
        (parked,) = await inbox.parked()
        counts = await inbox.counts()

    assert hand.begun == [("poison", 1), ("poison", 2), ("poison", 3), ("behind", 1)]
    assert (parked.id, parked.event, parked.repository, parked.attempts) == ("poison", "push", "acme/tool", 3)
    assert parked.error == "ValueError: no good: token=[redacted: secret]"
    assert parked.parked > parked.received
    assert (counts.parked, counts.working, counts.waiting) == (1, 0, 0)


async def test_an_outage_parks_nothing(url: str) -> None:
    """However often GitHub cannot be reached, the delivery is handled in its turn once it can be."""

    async def act(delivery: Delivery, attempt: int) -> None:
        if delivery.id == "first" and attempt <= 2 * QUICK.attempts:
            raise Later("GitHub is busy")

    hand = Hand(act)
    async with opened(url, hand) as inbox:
        await inbox.store(replace(make("first"), received=time.time()))
        await inbox.store(make("behind"))
        await inbox.wait()

        assert await inbox.parked() == ()
    assert hand.ended == ["first", "behind"]
    assert [name for name, _ in hand.begun] == ["first"] * 7 + ["behind"]


@pytest.mark.parametrize("way", ["retry", "store"])
async def test_a_parked_delivery_gets_another_chance(url: str, way: str) -> None:
    """A person asks for it, or GitHub delivers it again: it is tried as if it were new, and then is done for good."""
    hand = fail_on("poison", most=3)
    async with opened(url, hand) as inbox:
        await inbox.store(make("poison"))
        await inbox.wait()
        hand.act = None

        assert await (inbox.retry("poison") if way == "retry" else inbox.store(make("poison")))
        await inbox.wait()

        assert await inbox.parked() == ()
        assert not await inbox.retry("poison")
        assert not await inbox.store(make("poison"))
    assert hand.begun[3:] == [("poison", 1)]


async def test_a_delivery_that_takes_too_long_has_failed(sqlite: str) -> None:
    """A handler that hangs does not keep its repository for ever."""
    hand = Hand(lambda _delivery, _attempt: asyncio.sleep(60))
    async with opened(sqlite, hand, allowed=0.05, attempts=1) as inbox:
        await inbox.store(make("hanging"))
        await inbox.wait()
        (parked,) = await inbox.parked()

    assert parked.error == "TimeoutError"


async def test_deliveries_that_wait_for_their_next_attempt_hold_up_their_own_repository_only(sqlite: str) -> None:
    """Four repositories rest after a failure where four handlers may run; a fifth repository is not kept waiting."""

    async def act(delivery: Delivery, _attempt: int) -> None:
        if delivery.id != "good":
            raise ValueError(delivery.id)

    hand = Hand(act)
    async with opened(sqlite, hand, backoff=60.0, longest_backoff=60.0) as inbox:
        for number in range(4):
            await inbox.store(make(f"bad{number}", f"acme/r{number}"))
        await until(lambda: len(hand.begun) == 4)
        await inbox.store(make("good", "acme/r4"))
        await inbox.wait("good")
        counts = await inbox.counts()

    assert hand.ended == ["good"]
    assert counts.working == 4


async def test_an_unreachable_server_is_told_within_the_time_allowed(cluster: Cluster, postgres: str) -> None:
    """While PostgreSQL is down nothing is promised; what was promised is handled when it is back."""
    gate = asyncio.Event()

    async def hold(_delivery: Delivery, _attempt: int) -> None:
        await gate.wait()

    hand = Hand(hold)
    async with opened(postgres, hand, answer=2.0) as inbox:
        await inbox.store(make("before"))
        await until(lambda: len(hand.begun) == 1)
        await asyncio.to_thread(cluster.stop)
        try:
            gate.set()
            with pytest.raises(Unstored, match="the database"):
                await inbox.store(make("meanwhile"))
            with pytest.raises(Unstored):
                await inbox.counts()
        finally:
            await asyncio.to_thread(cluster.start)
        await until_answered(inbox)
        assert await inbox.store(make("after"))
        await inbox.wait()

    assert hand.begun[-1] == ("after", 1)
    assert set(hand.ended) == {"before", "after"}


async def until_answered(inbox: Inbox) -> None:
    """Wait until the database answers."""
    while True:
        try:
            await inbox.counts()
        except Unstored:
            await asyncio.sleep(0.05)
        else:
            return


async def test_an_inbox_can_be_closed_while_its_server_is_away(cluster: Cluster, postgres: str) -> None:
    """A process that is told to end does so, although its last words cannot be written; nothing is lost by that."""
    gate = asyncio.Event()

    async def hold(_delivery: Delivery, _attempt: int) -> None:
        await gate.wait()

    hand = Hand(hold)
    try:
        async with opened(postgres, hand, grace=0.2, answer=1.0) as inbox:
            await inbox.store(make("before"))
            await until(lambda: len(hand.begun) == 1)
            await asyncio.to_thread(cluster.stop)
            gate.set()
    finally:
        await asyncio.to_thread(cluster.start)
    later = Hand()
    async with opened(postgres, later) as inbox:
        await inbox.wait()

    assert later.begun == [("before", 2)]


async def test_a_file_that_another_program_locks_is_told_within_the_time_allowed(tmp_path: Path, sqlite: str) -> None:
    """A lock on the file is waited for, but not longer than whoever sent the delivery waits."""
    async with opened(sqlite, Hand(), answer=0.3) as inbox:
        with closing(sqlite3.connect(tmp_path / "inbox.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(Unstored):
                await inbox.store(make("first"))
            other.execute("ROLLBACK")
        await until_answered(inbox)
        await inbox.store(make("first"))
        await inbox.wait("first")


async def test_a_server_that_was_never_there_is_a_sentence() -> None:
    """Opening an inbox without its server fails in time, in words, and without the password."""
    inbox = Inbox("postgresql://bot:s3cret@127.0.0.1:9/none", Hand(), Pace(answer=2.0))

    with pytest.raises(Complaint, match="the database") as caught:
        await inbox.open()

    assert "s3cret" not in str(caught.value)


async def test_what_was_done_long_ago_is_forgotten(url: str) -> None:
    """First the payload goes, then the row and the traces in DBOS; what is parked stays until somebody decides."""
    hand = fail_on("poison")
    async with opened(url, hand, keep_body=0.0) as inbox:
        for number in range(51):
            await inbox.store(make(f"d{number}", f"acme/r{number % 8}"))
        await inbox.store(make("poison"))
        await inbox.wait()
        await inbox.prune()
        kept = look(url, "SELECT count(*), count(body) FROM delivery")
        again = await inbox.store(make("d1"))
        while await DBOS.list_workflows_async():  # a workflow ends just after its delivery
            await inbox.prune()
    async with opened(url, hand, keep=0.0) as inbox:
        await inbox.prune()
        rows = look(url, "SELECT id FROM delivery")
        (parked,) = await inbox.parked()

    assert kept == [(52, 1)]
    assert not again
    assert rows == [("poison",)]
    assert parked.id == "poison"


async def test_dbos_keeps_nothing_of_what_is_forgotten(tmp_path: Path, sqlite: str) -> None:
    """Its inputs, outputs and steps go with the work that they belong to."""
    tables = ("workflow_status", "workflow_input", "workflow_output", "operation_outputs")
    counts = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)  # noqa: S608 - names above
    async with opened(sqlite, Hand(), keep_body=0.0) as inbox:
        await inbox.store(make("first"))
        await inbox.wait()
        while await DBOS.list_workflows_async():
            await inbox.prune()

    assert look(f"sqlite:///{tmp_path}/inbox-work.sqlite", counts) == [(0, 0, 0, 0)]


async def test_a_delivery_whose_process_died_before_it_began_gets_its_turn(url: str) -> None:
    """A claim is no work yet: whoever made it and died leaves a delivery that nobody works on."""
    async with opened(url, Hand(lambda _delivery, _attempt: asyncio.sleep(60)), grace=0.0) as inbox:
        await inbox.store(make("other", "acme/other"))
        await inbox.store(make("claimed"))
        await until(lambda: True)
    change(url, "UPDATE delivery SET state = 'queued', runner = 'dead', round = 5 WHERE id = 'claimed'")
    hand = Hand()
    async with opened(url, hand) as inbox:
        await inbox.wait()

    assert sorted(name for name, _ in hand.begun) == ["claimed", "other"]


def change(url: str, statement: str) -> None:
    """Change the database behind the back of everybody."""
    look(url, statement + " RETURNING 1")


async def test_work_that_was_settled_in_the_last_moment_is_not_repeated(sqlite: str) -> None:
    """A process died after a delivery was done and before DBOS heard of it: the work is resumed, and finds that."""
    slow = Hand(lambda _delivery, _attempt: asyncio.sleep(60))
    async with opened(sqlite, slow, grace=0.0) as inbox:
        await inbox.store(make("first"))
        await until(lambda: len(slow.begun) == 1)
    change(sqlite, "UPDATE delivery SET state = 'done' WHERE id = 'first'")
    hand = Hand()
    async with opened(sqlite, hand):
        resumed: WorkflowHandleAsync[None] = await DBOS.retrieve_workflow_async("first")
        await resumed.get_result(polling_interval_sec=0.05)

    assert hand.begun == []


async def test_a_delivery_that_ends_its_process_every_time_is_parked(sqlite: str) -> None:
    """Where none may do so twice, this one is parked at its third start, and the one behind it goes on."""
    hand = Hand(lambda delivery, _attempt: asyncio.sleep(60 if delivery.id == "deadly" else 0))
    async with opened(sqlite, hand, grace=0.0) as inbox:
        await inbox.store(make("deadly"))
        await inbox.store(make("behind"))
        await until(lambda: len(hand.begun) == 1)
    async with opened(sqlite, hand, grace=0.0, crashes=1):
        await until(lambda: len(hand.begun) == 2)
    async with opened(sqlite, hand, crashes=1) as inbox:
        await inbox.wait()
        (parked,) = await inbox.parked()

    assert hand.begun == [("deadly", 1), ("deadly", 2), ("behind", 1)]
    assert (parked.id, parked.error) == ("deadly", "the process ended in the middle of it (2 times)")


async def test_two_processes_do_not_claim_at_the_same_moment(postgres: str) -> None:
    """While another process looks whose turn it is, ours does not wait for it, and looks again a little later."""
    hand = Hand()
    async with opened(postgres, hand) as inbox:
        with psycopg.connect(postgres) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            await inbox.store(make("first"))
            await asyncio.sleep(0.3)
            waiting = await inbox.counts()
        await inbox.wait()

    assert (waiting.waiting, hand.ended) == (1, ["first"])


async def test_a_delivery_whose_work_ended_without_a_word_is_taken_back(url: str) -> None:
    """Somebody cancels the work in DBOS itself: the delivery is not stuck, and its repository neither."""
    gate = asyncio.Event()

    async def hold(_delivery: Delivery, attempt: int) -> None:
        if attempt == 1:
            await gate.wait()

    hand = Hand(hold)
    async with opened(url, hand, grace=0.1) as inbox:
        await inbox.store(make("first"))
        await until(lambda: len(hand.begun) == 1)
        await DBOS.cancel_workflow_async("first")
        await inbox.wait("first")

    assert hand.begun == [("first", 1), ("first", 2)]


async def test_a_delivery_that_cannot_be_begun_is_tried_again(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever DBOS says when work is given to it, the delivery waits for its next turn."""
    hand, claims = Hand(), list[Claim]()
    async with opened(sqlite, hand) as inbox:
        start = inbox._workflows.start  # noqa: SLF001 - nothing outside can make it fail

        async def stumble(claim: Claim) -> None:
            claims.append(claim)
            if len(claims) == 1:
                raise RuntimeError("not now")
            await start(claim)

        monkeypatch.setattr(inbox._workflows, "start", stumble)  # noqa: SLF001 - see above
        await inbox.store(make("first"))
        await inbox.wait()

    assert [claim.key for claim in claims] == ["first", "first.1"]
    assert hand.ended == ["first"]


@pytest.mark.parametrize(
    "address", ["", "mysql://host/name", "sqlite://", "sqlite:///relative", "postgresql://host", "x"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """The sentence says what an address looks like, and does not repeat a password."""
    with pytest.raises(Unreadable, match="neither sqlite:////ABSOLUTE/PATH nor postgresql://USER:PASSWORD@HOST"):
        Inbox(address, Hand())


def test_a_pair_of_versions_on_which_dbos_cannot_start_is_refused() -> None:
    """Python 3.12 with the SQLite of Debian 12 is told what to do; every other pair passes."""
    check_sqlite((3, 11), (3, 40, 1))
    check_sqlite((3, 13), (3, 42, 0))
    with pytest.raises(Unreadable, match=r"SQLite 3.40.1 is too old for Python 3.12. Use SQLite 3.42 or later"):
        check_sqlite((3, 12), (3, 40, 1))


def test_the_pause_doubles_up_to_its_bound() -> None:
    """However often a delivery failed, the pause stays a number that somebody chose."""
    assert [QUICK.pause(failures) for failures in (1, 2, 3, 10_000)] == [0.01, 0.02, 0.02, 0.02]
    assert [Pace().pause(failures) for failures in range(1, 8)] == [1, 2, 4, 8, 16, 32, 60]
