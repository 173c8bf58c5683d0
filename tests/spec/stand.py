"""The stand of the merge tests: a spec, and the branch of one amendment that is written again and again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from contracts.progress import Tally
from spec.amend import amend
from spec.amendment import named, render
from spec.banner import write_banner
from spec.document import read
from spec.merge import Merged, merge
from spec.model import Amendment, Landed, Lever, Lines, Row, Ship
from spec.origin import Written
from spec.site import place
from spec.why import Occasion, matter, scaffold

MAIN = """\
# Specification: models

**Version:** 2.87.0
**Next action (v2.87.0):** **§42 — the one before (2026-05-01)** (see new §42 below). Coverage tally: 15+33.

## 1. Introduction

These are the models.

## §41. The first (2026-04-01)

A word on beginnings.

---

## §42. The one before (2026-05-01)

Coverage tally: **15+33**

- **MODEL-1**: 87% — a start
"""
TAKEN = """\

---

## §43. Somebody else's (2026-05-02)

Coverage tally: 15+33 → **15+34**
"""


@dataclass(frozen=True)
class Facts:
    """What a rendering is made from: how much landed, how the tally moved, what stands on the default branch."""

    main: str = MAIN
    landed: int = 3
    gained: int = 2
    date: str = "2026-05-03"
    title: str = ""
    answered: str = ""


def take(main: str) -> str:
    """Return the default branch after somebody else's amendment landed: its section and its version are taken."""
    stated = main.replace("**Version:** 2.87.0", "**Version:** 2.88.0")
    banner = "**Next action (v2.88.0):** **§43 — Somebody else's (2026-05-02)**. Coverage tally: 15+33 → **15+34**.\n"
    return stated.replace("**Next action (v2.87.0)", f"{banner}**Next action (v2.87.0)", 1).rstrip("\n") + "\n" + TAKEN


def write(facts: Facts) -> tuple[str, int]:
    """Return the spec as the bot writes it when nobody edits anything, and the number of its section."""
    spec = read(facts.main, "spec.md")
    site = place(spec)
    told = Amendment(
        spec="models",
        title=facts.title or f"#1-#{facts.landed} landed",
        date=facts.date,
        landed=tuple(_land(n) for n in range(1, facts.landed + 1)),
        rows=(Row("contracts/x-v1.yaml", ("FALSIFY-X-001",), None, "PARTIAL_ALGORITHM_LEVEL", "two tests"),),
        ships=(Ship("MODEL-1", 87, 87 + facts.gained, "a reason"),),
        tally=(Tally(15, 33), Tally(15, 33 + facts.gained)),
        pickup=(Lever("X-002", "bind it"),),
    )
    assert spec.version is not None
    last = named(site.number - 1, site.style)
    whys = scaffold(told, Occasion(last, named(site.number, site.style), spec.version.version, site.version))
    answered = tuple(
        replace(why, answer=facts.answered) if facts.answered and n == 1 else why for n, why in enumerate(whys)
    )
    told = replace(told, whys=answered, matters=matter(told))
    banner = write_banner(spec, told, site.number, site.version)
    return amend(spec, site, render(told, site.style), banner).text, site.number


def _land(number: int) -> Landed:
    what = f"part {number}"
    return Landed(number, f"feat: {what}", what, f"{number:040x}", "2026-05-03", lines=Lines((("code", number),)))


@dataclass
class Branch:
    """The branch of one amendment: what the bot wrote there last, and *text*, as people have left it."""

    facts: Facts = field(default_factory=Facts)
    written: Written = field(init=False)
    text: str = field(init=False)
    kept: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Begin: the bot's first commit."""
        self.text, number = write(self.facts)
        self.written = Written(self.facts.main, self.text, number)

    @property
    def number(self) -> int:
        """The section's number."""
        return self.written.number

    def refresh(self, facts: Facts) -> Merged:
        """Let the bot write anew, on the default branch as the facts have it; a refusal changes nothing."""
        ours, number = write(facts)
        merged = merge(self.written, self.text, ours, number)
        self.facts, self.text, self.kept = facts, merged.text, merged.kept
        self.written = Written(facts.main, merged.text, number, merged.record)
        return merged
