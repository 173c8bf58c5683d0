"""What a machine says, as a value and as JSON: claims that answer a job, or nothing."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import Unreadable
from evidence.host import HostFacts
from evidence.model import Absent, Observation
from runners import bundle as bundling
from runners.bundle import LONGEST, WORDS, Bundle, fail, read, write
from runners.smoke import Leg
from tests.runners.sample import ARGV, BINARY, JOB, NEEDS, SMOKE, bundles

if TYPE_CHECKING:
    from collections.abc import Callable

SEEN = {leg: Observation(leg, ARGV[leg], "hello\n", "hello\n", "", 0, 0.5) for leg in ARGV}
BUNDLE = Bundle(JOB.echo, (SEEN,), (), BINARY, NEEDS, HostFacts("box"), "discharge 0.1.0", 2.0)
THRICE = replace(JOB, known=(), repeat=3)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_every_answer_comes_back(data: st.DataObject) -> None:
    """Whatever the legs printed, for one time and for three."""
    for job in (JOB, THRICE):
        bundle = data.draw(bundles(job))
        assert read(write(bundle), job) == bundle


def test_where_nothing_ran_every_leg_says_why() -> None:
    """One repeat, no program, no files; a reason of any length has room."""
    bundle = fail(THRICE, "no model " * 10_000, tool="discharge 0.1.0", seconds=1.5)

    assert read(write(bundle), THRICE) == bundle
    assert [seen.leg for seen in bundle.seen] == ["default", "no-gpu"]
    assert all(isinstance(seen, Absent) and seen.reason.startswith("no model") for seen in bundle.seen)
    assert fail(JOB, "").seen[0] == Absent("default", "for no reason that it said")


def test_what_stands_in_evidence_need_not_have_run() -> None:
    """A reused leg is named, and is none of those that were seen."""
    bundle = replace(BUNDLE, repeats=({"default": SEEN["default"]},), reused=("no-gpu",))
    both = replace(JOB, known=(*JOB.known, replace(JOB.known[0], leg="default")))

    assert read(write(bundle), JOB) == bundle
    assert read(write(replace(BUNDLE, repeats=({},), reused=("no-gpu", "default"))), both).seen == ()


def test_logs_that_are_too_large_together_are_absent_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fits is kept; nothing is cut in the middle."""
    monkeypatch.setattr(bundling, "LONGEST", (1 << 20) + 900)
    large = replace(SEEN["no-gpu"], merged="x" * 600)

    found = read(write(replace(BUNDLE, repeats=({"default": SEEN["default"], "no-gpu": large},))), JOB)

    assert found.repeats[0]["default"] == SEEN["default"]
    assert found.repeats[0]["no-gpu"] == Absent("no-gpu", "the logs of this run are larger than 1 MiB together")


def first(values: dict[str, Any]) -> dict[str, Any]:
    """Return the first leg of a bundle as JSON values."""
    found: dict[str, Any] = values["repeats"][0][0]
    return found


HOSTILE: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda v: v["echo"].update(run="run-2"), "it is about another run"),
    (lambda v: v["echo"].update(commit="d" * 40), "it is about another commit"),
    (lambda v: v["echo"].update(smoke="shout"), "it is about another smoke"),
    (lambda v: v["echo"].update(contract="contracts/shout-v1.yaml"), "it is about another smoke"),
    (lambda v: v["echo"].update(version="1.2.4"), "it is about another version of the contract"),
    (lambda v: v["echo"].update(version=""), "it is about another version of the contract"),
    (lambda v: v["echo"].update(nonce="0e" * 32), "it does not repeat the nonce of the job"),
    (lambda v: v["echo"].update(nonce=""), "it does not repeat the nonce of the job"),
    (lambda v: v["echo"].update(nonce="ö"), "it does not repeat the nonce of the job"),
    (lambda v: v.update(seconds=-1), "its seconds are no time"),
    (lambda v: v["host"].update(gpu="x" * (WORDS + 1)), "it says too much about its machine"),
    (lambda v: v.update(tool="x" * (WORDS + 1)), "it says too much about its machine"),
    (lambda v: v.update(reused=["default"]), "it reuses a leg that is not in evidence for this program"),
    (lambda v: v.update(reused=["no-gpu", "no-gpu"]), "it reuses a leg that is not in evidence for this program"),
    (lambda v: v.update(reused=["no-gpu"]), "its legs are not those that were asked for"),
    (lambda v: v["repeats"][0].pop(), "its legs are not those that were asked for"),
    (lambda v: v["repeats"][0].append(first(v)), "its legs are not those that were asked for"),
    (lambda v: first(v).update(leg="another"), "its legs are not those that were asked for"),
    (lambda v: v.update(repeats=[]), "its legs ran 0 times, and 1 were asked for"),
    (lambda v: v["repeats"].append(v["repeats"][0]), "its legs ran 2 times, and 1 were asked for"),
    (lambda v: v.update(binary=None), "its program is not that of the smoke"),
    (lambda v: v["binary"].update(path="/bin/true"), "its program is not that of the smoke"),
    (lambda v: v["binary"].update(sha256="x"), "a digest is none"),
    (lambda v: v.update(needs=[]), "its files are not those of the smoke"),
    (lambda v: v["needs"][0].update(path="/other"), "its files are not those of the smoke"),
    (lambda v: v["needs"][0].update(sha256="AB" * 32), "a digest is none"),
    (lambda v: first(v).update(origin="recorded"), "leg default did not run there"),
    (lambda v: first(v).update(origin="reused"), "leg default did not run there"),
    (lambda v: first(v).update(source="evidence/x/y.log"), "leg default did not run there"),
    (lambda v: first(v)["argv"].append("--fake"), "leg default has another command line"),
    (lambda v: first(v)["argv"].__setitem__(0, "/bin/echo"), "leg default has another command line"),
    (lambda v: first(v)["argv"].__setitem__(1, "x" * (WORDS + 1)), "leg default has another command line"),
    (lambda v: first(v).update(merged="x" * 8001), "leg default says more than it may"),
    (lambda v: first(v).update(stdout="x" * 4001, stderr="x" * 4000), "leg default says more than it may"),
    (lambda v: first(v).update(failure="x" * (WORDS + 1)), "leg default says more than it may"),
    (lambda v: first(v).update(seconds=None), "the seconds of leg default are no time"),
    (lambda v: first(v).update(seconds=-0.5), "the seconds of leg default are no time"),
    (lambda v: first(v).update(exit=None), "leg default neither ended nor failed"),
    (lambda v: first(v).update(exit=10**30), "the status of leg default is none"),
]


