"""What of a receipt can be checked with its folder alone: names, digests, verdicts; and what disagrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.error import Place, Unreadable
from contracts.finding import Finding
from evidence import plain
from evidence.difference import Difference, find
from evidence.model import NotMeasured, word
from evidence.receipt import SCHEMA, canonical, digest
from evidence.receipt import receipt as write
from evidence.receipt import tell as tell_row
from evidence.replay import judge, replay

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evidence.model import Verdict
    from evidence.receipt import Judged, Log, Ran, Receipt


def tell(rule: str, file: str, message: object) -> Finding:
    """Return a disagreement: the field, what was expected, what was seen."""
    return Finding(f"evidence/{rule}", "error", Place(file), str(message))


def named(receipt: Receipt) -> frozenset[str]:
    """Return the files that a receipt names."""
    return frozenset(log.file for _, log in _logs(receipt))


def check_files(receipt: Receipt, data: bytes, files: Mapping[str, bytes], file: str) -> Iterator[Finding]:
    """Yield where the folder is not what the receipt says of it.

    Args:
        receipt: as it was read from *data*.
        data: the receipt's bytes.
        files: file name → content of the folder.
        file: how the receipt is named in findings.
    """
    if canonical(write(receipt)) + b"\n" != data:
        yield tell("spelling", file, "the receipt is not spelt as one that is written here: it was changed")
    for field, log in _logs(receipt):
        for difference in _compare(field, log, files):
            yield tell("digest", file, difference)
    for n, ran in enumerate(receipt.legs):
        for difference in _streams(f"legs[{n}]", ran, files):
            yield tell("digest", file, difference)


def check_verdicts(receipt: Receipt, files: Mapping[str, bytes], file: str) -> Iterator[Finding]:
    """Yield where the receipt's verdicts are not those that its predictions and the stored logs give.

    A receipt of form 1 says too little for that: a notice says so.
    """
    if receipt.schema != SCHEMA:
        what = "a receipt of form 1 does not say how the output is cut: its predictions were not judged again"
        yield Finding("evidence/unjudged", "notice", Place(file), what)
        return
    try:
        verdicts = judge(receipt, replay(receipt, files))
    except Unreadable as error:
        yield tell("verdict", file, error.what)
        return
    for n, (judged, verdict) in enumerate(zip(receipt.falsifiers, verdicts, strict=True)):
        for difference in _disagree(f"falsifiers[{n}]", judged, verdict):
            yield tell("verdict", file, difference)


def _logs(receipt: Receipt) -> Iterator[tuple[str, Log]]:
    if receipt.page:
        yield "page", receipt.page
    for n, ran in enumerate(receipt.legs):
        yield from ((f"legs[{n}].logs[{m}]", log) for m, log in enumerate(ran.logs))
        yield from ((f"legs[{n}].logits[{m}]", log) for m, log in enumerate(ran.logits))


def _compare(field: str, log: Log, files: Mapping[str, bytes]) -> Iterator[Difference]:
    if "/" in log.file or log.file in ("", ".", ".."):
        yield Difference(f"{field}.file", "a file of the folder", f"“{log.file[:80]}”, which leads out of it")
    elif log.file not in files:
        yield Difference(f"{field}.file", f"“{log.file[:80]}”", "no such file")
    else:
        content = files[log.file]
        yield from find(log.sha256, digest(content), f"{field}.sha256 of {log.file[:80]}")
        yield from find(log.size, len(content), f"{field}.size of {log.file[:80]}")


def _streams(field: str, ran: Ran, files: Mapping[str, bytes]) -> Iterator[Difference]:
    """Yield where the digests of stdout and stderr are not those of their files; where none is stored, of nothing."""
    apart = [*(files.get(log.file, b"") for log in ran.logs[1:]), b"", b""]
    stdout, stderr = ("", "") if ran.origin == "recorded" else (digest(apart[0]), digest(apart[1]))
    yield from find(ran.stdout_sha256, stdout, f"{field}.stdout_sha256")
    yield from find(ran.stderr_sha256, stderr, f"{field}.stderr_sha256")


def _disagree(field: str, judged: Judged, verdict: Verdict) -> Iterator[Difference]:
    """Yield where a falsifier is told otherwise than its logs are judged now; what was not measured moves no status."""
    rows = tuple(map(tell_row, verdict.measurements))
    reason = verdict.reason if isinstance(verdict, NotMeasured) else ""
    yield from find(word(verdict), judged.verdict, f"{field}.verdict")
    yield from find(reason, judged.reason, f"{field}.reason")
    yield from find(plain.write(rows), plain.write(judged.measurements), f"{field}.measurements")
    if judged.verdict == "not measured":
        yield from find(judged.before, judged.after, f"{field}.after")
