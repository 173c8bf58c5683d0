"""The logits that legs write: whose they are, what is measured of them, and what is no file."""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.parity.comparison import Request, compare
from evidence import logits
from evidence.agreement import weigh
from evidence.model import Absent, Match, Observation, Parity, Promise
from evidence.parity.verdict import Verdict
from runners.comparison import NAME, Tray
from runners.probe.sheet import Sheet
from runners.smoke import OUT, Leg, Smoke

if TYPE_CHECKING:
    from evidence.logits import Logits

SMOKE = Smoke(
    "parity",
    "c.yaml",
    tuple(Leg(name, (name,)) for name in ("cpu", "gpu", "other")),
    (Promise("F-1", (Parity("gpu", "cpu"),)),),
)


def write(checkout: Path, rows: Any, **about: str) -> None:
    """Write logits as a leg does."""
    with Sheet(checkout / OUT / NAME, rows.shape, "float32", about) as sheet:
        sheet.write(rows.astype("<f4").tobytes())


def play(tmp_path: Path, **legs: Any) -> dict[str, Logits]:
    """Let each leg write what it is given, or nothing, and return what is told of those that were asked for."""
    kept, checkout = tmp_path / "kept", tmp_path / "checkout"
    kept.mkdir()
    (checkout / OUT).mkdir(parents=True)
    tray = Tray(SMOKE, kept)
    seen: dict[str, Any] = {}
    for leg, rows in legs.items():
        tray.clear(leg, checkout)
        if callable(rows):
            rows(checkout / OUT)
        elif rows is not None:
            write(checkout, rows, vocabulary=str(rows.shape[1] - 1))
        seen[leg] = Observation(leg, (leg,), "done\n", exit=0)
        tray.take(leg, checkout)
    told = tray.tell(seen)
    assert all(isinstance(one, Observation) for one in told.values())
    return {leg: logits.read(one.logits) for leg, one in told.items() if isinstance(one, Observation) and one.logits}


def draw(positions: int = 6, width: int = 20) -> Any:
    """Return logits."""
    return np.random.default_rng(3).normal(0, 3, (positions, width))


def test_both_files_are_known_and_their_rows_measured(tmp_path: Path) -> None:
    """Digests, the ids that a tokenizer knows, a column for each number; of a leg that nobody asks for, nothing."""
    told = play(tmp_path, cpu=draw(), gpu=draw() * 1.05, other=draw())

    assert set(told) == {"cpu", "gpu"}
    (beside,) = told["gpu"].beside
    assert told["cpu"].sheet
    assert (beside.leg, beside.sha256, beside.failure) == ("cpu", told["cpu"].sheet.sha256, "")
    assert (beside.vocabulary, beside.tail_width, beside.backend) == (19, 1, "numpy")
    assert {len(column) for column in beside.columns} == {6}
    assert beside.columns[1] == pytest.approx((1.05,) * 6, rel=1e-5)
    assert told["cpu"].beside == ()


def test_what_an_earlier_leg_left_is_nobodys(tmp_path: Path) -> None:
    """A leg that writes nothing gave no logits, though one before it left a file at the same place."""
    told = play(tmp_path, cpu=draw(), other=draw(), gpu=None)

    assert told["gpu"].failure == f"it wrote no {{out}}/{NAME}"
    assert told["gpu"].beside[0].failure == "there are no two files to compare"


