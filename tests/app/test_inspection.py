"""What a person reads of the check `discharge`: a summary for ten seconds, annotations, buttons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bot.inspection import MOST, ROWS, explain, report
from app.github import OUTPUT_LIMIT
from contracts.error import Place
from contracts.finding import Finding
from contracts.rule import Rule, lower
from contracts.standing import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.github import CheckDraft
    from contracts.finding import Severity
    from contracts.rule import Fault

HEAD = "b0bc9d82edca36c046cb4179d8a1dda658e32587"
SPEAK = "contracts/speak-v1.yaml"


def find(rule: str, severity: Severity, line: int, message: str, suggestion: str = "") -> Finding:
    """Return a finding in the contract of the stories."""
    return Finding(rule, severity, Place(SPEAK, line, 3), message, suggestion)


ERROR = find("change/version-kept", "error", 2, "a discharge raises the minor version", "  version: 1.3.0")
WARNING = find("contract/dangling", "warning", 14, "contracts/a|b.yaml is named here, and is not there <!-- @acme/all")
NOTICE = find("contract/unknown-status", "notice", 9, "FUNKTIONAL is not on the ladder")
STOOD = lower(find("contract/duplicate-id", "error", 24, "the id FALSIFY-SPEAK-002 stands more than once"))
BORNE = replace(NOTICE, rule="contract/changelog", message="no entry (borne with until 2027-01-31: old)", borne="old")
MIXED = (ERROR, WARNING, NOTICE, STOOD, BORNE)


def tell(draft: CheckDraft) -> str:
    """Return a check run as one text."""
    notes = [f"{note.level} {note.path}:{note.line} {note.title}\n{note.message}" for note in draft.annotations]
    buttons = [f"[{button.label}] {button.description}" for button in draft.buttons]
    return "\n\n".join([f"{draft.conclusion}: {draft.title}", draft.summary.rstrip(), *notes, *buttons]) + "\n"


@pytest.mark.parametrize("path", ["contracts/\udcff.yaml", "contracts/a\nb.yaml", "contracts/\x1b[2J\u202e.yaml"])
def test_a_path_that_github_cannot_name_is_told_in_the_summary(path: str) -> None:
    """There it is one line, escaped; an annotation would make the whole check impossible to write."""
    odd = replace(ERROR, place=Place(path, 2, 3), message=f"{path} is wrong", suggestion="")
    heard = replace(ERROR, message=f"{path} is wrong")

    draft = report(HEAD, (odd, heard), files=1, looked=(path,))

    assert [note.path for note in draft.annotations] == [SPEAK]
    texts = (draft.summary, *(note.message for note in draft.annotations))
    assert all(text.encode() and "\x1b" not in text and path not in text for text in texts[:1])
    assert all(text.encode() and "\x1b" not in text for text in texts)
    assert "is wrong" in draft.summary


def test_the_summary_is_read_in_ten_seconds(golden: Callable[[str, str], None]) -> None:
    """What comes in is open, errors first; what stood before, what is borne with, and the files are folded."""
    golden("check.md", tell(report(HEAD, MIXED, files=12, looked=(SPEAK, "evidence/speak/receipt.json"))))


@pytest.mark.parametrize(
    ("findings", "looked", "conclusion", "title"),
    [
        ((), (SPEAK,), "success", "contracts, spec and configuration are consistent"),
        ((), (), "neutral", "nothing here is for this check"),
        ((STOOD,), (SPEAK,), "success", "nothing new is wrong; 1 stood before"),
        ((NOTICE, NOTICE), (SPEAK,), "success", "2 notices"),
        ((WARNING,), (SPEAK,), "success", "1 warning"),
        ((ERROR, WARNING, STOOD), (SPEAK,), "failure", "1 error, 1 warning; 1 stood before"),
        ((replace(ERROR, borne="known since March"),), (SPEAK,), "success", "nothing new is wrong"),
        ((ERROR,), (), "failure", "1 error"),
    ],
)
def test_only_an_error_that_comes_in_fails(
    findings: tuple[Finding, ...], looked: tuple[str, ...], conclusion: str, title: str
) -> None:
    """Everything else passes; what no rule looked at is neutral, which a branch protection takes for passed."""
    draft = report(HEAD, findings, files=3, looked=looked)

    assert (draft.status, draft.conclusion, draft.title) == ("completed", conclusion, title)
    assert ("there is nothing to check" in draft.summary) == (conclusion == "neutral")


@pytest.mark.parametrize(
    ("files", "said"),
    [(0, "No file is changed"), (1, "The changed file is no contract"), (7, "None of 7 changed files is a contract")],
)
def test_a_change_that_is_not_for_us_is_told_so(files: int, said: str) -> None:
    """One sentence, and no table; there is nothing to explain."""
    draft = report(HEAD, (), files=files, looked=())

    assert draft.summary.startswith(said)
    assert draft.summary.count("\n") == 0
    assert [button.label for button in draft.buttons] == ["Re-run"]


def test_what_is_left_out_is_counted() -> None:
    """A table has so many rows, the check so many annotations; the rest is a number."""
    many = tuple(replace(ERROR, place=Place(SPEAK, n, 1)) for n in range(1, MOST + 31))

    draft = report(HEAD, many, files=1, looked=(SPEAK,))

    assert len(draft.annotations) == MOST
    assert draft.summary.count("\n| ❌ |") == ROWS
    assert f"… and {len(many) - ROWS} more." in draft.summary
    assert "30 more findings are no annotations" in draft.summary


def test_only_what_the_change_brings_in_is_annotated() -> None:
    """Two hundred old notices stand in the folded table, and not in the diff that somebody reads."""
    old = tuple(lower(replace(ERROR, place=Place(SPEAK, n, 1))) for n in range(1, MOST + 1))

    draft = report(HEAD, (*old, NOTICE, BORNE), files=1, looked=(SPEAK,))

    assert [note.message for note in draft.annotations] == [NOTICE.message]
    assert f"{MOST} findings stood before this change" in draft.summary


def test_each_rule_is_explained_in_its_own_words() -> None:
    """Explain shows the rule's page; one that nobody described yet is named all the same."""
    rule = RULES[0]

    text = explain({rule.id: rule, "spec/new": None})

    assert f"### `{rule.id}`\n\n{rule.text}\n" in text
    assert "### `spec/new`\n\nThis rule has no page yet" in text


