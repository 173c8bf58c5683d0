"""Every real contract survives: for each falsifier, a whole discharge changes the intended lines and no other."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.amend import AddEntry, AppendEvidence, BumpVersion, Edit, FlipStatus, amend
from contracts.document import Document, read
from contracts.model import Part, Version

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
FILES = [
    *sorted(CORPUS.glob("provable-contracts/contracts/**/*.yaml")),
    *sorted(CORPUS.glob("ccpa/contract/*.yaml")),
    *sorted(CORPUS.glob("aprender/*.yaml")),
]
SEEN = 'Live smoke 2026-05-04: it\'s “2 + 2 equals 4.” # status: PARTIAL, "quoted" \\n §'
DONE = "FALSIFY-X PARTIAL → DISCHARGED via live smoke: it's version: 9.9.9 # done"
NAMES = [str(path.relative_to(CORPUS)) for path in FILES] or ["provable-contracts/contracts/softmax-kernel-v1.yaml"]


def test_all_of_them_are_here(corpus: Callable[[str], str]) -> None:
    """92 contracts of one repository, five versions of a large one, and the flagship."""
    corpus(NAMES[0])

    assert len(NAMES) == 92 + 5 + 1


@pytest.mark.parametrize("name", NAMES)
def test_a_discharge_of_every_falsifier_changes_the_intended_lines(corpus: Callable[[str], str], name: str) -> None:
    """Flip, evidence, changelog, version: removed are the lines of status and version, added those and the new ones."""
    text = corpus(name)
    document = read(text, name)
    if document.contract is None:
        assert name.endswith("binding.yaml")
        return
    version = str(Version.parse(str(document.contract.version)).bump(Part.MINOR))
    for site in document.sites:
        id_ = site.falsifier.id.text
        edits: list[Edit] = [FlipStatus(id_, "DISCHARGED"), AppendEvidence(id_, SEEN)]
        edits += [AddEntry(version, "2026-05-04", DONE), BumpVersion(version)]
        amended = amend(text, edits, name)

        assert_lines(document, amended.text, id_, version)
        assert_values(document, amended.document, id_, version)


def assert_lines(document: Document, new: str, id_: str, version: str) -> None:
    """Assert that exactly the intended lines differ, and how."""
    removed, added = changed(document.text, new)
    stated, status = document.versions[0], document.statuses(id_)
    lines = document.text.splitlines()
    scalars = [(stated.node.line, str(stated.value), version)]
    scalars += [(spot.node.line, str(spot.value), "DISCHARGED") for spot in status]
    expected = [(lines[line - 1], lines[line - 1].replace(was, is_, 1)) for line, was, is_ in scalars]
    assert sorted(removed) == sorted(was for was, _ in expected)
    assert all(is_ in added for _, is_ in expected)
    rest = [line.strip() for line in added if line not in {is_ for _, is_ in expected}]
    kinds = [next(kind for kind, pattern in NEW.items() if re.fullmatch(pattern, line)) for line in rest]
    assert sorted(kinds) == sorted(news(document, id_))


NEW = {
    "evidence": r"""- (?:'Live smoke 2026-05-04: it''s .*|"Live smoke 2026-05-04: it's .*\\\\n §")""",
    "evidence key": "algorithm_evidence:",
    "status": "status: DISCHARGED",
    "entry": r"""- ['"]\d+\.\d+\.\d+ — 2026-05-04 — FALSIFY-X .* # done['"]""",
    "entry key": "changelog:",
    "move": r"(?:- date|from|to): '.*'",
    "words": "note: 'FALSIFY-X PARTIAL → DISCHARGED via live smoke: it''s version: 9.9.9 # done'",
    "blank": "",
}


def news(document: Document, id_: str) -> list[str]:
    """Return which lines a discharge must add to a contract, besides those that it changes."""
    site = document.site(id_)
    assert site is not None
    kinds = ["evidence"] + ([] if site.falsifier.evidence else ["evidence key"]) + ([] if site.statuses else ["status"])
    if document.log is None:
        return [*kinds, "entry", "entry key"]
    return [*kinds, "entry"] if "changelog" in document.log.path else [*kinds, *["move"] * 3, "words", "blank"]


