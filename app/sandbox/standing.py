"""How a pull request stands: whether git can merge it, which checks are missing, what GitHub calls that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from app.sandbox.model import CheckRun, CheckSuite, Pull, Repository, Required

State = Literal["clean", "blocked", "dirty", "unstable", "draft", "unknown"]
_PASSED = ("success", "neutral", "skipped")
_WORST = ("action_required", "timed_out", "failure", "cancelled", "success", "skipped", "neutral")


def conclude(suite: CheckSuite) -> tuple[str, str | None]:
    """Return status and conclusion of a check suite: the worst of what its runs say."""
    runs = _latest(suite.runs)
    if not runs:
        return "queued", None
    if any(run.status != "completed" for run in runs):
        return ("in_progress" if any(run.status != "queued" for run in runs) else "queued"), None
    said = {run.conclusion for run in runs}
    return "completed", next((word for word in _WORST if word in said), "neutral")


def _latest(runs: list[CheckRun]) -> list[CheckRun]:
    return list({run.name: run for run in runs}.values())


def list_checks(repository: Repository, sha: str) -> list[CheckRun]:
    """Return the newest check run of each name and app at a commit."""
    return [run for suite in repository.suites.values() if suite.head == sha for run in _latest(suite.runs)]


def passed(run: CheckRun) -> bool:
    """Say whether a check run counts as passed for a merge."""
    return run.status == "completed" and run.conclusion in _PASSED


def lacking(repository: Repository, branch: str, sha: str) -> list[tuple[Required, str]]:
    """Return the checks that *branch* requires and *sha* has not passed, each with GitHub's word for its state."""
    if branch != repository.branch:
        return []
    checks, missing = list_checks(repository, sha), []
    for wanted in repository.settings.required:
        found = [c for c in checks if c.name == wanted.name and wanted.app in {None, c.suite.app.id}]
        if not found:
            missing.append((wanted, "expected"))
        elif not all(map(passed, found)):
            failed = any(c.status == "completed" and not passed(c) for c in found)
            missing.append((wanted, "failing" if failed else "in progress"))
    return missing


def explain(missing: list[tuple[Required, str]]) -> str:
    """Say in GitHub's words why the checks keep a merge back."""
    if len(missing) == 1:
        return f'Required status check "{missing[0][0].name}" is {missing[0][1]}.'
    return f"{len(missing)} of {len(missing)} required status checks are {missing[0][1]}."


def mergeable(pull: Pull) -> bool | None:
    """Say whether git can merge an open pull request; None for a closed one."""
    tip = pull.repository.store.tip(pull.target)
    if pull.state == "closed" or tip is None:
        return None
    return pull.repository.store.merge(tip, pull.head) is not None


def stand(pull: Pull) -> State:
    """Return what GitHub calls the state of a pull request."""
    fits = mergeable(pull)
    if fits is None:
        return "unknown"
    if not fits:
        return "dirty"
    if pull.draft:
        return "draft"
    if lacking(pull.repository, pull.target, pull.head):
        return "blocked"
    checks = list_checks(pull.repository, pull.head)
    return "clean" if all(map(passed, checks)) else "unstable"


def start(pull: Pull) -> str:
    """Return the commit that a pull request's changes are counted from."""
    store = pull.repository.store
    tip = store.tip(pull.target) if pull.state == "open" else None
    return store.base(tip or pull.base, pull.head) or pull.base
