"""A parity prediction against what a machine tells of two legs' logits; nothing that a machine tells is believed."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import Unreadable
from evidence import logits
from evidence.agreement import picture, weigh
from evidence.judge import judge
from evidence.likeness import render
from evidence.logits import Beside, Logits, Sheet
from evidence.measurement import measure as measure_prediction
from evidence.model import Falsified, Held, Match, NotMeasured, Observation, Parity, Promise
from evidence.parity import exact
from evidence.parity.column import restore, spell
from evidence.parity.measured import COLUMNS, Measured, allocate
from evidence.prediction import describe

if TYPE_CHECKING:
    from collections.abc import Callable

POSITIONS, WIDTH = 24, 64
ONE, TWO = "a" * 64, "b" * 64
ASKED = Parity("gpu", "cpu")
LABEL = {"ids_sha256": "i", "tokenizer_sha256": "t", "template_sha256": "", "dtype": "float32", "tf32": "false"}
GPU = {**LABEL, "device": "cuda", "memory_peak": "9000", "weights_bytes": "8000"}
CPU = {**LABEL, "device": "cpu"}


def draw(seed: int = 7) -> Any:
    """Return logits as a model has them: one far above the others, no two alike."""
    return np.random.default_rng(seed).normal(0, 3, (POSITIONS, WIDTH)).astype(np.float32)


def measured(reference: Any, subject: Any) -> Measured:
    """Return the rows of two sets of logits."""
    table = allocate(len(reference))
    for n, (r, s) in enumerate(zip(reference, subject, strict=True)):
        table[n] = exact.measure(r, s, WIDTH)
    return Measured(table, WIDTH)


def sheet(sha256: str, label: dict[str, str] | None) -> Sheet:
    """Return the facts of a file."""
    return Sheet(sha256, "float32", POSITIONS, WIDTH, None if label is None else tuple(label.items()))


def tell(subject: Any, gpu: dict[str, str] | None = GPU, cpu: dict[str, str] | None = CPU) -> dict[str, Logits]:
    """Return what a machine tells of both legs, whose reference is `draw()`."""
    beside = Beside("cpu", ONE, "", WIDTH, 0, "numpy", spell(measured(draw(), subject)))
    return {"cpu": Logits(sheet(ONE, cpu)), "gpu": Logits(sheet(TWO, gpu), "", (beside,))}


def see(told: dict[str, Logits]) -> dict[str, Observation]:
    """Return what was seen of both legs."""
    return {
        leg: Observation(leg, (leg,), "done\n", "done\n", "", 0, 1.0, logits=logits.write(one))
        for leg, one in told.items()
    }


def test_logits_that_agree_hold_with_their_numbers() -> None:
    """Rounding in the last digits: held, and the row has every number with its position and bound."""
    row = measure_prediction(ASKED, see(tell(draw() * np.float32(1 + 1e-6))))

    assert (row.match, row.margin.partition(",")[2]) == (Match.YES, " within 1e-06")
    assert row.observed.startswith("match: all 24 positions keep every bound of tier strict")
    assert row.parity
    assert [one.name for one in row.parity.worst] == ["KL", "centred cosine", "norm ratio", "max-abs", "NMSE"]
    assert (row.parity.reference, row.parity.subject) == (ONE, TWO)


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda x: x * np.float32(1.05), "norm ratio is 1.05"),
        (lambda x: np.roll(x, 1, axis=0), "the top id differs beyond a near-tie"),
        (lambda x: np.where(np.arange(POSITIONS)[:, None] == 5, np.float32(0), x), "has one value for all ids"),
        (lambda x: np.where(np.arange(POSITIONS)[:, None] == 9, np.float32(np.nan), x), "first at position 9"),
    ],
)
def test_logits_that_are_wrong_are_falsified(change: Callable[[Any], Any], seen: str) -> None:
    """A scale, a step late, one dead row, one NaN: measured, and not as predicted."""
    verdict = judge(Promise("F-1", (ASKED,)), [see(tell(change(draw())))])

    assert isinstance(verdict, Falsified)
    assert verdict.measurements[0].observed.startswith("mismatch: ")
    assert seen in verdict.measurements[0].observed


def test_a_position_without_numbers_leaves_no_margin() -> None:
    """The worst of the others is none of all: the page says of how many it is, and not that it is within the bound."""
    off = draw()
    off[9, 3] = np.nan
    row = measure_prediction(ASKED, see(tell(off)))

    assert (row.match, row.margin) == (Match.NO, "")
    assert "- in 1 position there are no numbers: worst and mean are of the other 23\n" in render([row]) + "\n"


def test_a_shift_of_all_logits_is_no_fault() -> None:
    """No softmax sees it; a cosine that is not centred would."""
    assert weigh(ASKED, see(tell(draw() + np.float32(5)))).match is Match.YES


def test_a_near_tie_holds_and_is_listed() -> None:
    """Two likeliest ids within the tier's tau may change places, and the place is told."""
    one, two = draw(), draw()
    one[3, 10], one[3, 11], two[3, 10], two[3, 11] = 20, 19.9995, 19.9995, 20
    beside = Beside("cpu", ONE, "", WIDTH, 0, "numpy", spell(measured(one, two)))
    told = {"cpu": Logits(sheet(ONE, CPU)), "gpu": Logits(sheet(TWO, GPU), "", (beside,))}

    outcome = weigh(replace(ASKED, worst_kl=1e-3), see(told))

    assert outcome.match is Match.YES
    assert outcome.observed.startswith("near tie: ")
    assert outcome.parity
    assert [(flip.position, flip.how, flip.reference, flip.subject) for flip in outcome.parity.listed] == [
        (3, "near_tie", 10, 11)
    ]


