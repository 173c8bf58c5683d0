"""Real documents, in which one cross-reference is broken at a time: each is found, on its line, by its rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.catalog import IDS
from app.check import check
from tests.drift.drift import DRIFTS

if TYPE_CHECKING:
    from tests.app.conftest import Repo
    from tests.drift.drift import Drift


def test_the_documents_agree_before_anything_drifts(base: Repo) -> None:
    """No finding stands in the way of the others."""
    assert [f for f in check(base.folder, None, "main") if f.severity == "error"] == []


def test_at_least_forty_kinds_drift() -> None:
    """Each by a rule that there is, and under a name of its own."""
    assert len({d.name for d in DRIFTS}) == len(DRIFTS) >= 40
    assert {d.rule for d in DRIFTS} <= IDS


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda d: d.name)
def test_a_drift_is_found(base: Repo, documents: dict[str, str], drift: Drift) -> None:
    """By its rule, on the line at fault, and not as something that stood before."""
    texts = {**documents, drift.path: break_(documents[drift.path], drift)}
    base.git("checkout", "--quiet", "-B", "drift", "main")
    if drift.edits:
        base.commit(drift.name, {drift.path: texts[drift.path]})
    else:
        base.git("rm", "--quiet", drift.path)
        base.git("commit", "--quiet", "-m", drift.name)

    found = check(base.folder, "main", "drift")

    seen = drift.seen or drift.path
    told = [(f.rule, f.place.line) for f in found if f.place.file == seen and not f.stood]
    assert (drift.rule, locate(texts[seen], drift.at)) in told


def break_(text: str, drift: Drift) -> str:
    """Return a document after the drift."""
    for old, new in drift.edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def locate(text: str, at: str) -> int:
    """Return the line of *at*; `at#2` is the second line that holds it."""
    words, _, nth = at.rpartition("#") if at[-2:] in ("#2", "#4") else (at, "", "1")
    lines = [n for n, line in enumerate(text.split("\n"), 1) if words in line]
    return lines[int(nth) - 1]
