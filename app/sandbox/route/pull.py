"""Pull requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.act.merge import Merging, merge
from app.sandbox.act.pull import PullDraft, edit_pull, open_pull, update_branch
from app.sandbox.act.text import invalid
from app.sandbox.body.commit import show_change, show_commit
from app.sandbox.body.pull import show_pull, show_whole_pull
from app.sandbox.model import Refusal
from app.sandbox.standing import start
from app.sandbox.table import Reply, page, rule

if TYPE_CHECKING:
    from app.sandbox.model import Pull, Repository
    from app.sandbox.table import Call

_PATH = "/repos/{owner}/{repo}/pulls"
_ONE = _PATH + "/{number:int}"


def _pull(call: Call) -> Pull:
    return call.world.pull(call.repository, call.params["number"])


@rule("GET", _PATH, "pull_requests=read")
def _list_pulls(call: Call) -> Reply:
    values, found = call.ask.values, call.repository.pulls
    state, head, base = values.get("state", "open"), values.get("head", ""), values.get("base", "")
    if state != "all":
        found = [pull for pull in found if pull.state == state]
    if ":" in head:
        found = [pull for pull in found if f"{pull.source.owner.login}:{pull.branch}" == head]
    if base:
        found = [pull for pull in found if pull.target == base]
    keys = {"updated": lambda p: (p.updated, p.number), "created": lambda p: p.number}
    down = values.get("direction", "desc" if values.get("sort", "created") == "created" else "asc") == "desc"
    found = sorted(found, key=keys.get(values.get("sort", "created"), keys["created"]), reverse=down)
    return page(call, found, lambda pull: show_pull(call.world, pull))


@rule("POST", _PATH, "pull_requests=write")
def _open_pull(call: Call) -> Reply:
    wish = call.wish()
    for field in ("head", "base"):
        if not isinstance(wish.get(field), str):
            raise Refusal(422, f'Invalid request.\n\n"{field}" wasn\'t supplied.')
    if not isinstance(wish.get("title"), str):
        raise invalid("PullRequest", "title", "missing_field")
    owner, _, branch = wish["head"].rpartition(":")
    draft = PullDraft(
        wish["title"], wish.get("body"), branch, wish["base"], bool(wish.get("draft")), _find_source(call, owner)
    )
    made = open_pull(call.world, call.bearer.actor, call.repository, draft)
    return Reply(show_whole_pull(call.world, made), 201)


def _find_source(call: Call, owner: str) -> Repository:
    if not owner or owner == call.repository.owner.login:
        return call.repository
    for each in call.world.repositories.values():
        if each.parent is call.repository and each.owner.login == owner:
            return each
    raise invalid("PullRequest", "head")


@rule("GET", _ONE, "pull_requests=read")
def _get_pull(call: Call) -> Reply:
    return Reply(show_whole_pull(call.world, _pull(call)))


@rule("PATCH", _ONE, "pull_requests=write")
def _edit_pull(call: Call) -> Reply:
    pull = _pull(call)
    edit_pull(call.world, call.bearer.actor, pull, call.wish())
    return Reply(show_whole_pull(call.world, pull))


@rule("GET", _ONE + "/merge", "pull_requests=read")
def _is_merged(call: Call) -> Reply:
    return Reply(status=204 if _pull(call).merged else 404)


@rule("PUT", _ONE + "/merge", "contents=write")
def _merge(call: Call) -> Reply:
    wish = call.wish()
    method = wish.get("merge_method", "merge")
    if method not in {"merge", "squash", "rebase"}:
        raise Refusal(422, f"Invalid request.\n\n{method} is not a possible value.")
    how = Merging(method, wish.get("commit_title"), wish.get("commit_message"), wish.get("sha"))
    sha = merge(call.world, call.bearer.actor, _pull(call), how)
    return Reply({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@rule("GET", _ONE + "/files", "pull_requests=read")
def _list_files(call: Call) -> Reply:
    pull = _pull(call)
    ends = (start(pull), pull.head)
    changes = call.repository.store.changes(*ends)
    return page(call, changes, lambda each: show_change(call.world, call.repository, each, ends))


@rule("GET", _ONE + "/commits", "pull_requests=read")
def _list_commits(call: Call) -> Reply:
    pull, world = _pull(call), call.world
    log = list(reversed(call.repository.store.log(pull.head, start(pull))))
    return page(call, log, lambda sha: show_commit(world, call.repository, world.commit(call.repository, sha)))


@rule("PUT", _ONE + "/update-branch", "pull_requests=write", "contents=write")
def _update_branch(call: Call) -> Reply:
    pull = _pull(call)
    update_branch(call.world, call.bearer.actor, pull, call.wish().get("expected_head_sha"))
    url = f"{call.world.api}/repos/{call.repository.full_name}/pulls/{pull.number}"
    return Reply({"message": "Updating pull request branch.", "url": url}, 202)
