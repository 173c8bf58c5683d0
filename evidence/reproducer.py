"""The command line of a leg as text that pastes back into a shell as the same arguments."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORD = re.compile(r"case|coproc|do|done|elif|else|esac|fi|for|function|if|in|select|then|time|until|while")


def reproduce(argv: Sequence[str], env: Sequence[tuple[str, str | None]] = ()) -> str:
    """Return *argv* as one command for a POSIX shell, under `env` where variables are set or removed.

    Args:
        argv: the program and its arguments, at least the program.
        env: variables to set, in order; None removes one.
    """
    program, *arguments = argv
    words = [shlex.quote(word) for word in arguments]
    if not env:
        return " ".join([_program(program), *words])
    removed = [word for name, value in env if value is None for word in ("-u", shlex.quote(name))]
    given = [_assignment(name, value) for name, value in env if value is not None]
    start = ["sh", "-c", '\'exec "$0" "$@"\''] if "=" in program else []
    return " ".join(["env", *removed, *given, *start, shlex.quote(program), *words])


def _program(word: str) -> str:
    """Quote the first word so that no shell takes it for an assignment or a keyword of its own."""
    quoted = shlex.quote(word)
    return f"'{word}'" if _KEYWORD.fullmatch(word) or ("=" in word and quoted == word) else quoted


def _assignment(name: str, value: str) -> str:
    return f"{name}={shlex.quote(value)}" if _NAME.fullmatch(name) else shlex.quote(f"{name}={value}")
