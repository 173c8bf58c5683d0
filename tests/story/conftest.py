"""The stage as fixtures, on the day of the stories."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
import structlog

from app.action import case, leftover, look, shift
from app.action import stage as decisions
from app.hub.wire import Patience, Terms
from app.queue.delivery import Pace
from app.queue.inbox import Inbox
from tests.chaos.sample import SEED
from tests.story.stage import EPOCH, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from structlog.typing import Processor

_NAMES = "amendment arrival command follower forgery laundry leftover race refresh release staleness suggestion"
_NAMES += " sweep weather"
VARIED = dict.fromkeys((f"test_{name}.py" for name in _NAMES.split()), 4) | {"test_actions.py": 10}
"""Files of stories that vary one theme, marked so: with SAMPLE=1 the first of each is played, what is marked `always`,
and one of so many others."""
PLAYING: list[Stage] = []
"""The theatre, while there is one."""
HASTE = Pace(backoff=0.05, longest_backoff=0.5, a_second=500.0)
HASH = re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b…?|(?<=sha256 )\d{7,64}…?")
OWNER = re.compile(r"127\.0\.0\.1:\d+/[\w-]+/")
RUN = re.compile(r"Run with smoke .*?\n\n", re.DOTALL)
TOOK = re.compile(r"\d+\.\d+ s, exit")


@pytest.hookimpl(tryfirst=True)  # before pytest picks by mark
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what varies, and leave out what `make test` does not play; `make chaos` plays all of it."""
    for item in items:
        if item.path.name in VARIED and item.path.parent == Path(__file__).parent:
            item.add_marker("varied")
    if os.environ.get("SAMPLE") == "1":
        found = {name: [item for item in items if item.path.name == name] for name in VARIED}
        dropped = {item for name, share in VARIED.items() for item in _pick(found[name], share)}
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


def _pick(varied: list[pytest.Item], share: int) -> list[pytest.Item]:
    """Return the stories of one file that are not played today."""
    free = [item for item in varied[1:] if item.get_closest_marker("always") is None]
    return Random(f"{SEED}").sample(free, len(free) * (share - 1) // share)  # noqa: S311 - no secret


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and how all of it can be had."""
    left = terminalreporter.stats.get("deselected", [])
    if left and os.environ.get("SAMPLE") == "1":
        told = f"stories: {len(left)} variations were not played, others are tomorrow (CHAOS_SEED={SEED})"
        terminalreporter.write_line(f"{told}; make chaos plays all")


@pytest.fixture(scope="session")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A sandbox and a service that many stories share, because starting them takes seconds."""
    folder = tmp_path_factory.mktemp("theatre")
    with pytest.MonkeyPatch.context() as patch:
        set_day(patch, folder)
        with Stage(folder) as made:
            PLAYING.append(made)
            yield made
            PLAYING.remove(made)


@contextmanager
def resting() -> Iterator[None]:
    """Let no other service serve meanwhile: a process can have one, and a story may need one of its own."""
    for made in PLAYING:
        made.end()
    yield
    for made in PLAYING:
        made.begin()


@contextmanager
def hurrying(folder: Path, haste: Mapping[str, float]) -> Iterator[None]:
    """Let it be the day of the stories with no other service, and runs on GitHub Actions be looked at in *haste*."""
    with pytest.MonkeyPatch.context() as patch, resting():
        set_day(patch, folder)
        for module in (case, decisions, leftover, look, shift):
            for name in haste.keys() & vars(module).keys():
                patch.setattr(module, name, haste[name])
        patch.setattr("app.lookout.BEAT", haste["BEAT"])
        yield


@pytest.fixture
def alone() -> Iterator[None]:
    """Let the shared stage rest."""
    with resting():
        yield


@pytest.fixture
def stage(theatre: Stage, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The shared stage, with an owner of its own for this story; whatever GitHub would not say fails it.

    GitHub lets an installation write so much a minute, and the service keeps to that: each story has its own.
    """
    short = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_"))[:28].strip("-")
    theatre.name = f"{short}-{hashlib.sha256(request.node.name.encode()).hexdigest()[:4]}/speak"
    theatre.begin_story()
    yield theatre
    theatre.settle()
    theatre.end_story()


@pytest.fixture(scope="session", autouse=True)
def _log() -> Iterator[None]:
    """Log what a person needs who looks at a story that failed, and no more."""
    steps: list[Processor] = [structlog.contextvars.merge_contextvars, structlog.processors.format_exc_info]
    structlog.configure(processors=[*steps, structlog.processors.KeyValueRenderer(sort_keys=True)])
    yield
    structlog.reset_defaults()


def set_day(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let it be the day of the stories, and let the service hurry more than a real one needs to."""
    patch.setenv("SOURCE_DATE_EPOCH", str(EPOCH))
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    patch.setattr("app.assembly.BEAT", 0.1)
    patch.setattr("app.assembly.Terms", partial(Terms, patience=Patience(backoff=0.02)))
    patch.setattr("app.web.serve.Inbox", partial(Inbox, pace=HASTE))


def _unwrap(found: re.Match[str]) -> str:
    """Return a paragraph that names the machine in one line, and without that name: where it wraps depends on it."""
    line, host = " ".join(found[0].split()), re.escape(platform.node())
    return re.sub(rf" on {host}([:;])", r" on this-machine\1", line) + "\n\n"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text that people read with the one that was approved; UPDATE_GOLDEN=1 approves it anew."""

    def compare(name: str, text: str) -> None:
        path = Path(__file__).parent / "golden" / name
        text = TOOK.sub("0.01 s, exit", OWNER.sub("github.example/acme/", HASH.sub("<hash>", text.rstrip()))) + "\n"
        text = RUN.sub(_unwrap, text)
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare
