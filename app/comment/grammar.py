"""The commands as data: how each is written, who may give it, what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Power = Literal["", "discharge", "amend", "ship"]
"""The key of the configuration's `commands` whose role a command needs; empty: whoever can comment."""


@dataclass(frozen=True, slots=True)
class Form:
    """One command: its name, how it is written, the role that it needs, what it does, an example.

    *words* is how few and how many words it takes, *options* are written `option=value`, *flags* alone.
    """

    name: str
    form: str
    power: Power
    sentence: str
    example: str
    words: tuple[int, int] = (0, 0)
    options: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


MANY = 100
"""The most words that one command takes."""
DRY_RUN = "dry-run"

COMMANDS: tuple[Form, ...] = (
    Form(
        "discharge",
        "/discharge ID… [sha=COMMIT] [repeat=N] [dry-run]",
        "discharge",
        "runs the smoke of these falsifiers, judges it, and opens the pull request if they held;"
        " `all` means all of a contract or smoke, `stale` those whose files changed since",
        "/discharge CPU-GPU-004 repeat=3",
        (1, MANY),
        ("sha", "repeat"),
        (DRY_RUN,),
    ),
    Form(
        "amend",
        '/amend [SPEC] [title="…"] [dry-run]',
        "amend",
        "writes the spec's next section about what landed, or brings its open pull request up to date",
        '/amend ship-two-models title="Fail-closed guards"',
        (0, 1),
        ("title",),
        (DRY_RUN,),
    ),
    Form(
        "ship",
        "/ship MODEL ±POINTS because REASON",
        "ship",
        "declares how far the ship percentage of a model moves, and why",
        "/ship MODEL-1 +1 because the guard is live",
    ),
    Form("plan", "/plan ID…", "", "shows what `/discharge` would do, and does nothing", "/plan cpu-gpu-*", (1, MANY)),
    Form(
        "explain",
        "/explain ID…",
        "",
        "says where these falsifiers stand, what they lack, and who may discharge them",
        "/explain CPU-GPU-004",
        (1, MANY),
    ),
    Form("cancel", "/cancel", "discharge", "stops what runs or waits for this pull request", "/cancel"),
    Form("retry", "/retry", "discharge", "asks again for the last run that ended without a verdict", "/retry"),
    Form(
        "why",
        "/why N because ANSWER",
        "amend",
        "answers question N of the Five Whys, on the pull request of an amendment",
        "/why 5 because nobody had written the contract",
    ),
    Form("status", "/status", "", "shows what runs, what waits, and its place in the queue", "/status"),
    Form("help", "/help [COMMAND]", "", "shows this table, or one command", "/help discharge", (0, 1)),
)
FORMS: dict[str, Form] = {form.name: form for form in COMMANDS}
