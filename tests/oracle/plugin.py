"""For pytest: every sandbox that a test begins is watched, and a deviation from GitHub's descriptions fails the test.

Loaded by a `conftest.py` with `from tests.oracle.plugin import watch`. A sandbox that outlives one test, or runs in
a process of its own, is not seen: attend to the former by `Watch.attend`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.oracle.watch import Watch


@pytest.fixture(autouse=True)
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch | None]:
    """GitHub's own descriptions, which everything on the wire is held against; None where nobody uses a sandbox."""
    known = sys.modules.get("app.sandbox.world")
    if known is None:
        yield None
        return
    from tests.oracle.watch import Watch  # noqa: PLC0415 - GraphQL and the schemas cost 0.3 s, which few tests shall pay

    made, begin = Watch(), known.World.__init__

    def attended(world: Any, *args: Any, **more: Any) -> None:
        begin(world, *args, **more)
        made.attend(world)

    monkeypatch.setattr(known.World, "__init__", attended)
    yield made
    assert made.report() == ""
