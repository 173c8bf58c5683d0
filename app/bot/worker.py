"""One delivery from its bytes to its effects: read, gather, decide, carry out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, assert_never

import structlog

from app.bot.arrival import measure
from app.bot.finish import finish
from app.bot.hand import Hand
from app.bot.inspection import NAME
from app.bot.press import press
from app.bot.progress import follow
from app.bot.reply import acknowledge, reply
from app.bot.review import recheck, review
from app.bot.ripeness import ripen
from app.bot.site import Site
from app.bot.sweep import sweep
from app.bot.upkeep import amend_pushed, follow_merge, follow_push
from app.effect import WriteCheck, describe
from app.github import Moved, Refused
from app.hook import event as events
from app.hook.payload import read
from app.hub.answer import Denied
from app.hub.partial import Broken, Unreachable
from app.hub.wire import Busy
from app.note import read as read_note
from app.queue.delivery import Hopeless, Later
from contracts.error import Unreadable
from runners.engine.model import Away

if TYPE_CHECKING:
    from app.bot.house import House
    from app.effect import Effect, Plan
    from app.github import GitHub
    from app.hook.event import Event
    from app.queue.delivery import Delivery

_TRIES = 3
"""How often one delivery is decided anew because a branch moved under it."""
_ABSENT = 404
_CLOSED = ("has been suspended", "not accessible to the parent installation")
"""What GitHub says instead of a token: to a suspended installation, about a repository that left it."""
_SURE = 3
"""The attempt at which a comment that GitHub does not find counts as deleted."""
_Followed = (
    events.Merged
    | events.PullChanged
    | events.GroupAsked
    | events.Pushed
    | events.CheckAsked
    | events.SuiteAsked
    | events.Swept
)
_log = structlog.stdlib.get_logger("worker")


def _is_absent(refused: Refused) -> bool:
    """Return whether GitHub says that something is not there: 404, or GraphQL's word for it."""
    return refused.status == _ABSENT or (isinstance(refused, Denied) and set(refused.kinds) == {"NOT_FOUND"})


class _Withdrawn(Refused):
    """GitHub does not find the comment: somebody deleted it, or it is too new."""


