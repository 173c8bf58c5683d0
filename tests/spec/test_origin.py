"""What the next merge begins with, kept in the last lines of a commit message."""

from __future__ import annotations

import base64
import zlib

from hypothesis import given
from hypothesis import strategies as st

from spec.origin import LIMIT, read, write


@given(st.dictionaries(st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True), st.none() | st.text(max_size=200)))
def test_what_is_kept_is_read_back(record: dict[str, str | None]) -> None:
    """Any text; each part on one line."""
    lines = write(record)

    assert read(lines) == record
    assert all("\n" not in line for line in lines)


def test_what_is_no_record_is_left_out() -> None:
    """Cut, damaged, foreign, or larger than anybody writes once it is unpacked."""
    bomb = base64.b64encode(zlib.compress(b"a" * (LIMIT + 1))).decode()
    cut = write({"whys": "words " * 50})[0][:-6]

    assert read(["whys", "whys !!!", "Whys -", cut, "whys AAAA", f"whys {bomb}"]) == {}
