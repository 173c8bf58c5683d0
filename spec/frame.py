"""A spec around one of its sections: the section, its banner and the stated version taken out, and put in again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contracts.error import EditError
from spec.amend import amend
from spec.document import read
from spec.marker import BEGIN
from spec.marker import read as read_blocks
from spec.site import place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec.banner import Banner
    from spec.document import Section, Spec

VERSION, BANNER, SECTION = "\0version", "\0banner", "\0section"
"""What stands in a frame for what was taken out; no spec that is read holds a NUL."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A spec's other *lines*, and what was taken out of them; *banner* is empty where the section has none.

    *number* is the section's, *version* the spec's.
    """

    lines: tuple[str, ...]
    number: int
    version: str
    banner: str
    section: str

    def fill(self, lines: Iterable[str], banner: str, section: str) -> str:
        """Return the text that *lines* make with this version, a banner and a section in their places.

        Raises:
            EditError: the section or the version has no place among them, or more than one section has.
        """
        text = "\n".join(lines)
        if text.count(SECTION) != 1 or VERSION not in text:
            raise EditError("the section or the version has no place in the spec any more")
        return text.replace(VERSION, self.version).replace(BANNER, banner).replace(SECTION, section)


def cut(spec: Spec, section: Section, banner: Banner | None) -> Frame:
    """Return a spec as a frame around *section*, whose banner is *banner*."""
    stated = spec.version.version if spec.version else None
    words = spec.text[section.start : _reach(spec, section)].rstrip("\r\n")
    spans = [(line.start, line.end, VERSION) for line in spec.versions if line.version == stated]
    spans += [(section.start, section.start + len(words), SECTION)]
    spans += [(banner.start, banner.end, BANNER)] if banner else []
    parts, done = [], 0
    for start, end, name in sorted(spans):
        parts += [spec.text[done:start], name]
        done = end
    lines = tuple("".join((*parts, spec.text[done:])).split("\n"))
    shown = spec.text[banner.start : banner.end] if banner else ""
    return Frame(lines, section.number, str(stated or ""), shown, words)


def _reach(spec: Spec, section: Section) -> int:
    """Return where a section ends: with its words, or with the bot's last block behind a chapter that people put in."""
    limit = min((other.start for other in spec.sections if other.start > section.start), default=len(spec.text))
    blocks = read_blocks(spec.text[section.start : limit]) if limit > section.end else ()
    return max(section.stop, section.start + (blocks[-1].end if blocks else 0))


def find(spec: Spec, number: int) -> Frame:
    """Return a spec that the bot wrote as a frame around the section of that number.

    Raises:
        EditError: there is no such section, or more than one.
    """
    found = [section for section in spec.sections if section.number == number]
    if len(found) != 1:
        raise EditError(f"section {number} is not one section of the spec that was written, but {len(found)}")
    return cut(spec, found[0], next((banner for banner in spec.banners if banner.number == number), None))


def recognise(spec: Spec, root: Spec, number: int) -> Frame:
    """Return a spec that people may have edited as a frame around the section that the bot wrote as *number*.

    *root* is the spec where the branch began: what stands there is not the bot's section, even if its number is the
    same. People may have given the section another number; its marks tell it then.

    Raises:
        EditError: no section can be told to be the bot's.
    """
    old = {(section.number, section.title) for section in root.sections}
    fresh = [section for section in spec.sections if (section.number, section.title) not in old]
    named = [section for section in fresh if section.number == number]
    marked = [section for section in fresh if BEGIN in spec.text[section.start : section.end]]
    found = named if len(named) == 1 else marked
    if len(found) != 1:
        raise EditError(f"§{number} cannot be told among the sections any more", mend="Give it back its number")
    known = {root.text[banner.start : banner.end] for banner in root.banners}
    banners = [banner for banner in spec.banners if banner.number in {number, found[0].number}]
    own = [banner for banner in banners if spec.text[banner.start : banner.end] not in known]
    return cut(spec, found[0], next(iter(own), None))


def begin(root: Spec) -> Frame:
    """Return the frame of a spec with an amendment that nobody has edited: where the bot puts section and banner.

    Raises:
        EditError: see `spec.amend.amend`.
    """
    site = place(root)
    banner = None
    if root.banners:
        top = root.banners[0]
        line = root.text[top.start : top.end].replace(str(top.version), str(site.version), 1)
        banner = re.sub(rf"§{top.number}(?![0-9])", f"§{site.number}", line, count=1)
    section = f"## {site.style.sign}{site.number}. words\n\nwords"
    return find(read(amend(root, site, section, banner).text), site.number)
