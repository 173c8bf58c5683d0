"""What git knows about a new section: the seed's history, committed again, and sections that disagree with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app import timeline
from app.amendment import AmendRequest
from app.amendment import amend as write_amendment
from app.check import check
from app.history import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.finding import Finding
    from tests.app.conftest import Repo

SPEC = "docs/spec.md"
TRAIN = "contracts/apr-distill-train-v1.yaml"
CONFIG = f'version: 1\ncontracts: ["contracts/*.yaml"]\nspecs: [{{name: ship-two-models, path: {SPEC}}}]\n'
PROMISE = "- id: FALSIFY-APR-DISTILL-TRAIN-00{0}\n  rule: promise {0}\n"
BOUND = PROMISE + "  status: PARTIAL_ALGORITHM_LEVEL\n  algorithm_evidence: [2 unit tests]\n"
HEAD = "metadata: {version: 1.0.0}\nfalsification_tests:\n"
SECTION = """\
## §43. Distill-train bindings (2026-05-03)

### 43.1 What landed

| PR | What | Effect |
|----|------|--------|
| #1438 | TRAIN-005 is bound | two unit tests |
| #1439 | TRAIN-006 is bound | two unit tests |
| #1440 | cosine helper | callable without the CUDA feature |

### 43.5 Ship % effects

- **MODEL-1**: 87% → **88%** — the cosine primitive lands.
- **Coverage scoreboard**: 15+33 → **15+35**.

---

"""


@pytest.fixture
def seed(repo: Repo, corpus: Path) -> Repo:
    """The flagship spec at v2.87.0, and the three pull requests that landed after it, under their real numbers."""
    text = (corpus / "aprender/ship-two-models-spec.md").read_text(encoding="utf-8")
    start = {SPEC: text, TRAIN: HEAD + PROMISE.format(5) + PROMISE.format(6), ".github/discharge.yml": CONFIG}
    repo.commit("spec(ship-two-models): v2.87.0 — §42 (#1437)", dict(start))
    repo.commit("feat(distill): bind TRAIN-005 (#1438)", {TRAIN: HEAD + BOUND.format(5) + PROMISE.format(6)})
    repo.commit("feat(distill): bind TRAIN-006 (#1439)", {TRAIN: HEAD + BOUND.format(5) + BOUND.format(6)})
    repo.commit("Merge pull request #1440 from someone/cosine", {"src/cosine.rs": "fn cosine() {}\n"})
    return repo


def propose(repo: Repo, section: str, **files: str) -> tuple[Finding, ...]:
    """Return what a change brings in that adds §43 before §42, with version and banner."""
    text = repo.show("main", SPEC)
    banner = "**Atomic next action (v2.87.0):**"
    top = "**Atomic next action (v2.88.0):** **§43 — distill-train bindings (2026-05-03)** (see new §43 below)."
    text = (
        text.replace("Version:** 2.87.0", "Version:** 2.88.0")
        .replace("Version:** 2.87.1", "Version:** 2.88.0")
        .replace(banner, f"{top}\n{banner}", 1)
    )
    repo.git("checkout", "--quiet", "-B", "proposed", "main")
    repo.commit("spec: §43", {SPEC: text.replace("## §42.", section + "## §42.", 1), **files})
    return tuple(f for f in check(repo.folder, "main", "proposed", "main") if not f.stood)


def tell(found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    """Return severity and rule of each finding about the spec."""
    return [(f.severity, f.rule) for f in found if f.rule.startswith("spec/")]


def test_the_seeds_amendment_passes_as_people_wrote_it(seed: Repo) -> None:
    """Two bindings make 15+33 → 15+35, and all three pull requests are merged."""
    assert propose(seed, SECTION) == ()


def test_our_own_amendment_of_it_passes(seed: Repo) -> None:
    """What `discharge amend` writes has open questions, and nothing worse."""
    request = AmendRequest(seed.folder, None, None, ("MODEL-1 +1 because the cosine lands",), None, None, dry_run=False)
    ((branch, _),) = write_amendment(request, lambda _: None).commits

    found = tuple(f for f in check(seed.folder, "main", branch, "main") if not f.stood)

    assert {f.rule for f in found} <= {"spec/open-whys"}


def test_a_number_that_never_landed_is_found(seed: Repo) -> None:
    """On its row; the others are there, whether squashed or merged."""
    found = propose(seed, SECTION.replace("#1439", "#1449"))

    assert [(f.rule, f.place.line) for f in found] == [("spec/landed-unmerged", 34)]


def test_a_tally_that_the_flips_do_not_make_is_told_with_them(seed: Repo) -> None:
    """The sentence has the flips, the suggestion the line."""
    (found,) = propose(seed, SECTION.replace("15+35", "15+34"))

    assert (found.severity, found.rule) == ("warning", "spec/tally-follows")
    assert found.message == (
        "§43 ends at tally 15+34, and the flips of the recorded contracts make 15+33 → 15+35:"
        " FALSIFY-APR-DISTILL-TRAIN-005/006 unbound → PARTIAL_ALGORITHM_LEVEL"
    )
    assert found.suggestion == "- **Coverage scoreboard**: 15+33 → **15+35**."


def test_what_the_change_itself_flips_counts(seed: Repo) -> None:
    """A section may come with the evidence that it records."""
    more = HEAD.replace("1.0.0", "1.1.0") + BOUND.format(5) + BOUND.format(6) + BOUND.format(7)

    assert tell(propose(seed, SECTION.replace("15+35", "15+36"), **{TRAIN: more})) == []
    assert tell(propose(seed, SECTION, **{TRAIN: more})) == [("warning", "spec/tally-follows")]


TABLE = """\
### 43.2 Coverage flips

