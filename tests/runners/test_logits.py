"""Logits in files: what is read, what is refused, and what it costs."""

from __future__ import annotations

import io
import json
import math
import os
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.lib import format as npy

from contracts.error import Unreadable
from evidence.parity.measured import allocate
from evidence.parity.storage import RAW
from runners.logits import MOST_POSITIONS, Rows, digest, find
from runners.parity import measure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

_WORDS = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "float8_e5m2": "F8_E5M2"}


def write_safetensors(path: Path, head: Any, data: bytes = b"") -> Path:
    """Write a head, whatever it says, and bytes behind it."""
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def entry(shape: list[int], kind: str = "F32", size: int = 4) -> dict[str, Any]:
    """Return the entry of a tensor that stands first."""
    return {"dtype": kind, "shape": shape, "data_offsets": [0, int(np.prod(shape)) * size]}


def read_all(path: Path) -> NDArray[np.float32]:
    """Return all rows of a file."""
    found = find(path)
    out = np.empty((found.positions, found.width), np.float32)
    with Rows(found) as rows:
        for position in range(found.positions):
            rows.read(position, out[position])
    return out


@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5)), st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_is_read_as_its_own_library_wrote_it(tmp_path: Path, array: NDArray[Any], data: st.DataObject) -> None:
    """Both formats, float32 and float16, with what stands beside and before."""
    library = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed; it only checks the reader")
    if data.draw(st.booleans()):
        array = np.clip(array, -1e4, 1e4).astype(np.float16)
    label = data.draw(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3))
    beside = {"logits": array, "a": np.ones(data.draw(st.integers(0, 3)))}
    library.save_file(beside, tmp_path / "l.safetensors", label)
    np.save(tmp_path / "l.npy", array, allow_pickle=False)

    if not array.shape[-1]:
        for name in ("l.safetensors", "l.npy"):
            with pytest.raises(Unreadable, match="its rows are empty"):
                find(tmp_path / name)
        return
    expected = array.reshape(math.prod(array.shape[:-1]), array.shape[-1]).astype(np.float32)
    for name in ("l.safetensors", "l.npy"):
        assert np.array_equal(read_all(tmp_path / name), expected, equal_nan=True)
    assert dict(find(tmp_path / "l.safetensors").label or {}) == label
    assert find(tmp_path / "l.npy").label is None


@pytest.mark.parametrize("kind", _WORDS)
def test_every_kind_is_read(tmp_path: Path, kind: str) -> None:
    """The numbers 0 and 1 are in all of them."""
    torch = pytest.importorskip("torch", reason="torch is not installed; only comparing tensors needs it")
    stored = torch.tensor([[0.0, 1.0, -2.0]], dtype=getattr(torch, kind)).view(torch.uint8).numpy().tobytes()
    head = {"logits": entry([1, 3], _WORDS[kind], RAW[kind].itemsize)}
    found = find(write_safetensors(tmp_path / "l.safetensors", head, stored))

    assert found.kind == kind
    with Rows(found) as rows:
        assert rows.read_exactly(0).tolist() == [0.0, 1.0, -2.0]