@pytest.mark.parametrize(("change", "why"), HOSTILE, ids=[f"{n}-{why[:30]}" for n, (_, why) in enumerate(HOSTILE)])
def test_an_answer_to_something_else_is_refused(change: Callable[[dict[str, Any]], object], why: str) -> None:
    """A machine that lies about what it was asked is not believed in anything."""
    values = json.loads(write(BUNDLE))
    change(values)

    with pytest.raises(Unreadable) as caught:
        read(json.dumps(values).encode(), JOB)

    assert caught.value.what == f"the bundle does not answer the job: {why}"


def test_a_repeat_that_is_kept_back_is_noticed() -> None:
    """Whoever leaves out the time that failed is refused."""
    values = json.loads(write(replace(BUNDLE, repeats=(SEEN, SEEN, SEEN))))
    values["repeats"].pop()

    with pytest.raises(Unreadable, match="its legs ran 2 times, and 3 were asked for"):
        read(json.dumps(values).encode(), THRICE)


def test_another_model_than_the_stated_one_is_refused() -> None:
    """The digest that stands in the configuration is the one that counts, whatever its case."""
    stated = replace(SMOKE.needs[0], sha256="CD" * 32)
    job = replace(JOB, known=(), smoke=replace(SMOKE, needs=(stated,)))
    assert read(write(BUNDLE), job) == BUNDLE

    other = replace(job, smoke=replace(SMOKE, needs=(replace(stated, sha256="ee" * 32),)))
    with pytest.raises(Unreadable, match="a file has another digest than the smoke states"):
        read(write(BUNDLE), other)


def test_a_leg_that_cannot_be_spelled_cannot_have_run() -> None:
    """A placeholder that nobody knows stands for nothing."""
    job = replace(JOB, known=(), smoke=replace(SMOKE, legs=(Leg("default", ("{nobody}", "x", "y")), SMOKE.legs[1])))

    with pytest.raises(Unreadable, match="leg default has another command line"):
        read(write(BUNDLE), job)


@pytest.mark.parametrize("reason", ["", "x" * (WORDS + 1)])
def test_an_absent_leg_has_a_reason(reason: str) -> None:
    """And not a novel."""
    bundle = replace(BUNDLE, repeats=({**SEEN, "no-gpu": Absent("no-gpu", reason)},))

    with pytest.raises(Unreadable, match="leg no-gpu says no reason of at most 4,000 characters"):
        read(write(bundle), JOB)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "the bundle is no JSON"),
        (b"[]", "the bundle should be an object"),
        (b"\xff", "the bundle is no UTF-8 at byte 0"),
        (b'{"seconds": NaN}', "NaN is no number"),
        (b'{"seconds": %s}' % (b"9" * 5000), "the bundle is no JSON"),
        (b'{"seconds": 1e999}', "a number is too large"),
        (b'{"run": "a", "run": "b"}', "a key stands there twice"),
        (b'{"tool": "\\ud800"}', "half a character"),
        (b"[" * 500_000, "nested too deeply"),
        (b"[]," * 400_000, "the bundle has too many values"),
        (b'"' + b'\\"' * 800_000, "the bundle is no JSON"),
        (b" " * (LONGEST + 1), "a bundle of 67,108,865 bytes is too large"),
    ],
)
def test_what_is_no_bundle_is_a_sentence(data: bytes, why: str) -> None:
    """Neither time nor memory nor a traceback comes of it."""
    with pytest.raises(Unreadable) as caught:
        read(data, JOB)

    assert why in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in places(one, (*path, key)))][1 if not path else 0 :]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_changed_value_does_more_than_be_refused(data: st.DataObject) -> None:
    """Any one value replaced by any other: a sentence, or a bundle that still answers the job."""
    values = copy.deepcopy(json.loads(write(BUNDLE)))
    *path, last = data.draw(st.sampled_from(places(values)))
    inner = values
    for key in path:
        inner = inner[key]
    inner[last] = data.draw(json_values)

    try:
        found = read(json.dumps(values).encode(), JOB)
    except Unreadable:
        return
    assert found.echo == JOB.echo
    assert {seen.leg for seen in found.seen} == {"default", "no-gpu"}
    assert all(seen.origin == "ran" for seen in found.seen if isinstance(seen, Observation))


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_sentence(data: bytes) -> None:
    """Noise is no bundle."""
    with pytest.raises(Unreadable):
        read(data, JOB)
