"""A process that is killed anywhere leaves nothing undone and nothing done twice."""

from __future__ import annotations

from functools import partial

import pytest

from tests.chaos.case import Case, compare, kills, perform, strikes
from tests.chaos.sample import pick

pytestmark = pytest.mark.chaos
_PAIRED = ("discharge", "landing")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Play the undisturbed stories, and kill at every point that they have."""
    cases = {
        test_killed_after_every_effect_it_ends_the_same: lambda: [
            *pick(partial(kills, kind="sqlite"), 2),
            *pick(partial(kills, kind="postgres"), 1),
            *pick(partial(kills, kind="pair"), 0, _PAIRED),
        ],
        test_killed_in_every_request_it_ends_the_same: lambda: pick(strikes, 1),
    }[metafunc.function]()
    metafunc.parametrize("case", cases, ids=[case.name for case in cases])


def test_killed_after_every_effect_it_ends_the_same(case: Case, database: str) -> None:
    """Kill -9 after each effect, and before each delivery that has any: one comment, branch, pull request, check."""
    ended = perform(case, database)

    assert ended.deaths == 1
    assert not compare(case, ended)


def test_killed_in_every_request_it_ends_the_same(case: Case) -> None:
    """Kill -9 before GitHub reads a request, or after it did what it asks and before the answer arrives."""
    ended = perform(case)

    assert ended.deaths == 1
    assert not compare(case, ended)
