"""Files of a commit: reading, writing, deleting."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from app.sandbox.act.branch import Move, commit, move
from app.sandbox.body.commit import show_content, show_git_commit
from app.sandbox.commit import Edit, TreeEntry
from app.sandbox.model import Refusal, Unserved
from app.sandbox.table import Reply, rule

if TYPE_CHECKING:
    from app.sandbox.table import Call

_PATH = "/repos/{owner}/{repo}/contents/{path:path}"


def _entry(call: Call, at: str, path: str) -> TreeEntry | None:
    if not path:
        return TreeEntry("040000", "tree", call.world.commit(call.repository, at).tree, "")
    return call.repository.store.find(call.world.commit(call.repository, at).sha, path)


@rule("GET", _PATH, "contents=read")
def _get_content(call: Call) -> Reply:
    world, repository = call.world, call.repository
    ref = call.ask.values.get("ref") or repository.branch
    try:
        entry = _entry(call, ref, call.params["path"].strip("/"))
    except Refusal as refusal:
        raise Refusal(404, f"No commit found for the ref {ref}") from refusal
    if entry is None:
        raise Refusal(404, "Not Found")
    if entry.kind == "tree":
        inner = repository.store.tree(entry.sha) or ()
        paths = [TreeEntry(e.mode, e.kind, e.sha, f"{entry.path}/{e.path}".lstrip("/")) for e in inner]
        return Reply([show_content(world, repository, each, ref, None) for each in paths])
    found = repository.store.read(entry.sha)
    data = found[2] if found else b""
    if "raw" in call.ask.headers.get("accept", ""):
        raise Unserved("contents as raw bytes")
    return Reply(show_content(world, repository, entry, ref, data))


@rule("PUT", _PATH, "contents=write")
def _put_content(call: Call) -> Reply:
    try:
        data = base64.b64decode(call.text("content"), validate=False)
    except binascii.Error as error:
        raise Refusal(422, "content is not valid Base64") from error
    return _change(call, Edit(call.params["path"], data))


@rule("DELETE", _PATH, "contents=write")
def _delete_content(call: Call) -> Reply:
    return _change(call, Edit(call.params["path"]))


def _change(call: Call, edit: Edit) -> Reply:
    """Commit one changed file; `sha` must be that of the file that stands there."""
    wish, repository = call.wish(), call.repository
    branch = str(wish.get("branch") or repository.branch).removeprefix("refs/heads/")
    tip = repository.store.tip(branch)
    if tip is None:
        raise Refusal(404, f"Branch {branch} not found")
    stands = repository.store.find(tip, edit.path)
    if stands is None and edit.data is None:
        raise Refusal(404, "Not Found")
    if stands is not None and wish.get("sha") is None:
        raise Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if stands is not None and wish["sha"] != stands.sha:
        raise Refusal(409, f"{edit.path} does not match {wish['sha']}")
    sha = commit(call.world, call.bearer.actor, repository, tip, (call.text("message"), [edit]))
    move(call.world, call.bearer.actor, repository, Move(f"refs/heads/{branch}", sha, tip))
    made = show_git_commit(call.world, repository, call.world.commit(repository, sha))
    entry = repository.store.find(sha, edit.path)
    shown = show_content(call.world, repository, entry, branch, None) if entry else None
    return Reply({"content": shown, "commit": made}, 200 if stands else 201)
