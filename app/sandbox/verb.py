"""What people do in a story: each verb changes the state and sends the webhooks that GitHub would send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sandbox.act.branch import Move, commit, edit, move
from app.sandbox.act.check import create_check, press, rerequest_check, rerequest_suite
from app.sandbox.act.comment import comment, delete_comment, edit_comment, open_issue
from app.sandbox.act.event import close
from app.sandbox.act.merge import Merging, disable_auto_merge, enable_auto_merge, merge
from app.sandbox.act.pull import PullDraft, add_labels, edit_pull, open_pull, remove_label, set_draft
from app.sandbox.act.queue import dequeue, enqueue
from app.sandbox.act.release import break_off, create_release, tag
from app.sandbox.act.review import resolve
from app.sandbox.act.work import dispatch
from app.sandbox.act.workflow import find_workflows
from app.sandbox.model import Actor
from app.sandbox.setting import PERSON, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.sandbox.model import Issue, Method, Pull, Repository


class Verb(Setting):
    """What people do."""

    def _pull(self, name: str, number: int) -> Pull:
        return self.world.pull(self.world.repository(name), number)

    def _issue(self, name: str, number: int) -> Issue:
        return self.world.issue(self.world.repository(name), number)

    def push(
        self,
        name: str,
        branch: str,
        files: Mapping[str, str | bytes | None],
        message: str = "A change\n",
        *,
        by: str = PERSON,
    ) -> str:
        """Push one commit (None deletes a file) to a branch, a new one from the default's head; the commit."""
        with self.world.lock:
            repository, actor = self.world.repository(name), self.world.person(by)
            tip = repository.store.tip(branch)
            sha = commit(self.world, actor, repository, tip or self._head(repository), (message, edit(files)))
            move(self.world, actor, repository, Move(f"refs/heads/{branch}", sha, tip))
            return sha

    @staticmethod
    def _head(repository: Repository) -> str:
        head = repository.store.tip(repository.branch)
        assert head is not None
        return head

    def force_push(
        self,
        name: str,
        branch: str,
        files: Mapping[str, str | bytes | None],
        *,
        parent: str | None = None,
        by: str = PERSON,
    ) -> str:
        """Replace what a branch holds by one commit on *parent* (None: the default branch's head); the commit."""
        with self.world.lock:
            repository, actor = self.world.repository(name), self.world.person(by)
            draft = ("Another change\n", edit(files))
            sha = commit(self.world, actor, repository, parent or self._head(repository), draft)
            move(self.world, actor, repository, Move(f"refs/heads/{branch}", sha, repository.store.tip(branch)))
            return sha

    def delete_branch(self, name: str, branch: str, *, by: str = PERSON) -> None:
        """Delete a branch."""
        with self.world.lock:
            repository = self.world.repository(name)
            tip = repository.store.tip(branch)
            move(self.world, self.world.person(by), repository, Move(f"refs/heads/{branch}", None, tip))

    def tag(self, name: str, tag_: str, sha: str, *, message: str = "", by: str = PERSON) -> None:
        """Put a tag on a commit; with a message it is an object of its own."""
        with self.world.lock:
            tag(self.world, self.world.person(by), self.world.repository(name), tag_, (sha, message))

    def publish(self, name: str, tag_: str, title: str, *, by: str = PERSON) -> int:
        """Publish a release of a tag; its id."""
        with self.world.lock:
            wish = {"tag_name": tag_, "name": title}
            return create_release(self.world, self.world.person(by), self.world.repository(name), wish).id

    def break_off(self, name: str, release: int, asset: str, *, by: str = PERSON) -> None:
        """Let an upload to a release (its id) break off: what is left takes the name of the file."""
        with self.world.lock:
            found = self.world.repository(name).releases[release]
            break_off(self.world, self.world.person(by), found, asset)

    def open_pull(  # noqa: PLR0913 - a verb reads like a sentence
        self,
        name: str,
        branch: str,
        title: str = "A change",
        body: str = "",
        *,
        files: Mapping[str, str | bytes | None] | None = None,
        base: str = "",
        draft: bool = False,
        by: str = PERSON,
        fork: str = "",
    ) -> int:
        """Open a pull request; its number. With *files* one commit is pushed before; *fork* is the source."""
        with self.world.lock:
            repository = self.world.repository(name)
            source = self.world.repository(fork) if fork else None
            if files is not None:
                self.push(fork or name, branch, files, f"{title}\n", by=by)
            wish = PullDraft(title, body, branch, base or repository.branch, draft, source)
            return open_pull(self.world, self.world.person(by), repository, wish).number

    def edit_pull(self, name: str, number: int, *, by: str = PERSON, **changes: str) -> None:
        """Change title, body, base or state of a pull request."""
        with self.world.lock:
            edit_pull(self.world, self.world.person(by), self._pull(name, number), changes)

    def set_draft(self, name: str, number: int, *, draft: bool, by: str = PERSON) -> None:
        """Make a pull request a draft, or ready for review."""
        with self.world.lock:
            set_draft(self.world, self.world.person(by), self._pull(name, number), draft=draft)

    def merge(self, name: str, number: int, method: Method = "squash", *, by: str = PERSON) -> str:
        """Merge a pull request; the commit it became."""
        with self.world.lock:
            return merge(self.world, self.world.person(by), self._pull(name, number), Merging(method))

    def auto_merge(self, name: str, number: int, method: Method = "squash", *, by: str = PERSON) -> None:
        """Have a pull request merged once it can be."""
        with self.world.lock:
            enable_auto_merge(self.world, self.world.person(by), self._pull(name, number), Merging(method))

    def stop_auto_merge(self, name: str, number: int, *, by: str = PERSON) -> None:
        """Have a pull request wait for a person again."""
        with self.world.lock:
            disable_auto_merge(self.world, self.world.person(by), self._pull(name, number))

    def close(self, name: str, number: int, *, by: str = PERSON) -> None:
        """Close a pull request without merging it."""
        with self.world.lock:
            close(self.world, self.world.person(by), self._pull(name, number))

    def reopen(self, name: str, number: int, *, by: str = PERSON) -> None:
        """Open a closed pull request again."""
        self.edit_pull(name, number, by=by, state="open")

    def label(self, name: str, number: int, label: str, *, by: str = PERSON) -> None:
        """Put a label on a pull request."""
        with self.world.lock:
            add_labels(self.world, self.world.person(by), self._issue(name, number), [label])

    def unlabel(self, name: str, number: int, label: str, *, by: str = PERSON) -> None:
        """Take a label off a pull request."""
        with self.world.lock:
            remove_label(self.world, self.world.person(by), self._issue(name, number), label)

    def open_issue(self, name: str, title: str, body: str = "", *, by: str = PERSON) -> int:
        """Open an issue that is no pull request; its number."""
        with self.world.lock:
            return open_issue(self.world, self.world.person(by), self.world.repository(name), title, body).number

    def comment(self, name: str, number: int, body: str, *, by: str = PERSON) -> int:
        """Comment on a pull request or an issue; the comment's id."""
        with self.world.lock:
            return comment(self.world, self.world.person(by), self._issue(name, number), body).id

    def edit_comment(self, name: str, number: int, body: str, *, by: str = PERSON) -> None:
        """Change what a comment says; *number* is its id."""
        with self.world.lock:
            edit_comment(self.world, self.world.person(by), self.world.repository(name).comments[number], body)

    def delete_comment(self, name: str, number: int, *, by: str = PERSON) -> None:
        """Delete a comment; *number* is its id."""
        with self.world.lock:
            delete_comment(self.world, self.world.person(by), self.world.repository(name).comments[number])

    def resolve(self, name: str, number: int, path: str, line: int) -> None:
        """Resolve what is said about a line of a pull request, as it stands now."""
        with self.world.lock:
            comments = [comment for review in self._pull(name, number).reviews for comment in review.comments]
            for comment in comments:
                if (comment.path, comment.now) == (path, line):
                    resolve(comment)

    def queue(self, name: str, number: int, *, by: str = PERSON) -> None:
        """Put a pull request into the merge queue."""
        with self.world.lock:
            enqueue(self.world, self.world.person(by), self._pull(name, number))

    def dequeue(self, name: str, number: int, *, by: str = PERSON) -> None:
        """Take a pull request out of the merge queue."""
        with self.world.lock:
            pull = self._pull(name, number)
            entry = next(each for each in pull.repository.queue if each.pull is pull)
            dequeue(self.world, self.world.person(by), entry)

    def dispatch(self, name: str, file: str, inputs: Mapping[str, str], *, by: str = PERSON) -> int:
        """Start a workflow, by the name of its file, on the default branch; the run's id."""
        with self.world.lock:
            repository = self.world.repository(name)
            known = find_workflows(self.world, repository)
            workflow = next(each for each in known if each.path.rpartition("/")[2] == file)
            wish = {"ref": repository.branch, "inputs": dict(inputs)}
            return dispatch(self.world, self.world.person(by), repository, workflow, wish).id

    def check(self, name: str, sha: str, check: str, conclusion: str = "success", *, app: str) -> int:
        """Have an installed app write a completed check run at a commit; the run's id."""
        with self.world.lock:
            repository = self.world.repository(name)
            mine = next(each for each in self.world.covering(repository) if each.app.slug == app)
            wish = {"name": check, "head_sha": sha, "status": "completed", "conclusion": conclusion}
            return create_check(self.world, Actor(mine.app.bot, mine), repository, wish).id

    def press(self, name: str, check: int, identifier: str, *, by: str = PERSON) -> None:
        """Press a button of a check run."""
        with self.world.lock:
            press(self.world, self.world.person(by), self.world.repository(name).checks[check], identifier)

    def rerequest(self, name: str, check: int, *, by: str = PERSON) -> None:
        """Ask for a check run again."""
        with self.world.lock:
            rerequest_check(self.world, self.world.person(by), self.world.repository(name).checks[check])

    def rerequest_suite(self, name: str, suite: int, *, by: str = PERSON) -> None:
        """Ask for a whole check suite again."""
        with self.world.lock:
            rerequest_suite(self.world, self.world.person(by), self.world.repository(name).suites[suite])
