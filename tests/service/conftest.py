"""Fixtures of the service's stories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.service.hook import open_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.service.hook import Place


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One service for all stories of a file."""
    with open_place(tmp_path_factory.mktemp("data")) as place:
        yield place


@pytest.fixture
def place(running: Place) -> Iterator[Place]:
    """The service with an empty shelf."""
    running.shelf.stored.clear()
    yield running
    running.shelf.broken = None
    running.app.state.closing = False
