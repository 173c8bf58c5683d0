"""The words by which a person names falsifiers."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.selection import LIMIT, Chosen, select
from contracts.error import Complaint
from contracts.model import Contract, Falsifier, FalsifierId


def contract(path: str, *ids: str) -> Contract:
    """Return a contract with these falsifiers."""
    return Contract(path, "1.0.0", "ACTIVE", tuple(Falsifier(FalsifierId(id_), None) for id_ in ids))


PARITY = contract("contracts/parity-v1.yaml", "FALSIFY-CPU-GPU-001", "FALSIFY-CPU-GPU-002", "FALSIFY-CPU-GPU-010")
SPEECH = contract("contracts/speech-v1.yaml", "FALSIFY-SPEAK-001", "falsify-sing-001", "DRIFT-7")
SHADOW = contract("contracts/shadow-v1.yaml", "FALSIFY-SPEAK-001")
BOTH = (PARITY, SPEECH)


def ids(chosen: tuple[Chosen, ...]) -> list[str]:
    """Return the ids as the contracts write them."""
    return [c.falsifier.id.text for c in chosen]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["CPU-GPU-001"], ["FALSIFY-CPU-GPU-001"]),
        (["falsify-cpu-gpu-001"], ["FALSIFY-CPU-GPU-001"]),
        (["sing-001"], ["falsify-sing-001"]),
        (["drift-7"], ["DRIFT-7"]),
        (["cpu-gpu-0?0", "CPU-GPU-001"], ["FALSIFY-CPU-GPU-010", "FALSIFY-CPU-GPU-001"]),
        (["cpu-gpu-00[12]"], ["FALSIFY-CPU-GPU-001", "FALSIFY-CPU-GPU-002"]),
        (["speech-v1/all"], ["FALSIFY-SPEAK-001", "falsify-sing-001", "DRIFT-7"]),
        (["SPEECH-V1/speak-001,parity-v1/cpu-gpu-002"], ["FALSIFY-SPEAK-001", "FALSIFY-CPU-GPU-002"]),
        (
            ["cpu-gpu-001", "cpu-gpu-001", "cpu-*"],
            ["FALSIFY-CPU-GPU-001", "FALSIFY-CPU-GPU-002", "FALSIFY-CPU-GPU-010"],
        ),
    ],
)
def test_what_people_type_is_understood(words: list[str], found: list[str]) -> None:
    """Without `FALSIFY-`, in any case, globs, lists, and each falsifier once."""
    assert ids(select(words, BOTH)) == found


def test_a_misspelt_id_is_answered_with_the_nearest() -> None:
    """Somebody who is one digit off is not sent to a manual."""
    with pytest.raises(Complaint, match=r"no falsifier is called “CPU-GPU-011”\. Perhaps you mean CPU-GPU-0"):
        select(["CPU-GPU-011"], BOTH)


def test_a_word_that_is_near_to_nothing_is_answered_with_the_list() -> None:
    """There is always something to do next."""
    with pytest.raises(Complaint, match="`discharge list` shows every falsifier"):
        select(["xyzzy"], BOTH)


def test_an_id_of_two_contracts_is_asked_back() -> None:
    """Ids repeat across contracts: the answer can be pasted."""
    with pytest.raises(Complaint, match=r"is in 2 contracts\. Say which one: shadow-v1/speak-001, speech-v1/speak-001"):
        select(["speak-001"], (SPEECH, SHADOW))

    assert select(["shadow-v1/speak-001"], (SPEECH, SHADOW))[0].contract is SHADOW


def test_two_contracts_of_one_name_are_told_apart_by_their_paths() -> None:
    """A contract in another folder may have the same file name; none of the two is taken silently."""
    twin = contract("archive/speech-v1.yaml", "FALSIFY-SPEAK-001")

    with pytest.raises(Complaint, match=r"Say which one: archive/speech-v1.yaml/all, contracts/speech-v1.yaml/all"):
        select(["all"], (SPEECH, twin))
    assert select(["archive/speech-v1.yaml/speak-001"], (SPEECH, twin))[0].contract is twin


@pytest.mark.parametrize("words", [[], [""], [" , "]])
def test_naming_nothing_is_refused(words: list[str]) -> None:
    """An empty shell variable is a mistake, not a wish."""
    with pytest.raises(Complaint, match="no falsifier is named"):
        select(words, BOTH)


def test_a_word_without_end_is_no_id() -> None:
    """It is not cut to something that fits."""
    with pytest.raises(Complaint, match="no falsifier is called “\\*\\*\\*"):
        select(["*" * (LIMIT + 1)], BOTH)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=40) | st.text("CPUGak-[]!*?/,0123456789", max_size=250), max_size=4))
def test_any_words_select_or_complain(words: list[str]) -> None:
    """Whatever is typed, the answer is falsifiers or a sentence."""
    with suppress(Complaint):
        chosen = select(words, (PARITY, SPEECH, SHADOW))
        assert chosen
        assert len({(c.contract.path, c.falsifier.id.text) for c in chosen}) == len(chosen)
