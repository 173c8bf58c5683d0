"""The three ways through a model: all positions at once, one by one with a cache, and freely from its own words."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

_ROWS = 64
"""Rows that leave the device at a time."""
_TOO_LARGE = "Ids are below the size of the model's vocabulary, and no more at once than it has positions"
_SHAPE = "A model maps ids (1 × n) to logits (1 × n × vocabulary), or returns an object that has them as `logits`"


@dataclass(frozen=True, slots=True)
class Model:
    """A model on its device. *module* is called as `module(ids)`.

    With `past_key_values` and `use_cache` among its parameters it has a cache, and returns an object with `logits` and
    `past_key_values`, as Hugging Face's models do.
    """

    torch: ModuleType
    module: Any
    device: Any

    @property
    def has_cache(self) -> bool:
        """Whether the model can go on from what it computed before."""
        return {"past_key_values", "use_cache"} <= set(inspect.signature(self.module.forward).parameters)

    def compute(self, ids: Sequence[int], **more: Any) -> tuple[Any, Any]:
        """Return the logits of *ids* (n × vocabulary) and whatever the module returned.

        Raises:
            Complaint: they have another shape, or were not computed on the device, or an id is beyond the vocabulary,
                as a CPU tells.
        """
        try:
            given = self.module(self.torch.tensor([list(ids)], device=self.device), **more)
        except IndexError as error:
            raise Complaint(
                f"the model cannot take {len(ids)} ids up to {max(ids)}: {error}", mend=_TOO_LARGE
            ) from error
        logits = getattr(given, "logits", given)
        if not self.torch.is_tensor(logits) or logits.ndim != 3 or tuple(logits.shape[:2]) != (1, len(ids)):  # noqa: PLR2004 - dimensions
            raise Complaint(
                f"the logits of {len(ids)} ids have the shape {tuple(getattr(logits, 'shape', ()))}", mend=_SHAPE
            )
        if logits.device.type != self.device.type:
            raise Complaint(f"the logits were computed on {logits.device}, and not on {self.device}")
        return logits[0], given


def forward(model: Model, ids: Sequence[int]) -> Iterator[Any]:
    """Yield the logits of every position, some rows at a time, from one pass over all ids."""
    plain = {"use_cache": False} if model.has_cache else {}
    with model.torch.inference_mode():
        logits, _ = model.compute(ids, **plain)
    yield from logits.split(_ROWS)


def advance(model: Model, ids: Sequence[int]) -> Iterator[Any]:
    """Yield the logits of every position, one at a time, each from one new id and the cache of those before it.

    Raises:
        Complaint: the model has no cache.
    """
    if not model.has_cache:
        mend = "Its forward needs the parameters past_key_values and use_cache; or ask for --way forward"
        raise Complaint("the model has no cache, and so no incremental way", mend=mend)
    state = None
    for one in ids:
        with model.torch.inference_mode():
            logits, given = model.compute([one], past_key_values=state, use_cache=True)
        state = given.past_key_values
        yield logits


def speak(model: Model, ids: Sequence[int], count: int, ends: frozenset[int]) -> list[int]:
    """Return what the model says after *ids*, the likeliest id each time: *count* ids at most, up to one of *ends*."""
    said: list[int] = []
    state = None
    while len(said) < count and not ends & set(said[-1:]):
        with model.torch.inference_mode():
            if model.has_cache:
                new = said[-1:] or ids
                logits, given = model.compute(new, past_key_values=state, use_cache=True)
                state = given.past_key_values
            else:
                logits, _ = model.compute([*ids, *said])
        said.append(int(logits[-1].argmax()))
    return said


def spell(model: Model, rows: Any) -> bytes:
    """Return rows of logits as bytes, in the precision in which they were computed."""
    kept = rows.detach().to("cpu").contiguous()
    return bytes(kept.reshape(-1).view(model.torch.uint8).numpy().tobytes())
