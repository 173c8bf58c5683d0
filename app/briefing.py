"""Results of the App's own commands for the terminal: (JSON values, what rich prints, exit status)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.effect import OpenPull, WriteBranch, WriteCheck, WriteComment, describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.queue.delivery import Parked
    from app.replay import Replayed, Told
    from app.report import Described
    from app.web.setup import Made


def describe_parked(parked: Sequence[Parked]) -> Described:
    """Describe the deliveries that failed too often; status 1 if there are any."""
    rows = [{**asdict(one), "received": _show_time(one.received), "parked": _show_time(one.parked)} for one in parked]
    if not rows:
        return rows, Text("no delivery is parked"), 0
    table = Table("delivery", "event", "repository", "received (UTC)", "attempts", "why", box=None, pad_edge=False)
    for one, row in zip(parked, rows, strict=True):
        words = (one.id, one.event, one.repository, row["received"], str(one.attempts), one.error)
        table.add_row(*(escape(word) for word in words))
    return rows, Group(table, Text("retry  discharge parked --retry ID", style="dim")), 1


def _show_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def describe_replay(replayed: Sequence[Replayed]) -> Described:
    """Describe what came of recorded deliveries: every effect in a line, and what it wrote."""
    rows = [
        {
            "file": one.file,
            "event": one.event,
            "repository": one.repository,
            "ignored": one.ignored or None,
            "effects": [_show_effect(told) for told in one.told],
        }
        for one in replayed
    ]
    return rows, Group(*(part for one in replayed for part in _replayed(one))), 0


def _show_effect(told: Told) -> dict[str, Any]:
    shown: dict[str, Any] = {"does": describe(told.effect)}
    match told.effect:
        case WriteComment() as comment:
            shown |= {"body": _visible(comment.body)}
        case WriteCheck(draft):
            shown |= {"title": draft.title, "summary": draft.summary}
        case OpenPull() as pull:
            shown |= {"title": pull.title, "body": pull.body}
        case WriteBranch() as branch:
            shown |= {"message": branch.message, "diff": told.diff}
    return shown


def _visible(body: str) -> str:
    """Return a comment without the hidden line that it begins with."""
    return body.partition("\n")[2].strip() if body.startswith("<!--") else body


def _replayed(one: Replayed) -> list[Any]:
    what = f"ignored: {one.ignored}" if one.ignored else f"{len(one.told)} effects" if one.told else "nothing to do"
    parts: list[Any] = [Text.assemble((one.file, "bold"), f"  {one.event} of {one.repository}: {what}")]
    for told in one.told:
        does, *texts = _show_effect(told).values()
        parts.append(Text(f"  {does}", style="cyan"))
        parts += [Text("\n".join(f"      {line}" for line in text.rstrip().split("\n"))) for text in texts if text]
    return parts


def describe_app(made: Made) -> Described:
    """Describe the App that was made, and what is left to a person."""
    data = {"settings": str(made.settings), "public_key": made.public, "left": list(made.left)}
    lines = [Text(f"settings    {made.settings}"), Text(f"public key  {made.public}"), Text("left to you:")]
    lines += [Text(f"  {n}. {step}") for n, step in enumerate(made.left, 1)]
    lines.append(Text(f"then        discharge serve --env-file {made.settings}", style="dim"))
    return data, Group(*lines), 0
