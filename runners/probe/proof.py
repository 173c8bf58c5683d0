"""The device: a model put there whole, and proof that it was there and computed."""

from __future__ import annotations

import platform
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

from contracts.error import Complaint
from runners.host import facts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


class NoDevice(Complaint):
    """There is no such device here, so that nothing can be measured on it."""


def parse(torch: ModuleType, name: str) -> Any:
    """Return what torch calls by that name, whether it is here or not.

    Raises:
        Complaint: torch knows no such kind of device, or the name has another form.
    """
    try:
        return torch.device(name)
    except (RuntimeError, ValueError) as error:
        raise Complaint(f"{name[:60]!r} is no device", mend="Name cpu, cuda, or one of several, as cuda:1") from error


def find(torch: ModuleType, name: str) -> Any:
    """Return the device of that name: `cpu`, `cuda`, `cuda:1`.

    Raises:
        Complaint: it is no name of a device.
        NoDevice: torch sees none; a CPU never stands in for it.
    """
    device = parse(torch, name)
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__).partition(". ")[0]
        raise NoDevice(f"torch {torch.__version__} sees no device {name[:60]}: {first}") from error
    return device


def settle(torch: ModuleType, module: Any, device: Any, dtype: str) -> None:
    """Put a model on a device in a precision, all of it.

    Weights get the precision. What a model makes for itself and does not store, as the frequencies of rotary
    positions, keeps its own, as it does where a model is loaded in that precision.

    Raises:
        Complaint: a weight stayed elsewhere, or torch has no such precision.
    """
    stored = module.state_dict(keep_vars=True)
    for one in stored.values():
        if one.is_floating_point():
            one.data = one.data.to(getattr(torch, dtype))
    module.to(device=device)
    kept = chain(module.named_parameters(), module.named_buffers())
    elsewhere = [name for name, one in kept if one.device.type != device.type]
    if elsewhere:
        raise Complaint(f"{len(elsewhere)} weights are not on {device}, {elsewhere[0]} for one")


def weigh(module: Any) -> int:
    """Return the bytes of all weights and buffers, each once."""
    return sum(one.numel() * one.element_size() for one in chain(module.parameters(), module.buffers()))


class Witness:
    """What sees where a settled model computes, in `with`: every part that has no parts is looked at.

    *outputs* counts the tensors that they gave, all of them on the device. A model that was put there and computes
    elsewhere all the same is found by them, and by the memory that its pass did not take.
    """

    def __init__(self, torch: ModuleType, module: Any, device: Any) -> None:
        """Watch a model that `settle` put on a device."""
        self._torch, self._module, self._device = torch, module, device
        self._cuda = torch.cuda if device.type == "cuda" else None
        self.outputs = 0

    def __enter__(self) -> Self:
        """Begin to look; the peak of the device's memory counts from here, after the weights came."""
        parts = [one for one in self._module.modules() if not any(one.children())]
        self._hooks = [one.register_forward_hook(self._look) for one in parts]
        if self._cuda:
            self._cuda.synchronize(self._device)
            self._cuda.reset_peak_memory_stats(self._device)
            self._before = self._cuda.memory_allocated(self._device)
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        for hook in self._hooks:
            hook.remove()

    def tell(self, rows: Any) -> dict[str, str]:
        """Return what was seen until *rows*, the first logits, were there, as texts.

        Raises:
            Complaint: no part gave a tensor on a device that is no CPU, or the pass took less memory than a row.
        """
        if self._device.type != "cpu" and not self.outputs:
            raise Complaint(f"no part of the model was seen to compute on {self._device}")
        told = {"device_outputs": str(self.outputs)}
        if not self._cuda:
            return told
        taken = self._cuda.max_memory_allocated(self._device) - self._before
        if taken < (least := rows.shape[-1] * rows.element_size()):
            raise Complaint(f"computing took {taken:,} bytes on {self._device}, and one row of logits is {least:,}")
        return {**told, "memory_before": str(self._before)}

    def _look(self, part: Any, _: Any, output: Any) -> None:
        for one in _find_tensors(self._torch, output):
            if one.device.type != self._device.type:
                raise Complaint(f"{type(part).__name__} computed on {one.device}, and not on {self._device}")
            self.outputs += 1


def _find_tensors(torch: ModuleType, value: Any) -> Iterator[Any]:
    """Yield the tensors of what a part of a model returned."""
    if torch.is_tensor(value):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _find_tensors(torch, one)


def prove(torch: ModuleType, device: Any, module: Any) -> dict[str, str]:
    """Return what proves a device, as texts; call it after it has computed.

    *memory_peak* is in bytes, as the device's own allocator counted them since a `Witness` began. A model that is not
    there leaves it below *weights_bytes*; a CPU has none. That it computed there is what a `Witness` sees.
    """
    about = {"device": device.type, "weights_bytes": str(weigh(module))}
    host = facts()
    if device.type != "cuda":
        return {**about, "device_name": host.cpu or platform.machine()}
    seen = torch.cuda.get_device_properties(device)
    return {
        **about,
        "device_name": seen.name,
        "capability": f"{seen.major}.{seen.minor}",
        "driver": host.driver,
        "memory_total": str(seen.total_memory),
        "memory_peak": str(torch.cuda.max_memory_allocated(device)),
    }
