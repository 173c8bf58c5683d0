"""Who asked for a run, of what, and on which terms: it stands in the run's check run, and is read back from there.

Only the app can write its check runs. The seal makes sure that the text is ours as a whole.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from app.bot import seal
from app.github import OUTPUT_LIMIT
from contracts.error import Complaint, Unreadable
from evidence import plain
from evidence.quote import code
from spec.escape import cell

_BLOCK = re.compile(
    r"<!-- discharge:run v(?P<version>\d{1,4}) -->\r?\n```json\r?\n(?P<text>[^\r\n]*+)\r?\n```\r?\n"
    rf"<!-- /discharge:run (?P<seal>{seal.SEAL}) -->"
)
_MARK = "<!-- discharge:run v"
_KIND = "discharge:run v1"
_SHOWN = 10
"""How many ids the table names; the JSON has them all."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One run. *comment* is 0 where no comment asked for it, *number* 0 where no pull request did.

    *command* is the canonical text of what was asked, *commit* the tested one, *head* the commit of the
    default branch whose configuration acts, *ships* what was declared beside it, *date* when it was asked
    (ISO 8601), *minutes* what is reserved on the GPU, *registered* the digest of what was promised about
    each id, *repeat* how often the smoke runs (None: as it says itself), and *trial* why nothing can be
    discharged, empty if it can.
    """

    run: str
    repository: str
    number: int
    comment: int
    asker: str
    command: str
    contract: str
    smoke: str
    ids: tuple[str, ...]
    commit: str
    head: str
    ships: tuple[str, ...]
    date: str
    minutes: int
    registered: tuple[tuple[str, str], ...]
    repeat: int | None
    trial: str

    @property
    def reserved(self) -> str:
        """The reserved time in words."""
        return "1 minute" if self.minutes == 1 else f"{self.minutes:,} minutes"


def name_run(repository: str, delivery: str, index: int) -> str:
    """Return the name of the run that the command number *index* of a delivery starts; always the same one."""
    return hashlib.sha256(f"{repository}\n{delivery}\n{index}".encode()).hexdigest()[:16]


def render(identity: Identity, key: bytes) -> str:
    """Return the text of the check run: a table for people, and the sealed values.

    Raises:
        Complaint: it names more falsifiers than a check run can hold.
    """
    text, proof = seal.write(_KIND, plain.write(identity), key)
    rows = "\n".join(f"| {name} | {cell(value)} |" for name, value in _rows(identity))
    block = f"{_MARK}1 -->\n```json\n{text}\n```\n<!-- /discharge:run {proof} -->"
    whole = f"| run | {code(identity.run)} |\n|---|---|\n{rows}\n\n{block}\n"
    if len(whole) > OUTPUT_LIMIT:
        raise Complaint(f"a run of {len(identity.ids):,} falsifiers is too large for one check run", mend="Name fewer")
    return whole


def read(text: str, key: bytes) -> Identity | None:
    """Return the identity that a check run's text holds, None if it holds none.

    It names its repository and commit: whoever reads it compares them with where it stood.

    Raises:
        Unreadable: there is one, and it is damaged, of another version, or not sealed by this key.
    """
    at = text.rfind(_MARK)
    if at < 0:
        return None
    found = _BLOCK.match(text, at)
    if found is None or found["version"] != "1":
        raise Unreadable("the run's identity is damaged, or of another version", mend="Ask for the run again")
    values = seal.read(_KIND, found["text"], found["seal"], key)
    if values is None:
        raise Unreadable("the run's identity is not sealed by this app", mend="Ask for the run again")
    return plain.read(Identity, values, "the run's identity")


def _rows(identity: Identity) -> tuple[tuple[str, str], ...]:
    ids = ", ".join(code(one) for one in identity.ids[:_SHOWN])
    more = len(identity.ids) - _SHOWN
    trial = f" (a trial: {identity.trial})" if identity.trial else ""
    return (
        ("asked by", f"{code(identity.asker)} on {code(identity.date)}"),
        ("command", code(identity.command)),
        ("contract", code(identity.contract)),
        ("smoke", code(identity.smoke)),
        ("falsifiers", f"{ids} and {more} more" if more > 0 else ids),
        ("tested commit", f"{code(identity.commit)}{trial}"),
        ("configuration of", code(identity.head)),
        ("reserved", identity.reserved),
    )
