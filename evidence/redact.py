"""Secrets out of what programs printed, before anything of it is stored.

It works on whole texts: a secret that is cut in two by a caller cannot be known in either half.
Time is linear in the text; its patterns run in RE2 and always take what they have looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from evidence.model import Absent
from evidence.pattern import compile  # noqa: A004 - the word of both `re` and `re2`

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evidence.model import Seen
    from evidence.pattern import Pattern

_STRONG = (
    r"pass(?:word|wd|phrase)|(?-i:pwd|Pwd)|secret|credentials?|api_?-?key|access_?-?key|secret_?-?key|private_?-?key"
    r"|encryption_?-?key|signing_?-?key|account_?-?key|client_?-?secret|webhook_?-?secret"
    r"|(?:access|auth|api|refresh|session|bearer|csrf|github|gitlab|gh|hf|bot|ci|deploy|npm|pypi|slack)_?-?token"
)
_QUOTE = r"""(?:\\?["'])?"""
_ASSIGN = rf"{_QUOTE}[ \t]{{0,8}}(?:=>|:=|[=:])[ \t]{{0,8}}"
_NEXT = r"""(?:[ \t]+["']?|["'],[ \t]*["'])"""
_MARK = r"\[redacted: [a-z ]{1,30}\]"
_REST = r"[^\s,;}\])]*"
_QUOTED = r"""(?:"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)+"""
_VALUE = rf"""(?:{_QUOTED}{_REST}|{_MARK}{_REST}|[^\s"']\S*)"""
_WORDLIKE = r"""(?:"[\w.~+/=-]{8,}"?|'[\w.~+/=-]{8,}'?|[\w.~+/=-]{8,})"""

_KEY = r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

_KINDS = (
    ("private key", rf"-----BEGIN {_KEY}(?:-{{0,4}}[^-])*(?:-----END {_KEY})?"),
    ("authorization", rf"(?i:authorization){_ASSIGN}(?P<secret>[^\r\n]+)"),
    ("authorization", r"(?i:\bbearer)[ \t]+(?P<secret>[A-Za-z0-9._~+/=-]{8,})"),
    ("url password", r"[A-Za-z][A-Za-z0-9+.-]*://(?P<secret>[^\s/:@]*:[^\s/]+)@"),
    ("secret", rf"(?i:{_STRONG}){_ASSIGN}(?P<secret>{_VALUE})"),
    ("secret", rf"""(?:^|[\s"'\[(])--[\w-]*(?i:{_STRONG}|token){_NEXT}(?P<secret>{_MARK}[^\s"']*|[^\s"'-][^\s"']*)"""),
    ("secret", rf"\b[A-Z0-9_]*TOKEN{_ASSIGN}(?P<guess>{_VALUE})"),
    ("secret", rf"(?i:token){_ASSIGN}(?P<guess>{_WORDLIKE})"),
    ("jwt", r"eyJ[\w-]{5,}\.eyJ[\w-]{5,}(?:\.[\w-]*)*"),
    ("github token", r"gh[pousr]_[A-Za-z0-9][A-Za-z0-9_.-]{14,}|github_pat_[A-Za-z0-9_]{20,}"),
    ("aws key", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}[\w.-]*"),
    ("api key", r"sk-(?:ant|proj|svcacct|admin)-[\w.-]{16,}|sk-[A-Za-z0-9]{32}[\w.-]*|AIza[\w-]{35,}"),
    ("slack token", r"(?:xox[a-z]|xapp)-[\w-]{10,}|hooks\.slack\.com/services/[\w/]{20,}"),
    ("hugging face token", r"(?:hf|api_org)_[A-Za-z0-9]{20}[\w.-]*"),
    ("package token", r"glpat-[\w-]{20,}|npm_[A-Za-z0-9]{36}[\w.-]*|pypi-[\w-]{50,}"),
)
_COLOUR = re.compile(r"\x1b\[[0-9;:?]{0,40}[ -/]{0,4}[@-~]")
_NO_SECRET = re.compile(rf"""["']*|{_MARK}""".encode())
_SECRET_MARK = re.compile(r"\[redacted: (?!host\]|folder\])")
_NUMBER = re.compile(rb"""["']?[+-]?\d*\.?\d*["']?""")


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets, and how many were taken out."""

    text: str
    count: int


def hides(text: str) -> bool:
    """Return whether a secret was taken out of *text*; hosts and folders are known to those who configured them."""
    return _SECRET_MARK.search(text) is not None


def redact(text: str, hosts: Iterable[str] = (), folders: Iterable[str] = ()) -> Redacted:
    """Replace every secret in *text* by `[redacted: kind]`.

    Known forms are tokens of GitHub, AWS, Slack, Hugging Face, OpenAI, Anthropic, Google, GitLab,
    npm and PyPI, JSON web tokens, private keys, `Authorization` and `Bearer`, passwords in URLs,
    and values behind a name such as `password`, `secret`, `api_key` or `token`. A value behind a
    bare `token` counts only if it looks like one: language models print tokens all day.

    Args:
        text: a whole log; see above.
        hosts: names of machines to take out as well, whatever their case.
        folders: folders to take out as well; what stands below them stays.

    Redacting twice changes nothing more. Lone surrogates, which no file can hold, become `?`.
    """
    data, count = text.encode("utf-8", "replace"), 0
    for kind, pattern in (*_secrets(), *_configured("host", hosts), *_configured("folder", folders)):
        data, found = _replace(data, kind, pattern)
        count += found
    return Redacted(data.decode("utf-8"), count)


def clean(seen: Seen, hosts: Iterable[str] = (), folders: Iterable[str] = ()) -> Seen:
    """Take secrets and colours out of what a leg did: what is judged is then what is stored.

    A colour in the middle of a word would hide the word from a prediction, and not from a reader.
    """

    def plain(text: str) -> str:
        return redact(_COLOUR.sub("", text), hosts, folders).text

    if isinstance(seen, Absent):
        return Absent(seen.leg, plain(seen.reason))
    merged, stdout, stderr, failure = map(plain, (seen.merged, seen.stdout, seen.stderr, seen.failure))
    told = redact(seen.logits, hosts, folders).text if seen.logits else ""
    return replace(seen, merged=merged, stdout=stdout, stderr=stderr, failure=failure, logits=told)


@cache
def _secrets() -> tuple[tuple[str, Pattern], ...]:
    return tuple((kind, compile(text)) for kind, text in _KINDS)


def _configured(kind: str, literals: Iterable[str]) -> Iterable[tuple[str, Pattern]]:
    """Yield one pattern for the configured names, the longest first, none inside a mark."""
    for literal in sorted({text.strip().rstrip("/") for text in literals}, key=len, reverse=True):
        if literal:
            yield kind, compile(rf"{_MARK}|(?P<secret>(?i:{_bounded(literal)}))")


def _bounded(literal: str) -> str:
    """Return a pattern that finds *literal*, but not inside a longer word."""
    head = r"\b" if re.match(r"\w", literal, re.ASCII) else ""
    tail = r"\b" if re.search(r"\w$", literal, re.ASCII) else ""
    return head + re.escape(literal) + tail


def _replace(data: bytes, kind: str, pattern: Pattern) -> tuple[bytes, int]:
    """Replace what the group `secret` or `guess` takes (or the whole match); a number is no guess."""
    mark = f"[redacted: {kind}]".encode()
    guess = pattern.names.get("guess")
    group = guess or pattern.names.get("secret", 0)
    pieces, end, count = [], 0, 0
    for spans in pattern.spans(data):
        start, stop = spans[group]
        secret = data[start:stop]
        if start < 0 or _NO_SECRET.fullmatch(secret) or (guess and _NUMBER.fullmatch(secret)):
            continue
        pieces += [data[end:start], mark]
        end, count = stop, count + 1
    return (b"".join([*pieces, data[end:]]), count) if count else (data, 0)
