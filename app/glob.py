"""Path patterns of the configuration: `*`, `?`, `[…]` inside a folder, `**` for zero or more folders."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from contracts.error import Unreadable
from evidence.pattern import compile as compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evidence.pattern import Pattern

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]|[^*?\[]+|\[")


def select(paths: Iterable[str], globs: Iterable[str]) -> tuple[str, ...]:
    """Return the paths that at least one of *globs* matches, in their order.

    Raises:
        Unreadable: one of *globs* is no path pattern.
    """
    patterns = [_compile(glob) for glob in globs]
    return tuple(path for path in paths if any(p.found(path) for p in patterns))


def matches(path: str, globs: Iterable[str]) -> bool:
    """Return whether at least one of *globs* matches *path*; see `select`."""
    return bool(select((path,), globs))


@lru_cache(maxsize=256)
def _compile(glob: str) -> Pattern:
    body = "".join(_translate(token) for token in _TOKEN.findall(glob))
    try:
        return compile_pattern(f"^{body}$", lines=False)
    except Unreadable:
        mend = "Write it with *, ?, [a-z] and **, for instance contracts/**/*.yaml"
        raise Unreadable(f"“{glob[:80]}” is no path pattern", mend=mend) from None


def _translate(token: str) -> str:
    """Return the regular expression (RE2) of one token of a glob."""
    known = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if token in known:
        return known[token]
    if token.startswith("[") and token.endswith("]"):
        body = token[1:-1]
        negated = body.startswith("!") and body != "!"
        inner = "".join(c if c == "-" else re.escape(c) for c in body[negated:])
        return f"[^/{inner}]" if negated else f"[{inner}]"
    return re.escape(token)
