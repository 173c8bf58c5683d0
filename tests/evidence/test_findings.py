"""The page for people, for every verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contracts.model import Falsifier, FalsifierId
from contracts.progress import Tally
from evidence.findings import Entry, Findings, Shown, render
from evidence.host import HostFacts
from evidence.judge import judge
from evidence.model import (
    Absent,
    Capture,
    Contains,
    InOrder,
    Never,
    Observation,
    Output,
    Promise,
    Proof,
    Seen,
)
from evidence.receipt import Binary

if TYPE_CHECKING:
    from collections.abc import Callable

    from evidence.model import Prediction

EXTRACT = r"Output:\n(?P<output>.*?)\n\nCompleted"
HOST = HostFacts("gpu-box", "Linux-6.8", "Ryzen 9", "NVIDIA GeForce RTX 4090", "550.54")
TEXT_005 = Falsifier(
    FalsifierId("FALSIFY-CPU-GPU-005"),
    "PARTIAL_ALGORITHM_LEVEL",
    rule="the fallback says what it does | without --verbose",
    if_fails="the fallback can be silent",
)
TEXT_004 = Falsifier(FalsifierId("FALSIFY-CPU-GPU-004"), "FUNCTIONAL", rule="--no-gpu is honored", if_fails="cost")
TEXT_002 = Falsifier(FalsifierId("FALSIFY-CPU-GPU-002"), None, rule="cosine ≥ 0.99", if_fails="the kernel is wrong")
ARGV = ("target/release/apr", "run", "/models/qwen.apr", "--prompt", "What is 2+2?", "--max-tokens", "8")

STDERR = (
    "[gate] CUDA path rejected\nBackend: wgpu (Vulkan)\n[gate] wgpu path rejected: cosine vs CPU = 0.766079 (< 0.99)\n"
)
STDOUT = "Output:\n2 + 2 equals 4.\n\nCompleted in 67.24s\n"
DEFAULT = Observation("default", ARGV, STDERR + STDOUT, STDOUT, STDERR, 0, 67.31)
NO_GPU = Observation("no-gpu", (*ARGV, "--no-gpu"), STDOUT, STDOUT, "", 0, 9.5)
PROOF = Proof("default", "Backend: (wgpu|CUDA)")


def page(entries: list[tuple[Falsifier, Promise]], *legs: Seen) -> Findings:
    """Return the values of a page about *entries*, judged on *legs*; what held is discharged."""
    seen = {leg.leg: leg for leg in legs}
    judged = [(words, judge(promise, [seen], extract=EXTRACT, proof=PROOF)) for words, promise in entries]
    rows = tuple(
        Entry(words, "DISCHARGED" if type(verdict).__name__ == "Held" else words.status, verdict)
        for words, verdict in judged
    )
    flipped = {row.falsifier.id for row in rows if row.flips}
    return Findings(
        contract="apr-cpu-vs-gpu-output-parity-v1",
        smoke="cpu-gpu",
        date="2026-05-04",
        entries=rows,
        legs=tuple(Shown(leg, "" if isinstance(leg, Absent) else f"{leg.leg}.log") for leg in legs),
        host=HOST,
        commit="817ec0553",
        versions=("1.3.0", "1.4.0") if flipped else ("1.3.0", "1.3.0"),
        remaining=tuple(words for words in (TEXT_002, TEXT_004, TEXT_005) if words.id not in flipped),
        total=3,
        asked_by="operator",
        command="discharge run CPU-GPU-005 --repo .",
        tally=(Tally(15, 37), Tally(16, 36)) if flipped else None,
    )


def promise(words: Falsifier, *predictions: Prediction, if_fails: bool = False) -> tuple[Falsifier, Promise]:
    """Return a falsifier with what is predicted for it."""
    return words, Promise(words.id.text, predictions, "if_fails" if if_fails else "prediction")


HOLDS_005 = promise(
    TEXT_005,
    Capture("default", r"wgpu .*cosine vs CPU = (-?[\d.]+)", below=0.99),
    InOrder("default", ("CUDA path rejected", "Backend: wgpu", "wgpu path rejected")),
    Output("default", "2 + 2 equals 4."),
)


def test_a_live_discharge(golden: Callable[[str, str], None]) -> None:
    """The page of one promise that held, run here."""
    findings = replace(
        page([HOLDS_005], DEFAULT),
        binary=Binary("target/release/apr", "ab" * 32),
        device="Backend: wgpu (Vulkan)",
        build=(("cargo", "build", "-p", "apr-cli", "--release"),),
        env=(("SKIP_PARITY_GATE", None), ("RUST_LOG", "info x")),
    )

    golden("live.md", render(findings))


def test_several_promises_on_two_legs(golden: Callable[[str, str], None]) -> None:
    """Two promises, one by its if_fails branch; the log of one leg is reused from earlier evidence."""
    entries = [
        promise(TEXT_002, Capture("default", r"cosine vs CPU = (-?[\d.]+)", below=0.99), if_fails=True),
        promise(TEXT_004, Never("no-gpu", ("[trueno#243]", "[PMAT-082]")), Output("no-gpu", "2 + 2 equals 4.")),
    ]
    reused = replace(DEFAULT, origin="reused", source="evidence/cpu-gpu-005-live-discharge-2026-05-04/default.log")

    findings = page(entries, reused, NO_GPU)

    golden("several.md", render(replace(findings, remaining=(), total=2)))


def test_a_recorded_log(golden: Callable[[str, str], None]) -> None:
    """A recorded log is called recorded in the title, and nothing is claimed about how it ended."""
    recorded = Observation("default", ARGV, STDERR + STDOUT, origin="recorded", source="wgpu-smoke.log")

    golden("recorded.md", render(replace(page([HOLDS_005], recorded), host=HostFacts(), commit="", asked_by="")))


def test_a_falsified_promise(golden: Callable[[str, str], None]) -> None:
    """A failure is told as plainly as a success, and nothing is discharged."""
    entries = [
        promise(TEXT_005, Capture("default", r"cosine vs CPU = (\S+)", at_least=0.99), Contains("default", ("ok|",)))
    ]

    golden("falsified.md", render(page(entries, DEFAULT)))


def test_what_was_not_measured(golden: Callable[[str, str], None]) -> None:
    """No GPU, a crash, and a recorded log without its command line: each with its reason."""
    entries = [HOLDS_005, promise(TEXT_004, Never("no-gpu", ("[PMAT-082]",)))]
    crashed = replace(
        NO_GPU, exit=None, failure="ran longer than 900 s", stdout="", merged="warning\n", stderr="warning\n"
    )
    old = Observation("old", (), "text\n", origin="recorded", source="old.log")

    golden("not-measured.md", render(page(entries, Absent("default", "no GPU was found"), crashed, old)))


def test_what_held_before_stays() -> None:
    """A promise that was discharged already holds again, and no status flips."""
    words = replace(TEXT_005, status="DISCHARGED", rule="", if_fails="")

    text = render(page([promise(words, *HOLDS_005[1].predictions)], DEFAULT))

    assert "# FALSIFY-CPU-GPU-005 — Live Evidence, nothing discharged (2026-05-04)" in text
    assert "**FALSIFY-CPU-GPU-005 stays DISCHARGED: held**" in text


def test_nothing_predicted_and_nothing_run() -> None:
    """Even an empty run has a page that says so."""
    text = render(page([(replace(TEXT_005, rule=""), Promise("FALSIFY-CPU-GPU-005", ()))]))

    assert "not measured** — nothing is predicted for it" in text
    assert "Nothing was measured." in text
    assert "No leg was run." in text


def test_a_reused_log_need_not_say_how_it_ended() -> None:
    """A log that was recorded when it was first used still has no exit status."""
    old = Observation("default", ARGV, STDERR + STDOUT, origin="reused", source="evidence/x/default.log")

    text = render(replace(page([HOLDS_005], old), legs=(Shown(old),)))

    assert "— Recorded Discharge Evidence (" in text
    assert "Commit: `817ec0553`, as stated: a recorded log does not prove what was run" in text
    assert "Reused from `evidence/x/default.log`. It ended, and how is not known." in text
    assert "## Observed stdout and stderr (verbatim from the log of `default`)" in text


@pytest.mark.parametrize(("count", "letter"), [(26, "(z) "), (28, "(ab) ")])
def test_many_open_promises_have_letters(count: int, letter: str) -> None:
    """The pickup goes on behind z."""
    many = tuple(Falsifier(FalsifierId(f"F-{n}"), "FUNCTIONAL") for n in range(count))

    text = render(replace(page([HOLDS_005], DEFAULT), remaining=many, total=count))

    assert f"{letter}**F-{count - 1}** — FUNCTIONAL" in text


def test_an_id_without_a_number_stands_alone() -> None:
    """Ids that share no stem are listed as they are."""
    odd = replace(TEXT_005, id=FalsifierId("LONELY"))

    text = render(page([promise(odd, *HOLDS_005[1].predictions), HOLDS_005], DEFAULT))

    assert text.startswith("# LONELY, FALSIFY-CPU-GPU-005 — Live Discharge Evidence")
