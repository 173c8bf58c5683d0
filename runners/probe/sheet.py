"""The file of logits: safetensors, written row by row, so that memory does not grow with positions."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

_NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16"}
_WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
_ALIGNED = 8


class Sheet:
    """One tensor `logits`, positions × vocabulary, in a file that appears under its name when it is whole.

    Use it in `with`; *sha256* is the digest of the whole file once it is closed.
    """

    def __init__(self, path: Path, shape: tuple[int, int], dtype: str, about: Mapping[str, str]) -> None:
        """Begin the file; *dtype* is torch's word without `torch.`, *about* goes into its metadata.

        Raises:
            KeyError: the format has no word for the dtype, or this program none.
        """
        kind = _NAMES[dtype]
        self._path, self._part = path, path.with_name(f".{path.name}.part")
        self._left = shape[0] * shape[1] * _WIDTHS[kind]
        entry = {"dtype": kind, "shape": list(shape), "data_offsets": [0, self._left]}
        text = json.dumps({"__metadata__": dict(about), "logits": entry}, separators=(",", ":")).encode()
        self._head = text + b" " * (-len(text) % _ALIGNED)
        self._total = hashlib.sha256()
        self.sha256 = ""

    def __enter__(self) -> Self:
        """Open the file and write its head.

        Raises:
            Complaint: it cannot be written there.
        """
        with _complain(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._part.open("wb")
        self._put(len(self._head).to_bytes(8, "little") + self._head)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; it gets its name only if every row was written."""
        try:
            with _complain(self._path):
                self._file.close()
                if error is None and not self._left:
                    self._part.replace(self._path)
        finally:
            self._part.unlink(missing_ok=True)
        if error is None and self._left:
            raise ValueError(f"{self._left:,} bytes of {self._path.name} were not written")
        self.sha256 = self._total.hexdigest()

    def write(self, rows: bytes) -> None:
        """Append rows, as little-endian numbers one after the other.

        Raises:
            ValueError: there are more than the shape has.
            Complaint: they cannot be written.
        """
        self._left -= len(rows)
        if self._left < 0:
            raise ValueError(f"more rows than {self._path.name} has room for")
        self._put(rows)

    def _put(self, data: bytes) -> None:
        with _complain(self._path):
            self._file.write(data)
        self._total.update(data)


def digest_ids(ids: Iterable[int]) -> str:
    """Return the SHA-256 of input ids as a JSON array without white space: `[1,2,3]`."""
    return hashlib.sha256(json.dumps([int(one) for one in ids], separators=(",", ":")).encode()).hexdigest()


def dump(path: Path, value: Any) -> None:
    """Write a value as JSON for people and programs.

    Raises:
        Complaint: it cannot be written there.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    with _complain(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@contextmanager
def _complain(path: Path) -> Iterator[None]:
    """Say in a sentence what the machine refuses to write."""
    try:
        yield
    except OSError as error:
        raise Complaint(f"{path} cannot be written: {error.strerror}") from error
