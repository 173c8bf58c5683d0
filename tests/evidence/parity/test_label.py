"""What files say of their making, and what that allows."""

from __future__ import annotations

import pytest

from evidence.parity.label import choose, doubt, object_to, remark
from evidence.parity.tier import BFLOAT16, STRICT, TF32

LABEL = {
    "ids_sha256": "ab" * 32,
    "tokenizer_sha256": "cd" * 32,
    "template_sha256": "",
    "dtype": "float32",
    "tf32": "false",
    "device": "cuda",
    "model_sha256": "ef" * 32,
    "way": "forward",
    "weights_bytes": "1000",
    "memory_peak": "5000",
}


def test_equal_labels_are_comparable() -> None:
    """The device is that of the subject; nothing is objected to."""
    assert list(object_to({**LABEL, "device": "cpu"}, LABEL, STRICT)) == []
    assert list(doubt(LABEL, "cuda")) == []
    assert list(remark({**LABEL, "device": "cpu"}, LABEL)) == []


@pytest.mark.parametrize("key", ["ids_sha256", "tokenizer_sha256", "template_sha256"])
def test_another_question_is_an_invalid_comparison(key: str) -> None:
    """A changed prompt looks like a broken kernel, and is none; so does a text that only one side knows."""
    changed = {**LABEL, key: "00" * 32}
    silent = {name: text for name, text in LABEL.items() if name != key}

    assert "the sides have different" in " ".join(object_to(LABEL, changed, STRICT))
    assert "only the reference names" in " ".join(object_to(LABEL, silent, STRICT))
    assert "only the subject names" in " ".join(object_to(silent, LABEL, STRICT))


def test_the_strict_tier_is_for_float32_without_tf32() -> None:
    """A run with TF32 on is not judged as if it were off, and no bfloat16 as if it were float32."""
    assert "TF32 on" in " ".join(object_to(LABEL, {**LABEL, "tf32": "true"}, STRICT))
    assert list(object_to(LABEL, {**LABEL, "tf32": "true"}, TF32)) == []
    assert "`bfloat16`" in " ".join(object_to(LABEL, {**LABEL, "dtype": "bfloat16"}, STRICT))
    assert choose({**LABEL, "tf32": "true"}, "float32") is TF32
    assert choose({"dtype": "torch.bfloat16"}, "float32") is BFLOAT16
    assert choose(None, "float32") is STRICT


def test_a_reference_is_no_coarser_than_its_tier() -> None:
    """What bfloat16 rounded away cannot tell a strict subject from a wrong one; float64 tells more than is asked."""
    assert "coarser than the tier strict" in " ".join(object_to({**LABEL, "dtype": "bfloat16"}, LABEL, STRICT))
    assert "coarser" in " ".join(object_to({**LABEL, "dtype": "int4"}, LABEL, STRICT))
    assert "the reference was computed with TF32 on" in " ".join(object_to({**LABEL, "tf32": "true"}, LABEL, STRICT))
    assert list(object_to({**LABEL, "dtype": "float64"}, LABEL, STRICT)) == []
    low = {**LABEL, "dtype": "bfloat16"}
    assert list(object_to(low, low, BFLOAT16)) == list(object_to(LABEL, low, BFLOAT16)) == []


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ({**LABEL, "device": "cpu"}, "computed on `cpu`, not on cuda"),
        (None, "no device that it names, not on cuda"),
        ({**LABEL, "memory_peak": "12"}, "it did not compute"),
        ({"device": "cuda"}, "names no memory_peak in bytes the subject names no weights_bytes in bytes"),
        ({**LABEL, "memory_peak": "many"}, "names no memory_peak in bytes"),
        ({**LABEL, "weights_bytes": "0"}, "names a weights_bytes of 0 bytes"),
        ({**LABEL, "memory_peak": "0", "weights_bytes": "0"}, "names a memory_peak of 0 bytes"),
    ],
)
def test_a_silent_fallback_is_doubted(label: dict[str, str] | None, said: str) -> None:
    """The parity of a CPU with a CPU is always perfect, and proves nothing of a GPU."""
    assert said in " ".join(doubt(label, "cuda:0"))


def test_a_device_that_nobody_asks_for_is_proved_all_the_same() -> None:
    """A file that names a GPU must prove it; one that names a CPU, or nothing, has nothing to prove unless asked."""
    assert list(doubt({"device": "cuda:1"}, "")) != []
    assert list(doubt(LABEL, "")) == list(doubt({"device": "cpu"}, "")) == list(doubt({"device": "cpu"}, "cpu")) == []
    assert list(doubt(None, "")) == list(doubt({}, "")) == []


def test_what_was_not_compared_is_remarked() -> None:
    """So that nobody takes two anonymous files for proof of one prompt."""
    assert "says nothing of them" in " ".join(remark(None, LABEL))
    assert "neither file" in " ".join(remark({}, {"tf32": "false"}))
    assert "says nothing of another device" in " ".join(remark(LABEL, LABEL))
    assert "different ways through the model" in " ".join(remark(LABEL, {**LABEL, "way": "incremental"}))
    one, two = ({**LABEL, **{f"flag.{name}": side for name in "abcdef"}} for side in "xy")
    assert "different settings: `a`, `b`, `c`, `d` and 2 more" in " ".join(remark(one, two))
    assert "whether TF32 was off" in " ".join(remark({}, {}))
