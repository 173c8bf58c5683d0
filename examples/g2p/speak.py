#!/usr/bin/env python3
"""Say how an English word is pronounced: a small GRU encoder-decoder, on the CPU and on a GPU.

    ./speak.py models/checkpoint20.npz --word runner [--no-gpu | --inject scale]

The answer goes to stdout, what was done goes to stderr. The CPU decodes greedily. Unless `--no-gpu` is
given, a CUDA device then computes the logits of the same steps, and its answer counts only if they
pass the parity gate. Exit status: 0 an answer, 2 a wrong command line, 3 a model that cannot be used.
"""

from __future__ import annotations

import argparse
import importlib
import string
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Model = Mapping[str, Floats]

Fault = Literal["scale", "offbyone"]

GRAPHEMES = ("<pad>", "<unk>", "</s>", *string.ascii_lowercase)
_PHONEMES = (
    "<pad> <unk> <s> </s> AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH "
    "EH0 EH1 EH2 ER0 ER1 ER2 EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG OW0 OW1 OW2 OY0 OY1 OY2 "
    "P R S SH T TH UH0 UH1 UH2 UW UW0 UW1 UW2 V W Y Z ZH"
)
PHONEMES = tuple(_PHONEMES.split())
START, END = PHONEMES.index("<s>"), PHONEMES.index("</s>")
LONGEST_WORD, MOST_STEPS = 40, 20

WIDTH = 256
_GRU = {"w_ih": (3 * WIDTH, WIDTH), "w_hh": (3 * WIDTH, WIDTH), "b_ih": (3 * WIDTH,), "b_hh": (3 * WIDTH,)}
SHAPES: dict[str, tuple[int, ...]] = {
    "enc_emb": (len(GRAPHEMES), WIDTH),
    "dec_emb": (len(PHONEMES), WIDTH),
    "fc_w": (len(PHONEMES), WIDTH),
    "fc_b": (len(PHONEMES),),
    **{f"{part}_{name}": shape for part in ("enc", "dec") for name, shape in _GRU.items()},
}

COSINE_FLOOR, DIFFERENCE_LIMIT = 0.99, 1e-3


class UnusableModel(Exception):  # noqa: N818 - it reads as what it is, in one sentence for a person
    """The file is missing, damaged, or holds something else than this network's weights."""


class NoDevice(Exception):  # noqa: N818 - the absence of a device is a state of the machine, not a mistake
    """There is no CUDA device to compute on; the text says why."""


def main() -> int:
    """Answer one command line and return its exit status."""
    began = time.perf_counter()
    asked = _command_line()
    try:
        model = read(asked.model)
    except UnusableModel as unusable:
        _log(f"speak.py: {unusable}")
        return 3
    weights = sum(array.size for array in model.values())
    _log(f"[G2P-001] {len(model)} arrays, {weights:,} weights read from {asked.model}")
    letters = spell(asked.word)
    logits = speak(model, letters)
    _log(f"[G2P-002] {asked.word}: {len(asked.word)} letters, {len(logits)} decoding steps on the CPU")
    accepted = None if asked.no_gpu else try_gpu(model, letters, logits, asked.inject)
    if accepted is None:
        _log(f"Backend: CPU (numpy {np.__version__})")
    answer = pronounce(logits if accepted is None else accepted)
    sys.stdout.write(f"Output:\n{answer}\n\nCompleted in {time.perf_counter() - began:.2f}s\n")
    return 0


def read(path: Path) -> Model:
    """Return the weights in *path*: float32 arrays of the names and shapes in `SHAPES`.

    Raises:
        UnusableModel: there is no such file, or it holds anything else.
    """
    if not path.is_file():
        raise UnusableModel(f"there is no model at {path}; README.md says where the weights come from")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            model = {name: archive[name] for name in SHAPES}
    except Exception as error:  # a damaged archive fails in a dozen ways, and all mean the same
        raise UnusableModel(f"{path} is no archive of this network's weights: {_first_line(error)}") from error
    for name, shape in SHAPES.items():
        array = model[name]
        if array.dtype != np.float32 or array.shape != shape or not np.isfinite(array).all():
            raise UnusableModel(f"{path}: {name} is not {shape} finite float32 numbers")
    return model


