"""The command `discharge parity`. It imports what it needs when it is called, so that `--help` answers at once."""

from __future__ import annotations

import os
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated

import typer

from app.option import Json  # noqa: TC001 - typer reads it
from app.terminal import finish, write
from contracts.error import Complaint

EXAMPLES = (
    "Examples: discharge parity cpu.safetensors gpu.safetensors --device cuda · "
    "discharge parity cpu.npy gpu.npy --tier bfloat16 --html > parity.html · "
    "discharge parity cpu.npy gpu-1.npy gpu-2.npy gpu-3.npy --json"
)


def parity(
    reference: Annotated[Path, typer.Argument(metavar="REFERENCE", help="Logits that are believed.")],
    subjects: Annotated[
        list[Path], typer.Argument(metavar="SUBJECT…", help="Logits that are tested; of several goes, a file each.")
    ],
    tier: Annotated[
        str, typer.Option(metavar="NAME", help="strict, tf32, float16, bfloat16, float8; else by what was computed in.")
    ] = "",
    vocabulary: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Compare the first N ids; the rest is the padded tail.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="KIND", help="What the subject must have been computed on.")] = "",
    backend: Annotated[
        str, typer.Option(metavar="NAME", help="What measures: numpy; torch and triton on the GPU that is here.")
    ] = "numpy",
    html: Annotated[bool, typer.Option("--html", help="Print an HTML page with a picture.")] = False,
    json_: Json = False,
) -> None:
    """Compare two files of logits, position by position.

    Files are .npy or safetensors, positions × vocabulary. What the safetensors say of input ids,
    tokenizer and template must agree. Exit status: 0 match, near-ties among it · 1 mismatch ·
    2 a file cannot be read · 3 invalid comparison, or nothing was measured.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the rows are shared among threads, not the products
    from app.parity import page, report
    from app.parity.comparison import Request, compare

    if html and json_:
        raise Complaint("--json and --html are two forms of one document", mend="Ask for one of them")
    if html and (page_ := next((path for path in (reference, *subjects) if path.suffix == ".html"), None)):
        raise Complaint(f"{page_} is no file of logits", mend=f"--html prints the page: end with `--html > {page_}`")
    outcome = compare(Request(reference, tuple(subjects), tier, vocabulary, device, backend))
    if html:
        write(lambda: typer.echo(page.render(outcome), nl=False))
        raise typer.Exit(report.STATUSES[outcome.verdict])
    finish(report.describe(outcome), as_json=json_)
