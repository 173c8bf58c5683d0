"""A sandbox in a process of its own: the same verbs over HTTP, and it ends with who started it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sandbox.control import pack, unpack
from app.sandbox.remote import Rejected, Remote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REPO = "acme/speak"


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    """The hand in a sandbox of another process."""
    command = [sys.executable, "-m", "app.sandbox", "--folder", str(tmp_path / "sandbox")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Remote(json.loads(process.stdout.readline())["url"])
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_story_is_told_from_outside(remote: Remote) -> None:
    """Every verb goes over HTTP, bytes included; refusals and mistakes come back as sentences."""
    remote.freeze(1_777_900_000)
    head = remote.repository(REPO, {"a.txt": "1\n", "b.bin": b"\x00\xff"})
    number = remote.open_pull(REPO, "feature", "T", files={"a.txt": None, "c.txt": b"c"})

    landed = remote.merge(REPO, number, by="octo-admin")

    assert len(head) == len(landed) == 40
    assert remote.read(REPO, "main", "c.txt") == "c"
    assert remote.read(REPO, "main", "a.txt") is None
    assert remote.snapshot(REPO)["issues"]["1"]["merged"] is True
    assert remote.wait_idle()
    with pytest.raises(Rejected, match="not mergeable"):
        remote.merge(REPO, number)
    with pytest.raises(Rejected, match="TypeError"):
        remote.merge()
    with pytest.raises(AttributeError):
        remote.explode()
    with pytest.raises(Rejected, match="no verb of the sandbox"):
        remote._call("__class__", {})  # noqa: SLF001 - what an attacker would try


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda key: key != "base64"), inner),
        max_leaves=10,
    )
)
@settings(deadline=None, max_examples=100)
def test_what_is_packed_is_unpacked(value: object) -> None:
    """Any value of a verb survives the way there and back, through JSON."""
    assert unpack(json.loads(json.dumps(pack(value)))) == value
