"""Mirrors: a repository's commits on this machine, its contents on demand, and how little of git that takes."""

from __future__ import annotations

import base64
import shutil
from typing import TYPE_CHECKING

import pytest

from app import git
from app.config import PATH, read
from app.hub.mirror import Mirror
from app.memory import Memory
from app.workspace import Workspace
from contracts.error import Unreadable
from tests.app.backend import TOKEN, Keys, serve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.app.backend import Backend
    from tests.app.conftest import Repo

FALSIFIER = "falsifiers:\n- id: FALSIFY-{n:03d}-001\n  rule: 'it holds'\n"


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    """Real git over real HTTP."""
    with serve(tmp_path / "served") as server:
        yield server


@pytest.fixture
def origin(repo: Repo, backend: Backend) -> Repo:
    """A repository with one commit, pushed to `acme/hello` on the server."""
    repo.commit("one", {"a.txt": "a\n", "contracts/a.yaml": "a: 1\n", ".github/discharge.yml": "version: 1\n"})
    bare = backend.root / "acme" / "hello.git"
    repo.git("clone", "--quiet", "--bare", str(repo.folder), str(bare))
    for key in ("allowFilter", "allowAnySHA1InWant"):
        repo.git("--git-dir", str(bare), "config", f"uploadpack.{key}", "true")
    repo.git("remote", "add", "origin", str(bare))
    return repo


@pytest.fixture
def mirror(tmp_path: Path, backend: Backend) -> Mirror:
    """A mirror of `acme/hello`, not made yet."""
    return Mirror(tmp_path / "data", "acme/hello", backend.url, Keys(), timeout=20)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """Every git command that is run from now on, with its environment."""
    seen: list[tuple[list[str], dict[str, str]]] = []
    start = git._start  # noqa: SLF001 - the one place that starts git

    def watch(command: list[str], data: bytes, env: Mapping[str, str], timeout: float) -> object:
        seen.append((command, dict(env)))
        return start(command, data, env, timeout)

    monkeypatch.setattr(git, "_start", watch)
    return seen


def contents(folder: Path) -> int:
    """Return how many file contents a repository holds."""
    found = git.Git(folder, folder)._run("cat-file", "--batch-check=%(objecttype)", "--batch-all-objects")  # noqa: SLF001 - asked of git itself
    return found.split().count(b"blob")


def test_the_first_fetch_brings_commits_and_no_contents(origin: Repo, mirror: Mirror, backend: Backend) -> None:
    """A new mirror has branches, commits and trees; a file's content arrives when it is read."""
    partial = mirror.fetch()
    head = origin.git("rev-parse", "HEAD")
    assert partial.default_branch() == "main"
    assert partial.commit("refs/heads/main") == head
    assert partial.paths(head) == (".github/discharge.yml", "a.txt", "contracts/a.yaml")
    assert contents(mirror.folder) == 0
    assert partial.read(head, ["a.txt", "gone.txt"]) == {"a.txt": b"a\n"}
    assert contents(mirror.folder) == 1
    assert partial.url() == f"{backend.url}/acme/hello"


def test_a_thousand_contracts_are_one_transfer(
    origin: Repo, mirror: Mirror, backend: Backend, commands: list[tuple[list[str], dict[str, str]]]
) -> None:
    """Contents arrive together; the second reading asks nobody, and its cost does not grow with the files."""
    many: dict[str, str | bytes] = {f"contracts/{n}.yaml": FALSIFIER.format(n=n) for n in range(1000)}
    head = origin.commit("many", many)
    origin.git("push", "--quiet", "origin", "main")
    partial = mirror.fetch()
    backend.asked.clear()
    commands.clear()
    assert len(partial.read(head, [*many])) == 1000
    assert backend.asked.count("info/refs") == 1
    assert sum("fetch" in command for command, _ in commands) == 1
    backend.asked.clear()
    commands.clear()
    assert len(mirror.open([head]).read(head, [*many])) == 1000
    assert backend.asked == []
    assert len(commands) == 4, "is it there; which files; how large they are, if they are here; the contents"


def test_what_moved_is_followed(origin: Repo, mirror: Mirror) -> None:
    """New commits come, force-pushed branches move, branches that went go, and the default branch may change."""
    origin.git("push", "--quiet", "origin", "main:old/one", "main:moved")
    assert set(mirror.fetch().branches("")) == {"main", "moved", "old/one"}
    head = origin.commit("two", {"b.txt": "b\n"})
    origin.git("push", "--quiet", "origin", ":old/one", "main:trunk")
    origin.git("push", "--quiet", "origin", "main:old")
    origin.git("commit", "--quiet", "--amend", "-m", "instead")
    origin.git("push", "--quiet", "--force", "origin", "HEAD:moved")
    partial = mirror.fetch(branch="trunk")
    assert partial.branches("") == {
        "main": partial.commit("main"),
        "moved": origin.git("rev-parse", "HEAD"),
        "old": head,
        "trunk": head,
    }
    assert partial.default_branch() == "trunk"
    assert partial.read(head, ["b.txt"]) == {"b.txt": b"b\n"}


