"""Files that are whole or not there."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from contracts.error import Unreadable
from runners import file
from tests.runners.odd import ODD, spoil

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    """The new content takes the place of the old one, readable by nobody else, and nothing lies beside it."""
    path = tmp_path / "x.json"
    path.write_bytes(b"old")

    file.write(path, b"new")

    assert file.read(path, 3) == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be made durable is not there at all."""
    path = tmp_path / "x.json"
    path.write_bytes(b"old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="No space left"):
        file.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_no_file_or_too_large_is_not_read(tmp_path: Path) -> None:
    """A folder, a pipe, a link and a file that is not there are sentences; none of them blocks."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * 11)
    (tmp_path / "link").symlink_to(tmp_path / "large")

    for name, why in (
        ("pipe", "pipe: it is no regular file."),
        ("large", "large: it is larger than 10 bytes."),
        ("link", "link: it cannot be read: Too many levels of symbolic links."),
        ("gone", "gone: it cannot be read: No such file or directory."),
        ("", f"{tmp_path.name}: it is no regular file."),
    ):
        with pytest.raises(Unreadable) as caught:
            file.read(tmp_path / name, 10)
        assert str(caught.value) == why


def test_the_end_of_a_file_is_read_and_written_on(tmp_path: Path) -> None:
    """As much of it as is wanted, and nothing but a file."""
    path = tmp_path / "log"
    for words in (b"one\n", b"two\n"):
        with file.append(path) as log:
            log.write(words)
    assert (file.read_end(path, 5), file.read_end(path, 99)) == (b"\ntwo\n", b"one\ntwo\n")


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_has_no_end(tmp_path: Path, kind: str) -> None:
    """Nobody waits for whoever might read a pipe or write to it, and no link is followed."""
    spoil(tmp_path / "log", kind)
    with pytest.raises(Unreadable):
        file.read_end(tmp_path / "log", 5)
    with pytest.raises(OSError, match=r"directory|device|symbolic"):
        file.append(tmp_path / "log")
    reader = os.open(tmp_path / "log", os.O_RDONLY | os.O_NONBLOCK) if kind == "a pipe" else None
    if reader is not None:
        with pytest.raises(OSError, match="no regular file"):
            file.append(tmp_path / "log")
        os.close(reader)
