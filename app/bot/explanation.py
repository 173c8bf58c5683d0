"""What would happen, where a falsifier stands, what runs: answers that change nothing."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from app.effect import WriteBranch, describe
from app.registration import refuse_late
from app.scene import needed
from app.selection import select
from app.shell import diff
from contracts.group import UNBOUND, group
from contracts.model import Part, Version
from evidence.quote import code, fence
from runners.engine.model import Away, Finished, Gone, Queued, Running
from spec.escape import inline
from spec.sentence import clip

if TYPE_CHECKING:
    from app.bot.identity import Identity
    from app.bot.launch import Launch
    from app.bot.site import Site
    from app.effect import Plan
    from app.selection import Chosen
    from contracts.model import Contract

DIFF_LIMIT = 12_000
"""How much of a diff a comment shows, in characters."""


def show_plan(site: Site, launch: Launch) -> list[str]:
    """Return what a discharge would run and write, and what stands in its way."""
    identity, base = launch.identity, launch.scene.base
    lines = [f"- {group(identity.ids)} by smoke {code(identity.smoke)}, at commit {code(identity.commit)}"]
    lines += [f"- This is a trial, and discharges nothing: {inline(base.trial)}"] if base.trial else []
    lines += [f"- {id_} cannot be measured: {inline(reason)}" for id_, reason in launch.late if reason]
    before = f"{launch.place} other run{'s' if launch.place > 1 else ''}" if launch.place else "nobody"
    lines += [f"- At most {identity.reserved} reserved, with {before} before it"]
    lines += [] if base.trial else [f"- If they hold: {_bump(site, launch)}"]
    commands = "\n".join(shlex.join(argv) for _, argv in launch.legs)
    return [*lines, "", fence(commands, "bash")] if commands else lines


def _bump(site: Site, launch: Launch) -> str:
    """Return which version the contract would get, and on which branch."""
    base = launch.scene.base
    contract = site.workspace.document(base.commit, launch.identity.contract).contract
    stated = contract.version if contract else None
    part = site.workspace.configured.config.floor.discharge
    where = f"joined to {code(base.branch)}" if base.branch else "on a branch of its own"
    if stated is None or part is Part.NONE:
        return f"the contract keeps its version, {where}"
    return f"the contract goes v{stated} → v{Version.parse(stated).bump(part)}, {where}"


def explain(site: Site, words: tuple[str, ...]) -> list[str]:
    """Return where falsifiers stand, what they lack, and who may discharge them.

    Raises:
        Complaint: a word names nothing, or several.
    """
    role = site.workspace.configured.config.commands.discharge
    lines = [line for chosen in select(words, site.workspace.contracts) for line in _explain(site, chosen)]
    return [*lines[1:], "", f"Who has the role {role} may discharge them."]


def _explain(site: Site, chosen: Chosen) -> list[str]:
    falsifier, contract = chosen.falsifier, chosen.contract
    head = f"**{falsifier.id}** of {code(contract.name)} v{contract.version or '?'}: {falsifier.status or UNBOUND}"
    lines = ["", head, "", f"- promises: {code(clip(falsifier.rule, 300))}" if falsifier.rule else "- states no rule"]
    smokes = [s for s in site.workspace.configured.smokes.values() if s.contract == contract.path]
    smoke = next((s for s in smokes if s.promise(falsifier.id.text)), None)
    if smoke is None:
        draft = code(f"discharge draft {falsifier.id.short}")
        return [*lines, f"- lacks a prediction: no smoke says what would be seen; {draft} proposes one"]
    done = falsifier.status in site.workspace.configured.config.ladder.discharged
    lacks = "lacks nothing: a run would measure it again, and move nothing" if done else "lacks a run that holds"
    legs = ", ".join(map(code, needed(smoke, [falsifier.id.text])))
    lines.append(f"- {lacks}: smoke {code(smoke.name)} with the legs {legs}")
    late = refuse_late(site.workspace, smoke, falsifier.id.text, site.workspace.commit)
    lines += [f"- cannot be measured yet: {inline(late)}"] if late else []
    return [*lines, *_open(site, contract)]


def _open(site: Site, contract: Contract) -> list[str]:
    pulls = [p for p in site.survey.pulls if p.branch.startswith(f"discharge/{contract.name}/")]
    return [f"- #{pull.number} is open, and discharges {code(contract.name)}" for pull in pulls]


def show_status(site: Site) -> list[str]:
    """Return what runs and waits for this pull request, and which pull requests of ours are open."""
    runs = [found for check in site.survey.checks if not check.conclusion and (found := site.identify(check))]
    lines = [f"- {group(i.ids)} at {code(i.commit[:12])}, asked by {inline(i.asker)}: {_stand(site, i)}" for i in runs]
    lines += [f"- #{pull.number} is open: {inline(pull.title)}" for pull in site.survey.pulls]
    return lines or ["- Nothing runs or waits here, and no pull request of ours is open."]


def _stand(site: Site, identity: Identity) -> str:
    """Return how it stands with a run, as its engine says."""
    try:
        state = site.engine.state(identity.run)
    except Away as away:
        return f"goes on, as far as is known: {inline(str(away))}"
    match state:
        case Queued(place):
            return f"waits, number {place} in the queue"
        case Running():
            return "runs"
        case Finished():
            return "has ended, and is being judged"
        case Gone(reason):
            return f"is gone: {inline(reason)}"


def preview(site: Site, plan: Plan) -> list[str]:
    """Return what a plan would do, and the diff of what it would write."""
    lines = [f"- {inline(describe(effect))}" for effect in plan]
    for effect in plan:
        if isinstance(effect, WriteBranch):
            whole = diff(site.repository, effect)
            more = f"\n({len(whole) - DIFF_LIMIT:,} more characters are left out)" if len(whole) > DIFF_LIMIT else ""
            lines += ["", fence(whole[:DIFF_LIMIT] + more, "diff")]
    return lines
