"""The receipt of a run: every fact that a verdict rests on, with the digests of what is stored."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from contracts.error import Place, Unreadable
from evidence import notation, plain
from evidence.host import HostFacts  # noqa: TC001 - the reader asks the dataclasses for their types
from evidence.model import Absent, Branch, Match, Origin, Prediction, Proof, Word  # noqa: TC001 - as above
from evidence.parity.number import Numbers  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contracts.model import Falsifier
    from evidence.model import Measurement, Observation, Promise

SCHEMA = 2
"""The version of the receipt's own form. Form 1 lacks the fields of `_ADDED`; it is read, and written as it was."""
_ADDED: dict[str, Any] = {"command": "", "extract": "", "proof": None, "times": [], "page": None, "repository": ""}
_ENVELOPE = ".dsse.json"
LONGEST = 4 << 20
"""The largest receipt that is read, in bytes."""


@dataclass(frozen=True, slots=True)
class Log:
    """A stored log: its file name in the evidence folder, digest and size in bytes."""

    file: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Ran:
    """What one leg did. The digests of stdout and stderr are empty where only one text was recorded."""

    leg: str
    argv: tuple[str, ...]
    origin: Origin
    source: str
    repeat: int
    exit: int | None
    seconds: float | None
    failure: str
    truncated: bool
    stdout_sha256: str
    stderr_sha256: str
    logs: tuple[Log, ...]
    logits: tuple[Log, ...] = field(default=(), metadata=plain.LEAN)
    """What was measured of its logits (`name_logits`), and the pictures of it; the logits themselves are not kept."""


@dataclass(frozen=True, slots=True)
class Binary:
    """The program under test: its path in the repository, and its digest."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Needed:
    """A file that the legs needed, as it was found: name, path, and digest."""

    name: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement, as it stands in the table."""

    expected: str
    observed: str
    match: Match
    margin: str
    parity: Numbers | None = field(default=None, metadata=plain.LEAN)