| Falsifier | Status before | Status after | Notes |
|-----------|---------------|--------------|-------|
| FALSIFY-APR-DISTILL-TRAIN-005/006 | unbound (drift) | PARTIAL | 2 unit tests each |

"""


def flip(seed: Repo, *changes: tuple[str, str], table: str = TABLE, **files: str) -> list[tuple[str, str]]:
    """Return severity and rule of each finding about §43 with a table of flips in which words are changed."""
    for old, new in changes:
        assert old in table
        table = table.replace(old, new)
    return tell(
        propose(seed, SECTION.replace("### 43.5", f"{table}### 43.5").replace("15+33 → **15+35**", "15+33"), **files)
    )


def test_the_flips_that_landed_may_be_told_as_people_tell_them(seed: Repo) -> None:
    """Grouped, shortened and explained; what stands in no recorded contract is nobody's business here."""
    other = ("| FALSIFY-APR", "| FALSIFY-ELSEWHERE-001 | unbound | DISCHARGED | x |\n| FALSIFY-APR")

    assert flip(seed) == []
    assert flip(seed, other) == []


@pytest.mark.parametrize(
    "change",
    [
        ("PARTIAL", "DISCHARGED"),
        ("unbound (drift) | PARTIAL", "PARTIAL | unbound"),
        ("unbound (drift) | PARTIAL", "DISCHARGED | DISCHARGED"),
    ],
)
def test_a_flip_that_no_contract_made_is_an_error(seed: Repo, change: tuple[str, str]) -> None:
    """The contract states another status, whether the row tells a move or none."""
    assert ("error", "spec/flip-unmade") in flip(seed, change)


def test_one_row_that_cannot_be_told_hides_no_other(seed: Repo) -> None:
    """Each row is a claim of its own."""
    vague = ("| FALSIFY-APR", "| FALSIFY-APR-X-001 | unbound | as good as done | x |\n| FALSIFY-APR")

    assert ("error", "spec/flip-unmade") in flip(seed, vague, ("PARTIAL", "DISCHARGED"))


def test_a_contract_that_the_change_takes_away_proves_nothing(seed: Repo) -> None:
    """Its falsifiers are unbound from then on."""
    assert ("error", "spec/flip-unmade") in flip(seed, ("PARTIAL", "DISCHARGED"), **{TRAIN: HEAD})


