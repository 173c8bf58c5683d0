"""What the rules ask for, told to people: all of them in a table, or one of them whole."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from app.catalog import IDS, RULES, find
from app.glob import matches
from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.report import Described
    from contracts.rule import Rule


def head(rule: Rule[Any]) -> str:
    """Return what a rule asks for, in one line."""
    return rule.text.partition("\n\n")[0].replace("\n", " ")


def describe_rules(ids: Sequence[str]) -> Described:
    """Describe the rules of these ids, or of patterns of ids; every rule where none is named.

    Raises:
        Complaint: no rule is called so.
    """
    rules = list({rule.id: rule for id_ in ids for rule in _demand(id_)}.values()) or list(RULES)
    rows = [{"rule": rule.id, "severity": rule.severity, "asks": head(rule), "text": rule.text} for rule in rules]
    if ids:
        return rows, Group(*(_whole(rule) for rule in rules)), 0
    table = Table("rule", "severity", "asks for", box=None, pad_edge=False)
    for rule in rules:
        table.add_row(rule.id, rule.severity, head(rule))
    return rows, table, 0


def _demand(id_: str) -> list[Rule[Any]]:
    rule = find(id_)
    found = [rule] if rule else [one for one in RULES if matches(one.id, (id_,))]
    if not found:
        near = get_close_matches(id_, sorted(IDS), n=3, cutoff=0.4)
        mend = f"Perhaps {' or '.join(near)}" if near else "`discharge rules` lists them"
        raise Complaint(f"no rule is called “{id_[:60]}”", mend=mend)
    return found


def _whole(rule: Rule[Any]) -> Text:
    return Text.assemble((rule.id, "bold"), f" ({rule.severity})\n\n{rule.text}\n")
