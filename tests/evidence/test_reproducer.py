"""Command lines that paste back into a shell."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.reproducer import reproduce

SAY = "import sys; sys.stdout.buffer.write(repr(sys.argv[1:]).encode('ascii', 'backslashreplace'))"
ARGUMENT = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def test_a_plain_command_stays_plain() -> None:
    """What needs no quotes gets none."""
    argv = ("target/release/apr", "run", "m.apr", "--prompt", "What is 2+2?", "--temperature", "0.0")

    assert reproduce(argv) == "target/release/apr run m.apr --prompt 'What is 2+2?' --temperature 0.0"


def test_variables_are_set_and_removed() -> None:
    """The smoke's variables come first, removed ones before given ones."""
    env = (("A", "x y"), ("SKIP_PARITY_GATE", None), ("odd name", "1"))

    assert reproduce(("prog", "x"), env) == "env -u SKIP_PARITY_GATE A='x y' 'odd name=1' prog x"


@pytest.mark.parametrize(
    ("program", "line"),
    [
        ("if", "'if' x"),
        ("a=b", "'a=b' x"),
        ("a b=c", "'a b=c' x"),
        ("", "'' x"),
    ],
)
def test_a_program_is_no_keyword_and_no_assignment(program: str, line: str) -> None:
    """The shell must take the first word for a program whatever it looks like."""
    assert reproduce((program, "x")) == line


def test_an_odd_program_is_no_variable_of_env() -> None:
    """`env` would take a program with an equals sign for a variable; a small shell stands between."""
    assert reproduce(("a=b", "x"), (("V", None),)) == 'env -u V sh -c \'exec "$0" "$@"\' a=b x'


@settings(deadline=None, max_examples=40)
@given(st.lists(ARGUMENT, max_size=4), st.booleans())
def test_pasting_gives_the_same_arguments(arguments: list[str], with_env: bool) -> None:  # noqa: FBT001 - Hypothesis gives it
    """A real shell hands the program exactly the arguments that the leg had."""
    shell = shutil.which("bash") or "sh"
    env = (("X_Y", "a 'b'"), ("PYTHONSTARTUP", None)) if with_env else ()
    line = reproduce((sys.executable, "-X", "utf8", "-S", "-c", SAY, *arguments), env)

    done = subprocess.run([shell], input=line.encode(), capture_output=True, check=True)

    assert done.stdout.decode() == repr(arguments).encode("ascii", "backslashreplace").decode()
