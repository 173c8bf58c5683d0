"""What an operator allows: for which repositories machines are started, and what legs may do there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.web.value import LONGEST, Mistake, read_choice, read_name
from evidence.quote import show

if TYPE_CHECKING:
    from collections.abc import Callable

_REPOSITORY = re.compile(r"[a-z0-9][a-z0-9-]{0,99}/(\*|[a-z0-9._-]{1,100})")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")


def _repositories(value: str) -> tuple[str, ...]:
    """Return the repositories of a list with commas, in small letters, each once; none from nothing.

    Raises:
        Mistake: one is neither `owner/name` nor `owner/*`.
    """
    found = dict.fromkeys(one.strip().lower() for one in value.split(",") if one.strip())
    for one in found:
        if not _REPOSITORY.fullmatch(one):
            shown = show(one[:LONGEST])
            raise Mistake(f"names “{shown}”, which is no repository; write owner/name or owner/*, with commas between")
    if value.strip() and not found:
        raise Mistake("names no repository; leave it out, and all are served where the App is installed")
    return tuple(found)


PLAIN: dict[str, tuple[Callable[[str], object], str]] = {
    "REPOSITORIES": (_repositories, ""),
    "NETWORK": (read_choice("none", "host", "auto"), "auto"),
    "LEG_USER": (read_name(_USER, "no name of a user of the machines"), ""),
}
"""Name → what reads its value, and its default."""
