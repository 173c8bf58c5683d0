"""Every rule finds its example and lets the mended one pass.

The examples stand in the Markdown files beside this one. A heading of level 2 names the rule; the fences below it are
files of a small repository, their first line says which:

    ```yaml before contracts/x-v1.yaml      how it stands before the change (left out: the file is new)
    ```yaml fails contracts/x-v1.yaml:7     how the change makes it; the rule must find something on line 7
    ```yaml passes contracts/x-v1.yaml      how a change makes it that the rule has nothing against
    ```text fails evidence/a/log.txt gone   the change takes the file away
    ```text finds contracts/x-v1.yaml:9     the finding stands in a file that the change does not touch
    ```text history                         subjects of the commits before all that, a line each

A file that is not named under `fails` or `passes` stays as it was before. Without a `.github/discharge.yml` of its own
an example has one that names `contracts/**/*.yaml`, and the spec `docs/spec.md` where the example has it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.catalog import RULES
from tests.rules.example import Play, read_all, touch
from tests.rules.page import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.finding import Finding
    from tests.app.conftest import Repo

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"
EXAMPLES = read_all()
IDS = sorted(rule.id for rule in RULES)


def test_every_rule_has_an_example_and_every_example_a_rule() -> None:
    """What has no example could be broken for ever."""
    assert sorted(EXAMPLES) == IDS


@dataclass(frozen=True)
class Played:
    """What the check finds in the change that fails, in the mended one, and in a harmless edit after the first."""

    fails: tuple[Finding, ...]
    passes: tuple[Finding, ...]
    later: tuple[Finding, ...]


@pytest.fixture(scope="session")
def play(tmp_path_factory: pytest.TempPathFactory, new_repo: type[Repo]) -> Callable[[str], Played]:
    """How to play the example of a rule; each is played once for all tests."""

    @cache
    def played(id_: str) -> Played:
        example = EXAMPLES[id_]
        play = Play(new_repo(tmp_path_factory.mktemp("rule") / "repo"), example)
        fails = play.change("fails", example.fails)
        path = example.finds[0]
        path = f"{path.rpartition('/')[0]}/notes.txt" if path.endswith(".json") else path  # JSON has no comments
        text = {**example.before, **example.fails, **({path: ""} if path.endswith(".txt") else {})}.get(path)
        later = play.change("later", {path: touch(path, text)}, base="fails") if text is not None else ()
        return Played(fails, play.change("passes", example.passes), later)

    return played


@pytest.mark.parametrize("id_", sorted(set(IDS) & set(EXAMPLES)))
class TestExample:
    """What the page of the rules shows happens."""

    def test_the_breach_is_found_on_its_line(self, play: Callable[[str], Played], id_: str) -> None:
        """By its rule, where the example says."""
        found = [f for f in play(id_).fails if f.rule == id_ and not f.stood]

        assert (found[0].place.file, found[0].place.line) == EXAMPLES[id_].finds

    def test_the_mended_change_passes(self, play: Callable[[str], Played], id_: str) -> None:
        """The rule has nothing to say, and no other an error."""
        found = play(id_).passes

        assert [f for f in found if (f.rule == id_ and not f.stood) or f.severity == "error"] == []

    def test_what_stood_before_fails_no_later_change(self, play: Callable[[str], Played], id_: str) -> None:
        """A harmless edit of the very file that breaks the rule, where it is still there."""
        assert [f for f in play(id_).later if f.rule == id_ and f.severity != "notice"] == []


def test_the_page_of_the_rules_is_theirs(play: Callable[[str], Played]) -> None:
    """Every section is a docstring and an example, with the sentence that the check says of it."""
    page = render(EXAMPLES, lambda example: next(f for f in play(example.rule).fails if f.rule == example.rule))

    if os.environ.get("UPDATE_GOLDEN") == "1":
        PAGE.write_text(page, encoding="utf-8")
    assert page == PAGE.read_text(encoding="utf-8")
