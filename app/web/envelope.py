"""A webhook's headers and bytes → what is worth storing, or why not. Nobody is believed before the signature is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.hook.body import Body
from app.hook.payload import verify
from app.hook.shape import REPOSITORY
from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Outcome = Literal["full", "ignored", "large", "late", "malformed", "unsigned"]
_OTHER = "other"
_EVENT = re.compile(r"[a-z_]{1,64}")
_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,64}")
_EVERYWHERE = ("installation", "ping")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands on a delivery: its id, the event's name, and `owner/name`, empty for events about no repository."""

    delivery: str
    event: str
    repository: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a webhook is not stored: the HTTP status, a sentence for the sender, and what to count it as.

    *event* is a name that is known, or `other`, so that senders cannot make up names that are counted.
    """

    status: int
    outcome: Outcome
    sentence: str
    event: str = _OTHER


def read(headers: Iterable[tuple[str, str]], body: bytes, secret: bytes, known: frozenset[str]) -> Envelope | Refusal:
    """Return what a webhook is about, or why it is refused; never raise, whatever the bytes.

    Args:
        headers: names in lower case with their values; one that stands twice counts as malformed.
        body: the raw body, which is what the signature is about.
        secret: the App's webhook secret.
        known: the events that are worth storing. A name of ours, which has a full stop, is no name from outside.
    """
    found = _find_once(headers)
    if not verify(secret, body, found.get("x-hub-signature-256", "")):
        return Refusal(401, "unsigned", "The signature in X-Hub-Signature-256 is missing or not this App's.")
    event, delivery = found.get("x-github-event", ""), found.get("x-github-delivery", "")
    if not (_EVENT.fullmatch(event) and _DELIVERY.fullmatch(delivery)):
        return Refusal(
            400, "malformed", "X-GitHub-Event and X-GitHub-Delivery must each stand once and be well formed."
        )
    if event not in known:
        return Refusal(204, "ignored", "")
    if found.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        sentence = "Set the webhook's content type to application/json in the App's settings; forms are not read."
        return Refusal(415, "malformed", sentence, event)
    try:
        return Envelope(delivery, event, _find_repository(Body.decode(body), event))
    except Unreadable as complaint:
        return Refusal(400, "malformed", f"This is no event “{event}”: {complaint}", event)


def _find_once(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return the headers by name; empty where one stands twice, because two readers could choose differently."""
    found: dict[str, str] = {}
    for name, value in headers:
        found[name] = "" if name in found else value
    return found


def _find_repository(payload: Body, event: str) -> str:
    if event.startswith(_EVERYWHERE) and not payload.maybe("repository"):
        return ""
    return payload.child("repository").match("full_name", REPOSITORY, "owner/name")
