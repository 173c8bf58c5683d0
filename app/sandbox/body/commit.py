"""Commits, trees, blobs, refs and files as GitHub shows them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.sandbox.body.account import show_account
from app.sandbox.model import name_node
from app.sandbox.world import name_commit

if TYPE_CHECKING:
    from app.sandbox.commit import Change, Commit, Signature, Tag, TreeEntry
    from app.sandbox.model import Account, Json, Repository
    from app.sandbox.world import World

_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


def _git(world: World, repository: Repository, kind: str, sha: str) -> str:
    return f"{world.api}/repos/{repository.full_name}/git/{kind}/{sha}"


def _page(world: World, repository: Repository, sha: str) -> str:
    return f"{world.url}/{repository.full_name}/commit/{sha}"


def _show_signature(signature: Signature) -> Json:
    return {"name": signature.name, "email": signature.email, "date": signature.date}


def _show_verification(repository: Repository, commit: Commit) -> Json:
    signed = commit.sha in repository.verified
    shown = {"verified": signed, "reason": "valid" if signed else "unsigned", "signature": None, "payload": None}
    return {**shown, "verified_at": commit.committer.date if signed else None}


def _find_account(world: World, signature: Signature) -> Account | None:
    return next((each for each in world.accounts.values() if each.email == signature.email), None)


def show_git_commit(world: World, repository: Repository, commit: Commit) -> Json:
    """Return a commit as the git database shows it."""
    parents = [
        {"sha": p, "url": _git(world, repository, "commits", p), "html_url": _page(world, repository, p)}
        for p in commit.parents
    ]
    return {
        "sha": commit.sha,
        "node_id": name_commit(repository, commit.sha),
        "url": _git(world, repository, "commits", commit.sha),
        "html_url": _page(world, repository, commit.sha),
        "author": _show_signature(commit.author),
        "committer": _show_signature(commit.committer),
        "tree": {"sha": commit.tree, "url": _git(world, repository, "trees", commit.tree)},
        "message": commit.message,
        "parents": parents,
        "verification": _show_verification(repository, commit),
    }


def show_commit(world: World, repository: Repository, commit: Commit) -> Json:
    """Return a commit as lists and comparisons show it."""
    inner = show_git_commit(world, repository, commit)
    url = f"{world.api}/repos/{repository.full_name}/commits/{commit.sha}"
    people = {"author": commit.author, "committer": commit.committer}
    accounts = {role: _find_account(world, signature) for role, signature in people.items()}
    kept = ("author", "committer", "message", "tree", "verification")
    return {
        "sha": commit.sha,
        "node_id": inner["node_id"],
        "commit": {**{key: inner[key] for key in kept}, "url": inner["url"], "comment_count": 0},
        "url": url,
        "html_url": inner["html_url"],
        "comments_url": f"{url}/comments",
        **{role: show_account(world, account) if account else None for role, account in accounts.items()},
        "parents": inner["parents"],
    }


def show_whole_commit(world: World, repository: Repository, commit: Commit) -> Json:
    """Return a commit with what it changed."""
    before = commit.parents[0] if commit.parents else None
    changes = repository.store.changes(before, commit.sha)
    added, removed = sum(c.added for c in changes), sum(c.removed for c in changes)
    files = [show_change(world, repository, change, (before, commit.sha)) for change in changes]
    stats = {"total": added + removed, "additions": added, "deletions": removed}
    return {**show_commit(world, repository, commit), "stats": stats, "files": files}


def show_simple_commit(commit: Commit) -> Json:
    """Return a commit as check suites and merge groups show it."""
    people = {"author": commit.author, "committer": commit.committer}
    shown = {role: {"name": each.name, "email": each.email} for role, each in people.items()}
    stamp = commit.committer.date
    return {"id": commit.sha, "tree_id": commit.tree, "message": commit.message, "timestamp": stamp, **shown}


def show_pushed_commit(world: World, repository: Repository, commit: Commit) -> Json:
    """Return a commit as `push` shows it, with the names of the files it changed."""
    paths = repository.store.names(commit.parents[0] if commit.parents else None, commit.sha)
    shown = show_simple_commit(commit)
    shown["timestamp"] = commit.committer.local
    for role, signature in (("author", commit.author), ("committer", commit.committer)):
        account = _find_account(world, signature)
        shown[role] |= {"date": signature.local} | ({"username": account.login} if account else {})
    return {**shown, "distinct": True, "url": _page(world, repository, commit.sha), **paths}


def show_change(
    world: World, repository: Repository, change: Change, ends: tuple[str | None, str], *, patch: bool = True
) -> Json:
    """Return a changed file between two commits; the last of *ends* is where it stands changed."""
    path, sha = quote(change.path), ends[1]
    page = f"{world.url}/{repository.full_name}"
    shown = {
        "sha": change.sha if change.status != "D" else None,
        "filename": change.path,
        "status": _STATUS.get(change.status, "changed"),
        "additions": change.added,
        "deletions": change.removed,
        "changes": change.added + change.removed,
        "blob_url": f"{page}/blob/{sha}/{path}",
        "raw_url": f"{page}/raw/{sha}/{path}",
        "contents_url": f"{world.api}/repos/{repository.full_name}/contents/{path}?ref={sha}",
    }
    if change.before is not None:
        shown["previous_filename"] = change.before
    text = repository.store.patch(*ends, change.path) if patch else ""
    return {**shown, "patch": text} if text else shown


def show_ref(world: World, repository: Repository, ref: str, sha: str) -> Json:
    """Return a ref."""
    found = repository.store.read(sha)
    kind = found[1] if found else "commit"
    url = f"{world.api}/repos/{repository.full_name}/git/{quote(ref)}"
    target = {"type": kind, "sha": sha, "url": _git(world, repository, f"{kind}s", sha)}
    return {"ref": ref, "node_id": name_node("REF", repository.id, ref), "url": url, "object": target}


def show_tag(world: World, repository: Repository, tag: Tag) -> Json:
    """Return a tag that is an object of its own."""
    target = {"sha": tag.target, "type": tag.kind, "url": _git(world, repository, f"{tag.kind}s", tag.target)}
    unsigned = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
    return {
        "node_id": name_node("TA", repository.id, tag.sha),
        "tag": tag.name,
        "sha": tag.sha,
        "url": _git(world, repository, "tags", tag.sha),
        "message": tag.message,
        "tagger": _show_signature(tag.tagger),
        "object": target,
        "verification": unsigned,
    }


def show_blob(world: World, repository: Repository, sha: str, data: bytes) -> Json:
    """Return a blob with its content."""
    shown = {"sha": sha, "node_id": name_node("B", repository.id, sha), "size": len(data)}
    url = _git(world, repository, "blobs", sha)
    return {**shown, "url": url, "content": base64.encodebytes(data).decode(), "encoding": "base64"}


def show_tree(world: World, repository: Repository, sha: str, entries: list[TreeEntry]) -> Json:
    """Return a tree."""
    shown = []
    for entry in entries:
        one: Json = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
        if entry.kind == "blob":
            found = repository.store.read(entry.sha)
            one["size"] = len(found[2]) if found else 0
        shown.append({**one, "url": _git(world, repository, f"{entry.kind}s", entry.sha)})
    return {"sha": sha, "url": _git(world, repository, "trees", sha), "tree": shown, "truncated": False}


def show_content(world: World, repository: Repository, entry: TreeEntry, ref: str, data: bytes | None) -> Json:
    """Return a file or folder of a commit; *data* None: as a folder lists it, without content."""
    kind = {"tree": "dir", "blob": "file", "commit": "submodule"}[entry.kind]
    path, at = quote(entry.path), quote(ref, safe="")
    url = f"{world.api}/repos/{repository.full_name}/contents/{path}?ref={at}"
    git = _git(world, repository, f"{entry.kind}s", entry.sha)
    page = f"{world.url}/{repository.full_name}/{'tree' if kind == 'dir' else 'blob'}/{quote(ref)}/{path}"
    found = repository.store.read(entry.sha) if entry.kind == "blob" else None
    shown = {
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "size": len(found[2]) if found else 0,
        "url": url,
        "html_url": page,
        "git_url": git,
        "download_url": page.replace("/blob/", "/raw/", 1) if found else None,
        "type": kind,
        "_links": {"self": url, "git": git, "html": page},
    }
    if data is None:
        return shown
    return {**shown, "content": base64.encodebytes(data).decode(), "encoding": "base64"}
