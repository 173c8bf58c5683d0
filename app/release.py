"""What a merge is tagged and released as: names, notes, files within GitHub's bounds, and what lacks yet. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.effect import Refuse, WriteRelease, WriteTag
from app.github import NOTES_LIMIT
from spec.escape import clean, inline
from spec.sentence import clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.effect import Plan
    from app.github import Release, ReleaseDraft

MOST = 30
"""So many files go with a release at most."""
ROOM = 32 << 20
"""And so many bytes of them together."""
NAME_LIMIT = 200
"""The longest name of a tag, in bytes, and the longest title, in characters."""
_LISTED = 10
_REFUSED = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|(?:^|/)\.|\.(?:lock)?(?:/|$)|\.$|^[/-]|/$")
"""What git-check-ref-format(1) forbids in a ref, and a dash at the beginning, which git takes for an option."""
_ODD = re.compile(r"[^A-Za-z0-9._-]+")
"""What GitHub would rename in the name of a file."""


@dataclass(frozen=True, slots=True)
class Left:
    """A file that does not go with a release, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What GitHub has of a release: the commit that its tag stands on, and the release or drafts of that tag."""

    tag: str | None
    releases: tuple[Release, ...] = ()


def fits(tag: str) -> bool:
    """Return whether git takes *tag* as the name of a tag."""
    try:
        size = len(tag.encode())
    except UnicodeEncodeError:
        return False  # a path that is no UTF-8 keeps its bytes as surrogates
    return 0 < size <= NAME_LIMIT and not _REFUSED.search(tag)


def title(text: str) -> str:
    """Return the title of a release: one line of plain text."""
    return clip(clean(text), NAME_LIMIT)


def mark(commit: str) -> str:
    """Return the hidden line by which our own releases are known again."""
    return f"<!-- discharge:release {commit} -->"


def write_notes(commit: str, opening: str, text: str, left: Sequence[Left] = ()) -> str:
    """Return the notes of a release: what it is, what of it is missing here, and the text that it is about.

    What is missing is said first: behind the text, a block of code that the cut left open would swallow it.
    """
    head = "\n\n".join(filter(None, (mark(commit), opening, _tell_left(left, commit))))
    whole = f"{head}\n\n{text.strip()}\n"
    if len(whole) <= NOTES_LIMIT:
        return whole
    said = f"Cut here: GitHub takes {NOTES_LIMIT:,} characters. The whole text stands at {commit}."
    room = NOTES_LIMIT - len(head) - len(said) - 5
    kept = text.strip()[:room].rpartition("\n")[0]
    return f"{head}\n\n{said}\n\n{kept}\n"


def _tell_left(left: Sequence[Left], commit: str) -> str:
    if not left:
        return ""
    named = "; ".join(f"{inline(f'`{one.path}`')} ({one.why})" for one in left[:_LISTED])
    more = f"; {len(left) - _LISTED} more" if len(left) > _LISTED else ""
    return f"Not among the files here: {named}{more}. They stand at {commit}."


def pack(paths: Sequence[str], contents: Mapping[str, bytes]) -> tuple[tuple[tuple[str, bytes], ...], tuple[Left, ...]]:
    """Return the files of a release, (name, content), and what is left out.

    Args:
        paths: what should go with it, the most important first.
        contents: those of the first `MOST` that are not too large.
    """
    files: dict[str, bytes] = {}
    left = []
    for place, path in enumerate(paths):
        content = contents.get(path)
        why = _weigh(content, place, sum(map(len, files.values())))
        if why or content is None:
            left.append(Left(path, why))
        else:
            files[_name(path, files)] = content
    return tuple(files.items()), tuple(left)


def _weigh(content: bytes | None, place: int, size: int) -> str:
    """Return why a file is left out, empty if it is not."""
    if place >= MOST:
        return f"only {MOST} files go with a release"
    if content is None or size + len(content) > ROOM:
        return "too large"
    return "" if content else "empty"


def _name(path: str, taken: Iterable[str]) -> str:
    """Return the name of a file as GitHub keeps it: its own, with its folder's before it where another one has it."""
    folder, _, name = path.rpartition("/")
    short = _ODD.sub(".", name).strip(".") or "file"
    known = set(taken)
    if short not in known:
        return short
    long = f"{_ODD.sub('.', folder.rpartition('/')[2]).strip('.')}.{short}"
    return next(name for name in (long, *(f"{n}.{long}" for n in range(2, len(known) + 3))) if name not in known)


def decide(wanted: ReleaseDraft, standing: Standing, *, releases: bool) -> Plan:
    """Decide what is still to be done for a tag, and for its release if *releases*.

    A tag that stands elsewhere is never moved, what somebody else released is left alone, and what we left half done
    is completed.
    """
    if standing.tag not in (None, wanted.commit):
        what = f"the tag {wanted.tag} stands on {standing.tag} already, and {wanted.commit} is what it should name"
        return (Refuse(what, "A tag is never moved: delete it, or leave it"),)
    tag = () if standing.tag else (WriteTag(wanted.tag, wanted.commit),)
    return (*tag, *(_decide_release(wanted, standing.releases) if releases else ()))


def _decide_release(wanted: ReleaseDraft, releases: Iterable[Release]) -> Plan:
    found = tuple(releases)
    ours = next((one for one in found if mark(wanted.commit) in one.notes), None)
    if ours is None and any(not one.draft for one in found):
        return ()
    if ours is None:
        return (WriteRelease(wanted),)
    lacking = tuple(file for file in wanted.files if file[0] not in ours.files)
    if not ours.draft and (ours.fixed or not lacking):
        return ()
    return (WriteRelease(replace(wanted, files=lacking, release=ours.id)),)
