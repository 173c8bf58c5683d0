"""What is remembered: never more than the bound, never another answer than the one that was given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.memory import Memory

KEYS = st.tuples(st.sampled_from("abc"), st.text("xy", max_size=3))
ANSWERS = st.binary(max_size=12)


@given(st.lists(st.tuples(KEYS, ANSWERS), max_size=40), st.integers(8, 20_000))
def test_what_is_kept_is_what_was_put_first(told: list[tuple[tuple[str, ...], bytes]], most: int) -> None:
    """An answer is the one that was given, or none; all together they stay below the bound."""
    memory, first = Memory(most), dict[tuple[str, ...], set[bytes]]()
    for key, answer in told:
        memory.put(key, answer)
        first.setdefault(key, set()).add(answer)

    asked = {key: memory.get(key) for key in first}
    kept = {key: answer for key, answer in asked.items() if answer is not None}

    assert all(answer in first[key] for key, answer in kept.items())
    assert sum(len(answer) + sum(map(len, key)) for key, answer in kept.items()) <= most


def test_what_was_not_asked_for_longest_goes_first() -> None:
    """What is asked for again and again stays."""
    memory = Memory(8 * 410)
    for name in "abcdefgh":
        memory.put((name,), b"123456789")
    assert memory.get(("a",)) == b"123456789"

    memory.put(("i",), b"123456789")

    assert [name for name in "abcdefghi" if memory.get((name,)) is None] == ["b"]


def test_what_is_too_large_is_not_kept() -> None:
    """One answer does not push out all others."""
    memory = Memory(8 * 410)
    memory.put(("a",), b"1")
    memory.put(("b",), b"12345678901")

    assert (memory.get(("a",)), memory.get(("b",))) == (b"1", None)


def test_what_is_dropped_is_forgotten() -> None:
    """All about one repository, and nothing about another."""
    memory = Memory()
    for repository in ("a", "b"):
        memory.put((repository, "log"), b"1")

    memory.drop("a")

    assert (memory.get(("a", "log")), memory.get(("b", "log"))) == (None, b"1")
