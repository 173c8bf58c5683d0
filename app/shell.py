"""Carrying plans out: the one place where the effects of a decision happen."""

from __future__ import annotations

import datetime as dt
import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.effect import Plan, WriteBranch

if TYPE_CHECKING:
    from app.history import Repository

SHOWN = 64 << 10
"""A new file above this size (bytes) is only named where a diff is shown."""
Watch = Callable[[str], None]
"""Is told, in one line, what happens now."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was carried out: (branch, hash) of every commit, none in a dry run; and what the plan changes."""

    plan: Plan
    commits: tuple[tuple[str, str], ...]
    diff: str


def carry_out(repository: Repository, plan: Plan, *, dry_run: bool) -> Written:
    """Carry a plan out; the only place where anything is written to a repository.

    A branch that holds the very commit already counts as written: twice equals once.
    """
    commits, diffs = [], []
    for effect in plan:
        match effect:
            case WriteBranch():
                diffs.append(diff(repository, effect))
                author = repository.identity(f"{int(now().timestamp())} +0000")
                if not dry_run:
                    new = repository.write(effect.branch, effect.parent, dict(effect.files), effect.message, author)
                    commits.append((effect.branch, new))
            case _:
                pass  # the other effects happen on GitHub
    return Written(plan, tuple(commits), "".join(diffs))


def diff(repository: Repository, effect: WriteBranch) -> str:
    """Return what a commit would change, as a unified diff."""
    old = repository.read(effect.parent, [path for path, _ in effect.files])
    diffs = []
    for path, content in effect.files:
        if path not in old and len(content) > SHOWN:
            diffs.append(f"--- /dev/null\n+++ b/{path} ({len(content):,} bytes, not shown)\n")
            continue
        before = old.get(path, b"").decode(errors="replace").splitlines(keepends=True)
        after = content.decode(errors="replace").splitlines(keepends=True)
        lines = difflib.unified_diff(before, after, f"a/{path}" if path in old else "/dev/null", f"b/{path}")
        diffs.append("".join(line if line.endswith("\n") else f"{line}\n" for line in lines))
    return "".join(diffs)


def now() -> dt.datetime:
    """Return the time, or the one that SOURCE_DATE_EPOCH states, as reproducible builds do."""
    stated = os.environ.get("SOURCE_DATE_EPOCH", "")
    known = stated.isascii() and stated.isdigit() and len(stated) <= 11  # noqa: PLR2004 - the years that there are
    return dt.datetime.fromtimestamp(int(stated), dt.UTC) if known else dt.datetime.now(dt.UTC)
