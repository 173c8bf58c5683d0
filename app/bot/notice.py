"""What is told of one run, in the status comment and in its check run: one text for both. Pure."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.bot.identity import render as render_identity
from app.bot.inspection import clip_lines
from app.bot.sticky import Entry
from app.github import Button, CheckDraft, Conclusion
from contracts.group import group
from contracts.model import FalsifierId
from evidence.findings import tabulate
from evidence.model import Falsified, Held, NotMeasured, word
from evidence.quote import code, fence
from runners.engine.model import Running
from spec.escape import inline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.bot.identity import Identity
    from evidence.model import Verdict
    from runners.engine.model import Queued

WAITING, RUNNING = "waiting", "running"
"""The states of a run that has not ended; one may wait for something that is named."""
CANCEL = Button("Cancel", "Stop this run; nothing is judged", "cancel")
RETRY = Button("Run again", "The same falsifiers, the same commit", "retry")
ENTRY_LIMIT = 24_000
"""How long one run's part of the status comment may be, in characters."""
End = Conclusion | Literal[""]
_REWORD = (
    "The defect that this promise guards against is gone, so that it was neither kept nor broken: its status stays. "
    "Reword the promise, and what the smoke predicts of it, to what is true now."
)
_STANDING = re.compile(r"^- (?:Waits|Waiting|Runs) (?:for|on) .*$", re.MULTILINE)
"""The line that tells how it stands with a run that has not ended."""
_GONE = re.compile(rf"^\*\*(FALSIFY-[^\s*]{{1,200}}) not measured\*\*: [^\n]*\n\n{re.escape(_REWORD)}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Notice:
    """A run's state in a few words, and lines of Markdown; *end* is how its check ends, empty while it goes on."""

    state: str
    lines: tuple[str, ...]
    end: End = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """What the same logs say of promises nobody asked about.

    *also* hold and could be discharged; *needs* are (falsifier, legs that did not run, seconds those took
    last time, None if nobody knows).
    """

    also: tuple[str, ...] = ()
    needs: tuple[tuple[str, tuple[str, ...], float | None], ...] = ()


def name_check(smoke: str) -> str:
    """Return the name of the check runs of a smoke."""
    return f"discharge smoke {smoke}"


def enter(identity: Identity, notice: Notice) -> Entry:
    """Return the run's part of the status comment."""
    title = f"{code(identity.command)} by {inline(identity.asker)}"
    return Entry(identity.run, title, notice.state, tuple(clip_lines(notice.lines, ENTRY_LIMIT).split("\n")))


def draft_check(identity: Identity, notice: Notice, key: bytes) -> CheckDraft:
    """Return the run's check run; its text carries the identity, which only the app can have written."""
    return CheckDraft(
        name=name_check(identity.smoke),
        head=identity.commit,
        key=identity.run,
        status="completed" if notice.end else "queued",
        conclusion=notice.end,
        title=f"{group(identity.ids)}: {notice.state}"[:250],
        summary=clip_lines(notice.lines),
        text=render_identity(identity, key),
        buttons=notice.buttons if identity.number else (),  # a pressed button is answered where the run was asked for
    )


def wait(identity: Identity, legs: Sequence[tuple[str, tuple[str, ...]]], place: int, labels: Sequence[str]) -> Notice:
    """Tell that a run is waiting: commit, command lines, runner, place in the queue (0: nobody is before it)."""
    machine = f"a machine with the labels {', '.join(map(code, labels))}" if labels else "a free slot of the engine"
    queue = f", behind {place} other run{'s' if place > 1 else ''}" if place else ", next in the queue"
    commands = [fence("\n".join(shlex.join(argv) for _, argv in legs), "bash")] if legs else []
    lines = [*_about(identity), f"- Waits for {machine}{queue}; at most {identity.reserved} of it"]
    return Notice(WAITING, (*lines, "", *commands), buttons=(CANCEL,))


@dataclass(frozen=True, slots=True)
class Moved:
    """How it stands with a run that goes on: its state in a few words, and the line about it."""

    state: str
    line: str
    works: bool

    def amend(self, text: str) -> str:
        """Return a text with this line in the place of the one that tells how it stood; without one, as it was."""
        return _STANDING.sub(lambda _: self.line, text, count=1)


def move(identity: Identity, state: Queued | Running, labels: Sequence[str]) -> Moved:
    """Tell how it stands with a run that goes on; *labels* are those that its machine must have."""
    machine = f"a machine with the labels {', '.join(map(code, labels))}" if labels else "a machine"
    if isinstance(state, Running):
        return Moved(RUNNING, f"- Runs on {machine}; at most {identity.reserved} of it", works=True)
    if not state.missing:
        queue = ", next in the queue" if state.place == 1 else f", number {state.place} in the queue"
        return Moved(WAITING, f"- Waits for {machine}{queue}; at most {identity.reserved} of it", works=False)
    named = ", ".join(map(code, state.missing))
    line = f"- Waiting for {named}: no machine with these labels is online, and nothing is spent. It goes on by itself"
    return Moved(f"{WAITING} for {named}", f"{line} once one is, within 24 hours", works=False)


def is_open(state: str) -> bool:
    """Return whether a state that is told is that of a run without an end, or none at all."""
    return state in {"", WAITING, RUNNING} or state.startswith(f"{WAITING} for ")


def judge(identity: Identity, verdicts: Sequence[Verdict], offer: Offer, told: Sequence[str]) -> Notice:
    """Tell what a run came to; *told* are lines about what became of it, a pull request say."""
    end = _end(verdicts)
    lines = [*_about(identity), *_verdicts(verdicts), "", *told, *_offer(offer)]
    return Notice(_words(verdicts), tuple(lines), end, (RETRY,) if end != "success" else ())


def stop(identity: Identity, state: str, why: str, end: Conclusion) -> Notice:
    """Tell that a run ended without a verdict, and why; a run that measured nothing is never green."""
    return Notice(state, (*_about(identity), f"- {why}"), end, (RETRY,))


def _about(identity: Identity) -> list[str]:
    where = f"a trial: {inline(identity.trial)}" if identity.trial else "on the default branch"
    return [
        f"- {group(identity.ids)} by smoke {code(identity.smoke)}",
        f"- Commit {code(identity.commit)}, {where}",
    ]


def _end(verdicts: Sequence[Verdict]) -> Conclusion:
    """Return how the check ends: only what held entirely is green, and nothing unmeasured is red."""
    if any(isinstance(v, Falsified) for v in verdicts):
        return "failure"
    return "success" if verdicts and all(isinstance(v, Held) for v in verdicts) else "neutral"


def _words(verdicts: Sequence[Verdict]) -> str:
    kinds = dict.fromkeys(word(v) for v in verdicts)
    counts = [(kind, sum(word(v) == kind for v in verdicts)) for kind in kinds]
    return ", ".join(kind if len(counts) == 1 else f"{n} {kind}" for kind, n in counts) or "nothing was judged"


def _verdicts(verdicts: Sequence[Verdict]) -> list[str]:
    """Return verdict and table of each falsifier; tables of what held are folded."""
    lines = []
    for verdict in verdicts:
        reason = f": {inline(verdict.reason)}" if isinstance(verdict, NotMeasured) else ""
        lines += ["", f"**{verdict.falsifier} {word(verdict)}**{reason}"]
        lines += ["", _REWORD] if isinstance(verdict, NotMeasured) and verdict.gone else []
        if verdict.measurements:
            table = tabulate(verdict.measurements)
            held = isinstance(verdict, Held)
            lines += ["", *(["<details><summary>what was predicted and seen</summary>", ""] if held else [])]
            lines += [*table.split("\n"), *(["", "</details>"] if held else [])]
    return lines


def read_gone(summary: str) -> frozenset[str]:
    """Return the falsifiers whose defect a check's summary, as `judge` tells it, says to be gone."""
    return frozenset(_GONE.findall(summary))


def _offer(offer: Offer) -> list[str]:
    lines = []
    if offer.also:
        shorts = " ".join(FalsifierId(id_).short for id_ in offer.also)
        lines.append(
            f"- Also holds on the same logs: {group(offer.also)}; {code(f'/discharge {shorts}')} discharges it"
        )
    for (legs, cost), ids in _group_needs(offer).items():
        lines.append(f"- {group(ids)} {'needs' if len(ids) == 1 else 'need'} {', '.join(map(code, legs))}{cost}")
    return lines


def _group_needs(offer: Offer) -> dict[tuple[tuple[str, ...], str], list[str]]:
    """Return which promises lack the same legs, so that one line tells of all of them."""
    grouped: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for id_, legs, seconds in offer.needs:
        cost = "" if seconds is None else ", under 1 s" if seconds < 1 else f", ~{seconds:.0f} s"
        grouped.setdefault((legs, cost), []).append(id_)
    return grouped


def alarm(identity: Identity, verdicts: Sequence[Verdict]) -> str:
    """Return the comment about a falsified promise: an edit of the status comment tells nobody."""
    ids = group(v.falsifier for v in verdicts if isinstance(v, Falsified))
    head = f"**{ids} falsified** at commit {code(identity.commit)}, by smoke {code(identity.smoke)}."
    lines = [mark_alarm(identity.run), head, *_verdicts([v for v in verdicts if isinstance(v, Falsified)])]
    return clip_lines([*lines, "", "Nothing was discharged. The status comment has the whole run."])


def mark_alarm(run: str) -> str:
    """Return the hidden mark by which the comment about a falsified promise is found again."""
    return f"<!-- discharge:falsified {run} -->"
