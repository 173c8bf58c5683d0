"""Accounts and apps, as GraphQL shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.graph.field import BOT

if TYPE_CHECKING:
    from app.sandbox.graph.field import Args, Fields, Scope
    from app.sandbox.model import Account


def _short(account: Account) -> str:
    """Return a login without `[bot]`: GraphQL leaves that out, but for the one who asks."""
    return account.login.removesuffix(BOT)


def _path(account: Account, _scope: Scope, _args: Args) -> str:
    return f"/apps/{_short(account)}" if account.kind == "Bot" else f"/{account.login}"


def _url(account: Account, scope: Scope, args: Args) -> str:
    return scope.world.url + _path(account, scope, args)


def _avatar(account: Account, scope: Scope, args: Args) -> str:
    size = f"s={args['size']}&" if args.get("size") else ""
    return f"{scope.world.url}/avatars/u/{account.id}?{size}v=4"


def _email(account: Account, _scope: Scope, _args: Args) -> str:
    """Return the public address: nobody here shows one."""
    del account
    return ""


ORGANIZATION: Fields = {
    "avatarUrl": _avatar,
    "createdAt": "created",
    "databaseId": "id",
    "id": "node",
    "login": "login",
    "resourcePath": _path,
    "url": _url,
}
USER: Fields = {
    **ORGANIZATION,
    "email": _email,
    "isViewer": lambda account, scope, _args: account is scope.viewer,
    "name": lambda _account, _scope, _args: None,
}
BOT_ACCOUNT: Fields = {**ORGANIZATION, "login": lambda account, _scope, _args: _short(account)}
APP: Fields = {
    "createdAt": "created",
    "databaseId": "id",
    "description": "description",
    "id": "node",
    "name": "slug",
    "slug": "slug",
    "url": "external_url",
}
