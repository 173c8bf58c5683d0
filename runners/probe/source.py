"""A model from where its name says: `module:factory`, a folder as Hugging Face writes it, or a GGUF file."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.error import Complaint
from runners.build import measure
from runners.probe.library import load

if TYPE_CHECKING:
    from types import ModuleType

_FACTORY = "A factory is called without arguments and returns a torch module that maps ids (1 × n) to logits"


@dataclass(frozen=True, slots=True)
class Source:
    """A model on the CPU, what turns text into ids (None: nothing does), and the digests of all that decides.

    An empty digest says that there is no such thing: no tokenizer, no chat template.
    """

    name: str
    module: Any
    tokenizer: Any
    model_sha256: str
    tokenizer_sha256: str = ""
    template_sha256: str = ""


def read(torch: ModuleType, name: str) -> Source:
    """Return the model of that name, ready to compute, in the precision in which it is stored.

    Args:
        torch: the library.
        name: `module:factory`, a folder, or a file that ends in `.gguf`.

    Raises:
        Complaint: there is no such model, it cannot be read, or a library for it is missing.
    """
    path = Path(name).expanduser()
    if path.is_dir():
        return _read_hugging_face(path, {}, _digest_folder(path))
    if path.suffix == ".gguf" and path.is_file():
        for library in ("gguf", "accelerate"):
            load(library)
        return _read_hugging_face(path.parent, {"gguf_file": path.name}, measure(path))
    if name.count(":") == 1 and not path.exists():
        return _call(torch, name)
    mend = "Name a `module:factory`, a folder with config.json, or a file that ends in .gguf"
    raise Complaint(f"there is no model {name[:200]}", mend=mend)


def _call(torch: ModuleType, name: str) -> Source:
    where, _, what = name.partition(":")
    if "" not in sys.path:
        sys.path.insert(0, "")  # as `python -m` has it, wherever this was started from
    try:
        module = getattr(importlib.import_module(where), what)()
    except (ImportError, AttributeError, TypeError, OSError, ValueError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise Complaint(f"{name[:200]} gives no model: {first}", mend=_FACTORY) from error
    if not isinstance(module, torch.nn.Module):
        raise Complaint(f"{name[:200]} gives a {type(module).__name__}, and no torch module", mend=_FACTORY)
    tokenizer = getattr(module, "tokenizer", None)
    return Source(name, module.eval(), tokenizer, _digest_state(module), *_digest_tokenizer(tokenizer))


def _read_hugging_face(folder: Path, options: dict[str, str], sha256: str) -> Source:
    """Return a causal language model; nothing is fetched, and no code of the folder runs."""
    transformers = load("transformers")
    kept: dict[str, Any] = {**options, "local_files_only": True, "trust_remote_code": False}
    try:
        module = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype="auto", **kept)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **kept)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise Complaint(f"{folder / options.get('gguf_file', '')} cannot be read: {first}") from error
    name = str(folder / options["gguf_file"]) if options else str(folder)
    return Source(name, module.eval(), tokenizer, sha256, *_digest_tokenizer(tokenizer))


def _digest_tokenizer(tokenizer: Any) -> tuple[str, str]:
    """Return the digests of a tokenizer and of its chat template; empty for what is not there."""
    if tokenizer is None:
        return "", ""
    fast = getattr(tokenizer, "backend_tokenizer", None)
    spelled = fast.to_str() if fast is not None else json.dumps(tokenizer.get_vocab(), sort_keys=True)
    template = getattr(tokenizer, "chat_template", None)
    return _digest(spelled), _digest(json.dumps(template, sort_keys=True)) if template else ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _digest_folder(folder: Path) -> str:
    """Return one digest for every file of a folder that can decide what the model computes."""
    kept = sorted(p for p in folder.iterdir() if p.suffix in {".json", ".safetensors", ".bin", ".model", ".jinja"})
    if not any(path.name == "config.json" for path in kept):
        raise Complaint(f"{folder} has no config.json", mend="Name the folder that `save_pretrained` wrote")
    return _digest(json.dumps([[path.name, measure(path)] for path in kept]))


def _digest_state(module: Any) -> str:
    """Return one digest for all weights: names, kinds and bytes, in the order of their names."""
    total = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        total.update(memoryview(flat.view(load("torch").uint8).numpy()) if flat.numel() else b"")
    return total.hexdigest()
