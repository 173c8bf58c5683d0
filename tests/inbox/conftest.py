"""Databases for the stories: a SQLite file each, and a PostgreSQL server that they share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.inbox.cluster import Cluster, find
from tests.inbox.room import Hand, opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NONE = "no PostgreSQL programs under /usr/lib/postgresql or on the PATH; `apt-get install postgresql` brings them"
_TEMPLATE = "ready"


@pytest.fixture
def anyio_backend() -> str:
    """Run the stories on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server with one database that has all tables already."""
    programs = find()
    if programs is None:
        pytest.skip(_NONE)
    with Cluster(programs) as running:
        running.tell("postgres", f"CREATE DATABASE {_TEMPLATE}")
        asyncio.run(_prepare(running.address(_TEMPLATE)))
        yield running


async def _prepare(url: str) -> None:
    async with opened(url, Hand()):
        pass


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The address of a SQLite file of one story."""
    return f"sqlite:///{tmp_path}/inbox.sqlite"


@pytest.fixture
def postgres(cluster: Cluster) -> Iterator[str]:
    """The address of a PostgreSQL database of one story."""
    with cluster.database(_TEMPLATE) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of a database of one story, of either kind."""
    return str(request.getfixturevalue(request.param))
