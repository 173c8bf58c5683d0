#!/usr/bin/env python3
"""The network of g2p-en 2.1.0 in numpy, fed with given phonemes; its logits go to a file for a comparison.

    ./network.py checkpoint20.npz FOLDER [--exact | --inject scale | --inject late] [--word runner]

With --exact it computes in float64, which is the reference; without, in float32, which is compared. A fault can be put
in: all logits 1.05 times as large, or the state of the step before. It writes FOLDER/logits.safetensors.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import string
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

LETTERS = ("<pad>", "<unk>", "</s>", *string.ascii_lowercase)
FED = [2, 57, 11, 48, 29, 58, 60, 14, 47, 70, 10, 24, 40, 67, 5, 22, 36, 62, 18, 50, 25, 64, 7, 43]


def main() -> int:
    """Compute, write, and return the exit status."""
    asked = _command_line()
    kind = np.float64 if asked.exact else np.float32
    with np.load(asked.model, allow_pickle=False) as archive:
        model = {name: archive[name].astype(kind) for name in archive.files}
    logits = compute(model, asked.word, asked.inject).astype(np.float32)
    about = {
        "ids_sha256": digest([*map(ord, asked.word), *FED]),
        "tokenizer_sha256": "",
        "template_sha256": "",
        "model_sha256": hashlib.sha256(asked.model.read_bytes()).hexdigest(),
        "dtype": "float32",
        "tf32": "false",
        "device": "cpu",
    }
    write(asked.folder / "logits.safetensors", logits, about)
    sys.stdout.write(f"{len(logits)} positions of {asked.word}, computed in {np.dtype(kind).name}\n")
    return 0


def compute(model: Mapping[str, NDArray[np.floating]], word: str, fault: str | None) -> NDArray[np.floating]:
    """Return the logits of every step, each fed with a given phoneme (steps × phonemes)."""
    hidden = np.zeros_like(model["fc_w"][0])
    for letter in (*word, "</s>"):
        hidden = _advance(model, "enc", model["enc_emb"][LETTERS.index(letter)], hidden)
    states = []
    for said in FED:
        hidden = _advance(model, "dec", model["dec_emb"][said], hidden)
        states.append(hidden)
    kept = [states[0], *states[:-1]] if fault == "late" else states
    logits = np.stack(kept) @ model["fc_w"].T + model["fc_b"]
    return logits * 1.05 if fault == "scale" else logits


def _advance(
    model: Mapping[str, NDArray[np.floating]], part: str, x: NDArray[np.floating], hidden: NDArray[np.floating]
) -> NDArray[np.floating]:
    of_x = np.split(model[f"{part}_w_ih"] @ x + model[f"{part}_b_ih"], 3)
    of_hidden = np.split(model[f"{part}_w_hh"] @ hidden + model[f"{part}_b_hh"], 3)
    reset, update = (np.tanh((of_x[gate] + of_hidden[gate]) / 2) / 2 + 0.5 for gate in (0, 1))
    return (1 - update) * np.tanh(of_x[2] + reset * of_hidden[2]) + update * hidden


def digest(ids: list[int]) -> str:
    """Return the digest of what is fed, as a JSON array without white space."""
    return hashlib.sha256(json.dumps(ids, separators=(",", ":")).encode()).hexdigest()


def write(path: Path, logits: NDArray[np.float32], about: dict[str, str]) -> None:
    """Write one tensor as safetensors: the length of the head, the head, the numbers."""
    entry = {"dtype": "F32", "shape": list(logits.shape), "data_offsets": [0, logits.nbytes]}
    head = json.dumps({"__metadata__": about, "logits": entry}).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + logits.tobytes())


def _command_line() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compute the logits of g2p-en's network.")
    parser.add_argument("model", type=Path, help="checkpoint20.npz of g2p-en 2.1.0")
    parser.add_argument("folder", type=Path, help="where logits.safetensors goes")
    parser.add_argument("--word", default="runner", help="what the encoder hears")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--exact", action="store_true", help="compute in float64")
    way.add_argument("--inject", choices=("scale", "late"), help="put a fault in")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
