"""One workflow of a repository: dispatched, followed, cancelled, and what its runs leave."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from app.github import Refused
from app.hub import artifact
from app.hub.answer import read_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.hub.wire import Wire

FILE = "discharge-smoke.yml"
"""The workflow's file, below `.github/workflows` of the default branch."""
_ABSENT, _CONFLICT = 404, 409
_PAGES = 2
"""So many hundreds of the newest runs are looked at for one whose number is not known."""
_ROOT = "/repos/{repository}/actions"
_RUN = _ROOT + "/runs/{run}"


@dataclass(frozen=True, slots=True)
class Work:
    """The one job of a run: its status and conclusion in GitHub's words, the runner that has it, 0 for none."""

    status: str
    conclusion: str
    runner: int


@dataclass(frozen=True, slots=True)
class Workflow:
    """The workflow of one repository."""

    wire: Wire
    repository: str

    def dispatch(self, inputs: Mapping[str, str]) -> int:
        """Start a run of it as it stands on the default branch; its number, 0 if GitHub does not tell.

        Raises:
            Refused: there is no such workflow, it takes no such inputs, or the app may not.
            Busy: not now; it may have started.
        """
        branch = self.wire.ask("GET", "/repos/{repository}", repository=self.repository)["default_branch"]
        wish = {"ref": branch, "inputs": dict(inputs), "return_run_details": True}
        route = f"{_ROOT}/workflows/{{file}}/dispatches"
        told = self.wire.ask("POST", route, wish, repository=self.repository, file=FILE)
        return read_number(told["workflow_run_id"]) if told else 0

    def find(self, title: str, without: frozenset[int] = frozenset()) -> int:
        """Return the newest run of a title that an app started, and none of *without*; 0 if there is none.

        Anybody who may write to the repository can start a run with any title.

        Raises:
            Refused, Busy: see `dispatch`.
        """
        route = f"{_ROOT}/runs?event=workflow_dispatch&per_page=100"
        for page in islice(self.wire.pages(route, repository=self.repository), _PAGES):
            for run in page["workflow_runs"]:
                if run["display_title"] == title and run["actor"]["type"] == "Bot" and run["id"] not in without:
                    return read_number(run["id"])
        return 0

    def is_over(self, run: int) -> bool:
        """Return whether a run has ended; one that is not there has.

        Raises:
            Refused, Busy: see `dispatch`.
        """
        found = self.wire.find(_RUN, repository=self.repository, run=run)
        return found is None or found["status"] == "completed"

    def read(self, run: int) -> Work | None:
        """Return the job of a run, None if it has none.

        Raises:
            Refused, Busy: see `dispatch`.
        """
        found = self.wire.find(f"{_RUN}/jobs?per_page=1", repository=self.repository, run=run)
        return _read(found["jobs"][0]) if found and found["jobs"] else None

    def cancel(self, run: int) -> None:
        """Cancel a run; one that has ended, or is not there, is no error.

        Raises:
            Refused, Busy: see `dispatch`.
        """
        try:
            self.wire.ask("POST", f"{_RUN}/cancel", repository=self.repository, run=run)
        except Refused as refused:
            if refused.status not in {_ABSENT, _CONFLICT}:
                raise

    def fetch(self, run: int, name: str, limit: int) -> bytes | None:
        """Return the one file of the artifact *name* of a run, None if there is no such artifact.

        Raises:
            Complaint: it is no archive with exactly one file of at most *limit* bytes.
            Refused, Busy: see `dispatch`.
        """
        route = f"{_RUN}/artifacts?name={{name}}&per_page=1"
        found = self.wire.find(route, repository=self.repository, run=run, name=name)
        listed = [one for one in found["artifacts"] if one["name"] == name and not one["expired"]] if found else []
        if not listed:
            return None
        number = read_number(listed[0]["id"])
        address = self.wire.redirect(f"{_ROOT}/artifacts/{{number}}/zip", repository=self.repository, number=number)
        return artifact.read(artifact.load(address, self.wire.terms.api, limit + artifact.MARGIN), limit)


def _read(job: Any) -> Work:
    return Work(str(job["status"]), str(job["conclusion"] or ""), read_number(job["runner_id"] or 0))
