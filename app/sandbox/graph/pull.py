"""Pull requests, their commits and files, and the merge queue, as GraphQL shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.sandbox.graph.content import Content, Ref, find_commit, find_ref
from app.sandbox.graph.issue import ISSUE, page
from app.sandbox.graph.review import list_threads
from app.sandbox.model import name_node
from app.sandbox.standing import mergeable, stand, start

if TYPE_CHECKING:
    from app.sandbox.commit import Change
    from app.sandbox.graph.field import Args, Fields, Scope
    from app.sandbox.model import Entry, Pull, Repository

ALL = 250
"""How many commits of a pull request GitHub lists."""
_CHANGES = {"A": "ADDED", "D": "DELETED", "M": "MODIFIED", "R": "RENAMED", "C": "COPIED", "T": "CHANGED"}


@dataclass(frozen=True, slots=True)
class Part:
    """A commit of a pull request."""

    pull: Pull
    content: Content

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("PURC", self.pull.id, self.content.sha)


@dataclass(frozen=True, slots=True)
class Queue:
    """The merge queue of a repository's default branch."""

    repository: Repository

    @property
    def node(self) -> str:
        """Return its node id."""
        return name_node("MQ", self.repository.id)


def find_queue(repository: Repository, branch: str | None = None) -> Queue | None:
    """Return the merge queue of a branch, None if it has none."""
    return Queue(repository) if repository.settings.queue and branch in {None, repository.branch} else None


def _commits(pull: Pull, _scope: Scope, _args: Args) -> list[Part]:
    shas = pull.repository.store.log(pull.head, start(pull), limit=ALL)[::-1]
    found = (find_commit(pull.repository, sha) for sha in shas)
    return [Part(pull, content) for content in found if content]


def _changes(pull: Pull) -> tuple[Change, ...]:
    return pull.repository.store.changes(start(pull), pull.head)


def _files(pull: Pull, _scope: Scope, _args: Args) -> list[Change]:
    return list(_changes(pull))


def _state(pull: Pull, _scope: Scope, _args: Args) -> str:
    return "MERGED" if pull.merged else pull.state.upper()


def _landed(pull: Pull, _scope: Scope, _args: Args) -> Content | None:
    return find_commit(pull.repository, pull.landed) if pull.merged else None


def _mergeable(pull: Pull, _scope: Scope, _args: Args) -> str:
    return {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}[mergeable(pull)]


def _head_ref(pull: Pull, _scope: Scope, _args: Args) -> Ref | None:
    return find_ref(pull.source, f"refs/heads/{pull.branch}")


def _base_ref(pull: Pull, _scope: Scope, _args: Args) -> Ref | None:
    return find_ref(pull.repository, f"refs/heads/{pull.target}")


def _entry(pull: Pull, _scope: Scope, _args: Args) -> Entry | None:
    return next((entry for entry in pull.repository.queue if entry.pull is pull), None)


def _auto_merge(pull: Pull, _scope: Scope, _args: Args) -> Pull | None:
    return pull if pull.auto_merge else None


def _place(entry: Entry, _scope: Scope, _args: Args) -> int:
    return entry.pull.repository.queue.index(entry) + 1


PULL: Fields = {
    **ISSUE,
    "additions": lambda pull, _scope, _args: sum(change.added for change in _changes(pull)),
    "autoMergeRequest": _auto_merge,
    "baseRef": _base_ref,
    "baseRefName": "target",
    "baseRefOid": "base",
    "baseRepository": "repository",
    "changedFiles": lambda pull, _scope, _args: len(_changes(pull)),
    "commits": _commits,
    "deletions": lambda pull, _scope, _args: sum(change.removed for change in _changes(pull)),
    "files": _files,
    "headRef": _head_ref,
    "headRefName": "branch",
    "headRefOid": "head",
    "headRepository": "source",
    "headRepositoryOwner": "source.owner",
    "isCrossRepository": "fork",
    "isDraft": "draft",
    "isInMergeQueue": lambda pull, scope, args: _entry(pull, scope, args) is not None,
    "isMergeQueueEnabled": lambda pull, _scope, _args: find_queue(pull.repository, pull.target) is not None,
    "maintainerCanModify": "fork",
    "mergeCommit": _landed,
    "mergeQueue": lambda pull, _scope, _args: find_queue(pull.repository, pull.target),
    "mergeQueueEntry": _entry,
    "mergeStateStatus": lambda pull, _scope, _args: stand(pull).upper(),
    "mergeable": _mergeable,
    "merged": lambda pull, _scope, _args: pull.merged is not None,
    "mergedAt": "merged",
    "mergedBy": "merger",
    "permalink": lambda pull, scope, _args: page(pull, scope),
    "reviewThreads": list_threads,
    "reviewDecision": lambda _pull, _scope, _args: None,
    "state": _state,
    "totalCommentsCount": lambda pull, _scope, _args: len(pull.comments),
}
AUTO_MERGE: Fields = {
    "commitBody": lambda pull, _scope, _args: pull.auto_merge.message or None,
    "commitHeadline": lambda pull, _scope, _args: pull.auto_merge.title or None,
    "enabledAt": "auto_merge.enabled",
    "enabledBy": "auto_merge.actor.account",
    "mergeMethod": lambda pull, _scope, _args: pull.auto_merge.method.upper(),
    "pullRequest": lambda pull, _scope, _args: pull,
}
PART: Fields = {
    "commit": "content",
    "id": "node",
    "pullRequest": "pull",
    "url": lambda part, scope, _args: f"{page(part.pull, scope)}/commits/{part.content.sha}",
}
FILE: Fields = {
    "additions": "added",
    "changeType": lambda change, _scope, _args: _CHANGES[change.status],
    "deletions": "removed",
    "path": "path",
    "viewerViewedState": lambda _change, _scope, _args: "UNVIEWED",
}
QUEUE: Fields = {
    "entries": "repository.queue",
    "id": "node",
    "repository": "repository",
    "url": lambda queue, scope, _args: scope.url(queue.repository, "queue", queue.repository.branch),
}
ENTRY: Fields = {
    "baseCommit": lambda entry, _scope, _args: find_commit(entry.pull.repository, entry.base),
    "enqueuedAt": "created",
    "enqueuer": "actor.account",
    "headCommit": lambda entry, _scope, _args: find_commit(entry.pull.repository, entry.head),
    "id": "node",
    "mergeQueue": lambda entry, _scope, _args: find_queue(entry.pull.repository),
    "position": _place,
    "pullRequest": "pull",
    "state": lambda _entry, _scope, _args: "AWAITING_CHECKS",
}
