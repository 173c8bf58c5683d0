"""What `discharge check` prints for a person at a terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console

from app.report import describe_findings
from contracts.error import Place
from contracts.finding import Finding
from contracts.rule import lower

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PATH = "contracts/speak-v1.yaml"
ERROR = Finding("contract/version-floor", "error", Place(PATH, 4, 3), "a discharge raises it", "  version: 1.3.0")
OLD = lower(Finding("contract/duplicate-id", "error", Place(PATH, 2, 3), "the id [bold]x[/] stands twice", "  id: y"))
WARNING = Finding("contract/dangling", "warning", Place(PATH, 14, 1), "evidence/x is not there")


def show(findings: Sequence[Finding], *, colour: bool = False) -> str:
    """Return what is printed, with the codes of a terminal's colours or without."""
    out = io.StringIO()
    Console(file=out, width=200, force_terminal=colour, highlight=False).print(describe_findings(findings)[1])
    return out.getvalue()


def test_findings_are_listed_for_editors_and_people(golden: Callable[[str, str], None]) -> None:
    """Place first, as compilers write it; the corrected line below; what stood before comes last."""
    golden("check.txt", show((OLD, ERROR, WARNING)))


def test_what_stood_before_is_dimmed() -> None:
    """Neither its sentence nor its corrected line asks for attention."""
    lines = show((OLD, ERROR), colour=True).splitlines()

    dim = [line for line in lines if line.startswith("\x1b[2m")]
    assert ["stands twice" in line or "id: y" in line for line in dim] == [True, True]
    assert not any("\x1b[2m" in line for line in lines if "raises it" in line or "version: 1.3.0" in line)


def test_a_path_is_one_line_of_plain_text() -> None:
    """A line end, an escape sequence and a byte that is no UTF-8 are shown, and do nothing."""
    odd = replace(ERROR, place=Place("contracts/a\nb\x1b[2J\udcff.yaml", 4, 3))

    assert show((odd,)).splitlines()[0].startswith("contracts/a␊b␛[2J\\udcff.yaml:4:3: error ")


def test_only_an_error_ends_with_status_one() -> None:
    """A warning, and what stood before, let a script go on."""
    assert [describe_findings(found)[2] for found in ((ERROR, OLD), (WARNING,), (OLD,), ())] == [1, 0, 0, 0]
