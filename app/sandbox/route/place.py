"""Repositories, people and organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.body.account import show_account, show_user, show_whole_organization
from app.sandbox.body.repository import show_permissions, show_repository, show_whole_repository
from app.sandbox.model import Refusal
from app.sandbox.table import Reply, page, rule
from app.sandbox.token import count_for

if TYPE_CHECKING:
    from app.sandbox.model import Account, Json
    from app.sandbox.table import Call

_OLD = {"triage": "read", "maintain": "write"}
"""Roles that the older field `permission` does not know."""


@rule("GET", "/installation/repositories", "any")
def _list_covered(call: Call) -> Reply:
    if call.bearer.actor.installation is None:
        raise Refusal(403, "You must authenticate with an installation access token in order to list repositories.")
    seen = [each for each in call.world.repositories.values() if call.bearer.sees(each)]
    reply = page(call, seen, lambda each: show_repository(call.world, each), "repositories")
    chosen = call.bearer.repositories or call.bearer.actor.installation.repositories
    return Reply({**reply.body, "repository_selection": "selected" if chosen else "all"}, headers=reply.headers)


@rule("GET", "/repos/{owner}/{repo}", "metadata=read")
def _get_repository(call: Call) -> Reply:
    actor = call.bearer.actor
    role = "read" if actor.app else call.world.role(call.repository, actor.account)
    return Reply(show_whole_repository(call.world, call.repository, role))


@rule("GET", "/repos/{owner}/{repo}/collaborators/{login}/permission", "metadata=read")
def _get_role(call: Call) -> Reply:
    account = _find_account(call)
    role = call.world.role(call.repository, account)
    user = {**show_account(call.world, account), "permissions": show_permissions(role), "role_name": role}
    return Reply({"permission": _OLD.get(role, role), "role_name": role, "user": user})


def _find_account(call: Call) -> Account:
    found = call.world.accounts.get(str(call.params["login"]).lower())
    if found is None:
        raise Refusal(404, f"{call.params['login']} is not a user", kind="NOT_FOUND")
    return found


@rule("GET", "/users/{login}", "open")
def _get_user(call: Call) -> Reply:
    return Reply(show_user(call.world, _find_account(call)))


@rule("GET", "/orgs/{login}", "open")
def _get_organization(call: Call) -> Reply:
    account = _find_account(call)
    if account.kind != "Organization":
        raise Refusal(404, "Not Found")
    return Reply(show_whole_organization(call.world, account))


@rule("GET", "/rate_limit", "open")
def _get_limits(call: Call) -> Reply:
    whose = count_for(call.token, call.app)
    shown: Json = {}
    for name, key in (("core", "core"), ("graphql", "graphql"), ("search", "search")):
        used, limit = call.world.spent.get((whose, key), 0), 5_000
        reset = call.world.reset()
        shown[name] = {"limit": limit, "used": used, "remaining": max(0, limit - used), "reset": reset}
    return Reply({"resources": shown, "rate": shown["core"]})
