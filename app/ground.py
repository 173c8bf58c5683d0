"""The ground that a replay plays on: a clone put on the sandbox, with what a recording names, by its own numbers."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.hook.shape import BRANCH, LOGIN, REPOSITORY, SHA
from app.sandbox.act.recall import PullRecord, recall_comment, recall_pull
from app.sandbox.git import Store
from app.sandbox.program import GitError
from contracts.error import Complaint, Unreadable
from spec.landed import read as read_landed

if TYPE_CHECKING:
    from app.history import Repository
    from app.recording import Recording
    from app.sandbox.model import Pull
    from app.sandbox.model import Repository as Site
    from app.sandbox.sandbox import Sandbox

_TRUSTED = {"OWNER": "admin", "MEMBER": "maintain", "COLLABORATOR": "maintain"}
"""What GitHub calls an author → the role that he is given here: a recording does not tell the real one."""
_SPECS = (
    ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+refs/pull/*/head:refs/pull/*/head"),
    ("+refs/remotes/origin/*:refs/heads/*", "^refs/remotes/origin/HEAD"),
)
"""What is taken from a clone: its own branches, and then those of its origin, which are GitHub's."""


@dataclass
class Ground:
    """The sandbox, the clone, and the installations of the App by repository."""

    sandbox: Sandbox
    clone: Repository
    installations: dict[str, int] = field(default_factory=dict)

    def found(self, recording: Recording) -> str:
        """Put the clone on the sandbox, once, as the repository that the recording is about; its name.

        Raises:
            Complaint: the recording names no repository, or another one than the clone's origin.
        """
        name, here = recording.repository, self.clone.name()
        if not REPOSITORY.fullmatch(name):
            raise Unreadable("the delivery is about no repository", mend="Replay one that names its repository")
        if here and here.lower() != name.lower():
            raise Complaint(
                f"the delivery is about {name}, and the clone is of {here}", mend="Name its clone by --repo"
            )
        if name not in self.installations:
            site = self._adopt(name, self.clone.default_branch())
            self.installations[name] = self.sandbox.install("discharge", site.owner.login, [name])
        return name

    def _adopt(self, name: str, branch: str) -> Site:
        with self.sandbox.world.lock:
            site = self.sandbox.world.add_repository(name)
            if branch != site.branch:
                shutil.rmtree(site.store.folder)
                site.branch, site.store = branch, Store(site.store.folder, branch)
            for specs in _SPECS:
                site.store.fetch(self.clone.folder, *specs)
            if site.store.tip(branch) is None:
                raise Complaint(f"the clone has no branch {branch}")
            return site

    def recall(self, name: str, recording: Recording) -> None:
        """Put back what the recording is about: its pull request, its comment, the commits that it names.

        Raises:
            Complaint: the clone does not have a commit that is needed.
        """
        site = self.sandbox.world.repository(name)
        with self.sandbox.world.lock:
            match recording.event:
                case "issue_comment":
                    self._recall_comment(site, recording)
                case "pull_request":
                    self._recall_pull(site, recording)
                case "merge_group":
                    ref = str(recording.get("merge_group", "head_ref"))
                    self._take(site, str(recording.get("merge_group", "head_sha")), ref)
                case "check_run" | "check_suite":
                    head = str(recording.get(recording.event, "head_sha"))
                    self._take(site, head, f"refs/heads/replayed-{head[:12]}")

    def _take(self, site: Site, commit: str, ref: str) -> None:
        """Have a commit of the clone on the sandbox, below a ref."""
        if not SHA.fullmatch(commit):
            raise Unreadable("the delivery names no commit")
        try:
            site.store.fetch(self.clone.folder, f"+{commit}:{ref}")
        except GitError as error:
            mend = "Fetch it into the clone: git fetch origin " + commit
            raise Complaint(f"the clone does not have the commit {commit[:12]}", mend=mend) from error

    def _recall_comment(self, site: Site, recording: Recording) -> None:
        number, author = int(recording.get("issue", "number")), str(recording.get("comment", "user", "login"))
        landed = self._find_landed(site, number)
        head = site.store.refs.get(f"refs/pull/{number}/head", "") or landed
        if head is None:
            mend = f"Fetch its head into the clone: git fetch origin pull/{number}/head:refs/pull/{number}/head"
            raise Complaint(f"the clone does not have pull request #{number}", mend=mend)
        opener = str(recording.get("issue", "user", "login") or "ghost")
        title = str(recording.get("issue", "title") or "")
        branch = self._name(site, head) or f"pull-{number}"
        pull = recall_pull(self.sandbox.world, site, PullRecord(number, title, opener, branch, head, landed))
        self._trust(site, author, str(recording.get("comment", "author_association")))
        account = self.sandbox.world.person(author).account
        body = str(recording.get("comment", "body"))
        recall_comment(self.sandbox.world, pull, int(recording.get("comment", "id")), account, body)

    def _trust(self, site: Site, login: str, association: str) -> None:
        role = _TRUSTED.get(association, "read")
        self.sandbox.role(site.full_name, login, role)  # type: ignore[arg-type]  # every value is a role

    @staticmethod
    def _name(site: Site, head: str) -> str:
        """Return the branch that stands at a commit, empty if none does."""
        found = [ref for ref, commit in site.store.refs.items() if commit == head and ref.startswith("refs/heads/")]
        return found[0].removeprefix("refs/heads/") if found else ""

    def _find_landed(self, site: Site, number: int) -> str | None:
        """Return the commit of the default branch that a pull request became, by what the messages say."""
        tip = site.store.tip(site.branch) or ""
        for commit in self.clone.log(None, tip):
            landed = read_landed(commit.subject, commit.body, commit=commit.hash, date=commit.date)
            if landed and landed.number == number:
                return commit.hash
        return None

    def _recall_pull(self, site: Site, recording: Recording) -> Pull:
        number, pull = int(recording.get("number") or recording.get("pull_request", "number")), "pull_request"
        head, branch = str(recording.get(pull, "head", "sha")), str(recording.get(pull, "head", "ref"))
        self._take(site, head, f"refs/pull/{number}/head")
        landed = recording.get(pull, "merge_commit_sha") if recording.get(pull, "merged") else None
        if landed and site.store.commit(str(landed)) is None:
            self._take(site, str(landed), f"refs/heads/replayed-{landed[:12]}")
        base, author = str(recording.get(pull, "base", "ref")), str(recording.get(pull, "user", "login") or "ghost")
        if not (BRANCH.fullmatch(branch) and LOGIN.fullmatch(author)):
            raise Unreadable("the delivery names no branch and author of its pull request")
        title, body = str(recording.get(pull, "title") or ""), str(recording.get(pull, "body") or "")
        record = PullRecord(number, title, author, branch, head, landed, body, base)
        return recall_pull(self.sandbox.world, site, record)
