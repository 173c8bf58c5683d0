"""A process that is killed anywhere leaves nothing undone and nothing done twice."""

from __future__ import annotations

from functools import partial

import pytest

from tests.chaos.case import Case, compare, kills, perform, strikes
from tests.chaos.sample import pick

pytestmark = pytest.mark.chaos


_CASES = [
    *pick(partial(kills, kind="sqlite"), 1),
    *pick(partial(kills, kind="postgres"), 1),
    *pick(partial(kills, kind="pair"), 0, ("discharge",)),
]


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_killed_after_every_effect_it_ends_the_same(case: Case, database: str) -> None:
    """Kill -9 after each effect, and before each delivery that has any: one comment, branch, pull request, check."""
    ended = perform(case, database)

    assert ended.deaths == 1
    assert not compare(case, ended)


@pytest.mark.parametrize("case", pick(strikes, 1), ids=str)
def test_killed_in_every_request_it_ends_the_same(case: Case) -> None:
    """Kill -9 before GitHub reads a request, or after it did what it asks and before the answer arrives."""
    ended = perform(case)

    assert not compare(case, ended)
    if not ended.deaths:
        pytest.skip("this request was not made this time: how often GitHub is asked depends on what arrives together")
    assert ended.deaths == 1
