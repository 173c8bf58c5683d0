"""The trailers by which the App finds its own work in git: which run, which asker. Pure."""

from __future__ import annotations

import re

RUN = "Discharge-Run"
"""Names the run that a commit carries out: the natural key of a discharge."""
CO_AUTHOR = "Co-Authored-By"
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?(?:\[bot\])?")


def thank(login: str) -> tuple[tuple[str, str], ...]:
    """Return the trailer that names who asked; nothing for what is no login."""
    if not _LOGIN.fullmatch(login):
        return ()
    return ((CO_AUTHOR, f"{login} <{login}@users.noreply.github.com>"),)


def read_last(message: str) -> tuple[str, ...]:
    """Return the lines of the last paragraph of a commit message, where git keeps trailers."""
    return tuple(message.strip("\n").rpartition("\n\n")[2].split("\n"))


def read_trailers(message: str, key: str) -> tuple[str, ...]:
    """Return the values of a trailer in the last paragraph of a commit message."""
    return tuple(line.partition(": ")[2] for line in read_last(message) if line.startswith(f"{key}: "))