class Worker:
    """Handles deliveries. Handling one twice equals once; two processes may handle one at the same time."""

    def __init__(self, house: House) -> None:
        """Keep what the process works with."""
        self._house = house

    async def handle(self, delivery: Delivery, attempt: int) -> None:
        """Handle one delivery, in a thread of its own: git and GitHub block."""
        await asyncio.to_thread(self.work, delivery, attempt)

    def work(self, delivery: Delivery, attempt: int = 1) -> None:
        """Handle one delivery; *attempt* counts how often that was begun.

        Raises:
            Refused: GitHub refuses for good.
            Complaint: nobody is there to be told what is wrong.
            Later: git, GitHub or the machines cannot be reached now.
            Hopeless: it cannot be read.
        """
        try:
            event = read(delivery.event, delivery.id, delivery.body, app=self._house.app)
        except Unreadable as unreadable:
            raise Hopeless(str(unreadable)) from None
        try:
            self._try(event, attempt)
        except Busy as busy:
            raise Later(str(busy), busy.wait) from busy
        except Away as away:
            raise Later(str(away)) from away
        except Broken:
            raise  # here, on this disk: no outage that passes by itself
        except Unreachable as away:
            raise Later(str(away)) from away

    def _try(self, event: Event, attempt: int) -> None:
        try:
            self._insist(event)
        except Refused as refused:
            if not self._is_dropped(event, refused, attempt):
                raise
            _log.warning("dropped: the app may not act there, or what the delivery is about is gone", why=refused.said)
            if isinstance(event, events.Finished):
                self._house.engine.forget(event.run)  # so that a sweep ends its check, should the repository come back

    def _is_dropped(self, event: Event, refused: Refused, attempt: int) -> bool:
        """Return whether a refusal says that nobody waits for this: the comment, or all of the repository, is gone.

        GitHub also answers 404 for a moment about what was just made, and git for more reasons than that: neither
        must end a delivery.
        """
        if any(words in refused.said for words in _CLOSED):
            return not isinstance(event, events.Finished)  # a result waits, parked, for the App to be let in again
        if isinstance(refused, _Withdrawn):
            return attempt >= _SURE
        if refused.status != _ABSENT:
            return False
        try:
            with self._house.connect(event.installation, event.repository) as github:
                github.survey()
        except Refused as confirmed:
            return _is_absent(confirmed)
        return False

    def _insist(self, event: Event) -> None:
        """Act, and decide anew where a branch moved meanwhile.

        Raises:
            Moved: it keeps moving.
        """
        for last in (False,) * (_TRIES - 1) + (True,):
            try:
                self._act(event)
            except Moved as moved:
                if last:
                    raise
                _log.info("decided anew", why=moved.said)
            else:
                return

    def _act(self, event: Event) -> None:
        """Gather, decide, carry out; every case opens the repository as it stands now."""
        match event:
            case events.Ignored():
                _log.info("ignored", action=event.action, why=event.reason)
            case events.Installed():
                _log.info("installed", repositories=len(event.repositories))
            case events.Removed():
                for name in event.repositories:
                    self._house.mirror(event.installation, name).drop()
            case events.Commented():
                self._answer(event)
            case events.Finished():
                self._finish(event)
            case events.Stirred():
                self._stir(event)
            case events.JobMoved():
                self._house.nudge(event.workflow, event.labels)
            case _:
                self._follow(event)

    def _answer(self, event: events.Commented) -> None:
        """Answer a comment; the reaction comes before anything that takes time."""
        seen = acknowledge(event)
        if not seen:
            return
        with self._house.connect(event.installation, event.repository) as github:
            try:
                self._hand(github).carry_out(seen)
            except Refused as refused:
                if refused.status != _ABSENT or event.comment in (s.id for s in github.survey(event.number).said):
                    raise
                raise _Withdrawn(refused.status, refused.said) from refused
            site = self._open(github, event, number=event.number, pulls=(event.number,))
            self._carry_out(site, reply(site, event, github.role(event.author)))

    def _finish(self, event: events.Finished) -> None:
        try:
            note = read_note(self._house.engine.note(event.run))
        except Unreadable as gone:  # forgetting a run is the last thing that is done about it
            _log.info("nothing is left to do", run=event.run, why=gone.what)
            return
        with self._house.connect(note.installation, note.repository) as github:
            site = self._open(github, event, number=note.number or None, commits=(note.commit,))
            self._carry_out(site, finish(site, event.run))

    def _stir(self, event: events.Stirred) -> None:
        """Have people told how it stands with a run."""
        try:
            note = read_note(self._house.engine.note(event.run))
        except Unreadable as gone:
            _log.info("nothing is left to tell", run=event.run, why=gone.what)
            return
        with self._house.connect(note.installation, note.repository) as github:
            site = self._open(github, event, number=note.number or None, commits=(note.commit,))
            self._carry_out(site, follow(site, event.run))

    def _follow(self, event: _Followed) -> None:
        with self._house.connect(event.installation, event.repository) as github:
            self._carry_out(*self._decide(github, event))

    def _decide(self, github: GitHub, event: _Followed) -> tuple[Site, Plan]:  # noqa: PLR0911 - one way for every event
        match event:
            case events.Merged():
                site = self._open(github, event, pulls=(event.number,))
                if not site.repository.holds((event.commit,)):  # the webhook was faster than GitHub's git
                    site = self._open(github, event)
                there, runs = measure(site, event)
                return there, (*runs, *follow_merge(site, event))
            case events.Pushed():
                site = self._open(github, event)
                return site, (*follow_push(site), *amend_pushed(site, event))
            case events.PullChanged():
                site = self._open(github, event, commits=(event.head,), pulls=(event.number,))
                reviewed = review(site, event.head, f"refs/heads/{event.base}", number=event.number)
                return site, ripen(site, event, reviewed)
            case events.GroupAsked():
                site = self._open(github, event, commits=(event.head,))
                return site, review(site, event.head, event.base_sha)
            case events.CheckAsked() if event.name != NAME:
                return press(self._open(github, event, commits=(event.head,)), event)
            case events.CheckAsked() | events.SuiteAsked():
                return self._recheck(github, event)
            case events.Swept():
                return sweep(self._open(github, event))
        assert_never(event)

    def _recheck(self, github: GitHub, event: events.CheckAsked | events.SuiteAsked) -> tuple[Site, Plan]:
        """Write the check anew; the head of a fork's pull request is not among the branches, and is brought."""
        site = self._open(github, event, commits=(event.head,))
        pulls = tuple(pull.number for pull in site.survey.open if pull.head == event.head)
        if not site.repository.holds((event.head,)):
            site = self._open(github, event, commits=(event.head,), pulls=pulls)
        return site, recheck(site, event.head, event.button if isinstance(event, events.CheckAsked) else "")

    def _open(
        self,
        github: GitHub,
        event: Event,
        *,
        number: int | None = None,
        commits: tuple[str, ...] = (),
        pulls: tuple[int, ...] = (),
    ) -> Site:
        """Return the repository as it stands now; its mirror is brought up to date."""
        house = self._house
        repository = house.mirror(event.installation, github.repository).fetch(pulls)
        return Site(
            event.installation,
            github,
            repository,
            house.engine,
            house.account,
            house.key,
            house.seal,
            house.own,
            number,
            commits,
            house.engines,
            house.listed,
            house.confinement,
        )

    def _carry_out(self, site: Site, plan: Plan) -> None:
        """Carry a plan out; GitHub is asked about check runs only where one is written."""
        hand = self._hand(site.github)
        if any(isinstance(effect, WriteCheck) for effect in plan):
            hand.checks |= {check.key: check.id for check in sorted(site.survey.checks, key=lambda check: check.id)}
        hand.carry_out(plan)

    def _hand(self, github: GitHub) -> Hand:
        return Hand(github, self._house.engine, self._house.account, self._watch)

    def _watch(self, effect: Effect) -> None:
        _log.info("effect", does=describe(effect))
        self._house.watch(effect)
