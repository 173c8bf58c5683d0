"""The page of the rules: from their docstrings and their examples, with what the check really says."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from app.catalog import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contracts.finding import Finding
    from contracts.rule import Rule
    from tests.rules.example import Example

_HEAD = """\
# The rules

What `discharge check` and the check `discharge` on GitHub ask for. This page is made from the rules and from the
examples that test them: `UPDATE_GOLDEN=1 .venv/bin/python -m pytest tests/rules`.

Only what a change brings in can fail it: what stood before is a notice. `rules` in the configuration gives a rule
another severity (`off`, `notice`, `warning`, `error`), and bears with known findings for a while:

```yaml
rules:
  severity: {"contract/status-off-ladder": warning, "spec/section-gap": "off"}
  suppress:
  - {rule: contract/dangling, path: contracts/old-v1.yaml, until: "2027-01-31", reason: its evidence moved away}
```

The configuration at the base of a change is what acts, so that no change brings in what lets it pass.
"""
_FAMILIES = {
    "config": "The configuration",
    "contract": "Contracts",
    "evidence": "Evidence",
    "file": "Files",
    "follower": "Followers",
    "spec": "Specs",
}


def render(examples: Mapping[str, Example], tell: Callable[[Example], Finding]) -> str:
    """Return the whole page; *tell* plays an example and returns what the rule says of it."""
    parts = [_HEAD]
    family = ""
    for rule in RULES:
        name = rule.id.partition("/")[0]
        if name != family:
            family = name
            parts.append(f"## {_FAMILIES[name]}\n")
        parts.append(_section(rule, examples[rule.id], tell(examples[rule.id])))
    return "\n".join(parts)


def _section(rule: Rule[Any], example: Example, finding: Finding) -> str:
    said = f"{finding.place}: {finding.severity} {finding.message} [{finding.rule}]"
    shown = "\n".join(_show(example, path) for path in _touched(example))
    return f"### `{rule.id}` ({rule.severity})\n\n{rule.text}\n\n{shown}\n```text\n{said}\n```\n\n{_mended(example)}"


def _touched(example: Example) -> list[str]:
    return [path for path, text in example.fails.items() if text != example.before.get(path)]


def _show(example: Example, path: str) -> str:
    """Return one file of the change that fails: whole where it is new, else what changes in it."""
    before, after = example.before.get(path), example.fails[path]
    if before is None and after is not None:
        return f"`{path}`\n\n{_fence(example.languages[path], after)}"
    return f"`{path}`\n\n{_fence('diff', _diff(before, after))}"


def _mended(example: Example) -> str:
    shown = [
        f"`{path}`\n\n{_fence('diff', _diff({**example.before, **example.fails}.get(path), text))}"
        for path, text in example.passes.items()
        if text != example.fails.get(path, example.before.get(path))
    ]
    return "Mended:\n\n" + "\n".join(shown) if shown else "Mended by leaving it as it was.\n"


def _fence(language: str, text: str) -> str:
    fence = "````" if "```" in text else "```"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}\n"


def _diff(before: str | None, after: str | None) -> str:
    if after is None:
        return "(the file is taken away)"
    old, new = ((text or "").splitlines() for text in (before, after))
    lines = list(difflib.unified_diff(old, new, n=1, lineterm=""))[2:]
    return "\n".join("…" if line.startswith("@@") else line for line in lines).removeprefix("…\n")