def test_a_link_is_no_file(tmp_path: Path) -> None:
    """Neither a link nor a folder is followed to what somebody else wrote."""
    (tmp_path / "secret").write_text("elsewhere")

    told = play(
        tmp_path,
        cpu=lambda out: (out / NAME).symlink_to(tmp_path / "secret"),
        gpu=lambda out: (out / NAME).mkdir(),
    )

    assert told["cpu"].failure == told["gpu"].failure == f"its {NAME} cannot be read: it is no plain file"
    assert (tmp_path / "secret").read_text() == "elsewhere"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe would hold the reader for ever."""
    told = play(tmp_path, cpu=lambda out: os.mkfifo(out / NAME), gpu=draw())

    assert "is no plain file" in told["cpu"].failure


def test_a_file_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    """Cut, empty or something else: it cannot be read, and it says so."""
    told = play(tmp_path, cpu=lambda out: (out / NAME).write_bytes(b"\x08" + bytes(20)), gpu=draw())

    assert told["cpu"].failure.startswith(f"its {NAME} cannot be read: ")


def test_other_shapes_are_told_and_not_measured(tmp_path: Path) -> None:
    """A position more is another question; the judge sees both shapes."""
    told = play(tmp_path, cpu=draw(6), gpu=draw(7))

    assert [one.sheet.positions for one in told.values() if one.sheet] == [6, 7]
    assert told["gpu"].beside[0].columns == ()


def test_too_many_positions_are_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What travels is bounded: beyond that nothing is measured, and it says so."""
    monkeypatch.setattr(logits, "MOST", 5)

    told = play(tmp_path, cpu=draw(), gpu=draw())

    assert told["gpu"].beside[0].failure == "6 positions are too many: at most 5"


def test_without_numpy_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without numpy runs legs all the same, and says what it cannot do."""
    monkeypatch.setitem(sys.modules, "runners.logits", None)

    told = play(tmp_path, cpu=draw(), gpu=draw())

    assert told["gpu"].failure == "numpy is not installed on the machine that ran it"


SAID = st.sampled_from([None, "", "0", "7", "19", "20", "21", "020", "x", "٧", "1" * 9, "1" * 10, "1" * 12, "1" * 20])
"""What a label may say of its number of ids, twenty being there."""


@settings(max_examples=80, deadline=None)
@given(SAID, SAID)
@example("7", "7")
@example(None, "7")
@example("7", None)
@example("1" * 10, "1" * 10)
def test_judge_and_command_line_compare_as_many_ids(one: str | None, two: str | None) -> None:
    """Whatever the labels say, both come to one verdict over as many ids; the subject's alone changes no number."""
    right = draw() - 20 * (np.arange(20) >= 7)
    wrong = right.copy()
    wrong[2, 9] += 1
    with TemporaryDirectory() as name:
        folder, seen = Path(name), {}
        (folder / OUT).mkdir(parents=True)
        (folder / "kept").mkdir()
        tray = Tray(SMOKE, folder / "kept")
        for leg, rows, said in (("cpu", right, one), ("gpu", wrong, two)):
            write(folder, rows, **({} if said is None else {"vocabulary": said}))
            shutil.copy(folder / OUT / NAME, folder / leg)
            tray.take(leg, folder)
            seen[leg] = Observation(leg, (leg,), "done\n", exit=0)
        told = {leg: got for leg, got in tray.tell(seen).items() if isinstance(got, Observation)}
        compared = compare(Request(folder / "cpu", (folder / "gpu",), "strict"))

    weighed = weigh(Parity("gpu", "cpu", device="any"), told)

    matches = {Verdict.MATCH: Match.YES, Verdict.MISMATCH: Match.NO, Verdict.INVALID_COMPARISON: Match.UNKNOWN}
    (beside,), measured = logits.read(told["gpu"].logits).beside, compared.comparisons[0].measured
    assert weighed.match is matches[compared.verdict]
    assert weighed.observed.startswith("invalid comparison: ") == (weighed.match is Match.UNKNOWN)
    assert (weighed.match is Match.YES) == (one == two == "7")
    assert measured is None or (beside.vocabulary, beside.tail_width) == (measured.vocabulary, measured.tail_width)
    assert beside.vocabulary == min(int(one or 0) if one in {"7", "19", "20", "21", "1" * 9} else 20, 20)


def test_a_leg_that_did_not_run_stays_absent(tmp_path: Path) -> None:
    """Nothing is told of the logits of a leg that was never started."""
    absent = Absent("gpu", "no such program")

    assert Tray(SMOKE, tmp_path).tell({"gpu": absent}) == {"gpu": absent}


def test_a_second_name_is_refused(tmp_path: Path) -> None:
    """Who keeps another name of a file can write it when its leg has ended."""

    def keep(out: Path) -> None:
        write(out.parent, draw())
        (out / "mine").hardlink_to(out / NAME)

    told = play(tmp_path, cpu=draw(), gpu=keep)

    assert told["gpu"].failure == f"its {NAME} cannot be read: it has a second name"


