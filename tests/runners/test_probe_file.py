"""The file of logits: the same bytes however rows come, and nothing where not all of them came."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.probe.sheet import Sheet, digest_ids

if TYPE_CHECKING:
    from pathlib import Path


@given(data=st.binary(min_size=24, max_size=24), cuts=st.lists(st.integers(0, 24), max_size=5))
def test_the_file_does_not_depend_on_how_rows_come(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cuts: list[int]
) -> None:
    """Three rows of two float32 in any pieces: one file, its digest, and its data where its head says."""
    path = tmp_path_factory.getbasetemp() / "rows.safetensors"
    edges = [0, *sorted(cuts), 24]
    with Sheet(path, (3, 2), "float32", {"ids_sha256": "ä"}) as sheet:
        for start, end in pairwise(edges):
            sheet.write(data[start:end])

    written = path.read_bytes()
    size = int.from_bytes(written[:8], "little")
    assert size % 8 == 0
    assert written[8 + size :] == data
    assert hashlib.sha256(written).hexdigest() == sheet.sha256
    head = json.loads(written[8 : 8 + size])
    assert head["logits"] == {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}
    assert head["__metadata__"] == {"ids_sha256": "ä"}


def test_half_a_file_is_none(tmp_path: Path) -> None:
    """A row too few, a row too many, a crash between: no file has the name, and none is left behind."""
    path = tmp_path / "logits.safetensors"
    with (
        pytest.raises(ValueError, match="4 bytes of"),
        Sheet(path, (1, 2), "float32", {}) as sheet,
    ):
        sheet.write(b"1234")
    with pytest.raises(ValueError, match="more rows than"), Sheet(path, (1, 1), "float32", {}) as sheet:
        sheet.write(b"12345")
    with pytest.raises(RuntimeError), Sheet(path, (1, 1), "float32", {}):
        raise RuntimeError("the device is gone")

    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.integers(0, 1 << 40), max_size=20))
def test_ids_have_one_digest(ids: list[int]) -> None:
    """The digest is of the ids as a JSON array without white space, so that any program can make it."""
    spelled = "[" + ",".join(map(str, ids)) + "]"

    assert digest_ids(ids) == hashlib.sha256(spelled.encode()).hexdigest()
