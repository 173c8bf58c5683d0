"""What a person is told who asks for help; the same table stands in the README and in the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.comment.grammar import COMMANDS, FORMS
from evidence.quote import cell, code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.comment.grammar import Form

_WHERE = """\
A command stands at the start of a line of an ordinary paragraph; one a line, several in a comment.
Lines in lists, quotes, tables, headings, code, links and HTML are not read, nor are edited comments and those of bots.
Behind a list or a quote, leave a line empty before the command.

An id may lack its `FALSIFY-`, in any case: `CPU-GPU-004`, `cpu-gpu-00[12]`, `CONTRACT/CPU-GPU-004`.
Every command may also be written behind `/discharge`, where another bot listens to the same word: `/discharge status`.
"""
_OPTIONS = {
    "sha": "the commit to test, 7 to 40 digits of its hash: the head of this pull request, or a merged commit;"
    " a pull request from a fork needs it",
    "repeat": "how many times the smoke runs; all repeats must agree",
    "title": "the title of the section, in quotes",
    "dry-run": "shows everything that would be written, and writes nothing",
}


def help_text(topic: str, roles: Mapping[str, str]) -> str:
    """Return the help as Markdown; no line of it begins with a command.

    Args:
        topic: a command's name, or empty for all of them.
        roles: the role that each power needs, from the configuration's `commands`.
    """
    form = FORMS.get(topic)
    return _one(form, roles) if form else f"{render_table(roles)}\n{_WHERE}"


def render_table(roles: Mapping[str, str]) -> str:
    """Return the table of all commands, as it stands in the README."""
    rows = [
        f"| {cell(code(form.form))} | {form.sentence} | {_role(form, roles)} | {cell(code(form.example))} |"
        for form in COMMANDS
    ]
    return "\n".join(["| command | what it does | least role | for instance |", "|---|---|---|---|", *rows]) + "\n"


def _one(form: Form, roles: Mapping[str, str]) -> str:
    lines = [
        f"{code(form.form)} {form.sentence}.",
        "",
        f"Least role: {_role(form, roles)}. For instance: {code(form.example)}",
    ]
    options = [f"- {code(name)}: {_OPTIONS[name]}" for name in (*form.options, *form.flags)]
    return "\n".join([*lines, *(["", *options] if options else [])]) + "\n"


def _role(form: Form, roles: Mapping[str, str]) -> str:
    return roles[form.power] if form.power else "any"