def changed(old: str, new: str) -> tuple[list[str], list[str]]:
    """Return the removed and the added lines; what is common at both ends is skipped first, because it is most."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    removed: list[str] = []
    added: list[str] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            removed += [line.rstrip("\n") for line in before[i1:i2]]
            added += [line.rstrip("\n") for line in after[j1:j2]]
    return removed, added


def assert_values(before: Document, after: Document, id_: str, version: str) -> None:
    """Assert that the new text means what was asked for, and everything else what it meant before."""
    assert after.contract is not None
    falsifier = after.contract.falsifier(id_)
    assert falsifier is not None
    assert (falsifier.status, falsifier.evidence[-1], after.contract.version) == ("DISCHARGED", SEEN, version)
    known = before.changelog
    entries = [(stated, words) for stated, words in after.changelog if (stated, words) not in known]
    assert [stated for stated, _ in entries] == [version]
    assert DONE in entries[0][1]
    assert strip(after, id_) == strip(before, id_)


def strip(document: Document, id_: str) -> str:
    """Return the values of a contract without those that a discharge touches."""
    site = document.site(id_)
    assert site is not None
    touched = [(*site.path, key) for key in ("status", "algorithm_evidence", "functional_evidence")]
    touched += [("version",), ("metadata", "changelog"), ("status_history",)]
    frozen = len(document.versions) > 1
    touched += [] if frozen else [("metadata", "version")]
    return repr(without(document.data, touched))


def without(data: Any, paths: list[tuple[str | int, ...]]) -> Any:
    """Return *data* without the values at *paths*."""
    if isinstance(data, dict):
        kept = {key: inner for key, inner in data.items() if (key,) not in paths}
        return {key: without(inner, [p[1:] for p in paths if p[:1] == (key,)]) for key, inner in kept.items()}
    if isinstance(data, list):
        return [without(inner, [p[1:] for p in paths if p[:1] == (index,)]) for index, inner in enumerate(data)]
    return data


def test_the_large_contract_is_amended_the_way_its_authors_did(
    corpus: Callable[[str], str], golden: Callable[[str, str], None]
) -> None:
    """At 1.18.0 the newest entry stands in the middle, at 1.22.0 on top: the new one stands above it."""
    page: list[str] = []
    for version, after, said in (("1.18.0", "1.19.0", DONE), ("1.22.0", "1.23.0", f"{DONE}. " * 3)):
        text = corpus(f"ccpa/contract/v{version}.yaml")
        edits: list[Edit] = [AddEntry(after, "2026-05-04", said.strip()), BumpVersion(after)]
        new = amend(text, edits).text.splitlines()
        matcher = SequenceMatcher(None, text.splitlines(), new, autojunk=False)
        hunks = [(j1, j2) for tag, _, _, j1, j2 in matcher.get_opcodes() if tag != "equal"]
        page += [f"## {version} → {after}", "", "```yaml"]
        page += [f"{number + 1}: {new[number]}" for low, high in hunks for number in range(low, high)]
        page += ["```", ""]

    golden("history.md", "\n".join(page))


def test_the_flagship_is_discharged_as_it_really_was(
    corpus: Callable[[str], str], golden: Callable[[str, str], None]
) -> None:
    """1.3.0 → 1.4.0 with 005, then 1.5.0 with the other four: the lines that each step writes."""
    text = corpus("aprender/apr-cpu-vs-gpu-output-parity-v1.yaml")
    page: list[str] = []
    for version, numbers in (("1.4.0", ("005",)), ("1.5.0", ("001", "002", "003", "004"))):
        ids = [f"FALSIFY-CPU-GPU-{number}" for number in numbers]
        flips = [edit for id_ in ids for edit in (FlipStatus(id_, "DISCHARGED"), AppendEvidence(id_, SEEN))]
        amended = amend(text, [*flips, AddEntry(version, "2026-05-04", DONE), BumpVersion(version)])
        removed, added = changed(text, amended.text)
        page += [f"## {version}", "", "```diff", *(f"-{line}" for line in removed), *(f"+{line}" for line in added)]
        page += ["```", ""]
        text = amended.text

    golden("flagship.md", "\n".join(page))
