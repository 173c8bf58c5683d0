"""A commit through GitHub's API, which signs it: onto a branch, as a new branch, or in place of what stood there.

A branch is never moved without saying where it must stand, and what a killed process left half done is found and
finished. Replacing is done on a branch of our own below `discharge-tmp/`, because GitHub commits on top of
branches only; the branch itself then moves in one step, which also deletes the temporary one.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.github import Moved, Refused
from app.hub.answer import Denied
from app.hub.query import COMMIT, MOVE, START

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.hub.wire import Wire

LIMIT = 30 << 20
"""The files of one commit together, in bytes: GitHub takes about 40 MiB of their base64 in one request."""
SCRATCH = "discharge-tmp/"
_NOBODY = "0" * 40
_ABSENT = 404
_TOO_LARGE = 413


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit to be: *files* on top of *parent*, in the repository whose node id is *node*."""

    wire: Wire
    repository: str
    node: str
    parent: str
    files: Mapping[str, bytes]
    message: str

    def write(self, branch: str, tip: str | None) -> str:
        """Make the commit and have *branch* stand there; return its hash. Twice equals once.

        Args:
            branch: the name of the branch.
            tip: where it must stand now, None for a branch that does not exist.

        Raises:
            Moved: the branch stands elsewhere.
            Refused: the files are too large, or GitHub did not sign the commit, or refuses it.
        """
        if sum(map(len, self.files.values())) > LIMIT:
            raise Refused(_TOO_LARGE, f"the files of the commit for {branch} are larger than {LIMIT >> 20} MiB")
        if tip == self.parent:
            return self._append(branch)
        return self._replace(branch, tip) if tip else self._start(branch)

    def _append(self, branch: str) -> str:
        try:
            answer = self.wire.graph("Commit", COMMIT, {"commit": self._input(branch)}, look=lambda: self._look(branch))
        except Denied as denied:
            return self._excuse(branch, denied, (self.parent,))
        return _demand_signed(answer)

    def _start(self, branch: str) -> str:
        ref = {"repositoryId": self.node, "name": f"refs/heads/{branch}", "oid": self.parent}
        variables = {"ref": ref, "commit": self._input(branch)}
        try:
            answer = self.wire.graph("Start", START, variables, look=lambda: self._look(branch))
        except Denied as denied:
            if (denied.data.get("createCommitOnBranch") or {}).get("commit"):
                return _demand_signed(denied.data)  # the branch was there, at the parent, as a killed process leaves it
            if "createCommitOnBranch" not in denied.paths:
                return self._append(branch)
            if denied.data.get("createRef"):
                delete(self.wire, self.repository, branch)  # a commit that is refused must not leave a branch behind
            return self._excuse(branch, denied, (self.parent, None))
        return _demand_signed(answer)

    def _replace(self, branch: str, tip: str) -> str:
        scratch = SCRATCH + self._digest(branch, tip)
        new = self._start(scratch)
        updates = [
            {"name": f"refs/heads/{branch}", "beforeOid": tip, "afterOid": new, "force": True},
            {"name": f"refs/heads/{scratch}", "beforeOid": new, "afterOid": _NOBODY, "force": True},
        ]
        refs = {"refs": {"repositoryId": self.node, "refUpdates": updates}}
        try:
            self.wire.graph("Move", MOVE, refs, look=lambda: self._look(branch))
        except Denied as denied:
            delete(self.wire, self.repository, scratch)
            return self._excuse(branch, denied, (tip,))
        return new

    def _excuse(self, branch: str, denied: Denied, expected: tuple[str | None, ...]) -> str:
        """Return the commit if it stands there in spite of a refusal, because an earlier try made it.

        Raises:
            Moved: the branch stands at none of *expected*.
            Denied: it does, and so the refusal has another reason.
        """
        if found := self._look(branch):
            return _demand_signed(found)
        if self._tip(branch) in expected:
            raise denied
        raise Moved(denied.status, denied.said) from denied

    def _tip(self, branch: str) -> str | None:
        route = "/repos/{repository}/git/ref/heads/{branch}"
        found = self.wire.find(route, repository=self.repository, branch=branch)
        return str(found["object"]["sha"]) if found else None

    def _look(self, branch: str) -> Any:
        """Return what GitHub would have answered if *branch* stands at this commit, else None."""
        route = "/repos/{repository}/compare/{parent}...{branch}"
        seen = self.wire.find(route, repository=self.repository, parent=self.parent, branch=branch)
        if not seen or (seen["ahead_by"], seen["behind_by"]) != (1, 0):
            return None
        commit = seen["commits"][0]
        if not self._is(commit, seen["files"]):
            return None
        found = {"oid": commit["sha"], "signature": {"isValid": commit["commit"]["verification"]["verified"]}}
        return {"createCommitOnBranch": {"commit": found}}

    def _is(self, commit: Any, files: Any) -> bool:
        """Return whether a commit on our parent says and changes what this one would."""
        shown = {file["filename"]: file["sha"] for file in files}
        if commit["commit"]["message"].rstrip() != self.message.rstrip() or not set(shown) <= set(self.files):
            return False
        seen = ((shown.get(path) or self._find(commit["sha"], path), content) for path, content in self.files.items())
        return all(found == _blob(content) for found, content in seen)

    def _find(self, commit: str, path: str) -> str | None:
        """Return the hash of a file that a commit does not change: it may be ours all the same."""
        route = "/repos/{repository}/contents/{path}?ref={commit}"
        found = self.wire.find(route, repository=self.repository, path=path, commit=commit)
        return str(found["sha"]) if isinstance(found, dict) else None

    def _input(self, branch: str) -> dict[str, Any]:
        """Return GitHub's words for the commit: without author and committer, else it would not be signed."""
        headline, _, body = self.message.partition("\n\n")
        additions = [
            {"path": path, "contents": base64.b64encode(content).decode()} for path, content in self.files.items()
        ]
        return {
            "branch": {"repositoryNameWithOwner": self.repository, "branchName": branch},
            "expectedHeadOid": self.parent,
            "message": {"headline": headline, "body": body},
            "fileChanges": {"additions": additions},
        }

    def _digest(self, branch: str, tip: str) -> str:
        parts = [branch, tip, self.parent, self.message, *(f"{p} {_blob(c)}" for p, c in sorted(self.files.items()))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def delete(wire: Wire, repository: str, branch: str) -> None:
    """Delete a branch; one that is gone already is no error.

    Raises:
        Refused: GitHub keeps it, because of a rule.
    """
    try:
        wire.ask("DELETE", "/repos/{repository}/git/refs/heads/{branch}", repository=repository, branch=branch)
    except Refused as refused:
        if refused.status != _ABSENT and "does not exist" not in refused.said:
            raise


def _demand_signed(answer: Any) -> str:
    """Return the hash of a commit that GitHub has signed.

    Raises:
        Refused: it has not.
    """
    commit = answer["createCommitOnBranch"]["commit"]
    if not (commit["signature"] or {}).get("isValid"):
        what = f"GitHub did not sign the commit {commit['oid'][:9]}: on an Enterprise Server, web commit signing is off"
        raise Refused(200, what)
    return str(commit["oid"])


def _blob(content: bytes) -> str:
    """Return the hash by which git knows a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