def test_bounds_of_ones_own_stand_for_the_tiers() -> None:
    """What the tier bears with, a promise need not."""
    noisy = draw() + np.random.default_rng(1).normal(0, 2e-4, (POSITIONS, WIDTH)).astype(np.float32)

    assert weigh(ASKED, see(tell(noisy))).match is Match.YES
    assert weigh(replace(ASKED, worst_cosine=1 - 1e-12), see(tell(noisy))).match is Match.NO
    assert weigh(replace(ASKED, worst_kl=0.0), see(tell(noisy))).match is Match.NO


@pytest.mark.parametrize(
    ("gpu", "cpu", "why"),
    [
        ({**GPU, "device": "cpu"}, CPU, "no proof of the device: the subject was computed on `cpu`, not on cuda"),
        ({**GPU, "memory_peak": "7999"}, CPU, "no proof of the device: the device held 7,999 bytes at most"),
        (None, None, "no proof of the device: the subject was computed on no device that it names"),
        ({**GPU, "ids_sha256": "j"}, CPU, "invalid comparison: the sides have different input ids"),
        ({**GPU, "tokenizer_sha256": "u"}, CPU, "invalid comparison: the sides have different tokenizers"),
        ({**GPU, "template_sha256": "u"}, CPU, "invalid comparison: the sides have different chat templates"),
        ({**GPU, "tf32": "true"}, CPU, "invalid comparison: the tier strict is for TF32 off"),
        ({**GPU, "dtype": "bfloat16"}, CPU, "invalid comparison: the tier strict is for float32"),
    ],
)
def test_what_proves_nothing_is_not_measured(gpu: dict[str, str] | None, cpu: dict[str, str] | None, why: str) -> None:
    """Bit for bit the same logits, and still nothing is proved: another device, another question, other arithmetic."""
    verdict = judge(Promise("F-1", (ASKED,)), [see(tell(draw(), gpu, cpu))])

    assert isinstance(verdict, NotMeasured)
    assert verdict.reason.startswith(why)


def test_where_no_proof_is_asked_of_the_file_none_is_needed() -> None:
    """A program that says nothing of its device is proved by its log, as the smoke says."""
    assert weigh(replace(ASKED, device="any"), see(tell(draw(), None, None))).match is Match.YES


def cut(name: str, column: Any) -> dict[str, Logits]:
    """Return what a machine tells with one column replaced."""
    told = tell(draw())
    (beside,) = told["gpu"].beside
    columns = tuple(column if one == name else kept for one, kept in zip(COLUMNS, beside.columns, strict=True))
    return {**told, "gpu": replace(told["gpu"], beside=(replace(beside, columns=columns),))}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({**tell(draw()), "gpu": Logits(None, "it wrote no file")}, "leg gpu gave no logits: it wrote no file"),
        ({**tell(draw()), "cpu": Logits(None, "it wrote no file")}, "leg cpu gave no logits: it wrote no file"),
        ({**tell(draw()), "cpu": Logits(sheet("c" * 64, CPU))}, "compared with other logits of cpu than those"),
        ({**tell(draw()), "gpu": Logits(sheet(TWO, GPU))}, "the logits of leg gpu were not compared with those of cpu"),
        (cut("kl", (0.0,) * 23), "column kl has 23 rows of 24"),
        (cut("kl", ("0.0",) * 24), "column kl holds something else than its numbers"),
        (cut("kl", (10**400,) * 24), "column kl holds something else than its numbers"),
        (cut("tail", (-(10**400),) * 24), "column tail holds something else than its numbers"),
        (cut("subject_finite", (1,) * 24), "column subject_finite holds something else"),
        (cut("reference_top", (1 << 60,) * 24), "column reference_top holds something else"),
        (cut("cosine", (2.0,) * 24), "the numbers are impossible: numpy gives cosine 2.0"),
    ],
)
def test_what_a_machine_tells_is_not_believed(told: dict[str, Logits], why: str) -> None:
    """Missing, cut, of another kind or impossible: not measured, and it says why; never an error of our own."""
    outcome = weigh(ASKED, see(told))

    assert outcome.match is Match.UNKNOWN
    assert why in outcome.observed
    assert picture(ASKED, see(told)) == "" or "impossible" in why


