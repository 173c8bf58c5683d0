"""`python -m runners.probe MODEL --out FOLDER`: what a model computes on a device, for a comparison.

The model is fed with the same given ids on every device, so that each position is a comparison of its own. It writes

  FOLDER/logits.safetensors   positions × vocabulary, with everything that decides them as metadata
  FOLDER/probe.json           the same words with the digest of the logits, for people
  FOLDER/ids.json             the ids that went in
  FOLDER/text.json            what the model says freely after them

With several --device, each gets a folder of its own below FOLDER. Exit status: 0 written, 2 a wrong command line or
a model that cannot be used, 3 no such device: a CPU never stands in for a GPU.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.error import Complaint
from runners.probe import proof, setting, sheet, way
from runners.probe.library import load
from runners.probe.prompt import read_ids
from runners.probe.source import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from runners.probe.source import Source

DONE, USAGE, NO_DEVICE = 0, 2, 3
_WAYS = {"forward": way.forward, "incremental": way.advance}


def main(words: list[str]) -> int:
    """Probe as the command line says; return the exit status."""
    asked = _parse(words)
    try:
        setting.prepare(os.environ, tf32=asked.tf32)
        torch = load("torch")
        load("numpy")
        for name in asked.device:  # before anything is computed on the first
            proof.parse(torch, name)
        for name in asked.device:
            folder = asked.out if len(asked.device) == 1 else asked.out / name.replace(":", "-")
            _probe(torch, asked, name, folder)
    except proof.NoDevice as complaint:
        return _say(str(complaint), NO_DEVICE)
    except Complaint as complaint:
        return _say(str(complaint), USAGE)
    return DONE


def _probe(torch: ModuleType, asked: argparse.Namespace, name: str, folder: Path) -> None:
    """Probe one device."""
    began = time.perf_counter()
    setting.apply(torch, tf32=asked.tf32)
    device = proof.find(torch, name)
    source = read(torch, asked.model)
    ids = read_ids(asked, source)
    _say(f"[probe] {len(ids)} positions of {source.name}, ids {sheet.digest_ids(ids)[:12]}…")
    proof.settle(torch, source.module, device, asked.dtype)
    model = way.Model(torch, source.module, device)
    about = _write(model, asked, source, ids, folder)
    said = way.speak(model, ids, asked.tokens, _ends(source))
    text = source.tokenizer.decode(said) if source.tokenizer is not None else " ".join(map(str, said))
    sheet.dump(folder / "text.json", {"ids": said, "text": text})
    sheet.dump(folder / "probe.json", {**about, **proof.prove(torch, device, source.module)})
    sys.stdout.write(f"Output:\n{text}\n\nCompleted in {time.perf_counter() - began:.2f}s\n")
    sys.stdout.flush()


def _write(model: way.Model, asked: argparse.Namespace, source: Source, ids: list[int], folder: Path) -> dict[str, str]:
    """Write the logits and the ids; return everything that is known of them."""
    with proof.Witness(model.torch, model.module, model.device) as witness:
        rows = _WAYS[asked.way](model, ids)
        first = next(rows)  # the device has computed: now there is something to prove
        proved = proof.prove(model.torch, model.device, model.module) | witness.tell(first)
        about = _describe(model, asked, source, ids) | proved
        sha256 = _put(model, chain((first,), rows), len(ids), about, folder)
    sheet.dump(folder / "ids.json", ids)
    peak = f", {int(about['memory_peak']) / 1e6:,.1f} MB at most on the device" if "memory_peak" in about else ""
    kind = str(first.dtype).removeprefix("torch.")
    _say(f"[probe] {kind}, TF32 {'on' if _uses_tf32(model, asked) else 'off'}{peak}; logits sha256 {sha256}")
    return {**about, "logits_sha256": sha256}


def _put(model: way.Model, rows: Iterator[Any], count: int, about: dict[str, str], folder: Path) -> str:
    """Write so many rows as they come, and return the digest of their file."""
    first = next(rows)
    _say(f"Backend: {about['device'].upper()} ({about['device_name']})")
    kind = str(first.dtype).removeprefix("torch.")
    target = sheet.Sheet(folder / "logits.safetensors", (count, first.shape[-1]), kind, about)
    with target:
        for some in chain((first,), rows):
            target.write(way.spell(model, some))
    return target.sha256


def _describe(model: way.Model, asked: argparse.Namespace, source: Source, ids: list[int]) -> dict[str, str]:
    """Return what decides the logits, as texts: what a comparison must find equal, and what it must know."""
    flags = setting.record(model.torch)
    return {
        "way": asked.way,
        "positions": str(len(ids)),
        "ids_sha256": sheet.digest_ids(ids),
        "model": Path(source.name).name,
        "model_sha256": source.model_sha256,
        "tokenizer_sha256": source.tokenizer_sha256,
        "template_sha256": source.template_sha256,
        "vocabulary": str(len(source.tokenizer)) if source.tokenizer is not None else "",
        "dtype": asked.dtype,
        "tf32": str(_uses_tf32(model, asked)).lower(),
        **{f"flag.{name}": value for name, value in flags.items()},
    }


def _uses_tf32(model: way.Model, asked: argparse.Namespace) -> bool:
    """Return whether products may have been computed in TF32: only a GPU of CUDA has it."""
    return bool(asked.tf32 and model.device.type == "cuda" and setting.uses_tf32(setting.record(model.torch)))


def _ends(source: Source) -> frozenset[int]:
    """Return the ids that end a text."""
    found: Any = getattr(source.tokenizer, "eos_token_id", None)
    found = getattr(source.module, "ends", found)
    return frozenset([found] if isinstance(found, int) else found or ())


def _parse(words: list[str]) -> argparse.Namespace:
    about, _, files = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        "python -m runners.probe", None, about, files, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("model", help="`module:factory`, a folder that save_pretrained wrote, or a .gguf file")
    add("--out", type=Path, required=True, help="the folder to write to")
    add("--device", action="append", help="cpu, cuda, cuda:1, …; may be given several times (default: cpu)")
    add("--dtype", choices=("float32", "float16", "bfloat16", "float64"), default="float32", help="what to compute in")
    add("--tf32", action="store_true", help="allow TF32 for float32 products on CUDA; without it, it is off")
    add("--way", choices=tuple(_WAYS), default="forward", help="all positions at once, or one by one with the cache")
    add("--positions", type=_count_from(1), default=0, metavar="N", help="take the first N ids (default: all)")
    add("--tokens", type=_count_from(0), default=16, metavar="N", help="how many ids to say freely then (default: 16)")
    add("--chat", action="store_true", help="put the text into the model's chat template, as a user's message")
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--prompt", help="the text to feed")
    given.add_argument("--text", type=Path, metavar="FILE", help="a file with the text to feed (UTF-8)")
    given.add_argument("--ids", type=Path, metavar="FILE", help="a file with the ids to feed, a JSON array")
    asked = parser.parse_args(words)
    asked.device = asked.device or ["cpu"]
    return asked


def _count_from(least: int) -> Callable[[str], int]:
    """Return what reads a whole number from a command line."""

    def read_number(word: str) -> int:
        if not word.isdecimal() or int(word) < least:
            raise argparse.ArgumentTypeError(f"“{word[:40]}” is no whole number from {least}")
        return int(word)

    return read_number


def _say(sentence: str, status: int = DONE) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
