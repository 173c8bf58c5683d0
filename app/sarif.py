"""Findings as SARIF 2.1.0, the form in which code-scanning services and editors take them."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from app.catalog import RULES
from app.report import describe_findings
from contracts.rule import STOOD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.report import Described
    from contracts.finding import Finding
    from contracts.rule import Rule

    Json = dict[str, Any]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "notice": "note"}
_LINK = re.compile(r"\[(?=[^\[\]]{0,2000}\]\()")
"""Where a reader would see the beginning of a link in a message."""


def describe(findings: Sequence[Finding]) -> Described:
    """Describe what the rules found for machines as SARIF; for people, and with the status, as everywhere."""
    _, shown, status = describe_findings(findings)
    return render(findings, RULES), shown, status


def render(findings: Sequence[Finding], rules: Iterable[Rule[Any]]) -> Json:
    """Return the log of one run of this program, as JSON values.

    Every rule stands in it, whether it found something or not, so that a reader knows what was asked.
    """
    known: dict[str, Json] = {rule.id: _describe(rule) for rule in rules}
    known |= {f.rule: {"id": f.rule} for f in findings if f.rule not in known}
    places = {id_: n for n, id_ in enumerate(known)}
    driver = {"name": "discharge", "version": version("discharge"), "rules": list(known.values())}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "discharge/"},
        "columnKind": "unicodeCodePoints",
        "results": [
            {"ruleId": f.rule, "ruleIndex": places[f.rule], **_tell(f), **_recognise(f, n)}
            for f, n in _number(findings)
        ],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _describe(rule: Rule[Any]) -> Json:
    """Return a rule for a reader: its first paragraph is the short description, the whole text is its help."""
    paragraphs = [" ".join(part.split()) for part in rule.text.split("\n\n") if part.strip()]
    whole = {"text": "\n\n".join(paragraphs) or rule.id}
    return {
        "id": rule.id,
        "shortDescription": {"text": paragraphs[0] if paragraphs else rule.id},
        "fullDescription": whole,
        "help": {**whole, "markdown": rule.text or rule.id},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.id.partition("/")[0]]},
    }


def _tell(finding: Finding) -> Json:
    """Return level, sentence, place and corrected line of a finding; a file as a whole is told by its first line."""
    told: Json = {"level": _LEVELS[finding.severity], "message": {"text": _escape(finding.message)}}
    place = finding.place
    if place.file:
        column = {"startColumn": place.column} if place.column else {}
        region = {"startLine": max(place.line, 1), **column}
        told["locations"] = [{"physicalLocation": {"artifactLocation": _locate(finding), "region": region}}]
    if place.file and place.line and finding.suggestion:
        told["fixes"] = [_fix(finding)]
    if finding.borne:
        told["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.borne}]
    return told


def _fix(finding: Finding) -> Json:
    """Return the corrected line; a region without columns is a whole line without its end."""
    replacement = {
        "deletedRegion": {"startLine": finding.place.line},
        "insertedContent": {"text": finding.suggestion},
    }
    change = {"artifactLocation": _locate(finding), "replacements": [replacement]}
    return {"description": {"text": "The line as it should be."}, "artifactChanges": [change]}


def _locate(finding: Finding) -> Json:
    return {"uri": quote(finding.place.file, errors="surrogateescape"), "uriBaseId": "%SRCROOT%"}


def _number(findings: Iterable[Finding]) -> Iterable[tuple[Finding, int]]:
    """Yield each finding with how often the same stood before it in the same file: 1 for the first."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for finding in findings:
        same = (finding.rule, finding.place.file, _say(finding))
        seen[same] += 1
        yield finding, seen[same]


def _recognise(finding: Finding, number: int) -> Json:
    """Return by what a finding is recognised in the next run: no line number is part of it, so that lines may move.

    The first name is ours, the second the only one that GitHub looks at.
    """
    same = "\n".join((finding.rule, finding.place.file, _say(finding))).encode("utf-8", "surrogatepass")
    digest = f"{hashlib.sha256(same).hexdigest()[:32]}:{number}"
    return {"partialFingerprints": {"finding/v1": digest, "primaryLocationLineHash": digest}}


def _say(finding: Finding) -> str:
    """Return the sentence of a finding without what only says how it is weighed."""
    return finding.message.removesuffix(STOOD).partition(" (borne with until ")[0]


def _escape(text: str) -> str:
    """Return a sentence so that a reader of SARIF sees no placeholder and no link in it."""
    return _LINK.sub(r"\\[", text.replace("{", "{{").replace("}", "}}"))
