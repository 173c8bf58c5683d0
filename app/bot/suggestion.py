"""The corrected line where the diff shows the wrong one, to be taken by a click: comments of one review. Pure.

A comment says by a hidden mark what it is about. With that and its author it is found again, so that nothing is said
twice.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING

from app.github import Remark
from evidence.quote import code, show
from spec.escape import inline
from spec.sentence import clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from app.github import Thread
    from contracts.finding import Finding

MOST = 20
"""How many lines of one change are suggested; a change that needs more is wrong in another way."""
_WORDS = 1000
_MARK = re.compile(r"<!-- discharge:suggestion v1 ([0-9a-f]{32}:[0-9]{1,6}) -->(?:\r?\n|\Z)")
_TICKS = re.compile("`+")


def select(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that ask to be mended in this change and say how, in one line that shows all that it is."""
    asked = (f for f in findings if f.severity != "notice" and not f.stood and not f.borne and f.place.line)
    return tuple(f for f in asked if f.suggestion and not {"\n", "\r"} & set(f.suggestion) and _is_plain(f.suggestion))


def _is_plain(line: str) -> bool:
    """Return whether a line holds nothing that is not seen: a reader takes what he sees."""
    return show(line) == line


def suggest(
    findings: Sequence[Finding], files: Mapping[str, bytes], shown: Mapping[str, Sequence[range]]
) -> tuple[Remark, ...]:
    """Return a comment for each of these findings whose line the diff shows, one a line, the gravest first.

    Args:
        findings: what `select` left.
        files: path → content after the change.
        shown: path → the lines of that content that the diff shows, 1-based.
    """
    remarks: dict[tuple[str, int], Remark] = {}
    seen: Counter[str] = Counter()
    for finding in findings:
        path, line = finding.place.file, finding.place.line
        now = _line(files.get(path, b""), line)
        visible = any(line in lines for lines in shown.get(path, ()))
        if visible and now not in (None, finding.suggestion) and (path, line) not in remarks:
            digest = _digest(finding, now or "")
            seen[digest] += 1
            remarks[path, line] = Remark(path, line, _write(finding, f"{digest}:{seen[digest]}"))
    return tuple(remarks.values())[:MOST]


def _line(content: bytes, number: int) -> str | None:
    """Return a line, None where there is none, it is no text, or it ends as on Windows: that end would be lost."""
    lines = content.removesuffix(b"\n").split(b"\n")
    try:
        text = lines[number - 1].decode("utf-8")
    except (IndexError, UnicodeDecodeError):
        return None
    return None if text.endswith("\r") else text


def sift(remarks: Sequence[Remark], threads: Sequence[Thread]) -> tuple[Remark, ...]:
    """Return the comments that are not there yet, and that no open one of ours at the same line stands in for.

    What was said once is not said again, whether somebody resolved it, or the line moved; nobody is asked twice.
    """
    own = [thread for thread in threads if thread.own]
    said = {found[1] for thread in own if (found := _MARK.match(thread.body))}
    taken = {(thread.path, thread.line) for thread in own if not thread.resolved}
    return tuple(r for r in remarks if (r.path, r.line) not in taken and not said & set(_MARK.findall(r.body)))


def introduce(count: int) -> str:
    """Return what stands above the comments of a review."""
    lines = "one line" if count == 1 else f"{count} lines"
    return f"The check `discharge` says how {lines} of this change should read; a click takes a suggestion."


def _digest(finding: Finding, now: str) -> str:
    parts = (finding.rule, finding.place.file, now, finding.suggestion)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _write(finding: Finding, mark: str) -> str:
    """Return a comment: its mark, the sentence, and the line in a fence that nothing in it can close."""
    return "\n".join([f"<!-- discharge:suggestion v1 {mark} -->", *_tell(finding), *_fence(finding.suggestion)])


def _tell(finding: Finding) -> Iterator[str]:
    yield f"{inline(clip(finding.message, _WORDS))} ({code(finding.rule)})"
    yield ""


def _fence(line: str) -> Iterator[str]:
    ticks = "`" * max(3, *(len(run) + 1 for run in _TICKS.findall(line)), 0)
    yield f"{ticks}suggestion"
    yield line
    yield ticks
