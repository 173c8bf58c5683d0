"""`discharge parity`, as stories: two files, and what a person or a machine is told."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from app.terminal import lack
from evidence.parity.row import LISTED
from tests.app.stage import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Logits = NDArray[np.float32]

LABEL = {
    "ids_sha256": "5a" * 32,
    "tokenizer_sha256": "7b" * 32,
    "template_sha256": "",
    "dtype": "float32",
    "tf32": "false",
    "device": "cuda",
    "weights_bytes": "270000000",
    "memory_peak": "510000000",
}
RIGHT = np.stack([np.roll(np.linspace(-4, 4, 12), n) * (1 + n / 100) for n in range(40)]).astype(np.float32)
"""Forty positions over twelve ids, each a little wider than the last; the best is 0.73 or more above the second."""


def write(path: Path, logits: Logits, **label: str | None) -> Path:
    """Write logits with a label, a changed one where *label* says so."""
    about = {key: text for key, text in {**LABEL, **label}.items() if text is not None}
    entry = {"dtype": "F32", "shape": list(logits.shape), "data_offsets": [0, logits.nbytes]}
    head = json.dumps({"__metadata__": about, "logits": entry}).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + logits.astype("<f4").tobytes())
    return path


def change(position: int, index: int, value: float) -> Logits:
    """Return the right logits but for one."""
    logits = RIGHT.copy()
    logits[position, index] = value
    return logits


def tie(apart: float) -> tuple[Logits, Logits]:
    """Return logits whose two best are all but equal at position 9, and the same with the two swapped."""
    first, second = RIGHT[9].argsort()[::-1][:2]
    one = change(9, second, float(RIGHT[9, first]) - apart)
    two = one.copy()
    two[9, [first, second]] = two[9, [second, first]]
    return one, two


@pytest.fixture
def cpu(tmp_path: Path) -> Path:
    """Return a reference of the CPU."""
    return write(tmp_path / "cpu.safetensors", RIGHT, device="cpu", memory_peak=None)


def ask(*words: Path | str) -> tuple[int, dict[str, Any]]:
    """Return status and answer of the program, asked for JSON."""
    said = say("parity", *map(str, words), "--json")
    answer: dict[str, Any] = json.loads(said.out)
    return said.status, answer


def test_a_person_reads_the_verdict_first(
    tmp_path: Path, cpu: Path, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the reason, the worst of every number with its position, and what is open; in every case the same."""
    monkeypatch.chdir(tmp_path)
    near = tie(5e-4)
    stories: dict[str, tuple[Logits, dict[str, str | None], tuple[str, ...]]] = {
        "the same, shifted by 5": (RIGHT + 5, {}, ("--device", "cuda")),
        "logits × 1.05": (RIGHT * np.float32(1.05), {}, ()),
        "a NaN at position 31": (change(31, 4, math.nan), {}, ()),
        "a near-tie": (near[1], {}, ()),
        "another prompt": (RIGHT, {"ids_sha256": "c0" * 32}, ()),
        "a silent fallback": (RIGHT, {"device": "cpu"}, ("--device", "cuda")),
        "another precision": (RIGHT + RIGHT % np.float32(1) * np.float32(0.02), {"dtype": "bfloat16"}, ()),
        "a padded tail": (change(3, 11, 9.0), {}, ("--vocabulary", "10")),
    }
    told = []
    for name, (logits, label, options) in stories.items():
        write(cpu, near[0] if name == "a near-tie" else RIGHT, device="cpu", memory_peak=None)
        write(tmp_path / "gpu.safetensors", logits, **label)
        said = say("parity", "cpu.safetensors", "gpu.safetensors", *options)
        told.append(f"== {name}: status {said.status}\n{said.out}{said.err}")
    golden("parity.txt", "\n".join(re.sub(" +$", "", one, flags=re.MULTILINE) for one in told))


