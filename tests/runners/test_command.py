"""Placeholders and environments."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import Complaint
from runners.command import environment, fill

PLACES = {"binary": "target/release/apr", "model": "/models/{binary}.apr", "out": "/tmp/out"}  # noqa: S108 - a text


def test_placeholders_are_filled_in() -> None:
    """Names stand for what they are, values are not looked at again, doubled braces are literal."""
    argv = ["{binary}", "run", "{model}", "--to={out}/x", "{{binary}}", '{{"a": {{}}}}', "{{{out}}}", ""]

    assert fill(argv, PLACES) == (
        "target/release/apr",
        "run",
        "/models/{binary}.apr",
        "--to=/tmp/out/x",
        "{binary}",
        '{"a": {}}',
        "{/tmp/out}",
        "",
    )


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("{modle}", "{modle} is no placeholder in the argument “{modle}”. Known here: {binary}, {model}, {out};"),
        ('{"a": 1}', '{"a": 1} is no placeholder in the argument'),
        ("{}", "{} is no placeholder"),
        ("a}", "a brace stands alone in the argument “a}”"),
        ("{a", "a brace stands alone in the argument “{a”"),
    ],
)
def test_an_unknown_placeholder_is_a_sentence(word: str, sentence: str) -> None:
    """Nothing is passed on that was meant to be filled in."""
    with pytest.raises(Complaint) as caught:
        fill([word], PLACES)

    assert sentence in str(caught.value)
    assert "write literal braces as {{ and }}" in str(caught.value)


def test_without_places_nothing_is_known() -> None:
    """A smoke without a program has no `{binary}`."""
    with pytest.raises(Complaint, match="Known here: none"):
        fill(["{binary}"], {})


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(alphabet="{}ab\n", max_size=10), max_size=3))
def test_doubled_braces_give_any_text(words: list[str]) -> None:
    """Every argument can be written."""
    doubled = [word.replace("{", "{{").replace("}", "}}") for word in words]

    assert fill(doubled, PLACES) == tuple(words)


def test_the_environment_is_an_allow_list() -> None:
    """Programs, libraries and devices are found; secrets are not."""
    inherited = {
        "PATH": "/bin",
        "HOME": "/home/x",
        "LC_ALL": "C",
        "CUDA_VISIBLE_DEVICES": "0",
        "OMP_NUM_THREADS": "2",
        "GITHUB_TOKEN": "secret",
        "PYTHONPATH": "/x",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "CUDA_TOKEN": "secret",
        "LC_SECRET": "secret",
    }

    assert environment(inherited, [("OMP_NUM_THREADS", None), ("PYTHONPATH", "/y"), ("SKIP_PARITY_GATE", None)]) == {
        "PATH": "/bin",
        "HOME": "/home/x",
        "LC_ALL": "C",
        "CUDA_VISIBLE_DEVICES": "0",
        "PYTHONPATH": "/y",
    }
