"""The stage as a fixture, on the day of the stories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.story.stage import EPOCH, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage with a sandbox and a service that runs."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(EPOCH))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with Stage(tmp_path) as made:
        yield made