@pytest.mark.parametrize(
    ("logits", "label", "told"),
    [
        (RIGHT, {}, (0, "match")),
        (change(5, 5, 9.0), {}, (1, "mismatch")),
        (np.zeros_like(RIGHT), {}, (1, "mismatch")),
        (RIGHT[:39], {}, (3, "invalid_comparison")),
        (RIGHT, {"tokenizer_sha256": None}, (3, "invalid_comparison")),
        (RIGHT, {"tf32": "true"}, (0, "match")),
        (RIGHT, {"memory_peak": "1000"}, (3, "not_measured")),
    ],
)
def test_the_status_tells_a_machine(
    tmp_path: Path, cpu: Path, logits: Logits, label: dict[str, str | None], told: tuple[int, str]
) -> None:
    """0 where it holds, 1 where it does not, 3 where nothing can be said."""
    got = ask(cpu, write(tmp_path / "gpu.safetensors", logits, **label))

    assert (got[0], got[1]["verdict"]) == told


def test_a_machine_reads_every_number(tmp_path: Path, cpu: Path) -> None:
    """With positions and bounds; a number that is none is null, so that any reader of JSON takes it."""
    broken = change(31, 4, math.nan)
    broken[2] = 0
    status, answer = ask(cpu, write(tmp_path / "gpu.safetensors", broken))
    (one,) = answer["comparisons"]

    assert status == 1
    assert one["subject_nonfinite"] == {"number": 1, "first": 31}
    assert one["fell_flat"] == {"number": 1, "first": 2}
    assert one["numbers"]["cosine"] | {"mean": 0} == {
        "worst": 0,
        "position": 2,
        "mean": 0,
        "bound": "≥ 0.999999",
        "kept": False,
    }
    assert one["bad"]["number"] == 2
    assert one["positions"], one["compared"] == (40, 39)


def test_a_strict_tier_takes_no_tf32(tmp_path: Path, cpu: Path) -> None:
    """What was not computed strictly is not judged so, even if its numbers are good."""
    subject = write(tmp_path / "gpu.safetensors", RIGHT, tf32="true")
    status, answer = ask(cpu, subject, "--tier", "strict")

    assert status == 3
    assert answer["reason"] == "the tier strict is for TF32 off, and the subject was computed with TF32 on"


def test_several_goes_are_judged_together(tmp_path: Path, cpu: Path) -> None:
    """One that fails among three is no two thirds of a match, and the noise between them is told."""
    goes = [write(tmp_path / f"{n}.safetensors", RIGHT) for n in range(3)]
    steady, unstable = ask(cpu, *goes), (write(goes[2], RIGHT * 2), ask(cpu, *goes))[1]

    assert (steady[0], steady[1]["noise"]["steady"]) == (0, True)
    assert (unstable[0], unstable[1]["reason"]) == (3, "unstable: it holds in 2 of 3 goes")
    assert len(set(unstable[1]["noise"]["sha256"])) == 2
    assert unstable[1]["noise"]["floor"][0]["kl"] > 0.1
    assert "3 goes gave 2 different results" in say("parity", *map(str, (cpu, *goes))).out


def test_a_go_that_never_was_is_not_counted(tmp_path: Path, cpu: Path) -> None:
    """A file is one go, whatever names it is given under; two runs that wrote the same bytes are two."""
    gpu, other = (write(tmp_path / f"{name}.safetensors", RIGHT) for name in ("gpu", "other"))
    link, second = tmp_path / "link.safetensors", tmp_path / "second.safetensors"
    link.symlink_to(gpu)
    second.hardlink_to(gpu)
    (tmp_path / "folder").mkdir()
    longer = tmp_path / "folder" / ".." / "gpu.safetensors"

    for go in (gpu, link, second, longer):
        said = say("parity", str(cpu), str(gpu), str(other), str(go))
        given = f"{gpu} is given twice" if go == gpu else f"{gpu} and {go} are one file"
        told = f"error: {given}. A go that never was would be counted: name for each what it wrote.\n"
        assert (said.status, said.out, said.err) == (2, "", told)
    assert ask(cpu, gpu, other)[0] == 0


def test_nothing_is_compared_with_itself(tmp_path: Path, cpu: Path) -> None:
    """A slip of the keyboard would be a match; which of the goes it is makes no difference."""
    link = tmp_path / "gpu.safetensors"
    link.symlink_to(cpu)
    mend = "A file always agrees with itself: name what another run wrote."

    assert say("parity", str(cpu), str(cpu)).err == f"error: {cpu} is given twice. {mend}\n"
    assert ask(cpu, write(tmp_path / "1.safetensors", RIGHT), link) == (
        2,
        {"error": f"{cpu} and {link} are one file. {mend}"},
    )


