"""`discharge run --push`: the pull request that the App would open, from an operator's own machine and as that person.

The commit is made through GitHub, so that it is signed there, and the local branches stay as they are. Receipts say
`origin: terminal`, because nobody but the operator saw the legs run.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from github.Auth import Token

from app.bot.hand import Hand
from app.effect import OpenPull, WriteBranch
from app.github import Refused
from app.hub.client import Client
from app.hub.wire import Busy, Terms, Wire
from app.plan import under
from app.proposal import land, propose
from app.run import finish
from app.scene import demand_room, settle
from app.shell import Written, carry_out
from app.web.settings import read_github
from app.web.value import Mistake
from app.workspace import open_workspace
from contracts.error import Complaint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.account import Account
    from app.effect import Effect, Plan
    from app.run import Outcome
    from app.scene import RunRequest, Scene
    from app.shell import Watch
    from app.workspace import Workspace
    from runners.engine.model import Engine

_TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")
_CLOUD = ".ghe.com"
_SAYS = "here receipts of origin terminal do not count: evidence.accept does not name terminal"


def push(request: RunRequest, environment: Mapping[str, str], watch: Watch) -> Outcome:
    """Run a smoke, judge it, and open or bring up to date the pull request of the discharge on GitHub.

    Args:
        request: what was asked.
        environment: where `GITHUB_TOKEN` or `GH_TOKEN` is a person's token that may write contents and pull requests.
        watch: is told, in one line, what happens now.

    Raises:
        Complaint: see `app.run.run`; or there is no token, no GitHub, or the clone is not as GitHub is.
    """
    demand_room(request.keep)
    workspace = open_workspace(request.folder, branch=request.branch)
    url = workspace.repository.url()
    wire = Wire(Terms(find_api(url)), Token(_find_token(environment)))
    with closing(wire):
        try:
            return _Desk(Client(wire, workspace.repository.name(), 0), workspace, request, watch).run(url)
        except (Refused, Busy) as error:
            raise Complaint(str(error), mend="Nothing else was done; the same command goes on from there") from error


def _find_token(environment: Mapping[str, str]) -> str:
    found = next((value for name in _TOKENS if (value := environment.get(name, "").strip())), "")
    if not found:
        raise Complaint("there is no token to push with", mend="Set GITHUB_TOKEN to one that may write here")
    return found


def find_api(url: str) -> str:
    """Return GitHub's REST interface for the address of a repository, `https://HOST/OWNER/NAME`.

    Raises:
        Complaint: it is no such address, or a token would go there without encryption.
    """
    parts = urlsplit(url)
    if len(parts.path.strip("/").split("/")) != 2:  # noqa: PLR2004 - owner and name
        raise Complaint("the remote origin is no repository on GitHub", mend="git remote set-url origin https://…")
    if parts.hostname in {"github.com", "www.github.com"}:
        return "https://api.github.com"
    cloud = (parts.hostname or "").endswith(_CLOUD)
    try:
        return read_github(f"https://api.{parts.netloc}" if cloud else f"{parts.scheme}://{parts.netloc}/api/v3")
    except Mistake as mistake:
        raise Complaint(f"the address of the remote origin {mistake}") from None


@dataclass
class _Desk:
    """One run whose discharge goes to GitHub. *said* is what GitHub told of the pull request."""

    github: Client
    workspace: Workspace
    request: RunRequest
    watch: Watch
    numbers: dict[str, int] = field(default_factory=dict)
    """Branch → number of its open pull request, whoever opened it."""

    def run(self, url: str) -> Outcome:
        """Gather, run, judge, carry out."""
        self._demand_same()
        scene = settle(self.workspace, self.request, self._heads())
        outcome = finish(scene, self.watch, lambda plan: self._carry_out(scene, plan))
        opened = next((effect for effect in outcome.written.plan if isinstance(effect, OpenPull)), None)
        if opened is None or self.request.dry_run:
            return outcome
        accepted = self.workspace.configured.config.evidence.accept
        remark = "" if "terminal" in accepted else _SAYS
        return replace(outcome, pull=f"{url}/pull/{self.numbers[opened.branch]}", remark=remark)

    def _demand_same(self) -> None:
        """Refuse to work on another default branch than GitHub's: the commit would have no parent there."""
        there, here = self.github.survey(), self.workspace
        if (there.branch, there.head) != (here.branch, here.commit):
            mend = f"Bring {here.branch} up to date: git pull, and git push for what only this clone has"
            stands = f"{there.branch} at {there.head[:12]}, and here {here.branch} is at {here.commit[:12]}"
            raise Complaint(f"on GitHub the default branch is {stands}", mend=mend)

    def _heads(self) -> dict[str, str]:
        """Return branch → head of the open discharges, whoever opened them."""
        heads = {}
        route, name = "/repos/{repository}/pulls?state=open&per_page=100", self.github.repository
        for page in self.github.wire.pages(route, repository=name):
            for pull in page:
                head = pull["head"]
                if head["ref"].startswith("discharge/") and (head["repo"] or {}).get("full_name") == name:
                    heads[head["ref"]] = head["sha"]
                    self.numbers[head["ref"]] = pull["number"]
        return {branch: self._demand_here(branch, head) for branch, head in heads.items()}

    def _demand_here(self, branch: str, head: str) -> str:
        names = (contract.name for contract in self.workspace.contracts)
        if any(branch.startswith(under(name)) for name in names):
            try:
                self.workspace.repository.commit(head)
            except Complaint as error:
                mend = f"git fetch origin {branch}"
                raise Complaint(f"{branch} stands at {head[:12]}, which this clone does not have", mend=mend) from error
        return head

    def _carry_out(self, scene: Scene, plan: Plan) -> Written:
        whole = tuple(effect for one in plan for effect in self._complete(scene, one))
        written = carry_out(scene.workspace.repository, whole, dry_run=True)
        if self.request.dry_run:
            return written
        hand = Hand(
            self.github, cast("Engine", None), cast("Account", None), lambda _: None
        )  # these effects start no run
        commits = []
        for effect in whole:
            self.watch("writing to GitHub")
            hand.carry_out((effect,))
            if isinstance(effect, WriteBranch):
                commits.append((effect.branch, hand.tip(effect.branch)))
        self.numbers |= hand.pulls
        return replace(written, commits=tuple(commits))

    def _complete(self, scene: Scene, effect: Effect) -> tuple[Effect, ...]:
        """Return an effect with the pull request of the branch that it writes."""
        if not isinstance(effect, WriteBranch):
            return (effect,)
        repository, config = scene.workspace.repository, scene.workspace.configured.config.pull_requests
        before = repository.log(scene.workspace.commit, effect.tip) if effect.tip else ()
        title, body = propose([*(commit.message for commit in before), effect.message])
        number = self.numbers.get(effect.branch)
        opened = OpenPull(effect.branch, scene.workspace.branch, title, body, () if number else config.labels, number)
        return (effect, *land(opened, config.auto_merge))
