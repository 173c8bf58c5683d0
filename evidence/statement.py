"""A receipt as an in-toto statement: the files as subjects, the verdicts as a test result.

Statement v1 and the predicate test-result v0.1 of https://github.com/in-toto/attestation. The bytes follow from
the receipt's own bytes, its path and the contract's digest alone, so that whoever has the files can write the
statement anew and compare.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement

from contracts.error import Unreadable
from evidence import notation
from evidence.difference import Difference, find
from evidence.receipt import canonical, digest
from evidence.receipt import read as read_receipt

if TYPE_CHECKING:
    from evidence.model import Word
    from evidence.receipt import Judged, Receipt

PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
MOST = 20
"""How many differences of one statement are told."""
_RESULTS: dict[Word, str] = {"held": "PASSED", "falsified": "FAILED", "not measured": "WARNED"}
"""How a verdict reads as a result. The predicate has no word for *not measured*; *warned* is the one that is
neither passed nor failed."""


def state(path: str, data: bytes, contract: str) -> bytes:
    """Return the statement about a receipt as canonical JSON.

    The subjects are the receipt, the page and logs that it names, and the contract; the predicate says which
    falsifiers held (`passedTests`), were falsified (`failedTests`) or not measured (`warnedTests`), each as
    `CONTRACT#ID`, because ids repeat across contracts. The result is the worst of them: failed, else warned,
    else passed. The configuration names the smoke, the tested commit and what was registered for each falsifier.

    Args:
        path: of the receipt in its repository.
        data: the receipt's bytes.
        contract: the SHA-256 of the contract file as the discharge leaves it.

    Raises:
        Unreadable: the bytes are no receipt.
    """
    record = read_receipt(data, path)
    folder = path.rpartition("/")[0]
    logs = (log for ran in record.legs for log in (*ran.logs, *ran.logits))
    files = {log.file: log.sha256 for log in (*((record.page,) if record.page else ()), *logs)}
    subjects = {path: digest(data), **{f"{folder}/{name}": value for name, value in files.items()}}
    subjects |= {record.contract: contract}
    described = [ResourceDescriptor(name=name, digest={"sha256": value}).pb for name, value in subjects.items()]
    statement = Statement(described, PREDICATE, MessageToDict(_predicate(record)))
    return canonical(MessageToDict(statement.pb))


def read(payload: bytes) -> tuple[Any, dict[str, str]]:
    """Return a statement as JSON values, and subject → SHA-256 (empty where it states none).

    Raises:
        Unreadable: no JSON, or no in-toto statement.
    """
    values = notation.read(payload, "the signed statement")
    statement = Statement([], "", {})
    try:
        ParseDict(values, statement.pb)
        statement.validate()
    except (ParseError, ValueError, TypeError, AttributeError) as error:
        said = " ".join(str(error).split())[:200]
        raise Unreadable(f"what is signed is no in-toto statement: {said}") from None
    return values, {one.name: one.digest["sha256"] for one in statement.pb.subject}


def compare(payload: bytes, path: str, data: bytes) -> tuple[Difference, ...]:
    """Return in which fields a signed statement differs from the one that the receipt at *path* asks for.

    Of the contract the statement alone knows the digest; who has the repository can compare that, too.

    Raises:
        Unreadable: *payload* is no statement, or *data* no receipt.
    """
    values, subjects = read(payload)
    expected = state(path, data, subjects.get(read_receipt(data, path).contract, ""))
    found = tuple(islice(find(notation.read(expected, "the statement"), values), MOST))
    if found or expected == payload:
        return found
    return (Difference("payload", '"canonical JSON"', '"another spelling of the same"'),)


def _predicate(record: Receipt) -> Any:
    tests: dict[str, list[str]] = {"PASSED": [], "WARNED": [], "FAILED": []}
    for judged in record.falsifiers:
        tests[_RESULTS[judged.verdict]].append(_key(record, judged))
    worst = next((result for result in ("FAILED", "WARNED") if tests[result]), "PASSED")
    return TestResult(
        result=worst if record.falsifiers else "WARNED",
        configuration=[_one.pb for _one in _configuration(record)],
        passed_tests=tests["PASSED"],
        warned_tests=tests["WARNED"],
        failed_tests=tests["FAILED"],
    )


def _configuration(record: Receipt) -> list[ResourceDescriptor]:
    registered = [
        ResourceDescriptor(name=_key(record, judged), digest={"sha256": judged.preregistered})
        for judged in record.falsifiers
    ]
    commit = ResourceDescriptor(name="commit", digest={"gitCommit": record.commit})
    return [ResourceDescriptor(name=f"smoke {record.smoke}"), commit, *registered]


def _key(record: Receipt, judged: Judged) -> str:
    return f"{record.contract}#{judged.falsifier}"
