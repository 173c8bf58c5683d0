"""What deliveries are handled with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.bot.site import ENGINES
from runners.job import FREE

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from app.account import Account
    from app.effect import Effect
    from app.github import GitHub
    from app.hub.mirror import Mirror
    from app.plan import Seal
    from runners.engine.model import Engine
    from runners.job import Confinement


def _tell_nobody(_workflow: int, _labels: frozenset[str]) -> None:
    """Tell nobody: no run is on GitHub Actions."""


@dataclass(frozen=True)
class House:
    """What the process works with.

    *app* is the app's id; *connect* gives the repository of an installation on GitHub, *mirror* its copy here;
    *account* keeps what runs cost; *key* seals what the app writes for itself, *seal* signs receipts, *own* is the
    public key that verifies them; *watch* is told every effect after it happened. *engines* are those that smokes may
    name; *nudge* is told which job of GitHub Actions moved: the run of its workflow, and its labels. *listed* are the
    repositories that machines are started for, none: all. *confinement* is what legs may not do on them.
    """

    app: int
    connect: Callable[[int, str], AbstractContextManager[GitHub]]
    mirror: Callable[[int, str], Mirror]
    engine: Engine
    account: Account
    key: bytes
    seal: Seal
    own: str
    watch: Callable[[Effect], None]
    engines: tuple[str, ...] = ENGINES
    nudge: Callable[[int, frozenset[str]], None] = _tell_nobody
    listed: tuple[str, ...] = ()
    confinement: Confinement = FREE
