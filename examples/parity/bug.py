"""Eight bugs that real kernels had, put into a language model on purpose, and one change that is none.

Each works on any model whose parts have the names of Hugging Face's Llama, on any device. A probe of the first
position alone sees none of them.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Change = Callable[[ExitStack, Any], None]


def _scale_logits(factor: float) -> Change:
    return lambda stack, model: _hook(stack, model.lm_head, lambda out: out * factor)


def _add_to_logits(number: float) -> Change:
    return lambda stack, model: _hook(stack, model.lm_head, lambda out: out + number)


def _shift_values(*layers: int) -> Change:
    """Have attention read the value of the position before, as an index that is off by one does."""

    def change(stack: ExitStack, model: Any) -> None:
        for number in layers or range(len(model.model.layers)):
            _hook(stack, model.model.layers[number].self_attn.v_proj, lambda v: torch.cat([v[:, :1], v[:, :-1]], 1))

    return change


def _turn(factor: float) -> Change:
    """Have the rotary positions turn at another speed."""

    def change(stack: ExitStack, model: Any) -> None:
        speed = model.model.rotary_emb.inv_freq
        kept = speed.clone()
        stack.callback(speed.copy_, kept)
        speed.mul_(factor)

    return change


def _scale_mlp(factor: float) -> Change:
    def change(stack: ExitStack, model: Any) -> None:
        layers = model.model.layers
        _hook(stack, layers[len(layers) // 2].mlp, lambda out: out * factor)

    return change


def _hook(stack: ExitStack, module: Any, change: Callable[[Any], Any]) -> None:
    handle = module.register_forward_hook(lambda _module, _given, out: change(out))
    stack.callback(handle.remove)


BUGS: dict[str, Change] = {
    "logits × 1.05": _scale_logits(1.05),
    "logits × 2": _scale_logits(2.0),
    "V off by one, one layer": _shift_values(1),
    "V off by one, all layers": _shift_values(),
    "RoPE frequency × 1.01": _turn(1.01),
    "RoPE frequency × 1.5": _turn(1.5),
    "one MLP skipped": _scale_mlp(0.0),
    "one MLP × 1.1": _scale_mlp(1.1),
}
HARMLESS = "logits + 5 (no bug)"
CHANGES = {**BUGS, HARMLESS: _add_to_logits(5.0)}


@contextmanager
def broken(model: Any, name: str) -> Iterator[Any]:
    """Yield the model with one change in it, which is taken out again at the end."""
    with ExitStack() as stack, torch.no_grad():
        CHANGES[name](stack, model)
        yield model
