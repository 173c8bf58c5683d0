"""What people committed beside the spec: carried over, or refused with a reason; and whom a commit thanks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.carriage import Foreign, Standing, carry
from app.imprint import Following
from app.trailer import BASE, TEXT, drop, name, read_people
from contracts.error import Complaint
from spec.origin import Written, write
from tests.spec.stand import Branch, Facts, take
from tests.spec.stand import write as write_spec

SPEC = "docs/spec.md"


def stand(branch: Branch, *files: Foreign, follows: bool = False) -> Standing:
    """Return the open branch as it stands."""
    return Standing("spec/v2-88-x-amendment", "f" * 40, branch.text, ("ours",), follows, branch.written, (), files)


def test_a_branch_that_nobody_wrote_on_is_written_plainly() -> None:
    """The commit keeps nothing but the digest of its text."""
    branch = Branch()
    ours, number = write_spec(Facts(landed=4))

    carried = carry(stand(branch), SPEC, ours, number, Following())

    assert (carried.text, carried.files, carried.kept) == (ours, {}, ())
    assert [key for key, _ in carried.trailers] == [TEXT]


def test_files_of_people_come_along_to_the_default_branch_as_it_is_now() -> None:
    """New ones and edited ones; what landed meanwhile is not written again."""
    main = take(Facts().main)
    ours, number = write_spec(Facts(main))
    files = (
        Foreign("a.md", None, b"new", None),
        Foreign("b.md", b"old", b"mine", b"old"),
        Foreign("c.md", b"old", b"same", b"same"),
    )

    carried = carry(stand(Branch(), *files), SPEC, ours, number, Following())

    assert carried.files == {"a.md": b"new", "b.md": b"mine"}
    assert carry(stand(Branch(), *files, follows=True), SPEC, ours, number, Following()).files == {}


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (Foreign("b.md", b"old", b"mine", b"theirs"), "people changed b.md on the branch, and the default branch"),
        (Foreign("b.md", b"old", None, b"old"), "people took b.md away on the branch"),
    ],
)
def test_what_a_commit_of_ours_cannot_say_is_refused(file: Foreign, why: str) -> None:
    """A commit of ours takes no file away, and decides between nobody."""
    ours, number = write_spec(Facts())

    with pytest.raises(Complaint, match=why):
        carry(stand(Branch(), file), SPEC, ours, number, Following())


def test_without_a_commit_of_ours_nothing_is_ours() -> None:
    """Somebody made one commit of all of them: nobody can tell whose words are whose."""
    ours, number = write_spec(Facts())

    with pytest.raises(Complaint, match="no commit of spec/v2-88-x-amendment is the App's any more"):
        carry(replace(stand(Branch()), written=None), SPEC, ours, number, Following())


def test_words_that_came_into_our_own_commit_are_kept() -> None:
    """Somebody amended the commit itself: its text is not what it says, so that the edit is people's."""
    branch = Branch()
    branch.text = branch.text.replace("3. **Why this bump?**", "3. **Why this bump?** Spring.")
    branch.text = branch.text.replace("## §43. #1-#3 landed", "## §43. A title of mine")
    amended = Written(branch.facts.main, branch.text, branch.number, {}, touched=True)
    ours, number = write_spec(Facts(landed=4))

    carried = carry(replace(stand(branch), written=amended), SPEC, ours, number, Following())

    assert "3. **Why this bump?** Spring." in carried.text
    assert "## §43. A title of mine" in carried.text
    assert "| #4 | part 4 |" in carried.text
    assert [line.partition(" could")[0] for line in carried.kept] == ["43.4 Five Whys", "The banner's figures"]


def test_what_the_next_refresh_must_know_stays_out_of_the_pull_request() -> None:
    """Its lines stand in the commit's last paragraph, and are taken out again."""
    lines = "".join(f"{BASE}: {line}\n" for line in write({"whys": "words"}))
    message = f"title\n\nbody\n\nSpec-Amendment: x §2\n{lines}{TEXT}: 0123\nCo-Authored-By: A <a@b.c>\n"

    assert drop(message, BASE, TEXT) == "title\n\nbody\n\nSpec-Amendment: x §2\nCo-Authored-By: A <a@b.c>\n"
    assert drop("title\n\nbody\n", BASE) == "title\n\nbody\n"


@pytest.mark.parametrize(
    ("author", "named"),
    [
        ("Ada  Lovelace <ada@example.com>", "Ada Lovelace <ada@example.com>"),
        ("عمر 🎉 <1+o@users.noreply.github.com>", "عمر 🎉 <1+o@users.noreply.github.com>"),
        (" <a@b.c>", ""),
        ("@team <a@b.c>", ""),
        ("A <nowhere>", ""),
        ("A <a@b.c>\nReviewed-by: B <b@b.c>", ""),
    ],
)
def test_people_are_named_as_git_knows_them(author: str, named: str) -> None:
    """Nobody gets an address that he has not; a name that would call somebody is none."""
    assert name(author) == named


def test_further_authors_are_read_however_they_are_spelt() -> None:
    """GitHub writes the trailer one way, we another."""
    message = "title\n\nCo-authored-by: A <a@b.c>\nCo-Authored-By: B <b@b.c>\nReviewed-by: C <c@b.c>\n"

    assert read_people(message) == ("A <a@b.c>", "B <b@b.c>")
