"""How a cluster says no, as a sentence: which refusals are about the request, and which only about now. Pure."""

from __future__ import annotations

import json

from evidence.quote import code
from runners.engine.model import Away
from runners.engine.phase import text

TAKEN, EXPIRED, MISSING = 409, 410, 404
"""The name is taken (or the object is another by now); the page is too old to go on from; there is none."""
_WRONG = frozenset({400, 413, 422})
_AGAIN = 429
_SERVER = 500
_QUOTA = "exceeded quota"


class Refused(Away):
    """The cluster answered, and refused; *status* is HTTP's. What was asked is not known, and nothing was done."""

    def __init__(self, status: int, what: str, *, quota: bool = False) -> None:
        """Keep the status, and whether a quota is why."""
        super().__init__(what)
        self.status, self.quota = status, quota

    @property
    def own(self) -> bool:
        """Whether this is about one object alone: the next may be served."""
        return self.wrong or self.status == TAKEN

    @property
    def wrong(self) -> bool:
        """Whether the request itself is at fault, so that asking again cannot help."""
        return self.status in _WRONG


def read(status: int, reason: str, body: object) -> Away:
    """Return what an answer that is no success comes to.

    Args:
        status: HTTP's, 0 if there was no answer.
        reason: HTTP's, or what went wrong on the way.
        body: mostly a `Status` of the cluster as JSON.

    Returns:
        `Refused` if the cluster decided, else that it is away: overloaded, broken, or not to be reached.
    """
    said = _message(body) or reason or "nothing"
    if not status or status == _AGAIN or status >= _SERVER:
        what = f"the cluster does not serve now ({status or 'no answer'}): {code(said)}"
        return Away(what, mend="It is asked again")
    return Refused(status, f"the cluster refuses ({status}): {code(said)}", quota=status == 403 and _QUOTA in said)  # noqa: PLR2004 - Forbidden


def _message(body: object) -> str:
    """Return the message of a Status."""
    if isinstance(body, bytes):
        body = body.decode(errors="replace")
    try:
        return text(json.loads(body), "message") if isinstance(body, str) else ""
    except ValueError:
        return ""
