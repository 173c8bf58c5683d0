"""The trailers by which the App finds its own work in git: which run, which asker. Pure."""

from __future__ import annotations

import re

RUN = "Discharge-Run"
"""Names the run that a commit carries out: the natural key of a discharge."""
CO_AUTHOR = "Co-Authored-By"
BASE, TEXT = "Amendment-Base", "Amendment-Text"
"""What the next refresh of an amendment must know: the words under people's edits, and the digest of the whole text."""
SEALED, OURS = "Amendment-Seal", "Spec-Seal"
"""What proves that we wrote a commit of an amendment's branch; and that we proposed a section of a spec's version."""
_PERSON = re.compile(r"(?P<name>[^<>@#`\x00-\x1f\x7f-\x9f]{1,200}) <(?P<address>[^<>\s@]{1,100}@[^<>\s@]{1,200})>")
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?(?:\[bot\])?")


def thank(login: str) -> tuple[tuple[str, str], ...]:
    """Return the trailer that names who asked; nothing for what is no login."""
    if not _LOGIN.fullmatch(login):
        return ()
    return ((CO_AUTHOR, f"{login} <{login}@users.noreply.github.com>"),)


def name(people: str) -> str:
    """Return `Name <address>` for a trailer, as git knows somebody; empty where that is no name with an address."""
    found = _PERSON.fullmatch(people)
    known = " ".join(found["name"].split()) if found else ""
    return f"{known} <{found['address']}>" if found and known else ""


def read_people(message: str) -> tuple[str, ...]:
    """Return those whom a commit message names as its further authors, however the trailer is spelt."""
    lines = (line.partition(": ") for line in read_last(message))
    return tuple(who for key, _, value in lines if key.lower() == CO_AUTHOR.lower() and (who := name(value)))


def drop(message: str, *keys: str) -> str:
    """Return a message without the lines of some trailers."""
    last = read_last(message)
    kept = [line for line in last if not line.startswith(tuple(f"{key}: " for key in keys))]
    if len(kept) == len(last):
        return message
    return "\n\n".join((message.strip("\n").rpartition("\n\n")[0], "\n".join(kept))) + "\n"


def read_last(message: str) -> tuple[str, ...]:
    """Return the lines of the last paragraph of a commit message, where git keeps trailers."""
    return tuple(message.strip("\n").rpartition("\n\n")[2].split("\n"))


def read_trailers(message: str, key: str) -> tuple[str, ...]:
    """Return the values of a trailer in the last paragraph of a commit message."""
    return tuple(line.partition(": ")[2] for line in read_last(message) if line.startswith(f"{key}: "))
