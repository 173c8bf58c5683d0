"""What is asked of a contract and of a change to it: every rule once broken and once kept."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from contracts.document import read
from contracts.model import Ladder, Part
from contracts.policy import Policy
from contracts.rules import RULES, check, check_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.finding import Finding

AS_IT_STANDS = {rule.id for rule in RULES if rule.standing}
TEXT = """\
metadata:
  kind: schema
  version: 1.3.0  # the version
  changelog:
  - '1.3.0 — 2026-05-03 — before'
equations:
  e:
    formula: cosine >= 0.99
falsification_tests:
- id: F-1
  rule: r
  status: FUNCTIONAL
  algorithm_evidence: [one]
"""
DONE = (
    TEXT.replace("version: 1.3.0", "version: 1.4.0")
    .replace("  - '1.3.0", "  - '1.4.0 — 2026-05-04 — after'\n  - '1.3.0")
    .replace("FUNCTIONAL", "DISCHARGED")
    .replace("[one]", "[one, two]")
)


def changed(before: str | None, after: str, policy: Policy | None = None) -> tuple[Finding, ...]:
    """Return the findings of a change, without those about how the contract stands."""
    was = read(before, "c.yaml") if before is not None else None
    found = check_change(was, read(after, "c.yaml"), policy or Policy(), Ladder())
    return tuple(finding for finding in found if finding.rule not in AS_IT_STANDS)


def page(findings: tuple[Finding, ...]) -> str:
    """Return findings as people read them."""
    lines = [
        f"{f.severity} {f.rule} at {f.place}: {f.message}" + f"\n> {f.suggestion}" * bool(f.suggestion)
        for f in findings
    ]
    return "".join(f"{line}\n" for line in lines) or "nothing\n"


def test_a_contract_in_order_has_no_findings() -> None:
    """Neither as it stands nor when it is discharged properly."""
    assert check(read(TEXT), Ladder()) == ()
    assert changed(TEXT, DONE) == ()
    assert changed(TEXT, TEXT) == ()
    assert changed(None, TEXT) == ()
    assert check(read("# comments only\n"), Ladder()) == ()


STANDING = {
    "no version": "metadata: {}\n",
    "an empty version": "metadata:\n  version:\n",
    "a version that is none": "metadata:\n  version: draft\n",
    "two versions": "metadata: {version: 1.2.0}\nversion: 1.3.0\n",
    "one version twice": "metadata: {version: 1.3.0}\nversion: 1.3.0\n",
    "an id three times": "version: 1.0.0\nfalsification_tests:\n- id: F-1\n- id: F-1\n- id: F-2\n- id: F-1\n",
    "two statuses": (
        "version: 1.0.0\nfalsification_tests:\n- id: F-1\n  status: FUNCTIONAL\n"
        "  algorithm_evidence:\n    status: DISCHARGED\n- {id: F-2, status: FUNCTIONAL, discharge_status: FUNCTIONAL}\n"
    ),
    "statuses off the ladder": "version: 1.0.0\nfalsification_tests:\n"
    + "".join(f"- {{id: F-{number}, status: PLANNED_M{number % 7}}}\n" for number in range(9)),
}


def test_what_is_wrong_with_a_contract_is_said(golden: Callable[[str, str], None]) -> None:
    """One page of all the rules about a contract as it stands."""
    parts = [f"## {name}\n\n```\n{page(check(read(text, 'c.yaml'), Ladder()))}```\n" for name, text in STANDING.items()]

    golden("standing.md", "\n".join(parts))


CHANGES = {
    "a discharge without a bump": DONE.replace("version: 1.4.0", "version: 1.3.0"),
    "a discharge with too small a bump": DONE.replace("version: 1.4.0", "version: 1.3.1").replace("'1.4.0", "'1.3.1"),
    "a version that moved back": TEXT.replace("1.3.0  #", "1.2.0  #"),
    "a version that is gone": DONE.replace("version: 1.4.0", "author: x"),
    "a version that became a word": TEXT.replace("1.3.0  #", "draft  #"),
    "a bound that was loosened, and another change": DONE.replace("0.99", "0.9").replace("rule: r", "rule: s"),
    "two formulas": DONE.replace("formula: cosine >= 0.99", "formula: x\n  f:\n    formula: y").replace(
        "1.4.0", "1.3.0"
    ),
    "a bump without an entry": TEXT.replace("1.3.0  #", "1.4.0  #"),
    "a discharge without evidence": DONE.replace("[one, two]", "[one]"),
    "a discharge with other evidence": DONE.replace("[one, two]", "[two]"),
    "a falsifier that is born discharged": TEXT + "- {id: F-2, status: DISCHARGED, evidence: []}\n",
    "no contract any more": "version: 1.4.0\n",
    "a file of comments": "# gone\n",
}


def test_what_is_wrong_with_a_change_is_said(golden: Callable[[str, str], None]) -> None:
    """One page of all the rules about a change, with the corrected line where there is one."""
    parts = [f"## {name}\n\n```\n{page(changed(TEXT, text))}```\n" for name, text in CHANGES.items()]

    golden("change.md", "\n".join(parts))


@pytest.mark.parametrize(
    ("after", "line", "suggestion"),
    [
        ("metadata:\n  version: '1.3.0' # c\nversion: 1.4.0\n", 2, "  version: '1.4.0' # c"),
        ("metadata:\n  version: '1.4.0' # c\nversion: 1.3.0\n", 3, "version: 1.4.0"),
        ("metadata:\n  version: '1.3.0' # c\nversion: next\n", 2, ""),
    ],
)
def test_two_versions_that_agreed_go_on_agreeing(after: str, line: int, suggestion: str) -> None:
    """The one that was left behind is at fault."""
    before = "metadata:\n  version: '1.3.0' # c\nversion: 1.3.0\n"

    found = [finding for finding in changed(before, after) if finding.rule == "contract/version-apart"]

    assert [(finding.place.line, finding.suggestion) for finding in found] == [(line, suggestion)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("metadata: {version: 1.2.0}\nversion: 1.3.0\n", "metadata: {version: 1.2.0}\nversion: 1.4.0\n"),
        ("metadata: {version: 1.3.0}\nversion: 1.3.0\n", "metadata: {version: 1.4.0}\nversion: 1.4.0\n"),
        ("metadata: {version: 1.3.0}\nversion: 1.3.0\n", "metadata: {}\nversion: 1.4.0\n"),
        ("metadata: {version: draft}\n", "metadata: {version: drafted}\nequations: {e: x}\n"),
        ("metadata: {}\n", "metadata: {version: 1.0.0}\nequations: {e: x}\n"),
        ("metadata: {version: 1.0.0}\n", "metadata: {version: 1.1.0, changelog: []}\n"),
        ("# no contract yet\n", "metadata: {version: 0.1.0}\nfalsification_tests: [{id: F-1, status: DISCHARGED}]\n"),
    ],
)
def test_what_a_change_did_not_introduce_is_no_finding(before: str, after: str) -> None:
    """A frozen second version, a version that never was one, a contract that is new."""
    assert changed(before, after) == ()


def test_the_floor_is_the_repository_s_own() -> None:
    """With a policy that asks for a patch, a patch will do."""
    after = DONE.replace("version: 1.4.0", "version: 1.3.1").replace("'1.4.0", "'1.3.1")

    assert changed(TEXT, after, Policy(discharge=Part.PATCH)) == ()
    assert changed(TEXT, TEXT.replace("rule: r", "rule: s"), Policy(wording=Part.PATCH))[0].message == (
        "the version is still 1.3.0, and this change asks for at least 1.3.1 (patch): F-1 rule was changed: “r” → “s”"
    )


def test_a_version_broken_over_lines_gets_no_suggestion() -> None:
    """A suggestion is one line."""
    before = "metadata:\n  kind: schema\n  version: |\n    1.3.0\nequations: {}\n"

    found = changed(before, before.replace("{}", "{e: x}"))

    assert [(finding.rule, finding.suggestion) for finding in found] == [("contract/version-floor", "")]


def test_real_history_breaks_no_rule_of_a_change(corpus: Callable[[str], str]) -> None:
    """Four real bumps of the large contract: each moved its version and wrote its entry."""
    names = [f"ccpa/contract/v1.{minor}.0.yaml" for minor in range(18, 23)]
    documents = [read(corpus(name), name) for name in names]

    found = [f for pair in pairwise(documents) for f in check_change(*pair, Policy(), Ladder())]

    assert {f.severity for f in found} == {"notice"}


def test_real_contracts_have_few_findings(corpus: Callable[[str], str]) -> None:
    """The large one has a frozen version, statuses of its own, a number that nobody raised; the flagship nothing."""
    large = check(read(corpus("ccpa/contract/v1.22.0.yaml")), Ladder())
    flagship = check(read(corpus("aprender/apr-cpu-vs-gpu-output-parity-v1.yaml")), Ladder())

    assert [(finding.severity, finding.rule) for finding in large] == [
        ("notice", "contract/version-places"),
        ("notice", "contract/status-off-ladder"),
        ("warning", "contract/counter-stale"),
    ]
    assert flagship == ()
