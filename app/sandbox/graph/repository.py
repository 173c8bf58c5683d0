"""Repositories, as GraphQL shows them: what is found in one by name, number or filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.graph.content import Content, Ref, find, find_ref
from app.sandbox.graph.order import sort
from app.sandbox.graph.pull import Queue, find_queue
from app.sandbox.model import Issue, Label, Pull, Refusal

if TYPE_CHECKING:
    from app.sandbox.graph.field import Args, Fields, Scope
    from app.sandbox.model import Repository

_ORDERS = {"CREATED_AT": "created", "UPDATED_AT": "updated"}


def _default(repository: Repository, scope: Scope, _args: Args) -> Ref | None:
    scope.need("contents", "read", repository)
    return find_ref(repository, f"refs/heads/{repository.branch}")


def _ref(repository: Repository, scope: Scope, args: Args) -> Ref | None:
    scope.need("contents", "read", repository)
    return find_ref(repository, args["qualifiedName"])


def _refs(repository: Repository, scope: Scope, args: Args) -> list[Ref]:
    scope.need("contents", "read", repository)
    query, prefix = args.get("query") or "", args["refPrefix"]
    names = sorted(name for name in repository.store.refs if name.startswith(prefix))
    if args.get("direction") == "DESC":
        names.reverse()
    found = [Ref(repository, name, repository.store.refs[name]) for name in names if query in name.removeprefix(prefix)]
    return sort(found, args, {"ALPHABETICAL": "name"})


def _object(repository: Repository, scope: Scope, args: Args) -> Content | None:
    scope.need("contents", "read", repository)
    return find(repository, args.get("oid") or args.get("expression") or "")


def _number(repository: Repository, args: Args, kind: str) -> Issue:
    """Return an issue or a pull request by its number.

    Raises:
        Refusal: NOT_FOUND, as GitHub words it.
    """
    found = repository.issues.get(args["number"])
    wanted = {"PullRequest": isinstance(found, Pull), "Issue": not isinstance(found, Pull)}
    if found is None or not wanted.get(kind, True):
        said = (
            f"Could not resolve to {'a' if kind == 'PullRequest' else 'an'} {kind} with the number of {args['number']}."
        )
        raise Refusal(200, said, kind="NOT_FOUND")
    return found


def _pull(repository: Repository, scope: Scope, args: Args) -> Issue:
    scope.need("pull_requests", "read", repository)
    return _number(repository, args, "PullRequest")


def _issue(repository: Repository, scope: Scope, args: Args) -> Issue:
    scope.need("issues", "read", repository)
    return _number(repository, args, "Issue")


def _either(repository: Repository, scope: Scope, args: Args) -> Issue:
    scope.need("issues", "read", repository)
    return _number(repository, args, "issue or pull request")


def _fits(pull: Pull, args: Args) -> bool:
    state = "MERGED" if pull.merged else pull.state.upper()
    labels = {label.name for label in pull.labels}
    return (
        (args.get("states") is None or state in args["states"])
        and args.get("headRefName") in {None, pull.branch}
        and args.get("baseRefName") in {None, pull.target}
        and (not args.get("labels") or bool(labels & set(args["labels"])))
    )


def _pulls(repository: Repository, scope: Scope, args: Args) -> list[Pull]:
    scope.need("pull_requests", "read", repository)
    return sort([pull for pull in repository.pulls if _fits(pull, args)], args, _ORDERS)


def _label(repository: Repository, _scope: Scope, args: Args) -> Label | None:
    return repository.labels.get(args["name"].lower())


def _labels(repository: Repository, _scope: Scope, args: Args) -> list[Label]:
    found = [label for label in repository.labels.values() if (args.get("query") or "").lower() in label.name.lower()]
    return sort(found, args, {"CREATED_AT": "id", "NAME": "name"})


def _permission(repository: Repository, scope: Scope, _args: Args) -> str | None:
    """Return the role of a person; an app has none."""
    role = scope.world.role(repository, scope.viewer)
    return None if role == "none" or scope.viewer.kind == "Bot" else role.upper()


def _queue(repository: Repository, _scope: Scope, args: Args) -> Queue | None:
    return find_queue(repository, args.get("branch"))


REPOSITORY: Fields = {
    "autoMergeAllowed": "settings.auto_merge",
    "createdAt": "created",
    "databaseId": "id",
    "defaultBranchRef": _default,
    "deleteBranchOnMerge": "settings.delete_branch",
    "description": "description",
    "id": "node",
    "isArchived": lambda _repository, _scope, _args: False,
    "isEmpty": lambda repository, _scope, _args: not repository.store.refs,
    "isFork": lambda repository, _scope, _args: repository.parent is not None,
    "isPrivate": "private",
    "issue": _issue,
    "issueOrPullRequest": _either,
    "label": _label,
    "labels": _labels,
    "mergeCommitAllowed": "settings.merge_commit",
    "mergeQueue": _queue,
    "name": "name",
    "nameWithOwner": "full_name",
    "object": _object,
    "owner": "owner",
    "parent": "parent",
    "pullRequest": _pull,
    "pullRequests": _pulls,
    "pushedAt": "pushed",
    "rebaseMergeAllowed": "settings.rebase",
    "ref": _ref,
    "refs": _refs,
    "squashMergeAllowed": "settings.squash",
    "url": lambda repository, scope, _args: scope.url(repository),
    "viewerPermission": _permission,
    "visibility": lambda repository, _scope, _args: "PRIVATE" if repository.private else "PUBLIC",
}
