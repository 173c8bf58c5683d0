"""Mutations of branches: commits on them, refs made, moved and deleted."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from app.sandbox.act.branch import Move, commit, move
from app.sandbox.commit import Edit
from app.sandbox.git import NONE
from app.sandbox.graph.content import HEADS, Ref, find, find_commit
from app.sandbox.graph.node import find_node, find_repository
from app.sandbox.model import Refusal, Repository

if TYPE_CHECKING:
    from app.sandbox.graph.field import Args, Scope


def create_commit(scope: Scope, wish: Args) -> dict[str, Any]:
    """`createCommitOnBranch`: a commit on a branch that stands where it is expected to; GitHub signs it."""
    repository, name, tip = _find_branch(scope, wish["branch"])
    scope.need("contents", "write", repository)
    if tip != wish["expectedHeadOid"]:
        # Two blanks, as GitHub writes it.
        said = f'Expected branch to point to "{wish["expectedHeadOid"]}" but it did not.  Pull and try again.'
        raise Refusal(200, said, kind="STALE_DATA")
    message, body = wish["message"]["headline"], wish["message"].get("body")
    edits = _read_edits(repository, tip, wish.get("fileChanges") or {})
    draft = (f"{message}\n\n{body}" if body else message, edits)
    sha = commit(scope.world, scope.token.actor, repository, tip, draft)
    repository.verified.add(sha)
    move(scope.world, scope.token.actor, repository, Move(name, sha, tip))
    return {"commit": find_commit(repository, sha), "ref": Ref(repository, name, sha)}


def _find_branch(scope: Scope, wanted: Args) -> tuple[Repository, str, str]:
    """Return repository, full name and tip of a `CommittableBranch`."""
    if wanted.get("id"):
        ref = find_node(scope, wanted["id"], Ref)
        return ref.repository, ref.name, ref.sha
    repository = find_repository(scope, wanted.get("repositoryNameWithOwner") or "")
    name = wanted.get("branchName") or ""
    tip = repository.store.tip(name.removeprefix(HEADS))
    if tip is None:
        raise Refusal(200, f"Could not resolve to a Ref with the name '{name}'.", kind="NOT_FOUND")
    return repository, f"{HEADS}{name.removeprefix(HEADS)}", tip


def _read_edits(repository: Repository, tip: str, wanted: Args) -> list[Edit]:
    gone = [each["path"] for each in wanted.get("deletions") or ()]
    if any(repository.store.find(tip, path) is None for path in gone):
        raise Refusal(200, f"A path was requested for deletion which does not exist as of commit oid `{tip}`")
    added = [Edit(_check(each["path"]), _decode(each["contents"])) for each in wanted.get("additions") or ()]
    return [*(Edit(path) for path in gone), *added]


def _check(path: str) -> str:
    """Return a path that git can keep.

    Raises:
        Refusal: it leads out of the tree or into git's own folder.
    """
    if {"", ".", "..", ".git"} & set(path.lower().split("/")):
        raise Refusal(200, f"The path '{path}' contains a malformed path component.")
    return path


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Refusal(200, "The contents of a file addition are not valid Base64.") from error


def create_ref(scope: Scope, wish: Args) -> dict[str, Any]:
    """`createRef`: a ref that is not there yet."""
    repository = find_node(scope, wish["repositoryId"], Repository)
    scope.need("contents", "write", repository)
    name, oid = wish["name"], wish["oid"]
    if name in repository.store.refs:
        raise Refusal(200, f'A ref named "{name}" already exists in the repository.')
    if find(repository, oid) is None:
        raise Refusal(200, f"Could not resolve to an object with the oid '{oid}'.", kind="NOT_FOUND")
    if not name.startswith(("refs/heads/", "refs/tags/")):
        raise Refusal(200, "Ref cannot be created.")
    try:
        move(scope.world, scope.token.actor, repository, Move(name, oid, None))
    except Refusal as refusal:
        raise Refusal(200, "Ref cannot be created.") from refusal
    return {"ref": Ref(repository, name, oid)}


def delete_ref(scope: Scope, wish: Args) -> dict[str, Any]:
    """`deleteRef`: a ref goes, and the pull requests from it are closed."""
    ref = find_node(scope, wish["refId"], Ref)
    scope.need("contents", "write", ref.repository)
    move(scope.world, scope.token.actor, ref.repository, Move(ref.name, None, ref.sha))
    return {}


def update_refs(scope: Scope, wish: Args) -> dict[str, Any]:
    """`updateRefs`: several refs move, all or none; forty zeros stand for a ref that is not there."""
    repository = find_node(scope, wish["repositoryId"], Repository)
    scope.need("contents", "write", repository)
    moves = [_read_update(repository, each) for each in wish["refUpdates"]]
    move(scope.world, scope.token.actor, repository, *moves)
    return {}


def _read_update(repository: Repository, wanted: Args) -> Move:
    """Return one `RefUpdate` as a move from where the ref stands.

    Raises:
        Refusal: it does not stand where it must, the new commit is not there, or may not follow unforced.
    """
    name, before, after = wanted["name"], wanted.get("beforeOid"), wanted["afterOid"]
    now = repository.store.refs.get(name)
    if before is not None and before != (now or NONE):
        raise Refusal(200, f"{name} is at {now or NONE} but expected {before}", kind="STALE_DATA")
    if after == NONE:
        return Move(name, None, now)
    if find(repository, after) is None:
        raise Refusal(200, f"Could not resolve to an object with the oid '{after}'.", kind="NOT_FOUND")
    if now and not wanted["force"] and not repository.store.reaches(after, now):
        raise Refusal(200, f"Update of {name} is not a fast forward")
    return Move(name, after, now)
