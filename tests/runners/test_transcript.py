"""Two streams, merged as they arrive."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from runners.transcript import Stream, Transcript

PIECES = st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), st.binary(max_size=12)), max_size=12)


def test_short_pieces_are_merged_at_once() -> None:
    """What a program flushes is merged in that order, line end or not."""
    transcript = Transcript(100)

    for stream, data in (("stdout", b"a"), ("stderr", b"b"), ("stdout", b"c\n")):
        transcript.add(stream, data)  # type: ignore[arg-type]
    transcript.finish()

    assert transcript.merged == "abc\n"


def test_a_line_that_a_buffer_cut_waits_for_its_end() -> None:
    """A full buffer ends anywhere; the other stream must not stand in the middle of that line."""
    transcript = Transcript(1 << 20)

    transcript.add("stdout", b"x" * 4000 + b"\n" + b"y" * 500)
    transcript.add("stderr", b"oh\n")
    transcript.add("stdout", b"z\n")
    transcript.finish()

    assert transcript.merged == "x" * 4000 + "\noh\n" + "y" * 500 + "z\n"


def test_a_character_is_not_torn() -> None:
    """The bytes of one character may arrive apart."""
    euro = "€".encode()
    transcript = Transcript(100)

    transcript.add("stdout", euro[:1])
    transcript.add("stderr", b"x")
    transcript.add("stdout", euro[1:])
    transcript.add("stderr", euro[:2])
    transcript.finish()

    assert transcript.merged == "x€\ufffd"
    assert (transcript.text("stdout"), transcript.text("stderr")) == ("€", "x\ufffd")


@settings(deadline=None, max_examples=200)
@given(PIECES, st.integers(0, 60))
def test_nothing_is_lost_and_nothing_invented(pieces: list[tuple[Stream, bytes]], limit: int) -> None:
    """Up to the bound every byte is in its stream, and the merged text has the characters of both."""
    heard: list[str] = []
    transcript = Transcript(limit, heard.append)
    for stream, data in pieces:
        transcript.add(stream, data)
    transcript.finish()

    total = sum(len(data) for _, data in pieces)
    assert transcript.full == (total > limit)
    assert sorted(transcript.merged) == sorted(transcript.text("stdout") + transcript.text("stderr"))
    assert "".join(heard) == transcript.merged
    if not transcript.full:
        for name in ("stdout", "stderr"):
            whole = b"".join(data for stream, data in pieces if stream == name)
            assert transcript.text(name) == whole.decode("utf-8", "replace")
