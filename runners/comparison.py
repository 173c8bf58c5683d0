"""The logits that legs wrote: taken out of their reach when each ends, and compared when all have run.

Only what was measured of them leaves the machine. numpy is loaded where there is something to compare.
"""

from __future__ import annotations

import shutil
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

from contracts.error import Unreadable
from evidence import logits
from evidence.logits import Beside, Logits, Sheet
from evidence.model import Observation, Parity
from evidence.parity.label import find_vocabulary
from runners.smoke import OUT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from evidence.model import Seen
    from runners.logits import Logits as File
    from runners.smoke import Smoke

NAME = "logits.safetensors"
"""What a leg calls the file, in the folder that `{out}` stands for."""
_VALUE = 4000


class Tray:
    """The files of one repeat, one for each leg whose logits a prediction looks at, in a folder of our own."""

    def __init__(self, smoke: Smoke, folder: Path) -> None:
        """Keep files below *folder*, which must be empty."""
        found = [p for promise in smoke.promises for p in (*promise.predictions, *promise.gone)]
        self._pairs = tuple(dict.fromkeys((p.leg, p.reference) for p in found if isinstance(p, Parity)))
        self.legs, self._folder = smoke.compared, folder
        self._failures: dict[str, str] = {}

    def clear(self, leg: str, checkout: Path) -> None:
        """Take away what an earlier leg left where this one writes."""
        if leg in self.legs and not (checkout / OUT).is_symlink():
            (checkout / OUT / NAME).unlink(missing_ok=True)

    def take(self, leg: str, checkout: Path) -> None:
        """Take the file that a leg wrote; a link is none."""
        if leg not in self.legs:
            return
        path = checkout / OUT / NAME
        try:
            plain = not path.parent.is_symlink() and stat.S_ISREG(path.lstat().st_mode)
            if plain:
                shutil.move(path, self._path(leg))
            else:
                self._failures[leg] = f"{{out}}/{NAME} is no plain file"
        except OSError as error:
            self._failures[leg] = f"it wrote no {{out}}/{NAME}" if error.errno == 2 else str(error.strerror)  # noqa: PLR2004 - no such file

    def tell(self, seen: Mapping[str, Seen]) -> dict[str, Seen]:
        """Return what was seen with what its logits are, each beside those that it is compared with."""
        found = {leg: self._look(leg) for leg in seen if leg in self.legs}
        told = dict(seen)
        for leg, one in found.items():
            observed = told[leg]
            if isinstance(observed, Observation):
                beside = tuple(self._compare(leg, other, found) for mine, other in self._pairs if mine == leg)
                told[leg] = replace(observed, logits=_spell(replace(one, beside=beside)))
        return told

    def _path(self, leg: str) -> Path:
        return self._folder / f"{sorted(self.legs).index(leg)}.safetensors"

    def _look(self, leg: str) -> Logits:
        """Return the facts of one file."""
        try:
            from runners.logits import digest, find  # noqa: PLC0415 - numpy, only where there is something to compare
        except ImportError:
            return Logits(None, "numpy is not installed on the machine that ran it")
        if leg in self._failures:
            return Logits(None, self._failures[leg])
        try:
            file = find(self._path(leg))
            return Logits(Sheet(digest(file), file.kind, file.positions, file.width, _label(file)))
        except Unreadable as error:
            return Logits(None, f"its {NAME} cannot be read: {error.what}")

    def _compare(self, leg: str, other: str, found: Mapping[str, Logits]) -> Beside:
        """Return the rows of one leg beside those of another."""
        mine, theirs = found[leg].sheet, found[other].sheet if other in found else None
        if mine is None or theirs is None:
            return Beside(other, theirs.sha256 if theirs else "", "there are no two files to compare")
        if (mine.positions, mine.width) != (theirs.positions, theirs.width):
            return Beside(other, theirs.sha256)
        if mine.positions > logits.MOST:
            return Beside(other, theirs.sha256, f"{mine.positions:,} positions are too many: at most {logits.MOST:,}")
        return self._measure(leg, other, theirs)

    def _measure(self, leg: str, other: str, theirs: Sheet) -> Beside:
        """Measure as many ids as the reference, *theirs*, names."""
        from evidence.parity.column import spell  # noqa: PLC0415 - as above
        from runners.logits import find  # noqa: PLC0415 - as above
        from runners.parity import measure  # noqa: PLC0415 - as above

        vocabulary = find_vocabulary(dict(theirs.label or ()), theirs.width)
        try:
            measured = measure(find(self._path(other)), find(self._path(leg)), vocabulary)
        except Unreadable as error:
            return Beside(other, theirs.sha256, f"they cannot be read: {error.what}")
        about = (measured.vocabulary, measured.tail_width, measured.backend)
        return Beside(other, theirs.sha256, "", *about, spell(measured))


def _label(file: File) -> tuple[tuple[str, str], ...] | None:
    """Return what a file says of its making, bounded."""
    if file.label is None:
        return None
    kept = list(file.label.items())[: logits.WORDS]
    return tuple((key[: logits.WORDS], value[:_VALUE]) for key, value in kept)


def _spell(found: Logits) -> str:
    text = logits.write(found)
    if len(text) <= logits.LONGEST:
        return text
    return logits.write(Logits(None, f"{len(text):,} characters about them are too many"))