def spell(word: str) -> list[int]:
    """Return the letters of *word* as the encoder's numbers, with the end mark."""
    return [GRAPHEMES.index(letter) for letter in (*word, "</s>")]


def speak(model: Model, letters: Sequence[int]) -> Floats:
    """Decode greedily on the CPU and return the logits, one row a step (steps x phonemes)."""
    hidden = np.zeros(WIDTH, np.float32)
    for letter in letters:
        hidden = _advance(model, "enc", model["enc_emb"][letter], hidden)
    rows: list[Floats] = []
    said = START
    while said != END and len(rows) < MOST_STEPS:
        hidden = _advance(model, "dec", model["dec_emb"][said], hidden)
        rows.append(model["fc_w"] @ hidden + model["fc_b"])
        said = int(rows[-1].argmax())
    return np.stack(rows)


def _advance(model: Model, part: str, x: Floats, hidden: Floats) -> Floats:
    """Return the next hidden state of a GRU whose rows are reset gate, update gate, candidate."""
    of_x = np.split(model[f"{part}_w_ih"] @ x + model[f"{part}_b_ih"], 3)
    of_hidden = np.split(model[f"{part}_w_hh"] @ hidden + model[f"{part}_b_hh"], 3)
    reset, update = (_sigmoid(of_x[gate] + of_hidden[gate]) for gate in (0, 1))
    candidate: Floats = np.tanh(of_x[2] + reset * of_hidden[2])
    return (1 - update) * candidate + update * hidden


def _sigmoid(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)), in the form that cannot overflow."""
    half = np.float32(0.5)
    swing: Floats = np.tanh(half * x)
    return half * swing + half


def pronounce(logits: Floats) -> str:
    """Return the likeliest phoneme of every step, without the end mark."""
    return " ".join(PHONEMES[best] for best in logits.argmax(axis=1) if best != END)


def try_gpu(model: Model, letters: Sequence[int], expected: Floats, fault: Fault | None) -> Floats | None:
    """Return the device's logits if there is a device and it agrees with the CPU; else None, and say why."""
    try:
        torch = find_device()
        computed = compute(torch, model, letters, expected, fault=fault)
        _log(f"Backend: CUDA ({torch.cuda.get_device_name()})")
        _log(f"[gpu#2] float32, TF32 off, {torch.cuda.max_memory_allocated() / 1e6:.1f} MB at most on the device")
    except NoDevice as absence:
        _log(f"[g2p-parity] no CUDA device: {absence}, attempting fallback: CPU")
        return None
    except (RuntimeError, AttributeError) as error:  # the driver, the memory or a kernel fails; torch is older than 2.9
        _log(f"[g2p-parity] CUDA path rejected, attempting fallback: {_first_line(error)}")
        return None
    parity = Parity.measure(expected, computed)
    for line in parity.lines():
        _log(f"[g2p-parity] {line}")
    objections = "; ".join(parity.objections())
    _log(f"[g2p-parity] CUDA path {f'rejected, attempting fallback: {objections}' if objections else 'accepted'}")
    return None if objections else computed


def find_device() -> ModuleType:
    """Return torch, once it is known to see a CUDA device.

    Raises:
        NoDevice: torch is not installed, cannot be loaded, or sees no device.
    """
    try:
        torch = importlib.import_module("torch")
    except (ImportError, OSError) as error:
        raise NoDevice(f"torch cannot be imported ({_first_line(error)})") from error
    if not torch.cuda.is_available():
        raise NoDevice(f"torch {torch.__version__} sees none")
    _log(f"[gpu#1] torch {torch.__version__}, CUDA {torch.version.cuda}")
    return torch


