"""Files that follow a contract or a spec: named in the configuration, checked, and brought along by our own commits."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from app import check as checking
from app.config import Misconfigured
from app.config import read as read_config
from app.history import Repository
from tests.app.stage import BRANCH, CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, SPEC, SPEC_PATH, Said, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contracts.finding import Finding
    from tests.app.conftest import Repo

README = """\
# Speak\r
\r
![contract](https://img.shields.io/badge/contract-v1.2.0-green.svg) and, in words, contract v1.2.0.\r
The record is at spec v2.4.0 — “spec v2.4.0”. It was at 1.1.0 once.
"""
PIN = "# the pin\ncontract_sha256:  {}\nreadme_sha256:    {}\nnote: |\n  {}\n\n"
FOLLOWERS = f"""\
followers:
- {{path: README.md, pattern: 'contract[- ]v(?P<version>\\d+\\.\\d+\\.\\d+)', of: {CONTRACT_PATH}}}
- {{path: pin.lock, pattern: '^readme_sha256: +(?P<sha256>[0-9a-f]{{64}})$', of: README.md}}
- {{path: pin.lock, pattern: '^contract_sha256: +(?P<sha256>[0-9a-f]{{64}})$', of: {CONTRACT_PATH}}}
"""
FOLLOWED = CONFIG.replace(
    "  - {name: speak, path: docs/speak-spec.md}\n",
    "  - name: speak\n    path: docs/speak-spec.md\n    followers:\n"
    "    - {path: README.md, pattern: 'spec v(?P<version>[0-9.]+\\d)', of: docs/speak-spec.md}\n",
)
BUMPED = CONTRACT.replace("version: 1.2.0", "version: 1.3.0").replace(
    "  - '1.2.0", "  - '1.3.0 — 2026-05-04 — words'\n  - '1.2.0"
)


def digest(text: str) -> str:
    """Return what `sha256sum` prints."""
    return sha256(text.encode()).hexdigest()


def pin(contract: str, readme: str) -> str:
    """Return the pin.lock of two texts; its note keeps the first contract's digest."""
    return PIN.format(digest(contract), digest(readme), digest(CONTRACT))


def follow(contract: str = "1.2.0", spec: str = "2.4.0") -> str:
    """Return the README that follows these versions."""
    return README.replace("v1.2.0", f"v{contract}").replace("v2.4.0", f"v{spec}")


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A repository in which README and pin.lock follow contract and spec, and agree with them."""
    stage = Stage(repo)
    stage.set({CONFIG_PATH: FOLLOWED + FOLLOWERS, "README.md": README, "pin.lock": pin(CONTRACT, README)})
    return stage


def propose(stage: Stage, files: dict[str, str | bytes]) -> list[str]:
    """Commit a change on a branch; what the check finds about followers."""
    stage.repo.git("checkout", "--quiet", "-B", "side", "main")
    stage.land("a change", files)
    said = stage.ask("check", "--base", "main", "--head", "side", "--json")
    stage.repo.git("checkout", "--quiet", "main")
    found = [f for f in said.data["findings"] if f["rule"].startswith("follower/")]
    return [f"{f['severity']} {f['rule']} {f['file']}:{f['line']}: {f['message']}" for f in found]


def suggest(stage: Stage) -> list[str]:
    """Return the corrected lines that the check offers for the branch of the change."""
    said: Said = stage.ask("check", "--base", "main", "--head", "side", "--json")
    return [f["suggestion"] for f in said.data["findings"] if f["rule"].startswith("follower/")]


@pytest.mark.parametrize(
    ("followers", "said"),
    [
        ("[{path: a, pattern: 'v(\\d+)', of: c.yaml}]", "3:32: followers.0.pattern: one group with a name is wanted"),
        ("[{path: a, pattern: '(?P<version>.)(?P<sha256>.)', of: c.yaml}]", "3:32: followers.0.pattern: one group"),
        ("[{path: a, pattern: '(?P<other>.)', of: c.yaml}]", "3:32: followers.0.pattern: one group"),
        ("[{path: a, pattern: '(?P<version>', of: c.yaml}]", "3:32: followers.0.pattern: “(?P<version>” is no pattern"),
        ("[{path: a, pattern: '(?P<version>.)', of: b}]", "3:54: followers.0.of: b is neither a contract nor a spec"),
        ("[{path: c.yaml, pattern: '(?P<version>.)', of: c.yaml}]", "circle: c.yaml → c.yaml"),
        (
            "[{path: a, pattern: '(?P<sha256>.)', of: b}, {path: b, pattern: '(?P<sha256>.)', of: a}]",
            "3:53: followers.0.of: followers run in a circle: ",
        ),
        (
            "[{path: a, pattern: 'a[ab]{900}c(?P<version>x)', of: c.yaml}]",
            "3:32: followers.0.pattern: this pattern compiles to 909 instructions, and a follower's to at most 512",
        ),
        ("[{path: evidence/x/log, pattern: '(?P<sha256>.)', of: b}]", "3:20: followers.0.path: evidence/x/log cannot"),
        ("[{path: .github/workflows/a.yml, pattern: '(?P<sha256>.)', of: b}]", "3:20: followers.0.path: .github/workf"),
        ("[{path: .github/discharge.yml, pattern: '(?P<sha256>.)', of: b}]", "3:20: followers.0.path: .github/discha"),
    ],
)
def test_a_follower_that_cannot_work_is_an_error_with_its_place(followers: str, said: str) -> None:
    """A pattern without a group or with two, a version of nothing, a circle, a file that is nobody's to write."""
    with pytest.raises(Misconfigured) as caught:
        read_config(f'version: 1\ncontracts: ["c.yaml"]\nfollowers: {followers}\n')

    assert said in str(caught.value)


def test_how_many_followers_there_are_is_bounded() -> None:
    """The place is that of the first one too many."""
    followers = "".join(f"- {{path: a{n}, pattern: '(?P<sha256>.)', of: b}}\n" for n in range(51))
    text = 'version: 1\ncontracts: ["c.yaml"]\nfollowers:\n'

    assert len(read_config(text + followers.rpartition("- ")[0]).config.followers) == 50
    with pytest.raises(Misconfigured, match=r":54:3: followers\.50: a configuration has 50 followers at most"):
        read_config(text + followers)


def test_a_change_that_takes_its_followers_along_passes(stage: Stage) -> None:
    """Badge, sentence and pins in the same change."""
    readme = follow("1.3.0")

    assert propose(stage, {CONTRACT_PATH: BUMPED, "README.md": readme, "pin.lock": pin(BUMPED, readme)}) == []


def test_a_bump_that_forgets_its_followers_fails_on_their_lines(stage: Stage) -> None:
    """With the line as it should be; the pin of the README still stands, for the README did not move."""
    old, new = f"{digest(CONTRACT)[:12]}…", f"{digest(BUMPED)[:12]}…"
    assert propose(stage, {CONTRACT_PATH: BUMPED}) == [
        f"error follower/version README.md:3: 1.2.0 stands here for {CONTRACT_PATH}, whose version is 1.3.0",
        f"error follower/digest pin.lock:2: {old} stands here for {CONTRACT_PATH}, whose SHA-256 is {new}",
    ]
    assert suggest(stage) == [follow("1.3.0").split("\r\n")[2], f"contract_sha256:  {digest(BUMPED)}"]


def test_what_disagreed_before_is_a_notice_whatever_moves(stage: Stage) -> None:
    """The badge was left behind long ago; who bumps the contract once more did not do that."""
    stale = follow("1.1.0")
    stage.land("docs: an old README (#2)", {"README.md": stale, "pin.lock": pin(CONTRACT, stale)})

    found = propose(stage, {CONTRACT_PATH: BUMPED, "pin.lock": pin(BUMPED, stale)})

    words = f"1.1.0 stands here for {CONTRACT_PATH}, whose version is 1.3.0 (this stood before the change)"
    assert found == [f"notice follower/version README.md:3: {words}"]


def test_one_more_wrong_badge_is_a_fault_of_its_own(stage: Stage) -> None:
    """Two stood before; the third was written now, and is the last one."""
    stale = follow("1.1.0")
    stage.land("docs: an old README (#2)", {"README.md": stale, "pin.lock": pin(CONTRACT, stale)})
    more = f"{stale}\ncontract v1.1.0\n"

    found = propose(stage, {"README.md": more, "pin.lock": pin(CONTRACT, more)})

    assert [line.partition(": ")[0] for line in found] == [
        "error follower/version README.md:6",
        "notice follower/version README.md:3",
    ]


def test_a_pattern_that_finds_nothing_from_the_start_fails_the_change_that_brings_it(stage: Stage) -> None:
    """And one that is taken out of the configuration need not be found any more; but what it finds must agree."""
    more = f"- {{path: docs/note.md, pattern: 'v(?P<version>\\d+)', of: {CONTRACT_PATH}}}\n"

    words = f"docs/note.md cannot be held against {CONTRACT_PATH}: `v(?P<version>\\d+)` matches nothing"
    assert propose(stage, {CONFIG_PATH: FOLLOWED + FOLLOWERS + more}) == [
        f"error follower/unmatched docs/note.md:1: {words}"
    ]
    assert propose(stage, {CONFIG_PATH: CONFIG, "README.md": "# Speak\n", "pin.lock": "nothing\n"}) == []
    assert len(propose(stage, {CONFIG_PATH: CONFIG, CONTRACT_PATH: BUMPED})) == 2


def test_a_badge_of_a_contract_that_cannot_be_read_is_not_blamed(stage: Stage) -> None:
    """The contract has a finding of its own; a version that is taken away is told at the badge, too."""
    assert propose(stage, {CONTRACT_PATH: "metadata: {version: [\n"})[1:] == []  # the pin only
    assert [line.partition(": ")[0] for line in propose(stage, {CONTRACT_PATH: "metadata: {}\n"})] == [
        "error follower/unmatched README.md:1",
        "error follower/digest pin.lock:2",
    ]


def test_only_followers_of_what_a_change_touches_are_read(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cost follows the change: a note costs nothing, the spec one README."""
    asked: list[str] = []
    read = Repository.read

    def watch(self: Repository, commit: str, paths: Sequence[str], *, large: int = 0) -> dict[str, bytes]:
        asked.extend(paths)
        return read(self, commit, paths, large=large)

    monkeypatch.setattr(Repository, "read", watch)
    stage.repo.git("checkout", "--quiet", "-b", "side")

    def look(files: dict[str, str | bytes]) -> tuple[Finding, ...]:
        asked.clear()
        stage.land("a change", files)
        return checking.check(stage.repo.folder, "side~1", "side", "main")

    assert look({"docs/note.md": "another note\n"}) == ()
    assert not {"README.md", "pin.lock"} & set(asked)
    assert look({SPEC_PATH: SPEC + "\nA sentence more.\n"}) == ()
    assert "pin.lock" not in asked
    assert asked.count("README.md") == 2


def test_a_discharge_brings_its_followers_along(stage: Stage) -> None:
    """In the same commit; every other byte of them stays, odd line ends too; and a second one joins it."""
    assert stage.ask("run", "speak-001").status == 0
    assert stage.ask("run", "speak-002").status == 0

    for rev, version in ((f"{BRANCH}~1", "1.3.0"), (BRANCH, "1.4.0")):
        contract, readme = stage.repo.show(rev, CONTRACT_PATH), follow(version)
        assert stage.repo.show(rev, "README.md") == readme
        assert stage.repo.show(rev, "pin.lock") == pin(contract, readme)
        message = stage.repo.message(rev)
        assert "- Followers updated in the same commit: `README.md`, `pin.lock`\n" in message
        assert "evidence files, 2 followers. Net effect" in " ".join(message.split())
    found = stage.ask("check", "--base", "main", "--head", BRANCH, "--json").data["findings"]
    assert [f for f in found if f["severity"] == "error" or f["rule"].startswith("follower/")] == []


def test_a_follower_that_somebody_wrote_into_is_not_built_on(stage: Stage) -> None:
    """A word of somebody else's in the badge's file would land under our name."""
    stage.ask("run", "speak-001")
    stage.repo.git("checkout", "--quiet", BRANCH)
    stage.land("docs: a word more", {"README.md": follow("1.3.0") + "A word more.\n"})
    stage.repo.git("checkout", "--quiet", "main")

    assert stage.refuse("run", "speak-002").startswith(
        f"the branch {BRANCH} holds more than discharges of {CONTRACT_PATH}."
    )


def test_a_follower_that_cannot_follow_stops_no_discharge(repo: Repo) -> None:
    """It is said in the message, and in the pull request, which has the same words."""
    stage = Stage(repo)
    lost: dict[str, str | bytes] = {"README.md": b"contract v\xff", "pin.lock": "nothing is pinned here\n"}
    stage.set({CONFIG_PATH: FOLLOWED + FOLLOWERS, **lost})

    said = stage.ask("run", "speak-001")

    told = " ".join(stage.repo.message(BRANCH).split())
    assert said.status == 0
    assert stage.files() == [row for row in stage.files() if "evidence/" in row or CONTRACT_PATH in row]
    assert f"- README.md does not follow {CONTRACT_PATH}: README.md is not UTF-8 -" in told
    assert "- pin.lock does not follow contracts/speak-v1.yaml: `^contract_sha256: +" in told


def test_an_amendment_brings_its_followers_along(stage: Stage) -> None:
    """The README follows the spec, and the pin the README."""
    assert stage.ask("amend").status == 0

    branch = stage.repo.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads/spec")
    readme = follow(spec="2.5.0")
    assert stage.files(branch) == ["M README.md", f"M {SPEC_PATH}", "M pin.lock"]
    assert stage.repo.show(branch, "README.md") == readme
    assert stage.repo.show(branch, "pin.lock") == pin(CONTRACT, readme)
    assert "## Followers\n\n- Followers updated in the same commit: `README.md`, `pin.lock`\n\nSpec-Amendment:" in (
        stage.repo.message(branch)
    )
