"""A landed pull request, as its squash or merge commit tells it. Every word of it is a stranger's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from contracts.progress import read_ships, read_tallies
from spec.body import LIMIT, join, under
from spec.model import Landed, Lever, Why
from spec.sentence import clip, code_spans, first, inside, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WHAT_LIMIT = 200
EFFECT_LIMIT = 240
ANSWER_LIMIT = 600
"""How long a carried title, effect and answer may be, in characters."""
ITEM_LIMIT = 26
"""How many answers, and how many levers, are read from one body."""

_QUESTION_LIMIT = 300
_NAME_LIMIT = 120
_NUMBER = re.compile(r"(?<!\s)\s*+\(#([0-9]{1,9})\)$")
_MERGE = re.compile(r"Merge pull request #([0-9]{1,9})\b")
_PREFIX = re.compile(r"[a-z][a-z0-9_-]{0,30}(?:\((?P<scope>[^()]{1,80})\))?!?:\s+(?=\S)")
_MODEL = re.compile(r"(?<![\w-])MODEL-[A-Z0-9]{1,20}(?!\w)")
_BULLET = re.compile(r"\s{0,12}(?:[-*+•]|\d{1,2}[.)])\s+(?:\[(?P<box>[ xX])\]\s+)?(?P<text>.+)")
_NUMBERED = re.compile(r"\s{0,8}(?:\*\*)?\d{1,2}(?: ?\([^()]{1,20}\))?[.)](?:\*\*)?\s+(?P<text>.+)")
_LETTERED = re.compile(r"\s{0,8}(?:[-*+•]\s+)?(?:\*\*)?(?P<text>\((?:[a-z]{1,2})\)\s+.+)")
_ASKS = re.compile(r"[*_\"“]{0,3}(?:why|what|how|which|when|where|who)\b", re.IGNORECASE)
_ASKED = re.compile(r"\?[*_\"'”’)]{0,3}(?=\s|$)")
_STARS = re.compile(r"\\.|\*\*")
_OPEN = re.compile(r"_?Open:", re.IGNORECASE)
_CARRIED = re.compile(r"\s*\(carried over from (?P<source>[^()]{1,40}(?:\([a-z]{1,2}\))?)\)\s*$")
_DASH = re.compile(r"\s+[—–-]\s+|:\s+")


def read(subject: str, body: str, *, commit: str, date: str) -> Landed | None:
    """Read the message of a first-parent commit; None if it is a direct push, without a pull request.

    A squash names its number last in the subject (`… (#33)`), a merge in `Merge pull request #33`
    with the title on the body's first line. Facts, lines and flips are measured elsewhere.
    """
    subject = subject.strip()
    number, title = _NUMBER.search(subject), subject
    if number is None:
        number = _MERGE.match(subject)
        title, _, body = body.strip().partition("\n") if number else (subject, "", body)
    if number is None:
        return None
    title = title.strip() or subject
    return Landed(
        number=int(number[1]),
        title=title,
        what=what(title),
        commit=commit,
        date=date[:10],
        effect=effect(body),
        scope=scope(title),
        whys=whys(body, f"#{number[1]}"),
        models=models(f"{title}\n{body}"),
    )


def what(title: str) -> str:
    """Return a title without its lower-case prefix and its number; a label like `M22:` stays."""
    bare = _NUMBER.sub("", title.strip())
    return clip(_PREFIX.sub("", bare, count=1).strip() if _PREFIX.match(bare) else bare, WHAT_LIMIT)


def scope(title: str) -> str:
    """Return the scope of a conventional title (`feat(x)!: …` → `x`), or an empty text."""
    found = _PREFIX.match(title.strip())
    return (found["scope"] or "").strip() if found else ""


def models(text: str) -> tuple[str, ...]:
    """Return the models that a text names, each once, in order."""
    return tuple(dict.fromkeys(_MODEL.findall(text[: 2 * LIMIT])))


def effect(body: str) -> str:
    """Return the author's first sentence or bullet under `Net effect`, else under `Summary`, else nothing.

    A bullet that only restates tally or percentage gives way to the next, and to none: the section
    states them itself, and a stale copy would be read back as a contradiction.
    """
    told = [words for title in ("net effect", "summary") for lines in under(body, title) for words in _told(lines)]
    return clip(next((words for words in told if not _counts(words)), ""), EFFECT_LIMIT)


def _counts(words: str) -> bool:
    return bool(read_tallies(words) or read_ships(words))


def _told(lines: Iterable[str]) -> Iterator[str]:
    """Yield the first sentence of the first paragraph, and the bullets behind it."""
    for index, (bullet, words) in enumerate(_blocks(lines)):
        if bullet:
            yield words
        elif index == 0 and not words.endswith(":"):
            yield first(words)


def _blocks(lines: Iterable[str]) -> list[tuple[bool, str]]:
    """Return (is a bullet, text) of each paragraph and bullet, not empty; no table, quote or open box."""
    blocks: list[tuple[re.Match[str] | None, list[str]]] = []
    fresh = True
    for line in lines:
        found = _BULLET.fullmatch(line)
        if found:
            blocks.append((found, [found["text"]]))
        elif line.strip() and not line.lstrip().startswith(("|", ">")):
            if fresh or not blocks:
                blocks.append((None, []))
            blocks[-1][1].append(line)
        fresh = not line.strip()
    told = ((bullet is not None, words) for bullet, words in blocks if bullet is None or bullet["box"] != " ")
    return [(bullet, plain(join(words)[: 4 * EFFECT_LIMIT])) for bullet, words in told]


def whys(body: str, source: str) -> tuple[Why, ...]:
    """Return the questions that a body asks and answers under `Five Whys`, with *source* on each."""
    items = (item for lines in under(body, "five whys") for item in _items(lines, _NUMBERED))
    asked = (_why(item, source) for item in items)
    return tuple(why for why in asked if why)[:ITEM_LIMIT]


def _items(lines: Iterable[str], start: re.Pattern[str]) -> list[str]:
    """Return the items that begin with *start*, wrapped lines joined; another paragraph ends the list."""
    items: list[list[str]] = []
    fresh = True
    for line in lines:
        found = start.fullmatch(line)
        if found:
            items.append([found["text"]])
        elif line.strip() and items and not fresh:
            items[-1].append(line)
        elif line[:1].strip() and items:
            break
        fresh = not line.strip()
    return [join(item)[: 4 * ANSWER_LIMIT] for item in items]


def _why(item: str, source: str) -> Why | None:
    """Cut an item behind its question mark; None if it asks nothing, or nobody has answered."""
    text = plain(item)
    spans = code_spans(text)
    marks = (mark for mark in _ASKED.finditer(text) if not inside(spans, mark.start()))
    mark = next(marks, None)
    if mark is None or mark.start() > _QUESTION_LIMIT or not _ASKS.match(text):
        return None
    answer = text[mark.end() :].lstrip(" —–-:")
    if not answer or _OPEN.match(answer):
        return None
    return Why(text[: mark.end()].strip("*_ "), clip(answer, ANSWER_LIMIT), source)


def levers(body: str) -> tuple[Lever, ...]:
    """Return what a body names to pick up next: `(a) …`, `(b) …` under `Next-session pickup`."""
    items = [item for lines in under(body, "pickup") for item in _items(lines, _LETTERED)]
    cut = (item.removeprefix("(").partition(")") for item in items[:ITEM_LIMIT])
    found = (_sourced(words.lstrip(), letter) for letter, _, words in cut)
    return tuple(lever for lever in found if lever.name)


def _sourced(item: str, letter: str) -> Lever:
    """Read a lever without the words that say where it was carried over from."""
    carried = _CARRIED.search(item)
    source = carried["source"].strip() if carried else ""
    return replace(_lever(item[: carried.start()] if carried else item), letter=letter, source=source)


def _lever(item: str) -> Lever:
    """Cut an item into name and text: behind its bold words, at its first dash or colon, or its first sentence."""
    bold = _bold(item)
    if bold:
        rest = plain(item[bold + 2 :].lstrip(" —–-:"))
        return Lever(clip(plain(item[2:bold]).strip(" :"), _NAME_LIMIT), clip(rest, ANSWER_LIMIT))
    text = plain(item)
    spans = code_spans(text)
    cuts = (cut for cut in _DASH.finditer(text) if not inside(spans, cut.start()))
    cut = next(cuts, None)
    name, rest = (text[: cut.start()], text[cut.end() :]) if cut else (first(text), text[len(first(text)) :])
    return Lever(clip(name.strip("* "), _NAME_LIMIT), clip(rest.strip(), ANSWER_LIMIT))


def _bold(item: str) -> int:
    """Return where the stars that close an item's bold beginning stand, outside code; 0 if it begins with none."""
    if not item.startswith("**"):
        return 0
    spans = code_spans(item)
    stars = (found for found in _STARS.finditer(item, 2) if found[0] == "**" and not inside(spans, found.start()))
    return next((found.start() for found in stars if found.start() > 2), 0)  # noqa: PLR2004 - the opening stars
