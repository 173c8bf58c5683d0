"""`make parity`: eight bugs put into a language model, and whether the judge sees them.

The reference is the model on the CPU in float32. The subject is the same model on the device: as it is, with one bug
after the other, with a change that is harmless, and in lower precision. The exit status is 1 if the judge accepts a
bug in the strict tier, or rejects what is right. A table goes to stdout, every number and a picture to FOLDER.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from runners.probe import proof, setting, sheet, way  # noqa: E402 - found two folders above

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # rows are shared out among threads already
setting.prepare(os.environ, tf32=True)  # before torch is loaded: one process computes with TF32 and without

import torch  # noqa: E402 - as above
from bench import Bench, Run, plan  # noqa: E402 - as above
from bug import BUGS, HARMLESS  # noqa: E402 - as above

from evidence.parity import tier  # noqa: E402 - as above
from evidence.parity.row import Tops  # noqa: E402 - as above
from evidence.parity.summary import summarise  # noqa: E402 - as above
from evidence.parity.verdict import Judgement, judge  # noqa: E402 - as above
from evidence.picture import Picture, draw  # noqa: E402 - as above
from evidence.receipt import digest  # noqa: E402 - as above
from runners.probe.prompt import read_ids  # noqa: E402 - as above
from runners.probe.source import read  # noqa: E402 - as above

if TYPE_CHECKING:
    from evidence.parity.measured import Measured
    from runners.probe.source import Source

REPEATS = 3
_HEAD = (
    "change",
    "tier",
    "verdict",
    "worst KL",
    "mean KL",
    "worst cosine",
    "worst norm ratio",
    "worst max-abs",
    "worst NMSE",
    "same top",
    "near / flips",
    "largest drop",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One run, what the judge says of it, and the seconds that the device took."""

    run: Run
    judged: Judgement
    seconds: float

    @property
    def is_expected(self) -> bool:
        """Whether the judge says what is true."""
        return self.run.holds in {None, self.judged.verdict.holds}

    def row(self) -> str:
        """Return a row of the table."""
        s = self.judged.summary
        assert s is not None
        worst = [metric.worst if metric else math.nan for metric in (s.cosine, s.norm_ratio, s.max_abs, s.nmse)]
        kl = (s.kl.worst, s.kl.mean) if s.kl else (math.nan, math.nan)
        drop = max((max(row.reference_drop, row.subject_drop) for row in s.listed), default=0.0)
        cells = (
            self.run.name,
            self.run.tier.name,
            self.judged.verdict.replace("_", " ") + ("" if self.is_expected else " (WRONG)"),
            *(f"{one:.2g}" for one in kl),
            f"{worst[0]:.7f}",
            f"{worst[1]:.5f}",
            *(f"{one:.2g}" for one in worst[2:]),
            f"{s.same} of {s.positions}",
            f"{s.near_ties} / {s.flips}",
            f"{drop:.3g}",
        )
        return f"| {' | '.join(cells)} |"


def main() -> int:
    """Prove it with every text; return the exit status."""
    asked = _parse()
    device = proof.find(torch, asked.device)
    setting.apply(torch, tf32=False)
    source = read(torch, asked.model)
    proof.settle(torch, source.module, torch.device("cpu"), "float32")
    settled: dict[str, Any] = {}
    return max([_prove(asked, source, device, text, settled) for text in asked.text or [None]])


