"""What an engine keeps of a run whose pod shares a volume with the app, besides what every engine keeps.

* `uid`: that the Job was created, and which it is.
* `out`: the only folder that the pod can write to; the bundle comes there, and is moved out when the pod ended.
* `log`: the last words of a pod that left no bundle.
"""

from __future__ import annotations

import re
import stat
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from contracts.error import Place, Unreadable
from evidence.redact import redact
from runners import file
from runners.engine.manifest import Errand

if TYPE_CHECKING:
    from pathlib import Path

    from runners.engine.folder import Folder
    from runners.job import Job

_SHORT = 64
_NAME = re.compile("[0-9a-f]{32}")


def name(shelf: Path) -> str:
    """Return the name of a shelf, which it gets at the first question. To be called locked.

    Raises:
        OSError: it cannot be written.
        Unreadable: it was damaged.
    """
    path = shelf / "instance"
    if not path.exists():
        file.write(path, uuid.uuid4().hex.encode())
    found = file.read(path, _SHORT).decode("ascii", "replace")
    if not _NAME.fullmatch(found):
        raise Unreadable("it names no engine, so that no Job could be told to be ours", Place(path.name))
    return found


def address(path: Path, job: Job) -> Errand:
    """Return what a pod must know of a job whose folder is *path*."""
    return Errand(job.run, str(path.absolute()), job.source, job.deadline)


def prepare(folder: Folder) -> None:
    """Make the folder for what comes back."""
    (folder.path / "out").mkdir(mode=0o700, exist_ok=True)


def mark(folder: Folder, uid: str) -> None:
    """Write down that the Job was created."""
    if not is_created(folder):
        file.write(folder.path / "uid", uid.encode("utf-8", "replace"))


def is_created(folder: Folder) -> bool:
    """Return whether the Job was created."""
    return folder.has("uid")


def take(folder: Folder) -> bool:
    """Move the bundle of an ended pod to where no pod reaches it; whether there is one. A link is none."""
    left = folder.path / "out" / "bundle.json"
    with suppress(FileNotFoundError, NotADirectoryError):
        if stat.S_ISREG(left.lstat().st_mode):
            left.rename(folder.path / "bundle.json")
            file.settle(folder.path)
            return True
    return False


def finish(folder: Folder, reason: str, words: str = "") -> None:
    """Let a run be gone, for good, with the last words of its pod."""
    if words.strip():
        with suppress(IsADirectoryError):
            file.write(folder.path / "log", redact(words).text.encode("utf-8", "replace"))
    folder.finish(reason + folder.last_words())
