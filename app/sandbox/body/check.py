"""Check runs and check suites as GitHub shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.body.account import show_app
from app.sandbox.body.commit import show_simple_commit
from app.sandbox.body.pull import point_at_pull
from app.sandbox.body.repository import show_minimal_repository
from app.sandbox.standing import conclude

if TYPE_CHECKING:
    from app.sandbox.model import CheckRun, CheckSuite, Json
    from app.sandbox.world import World


def _root(world: World, suite: CheckSuite) -> str:
    return f"{world.api}/repos/{suite.repository.full_name}"


def _show_pulls(world: World, suite: CheckSuite) -> list[Json]:
    mine = [p for p in suite.repository.pulls if p.head == suite.head and not p.fork and p.state == "open"]
    return [point_at_pull(world, pull) for pull in mine]


def show_check(world: World, run: CheckRun) -> Json:
    """Return a check run."""
    suite = run.suite
    url = f"{_root(world, suite)}/check-runs/{run.id}"
    texts = {"title": run.title, "summary": run.summary, "text": run.text}
    notes = {"annotations_count": len(run.annotations), "annotations_url": f"{url}/annotations"}
    return {
        "id": run.id,
        "name": run.name,
        "node_id": run.node,
        "head_sha": suite.head,
        "external_id": run.external_id,
        "url": url,
        "html_url": f"{world.url}/{suite.repository.full_name}/runs/{run.id}",
        "details_url": run.details_url or suite.app.external_url,
        "status": run.status,
        "conclusion": run.conclusion,
        "started_at": run.started,
        "completed_at": run.completed,
        "output": {**texts, **notes},
        "check_suite": {"id": suite.id},
        "app": show_app(world, suite.app),
        "pull_requests": _show_pulls(world, suite),
    }


def show_sent_check(world: World, run: CheckRun) -> Json:
    """Return a check run as webhooks show it: with its suite in short."""
    suite = run.suite
    status, conclusion = conclude(suite)
    short = {
        "id": suite.id,
        "node_id": suite.node,
        "head_branch": suite.branch,
        "head_sha": suite.head,
        "status": status,
        "conclusion": conclusion,
        "url": f"{_root(world, suite)}/check-suites/{suite.id}",
        "before": suite.before,
        "after": suite.head,
        "pull_requests": _show_pulls(world, suite),
        "app": show_app(world, suite.app),
        "created_at": suite.created,
        "updated_at": suite.updated,
    }
    return {**show_check(world, run), "check_suite": short}


def show_suite(world: World, suite: CheckSuite) -> Json:
    """Return a check suite."""
    status, conclusion = conclude(suite)
    url = f"{_root(world, suite)}/check-suites/{suite.id}"
    commit = suite.repository.store.commit(suite.head)
    assert commit is not None
    return {
        "id": suite.id,
        "node_id": suite.node,
        "head_branch": suite.branch,
        "head_sha": suite.head,
        "status": status,
        "conclusion": conclusion,
        "url": url,
        "before": suite.before,
        "after": suite.head,
        "pull_requests": _show_pulls(world, suite),
        "app": show_app(world, suite.app),
        "repository": show_minimal_repository(world, suite.repository),
        "created_at": suite.created,
        "updated_at": suite.updated,
        "head_commit": show_simple_commit(commit),
        "latest_check_runs_count": len(suite.runs),
        "check_runs_url": f"{url}/check-runs",
        "rerequestable": True,
        "runs_rerequestable": True,
    }


def show_sent_suite(world: World, suite: CheckSuite) -> Json:
    """Return a check suite as webhooks show it."""
    shown = show_suite(world, suite)
    del shown["repository"]
    return shown
