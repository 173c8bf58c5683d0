"""What runs: check suites and runs, workflows with their runs and jobs, self-hosted runners."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from app.sandbox.actor import name_node

if TYPE_CHECKING:
    from app.sandbox.actor import Account, App, Json
    from app.sandbox.repository import Repository


@dataclass(slots=True, eq=False)
class CheckSuite:
    """The check runs of one app at one commit."""

    id: int
    repository: Repository = field(repr=False)
    app: App
    head: str
    branch: str | None
    before: str | None
    created: str
    updated: str
    runs: list[CheckRun] = field(default_factory=list)

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("CS", self.id)


@dataclass(slots=True, eq=False)
class CheckRun:
    """One check at one commit; texts None until they were given."""

    id: int
    suite: CheckSuite = field(repr=False)
    name: str
    external_id: str
    details_url: str | None
    status: str
    conclusion: str | None
    started: str | None
    completed: str | None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("CR", self.id)


@dataclass(frozen=True, slots=True)
class Required:
    """A check that must pass before a merge; by any app if *app* is None."""

    name: str
    app: int | None = None


@dataclass(slots=True, eq=False)
class Runner:
    """A self-hosted runner; *home* is the full name of its repository or the login of its organization.

    An *ephemeral* one takes one job. *secret* is what it shows to come online, None for one that did.
    """

    id: int
    home: str
    name: str
    labels: tuple[str, ...]
    group: int = 1
    status: Literal["online", "offline"] = "offline"
    busy: bool = False
    ephemeral: bool = True
    secret: str | None = field(default=None, repr=False)


@dataclass(slots=True, eq=False)
class Workflow:
    """A workflow file; *inputs* maps each input to whether it is required; *dispatchable* if it has that trigger.

    *title* is what its runs are called; *jobs* maps what each job is called to where it runs, None: where an
    input says. *blob* is the file that this was read from, empty if a story put it.
    """

    id: int
    path: str
    name: str
    inputs: dict[str, bool] = field(default_factory=dict)
    dispatchable: bool = True
    title: str = ""
    jobs: dict[str, Any] = field(default_factory=lambda: {"smoke": None})
    blob: str = ""


@dataclass(slots=True, eq=False)
class Job:
    """A job of a workflow run; one that a program *serves* and that is *cancelling* runs until that has heard."""

    id: int
    run: WorkflowRun = field(repr=False)
    name: str
    labels: tuple[str, ...]
    created: str
    status: str = "queued"
    conclusion: str | None = None
    started: str | None = None
    completed: str | None = None
    runner: Runner | None = None
    serves: bool = False
    cancelling: bool = False


@dataclass(slots=True, eq=False)
class Artifact:
    """A file that a run left: an archive, as it was sent."""

    id: int
    run: WorkflowRun = field(repr=False)
    name: str
    data: bytes = field(repr=False)
    created: str
    expires: str
    expired: bool = False

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("ART", self.id)


@dataclass(slots=True, eq=False)
class WorkflowRun:
    """A run of a workflow."""

    id: int
    number: int
    repository: Repository = field(repr=False)
    workflow: Workflow
    actor: Account
    event: str
    branch: str
    head: str
    inputs: dict[str, Any]
    created: str
    updated: str
    title: str
    status: str = "queued"
    conclusion: str | None = None
    jobs: list[Job] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
