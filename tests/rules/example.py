"""The examples of the rules: read from Markdown, laid into a git repository, and checked there as a user would."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

from app.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.finding import Finding
    from tests.app.conftest import Repo

HERE = Path(__file__).resolve().parent
CONFIG = ".github/discharge.yml"
SPEC = "docs/spec.md"
WORDS = ("before", "fails", "passes", "finds", "history")
Files = dict[str, str | None]
"""Path → text; None where the file is taken away."""


@dataclass
class Example:
    """One example: what stands *before* a change, the change that *fails*, and the one that *passes*.

    *history* are the subjects of the commits before all that. *finds* is where the rule must find something.
    """

    rule: str
    languages: dict[str, str] = field(default_factory=dict)
    before: Files = field(default_factory=dict)
    fails: Files = field(default_factory=dict)
    passes: Files = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    finds: tuple[str, int] = ("", 0)


def read_all() -> dict[str, Example]:
    """Return every example by its rule's id."""
    return {example.rule: example for path in sorted(HERE.glob("*.md")) for example in _read(path)}


def _read(path: Path) -> Iterator[Example]:
    """Yield the examples of a file: a heading names the rule, and fences hold the files."""
    example: Example | None = None
    tokens = MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8"))
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and token.tag == "h2":
            if example:
                yield example
            assert following is not None
            example = Example(following.content.strip("`"))
        elif token.type == "fence" and example:
            _take(example, token.info.split(), token.content)
    if example:
        yield example


def _take(example: Example, info: list[str], text: str) -> None:
    """Take one fence in: ` ```yaml fails contracts/x-v1.yaml:7 `, the place being where the finding stands."""
    language, word, *rest = info
    assert word in WORDS, f"{example.rule}: “{word}” is none of {WORDS}"
    if word == "history":
        example.history = text.splitlines()
        return
    path, _, line = rest[0].partition(":")
    example.languages[path] = language
    if line:
        example.finds = (path, int(line))
    if word != "finds":
        files: Files = getattr(example, word)
        files[path] = None if rest[1:] == ["gone"] else text


class Play:
    """An example in a repository: *main* holds what stands before, and each change is a branch of its own."""

    def __init__(self, repo: Repo, example: Example) -> None:
        """Commit the history and what stands before; without a configuration of its own, the plainest one."""
        self.repo, self.example = repo, example
        for subject in example.history:
            repo.commit(subject, {})
        every = {**example.before, **example.fails, **example.passes}
        files = {CONFIG: _configure(every), **{path: text for path, text in example.before.items() if text is not None}}
        repo.commit("before", {path: text for path, text in files.items() if text is not None})

    def change(self, branch: str, files: Files, base: str = "main") -> tuple[Finding, ...]:
        """Return what the check finds in one change to *base*."""
        self.repo.git("checkout", "--quiet", "-B", branch, base)
        for path in [path for path, text in files.items() if text is None]:
            (self.repo.folder / path).unlink()
        self.repo.commit(f"{branch} (#7)", {path: text for path, text in files.items() if text is not None})
        return check(self.repo.folder, base, branch, "main")


def _configure(files: Files) -> str:
    spec = f"specs: [{{name: spec, path: {SPEC}}}]\n" if SPEC in files else ""
    return f'version: 1\ncontracts: ["contracts/**/*.yaml"]\n{spec}'


def touch(path: str, text: str) -> str:
    """Return a text with a harmless edit: a comment, or a sentence more."""
    return f"{text}\nA sentence more.\n" if path.endswith(".md") else f"{text}# a comment more\n"
