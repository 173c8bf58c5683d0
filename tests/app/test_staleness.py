"""What is stale: since which commit, by which file, and what a change would make so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app import git
from app.history import Repository
from app.staleness import STALE, check, find
from app.touch import fold, read
from app.workspace import open_workspace
from tests.app.stage import CONFIG, CONFIG_PATH, CONTRACT, CONTRACT_PATH, PROGRAM, PROGRAM_PATH, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.workspace import Workspace
    from tests.app.conftest import Repo

BOUND = CONFIG.replace("    timeout: 20s\n", '    timeout: 20s\n    when: {paths: ["speak.sh", "voice/**"]}\n')
CONFIGURED = f"{BOUND}evidence: {{accept: [terminal]}}\n"
LOUDER = PROGRAM.replace("hello", "HELLO")


@pytest.fixture
def stage(repo: Repo) -> Stage:
    """A repository to play in."""
    return Stage(repo)


def discharge(stage: Stage, *ids: str, config: str = CONFIGURED, more: dict[str, str | bytes] | None = None) -> None:
    """Measure falsifiers on main, and land their discharge."""
    stage.set({CONFIG_PATH: config, "voice/pitch.txt": "a\n", **(more or {})})
    said = stage.ask("run", *ids, "--json")
    assert said.status == 0, said.err
    branch = said.data["plan"][0]["branch"]
    stage.repo.git("merge", "--quiet", "--squash", branch)
    stage.repo.commit("discharge(speak-v1): it holds (#2)", {})


def open_(stage: Stage) -> Workspace:
    """Return main as it stands."""
    return open_workspace(stage.repo.folder)


def told(stage: Stage) -> list[str]:
    """Return what is stale on main, a line each."""
    return [f"{one.bound.falsifier} {one.cause.words}" for one in find(open_(stage))]


def test_the_first_commit_that_touched_a_bound_file_is_told(stage: Stage) -> None:
    """Of three later commits the one that touched it first counts; its number stands in its subject."""
    discharge(stage, "SPEAK-001", "SPEAK-002")
    stage.land("docs: a note (#3)", {"docs/other.md": "a note\n"})
    assert told(stage) == []

    first = stage.land("feat: louder (#4)", {}, LOUDER)
    stage.land("feat: a voice (#5)", {"voice/deep/tone.txt": "a\n"})

    words = f"stale since {first[:7]} (#4) by speak.sh"
    assert told(stage) == [f"FALSIFY-SPEAK-001 {words}", f"FALSIFY-SPEAK-002 {words}"]


def test_a_commit_without_a_pull_request_is_told_by_its_hash(stage: Stage) -> None:
    """A direct push has no number; of two files that it touched the first by name is told."""
    discharge(stage, "SPEAK-001")

    commit = stage.land("a push", {"voice/b.txt": "b\n", "voice/a.txt": "a\n"})

    assert told(stage) == [f"FALSIFY-SPEAK-001 stale since {commit[:7]} by voice/a.txt"]


def test_a_file_that_was_changed_back_makes_nothing_stale(stage: Stage) -> None:
    """What was measured stands there byte for byte; another file that stays changed counts from its own commit."""
    discharge(stage, "SPEAK-001")
    stage.land("feat: louder (#3)", {}, LOUDER)

    stage.land("revert: louder (#4)", {}, PROGRAM)
    assert told(stage) == []
    later = stage.land("feat: a voice (#5)", {"voice/a.txt": "a\n"})

    assert told(stage) == [f"FALSIFY-SPEAK-001 stale since {later[:7]} (#5) by voice/a.txt"]


def test_what_came_by_a_merge_counts_from_the_merge(stage: Stage) -> None:
    """The default branch's own line counts: a commit of the merged branch is not told, the merge that brought it is."""
    discharge(stage, "SPEAK-001")
    stage.repo.git("checkout", "--quiet", "-b", "topic")
    stage.land("louder", {}, LOUDER)
    stage.repo.git("checkout", "--quiet", "main")
    stage.land("docs: a note (#3)", {"docs/other.md": "a note\n"})

    stage.repo.git("merge", "--quiet", "--no-ff", "-m", "Merge pull request #4 from acme/topic", "topic")

    merge = stage.repo.git("rev-parse", "HEAD")
    assert told(stage) == [f"FALSIFY-SPEAK-001 stale since {merge[:7]} (#4) by speak.sh"]


