"""A mirror as facts: a repository whose file contents arrive when they are asked for, all of one question at once.

Commits and trees are here; contents come from the server by the hash, in one request for as many as
are missing. The configuration on disk says nothing of that: git, and every other program that reads the
folder, sees an ordinary repository and never asks a network for anything by itself. Only the
commands of `Partial.pull` and `Partial.demand` carry what makes the clone partial, and the token.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.github import Refused
from app.history import Repository
from contracts.error import Complaint, Unreadable

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from app.history import Commit
    from app.hub.token import Credential
    from app.memory import Memory

_ALONE = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ALLOW_PROTOCOL": "http:https",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "HOME": "/nonexistent",  # curl would read .netrc there
}
_PARTIAL = ("-c", "remote.origin.promisor=true", "-c", "remote.origin.partialclonefilter=blob:none")
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--filter=blob:none")
_PATIENCE = 30
"""A transfer slower than 1,000 bytes a second for so many seconds has died."""
_AHEAD = 16
"""The contents of a file are brought for so many of its latest changes at once."""
_WIDE = 500
"""More commits than this are not looked at one by one; nothing is brought for them."""

_HUNK = re.compile(r"^@@ -[0-9,]{1,30} \+([0-9]{1,9})(?:,([0-9]{1,9}))? @@", re.MULTILINE)
_DENIED = re.compile(r"could not read Username|Authentication failed|error: 401")
_GONE = re.compile(r"repository '.*' not found|error: (30[1278]|403|404|410|451)|unable to update url base")
_ABSENT = re.compile(r"couldn't find remote ref (\S+)")
_PASSING = re.compile(
    r"unable to access|RPC failed|early EOF|hung up|timed out|Could not resolve|returned error|unexpected disconnect"
    r"|Connection|expected flush|server did not send|bad line length|protocol error|invalid server response"
)


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a mirror comes from: an address without a secret, and the seconds that one transfer may take."""

    url: str
    credential: Credential
    timeout: float = 300.0


class Unreachable(Exception):  # noqa: N818 - the server is; the program did not err
    """The server cannot be reached now. No complaint: it passes, so that the work is tried again and nobody is told."""


class Broken(Unreachable):
    """The mirror on disk is not whole, or a disk is full: it is made anew when the work is tried again."""


