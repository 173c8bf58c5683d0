"""All that the sandbox serves of GitHub's GraphQL schema; what is not in here is answered 501."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sandbox.graph import account, branch, check, content, issue, landing, page, proposal, pull, query, review, talk
from app.sandbox.graph.repository import REPOSITORY
from app.sandbox.model import (
    Account,
    App,
    CheckRun,
    CheckSuite,
    Comment,
    Entry,
    Issue,
    Label,
    Pull,
    Reaction,
    Repository,
    ReviewComment,
    Thread,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.sandbox.graph.field import Args, Change, Fields, Read, Scope

_MUTATIONS: Mapping[str, tuple[Change, str]] = {
    "addComment": (talk.add_comment, "commentEdge subject"),
    "addLabelsToLabelable": (talk.label, "labelable"),
    "addReaction": (talk.add_reaction, "reaction subject"),
    "closePullRequest": (proposal.close, "pullRequest"),
    "convertPullRequestToDraft": (proposal.to_draft, "pullRequest"),
    "createCommitOnBranch": (branch.create_commit, "commit ref"),
    "createPullRequest": (proposal.create, "pullRequest"),
    "createRef": (branch.create_ref, "ref"),
    "deleteRef": (branch.delete_ref, ""),
    "dequeuePullRequest": (landing.leave_queue, "mergeQueueEntry"),
    "disablePullRequestAutoMerge": (landing.disable, "actor pullRequest"),
    "enablePullRequestAutoMerge": (landing.enable, "actor pullRequest"),
    "enqueuePullRequest": (landing.join_queue, "mergeQueueEntry"),
    "markPullRequestReadyForReview": (proposal.to_ready, "pullRequest"),
    "mergePullRequest": (landing.merge, "actor pullRequest"),
    "minimizeComment": (talk.minimize, "minimizedComment"),
    "unminimizeComment": (talk.unminimize, "unminimizedComment"),
    "updatePullRequest": (proposal.update, "actor pullRequest"),
    "updateRefs": (branch.update_refs, ""),
}
"""Each mutation, and the fields of its payload besides `clientMutationId`."""
_CLASSES: Mapping[type, str] = {
    App: "App",
    CheckRun: "CheckRun",
    CheckSuite: "CheckSuite",
    Comment: "IssueComment",
    Entry: "MergeQueueEntry",
    Issue: "Issue",
    Label: "Label",
    Pull: "PullRequest",
    Reaction: "Reaction",
    Repository: "Repository",
    ReviewComment: "PullRequestReviewComment",
    Thread: "PullRequestReviewThread",
    content.Ref: "Ref",
    content.Signed: "GpgSignature",
    pull.Part: "PullRequestCommit",
    pull.Queue: "MergeQueue",
}


def name_type(value: Any) -> str:
    """Return what GitHub's schema calls a value of an interface or a union."""
    if isinstance(value, Account):
        return value.kind
    return str(value.kind).capitalize() if isinstance(value, content.Content) else _CLASSES[type(value)]


def _run(change: Change) -> Read:
    def run(_root: None, scope: Scope, args: Args) -> dict[str, Any]:
        wish = args["input"]
        return {"clientMutationId": wish.get("clientMutationId"), **change(scope, wish)}

    return run


def _take(name: str) -> Read:
    return lambda payload, _scope, _args: payload[name]


def _payload(fields: str) -> Fields:
    return {name: _take(name) for name in ("clientMutationId", *fields.split())}


TABLE: Mapping[str, Fields] = {
    "Query": query.QUERY,
    "Mutation": {name: _run(change) for name, (change, _) in _MUTATIONS.items()},
    **{f"{name[0].upper()}{name[1:]}Payload": _payload(fields) for name, (_, fields) in _MUTATIONS.items()},
    "App": account.APP,
    "AutoMergeRequest": pull.AUTO_MERGE,
    "Blob": content.BLOB,
    "Bot": account.BOT_ACCOUNT,
    "CheckAnnotation": check.ANNOTATION,
    "CheckAnnotationPosition": check.POSITION,
    "CheckAnnotationSpan": check.SPAN,
    "CheckRun": check.RUN,
    "CheckSuite": check.SUITE,
    "Commit": content.COMMIT,
    "GitActor": content.GIT_ACTOR,
    "GpgSignature": content.SIGNATURE,
    "Issue": issue.ISSUE,
    "IssueComment": issue.COMMENT,
    "Label": issue.LABEL,
    "MergeQueue": pull.QUEUE,
    "MergeQueueEntry": pull.ENTRY,
    "Organization": account.ORGANIZATION,
    "PageInfo": page.PAGE_INFO,
    "PullRequest": pull.PULL,
    "PullRequestChangedFile": pull.FILE,
    "PullRequestCommit": pull.PART,
    "PullRequestReviewComment": review.COMMENT,
    "PullRequestReviewThread": review.THREAD,
    "RateLimit": query.RATE_LIMIT,
    "Reaction": issue.REACTION,
    "Ref": content.REF,
    "Repository": REPOSITORY,
    "Tree": content.TREE,
    "TreeEntry": content.TREE_ENTRY,
    "User": account.USER,
}
"""Type, field, how its value is read."""


def find_fields(name: str) -> Fields:
    """Return the fields of a type that are served; connections and their edges are all alike."""
    if name in TABLE:
        return TABLE[name]
    return page.CONNECTION if name.endswith("Connection") else page.EDGE if name.endswith("Edge") else {}
