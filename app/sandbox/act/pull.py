"""Pull requests: opening, editing, labelling, updating."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.sandbox.act.branch import Move, move, sign_as, sign_as_github, take
from app.sandbox.act.event import close, tell_pull
from app.sandbox.act.text import check_texts, invalid
from app.sandbox.body.issue import show_label
from app.sandbox.commit import Commit
from app.sandbox.model import Pull, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.sandbox.model import Actor, Issue, Json, Label, Repository
    from app.sandbox.world import World


@dataclass(frozen=True, slots=True)
class PullDraft:
    """A pull request to open; *source* is the repository of *branch*, None: the same one."""

    title: str
    body: str | None
    branch: str
    target: str
    draft: bool = False
    source: Repository | None = None


def open_pull(world: World, actor: Actor, repository: Repository, draft: PullDraft) -> Pull:
    """Open a pull request.

    Raises:
        Refusal: 422, a branch is missing, there is nothing to merge, or one is open already.
    """
    check_texts("PullRequest", draft.title, draft.body)
    source = draft.source or repository
    head, tip = source.store.tip(draft.branch), repository.store.tip(draft.target)
    if head is None or tip is None:
        raise invalid("PullRequest", "head" if head is None else "base")
    _refuse_second(repository, source, draft)
    repository_number = max(repository.issues, default=0) + 1
    now, number = world.now(), world.number("issue")
    made = Pull(
        number, repository_number, repository, actor.account, draft.title, draft.body or None, now, now, actor.app,
        source=source, branch=draft.branch, head=head, target=draft.target, base=tip, draft=draft.draft,
    )  # fmt: skip
    take(made, head)
    if repository.store.reaches(tip, head):
        between = f"No commits between {draft.target} and {draft.branch}"
        raise Refusal(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": between}])
    repository.issues[repository_number] = world.keep(made)
    tell_pull(world, actor, made, "opened")
    return made


def _refuse_second(repository: Repository, source: Repository, draft: PullDraft) -> None:
    for pull in repository.pulls:
        if (pull.state, pull.source, pull.branch, pull.target) == ("open", source, draft.branch, draft.target):
            said = f"A pull request already exists for {source.owner.login}:{draft.branch}."
            raise Refusal(422, "Validation Failed", [{"resource": "PullRequest", "code": "custom", "message": said}])


def edit_pull(world: World, actor: Actor, pull: Pull, wish: Json) -> None:
    """Change title, body, base and state of a pull request, those that *wish* names."""
    check_texts("PullRequest", wish.get("title"), wish.get("body"))
    changes: Json = {}
    if "base" in wish and wish["base"] != pull.target:
        tip = pull.repository.store.tip(wish["base"])
        if tip is None:
            raise invalid("PullRequest", "base")
        changes["base"] = {"ref": {"from": pull.target}, "sha": {"from": pull.base}}
        pull.target, pull.base = wish["base"], tip
    for field in ("title", "body"):
        if field in wish and wish[field] != getattr(pull, field):
            changes[field] = {"from": getattr(pull, field) or ""}
            setattr(pull, field, wish[field])
    if changes:
        tell_pull(world, actor, pull, "edited", {"changes": changes})
    if wish.get("state") == "closed":
        close(world, actor, pull)
    if wish.get("state") == "open" and pull.state == "closed":
        _reopen(world, actor, pull)


def _reopen(world: World, actor: Actor, pull: Pull) -> None:
    head = pull.source.store.tip(pull.branch)
    if pull.merged or head is None:
        said = "state cannot be changed. The pull request cannot be reopened."
        raise invalid("PullRequest", "state", "invalid", said)
    take(pull, head)
    pull.state, pull.closed = "open", None
    tell_pull(world, actor, pull, "reopened")


def set_draft(world: World, actor: Actor, pull: Pull, *, draft: bool) -> None:
    """Make a pull request a draft, or ready for review."""
    if pull.draft != draft:
        pull.draft = draft
        tell_pull(world, actor, pull, "converted_to_draft" if draft else "ready_for_review")


def add_labels(world: World, actor: Actor, issue: Issue, names: Sequence[str]) -> None:
    """Put labels on an issue or a pull request; those that the repository lacks are made."""
    for name in names:
        label = issue.repository.labels.get(name.lower()) or world.add_label(issue.repository, name)
        if label not in issue.labels:
            issue.labels.append(label)
            _tell_label(world, actor, issue, "labeled", label)


def remove_label(world: World, actor: Actor, issue: Issue, name: str) -> None:
    """Take a label off; raises `Refusal` 404 if it is not there."""
    label = next((each for each in issue.labels if each.name.lower() == name.lower()), None)
    if label is None:
        raise Refusal(404, "Label does not exist", kind="NOT_FOUND")
    issue.labels.remove(label)
    _tell_label(world, actor, issue, "unlabeled", label)


def _tell_label(world: World, actor: Actor, issue: Issue, action: str, label: Label) -> None:
    if isinstance(issue, Pull):
        tell_pull(world, actor, issue, action, {"label": show_label(world, issue.repository, label)})


def update_branch(world: World, actor: Actor, pull: Pull, expected: str | None) -> None:
    """Merge the base into the branch of a pull request; raises `Refusal` 422."""
    store = pull.repository.store
    tip = store.tip(pull.target)
    if expected is not None and expected != pull.head:
        raise Refusal(422, "expected head sha didn’t match current head ref.")
    if tip is None or store.reaches(pull.head, tip):
        raise Refusal(422, "There are no new commits on the base branch.")
    tree = store.merge(pull.head, tip)
    if tree is None:
        raise Refusal(422, "merge conflict between base and head")
    said = f"Merge branch '{pull.target}' into {pull.branch}"
    people = sign_as(world, actor.account), sign_as_github(world)
    sha = store.write_commit(Commit("", tree, (pull.head, tip), *people, said))
    pull.repository.verified.add(sha)
    move(world, actor, pull.source, Move(f"refs/heads/{pull.branch}", sha, pull.head))
