"""Files that are whole or not there: written beside, made durable, renamed; read with a bound."""

from __future__ import annotations

import os
import stat
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from contracts.error import Place, Unreadable

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Write a file so that whoever reads it sees the old one or all of the new one, after a crash too.

    Raises:
        OSError: it cannot be written; nothing is left behind then.
    """
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)  # noqa: PTH105 - the name is a text
        except BaseException:
            os.unlink(file.name)  # noqa: PTH108 - as above
            raise
    settle(path.parent)


def settle(folder: Path) -> None:
    """Make the names in a folder durable.

    Raises:
        OSError: the folder cannot be read.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path, limit: int) -> bytes:
    """Return the content of a regular file.

    Raises:
        Unreadable: there is none, it is something else, or it is larger than *limit* bytes.
    """
    place = Place(path.name)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}", place) from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Unreadable("it is no regular file", place)
        with open(handle, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    finally:
        os.close(handle)
    if len(data) > limit:
        raise Unreadable(f"it is larger than {limit:,} bytes", place)
    return data
