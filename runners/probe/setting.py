"""What decides how a device computes, set once and written down: precision, determinism, threads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from types import ModuleType

_WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
_OVERRIDE = "NVIDIA_TF32_OVERRIDE"
_RECORDED = (_OVERRIDE, _WORKSPACE, "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "PYTORCH_CUDA_ALLOC_CONF")


def prepare(env: MutableMapping[str, str], *, tf32: bool) -> None:
    """Set the variables that CUDA's libraries read when they start; call it before torch is loaded.

    Where TF32 is not wanted, it is off whatever the machine's default is. Nothing forces it on.
    """
    if not tf32:
        env[_OVERRIDE] = "0"
    env.setdefault(_WORKSPACE, ":4096:8")


def apply(torch: ModuleType, *, tf32: bool) -> None:
    """Make torch compute float32 as float32 (or as TF32 where that is wanted), and the same way each time."""
    precision = "tf32" if tf32 else "ieee"
    backends = torch.backends
    for one in (backends, backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn):
        one.fp32_precision = precision
    backends.mkldnn.fp32_precision = "ieee"  # of the CPU: the reference is float32 in every tier
    backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    backends.cudnn.benchmark = False
    backends.cudnn.deterministic = True
    torch.use_deterministic_algorithms(True, warn_only=True)  # noqa: FBT003 - torch takes it so


def record(torch: ModuleType) -> dict[str, str]:
    """Return every setting as torch has it now, as texts: what was wanted proves nothing."""
    cuda, cudnn = torch.backends.cuda, torch.backends.cudnn
    found: dict[str, Any] = {
        "torch": torch.__version__,
        "cuda": torch.version.cuda or "none",
        "cudnn": cudnn.version() or "none",
        "matmul.fp32_precision": cuda.matmul.fp32_precision,
        "cudnn.conv.fp32_precision": cudnn.conv.fp32_precision,
        "cudnn.rnn.fp32_precision": cudnn.rnn.fp32_precision,
        "fp16_reduced_precision_reduction": cuda.matmul.allow_fp16_reduced_precision_reduction,
        "bf16_reduced_precision_reduction": cuda.matmul.allow_bf16_reduced_precision_reduction,
        "cudnn.benchmark": cudnn.benchmark,
        "cudnn.deterministic": cudnn.deterministic,
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "sdp.flash": cuda.flash_sdp_enabled(),
        "sdp.mem_efficient": cuda.mem_efficient_sdp_enabled(),
        "sdp.math": cuda.math_sdp_enabled(),
        "threads": torch.get_num_threads(),
        **{name: os.environ.get(name, "unset") for name in _RECORDED},
    }
    return {name: _spell(value) for name, value in found.items()}


def uses_tf32(flags: dict[str, str]) -> bool:
    """Return whether a float32 product may have been computed in TF32 under these settings."""
    if flags[_OVERRIDE] == "0":
        return False
    return any(value == "tf32" for name, value in flags.items() if name.endswith("fp32_precision"))


def _spell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
