"""Logits in files: `.npy` and safetensors, positions × vocabulary, read row by row into buffers that are used again.

No code of a file runs: pickles are refused, and of a safetensors file the head is read as bounded, strict JSON. The
library of that name is not used to read, because it maps the file and copies every slice, knows neither bfloat16 nor
float8 for numpy, and cannot fill a buffer; the format is its head and the bytes behind it.
"""

from __future__ import annotations

import hashlib
import io
import math
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Self

import numpy as np
from numpy.lib import format as npy

from contracts.error import Place, Unreadable
from evidence import notation
from evidence.parity.storage import RAW, decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

LONGEST_HEAD = 1 << 20
"""The largest head that is read, in bytes: thousands of tensors."""
_LONGEST_NPY = 10_000
"""The same of `.npy`, whose head is an expression of Python, and some 100 bytes where it is logits."""
_VERSIONS = ((1, 0), (2, 0), (3, 0))
MOST_POSITIONS, MOST_IDS = 1 << 20, 1 << 24
"""What a table of rows, and one row, may take of memory: 140 MB and 64 MB."""
_MAGIC, _LENGTH, _LEAST = b"\x93NUMPY", 8, 2
_KINDS = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}
_NAME = "logits"
_MOST_DIMENSIONS = 32
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Logits:
    """Where the rows of a file are: *kind* as in `evidence.parity.storage.RAW`, *start* in bytes.

    *label* is what the file says of its making; None where its format cannot say anything.
    """

    path: Path
    kind: str
    positions: int
    width: int
    start: int
    label: Mapping[str, str] | None = None

    @property
    def row_bytes(self) -> int:
        """The bytes of one row."""
        return self.width * RAW[self.kind].itemsize

    @property
    def end(self) -> int:
        """Where the last row ends, in bytes."""
        return self.start + self.positions * self.row_bytes


def find(path: Path) -> Logits:
    """Return where the rows of a file are; only its head is read.

    Raises:
        Unreadable: there is no such file, it is neither format, or holds no logits that can be read.
    """
    try:
        with _open(path) as file:
            begins = file.read(len(_MAGIC))
            file.seek(0)
            found = _read_npy(file, path) if begins == _MAGIC else _read_safetensors(file, path)
            return _check(found, _measure(file))
    except Unreadable as error:
        raise error.at(str(path)) from None


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    """Open a plain file to read it; whatever the machine refuses, then or later, is a sentence.

    Raises:
        Unreadable: there is no such file, or it cannot be read.
    """
    try:
        if not path.is_file():
            raise Unreadable("it is no plain file" if path.exists() else "there is no such file", Place(str(path)))
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}", Place(str(path))) from None


