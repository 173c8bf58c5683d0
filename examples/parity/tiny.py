"""A small language model for quick looks: four layers with rotary positions, and a cache.

Its parts are named as Hugging Face's Llama names them, so that what is broken in a real model (`bug.py`) breaks here,
too. Its weights are drawn from a seed and were never trained: it says nothing, but its logits are spread as those of
a trained model, and it computes in milliseconds.

    python -m runners.probe tiny:make --out FOLDER --device cuda
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

VOCABULARY, WIDTH, HEADS, LAYERS, POSITIONS = 512, 64, 4, 4, 128
SPREAD = 4.0
"""What the logits are multiplied with, so that the best two are about one apart, as in SmolLM2."""

Cache = list[tuple[Tensor, Tensor]]


class Rotary(nn.Module):
    """The frequencies of the rotary positions."""

    def __init__(self) -> None:
        """Make one frequency for two numbers of a head."""
        super().__init__()
        size = WIDTH // HEADS
        self.register_buffer("inv_freq", 10000.0 ** -(torch.arange(0, size, 2).double() / size).float())

    def turn(self, x: Tensor, first: int) -> Tensor:
        """Return heads × positions × size, turned; the first position has the number *first*."""
        angles = torch.arange(first, first + x.shape[1], device=x.device).float()[:, None] * self.inv_freq.float()
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        a, b = x.chunk(2, dim=-1)
        return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


class Attention(nn.Module):
    """Causal attention over what was seen."""

    def __init__(self) -> None:
        """Make the four products."""
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))

    def forward(self, x: Tensor, rotary: Rotary, seen: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Any]:
        """Return what is added to *x*, and keys and values of all positions."""
        first = seen[0].shape[1] if seen else 0
        q, k, v = (self._split(part(x)) for part in (self.q_proj, self.k_proj, self.v_proj))
        q, k = rotary.turn(q, first), rotary.turn(k, first)
        if seen:
            k, v = torch.cat([seen[0], k], 1), torch.cat([seen[1], v], 1)
        scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
        hidden = torch.ones(scores.shape[1:], dtype=torch.bool, device=x.device).triu(first + 1)
        mixed = scores.masked_fill(hidden, -torch.inf).softmax(-1) @ v
        return self.o_proj(mixed.transpose(0, 1).reshape(1, -1, WIDTH)), (k, v)

    def _split(self, x: Tensor) -> Tensor:
        return x[0].reshape(-1, HEADS, WIDTH // HEADS).transpose(0, 1)


class Layer(nn.Module):
    """Attention, then a small network; each adds to what goes through."""

    def __init__(self) -> None:
        """Make both."""
        super().__init__()
        self.self_attn = Attention()
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.SiLU(), nn.Linear(4 * WIDTH, WIDTH))
        self.before, self.between = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)


class Tiny(nn.Module):
    """The model."""

    def __init__(self) -> None:
        """Make the parts; weights are drawn by `make`."""
        super().__init__()
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.model.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.model.rotary_emb = Rotary()
        self.model.norm = nn.LayerNorm(WIDTH)
        self.lm_head = nn.Linear(WIDTH, VOCABULARY, bias=False)
        self.ids: list[int] = []

    def forward(self, ids: Tensor, past_key_values: Cache | None = None, use_cache: bool = False) -> SimpleNamespace:  # noqa: FBT001, FBT002 - the names and the order of Hugging Face
        """Return the logits of *ids* (1 × n), and the cache where it is wanted."""
        x, cache = self.model.embed_tokens(ids), []
        for number, layer in enumerate(self.model.layers):
            seen = past_key_values[number] if past_key_values else None
            added, kept = layer.self_attn(layer.before(x), self.model.rotary_emb, seen)
            x = x + added
            x = x + layer.mlp(layer.between(x))
            cache.append(kept)
        logits = self.lm_head(self.model.norm(x)) * SPREAD
        return SimpleNamespace(logits=logits, past_key_values=cache if use_cache else None)


def make() -> Tiny:
    """Return the model with the weights and the ids that the seed gives, on every machine the same."""
    drawn = torch.Generator().manual_seed(20261123)
    model = Tiny()
    with torch.no_grad():
        for name, one in model.named_parameters():
            if one.ndim > 1:  # norms stay ones
                one.copy_(torch.randn(one.shape, generator=drawn) * (one.shape[1] ** -0.5))
            elif "bias" in name:
                one.zero_()
        model.model.embed_tokens.weight.mul_(8.0)
    model.ids = torch.randint(0, VOCABULARY, (POSITIONS,), generator=drawn).tolist()
    return model.eval()
