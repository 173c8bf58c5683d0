"""The argument lists of an operator: what wakes a machine, and what lets it sleep."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from app.web import runner
from app.web.value import Mistake


@given(st.text(max_size=40) | st.lists(st.text(max_size=8) | st.none(), max_size=4).map(json.dumps))
def test_any_value_is_an_argument_list_or_a_mistake(value: str) -> None:
    """One that begins with a program, exactly as it was written, or none at all."""
    for name in ("WAKE", "SLEEP"):
        with suppress(Mistake):
            words = cast("tuple[str, ...]", runner.PLAIN[name][0](value))
            assert (words == () and not value) or (words[0] and list(words) == json.loads(value))
