"""The options that several commands of the terminal share, as typer reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Repo = Annotated[Path, typer.Option("--repo", metavar="DIR", help="The git checkout; commits are read, never files.")]
Branch = Annotated[
    str | None, typer.Option("--branch", metavar="NAME", help="The default branch, if git does not say.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="CPU-GPU-004, a glob, all, or CONTRACT/ID.")]
SomeIds = Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="Only these falsifiers.")]
Legs = Annotated[
    list[str] | None,
    typer.Option("--leg", metavar="NAME=FILE", help="A recorded log that stands in for a leg; the evidence says so."),
]
EnvFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Settings as NAME=value lines, beside the environment's.")
]
Ships = Annotated[
    list[str] | None,
    typer.Option("--ship", metavar="'MODEL ±N because …'", help="A ship percentage that you declare."),
]
