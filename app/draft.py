"""A first smoke for a contract, from its own `test:` text and the literals in backticks."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.selection import Chosen

_LITERAL = re.compile(r"`([^`\n]{2,200})`|\"([^\"\n]{2,200})\"")
_REDIRECTION = re.compile(r"\d?>&\d|\d?>>?\s*\S+")
_SHELL = re.compile(r"[|<>&;]")
_PLACEHOLDER = re.compile(r"<[\w. -]+>")
_CLAUSE = r"\s+(?:and|but)\b[^\0]{0,80}\b(?:is|are|equals?|prints?|contains?|says?|shows?|answers?)\b"
"""What begins a clause of its own behind a denied literal: “and its output is”. The denial does not reach it."""
_DENIED = re.compile(
    rf"\b(?:must not|shall not|never|neither|nor|without|no)\b(?:[^.;:,]|(?<=\0),(?!{_CLAUSE})){{0,80}}$", re.IGNORECASE
)
_PROSE = re.compile(r"(AND|SHOULD|MUST|Result)")
_OPEN = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/.-]*")


def propose(chosen: Sequence[Chosen]) -> str:
    """Return YAML for `.github/discharge.yml`: legs and predictions to be read and corrected by a person.

    The command line is the beginning of the `test:` text up to a pipe or a sentence; its program
    becomes `{binary}` and its `<placeholders>` become needs. A literal in backticks or quotes becomes
    `never` where the words right before it deny it, else `contains`.
    """
    contracts = sorted({choice.contract.path for choice in chosen})
    if len(contracts) != 1:
        raise Complaint(f"these falsifiers belong to {len(contracts)} contracts", mend="Draft one contract at a time")
    contract = chosen[0].contract
    legs: dict[str, list[str]] = {}
    blocks = [_block(choice, legs) for choice in chosen]
    places = {name for argv in legs.values() for word in argv for name in _OPEN.findall(word)}
    needs = sorted(places - {"binary", "out"})
    lines = [
        "# A proposal, made of words: read every line, correct it, and land it before the commit that it shall judge.",
        "smokes:",
        f"  {_key(re.sub(r'-v[0-9]+$', '', contract.name))}:",
        f"    contract: {_key(contract.path)}",
        "    subject: {binary: PATH/OF/THE/PROGRAM}",
        *(["    needs:"] if needs else []),
        *(f"      {need}: {{path: PATH/OF/IT}}" for need in needs),
        "    legs:",
        *(f"      {name}: [{', '.join(map(_text, argv))}]" for name, argv in legs.items()),
        "    predictions:",
        *(line for block in blocks for line in block),
    ]
    return "\n".join(lines) + "\n"


def _block(choice: Chosen, legs: dict[str, list[str]]) -> list[str]:
    falsifier = choice.falsifier
    argv, program = _argv(falsifier.test)
    argv = argv or next(iter(legs.values()), ["{binary}"])
    leg = next((name for name, known in legs.items() if known == argv), None) or _name(argv, legs)
    legs[leg] = argv
    rows = _predictions(leg, f"{falsifier.prediction}\n\n{falsifier.test}", program)
    note = [] if rows else ["        # nothing in backticks or quotes to look for: say here what must be seen"]
    listed = rows or [f"{{leg: {leg}, exit: 0}}"]
    return [f"      {_key(falsifier.id.text)}:", *note, *(f"        - {row}" for row in listed)]


def _argv(test: str) -> tuple[list[str], str]:
    """Return the command line that a `test:` text begins with, and its program; empty where it begins with prose."""
    line = " ".join(test.strip().replace("\\\n", " ").split("\n\n")[0].split())
    literal = line.replace("{", "{{").replace("}", "}}")
    command = _SHELL.split(_REDIRECTION.sub("", _PLACEHOLDER.sub(_need, literal)))[0]
    try:
        words = shlex.split(command)
    except ValueError:
        return [], ""
    if not words or not re.fullmatch(r"[\w./-]+", words[0]) or not any(w.startswith("-") for w in words):
        return [], ""
    stop = next((n for n, word in enumerate(words) if n and _PROSE.fullmatch(word)), len(words))
    return ["{binary}", *words[1:stop]], words[0]


def _need(found: re.Match[str]) -> str:
    return "{" + re.sub(r"\W+", "_", found[0].strip("<>")) + "}"


def _name(argv: list[str], legs: dict[str, list[str]]) -> str:
    flag = next((word.removeprefix("--") for word in argv if word in ("--no-gpu", "--cpu")), "default")
    return flag if flag not in legs else f"{flag}-{len(legs) + 1}"


def _predictions(leg: str, text: str, program: str) -> list[str]:
    """Return one prediction a literal; command lines, options and texts with placeholders are none."""
    rows: dict[str, None] = {}
    for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n", text):
        for found in _LITERAL.finditer(sentence):
            literal = found[1] or found[2]
            if literal.startswith("-") or literal.split()[:1] in ([], [program]) or _PLACEHOLDER.search(literal):
                continue
            before = _LITERAL.sub("\0", sentence[: found.start()])
            kind = "never" if _DENIED.search(before) else "contains"
            rows[f"{{leg: {leg}, {kind}: [{_text(literal)}]}}"] = None
    return list(rows)


def _text(text: str) -> str:
    """Return a text in double quotes, as YAML reads it back; what cannot be printed is escaped."""
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in json.dumps(text, ensure_ascii=False))


def _key(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _text(text)
