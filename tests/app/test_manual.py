"""The help: one table for comments, README and documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.comment.command import read
from app.comment.grammar import COMMANDS
from app.comment.manual import help_text, render_table
from app.schema import CommandsConfig

if TYPE_CHECKING:
    from collections.abc import Callable

ROLES = CommandsConfig().model_dump()
TOPICS = ("", *(form.name for form in COMMANDS))


def test_the_help_is_what_a_person_needs(golden: Callable[[str, str], None]) -> None:
    """All commands with the roles that they need, where they may stand, and how ids are written."""
    golden("help.md", help_text("", ROLES))


def test_the_help_of_one_command_names_its_options(golden: Callable[[str, str], None]) -> None:
    """With a sentence on each."""
    golden("help-discharge.md", help_text("discharge", ROLES))


@pytest.mark.parametrize("topic", TOPICS)
def test_the_help_commands_nothing(topic: str) -> None:
    """Our own words, read as a comment, are no command."""
    text = help_text(topic, ROLES)

    assert read(text) == ()
    assert not any(line.startswith("/") for line in text.splitlines())


def test_a_repository_with_other_roles_reads_its_own() -> None:
    """The table tells what is configured there."""
    assert "| triage |" in render_table(ROLES | {"discharge": "triage"})