def _prove(asked: argparse.Namespace, source: Source, device: Any, text: Path | None, settled: dict[str, Any]) -> int:
    """Prove it with one text; *settled* keeps the copies of the model that are on the device."""
    out = asked.out / text.stem.lower() if text else asked.out
    ids, logits, about = _prepare(asked, source, text)
    size = len(source.tokenizer) if source.tokenizer is not None else logits.shape[1]
    bench = Bench(source.module, device, ids, logits, size, settled)
    shown = [_go(bench, run, out) for run in plan(iter(BUGS), HARMLESS) if asked.all or run.holds is not None]
    again = [digest(bench.play(Run("", tier.STRICT)).numpy().tobytes()) for _ in range(REPEATS)]
    about |= {**proof.prove(torch, device, bench.module), "flags": setting.record(torch), "repeats": again}
    head = f"| {' | '.join(_HEAD)} |\n|{'---|' * len(_HEAD)}"
    sys.stdout.write("\n".join([head, *(one.row() for one in shown)]) + "\n\n")
    runs = [{"run": asdict(one.run), "judged": asdict(one.judged), "seconds": one.seconds} for one in shown]
    sheet.dump(out / "parity.json", {"about": about, "runs": runs})
    wrong = [f"{one.run.name} ({one.run.tier.name})" for one in shown if not one.is_expected]
    _say(f"{REPEATS} repeats gave {len(set(again))} hash(es); not as expected: {', '.join(wrong) or 'nothing'}")
    return 1 if wrong else 0


def _prepare(asked: argparse.Namespace, source: Source, text: Path | None) -> tuple[list[int], Any, dict[str, Any]]:
    """Return the ids of a text, the reference's logits, and what is known of both."""
    setting.apply(torch, tf32=False)
    how = {"ids": text, "text": None} if text and text.suffix == ".json" else {"ids": None, "text": text}
    ids = read_ids(argparse.Namespace(**{**vars(asked), **how}), source)
    began = time.perf_counter()
    logits = torch.cat(list(way.forward(way.Model(torch, source.module, torch.device("cpu")), ids)))
    took = time.perf_counter() - began
    _say(f"reference: {len(ids)} positions × {logits.shape[1]:,} of {text} on the CPU in {took:.1f} s")
    about = {"model": Path(source.name).name, "model_sha256": source.model_sha256, "ids_sha256": sheet.digest_ids(ids)}
    return ids, logits, {**about, "text": text.name if text else "", "seconds_of_reference": took}


def _go(bench: Bench, run: Run, out: Path) -> Shown:
    """Play one run, judge it, and draw it."""
    began = time.perf_counter()
    logits = bench.play(run)
    took = time.perf_counter() - began
    measured = bench.measure(logits)
    shown = Shown(run, judge(summarise(measured, run.tier), run.tier), took)
    _draw(shown, measured, out)
    _say(shown.row())
    return shown


def _draw(shown: Shown, measured: Measured, out: Path) -> None:
    run = shown.run
    related = [measured.row(n).relate(run.tier.tau) for n in range(len(measured))]
    near, flips = (frozenset(n for n, one in enumerate(related) if one is kind) for kind in (Tops.NEAR_TIE, Tops.FLIP))
    title = f"{run.name}: {shown.judged.verdict.replace('_', ' ')} in the {run.tier.name} tier"
    kl, cosine = measured["kl"].tolist(), measured["cosine"].tolist()
    out.mkdir(parents=True, exist_ok=True)
    name = "".join(c if c.isalnum() else "-" for c in f"{run.name} {run.tier.name}".replace("×", "x"))
    text = draw(Picture(title, kl, cosine, run.tier.kl, run.tier.cosine, near, flips))
    (out / f"{name.lower()}.svg").write_text(text, encoding="utf-8")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Put eight bugs into a language model, and judge each.")
    add = parser.add_argument
    add("model", help="what `python -m runners.probe` takes: module:factory, a folder, a .gguf file")
    add("--device", default="cpu", help="where the subject computes (default: cpu)")
    add("--positions", type=int, default=512, help="how many positions (default: 512)")
    add("--text", type=Path, nargs="*", help="texts, or JSON arrays of ids, to feed (default: the model's own ids)")
    add("--all", action="store_true", help="show each bug in lower precision, too")
    add("--out", type=Path, default=Path("build/parity"), help="where numbers and pictures go (default: build/parity)")
    parser.set_defaults(prompt=None, chat=False)
    return parser.parse_args()


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main())
