"""Recorded logs in the place of legs."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from contracts.error import Unreadable
from evidence.model import Observation
from runners.record import record

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 16 << 20


def test_a_recorded_log_is_an_observation(tmp_path: Path) -> None:
    """Its text is what was recorded; nobody saw the program end."""
    path = tmp_path / "x.log"
    path.write_bytes(b"a\r\n\xff\xe2\x82\xac\n")

    assert record("default", path, LIMIT, ["prog", "x"]) == Observation(
        "default",
        ("prog", "x"),
        "a\r\n\ufffd€\n",
        origin="recorded",
        source=str(path),
    )


def test_a_log_of_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    """The size is looked at first."""
    path = tmp_path / "huge.log"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    started = time.monotonic()

    with pytest.raises(Unreadable) as caught:
        record("default", path, LIMIT)

    assert str(caught.value) == (
        f"{path}: the recorded log is too large: 1,073,741,824 bytes. "
        "Give the log of leg default as a file of at most 16,777,216 bytes."
    )
    assert time.monotonic() - started < 30  # it does not hang; times are for make bench


def test_a_log_at_the_bound_is_read(tmp_path: Path) -> None:
    """The bound itself is within it."""
    path = tmp_path / "x.log"
    path.write_bytes(b"x" * 1000)

    assert len(record("a", path, 1000).merged) == 1000
    with pytest.raises(Unreadable, match="too large"):
        record("a", path, 999)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A folder, a pipe and a file that is not there are sentences, and none of them blocks."""
    os.mkfifo(tmp_path / "pipe")

    for name, sentence in (
        ("", "the recorded log is no regular file"),
        ("pipe", "the recorded log is no regular file"),
        ("gone", "the recorded log cannot be read: No such file or directory"),
    ):
        with pytest.raises(Unreadable, match=sentence):
            record("a", tmp_path / name, LIMIT)


def test_a_log_in_another_encoding_is_no_text(tmp_path: Path) -> None:
    """UTF-16 would hide every text that must not occur."""
    path = tmp_path / "log"
    path.write_bytes("x [BAD] failed\n".encode("utf-16-le"))

    with pytest.raises(Unreadable, match="holds NUL bytes, so it is no UTF-8 text"):
        record("a", path, 1000)