def test_many_explanations_stay_within_githubs_limit() -> None:
    """A rule's page is never cut in the middle of a line."""

    def find_nothing(_: object) -> Iterator[Fault]:
        """Words, for a page."""
        return iter(())

    find_nothing.__doc__ = "word " * 200
    rules = {f"family/rule-{n}": Rule(f"family/rule-{n}", "error", find_nothing) for n in range(100)}

    text = explain(rules)

    assert len(text) <= OUTPUT_LIMIT
    assert "more lines are left out" in text


WORDS = st.text(max_size=300) | st.sampled_from(
    ["|", "`", "``` x", "<!-- x", "@acme/all", "#1", "\n| a |", "</details>"]
)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=60), st.lists(WORDS, max_size=60))
def test_whatever_stands_in_a_repository_the_check_is_whole(
    told: list[tuple[str, str, str]], looked: list[str]
) -> None:
    """Any path, sentence and suggestion: within GitHub's limits, one row each, and no table breaks."""
    findings = [Finding("a/b", "error", Place(path, 1), words, fix) for path, words, fix in told]

    draft = report(HEAD, findings, files=1, looked=looked)

    assert len(draft.summary) <= OUTPUT_LIMIT
    rows = [line for line in draft.summary.split("\n") if line.startswith("| ❌ ")]
    assert len(rows) == min(len(told), ROWS)
    assert all(row.endswith("| `a/b` |") for row in rows)
