"""What a check costs: counted in git processes and in bytes, which grow with the change and not with the repository."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from app.check import check
from app.history import Repository
from tests.sample import make_wide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CONTRACT = "metadata:\n  version: 1.0.0\nfalsification_tests:\n- id: FALSIFY-X-001\n"


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many git processes were started, and how many bytes of files were read."""
    counts: Counter[str] = Counter()
    call, read = Repository._call, Repository.read  # noqa: SLF001 - every process of git comes by it

    def count_call(self: Repository, args: tuple[str, ...], data: bytes, env: Mapping[str, str] | None) -> object:
        counts["processes"] += 1
        return call(self, args, data, env)

    def count_read(self: Repository, commit: str, paths: Sequence[str], *, large: int = 0) -> dict[str, bytes]:
        found = read(self, commit, paths, large=large)
        counts["bytes"] += sum(map(len, found.values()))
        return found

    monkeypatch.setattr(Repository, "_call", count_call)
    monkeypatch.setattr(Repository, "read", count_read)
    return counts


def test_the_cost_follows_the_change(counted: Counter[str], tmp_path: Path) -> None:
    """One touched contract costs the same among ten and among a thousand, with a hundred times as much evidence."""
    costs = []
    for contracts, evidence in ((10, 37), (1000, 3700)):
        folder = make_wide(tmp_path / str(contracts), CONTRACT, contracts, evidence)
        counted.clear()
        assert check(folder, "main~1", "main") == ()
        costs.append(dict(counted))

    assert costs[0] == costs[1]
    assert costs[0]["processes"] <= 25
