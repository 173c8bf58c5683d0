"""Jobs as values and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import Unreadable
from runners.job import ALLOWANCE, LONGEST, Job, Known, is_run, read, write
from runners.smoke import Leg
from tests.runners.sample import JOB, SMOKE, texts


def test_a_job_comes_back_as_it_was() -> None:
    """Predictions, variables that must be absent, known legs: all of it."""
    assert read(write(JOB)) == JOB


@settings(deadline=None, max_examples=100)
@given(
    st.builds(
        Job,
        st.from_regex(r"[a-z0-9][a-z0-9_-]{0,63}", fullmatch=True),
        texts.filter(lambda text: "\0" not in text).map(lambda text: f"/{text}"),
        st.sampled_from(["c" * 40, "0" * 64]),
        st.just(SMOKE),
        st.sampled_from([("default",), ("no-gpu", "default")]),
        st.just(()),
        st.integers(1, 100),
        texts,
    )
)
def test_every_job_comes_back(job: Job) -> None:
    """Whatever stands in its texts."""
    assert read(write(job)) == job


def test_a_job_has_a_deadline_of_all_its_steps() -> None:
    """Two legs three times and one build step, each within the timeout and a grace, and the allowance."""
    job = replace(JOB, known=(), repeat=3, smoke=replace(SMOKE, timeout=60.0))

    assert job.deadline == 7 * 70 + ALLOWANCE


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"run": "../x"}, "its run is no name of at most 64 lower-case letters, digits, - and _"),
        ({"run": "Run"}, "its run is no name"),
        ({"run": ""}, "its run is no name"),
        ({"commit": "main"}, "its commit is no full hash"),
        ({"commit": "c" * 39}, "its commit is no full hash"),
        ({"source": "mirror.git"}, "its source is no absolute path"),
        ({"source": "/a\0b"}, "its source is no absolute path"),
        ({"note": "ü" * 2049}, "its note is longer than 4,096 bytes"),
        ({"version": "1" * 201}, "the version of its contract is longer than 200 characters"),
        ({"nonce": "ab" * 33}, "its nonce is not at most 64 hexadecimal digits"),
        ({"nonce": "../x"}, "its nonce is not at most 64 hexadecimal digits"),
        ({"repeat": 0}, "it repeats its legs 0 times, and 100 is the most"),
        ({"repeat": 2}, "it repeats its legs, and knows one that ran once"),
        ({"legs": ()}, "it has no legs"),
        ({"legs": ("default", "default")}, "a leg stands there twice"),
        ({"legs": ("default", "another")}, "it asks for a leg that its smoke does not have"),
        ({"legs": ("default",)}, "it knows a leg that it does not ask for"),
        ({"smoke": replace(SMOKE, legs=(*SMOKE.legs, Leg("default", ("x",))))}, "a leg stands there twice"),
        ({"smoke": replace(SMOKE, timeout=0.0)}, "its timeout is no time of at most a week"),
        ({"smoke": replace(SMOKE, timeout=1e9)}, "its timeout is no time of at most a week"),
        ({"smoke": replace(SMOKE, output_limit=1 << 40)}, "its output limit is not between 1 and 67,108,864 bytes"),
    ],
)
def test_a_job_out_of_its_bounds_is_neither_written_nor_read(changes: dict[str, Any], why: str) -> None:
    """What an engine could not do, or not safely, is refused with a sentence."""
    job = replace(JOB, **changes)
    with pytest.raises(Unreadable) as writing:
        write(job)
    assert str(writing.value).startswith(f"the job cannot be taken: {why}")

    values = json.loads(write(JOB))
    if "smoke" not in changes:
        values |= {key: list(value) if isinstance(value, tuple) else value for key, value in changes.items()}
        with pytest.raises(Unreadable, match="the job cannot be taken"):
            read(json.dumps(values).encode())


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("legs", "default", "the job.legs should be an array, but is 'default'"),
        ("repeat", True, "the job.repeat should be a whole number, but is True"),
        ("note", None, "the job.note should be a text, but is None"),
        ("known", [{}], "the job.known[0] lacks the key “leg”"),
        ("more", 1, "the job has the key “more”, which is not known"),
    ],
)
def test_a_value_of_another_kind_is_refused(key: str, value: object, why: str) -> None:
    """The path of the value stands in the sentence."""
    values = json.loads(write(JOB)) | {key: value}

    with pytest.raises(Unreadable) as caught:
        read(json.dumps(values).encode())

    assert caught.value.what == why


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff", b'{"run": NaN}', b"[" * 100_000, b" " * (LONGEST + 1), write(JOB)[:-20]],
)
def test_what_is_no_job_is_a_sentence(data: bytes) -> None:
    """Half a file, another kind of JSON, none at all."""
    with pytest.raises(Unreadable):
        read(data)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=70))
def test_the_name_of_a_run_is_safe_as_a_file_name(name: str) -> None:
    """It is one part of a path, hidden from nobody, and no option."""
    if is_run(name):
        assert not set(name) & set("/\\.\0 \n")
        assert name[0] not in "-_"
        assert name == name.lower()


def test_a_job_of_before_is_read() -> None:
    """One that was stored when jobs had no nonce yet."""
    values = json.loads(write(JOB))
    del values["nonce"], values["version"]

    assert read(json.dumps(values).encode()) == replace(JOB, nonce="", version="")


def test_a_known_leg_names_its_program() -> None:
    """A leg is known for one program and its files; without a program it can be known, too."""
    known = Known("default", ("x",), None, (), "evidence/x/default-smoke.log")

    assert read(write(replace(JOB, known=(known,)))).known == (known,)
