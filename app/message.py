"""What the bot writes for people about a discharge: titles, commit messages, pull request bodies."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.discharge import tell_seen
from contracts.group import UNBOUND, group, moves
from evidence.model import Held
from spec.sentence import clip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.discharge import Kind
    from contracts.model import Flip
    from contracts.progress import Tally
    from evidence.model import Falsified
    from spec.model import Ship, Why

WIDTH = 72
TITLE_LIMIT = 240
"""GitHub cuts titles at 256 characters; the squash adds the number."""


@dataclass(frozen=True, slots=True)
class Run:
    """One command line as it stands in the evidence: pasteable text, how it ended, where its log is."""

    command: str
    result: str
    log: str
    excerpt: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DischargeStory:
    """Everything that the message of one discharge says; all of it measured or computed before."""

    contract: str
    flips: tuple[Flip, ...]
    proofs: tuple[Held | Falsified, ...]
    how: str
    kind: Kind
    summary: str
    folder: str
    files: tuple[tuple[str, str], ...]
    runs: tuple[Run, ...]
    whys: tuple[Why, ...]
    tally: tuple[Tally, Tally] | None
    ships: tuple[Ship, ...]
    versions: tuple[str, str]
    contract_status: str
    counts: tuple[int, int]
    """How many of the contract's falsifiers are discharged after this, and how many there are."""
    still_open: tuple[str, ...]
    followers: tuple[str, ...]
    """What the commit does to the files that follow the contract, a sentence each."""
    validation: str
    closes: tuple[str, ...]
    trailers: tuple[tuple[str, str], ...]


def title(story: DischargeStory) -> str:
    """Return the title of the pull request and the first line of the commit."""
    ids = group(verdict.falsifier for verdict in story.proofs)
    if story.kind == "renewal":
        return clip(f"evidence({story.contract}): {ids} measured again by {story.how} smoke", TITLE_LIMIT)
    if story.kind == "undischarge":
        words = f"{'; '.join(moves(story.flips))}, falsified by {story.how} smoke"
        return clip(f"undischarge({story.contract}): {words}", TITLE_LIMIT)
    done, all_ = story.counts
    if len(story.flips) == 1:
        only = story.flips[0]
        words = f"{ids} {abbreviate(only.before)} → {only.after} via {story.how} smoke"
    elif done == all_:
        words = f"{done}/{all_} sweep close — {ids} → {story.flips[0].after}"
    else:
        words = f"{ids} → {story.flips[0].after} via {story.how} smoke"
    return clip(f"discharge({story.contract}): {words}", TITLE_LIMIT)


def abbreviate(status: str | None) -> str:
    """Return the status as titles write it: PARTIAL for PARTIAL_…, unbound for none."""
    if status is None:
        return UNBOUND
    return "PARTIAL" if status.startswith("PARTIAL_") else status


def render(story: DischargeStory) -> str:
    """Return the whole commit message; its body is the pull request's too."""
    sections = (
        textwrap.fill(story.summary, WIDTH, break_long_words=False, break_on_hyphens=False),
        _flips(story),
        _evidence(story),
        _reproducers(story),
        _observed(story),
        _whys(story),
        _net_effect(story),
        "\n".join(f"{key}: {value}" for key, value in story.trailers),
    )
    return "\n\n".join([title(story), *(section for section in sections if section)]) + "\n"


def _flips(story: DischargeStory) -> str:
    count = len(story.proofs)
    what = "Measured again, statuses stay" if story.kind == "renewal" else "Status flips"
    head = f"{what} ({count} falsifier{'s' if count > 1 else ''}):"
    flips = {flip.falsifier.text: flip for flip in story.flips}
    return "\n".join([head, *(_flip(flips.get(proof.falsifier), proof) for proof in story.proofs)])


def _flip(flip: Flip | None, proof: Held | Falsified) -> str:
    validated = isinstance(proof, Held) and proof.branch != "prediction"
    branch = "; the if_fails branch is what was validated" if validated else ""
    moved = f" {flip.before or UNBOUND} → {flip.after}" if flip else ""
    return _bullet(f"{proof.falsifier}{moved} ({clip(tell_seen(proof), 600)}{branch})")


def _evidence(story: DischargeStory) -> str:
    return "\n".join([f"Evidence ({story.folder}/):", *(_bullet(f"{name}: {phrase}") for name, phrase in story.files)])


def _reproducers(story: DischargeStory) -> str:
    head = "Reproducer (verbatim):" if len(story.runs) == 1 else "Reproducers (verbatim):"
    return "\n\n".join([head, *(f"{_code(run.command.splitlines())}\n\n→ {run.result}" for run in story.runs)])


def _observed(story: DischargeStory) -> str:
    blocks = [f"Observed (excerpts of {run.log}):\n\n{_code(run.excerpt)}" for run in story.runs if run.excerpt]
    return "\n\n".join(blocks)


def _code(lines: Iterable[str]) -> str:
    """Indent by four: Markdown shows it as code, so that no log line pings, links, or states a tally."""
    return "\n".join(f"    {line}" for line in lines)


def _whys(story: DischargeStory) -> str:
    rows = [
        _item(f"{n}. ", f"{why.question} {why.answer or 'Open: only a person can say.'}") for n, why in _count(story)
    ]
    return "\n".join(["Five Whys", *rows])


def _count(story: DischargeStory) -> enumerate[Why]:
    return enumerate(story.whys, 1)


def _net_effect(story: DischargeStory) -> str:
    before, after = story.versions
    done, all_ = story.counts
    complete = f" Contract is COMPLETE: {done} of {all_} discharged." if done == all_ else ""
    rows = [f"{flip.falsifier}: {flip.before or UNBOUND} → **{flip.after}**" for flip in story.flips]
    if story.tally:
        rows.append(f"Coverage tally: {story.tally[0].write()} → **{story.tally[1].write()}**")
    rows.extend(_ship(ship) for ship in story.ships)
    rows.append(f"Contract {story.contract} v{before} → v{after} {story.contract_status}".rstrip() + f".{complete}")
    if story.still_open:
        rows.append(f"Still open in this contract: {', '.join(story.still_open)}")
    rows.extend(story.followers)
    rows.append(story.validation)
    rows.extend(f"Closes the {lever} next-session pickup" for lever in story.closes)
    return "\n".join(["Net effect", *(_bullet(row) for row in rows)])


def _ship(ship: Ship) -> str:
    if ship.before is None or ship.before == ship.after:
        return f"{ship.model} ship %: {ship.after:g}% (unchanged)"
    reason = f" ({ship.reason})" if ship.reason else ""
    return f"{ship.model} ship %: {ship.before:g}% → {ship.after:g}%{reason}"


def _bullet(words: str) -> str:
    return _item("- ", words)


def _item(mark: str, words: str) -> str:
    return textwrap.fill(
        words,
        WIDTH,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )
