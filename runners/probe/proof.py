"""The device: a model put there whole, and proof that it was there and computed."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

from contracts.error import Complaint
from runners.host import facts

if TYPE_CHECKING:
    from types import ModuleType


class NoDevice(Complaint):
    """There is no such device here, so that nothing can be measured on it."""


def find(torch: ModuleType, name: str) -> Any:
    """Return the device of that name: `cpu`, `cuda`, `cuda:1`.

    Raises:
        NoDevice: torch has no word for it, or sees none; a CPU never stands in for it.
    """
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise NoDevice(f"torch {torch.__version__} sees no device {name[:60]}: {first}") from error
    return device


def settle(torch: ModuleType, module: Any, device: Any, dtype: str) -> None:
    """Put a model on a device in a precision, all of it.

    Weights get the precision. What a model makes for itself and does not store, as the frequencies of rotary
    positions, keeps its own, as it does where a model is loaded in that precision.

    Raises:
        Complaint: a weight stayed elsewhere, or torch has no such precision.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    stored = module.state_dict(keep_vars=True)
    for one in stored.values():
        if one.is_floating_point():
            one.data = one.data.to(getattr(torch, dtype))
    module.to(device=device)
    elsewhere = [name for name, one in module.named_parameters() if one.device.type != device.type]
    if elsewhere:
        raise Complaint(f"{len(elsewhere)} weights are not on {device}, {elsewhere[0]} for one")


def weigh(module: Any) -> int:
    """Return the bytes of all weights, each once."""
    return sum(one.numel() * one.element_size() for one in module.parameters())


def prove(torch: ModuleType, device: Any, module: Any) -> dict[str, str]:
    """Return what proves a device, as texts; call it after it has computed.

    *memory_peak* is in bytes, as the device's own allocator counted them. A model that was never there leaves it
    below *weights_bytes*; a CPU has none.
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