def test_what_goes_say_of_themselves_is_what_was_measured(tmp_path: Path, cpu: Path) -> None:
    """How far apart they are, in how many positions nothing could be compared, or that nothing was measured at all."""
    gpu = write(tmp_path / "gpu.safetensors", RIGHT)
    nowhere = np.full_like(RIGHT, math.nan)
    told = "2 goes gave 2 different results"
    cases: list[tuple[Logits, dict[str, str | None], str]] = [
        (change(31, 4, math.nan), {}, f"{told}, up to KL 0 from the first; in 1 position there is nothing to compare"),
        (nowhere, {}, f"{told}; in 40 positions there is nothing to compare"),
        (RIGHT + 5, {"ids_sha256": "c0" * 32}, f"{told}; how far apart they are was not measured"),
    ]
    compared = []
    for logits, label, sentence in cases:
        other = write(tmp_path / "other.safetensors", logits, **label)
        assert f"  {sentence}\n" in say("parity", str(cpu), str(gpu), str(other)).out
        assert f"{sentence}.</p>" in say("parity", str(cpu), str(gpu), str(other), "--html").out
        compared.append([one["compared"] for one in ask(cpu, gpu, other)[1]["noise"]["floor"]])
    assert compared == [[39], [0], []]


def test_goes_that_are_too_far_apart_for_a_number_are_told_without_one(tmp_path: Path) -> None:
    """From one end of float64 to the other: a KL that is none is not said to be the largest."""
    files = [tmp_path / f"{name}.npy" for name in ("cpu", "one", "two")]
    for path, scale in zip(files, (1.0, 3e307, -3e307), strict=True):
        np.save(path, RIGHT.astype(np.float64) * scale)

    said = say("parity", *map(str, files))

    assert (said.status, "\n  2 goes gave 2 different results\n" in said.out) == (1, True)


@pytest.mark.parametrize(
    ("reference", "subject"),
    [
        (RIGHT, change(31, 4, math.nan)),
        (change(31, 4, math.nan), RIGHT),
        (change(31, 4, math.inf), change(31, 4, math.inf)),
        (RIGHT, change(31, 4, -math.inf)),
        (np.full_like(RIGHT, math.nan), RIGHT),
    ],
    ids=["the subject's NaN", "the reference's", "both infinite", "another mask", "NaN throughout"],
)
def test_no_bound_is_kept_where_a_position_has_no_numbers(
    tmp_path: Path, cpu: Path, reference: Logits, subject: Logits
) -> None:
    """It may have been the worst: the mark is neither of a bound that is kept nor of one that is missed."""
    write(cpu, reference, device="cpu", memory_peak=None)
    gpu = write(tmp_path / "gpu.safetensors", subject)

    status, answer = ask(cpu, gpu)
    (one,) = answer["comparisons"]
    shown, page = say("parity", str(cpu), str(gpu)).out, say("parity", str(cpu), str(gpu), "--html").out

    assert status == (3 if one["reference_nonfinite"]["number"] else 1)
    assert {number["kept"] for number in one["numbers"].values()} <= {None}
    assert "✓" not in shown + page
    assert "✗" not in shown + page
    assert "there are no numbers" in shown
    assert "there are no numbers" in page


def test_a_bound_that_is_missed_elsewhere_is_missed_for_certain(tmp_path: Path, cpu: Path) -> None:
    """Whatever the position without numbers would have been."""
    gpu = write(tmp_path / "gpu.safetensors", change(31, 4, math.nan) * np.float32(1.05))

    numbers = ask(cpu, gpu)[1]["comparisons"][0]["numbers"]

    assert {key: one["kept"] for key, one in numbers.items()} == {
        "kl": False,
        "cosine": None,
        "norm_ratio": False,
        "max_abs": False,
        "nmse": False,
    }


