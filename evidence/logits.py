"""What a machine measured of the logits that a leg wrote: the file's facts, and its rows beside another leg's. Pure.

The logits themselves are not kept, hundreds of megabytes of them: their digest is, and a few numbers a position, from
which anybody can judge again.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.error import Unreadable
from evidence import notation, plain
from evidence.receipt import canonical

LONGEST = 16 << 20
"""The longest text about the logits of one leg, in characters."""
MOST = 1 << 14
"""The most positions that are compared."""
WORDS = 200
"""The most keys of a label, and with 20 times as many characters its longest value."""

Column = tuple[float | int | bool | str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of logits: digest, how its numbers are *stored*, its shape, and what it says of its own making.

    *label* is None where its format cannot say anything.
    """

    sha256: str
    stored: str
    positions: int
    width: int
    label: tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True)
class Beside:
    """The rows of a leg beside those of *leg*, whose file had the digest *sha256*.

    *failure* says why nothing was measured; else *columns* are those of `evidence.parity.row.Row`, in their order.
    """

    leg: str
    sha256: str
    failure: str = ""
    vocabulary: int = 0
    tail_width: int = 0
    backend: str = ""
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Logits:
    """The logits of a leg; *failure* says why there are none."""

    sheet: Sheet | None
    failure: str = ""
    beside: tuple[Beside, ...] = ()


def is_logits(name: str) -> bool:
    """Return whether a file of an evidence folder has the name of such a text: `gpu-smoke.logits.json`."""
    return name.endswith(".logits.json")


def write(logits: Logits) -> str:
    """Return the text that travels and is stored.

    Raises:
        ValueError: it holds NaN, which is spelled `nan` here.
    """
    return canonical(plain.write(logits)).decode()


def read(text: str) -> Logits:
    """Read such a text, strictly.

    Raises:
        Unreadable: it is too long, no JSON, or says more or less than such a text does.
    """
    if len(text) > LONGEST:
        raise Unreadable(f"{len(text):,} characters about logits are too many: at most {LONGEST:,} are read")
    logits = plain.read(Logits, notation.read(text.encode("utf-8", "replace"), "what is told of the logits"))
    sheet = logits.sheet
    if sheet is not None and (sheet.positions < 0 or sheet.width < 0):
        raise Unreadable("the logits have no shape")
    if any(one.columns and (sheet is None or sheet.positions > MOST) for one in logits.beside):
        raise Unreadable(f"rows are told of logits of which there are none, or more than {MOST:,}")
    return logits
