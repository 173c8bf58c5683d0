"""What a file of logits says of its own making, and whether two of them answer one question. Pure.

The keys are those that `python -m runners.probe` writes as metadata; a text that is empty says *there is none*, and
one that is missing says nothing. A file that can say nothing, `.npy`, has no label at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evidence.parity.tier import find
from evidence.quote import code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evidence.parity.tier import Tier

    Label = Mapping[str, str] | None

_QUESTION = {"ids_sha256": "input ids", "tokenizer_sha256": "tokenizers", "template_sha256": "chat templates"}
"""What must be the same on both sides: with other ids every difference is that of another question."""
_KNOWN = {"model_sha256": "models", "way": "ways through the model"}
"""What may differ, as a quantised model does from its original, and what a reader should know then."""
_FINEST_FIRST = ("float64", "float32", "float16", "bfloat16", "float8")
_VOCABULARY = "vocabulary"
_FLAG, _SHOWN = "flag.", 4
_NUMBER = re.compile(r"[0-9]{1,18}")
_IDS = re.compile(r"[1-9][0-9]{0,8}")
"""How a label says a number of ids: more of them than nine digits can say are in no row that is read."""


def object_to(reference: Label, subject: Label, tier: Tier) -> Iterator[str]:
    """Yield why the two sides may not be compared in this tier, if their labels say so."""
    if reference is not None and subject is not None:
        for key, name in _QUESTION.items():
            yield from _differ(name, reference.get(key), subject.get(key))
    for name, side in (("reference", reference or {}), ("subject", subject or {})):
        if not tier.tf32 and side.get("tf32", "false") != "false":
            yield f"the tier {tier.name} is for TF32 off, and the {name} was computed with TF32 on"
    known, label = (reference or {}).get("dtype", tier.dtype), subject or {}
    if _rank(known) > _rank(tier.dtype):
        yield f"the reference was computed in {code(known, 40)}, which is coarser than the tier {tier.name} asks for"
    if "dtype" in label and not label["dtype"].removeprefix("torch.").startswith(tier.dtype):
        yield f"the tier {tier.name} is for {tier.dtype}, and the subject was computed in {code(label['dtype'], 40)}"


def find_vocabulary(reference: Label, width: int, asked: int | None = None) -> int:
    """Return how many ids are compared: as a person asked, as the reference says, or all.

    The subject never decides, or it could leave out whatever it got wrong.

    Args:
        reference: its label.
        width: how many ids a row of the logits has, which is the most.
        asked: what a person asked for; None: nothing.
    """
    said = (reference or {}).get(_VOCABULARY, "")
    if asked is None:
        asked = int(said) if _IDS.fullmatch(said) else width
    return min(asked, width)


def object_to_vocabulary(reference: Label, subject: Label, width: int, asked: int | None = None) -> Iterator[str]:
    """Yield why what the labels say of their numbers of ids allows no comparison; arguments as `find_vocabulary`."""
    sides = {"reference": (reference or {}).get(_VOCABULARY, ""), "subject": (subject or {}).get(_VOCABULARY, "")}
    for name, said in sides.items():
        if said and not _IDS.fullmatch(said):
            yield f"the {name} says {_short(said)} of its vocabulary, which is no number of ids"
    if asked is None or all(sides.values()):
        yield from _differ("vocabularies", *(said or None for said in sides.values()))
    if asked is None and _IDS.fullmatch(sides["reference"]):
        asked = int(sides["reference"])
    if asked is not None and asked > width:
        yield f"a vocabulary of {asked:,} is wider than the logits"


def _rank(dtype: str) -> int:
    """Return how coarse a kind of number is; one that is not known is the coarsest."""
    name = dtype.removeprefix("torch.")
    return next((n for n, kind in enumerate(_FINEST_FIRST) if name.startswith(kind)), len(_FINEST_FIRST))


def _differ(name: str, one: str | None, two: str | None) -> Iterator[str]:
    if one == two:
        return
    if one is None or two is None:
        yield f"only the {'subject' if one is None else 'reference'} names its {name}"
        return
    yield f"the sides have different {name}: {_short(one)} the reference, {_short(two)} the subject"


def _short(text: str) -> str:
    return code(text, 16) if text else "none"


def doubt(subject: Label, device: str) -> Iterator[str]:
    """Yield why the subject is not proved to have been computed on a device.

    Args:
        subject: its label.
        device: the kind of device that it must have been computed on, as `cuda`; empty: the one that it names.
    """
    label = subject or {}
    said = label.get("device", "")
    if device and said.partition(":")[0] != device.partition(":")[0]:
        yield f"the subject was computed on {code(said, 40) if said else 'no device that it names'}, not on {device}"
    if (device or said).partition(":")[0] not in {"", "cpu"}:
        yield from _doubt_memory(label.get("memory_peak", ""), label.get("weights_bytes", ""))


def _doubt_memory(peak: str, least: str) -> Iterator[str]:
    """Yield why a device of its own memory is not proved: a number is missing, or the weights were never there."""
    for name, said in (("memory_peak", peak), ("weights_bytes", least)):
        if not _NUMBER.fullmatch(said):
            yield f"the subject names no {name} in bytes"
        elif not int(said):
            yield f"the subject names a {name} of 0 bytes"
    if _NUMBER.fullmatch(peak) and _NUMBER.fullmatch(least) and int(peak) < int(least):
        yield f"the device held {int(peak):,} bytes at most, and the weights are {int(least):,}: it did not compute"


def remark(reference: Label, subject: Label) -> Iterator[str]:
    """Yield what decides nothing and should be known."""
    if reference is None or subject is None:
        yield "input ids, tokenizer and template were not compared: a file says nothing of them"
    elif not any(key in reference for key in _QUESTION):
        yield "input ids, tokenizer and template were not compared: neither file says anything of them"
    one, two = reference or {}, subject or {}
    for key, name in _KNOWN.items():
        if key in one and key in two and one[key] != two[key]:
            yield f"the sides have different {name}: {_short(one[key])} the reference, {_short(two[key])} the subject"
    flags = sorted(key for key in one.keys() & two.keys() if key.startswith(_FLAG) and one[key] != two[key])
    if flags:
        named = ", ".join(code(key.removeprefix(_FLAG), 60) for key in flags[:_SHOWN])
        more = f" and {len(flags) - _SHOWN} more" if len(flags) > _SHOWN else ""
        yield f"the sides were computed with different settings: {named}{more}"
    if one.get("device") and one.get("device") == two.get("device"):
        yield f"both sides were computed on {code(one['device'], 40)}: this says nothing of another device"
    if subject is not None and "tf32" not in subject:
        yield "the subject does not say whether TF32 was off"


def choose(subject: Label, stored: str) -> Tier | None:
    """Return the tier of the kind that the subject was computed in, or else is *stored* in; None: there is none."""
    label = subject or {}
    return find(label.get("dtype", stored), tf32=label.get("tf32", "false") != "false")
