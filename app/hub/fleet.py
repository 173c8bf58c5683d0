"""The self-hosted runners of a repository, or of the organization that owns it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.github import Refused
from app.hub.answer import read_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.hub.wire import Wire

_ABSENT = 404
_TAKEN = 409
REPOSITORY, ORGANIZATION = "/repos/{repository}/actions/runners", "/orgs/{owner}/actions/runners"
"""The routes of the two."""


@dataclass(frozen=True, slots=True)
class Runner:
    """One runner as GitHub knows it; labels are in small letters."""

    id: int
    name: str
    online: bool
    busy: bool
    labels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Minted:
    """A just-in-time runner that was registered, and what it is configured with: whoever has that can be it."""

    id: int
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The runners below one *route*."""

    wire: Wire
    repository: str
    route: str

    @property
    def _parts(self) -> dict[str, Any]:
        return {"repository": self.repository, "owner": self.repository.partition("/")[0]}

    def list(self, name: str = "") -> Iterator[Runner]:
        """Yield every runner, or those of a name: one request for 100 of them.

        Raises:
            Refused: the app may not see them, or there is no such organization.
            Busy: not now.
        """
        wish = "&name={name}" if name else ""
        for page in self.wire.pages(f"{self.route}?per_page=100{wish}", **self._parts, name=name):
            yield from (_read(one) for one in page["runners"])

    def find(self, number: int) -> Runner | None:
        """Return a runner by its number, None if there is none.

        Raises:
            Refused, Busy: see `list`.
        """
        found = self.wire.find(f"{self.route}/{{number}}", **self._parts, number=number)
        return _read(found) if found else None

    def mint(self, name: str, labels: Sequence[str], group: int) -> Minted:
        """Register a just-in-time runner; one of that name that is there already, and works for nobody, gives way.

        Raises:
            Refused: the app may not, the group cannot be used, or one of that name works.
            Busy: not now; it may be registered.
        """
        wish = {"name": name, "runner_group_id": group, "labels": list(labels), "work_folder": "_work"}
        try:
            return self._mint(wish)
        except Refused as refused:
            if refused.status != _TAKEN:
                raise
        for old in self.list(name):
            if old.name == name:
                self.remove(old.id)
        return self._mint(wish)

    def _mint(self, wish: dict[str, object]) -> Minted:
        told = self.wire.ask("POST", f"{self.route}/generate-jitconfig", wish, **self._parts)
        return Minted(read_number(told["runner"]["id"]), str(told["encoded_jit_config"]))

    def remove(self, number: int) -> None:
        """Have GitHub forget a runner that works for nobody; one that is gone is no error.

        Raises:
            Refused: it works.
            Busy: not now.
        """
        found = self.find(number)
        if found is None:
            return
        if found.busy:
            raise Refused(_TAKEN, f"the runner {found.name} works")
        try:
            self.wire.ask("DELETE", f"{self.route}/{{number}}", **self._parts, number=number)
        except Refused as refused:
            if refused.status != _ABSENT:
                raise


def _read(one: Any) -> Runner:
    labels = frozenset(str(label["name"]).lower() for label in one["labels"])
    return Runner(read_number(one["id"]), str(one["name"]), one["status"] == "online", bool(one["busy"]), labels)
