"""A stranger's words on their way into Markdown: shown as they are, doing nothing.

Code in backticks stays code. Everything else is text: it makes no table column, no emphasis, no
comment, no hidden link, and calls nobody.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from spec.sentence import pieces

if TYPE_CHECKING:
    from collections.abc import Collection

NOTHING = "\u200b"
"""A zero-width space: GitHub sees neither a name behind `@` nor a number behind `#` across it."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs"})
_JOINERS = "\u200c\u200d"  # inside emoji and in scripts that join their letters
_PIPE = re.compile(r"(?<!\\)\\+\|")
_CALLS = r"(?<![A-Za-z0-9])@(?=\w)|(?<![\w-])GH-(?=\d)|\#(?=(?P<number>\d{1,12}))"
_CALL = re.compile(_CALLS, re.IGNORECASE)
_ACTIVE = re.compile(
    r"(?P<url>https?://[A-Za-z0-9._~:/?#@!$&'()+,;=%-]{1,2000}(?<![.,;:!?)']))"
    rf"|(?P<call>{_CALLS})"
    r"|(?P<comment><(?=!))"
    r"|<(?=[A-Za-z/?])|&(?=\#?\w)"
    r"|[\\`\[$]"
    r"|\*(?!(?<=\s\*)\s)|_(?!(?<=[^\W_]_)[^\W_])|~(?!(?:(?<=\s~)|(?<=^~))\d)",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """Return *text* on one line, without characters that are not seen: controls, bidi marks, tags.

    A pipe that its author escaped for a table is a pipe again.
    """
    shown = "".join(" " if c.isspace() else c for c in text if c.isspace() or c in _JOINERS or _seen(c))
    return _PIPE.sub("|", " ".join(shown.split()))


def _seen(character: str) -> bool:
    return unicodedata.category(character) not in _HIDDEN


def inline(text: str, known: Collection[int] = ()) -> str:
    """Return *text* as Markdown within a line.

    *known* are the pull requests that the page is about anyway: their `#N` may stay a link.
    """
    return "".join(_code(piece) if code else _text(piece, known) for code, piece in pieces(clean(text)))


def cell(text: str, known: Collection[int] = ()) -> str:
    """Return *text* as Markdown within a cell of a table: it never makes or ends a column."""
    return inline(text, known).replace("|", r"\|")


def still(text: str, known: Collection[int] = ()) -> str:
    """Return *text* on one line for where GitHub reads no Markdown but calls and refers all the same: a title.

    A squash makes the title a commit message, and `fixes #7` in one closes somebody's issue.
    """
    return _CALL.sub(lambda found: _hush(found[0], found["number"], known), clean(text))


def _hush(mark: str, number: str | None, known: Collection[int]) -> str:
    return mark if number and int(number) in known else mark + NOTHING


def _code(piece: str) -> str:
    """Keep code, but for the opening of a comment: our own marks are found by their text."""
    return piece.replace("<!--", f"<{NOTHING}!--")


def _text(piece: str, known: Collection[int]) -> str:
    return _ACTIVE.sub(lambda found: _still(found, known), piece)


def _still(found: re.Match[str], known: Collection[int]) -> str:
    mark = found[0]
    if found["url"]:
        return f"<{mark}>"
    if found["call"]:
        return _hush(mark, found["number"], known)
    return "<\\" if found["comment"] else "\\" + mark
