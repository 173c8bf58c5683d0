"""Refs and branches."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from app.sandbox.act.branch import Move, move
from app.sandbox.body.commit import show_commit, show_ref, show_tag
from app.sandbox.commit import read_tag
from app.sandbox.model import Refusal
from app.sandbox.table import Reply, page, rule

if TYPE_CHECKING:
    from app.sandbox.model import Json
    from app.sandbox.table import Call

_PATH = "/repos/{owner}/{repo}/git"


def _stands(call: Call) -> tuple[str, str]:
    ref = f"refs/{call.params['ref']}"
    sha = call.repository.store.refs.get(ref)
    if sha is None:
        raise Refusal(404, "Not Found")
    return ref, sha


@rule("GET", _PATH + "/ref/{ref:path}", "contents=read")
def _get_ref(call: Call) -> Reply:
    return Reply(show_ref(call.world, call.repository, *_stands(call)))


@rule("GET", _PATH + "/matching-refs/{ref:path}", "contents=read")
def _match_refs(call: Call) -> Reply:
    start = f"refs/{call.params['ref']}"
    found = sorted((ref, sha) for ref, sha in call.repository.store.refs.items() if ref.startswith(start))
    return page(call, found, lambda each: show_ref(call.world, call.repository, *each))


@rule("GET", _PATH + "/tags/{sha}", "contents=read")
def _get_tag(call: Call) -> Reply:
    found = call.repository.store.read(call.params["sha"])
    if found is None or found[1] != "tag":
        raise Refusal(404, "Not Found")
    return Reply(show_tag(call.world, call.repository, read_tag(found[0], found[2])))


@rule("POST", _PATH + "/refs", "contents=write")
def _create_ref(call: Call) -> Reply:
    ref, sha = call.text("ref"), call.text("sha")
    if not ref.startswith("refs/") or ref.count("/") < 2:  # noqa: PLR2004 - refs/kind/name
        raise Refusal(422, "Reference name must start with 'refs/' and contain at least two slashes.")
    if ref in call.repository.store.refs:
        raise Refusal(422, "Reference already exists")
    if call.repository.settings.guard_tags and ref.startswith("refs/tags/") and call.bearer.actor.app:
        raise Refusal(422, "Repository rule violations found\n\nCannot create ref due to creations being restricted.")
    _need_object(call, sha)
    _move(call, Move(ref, sha, None))
    return Reply(show_ref(call.world, call.repository, ref, sha), 201)


def _need_object(call: Call, sha: str) -> None:
    if call.repository.store.read(sha) is None:
        raise Refusal(422, "Object does not exist")


def _move(call: Call, moved: Move) -> None:
    try:
        move(call.world, call.bearer.actor, call.repository, moved)
    except Refusal as refusal:
        raise Refusal(422, "Reference update failed") from refusal


@rule("PATCH", _PATH + "/refs/{ref:path}", "contents=write")
def _update_ref(call: Call) -> Reply:
    ref = f"refs/{call.params['ref']}"
    sha, old = call.text("sha"), call.repository.store.refs.get(ref)
    if old is None:
        raise Refusal(422, "Reference does not exist")
    _need_object(call, sha)
    if not call.wish().get("force") and not call.repository.store.reaches(sha, old):
        raise Refusal(422, "Update is not a fast forward")
    _move(call, Move(ref, sha, old))
    return Reply(show_ref(call.world, call.repository, ref, sha))


@rule("DELETE", _PATH + "/refs/{ref:path}", "contents=write")
def _delete_ref(call: Call) -> Reply:
    ref = f"refs/{call.params['ref']}"
    old = call.repository.store.refs.get(ref)
    if old is None:
        raise Refusal(422, "Reference does not exist")
    if ref == f"refs/heads/{call.repository.branch}":
        raise Refusal(422, "Cannot delete the default branch")
    _move(call, Move(ref, None, old))
    return Reply(status=204)


def _show_branch(call: Call, name: str) -> Json:
    sha = call.repository.store.tip(name)
    if sha is None:
        raise Refusal(404, "Branch not found")
    url = f"{call.world.api}/repos/{call.repository.full_name}"
    guarded = name == call.repository.branch and bool(call.repository.settings.required)
    checks = [{"context": each.name, "app_id": each.app} for each in call.repository.settings.required]
    names, level = [each["context"] for each in checks], "non_admins" if guarded else "off"
    required = {"enforcement_level": level, "contexts": names if guarded else [], "checks": checks if guarded else []}
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{url}/commits/{sha}"},
        "protected": guarded,
        "protection": {"enabled": guarded, "required_status_checks": required},
        "protection_url": f"{url}/branches/{quote(name)}/protection",
    }


@rule("GET", "/repos/{owner}/{repo}/branches", "contents=read")
def _list_branches(call: Call) -> Reply:
    names = sorted(ref[11:] for ref in call.repository.store.refs if ref.startswith("refs/heads/"))
    return page(call, names, lambda name: _show_branch(call, name))


@rule("GET", "/repos/{owner}/{repo}/branches/{branch:path}", "contents=read")
def _get_branch(call: Call) -> Reply:
    name = call.params["branch"]
    shown = _show_branch(call, name)
    shown["commit"] = show_commit(
        call.world, call.repository, call.world.commit(call.repository, shown["commit"]["sha"])
    )
    page_url = f"{call.world.url}/{call.repository.full_name}/tree/{quote(name)}"
    url = f"{call.world.api}/repos/{call.repository.full_name}/branches/{quote(name)}"
    return Reply({**shown, "_links": {"self": url, "html": page_url}})
