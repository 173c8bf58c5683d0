"""A copy of each repository in the data folder, brought up to date by one `git fetch`; it can be deleted any time."""

from __future__ import annotations

import fcntl
import re
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.hub.partial import Broken, Partial, Remote, Unreachable
from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from app.hub.token import Credential
    from app.memory import Memory

_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,99})/(?!\.{1,2}$)([A-Za-z0-9._-]{1,100})(?<!\.git)")
_HEADS = "+refs/heads/*:refs/heads/*"
_PACKS = 100
"""Every fetch leaves a pack; this many are made one."""
_STALE = 3600.0
"""A temporary file of this age, in seconds, was left by a git that was killed."""


class Mirror:
    """One repository's copy. Several threads and processes may use it; one at a time brings it up to date."""

    def __init__(  # noqa: PLR0913 - where it lies, where it comes from, and two that have defaults
        self,
        data: Path,
        repository: str,
        web: str,
        credential: Credential,
        *,
        timeout: float = 300.0,
        memory: Memory | None = None,
    ) -> None:
        """Name the mirror of *repository* (`owner/name`) below the folder *data*; nothing is touched yet.

        Args:
            data: the data folder; mirrors stand in `mirrors/<owner>/<name>.git`.
            repository: as GitHub names it.
            web: where git finds it, `https://github.com`.
            credential: where tokens come from.
            timeout: seconds that one transfer may take, and the wait for another one to end.
            memory: what is known of mirrors already.

        Raises:
            Unreadable: *repository* is no name of a repository.
        """
        named = _NAME.fullmatch(repository)
        if named is None:
            raise Unreadable(f"“{repository[:200]}” is no repository", mend="Write owner/name")
        # GitHub tells names apart without case: one repository has one mirror
        self.folder = data / "mirrors" / named[1].lower() / f"{named[2].lower()}.git"
        self._remote = Remote(f"{web}/{repository}.git", credential, timeout)
        self._memory = memory

    def fetch(self, pulls: Sequence[int] = (), *, branch: str = "") -> Partial:
        """Bring branches and the heads of *pulls* up to date, and return the mirror.

        Args:
            pulls: numbers of pull requests, also from forks; their heads are `refs/pull/N/head` here.
            branch: the default branch, where the caller knows it.

        Raises:
            Refused: the repository is gone, or closed to this app.
            Unreadable: one of *pulls* does not exist.
            Unreachable: the server cannot be reached now, or another fetch does not end.
        """
        refspecs = (_HEADS, *(f"+refs/pull/{number}/head:refs/pull/{number}/head" for number in pulls))
        with self._hold():
            partial = Partial(self.folder, self._remote, self._memory)
            if not self.folder.is_dir():
                return self._make(refspecs, branch)
            try:
                self._tidy(partial)
                partial.pull(refspecs)
                partial.point(branch)
            except Broken:
                return self._make(refspecs, branch)
            return partial

    def open(self, commits: Sequence[str], *, branch: str = "") -> Partial:
        """Return the mirror if it holds *commits*, else fetch first. Branches may be older than GitHub's.

        Raises:
            Refused, Unreadable, Unreachable: see `fetch`.
        """
        if self.folder.is_dir():
            partial = Partial(self.folder, self._remote, self._memory)
            if partial.holds(commits):
                return partial
        return self.fetch(branch=branch)

    def drop(self) -> None:
        """Delete the mirror, so that the next use makes it anew; nothing of it is remembered."""
        with self._hold():
            _remove(self.folder)
        if self._memory is not None:
            self._memory.drop(str(self.folder))

    def _make(self, refspecs: Sequence[str], branch: str) -> Partial:
        """Clone beside the mirror, then put the clone in its place: a half one is never seen."""
        new = self.folder.with_suffix(".git.new")
        _remove(new)
        partial = Partial(new, self._remote, self._memory)
        partial.create()
        partial.pull(refspecs)
        partial.point(branch or partial.head())
        _remove(self.folder)
        new.rename(self.folder)
        return Partial(self.folder, self._remote, self._memory)

    def _tidy(self, partial: Partial) -> None:
        packs = self.folder / "objects" / "pack"
        for stray in packs.glob("tmp_*"):
            if time.time() - stray.stat().st_mtime > _STALE:
                stray.unlink(missing_ok=True)
        if sum(1 for _ in packs.glob("*.pack")) > _PACKS:
            partial.repack()

    @contextmanager
    def _hold(self) -> Iterator[None]:
        """Hold the mirror alone, among threads and processes."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.with_suffix(".git.lock").open("w") as lock:
            end = time.monotonic() + self._remote.timeout
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise Unreachable(f"another fetch of {self._remote.url} does not end") from None
                    time.sleep(0.05)
            yield


def _remove(folder: Path) -> None:
    """Delete a folder if it is there."""
    if folder.is_dir():
        shutil.rmtree(folder)
