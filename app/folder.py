"""A folder of evidence as it lies on a disk: regular files only, bounded, no link followed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Unreadable

if TYPE_CHECKING:
    from pathlib import Path

LARGE = 64 << 20
"""The largest file that is read, in bytes."""
MOST = 5000
"""How many files one folder may hold."""


@dataclass(frozen=True, slots=True)
class Folder:
    """File name → content, and name → why it was not read (a link, a folder, too large)."""

    files: dict[str, bytes]
    odd: dict[str, str]


def read(path: Path) -> Folder:
    """Return what lies in the folder at *path*.

    Raises:
        Unreadable: it cannot be listed, or holds too many files.
    """
    try:
        names = sorted(entry.name for entry in os.scandir(path))
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from None
    if len(names) > MOST:
        raise Unreadable(f"{path} holds {len(names):,} files; at most {MOST:,} are looked at")
    found = {_spell(name): _load(path / name) for name in names}
    return Folder(
        {name: content for name, content in found.items() if isinstance(content, bytes)},
        {name: reason for name, reason in found.items() if isinstance(reason, str)},
    )


def _spell(name: str) -> str:
    """Return a name as text; no receipt can name a file whose name is no UTF-8, and none names this one."""
    return os.fsencode(name).decode("utf-8", "replace")


def _load(path: Path) -> bytes | str:
    """Return the content of a regular file, or why it was not read; a pipe must not make anybody wait."""
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            return "it is a link, and was not followed" if stat.S_ISLNK(mode) else "it is no regular file"
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
            content = file.read(LARGE + 1)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return content if len(content) <= LARGE else f"it is larger than {LARGE >> 20} MiB"
