"""What is asked of version, banner and newest section: that they tell the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contracts.model import Version
from contracts.rule import Fault, Rule
from spec.figure import last_figures
from spec.header import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec.banner import Banner
    from spec.document import Section, Spec
    from spec.revision import Revision

_MOVED = re.compile(
    rf"[Ss]pec(?:ification)?[ \t]{{1,3}}(?:\*\*)?v(?P<old>{NUMBERS})(?:\*\*)?[ \t]{{0,3}}(?:→|->|=>)[ \t]{{0,3}}"
    rf"(?:\*\*)?v?(?P<new>{NUMBERS})(?![0-9A-Za-z])",
)
_SEE = r"(?P<see>\(see (?:the )?(?:new )?§?)"


def _banner(revision: Revision) -> Iterator[Fault]:
    """The banner at the top of a spec speaks of the version that the spec states.

    Banners are stacked newest first. One that is missing was usually lost when two amendments met in a merge.
    """
    spec = revision.after
    if spec.version and spec.banners and spec.banners[0].version.numbers != spec.version.version.numbers:
        top = spec.banners[0]
        words = f"The spec is at version {spec.version.version}, its top banner speaks of v{top.version}"
        yield Fault(spec.place(top.start), words)


def _named(revision: Revision) -> Iterator[Fault]:
    """The banner at the top names the newest section, and that section ends at the version that the spec states.

    The section says so in words like *Spec v2.87.0 → v2.88.0*. A step of the third number needs no section.
    """
    spec, newest = revision.after, revision.after.newest
    if spec.version is None or newest is None:
        return
    top = spec.banners[0] if spec.banners else None
    if top and top.version.numbers == spec.version.version.numbers and top.number != newest.number:
        words = f"The top banner names §{top.number}, and the newest section is §{newest.number}"
        yield Fault(spec.place(top.start), words, _renamed(spec, top, newest))
    yield from _ended(revision, newest, spec.version.version)


def _renamed(spec: Spec, top: Banner, newest: Section) -> str:
    """Return the banner's line with the section's number in it, if the words behind are the section's; else nothing."""
    line = spec.text[top.start : top.end]
    if not newest.title or newest.title.casefold() not in line.casefold():
        return ""
    named = line.replace(f"§{top.number}", f"§{newest.number}", 1)
    return re.sub(rf"{_SEE}{top.number}(?![0-9.])", rf"\g<see>{newest.number}", named)


def _ended(revision: Revision, newest: Section, version: Version) -> Iterator[Fault]:
    """Yield the newest section's own line of the version, if it leads elsewhere or comes from elsewhere."""
    spec = revision.after
    found = list(_MOVED.finditer(spec.plain, newest.start, newest.end))
    if not found:
        return
    last, old = found[-1], revision.before.version if revision.before and newest in revision.added else None
    start, end = Version.parse(last["old"]), Version.parse(last["new"])
    if end.numbers[:2] != version.numbers[:2] or end > version:
        words = f"§{newest.number} ends at v{end}, and the spec is at version {version}"
        yield Fault(spec.place(last.start()), words, _put(spec, last, "new", version))
    elif old and start.numbers != old.version.numbers and revision.added == (newest,):
        words = f"§{newest.number} starts at v{start}, and the spec was at version {old.version}"
        yield Fault(spec.place(last.start()), words, _put(spec, last, "old", old.version))


def _put(spec: Spec, found: re.Match[str], group: str, version: Version) -> str:
    """Return the line of a match with a version in the place of one of its groups."""
    index = spec.lines.index(found.start())
    line, start = spec.lines.line(index), spec.lines.offset(index)
    left, right = found.start(group) - start, found.end(group) - start
    return f"{line[:left]}{version}{line[right:]}"


def _figures(revision: Revision) -> Iterator[Fault]:
    """The banner at the top states the tally and the percentages that the newest section ends at.

    The banner is what people read first, and it is written beside the section. Only figures that both of them state
    are compared.
    """
    spec, newest = revision.after, revision.after.newest
    top = spec.banners[0] if spec.banners else None
    if top is None or newest is None or top.number != newest.number:
        return
    said = last_figures(spec, top.start, top.end)
    for name, move in last_figures(spec, newest.start, newest.end).items():
        if name in said and said[name].after != move.after:
            one, other = (side.write(side.after) for side in (said[name], move))
            words = f"the top banner states {move.title} {one}, and §{newest.number} ends at {other}"
            yield Fault(spec.place(said[name].offset), words[:1].upper() + words[1:])


RULES: tuple[Rule[Revision], ...] = (
    Rule("spec/banner-version", "warning", _banner, standing=True),
    Rule("spec/banner-section", "warning", _named, standing=True),
    Rule("spec/banner-figure", "warning", _figures, standing=True),
)