def test_a_default_branch_that_went_is_asked_for(origin: Repo, mirror: Mirror, backend: Backend) -> None:
    """A repository whose default branch was renamed is asked for the new name, and only then."""
    mirror.fetch()
    bare = str(backend.root / "acme" / "hello.git")
    origin.git("--git-dir", bare, "branch", "--quiet", "-m", "main", "trunk")
    backend.asked.clear()
    assert mirror.fetch().default_branch() == "trunk"
    asked = len(backend.asked)
    mirror.fetch()
    assert len(backend.asked) - asked < asked


def test_heads_of_pull_requests_come_when_they_are_named(origin: Repo, mirror: Mirror) -> None:
    """A fork's commit is read from its pull request; one that does not exist is told."""
    head = origin.commit("fork", {"a.txt": "fork\n"})
    origin.git("push", "--quiet", "origin", "HEAD:refs/pull/7/head")
    partial = mirror.fetch()
    assert not partial.holds([head])
    partial = mirror.fetch([7])
    assert partial.commit("refs/pull/7/head") == head
    assert partial.read(head, ["a.txt"]) == {"a.txt": b"fork\n"}
    with pytest.raises(Unreadable, match="refs/pull/8/head"):
        mirror.fetch([8])


def test_an_empty_repository_has_no_commit(repo: Repo, mirror: Mirror, backend: Backend) -> None:
    """A repository in which nothing was ever committed is told as that."""
    repo.git("clone", "--quiet", "--bare", str(repo.folder), str(backend.root / "acme" / "hello.git"))
    with pytest.raises(Unreadable, match="no commit"):
        mirror.fetch().commit("refs/heads/main")


def test_a_mirror_without_a_default_branch_is_told(origin: Repo, mirror: Mirror) -> None:
    """A HEAD that is no branch is told, not guessed at."""
    partial = mirror.fetch()
    (mirror.folder / "HEAD").write_text(partial.commit("main") + "\n")
    with pytest.raises(Unreadable, match="no default branch"):
        partial.default_branch()


def test_a_commit_that_is_there_needs_no_fetch(origin: Repo, mirror: Mirror, backend: Backend) -> None:
    """Opening a mirror for commits that it holds asks nobody; for a new one, it fetches."""
    first = origin.git("rev-parse", "HEAD")
    mirror.open([first])
    backend.asked.clear()
    mirror.open([first])
    assert backend.asked == []
    second = origin.commit("two", {"b.txt": "b\n"})
    origin.git("push", "--quiet", "origin", "main")
    assert mirror.open([first, second]).commit("main") == second


def test_every_file_of_a_commit_is_brought_for_its_export(
    origin: Repo, mirror: Mirror, backend: Backend, tmp_path: Path
) -> None:
    """An exported commit is whole, links too, after one transfer; the folder then serves without a network."""
    (origin.folder / "link").symlink_to("a.txt")
    head = origin.commit("link", {f"deep/{n}.txt": f"{n}\n" for n in range(20)})
    origin.git("push", "--quiet", "origin", "main")
    partial = mirror.fetch()
    backend.asked.clear()
    (tmp_path / "out").mkdir()
    partial.export(head, tmp_path / "out")
    assert backend.asked.count("info/refs") == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        ".github",
        "a.txt",
        "contracts",
        "deep",
        "link",
    ]
    assert (tmp_path / "out" / "link").read_text() == "a\n"
    backend.asked.clear()
    partial.complete(head)
    assert backend.asked == []


def test_what_landed_is_read_with_one_transfer(origin: Repo, mirror: Mirror, backend: Backend) -> None:
    """The changes of all landed commits arrive together, and so do the latest contents of a file."""
    first = origin.git("rev-parse", "HEAD")
    for n in range(5):
        origin.commit(f"change {n}", {"a.txt": f"{n}\n" * 9, f"{n}.txt": "new\n"})
    origin.git("push", "--quiet", "origin", "main")
    partial = mirror.fetch()
    backend.asked.clear()
    landed = partial.log(first, "main")
    patches = [partial.patch(commit.hash) for commit in landed]
    assert [patch.count("+new") for patch in patches] == [1] * 5
    assert backend.asked.count("info/refs") == 1
    mirror.drop()
    partial = mirror.fetch()
    backend.asked.clear()
    changed = partial.touching("a.txt", "main")
    assert len(changed) == 6
    assert [partial.read(commit, ["a.txt"])["a.txt"] for commit in changed][-1] == b"a\n"
    assert backend.asked.count("info/refs") == 1
    assert len(partial.log(None, "main")) == 6


