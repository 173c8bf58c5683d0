"""A guard that is silent because the defect is gone: neither held nor falsified, and never claimed without a sign."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.model import Falsifier, FalsifierId
from evidence import plain
from evidence.judge import judge
from evidence.model import (
    Absent,
    Capture,
    Contains,
    Falsified,
    Held,
    NotMeasured,
    Observation,
    Promise,
    Proof,
    Seen,
    Verdict,
)
from evidence.receipt import preregister

GUARD = Promise(
    "F-1",
    (Capture("a", r"cosine = (-?[\d.]+)", below=0.98),),
    "if_fails",
    (Contains("a", ("path accepted",)), Contains("b", ("same",))),
)
GOOD = "Backend: CUDA\npath accepted\n"


def ran(text: str, leg: str = "a", **changes: object) -> Observation:
    """Return a leg that printed *text* and ended well."""
    seen = Observation(leg, ("prog",), text, stdout=text, exit=0, seconds=1.0)
    return replace(seen, **changes)  # type: ignore[arg-type]


def look(a: Seen, b: Seen | None = None, *, guard: Promise = GUARD, proof: Proof | None = None) -> Verdict:
    """Judge the guard on two legs."""
    return judge(guard, [{"a": a, "b": b or ran("same\n", "b")}], proof=proof)


def is_gone(verdict: Verdict) -> bool:
    """Return whether the verdict says that the defect is gone."""
    return isinstance(verdict, NotMeasured) and verdict.gone


def test_a_silent_guard_and_every_sign_of_the_mended_defect() -> None:
    """The reason names the signs; the rows tell both sides."""
    verdict = look(ran(GOOD))

    assert isinstance(verdict, NotMeasured)
    assert verdict.gone
    assert verdict.reason.startswith("condition gone: `a` prints `path accepted`: line 2")
    assert len(verdict.measurements) == 3


def test_a_guard_that_speaks_otherwise_than_predicted_counts_too() -> None:
    """The number is on the other side of the bound now: that is how the mended defect looks."""
    assert is_gone(look(ran(f"cosine = 0.999\n{GOOD}")))


def test_a_guard_that_holds_is_held() -> None:
    """Whatever else is seen: the defect is there."""
    assert isinstance(look(ran(f"cosine = 0.5\n{GOOD}")), Held)


def test_without_configured_signs_nothing_is_claimed() -> None:
    """What is falsified stays so."""
    bare = replace(GUARD, gone=())

    assert isinstance(look(ran(f"cosine = 0.999\n{GOOD}"), guard=bare), Falsified)
    assert not is_gone(look(ran(GOOD), guard=bare))


@pytest.mark.parametrize(
    "a",
    [
        ran("Backend: CUDA\n"),
        ran(GOOD, exit=1),
        ran(GOOD, failure="timed out after 20 s"),
        ran(GOOD, truncated=True),
        ran(f"{GOOD}key [redacted: secret]\n"),
        ran(""),
        Absent("a", "the program is missing"),
    ],
    ids=["no sign", "died", "timed out", "cut", "redacted", "mute", "absent"],
)
def test_a_silence_that_proves_nothing(a: Seen) -> None:
    """A sign that is missing, a leg that died, a log of which a part is missing: nothing is claimed."""
    assert not is_gone(look(a))


def test_every_sign_is_needed_and_the_device() -> None:
    """One of two signs is none; and what never tried the device has nothing to be silent about."""
    assert not is_gone(look(ran(GOOD), ran("other\n", "b")))
    assert not is_gone(look(ran(GOOD), proof=Proof("a", "Backend: wgpu")))
    assert is_gone(look(ran(GOOD), proof=Proof("a", "Backend: CUDA")))


def test_every_repeat_must_show_it() -> None:
    """One repeat in which the guard held, or a sign is missing: the defect comes and goes."""
    other = {"b": ran("same\n", "b")}
    good, held, mute = ({"a": ran(text), **other} for text in (GOOD, f"cosine = 0.5\n{GOOD}", "Backend: CUDA\n"))

    assert is_gone(judge(GUARD, [good, good]))
    assert not is_gone(judge(GUARD, [good, held]))
    assert not is_gone(judge(GUARD, [good, mute]))


def test_the_signs_are_part_of_what_is_registered_and_change_nothing_else() -> None:
    """The digest of a promise without signs is the one that it had before there were any."""
    falsifier = Falsifier(FalsifierId("F-1"), None)
    bare = replace(GUARD, gone=())

    one, other = (preregister(falsifier, promise, [("a", ["x"]), ("b", ["y"])]) for promise in (GUARD, bare))

    assert one != other
    assert other == "4dba7262cbbb5960a1e4d45778ff9d1b2acf747449b49bd2d645cb74f7823082"


def test_a_promise_is_written_as_before_and_read_back() -> None:
    """Without signs the key is left out, and need not be there; with them it is kept."""
    bare = replace(GUARD, gone=())

    assert "gone" not in plain.write(bare)
    assert plain.read(Promise, plain.write(bare)) == bare
    assert plain.read(Promise, plain.write(GUARD)) == GUARD
    assert GUARD.legs == ("a", "b")
