"""Mirrors when something goes wrong: the network, the token, the disk, another fetch, a hostile name."""

from __future__ import annotations

import fcntl
import string
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.github import Refused
from app.hub.mirror import Mirror
from app.hub.partial import Unreachable
from contracts.error import Unreadable
from tests.app.backend import TOKEN, Keys, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.app.backend import Backend
    from tests.app.conftest import Repo


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    """Real git over real HTTP."""
    with serve(tmp_path / "served") as server:
        yield server


@pytest.fixture
def origin(repo: Repo, backend: Backend) -> Repo:
    """A repository with one commit, pushed to `acme/hello` on the server."""
    repo.commit("one", {"a.txt": "a\n"})
    bare = backend.root / "acme" / "hello.git"
    repo.git("clone", "--quiet", "--bare", str(repo.folder), str(bare))
    for key in ("allowFilter", "allowAnySHA1InWant"):
        repo.git("--git-dir", str(bare), "config", f"uploadpack.{key}", "true")
    repo.git("remote", "add", "origin", str(bare))
    return repo


def make(tmp_path: Path, backend: Backend, keys: Keys | None = None, *, timeout: float = 20) -> Mirror:
    """Name a mirror of `acme/hello`."""
    return Mirror(tmp_path / "data", "acme/hello", backend.url, keys or Keys(), timeout=timeout)


def test_a_token_that_is_not_taken_is_dropped_once(origin: Repo, backend: Backend, tmp_path: Path) -> None:
    """A token that ended early is replaced, and the fetch goes on; if the new one is not taken, that is final."""
    keys = Keys("ghs_ended", TOKEN)
    assert make(tmp_path, backend, keys).fetch().commit("main")
    assert keys.dropped == ["ghs_ended"]
    backend.tokens.clear()
    with pytest.raises(Refused, match="installed") as refused:
        make(tmp_path, backend, keys).fetch()
    assert refused.value.status == 401
    assert keys.dropped == ["ghs_ended", TOKEN]


@pytest.mark.parametrize("status", [301, 403, 404, 410])
def test_a_repository_that_is_gone_is_final(origin: Repo, backend: Backend, tmp_path: Path, status: int) -> None:
    """Deleted, renamed or closed: asking again cannot help, and no redirection is followed."""
    backend.faults.append(status)
    with pytest.raises(Refused, match="not there for git"):
        make(tmp_path, backend).fetch()
    assert len(backend.asked) == 1
    assert not make(tmp_path, backend).folder.exists()


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_in_trouble_is_asked_again_later(origin: Repo, backend: Backend, tmp_path: Path, status: int) -> None:
    """The mirror stays as it was, contents that are missing are told, and the next fetch succeeds."""
    partial = make(tmp_path, backend).fetch()
    for again in (lambda: make(tmp_path, backend).fetch(), lambda: partial.read("main", ["a.txt"])):
        backend.faults.append(status)
        with pytest.raises(Unreachable, match="cannot reach"):
            again()
    assert make(tmp_path, backend).fetch().read("main", ["a.txt"]) == {"a.txt": b"a\n"}


def test_a_default_branch_that_cannot_be_asked_for_is_told(origin: Repo, backend: Backend, tmp_path: Path) -> None:
    """A clone that was not finished is not seen; the next one begins anew."""
    backend.faults += [None, None, None, 503]
    with pytest.raises(Unreachable, match="cannot reach"):
        make(tmp_path, backend).fetch()
    assert not make(tmp_path, backend).folder.exists()
    assert make(tmp_path, backend).fetch(branch="main").default_branch() == "main"


