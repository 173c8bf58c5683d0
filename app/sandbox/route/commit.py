"""Git's objects: blobs, trees, commits; the log, and comparisons."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from app.sandbox.act.branch import sign_as, sign_as_github
from app.sandbox.body.commit import (
    show_blob,
    show_change,
    show_commit,
    show_git_commit,
    show_tree,
    show_whole_commit,
)
from app.sandbox.commit import Commit, Edit, Signature
from app.sandbox.model import Refusal
from app.sandbox.program import GitError
from app.sandbox.table import Reply, page, rule, turn

if TYPE_CHECKING:
    from app.sandbox.model import Json
    from app.sandbox.table import Call

_PATH = "/repos/{owner}/{repo}"
_SIZE = 250


@rule("POST", _PATH + "/git/blobs", "contents=write")
def _create_blob(call: Call) -> Reply:
    text, coding = call.text("content"), call.wish().get("encoding", "utf-8")
    try:
        data = base64.b64decode(text) if coding == "base64" else text.encode()
    except binascii.Error as error:
        raise Refusal(422, "input is not valid base64") from error
    sha = call.repository.store.write_blob(data)
    url = show_blob(call.world, call.repository, sha, b"")["url"]
    return Reply({"sha": sha, "url": url}, 201)


@rule("GET", _PATH + "/git/blobs/{sha}", "contents=read")
def _get_blob(call: Call) -> Reply:
    found = call.repository.store.read(call.params["sha"])
    if found is None or found[1] != "blob":
        raise Refusal(404, "Not Found")
    return Reply(show_blob(call.world, call.repository, found[0], found[2]))


@rule("GET", _PATH + "/git/trees/{sha:path}", "contents=read")
def _get_tree(call: Call) -> Reply:
    store, name = call.repository.store, call.params["sha"]
    found = store.read(f"{store.tip(name) or name}^{{tree}}")
    if found is None:
        raise Refusal(404, "Not Found")
    whole = call.ask.values.get("recursive", "") not in {"", "0", "false"}
    entries = store.walk(found[0]) if whole else list(store.tree(found[0]) or ())
    return Reply(show_tree(call.world, call.repository, found[0], entries))


@rule("POST", _PATH + "/git/trees", "contents=write")
def _create_tree(call: Call) -> Reply:
    wish, store = call.wish(), call.repository.store
    base = store.read(f"{wish['base_tree']}^{{tree}}") if wish.get("base_tree") else None
    if wish.get("base_tree") and base is None:
        raise Refusal(404, "Not Found")
    nobody = Signature("GitHub", "noreply@github.com", call.world.seconds())
    try:
        edits = [_read_edit(entry) for entry in wish["tree"]]
        made = store.write(Commit("", base[0] if base else "", (), nobody, nobody, "tree"), edits)
    except (GitError, KeyError, TypeError) as error:
        raise Refusal(422, f"tree.sha {error} is not a valid tree") from error
    tree = call.world.commit(call.repository, made).tree
    return Reply(show_tree(call.world, call.repository, tree, list(store.tree(tree) or ())), 201)


def _read_edit(entry: Json) -> Edit:
    content = entry.get("content")
    data = content.encode() if content is not None else None
    return Edit(entry["path"], data, entry.get("sha"), entry.get("mode", "100644"))


def _read_signature(said: Any, otherwise: Signature) -> Signature:
    if not isinstance(said, dict):
        return otherwise
    return Signature(str(said.get("name", "")), str(said.get("email", "")), otherwise.when)


@rule("POST", _PATH + "/git/commits", "contents=write")
def _create_commit(call: Call) -> Reply:
    wish, store, actor = call.wish(), call.repository.store, call.bearer.actor
    parents = tuple(wish.get("parents", []))
    if store.read(f"{call.text('tree')}^{{tree}}") is None or any(store.commit(each) is None for each in parents):
        raise Refusal(422, "Tree SHA or a parent does not exist")
    own = "author" not in wish and "committer" not in wish and actor.app is not None
    author = _read_signature(wish.get("author"), sign_as(call.world, actor.account))
    committer = _read_signature(wish.get("committer"), sign_as_github(call.world) if own else author)
    sha = store.write_commit(Commit("", wish["tree"], parents, author, committer, call.text("message")))
    if own:
        call.repository.verified.add(sha)
    return Reply(show_git_commit(call.world, call.repository, call.world.commit(call.repository, sha)), 201)


@rule("GET", _PATH + "/git/commits/{sha}", "contents=read")
def _get_git_commit(call: Call) -> Reply:
    found = call.repository.store.commit(call.params["sha"])
    if found is None:
        raise Refusal(404, "Not Found")
    return Reply(show_git_commit(call.world, call.repository, found))


@rule("GET", _PATH + "/commits", "contents=read")
def _list_commits(call: Call) -> Reply:
    start = call.world.commit(call.repository, call.ask.values.get("sha") or call.repository.branch)
    log = call.repository.store.log(start.sha, limit=1_000)
    return page(
        call, log, lambda sha: show_commit(call.world, call.repository, call.world.commit(call.repository, sha))
    )


@rule("GET", _PATH + "/commits/{sha}/pulls", "pull_requests=read", "contents=read")
def _list_commit_pulls(call: Call) -> Reply:
    from app.sandbox.body.pull import show_pull  # noqa: PLC0415

    sha, store = call.params["sha"], call.repository.store
    found = [p for p in call.repository.pulls if p.landed == sha or store.reaches(p.head, sha)]
    return page(call, found, lambda pull: show_pull(call.world, pull))


@rule("GET", _PATH + "/commits/{sha:path}", "contents=read")
def _get_commit(call: Call) -> Reply:
    return Reply(show_whole_commit(call.world, call.repository, call.world.commit(call.repository, call.params["sha"])))


@rule("GET", _PATH + "/compare/{ends:path}", "contents=read")
def _compare(call: Call) -> Reply:
    world, repository, store = call.world, call.repository, call.repository.store
    first, dots, second = call.params["ends"].partition("...")
    if not dots:
        raise Refusal(404, "Not Found")
    base, head = (_find(call, name.rpartition(":")[2]) for name in (first, second))
    common = store.base(base.sha, head.sha)
    if common is None:
        raise Refusal(404, f"No common ancestor between {first} and {second}.")
    ahead, behind = store.log(head.sha, common), store.log(base.sha, common)
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    changes = store.changes(common, head.sha)
    page_url = f"{world.url}/{repository.full_name}/compare/{first}...{second}"
    return Reply(
        {
            "url": turn(call, {}),
            "html_url": page_url,
            "permalink_url": f"{world.url}/{repository.full_name}/compare/{base.sha[:7]}...{head.sha[:7]}",
            "diff_url": f"{page_url}.diff",
            "patch_url": f"{page_url}.patch",
            "base_commit": show_commit(world, repository, base),
            "merge_base_commit": show_commit(world, repository, world.commit(repository, common)),
            "status": status,
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [show_commit(world, repository, world.commit(repository, sha)) for sha in reversed(ahead)],
            "files": [show_change(world, repository, each, (common, head.sha)) for each in changes[:300]],
        }
    )


def _find(call: Call, name: str) -> Commit:
    try:
        return call.world.commit(call.repository, name)
    except Refusal as refusal:
        raise Refusal(404, "Not Found") from refusal
