"""Check runs as GitHub takes them: written whole, with 50 annotations a request, each annotation once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.github import Annotation, CheckDraft
    from app.hub.wire import Wire

CHUNK = 50
"""GitHub takes so many annotations in one request, and adds them to those that are there."""
_ONE = "/repos/{repository}/check-runs/{check}"


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One check run to be, in one repository, by the app with the number *app*."""

    wire: Wire
    repository: str
    app: int
    draft: CheckDraft

    def write(self, check: int | None) -> int:
        """Write the check run, or change the one whose id is *check*; return its id. Twice equals once.

        Raises:
            Refused: GitHub does not take it.
        """
        if check is None:
            first, *further = _cut(self.draft.annotations)
            check = self._create(first)
        else:
            seen = self._annotations(check) if self.draft.annotations else frozenset()
            further = _cut([a for a in self.draft.annotations if _show(a) not in seen])
        for chunk in further:
            self._change(check, chunk)
        return check

    def _create(self, annotations: Sequence[Annotation]) -> int:
        body = {**self._body(annotations), "head_sha": self.draft.head}
        route = "/repos/{repository}/check-runs"
        return int(self.wire.ask("POST", route, body, look=self._look, repository=self.repository)["id"])

    def _change(self, check: int, annotations: Sequence[Annotation]) -> None:
        wanted = {_show(annotation) for annotation in annotations}

        def look() -> Any:
            return {} if wanted and wanted <= self._annotations(check) else None

        self.wire.ask("PATCH", _ONE, self._body(annotations), look=look, repository=self.repository, check=check)

    def _look(self) -> Any:
        """Return the check run with our key, if there is one at the commit."""
        route = "/repos/{repository}/commits/{head}/check-runs?check_name={name}&app_id={app}&filter=all&per_page=100"
        asked = {"head": self.draft.head, "name": self.draft.name}
        pages = self.wire.pages(route, repository=self.repository, app=self.app, **asked)
        runs = (run for page in pages for run in page["check_runs"])
        return next((run for run in runs if run["external_id"] == self.draft.key), None)

    def _annotations(self, check: int) -> frozenset[tuple[object, ...]]:
        pages = self.wire.pages(f"{_ONE}/annotations?per_page=100", repository=self.repository, check=check)
        return frozenset(
            (a["path"], a["start_line"], a["annotation_level"], a["message"], a["title"] or "")
            for page in pages
            for a in page
        )

    def _body(self, annotations: Sequence[Annotation]) -> dict[str, Any]:
        draft = self.draft
        output: dict[str, Any] = {"title": draft.title, "summary": draft.summary, "text": draft.text}
        if annotations:
            output["annotations"] = [_write(annotation) for annotation in annotations]
        buttons = [
            {"label": button.label, "description": button.description, "identifier": button.identifier}
            for button in draft.buttons
        ]
        done = {"conclusion": draft.conclusion} if draft.conclusion else {}
        known = {"name": draft.name, "external_id": draft.key, "status": draft.status, **done}
        return {**known, "output": output, "actions": buttons}


def _cut(annotations: Sequence[Annotation]) -> list[Sequence[Annotation]]:
    """Return 50 annotations at a time, and nothing once where there are none."""
    return [annotations[at : at + CHUNK] for at in range(0, max(len(annotations), 1), CHUNK)]


def _line(annotation: Annotation) -> int:
    """Return the line that GitHub is told: it knows none before the first."""
    return max(annotation.line, 1)


def _show(annotation: Annotation) -> tuple[object, ...]:
    """Return an annotation as GitHub lists it."""
    return (annotation.path, _line(annotation), annotation.level, annotation.message, annotation.title)


def _write(annotation: Annotation) -> dict[str, Any]:
    line = _line(annotation)
    written = {"path": annotation.path, "start_line": line, "end_line": line, "annotation_level": annotation.level}
    titled = {"title": annotation.title} if annotation.title else {}
    return {**written, "message": annotation.message, **titled}
