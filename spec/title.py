"""The names of an amendment: the section's title when nobody gave one, and the branch, which can be read back."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from contracts.group import UNBOUND
from contracts.model import FalsifierId
from spec.escape import clean
from spec.sentence import clip
from spec.why import chain, count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contracts.model import Version
    from spec.model import Amendment, Row

TITLE_LIMIT = 90
SLUG_LIMIT = 40
"""How long a default title and a slug may be, in characters."""

_SCOPES = 3
_BRANCH = re.compile(r"spec/v(?P<major>\d{1,9})-(?P<minor>\d{1,9})-(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)-amendment")


def title(amendment: Amendment) -> str:
    """Return the given title, else one from the facts: what was worked on, and what became of it.

    For instance `distill-train + cpu-gpu: 2 falsifiers PARTIAL_ALGORITHM_LEVEL`. Plain text on one line.
    """
    if amendment.title.strip():
        return clean(amendment.title)
    flips = [row for row in amendment.rows if row.before != row.after]
    scopes = [pr.scope for pr in amendment.landed if pr.scope]
    about = _few(dict.fromkeys(scopes or _stems(flips)))
    became = counts(flips) or _landed(amendment)
    arrived = [f"{ship.model} at its ship target of {ship.target:g}%" for ship in amendment.ships if ship.arrived]
    return clip(clean(" — ".join([*arrived, f"{about}: {became}" if about else became])), TITLE_LIMIT)


def _stems(rows: Iterable[Row]) -> list[str]:
    ids = (FalsifierId(id_) for row in rows for id_ in row.falsifiers)
    return [FalsifierId(id_.stem).short.lower() for id_ in ids if id_.stem]


def _few(names: Iterable[str]) -> str:
    listed = list(names)
    more = [f"{len(listed) - _SCOPES} more"] if len(listed) > _SCOPES else []
    return " + ".join([*listed[:_SCOPES], *more])


def counts(rows: Iterable[Row]) -> str:
    """Return how many falsifiers came to which status: `5 falsifiers DISCHARGED`, or nothing."""
    reached: dict[str, int] = {}
    for row in rows:
        status = row.after or UNBOUND
        reached[status] = reached.get(status, 0) + len(row.falsifiers)
    return ", ".join(f"{count(number, 'falsifier')} {status}" for status, number in reached.items())


def _landed(amendment: Amendment) -> str:
    if len(amendment.landed) == 1:
        return amendment.landed[0].what
    return f"{chain(amendment.landed)} landed" if amendment.landed else "no pull request landed"


def slug(text: str) -> str:
    """Return *text* for a branch name: ASCII, lower case, hyphens, at most `SLUG_LIMIT`, never empty."""
    ascii_ = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_).strip("-")
    if len(words) > SLUG_LIMIT:
        words = words[: SLUG_LIMIT + 1].rpartition("-")[0] or words[:SLUG_LIMIT]
    return words.strip("-") or "record"


def branch(amendment: Amendment, version: Version) -> str:
    """Return the branch of the amendment that brings the spec to *version*: `spec/v2-88-<slug>-amendment`."""
    return f"spec/v{'-'.join(version.digits[:2])}-{slug(title(amendment))}-amendment"


def read_branch(name: str) -> tuple[str, str] | None:
    """Return version (`2.88`, digits as written) and slug of an amendment's branch; None for other branches."""
    found = _BRANCH.fullmatch(name)
    return (f"{found['major']}.{found['minor']}", found["slug"]) if found else None
