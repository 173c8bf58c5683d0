"""What a comment comes to: each of its commands is looked into, and the plan tells all of them in one comment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from app.amendment import find_spec
from app.bot.explanation import explain, preview, show_plan, show_status
from app.bot.identity import name_run
from app.bot.launch import MOST, Asked, list_drafted
from app.bot.launch import decide as decide_launch
from app.bot.launch import gather as gather_launch
from app.bot.notice import draft_check, enter, is_open, stop
from app.bot.outcome import decide as decide_outcome
from app.bot.outcome import gather as gather_outcome
from app.bot.refresh import find_open, refresh
from app.bot.step import Step, join
from app.bot.sticky import Entry
from app.comment import command as grammar
from app.comment.command import Command, Mistake, tell
from app.comment.grammar import FORMS
from app.comment.manual import help_text
from app.effect import CancelSmoke, OpenPull, React, StartSmoke, WriteCheck, name_pull
from app.wish import Wishes
from contracts.error import Complaint
from contracts.model import FalsifierId
from evidence.quote import code
from spec.escape import inline

if TYPE_CHECKING:
    from app.bot.identity import Identity
    from app.bot.launch import Launch
    from app.bot.site import Site
    from app.comment.grammar import Power
    from app.effect import Effect, Plan, WriteComment
    from app.github import Conclusion, Pull, Role
    from app.hook.event import Commented
    from app.schema import SpecConfig
    from runners.bundle import Bundle
    from runners.job import Job

RANK: tuple[Role, ...] = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass(frozen=True, slots=True)
class Errand:
    """One command of a comment: who asks for it, with which role, and what its run will be called.

    *told* is the command as it stands in the status comment, *steps* what the commands before it come to.
    """

    site: Site
    event: Commented
    role: Role
    command: Command
    run: str
    told: str
    steps: tuple[Step, ...]


def acknowledge(event: Commented) -> Plan:
    """Return the reaction that says that a command was seen, before anything is looked into."""
    return (React(event.comment, "eyes"),) if grammar.read(event.body) else ()


def reply(site: Site, event: Commented, role: Role) -> Plan:
    """Return what the commands of a comment come to: one status comment tells all of them."""
    named = [(name_run(site.github.repository, event.delivery, n), c) for n, c in enumerate(grammar.read(event.body))]
    steps: list[Step] = []
    for run, command in named:
        if not _has_ended(site, run):
            steps.append(_look(site, event, role, command, run, tuple(steps)))
    if not steps:
        return ()
    last = {step.amends: step for step in steps if step.amends}
    before = [effect for step in steps if last.get(step.amends, step) is step for effect in step.before]
    after = [effect for step in steps for effect in step.after]
    steps = [_agree(step, last[step.amends]) if step.amends else step for step in steps]
    told = site.tell([entry for step in steps for entry in step.entries])
    moved = site.tell([entry for step in steps for entry in step.moved or step.entries])
    return (*before, told, *(_add(effect, moved) for effect in after))


def _agree(step: Step, last: Step) -> Step:
    """Let commands about one spec tell the same: only what the last of them comes to is carried out."""
    return replace(step, entries=tuple(replace(entry, lines=last.entries[-1].lines) for entry in step.entries))


def _has_ended(site: Site, run: str) -> bool:
    """Return whether a run of this name ended, and its end was told: this comment is handled again, the run is not."""
    check = site.check(run)
    return check is not None and bool(check.conclusion) and not is_open(site.find_told(run))


def _add(effect: Effect, moved: WriteComment) -> Effect:
    """Let a run that cannot start after all say so in the status comment, too."""
    if isinstance(effect, StartSmoke) and effect.otherwise:
        return replace(effect, otherwise=(*effect.otherwise, moved))
    return effect


def _look(  # noqa: PLR0913, PLR0917 - an errand and nothing else
    site: Site, event: Commented, role: Role, command: Command | Mistake, run: str, steps: tuple[Step, ...]
) -> Step:
    """Look into one command; whatever cannot be done is told in its entry."""
    if isinstance(command, Mistake):
        title = f"Line {command.line} of a comment by {inline(event.author)}"
        return _say(run, title, "not understood", [command.sentence, command.hint])
    told = f"{code(tell(command))} by {inline(event.author)}"
    try:
        barred = bar(site, FORMS[type(command).__name__.lower()].power, role)
        if barred:
            return _say(run, told, "refused", [f"- {inline(barred)}. Ask somebody who has it."])
        return _do(Errand(site, event, role, command, run, told, steps))
    except Complaint as complaint:
        return _say(run, told, "refused", [f"- {inline(str(complaint))}"])


def bar(site: Site, power: Power, role: Role, holder: str = "you have") -> str:
    """Return why a role is too small for what needs this power, empty if it is not; *holder* tells who has it."""
    wanted: Role = getattr(site.workspace.configured.config.commands, power) if power else "none"
    return f"this needs the role {wanted}, and {holder} {role}" if RANK.index(role) < RANK.index(wanted) else ""


def _do(errand: Errand) -> Step:  # noqa: PLR0911 - one way for every command
    site, command, run, told = errand.site, errand.command, errand.run, errand.told
    match command:
        case grammar.Discharge():
            return _discharge(errand, command)
        case grammar.Amend() | grammar.Ship() | grammar.Why():
            return _amend(errand, command)
        case grammar.Cancel():
            return _cancel(errand)
        case grammar.Retry():
            return _retry(errand)
        case grammar.Plan():
            launch = gather_launch(site, _ask(errand, grammar.Discharge(command.words)), errand.role)
            return _say(run, told, "plan", show_plan(site, launch))
        case grammar.Explain():
            return _say(run, told, "explained", explain(site, command.words))
        case grammar.Status():
            return _say(run, told, "status", show_status(site))
        case grammar.Help():
            roles = site.workspace.configured.config.commands.model_dump()
            return _say(run, told, "help", help_text(command.topic, roles).rstrip("\n").split("\n"))
    assert_never(command)


def _say(run: str, title: str, state: str, lines: list[str]) -> Step:
    return Step((), (Entry(run, title, state, tuple(lines), passing=True),))


def _ask(errand: Errand, command: grammar.Discharge) -> Asked:
    event = errand.event
    return Asked(
        errand.run,
        event.author,
        event.comment,
        tell(command),
        command.words,
        event.date,
        command.sha,
        command.repeat,
        list_drafted(join(errand.steps).after),
    )


def _discharge(errand: Errand, command: grammar.Discharge) -> Step:
    launch = gather_launch(errand.site, _ask(errand, command), errand.role)
    count = len(launch.identity.ids)
    if count > MOST:
        why = f"- {count} falsifiers in one command are more than {MOST}: this is the plan, and nothing runs."
        lines = [why, *show_plan(errand.site, launch), "", "Name them in several commands."]
        return _say(errand.run, errand.told, "plan", lines)
    return start(errand.site, launch)


def start(site: Site, launch: Launch) -> Step:
    """Return what starts a run, or its end where no leg has to run for it."""
    if launch.job is not None:
        site.repository.complete(launch.job.commit)
        return decide_launch(launch, launch.job, site.key)
    return conclude(site, launch.identity, None, None)


def conclude(site: Site, identity: Identity, job: Job | None, bundle: Bundle | None, barred: str = "") -> Step:
    """Return what a run comes to that ended: judged, and told; *barred* says why nothing may be discharged, if so."""
    ended = gather_outcome(site, identity, job, bundle, barred)
    config = site.workspace.configured.config.pull_requests
    return decide_outcome(ended, site.key, config, site.workspace.branch, site.survey.pulls)


def _retry(errand: Errand) -> Step:
    """Ask again for the newest run of this pull request that ended without holding.

    Raises:
        Complaint: there is none.
    """
    site = errand.site
    ended = [c for c in site.survey.checks if c.conclusion not in ("", "success")]
    runs = [found for c in sorted(ended, key=lambda c: c.id) if (found := site.identify(c))]
    mine = [identity for identity in runs if identity.number == site.pull.number and identity.run != errand.run]
    if not mine:
        raise Complaint("no run of this pull request ended without holding, so there is nothing to ask again")
    return _discharge(errand, _repeat(mine[-1]))


def _repeat(identity: Identity) -> grammar.Discharge:
    """Return the command of a run once more, with its options; of one that nobody typed, what it was about."""
    asked = next(iter(grammar.read(identity.command)), None)
    words = tuple(f"{identity.contract}/{FalsifierId(id_).short}" for id_ in identity.ids)
    return asked if isinstance(asked, grammar.Discharge) else grammar.Discharge(words)


def _cancel(errand: Errand) -> Step:
    """Stop every run of this pull request that did not end yet.

    Its check is written last: as long as that is open, a comment that is handled again finds the run.
    """
    site = errand.site
    open_ = [found for c in site.survey.checks if not c.conclusion and (found := site.identify(c))]
    mine = [identity for identity in open_ if identity.number == site.pull.number]
    told = bool(site.find_told(errand.run))
    if not mine and told:
        return Step((), ())
    if not mine:
        return _say(errand.run, errand.told, "nothing to do", ["- Nothing runs or waits for this pull request."])
    stopped = [stop_run(site, identity, "It was cancelled, and nothing is judged.") for identity in mine]
    own = Entry(errand.run, errand.told, "done", (f"- {len(mine)} run{'s' if len(mine) > 1 else ''} cancelled.",))
    both = join(stopped)
    return both if told else replace(both, entries=(*both.entries, own))


def stop_run(site: Site, identity: Identity, why: str, end: Conclusion = "cancelled") -> Step:
    """Return what ends a run without a verdict."""
    notice = stop(identity, end.replace("_", " "), why, end)
    check = WriteCheck(draft_check(identity, notice, site.key))
    return Step((CancelSmoke(identity.run),), (enter(identity, notice),), (check,))


def _amend(errand: Errand, command: grammar.Amend | grammar.Ship | grammar.Why) -> Step:
    """Bring the amendment up to date with what is asked.

    Raises:
        Complaint: no such spec, nothing to answer here, or what is asked contradicts the record.
    """
    site = errand.site
    config = find_spec(site.workspace, (command.spec or None) if isinstance(command, grammar.Amend) else None)
    if isinstance(command, grammar.Why):
        _demand_amendment(site, config)
    earlier = next((step.wishes for step in reversed(errand.steps) if step.amends == config.path), Wishes())
    wishes = earlier.add(_wish(command))
    refreshed = refresh(site, config, wishes, errand.event.author)
    if refreshed.refused:
        why = Complaint(refreshed.refused.reason, mend=refreshed.refused.mend)
        return _say(errand.run, errand.told, "refused", [f"- {inline(str(why))}"])
    if isinstance(command, grammar.Amend) and command.dry_run:
        return _say(errand.run, errand.told, "dry run", preview(site, refreshed.effects))
    effects = refreshed.effects or _confirm(site, refreshed.pull)
    opened = [f"- {inline(e.title)}: {name_pull(e.branch)}" for e in effects if isinstance(e, OpenPull)]
    entry = Entry(errand.run, errand.told, "done", tuple(opened))
    return Step(effects, (entry,), amends=config.path, wishes=wishes)


def _confirm(site: Site, pull: Pull | None) -> Plan:
    """Return the amendment that says all of this already as it stands.

    A process that is killed after it wrote that one comes back here, and must tell the same.
    """
    assert pull is not None, "nothing is left to write where something is open"
    return (OpenPull(pull.branch, site.workspace.branch, pull.title, pull.body, (), pull.number),)


def _demand_amendment(site: Site, config: SpecConfig) -> None:
    pull = find_open(site, config.path)
    if pull is None or pull.number != site.pull.number:
        where = f"; it is #{pull.number}" if pull else ", and none is open"
        raise Complaint(f"answers are given on the pull request of the amendment{where}")


def _wish(command: grammar.Amend | grammar.Ship | grammar.Why) -> Wishes:
    match command:
        case grammar.Amend():
            return Wishes(title=command.title)
        case grammar.Ship():
            return Wishes(ships=(f"{command.model} {command.delta:+g} because {command.reason}",))
        case grammar.Why():
            return Wishes(answers=((command.number, command.answer),))
    assert_never(command)
