"""Merging a pull request once it is green: by GitHub where it can wait, at once where nothing is left to wait for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.github import Moved, Refused
from app.hub.answer import Denied
from app.hub.query import AUTO_MERGE, ENQUEUE, HOLD, STATE
from app.hub.wire import Busy

if TYPE_CHECKING:
    from app.github import Method
    from app.hub.wire import Wire

WAITING = "merges once its checks pass"
QUEUED = "waits in the merge queue"
_REASONS = {
    "BEHIND": "its branch must be brought up to date first",
    "BLOCKED": "a required check or review is missing, and GitHub does not wait for it",
    "DIRTY": "it conflicts with its base branch",
    "DRAFT": "it is a draft",
    "UNSTABLE": "a check has not passed, and none is required that GitHub could wait for",
}
_CHANGED = 409
_UNMERGEABLE = 405


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge to be: the pull request *number*, known as *node*, as it stands at *head*."""

    wire: Wire
    repository: str
    number: int
    node: str
    head: str
    method: Method
    title: str
    body: str

    def arrange(self) -> str:
        """Arrange the merge, and return what becomes of it, as the end of a sentence. Twice equals once.

        Raises:
            Moved: the head is another commit by now.
            Busy: GitHub does not know yet whether it can be merged.
        """
        try:
            self.wire.graph("AutoMerge", AUTO_MERGE, {"pull": self._wish()})
        except Denied as denied:
            said = denied.said.lower()
            if "clean status" in said:
                return self._merge()
            if "unstable status" in said:
                return f"not merged: {_REASONS['UNSTABLE']}"
            return self._decide(denied.said)
        return WAITING

    def _wish(self) -> dict[str, str]:
        pinned = {"pullRequestId": self.node, "expectedHeadOid": self.head}
        return {**pinned, "mergeMethod": self.method.upper(), "commitHeadline": self.title, "commitBody": self.body}

    def _decide(self, said: str) -> str:
        """Return what becomes of a pull request that GitHub, as it *said*, does not merge by itself."""
        state = self._read()
        if done := _settled(state):
            return done
        if state["headRefOid"] != self.head:
            raise Moved(_CHANGED, f"the head of #{self.number} is {state['headRefOid'][:9]} by now")
        status = state["mergeStateStatus"]
        if status in ("CLEAN", "HAS_HOOKS"):
            return self._merge()
        if status == "UNKNOWN":
            raise Busy(f"it does not know yet whether #{self.number} can be merged")
        return f"not merged: {_REASONS.get(status, status)} ({said})"

    def _merge(self) -> str:
        """Merge at once, pinned to the head."""
        wish = {"sha": self.head, "merge_method": self.method, "commit_title": self.title, "commit_message": self.body}
        route = "/repos/{repository}/pulls/{number}/merge"
        try:
            done = self.wire.ask("PUT", route, wish, look=self._look, repository=self.repository, number=self.number)
        except Refused as refused:
            if refused.status == _CHANGED:
                raise Moved(refused.status, refused.said) from refused
            if refused.status != _UNMERGEABLE:
                raise
            if "merge queue" in refused.said.lower():
                return self._enqueue()
            return _settled(self._read()) or f"not merged: {refused.said}"
        return _tell(done["sha"])

    def _enqueue(self) -> str:
        wish = {"pullRequestId": self.node, "expectedHeadOid": self.head}
        try:
            self.wire.graph("Enqueue", ENQUEUE, {"pull": wish})
        except Denied as denied:
            return _settled(self._read()) or f"not merged: {denied.said}"
        return QUEUED

    def _look(self) -> Any:
        state = self._read()
        return {"sha": state["mergeCommit"]["oid"]} if state["state"] == "MERGED" else None

    def _read(self) -> Any:
        owner, _, name = self.repository.partition("/")
        answer = self.wire.graph("State", STATE, {"owner": owner, "name": name, "number": self.number})
        return answer["repository"]["pullRequest"]


def hold(wire: Wire, node: str) -> None:
    """Have GitHub not merge the pull request known as *node* by itself; one that it would not merge is no error."""
    try:
        wire.graph("Hold", HOLD, {"pull": {"pullRequestId": node}})
    except Denied as denied:
        if "auto" not in denied.said.lower():
            raise


def _settled(state: Any) -> str:
    """Return what became of a pull request about which nothing is left to do; an empty text if something is."""
    if state["state"] == "MERGED":
        return _tell(state["mergeCommit"]["oid"])
    if state["state"] == "CLOSED":
        return "not merged: it is closed"
    if state["isInMergeQueue"]:
        return QUEUED
    return WAITING if state["autoMergeRequest"] else ""


def _tell(commit: str) -> str:
    return f"merged as {commit[:9]}"
