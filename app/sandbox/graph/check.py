"""Check suites and check runs, as GraphQL shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sandbox.graph.content import find_commit, find_ref
from app.sandbox.standing import conclude

if TYPE_CHECKING:
    from app.sandbox.graph.content import Content, Ref
    from app.sandbox.graph.field import Args, Fields, Scope
    from app.sandbox.model import CheckRun, CheckSuite, Pull


def _upper(word: str | None) -> str | None:
    """Return a word as GraphQL's enumerations spell it."""
    return word.upper() if word else None


def _fits(run: CheckRun, wanted: Args) -> bool:
    """Say whether a run passes a `CheckRunFilter`, but for `checkType`."""
    status, conclusion = run.status.upper(), _upper(run.conclusion)
    return (
        wanted.get("appId") in {None, run.suite.app.id}
        and wanted.get("checkName") in {None, run.name}
        and wanted.get("status") in {None, status}
        and (wanted.get("statuses") is None or status in wanted["statuses"])
        and (wanted.get("conclusions") is None or conclusion in wanted["conclusions"])
    )


def _runs(suite: CheckSuite, _scope: Scope, args: Args) -> list[CheckRun]:
    wanted = args.get("filterBy") or {}
    runs = suite.runs
    if wanted.get("checkType") == "LATEST":
        runs = list({run.name: run for run in runs}.values())
    return [run for run in runs if _fits(run, wanted)]


def _commit(suite: CheckSuite, _scope: Scope, _args: Args) -> Content | None:
    return find_commit(suite.repository, suite.head)


def _branch(suite: CheckSuite, _scope: Scope, _args: Args) -> Ref | None:
    return find_ref(suite.repository, suite.branch) if suite.branch else None


def _pulls(suite: CheckSuite, _scope: Scope, _args: Args) -> list[Pull]:
    return [pull for pull in suite.repository.pulls if pull.head == suite.head and not pull.fork]


def _url(run: CheckRun, scope: Scope, _args: Args) -> str:
    return scope.url(run.suite.repository, "runs", run.id)


def _place(note: dict[str, Any], end: str) -> dict[str, Any]:
    return {"line": note[f"{end}_line"], "column": note.get(f"{end}_column")}


SUITE: Fields = {
    "app": "app",
    "branch": _branch,
    "checkRuns": _runs,
    "commit": _commit,
    "conclusion": lambda suite, _scope, _args: _upper(conclude(suite)[1]),
    "createdAt": "created",
    "databaseId": "id",
    "id": "node",
    "matchingPullRequests": _pulls,
    "repository": "repository",
    "status": lambda suite, _scope, _args: _upper(conclude(suite)[0]),
    "updatedAt": "updated",
}
RUN: Fields = {
    "annotations": "annotations",
    "checkSuite": "suite",
    "completedAt": "completed",
    "conclusion": lambda run, _scope, _args: _upper(run.conclusion),
    "databaseId": "id",
    "detailsUrl": lambda run, _scope, _args: run.details_url or run.suite.app.external_url,
    "externalId": "external_id",
    "id": "node",
    "name": "name",
    "permalink": _url,
    "repository": "suite.repository",
    "startedAt": "started",
    "status": lambda run, _scope, _args: _upper(run.status),
    "summary": "summary",
    "text": "text",
    "title": "title",
    "url": _url,
}
ANNOTATION: Fields = {
    "annotationLevel": lambda note, _scope, _args: note["annotation_level"].upper(),
    "location": lambda note, _scope, _args: note,
    "message": lambda note, _scope, _args: note["message"],
    "path": lambda note, _scope, _args: note["path"],
    "rawDetails": lambda note, _scope, _args: note.get("raw_details"),
    "title": lambda note, _scope, _args: note.get("title"),
}
SPAN: Fields = {
    "end": lambda note, _scope, _args: _place(note, "end"),
    "start": lambda note, _scope, _args: _place(note, "start"),
}
POSITION: Fields = {
    "column": lambda place, _scope, _args: place["column"],
    "line": lambda place, _scope, _args: place["line"],
}
