"""The logits that legs wrote: taken out of their reach when each ends, and compared when all have run.

Only what was measured of them leaves the machine. numpy is loaded where there is something to compare. Whatever is
wrong with the file of one leg is the failure of that leg alone.
"""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

from contracts.error import Unreadable
from evidence import logits
from evidence.logits import Beside, Logits, Sheet
from evidence.model import Observation, Parity
from evidence.parity.label import find_vocabulary
from runners.deposit import Deposit, reach
from runners.smoke import OUT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import IO

    from evidence.model import Seen
    from runners.logits import Logits as File
    from runners.smoke import Smoke

NAME = "logits.safetensors"
"""What a leg calls the file, in the folder that `{out}` stands for."""
LARGEST = 4 << 30
"""The largest file that is taken, in bytes: 4,096 positions of 262,144 ids in float32."""
_VALUE = 4000
_NO_NUMPY = "numpy is not installed on the machine that ran it"
_CHANGED = "changed after its leg ended"


class Tray:
    """The files of one repeat, one for each leg whose logits a prediction looks at, in a folder of our own."""

    def __init__(self, smoke: Smoke, folder: Path) -> None:
        """Keep files below *folder*, which must be empty."""
        found = [p for promise in smoke.promises for p in (*promise.predictions, *promise.gone)]
        self._pairs = tuple(dict.fromkeys((p.leg, p.reference) for p in found if isinstance(p, Parity)))
        self.legs, self._folder = smoke.compared, folder
        self._failures: dict[str, str] = {}
        self._deposits: dict[str, Deposit] = {}

    def clear(self, leg: str, checkout: Path) -> None:
        """Take away what an earlier leg left where this one writes, whatever that is."""
        if leg in self.legs:
            try:
                _clear(checkout / OUT)
            except OSError as error:
                self._failures[leg] = f"what was left at {{out}} before it cannot be taken away: {error.strerror}"

    def take(self, leg: str, checkout: Path) -> None:
        """Copy the file that a leg wrote, and take it away; a link is none, nor is a file that has another name."""
        if leg not in self.legs or leg in self._failures:
            return
        try:
            folder = os.open(checkout / OUT, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                self._deposits[leg] = self._copy(folder, checkout / OUT / NAME)
                os.unlink(NAME, dir_fd=folder)
            finally:
                os.close(folder)
        except Unreadable as error:
            self._failures[leg] = f"its {NAME} cannot be read: {error.what}"
        except ImportError:
            self._failures[leg] = _NO_NUMPY
        except FileNotFoundError:
            self._failures[leg] = f"it wrote no {{out}}/{NAME}"
        except OSError as error:
            self._failures[leg] = f"its {{out}}/{NAME} cannot be taken: {error.strerror}"

    def _copy(self, folder: int, name: Path) -> Deposit:
        """Copy as much as the head speaks of."""
        from runners.logits import find  # noqa: PLC0415 - numpy, only where there is something to compare

        with _open(folder) as file:
            end = find(reach(file, name)).end
            if end > LARGEST:
                raise Unreadable(f"it speaks of {end:,} bytes, and at most {LARGEST:,} are taken")
            return Deposit(file, end, self._folder)

    def tell(self, seen: Mapping[str, Seen]) -> dict[str, Seen]:
        """Return what was seen with what its logits are, each beside those that it is compared with."""
        try:
            return self._tell(seen)
        finally:
            for deposit in self._deposits.values():
                deposit.close()

    def _tell(self, seen: Mapping[str, Seen]) -> dict[str, Seen]:
        found = {leg: self._look(leg) for leg in seen if leg in self.legs}
        told = dict(seen)
        for leg, one in found.items():
            observed = told[leg]
            if isinstance(observed, Observation):
                beside = tuple(self._compare(leg, other, found) for mine, other in self._pairs if mine == leg)
                told[leg] = replace(observed, logits=_spell(replace(one, beside=beside)))
        return told

    def _path(self, leg: str) -> Path:
        return self._deposits[leg].path

    def _look(self, leg: str) -> Logits:
        """Return the facts of one file."""
        try:
            from runners.logits import digest, find  # noqa: PLC0415 - numpy, only where there is something to compare
        except ImportError:
            return Logits(None, _NO_NUMPY)
        if leg in self._failures or leg not in self._deposits:
            return Logits(None, self._failures.get(leg, f"it wrote no {{out}}/{NAME}"))
        try:
            if not self._deposits[leg].is_unchanged():
                return Logits(None, f"its {NAME} {_CHANGED}")
            file = find(self._path(leg))
            return Logits(Sheet(digest(file), file.kind, file.positions, file.width, _label(file)))
        except Unreadable as error:
            return Logits(None, f"its {NAME} cannot be read: {error.what}")
        except Exception as error:  # noqa: BLE001 - what one leg wrote must not cost the others
            return Logits(None, f"its {NAME} cannot be read: {type(error).__name__}")

    def _compare(self, leg: str, other: str, found: Mapping[str, Logits]) -> Beside:
        """Return the rows of one leg beside those of another."""
        mine, theirs = found[leg].sheet, found[other].sheet if other in found else None
        if mine is None or theirs is None:
            return Beside(other, theirs.sha256 if theirs else "", "there are no two files to compare")
        if (mine.positions, mine.width) != (theirs.positions, theirs.width):
            return Beside(other, theirs.sha256)
        if mine.positions > logits.MOST:
            return Beside(other, theirs.sha256, f"{mine.positions:,} positions are too many: at most {logits.MOST:,}")
        try:
            beside = self._measure(leg, other, theirs)
            changed = [one for one in (leg, other) if not self._deposits[one].is_unchanged()]
        except Exception as error:  # noqa: BLE001 - as above
            return Beside(other, theirs.sha256, f"they cannot be compared: {type(error).__name__}")
        return Beside(other, theirs.sha256, f"the {NAME} of {changed[0]} {_CHANGED}") if changed else beside

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


def _clear(folder: Path) -> None:
    """See that a folder is there, and in it nothing of the name that a leg writes; what is a folder goes aside.

    Raises:
        OSError: that is not possible.
    """
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
        folder.mkdir()
        owner = folder.parent.stat()
        os.chown(folder, owner.st_uid, owner.st_gid)  # the legs may be another user
    folder.chmod(folder.stat().st_mode | stat.S_IRWXU)
    path = folder / NAME
    if path.is_dir() and not path.is_symlink():
        path.chmod(stat.S_IRWXU)
        path.rename(tempfile.mkdtemp(dir=folder))  # removing it could take long, or be too deep
    else:
        path.unlink(missing_ok=True)


def _open(folder: int) -> IO[bytes]:
    """Open the file that a leg wrote into a folder.

    Raises:
        Unreadable: it is no file, or has a name elsewhere.
        OSError: there is none, or it cannot be opened.
    """
    found = os.stat(NAME, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable("it is no plain file")
    file = os.fdopen(os.open(NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb")
    found = os.fstat(file.fileno())
    if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
        return file
    file.close()
    raise Unreadable("it has a second name" if stat.S_ISREG(found.st_mode) else "it is no plain file")


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