def compute(  # noqa: PLR0913 - the network's inputs, and two keyword-only ways to test it
    torch: ModuleType,
    model: Model,
    letters: Sequence[int],
    expected: Floats,
    *,
    device: str = "cuda",
    fault: Fault | None = None,
) -> Floats:
    """Compute the logits of the same steps with torch, every step fed with the CPU's choice before it."""
    torch.backends.cuda.matmul.fp32_precision = torch.backends.cudnn.rnn.fp32_precision = "ieee"
    weights = {name: torch.tensor(array, device=device) for name, array in model.items()}
    fed = [START, *expected.argmax(axis=1)[:-1].tolist()]
    with torch.inference_mode():
        _, hidden = _gru(torch, weights, "enc")(weights["enc_emb"][list(letters)])
        states, _ = _gru(torch, weights, "dec")(weights["dec_emb"][fed], hidden)
        if fault == "offbyone":
            states = states.roll(1, dims=0)
        logits = states @ weights["fc_w"].T + weights["fc_b"]
        if fault == "scale":
            logits = logits * 1.05
    computed: Floats = logits.cpu().numpy()
    return computed


def _gru(torch: ModuleType, weights: Mapping[str, Any], part: str) -> Any:
    """Return torch's own GRU layer with the weights of one half of the network."""
    layer = torch.nn.GRU(WIDTH, WIDTH, device=weights["fc_b"].device)
    names = {"weight_ih_l0": "w_ih", "weight_hh_l0": "w_hh", "bias_ih_l0": "b_ih", "bias_hh_l0": "b_hh"}
    layer.load_state_dict({theirs: weights[f"{part}_{ours}"] for theirs, ours in names.items()})
    return layer


@dataclass(frozen=True, slots=True)
class Parity:
    """How far the device's logits are from the CPU's: the worst of all steps, never the mean."""

    steps: int
    cosine: float
    agreeing: int
    difference: float

    @classmethod
    def measure(cls, expected: Floats, computed: Floats) -> Parity:
        """Compare row by row, in float64; a row without a direction or with a NaN has the cosine NaN."""
        a, b = expected.astype(np.float64), computed.astype(np.float64)
        with np.errstate(invalid="ignore"):
            cosines = (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
            difference = np.abs(a - b).max()
        agreeing = int((a.argmax(axis=1) == b.argmax(axis=1)).sum())
        return cls(len(a), float(cosines.min()), agreeing, float(difference))

    def lines(self) -> Iterator[str]:
        """Yield the three measurements as they are logged."""
        yield f"cosine vs CPU = {self.cosine:.8f} over {self.steps} steps"
        yield f"argmax agreement = {self.agreeing}/{self.steps} steps"
        yield f"max abs difference = {self.difference:.8f}"

    def objections(self) -> Iterator[str]:
        """Yield why the gate rejects; nothing if it does not. NaN is on no side of a bound, so it rejects."""
        if not self.cosine >= COSINE_FLOOR:
            yield f"cosine vs CPU = {self.cosine:.8f} (< {COSINE_FLOOR})"
        if self.agreeing != self.steps:
            yield f"argmax agreement = {self.agreeing}/{self.steps} steps"
        if not self.difference <= DIFFERENCE_LIMIT:
            yield f"max abs difference = {self.difference:.8f} (> {DIFFERENCE_LIMIT})"


def _command_line() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="speak.py", description="Say how an English word is pronounced.")
    parser.add_argument("model", type=Path, help="the weights, checkpoint20.npz of g2p-en 2.1.0")
    parser.add_argument("--word", type=_word, required=True, help=f"one word, up to {LONGEST_WORD} letters from a to z")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--no-gpu", action="store_true", help="use the CPU only, and load nothing that knows of a GPU")
    way.add_argument("--inject", choices=("scale", "offbyone"), help="break the GPU's result: the gate must reject it")
    asked = parser.parse_args()
    if not asked.word:  # `--word=--` gets past the type on Python 3.11
        parser.error("--word needs a word")
    return asked


def _word(text: str) -> str:
    word = text.lower()
    if not 0 < len(word) <= LONGEST_WORD or set(word) - set(string.ascii_lowercase):
        raise argparse.ArgumentTypeError(f"“{text[:60]}” is not one word of 1 to {LONGEST_WORD} letters from a to z")
    return word


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _log(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
