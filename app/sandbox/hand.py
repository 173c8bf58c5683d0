"""The whole hand of a story: what people do, what goes wrong, how time stands, and what became of it all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.sandbox.courier import redeliver
from app.sandbox.fault import KINDS, Fault
from app.sandbox.machine import Machine
from app.sandbox.model import Pull

if TYPE_CHECKING:
    from app.sandbox.model import Issue, Json, Release, Repository, Review


class Hand(Machine):
    """People's verbs, the knobs, and a look at the state."""

    # -- knobs

    def freeze(self, at: float | None) -> None:
        """Let the clock of the state stand at *at* (seconds since the epoch); None: it runs."""
        with self.world.lock:
            self.world.freeze(at)

    def fault(self, kind: str, **where: Any) -> None:
        """Let a request go wrong: method, path, operation, nth, times, seconds as `Fault` has them."""
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no fault; there are {', '.join(KINDS)}")
        with self.world.lock:
            self.world.faults.add(Fault(kind, **where))

    def clear_faults(self) -> int:
        """Let nothing go wrong any more; how often something did."""
        with self.world.lock:
            self.world.faults.clear()
            return len(self.world.faults.struck)

    def hold(self) -> None:
        """Deliver nothing until `release`."""
        self.courier.hold()

    def release(self) -> None:
        """Deliver again."""
        self.courier.release()

    def shuffle(self, seed: int | None) -> None:
        """Deliver in an order of the seed's."""
        self.courier.shuffle(seed)

    def duplicate(self, seed: int | None) -> None:
        """Deliver about half of all twice."""
        self.courier.duplicate(seed)

    def drop(self, event: str = "", times: int = 1) -> None:
        """Lose the next deliveries of an event."""
        self.courier.drop(event, times)

    def wait_idle(self, timeout: float = 30.0) -> bool:
        """Wait until every webhook was answered; say whether that came about in time."""
        return self.courier.wait_idle(timeout)

    def redeliver(self, number: int) -> int:
        """Deliver once more; the new delivery's id."""
        with self.world.lock:
            return redeliver(self.world, self.world.deliveries[number]).id

    # -- what became of it

    def deliveries(self) -> list[Json]:
        """Return all deliveries, oldest first: id, guid, event, action, status, code, redelivery."""
        keys = ("id", "guid", "event", "action", "status", "code", "redelivery")
        with self.world.lock:
            return [{key: getattr(each, key) for key in keys} for each in self.world.deliveries.values()]

    def requests(self) -> list[Json]:
        """Return all requests so far, oldest first: method, path, operation, route (`git` for git's own), status."""
        keys = ("method", "path", "operation", "route", "status")
        with self.world.lock:
            return [{key: getattr(each, key) for key in keys} for each in self.world.exchanges]

    def forget_requests(self) -> None:
        """Begin the record of requests anew."""
        with self.world.lock:
            self.world.exchanges.clear()

    def unserved(self) -> list[str]:
        """Return what was asked for and is not served."""
        with self.world.lock:
            return list(self.world.unserved)

    def read(self, name: str, commit: str, path: str) -> str | None:
        """Return a file of a branch or commit, None if it is not there."""
        with self.world.lock:
            store = self.world.repository(name).store
            found = store.read(f"{store.tip(commit) or commit}:{path}")
            return found[2].decode("utf-8", "replace") if found and found[1] == "blob" else None

    def snapshot(self, name: str) -> Json:
        """Return the state of a repository as people see it, without ids and times: two runs can be compared."""
        with self.world.lock:
            repository = self.world.repository(name)
            return {
                "branches": _show_branches(repository),
                "issues": {str(number): _show_issue(each) for number, each in repository.issues.items()},
                "checks": _show_checks(repository),
                "tags": _show_tags(repository),
                "releases": _show_releases(repository),
            }


def _show_branches(repository: Repository) -> Json:
    """Return the branches; each with its files and the messages of its commits, newest first."""
    shown: Json = {}
    for ref, sha in sorted(repository.store.refs.items()):
        if ref.startswith("refs/heads/"):
            messages = [c.message for c in map(repository.store.commit, repository.store.log(sha)) if c]
            files = {e.path: e.sha for e in repository.store.walk(sha) if e.kind == "blob"}
            shown[ref.removeprefix("refs/heads/")] = {"messages": messages, "files": files}
    return shown


def _show_issue(issue: Issue) -> Json:
    comments = [
        {
            "author": each.account.login,
            "body": each.body,
            "minimized": each.minimized,
            "reactions": sorted(f"{reaction.account.login} {reaction.content}" for reaction in each.reactions),
        }
        for each in issue.comments
    ]
    keys = ("title", "body", "state", "branch", "target", "draft")
    shown = {key: getattr(issue, key) for key in keys if hasattr(issue, key)}
    more = {"author": issue.account.login, "merged": getattr(issue, "merged", None) is not None}
    said = {"reviews": [_show_review(each) for each in issue.reviews]} if isinstance(issue, Pull) else {}
    return {**shown, **more, **said, "labels": sorted(each.name for each in issue.labels), "comments": comments}


def _show_review(review: Review) -> Json:
    comments = [{key: getattr(each, key) for key in ("path", "line", "body", "resolved")} for each in review.comments]
    return {"author": review.account.login, "body": review.body, "comments": comments}


def _show_checks(repository: Repository) -> list[Json]:
    """Return every check run, told by the message of its commit, which stays when hashes change."""
    keys = ("name", "external_id", "status", "conclusion", "title", "summary", "text")
    shown = []
    for suite in repository.suites.values():
        commit = repository.store.commit(suite.head)
        for run in suite.runs:
            notes = {"annotations": len(run.annotations), "commit": commit.message if commit else ""}
            shown.append({**{key: getattr(run, key) for key in keys}, **notes})
    return sorted(shown, key=lambda each: (each["commit"], each["name"], each["external_id"]))


def _show_tags(repository: Repository) -> Json:
    """Return the tags, told by the messages of their commits."""
    refs = ((ref.removeprefix("refs/tags/"), sha) for ref, sha in sorted(repository.store.refs.items()))
    found = ((name, repository.store.commit(sha)) for name, sha in refs if not name.startswith("refs/"))
    return {name: commit.message for name, commit in found if commit}


def _show_releases(repository: Repository) -> list[Json]:
    """Return the releases by their tags, with what their files hold."""
    return [_show_release(each) for each in sorted(repository.releases.values(), key=lambda each: each.tag)]


def _show_release(release: Release) -> Json:
    keys = ("tag", "name", "body", "draft", "latest")
    shown = {key: getattr(release, key) for key in keys}
    files = {asset.name: asset.data.decode("utf-8", "replace") for asset in release.assets}
    return {**shown, "author": release.account.login, "files": dict(sorted(files.items()))}
