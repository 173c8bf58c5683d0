"""Keys: the one spelling of a public key, the one kind of a private one."""

from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as make_elliptic
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as make_rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from app.key import make
from contracts.error import Unreadable
from evidence.key import PublicKey, read
from evidence.signer import publish
from evidence.signer import read as read_signer

TEXT = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
RAW = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
"""The first public key of RFC 8032, section 7.1."""
PRIME = 2**255 - 19
EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826


def test_a_key_is_spelt_in_one_way() -> None:
    """Text and bytes are two forms of the same; a signature names it by its digest."""
    key = read(TEXT)

    assert (key, key.text) == (PublicKey(RAW), TEXT)
    assert key.id == "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9"
    assert read(f"  {TEXT}\n") == key


@settings(deadline=None, max_examples=100)
@given(st.binary(min_size=32, max_size=32))
def test_every_key_that_somebody_has_reads_back_as_itself(seed: bytes) -> None:
    """Whatever the private one is."""
    raw = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()

    assert read(PublicKey(raw).text).raw == raw


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.text(max_size=80), st.text(max_size=60).map(lambda end: f"ed25519:{end}")))
def test_no_text_crashes_the_reader(text: str) -> None:
    """Whatever comes, it is a sentence."""
    with pytest.raises(Unreadable, match="key"):
        read(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rsa:AAAA", "“rsa” is a kind of key that is not known here"),
        ("ecdsa:AAAA", "“ecdsa” is a kind of key"),
        ("", "“” is no key"),
        (TEXT.removeprefix("ed25519:"), "is no key"),
        ("ed25519:" + "A" * 300, "is no key"),
        ("ed25519:!!!!", "that is no base64"),
        ("ed25519:AAAA", "32 bytes are wanted, and these are 3"),
        (TEXT.replace("Ro=", "Rp="), "32 bytes are wanted"),
        (TEXT.replace("ed25519:", "ed25519: "), "that is no base64"),
    ],
)
def test_what_is_no_key_is_told(text: str, sentence: str) -> None:
    """Another kind, another length, another spelling; and what to write."""
    with pytest.raises(Unreadable) as caught:
        read(text)

    assert sentence in str(caught.value)
    assert "Write ed25519: and the 32 bytes of the key in base64" in str(caught.value)


@pytest.mark.parametrize("y", [0, 1, PRIME - 1, PRIME, PRIME + 1, EIGHTH, PRIME - EIGHTH])
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_a_key_that_anyone_can_sign_for_is_refused(y: int, sign: int) -> None:
    """A placeholder of zeros is such a key."""
    with pytest.raises(Unreadable, match="anyone can sign for it"):
        read(PublicKey((y | sign).to_bytes(32, "little")).text)


def test_signatures_for_a_key_of_zeros_can_be_made_up() -> None:
    """That is why: without any private key, some messages verify."""
    forged, found = bytes([1]) + bytes(63), 0
    for n in range(64):
        try:
            Ed25519PublicKey.from_public_bytes(bytes(32)).verify(forged, b"%d" % n)
            found += 1
        except InvalidSignature:
            pass

    assert found > 0


def test_a_private_key_that_was_made_signs_for_its_public_one() -> None:
    """Two that are made are two."""
    one, other = make(), make()

    assert one != other
    assert read(publish(read_signer(one)).text) == publish(read_signer(one.encode()))
    assert publish(read_signer(one)) != publish(read_signer(other))


def pem(key: Ed25519PrivateKey, seal: KeySerializationEncryption) -> str:
    """Return a private key as text."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, seal).decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"x")), "the signing key has a passphrase"),
        (
            make_rsa(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "receipts are signed with Ed25519",
        ),
        (
            make_elliptic(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            "receipts are signed with Ed25519",
        ),
        ("", "the signing key is no private key in PEM"),
        ("\ud800", "the signing key is no private key in PEM"),
        (base64.b64encode(RAW).decode(), "the signing key is no private key in PEM"),
    ],
)
def test_another_private_key_is_refused_in_words_that_do_not_hold_it(text: str, sentence: str) -> None:
    """A passphrase, another kind, no key at all."""
    with pytest.raises(Unreadable) as caught:
        read_signer(text)

    assert sentence in str(caught.value)
    assert not text or text.splitlines()[-1] not in str(caught.value)
