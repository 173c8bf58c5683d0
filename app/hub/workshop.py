"""GitHub Actions of one repository: its workflow, and the runners that it can use. A token for each purpose."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Self

from app.hub.fleet import ORGANIZATION, REPOSITORY, Fleet
from app.hub.token import Bearer
from app.hub.wire import Patience, Wire
from app.hub.workflow import Workflow

if TYPE_CHECKING:
    from types import TracebackType

    from app.hub.pace import Pace
    from app.hub.token import Scope, Tokens
    from app.hub.wire import Terms

Home = Literal["organization", "repository"]
"""Whose runners."""
HOMES: tuple[Home, ...] = ("organization", "repository")
"""In this order: an organization's runners need the smaller permission."""
PATIENCE = Patience(timeout=10.0, attempts=2, wait=0.0)
"""A look that fails is made again later, and what may have happened is looked for then."""
_SCOPES: dict[tuple[Home, bool], Scope] = {
    ("repository", True): "runners",
    ("organization", True): "organization",
    ("repository", False): "watch",
    ("organization", False): "watch organization",
}


@dataclass
class Workshop:
    """What an installation may do with GitHub Actions in a repository, for one thread. Use it in a `with`."""

    terms: Terms
    tokens: Tokens = field(repr=False)
    installation: int
    repository: str
    pace: Pace
    _wires: dict[Scope, Wire] = field(default_factory=dict, init=False, repr=False)

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close its connections."""
        for wire in self._wires.values():
            wire.close()

    @property
    def workflow(self) -> Workflow:
        """The workflow that runs smokes."""
        return Workflow(self._wire("actions"), self.repository)

    def fleet(self, home: Home, *, write: bool = False) -> Fleet:
        """Return the runners of the repository or its organization, to be changed or only to be seen."""
        return Fleet(
            self._wire(_SCOPES[home, write]), self.repository, REPOSITORY if home == "repository" else ORGANIZATION
        )

    def _wire(self, scope: Scope) -> Wire:
        if scope not in self._wires:
            bearer = Bearer(self.tokens.grant(self.installation, self.repository, scope))
            terms = replace(self.terms, patience=PATIENCE)
            self._wires[scope] = Wire(terms, bearer, bearer.renew, self.pace)
        return self._wires[scope]
