"""What GitHub made of a manifest → files that only this user can read."""

from __future__ import annotations

import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from requests.exceptions import RequestException

from app import exchange, key
from app.web.settings import PREFIX
from contracts.error import Complaint
from evidence import signer
from runners.stream import Bound, Endless

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SETTINGS, APP_KEY, SIGNING_KEY = "discharge.env", "app.pem", "signing.pem"
"""The files that are made."""
_TIMEOUT_S = 15.0
_BOUND = Bound(60.0, 1 << 20)
_REFUSED = 400
_LONGEST_SAID = 200
_PAGE = re.compile(r"https?://[A-Za-z0-9.:-]+/[A-Za-z0-9/_-]{1,200}")
_SECRET = re.compile(r"[!-~]{8,200}")


@dataclass(frozen=True, slots=True)
class Registered:
    """An App as GitHub gives it away once: its id, its page, its RSA key as PEM, its webhook secret (maybe none)."""

    id: int
    page: str
    key: str = field(repr=False)
    secret: str = field(repr=False)


def convert(github: str, code: str) -> Registered:
    """Exchange the code that GitHub sent back for the App. A code works once.

    Raises:
        Complaint: GitHub refused, did not answer, or answered something else.
    """
    url = f"{github.rstrip('/')}/app-manifests/{code}/conversions"
    try:
        with (
            exchange.Session(_BOUND) as session,
            session.post(url, stream=True, timeout=_TIMEOUT_S, allow_redirects=False) as made,
        ):
            status, answer = made.status_code, _parse(exchange.read(made, _BOUND.size))
    except RequestException as error:
        raise _fail(f"GitHub did not answer: {type(error).__name__}") from None
    except Endless as endless:
        raise _fail(f"GitHub gave {endless}") from None
    if status >= _REFUSED:
        said = answer.get("message") if isinstance(answer, dict) else None
        raise _fail(f"GitHub refuses ({status}): {str(said or 'no reason given')[:_LONGEST_SAID]}")
    return read(answer)


def _parse(data: bytes) -> object:
    """Return what is in an answer, None if it is no JSON."""
    with suppress(ValueError, RecursionError):
        return json.loads(data)
    return None


def read(answer: object) -> Registered:
    """Return the App that GitHub's answer describes.

    Raises:
        Complaint: the answer has not what it must have.
    """
    values: Mapping[str, object] = answer if isinstance(answer, dict) else {}
    id_, page, pem, secret = (values.get(name) for name in ("id", "html_url", "pem", "webhook_secret"))
    if not (type(id_) is int and id_ > 0 and isinstance(page, str) and _PAGE.fullmatch(page)):
        raise _fail("GitHub's answer describes no App")
    if not isinstance(pem, str) or not _is_rsa(pem):
        raise _fail("GitHub's answer has no private key")
    return Registered(id_, page, pem, secret if isinstance(secret, str) and _SECRET.fullmatch(secret) else "")


def write(folder: Path, github: str, app: Registered) -> str:
    """Write the App's key, a signing key unless there is one, and the settings; return the public signing key.

    Raises:
        Complaint: a file exists, or cannot be written.
    """
    _put(folder / APP_KEY, app.key)
    if not (folder / SIGNING_KEY).exists():
        _put(folder / SIGNING_KEY, key.make())
    values = {
        "APP_ID": app.id,
        "PRIVATE_KEY_FILE": folder / APP_KEY,
        "WEBHOOK_SECRET": app.secret or secrets.token_hex(32),
        "SIGNING_KEY_FILE": folder / SIGNING_KEY,
        "GITHUB_URL": github,
        "DATA": folder,
    }
    _put(folder / SETTINGS, "".join(f"{PREFIX}{name}={value}\n" for name, value in values.items()))
    return signer.publish(signer.read((folder / SIGNING_KEY).read_bytes())).text


def _put(path: Path, text: str) -> None:
    """Write a file that was not there, for this user only, and have it on the disk."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _fail(f"{path} cannot be written: {error.strerror}") from error


def _is_rsa(pem: str) -> bool:
    try:
        return isinstance(load_pem_private_key(pem.encode(), password=None), RSAPrivateKey)
    except (ValueError, TypeError):
        return False


def _fail(what: str) -> Complaint:
    return Complaint(what, mend="Delete the App on GitHub if it is there, and run discharge setup again")
