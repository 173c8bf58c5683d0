"""What the rules say of real contracts as they stand, and of changes to them that people would call harmless.

Why the findings in `golden/corpus-findings.txt` remain, line by line:

* `version-places`: the large contract keeps `metadata.version` at 1.2.0 on purpose while the top one moves: a notice.
* `status-off-ladder`: its falsifiers are PLANNED_M1 … OPEN, steps of milestones and not of the ladder: a notice.
* `counter-stale`: its comment says “the 12 falsifiable gates”, and thirteen stand below it, in all five versions. It is
  wrong, and the only warning of all.
* `formal-twice`: two obligations, about two scalers, have the same formal statement. `pv` warns of it, too
  (SCHEMA-006), and its owners call the contract valid: a notice.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contracts.amend import AddEntry, AppendEvidence, BumpVersion, Edit, FlipStatus, amend
from contracts.document import Document, read
from contracts.model import Ladder, Part, Version
from contracts.policy import Policy
from contracts.rules import check, check_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from contracts.finding import Finding

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
FILES = [
    *sorted(CORPUS.glob("provable-contracts/contracts/**/*.yaml")),
    *sorted(CORPUS.glob("ccpa/contract/*.yaml")),
    *sorted(CORPUS.glob("aprender/*.yaml")),
]
NAMES = [str(path.relative_to(CORPUS)) for path in FILES] or ["provable-contracts/contracts/softmax-kernel-v1.yaml"]
HARMLESS: dict[str, Callable[[str], str]] = {
    "a comment at the end": lambda text: f"{text.rstrip()}\n# looked at again\n",
    "a comment at the top": lambda text: f"# looked at again\n{text}",
    "an empty line": lambda text: f"\n{text}",
    "line ends of another system": lambda text: text.replace("\n", "\r\n"),
    "a field that no rule knows": lambda text: f"{text.rstrip()}\nlooked_at: 'again'\n",
}


def tell(findings: tuple[Finding, ...]) -> list[str]:
    """Return findings a line each, with the corrected line where there is one."""
    return [
        f"{f.severity} {f.rule} {f.place}: {f.message}" + f" > {f.suggestion}" * bool(f.suggestion) for f in findings
    ]


def test_what_remains_on_real_contracts_was_looked_at(
    corpus: Callable[[str], str], golden: Callable[[str, str], None]
) -> None:
    """Of 98 files, five versions of one contract and one other have findings, explained at the top of this file."""
    lines = [line for name in NAMES for line in tell(check(read(corpus(name), name), Ladder()))]

    golden("corpus-findings.txt", "".join(f"{line}\n" for line in lines))


def weigh(before: Document, after: Document) -> list[str]:
    """Return what a change brings in that is more than a notice."""
    return tell(tuple(f for f in check_change(before, after, Policy(), Ladder()) if f.severity != "notice"))


@pytest.mark.parametrize("name", NAMES)
def test_a_harmless_edit_brings_nothing_in(corpus: Callable[[str], str], name: str) -> None:
    """Comments, spaces, line ends, a field of somebody's own."""
    text = corpus(name)
    before = read(text, name)

    brought = {what: weigh(before, read(edit(text), name)) for what, edit in HARMLESS.items()}

    assert brought == {what: [] for what in HARMLESS}


@pytest.mark.parametrize("name", NAMES)
def test_a_discharge_as_the_program_writes_it_brings_nothing_in(corpus: Callable[[str], str], name: str) -> None:
    """Of the first falsifier of every contract, and of the last: what stood wrong before does not block it either."""
    before = read(corpus(name), name)
    assert before.contract is not None or name.endswith("binding.yaml")
    sites = before.sites
    for site in {sites[0].path: sites[0], sites[-1].path: sites[-1]}.values() if sites else ():
        id_, stated = site.falsifier.id.text, str(before.contract.version if before.contract else "")
        version = str(Version.parse(stated).bump(Part.MINOR))
        edits: list[Edit] = [FlipStatus(id_, "DISCHARGED"), AppendEvidence(id_, "Live smoke: it held")]
        edits += [AddEntry(version, "2027-05-04", "discharged"), BumpVersion(version)]

        assert weigh(before, amend(before.text, edits, name).document) == []
