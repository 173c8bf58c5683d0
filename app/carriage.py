"""What people committed to the open branch of an amendment, carried over to what the App writes anew. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.imprint import Following, follow
from app.trailer import BASE, TEXT
from contracts.error import Complaint
from evidence.receipt import digest
from spec.hunk import weave_lines
from spec.merge import merge
from spec.origin import write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.follower import Follower
    from spec.origin import Written

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file beside the spec that the branch changed: where the branch began, on it, and on the default branch now.

    None where it is not there.
    """

    path: str
    root: bytes | None
    theirs: bytes | None
    main: bytes | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The open branch of an amendment: *text* is the spec there, *messages* those of our own commits, oldest first.

    *follows* says whether it builds on the default branch as it is now: its check must know all that it tells of.
    *written* is what we wrote there last, None where no commit is ours any more; *people* are who else committed, as
    trailers name them; *files* what the branch changed beside the spec.
    """

    branch: str
    tip: str
    text: str
    messages: tuple[str, ...]
    follows: bool
    written: Written | None
    people: tuple[str, ...] = ()
    files: tuple[Foreign, ...] = ()


@dataclass(frozen=True, slots=True)
class Carried:
    """What the commit writes: the spec as *text*, and further *files* as people have edited them.

    *kept* are sentences about what could not be brought up to date; *trailers* keep what the next refresh must know.
    """

    text: str
    files: Mapping[str, bytes]
    kept: tuple[str, ...] = ()
    trailers: tuple[tuple[str, str], ...] = ()


def carry(standing: Standing | None, spec: str, ours: str, number: int, following: Following) -> Carried:
    """Return what is written where we would write *ours*, the spec at the path *spec* with a section of that *number*.

    Raises:
        Complaint: what people wrote would be lost, or does not go together with what we would write.
    """
    if standing is None:
        return Carried(ours, {}, (), (stamp(ours),))
    if standing.written is None:
        what = f"no commit of {standing.branch} is the App's any more, so that it cannot tell its words from yours"
        raise Complaint(what, mend="Merge or close it; what landed since goes into the next one")
    merged = merge(standing.written, standing.text, ours, number)
    files = {} if standing.follows else _take(standing.files, {follower.path for follower in following.followers})
    base = tuple((BASE, line) for line in write(merged.record))
    files |= _follow(standing, {spec: merged.text.encode()}, following)
    return Carried(merged.text, files, merged.kept, (*base, stamp(merged.text)))


def stamp(text: str) -> tuple[str, str]:
    """Return the trailer that tells whether the spec in our commit is as we wrote it."""
    return (TEXT, digest(text.encode())[:_DIGITS])


def _take(files: tuple[Foreign, ...], followers: set[str]) -> dict[str, bytes]:
    """Return the files that people changed on the branch, for a commit on the default branch as it is now.

    Raises:
        Complaint: the default branch changed one of them, too, or it is gone: a commit of ours takes nothing away.
    """
    taken = {}
    for file in files:
        if file.path in followers or file.theirs == file.main:
            continue
        if file.main != file.root:
            what = f"people changed {file.path} on the branch, and the default branch changed it, too"
            raise Complaint(what, mend="Take your change to it to a pull request of its own")
        if file.theirs is None:
            raise Complaint(f"people took {file.path} away on the branch", mend="Do that in a pull request of its own")
        taken[file.path] = file.theirs
    return taken


def _follow(standing: Standing, spec: Mapping[str, bytes], following: Following) -> dict[str, bytes]:
    """Return the files that follow the spec, with what people wrote in them on the branch.

    Raises:
        Complaint: people and the default branch changed the same words of one.
    """
    texts = {}
    for file in standing.files:
        if file.path not in following.texts or file.root is None or file.theirs is None or file.main is None:
            continue
        alone = tuple(one for one in following.followers if one.path == file.path)
        root, theirs, main = (_move(content, alone, spec) for content in (file.root, file.theirs, file.main))
        woven = weave_lines(root, theirs, main)
        if woven.dropped:
            what = f"people changed {file.path} on the branch, and the default branch changed the same words"
            raise Complaint(what, mend="Take your change to it to a pull request of its own")
        texts[file.path] = woven.text.encode("utf-8", "surrogateescape")
    return {**texts, **follow(spec, Following(following.followers, {**following.texts, **texts})).files}


def _move(content: bytes, followers: tuple[Follower, ...], spec: Mapping[str, bytes]) -> str:
    """Return a follower's text that states of the spec what it should, so that only people's words tell it apart."""
    path = followers[0].path
    moved = follow(spec, Following(followers, {path: content})).files
    return moved.get(path, content).decode("utf-8", "surrogateescape")
