"""The marker, the seed that is shown, and databases for the cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos.sample import ALL, SEED
from tests.inbox.cluster import Cluster, find

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tests.chaos.case import Case


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how the same chaos can be had again."""
    terminalreporter.write_line(f"chaos: {'CHAOS=1 ' * ALL}CHAOS_SEED={SEED}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Name the one command that plays a chaos that failed again."""
    report = yield
    if report.failed:
        again = f"{'CHAOS=1 ' * ALL}CHAOS_SEED={SEED} .venv/bin/python -m pytest '{item.nodeid}'"
        report.sections.append(("play it again", again))
    return report


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server."""
    programs = find()
    if programs is None:
        pytest.skip("no PostgreSQL programs under /usr/lib/postgresql or on the PATH")
    with Cluster(programs) as running:
        yield running


@pytest.fixture
def database(request: pytest.FixtureRequest, case: Case) -> Iterator[str]:
    """The address of a database for one case; empty for the file that the service makes by itself."""
    if case.kind == "sqlite":
        yield ""
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    with cluster.database() as address:
        yield address
