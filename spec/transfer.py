"""One section that people edited, with what the bot would write there now: its heading, its blocks, its banner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contracts.error import EditError
from spec.hunk import Woven, bare, weave_lines, weave_words
from spec.marker import BEGIN, digest, enclose, lift
from spec.marker import read as read_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec.frame import Frame
    from spec.marker import Block
    from spec.origin import Written

HEADING, BANNER = "heading", "banner"
_HEAD = re.compile(r"(#{1,6}[ \t]+)[0-9]{1,6}(?=\.[0-9])")
_LEVEL = re.compile(r"#{1,6}[ \t]+")
_FIGURE = re.compile(r"[0-9]\**[ \t]?(?:%|\+[ \t]?[0-9])")
_OPENING = re.compile(r" {0,3}##[ \t]+(?:§[ \t]?)?[0-9]{1,6}[.:]?[ \t]*(?:(?:—|–|--?)[ \t]+)?")


class Transfer:
    """The parts of a section, one after the other; *kept* are the sentences, *record* what to know the next time.

    *hand* is the section with what people wrote, *mine* as the bot would write it, *last* as it wrote it;
    *written* holds the record of that time.
    """

    def __init__(self, hand: Frame, mine: Frame, last: Frame, written: Written) -> None:
        self._hand, self._mine, self._last = hand, mine, last
        self._known, self._touched = written.record, written.touched
        self.kept: list[str] = []
        self.record: dict[str, str | None] = {}

    def section(self, words: str) -> str:
        """Return the section; *words* are the people's, with their headings renumbered.

        Raises:
            EditError: the section has no marks, because an older bot wrote it.
        """
        self._ours = {block.key: block for block in read_blocks(self._mine.section)}
        self._past = {block.key: block for block in read_blocks(self._last.section)}
        if BEGIN not in self._last.section:
            what = f"people edited §{self._last.number}, which was written before its parts were marked"
            raise EditError(what, mend="Merge or close it; what landed since goes into the next one")
        first, _, _ = words.partition("\n")
        parts, done = [("", self._heading(first))], len(first)
        for block in read_blocks(words):
            between, text = words[done : block.start], self._block(block, words)
            parts += [("", between if text else between.rstrip("\r\n")), (block.key, text)]
            done = block.end
        parts.append(("", words[done:]))
        self._complete(parts, words)
        return "".join(text for _, text in parts)

    def _heading(self, line: str) -> str:
        """Return the heading's line: numbered by the bot, with the title that people gave it if they did."""
        mine = self._mine.section.partition("\n")[0]
        opening, title = _split(mine)
        last, hand = _split(self._last.section.partition("\n")[0])[1], _split(line)[1]
        new = self._words(HEADING, last, hand, title).text
        return mine if new == title else opening + new

    def banner(self, numbers: Sequence[int]) -> str:
        """Return the banner's line; its number and its version are the bot's, *numbers* those that it may have had.

        Raises:
            EditError: people edited it, and the spec keeps no banners any more.
        """
        hand = _lift(self._hand.banner, (self._hand.version, self._last.version), numbers)
        last = _lift(self._last.banner, (self._last.version,), (self._last.number,))
        mine = _lift(self._mine.banner, (self._mine.version,), (self._mine.number,))
        if hand and not mine and hand != last:
            raise EditError("people edited the banner, and the spec keeps none any more", mend="Take it away, or back")
        if not hand or not mine:
            return self._mine.banner
        woven = self._words(BANNER, last, hand, mine)
        if _FIGURE.search(" ".join(woven.dropped)):
            self.record[BANNER] = self._known.get(BANNER) or last
            self.kept.append("The banner's figures could not be refreshed: people changed the same words.")
        return woven.text.replace("\0v", self._mine.version).replace("\0n", f"§{self._mine.number}")

    def _words(self, key: str, last: str, hand: str, mine: str) -> Woven:
        """Return one line, word by word: where both changed it, people's words stand."""
        base = self._known.get(key) or ("" if self._touched else last)
        woven = weave_words(base, hand, mine) if base else Woven(hand, (mine,))
        if woven.text != mine:
            self.record[key] = mine
        return woven

    def _block(self, block: Block, words: str) -> str:
        """Return one block with its marks; nothing for one of ours that we do not write any more."""
        new, standing = self._ours.get(block.key), words[block.start : block.end]
        if new is None:
            return "" if block.intact else standing
        if block.intact:
            return self._mine.section[new.start : new.end]
        if block.digest == new.digest:
            self.record[block.key] = lift(new.text)
            return standing
        return self._edited(block, new, standing)

    def _edited(self, block: Block, new: Block, standing: str) -> str:
        origin = self._find_origin(block)
        woven = weave_lines(origin, block.text, new.text, _level) if origin is not None else None
        if woven is None or woven.dropped:
            self.record |= {block.key: origin} if origin is not None else {}
            self._keep(new, "people changed the same lines, and their text stands as it is")
            return standing
        if digest(woven.text) == new.digest:
            return self._mine.section[new.start : new.end]
        self.record[block.key] = lift(new.text)
        return enclose(block.key, woven.text, new.digest, "\r\n" if "\r\n" in standing else "\n")

    def _find_origin(self, block: Block) -> str | None:
        """Return what the bot wrote where *block* stands now; None if nobody knows any more."""
        past, known = self._past.get(block.key), self._known.get(block.key)
        texts = (past.text if past else None, known)
        return next((lift(text) for text in texts if text is not None and digest(text) == block.digest), None)

    def _complete(self, parts: list[tuple[str, str]], words: str) -> None:
        """Put in the blocks that are new; those that people took out stay out."""
        standing = {key for key, _ in parts}
        for key, block in self._ours.items():
            if key in standing:
                continue
            if key in self._known or f"{BEGIN}{key} " in self._last.section:
                self.record[key] = None
                if f"{BEGIN}{key} " in words:
                    self._keep(block, "the marks around it are not whole any more")
            else:
                _insert(parts, list(self._ours), key, self._mine.section[block.start : block.end])

    def _keep(self, block: Block, why: str) -> None:
        line = block.text.lstrip().partition("\n")[0].rstrip()
        name = _LEVEL.sub("", line) if _LEVEL.match(line) else "The opening"
        self.kept.append(f"{name} could not be refreshed: {why}.")


def _split(line: str) -> tuple[str, str]:
    """Return a heading's line as opening and title."""
    found = _OPENING.match(line)
    at = found.end() if found else 0
    return line[:at], line[at:]


def _lift(banner: str, versions: Sequence[str], numbers: Sequence[int]) -> str:
    """Return a banner with signs in place of its version and its number."""
    for version in versions:
        banner = banner if "\0v" in banner else banner.replace(version, "\0v", 1)
    return re.sub(rf"§(?:{'|'.join(map(str, numbers))})(?![0-9])", "\0n", banner)


def _level(line: str) -> str:
    """Return a line by what counts of it: not the number of a heading."""
    return _HEAD.sub(r"\1§", bare(line))


def _insert(parts: list[tuple[str, str]], order: Sequence[str], key: str, text: str) -> None:
    """Put a block behind the nearest of those that come before it, at the end where none of them stands."""
    before = order[: order.index(key)]
    places = [n for n, (name, _) in enumerate(parts) if name in before]
    parts.insert(places[-1] + 1 if places else len(parts), (key, f"\n\n{text}"))