def test_arrays_without_a_label_are_compared_and_it_is_said(tmp_path: Path) -> None:
    """`.npy` cannot say which prompt it is of; batches are taken as positions."""
    np.save(tmp_path / "a.npy", RIGHT.reshape(2, 20, 12))
    np.save(tmp_path / "b.npy", RIGHT.astype(np.float16))
    status, answer = ask(tmp_path / "a.npy", tmp_path / "b.npy")

    assert (status, answer["comparisons"][0]["tier"]["name"]) == (0, "float16")
    assert "were not compared" in answer["comparisons"][0]["remarks"][0]


def test_a_model_that_flips_everywhere_names_some(tmp_path: Path, cpu: Path) -> None:
    """Forty flips are counted, and a person is shown eight."""
    subject = write(tmp_path / "gpu.safetensors", np.roll(RIGHT, 3, axis=1))
    status, answer = ask(cpu, subject)

    assert status == 1
    assert (answer["comparisons"][0]["flips"], len(answer["comparisons"][0]["listed"])) == (40, LISTED)
    assert f"and 32 more: --json lists {LISTED} of them" in say("parity", str(cpu), str(subject)).out


def test_a_page_stands_by_itself(tmp_path: Path, cpu: Path) -> None:
    """Verdict, picture, numbers; no script, nothing fetched, and a hostile file name is a name."""
    subject = write(tmp_path / "<script>alert(1)<.safetensors", change(7, 3, 8.0))
    said = say("parity", str(cpu), str(subject), "--html")
    picture = said.out[said.out.index("<svg") : said.out.index("</svg>") + 6]

    assert said.status == 1
    assert '<h1 class="s1">Mismatch</h1>' in said.out
    assert "<script" not in said.out
    assert re.findall(r"(?:src|href)=|url\(|@import", said.out) == []
    assert ET.fromstring(picture).tag.endswith("svg")  # noqa: S314 - it was made here
    assert said.out.count("<table>") == said.out.count("</table>") == 1
    assert "prefers-color-scheme" in said.out


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("n" * 300, b"", "it cannot be read: File name too long."),
        ("list.safetensors", b"\x0e" + bytes(7) + b'{"a":{"dtype":[]}}'[:14], "its head is no JSON"),
        (
            "kind.safetensors",
            b"\x1a" + bytes(7) + b'{"logits": {"dtype": [ ]}}',
            "its logits are of a kind without a name",
        ),
        ("minus.npy", b"\x93NUMPY\x01\x00\x10\x27" + b"-" * 9999 + b"1", "its head is no .npy head"),
        (".", b"", "it is no plain file."),
        ("text.npy", b"0.1,0.2\n", "it is neither .npy nor safetensors. Write logits in one of these formats."),
    ],
    ids=["long name", "half a head", "a kind that is a list", "minus without end", "a folder", "a text"],
)
def test_a_file_with_a_fault_is_input_that_cannot_be_read(
    tmp_path: Path, cpu: Path, name: str, content: bytes, told: str
) -> None:
    """Status 2 with a sentence, and no internal error."""
    if content:
        (tmp_path / name).write_bytes(content)

    said = say("parity", str(cpu), str(tmp_path / name))

    assert (said.status, said.out) == (2, "")
    assert told in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--tier", "float7"), "there is no tier float7. There are strict, tf32, float16, bfloat16, float8."),
        (("--json", "--html"), "--json and --html are two forms of one document. Ask for one of them."),
        (("--vocabulary", "0"), "Invalid value for '--vocabulary'"),
    ],
)
def test_a_wrong_word_is_answered_with_a_way_out(cpu: Path, words: tuple[str, ...], told: str) -> None:
    """Status 2, and nothing is compared."""
    said = say("parity", str(cpu), str(cpu), *words)

    assert said.status == 2
    assert told in said.err


def test_a_page_that_is_taken_for_logits_is_told_where_it_goes(tmp_path: Path, cpu: Path) -> None:
    """--html takes no name: the page is printed."""
    page = str(tmp_path / "nowhere" / "page.html")
    told = f"error: {page} is no file of logits. --html prints the page: end with `--html > {page}`.\n"

    for words in (("--html", page, str(cpu)), (str(cpu), "--html", page)):
        said = say("parity", *words)
        assert (said.status, said.out, said.err) == (2, "", told)


