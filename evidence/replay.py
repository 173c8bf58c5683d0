"""What the legs of a stored run did, as its receipt and its logs tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.error import Unreadable
from evidence.judge import judge as judge_promise
from evidence.logits import is_logits
from evidence.model import NotMeasured, Observation, Promise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evidence.model import Absent, Seen, Verdict
    from evidence.receipt import Judged, Ran, Receipt

_ONE, _APART = 1, 3
"""How many logs a leg has: the whole alone, or the whole, stdout and stderr."""


def replay(receipt: Receipt, files: Mapping[str, bytes]) -> tuple[dict[str, Seen], ...]:
    """Return leg → what was seen of it, once for each repeat, in the order in which it was told.

    Args:
        receipt: of form 2; form 1 does not say which legs belong to which repeat.
        files: file name → content of the evidence folder.

    Raises:
        Unreadable: a log is missing, or the receipt contradicts itself about its legs.
    """
    legs = {(ran.leg, ran.repeat): ran for ran in receipt.legs}
    absent = list(receipt.absent)
    repeats = tuple(
        {name: _seen(name, legs.pop((name, n), None), absent, files) for name in names}
        for n, names in enumerate(receipt.times, 1)
    )
    if legs or absent or sum(map(len, repeats)) != len(receipt.legs) + len(receipt.absent):
        raise Unreadable("times: the legs that it names are not those of legs and absent")
    return repeats


def judge(receipt: Receipt, repeats: Sequence[Mapping[str, Seen]]) -> tuple[Verdict, ...]:
    """Judge every falsifier of a receipt anew, on what the stored logs show.

    What was not measured without anything being looked at (registered too late) stays so: no log can mend that.

    Raises:
        Unreadable: a pattern of the receipt is none.
    """
    return tuple(_judge(receipt, judged, repeats) for judged in receipt.falsifiers)


def unseen(judged: Judged) -> bool:
    """Return whether a falsifier was not measured without anything being looked at."""
    return judged.verdict == "not measured" and not judged.measurements


def _judge(receipt: Receipt, judged: Judged, repeats: Sequence[Mapping[str, Seen]]) -> Verdict:
    if unseen(judged):
        return NotMeasured(judged.falsifier, judged.reason)
    promise = Promise(judged.falsifier, judged.predictions, judged.branch, judged.gone)
    return judge_promise(promise, repeats, extract=receipt.extract, proof=receipt.proof)


def _seen(name: str, ran: Ran | None, absent: list[Absent], files: Mapping[str, bytes]) -> Seen:
    """Return one leg; of those that did not run, the next, as they stand in the order of the repeats."""
    if ran is not None:
        return _observe(ran, files)
    if not absent or absent[0].leg != name:
        raise Unreadable(f"times: leg {name[:60]} stands neither under legs nor under absent")
    return absent.pop(0)


def _observe(ran: Ran, files: Mapping[str, bytes]) -> Observation:
    missing = next((log.file for log in (*ran.logs, *ran.logits) if log.file not in files), None)
    if missing is not None or len(ran.logs) not in (_ONE, _APART):
        raise Unreadable(f"leg {ran.leg[:60]}: {missing[:60] if missing else 'its log'} is not there")
    merged, stdout, stderr = ([files[log.file].decode("utf-8", "replace") for log in ran.logs] + ["", ""])[:3]
    told = next((log.file for log in ran.logits if is_logits(log.file)), "")
    return Observation(
        leg=ran.leg,
        argv=ran.argv,
        merged=merged,
        stdout=stdout,
        stderr=stderr,
        exit=ran.exit,
        seconds=ran.seconds,
        origin=ran.origin,
        source=ran.source,
        failure=ran.failure,
        truncated=ran.truncated,
        logits=files[told].decode("utf-8", "replace") if told else "",
    )
