"""The envelope: one spelling, signatures by keys that count, and nothing but statements inside."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import Complaint, Unreadable
from evidence.acceptance import Filed, accept
from evidence.envelope import MOST, PAYLOAD, read, seal, sign, verify
from evidence.receipt import canonical, is_envelope, is_receipt, name_envelope
from evidence.signer import publish
from tests.evidence.signed import CONTRACT, FOLDER, PATH, sealed, signer, stored

if TYPE_CHECKING:
    from collections.abc import Callable

KEY, OTHER = publish(signer(1)), publish(signer(2))
SEALED, SIGNED = sealed(), stored()


def harmed(change: Callable[[dict[str, Any]], dict[str, Any]]) -> bytes:
    """Return the envelope with other values, spelt canonically."""
    return canonical(change(json.loads(sealed()))) + b"\n"


def test_a_sealed_receipt_verifies_and_says_so_in_the_same_bytes_every_time() -> None:
    """Ed25519 needs no chance: signing twice gives one envelope."""
    path, data = seal(PATH, stored(), CONTRACT, signer())

    assert path == f"{FOLDER}/receipt.dsse.json"
    assert data == sealed()
    assert data.endswith(b"}\n")
    assert verify(read(data), [OTHER, KEY]) == ""
    assert list(json.loads(data)) == ["payload", "payloadType", "signatures"]


def test_what_is_signed_is_what_the_standard_says() -> None:
    """DSSE v1: its pre-authentication encoding, by the bytes."""
    values = json.loads(sealed())
    payload = base64.b64decode(values["payload"])
    encoded = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)

    assert values["signatures"][0]["keyid"] == KEY.id
    assert signer().sign(encoded).signature == base64.b64decode(values["signatures"][0]["sig"]).hex()


def test_only_what_the_app_judged_is_sealed() -> None:
    """A terminal's receipt is as good as its branch, and a recorded one as its log."""
    for origin in ("terminal", "recorded"):
        with pytest.raises(Complaint, match=f"a receipt of origin {origin} is not the app's to sign"):
            seal(PATH, stored(origin=origin), CONTRACT, signer())


def test_files_of_a_folder_are_told_apart_by_their_names() -> None:
    """A receipt is no envelope, and each has its own."""
    assert name_envelope("e/receipt-v1.5.0.json") == "e/receipt-v1.5.0.dsse.json"
    assert [is_receipt(name) for name in ("e/receipt.json", "receipt-v1.5.0.json")] == [True, True]
    assert [is_receipt(name) for name in ("receipt.dsse.json", "e/receipt.md", "e/x.json")] == [False] * 3
    assert is_envelope("e/receipt.dsse.json")
    assert not is_envelope("e/receipt.json")


@settings(deadline=None, max_examples=150)
@given(st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_no_byte_of_an_envelope_can_change(where: float, by: int) -> None:
    """Not even those bits of base64, and that white space, at which no reader looks."""
    data = bytearray(SEALED)
    data[int(where * len(data))] ^= by

    assert accept(Filed(PATH, stored()), bytes(data), [KEY], ["app"]) != ""


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda text: json.dumps(text).encode())))
def test_no_input_crashes_the_reader(data: bytes) -> None:
    """Whatever comes, it is a sentence."""
    with pytest.raises(Unreadable):
        read(data)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda e: {**e, "payloadType": "text/plain"}, "the envelope holds “text/plain”, not application/vnd.in-toto"),
        (lambda e: {**e, "payloadType": 5}, "the envelope holds “5”"),
        (lambda e: {**e, "note": 1}, "it was changed"),
        (lambda e: {**e, "payload": e["payload"] + "\n"}, "no DSSE envelope"),
        (lambda e: {**e, "payload": "\u00e9"}, "no DSSE envelope"),
        (lambda e: {key: e[key] for key in ("payload", "payloadType")}, "KeyError 'signatures'"),
        (lambda e: {**e, "signatures": [{"keyid": "x"}]}, "KeyError 'sig'"),
        (lambda e: {**e, "signatures": [{"keyid": [], "sig": ""}]}, "no DSSE envelope"),
        (lambda e: {**e, "signatures": "none"}, "no DSSE envelope"),
        (lambda e: {**e, "signatures": []}, "the envelope has 0 signatures"),
        (lambda e: {**e, "signatures": e["signatures"] * 2}, "Multiple signatures"),
        (
            lambda e: {**e, "signatures": [{"keyid": f"{n}", "sig": ""} for n in range(MOST + 1)]},
            "the envelope has 17 signatures",
        ),
    ],
)
def test_an_envelope_of_another_shape_is_a_sentence(
    change: Callable[[dict[str, Any]], dict[str, Any]], sentence: str
) -> None:
    """Each part must be what the standard says, and spelt as it is written here."""
    with pytest.raises(Unreadable, match=sentence):
        read(harmed(change))


def test_a_signature_of_another_payload_does_not_fit() -> None:
    """A good key, a good envelope, and the one signature on the other's words."""
    other = json.loads(sign(b"other words", signer()))["signatures"]

    assert verify(read(harmed(lambda e: {**e, "signatures": other})), [KEY]) == (
        f"the signature by key {KEY.id[:12]}… is not one of what is signed"
    )
    assert verify(read(sealed()), [OTHER]) == (f"it is signed by key {KEY.id[:12]}…, which is none of those that count")


@pytest.mark.parametrize(
    ("receipt", "envelope", "accepted", "reason"),
    [
        (stored(), sealed(), ["app"], ""),
        (stored(origin="terminal"), None, ["app", "terminal"], ""),
        (stored(origin="recorded"), None, ["recorded"], ""),
        (stored(origin="terminal"), None, ["app"], "origin: a receipt of origin terminal does not count"),
        (stored(), sealed(), [], "accepted are: none"),
        (stored(), None, ["app"], "origin: it says that the app judged it, and no signature"),
        (stored(), sealed(2), ["app"], "which is none of those that count"),
        (stored(), sealed(date="2026-05-05"), ["app"], "the signature beside it is of something else: subject[0]"),
        (stored(), sealed(path="evidence/y/receipt.json"), ["app"], "of something else: subject[0].name"),
        (stored(), sign(b"{}", signer()), ["app"], "no in-toto statement"),
        (stored(), b"{}", ["app"], "receipt.dsse.json: this is no DSSE envelope"),
        (b"{}", sealed(), ["app"], "the receipt's schema is None"),
    ],
)
def test_a_receipt_counts_or_there_is_a_reason(
    receipt: bytes, envelope: bytes | None, accepted: list[str], reason: str
) -> None:
    """By origin, and the app's by its signature on this very receipt at this very place."""
    found = accept(Filed(PATH, receipt), envelope, [KEY], accepted)

    assert reason in found
    assert bool(reason) == bool(found)


def test_a_signature_holds_in_one_repository() -> None:
    """Whatever the case of its name, as GitHub has it."""
    assert accept(Filed(PATH, SIGNED, "Acme/X"), SEALED, [KEY], ["app"]) == ""
    assert accept(Filed(PATH, SIGNED, "acme/y"), SEALED, [KEY], ["app"]) == (
        "repository: expected acme/y, seen acme/x: it was renamed, or this is a copy"
    )
    assert "seen none" in accept(Filed(PATH, stored(repository=""), "acme/y"), sealed(repository=""), [KEY], ["app"])


def test_without_a_key_no_signature_counts() -> None:
    """Nobody is believed for having signed with something."""
    assert "which is none of those that count" in accept(Filed(PATH, stored()), sealed(), [], ["app"])
