"""What really validated an amended contract: the configured command if it ran, and the built-in rules."""

from __future__ import annotations

import os
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from contracts import rules
from contracts.error import Complaint, EditError
from evidence.model import Absent
from runners.command import environment, fill
from runners.run import execute as run_command

if TYPE_CHECKING:
    from app.workspace import Workspace
    from contracts.amend import Amended
    from contracts.document import Document
    from evidence.model import Seen

SECONDS = 300.0
BYTES = 1 << 20


def validate(workspace: Workspace, before: Document, amended: Amended, commit: str, *, execute: bool) -> str:
    """Return what validated the amended contract, in one sentence that claims nothing else.

    The configured command runs only where *execute* allows it: the App runs nothing of a repository on its own machine.

    Raises:
        EditError: a built-in rule finds an error in the change.
        Complaint: the configured command ran and refused the contract.
    """
    config = workspace.configured.config
    found = rules.check_change(before, amended.document, config.floor, config.ladder)
    errors = [finding for finding in found if finding.severity == "error"]
    if errors:
        raise EditError(f"the amended contract would break {errors[0].rule}: {errors[0].message}", errors[0].place)
    stood = sum(finding.severity == "error" for finding in rules.check(amended.document, config.ladder))
    built_in = "built-in rules: 0 errors" + (f" brought in, {stood} stood before" if stood else "")
    if config.validate_ is None:
        return built_in
    command = f"`{shlex.join(config.validate_).replace(shlex.quote('{contract}'), '').strip()}`"
    if not execute:
        return f"{built_in} ({command} was not run: the App runs no command of a repository on its own machine)"
    argv = fill(config.validate_, {"contract": before.file})
    seen = _run(workspace, argv, before.file, amended.text, commit)
    if isinstance(seen, Absent) or seen.failure:
        why = seen.reason if isinstance(seen, Absent) else seen.failure
        return f"{built_in} ({command} was not run to its end: {why})"
    if seen.exit != 0:
        said = " ".join(seen.merged.split())[-300:]
        what = f"{command} refuses the amended contract (exit {seen.exit}): {said}"
        raise Complaint(what, mend="Mend the contract on the default branch first")
    return f"{command} exits 0; {built_in}"


def _run(workspace: Workspace, argv: tuple[str, ...], path: str, text: str, commit: str) -> Seen:
    with tempfile.TemporaryDirectory(prefix="discharge-") as scratch:
        folder = Path(scratch)
        workspace.repository.export(commit, folder)
        (folder / path).write_text(text, encoding="utf-8", newline="")
        return run_command("validate", argv, cwd=folder, env=environment(os.environ), timeout=SECONDS, limit=BYTES)
