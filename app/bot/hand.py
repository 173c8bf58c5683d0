"""Carrying a plan out on GitHub and on the engine, one effect after the other; the only place where that happens."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from app.bot.suggestion import introduce, sift
from app.effect import (
    PULL,
    CancelSmoke,
    DeleteBranch,
    ForgetSmoke,
    HoldMerge,
    MergeWhenGreen,
    OpenPull,
    React,
    Refuse,
    StartSmoke,
    WriteBranch,
    WriteCheck,
    WriteComment,
    WriteRelease,
    WriteReview,
    WriteTag,
    describe,
)
from app.github import Moved, Refused, ReviewDraft
from runners.engine.model import Away
from spec.escape import inline

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

    from app.account import Account
    from app.effect import Effect, Plan
    from app.github import CheckDraft, GitHub
    from runners.engine.model import Engine

_TAKEN_AMISS = (403, 422)
"""How GitHub refuses what the app may not do here, or what breaks a rule of the repository."""


@dataclass
class Hand:
    """What carries plans out; it remembers what this delivery made, so that a later effect can name it.

    *watch* is told every effect after it happened.
    """

    github: GitHub
    engine: Engine
    account: Account
    watch: Callable[[Effect], None]
    pulls: dict[str, int] = field(default_factory=dict)
    """Branch → number of its open pull request."""
    checks: dict[str, int] = field(default_factory=dict)
    """Key → id of our check runs that stand."""
    _comments: dict[tuple[int, str], int] = field(default_factory=dict)
    _tips: dict[str, str] = field(default_factory=dict)
    _guarded: set[str] = field(default_factory=set)
    """Tags that GitHub did not take."""
    _landing: str = ""
    """What GitHub says of the merge that this plan arranged."""

    def carry_out(self, plan: Plan) -> None:
        """Carry every effect out, in order; after a crash the whole plan may be carried out again.

        Raises:
            Refused, Moved: see `app.github`; the effects before have happened.
        """
        for effect in plan:
            self.watch(self._do(effect) or effect)

    def tip(self, branch: str) -> str:
        """Return the commit that a branch was written to."""
        return self._tips[branch]

    def _do(self, effect: Effect) -> Refuse | None:  # noqa: C901, PLR0912 - one case for every effect there is
        """Carry one effect out; what is returned was done in its place."""
        match effect:
            case React():
                self.github.react(effect.comment, effect.reaction)
            case WriteComment():
                self._comment(effect)
            case WriteCheck():
                self._check(effect.draft)
            case WriteReview():
                return self._review(effect)
            case StartSmoke():
                self._start(effect)
            case CancelSmoke():
                with suppress(Away):  # the run is gone for good, and a later tick ends what works on it
                    self.engine.cancel(effect.run)
            case ForgetSmoke():
                self._forget(effect.run)
            case WriteBranch():
                self._commit(effect)
            case OpenPull():
                self._open(effect)
            case MergeWhenGreen():
                self._merge(effect)
            case HoldMerge():
                self.github.hold_merge(effect.number)
            case DeleteBranch():
                self.github.delete_branch(effect.branch)
            case WriteTag() | WriteRelease():
                return self._publish(effect)
            case Refuse():
                pass  # the plan that refuses says so in its comment and check
            case _ as never:
                assert_never(never)
        return None

    def _publish(self, effect: WriteTag | WriteRelease) -> Refuse | None:
        """Make a tag or a release; where GitHub does not take it, because a rule guards it, that is told and no more.

        Nobody waits for it, and asking again the same way cannot help.
        """
        tag = effect.name if isinstance(effect, WriteTag) else effect.draft.tag
        if tag in self._guarded:
            return Refuse(f"there is no release of {tag}, because its tag was refused")
        try:
            if isinstance(effect, WriteTag):
                self.github.write_tag(effect.name, effect.commit)
            else:
                self.github.write_release(effect.draft)
        except Moved:
            raise  # it is decided anew, and told then
        except Refused as refused:
            if refused.status not in _TAKEN_AMISS:
                raise
            self._guarded.add(tag)
            return Refuse(f"GitHub does not take {describe(effect)}: {refused.said}")
        return None

    def _check(self, draft: CheckDraft) -> None:
        summary = self._name(draft.summary) + (f"\n- {self._landing}" if self._landing else "")
        named = replace(draft, summary=summary)
        self.checks[draft.key] = self.github.write_check(named, self.checks.get(draft.key))

    def _review(self, effect: WriteReview) -> Refuse | None:
        """Say about lines what is not said yet; the check says it all anyway, so that a refusal ends nothing."""
        standing = self.github.threads(effect.number)
        fresh = sift(effect.remarks, standing.threads) if standing.head == effect.head else ()
        if not fresh:
            return None
        try:
            self.github.write_review(ReviewDraft(effect.number, effect.head, introduce(len(fresh)), fresh))
        except Refused as refused:
            if refused.status not in _TAKEN_AMISS:
                raise
            return Refuse(f"GitHub does not take {describe(effect)}: {refused.said}")
        return None

    def _name(self, text: str) -> str:
        """Return a text with the numbers of the pull requests that it names by their branches."""

        def number(found: re.Match[str]) -> str:
            return f"#{self.pulls[found[1]]}" if found[1] in self.pulls else "the pull request"

        return PULL.sub(number, text)

    def _comment(self, effect: WriteComment) -> None:
        body = self._name(effect.body)
        key = effect.number, effect.key
        comment = effect.comment or self._comments.get(key)
        self._comments[key] = self.github.write_comment(effect.number, body, comment)

    def _start(self, effect: StartSmoke) -> None:
        """Start the run, unless the pull request's head moved since it was echoed: then do the plan's other half."""
        if effect.number is not None:
            pull = self.github.survey(effect.number).pull
            if pull is None or pull.head != effect.job.commit:
                self.carry_out(effect.otherwise)
                return
        self.account.reserve(self.github.repository, effect.job.run, effect.minutes)
        self.engine.start(effect.job)

    def _forget(self, run: str) -> None:
        """Settle what a run took, then forget it: in this order, so that nothing is lost in between."""
        self.account.settle(self.github.repository, run, self.engine.spent(run) / 60)
        self.engine.forget(run)

    def _commit(self, effect: WriteBranch) -> None:
        files = dict(effect.files)
        tip = self.github.write_branch(effect.branch, effect.parent, files, effect.message, tip=effect.tip)
        self._tips[effect.branch] = tip

    def _open(self, effect: OpenPull) -> None:
        if effect.pull is None or effect.labels:
            number = self.github.open_pull(effect.branch, effect.base, effect.title, effect.body, effect.labels)
        else:
            number = effect.pull
        if effect.pull is not None:
            self.github.write_pull(number, effect.title, effect.body)
        self.pulls[effect.branch] = number

    def _merge(self, effect: MergeWhenGreen) -> None:
        """Name the pull request in the headline, as GitHub does by itself: by that it is found among what landed."""
        number, head = effect.number or self.pulls[effect.branch], effect.head or self._tips[effect.branch]
        headline = f"{effect.title} (#{number})"
        said = self.github.merge_when_green(number, head, effect.method, headline, effect.body)
        self._landing = f"#{number}: {inline(said)}"
