"""Git as a program: one command at a time, from argument lists, undisturbed by hooks, variables and replacements."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from app.memory import Memory
from contracts.error import Complaint, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FULL = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SETTINGS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_TIMEOUT = 120.0


class Git:
    """The git of one repository on this machine."""

    def __init__(
        self,
        folder: Path,
        git_dir: Path | None = None,
        *,
        env: Mapping[str, str] | None = None,
        timeout: float = _TIMEOUT,
        memory: Memory | None = None,
    ) -> None:
        """Find the repository that *folder* is in.

        Args:
            folder: a folder in a checkout, or any folder that there is where *git_dir* is known.
            git_dir: the repository itself, not looked for; it need not exist yet.
            env: variables of every command, beside those of this process that are not git's.
            timeout: seconds that one command may take.
            memory: what is known of this and of other repositories already.

        Raises:
            Unreadable: *folder* is no folder, or in no git repository, or git is missing.
        """
        if not folder.is_dir():
            raise Unreadable(f"{folder} is no folder", mend="Name the checkout with --repo DIR")
        self._git_dir = git_dir
        self._memory = Memory() if memory is None else memory
        self._sizes: dict[str, int] = {}
        self._env, self._timeout = env or {}, timeout
        self.folder = folder
        if git_dir is not None:
            return
        found = self._try("rev-parse", "--absolute-git-dir")
        if found is None:
            raise Unreadable(f"{folder} is in no git repository", mend="Name a git checkout with --repo DIR")
        self._git_dir = Path(found.decode().strip())

    def _run(self, *args: str, data: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run one git command; its standard output.

        Raises:
            Complaint: git ended with an error; the last line of what it said is kept.
        """
        done = self._call(args, data, env)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
            raise Complaint(f"git {args[0]} failed: {said[-1][:300]}")
        return done.stdout

    def _recall(
        self, commits: tuple[str, ...], *args: str, data: bytes = b"", env: Mapping[str, str] | None = None
    ) -> bytes:
        """Run one git command about *commits*; once, if they are full hashes, because the answer cannot change."""
        key = self._name(*args, data.decode(), *(f"{name}={value}" for name, value in sorted((env or {}).items())))
        answer = self._memory.get(key)
        if answer is None:
            answer = self._run(*args, data=data, env=env)
            if all(map(_FULL.fullmatch, commits)):
                self._memory.put(key, answer)
        return answer

    def _relate(self, one: str, other: str, *flags: str) -> bytes | None:
        """Return what `git merge-base` says of two commits; a yes about full hashes stays so, and is remembered."""
        key = self._name("merge-base", *flags, one, other)
        answer = self._memory.get(key)
        if answer is None:
            answer = self._try(*key[1:])
            if answer is not None and _FULL.fullmatch(one) and _FULL.fullmatch(other):
                self._memory.put(key, answer)
        return answer

    def _contents(self, hashes: Iterable[str], largest: int) -> dict[str, bytes]:
        """Return hash → content of those files that are not larger; of one that is remembered git is not asked.

        Raises:
            Complaint: one is not here.
        """
        asked = set(hashes)
        known = {hash_: content for hash_ in asked if (content := self._memory.get(self._name(hash_))) is not None}
        known |= self._fetch(asked - known.keys(), largest)
        return {hash_: content for hash_, content in known.items() if len(content) <= largest}

    def _fetch(self, hashes: set[str], largest: int) -> dict[str, bytes]:
        """Return the contents of those files that are not larger, and remember them."""
        sizes = self._measure(hashes)
        for lost in hashes - sizes.keys():
            raise Complaint(f"the content {lost} is missing in {self._git_dir}", mend="Clone the repository anew")
        wanted = [hash_ for hash_, size in sizes.items() if size <= largest]
        lines = "".join(f"{hash_}\n" for hash_ in wanted).encode()
        found = dict(_split(self._run("cat-file", "--batch", data=lines), wanted)) if wanted else {}
        for hash_, content in found.items():
            self._memory.put(self._name(hash_), content)
        return found

    def _name(self, *words: str) -> tuple[str, ...]:
        """Return the key of a question about this repository."""
        return (str(self._git_dir), *words)

    def _measure(self, hashes: Iterable[str]) -> dict[str, int]:
        """Return hash → size in bytes of those objects that are here; of one that is, git is asked only once."""
        asked = tuple(hashes)
        new = sorted(set(asked) - self._sizes.keys())
        data = "".join(f"{hash_}\n" for hash_ in new).encode()
        told = self._run("cat-file", "--batch-check=%(objectname) %(objectsize)", data=data) if new else b""
        rows = (line.split(" ") for line in told.decode().splitlines())
        self._sizes |= {hash_: int(size) for hash_, size in rows if size != "missing"}
        return {hash_: self._sizes[hash_] for hash_ in asked if hash_ in self._sizes}

    def _try(self, *args: str) -> bytes | None:
        """Run one git command; None if it ends with an error."""
        done = self._call(args, b"", None)
        return done.stdout if done.returncode == 0 else None

    def _call(
        self, args: tuple[str, ...], data: bytes, env: Mapping[str, str] | None
    ) -> subprocess.CompletedProcess[bytes]:
        where = ("--git-dir", str(self._git_dir)) if self._git_dir else ("-C", str(self.folder))
        keep = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        command = ["git", *_SETTINGS, *where, *args]
        fixed = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C.UTF-8"}
        full = {**keep, **fixed, **self._env, **(env or {})}
        try:
            return _start(command, data, full, self._timeout)
        except FileNotFoundError:
            raise Unreadable("git is not installed", mend="Install git and try again") from None
        except subprocess.TimeoutExpired:
            raise Complaint(f"git {args[0]} took longer than {self._timeout:g} s") from None


def _start(
    command: list[str], data: bytes, env: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end; out of time, everything that it started ends with it."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=env, process_group=0) as process:  # noqa: S603 - an argument list, never a shell
        try:
            out, err = process.communicate(data, timeout)
        except BaseException:
            # git's own children hold the pipes: killing git alone would leave us reading until they give up
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _split(stream: bytes, hashes: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Cut the output of `git cat-file --batch` about objects that are there into pairs of hash and content."""
    at = 0
    for hash_ in hashes:
        start = stream.index(b"\n", at) + 1
        size = int(stream[at:start].split(b" ")[2])
        yield hash_, stream[start : start + size]
        at = start + size + 1
