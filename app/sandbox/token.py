"""Who asks: an app by its JWT, an installation or a person by a token; and the minting of tokens."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jwt

from app.sandbox.model import Actor, Refusal, Repository, Token

if TYPE_CHECKING:
    from app.sandbox.model import App, Installation, Json
    from app.sandbox.world import World

_LIFE = 3600
_APP_LIFE = 600
_SLACK = 60
_BEARER = re.compile(r"(?:bearer|token)\s+(?P<value>\S+)", re.IGNORECASE)
_BASIC = re.compile(r"basic\s+(?P<value>[A-Za-z0-9+/=]+)", re.IGNORECASE)
_BAD = "Bad credentials"


def read_bearer(header: str) -> str | None:
    """Return the token in an `Authorization` header: a bearer's, or the password of `x-access-token`."""
    bearer, basic = _BEARER.fullmatch(header), _BASIC.fullmatch(header)
    if bearer:
        return bearer["value"]
    if basic:
        try:
            return base64.b64decode(basic["value"]).decode().partition(":")[2] or None
        except ValueError:
            return None
    return None


def find_token(world: World, value: str) -> Token:
    """Return what a token stands for.

    Raises:
        Refusal: 401, it is unknown or has expired; 403, its installation is suspended.
    """
    token = world.tokens.get(value)
    if token is None or token.expires <= time.time():
        raise Refusal(401, _BAD, kind="UNAUTHORIZED")
    if token.actor.installation and token.actor.installation.suspended:
        raise Refusal(403, "This installation has been suspended", kind="FORBIDDEN")
    return token


def find_app(world: World, value: str) -> App:
    """Return the app that signed a JWT; its times are those of the real clock, as for any client.

    Raises:
        Refusal: 401, it cannot be decoded, its times are out of bounds; 404, there is no such app.
    """
    try:
        claims = jwt.decode(value, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise Refusal(401, "A JSON web token could not be decoded") from error
    app = next((each for each in world.apps.values() if str(claims.get("iss")) in {str(each.id), each.client_id}), None)
    if app is None:
        said = "Integration not found" if "iss" in claims else "Missing 'issuer' claim ('iss') in assertion"
        raise Refusal(404 if "iss" in claims else 401, said)
    try:
        jwt.decode(value, app.key, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})
    except jwt.PyJWTError as error:
        raise Refusal(401, "A JSON web token could not be decoded") from error
    _check_times(claims)
    return app


def _check_times(claims: dict[str, Any]) -> None:
    now, issued, expires = time.time(), claims.get("iat"), claims.get("exp")
    if not isinstance(expires, int | float) or expires <= now:
        said = "must be a numeric value representing the future time at which the assertion expires"
        raise Refusal(401, f"'Expiration time' claim ('exp') {said}")
    if expires > now + _APP_LIFE + _SLACK:
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    if not isinstance(issued, int | float) or issued > now + _SLACK:
        raise Refusal(
            401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
        )


def mint(world: World, installation: Installation, wish: Json) -> tuple[Token, list[Repository] | None]:
    """Make an installation token with what *wish* asks for, and say for which repositories (None: all covered).

    Raises:
        Refusal: 422, more is asked for than was granted; 403, the installation is suspended.
    """
    if installation.suspended:
        raise Refusal(403, "This installation has been suspended")
    permissions, chosen = _choose_permissions(installation, wish), _choose_repositories(world, installation, wish)
    ids = None if chosen is None else frozenset(each.id for each in chosen)
    token = Token(_new_value(world, "ghs_"), Actor(installation.app.bot, installation), permissions, ids, _expiry())
    world.tokens[token.value] = token
    return token, chosen


def _expiry() -> float:
    return float(int(time.time()) + _LIFE)


def _new_value(world: World, prefix: str) -> str:
    return prefix + hashlib.sha256(f"sandbox token {world.number('token')}".encode()).hexdigest()[:36]


def _choose_permissions(installation: Installation, wish: Json) -> dict[str, str]:
    asked = wish.get("permissions")
    if not asked:
        return dict(installation.permissions)
    for name, level in asked.items():
        if level not in {"read", "write"}:
            raise Refusal(
                422, f"Invalid request.\n\n{level} is not a possible value. Must be one of the following: read, write."
            )
        if installation.permissions.get(name) not in {level, "write"}:
            raise Refusal(422, "The permissions requested are not granted to this installation.")
    return {**asked, "metadata": "read"}


def _choose_repositories(world: World, installation: Installation, wish: Json) -> list[Repository] | None:
    covered = [each for each in world.repositories.values() if installation.covers(each)]
    if "repositories" not in wish and "repository_ids" not in wish:
        return None if installation.repositories is None else covered
    names, ids = wish.get("repositories") or [], wish.get("repository_ids") or []
    chosen = [each for each in covered if each.name in names or each.id in ids]
    if len(chosen) != len(set(names)) + len(set(ids)):
        raise Refusal(
            422, "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
    return chosen


def show_expiry(token: Token) -> str:
    """Return when a token dies, as GitHub shows it."""
    return datetime.fromtimestamp(token.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sign_in(world: World, login: str) -> Token:
    """Make a token of a person; what it may do is what the person may do."""
    token = Token(_new_value(world, "ghp_"), world.person(login), None, None, time.time() + 30 * 24 * _LIFE)
    world.tokens[token.value] = token
    return token


def count_for(token: Token | None, app: App | None) -> str:
    """Return against whose limits a request counts: an installation's, a person's, an app's, or nobody's."""
    if token is not None:
        return str((token.actor.installation or token.actor.account).id)
    return f"app {app.id}" if app else ""
