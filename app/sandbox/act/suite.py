"""Check suites: one for each app and commit, begun when a branch is pushed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.body.check import show_sent_suite
from app.sandbox.hook import tell
from app.sandbox.model import CheckSuite

if TYPE_CHECKING:
    from app.sandbox.model import Actor, App, Repository
    from app.sandbox.world import World


def find_suite(repository: Repository, app: App, sha: str) -> CheckSuite | None:
    """Return the suite of an app at a commit."""
    return next((each for each in repository.suites.values() if each.app is app and each.head == sha), None)


def add_suite(world: World, repository: Repository, app: App, sha: str, before: str | None = None) -> CheckSuite:
    """Return the suite of an app at a commit; it is made if there is none."""
    found = find_suite(repository, app, sha)
    if found is None:
        branches = [
            ref[11:] for ref, tip in repository.store.refs.items() if tip == sha and ref.startswith("refs/heads/")
        ]
        now, branch = world.now(), branches[0] if branches else None
        number = world.number("suite")
        found = world.keep(CheckSuite(number, repository, app, sha, branch, before, now, now))
        repository.suites[number] = found
    return found


def begin_suites(world: World, actor: Actor, repository: Repository, sha: str, before: str | None) -> None:
    """Begin the suites of a pushed commit: one for each app that may write checks."""
    for installation in world.covering(repository):
        app = installation.app
        if installation.permissions.get("checks") == "write" and find_suite(repository, app, sha) is None:
            suite = add_suite(world, repository, app, sha, before)
            shown = {"action": "requested", "check_suite": show_sent_suite(world, suite), "app": app}
            tell(world, actor, repository, "check_suite", shown)
