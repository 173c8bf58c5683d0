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


def read(path: Path, limit: int, *, own: bool = False, linked: bool = False) -> bytes:
    """Return the content of a regular file.

    Args:
        path: where it is.
        limit: the most bytes that it may have.
        own: it must be this user's or root's, have one name, and nobody else may write it.
        linked: a symbolic link to it is followed.

    Raises:
        Unreadable: there is none, it is something else, or it is larger than *limit* bytes.
    """
    place = Place(path.name)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if linked else os.O_NOFOLLOW))
    except (OSError, ValueError) as error:  # a NUL in its name is a ValueError
        reason = error.strerror if isinstance(error, OSError) else "its name is none"
        raise Unreadable(f"it cannot be read: {reason}", place) from None
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable("it is no regular file", place)
        if own and not _is_own(about):
            raise Unreadable("others may have written it", place)
        with open(handle, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    finally:
        os.close(handle)
    if len(data) > limit:
        raise Unreadable(f"it is larger than {limit:,} bytes", place)
    return data


def _is_own(about: os.stat_result) -> bool:
    return (
        about.st_uid in {os.geteuid(), 0} and about.st_nlink == 1 and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )
