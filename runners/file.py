"""Files that are whole or not there: written beside, made durable, renamed; read with a bound."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING

from contracts.error import Place, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    with _open(path, linked=linked) as (file, about):
        if own and not _is_own(about):
            raise Unreadable("others may have written it", Place(path.name))
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Unreadable(f"it is larger than {limit:,} bytes", Place(path.name))
    return data


def read_end(path: Path, limit: int) -> bytes:
    """Return the last bytes of a regular file, *limit* of them at most.

    Raises:
        Unreadable: there is none, or it is something else.
    """
    with _open(path, linked=False) as (file, about):
        file.seek(max(0, about.st_size - limit))
        return file.read(limit)


def append(path: Path) -> IO[bytes]:
    """Open a regular file, which is made if it is not there, to write on at its end.

    Raises:
        OSError: it cannot be written, or is something else.
    """
    how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    file = os.fdopen(os.open(path, how, 0o600), "ab")
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise OSError(errno.EINVAL, "it is no regular file")


@contextmanager
def _open(path: Path, *, linked: bool) -> Iterator[tuple[IO[bytes], os.stat_result]]:
    """Open a regular file; nothing else is waited for, or followed unless it may be *linked*."""
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
        with open(handle, "rb", closefd=False) as file:
            yield file, about
    finally:
        os.close(handle)


def _is_own(about: os.stat_result) -> bool:
    return (
        about.st_uid in {os.geteuid(), 0} and about.st_nlink == 1 and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )
