"""What a person asks for in a comment: the grammar of commands, from the comment's text to values and back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from app.comment.address import address
from app.comment.grammar import FORMS
from app.comment.phrase import SHOWN, cut, nearest, write
from contracts.error import Complaint, Unreadable
from contracts.progress import ShipDeclared
from evidence.quote import code
from spec.escape import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.comment.address import Call
    from app.comment.grammar import Form
    from app.comment.phrase import Phrase

MOST = 10
"""The most lines of one comment that are answered."""
REPEATS = 100
"""The most repeats of one run; the configuration's bound, too."""
TITLE, REASON = 200, 600
"""The longest title, and the longest reason or answer, in characters."""

_ID = re.compile(r"[A-Za-z0-9_.*?!\[\]/-]{1,200}")
_SHA = re.compile(r"[0-9A-Fa-f]{7,40}")
_SPEC = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
_BECAUSE = re.compile(r"\sbecause(?:\s|\Z)", re.IGNORECASE)
_ALONE = frozenset({"all", "stale"})
_HELP = f"{code('/help')} shows every command"


@dataclass(frozen=True, slots=True)
class Discharge:
    """Run and judge what *words* name.

    *sha* is empty for the commit that the pull request stands for, *repeat* None for what the smoke says.
    """

    words: tuple[str, ...]
    sha: str = ""
    repeat: int | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Amend:
    """Write or refresh the amendment of a spec; both texts may be empty."""

    spec: str = ""
    title: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Ship:
    """Move the ship percentage of a model by so many points."""

    model: str
    delta: float
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Show what a discharge would do."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explain:
    """Say where falsifiers stand."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop what runs or waits here."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Ask again for the last run without a verdict."""


@dataclass(frozen=True, slots=True)
class Why:
    """Answer one of the Five Whys."""

    number: int
    answer: str


@dataclass(frozen=True, slots=True)
class Status:
    """Show what runs and waits."""


