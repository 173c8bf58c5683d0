"""Put a new § section into a spec: its version, its banner and the section itself, and no other letter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import EditError
from spec.banner import read_banners
from spec.document import fits, read_sections
from spec.header import Stated, read_versions
from spec.outline import SECTION, outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contracts.model import Version
    from spec.document import Section, Spec
    from spec.outline import Outline
    from spec.site import Site

_PROBE = "the next section"


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters *start* to *end* of the old text become *text*."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Amended:
    """A spec with one more section; *edits* lie in the order of the text and do not overlap.

    *heading* is the new section's heading without `## `.
    """

    text: str
    number: int
    version: Version
    heading: str
    edits: tuple[Edit, ...]


def amend(spec: Spec, site: Site, section: str, banner: str | None = None) -> Amended:
    """Return *spec* with *section* at *site*, its version moved and *banner* above the other banners.

    *section* is the whole section from its heading on (`spec.amendment.render`); the heading gets the
    form of its neighbours. Afterwards the new text is read again: it must state the intended version,
    hold exactly this one section more, and be the old text, letter for letter, everywhere else.

    Raises:
        EditError: the number is taken, *section* would not stay one section, or the new text does not
            read back as intended. Nothing is written then.
    """
    _refuse_taken(spec, site)
    heading, words = _form(site, section)
    edits = tuple(sorted(_edits(spec, site, words, banner), key=lambda edit: edit.start))
    amended = Amended(_splice(spec.text, edits), site.number, site.version, heading, edits)
    _verify(spec, site, amended, banner)
    return amended


def undo(text: str, edits: Iterable[Edit], old: str) -> str:
    """Return *text* with *edits* taken back, where the replaced characters come from *old*."""
    parts, done, shift = [], 0, 0
    for edit in edits:
        start = edit.start + shift
        parts += [text[done:start], old[edit.start : edit.end]]
        done = start + len(edit.text)
        shift += len(edit.text) - (edit.end - edit.start)
    return "".join((*parts, text[done:]))


def _refuse_taken(spec: Spec, site: Site) -> None:
    for section in spec.sections:
        if section.number == site.number:
            what = f"Section {site.number} stands there already"
            raise EditError(what, spec.place(section.start), "Find the place of the new section again, from this text")


def _form(site: Site, section: str) -> tuple[str, str]:
    """Return the section's heading in its neighbours' form, and the whole section without a last line end."""
    text = section.replace("\r\n", "\n").replace("\r", "\n").strip()
    given = read_sections(_refuse_open(text))
    if not given or given[0].start > 0 or given[0].number != site.number:
        mend = f"Begin it with the line ## §{site.number}. title (date)"
        raise EditError(f"The new section does not begin with the heading of section {site.number}", mend=mend)
    title = given[0].heading.title.removeprefix(given[0].sign).lstrip().removeprefix(str(site.number))
    heading = f"{site.opening}{title.removeprefix(given[0].join)}"
    words = text[given[0].heading.body :].strip("\n")
    return heading.removeprefix("## "), f"{heading}\n{chr(10) * site.airy}{words}"


def _refuse_open(section: str) -> Outline:
    """Refuse a section that would swallow what follows it, or be more than one."""
    mend = "Amend the section's text; its own parts are headings of level 3"
    found = outline(f"{section}\n\n## {_PROBE}\n")
    chapters = [heading for heading in found.headings if heading.level <= SECTION]
    if not chapters or chapters[-1].title != _PROBE:
        raise EditError("The new section leaves a code fence or an HTML block open", mend=mend)
    if len(chapters) > 2:  # noqa: PLR2004 - the section and what follows it
        what = f"Line {chapters[1].line} of the new section is a heading of level {chapters[1].level}"
        raise EditError(what, mend=mend)
    if found.end is not None:
        raise EditError("The new section holds an end marker", found.lines.place(found.end, ""), mend)
    return found


def _edits(spec: Spec, site: Site, section: str, banner: str | None) -> Iterator[Edit]:
    stated = spec.versions[0].version if spec.versions else None
    for line in spec.versions:
        if line.version == stated:  # front matter and header may both state it
            yield Edit(line.start, line.end, str(site.version))
    if banner is not None:
        top = spec.banners[0].start
        yield Edit(top, top, banner + site.newline)
    words = section.replace("\n", site.newline)
    broken = site.at > 0 and spec.text[site.at - 1] not in "\r\n"  # the text's last line has no end, and keeps none
    inserted = f"{site.newline}{site.lead}{words}" if broken else f"{site.lead}{words}{site.newline}{site.trail}"
    yield Edit(site.at, site.at, inserted)


def _splice(text: str, edits: Iterable[Edit]) -> str:
    parts, done = [], 0
    for edit in edits:
        parts += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join((*parts, text[done:]))


def _verify(spec: Spec, site: Site, amended: Amended, banner: str | None) -> None:
    """Read the new text again and compare it with the old one and with what was meant."""
    after = outline(amended.text)
    wrong = next((words for held, words in _checks(spec, after, amended, banner) if not held), None)
    if wrong:
        what = f"The amended text would not read back as intended: {wrong}"
        mend = "Look for a code fence or an HTML comment left open before this line, and close it"
        raise EditError(what, spec.place(site.at), mend)


def _checks(spec: Spec, after: Outline, amended: Amended, banner: str | None) -> Iterator[tuple[bool, str]]:
    """Yield each thing that must hold, and the words for it if it does not."""
    edits, sections = amended.edits, read_sections(after)
    new = [section.heading for section in sections if section.number == amended.number]
    others = [section for section in sections if section.number != amended.number]
    stated = read_versions(after)
    yield fits(after.lines.text), "it would be larger than can be read"
    yield "\0" not in after.lines.text, "it would hold a NUL character"
    yield undo(after.lines.text, edits, spec.text) == spec.text, "other letters would change"
    yield undo(after.blocked, edits, spec.blocked) == spec.blocked, "other lines would become code, or cease to be it"
    yield [heading.title for heading in new] == [amended.heading], "the new section would not be one section"
    yield [_heads(s) for s in others] == [_heads(s) for s in spec.sections], "another section would change"
    yield [s.version for s in stated if isinstance(s, Stated)][:1] == [amended.version], "the version would be lost"
    yield banner is None or read_banners(after)[0].number == amended.number, "the banner would not be one"
    yield (after.end is None) == (spec.end is None), "the end marker would be lost"


def _heads(section: Section) -> tuple[str, ...]:
    """Return the section's headings; its words are as they were if these are, and no other letter changed."""
    return section.heading.title, *(part.title for part in section.parts)
