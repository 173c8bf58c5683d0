"""A recorded delivery: its event and payload, from the forms in which GitHub shows them and people keep them. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contracts.error import Unreadable
from evidence.quote import show

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 25 << 20
"""GitHub sends no longer payload, in bytes."""
_SHOWN = 60
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,60}):[ \t]*(.*)")
_EVENT, _DELIVERY = "x-github-event", "x-github-delivery"
_TOLD_BY = (
    ("comment", "issue_comment"),
    ("merge_group", "merge_group"),
    ("check_run", "check_run"),
    ("check_suite", "check_suite"),
    ("pull_request", "pull_request"),
    ("after", "push"),
)
"""Key of a payload → the event that has it, the more telling one first."""
_NAME = re.compile(r"[a-z_]{1,60}")
_SOURCES = "Give GitHub's payload, or the headers and the payload as “Recent deliveries” shows them"


@dataclass(frozen=True, slots=True)
class Recording:
    """One delivery. *delivery* is GitHub's id, empty where the recording has none."""

    event: str
    delivery: str
    payload: Mapping[str, Any]

    @property
    def repository(self) -> str:
        """`owner/name`, empty where the payload names none."""
        return str(self.get("repository", "full_name") or "")

    def get(self, *path: str) -> Any:
        """Return what stands at a path of the payload, None where there is nothing."""
        found: Any = self.payload
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found


def read(data: bytes) -> Recording:
    """Read a recorded delivery.

    The forms: a payload alone; `{"event": …, "payload": …}`; one delivery as GitHub's API returns it, with
    `request.headers` and `request.payload`; lines of headers followed by the payload.

    Raises:
        Unreadable: it is none of these, or does not say which event it is.
    """
    if len(data) > LONGEST:
        raise Unreadable(f"it has {len(data):,} bytes, and GitHub delivers {LONGEST:,} at most")
    try:
        text = data.decode()
    except ValueError:
        raise Unreadable("it is no text", mend=_SOURCES) from None
    headers, rest = _split(text)
    values = _load(rest)
    request = values.get("request")
    if isinstance(request, dict) and isinstance(request.get("payload"), dict):
        headers |= _lower(request.get("headers"))
        event, delivery, payload = values.get("event"), values.get("guid"), request["payload"]
    elif isinstance(values.get("payload"), dict):
        event, delivery, payload = values.get("event"), values.get("delivery"), values["payload"]
    else:
        event, delivery, payload = None, None, values
    named = headers.get(_EVENT) or event or _guess(payload)
    return Recording(_check(named), str(headers.get(_DELIVERY) or delivery or "")[:_SHOWN], payload)


def _split(text: str) -> tuple[dict[str, str], str]:
    """Return the headers that stand before the payload, and the payload."""
    head, brace, rest = text.partition("{")
    lines = [line.strip() for line in head.splitlines() if line.strip()]
    found = [match.groups() for line in lines if (match := _HEADER.fullmatch(line))]
    return {name.lower(): value for name, value in found}, f"{brace}{rest}" if brace else text


def _load(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("it is no JSON", mend=_SOURCES) from None
    if not isinstance(values, dict):
        raise Unreadable("it is JSON, and no object", mend=_SOURCES)
    return values


def _lower(headers: object) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()} if isinstance(headers, dict) else {}


def _guess(payload: Mapping[str, Any]) -> str:
    """Return the event that a payload without a name must be, by what stands in it."""
    return next((event for key, event in _TOLD_BY if key in payload), "")


def _check(named: object) -> str:
    if not named:
        raise Unreadable("it does not say which event it is", mend=_SOURCES)
    if not isinstance(named, str) or not _NAME.fullmatch(named):
        raise Unreadable(f"“{show(str(named)[:_SHOWN])}” is no event of GitHub's", mend=_SOURCES)
    return named