class Partial(Repository):
    """A bare repository with every commit and tree, and the contents that somebody asked for."""

    def __init__(self, folder: Path, remote: Remote, memory: Memory | None = None) -> None:
        """Take *folder* for the repository; it need not exist yet, its parent must."""
        env = {**_ALONE, **_number([_url(remote)])}
        super().__init__(folder.parent, folder, env=env, timeout=remote.timeout, memory=memory)
        self.folder = folder
        self._remote = remote
        self._looked: set[str] = set()

    def create(self) -> None:
        """Make an empty repository."""
        self._run("init", "--quiet", "--bare")

    def pull(self, refspecs: Sequence[str]) -> None:
        """Bring refs, with their commits and trees; refs that the server has no more go.

        Raises:
            Refused: the repository is gone, or closed to this app.
            Unreadable: one of the refs that are named does not exist.
            Broken: the mirror must be made anew.
            Unreachable: not now.
        """
        self._reach(*_PARTIAL, *_FETCH, "--prune", "--force", "origin", *refspecs)

    def head(self) -> str:
        """Return the name of the server's default branch, an empty text where nothing was ever committed.

        Raises:
            Refused, Unreachable: see `pull`.
        """
        told = self._reach("ls-remote", "--symref", "origin", "HEAD")
        found = re.match(rb"ref: refs/heads/(.+)\tHEAD\n", told)
        return found[1].decode() if found else ""

    def demand(self, hashes: Iterable[str]) -> None:
        """Bring the contents that are missing here, in one transfer.

        Raises:
            Refused: the repository is gone, or closed to this app.
            Unreachable: not now.
            Complaint: the server has not got them.
        """
        if missing := self._missing(hashes):
            args = (*_PARTIAL, "-c", "fetch.negotiationAlgorithm=noop", *_FETCH, "--stdin", "origin")
            self._reach(*args, data=_lines(missing))

    def holds(self, hashes: Iterable[str]) -> bool:
        """Return whether all these objects are here."""
        return not self._missing(hashes)

    def complete(self, commit: str) -> None:
        """Bring every file of *commit*, so that the folder can be handed to a program that checks it out.

        Raises:
            Refused, Unreachable, Complaint: see `demand`.
        """
        rows = self._recall((commit,), "ls-tree", "-r", "-z", commit).split(b"\0")
        files = (row.partition(b"\t")[0].split(b" ") for row in rows if row)
        self.demand(hash_.decode() for _, kind, hash_ in files if kind == b"blob")

    def point(self, branch: str) -> None:
        """Make *branch* the default branch here; without a name, ask the server if ours is gone."""
        if not branch and self._try("rev-parse", "--verify", "--quiet", "HEAD") is None:
            branch = self.head()
        if branch:
            self._run("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def repack(self) -> None:
        """Make one pack of many.

        Raises:
            Broken: git cannot; the mirror must be made anew.
        """
        if self._try(*_PARTIAL, "repack", "-a", "-d", "--quiet") is None:
            raise Broken("the packs of the mirror cannot be made one")

    def url(self) -> str:
        """Return `https://host/owner/name` of where it comes from."""
        return self._remote.url.removesuffix(".git")

    def default_branch(self) -> str:
        """Return the name of the branch that the server calls its default."""
        head = self._try("symbolic-ref", "--short", "HEAD")
        if head is None:
            raise Unreadable("the mirror has no default branch")
        return head.decode().strip()

    def log(self, since: str | None, until: str) -> tuple[Commit, ...]:
        """Return the commits as `Repository.log` does; what they changed is brought at once, to be looked at."""
        commits = super().log(since, until)
        if since:
            self._anticipate([commit.hash for commit in commits])
        return commits

    def touching(self, path: str, until: str) -> tuple[str, ...]:
        """Return the commits as `Repository.touching` does; the file's latest contents are brought at once."""
        commits = super().touching(path, until)
        self._bring(commits[:_AHEAD], "--", path)
        return commits

    def patch(self, commit: str) -> str:
        """Return the diff as `Repository.patch` does."""
        self._anticipate([commit])
        return super().patch(commit)

    def hunks(self, base: str, head: str, path: str) -> tuple[range, ...]:
        """Return the lines of *path* at *head* that a diff from *base* shows: what changed, and three lines around."""
        sides = (self._blobs(commit).get(path) for commit in (base, head))
        self.demand(hash_ for hash_ in sides if hash_)
        args = ("diff", "-U3", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", base, head, "--", path)
        told = self._recall((base, head), *args, env={"GIT_LITERAL_PATHSPECS": "1"}).decode(errors="replace")
        return tuple(range(int(f[1]), int(f[1]) + int(f[2] or 1)) for f in _HUNK.finditer(told))

    def export(self, commit: str, folder: Path) -> None:
        """Write the files as `Repository.export` does."""
        self.complete(commit)
        super().export(commit, folder)

    def _fetch(self, hashes: set[str], largest: int) -> dict[str, bytes]:
        """Return the contents as `Git` does; those that are missing here are brought."""
        self.demand(hashes)
        return super()._fetch(hashes, largest)

    def _anticipate(self, commits: Sequence[str]) -> None:
        """Bring what *commits* changed against their first parents, unless they are too many."""
        new = [commit for commit in commits if commit not in self._looked]
        if new and len(new) <= _WIDE:
            self._bring(new)
            self._looked.update(new)

    def _bring(self, commits: Sequence[str], *paths: str) -> None:
        if not commits:
            return
        args = ("diff-tree", "--stdin", "-r", "--root", "--diff-merges=first-parent", "--no-renames", "--no-abbrev")
        rows = self._recall(tuple(commits), *args, *paths, data=_lines(commits)).decode(errors="replace").splitlines()
        fields = (row.split(" ", 4) for row in rows if row.startswith(":"))
        pairs = [pair for old, new, *hashes, _ in fields for pair in zip((old[1:], new), hashes, strict=True)]
        self.demand(hash_ for mode, hash_ in pairs if mode not in ("000000", "160000"))

    def _call(
        self, args: tuple[str, ...], data: bytes, env: Mapping[str, str] | None
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            return super()._call(args, data, env)
        except Complaint as error:  # git took too long, or is not there: nothing that a comment should say for ever
            raise Unreachable(str(error)) from error

    def _missing(self, hashes: Iterable[str]) -> list[str]:
        asked = sorted(set(hashes))
        here = self._measure(asked)
        return [hash_ for hash_ in asked if hash_ not in here]

    def _reach(self, *args: str, data: bytes = b"") -> bytes:
        """Run one git command with the token in its environment; once more with a new one if it is not taken."""
        for last in (False, True):
            token = self._remote.credential.read()
            done = self._call(args, data, _show(self._remote, token))
            if done.returncode == 0:
                return done.stdout
            said = done.stderr.decode(errors="replace")
            if last or not _DENIED.search(said):
                break
            self._remote.credential.drop(token)
        raise _explain(said)


def _show(remote: Remote, token: str) -> dict[str, str]:
    """Return the variables that show a token to the server of *remote*, and to nobody else.

    It stands in the environment of one git command: never in its arguments, in an address or on a disk.
    """
    scheme, _, rest = remote.url.partition("://")
    secret = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return _number(
        [
            _url(remote),
            (f"http.{scheme}://{rest.partition('/')[0]}/.extraHeader", f"Authorization: Basic {secret}"),
            ("http.followRedirects", "false"),
            ("http.lowSpeedLimit", "1000"),
            ("http.lowSpeedTime", str(_PATIENCE)),
            ("credential.helper", ""),
            ("maintenance.auto", "false"),
            ("gc.auto", "0"),
        ]
    )


def _url(remote: Remote) -> tuple[str, str]:
    return ("remote.origin.url", remote.url)


def _number(settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return settings as variables that git takes for its configuration."""
    count = {"GIT_CONFIG_COUNT": str(len(settings))}
    keys = {f"GIT_CONFIG_KEY_{n}": key for n, (key, _) in enumerate(settings)}
    return {**count, **keys, **{f"GIT_CONFIG_VALUE_{n}": value for n, (_, value) in enumerate(settings)}}


def _explain(said: str) -> Exception:
    """Return what a failed transfer means: for good, for now, or for the mirror."""
    last = (said.strip().splitlines() or ["no message"])[-1][:300]
    if _DENIED.search(said):
        return Refused(401, "git may not read the repository: is the app still installed there?")
    if _GONE.search(said):
        return Refused(404, f"the repository is not there for git: renamed, deleted, or closed to the app ({last})")
    if absent := _ABSENT.search(said):
        return Unreadable(f"the repository has no {absent[1]}")
    if _PASSING.search(said):
        return Unreachable(f"git cannot reach the repository now: {last}")
    return Broken(f"git fetch failed: {last}")


def _lines(hashes: Iterable[str]) -> bytes:
    return "".join(f"{hash_}\n" for hash_ in hashes).encode()
