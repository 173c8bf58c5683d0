"""What a commit of the default branch is to be tagged and released as; read from git at that commit, and only there."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.config import Misconfigured
from app.effect import Refuse
from app.github import ReleaseDraft
from app.glob import select
from app.release import MOST, ROOM, fits, pack, title, write_notes
from app.trailer import OURS, read_trailers
from app.warrant import demand_new
from app.warrant import gather as gather_warrants
from app.warrant import read as read_warrant
from app.window import OWN
from app.workspace import read_workspace
from contracts.document import readable
from contracts.error import Complaint, Unreadable
from contracts.group import moves
from contracts.progress import compare
from evidence.receipt import is_envelope, is_receipt
from spec.escape import clean, inline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from app.schema import SpecConfig
    from app.workspace import Workspace
    from contracts.document import Document
    from contracts.model import Contract
    from evidence.receipt import Receipt
    from spec.document import Section, Spec

Vouch = Callable[[str, str, str], bool]
"""Whether a seal is ours, by what it is about: a section as our trailer names it, the spec's version, the seal."""
_BOT = re.compile(r".*\[bot\] <[^<>]*\[bot\]@users\.noreply\.[^<>]+>")
_MESSAGES = 50
"""So many commits of a branch that was merged as it was are looked at."""


@dataclass(frozen=True, slots=True)
class _Change:
    """One commit of the default branch: what was configured before it counts, and so do the keys from there."""

    base: Workspace
    commit: str
    paths: tuple[str, ...]


def gather(workspace: Workspace, commit: str, own: str, vouch: Vouch) -> tuple[ReleaseDraft | Refuse, ...]:
    """Return what a commit is to be released as, and what of it cannot be; nothing for most commits.

    A discharge is one whose receipt counts, an amendment one whose trailers name the section, seal it with the
    version, and stand in a commit that GitHub wrote for an app. What a pull request says of itself is not looked at.
    An amendment from before there were seals is a person's.

    Args:
        workspace: the default branch as it stands now.
        commit: a commit of its first-parent line.
        own: the app's own public key, which counts beside the configured ones.
        vouch: proves a seal.
    """
    change = _open(workspace, commit, own)
    if change is None:
        return ()
    found: list[ReleaseDraft | Refuse] = []
    for wanted in (*_discharges(change), *_amendments(change, vouch)):
        taken = {one.tag for one in found if isinstance(one, ReleaseDraft)}
        found.append(_demand_name(wanted, taken))
    return tuple(found)


def _demand_name(wanted: ReleaseDraft | Refuse, taken: Collection[str]) -> ReleaseDraft | Refuse:
    """Return a release, or a refusal where its tag cannot be made or would stand for two things."""
    if isinstance(wanted, Refuse):
        return wanted
    if not fits(wanted.tag):
        return Refuse(f"git takes no tag of the name “{clean(wanted.tag)[:200]}”")
    if wanted.tag in taken:
        return Refuse(f"the tag {wanted.tag} would stand for two things at {wanted.commit}")
    return wanted


def _open(workspace: Workspace, commit: str, own: str) -> _Change | None:
    """Return a commit with what was configured before it; None if nothing of it can be released."""
    repository = workspace.repository
    parent = repository.parent(commit)
    paths = repository.changed(parent, commit) if parent else ()
    specs = {config.path for config in workspace.configured.config.specs}
    if parent is None or not any(is_receipt(path) or path in specs for path in paths):
        return None
    try:
        base = read_workspace(repository, workspace.branch, parent)
    except (Unreadable, Misconfigured):
        return None  # the app did nothing there
    config = base.configured.config
    base.configured.config = config.model_copy(update={"keys": (*config.keys, own)})
    return _Change(base, commit, paths) if config.release.tags or config.release.releases else None


def _discharges(change: _Change) -> Iterator[ReleaseDraft | Refuse]:
    """Yield each contract whose version moved because a promise was kept."""
    base, config = change.base, change.base.configured.config
    if not any(is_receipt(path) for path in change.paths):
        return
    paths = select(change.paths, config.contracts)
    befores, afters = base.read(base.commit, paths), base.read(change.commit, paths)
    warrants = gather_warrants(base, base.commit, change.commit, change.paths)
    for path in paths:
        before, after = _contract(befores.get(path)), _contract(afters.get(path))
        if after is None or after.version in (None, before and before.version):
            continue
        kept = {
            (path, f.falsifier.text, f.after) for f in compare(before, after) if f.after in config.ladder.discharged
        }
        lacking = sorted(id_ for _, id_, _ in kept - warrants.held)
        if lacking:
            why = f": {warrants.refused[0]}" if warrants.refused else ""
            yield Refuse(f"{after.name} v{after.version} is not released: {', '.join(lacking)} without a receipt{why}")
        elif kept:
            yield _draft_discharge(change, before, after)


def _contract(document: Document | Unreadable | None) -> Contract | None:
    known = readable(document)
    return known.contract if known else None


