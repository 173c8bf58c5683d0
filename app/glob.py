"""Path patterns of the configuration: `*`, `?`, `[…]` inside a folder, `**` for zero or more folders."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from evidence.pattern import compile as compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evidence.pattern import Pattern

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]|[^*?\[]+|\[")


def select(paths: Iterable[str], globs: Iterable[str]) -> tuple[str, ...]:
    """Return the paths that at least one of *globs* matches, in their order."""
    patterns = [_compile(glob) for glob in globs]
    return tuple(path for path in paths if any(p.found(path) for p in patterns))


def matches(path: str, globs: Iterable[str]) -> bool:
    """Return whether at least one of *globs* matches *path*."""
    return bool(select((path,), globs))


@lru_cache(maxsize=256)
def _compile(glob: str) -> Pattern:
    body = "".join(_translate(token) for token in _TOKEN.findall(glob))
    return compile_pattern(f"^{body}$", lines=False)


def _translate(token: str) -> str:
    """Return the regular expression (RE2) of one token of a glob."""
    known = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if token in known:
        return known[token]
    if token.startswith("[") and token.endswith("]"):
        inner = token[1:-1].replace("\\", "\\\\")
        return "[^/" + inner[1:] + "]" if inner.startswith("!") else f"[{inner}]"
    return re.escape(token)