NPY = io.BytesIO()
npy.write_array(NPY, np.zeros((2, 3), np.float32))
NPY_BEGIN = b"\x93NUMPY\x01\x00"
HEAD = {"logits": entry([1, 2])}
BAD: dict[str, bytes | tuple[Any, bytes]] = {
    "nothing": b"",
    "a text": b"position,logit\n1,2\n",
    "half an array": NPY.getvalue()[:-5],
    "half a head": NPY.getvalue()[:30],
    "a head that is code": NPY.getvalue().replace(b"'fortran_order': False", b"'fortran_order': exit()"),
    "an array by columns": NPY.getvalue().replace(b"False", b"True "),
    "whole numbers": NPY.getvalue().replace(b"<f4", b"<i4"),
    "the other end first": NPY.getvalue().replace(b"<f4", b">f4"),
    "objects": NPY.getvalue().replace(b"'<f4'", b"'|O' "),
    "a head without end": (1 << 62).to_bytes(8, "little") + b"{",
    "a head that is no JSON": (b"{", b""),
    "a head that says a key twice": (b'{"a":{},"a":{}}', b""),
    "a list": ([], b""),
    "no tensor": ({}, b""),
    "a version nobody knows": NPY.getvalue().replace(b"NUMPY\x01\x00", b"NUMPY\x09\x00", 1),
    "brackets without end": NPY_BEGIN + b"\x70\x17" + b"(" * 6000,
    "minus without end": NPY_BEGIN + b"\x61\xea" + b"-" * 60_000 + b"1",
    "a negative array": NPY.getvalue().replace(b"(2, 3), ", b"(-1, 3),"),
    "a truth for a length": NPY.getvalue().replace(b"(2, 3), }  ", b"(True, 3),}"),
    "rows of nothing": ({"logits": entry([9, 0])}, b""),
    "an array of nothing": NPY.getvalue().replace(b"(2, 3), ", b"(9, 0), "),
    "a kind that is a list": ({"logits": {**entry([1, 2]), "dtype": []}}, b"\0" * 8),
    "a kind that is an object": ({"logits": {**entry([1, 2]), "dtype": {"F32": 1}}}, b"\0" * 8),
    "a shape without end": ({"logits": {**entry([1, 2]), "shape": [1 << 47] * 60_000}}, b"\0" * 8),
    "two tensors of other names": ({"a": entry([1, 2]), "b": entry([1, 2])}, b"\0" * 8),
    "a kind nobody knows": ({"logits": entry([1, 2], "I8", 1)}, b"\0" * 8),
    "no entry": ({"logits": 7}, b""),
    "a negative shape": ({"logits": {**entry([1, 2]), "shape": [-1, -2]}}, b"\0" * 8),
    "a shape of truths": ({"logits": {**entry([1, 1]), "shape": [True, True]}}, b"\0" * 8),
    "offsets beyond the file": (HEAD, b"\0" * 7),
    "offsets of another size": ({"logits": {**entry([1, 2]), "data_offsets": [0, 4]}}, b"\0" * 8),
    "one offset": ({"logits": {**entry([1, 2]), "data_offsets": [8]}}, b"\0" * 8),
    "metadata of numbers": ({"__metadata__": {"a": 1}, **HEAD}, b"\0" * 8),
    "a single number": ({"logits": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}, b"\0" * 4),
    "too many positions": ({"logits": entry([MOST_POSITIONS + 1, 0])}, b""),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_file_of_logits_is_refused_by_name(tmp_path: Path, name: str) -> None:
    """With a sentence that begins with the file; no code of it runs, and nothing large is read."""
    path, content = tmp_path / "bad", BAD[name]
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        write_safetensors(path, *content)

    with pytest.raises(Unreadable, match=r"bad: .*\."):
        find(path)
    with pytest.raises(Unreadable, match="there is no such file"):
        find(tmp_path / "absent")


def test_a_file_without_a_byte_is_empty(tmp_path: Path) -> None:
    """It is neither format, and that is not what a person looks for who redirected nothing into it."""
    (tmp_path / "empty.npy").touch()

    with pytest.raises(Unreadable, match=r"empty\.npy: it is empty\."):
        find(tmp_path / "empty.npy")


@given(st.binary(max_size=200), st.sampled_from([b"\x93NUMPY\x01\x00", b"\x93NUMPY\x02\x00", b"", b"@\0\0\0\0\0\0\0{"]))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_logits_or_refused(tmp_path: Path, noise: bytes, begin: bytes) -> None:
    """No other error comes out."""
    path = tmp_path / "noise"
    path.write_bytes(begin + noise)
    with suppress(Unreadable):
        assert find(path).positions >= 0


SMALL = json.dumps({"__metadata__": {"vocabulary": "2"}, **HEAD}).encode()
VALID = (NPY.getvalue(), len(SMALL).to_bytes(8, "little") + SMALL + bytes(8))


@given(st.sampled_from(VALID), st.lists(st.tuples(st.integers(0, 160), st.integers(0, 4), st.binary(max_size=4))))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_with_faults_is_logits_or_refused(tmp_path: Path, good: bytes, faults: list[Any]) -> None:
    """Some bytes of a good file become others, more or fewer: what is found can be read to its end."""
    path = tmp_path / "faulty"
    for place, length, other in faults:
        good = good[:place] + other + good[place + length :]
    path.write_bytes(good)
    with suppress(Unreadable):
        found = find(path)
        assert found.positions >= 0 < found.width
        assert read_all(path).shape == (found.positions, found.width)
        assert len(digest(found)) == 64


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    """The machine's own refusal is a sentence."""
    with pytest.raises(Unreadable, match="it cannot be read: File name too long"):
        find(tmp_path / ("a" * 300))


def test_no_more_of_a_head_is_read_than_a_head_may_be(tmp_path: Path) -> None:
    """A file of holes whose head says that it takes 4 GB costs nothing."""
    path = tmp_path / "holes"
    path.write_bytes(b"\x93NUMPY\x02\x00\xff\xff\xff\xff")
    os.truncate(path, 5 << 30)
    tracemalloc.start()
    with pytest.raises(Unreadable, match=r"no \.npy head"):
        find(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1 << 20


@pytest.fixture
def pair(tmp_path: Path) -> Callable[[int], tuple[Path, Path]]:
    """Return a writer of two files of so many rows that differ a little."""

    def write(positions: int) -> tuple[Path, Path]:
        random = np.random.default_rng(3)
        reference = random.normal(size=(positions, 5000)).astype(np.float32)
        subject = reference + random.normal(size=reference.shape).astype(np.float32) * np.float32(1e-3)
        np.save(tmp_path / "r.npy", reference)
        np.save(tmp_path / "s.npy", subject)
        return tmp_path / "r.npy", tmp_path / "s.npy"

    return write


def test_memory_does_not_grow_with_positions(pair: Callable[[int], tuple[Path, Path]]) -> None:
    """Beyond the table of results some 20 rows of 20 kB are held, whether a file has 16 of them or 160."""
    peaks = []
    for positions in (16, 160):
        reference, subject = map(find, pair(positions))
        measure(reference, subject, 5000, threads=1)
        tracemalloc.start()
        table = measure(reference, subject, 5000, threads=1).table
        peaks.append(tracemalloc.get_traced_memory()[1] - table.nbytes)
        tracemalloc.stop()

    assert max(peaks) < 20 * 20_000


def test_threads_change_nothing(pair: Callable[[int], tuple[Path, Path]]) -> None:
    """Every row is measured by itself, whoever does it."""
    reference, subject = map(find, pair(13))
    tables = [measure(reference, subject, 4990, threads=threads).table for threads in (1, 2, 7)]

    assert tables[0].tobytes() == tables[1].tobytes() == tables[2].tobytes()
    assert len(tables[0]) == 13


def test_a_file_that_shrinks_meanwhile_is_told(pair: Callable[[int], tuple[Path, Path]]) -> None:
    """Never a row of zeros, nor half of the last one."""
    reference, subject = map(find, pair(4))
    with subject.path.open("r+b") as file:
        file.truncate(subject.start + 3 * subject.row_bytes + 8)

    with pytest.raises(Unreadable, match="it ends within position 3"):
        measure(reference, subject, 5000)


def test_a_file_that_goes_meanwhile_is_told(pair: Callable[[int], tuple[Path, Path]]) -> None:
    """Neither its digest nor its rows are those of the part that is left, and no other error comes out."""
    reference, subject = map(find, pair(4))
    os.truncate(subject.path, subject.end - 8)
    with pytest.raises(Unreadable, match="it ends 8 bytes too early"):
        digest(subject)
    subject.path.unlink()

    for read in (digest, lambda gone: measure(reference, gone, 5000)):
        with pytest.raises(Unreadable, match=r"there is no such file|No such file"):
            read(subject)


def test_files_of_other_shapes_are_not_measured(pair: Callable[[int], tuple[Path, Path]]) -> None:
    """Whoever calls has compared the shapes, to say so in better words."""
    reference, subject = map(find, pair(4))

    with pytest.raises(ValueError, match="not comparable"):
        measure(reference, subject, 5001)


def test_float64_is_not_rounded(tmp_path: Path) -> None:
    """A difference that float32 cannot hold is seen."""
    values = np.linspace(0, 1, 100)[None]
    np.save(tmp_path / "r.npy", values)
    np.save(tmp_path / "s.npy", values + 1e-12 * np.cos(values * 9))
    reference, subject = find(tmp_path / "r.npy"), find(tmp_path / "s.npy")

    assert 1e-14 < measure(reference, subject, 100)["max_abs"][0] < 1e-11
    assert digest(reference) != digest(subject)


def test_a_row_that_nobody_wrote_is_no_match() -> None:
    """A fresh table is neither finite nor equal."""
    assert not allocate(1)["subject_finite"][0]
