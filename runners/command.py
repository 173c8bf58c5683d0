"""The command line and the environment of a leg: placeholders filled in, variables by an allow-list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_USER = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TZ", "TMPDIR", "LC_TIME")
_SPEECH = ("LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC")
_FOLDERS = ("XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "CARGO_HOME", "RUSTUP_HOME", "HF_HOME", "VIRTUAL_ENV")
_LIBRARIES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VK_ICD_FILENAMES", "VK_DRIVER_FILES", "RUSTUP_TOOLCHAIN")
_DEVICES = ("NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
_CUDA = ("CUDA_HOME", "CUDA_PATH", "CUDA_ROOT", "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_CACHE_PATH")
_CUDA_WAYS = ("CUDA_CACHE_DISABLE", "CUDA_CACHE_MAXSIZE", "CUDA_LAUNCH_BLOCKING", "CUDA_MODULE_LOADING")
_CUDA_SERVICE = ("CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY")
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")

ALLOWED = frozenset(
    (*_USER, *_SPEECH, *_FOLDERS, *_LIBRARIES, *_DEVICES, *_CUDA, *_CUDA_WAYS, *_CUDA_SERVICE, *_THREADS)
)
"""The variables that a leg inherits: how to find programs, libraries, devices and caches, and no secret. No pattern
stands among them: whoever names a secret `CUDA_TOKEN` keeps it."""

_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


def environment(inherited: Mapping[str, str], added: Iterable[tuple[str, str | None]] = ()) -> dict[str, str]:
    """Return the environment of a leg.

    Args:
        inherited: the variables of this process; only those of the allow-list pass.
        added: the variables of the smoke, which always pass; None removes one.
    """
    passed = {name: value for name, value in inherited.items() if name in ALLOWED}
    for name, value in added:
        passed.pop(name, None)
        if value is not None:
            passed[name] = value
    return passed


def fill(argv: Sequence[str], places: Mapping[str, str]) -> tuple[str, ...]:
    """Return *argv* with every `{name}` replaced; `{{` and `}}` are literal braces.

    Values are put in as they are, and not looked at again.

    Raises:
        Complaint: a placeholder is not known, or a brace stands alone.
    """
    return tuple(_PLACE.sub(lambda found: _value(found, places), word) for word in argv)


def _value(found: re.Match[str], places: Mapping[str, str]) -> str:
    if found[0] in ("{{", "}}"):
        return found[0][0]
    name = found[1]
    if name is not None and name in places:
        return places[name]
    known = ", ".join(f"{{{one}}}" for one in sorted(places)) or "none"
    mend = f"Known here: {known}; write literal braces as {{{{ and }}}}"
    what = "a brace stands alone" if name is None else f"{found[0][:60]} is no placeholder"
    raise Complaint(f"{what} in the argument “{found.string[:80]}”", mend=mend)
