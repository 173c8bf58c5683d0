"""A small run of the app's, its folder, and its signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from evidence.envelope import seal
from evidence.host import HostFacts
from evidence.judge import judge
from evidence.model import Absent, Contains, Exit, Observation, Promise, word
from evidence.receipt import Judged, Log, Receipt, Row, canonical, digest, enter, receipt
from evidence.signer import read

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner

FOLDER = "evidence/x-001-live-discharge-2026-05-04"
PATH = f"{FOLDER}/receipt.json"
CONTRACT = b"metadata: {version: 1.3.0}\n"
LOGS = {"a-smoke.log": b"hello\nwarning\n", "a-smoke.stdout.log": b"hello\n", "a-smoke.stderr.log": b"warning\n"}
PAGE = b"# findings\n"
FILES = {**LOGS, "findings.md": PAGE}


def signer(number: int = 1) -> CryptoSigner:
    """Return a signer whose key everybody knows."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    return read(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def judged(falsifier: str, *texts: str, seen: Observation) -> Judged:
    """Return one falsifier as the receipt tells it."""
    promise = Promise(falsifier, (Contains("a", texts),))
    verdict = judge(promise, [{"a": seen}])
    rows = tuple(Row(m.expected, m.observed, m.match, m.margin) for m in verdict.measurements)
    after = "DISCHARGED" if word(verdict) == "held" else "FUNCTIONAL"
    return Judged(falsifier, "FUNCTIONAL", after, word(verdict), "", "prediction", "ab" * 32, promise.predictions, rows)


def record(**values: Any) -> Receipt:
    """Return the receipt of the run; *values* win."""
    seen = Observation("a", ("./a", "x"), "hello\nwarning\n", "hello\n", "warning\n", 0, 1.5)
    late = Judged("F-3", None, None, "not measured", "too late", "prediction", "cd" * 32, (Exit("a", 0),), ())
    facts: dict[str, Any] = {
        "origin": "app",
        "tool": "discharge 0.1.0",
        "contract": "contracts/x-v1.yaml",
        "version_before": "1.2.0",
        "version_after": "1.3.0",
        "commit": "c" * 40,
        "smoke": "x",
        "legs": (enter(seen, LOGS),),
        "absent": (Absent("b", "no GPU here"),),
        "binary": None,
        "needs": (),
        "host": HostFacts("box"),
        "device": "",
        "falsifiers": (judged("F-1", "hello", seen=seen), judged("F-2", "goodbye", seen=seen), late),
        "date": "2026-05-04",
        "asked_by": "octo-maintainer",
        "command": "/discharge 001",
        "times": (("b", "a"),),
        "repository": "acme/x",
        "page": Log("findings.md", digest(PAGE), len(PAGE)),
    }
    return Receipt(**{**facts, **values})


def stored(**values: Any) -> bytes:
    """Return the receipt as it is stored."""
    return canonical(receipt(record(**values))) + b"\n"


def sealed(number: int = 1, path: str = PATH, **values: Any) -> bytes:
    """Return the envelope of that receipt, by the key of that number."""
    return seal(path, stored(**values), CONTRACT, signer(number))[1]
