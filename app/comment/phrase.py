"""What stands behind a command's name: words, `option=value` and flags, cut apart and checked against its form."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import Complaint
from evidence.quote import code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.comment.grammar import Form

SHOWN = 60
"""How many characters of a stranger's word are repeated to him."""
NEAR = 0.83
"""How much alike two words are for one to be taken as a slip of the other (difflib's ratio)."""

_PIECE = re.compile(
    r"(?P<dash>(?:--|[—–])(?=[A-Za-z]))?(?:(?P<key>[A-Za-z][\w-]{0,40}+)=)?"
    r"(?:\"(?P<straight>(?:[^\"\\]|\\.)*+)\"|“(?P<curly>[^“”]*+)”|`(?P<code>[^`]*+)`|(?P<bare>[^\s,\"“”`]++))?"
    r"(?=[\s,]|\Z)"
)
_GAP = re.compile(r"[\s,]*+")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Phrase:
    """The parts of one command line."""

    words: tuple[str, ...]
    options: Mapping[str, str]
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One part as it is written: an option or flag has a *name*; a flag, or what is meant as one, no *value*."""

    name: str | None
    value: str | None


def cut(text: str, form: Form) -> Phrase:
    """Cut what stands behind the name of a command; blanks and commas separate, quotes hold together.

    Raises:
        Complaint: a quote is not closed, an option or flag is unknown, lacks its value or stands
            twice, or there are too few or too many words. Its sentences are Markdown.
    """
    words: list[str] = []
    options: dict[str, str] = {}
    flags: set[str] = set()
    for piece in _pieces(text, form):
        if piece.name is None:
            words.append(piece.value or "")
            _bound(words, form)
            continue
        known = _known(piece.name, form)
        if known in options or known in flags:
            raise Complaint(f"{code(known)} stands there twice", mend=write(form))
        if known in form.flags:
            flags.add(_flag(known, piece, form))
        else:
            options[known] = _value(known, piece, form)
    _demand(words, form)
    return Phrase(tuple(words), options, frozenset(flags))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that *word* is a slip of, or None."""
    found = difflib.get_close_matches(word[:SHOWN], list(known), n=1, cutoff=NEAR)
    return found[0] if found else None


def write(form: Form) -> str:
    """Return how a command is written, as a sentence."""
    return f"Write it like this: {code(form.form)}"


def _pieces(text: str, form: Form) -> Iterator[_Piece]:
    at = _skip(text, 0)
    while at < len(text):
        found = _PIECE.match(text, at)
        if found is None or found.end() == at:
            raise Complaint(f"a quote is not closed, or not set apart, at {code(text[at:], SHOWN)}", mend=write(form))
        yield _piece(found, form)
        at = _skip(text, found.end())


def _skip(text: str, at: int) -> int:
    gap = _GAP.match(text, at)
    return gap.end() if gap else at


def _piece(found: re.Match[str], form: Form) -> _Piece:
    bare = found["bare"]
    straight = found["straight"]
    quoted = next((found[mark] for mark in ("curly", "code") if found[mark] is not None), None)
    value = _ESCAPED.sub(r"\1", straight) if straight is not None else quoted if bare is None else bare
    if found["key"] is not None:
        return _Piece(found["key"], value or "")
    if bare is not None and (found["dash"] or bare.lower() in form.options or nearest(bare.lower(), form.flags)):
        return _Piece(bare, None)
    return _Piece(None, (found["dash"] or "") + (value or ""))


def _known(name: str, form: Form) -> str:
    every = (*form.options, *form.flags)
    if name.lower() in every:
        return name.lower()
    near = nearest(name.lower(), every)
    mend = f"Perhaps you mean {code(near)}" if near else write(form)
    raise Complaint(f"{code(name, SHOWN)} is no option of {code('/' + form.name)}", mend=mend)


def _flag(known: str, piece: _Piece, form: Form) -> str:
    if piece.value is not None:
        raise Complaint(f"{code(known)} takes no value", mend=write(form))
    return known


def _value(known: str, piece: _Piece, form: Form) -> str:
    if not (piece.value and piece.value.strip()):
        raise Complaint(f"{code(known + '=')} lacks its value", mend=write(form))
    return piece.value


def _bound(words: list[str], form: Form) -> None:
    if len(words) > form.words[1]:
        raise Complaint(f"{code(words[-1], SHOWN)} is more than {code('/' + form.name)} takes", mend=write(form))


def _demand(words: list[str], form: Form) -> None:
    if len(words) < form.words[0]:
        what = f"{code('/' + form.name)} names nothing"
        raise Complaint(what, mend=f"{write(form)}, for instance {code(form.example)}")
