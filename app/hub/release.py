"""Tags and releases through GitHub's API: never moved, never twice, never the latest, and completed after a crash."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from app.github import Moved, Refused, Release

if TYPE_CHECKING:
    from app.github import ReleaseDraft
    from app.hub.wire import Wire

_UNPROCESSABLE = 422
_CONFLICT = 409
_PAGES = 3
"""So many hundreds of the newest releases are looked at for drafts: GitHub finds those by no tag."""
_PEELS = 5
"""A tag may name a tag; so many times."""
_LIST = "/repos/{repository}/releases"
_ONE = _LIST + "/{number}"


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of one repository, by its name."""

    wire: Wire
    repository: str
    name: str

    def find(self) -> str | None:
        """Return the commit that it stands on, or what else it names; None if there is no such tag."""
        found = self.wire.find("/repos/{repository}/git/ref/tags/{path}", repository=self.repository, path=self.name)
        for _ in range(_PEELS):
            if found is None or found["object"]["type"] != "tag":
                break
            sha = found["object"]["sha"]
            found = self.wire.find("/repos/{repository}/git/tags/{sha}", repository=self.repository, sha=sha)
        return str(found["object"]["sha"]) if found else None

    def write(self, commit: str) -> None:
        """Have it stand on *commit*; GitHub refuses to make one that is there.

        Raises:
            Moved: it stands on another commit.
            Refused: GitHub does not take it.
        """
        wish = {"ref": f"refs/tags/{self.name}", "sha": commit}
        try:
            told = self.wire.ask(
                "POST", "/repos/{repository}/git/refs", wish, look=self.find, repository=self.repository
            )
        except Refused as refused:
            told = self.find() if refused.status == _UNPROCESSABLE else None
            if told is None:
                raise
        if isinstance(told, str) and told != commit:  # it was looked for, because no answer said that it was made
            raise Moved(_CONFLICT, f"the tag {self.name} stands on another commit")


@dataclass(frozen=True, slots=True)
class Publication:
    """The releases of one repository."""

    wire: Wire
    repository: str

    def find(self, tag: str) -> tuple[Release, ...]:
        """Return the release of a tag, or else the drafts of one, oldest first."""
        published = self.wire.find(_LIST + "/tags/{path}", repository=self.repository, path=tag)
        return (_read(published),) if published else tuple(map(_read, self._drafts(tag)))

    def _drafts(self, tag: str) -> list[Any]:
        pages = islice(self.wire.pages(_LIST + "?per_page=100", repository=self.repository), _PAGES)
        found = (one for page in pages for one in page if one["draft"] and one["tag_name"] == tag)
        return sorted(found, key=lambda one: int(one["id"]))

    def write(self, draft: ReleaseDraft) -> None:
        """Make a release, or complete the one that there is: as a draft, its files, then for all to see.

        Raises:
            Refused: GitHub does not take it.
        """
        release = self._create(draft) if draft.release is None else self._get(draft.release)
        for file in draft.files:
            self._upload(release, file)
        if release["draft"]:
            self._publish(release["id"])

    def _create(self, draft: ReleaseDraft) -> Any:
        wish = {"tag_name": draft.tag, "target_commitish": draft.commit, "name": draft.title, "body": draft.notes}

        def look() -> Any:
            return next((one for one in self._drafts(draft.tag) if _plain(one["body"]) == _plain(draft.notes)), None)

        more = {"draft": True, "make_latest": "false"}
        return self.wire.ask("POST", _LIST, {**wish, **more}, look=look, repository=self.repository)

    def _get(self, number: int) -> Any:
        return self.wire.ask("GET", _ONE, repository=self.repository, number=number)

    def _upload(self, release: Any, file: tuple[str, bytes]) -> None:
        """Give a release a file, unless it has it; what a broken upload left is taken away before."""
        if self._find_file(release["assets"], file[0]):
            return
        route, address = _ONE + "/assets", release["upload_url"].partition("{")[0]

        def look() -> Any:
            return self._find_file(self._get(release["id"])["assets"], file[0])

        try:
            self.wire.upload(address, route, file, look)
        except Refused as refused:
            if refused.status != _UNPROCESSABLE or not look():
                raise

    def _find_file(self, assets: list[Any], name: str) -> Any:
        """Return the file of that name if it is whole; one that is not is deleted, because it takes the name."""
        found = next((asset for asset in assets if asset["name"] == name), None)
        if found is None or found["state"] == "uploaded":
            return found
        self._delete(_LIST + "/assets/{number}", found["id"])
        return None

    def _publish(self, number: int) -> None:
        """Let everybody see a draft; where another one of the tag was published meanwhile, ours is taken away."""
        wish = {"draft": False, "make_latest": "false"}
        try:
            self.wire.ask("PATCH", _ONE, wish, repository=self.repository, number=number)
        except Refused as refused:
            if refused.status != _UNPROCESSABLE or "already_exists" not in refused.said:
                raise
            self._delete(_ONE, number)

    def _delete(self, route: str, number: int) -> None:
        try:
            self.wire.ask("DELETE", route, repository=self.repository, number=number)
        except Refused as refused:
            if refused.status != 404:  # noqa: PLR2004 - it is gone already
                raise


def _read(one: Any) -> Release:
    files = tuple(asset["name"] for asset in one["assets"] if asset["state"] == "uploaded")
    return Release(int(one["id"]), one["draft"], bool(one.get("immutable")), one["body"] or "", files)


def _plain(body: str | None) -> str:
    """Return notes as GitHub may keep them: with its line ends, and without blanks around them."""
    return (body or "").replace("\r\n", "\n").strip()
