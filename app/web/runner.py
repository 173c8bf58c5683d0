"""What an operator states of runs on GitHub Actions: the runner's program, its group, and what wakes machines."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from app.web.value import Mistake, read_name, read_number

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = "/opt/actions-runner/run.sh"
_LONGEST = 4096
_MOST = 100
_PROGRAM = re.compile(r"/[^\x00-\x1f\x7f]{1,1000}")


def _argv(value: str) -> tuple[str, ...]:
    """Return an argument list from a JSON array of texts, none from nothing; no shell ever sees it."""
    try:
        words: object = json.loads(value) if value else []
    except (ValueError, RecursionError):
        words = None
    fits = isinstance(words, list) and len(words) <= _MOST and len(value) <= _LONGEST
    if not (isinstance(words, list) and fits and all(isinstance(word, str) and "\0" not in word for word in words)):
        raise Mistake('is no argument list; write a JSON array of texts such as ["ssh", "box", "true"]')
    if value and not (words and words[0]):
        raise Mistake("names no program; leave it out, or write a JSON array that begins with one")
    return tuple(words)


PLAIN: dict[str, tuple[Callable[[str], object], str]] = {
    "RUNNER_PROGRAM": (read_name(_PROGRAM, f"no absolute path of a program; write one such as {PROGRAM}"), PROGRAM),
    "RUNNER_GROUP": (read_number(1, 2**31 - 1, "1"), "1"),
    "WAKE": (_argv, ""),
    "SLEEP": (_argv, ""),
}
"""Name → what reads its value, and its default."""
