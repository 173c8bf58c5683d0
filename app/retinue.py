"""The followers of what a commit writes, as they stand in a repository; and whether a branch moved them as we would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.follower import read
from app.history import BLOB_LIMIT
from app.imprint import LARGE, Following, follow

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.workspace import Workspace


def gather(workspace: Workspace, commit: str, paths: Collection[str]) -> Following:
    """Return the followers of *paths*, and theirs in turn, with what stands in them at *commit*.

    The configuration that counts is that of the workspace.
    """
    reached, chosen = set(paths), []
    for follower in read(workspace.configured.config):
        if follower.of in reached:
            chosen.append(follower)
            reached.add(follower.path)
    named = sorted({follower.path for follower in chosen})
    return Following(tuple(chosen), workspace.repository.read(commit, named, large=LARGE) if named else {})


def find_foreign(
    workspace: Workspace, leader: str, fork: str, tip: str, folders: tuple[str, ...] = ("evidence/",)
) -> tuple[str, ...]:
    """Return what a branch touches beside a contract or spec, *folders*, and followers that say what they should.

    A follower must be, byte for byte, what we make of the one at *fork* for the leader at *tip*: nothing that
    somebody else wrote into it is taken for ours.
    """
    repository = workspace.repository
    touched = repository.changed(fork, tip)
    others = [path for path in touched if path != leader and not path.startswith(folders)]
    following = gather(workspace, fork, [leader]) if others else Following()
    strange = set(others) - {follower.path for follower in following.followers}
    if strange or not others:
        return tuple(sorted(strange))
    standing = repository.read(tip, [leader, *others], large=BLOB_LIMIT)
    ours = follow({leader: standing[leader]}, following).files if leader in standing else {}
    return tuple(path for path in others if path not in ours or standing.get(path) != ours[path])
