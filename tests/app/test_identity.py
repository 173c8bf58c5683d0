"""What a check run says about its run: for people a table, for the app a sealed text that nobody can change."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bot import seal
from app.bot.identity import Identity, name_run, read, render
from app.github import OUTPUT_LIMIT
from app.hook.shape import RUN
from contracts.error import Complaint, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = b"a key of thirty-two bytes, made up"
IDENTITY = Identity(
    run="0123456789abcdef",
    repository="acme/models",
    number=12,
    comment=99,
    asker="octo-maintainer",
    command="/discharge CPU-GPU-004 repeat=3",
    contract="contracts/parity-v1.yaml",
    smoke="cpu-gpu",
    ids=("FALSIFY-CPU-GPU-004",),
    commit="a" * 40,
    head="b" * 40,
    ships=("MODEL-1 +1 because the guard is live",),
    date="2026-05-04T13:06:40Z",
    minutes=15,
    registered=(("FALSIFY-CPU-GPU-004", "c" * 64),),
    repeat=3,
    trial="",
)


def test_a_person_reads_who_asked_for_what(golden: Callable[[str, str], None]) -> None:
    """The sealed text stands below the table."""
    golden("identity.md", re.sub("[0-9a-f]{64}", "<digest>", render(IDENTITY, KEY)))


def test_a_trial_says_why_it_discharges_nothing() -> None:
    """A person must not take its green for a discharge."""
    text = render(replace(IDENTITY, trial="the head is not on main | yet"), KEY)

    assert r"(a trial: the head is not on main \| yet) |" in text


def test_many_ids_are_counted_for_people() -> None:
    """The app reads all of them."""
    many = replace(IDENTITY, ids=tuple(f"FALSIFY-A-{n:03}" for n in range(12)))
    text = render(many, KEY)

    assert "`FALSIFY-A-009` and 2 more |" in text
    assert read(text, KEY) == many


def test_more_than_a_check_run_can_hold_is_refused() -> None:
    """Half an identity is none."""
    with pytest.raises(Complaint, match="a run of 4,000 falsifiers is too large for one check run"):
        render(replace(IDENTITY, ids=("FALSIFY-A-LONG-NAME-001",) * 4_000), KEY)


@pytest.mark.parametrize("text", ["", "Everything is consistent.", "<!-- discharge:status v1 {} -->"])
def test_a_check_run_of_another_kind_has_no_identity(text: str) -> None:
    """The check of a pull request, for instance."""
    assert read(text, KEY) is None


def test_line_ends_of_the_web_do_no_harm() -> None:
    """The seal is about one line."""
    assert read(render(IDENTITY, KEY).replace("\n", "\r\n"), KEY) == IDENTITY


def test_another_key_does_not_open_it() -> None:
    """Another app's text, or one from before the key was changed."""
    with pytest.raises(Unreadable, match="is not sealed by this app"):
        read(render(IDENTITY, KEY), b"another key")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("octo-maintainer", "octo-contributor"),
        lambda text: text.replace('"minutes":15', '"minutes":0'),
        lambda text: text.replace("run v1 -->", "run v2 -->"),
        lambda text: text[: text.index("```\n<!--")],
        lambda text: text.replace("```json", "```"),
        lambda text: text + "\n<!-- discharge:run v1 -->",
    ],
    ids=["asker", "minutes", "version", "cut", "fence", "twice"],
)
def test_a_changed_text_is_refused(change: Callable[[str], str]) -> None:
    """Another asker, other minutes, a part of it: the run is asked for again."""
    with pytest.raises(Unreadable, match="Ask for the run again"):
        read(change(render(IDENTITY, KEY)), KEY)


def test_a_value_cannot_end_the_text_or_begin_another() -> None:
    """What people type is in the table and in the text; the marks are ours."""
    mark = "<!-- discharge:run v1 -->\n```json\n{}\n```\n<!-- /discharge:run " + "0" * 64 + " -->"
    odd = replace(IDENTITY, command=mark, asker=mark, trial=mark)

    assert read(render(odd, KEY), KEY) == odd


def test_a_run_has_one_name() -> None:
    """A repeated delivery finds the run that it started; another command is another run."""
    name = name_run("acme/models", "delivery-1", 0)

    assert RUN.fullmatch(name)
    assert name == name_run("acme/models", "delivery-1", 0)
    others = {
        name_run("acme/models", "delivery-1", 1),
        name_run("acme/models", "delivery-2", 0),
        name_run("acme/m", "x", 0),
    }
    assert len({name, *others}) == 4


def test_a_seal_is_of_one_kind() -> None:
    """A status comment's text is no identity."""
    text, proof = seal.write("one", {"a": 1}, KEY)

    assert seal.read("one", text, proof, KEY) == {"a": 1}
    assert seal.read("two", text, proof, KEY) is None
    assert seal.read("one", text, "é" * 64, KEY) is None


@settings(deadline=None, max_examples=150)
@given(st.dictionaries(st.text(max_size=9), st.text(max_size=30) | st.integers() | st.none(), max_size=4))
def test_a_sealed_text_means_nothing_to_markdown(values: dict[str, str | int | None]) -> None:
    """It ends no comment and no fence, and calls nobody; read back, it is what was written."""
    text, proof = seal.write("kind", values, KEY)

    assert not re.search(r"--|[<>&`@#\r\n]|[^ -~]", text)
    assert seal.read("kind", text, proof, KEY) == values
    assert json.loads(text) == values


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
IDENTITIES = st.builds(
    replace,
    st.just(IDENTITY),
    asker=WORDS,
    command=WORDS,
    ids=st.lists(WORDS, max_size=4).map(tuple),
    trial=WORDS,
    repeat=st.none() | st.integers(1, 100),
)


@settings(deadline=None, max_examples=150)
@given(IDENTITIES)
def test_an_identity_comes_back_as_it_was(identity: Identity) -> None:
    """Whatever stands in it."""
    text = render(identity, KEY)

    assert len(text) <= OUTPUT_LIMIT
    assert read(text, KEY) == identity


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_letter_of_the_sealed_text_can_be_changed(data: st.DataObject) -> None:
    """One letter, anywhere between the marks."""
    text = render(IDENTITY, KEY)
    at = data.draw(st.integers(text.index("{"), text.rindex(" -->") - 1))
    letter = data.draw(st.characters(exclude_characters=text[at]))

    with pytest.raises(Unreadable):
        read(text[:at] + letter + text[at + 1 :], KEY)