def _draft_discharge(change: _Change, before: Contract | None, after: Contract) -> ReleaseDraft:
    """Return the release of a discharge: its findings, and the files of its evidence."""
    receipts = _receipts(change, after.path)
    folders = tuple(dict.fromkeys(path.rpartition("/")[0] for path in receipts))
    repository = change.base.repository
    every = sorted(
        (p for p in repository.paths(change.commit) if p.rpartition("/")[0] in folders and "/" in p), key=_rank
    )
    files, left = pack(every, repository.read(change.commit, every[:MOST], large=ROOM))
    pages = [f"{path.rpartition('/')[0]}/{r.page.file}" for path, r in receipts.items() if r.page]
    told = repository.read(change.commit, pages)
    text = "\n\n---\n\n".join(told[page].decode(errors="replace").strip() for page in pages if page in told)
    moved = "; ".join(moves(compare(before, after)))
    was = f"v{before.version} → " if before and before.version else ""
    opening = f"{inline(f'`{after.name}`')} {inline(f'{was}v{after.version}')} at {change.commit}: {inline(moved)}."
    notes = write_notes(change.commit, opening, text, left)
    return ReleaseDraft(
        _tag(after.name, after.version), change.commit, title(f"{after.name} v{after.version}"), notes, files
    )


def _tag(name: str, version: object) -> str:
    return f"{name}-v{version}"


def _receipts(change: _Change, contract: str) -> dict[str, Receipt]:
    """Return path → receipt of those that the commit brought about a contract, and that count; oldest first."""
    found: dict[str, Receipt] = {}
    for path in sorted(filter(is_receipt, change.paths), key=lambda path: (path.rpartition("/")[0], len(path), path)):
        try:
            receipt, _ = read_warrant(change.base, change.commit, path, signed=True)
            demand_new(change.base, change.base.commit, change.commit, path)
        except Complaint:
            continue
        if receipt.contract == contract:
            found[path] = receipt
    return found


def _rank(path: str) -> tuple[bool, bool, str]:
    """Order the files of evidence: receipts with their envelopes, findings, logs."""
    name = path.rpartition("/")[2]
    return not (is_receipt(name) or is_envelope(name)), not name.startswith("findings"), path


def _amendments(change: _Change, vouch: Vouch) -> Iterator[ReleaseDraft]:
    """Yield each spec whose version moved by an amendment of ours."""
    for config in change.base.configured.config.specs:
        if config.path not in change.paths:
            continue
        before, after = _spec(change, change.base.commit, config.path), _spec(change, change.commit, config.path)
        section, version = _find_new(before, after), _version(after)
        if after is None or section is None or version in ("", _version(before)):
            continue
        if _is_ours(change, f"{config.name} {section.sign or 'section '}{section.number}", version, vouch):
            yield _draft_amendment(change, config, after, section)


def _spec(change: _Change, commit: str, path: str) -> Spec | None:
    try:
        return change.base.spec(commit, path)
    except Unreadable:
        return None


def _version(spec: Spec | None) -> str:
    return str(spec.version.version) if spec and spec.version else ""


def _find_new(before: Spec | None, after: Spec | None) -> Section | None:
    """Return the newest section that was not there before."""
    known = {section.number for section in before.sections} if before else set()
    new = [section for section in after.sections if section.number not in known] if after else []
    return max(new, key=lambda section: section.number, default=None)


def _is_ours(change: _Change, own: str, version: str, vouch: Vouch) -> bool:
    """Return whether a commit, or one of the branch that it merged, is sealed as our proposal of a section."""
    return any(
        own in read_trailers(message, OWN) and vouch(own, version, proof)
        for message in _messages(change)
        for proof in read_trailers(message, OURS)
    )


def _messages(change: _Change) -> Sequence[str]:
    """Return the titled messages of amendments; whoever copies one into a squash is its author by GitHub's word."""
    repository, base = change.base.repository, change.base.commit
    commits = repository.log(base, change.commit)
    with suppress(Unreadable):  # squashed or rebased: what the commit itself says is all there is
        commits += repository.log(base, repository.commit(f"{change.commit}^2"))[-_MESSAGES:]
    found = [commit.message.strip() for commit in commits if _BOT.fullmatch(commit.author)]
    return [message for message in found if message.startswith("spec(")]


def _draft_amendment(change: _Change, config: SpecConfig, spec: Spec, section: Section) -> ReleaseDraft:
    """Return the release of an amendment: its section."""
    version, number = _version(spec), f"{section.sign}{section.number}"
    opening = f"{inline(f'`{config.path}`')} {inline(f'v{version}')}, {number}, at {change.commit}."
    notes = write_notes(change.commit, opening, spec.text[section.start : section.end])
    name = title(f"{config.name} v{version} — {number} {section.title}")
    return ReleaseDraft(_tag(config.name, version), change.commit, name, notes)
