"""The example's program: what it says, on which backend, and what it does with a model that is none."""

from __future__ import annotations

import os
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess
    from types import ModuleType

    from numpy.typing import NDArray

WORDS = {
    "runner": "R AH1 N ER0",
    "parity": "P EH1 R IH0 T IY0",
    "contract": "K AA1 N T R AE2 K T",
    "evidence": "EH1 V AH0 D AH0 N S",
    "discharge": "D IH0 S CH AA1 R JH",
}


def _in_float64(model: Any, letters: list[int], steps: int) -> NDArray[np.float64]:
    """Compute the logits of the first steps a second way: in float64, gate by gate, batched over nothing."""
    w = {name: array.astype(np.float64) for name, array in model.items()}

    def gate(part: str, which: int, x: NDArray[np.float64], h: NDArray[np.float64]) -> tuple[Any, Any]:
        rows = slice(256 * which, 256 * (which + 1))
        of_x = np.einsum("ij,j->i", w[f"{part}_w_ih"][rows], x) + w[f"{part}_b_ih"][rows]
        of_h = np.einsum("ij,j->i", w[f"{part}_w_hh"][rows], h) + w[f"{part}_b_hh"][rows]
        return of_x, of_h

    def step(part: str, x: NDArray[np.float64], h: NDArray[np.float64]) -> NDArray[np.float64]:
        r, z = (1 / (1 + np.exp(-sum(gate(part, which, x, h)))) for which in (0, 1))
        of_x, of_h = gate(part, 2, x, h)
        n = np.tanh(of_x + r * of_h)
        return np.asarray(n + z * (h - n))

    h = np.zeros(256)
    for letter in letters:
        h = step("enc", w["enc_emb"][letter], h)
    said, rows = 2, []
    for _ in range(steps):
        h = step("dec", w["dec_emb"][said], h)
        rows.append(np.einsum("ij,j->i", w["fc_w"], h) + w["fc_b"])
        said = int(np.argmax(rows[-1]))
    return np.array(rows)


@pytest.mark.parametrize(("word", "phonemes"), WORDS.items())
def test_a_word_is_pronounced(
    speak: Callable[..., CompletedProcess[str]], weights: Path, word: str, phonemes: str
) -> None:
    """The real weights pronounce real words, and stdout holds nothing but the answer and the time."""
    done = speak(weights, "--word", word, "--no-gpu")

    assert done.returncode == 0
    assert re.fullmatch(rf"Output:\n{phonemes}\n\nCompleted in \d+\.\d\ds\n", done.stdout)


@pytest.mark.parametrize("word", WORDS)
def test_the_logits_are_those_of_a_second_implementation(program: ModuleType, model: Any, word: str) -> None:
    """Computed again in float64 and in another order, every logit agrees to the noise of float32."""
    letters = program.spell(word)
    logits = program.speak(model, letters)
    again = _in_float64(model, letters, len(logits))

    assert logits.dtype == np.float32
    assert np.abs(logits - again).max() < 1e-4
    assert [program.PHONEMES[i] for i in again.argmax(axis=1)] == [*WORDS[word].split(), "</s>"]


def test_without_gpu_nothing_that_knows_of_one_is_loaded(
    speak: Callable[..., CompletedProcess[str]], weights: Path
) -> None:
    """`--no-gpu` never asks for torch and logs three lines, none of them about a device."""
    done = speak(weights, "--word", "runner", "--no-gpu")

    assert done.stderr.splitlines() == [
        f"[G2P-001] 12 arrays, 834,890 weights read from {weights}",
        "[G2P-002] runner: 6 letters, 5 decoding steps on the CPU",
        f"Backend: CPU (numpy {np.__version__})",
    ]


@pytest.mark.parametrize(
    ("torch", "why"),
    [
        ("raise ImportError('no torch here')", "torch cannot be imported (no torch here)"),
        ("raise OSError('libcudart.so.13: cannot open')", "torch cannot be imported (libcudart.so.13: cannot open)"),
        ("class cuda:\n    is_available = bool\n__version__ = '2.13.0'", "torch 2.13.0 sees none"),
    ],
)
def test_without_a_device_it_says_so_and_answers_from_the_cpu(
    speak: Callable[..., CompletedProcess[str]], weights: Path, torch: str, why: str
) -> None:
    """The way of a GPU is tried by default; where there is none, that is visible, and never `Backend: CUDA`."""
    done = speak(weights, "--word", "runner", torch=torch)

    assert done.returncode == 0
    assert done.stdout.startswith("Output:\nR AH1 N ER0\n\n")
    assert done.stderr.splitlines()[2:] == [
        "torch was asked for",
        f"[g2p-parity] no CUDA device: {why}, attempting fallback: CPU",
        f"Backend: CPU (numpy {np.__version__})",
    ]


def test_a_torch_that_cannot_do_it_is_rejected_visibly(
    speak: Callable[..., CompletedProcess[str]], weights: Path
) -> None:
    """A device was opened, but nothing was computed on it: both stand in the log, and the CPU answers."""
    cuda = "class cuda:\n    is_available = staticmethod(lambda: True)"
    torch = f"{cuda}\nclass version:\n    cuda = '11.8'\n__version__ = '2.0'"

    done = speak(weights, "--word", "runner", torch=torch)

    assert done.returncode == 0
    assert done.stderr.splitlines()[3:] == [
        "[gpu#1] torch 2.0, CUDA 11.8",
        "[g2p-parity] CUDA path rejected, attempting fallback: module 'torch' has no attribute 'backends'",
        f"Backend: CPU (numpy {np.__version__})",
    ]