def test_a_file_that_is_none_is_named(tmp_path: Path, cpu: Path) -> None:
    """The sentence begins with it."""
    said = say("parity", str(cpu), str(tmp_path / "gpu.safetensors"))

    assert (said.status, said.out) == (2, "")
    assert said.err.endswith("gpu.safetensors: there is no such file.\n")


def test_a_vocabulary_that_is_wider_than_the_logits_is_no_comparison(tmp_path: Path, cpu: Path) -> None:
    """Nor are two tokenizers of different size, whatever a person asks for; one that both name is taken."""
    gpu = write(tmp_path / "gpu.safetensors", RIGHT)
    assert ask(cpu, gpu, "--vocabulary", "13")[0] == 3
    labelled = [write(tmp_path / f"{n}.safetensors", RIGHT, vocabulary=str(n)) for n in (9, 10)]

    assert ask(*labelled)[1]["reason"].endswith(
        "the sides have different vocabularies: `9` the reference, `10` the subject"
    )
    assert ask(*labelled, "--vocabulary", "9")[0] == 3
    assert ask(cpu, gpu, "--vocabulary", str(10**12))[0] == 3
    again = write(tmp_path / "again.safetensors", RIGHT, vocabulary="9")
    assert ask(labelled[0], again)[1]["comparisons"][0]["tail_width"] == 3


def test_a_subject_does_not_say_how_much_of_it_is_compared(tmp_path: Path, cpu: Path) -> None:
    """Two ids of 5,000 are soon the same: what only the subject names is nothing, what a person asks for is."""
    noise = np.random.default_rng(5).normal(0, 3, RIGHT.shape).astype(np.float32)
    noise[:, :2] = RIGHT[:, :2]
    subject = write(tmp_path / "gpu.safetensors", noise, vocabulary="2")
    named = write(tmp_path / "named.safetensors", RIGHT, device="cpu", vocabulary="12")
    silent = write(tmp_path / "silent.safetensors", RIGHT)

    assert ask(cpu, subject)[1]["reason"].endswith("only the subject names its vocabularies")
    assert (ask(named, silent)[0], ask(named, silent, "--vocabulary", "12")[0]) == (3, 0)
    assert ask(cpu, subject, "--vocabulary", "12")[0] == 1


def test_the_extra_that_is_missing_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """What compares files is in one of its own, for whoever compares files and serves no App."""
    assert lack(ModuleNotFoundError(name="numpy")) == 2
    assert "Install discharge with its extra: parity." in capsys.readouterr().err


def test_another_backend_says_the_same(tmp_path: Path, cpu: Path) -> None:
    """Torch measures what numpy measures: every number to nine digits, and the verdict with it."""
    pytest.importorskip("torch", reason="torch is not installed; only the backends of a device need it")
    wrong = write(tmp_path / "gpu.safetensors", change(7, 3, 2.5))

    (status, numpy), (other, torch) = (ask(cpu, wrong, "--backend", name) for name in ("numpy", "torch"))

    assert (status, numpy["verdict"]) == (other, torch["verdict"]) == (1, "mismatch")
    (one,), (two,) = numpy["comparisons"], torch["comparisons"]
    assert one["numbers"]["kl"]["worst"] == pytest.approx(two["numbers"]["kl"]["worst"], rel=1e-9)
    assert one["numbers"]["kl"]["position"] == two["numbers"]["kl"]["position"] == 7
    assert (one["backend"], two["backend"].partition(" ")[0]) == ("numpy", "torch")


def test_a_backend_that_cannot_be_had_is_told(tmp_path: Path, cpu: Path) -> None:
    """The GPU's needs a GPU, and one that nobody knows is named with those that there are."""
    torch = pytest.importorskip("torch", reason="torch is not installed; only the backends of a device need it")
    if not torch.cuda.is_available():
        gpu = write(tmp_path / "gpu.safetensors", RIGHT)
        said = say("parity", str(cpu), str(gpu), "--backend", "triton")
        assert (said.status, said.err) == (2, "error: torch finds no GPU here. Ask for --backend torch, or numpy.\n")

    said = say("parity", str(cpu), str(cpu), "--backend", "abacus")
    assert (said.status, said.err) == (2, "error: there is no backend abacus. There are numpy, torch, triton.\n")
