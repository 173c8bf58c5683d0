"""From observations to verdicts."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.error import Unreadable
from evidence.judge import judge
from evidence.model import (
    Absent,
    Capture,
    Contains,
    Count,
    Exit,
    Falsified,
    Held,
    InOrder,
    Match,
    Never,
    NotMeasured,
    Observation,
    Only,
    Output,
    Prediction,
    Promise,
    Proof,
    SameOutput,
    Seen,
    Within,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from evidence.model import Verdict

EXTRACT = r"Output:\n(?P<output>.*?)\n\nCompleted"
PROOF = Proof("default", "Backend: (wgpu|CUDA)")


def ran(text: str = "", *, leg: str = "a", **changes: Any) -> Observation:
    """Return a leg that printed *text* on stdout and ended well."""
    seen = Observation(leg, ("prog",), text, stdout=text, exit=0, seconds=1.0)
    return replace(seen, **changes)


def recorded(text: str, leg: str = "a") -> Observation:
    """Return a leg that somebody recorded."""
    return Observation(leg, (), text, origin="recorded", source="x.log")


def verdict_of(*predictions: Prediction, on: Seen | dict[str, Seen], extract: str = "") -> Verdict:
    """Judge predictions about leg `a` (or the legs given) once."""
    legs = on if isinstance(on, dict) else {"a": on}
    return judge(Promise("FALSIFY-X-001", predictions), [legs], extract=extract)


def match_of(prediction: Prediction, on: Seen | dict[str, Seen], extract: str = "") -> Match:
    """Return what became of one prediction."""
    return verdict_of(prediction, on=on, extract=extract).measurements[0].match


LOG = "start\n  [A] one\n[B] loss = 0.25\n[B] loss = 0.75\nend\n"

TABLE = [
    (Contains("a", ("start", "end")), LOG, Match.YES),
    (Contains("a", ("start", "gone")), LOG, Match.NO),
    (Contains("a", ()), LOG, Match.UNKNOWN),
    (Contains("a", ("",)), LOG, Match.UNKNOWN),
    (Contains("a", ("x",)), "", Match.NO),
    (Never("a", ("gone", "lost")), LOG, Match.YES),
    (Never("a", ("gone", "one")), LOG, Match.NO),
    (Never("a", ("gone",)), " \n", Match.UNKNOWN),
    (Never("a", ()), LOG, Match.UNKNOWN),
    (Only("a", ("[A]", "B")), LOG, Match.YES),
    (Only("a", ("[A]",)), LOG, Match.NO),
    (Only("a", ("[A]",)), "no tags here [C]\n", Match.YES),
    (Only("a", ()), LOG, Match.NO),
    (Only("a", ("[A]",)), "", Match.UNKNOWN),
    (Only("a", ("[A]",)), "fine\r[C] behind a carriage return", Match.NO),
    (Count("a", "[B]", 2), LOG, Match.YES),
    (Count("a", "[B]", 1), LOG, Match.NO),
    (Count("a", "[C]", 0), LOG, Match.YES),
    (Count("a", "[C]", 0), "", Match.UNKNOWN),
    (Count("a", "[B]", 1), "", Match.NO),
    (Count("a", "", 1), LOG, Match.UNKNOWN),
    (InOrder("a", ("start", "[A]", "end")), LOG, Match.YES),
    (InOrder("a", ("end", "start")), LOG, Match.NO),
    (InOrder("a", ("gone", "start")), LOG, Match.NO),
    (InOrder("a", ("one\n[B]", "[B]", "[B]")), LOG, Match.NO),
    (InOrder("a", ("start",)), LOG, Match.YES),
    (InOrder("a", ()), LOG, Match.UNKNOWN),
    (Output("a", LOG.strip()), LOG, Match.YES),
    (Output("a", "other"), LOG, Match.NO),
    (Output("a", ""), "", Match.UNKNOWN),
    (Capture("a", r"loss = (\S+)", below=0.8), LOG, Match.YES),
    (Capture("a", r"loss = (\S+)", below=0.75), LOG, Match.NO),
    (Capture("a", r"loss = (\S+)", at_least=0.25), LOG, Match.YES),
    (Capture("a", r"loss = (\S+)", at_least=0.26), LOG, Match.NO),
    (Capture("a", r"loss = (\S+)", between=(0.25, 0.75)), LOG, Match.YES),
    (Capture("a", r"loss = (\S+)", between=(0.3, 0.75)), LOG, Match.NO),
    (Capture("a", r"loss = (\S+)", between=(2, 1)), LOG, Match.UNKNOWN),
    (Capture("a", r"(\S+) one", equals="[A]"), LOG, Match.YES),
    (Capture("a", r"(\S+) one", equals="[B]"), LOG, Match.NO),
    (Capture("a", r"n = (\S+)", equals=3), "n = 3.0\n", Match.YES),
    (Capture("a", r"n = (\S+)", equals=3), "n = 4\n", Match.NO),
    (Capture("a", r"n = (\S+)", equals=3), "n = three\n", Match.UNKNOWN),
    (Capture("a", r"n = (\S+)", below=3), "n = nan\n", Match.UNKNOWN),
    (Capture("a", r"n = (\S+)", below=3), "n = -inf\n", Match.UNKNOWN),
    (Capture("a", r"n = (\S+)", below=3), "n = 1e999\n", Match.UNKNOWN),
    (Capture("a", r"n = (\S+)", below=3), "n = 1_0\n", Match.UNKNOWN),
    (Capture("a", r"n = (\S+)", below=3), "n = 1e-5\nn = .5\n", Match.YES),
    (Capture("a", r"n = (\S+)", below=3), LOG, Match.UNKNOWN),
    (Capture("a", r"n = (\S+)", below=float("nan")), "n = 1\n", Match.UNKNOWN),
    (Capture("a", r"n = (\S+)"), "n = 1\n", Match.UNKNOWN),
    (Capture("a", r"n = (\S+)", below=3, at_least=1), "n = 1\n", Match.UNKNOWN),
    (Capture("a", r"n = \S+", below=3), "n = 1\n", Match.UNKNOWN),
    (Capture("a", r"n = (\d)?x", below=3), "n = x\n", Match.UNKNOWN),
    (Exit("a", 0), "", Match.YES),
    (Exit("a", 3), "", Match.NO),
    (Within("a", seconds=1.0), "", Match.YES),
    (Within("a", seconds=0.5), "", Match.NO),
    (Within("a"), "", Match.UNKNOWN),
    (Within("a", seconds=1, ratio=1, of="a"), "", Match.UNKNOWN),
    (Within("a", seconds=float("inf")), "", Match.UNKNOWN),
    (Within("a", ratio=2), "", Match.UNKNOWN),
    (SameOutput(("a",)), LOG, Match.UNKNOWN),
    (SameOutput(("a", "a")), LOG, Match.UNKNOWN),
]


@pytest.mark.parametrize(("prediction", "log", "match"), TABLE)
def test_each_kind_of_prediction(prediction: Prediction, log: str, match: Match) -> None:
    """The truth table: what each kind says about a log, and where it cannot say anything."""
    assert match_of(prediction, ran(log)) is match


def test_a_number_keeps_its_distance_from_the_bound() -> None:
    """The margin is that of the worst number, exact in decimal."""
    row = verdict_of(Capture("a", r"loss = (\S+)", below=0.98), on=ran(LOG)).measurements[0]

    assert row.margin == "0.23 under 0.98"
    assert row.observed == "`0.75` (line 4) is the worst of 2; the others: `0.25`"


@pytest.mark.parametrize(
    ("capture", "margin"),
    [
        (Capture("a", r"n = (\S+)", at_least=0.1), "0.2 over 0.1"),
        (Capture("a", r"n = (\S+)", at_least=0.5), "0.2 under 0.5"),
        (Capture("a", r"n = (\S+)", below=0.3), "0 over 0.3"),
        (Capture("a", r"n = (\S+)", between=(0.1, 8)), "0.2 inside 0.1 to 8"),
        (Capture("a", r"n = (\S+)", between=(0.5, 8)), "0.2 outside 0.5 to 8"),
        (Capture("a", r"n = (\S+)", equals=0.25), "0.05 off 0.25"),
        (Capture("a", r"n = (\S+)", below=1e30), "1e+30 under 1e+30"),
        (Capture("a", r"n = (\S+)", equals="0.3"), ""),
    ],
)
def test_margins_in_words(capture: Capture, margin: str) -> None:
    """Every bound says on which side of it the number lies."""
    assert verdict_of(capture, on=ran("n = 0.3\n")).measurements[0].margin == margin


def test_every_match_of_a_capture_counts() -> None:
    """One bad number among many good ones falsifies, and is named."""
    log = "n = 1\n" * 20 + "n = 9\n" + "n = 1\n" * 20

    row = verdict_of(Capture("a", r"n = (\d)", below=5), on=ran(log)).measurements[0]

    assert row.match is Match.NO
    assert row.observed == "`9` (line 21) is the worst of 41; the others: `1`, `1`, `1`, `1`, `1` and 35 more"


def test_too_many_matches_are_not_measured() -> None:
    """A pattern that matches thousands of times is bounded, and says so."""
    row = verdict_of(Capture("a", "(x)", equals="x"), on=ran("x" * 2001)).measurements[0]

    assert (row.match, row.observed) == (Match.UNKNOWN, "`(x)` matches more than 2,000 times")
    assert match_of(Output("a", "x"), ran("x" * 2001), extract="(x)") is Match.UNKNOWN


def test_a_torn_line_is_read_from_its_own_stream() -> None:
    """What one stream tore in the merged log is whole in the other."""
    seen = ran(merged="n = 0.[E] oh\n99\n", stdout="n = 0.99\n", stderr="[E] oh\n")

    row = verdict_of(Capture("a", r"n = ([\d.]+)", at_least=0.5), on=seen).measurements[0]

    assert (row.match, row.observed) == (Match.YES, "`0.99`")
    assert match_of(Contains("a", ("0.99",)), seen) is Match.YES
    assert verdict_of(Never("a", ("0.99",)), on=seen).measurements[0].observed == "line 1 of stdout: `n = 0.99`"
    assert match_of(Only("a", ("[X]",)), replace(seen, merged="n = 0.99 [E] oh\n")) is Match.NO


def test_output_is_extracted() -> None:
    """With a pattern the group `output` is compared, and white space at its ends does not count."""
    log = "[x] noise\nOutput:\n  R AH1 N ER0 \n\nCompleted in 1 s\n"

    assert match_of(Output("a", "R AH1 N ER0\n"), ran(log), EXTRACT) is Match.YES
    assert match_of(Output("a", "R AH1"), ran(log), EXTRACT) is Match.NO
    assert match_of(Output("a", "R AH1 N ER0"), ran(log), r"Output:\n(.*?)\n\nCompl") is Match.YES
    assert match_of(Output("a", "R"), ran("nothing of it\n"), EXTRACT) is Match.UNKNOWN
    assert match_of(Output("a", "R"), ran(log), "Output") is Match.UNKNOWN


def test_a_second_output_that_differs_falsifies() -> None:
    """All extracted outputs are compared, not only the first."""
    log = "Output:\ngood\n\nCompleted\nOutput:\nbad\n\nCompleted\n"

    row = verdict_of(Output("a", "good"), on=ran(log), extract=EXTRACT).measurements[0]

    assert (row.match, row.observed) == (Match.NO, "`bad`")


def test_stderr_is_no_output() -> None:
    """A leg that ran is compared by its stdout alone, even if there is none."""
    seen = ran(merged="four\n", stdout="", stderr="four\n")

    assert match_of(Output("a", "four"), seen) is Match.NO


def test_same_output_compares_legs() -> None:
    """Two legs agree if their outputs do; where neither has any, nothing is shown."""
    same = SameOutput(("a", "b"))

    assert match_of(same, {"a": ran("4\n"), "b": ran("4")}) is Match.YES
    assert match_of(same, {"a": ran("4\n"), "b": ran("5")}) is Match.NO
    assert match_of(same, {"a": ran("4\n"), "b": recorded("4", "b")}) is Match.YES
    silent = ran("", stderr="warning\n")
    assert match_of(same, {"a": silent, "b": silent}) is Match.UNKNOWN
    assert match_of(same, {"a": ran("4\n"), "b": ran("4")}, EXTRACT) is Match.UNKNOWN
    assert match_of(same, {"a": ran("4\n")}) is Match.UNKNOWN


def test_within_a_ratio_of_another_leg() -> None:
    """Seconds are compared with those of another leg, if both were measured."""
    prediction = Within("a", ratio=0.5, of="b")
    slow = ran("x", leg="b", seconds=10.0)

    row = verdict_of(prediction, on={"a": ran("x", seconds=4.0), "b": slow}).measurements[0]

    assert (row.match, row.observed, row.margin) == (Match.YES, "4 s", "1 s under 5 s")
    assert match_of(prediction, {"a": ran("x", seconds=6.0), "b": slow}) is Match.NO
    assert match_of(prediction, {"a": recorded("x"), "b": slow}) is Match.UNKNOWN
    assert match_of(prediction, {"a": ran("x"), "b": recorded("x", "b")}) is Match.UNKNOWN


def test_a_recorded_leg_says_nothing_about_its_exit() -> None:
    """Texts of a recorded log are judged, its exit status and seconds are not."""
    seen = recorded("all is well\n")

    assert match_of(Contains("a", ("well",)), seen) is Match.YES
    assert match_of(Exit("a", 0), seen) is Match.UNKNOWN
    assert match_of(Within("a", seconds=9), seen) is Match.UNKNOWN


def test_an_empty_recorded_log_proves_nothing_at_all() -> None:
    """Nobody saw the program run, so that even a missing text is no failure."""
    verdict = verdict_of(Contains("a", ("x",)), on=recorded("\n"))

    assert isinstance(verdict, NotMeasured)
    assert verdict.reason == "the log of leg a is empty: silence proves nothing"


@pytest.mark.parametrize(
    ("prediction", "match"),
    [
        (Contains("a", ("one",)), Match.YES),
        (Contains("a", ("gone",)), Match.UNKNOWN),
        (Never("a", ("gone",)), Match.UNKNOWN),
        (Never("a", ("one",)), Match.NO),
        (Only("a", ("A", "B")), Match.UNKNOWN),
        (Count("a", "[B]", 2), Match.UNKNOWN),
        (Capture("a", r"loss = (\S+)", below=0.8), Match.UNKNOWN),
        (Capture("a", r"loss = (\S+)", below=0.5), Match.NO),
        (InOrder("a", ("start", "end")), Match.YES),
        (Output("a", "x"), Match.UNKNOWN),
        (Exit("a", 0), Match.YES),
    ],
)
def test_a_cut_log_proves_only_what_stands_in_it(prediction: Prediction, match: Match) -> None:
    """What was seen was seen; what was not seen may stand in the rest."""
    assert match_of(prediction, ran(LOG, truncated=True)) is match


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (Absent("a", "no GPU here"), "leg a did not run: no GPU here"),
        (ran("x", failure="ran longer than 900 s", exit=None), "leg a ran longer than 900 s"),
        (ran("x", exit=3), "leg a exited 3, its last line was `x`; a program that died proves nothing by its silence"),
        (ran("x", exit=None), "leg a was not seen to end"),
    ],
)
def test_a_leg_that_proves_nothing_gives_its_reason(seen: Seen, reason: str) -> None:
    """A program that crashed never prints the forbidden text, and that is no evidence."""
    verdict = verdict_of(Never("a", ("[trueno#243]",)), on=seen)

    assert isinstance(verdict, NotMeasured)
    assert verdict.reason == reason


def test_a_leg_that_is_not_there_is_not_measured() -> None:
    """A leg that nobody ran has no observation at all."""
    verdict = verdict_of(Contains("b", ("x",)), on=ran("x"))

    assert isinstance(verdict, NotMeasured)
    assert verdict.reason == "leg b did not run"


def test_a_predicted_exit_makes_a_failing_leg_count() -> None:
    """Where the promise says that the program exits with 3, its log may be judged."""
    verdict = verdict_of(Exit("a", 3), Contains("a", ("refused",)), on=ran("refused\n", exit=3))

    assert isinstance(verdict, Held)
    assert [row.observed for row in verdict.measurements] == ["exited with 3", "line 1: `refused`"]


def test_a_mismatch_weighs_more_than_a_gap() -> None:
    """One prediction that was measured and failed falsifies, whatever else could not be measured."""
    legs: dict[str, Seen] = {"a": ran("bad\n"), "b": Absent("b", "no GPU")}

    verdict = verdict_of(Contains("b", ("x",)), Never("a", ("bad",)), on=legs)

    assert isinstance(verdict, Falsified)
    assert [row.match for row in verdict.measurements] == [Match.UNKNOWN, Match.NO]


def test_nothing_predicted_or_nothing_run_is_not_measured() -> None:
    """An empty promise does not hold by being empty."""
    assert verdict_of(on=ran("x")) == NotMeasured("FALSIFY-X-001", "nothing is predicted for it")
    assert judge(Promise("FALSIFY-X-001", (Exit("a", 0),)), []) == NotMeasured("FALSIFY-X-001", "no leg ran")


def repeats(*logs: Seen) -> Verdict:
    """Judge one prediction on several repeats."""
    return judge(Promise("FALSIFY-X-001", (Contains("a", ("good",)),)), [{"a": seen} for seen in logs])


def test_repeats_must_agree() -> None:
    """Held needs every repeat; held here and falsified there is unstable, and not measured."""
    good, bad, gone = ran("good\n"), ran("bad\n"), Absent("a", "no GPU")

    assert isinstance(repeats(good, good), Held)
    assert isinstance(repeats(bad, bad, gone), Falsified)
    unstable, gap = repeats(good, bad, good), repeats(good, gone)
    assert isinstance(unstable, NotMeasured)
    assert unstable.reason == "unstable: held in 2 of 3 repeats"
    assert isinstance(gap, NotMeasured)
    assert gap.reason == "run 2 of 2: leg a did not run: no GPU"
    assert gap.measurements[0].observed == "run 1 of 2: line 1: `good`"


def test_the_branch_changes_the_record_and_not_the_logic() -> None:
    """Whether a promise validates the prediction or its if_fails, the same log gives the same verdict."""
    for log, kind in (("x\n", Held), ("y\n", Falsified)):
        for branch in ("prediction", "if_fails"):
            verdict = judge(Promise("F-1", (Contains("a", ("x",)),), branch), [{"a": ran(log)}])

            assert isinstance(verdict, kind)
            assert verdict.branch == branch


def test_without_proof_of_the_device_nothing_is_judged() -> None:
    """A run that silently stayed on the CPU proves nothing about the GPU, but a promise about another leg stands."""
    about_gpu = Promise("F-1", (Contains("default", ("2 + 2",)), Contains("cpu", ("2 + 2",))))
    about_cpu = Promise("F-2", (Contains("cpu", ("2 + 2",)),))
    legs: dict[str, Seen] = {"default": ran("2 + 2\n", leg="default"), "cpu": ran("2 + 2\n", leg="cpu")}

    verdict = judge(about_gpu, [legs], proof=PROOF)

    assert isinstance(verdict, NotMeasured)
    assert verdict.reason == "no proof of the device: `Backend: (wgpu|CUDA)` is not in the log of leg default"
    assert [row.match for row in verdict.measurements] == [Match.UNKNOWN, Match.YES]
    assert isinstance(judge(about_cpu, [legs], proof=PROOF), Held)
    gone = judge(about_gpu, [{**legs, "default": Absent("default", "no GPU")}], proof=PROOF)
    assert [row.observed for row in gone.measurements] == [
        "leg default did not run: no GPU",
        "line 1: `2 + 2`",
    ]
    proved = {**legs, "default": ran("Backend: CUDA\n2 + 2\n", leg="default")}
    assert isinstance(judge(about_gpu, [proved], proof=PROOF), Held)


def test_every_leg_that_must_proves_its_own_device() -> None:
    """One that ran on the CPU falsifies nothing about the GPU, however well another leg proved it."""
    proof = Proof("default", "Backend: CUDA", ("broken",))
    promise = Promise("F-1", (Contains("default", ("2 + 2",)), Contains("broken", ("rejected",))))
    legs: dict[str, Seen] = {"default": ran("Backend: CUDA\n2 + 2\n", leg="default"), "broken": ran("", leg="broken")}

    verdict = judge(promise, [legs], proof=proof)

    assert isinstance(verdict, NotMeasured)
    assert verdict.reason == "no proof of the device: `Backend: CUDA` is not in the log of leg broken"
    assert [row.match for row in verdict.measurements] == [Match.YES, Match.UNKNOWN]
    tried = {**legs, "broken": ran("Backend: CUDA\naccepted\n", leg="broken")}
    assert isinstance(judge(promise, [tried], proof=proof), Falsified)


@pytest.mark.parametrize(
    ("stdout", "stderr", "match"),
    [
        ("one\ntwo\n", "", Match.YES),
        ("two\none\n", "", Match.NO),
        ("two\n", "one\n", Match.UNKNOWN),
        ("one\n", "two\n", Match.UNKNOWN),
        ("two\none\n", "one\ntwo\n", Match.YES),
        ("one\n", "other\n", Match.NO),
    ],
)
def test_an_order_across_two_streams_was_not_seen(stdout: str, stderr: str, match: Match) -> None:
    """Two pipes are read as data arrives: which line came first is known within one of them only."""
    seen = Observation("a", ("x",), stderr + stdout, stdout, stderr, exit=0, seconds=1.0)

    assert match_of(InOrder("a", ("one", "two")), seen) is match


def test_a_bad_pattern_is_said_and_not_judged() -> None:
    """A pattern that is none is an error of the configuration."""
    with pytest.raises(Unreadable, match="is no pattern"):
        verdict_of(Capture("a", "(", below=1), on=ran("x"))


def test_strange_tags_are_named_and_bounded() -> None:
    """The first few tags that should not be there are quoted; a million of them are not collected."""
    log = "[A] fine\n" + "".join(f"[X{n}] odd\n" for n in range(100_000))

    row = verdict_of(Only("a", ("[A]",)), on=ran(log)).measurements[0]

    assert row.observed == "; ".join(f"`[X{n}]` in `[X{n}] odd`" for n in range(5))


def test_hostile_patterns_and_logs_take_linear_time() -> None:
    """A pattern that would backtrack for ever, on a megabyte."""
    started = time.monotonic()

    assert match_of(Capture("a", "(a+)+$", equals="b"), ran("a" * (1 << 20) + "!")) is Match.UNKNOWN
    assert match_of(Only("a", ("[A]",)), ran(" " * (1 << 20) + "[" * (1 << 20))) is Match.YES
    assert time.monotonic() - started < 30  # it does not hang; times are for make bench


CPU_GPU = {
    "FALSIFY-CPU-GPU-001": Promise(
        "FALSIFY-CPU-GPU-001",
        (
            Capture("default", r"Cosine similarity: (-?[\d.]+)", below=0.98),
            Contains("default", ("CPU argmax: 334 | GPU argmax: 8127",)),
        ),
        "if_fails",
    ),
    "FALSIFY-CPU-GPU-002": Promise(
        "FALSIFY-CPU-GPU-002",
        (
            Capture("default", r"Cosine similarity: (-?[\d.]+)", below=0.98),
            Capture("default", r"cosine vs CPU = (-?[\d.]+)", below=0.99),
        ),
        "if_fails",
    ),
    "FALSIFY-CPU-GPU-003": Promise(
        "FALSIFY-CPU-GPU-003",
        (InOrder("default", ("CUDA path rejected", "Backend: wgpu", "wgpu path rejected")),),
    ),
    "FALSIFY-CPU-GPU-004": Promise(
        "FALSIFY-CPU-GPU-004",
        (Never("no-gpu", ("[trueno#243]", "[PMAT-082]")), Output("no-gpu", "2 + 2 equals 4.")),
    ),
    "FALSIFY-CPU-GPU-005": Promise(
        "FALSIFY-CPU-GPU-005",
        (
            Capture("default", r"wgpu .*cosine vs CPU = (-?[\d.]+)", below=0.99),
            Output("default", "2 + 2 equals 4."),
        ),
    ),
}


def real(corpus: Callable[[str], str], cut: str = "") -> dict[str, Seen]:
    """Return the two real logs as recorded legs, without the lines that hold *cut*."""
    lines = corpus("wgpu-smoke.log").splitlines(keepends=True)
    kept = "".join(line for line in lines if not cut or cut not in line)
    return {"default": recorded(kept, "default"), "no-gpu": recorded(corpus("no-gpu-smoke.log"), "no-gpu")}


@pytest.mark.parametrize("falsifier", CPU_GPU)
def test_the_real_logs_hold(falsifier: str, corpus: Callable[[str], str]) -> None:
    """The replay: the two logs of the real smokes discharge all five promises."""
    verdict = judge(CPU_GPU[falsifier], [real(corpus)], extract=EXTRACT, proof=PROOF)

    assert isinstance(verdict, Held)
    assert verdict.branch == CPU_GPU[falsifier].holds


def test_the_real_numbers_stand_in_the_rows(corpus: Callable[[str], str]) -> None:
    """The two cosines of the real run, with their lines and margins."""
    verdict = judge(CPU_GPU["FALSIFY-CPU-GPU-002"], [real(corpus)], extract=EXTRACT, proof=PROOF)

    assert [row.observed for row in verdict.measurements] == ["`-0.005190` (line 18)", "`0.766079` (line 36)"]
    assert [row.margin for row in verdict.measurements] == ["0.98519 under 0.98", "0.223921 under 0.99"]


@pytest.mark.parametrize(
    ("cut", "falsifier"),
    [
        ("wgpu path rejected", "FALSIFY-CPU-GPU-002"),
        ("wgpu path rejected", "FALSIFY-CPU-GPU-005"),
        ("Cosine similarity", "FALSIFY-CPU-GPU-001"),
        ("Completed", "FALSIFY-CPU-GPU-005"),
        ("Backend: wgpu", "FALSIFY-CPU-GPU-005"),
        ("Backend: wgpu", "FALSIFY-CPU-GPU-003"),
    ],
)
def test_a_missing_line_is_not_measured(cut: str, falsifier: str, corpus: Callable[[str], str]) -> None:
    """Without the line that carries the number, or the proof of the device, nothing is claimed."""
    verdict = judge(CPU_GPU[falsifier], [real(corpus, cut)], extract=EXTRACT, proof=PROOF)

    assert isinstance(verdict, NotMeasured)


LEGS = st.sampled_from(["a", "b"])
WORDS = st.lists(st.sampled_from(["x", "[A]", "1.5", ""]), max_size=3).map(tuple)
FLOATS = st.one_of(st.none(), st.floats())
PREDICTIONS = st.one_of(
    st.builds(Exit, LEGS, st.integers(0, 2)),
    st.builds(Output, LEGS, st.text(max_size=5)),
    st.builds(Contains, LEGS, WORDS),
    st.builds(Never, LEGS, WORDS),
    st.builds(Only, LEGS, WORDS),
    st.builds(Count, LEGS, st.text(max_size=2), st.integers(0, 3)),
    st.builds(InOrder, LEGS, WORDS),
    st.builds(Capture, LEGS, st.sampled_from([r"(\d+)", r"n=(.*)", "(.)"]), FLOATS, FLOATS, FLOATS),
    st.builds(SameOutput, st.lists(LEGS, max_size=3).map(tuple)),
    st.builds(Within, LEGS, FLOATS, FLOATS, LEGS),
)
LOGS = st.one_of(st.text(max_size=40), st.text(alphabet="x[A]15.n=\n", max_size=40))
LEGS_SEEN = st.one_of(
    st.builds(Absent, LEGS, st.text(max_size=5)),
    st.builds(recorded, LOGS),
    st.builds(lambda log, code, cut: ran(log, exit=code, truncated=cut), LOGS, st.integers(-1, 3), st.booleans()),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(PREDICTIONS, max_size=3).map(tuple), st.lists(st.dictionaries(LEGS, LEGS_SEEN), max_size=3))
def test_held_needs_every_prediction_in_every_repeat(
    predictions: tuple[Prediction, ...],
    seen: list[dict[str, Seen]],
) -> None:
    """Whatever is predicted and seen: green means that there was something, and all of it matched."""
    verdict = judge(Promise("F-1", predictions), seen)

    if isinstance(verdict, Held):
        assert len(verdict.measurements) == len(predictions) * len(seen) > 0
        assert {row.match for row in verdict.measurements} == {Match.YES}
    elif isinstance(verdict, Falsified):
        assert Match.NO in {row.match for row in verdict.measurements}
    else:
        assert verdict.reason


@pytest.mark.parametrize("log", ["\0\0\0", "\ufeff", "\u200b\u200b\n", "\x1b\x07", " \n\t"])
def test_what_nobody_could_see_is_silence(log: str) -> None:
    """A log of invisible characters proves no absence."""
    assert match_of(Never("a", ("[BAD]",)), ran(log)) is Match.UNKNOWN


@pytest.mark.parametrize(
    "prediction", [Never("a", ("ghp_",)), Only("a", ("[ok]",)), Count("a", "4", 0), SameOutput(("a", "a"))]
)
def test_where_a_secret_was_taken_out_nothing_is_absent(prediction: Prediction) -> None:
    """What stood there is not known any more; hosts and folders are known to those who configured them."""
    assert match_of(prediction, ran("token [redacted: github token]\n")) is Match.UNKNOWN
    assert match_of(Never("a", ("ghp_",)), ran("on [redacted: host]\n")) is Match.YES
