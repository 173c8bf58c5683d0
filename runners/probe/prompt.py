"""The ids that a model is fed with: from a text, from a file, or its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from contracts.error import Complaint

if TYPE_CHECKING:
    import argparse

    from runners.probe.source import Source

MOST = 1 << 17
"""The most positions of one probe."""
_LARGEST = (1 << 31) - 1
"""The largest id; no vocabulary comes near it."""


def read_ids(asked: argparse.Namespace, source: Source) -> list[int]:
    """Return the ids to feed: those asked for, or the model's own (`ids`), cut to the number of positions.

    Raises:
        Complaint: there are none, too few or too many, or nothing turns the text into ids.
    """
    ids = _read(asked, source)
    if not ids:
        raise Complaint("there is nothing to feed the model with", mend="Give --prompt, --text or --ids")
    if len(ids) < asked.positions:
        what = f"the text has {len(ids)} ids, and {asked.positions} positions are asked for"
        raise Complaint(what, mend="Give a longer text: what is repeated would be measured twice")
    kept = ids[: asked.positions] if asked.positions > 0 else ids
    if len(kept) > MOST:
        raise Complaint(f"{len(kept):,} positions are too many: at most {MOST:,}", mend="Give --positions")
    return kept


def _read(asked: argparse.Namespace, source: Source) -> list[int]:
    if asked.chat and asked.prompt is None and asked.text is None:
        raise Complaint("there is no text to put into the chat template", mend="Give --prompt or --text with --chat")
    if asked.ids:
        return _check(_load(asked.ids), str(asked.ids))
    text = asked.prompt if asked.text is None else _decode(asked.text)
    if text is None:
        own = getattr(source.module, "ids", None)
        return _check(list(own), source.name) if own is not None else []
    if source.tokenizer is None:
        raise Complaint(f"{source.name} has no tokenizer", mend="Give the ids with --ids FILE")
    if asked.chat:
        return _check(_chat(source, text), source.name)
    return _check(source.tokenizer.encode(text), source.name)


def _chat(source: Source, text: str) -> Any:
    if not source.template_sha256:
        raise Complaint(f"{source.name} has no chat template", mend="Leave --chat out")
    said = [{"role": "user", "content": text}]
    return source.tokenizer.apply_chat_template(said, add_generation_prompt=True, return_dict=False)


def _load(path: Any) -> Any:
    try:
        return json.loads(_decode(path))
    except ValueError as error:
        raise Complaint(f"{path} is no JSON: {error}") from error


def _decode(path: Any) -> str:
    try:
        return str(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise Complaint(f"{path} cannot be read: {why}") from error


def _check(ids: Any, where: str) -> list[int]:
    if not isinstance(ids, list) or not all(type(one) is int and 0 <= one <= _LARGEST for one in ids):
        raise Complaint(f"the ids of {where} are no list of whole numbers from 0 to {_LARGEST:,}")
    return ids
