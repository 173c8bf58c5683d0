"""The merge queue: one pull request at a time is tried on top of the base, on a branch of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.act.branch import Move, follow
from app.sandbox.act.event import tell_pull
from app.sandbox.act.merge import Merging, advance, build, merge
from app.sandbox.body.commit import show_simple_commit
from app.sandbox.hook import tell
from app.sandbox.model import Entry, Refusal
from app.sandbox.standing import explain, lacking, stand

if TYPE_CHECKING:
    from app.sandbox.model import Actor, Json, Pull, Repository
    from app.sandbox.world import World


def enqueue(world: World, actor: Actor, pull: Pull) -> Entry:
    """Put a pull request into the queue; the first one is tried at once.

    Raises:
        Refusal: 422, it is in the queue, or it cannot be merged.
    """
    repository = pull.repository
    if any(entry.pull is pull for entry in repository.queue):
        raise Refusal(422, "Pull request is already in the queue")
    if pull.state == "closed" or stand(pull) in {"dirty", "draft"}:
        raise Refusal(422, "Pull request is not mergeable")
    missing = lacking(repository, pull.target, pull.head)
    if missing:
        raise Refusal(422, explain(missing))
    pull.auto_merge = None
    made = world.keep(Entry(world.number("entry"), pull, actor, "", "", "", world.now()))
    repository.queue.append(made)
    tell_pull(world, actor, pull, "enqueued")
    _try_first(world, repository)
    return made


def dequeue(world: World, actor: Actor, entry: Entry, reason: str = "MANUAL") -> None:
    """Take a pull request out of the queue; its group is destroyed, and the next one is tried."""
    repository = entry.pull.repository
    repository.queue.remove(entry)
    tell_pull(world, actor, entry.pull, "dequeued", {"reason": reason})
    if entry.head:
        _destroy(world, actor, entry, "dequeued")
    _try_first(world, repository)


def _try_first(world: World, repository: Repository) -> None:
    """Build the group of the first entry, unless it is built already."""
    if not repository.queue or repository.queue[0].head:
        return
    entry = repository.queue[0]
    pull, base = entry.pull, repository.store.tip(entry.pull.target)
    assert base is not None
    try:
        entry.head = build(world, entry.actor, pull, Merging("squash"), base)
    except Refusal:
        dequeue(world, entry.actor, entry, "MERGE_CONFLICT")
        return
    entry.base, entry.branch = base, f"gh-readonly-queue/{pull.target}/pr-{pull.number}-{base}"
    ref = f"refs/heads/{entry.branch}"
    repository.store.move((ref, entry.head, repository.store.refs.get(ref)))
    follow(world, entry.actor, repository, Move(ref, entry.head, None))
    tell(world, entry.actor, repository, "merge_group", {"action": "checks_requested", **_show_group(entry)})
    tend_queue(world, repository, entry.head)


def _show_group(entry: Entry) -> Json:
    commit = entry.pull.repository.store.commit(entry.head)
    assert commit is not None
    group = {"head_sha": entry.head, "head_ref": f"refs/heads/{entry.branch}", "base_sha": entry.base}
    group["base_ref"] = f"refs/heads/{entry.pull.target}"
    return {"merge_group": {**group, "head_commit": show_simple_commit(commit)}}


def _destroy(world: World, actor: Actor, entry: Entry, reason: str) -> None:
    repository, ref = entry.pull.repository, f"refs/heads/{entry.branch}"
    shown = {"action": "destroyed", "reason": reason, **_show_group(entry)}
    repository.store.move((ref, None, entry.head))
    follow(world, actor, repository, Move(ref, None, entry.head))
    tell(world, actor, repository, "merge_group", shown)
    entry.head = ""


def tend_queue(world: World, repository: Repository, sha: str) -> None:
    """Merge the group at a commit if its checks have passed, give it up if one failed, build it anew if it is old."""
    entry = next((each for each in repository.queue if each.head == sha), None)
    if entry is None:
        return
    pull, base = entry.pull, repository.store.tip(entry.pull.target)
    missing = lacking(repository, pull.target, sha)
    if base != entry.base:
        _destroy(world, entry.actor, entry, "invalidated")
        _try_first(world, repository)
    elif any(word == "failing" for _, word in missing):
        dequeue(world, entry.actor, entry, "CI_FAILURE")
    elif not missing:
        repository.queue.remove(entry)
        advance(world, entry.actor, pull, (entry.base, sha))
        _destroy(world, entry.actor, entry, "merged")
        _try_first(world, repository)


def tend(world: World, repository: Repository, sha: str) -> None:
    """Merge what waits for the checks of a commit, if they have passed now."""
    for pull in repository.pulls:
        wish = pull.auto_merge
        if wish is not None and pull.head == sha and stand(pull) in {"clean", "unstable"}:
            if repository.settings.queue and pull.target == repository.branch:
                enqueue(world, wish.actor, pull)
            else:
                merge(world, wish.actor, pull, Merging(wish.method, wish.title or None, wish.message or None))
