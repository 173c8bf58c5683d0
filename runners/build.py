"""The program under test and the files that it needs: built, found, and known by their digests."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from contracts.error import Complaint
from evidence.model import Absent
from evidence.quote import code
from evidence.receipt import Needed, canonical, digest
from runners.run import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evidence.model import Seen
    from runners.confinement import Login
    from runners.smoke import Need, Smoke

_PIECE = 1 << 20
_WITHIN = " (a relative path is one of the commit; a file that git does not hold needs an absolute path, or ~)"


@dataclass(frozen=True, slots=True)
class Built:
    """The program under test: where it lies (None: the smoke names none), its digest, and how it came.

    *seconds* is what building took, 0 where nothing was built.
    """

    path: Path | None
    sha256: str = ""
    cached: bool = False
    seconds: float = 0.0


def build(  # noqa: PLR0913 - what, of which commit, where, from which cache, with what
    smoke: Smoke,
    commit: str,
    checkout: Path,
    cache: Path,
    *,
    env: Mapping[str, str],
    heard: Callable[[str], None] | None = None,
    login: Login | None = None,
) -> Built | Absent:
    """Build the program at *commit*, or take it from the cache, and return it with its digest.

    Args:
        smoke: its build steps run one after the other, each within its timeout.
        commit: the full hash of the commit that *checkout* holds.
        checkout: the folder to build in; the program's path is relative to it.
        cache: a folder of programs by commit and build steps.
        env: the whole environment of the steps.
        heard: called with what the steps print.
        login: the user that the steps run as, None: the user of this process.

    Returns:
        The program; `Absent` with the reason if a step failed or there is no such file.

    Raises:
        Complaint: the program's path leads out of *checkout*.
    """
    target = _target(smoke, checkout)
    if smoke.build and target and (sha256 := _take(cache, _key(smoke, commit), target)):
        return Built(target, sha256, cached=True)
    started = time.monotonic()
    fault = _run_steps(smoke, partial(run, smoke, cwd=checkout, env=env, heard=heard, login=login)) or (
        _fault_of(smoke, target) if target else ""
    )
    if fault:
        return Absent("build", fault)
    sha256 = measure(target) if target else ""
    if target and smoke.build:
        _keep(cache, _key(smoke, commit), target, sha256)
    return Built(target, sha256, seconds=time.monotonic() - started if smoke.build else 0.0)


def check_needs(smoke: Smoke, root: Path) -> tuple[Needed, ...] | Absent:
    """Return the files that the legs need with their digests; `Absent` with the reason if one is not as stated.

    Relative paths are relative to *root*, and `~` is the home folder. Files are read in pieces, so
    that a model of any size can be checked.
    """
    found = []
    for need in smoke.needs:
        path = _path(need, root)
        fault = _fault(path)
        if fault:
            where = "" if Path(need.path).is_absolute() or need.path.startswith("~") else _WITHIN
            return Absent("", f"the need {code(need.name)} {fault}: {code(need.path)}{where}")
        sha256 = measure(path)
        if need.sha256 and sha256 != need.sha256.lower():
            return Absent("", _mismatch(need, sha256))
        found.append(Needed(need.name, need.path, sha256))
    return tuple(found)


def measure(path: Path) -> str:
    """Return the SHA-256 of a file in lower-case hex, read in pieces."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            total.update(piece)
    return total.hexdigest()


def _target(smoke: Smoke, checkout: Path) -> Path | None:
    if not smoke.binary:
        return None
    target = checkout / smoke.binary
    if not target.resolve().is_relative_to(checkout.resolve()):
        mend = "Name the program by its path inside the repository"
        raise Complaint(f"the program {smoke.binary} of smoke {smoke.name} lies outside the repository", mend=mend)
    return target


def _key(smoke: Smoke, commit: str) -> str:
    """Return the name of the program in the cache: one for each commit, build steps, path and variables."""
    return digest(canonical([commit, smoke.build, smoke.binary, smoke.env]))


def _take(cache: Path, key: str, target: Path) -> str:
    """Put the cached program at *target* and return its digest; empty if there is none, or it was changed."""
    for kept in cache.glob(f"{key}-*"):
        sha256 = kept.name.rpartition("-")[2]
        if measure(kept) == sha256:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy2(kept, target)
            return sha256
        kept.unlink()
    return ""


def _keep(cache: Path, key: str, target: Path, sha256: str) -> None:
    """Put the program into the cache under a name that carries its digest; whole, or not at all."""
    cache.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=cache, prefix=".new-", delete=False) as file:
        pass
    new = Path(file.name)
    try:
        shutil.copy2(target, new)
        new.replace(cache / f"{key}-{sha256}")
    finally:
        new.unlink(missing_ok=True)


def _run_steps(smoke: Smoke, start: Callable[[str, Sequence[str]], Seen]) -> str:
    """Run the build steps up to the first that fails; return why, or an empty text."""
    for number, argv in enumerate(smoke.build, start=1):
        seen = start("build", argv)
        if isinstance(seen, Absent) or seen.failure or seen.exit:
            return f"build step {number} {_why(seen)}"
    return ""


def _fault_of(smoke: Smoke, target: Path) -> str:
    fault = _fault(target)
    return f"the program {code(smoke.binary)} {fault}" if fault else ""


def _why(seen: Seen) -> str:
    if isinstance(seen, Absent):
        return f"did not run: {seen.reason}"
    if seen.failure:
        return seen.failure
    last = next((line for line in reversed(seen.merged.splitlines()) if line.strip()), "")
    return f"exited with {seen.exit}; it last printed {code(last.strip())}"


def _path(need: Need, root: Path) -> Path:
    try:
        return root / Path(need.path).expanduser()
    except RuntimeError:  # nobody of that name lives here
        return root / need.path


def _fault(path: Path) -> str:
    """Return why *path* cannot be read as a file, or an empty text."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return "does not exist"
    if not stat.S_ISREG(found.st_mode):
        return "is no regular file"
    if found.st_size == 0:  # the kernel's own files say so, too, and some of them never end
        return "is empty"
    return "" if os.access(path, os.R_OK) else "may not be read"


def _mismatch(need: Need, sha256: str) -> str:
    return f"the need {code(need.name)} has the sha256 {sha256[:12]}…, but {need.sha256[:12].lower()}… is stated"
