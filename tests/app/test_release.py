"""What a merge is released as: names that git takes, notes and files within GitHub's bounds, and what lacks yet."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.effect import Refuse, WriteRelease, WriteTag, describe
from app.github import NOTES_LIMIT, Release, ReleaseDraft
from app.release import MOST, ROOM, Left, Standing, decide, fits, mark, pack, title, write_notes

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE, THERE = "a" * 40, "b" * 40
WANTED = ReleaseDraft(
    "a-v1-v1.3.0", HERE, "a-v1 v1.3.0", f"{mark(HERE)}\n\nNotes\n", (("one.txt", b"1"), ("two.txt", b"2"))
)
WORDS = st.text(alphabet=st.sampled_from("ab.-/@{~^: *[\\lock\té"), min_size=1, max_size=12)


@given(WORDS | st.text(min_size=1, max_size=12))
def test_a_name_that_fits_is_one_that_git_takes(name: str) -> None:
    """Whatever passes is a name for git, too; asked of git itself."""
    if fits(name):
        subprocess.run(["git", "check-ref-format", f"refs/tags/{name}"], check=True)


@pytest.mark.parametrize(
    "name",
    ["", "a b", "a..b", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "a@{b",
     "a//b", "/a", "a/", "-a", "a\x7f", "a\n", "\udcff", "é" * 101],
)  # fmt: skip
def test_a_name_that_git_refuses_does_not_fit(name: str) -> None:
    """Each of git's rules, a dash at the beginning, bytes that are no text, and what is too long."""
    assert not fits(name)


@pytest.mark.parametrize("name", ["apr-cpu-v1-v1.4.0", "ship-two-models-v2.88.0", "größe-v1.0.0", "a/b-v1", "@"])
def test_names_that_people_use_fit(name: str) -> None:
    """Contracts and specs, in any script."""
    assert fits(name)


def test_notes_say_first_what_they_lack() -> None:
    """The mark, what it is, what is not there, and then the text."""
    left = [Left(f"evidence/x/{n}|`log`.txt", "too large") for n in range(12)]

    notes = write_notes(HERE, "Opening.", "# Findings\n", left)

    head, opening, lacking, text = notes.split("\n\n")
    assert (head, opening, text) == (mark(HERE), "Opening.", "# Findings\n")
    assert lacking.startswith("Not among the files here: ")
    assert lacking.count("too large") == 10
    assert lacking.endswith(f"; 2 more. They stand at {HERE}.")


@given(st.integers(NOTES_LIMIT - 200, NOTES_LIMIT + 200) | st.just(3 * NOTES_LIMIT))
def test_notes_that_are_too_long_are_cut_and_say_so(size: int) -> None:
    """At the end of a line, and before it is said that they are: a block of code may be open behind it."""
    text = "```\n" + "line of a log\n" * (size // 14)

    notes = write_notes(HERE, "Opening.", text)

    assert len(notes) <= NOTES_LIMIT
    said = f"Cut here: GitHub takes 125,000 characters. The whole text stands at {HERE}."
    assert (said in notes) == (len(f"{mark(HERE)}\n\nOpening.\n\n{text.strip()}\n") > NOTES_LIMIT)
    assert notes.endswith("\nline of a log\n")


def test_a_title_is_one_line() -> None:
    """Without what is not seen, and not too long."""
    assert title("speak v2.5.0 —\u202e §2 a\nb") == "speak v2.5.0 — §2 a b"
    assert len(title("word " * 100)) <= 200


def kept(paths: list[str], contents: Mapping[str, bytes]) -> list[str]:
    """Return the names of the files that go with a release."""
    return [name for name, _ in pack(paths, contents)[0]]


def test_files_of_one_name_are_told_apart() -> None:
    """By their folders, and by numbers where those are the same; signs that GitHub would change are points already."""
    paths = ["evidence/a/log.txt", "evidence/b/log.txt", "other/b/log.txt", "evidence/a/ä ü.txt", "evidence/a/..."]

    names = kept(paths, dict.fromkeys(paths, b"x"))

    assert names == ["log.txt", "b.log.txt", "2.b.log.txt", "txt", "file"]


def test_files_are_bounded_in_number_and_bytes() -> None:
    """The first ones go, as long as there is room; the rest is named with the reason."""
    paths = [f"e/{n:02}.log" for n in range(MOST + 1)]
    contents = dict.fromkeys(paths, b"x") | {paths[0]: b"x" * (ROOM - 3), paths[1]: b"four", paths[2]: b""}
    del contents[paths[3]]

    files, left = pack(paths, contents)

    assert len(files) == 4
    assert sum(len(content) for _, content in files) == ROOM
    assert [one.why for one in left[:3]] == ["too large", "empty", "too large"]
    assert left[-1] == Left("e/30.log", "only 30 files go with a release")
    assert len(files) + len(left) == len(paths)


def release(
    *, draft: bool = False, fixed: bool = False, notes: str = WANTED.notes, files: tuple[str, ...] = ()
) -> Release:
    """Return a release that stands."""
    return Release(7, draft, fixed, notes, files)


def done(standing: Standing, *, releases: bool = True) -> list[str]:
    """Return what is still to be done."""
    return [describe(effect) for effect in decide(WANTED, standing, releases=releases)]


def test_what_lacks_is_done() -> None:
    """Nothing there: tag and release; the tag there: the release; a draft of ours: its files; all there: nothing."""
    whole = ("one.txt", "two.txt")
    tag, publish = f"tag {HERE[:12]} as a-v1-v1.3.0", "publish the release a-v1-v1.3.0 with 2 files"

    assert done(Standing(None)) == [tag, publish]
    assert done(Standing(None), releases=False) == [tag]
    assert done(Standing(HERE)) == [publish]
    assert done(Standing(HERE), releases=False) == []
    assert done(Standing(HERE, (release(files=whole),))) == []
    assert done(Standing(HERE, (release(draft=True, files=whole),))) == [
        "complete the release a-v1-v1.3.0 with 0 files"
    ]
    (effect,) = decide(WANTED, Standing(HERE, (release(files=whole[:1]),)), releases=True)
    assert isinstance(effect, WriteRelease)
    assert (effect.draft.release, effect.draft.files) == (7, (("two.txt", b"2"),))


def test_what_is_not_ours_is_left_alone() -> None:
    """A release of somebody's is none of ours, nor is one that GitHub lets nobody change; a draft stops nothing."""
    assert done(Standing(HERE, (release(notes="By hand"),))) == []
    assert done(Standing(HERE, (release(fixed=True),))) == []
    assert done(Standing(HERE, (release(draft=True, notes="By hand"),))) == [
        "publish the release a-v1-v1.3.0 with 2 files"
    ]


def test_a_tag_that_stands_elsewhere_is_refused() -> None:
    """It is not moved, and nothing is released by it."""
    (effect,) = decide(WANTED, Standing(THERE), releases=True)

    assert isinstance(effect, Refuse)
    assert effect.reason == f"the tag a-v1-v1.3.0 stands on {THERE} already, and {HERE} is what it should name"
    assert not any(isinstance(each, WriteTag) for each in decide(WANTED, Standing(HERE), releases=True))