@pytest.mark.parametrize(("vocabulary", "tail"), [(2, WIDTH - 2), (WIDTH, 1), (0, WIDTH), (WIDTH + 1, 0)])
def test_a_machine_does_not_choose_how_many_ids_are_compared(vocabulary: int, tail: int) -> None:
    """All of them, where the reference names no number; fewer, or a tail that is none, is no comparison."""
    told = tell(draw())
    (beside,) = told["gpu"].beside
    told["gpu"] = replace(told["gpu"], beside=(replace(beside, vocabulary=vocabulary, tail_width=tail),))

    assert weigh(ASKED, see(told)).observed == (
        f"invalid comparison: {vocabulary:,} ids and {tail:,} behind them were compared, where 64 of 64 should be"
    )


def test_other_shapes_are_no_comparison() -> None:
    """A position more, an id less: another question."""
    told = tell(draw())
    told["cpu"] = Logits(replace(told["cpu"].sheet or sheet(ONE, CPU), width=65))

    assert weigh(ASKED, see(told)).observed.startswith("invalid comparison: 24 × 65 logits, and 24 × 64")


def test_repeats_that_disagree_are_unstable() -> None:
    """One run of three is wrong: nothing was measured, however often it is run again."""
    right, wrong = see(tell(draw())), see(tell(draw() * np.float32(1.05)))

    verdict = judge(Promise("F-1", (ASKED,)), [right, wrong, right])

    assert isinstance(verdict, NotMeasured)
    assert verdict.reason == "unstable: held in 2 of 3 repeats"
    assert isinstance(judge(Promise("F-1", (ASKED,)), [right, right]), Held)


def test_a_prediction_is_told_in_words() -> None:
    """The column that people read first has tier, device and own bounds."""
    assert describe(ASKED) == "the logits of `gpu` agree with those of `cpu` in tier `strict`, computed on `cuda`"
    own = Parity("gpu", "cpu", "bfloat16", "any", 0.99, 0.01)
    assert describe(own).endswith("in tier `bfloat16` (worst centred cosine at least 0.99, worst KL at most 0.01)")


def test_the_section_of_a_page_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    """Numbers, flips, what they can show, and the picture; the second repeat has a picture of its own."""
    off = draw()
    off[4], off[9, 3] = np.roll(off[4], 2), 30
    rows = [measure_prediction(ASKED, see(tell(one))) for one in (draw() * np.float32(1 + 1e-6), off)]

    golden("parity.md", render(rows) + "\n")


numbers = st.floats(width=32) | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 5e-324])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(numbers, st.integers(-1, 1 << 40), st.booleans()), max_size=8))
def test_columns_come_back_as_they_went(rows: list[tuple[float, int, bool]]) -> None:
    """Whatever was measured, infinite or none, it travels as JSON and judges the same: twelve digits of each number."""
    table = allocate(len(rows))
    for n, (number, whole, flag) in enumerate(rows):
        for name in COLUMNS:
            table[name][n] = {"f": number, "i": whole, "b": flag}[table.dtype[name].kind]
    told = Logits(
        Sheet(TWO, "float32", len(rows), 9, None), "", (Beside("cpu", ONE, "", 9, 0, "x", spell(Measured(table, 9))),)
    )

    back = restore(logits.read(logits.write(told)).beside[0], len(rows))

    for name in COLUMNS:
        if table.dtype[name].kind == "f":
            np.testing.assert_allclose(back[name], table[name], rtol=1e-11)
        else:
            assert (back[name] == table[name]).all()


@settings(max_examples=50, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_other_text_is_refused_in_a_sentence(value: Any) -> None:
    """A text that is no such thing is unreadable, and nothing else happens."""
    with pytest.raises(Unreadable):
        logits.read(json.dumps({"sheet": value, "failure": "", "beside": [value]}))


def test_what_is_told_is_bounded() -> None:
    """Neither a text without end nor rows without end are read."""
    with pytest.raises(Unreadable, match="too many"):
        logits.read("x" * (logits.LONGEST + 1))
    endless = Logits(Sheet(TWO, "float32", logits.MOST + 1, 9, None), "", (Beside("cpu", ONE, columns=((1.0,),)),))
    with pytest.raises(Unreadable, match="more than 16,384"):
        logits.read(logits.write(endless))