def test_a_measurement_beside_the_line_knows_what_it_had(stage: Stage) -> None:
    """Measured on a branch that was merged later: its own change is no news, what main had meanwhile is."""
    stage.set({CONFIG_PATH: CONFIGURED, "voice/pitch.txt": "a\n"})
    stage.repo.git("checkout", "--quiet", "-b", "topic")
    stage.land("docs: on the way", {"docs/way.md": "a\n"})
    measured = stage.land("louder", {}, PROGRAM + "echo more\n")
    stage.repo.git("checkout", "--quiet", "main")
    stage.repo.git("merge", "--quiet", "--no-ff", "-m", "Merge pull request #3 from acme/topic", "topic")
    said = stage.ask("run", "SPEAK-001", "--rev", measured, "--json")
    stage.repo.git("merge", "--quiet", "--squash", said.data["plan"][0]["branch"])
    stage.repo.commit("discharge(speak-v1): it holds (#4)", {})
    assert told(stage) == []

    later = stage.land("feat: a voice (#5)", {"voice/a.txt": "a\n"})

    assert told(stage) == [f"FALSIFY-SPEAK-001 stale since {later[:7]} (#5) by voice/a.txt"]


def test_what_nobody_measured_is_never_stale(stage: Stage) -> None:
    """A status that was written by hand, or by a receipt that does not count, has no commit to count from."""
    discharge(stage, "SPEAK-001", config=BOUND + 'keys: ["ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]\n')

    stage.land("feat: louder (#3)", {}, LOUDER)

    assert told(stage) == []


def test_the_list_says_what_is_stale(stage: Stage) -> None:
    """Beside the status for people; as an object for machines, null for what is not stale."""
    discharge(stage, "SPEAK-001")
    commit = stage.land("feat: louder (#3)", {}, LOUDER)

    people, machines = stage.ask("list"), stage.ask("list", "--json")

    assert f"FALSIFY-SPEAK-001  DISCHARGED  stale since {commit[:7]} (#3) by speak.sh\n" in people.out
    assert [f["stale"] for f in machines.data[0]["falsifiers"]] == [
        {"commit": commit, "pull": 3, "path": PROGRAM_PATH},
        None,
        None,
    ]


