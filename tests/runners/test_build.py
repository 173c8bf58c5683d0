"""Building the program under test, and checking what it needs."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contracts.error import Complaint
from evidence.model import Absent
from evidence.receipt import Needed
from runners.build import Built, build, check_needs
from runners.smoke import Need, Smoke

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMIT = "c" * 40
STEP = ("sh", "-c", "mkdir -p out && echo building && echo x >> count && echo program > out/prog && chmod +x out/prog")
SHA = hashlib.sha256(b"program\n").hexdigest()
SMOKE = Smoke("s", "c", (), (), build=(STEP,), binary="out/prog", timeout=10)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Built | Absent]:
    """Return a build in a fresh checkout with one cache for all."""

    def run_build(smoke: Smoke, commit: str = COMMIT, checkout: str = "work") -> Built | Absent:
        (tmp_path / checkout).mkdir(exist_ok=True)
        env = {"PATH": os.environ["PATH"]}
        return build(smoke, commit, tmp_path / checkout, tmp_path / "cache", env=env)

    return run_build


def test_a_program_is_built_once_for_a_commit(make: Callable[..., Built | Absent], tmp_path: Path) -> None:
    """The second checkout of the same commit gets the same program out of the cache."""
    first, second = make(SMOKE), make(SMOKE, checkout="other")

    assert isinstance(first, Built)
    assert (first.path, first.sha256, first.cached) == (tmp_path / "work/out/prog", SHA, False)
    assert first.seconds > 0
    assert second == Built(tmp_path / "other/out/prog", SHA, cached=True)
    assert os.access(tmp_path / "other/out/prog", os.X_OK)
    assert not (tmp_path / "other/count").exists()


def test_another_commit_or_other_steps_build_again(make: Callable[..., Built | Absent], tmp_path: Path) -> None:
    """Nothing of another commit, other steps or other variables is reused."""
    make(SMOKE)

    for smoke, commit in (
        (SMOKE, "d" * 40),
        (replace(SMOKE, build=(STEP, ("true",))), COMMIT),
        (replace(SMOKE, env=(("RUSTFLAGS", "-O"),)), COMMIT),
    ):
        built = make(smoke, commit)
        assert isinstance(built, Built)
        assert not built.cached
    assert (tmp_path / "work/count").read_text() == "x\n" * 4


def test_a_changed_cache_is_not_trusted(make: Callable[..., Built | Absent], tmp_path: Path) -> None:
    """A kept program that is not what its name says is thrown away."""
    make(SMOKE)
    kept = next((tmp_path / "cache").iterdir())
    kept.write_text("tampered")

    built = make(SMOKE)

    assert isinstance(built, Built)
    assert (built.cached, built.sha256) == (False, SHA)
    assert [path.name.rpartition("-")[2] for path in (tmp_path / "cache").iterdir()] == [SHA]


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (
            ("sh", "-c", "echo error: no such crate >&2; echo; exit 101"),
            "exited with 101; it last printed `error: no such crate`",
        ),
        (("sh", "-c", "exit 1"), "exited with 1; it last printed (nothing)"),
        (("no-such-compiler",), "did not run: `no-such-compiler` was not found"),
        (("sleep", "9"), "ran longer than 0.2 s"),
    ],
)
def test_a_failed_step_is_a_reason(step: tuple[str, ...], reason: str, make: Callable[..., Built | Absent]) -> None:
    """A program that could not be built is not measured, and the reason names the step."""
    smoke = replace(SMOKE, build=(("true",), step), timeout=0.2)

    assert make(smoke) == Absent("build", f"build step 2 {reason}")


def test_without_steps_the_program_is_taken_as_it_lies(make: Callable[..., Built | Absent], tmp_path: Path) -> None:
    """A script of the repository is its own program; nothing goes into the cache."""
    smoke = replace(SMOKE, build=(), binary="prog.sh")

    assert make(smoke) == Absent("build", "the program `prog.sh` does not exist")
    (tmp_path / "work/prog.sh").write_text("program\n")
    assert make(smoke) == Built(tmp_path / "work/prog.sh", SHA)
    assert not (tmp_path / "cache").exists()


def test_a_smoke_without_a_program_may_still_build(make: Callable[..., Built | Absent], tmp_path: Path) -> None:
    """Steps run even if their result is not one program."""
    built = make(replace(SMOKE, binary=""))

    assert isinstance(built, Built)
    assert (built.path, built.sha256, built.cached) == (None, "", False)
    assert (tmp_path / "work/count").exists()
    assert make(replace(SMOKE, binary="", build=())) == Built(None)


@pytest.mark.parametrize("binary", ["../prog", "/bin/sh", "link/sh"])
def test_a_program_outside_the_repository_is_refused(
    binary: str, make: Callable[..., Built | Absent], tmp_path: Path
) -> None:
    """Neither a path nor a link leads out of the checkout."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work/link").symlink_to("/bin")

    with pytest.raises(Complaint, match="lies outside the repository"):
        make(replace(SMOKE, binary=binary))


def needs_of(*needs: Need) -> Smoke:
    """Return a smoke with these needs."""
    return Smoke("s", "c", (), (), needs=needs)


def test_needs_are_known_by_their_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative to the checkout, in the home folder or absolute: found, and read in pieces."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    big = b"0123456789abcdef" * (3 << 16)
    for path in ("a.bin", "home/b.bin"):
        (tmp_path / path).write_bytes(big)
    sha256 = hashlib.sha256(big).hexdigest()

    found = check_needs(
        needs_of(
            Need("a", "a.bin"),
            Need("b", "~/b.bin", sha256.upper()),
            Need("c", str(tmp_path / "a.bin"), sha256),
        ),
        tmp_path,
    )

    assert found == (
        Needed("a", "a.bin", sha256),
        Needed("b", "~/b.bin", sha256),
        Needed("c", str(tmp_path / "a.bin"), sha256),
    )


def test_a_need_that_is_not_as_stated_is_a_reason(tmp_path: Path) -> None:
    """Another model than the stated one proves nothing about the stated one."""
    (tmp_path / "a.bin").write_bytes(b"program\n")
    os.mkfifo(tmp_path / "pipe")

    assert check_needs(needs_of(Need("m", "a.bin", "0" * 64)), tmp_path) == Absent(
        "",
        f"the need `m` has the sha256 {SHA[:12]}…, but 000000000000… is stated",
    )
    for path, fault in (
        ("gone", "does not exist"),
        ("~nobody-of-that-name/x", "does not exist"),
        ("pipe", "is no regular file"),
        ("a\0b", "does not exist"),
    ):
        missing = check_needs(needs_of(Need("m", path)), tmp_path)
        assert isinstance(missing, Absent)
        assert missing.reason.startswith(f"the need `m` {fault}: `")


def test_a_need_that_may_not_be_read_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without permission is not measured, and no traceback."""
    (tmp_path / "a.bin").write_bytes(b"x")
    monkeypatch.setattr(os, "access", lambda *_: False)

    assert check_needs(needs_of(Need("m", "a.bin")), tmp_path) == Absent(
        "",
        "the need `m` may not be read: `a.bin` (a relative path is one of the commit; "
        "a file that git does not hold needs an absolute path, or ~)",
    )
