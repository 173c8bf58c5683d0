"""The bytes of a delivery become an event: what was sent is proven, read strictly, and bounded."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.comment.paragraph import LONGEST
from app.hook.body import Body
from app.hook.event import (
    FINISHED,
    STIRRED,
    SWEPT,
    CheckAsked,
    Commented,
    Finished,
    GroupAsked,
    Ignored,
    Installed,
    JobMoved,
    Merged,
    PullChanged,
    Pushed,
    Removed,
    Stirred,
    SuiteAsked,
    Swept,
)
from app.hook.shape import BRANCH, DATE, LOGIN, REF, REPOSITORY, RUN, SHA

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.hook.event import Event

TITLE = 1_024
"""The longest title or name, in characters; GitHub's own bounds are lower."""

_LABELS = 100
"""So many labels may a job have."""
_WORD = re.compile(r"[a-z_]{1,60}")
_HEADS = "refs/heads/"
_CHANGES = frozenset({"opened", "synchronize", "reopened", "ready_for_review", "edited"})
_SOURCE = "a branch's name"


def verify(secret: bytes, body: bytes, signature: str) -> bool:
    """Return whether GitHub signed these bytes: `sha256=` and their HMAC, compared in constant time.

    An empty secret proves nothing, so nothing is signed by it.
    """
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


def read(event: str, delivery: str, body: bytes, *, app: int) -> Event:
    """Return what a delivery tells.

    Args:
        event: the event's name, as its header has it.
        delivery: the delivery's id.
        body: the raw bytes, verified.
        app: the id of this app; the checks of others are not ours.

    Raises:
        Unreadable: a value is missing, of another type, or outside its bounds.
    """
    if event not in _READERS:
        return Ignored(delivery, 0, "", event, "", "this app does not listen to it")
    payload = Body.decode(body)
    action = payload.match("action", _WORD, "a word") if "action" in payload.values else ""
    installed = (payload.maybe if event == SWEPT else payload.child)("installation")
    installation = installed.number("id") if installed else 0
    repository = (payload.maybe if event in _EVERYWHERE else payload.child)("repository")
    name = repository.match("full_name", REPOSITORY, "owner/name") if repository else ""
    frame = _Frame(payload, event, action, delivery, installation, name, app)
    return _READERS[event](frame)


def write(event: Finished | Stirred | Swept) -> tuple[str, bytes]:
    """Return the name and the bytes of a delivery that the service makes itself; `read` is the reverse."""
    installation = {"installation": {"id": event.installation}} if event.installation else {}
    repository = {"repository": {"full_name": event.repository}} if event.repository else {}
    if not isinstance(event, Swept):
        name = FINISHED if isinstance(event, Finished) else STIRRED
        return name, json.dumps({**installation, **repository, "run": event.run}).encode()
    return SWEPT, json.dumps({**installation, **repository}).encode()


@dataclass(frozen=True, slots=True)
class _Frame:
    """What every event has, read once."""

    payload: Body
    event: str
    action: str
    delivery: str
    installation: int
    repository: str
    app: int

    @property
    def common(self) -> tuple[str, int, str]:
        return self.delivery, self.installation, self.repository

    @property
    def default(self) -> str:
        """The default branch."""
        return self.payload.child("repository").match("default_branch", BRANCH, _SOURCE)

    def ignore(self, reason: str) -> Ignored:
        return Ignored(*self.common, self.event, self.action, reason)


def _comment(frame: _Frame) -> Event:
    issue, comment = frame.payload.child("issue"), frame.payload.child("comment")
    if frame.action != "created":
        return frame.ignore("only new comments are read")
    if issue.maybe("pull_request") is None:
        return frame.ignore("an issue is no pull request")
    author, sender = comment.maybe("user"), frame.payload.child("sender")
    if author is None or not (_person(author) and _person(sender)) or _ours(frame, comment, "performed_via_github_app"):
        return frame.ignore("no person wrote it")
    return Commented(
        *frame.common,
        number=issue.number("number"),
        comment=comment.number("id"),
        author=author.match("login", LOGIN, "a login"),
        body=comment.text("body", LONGEST),
        date=comment.match("created_at", DATE, "a date and time"),
    )


def _person(account: Body) -> bool:
    """Return whether a person acts: bots neither command nor answer each other."""
    kind = account.text("type", TITLE) if "type" in account.values else "User"
    return kind == "User" and not account.text("login", TITLE).endswith("[bot]")


def _pull(frame: _Frame) -> Event:
    pull = frame.payload.child("pull_request")
    if frame.action == "closed":
        return _merged(frame, pull) if pull.flag("merged") else frame.ignore("it was closed without being merged")
    if frame.action not in _CHANGES:
        return frame.ignore("it changes no code")
    if frame.action == "edited" and frame.payload.child("changes").maybe("base") is None:
        return frame.ignore("its base stays")
    head, base = pull.child("head"), pull.child("base")
    return PullChanged(
        *frame.common,
        number=pull.number("number"),
        head=_sha(head),
        base=_branch(base),
        base_sha=_sha(base),
        branch=_branch(head),
        fork=_forked(frame, head),
    )