def test_a_leg_finds_no_reference_to_write_to(tmp_path: Path) -> None:
    """Neither in the folder of copies nor where the reference was written has it a name when the next leg runs."""
    found: list[str] = []

    def look(out: Path) -> None:
        found.extend(str(path) for path in (*(tmp_path / "kept").rglob("*"), *out.rglob("*")))
        write(out.parent, draw())

    told = play(tmp_path, cpu=draw(), gpu=look)

    assert found == []
    assert told["gpu"].beside[0].columns


@pytest.mark.parametrize("late", [False, True], ids=["before measuring", "while measuring"])
def test_a_copy_that_was_written_to_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    """A process of the same user can find the open file by its number; then nothing is told of its rows."""
    (tmp_path / "checkout" / OUT).mkdir(parents=True)
    tray = Tray(SMOKE, tmp_path)
    for factor, leg in enumerate(("cpu", "gpu")):
        write(tmp_path / "checkout", draw() * (1 + factor))
        tray.take(leg, tmp_path / "checkout")

    def overwrite(*_: Any) -> Any:
        numbers = sorted(Path("/proc/self/fd").iterdir(), key=lambda path: int(path.name))
        held = [path for path in numbers if path.resolve().is_relative_to(tmp_path)]
        with held[0].open("r+b") as file:  # that of cpu, opened first
            file.seek(-4, os.SEEK_END)
            file.write(b"\0\0\0\0")
        return logits.Beside("cpu", "", "", 20, 0, "numpy", ((1.0,),))

    if late:
        monkeypatch.setattr(tray, "_measure", overwrite)
    else:
        overwrite()
    told = tray.tell({leg: Observation(leg, (leg,), "done\n", exit=0) for leg in ("cpu", "gpu")})

    one, two = (logits.read(seen.logits) for seen in told.values() if isinstance(seen, Observation))
    failure = f"the {NAME} of cpu changed after its leg ended" if late else "there are no two files to compare"
    assert (two.beside[0].failure, two.beside[0].columns) == (failure, ())
    assert late or one.failure == f"its {NAME} changed after its leg ended"


def _leave_a_list(out: Path) -> None:
    head = b'{"logits":{"dtype":[],"shape":[1,1],"data_offsets":[0,4]}}'
    (out / NAME).write_bytes(len(head).to_bytes(8, "little") + head + bytes(4))


def _leave_a_file(out: Path) -> None:
    out.rmdir()
    out.write_text("no folder")


def _leave_a_link(out: Path) -> None:
    out.rmdir()
    out.symlink_to(out.parent.parent)


def _leave_a_closed_folder(out: Path) -> None:
    (out / NAME / "deep").mkdir(parents=True)
    (out / NAME).chmod(0)
    out.chmod(0o500)


@pytest.mark.parametrize("leave", [_leave_a_list, _leave_a_file, _leave_a_link, _leave_a_closed_folder])
def test_what_one_leg_leaves_costs_no_other(tmp_path: Path, leave: Any) -> None:
    """Whatever stands where its file should be: the leg after it writes and is told of."""
    told = play(tmp_path, cpu=leave, gpu=draw())

    assert told["cpu"].failure
    assert told["gpu"].sheet


def test_a_file_is_taken_no_further_than_its_head_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten gigabytes of holes behind the rows are not copied, and a head that speaks of too much is refused."""
    monkeypatch.setattr("runners.comparison.LARGEST", 1 << 20)
    buffer = io.BytesIO()

    def write_holes(out: Path) -> None:
        (out / NAME).write_bytes(buffer.getvalue()[:200])
        os.truncate(out / NAME, 10 << 30)

    small, large = draw().astype("<f4"), np.zeros((1 << 10, 1 << 9), "<f4")
    for folder, rows in (("one", small), ("two", large)):
        buffer.seek(0)
        np.save(buffer, rows)
        (tmp_path / folder).mkdir()
        told = play(tmp_path / folder, cpu=write_holes, gpu=draw())
        assert (told["cpu"].sheet is None) == (rows is large)
    assert told["cpu"].failure.startswith(f"its {NAME} cannot be read: it speaks of 2,097,280 bytes")
