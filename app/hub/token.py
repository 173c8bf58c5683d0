"""How the app shows GitHub who it is: its signed word, and short-lived tokens for one repository each."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github.Auth import AppAuth, Auth

from app.hub.wire import Busy, Wire
from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.hub.wire import Terms

Scope = Literal["write", "read", "list", "actions", "runners", "organization", "watch", "watch organization"]
"""What a token is for: to act in a repository, to read it with git, to list an installation's repositories.

Of GitHub Actions: to dispatch workflows, to register runners of a repository or an organization, or only to see them.
"""
_PERMISSIONS: Mapping[Scope, Mapping[str, str]] = {
    "write": {"metadata": "read", "contents": "write", "pull_requests": "write", "issues": "write", "checks": "write"},
    "read": {"metadata": "read", "contents": "read"},
    "list": {"metadata": "read"},
    "actions": {"metadata": "read", "actions": "write"},
    "runners": {"metadata": "read", "administration": "write"},
    "organization": {"metadata": "read", "organization_self_hosted_runners": "write"},
    "watch": {"metadata": "read", "administration": "read"},
    "watch organization": {"metadata": "read", "organization_self_hosted_runners": "read"},
}
_HOUR = 3600.0
_MARGIN = 300.0
"""A token is replaced so many seconds before its end, so that a long transfer ends before it."""


class Credential(Protocol):
    """Where tokens of one kind come from."""

    def read(self) -> str:
        """Return a token that is good now."""
        ...

    def drop(self, token: str) -> None:
        """Forget a token that GitHub does not take."""
        ...


class Bearer(Auth):
    """What PyGithub sends in front of a request: the token of a credential, read anew for every request."""

    def __init__(self, credential: Credential) -> None:
        """Show the tokens of *credential*."""
        self._credential, self._shown = credential, ""

    @property
    def token_type(self) -> str:
        """The first word of the header."""
        return "token"

    @property
    def token(self) -> str:
        """The second word."""
        self._shown = self._credential.read()
        return self._shown

    def renew(self) -> bool:
        """Drop the token that was shown last; the next request gets a new one."""
        self._credential.drop(self._shown)
        return True


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    until: float


@dataclass(frozen=True, slots=True)
class Grant:
    """The tokens of one installation for one repository and purpose."""

    tokens: Tokens
    installation: int
    repository: str
    scope: Scope

    def read(self) -> str:
        """Return a token that is good for minutes yet; minted if there is none.

        Raises:
            Refused: the installation is gone, the repository is not in it, or the app may not what it must.
            Busy: not now.
        """
        return self.tokens.read(self)

    def drop(self, token: str) -> None:
        """Forget *token*, if it is still the one in use."""
        self.tokens.drop(self, token)


class Tokens:
    """All tokens of the app, each used by every thread until it ends; what two need at once is minted once."""

    def __init__(
        self, app: int, key: str | RSAPrivateKey, terms: Terms, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Be the app with the number *app*, which signs with *key*, an RSA key or its text (PEM).

        Raises:
            Unreadable: the text is no such key.
        """
        loaded = _load(key) if isinstance(key, str) else key  # once: that takes 41 ms, signing a third of one
        self.app = app
        self.auth = AppAuth(app, sign_func=lambda claims: jwt.encode(claims, key=loaded, algorithm="RS256"))
        self._terms, self._clock = terms, clock
        self._lock = threading.Lock()
        self._locks: dict[Grant, threading.Lock] = {}
        self._kept: dict[Grant, _Token] = {}

    def grant(self, installation: int, repository: str, scope: Scope) -> Grant:
        """Return where the tokens for `owner/name` come from; no name for the scope `list`."""
        return Grant(self, installation, repository, scope)

    def read(self, grant: Grant) -> str:
        """Return a token of *grant*.

        Raises:
            Refused, Busy: see `Grant.read`.
        """
        with self._lock:
            lock = self._locks.setdefault(grant, threading.Lock())
        with lock:
            token = self._kept.get(grant)
            if token is None or token.until <= self._clock():
                token = self._kept[grant] = self._mint(grant)
            return token.value

    def drop(self, grant: Grant, token: str) -> None:
        """Forget *token* if it is still the one of *grant*."""
        kept = self._kept.get(grant)
        if kept and kept.value == token:
            self._kept.pop(grant, None)

    def _mint(self, grant: Grant) -> _Token:
        wish: dict[str, object] = {"permissions": _PERMISSIONS[grant.scope]}
        if grant.repository:
            wish["repositories"] = [grant.repository.rpartition("/")[2]]
        wire = Wire(self._terms, self.auth)
        try:
            route = "/app/installations/{installation}/access_tokens"
            answer = wire.ask("POST", route, wish, installation=grant.installation)
        finally:
            wire.close()
        try:
            return _Token(str(answer["token"]), self._clock() + _life(answer["expires_at"]) - _MARGIN)
        except (LookupError, TypeError, ValueError) as error:
            raise Busy(f"a token that cannot be read ({type(error).__name__})") from None


def _life(expires: str) -> float:
    """Return for how many seconds a token that was just minted is good; an hour, unless GitHub plausibly says less."""
    left = datetime.fromisoformat(expires).timestamp() - time.time()
    return left if 0 < left < _HOUR else _HOUR


def _load(pem: str) -> RSAPrivateKey:
    try:
        loaded = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # what the library says may quote the key
        raise Unreadable("the App's private key cannot be read", mend="Give the PEM text that GitHub made") from None
    if not isinstance(loaded, RSAPrivateKey):
        raise Unreadable("the App's private key is no RSA key", mend="Give the PEM text that GitHub made")
    return loaded