@pytest.fixture
def device(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., object]], None]:
    """Return a function that gives the program a device which computes with the given function."""

    def install(compute: Callable[..., object]) -> None:
        cuda = SimpleNamespace(get_device_name=lambda: "Test Device", max_memory_allocated=lambda: 4_200_000)
        monkeypatch.setattr(program, "find_device", lambda: SimpleNamespace(cuda=cuda))
        monkeypatch.setattr(program, "compute", compute)

    return install


def _main(program: ModuleType, monkeypatch: pytest.MonkeyPatch, *args: object) -> int:
    monkeypatch.setattr("sys.argv", ["speak.py", *map(str, args)])
    return int(program.main())


def test_a_device_that_agrees_gives_the_answer(
    program: ModuleType, weights: Path, device: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the device computed is measured line by line, accepted, and becomes the answer."""

    def compute(*arguments: Any, fault: str | None) -> NDArray[np.float32]:
        return np.asarray(arguments[3])

    device(compute)

    assert _main(program, monkeypatch, weights, "--word", "runner") == 0
    out, err = capsys.readouterr()
    assert out.startswith("Output:\nR AH1 N ER0\n\n")
    assert err.splitlines()[2:] == [
        "Backend: CUDA (Test Device)",
        "[gpu#2] float32, TF32 off, 4.2 MB at most on the device",
        "[g2p-parity] cosine vs CPU = 1.00000000 over 5 steps",
        "[g2p-parity] argmax agreement = 5/5 steps",
        "[g2p-parity] max abs difference = 0.00000000",
        "[g2p-parity] CUDA path accepted",
    ]


def test_a_device_that_differs_is_rejected_visibly(
    program: ModuleType, weights: Path, device: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One step turned round: the reason is said, and the answer is the CPU's."""

    def compute(*arguments: Any, fault: str | None) -> NDArray[np.float32]:
        turned = arguments[3].copy()
        turned[1] *= -1
        return np.asarray(turned)

    device(compute)

    assert _main(program, monkeypatch, weights, "--word", "runner") == 0
    out, err = capsys.readouterr()
    assert out.startswith("Output:\nR AH1 N ER0\n\n")
    last, backend = err.splitlines()[-2:]
    assert last.startswith("[g2p-parity] CUDA path rejected, attempting fallback: cosine vs CPU = -1.00000000 (< 0.99)")
    assert "argmax agreement = 4/5 steps; max abs difference = " in last
    assert backend == f"Backend: CPU (numpy {np.__version__})"


def test_a_device_that_fails_never_counts_as_one_that_computed(
    program: ModuleType, weights: Path, device: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A kernel that dies gives its first line as the reason, and `Backend: CUDA` is not said."""

    def compute(*_: object, fault: str | None) -> None:
        raise RuntimeError("CUDA error: no kernel image is available\nCompile with …")

    device(compute)

    assert _main(program, monkeypatch, weights, "--word", "runner") == 0
    out, err = capsys.readouterr()
    assert "Backend: CUDA" not in err
    assert "CUDA path rejected, attempting fallback: CUDA error: no kernel image is available\nBackend: CPU" in err
    assert out.startswith("Output:\nR AH1 N ER0\n\n")


@pytest.mark.parametrize("word", WORDS)
def test_torch_computes_the_same_network(program: ModuleType, model: Any, word: str) -> None:
    """Torch's own GRU with these weights agrees with numpy; a fault put in on purpose does not pass the gate."""
    torch = pytest.importorskip("torch", reason="torch is not installed; only the GPU legs need it")
    letters = program.spell(word)
    logits = program.speak(model, letters)

    def object_to(fault: str | None) -> str:
        computed = program.compute(torch, model, letters, logits, device="cpu", fault=fault)
        return "; ".join(program.Parity.measure(logits, computed).objections())

    assert object_to(None) == ""
    assert object_to("scale").startswith("max abs difference = ")
    assert object_to("offbyone").startswith("cosine vs CPU = ")


def test_a_fault_needs_a_device(speak: Callable[..., CompletedProcess[str]], weights: Path) -> None:
    """A fault can be put into a device's result, but not where no device is wanted."""
    done = speak(weights, "--word", "runner", "--no-gpu", "--inject", "scale")

    assert (done.returncode, done.stdout) == (2, "")
    assert "argument --inject: not allowed with argument --no-gpu" in done.stderr


@pytest.mark.parametrize("word", ["", "two words", "naïve", "x" * 41, "--", "r2d2"])
def test_what_is_no_word_is_refused(speak: Callable[..., CompletedProcess[str]], weights: Path, word: str) -> None:
    """The network knows the letters a to z; anything else is a wrong command line, not a guess."""
    done = speak(weights, f"--word={word}", "--no-gpu")

    assert (done.returncode, done.stdout) == (2, "")
    assert "is not one word of 1 to 40 letters from a to z" in done.stderr or "--word needs a word" in done.stderr


def test_it_can_be_started_by_its_name(g2p: Path) -> None:
    """The configuration runs speak.py itself, so it is executable and names its interpreter."""
    path = g2p / "speak.py"

    assert os.access(path, os.X_OK)
    assert path.read_text(encoding="utf-8").startswith("#!/usr/bin/env python3\n")