def test_a_silent_server_costs_a_bounded_time(origin: Repo, backend: Backend, tmp_path: Path) -> None:
    """A server that never answers is left after the time that was given, with everything that git started."""
    mirror = make(tmp_path, backend, timeout=0.5)
    backend.faults.append(0)
    with pytest.raises(Unreachable, match=r"longer than 0\.5 s"):
        mirror.fetch()


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A refused connection is worth another try later."""
    with pytest.raises(Unreachable, match="cannot reach"):
        Mirror(tmp_path, "acme/hello", "http://127.0.0.1:1", Keys()).fetch()


def test_only_http_is_spoken(origin: Repo, tmp_path: Path) -> None:
    """An address of another kind is never opened."""
    with pytest.raises(Unreachable, match="transport 'file' not allowed"):
        Mirror(tmp_path, "acme/hello", f"file://{tmp_path}/served", Keys()).fetch()


def test_a_half_clone_is_never_seen(origin: Repo, backend: Backend, tmp_path: Path) -> None:
    """What a killed process left beside the mirror is swept away by the next fetch."""
    mirror = make(tmp_path, backend)
    half = mirror.folder.with_suffix(".git.new")
    half.mkdir(parents=True)
    (half / "HEAD").write_text("half")
    assert mirror.fetch().commit("main")
    assert not half.exists()


@pytest.mark.parametrize("harm", ["packs", "lock", "head", "all"])
def test_a_broken_mirror_is_made_anew(origin: Repo, backend: Backend, tmp_path: Path, harm: str) -> None:
    """Packs cut short, a lock that a killed git left, a damaged HEAD, an empty folder: the next fetch mends it."""
    mirror = make(tmp_path, backend)
    mirror.fetch()
    head = origin.commit("two", {"a.txt": "two\n"})
    origin.git("push", "--quiet", "origin", "main")
    files = {
        "packs": [path for path in mirror.folder.glob("objects/pack/*") if path.suffix in (".pack", ".idx")],
        "lock": [mirror.folder / "refs" / "heads" / "main.lock", mirror.folder / "packed-refs.lock"],
        "head": [mirror.folder / "HEAD"],
        "all": [path for path in mirror.folder.rglob("*") if path.is_file()],
    }[harm]
    for path in files:
        path.unlink(missing_ok=True)
        path.write_bytes(b"")
    assert mirror.fetch().read("main", ["a.txt"]) == {"a.txt": b"two\n"}
    assert mirror.fetch().commit("main") == head


def test_a_deleted_mirror_comes_back(origin: Repo, backend: Backend, tmp_path: Path) -> None:
    """A mirror is a cache: deleted, it is made again by whoever needs it."""
    mirror = make(tmp_path, backend)
    head = mirror.fetch().commit("main")
    mirror.drop()
    assert not mirror.folder.exists()
    assert mirror.open([head]).commit("main") == head


def test_many_packs_become_one(origin: Repo, backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetches leave packs behind; from a number on they are made one, and nothing is lost or asked for again."""
    monkeypatch.setattr("app.hub.mirror._PACKS", 3)
    mirror = make(tmp_path, backend)
    for n in range(4):
        head = origin.commit(f"{n}", {"a.txt": f"{n}\n"})
        origin.git("push", "--quiet", "origin", "main")
        mirror.fetch().read("main", ["a.txt"])
    packs = list(mirror.folder.glob("objects/pack/*.pack"))
    assert len(packs) <= 5
    backend.asked.clear()
    assert mirror.open([head]).read(head, ["a.txt"]) == {"a.txt": b"3\n"}
    assert backend.asked == []


def test_what_a_killed_fetch_left_is_swept_when_it_is_old(
    origin: Repo, backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A temporary pack goes once no living fetch can own it."""
    mirror = make(tmp_path, backend)
    mirror.fetch()
    stray = mirror.folder / "objects" / "pack" / "tmp_pack_x"
    stray.write_bytes(b"half")
    mirror.fetch()
    assert stray.exists()
    now = time.time()
    monkeypatch.setattr("app.hub.mirror.time.time", lambda: now + 4000)
    mirror.fetch()
    assert not stray.exists()


def test_two_at_once_make_one_mirror(origin: Repo, backend: Backend, tmp_path: Path) -> None:
    """Threads that need the same mirror wait for each other; each gets it whole."""
    found: list[bytes] = []
    work = [
        threading.Thread(target=lambda: found.append(make(tmp_path, backend).fetch().read("main", ["a.txt"])["a.txt"]))
        for _ in range(4)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert found == [b"a\n"] * 4


def test_a_mirror_that_is_held_elsewhere_is_waited_for_a_bounded_time(
    origin: Repo, backend: Backend, tmp_path: Path
) -> None:
    """Another process that holds the mirror and does not end is told, not waited for without end."""
    mirror = make(tmp_path, backend, timeout=0.1)
    mirror.folder.parent.mkdir(parents=True)
    with mirror.folder.with_suffix(".git.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Unreachable, match="does not end"):
            mirror.fetch()


def test_odd_branch_names_do_no_harm(origin: Repo, backend: Backend, tmp_path: Path) -> None:
    """Names that look like options, hashes, shell or HTML are names."""
    names = ['zzz";echo${IFS}"hello";#', "-x", "f" * 40, "<!--", "a/b/c", "HEAD2", "ünï"]
    for name in names:
        origin.git("push", "--quiet", "origin", f"main:refs/heads/{name}")
    partial = make(tmp_path, backend).fetch()
    assert set(partial.branches("")) == {"main", *names}
    assert {partial.commit(f"refs/heads/{name}") for name in names} == {partial.commit("main")}


@pytest.mark.parametrize(
    "name",
    ["", "acme", "acme/", "/hello", "acme/..", "acme/.", "../x", "acme/a/b", "acme/x.git", "-a/b", "a b/c", "acme/h\n"],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    """Only names that GitHub gives become folders."""
    with pytest.raises(Unreadable, match="no repository"):
        Mirror(tmp_path, name, "http://127.0.0.1:1", Keys())


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet=f"{string.ascii_letters}/._-\0 ", max_size=12))
def test_every_mirror_lies_two_folders_below_its_root(name: str) -> None:
    """Whatever the name, a mirror stands in its owner's folder, and nowhere else."""
    root = Path("/data")
    try:
        folder = Mirror(root, name, "http://127.0.0.1:1", Keys()).folder
    except Unreadable:
        return
    assert folder.resolve().parent.parent == root / "mirrors"
    assert folder.name.endswith(".git")
    assert len(folder.name) > len(".git")