def many(count: int) -> tuple[str, str]:
    """Return a contract and a configuration with so many falsifiers, in two smokes each bound to files."""
    ids = [f"FALSIFY-SPEAK-1{n:02}" for n in range(count)]
    block = CONTRACT[CONTRACT.index("- id: FALSIFY-SPEAK-001") : CONTRACT.index("- id: FALSIFY-SPEAK-002")]
    contract = CONTRACT + "".join(block.replace("FALSIFY-SPEAK-001", id_) for id_ in ids)
    predictions = "".join(f'      {id_}: [{{leg: default, contains: "hello"}}]\n' for id_ in ids)
    return contract, CONFIGURED.replace("evidence: {", f"{predictions}evidence: {{")


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines of git, as they are started."""
    started: list[list[str]] = []
    real: Callable[..., object] = git._start  # noqa: SLF001 - every git process begins there

    def start(command: list[str], *args: object) -> object:
        started.append(command)
        return real(command, *args)

    monkeypatch.setattr(git, "_start", start)
    return started


@pytest.mark.parametrize("count", [1, 60])
def test_git_is_not_asked_about_each_falsifier(stage: Stage, processes: list[list[str]], count: int) -> None:
    """One falsifier or sixty, one measurement or three, four commits later or forty: as many processes of git."""
    contract, config = many(count)
    discharge(stage, "speak-v1/SPEAK-1*", config=config, more={CONTRACT_PATH: contract})
    for n in range(count // 2):
        stage.land(f"docs: a note (#{n + 3})", {f"docs/n{n}.md": "a\n"})
    stage.land("feat: louder (#90)", {}, LOUDER)
    workspace = open_(stage)
    processes.clear()

    found = find(workspace)

    assert {one.cause.pull for one in found} == {90}
    assert len(found) == count
    assert len(processes) <= 10, [command[-6:] for command in processes]


def test_nothing_is_read_where_no_smoke_is_bound(stage: Stage, processes: list[list[str]]) -> None:
    """A configuration without `when` costs no process at all; one whose contract has nothing discharged no receipt."""
    discharge(stage, "SPEAK-001", config=CONFIGURED.replace('    when: {paths: ["speak.sh", "voice/**"]}\n', ""))
    workspace = open_(stage)
    processes.clear()

    assert find(workspace) == ()
    assert processes == []


def look(stage: Stage, before: str) -> list[str]:
    """Return what a change from *before* to the head would make stale."""
    workspace = open_(stage)
    touched = Repository(stage.repo.folder).changed(before, workspace.commit)
    return [f"{f.rule} {f.severity} {f.place}: {f.message}" for f in check(workspace, before, touched)]


def test_a_change_is_told_what_it_makes_stale(stage: Stage) -> None:
    """A notice at the status, with the file and the smoke; other changes are told nothing."""
    discharge(stage, "SPEAK-001")
    before = stage.repo.git("rev-parse", "HEAD")
    stage.land("docs: a note", {"docs/other.md": "a note\n"})
    assert look(stage, before) == []

    stage.land("feat: louder", {"voice/a.txt": "a\n"}, LOUDER)

    line = stage.repo.show("HEAD", CONTRACT_PATH).split("status: DISCHARGED")[0].count("\n") + 1
    (said,) = look(stage, before)
    assert said.startswith(f"contract/stale notice {CONTRACT_PATH}:{line}")
    assert said.endswith(
        ": merging this makes FALSIFY-SPEAK-001 stale: speak.sh is what smoke speak is bound to, and so is 1 more"
    )


def test_what_is_stale_already_is_not_made_so(stage: Stage) -> None:
    """The second change of a bound file makes nothing stale that the first did not."""
    discharge(stage, "SPEAK-001")
    before = stage.land("feat: louder", {}, LOUDER)

    stage.land("feat: a voice", {"voice/a.txt": "a\n"})

    assert look(stage, before) == []


def test_a_change_that_withdraws_the_discharge_makes_nothing_stale(stage: Stage) -> None:
    """What is not discharged any more after the change cannot become stale."""
    discharge(stage, "SPEAK-001")
    before = stage.repo.git("rev-parse", "HEAD")
    text = stage.repo.show("HEAD", CONTRACT_PATH)

    stage.land("undo", {CONTRACT_PATH: text.replace("status: DISCHARGED", "status: FUNCTIONAL")}, LOUDER)

    assert look(stage, before) == []


def test_a_change_of_other_files_costs_no_git(stage: Stage, processes: list[list[str]]) -> None:
    """No receipt is read where no bound file is touched."""
    discharge(stage, "SPEAK-001")
    workspace = open_(stage)
    processes.clear()

    assert list(check(workspace, workspace.commit, ["docs/other.md", "speak.sh.md"])) == []
    assert list(check(workspace, None, ["speak.sh"])) == []
    assert processes == []


def test_the_rule_tells_what_to_do() -> None:
    """Its page says that a stale discharge fails nothing."""
    assert STALE.severity == "notice"
    assert "fails nothing and moves no tally" in " ".join(STALE.text.split())


def test_a_log_is_read_whatever_its_subjects_and_paths_hold() -> None:
    """Line ends, colons, SOH in subjects, and bytes that are no text in paths."""
    raw = (
        b"\x01"
        + b"a" * 40
        + b"\0:1 2 3 4 M \x01 it\0\n:100644 000000 b c D\0a\n:b\xff\0"
        + b"\x01"
        + b"d" * 40
        + b"\0\0"
    )

    (touch,) = read(raw)

    assert (touch.commit, touch.subject) == ("a" * 40, ":1 2 3 4 M \x01 it")
    assert touch.path.encode("utf-8", "surrogateescape") == b"a\n:b\xff"
    assert (touch.before, touch.after) == ("100644 b", "000000 c")


@pytest.mark.parametrize(
    ("globs", "places"),
    [
        (["src/**", "src/a/*.rs", "speak.sh"], ("speak.sh", "src/")),
        (["*.py", "src/x.rs"], ()),
        (["src/a*", "src.txt"], ("src.txt", "src/")),
        (["a/b?.c", "a/b"], ("a/",)),
        ([], ()),
    ],
)
def test_globs_are_looked_for_where_they_can_match(globs: list[str], places: tuple[str, ...]) -> None:
    """The folder before the first wildcard; one inside another is left out, and nothing means everywhere."""
    assert fold(globs) == places


def test_the_json_of_a_path_stays_json(stage: Stage) -> None:
    """A path in any script, with a quote and an escape in it, is told as it is."""
    discharge(stage, "SPEAK-001")
    stage.land("feat: a voice (#3)", {'voice/ü "\x1b[31m.txt': "a\n"})

    people, machines = stage.ask("list"), stage.ask("list", "--json")

    assert "\x1b" not in people.out
    assert json.loads(machines.out)[0]["falsifiers"][0]["stale"]["path"] == 'voice/ü "\x1b[31m.txt'
