"""The libraries that only the probe needs, loaded when something is computed with them, and not before."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from contracts.error import Complaint

if TYPE_CHECKING:
    from types import ModuleType

_MENDS = {
    "torch": "pip install 'discharge[torch]', or torch 2.11 or newer as pytorch.org says for this machine",
    "transformers": "pip install transformers; only a Hugging Face folder and a GGUF file need it",
    "gguf": "pip install gguf accelerate; only a GGUF file needs them",
    "accelerate": "pip install accelerate; only a GGUF file needs it",
    "numpy": "pip install numpy",
}


def load(name: str) -> ModuleType:
    """Return a library.

    Raises:
        Complaint: it is not installed, or cannot be loaded here; it says how to install it.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise Complaint(f"{name} cannot be loaded ({first})", mend=_MENDS[name]) from error
