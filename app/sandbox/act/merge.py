"""Merging: by hand, and by itself once the checks have passed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.sandbox.act.branch import Move, follow, sign_as, sign_as_github
from app.sandbox.act.event import land, tell_pull
from app.sandbox.commit import Commit
from app.sandbox.model import AutoMerge, Refusal
from app.sandbox.program import GitError
from app.sandbox.standing import explain, lacking, mergeable, stand, start

if TYPE_CHECKING:
    from app.sandbox.model import Actor, Method, Pull
    from app.sandbox.world import World

_METHODS = {"squash": "Squash merges", "merge": "Merge commits", "rebase": "Rebase merges"}


@dataclass(frozen=True, slots=True)
class Merging:
    """How to merge: *title* and *message* None for GitHub's own words; *head* must be the pull request's, if given."""

    method: Method = "merge"
    title: str | None = None
    message: str | None = None
    head: str | None = None


def merge(world: World, actor: Actor, pull: Pull, how: Merging) -> str:
    """Merge a pull request; the commit it became.

    Raises:
        Refusal: 405, it cannot be merged now; 409, its head is another one.
    """
    _refuse(pull, how)
    if pull.repository.settings.queue and pull.target == pull.repository.branch:
        raise Refusal(405, "Changes must be made through the merge queue")
    missing = lacking(pull.repository, pull.target, pull.head)
    if missing:
        raise Refusal(405, explain(missing))
    tip = pull.repository.store.tip(pull.target)
    assert tip is not None
    sha = build(world, actor, pull, how, tip)
    advance(world, actor, pull, (tip, sha))
    return sha


def _refuse(pull: Pull, how: Merging) -> None:
    settings = pull.repository.settings
    allowed = {"squash": settings.squash, "merge": settings.merge_commit, "rebase": settings.rebase}
    if how.head is not None and how.head != pull.head:
        raise Refusal(409, "Head branch was modified. Review and try the merge again.")
    if not allowed[how.method]:
        raise Refusal(405, f"{_METHODS[how.method]} are not allowed on this repository.")
    if pull.state == "open" and pull.draft:
        raise Refusal(405, "Pull Request is still a draft")
    if not mergeable(pull):
        raise Refusal(405, "Pull Request is not mergeable")


def build(world: World, actor: Actor, pull: Pull, how: Merging, base: str) -> str:
    """Write the commit that a pull request becomes on top of *base*; no branch moves.

    Raises:
        Refusal: 405, there are conflicts.
    """
    store = pull.repository.store
    if how.method == "rebase":
        return _rebase(world, pull, base)
    tree = store.merge(base, pull.head)
    if tree is None:
        raise Refusal(405, "Pull Request is not mergeable")
    squash = how.method == "squash"
    author = sign_as(world, pull.account if squash else actor.account)
    parents = (base,) if squash else (base, pull.head)
    sha = store.write_commit(Commit("", tree, parents, author, sign_as_github(world), _word(pull, how)))
    pull.repository.verified.add(sha)
    return sha


def _word(pull: Pull, how: Merging) -> str:
    if how.method == "squash":
        title, body = f"{pull.title} (#{pull.number})", pull.body or ""
    else:
        title, body = f"Merge pull request #{pull.number} from {pull.source.owner.login}/{pull.branch}", pull.title
    title, body = how.title or title, body if how.message is None else how.message
    return f"{title}\n\n{body}" if body else title


def _rebase(world: World, pull: Pull, base: str) -> str:
    """Write each commit of a pull request anew: merged from a commit that has the base's files and its parent."""
    store, tip = pull.repository.store, base
    for sha in reversed(store.log(pull.head, start(pull))):
        one, top = store.commit(sha), store.commit(tip)
        assert one is not None
        assert top is not None
        stand_in = store.write_commit(Commit("", top.tree, one.parents[:1], top.author, top.committer, "base"))
        tree = store.merge(stand_in, sha)
        if tree is None:
            raise Refusal(405, "This branch can't be rebased")
        tip = store.write_commit(Commit("", tree, (tip,), one.author, sign_as_github(world), one.message))
    return tip


def advance(world: World, actor: Actor, pull: Pull, ends: tuple[str, str]) -> None:
    """Move the base branch to the commit that a pull request became, and tell of both; *ends* are old and new.

    Raises:
        Refusal: 409, the base branch has moved meanwhile.
    """
    repository, ref = pull.repository, f"refs/heads/{pull.target}"
    try:
        repository.store.move((ref, ends[1], ends[0]))
    except GitError as error:
        raise Refusal(409, "Base branch was modified. Review and try the merge again.") from error
    land(world, actor.account, pull, ends[1])
    pull.base = ends[0]
    follow(world, actor, repository, Move(ref, ends[1], ends[0]))
    tell_pull(world, actor, pull, "closed")
    if repository.settings.delete_branch and not pull.fork:
        drop_branch(world, actor, pull)


def drop_branch(world: World, actor: Actor, pull: Pull) -> None:
    """Delete the branch of a merged pull request, if it still stands at its head."""
    if pull.source.store.tip(pull.branch) == pull.head:
        ref = f"refs/heads/{pull.branch}"
        pull.source.store.move((ref, None, pull.head))
        follow(world, actor, pull.source, Move(ref, None, pull.head))


def enable_auto_merge(world: World, actor: Actor, pull: Pull, how: Merging) -> None:
    """Have a pull request merged once it can be.

    Raises:
        Refusal: 422, it is not allowed here, nothing is in the way now, or its head is another one.
    """
    state = stand(pull)
    if not pull.repository.settings.auto_merge:
        raise Refusal(422, "Pull request Auto merge is not allowed for this repository")
    if how.head is not None and how.head != pull.head:
        raise Refusal(422, "Head branch was modified. Review and try the merge again.")
    if pull.state == "closed":
        raise Refusal(422, "Can't enable auto-merge for this pull request")
    if state in {"clean", "unstable"}:
        raise Refusal(422, f"Pull request Pull request is in {state} status")
    words = (how.title or "", how.message or "")
    pull.auto_merge = AutoMerge(actor, how.method, *words, world.now())
    tell_pull(world, actor, pull, "auto_merge_enabled")


def disable_auto_merge(world: World, actor: Actor, pull: Pull) -> None:
    """Have a pull request wait for a person again."""
    if pull.auto_merge is None:
        raise Refusal(422, "Can't disable auto-merge for this pull request")
    pull.auto_merge = None
    tell_pull(world, actor, pull, "auto_merge_disabled", {"reason": "Auto-merge was disabled"})