def test_a_flip_of_an_earlier_stretch_is_a_warning_and_told_twice_an_error(seed: Repo) -> None:
    """An amendment may begin earlier than the section before; what that one tells counts once."""
    text = seed.show("main", SPEC).replace("Version:** 2.87.0", "Version:** 2.87.1")
    seed.commit("spec: words (#1441)", {SPEC: text})
    assert ("warning", "spec/flip-unmade") in flip(seed)

    told = text.replace("## §41.", f"{TABLE.replace('43.2', '42.9')}## §41.", 1)
    assert told != text
    seed.git("checkout", "--quiet", "main")
    seed.commit("spec: the flips (#1442)", {SPEC: told})
    assert ("error", "spec/flip-unmade") in flip(seed)


def test_a_landed_message_that_states_a_tally_is_taken_at_its_word(seed: Repo) -> None:
    """Only people decide which falsifiers enter the count."""
    seed.commit("chore: recount (#1442)\n\nTally: 15+35 → 15+38 because three older ones enter the count", {})

    assert tell(propose(seed, SECTION.replace("15+35", "15+38"))) == []


def test_contracts_that_the_spec_does_not_record_do_not_count(seed: Repo) -> None:
    """`records` says whose flips a spec is about."""
    seed.commit("config (#1443)", {".github/discharge.yml": CONFIG.replace("spec.md}", 'spec.md, records: ["x/**"]}')})

    assert tell(propose(seed, SECTION)) == [("warning", "spec/tally-follows")]


def test_a_shallow_clone_says_nothing_of_merges(seed: Repo, new_repo: type[Repo]) -> None:
    """What is not there cannot be looked up."""
    propose(seed, SECTION)
    clone = new_repo(seed.folder.parent / "clone")
    clone.git("fetch", "--quiet", "--depth=2", f"file://{seed.folder}", "proposed")
    clone.git("checkout", "--quiet", "-B", "proposed", "FETCH_HEAD")

    found = check(clone.folder, "proposed~1", "proposed", "proposed")

    assert "spec/landed-unmerged" not in {f.rule for f in found}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The git commands that are run, by their first words."""
    told: list[str] = []
    run = Repository._call  # noqa: SLF001 - every command of git comes by it

    def call(self: Repository, args: tuple[str, ...], *more: object) -> object:
        told.append(" ".join(args[:2]))
        return run(self, args, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Repository, "_call", call)
    return told


def test_words_cost_no_look_into_history(seed: Repo, asked: list[str]) -> None:
    """An edit of a sentence reads the spec on both sides, and no log."""
    seed.git("checkout", "--quiet", "-B", "words", "main")
    seed.commit("words", {SPEC: seed.show("main", SPEC).replace("Nothing but renames", "Only renames")})
    asked.clear()

    assert [f for f in check(seed.folder, "main", "words", "main") if not f.stood] == []
    assert [one for one in asked if one.startswith("log")] == []


def test_a_section_costs_a_few_logs_however_much_landed(seed: Repo, asked: list[str]) -> None:
    """Only commits that touch a recorded contract are looked into."""
    propose(seed, SECTION)
    few = len(asked)
    for number in range(30):
        seed.git("checkout", "--quiet", "main")
        seed.commit(f"feat: thing {number} (#{2000 + number})", {f"src/{number}.rs": "\n"})
    asked.clear()
    propose(seed, SECTION)

    assert len(asked) <= few
    assert sum(one.startswith("log") for one in asked) <= 5


def test_too_long_a_stretch_is_not_worked_out(seed: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is then said of the tally's end, and of what is merged."""
    monkeypatch.setattr(timeline, "LIMIT", 2)
    monkeypatch.setattr(timeline, "COMMITS", 2)

    assert propose(seed, SECTION.replace("15+35", "15+34").replace("#1439", "#1449")) == ()
