"""The beginning and the end of a log in fences, with a count of what was left out between them."""

from __future__ import annotations

from evidence.quote import fence

_HEAD = 60
_TAIL = 20
_WIDTH = 500


def excerpt(text: str, log: str) -> str:
    """Return Markdown that shows *text*: all of it if it is short, else its two ends.

    Args:
        text: a log, or one stream of it.
        log: Markdown that says where the whole of it stands.
    """
    if not text.strip():
        return "(nothing)"
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(lines) <= _HEAD + _TAIL:
        return _block(lines, log)
    between = lines[_HEAD:-_TAIL]
    size = sum(len(line.encode("utf-8", "replace")) + 1 for line in between)
    note = f"*({len(between):,} lines, {size:,} bytes left out here; the whole stands in {log}.)*"
    return "\n\n".join([_block(lines[:_HEAD], log), note, _block(lines[-_TAIL:], log)])


def _block(lines: list[str], log: str) -> str:
    long = sum(len(line) > _WIDTH for line in lines)
    block = fence("\n".join(line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…" for line in lines))
    if not long:
        return block
    lead = "1 line is" if long == 1 else f"{long} lines are"
    return f"{block}\n\n*({lead} cut at {_WIDTH} characters; the whole stands in {log}.)*"