@dataclass(frozen=True, slots=True)
class Help:
    """Show the commands, or the one that *topic* names."""

    topic: str = ""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line that was meant as a command, and is none: Markdown that says what is wrong and what to do.

    *line* counts from 1. Neither text holds a line that begins with a command, so that no answer
    can be read as an order.
    """

    line: int
    sentence: str
    hint: str


Command = Discharge | Amend | Ship | Plan | Explain | Cancel | Retry | Why | Status | Help


def read(body: str) -> tuple[Command | Mistake, ...]:
    """Return what a comment asks for, line by line; commands of other bots are left alone."""
    found: list[Command | Mistake] = []
    try:
        for call in address(body):
            if len(found) == MOST:
                what = f"from here on nothing was read: {MOST} commands stand before"
                return (*found, _mistake(call.line, what, "Write the others in a further comment"))
            found.append(_read(call))
    except Unreadable as error:
        return (_mistake(1, error.what, error.mend),)
    return tuple(found)


def tell(command: Command) -> str:  # noqa: PLR0911 - one line a command
    """Return the canonical text of a command: `read` of it is the command."""
    match command:
        case Discharge(words, sha, repeat, dry_run):
            options = (f"sha={sha}" * bool(sha), f"repeat={repeat}" * bool(repeat), "dry-run" * dry_run)
            return _join("/discharge", *words, *options)
        case Amend(spec, title, dry_run):
            escaped = title.replace("\\", "\\\\").replace('"', '\\"')
            return _join("/amend", spec, f'title="{escaped}"' * bool(title), "dry-run" * dry_run)
        case Ship(model, delta, reason):
            return f"/ship {model} {delta:+.15g} because {reason}"
        case Why(number, answer):
            return f"/why {number} because {answer}"
        case Plan(words) | Explain(words):
            return _join("/" + type(command).__name__.lower(), *words)
        case Help(topic):
            return _join("/help", topic)
        case Cancel() | Retry() | Status():
            return "/" + type(command).__name__.lower()
    assert_never(command)


def _join(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _read(call: Call) -> Command | Mistake:
    if call.form is None:
        hint = f"Perhaps you mean {code('/' + call.name)}; {_HELP}"
        return _mistake(call.line, f"{code('/' + call.rest, SHOWN)} is no command", hint)
    try:
        return _parse(call.form, call.rest)
    except Complaint as error:
        return _mistake(call.line, error.what, error.mend)


def _mistake(line: int, what: str, mend: str) -> Mistake:
    return Mistake(line, f"{what[:1].upper()}{what[1:]}.", f"{mend}.")


def _parse(form: Form, rest: str) -> Command:
    if form.name == "discharge":
        word, _, behind = rest.partition(" ")
        other = FORMS.get(word.lower())
        if other and other is not form:
            return _parse(other, behind)
    if form.name in _SAYS:
        return _SAYS[form.name](rest, form)
    return _ASKS[form.name](cut(rest, form))


def _discharge(phrase: Phrase) -> Command:
    sha, repeat = phrase.options.get("sha", ""), phrase.options.get("repeat")
    if sha and not _SHA.fullmatch(sha):
        mend = "Give 7 to 40 of the letters and digits of a commit's hash"
        raise Complaint(f"{code(sha, SHOWN)} names no commit", mend=mend)
    if repeat is not None and not (_digits(repeat) and 1 <= int(repeat) <= REPEATS):
        mend = f"Give a number from 1 to {REPEATS}, for instance {code('repeat=3')}"
        raise Complaint(f"{code(repeat, SHOWN)} is no number of repeats", mend=mend)
    words = _ids(phrase)
    if len(words) > 1 and not _ALONE.isdisjoint(words):
        word = next(word for word in words if word in _ALONE)
        raise Complaint(f"{code(word)} stands alone", mend=write(FORMS["discharge"]))
    return Discharge(words, sha.lower(), int(repeat) if repeat else None, "dry-run" in phrase.flags)


def _ids(phrase: Phrase) -> tuple[str, ...]:
    """Return the ids, each once; which of them exist is decided by `selection.select`."""
    odd = next((word for word in phrase.words if not _ID.fullmatch(word)), None)
    if odd is not None:
        mend = f"Ids look like {code('CPU-GPU-004')}, {code('cpu-gpu-00[12]')} or {code('CONTRACT/CPU-GPU-004')}"
        raise Complaint(f"{code(odd, SHOWN)} is no id", mend=mend)
    return tuple(dict.fromkeys(low if (low := word.lower()) in _ALONE else word for word in phrase.words))


def _amend(phrase: Phrase) -> Command:
    spec, title = "".join(phrase.words), phrase.options.get("title", "")
    if spec and not _SPEC.fullmatch(spec):
        raise Complaint(f"{code(spec, SHOWN)} is no name of a spec", mend=write(FORMS["amend"]))
    return Amend(spec, _bound(clean(title), TITLE, "title"), "dry-run" in phrase.flags)


def _help(phrase: Phrase) -> Command:
    topic = "".join(phrase.words).removeprefix("/").lower()
    if topic and topic not in FORMS:
        near = nearest(topic, FORMS)
        mend = f"Perhaps you mean {code('/help ' + near)}" if near else _HELP
        raise Complaint(f"{code(topic, SHOWN)} is no command", mend=mend)
    return Help(topic)


def _ship(rest: str, form: Form) -> Command:
    move, reason = _because(rest, form)
    reason = _bound(reason, REASON, "reason")
    try:
        declared = ShipDeclared.parse(f"{move} because {reason}")
    except Complaint:
        what = f"{code(move or '/ship', SHOWN)} declares no ship percentage"
        raise Complaint(what, mend=f"{write(form)}, for instance {code(form.example)}") from None
    return Ship(declared.model, declared.points, declared.reason)


def _why(rest: str, form: Form) -> Command:
    number, answer = _because(rest, form)
    if not (_digits(number) and 1 <= int(number) <= 99):  # noqa: PLR2004 - two digits are plenty for Five Whys
        raise Complaint(f"{code(number or '/why', SHOWN)} names no question", mend=write(form))
    return Why(int(number), _bound(answer, REASON, "answer"))


def _because(rest: str, form: Form) -> tuple[str, str]:
    before, *after = _BECAUSE.split(f" {rest}", maxsplit=1)
    if not (after and after[0].strip()):
        raise Complaint(f"{code('/' + form.name)} gives no reason: {code('because …')} is missing", mend=write(form))
    return before.strip(), after[0].strip()


def _bound(text: str, limit: int, what: str) -> str:
    if len(text) > limit:
        raise Complaint(f"the {what} has {len(text):,} characters", mend=f"Give at most {limit:,}")
    return text


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4  # noqa: PLR2004 - every number here is small


_ASKS: dict[str, Callable[[Phrase], Command]] = {
    "discharge": _discharge,
    "amend": _amend,
    "plan": lambda phrase: Plan(_ids(phrase)),
    "explain": lambda phrase: Explain(_ids(phrase)),
    "cancel": lambda _: Cancel(),
    "retry": lambda _: Retry(),
    "status": lambda _: Status(),
    "help": _help,
}
_SAYS: dict[str, Callable[[str, Form], Command]] = {"ship": _ship, "why": _why}