@dataclass(frozen=True, slots=True)
class Judged:
    """One falsifier: its status before and after, the verdict, and what it rests on.

    *preregistered* is the digest of everything that was promised before the run (`preregister`);
    *predictions* carry the thresholds, and *gone* what is seen where the guarded defect is gone.
    """

    falsifier: str
    before: str | None
    after: str | None
    verdict: Word
    reason: str
    branch: Branch
    preregistered: str
    predictions: tuple[Prediction, ...]
    measurements: tuple[Row, ...]
    gone: tuple[Prediction, ...] = field(default=(), metadata=plain.LEAN)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One run of one smoke for one contract. *date* is `YYYY-MM-DD`, *device* the line that proves the device.

    What a verdict needs beside the logs stands here, so that anybody can judge again with nothing else at hand:
    *extract* cuts the output out of stdout, *proof* is what had to prove the device. *times* names the legs of
    each repeat in their order, those that are absent, too; *page* is `findings.md`; *command* is what was asked,
    as it was typed; *repository* is `owner/name`, empty where it has no remote: one app signs for many
    repositories, and evidence of one is none of its fork.
    """

    origin: Literal["app", "terminal", "recorded"]
    tool: str
    contract: str
    version_before: str | None
    version_after: str | None
    commit: str
    smoke: str
    legs: tuple[Ran, ...]
    absent: tuple[Absent, ...]
    binary: Binary | None
    needs: tuple[Needed, ...]
    host: HostFacts
    device: str
    falsifiers: tuple[Judged, ...]
    date: str
    asked_by: str
    schema: int = SCHEMA
    command: str = ""
    extract: str = ""
    proof: Proof | None = None
    times: tuple[tuple[str, ...], ...] = ()
    page: Log | None = None
    repository: str = ""


def receipt(record: Receipt) -> dict[str, Any]:
    """Return the receipt as JSON values; `canonical` makes bytes of them."""
    values: dict[str, Any] = plain.write(record)
    return values if record.schema == SCHEMA else {key: one for key, one in values.items() if key not in _ADDED}


def read(text: str | bytes, file: str = "") -> Receipt:
    """Read a receipt.

    Raises:
        Unreadable: it is too large, no JSON, of another schema, or a key is missing, unknown or of
            another type.
    """
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if len(data) > LONGEST:
        raise Unreadable(f"a receipt of {len(data):,} bytes is too large: at most {LONGEST:,} are read", Place(file))
    values = notation.read(data, "the receipt", file)
    schema = values.get("schema") if isinstance(values, dict) else None
    if type(schema) is not int or schema not in (1, SCHEMA):
        mend = "Read it with the program that wrote it"
        shown = repr(schema)[:60]
        raise Unreadable(f"the receipt's schema is {shown}; this program reads 1 and {SCHEMA}", Place(file), mend)
    try:
        return plain.read(Receipt, values if schema == SCHEMA else _widen(values))
    except Unreadable as error:
        raise error.at(file) from None


def is_receipt(path: str) -> bool:
    """Return whether a file has the name of a receipt: `receipt.json`, `receipt-v1.5.0.json`."""
    name = path.rpartition("/")[2]
    return name.startswith("receipt") and name.endswith(".json") and not is_envelope(name)


def is_envelope(path: str) -> bool:
    """Return whether a file has the name of an envelope, which holds the signature on a receipt."""
    return path.endswith(_ENVELOPE)


def name_envelope(receipt: str) -> str:
    """Return where the envelope of a receipt stands: `receipt.json` → `receipt.dsse.json`."""
    return receipt.removesuffix(".json") + _ENVELOPE


def is_log(name: str) -> bool:
    """Return whether a file of a leg is a log; the others are about its logits."""
    return name.endswith(".log")


def tell(measurement: Measurement) -> Row:
    """Return a measurement as it stands in a receipt."""
    m = measurement
    return Row(m.expected, m.observed, m.match, m.margin, m.parity)


def enter(seen: Observation, logs: Mapping[str, bytes], repeat: int = 1) -> Ran:
    """Return the entry of one leg, with the digests of its files (file name → what is stored)."""
    apart = seen.origin != "recorded"
    return Ran(
        leg=seen.leg,
        argv=seen.argv,
        origin=seen.origin,
        source=seen.source,
        repeat=repeat,
        exit=seen.exit,
        seconds=seen.seconds,
        failure=seen.failure,
        truncated=seen.truncated,
        stdout_sha256=digest(seen.stdout) if apart else "",
        stderr_sha256=digest(seen.stderr) if apart else "",
        logs=tuple(_file(name, data) for name, data in logs.items() if is_log(name)),
        logits=tuple(_file(name, data) for name, data in logs.items() if not is_log(name)),
    )


def _file(name: str, data: bytes) -> Log:
    return Log(name, digest(data), len(data))


def preregister(
    falsifier: Falsifier,
    promise: Promise,
    legs: Iterable[tuple[str, Sequence[str]]],
    *,
    proof: Proof | None = None,
    setting: Mapping[str, Any] | None = None,
) -> str:
    """Return the digest of what was promised before a run.

    It covers the falsifier's own words, the predictions about it, the legs (name and argv, not yet
    filled in) that the predictions or the proof of the device look at, and *setting*: what else
    decides what they show (variables, files, build, repeats, the cut of the output). The falsifier's status
    and evidence are left out: a discharge changes them, and not the promise.
    """
    looked_at = {*promise.legs, *(proof.legs if proof else ())}
    words = (falsifier.rule, falsifier.prediction, falsifier.if_fails, falsifier.test)
    values = {
        "falsifier": falsifier.id.text,
        "words": list(words),
        "promise": plain.write(promise),
        "legs": {name: list(argv) for name, argv in legs if name in looked_at},
        "setting": dict(setting or {}),
        "proof": plain.write(proof),
    }
    return digest(canonical(values))


def canonical(value: Any) -> bytes:
    """Return *value* as canonical JSON: the same value always gives the same bytes.

    From RFC 8785: no white space (3.2.1), strings with only the necessary escapes (3.2.2.2), keys
    in the order of their UTF-16 units (3.2.3), UTF-8 (3.2.4). Other than there, numbers are
    written as Python's `repr` writes them, so that 1 and 1.0 stay two values; NaN and infinities
    are refused as there.

    Raises:
        ValueError: the value holds NaN, an infinity, or a lone surrogate.
        TypeError: the value holds something that JSON has no word for.
    """
    text = json.dumps(_ordered(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8")


def digest(data: bytes | str) -> str:
    """Return the SHA-256 of *data* in lower-case hex; a text counts as UTF-8."""
    return hashlib.sha256(data.encode("utf-8", "replace") if isinstance(data, str) else data).hexdigest()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("the keys of a JSON object are texts")
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return {key: _ordered(value[key]) for key in keys}
    return [_ordered(one) for one in value] if isinstance(value, list | tuple) else value


def _widen(values: dict[str, Any]) -> dict[str, Any]:
    """Return a receipt of form 1 with the fields that came later; it must not have them itself."""
    early = next((key for key in _ADDED if key in values), None)
    if early is not None:
        raise Unreadable(f"the receipt has the key “{early}”, which form 1 does not have")
    return {**values, **_ADDED}
