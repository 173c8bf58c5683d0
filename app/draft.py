"""A first smoke for a contract, from its own `test:` text and the literals in backticks."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.selection import Chosen

_LITERAL = re.compile(r"`([^`\n]{2,200})`")
_QUOTED = re.compile(r"\"([^\"\n]{2,200})\"")
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
_SHELL = re.compile(r"[|<>&;]")
_NEGATIVE = re.compile(r"\b(NOT|NEITHER|NOR|never|no|without|zero|0)\b", re.IGNORECASE)


def propose(chosen: Sequence[Chosen]) -> str:
    """Return YAML for `.github/discharge.yml`: legs and predictions to be read and corrected by a person.

    The command line is the first line of the `test:` text up to a pipe; `<placeholders>` become
    needs. A literal in backticks becomes `never` where its sentence denies it, else `contains`.
    """
    contract = chosen[0].contract
    legs: dict[str, list[str]] = {}
    blocks = [_block(choice, legs) for choice in chosen]
    lines = [
        "# A proposal: read every line, correct it, and land it before the commit that it shall judge.",
        "smokes:",
        f"  {_name(contract.name)}:",
        f"    contract: {contract.path}",
        "    legs:",
        *(f"      {name}: {_flow(argv)}" for name, argv in legs.items()),
        "    predictions:",
        *(line for block in blocks for line in block),
    ]
    return "\n".join(lines) + "\n"


def _block(choice: Chosen, legs: dict[str, list[str]]) -> list[str]:
    falsifier = choice.falsifier
    argv = _argv(falsifier.test) or ["{binary}"]
    leg = next((name for name, known in legs.items() if known == argv), None) or _leg(argv, legs)
    legs[leg] = argv
    rows = [f"        - {row}" for row in _predictions(leg, f"{falsifier.prediction}\n{falsifier.test}", argv)]
    if not rows:
        note = "        # nothing in backticks or quotes to look for: say here what must be seen"
        return [f"      {falsifier.id}:", note, f"        - {{leg: {leg}, exit: 0}}"]
    return [f"      {falsifier.id}:", *rows]


def _argv(test: str) -> list[str]:
    """Return the command line that a `test:` text begins with, placeholders in braces; empty if it is prose."""
    line = " ".join(test.strip().replace("\\\n", " ").split("\n\n")[0].split())
    command = _SHELL.split(re.sub(r"<([\w.-]+)>", r"{\1}", line))[0].replace("2 ", "").strip()
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    prose = not words or not re.fullmatch(r"[\w./{}-]+", words[0]) or not any(w.startswith("-") for w in words)
    return [] if prose else _until_prose(words)


def _until_prose(words: list[str]) -> list[str]:
    """Cut a command line where a sentence begins: at the first word in capitals after an option's value."""
    stop = next((n for n, w in enumerate(words) if n and re.fullmatch(r"(AND|SHOULD|MUST|Result)", w)), len(words))
    return words[:stop]


def _leg(argv: list[str], legs: dict[str, list[str]]) -> str:
    flag = next((w.removeprefix("--") for w in argv if w in ("--no-gpu", "--cpu")), "default")
    return flag if flag not in legs else f"{flag}-{len(legs) + 1}"


def _predictions(leg: str, text: str, argv: list[str]) -> list[str]:
    rows: dict[str, None] = {}
    for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n", text):
        literals = [*_LITERAL.findall(sentence), *_QUOTED.findall(sentence)]
        kind = "never" if _NEGATIVE.search(sentence) else "contains"
        for literal in literals:
            command = literal.split()[0] == argv[0] or bool(_FLAG.fullmatch(literal))
            if not command:
                rows[f"{{leg: {leg}, {kind}: {json.dumps([literal], ensure_ascii=False)}}}"] = None
    return list(rows)


def _flow(argv: list[str]) -> str:
    return json.dumps(argv, ensure_ascii=False)


def _name(contract: str) -> str:
    return re.sub(r"-v\d+$", "", contract)
