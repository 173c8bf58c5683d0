"""How the demo shows what happens: a table that grows, with GitHub's webhooks in the margin and the App's work beside.

On a terminal it is redrawn as things happen; elsewhere it is printed once, when the step is done.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.sandbox.model import Delivery

for stream in (sys.stdout, sys.stderr):
    stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that cannot show a sign shows another
console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
_KINDS = (
    (r"react eyes.*", "👀", "eyes on the comment"),
    (r"write a comment on (?P<rest>#\d+)", "💬", "status comment on {rest}"),
    (r"edit a comment on (?P<rest>#\d+)", "💬", "status comment on {rest}, edited"),
    (r"write check (?P<rest>.*) at [0-9a-f]+: (?P<state>\w+)", "✔ ", "check “{rest}”: {state}"),
    (r"start run .* at (?P<rest>[0-9a-f]+)", "▶ ", "the smoke begins, at {rest}"),
    (r"commit 1 files to \S+: (?P<title>.*)", "⎇ ", "a commit of 1 file: {title}"),
    (r"commit (?P<rest>\d+) files to \S+: (?P<title>.*)", "⎇ ", "a commit of {rest} files: {title}"),
    (r"open the pull request of \S+: .*", "⇡ ", "pull request, opened"),
    (r"update the pull request of \S+: .*", "⇡ ", "pull request, brought up to date"),
    (r"merge \S+ (?P<rest>.*)", "⇥ ", "to be merged {rest}"),
    (r"delete (?P<rest>.*)", "✂ ", "delete {rest}"),
    (r"forget run .*", "· ", "the run's folder is cleared"),
)


def tell(effect: str) -> tuple[str, str]:
    """Return sign and sentence of an effect, as the service's log words it."""
    for pattern, sign, sentence in _KINDS:
        found = re.fullmatch(pattern, effect)
        if found:
            return sign, sentence.format(**found.groupdict())
    return "  ", effect


class View:
    """Collects what happens, from any thread, and shows it."""

    def __init__(self) -> None:
        """Show nothing yet."""
        self._lock = threading.Lock()
        self._rows: list[tuple[float, str, str, str]] = []
        self._begun = time.monotonic()

    @contextmanager
    def step(self, title: str, waits: str) -> Iterator[None]:
        """Show one step of the story; *waits* is what the spinner says meanwhile."""
        console.print()
        console.rule(f"[bold]{title}", align="left")
        self._begin()
        if not console.is_terminal:
            try:
                yield
            finally:
                console.print(self._draw(None))
        else:
            spinner: Spinner | None = Spinner("dots", f" {waits}", style="cyan")
            with Live(console=console, refresh_per_second=12, get_renderable=lambda: self._draw(spinner)):
                try:
                    yield
                finally:
                    spinner = None  # what is drawn last stays
        console.print(f"[dim]{time.monotonic() - self._begun:.1f} s[/]")

    def _begin(self) -> None:
        with self._lock:
            self._rows = []
            self._begun = time.monotonic()

    def _draw(self, spinner: Spinner | None) -> Any:
        with self._lock:
            rows = list(self._rows)
        table = Table.grid(padding=(0, 2), pad_edge=False)
        for style, width in (("dim", 8), ("magenta", 40), ("", 2), ("", None)):
            table.add_column(style=style, width=width, no_wrap=width is not None)
        for at, hook, sign, said in rows:
            table.add_row(f"{at:6.2f} s", Text(hook), sign, Text(said))
        return Group(table, spinner) if spinner else table

    def _add(self, hook: str, sign: str, said: str) -> None:
        with self._lock:
            self._rows.append((time.monotonic() - self._begun, hook, sign, said))

    # -- what happens

    def note(self, said: str) -> None:
        """A person does something."""
        self._add("", "☺ ", said)

    def hook(self, delivery: Delivery) -> None:
        """GitHub sends a webhook."""
        if delivery.event in {"installation", "check_suite", "check_run"}:
            return
        payload = json.loads(delivery.payload)
        branch = str(payload.get("ref") or "").removeprefix("refs/heads/").split("/")
        number = payload.get("number") or (payload.get("issue") or {}).get("number")
        about = f"#{number} {delivery.action}" if number else f"{branch[0]}{'/…' if branch[1:] else ''}"
        self._add(f"{delivery.event} {about} →", "", "")

    def hear(self, line: dict[str, Any]) -> None:
        """The service logs a line."""
        if line.get("message") == "effect":
            ended = line.get("hook") == "discharge.finished"
            self._add("(the run ended)" if ended else "", *tell(str(line["does"])))
        elif line.get("level") in {"warning", "error"}:
            self._add("", "! ", f"{line.get('message')}: {line.get('error') or line.get('why') or ''}")


def show(title: str, text: str, *, lines: int = 40, newest: bool = False) -> None:
    """Show a text as it stands on GitHub, in a frame; a long one is cut to its beginning, or its *newest* end."""
    every = text.rstrip().splitlines()
    left = len(every) - lines
    if left > 0:
        every = [f"{left} lines before …", *every[left:]] if newest else [*every[:lines], f"… and {left} lines more"]
    console.print(Panel(Text("\n".join(every)), title=title, title_align="left", border_style="dim"))


def show_diff(title: str, diff: str, *, lines: int = 60) -> None:
    """Show what changed, in the colours of a diff."""
    text, every = Text(), diff.rstrip().splitlines()
    for line in every[:lines]:
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        text.append(f"{line}\n", style=style)
    if len(every) > lines:
        text.append(f"… and {len(every) - lines} lines more\n", style="dim")
    console.print(Panel(text, title=title, title_align="left", border_style="dim"))