def _measure(file: IO[bytes]) -> int:
    """Return the size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size


def _check(found: Logits, size: int) -> Logits:
    if found.positions > MOST_POSITIONS or found.width > MOST_IDS:
        most = f"{MOST_POSITIONS:,} × {MOST_IDS:,}"
        raise Unreadable(f"it holds {found.positions:,} × {found.width:,} numbers, and {most} is the most")
    if not found.width:
        raise Unreadable("its rows are empty, and no logits")
    if size < found.end:
        raise Unreadable(f"it ends after {size:,} bytes of {found.end:,}")
    return found


def _read_npy(file: IO[bytes], path: Path) -> Logits:
    """Read the head; numpy gets no more than a head may be, for it would read as much as the head says."""
    head = io.BytesIO(file.read(_LONGEST_NPY))
    try:
        version = npy.read_magic(head)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, by_column, dtype = read(head)
    except Exception as error:  # noqa: BLE001 - numpy lets through whatever Python's parser and tokenizer raise
        words = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise Unreadable(f"its head is no .npy head: {words[:200]}") from None
    if version not in _VERSIONS:
        raise Unreadable(f"its version {version[0]}.{version[1]} of .npy is not known")
    kind = next((name for name, raw in RAW.items() if raw == dtype and raw.kind == "f"), None)
    if kind is None or by_column:
        how = "stored by columns" if by_column else f"of kind {str(dtype)[:40]}"
        mend = "Store it by rows, little-endian, as float64, float32 or float16; other kinds as safetensors"
        raise Unreadable(f"its array is {how}", mend=mend)
    if not _are_sizes(list(shape)):
        raise Unreadable("its array has no shape that an array can have")
    return Logits(path, kind, *_flatten(shape), head.tell())


def _read_safetensors(file: IO[bytes], path: Path) -> Logits:
    length, size = int.from_bytes(file.read(_LENGTH), "little"), _measure(file)
    if not size:
        raise Unreadable("it is empty")
    if not _LEAST <= length <= min(LONGEST_HEAD, size - _LENGTH):
        raise Unreadable("it is neither .npy nor safetensors", mend="Write logits in one of these formats")
    head = notation.read(file.read(length), "its head")
    if not isinstance(head, dict):
        raise Unreadable("its head is no JSON object")
    about = head.pop("__metadata__", {})
    if not (isinstance(about, dict) and all(isinstance(one, str) for one in about.values())):
        raise Unreadable("its metadata are not texts")
    name = _NAME if _NAME in head else next(iter(head), "")
    if name not in head or (len(head) > 1 and name != _NAME):
        raise Unreadable(f"it holds {len(head)} tensors, and none is called {_NAME}", mend=f"Name one {_NAME}")
    kind, shape, start = _read_entry(head[name], size - _LENGTH - length)
    return Logits(path, kind, *_flatten(shape), _LENGTH + length + start, about)


def _read_entry(entry: Any, size: int) -> tuple[str, tuple[int, ...], int]:
    """Return kind, shape and first byte of a tensor whose entry agrees with itself and with the *size* of all bytes."""
    entry = entry if isinstance(entry, dict) else {}
    kind, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(kind, str) or kind not in _KINDS:
        kinds, said = ", ".join(_KINDS), f"kind {kind[:40]}" if isinstance(kind, str) else "a kind without a name"
        raise Unreadable(f"its logits are of {said}", mend=f"Kinds that are read: {kinds}")
    if not (_are_sizes(shape) and _are_sizes(offsets) and len(offsets) == 2 and offsets[1] <= size):  # noqa: PLR2004 - begin, end
        raise Unreadable("the entry of its logits has no shape and offsets that lie in the file")
    if offsets[1] - offsets[0] != math.prod(shape) * RAW[_KINDS[kind]].itemsize:
        raise Unreadable("the offsets of its logits do not agree with their shape")
    return _KINDS[kind], tuple(shape), offsets[0]


def _are_sizes(value: Any) -> bool:
    """Return whether it is a list of whole numbers, few and small enough to be multiplied and told."""
    short = isinstance(value, list) and len(value) <= _MOST_DIMENSIONS
    return short and all(type(one) is int and 0 <= one < 1 << 48 for one in value)


def _flatten(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return positions and vocabulary; dimensions before the last are positions, and one dimension is one position."""
    if not shape:
        raise Unreadable("its array is a single number, and no logits")
    return math.prod(shape[:-1]), shape[-1]


def digest(logits: Logits) -> str:
    """Return the SHA-256 of all rows as they are stored, without head and label.

    Raises:
        Unreadable: the file is gone, or has become shorter.
    """
    total, left = hashlib.sha256(), logits.positions * logits.row_bytes
    with _open(logits.path) as file:
        file.seek(logits.start)
        while left and (some := file.read(min(left, _PIECE))):
            total.update(some)
            left -= len(some)
    if left:
        raise Unreadable(f"it ends {left:,} bytes too early", Place(str(logits.path)))
    return total.hexdigest()


class Rows:
    """The rows of one file, one after the other, in `with`. Each thread needs its own."""

    def __init__(self, logits: Logits) -> None:
        """Take what `find` returned."""
        self._logits = logits
        self._raw: NDArray[Any] = np.empty(logits.width, RAW[logits.kind])

    def __enter__(self) -> Self:
        """Open the file.

        Raises:
            Unreadable: it is gone.
        """
        try:
            self._file = self._logits.path.open("rb", buffering=0)
        except OSError as error:
            raise Unreadable(f"it cannot be read: {error.strerror}", Place(str(self._logits.path))) from None
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()

    def read(self, position: int, out: NDArray[np.float32]) -> None:
        """Fill *out* with the numbers of one position; only from float64 do they lose digits.

        Raises:
            Unreadable: the file has become shorter.
        """
        if self._logits.kind == "float32":
            self._fill(position, out)
        else:
            self._fill(position, self._raw)
            decode(self._logits.kind, self._raw, out)

    def read_exactly(self, position: int) -> NDArray[np.float64]:
        """Return the numbers of one position as float64."""
        if self._logits.kind == "float64":
            self._fill(position, self._raw)
            exactly: NDArray[np.float64] = self._raw.astype(np.float64)
            return exactly
        row = np.empty(self._logits.width, np.float32)
        self.read(position, row)
        return row.astype(np.float64)

    def _fill(self, position: int, out: NDArray[Any]) -> None:
        wanted = out.view(np.uint8).data
        self._file.seek(self._logits.start + position * self._logits.row_bytes)
        filled = 0
        while filled < len(wanted):
            got = self._file.readinto(wanted[filled:])
            if not got:
                raise Unreadable(f"it ends within position {position:,}", Place(str(self._logits.path)))
            filled += got
