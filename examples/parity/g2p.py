"""The network of g2p-en 2.1.0 as a torch module: letters of a word go in once, phonemes are fed one by one.

    python -m runners.probe g2p:make --out FOLDER --device cuda

The weights are read from the installed package's file, without importing the package.
"""

from __future__ import annotations

import string
from importlib.metadata import distribution
from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor, nn

WORD = "runner"
WIDTH, PHONEMES = 256, 74
LETTERS = ("<pad>", "<unk>", "</s>", *string.ascii_lowercase)
FED = [2, 57, 11, 48, 29, 58, 60, 14, 47, 70, 10, 24, 40, 67, 5, 22, 36, 62, 18, 50, 25, 64, 7, 43]
"""What the decoder is fed with: `<s>`, then phonemes, those of “runner” first."""
_PARTS = {"weight_ih_l0": "w_ih", "weight_hh_l0": "w_hh", "bias_ih_l0": "b_ih", "bias_hh_l0": "b_hh"}


class Network(nn.Module):
    """Encoder and decoder, two GRUs, and one product on top."""

    def __init__(self) -> None:
        """Make the parts; weights are read by `make`."""
        super().__init__()
        self.enc_emb, self.dec_emb = nn.Embedding(len(LETTERS), WIDTH), nn.Embedding(PHONEMES, WIDTH)
        self.enc, self.dec = nn.GRU(WIDTH, WIDTH, batch_first=True), nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.fc = nn.Linear(WIDTH, PHONEMES)
        self.ids = list(FED)
        self.ends = [3]

    def forward(self, ids: Tensor, past_key_values: Tensor | None = None, use_cache: bool = False) -> SimpleNamespace:  # noqa: FBT001, FBT002 - the names and the order of Hugging Face
        """Return the logits of phonemes *ids* (1 × n) after the word; the cache is the decoder's state."""
        state = self._hear(ids.device) if past_key_values is None else past_key_values
        states, state = self.dec(self.dec_emb(ids), state)
        return SimpleNamespace(logits=self.fc(states), past_key_values=state if use_cache else None)

    def _hear(self, device: torch.device) -> Tensor:
        letters = [LETTERS.index(one) for one in (*WORD, "</s>")]
        heard: Tensor = self.enc(self.enc_emb(torch.tensor([letters], device=device)))[1]
        return heard


def make() -> Network:
    """Return the network with its weights."""
    path = str(distribution("g2p-en").locate_file("g2p_en/checkpoint20.npz"))
    network = Network()
    with np.load(path, allow_pickle=False) as kept:
        arrays = {
            "enc_emb.weight": kept["enc_emb"],
            "dec_emb.weight": kept["dec_emb"],
            "fc.weight": kept["fc_w"],
            "fc.bias": kept["fc_b"],
            **{f"{p}.{theirs}": kept[f"{p}_{ours}"] for p in ("enc", "dec") for theirs, ours in _PARTS.items()},
        }
    network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    return network.eval()
