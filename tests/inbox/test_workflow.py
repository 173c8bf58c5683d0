"""What DBOS keeps and says."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from dbos import DBOS

from app.queue.workflow import Workflows
from contracts.error import Complaint
from tests.inbox.room import SECRET, Hand, look, make, opened

if TYPE_CHECKING:
    from app.queue.delivery import Delivery

pytestmark = pytest.mark.anyio


def files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a story."""
    return sorted(folder.glob(pattern))


async def test_dbos_keeps_ids_and_nothing_that_was_delivered(tmp_path: Path, sqlite: str) -> None:
    """A payload stands in our table once; what DBOS stores is JSON, and no secret of an error is among it."""

    async def fail(_delivery: Delivery, _attempt: int) -> None:
        raise ValueError(f"token={SECRET}")

    async with opened(sqlite, Hand(fail), attempts=1) as inbox:
        await inbox.store(make("first", body=b"PAYLOAD"))
        await inbox.wait()
    other = f"sqlite:///{tmp_path}/inbox-work.sqlite"
    inputs = look(other, "SELECT inputs FROM workflow_input")
    stored = b"".join([path.read_bytes() for path in files(tmp_path, "inbox-work.sqlite*")])

    assert [json.loads(str(text)) for (text,) in inputs] == [{"positionalArgs": ["first", 0], "namedArgs": {}}]
    assert b"PAYLOAD" not in stored
    assert SECRET.encode() not in stored


async def test_the_files_are_for_this_user_only(tmp_path: Path, sqlite: str) -> None:
    """Deliveries of private repositories stand in them."""
    async with opened(sqlite, Hand()) as inbox:
        await inbox.store(make("first"))

        modes = {path.name: path.stat().st_mode & 0o777 for path in files(tmp_path, "inbox*")}

    assert {"inbox.sqlite", "inbox-work.sqlite", "inbox.sqlite.lock", "inbox.sqlite-wal"} <= set(modes)
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_a_delivery_is_flushed_to_the_disk(request: pytest.FixtureRequest, kind: str) -> None:
    """Whatever the database's own default is, our connection waits for the disk."""
    url = str(request.getfixturevalue(kind))
    ask = {"sqlite": "PRAGMA synchronous", "postgres": "SHOW synchronous_commit"}[kind]
    async with opened(url, Hand()) as inbox:
        writer = inbox._store._writer  # noqa: SLF001 - the setting is its connection's alone
        answer = await writer.run(lambda connection: connection.scalar(sa.text(ask)))

    assert answer == {"sqlite": 2, "postgres": "on"}[kind]


async def test_dbos_logs_one_line_without_secrets_and_not_twice(sqlite: str, caplog: pytest.LogCaptureFixture) -> None:
    """What DBOS says goes where all logs go, without tracebacks; the same thing is said once a minute."""
    log = logging.getLogger("dbos")
    async with opened(sqlite, Hand()):
        caplog.clear()
        for _ in range(3):
            log.error(
                "failed with token=%s\nTraceback (most recent call last):\n x", SECRET, exc_info=ValueError(SECRET)
            )
        log.warning("Asyncio task cancelled for workflow or step x")

    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [
        ("failed with token=[redacted: secret]", None)
    ]


async def test_a_database_that_dbos_cannot_use_is_a_sentence(tmp_path: Path) -> None:
    """What DBOS says about its database is told to whoever starts the service, and another one can be opened."""
    (tmp_path / "bad.sqlite").write_bytes(b"no database at all, but long enough to be read as one" * 100)
    url = sa.URL.create("sqlite", database=str(tmp_path / "bad.sqlite"))

    async def attempt(_delivery: str, _turn: int, _failures: int) -> float | None:
        return None

    with pytest.raises(Complaint, match="DBOS cannot start: DatabaseError: file is not a database"):
        Workflows(url, "me", attempt)

    async with opened(f"sqlite:///{tmp_path}/good.sqlite", Hand()) as inbox:
        await inbox.store(make("first"))
        await inbox.wait()


def test_the_version_of_dbos_is_the_one_whose_inside_we_use() -> None:
    """A private function of DBOS takes work over; another version must be looked at before it is used."""
    assert callable(DBOS._recover_pending_workflows)  # noqa: SLF001 - what is tested
    assert '"dbos==3.4.0"' in (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
