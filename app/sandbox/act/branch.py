"""Commits and branches: writing them, moving them, and what follows from a move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.sandbox.act.event import close, land, tell_pull
from app.sandbox.act.suite import begin_suites
from app.sandbox.body.commit import show_pushed_commit
from app.sandbox.body.repository import show_pushed_repository
from app.sandbox.commit import Commit, Edit, Signature
from app.sandbox.git import NONE
from app.sandbox.hook import tell
from app.sandbox.model import Refusal
from app.sandbox.program import GitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.sandbox.model import Account, Actor, Json, Pull, Repository
    from app.sandbox.world import World

_LISTED = 2_048


@dataclass(frozen=True, slots=True)
class Move:
    """A ref (full name) and where it shall stand (None: nowhere) and stands (None: nowhere)."""

    ref: str
    new: str | None
    old: str | None


def sign_as(world: World, account: Account) -> Signature:
    """Return an account as the author of a commit, now."""
    return Signature(account.login, account.email, world.seconds())


def sign_as_github(world: World) -> Signature:
    """Return GitHub itself as the committer of what is done through it, now."""
    return Signature("GitHub", "noreply@github.com", world.seconds())


def edit(files: Mapping[str, str | bytes | None]) -> list[Edit]:
    """Return files as edits; None deletes one."""
    return [Edit(path, text.encode() if isinstance(text, str) else text) for path, text in files.items()]


def commit(
    world: World, actor: Actor, repository: Repository, parent: str | None, draft: tuple[str, Sequence[Edit]]
) -> str:
    """Write a commit on top of *parent* through GitHub; no branch moves. *draft* is its message and its edits.

    A file that exists keeps its mode. An app's commit is signed by GitHub, so it counts as verified.

    Raises:
        Refusal: 422, a path cannot be.
    """
    message, edits = draft
    store, top = repository.store, repository.store.commit(parent) if parent else None
    kept = [_keep_mode(repository, parent, each) for each in edits]
    author = sign_as(world, actor.account)
    committer = sign_as_github(world) if actor.app else author
    draft_commit = Commit("", top.tree if top else "", (parent,) if parent else (), author, committer, message)
    try:
        sha = store.write(draft_commit, kept)
    except GitError as error:
        raise Refusal(422, f"A path provided is invalid: {error}") from error
    if actor.app:
        repository.verified.add(sha)
    return sha


def _keep_mode(repository: Repository, parent: str | None, each: Edit) -> Edit:
    found = repository.store.find(parent, each.path) if parent else None
    return Edit(each.path, each.data, each.sha, found.mode) if found and found.kind == "blob" else each


def move(world: World, actor: Actor, repository: Repository, *moves: Move) -> None:
    """Move refs, all or none, and let everything follow that GitHub does then.

    Raises:
        Refusal: 422, a ref is not where it must be, or cannot be named so.
    """
    try:
        repository.store.move(*((each.ref, each.new, each.old) for each in moves))
    except GitError as error:
        raise Refusal(422, "Reference cannot be updated", kind="STALE_DATA") from error
    for each in moves:
        follow(world, actor, repository, each)


def follow(world: World, actor: Actor, repository: Repository, moved: Move) -> None:
    """Do what GitHub does after a ref has moved: tell `push`, begin suites, update and close pull requests."""
    if moved.old == moved.new or not moved.ref.startswith(("refs/heads/", "refs/tags/")):
        return
    repository.pushed = world.now()
    tell(world, actor, repository, "push", show_push(world, actor, repository, moved))
    branch = moved.ref.removeprefix("refs/heads/")
    if branch == moved.ref:
        return
    if moved.new is not None:
        begin_suites(world, actor, repository, moved.new, moved.old)
    for pull in [pull for each in world.repositories.values() for pull in each.pulls if pull.state == "open"]:
        if pull.source is repository and pull.branch == branch:
            _update_head(world, actor, pull, moved.new)
        elif pull.repository is repository and pull.target == branch:
            _update_base(world, actor, pull, moved.new)


def take(pull: Pull, sha: str) -> None:
    """Have the commits of a pull request in its own repository, below `refs/pull/`."""
    store, ref = pull.repository.store, f"refs/pull/{pull.number}/head"
    if pull.fork:
        store.fetch(pull.source.store.folder, f"+{sha}:{ref}")
    else:
        store.move((ref, sha, store.refs.get(ref)))
    pull.head = sha


def _update_head(world: World, actor: Actor, pull: Pull, sha: str | None) -> None:
    if sha is None:
        close(world, actor, pull)
        return
    before = pull.head
    take(pull, sha)
    pull.base = pull.repository.store.tip(pull.target) or pull.base
    tell_pull(world, actor, pull, "synchronize", {"before": before, "after": sha})


def _update_base(world: World, actor: Actor, pull: Pull, sha: str | None) -> None:
    """Close a pull request whose base is gone; one whose commits the base has now is merged."""
    if sha is None:
        close(world, actor, pull)
    elif pull.repository.store.reaches(sha, pull.head):
        base = pull.base
        land(world, actor.account, pull, sha)
        pull.base = base
        tell_pull(world, actor, pull, "closed")


def show_push(world: World, actor: Actor, repository: Repository, moved: Move) -> Json:
    """Return what `push` says of a move, its envelope left out but for the repository, which is told in seconds."""
    store, old, new = repository.store, moved.old, moved.new
    fresh = store.log(new, old, _LISTED) if new and old else store.log(new, None, 1) if new else []
    commits = [show_pushed_commit(world, repository, c) for c in map(store.commit, reversed(fresh)) if c]
    head = store.commit(new) if new else None
    page = f"{world.url}/{repository.full_name}"
    return {
        "ref": moved.ref,
        "before": old or NONE,
        "after": new or NONE,
        "pusher": {"name": actor.account.login, "email": actor.account.email},
        "created": old is None,
        "deleted": new is None,
        "forced": bool(old and new and not store.reaches(new, old)),
        "base_ref": None,
        "compare": f"{page}/compare/{(old or NONE)[:12]}...{(new or NONE)[:12]}",
        "commits": commits,
        "head_commit": show_pushed_commit(world, repository, head) if head else None,
        "repository": show_pushed_repository(world, repository),
    }
