"""The stage of the stories: a repository with one contract, one smoke and a small program, and the terminal."""

from __future__ import annotations

import json
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from app.cli import main

if TYPE_CHECKING:
    from tests.app.conftest import Repo

CONFIG_PATH = ".github/discharge.yml"
CONTRACT_PATH = "contracts/speak-v1.yaml"
SPEC_PATH = "docs/speak-spec.md"
PROGRAM_PATH = "speak.sh"
BRANCH = "discharge/speak-v1/v1.3.0"
FOLDER = "evidence/speak-001-live-discharge-2026-05-04"
CONFIG = """\
version: 1
contracts: ["contracts/*.yaml"]
specs:
  - {name: speak, path: docs/speak-spec.md}
smokes:
  speak:
    contract: contracts/speak-v1.yaml
    subject: {binary: speak.sh}
    timeout: 20s
    legs:
      default: ["{binary}", world]
    predictions:
      FALSIFY-SPEAK-001: [{leg: default, contains: "hello, world"}]
      FALSIFY-SPEAK-002: [{leg: default, never: ["warning:"]}]
"""
CONTRACT = """\
metadata:
  version: 1.2.0
  status: ACTIVE
  changelog:
  - '1.2.0 — 2026-04-30 — the third promise was added'
  - '1.1.0 — 2026-04-29 — the second promise was added'
falsification_tests:
- id: FALSIFY-SPEAK-001
  rule: the program greets whom it is told to greet
  prediction: '`hello, world` is printed'
  test: './speak.sh world'
  if_fails: nobody is greeted
  status: PARTIAL_ALGORITHM_LEVEL
  evidence:
  - 'one unit test'
- id: FALSIFY-SPEAK-002
  rule: the program warns of nothing
  prediction: 'no line begins with `warning:`'
  test: './speak.sh world'
  if_fails: people learn to ignore warnings
  status: FUNCTIONAL
  evidence:
  - 'one unit test'
- id: FALSIFY-SPEAK-003
  rule: the program sings
  prediction: a tune is heard
  test: listen
  if_fails: silence
"""
SPEC = """\
# Specification: speak

**Version:** 2.4.0

## §1. The first section (2026-04-01)

Coverage tally: **3+5**

- **MODEL-1**: 87% — a start
"""
PROGRAM = """\
#!/bin/sh
echo "hello, $1"
"""


@dataclass(frozen=True)
class Said:
    """What the program said, and with which status it left."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What it said with --json."""
        return json.loads(self.out)


def say(*words: str) -> Said:
    """Call the program in this process, as the terminal would call it."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as leaving:
        main(list(words))
    assert isinstance(leaving.value.code, int)
    return Said(leaving.value.code, out.getvalue(), err.getvalue())


def _commit(message: str, files: dict[str, str | bytes], seconds: int) -> bytes:
    """Return one commit to main as `git fast-import` reads it; the program is executable."""
    lines = [b"commit refs/heads/main"]
    lines += [f"{role} A Tester <tester@example.org> {seconds} +0000".encode() for role in ("author", "committer")]
    lines.append(b"data %d\n%s" % (len(message.encode()), message.encode()))
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        mode = "100755" if path == PROGRAM_PATH else "100644"
        lines += [f"M {mode} inline {path}".encode(), b"data %d\n%s" % (len(data), data)]
    return b"\n".join(lines) + b"\n"


class Stage:
    """A repository that the stories play in."""

    def __init__(self, repo: Repo) -> None:
        """Name who asks, so that no story depends on the machine's own git settings."""
        self.repo = repo
        with (repo.folder / ".git" / "config").open("a", encoding="utf-8") as config:
            config.write("[user]\n\tname = A Tester\n\temail = tester@example.org\n")

    def set(self, files: dict[str, str | bytes] | None = None, program: str = PROGRAM) -> str:
        """Land everything in a first commit (*files* win), and a note in a second, which can be tested.

        Both come in one stream: every story begins here, and git takes its time.
        """
        everything: dict[str, str | bytes] = {CONFIG_PATH: CONFIG, CONTRACT_PATH: CONTRACT, SPEC_PATH: SPEC}
        start = {**everything, **(files or {}), PROGRAM_PATH: program}
        stream = _commit("Start", start, self.repo.clock)
        stream += _commit("docs: a note (#1)", {"docs/note.md": "a note\n"}, self.repo.clock + 60)
        self.repo.clock += 120
        command = ["git", "fast-import", "--quiet", "--date-format=raw"]
        subprocess.run(command, cwd=self.repo.folder, input=stream, check=True)
        self.repo.git("reset", "--quiet", "--hard")
        return self.repo.git("rev-parse", "HEAD")

    def land(self, message: str, files: dict[str, str | bytes], program: str = "") -> str:
        """Land one commit; *program*, if any, is the new text of the program, executable."""
        if program:
            self.repo.write({PROGRAM_PATH: program})
            (self.repo.folder / PROGRAM_PATH).chmod(0o755)
        return self.repo.commit(message, files)

    def ask(self, command: str, *words: str) -> Said:
        """Say a command about this repository, on the day of the stories, with a cache and scratch of its own."""
        around = self.repo.folder.parent
        (around / "scratch").mkdir(exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SOURCE_DATE_EPOCH", "1777900000")
            patch.setenv("XDG_CACHE_HOME", str(around / "cache"))
            patch.setenv("TMPDIR", str(around / "scratch"))
            return say(command, *words, "--repo", str(self.repo.folder))

    def refuse(self, command: str, *words: str) -> str:
        """Return what a command complains of: status 2, one sentence, no traceback, and nothing written."""
        before = self.state()
        said = self.ask(command, *words)
        assert (said.status, said.out) == (2, "")
        assert said.err.startswith("error: ")
        assert "Traceback" not in said.err
        assert self.state() == before
        return said.err.removeprefix("error: ").rstrip("\n")

    def files(self, branch: str = BRANCH) -> list[str]:
        """Return what a branch changed against main: status letter and path."""
        return self.repo.git("diff", "--name-status", f"main...{branch}").replace("\t", " ").splitlines()

    def state(self) -> tuple[str, ...]:
        """Return everything that a command must leave alone: refs, index, work tree, which branch is checked out."""
        return self.repo.git("for-each-ref"), self.repo.git("status", "--porcelain", "--branch", "--ignored")
