"""`app.github.GitHub` through PyGithub: one repository, for one thread and one delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, get_args

from app.github import Refused, Role
from app.hub import review
from app.hub.answer import Denied
from app.hub.checkrun import CheckRun
from app.hub.commit import Commit, delete
from app.hub.merge import Merge, hold
from app.hub.query import COMMENTS, COMMITS, LABELLED, PULLS, labels, survey
from app.hub.release import Publication, Tag
from app.hub.survey import read, read_said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from app.github import CheckDraft, Method, Reaction, Release, ReleaseDraft, ReviewDraft, Survey, Threads
    from app.hub.wire import Wire

_ABSENT = 404
_UNPROCESSABLE = 422
_PAGES = 20
"""So many further pages of comments, or of open pull requests, are read at most: 2,000 of them."""
_ROLES: tuple[Role, ...] = get_args(Role)
_RIGHTS = {"pull": "read", "push": "write"}
"""How REST calls two of the roles where it lists rights."""


@dataclass
class Client:
    """One repository of one installation. Close it, or use it in a `with`."""

    wire: Wire
    repository: str
    app: int
    _node: str = field(default="", init=False)
    _pulls: dict[int, str] = field(default_factory=dict, init=False)
    """Number → node id of the pull requests that were seen."""

    def __enter__(self) -> Self:
        """Use the client."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.wire.close()

    def survey(self, number: int | None = None, commits: Sequence[str] = ()) -> Survey:
        """Return what one GraphQL request tells; one more for every further 100 comments or open pull requests.

        Raises:
            ValueError: more than 10 commits are asked about.
        """
        if len(commits) > COMMITS:
            raise ValueError(f"a survey tells about {COMMITS} commits at most")
        hashes = {f"c{n}": commit for n, commit in enumerate(commits)}
        variables = {**self._name(number or 0), "asked": number is not None, "app": self.app, **hashes}
        found = self._survey(survey(len(commits)), variables)
        pull = found.get("pullRequest")
        said = self._comments(number or 0, pull["comments"]) if pull else []
        pulls = self._open(found["pullRequests"])
        surveyed = read(found, said, pulls, len(commits))
        self._node = found["id"]
        self._pulls |= {pull.number: pull.node for pull in (surveyed.pull, *surveyed.pulls) if pull}
        return surveyed

    def labels(self, numbers: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Return number → labels of those of *numbers* that are pull requests; one request for every hundred."""
        found: dict[int, tuple[str, ...]] = {}
        for at in range(0, len(numbers), LABELLED):
            some = numbers[at : at + LABELLED]
            named = self._labels({f"n{n}": number for n, number in enumerate(some)})
            found |= {pull["number"]: tuple(node["name"] for node in pull["labels"]["nodes"]) for pull in named if pull}
        return found

    def _labels(self, numbers: Mapping[str, int]) -> list[Any]:
        owner, _, name = self.repository.partition("/")
        try:
            told = self.wire.graph("Labels", labels(len(numbers)), {"owner": owner, "name": name, **numbers})
        except Denied as denied:
            if set(denied.kinds) != {"NOT_FOUND"} or not denied.data:
                raise
            told = denied.data  # a number that is no pull request, or is gone
        return list(told["repository"].values())

    def role(self, login: str) -> Role:
        """Return what a person may do here; `none` for somebody unknown.

        A role that the owner made counts as the highest right that it holds.
        """
        route = "/repos/{repository}/collaborators/{login}/permission"
        told = self.wire.find(route, repository=self.repository, login=login)
        if told is None:
            return "none"
        rights = ((told.get("user") or {}).get("permissions") or {}).items()
        held = {told.get("role_name"), told.get("permission"), *(_RIGHTS.get(k, k) for k, granted in rights if granted)}
        return max((role for role in _ROLES if role in held), key=_ROLES.index, default="none")

    def react(self, comment: int, reaction: Reaction) -> None:
        """React to a comment; the same reaction twice is one."""
        route = "/repos/{repository}/issues/comments/{comment}/reactions"
        self.wire.ask("POST", route, {"content": reaction}, repository=self.repository, comment=comment)

    def write_comment(self, number: int, body: str, comment: int | None) -> int:
        """Write a comment on a pull request, or change the one whose id is *comment*; return its id.

        One that somebody deleted meanwhile is written anew.
        """
        if comment is not None:
            try:
                return self._edit(comment, body)
            except Refused as refused:
                if refused.status != _ABSENT:
                    raise
        route = "/repos/{repository}/issues/{number}/comments"
        written = self.wire.ask(
            "POST",
            route,
            {"body": body},
            look=lambda: self._find_comment(number, body),
            repository=self.repository,
            number=number,
        )
        return int(written["id"])

    def threads(self, number: int) -> Threads:
        """Return what is said about lines of a pull request; one request for every hundred threads."""
        return review.read(self.wire, self.repository, number)

    def write_review(self, draft: ReviewDraft) -> None:
        """Comment on lines of a pull request in one review; all of them, or none."""
        review.write(self.wire, self.repository, draft)

    def write_check(self, draft: CheckDraft, check: int | None) -> int:
        """Write a check run, or change the one whose id is *check*; return its id.

        One request, and one for every further 50 annotations; one more to change a run with annotations, because
        GitHub adds them to those that are there.
        """
        return CheckRun(self.wire, self.repository, self.app, draft).write(check)

    def write_branch(
        self, branch: str, parent: str, files: Mapping[str, bytes], message: str, *, tip: str | None
    ) -> str:
        """Commit *files* on top of *parent* and have *branch* stand there; return the new commit.

        Raises:
            Moved: the branch stands elsewhere.
        """
        return Commit(self.wire, self.repository, self._repository_node(), parent, files, message).write(branch, tip)

    def open_pull(self, branch: str, base: str, title: str, body: str, labels: Sequence[str]) -> int:
        """Open a pull request, or return the number of the open one that *branch* has."""
        wish = {"title": title, "body": body, "head": branch, "base": base}
        try:
            pull = self.wire.ask(
                "POST",
                "/repos/{repository}/pulls",
                wish,
                look=lambda: self._find_pull(branch),
                repository=self.repository,
            )
        except Refused as refused:
            pull = self._find_pull(branch) if refused.status == _UNPROCESSABLE else None
            if pull is None:
                raise
        number = int(pull["number"])
        self._pulls[number] = pull["node_id"]
        if labels:
            route = "/repos/{repository}/issues/{number}/labels"
            self.wire.ask("POST", route, {"labels": list(labels)}, repository=self.repository, number=number)
        return number

    def write_pull(self, number: int, title: str, body: str) -> None:
        """Set title and body of a pull request."""
        route = "/repos/{repository}/pulls/{number}"
        self.wire.ask("PATCH", route, {"title": title, "body": body}, repository=self.repository, number=number)

    def merge_when_green(self, number: int, head: str, method: Method, title: str, body: str) -> str:
        """Have GitHub merge a pull request once its checks pass, at once if they have; say which, or why not.

        Raises:
            Moved: the head is another commit by now.
        """
        node = self._pulls.get(number) or self._get_pull(number)["node_id"]
        return Merge(self.wire, self.repository, number, node, head, method, title, body).arrange()

    def hold_merge(self, number: int) -> None:
        """Have GitHub not merge a pull request by itself any more; one that it would not merge is no error."""
        hold(self.wire, self._pulls.get(number) or self._get_pull(number)["node_id"])

    def delete_branch(self, branch: str) -> None:
        """Delete a branch; one that is gone already is no error."""
        delete(self.wire, self.repository, branch)

    def find_tag(self, name: str) -> str | None:
        """Return the commit that a tag stands on, None if there is no such tag."""
        return Tag(self.wire, self.repository, name).find()

    def write_tag(self, name: str, commit: str) -> None:
        """Have a tag stand on a commit.

        Raises:
            Moved: it stands on another one.
        """
        Tag(self.wire, self.repository, name).write(commit)

    def find_releases(self, tag: str) -> tuple[Release, ...]:
        """Return the release of a tag, or the drafts of one among the newest 300 releases."""
        return Publication(self.wire, self.repository).find(tag)

    def write_release(self, draft: ReleaseDraft) -> None:
        """Make a release, or complete the one that there is."""
        Publication(self.wire, self.repository).write(draft)

    def _name(self, number: int) -> dict[str, object]:
        owner, _, name = self.repository.partition("/")
        return {"owner": owner, "name": name, "number": number}

    def _survey(self, document: str, variables: Mapping[str, object]) -> Any:
        """Return the repository; without a pull request where the number is none's."""
        try:
            return self.wire.graph("Survey", document, variables)["repository"]
        except Denied as denied:
            if set(denied.paths) == {"repository/pullRequest"} and set(denied.kinds) == {"NOT_FOUND"}:
                return denied.data["repository"]
            raise

    def _comments(self, number: int, page: Any) -> list[Any]:
        """Return all comments, oldest first, beginning with the newest page."""
        found = list(page["nodes"])
        for _ in range(_PAGES):
            if not page["pageInfo"]["hasPreviousPage"]:
                break
            page = self._read_comments(number, page["pageInfo"]["startCursor"])
            found = [*page["nodes"], *found]
        return found

    def _open(self, page: Any) -> list[Any]:
        """Return all open pull requests, newest first."""
        found = list(page["nodes"])
        for _ in range(_PAGES):
            if not page["pageInfo"]["hasNextPage"]:
                break
            variables = {**self._name(0), "after": page["pageInfo"]["endCursor"]}
            page = self.wire.graph("Pulls", PULLS, variables)["repository"]["pullRequests"]
            found += page["nodes"]
        return found

    def _read_comments(self, number: int, before: str | None) -> Any:
        variables = {**self._name(number), "before": before}
        return self.wire.graph("Comments", COMMENTS, variables)["repository"]["pullRequest"]["comments"]

    def _edit(self, comment: int, body: str) -> int:
        route = "/repos/{repository}/issues/comments/{comment}"
        return int(self.wire.ask("PATCH", route, {"body": body}, repository=self.repository, comment=comment)["id"])

    def _find_comment(self, number: int, body: str) -> Any:
        """Return the newest comment of ours with exactly this body, if there is one among the latest."""
        said = map(read_said, reversed(self._read_comments(number, None)["nodes"]))
        return next(({"id": one.id} for one in said if one.own and _plain(one.body) == _plain(body)), None)

    def _find_pull(self, branch: str) -> Any:
        route = "/repos/{repository}/pulls?head={owner}:{head}&state=open&per_page=1"
        owner = self.repository.partition("/")[0]
        found = self.wire.ask("GET", route, repository=self.repository, owner=owner, head=branch)
        return found[0] if found else None

    def _get_pull(self, number: int) -> Any:
        return self.wire.ask("GET", "/repos/{repository}/pulls/{number}", repository=self.repository, number=number)

    def _repository_node(self) -> str:
        if not self._node:
            self._node = self.wire.ask("GET", "/repos/{repository}", repository=self.repository)["node_id"]
        return self._node


def _plain(body: str) -> str:
    """Return a body as GitHub may keep it: with its line ends, and without blanks around it."""
    return body.replace("\r\n", "\n").strip()