def test_a_long_history_is_not_brought_ahead(
    origin: Repo, mirror: Mirror, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More commits than anybody looks at one by one bring nothing until one of them is looked at."""
    monkeypatch.setattr("app.hub.partial._WIDE", 1)
    first = origin.git("rev-parse", "HEAD")
    for n in range(2):
        origin.commit(f"change {n}", {"a.txt": f"{n}\n"})
    origin.git("push", "--quiet", "origin", "main")
    partial = mirror.fetch()
    assert len(partial.log(first, "main")) == 2
    assert contents(mirror.folder) == 0
    assert "+1" in partial.patch(partial.commit("main"))


def test_a_root_commit_has_a_patch(origin: Repo, mirror: Mirror) -> None:
    """The first commit of all is compared with nothing."""
    partial = mirror.fetch()
    assert "+a: 1" in partial.patch(partial.commit("main"))


def test_the_token_is_shown_to_the_server_only(
    origin: Repo, mirror: Mirror, commands: list[tuple[list[str], dict[str, str]]]
) -> None:
    """The token stands in no argument and in no file; only the environment of transfers has it, for that host."""
    partial = mirror.fetch()
    partial.read("main", ["a.txt"])
    secrets = [TOKEN, base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()]
    assert not [word for command, _ in commands for word in command for secret in secrets if secret in word]
    stored = b"".join(path.read_bytes() for path in mirror.folder.parent.rglob("*") if path.is_file())
    assert not [secret for secret in secrets if secret.encode() in stored]
    shown = [env for command, env in commands if any(secrets[1] in value for value in env.values())]
    assert len(shown) == sum({"fetch", "ls-remote"} & set(command) != set() for command, _ in commands) == 3
    for env in shown:
        key = next(key for key, value in env.items() if secrets[1] in value)
        assert env[key.replace("VALUE", "KEY")].startswith("http.http://127.0.0.1:")
    assert TOKEN not in repr(mirror) + repr(partial) + str(vars(partial).keys())


def test_nothing_of_the_users_git_takes_part(
    origin: Repo, mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Configuration of the user, variables of git and hooks in the mirror have no effect."""
    trap = tmp_path / "trap"
    trap.mkdir()
    (trap / ".gitconfig").write_text('[url "http://127.0.0.1:1/"]\n\tinsteadOf = http\n')
    monkeypatch.setenv("HOME", str(trap))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(trap / ".gitconfig"))
    monkeypatch.setenv("GIT_DIR", str(trap))
    mirror.fetch()
    hook = mirror.folder / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {trap}/sprung\n")
    hook.chmod(0o755)
    origin.commit("two", {"b.txt": "b\n"})
    origin.git("push", "--quiet", str(mirror.folder.parents[3] / "served" / "acme" / "hello.git"), "main")
    assert len(mirror.fetch().log(None, "main")) == 2
    assert not (trap / "sprung").exists()


def test_a_workspace_stands_on_a_mirror(origin: Repo, mirror: Mirror) -> None:
    """What reads contracts from a checkout reads them from a mirror."""
    config = 'version: 1\ncontracts: ["contracts/*.yaml"]\n'
    head = origin.commit("config", {PATH: config, "contracts/b.yaml": "b: 2\n"})
    origin.git("push", "--quiet", "origin", "main")
    workspace = Workspace(mirror.fetch(), "main", head, read(config), bare=False)
    assert workspace.contract_paths == ("contracts/a.yaml", "contracts/b.yaml")
    assert set(workspace.documents) == set(workspace.contract_paths)


def test_what_is_remembered_survives_the_mirror_and_brings_no_mistake(
    origin: Repo, tmp_path: Path, backend: Backend, commands: list[tuple[list[str], dict[str, str]]]
) -> None:
    """One that somebody deleted is made anew: contents that are remembered are right, and what git needs is brought."""
    mirror = Mirror(tmp_path / "data", "acme/hello", backend.url, Keys(), timeout=20, memory=Memory())
    base = origin.git("rev-parse", "HEAD")
    origin.commit("two", {"a.txt": "a\nb\n"})
    origin.git("push", "--quiet", "origin", "main")
    head = origin.git("rev-parse", "HEAD")
    first = mirror.fetch()
    told = (first.read(head, ["a.txt"]), first.log(base, head), first.patch(head), first.contains("main", base))
    shutil.rmtree(mirror.folder)
    again = mirror.fetch()
    commands.clear()

    assert (again.read(head, ["a.txt"]), again.log(base, head), again.patch(head)) == told[:3]
    assert again.contains("main", base) == told[3]
    assert again.hunks(base, head, "a.txt") == (range(1, 3),)
    again.export(head, tmp_path)

    assert (tmp_path / "a.txt").read_text() == "a\nb\n"
    assert "cat-file --batch " not in " ".join(" ".join(command) + " " for command, _ in commands)


def test_nothing_of_a_dropped_mirror_is_remembered(origin: Repo, tmp_path: Path, backend: Backend) -> None:
    """Whoever takes the App away from a repository leaves nothing behind."""
    memory = Memory()
    mirror = Mirror(tmp_path / "data", "acme/hello", backend.url, Keys(), timeout=20, memory=memory)
    head = origin.git("rev-parse", "HEAD")
    mirror.fetch().read(head, ["a.txt"])
    key = (str(mirror.folder), origin.git("rev-parse", f"{head}:a.txt"))
    assert memory.get(key) == b"a\n"

    mirror.drop()

    assert memory.get(key) is None
