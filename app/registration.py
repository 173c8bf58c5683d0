"""Pre-registration: predictions, thresholds and legs must have stood on the default branch before the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.workspace import configure
from contracts.error import Complaint
from contracts.rule import Fault, Rule
from evidence.receipt import preregister

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config import Configured
    from app.workspace import Workspace
    from contracts.document import Document
    from contracts.error import Place
    from runners.smoke import Smoke

_LATE = "registered too late"


def fingerprint(smoke: Smoke, document: Document, falsifier: str) -> str:
    """Return the digest of everything that was promised about a falsifier; empty where nothing was."""
    promise = smoke.promise(falsifier)
    found = document.contract.falsifier(falsifier) if document.contract else None
    if promise is None or found is None:
        return ""
    legs = [(leg.name, leg.argv) for leg in smoke.legs]
    setting = {
        "binary": smoke.binary,
        "build": smoke.build,
        "env": dict(smoke.env),
        "extract": smoke.extract,
        "needs": [[need.name, need.path, need.sha256] for need in smoke.needs],
        "repeat": smoke.repeat,
        "timeout": smoke.timeout,
    }
    return preregister(found, promise, legs, proof=smoke.proof, setting=setting)


def refuse_late(workspace: Workspace, smoke: Smoke, falsifier: str, tested: str) -> str:
    """Return why the promise cannot be judged at *tested*, empty if it can (design, section 7).

    It must stand at the first parent of the tested commit, at the commit itself and at the head of
    the default branch, each time the same.
    """
    parent = workspace.repository.parent(tested)
    mend = f"land another commit on {workspace.branch}, and run this again"
    if parent is None:
        return f"{_LATE}: {tested[:12]} is the first commit, and nothing stood before it; {mend}"
    now = _stood(workspace, workspace.commit, smoke.name, falsifier)
    before = _stood(workspace, parent, smoke.name, falsifier)
    if not before:
        return f"{_LATE}: no prediction stood at {parent[:12]}, before the tested commit; {mend}"
    if before != now or _stood(workspace, tested, smoke.name, falsifier) != now:
        return f"{_LATE}: the promise, its legs or its thresholds changed at or after {tested[:12]}; {mend}"
    return ""


def _stood(workspace: Workspace, commit: str, smoke: str, falsifier: str) -> str:
    """Return the fingerprint as of *commit*; empty where the promise did not stand there or cannot be read."""
    try:
        configured = workspace.configured if commit == workspace.commit else configure(workspace.repository, commit)[0]
        found = configured.smokes.get(smoke)
        return fingerprint(found, workspace.document(commit, found.contract), falsifier) if found else ""
    except Complaint:
        return ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The falsifiers of a contract that a change discharges, and the configuration *before* the change and *after*."""

    document: Document
    discharged: tuple[str, ...]
    before: Configured
    after: Configured


def _late(settings: Settings) -> Iterator[Fault]:
    """A falsifier is discharged by the smoke that stood before the change.

    Predictions, legs, variables, files and repeats decide what a run shows: whoever may set them after the run can
    make any run hold. Land the new setting first, and discharge by a run on a later commit.
    """
    for name in sorted({*settings.before.smokes, *settings.after.smokes}):
        for id_ in settings.discharged:
            was, is_ = (register(one, name, settings.document, id_) for one in (settings.before, settings.after))
            if was != is_:
                how = "sets up anew" if was and is_ else "brings" if is_ else "takes away"
                said = f"{id_} is discharged in the change that {how} what its smoke {name} asks of it"
                yield Fault(_find(settings.after, name, id_), said)


def register(configured: Configured, name: str, document: Document, falsifier: str) -> str:
    """Return the fingerprint of what a smoke promises of a contract, empty where it promises nothing of it."""
    smoke = configured.smokes.get(name)
    return fingerprint(smoke, document, falsifier) if smoke and smoke.contract == document.file else ""


def _find(configured: Configured, name: str, falsifier: str) -> Place:
    """Return where the predictions about a falsifier stand, or the nearest that there is."""
    document, steps = configured.places.get(name, (configured.document, ("smokes",)))
    return document.place((*steps, "predictions", falsifier))


LATE: Rule[Settings] = Rule("config/registered-late", "error", _late)