def _merged(frame: _Frame, pull: Body) -> Merged:
    head, base, author = pull.child("head"), pull.child("base"), pull.maybe("user")
    return Merged(
        *frame.common,
        number=pull.number("number"),
        commit=_sha(pull, "merge_commit_sha"),
        base=_branch(base),
        base_sha=_sha(base),
        branch=_branch(head),
        head=_sha(head),
        fork=_forked(frame, head),
        author=author.match("login", LOGIN, "a login") if author else "",
        title=pull.text("title", TITLE),
        default=_branch(base) == frame.default,
    )


def _forked(frame: _Frame, head: Body) -> bool:
    """Return whether the head is in another repository; one that is gone was another one."""
    source = head.maybe("repo")
    return source is None or source.number("id") != frame.payload.child("repository").number("id")


def _group(frame: _Frame) -> Event:
    if frame.action != "checks_requested":
        return frame.ignore("the merge queue asks for nothing")
    group = frame.payload.child("merge_group")
    branch, base = (_ref(group, key) for key in ("head_ref", "base_ref"))
    return GroupAsked(*frame.common, _sha(group, "head_sha"), _sha(group, "base_sha"), branch, base)


def _push(frame: _Frame) -> Event:
    payload = frame.payload
    if not payload.text("ref", TITLE).startswith(_HEADS):
        return frame.ignore("no branch moved")
    if payload.flag("deleted"):
        return frame.ignore("the branch is gone")
    if _ref(payload, "ref") != frame.default:
        return frame.ignore("another branch than the default one moved")
    before = _sha(payload, "before")
    return Pushed(*frame.common, "" if payload.flag("created") else before, _sha(payload, "after"))


def _check(frame: _Frame) -> Event:
    check = frame.payload.child("check_run")
    if frame.action not in {"rerequested", "requested_action"}:
        return frame.ignore("nobody asks for anything")
    sender = frame.payload.child("sender")
    if not _ours(frame, check):
        return frame.ignore("it belongs to another app")
    if not _person(sender):
        return frame.ignore("no person asks")
    pressed = frame.action == "requested_action"
    button = frame.payload.child("requested_action").text("identifier", TITLE) if pressed else ""
    return CheckAsked(
        *frame.common,
        check=check.number("id"),
        key=check.text("external_id", TITLE),
        head=_sha(check, "head_sha"),
        name=check.text("name", TITLE),
        button=button,
        sender=sender.match("login", LOGIN, "a login"),
    )


def _suite(frame: _Frame) -> Event:
    suite, sender = frame.payload.child("check_suite"), frame.payload.child("sender")
    if frame.action != "rerequested":
        return frame.ignore("nobody asks for anything")
    if not _ours(frame, suite):
        return frame.ignore("it belongs to another app")
    return SuiteAsked(*frame.common, _sha(suite, "head_sha"), sender.match("login", LOGIN, "a login"))


def _job(frame: _Frame) -> Event:
    """Read which job of GitHub Actions moved; what became of it is asked, never believed."""
    if frame.action not in {"queued", "in_progress", "completed"}:
        return frame.ignore("it waits for a person")
    job = frame.payload.child("workflow_job")
    return JobMoved(*frame.common, job.number("run_id"), frozenset(job.words("labels", _LABELS, TITLE)))


def _ours(frame: _Frame, made: Body, key: str = "app") -> bool:
    """Return whether this app made it; GitHub knows things that no app made."""
    app = made.maybe(key)
    return app is not None and app.values.get("id") == frame.app


def _installation(frame: _Frame) -> Event:
    if frame.action in {"created", "unsuspend"}:
        return Installed(*frame.common, _names(frame, "repositories"))
    if frame.action in {"deleted", "suspend"}:
        return Removed(*frame.common, _names(frame, "repositories"))
    return frame.ignore("it says nothing about repositories")


def _selection(frame: _Frame) -> Event:
    key = f"repositories_{frame.action}"
    if key not in {"repositories_added", "repositories_removed"} or not frame.payload.each(key):
        return frame.ignore("it says nothing about repositories")
    names = _names(frame, key)
    return Installed(*frame.common, names) if frame.action == "added" else Removed(*frame.common, names)


def _names(frame: _Frame, key: str) -> tuple[str, ...]:
    return tuple(one.match("full_name", REPOSITORY, "owner/name") for one in frame.payload.each(key))


def _ref(body: Body, key: str) -> str:
    return body.match(key, REF, "a branch").removeprefix(_HEADS)


def _branch(side: Body) -> str:
    return side.match("ref", BRANCH, _SOURCE)


def _sha(body: Body, key: str = "sha") -> str:
    return body.match(key, SHA, "the hash of a commit")


_READERS: dict[str, Callable[[_Frame], Event]] = {
    "check_run": _check,
    "check_suite": _suite,
    "installation": _installation,
    "installation_repositories": _selection,
    "issue_comment": _comment,
    "merge_group": _group,
    "pull_request": _pull,
    "push": _push,
    "workflow_job": _job,
    FINISHED: lambda frame: Finished(*frame.common, frame.payload.match("run", RUN, "a run")),
    STIRRED: lambda frame: Stirred(*frame.common, frame.payload.match("run", RUN, "a run")),
    SWEPT: lambda frame: Swept(*frame.common),
}
_EVERYWHERE = frozenset({"installation", "installation_repositories", SWEPT})
"""Events that may name no repository."""
