"""How much memory of the GPUs was in use while legs ran, by a stand-in for the vendor's tool."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from evidence.model import Observation, Proof
from runners.bench import observe
from runners.meter import Meter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.runners.source import Source

TOOL = """#!/bin/sh
case "$*" in
*memory.used*-lms*) ;;
*) echo 'NVIDIA H200, 550.54'; exit ;;
esac
echo $$ > {folder}/pid
used=400
while :; do
  echo "0, $used"
  echo "1, 7"
  sleep 0.01
  [ -e {folder}/loaded ] && used=9000
done
"""


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a stand-in for the vendor's tool first on the PATH; two GPUs, one of them at work once `loaded` is there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    path = folder / "nvidia-smi"
    path.write_text(TOOL.format(folder=folder))
    path.chmod(0o755)
    return path


def test_the_most_stands_beside_what_was_in_use_before(tool: Path, gone: Callable[[str], bool], tmp_path: Path) -> None:
    """Of every GPU; and the tool does not go on afterwards."""
    with Meter() as meter:
        (tool.parent / "loaded").touch()
        latest = time.monotonic() + 10
        while "9,000" not in meter.peak and time.monotonic() < latest:
            time.sleep(0.01)

    assert meter.peak == "9,000 MiB (400 MiB before); 7 MiB (7 MiB before)"
    (tmp_path / "pid").write_text((tool.parent / "pid").read_text())
    assert gone("pid")


@pytest.mark.parametrize(
    "says", ["echo no driver; exit 9", "echo '0, [N/A]'", "printf '\\377, 9\\n0, \\342'", "exit 1"]
)
def test_what_is_no_number_is_not_known(tool: Path, says: str) -> None:
    """A tool that fails, or has no numbers, is nothing to wait for."""
    tool.write_text(f"#!/bin/sh\n{says}\n")

    with Meter() as meter:
        pass

    assert meter.peak == ""


@pytest.mark.parametrize("says", ["0, [N/A]\\n1, [N/A]", "No devices were found"])
def test_a_tool_that_never_has_a_number_is_not_waited_for(
    tool: Path, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on saying so as the real one does; its second round is as good as any later one."""
    tool.write_text(f"#!/bin/sh\nwhile :; do\n  printf '{says}\\n'\n  sleep 0.05\ndone\n")
    waited: list[bool] = []

    class Event(threading.Event):
        """Remembers whether what was waited for came."""

        def wait(self, timeout: float | None = None) -> bool:
            """Wait."""
            waited.append(super().wait(timeout))
            return waited[-1]

    meter = Meter()
    monkeypatch.setattr(meter, "_begun", Event())
    with meter:
        pass

    assert (meter.peak, waited) == ("", [True])


def test_without_the_tool_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most machines have none."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with Meter() as meter:
        pass

    assert meter.peak == ""


def test_memory_is_looked_at_where_a_device_is_to_be_proved(tool: Path, source: Source, tmp_path: Path) -> None:
    """Beside the name of the device and its driver; a smoke without a device costs no look."""
    program = f"#!/bin/sh\ntouch {tool.parent}/loaded\nsleep 0.3\necho 'Backend: CUDA'\n"
    found = []
    for name, proof in (("a", Proof("default", "Backend: CUDA")), ("b", None)):
        (tmp_path / name).mkdir()
        made = observe(source.job(program=program, proof=proof), tmp_path / name, lambda _: None)
        (seen,) = made.seen
        assert isinstance(seen, Observation)
        found.append((made.host.gpu, made.host.driver, made.host.memory))

    assert found == [
        ("NVIDIA H200", "550.54", "9,000 MiB (400 MiB before); 7 MiB (7 MiB before)"),
        ("NVIDIA H200", "550.54", ""),
    ]
