"""What a leg may not do."""

from __future__ import annotations

import ctypes
import getpass
import os
import pwd
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contracts.error import Complaint
from evidence.model import Absent, Observation
from runners import confinement
from runners.confinement import find_login, isolate
from runners.job import Confinement
from tests.runners.test_process import begin, bundle, reason

if TYPE_CHECKING:
    from runners.job import Job
    from tests.runners.source import Source

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can have a leg be somebody else")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes a network away")
NOBODY = "nobody"
PROBE = """#!/usr/bin/env python3
import os, socket, threading
print(sorted(name for _, name in socket.if_nameindex()))
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), timeout=5).close()
print("itself is reached")
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as error:
    print(error.strerror)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is built in a folder of its own, so that every build happens."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def finish(job: Job, folder: Path) -> str:
    """Do a job as a process of its own; what its leg printed."""
    with begin(job, folder) as run:
        run.communicate(timeout=60)
    (seen,) = bundle(job, folder).seen
    assert isinstance(seen, Observation), seen.reason
    assert seen.failure == ""
    return seen.merged


def allows() -> bool:
    """Return whether this kernel lets a network be taken away, as a process of its own finds out."""
    pid = os.fork()
    if not pid:
        os._exit(1 if confinement._leave() else 0)  # noqa: SLF001 - the question itself
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@linux
@pytest.mark.parametrize("network", ["none", "auto"])
def test_a_leg_without_a_network_reaches_itself_and_nobody_else(network: str, source: Source, tmp_path: Path) -> None:
    """It has one interface, its own; whether this kernel allows that is asked first."""
    if not allows():
        pytest.skip("this kernel does not let a network be taken away")
    confined = Confinement("none" if network == "none" else "auto")

    said = finish(source.job(program=PROBE, confinement=confined), tmp_path)

    assert said == "['lo']\nitself is reached\nNetwork is unreachable\n"


@linux
def test_a_build_has_the_network_that_is_there(source: Source, tmp_path: Path) -> None:
    """What is built may be fetched; only legs are cut off."""
    steps = (("sh", "-c", "readlink /proc/self/ns/net > built"),)
    program = "#!/bin/sh\ncat built\nreadlink /proc/self/ns/net\n"
    job = source.job(program=program, build=steps, confinement=Confinement("auto"))

    built, ran = finish(job, tmp_path).splitlines()

    outside = str(Path("/proc/self/ns/net").readlink())
    assert built == outside
    assert (ran != outside) == allows()


@root
@linux
def test_who_is_not_root_leaves_the_network_in_a_user_namespace() -> None:
    """And is there who it was before, where the kernel lets everybody do that."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # who was root before may not look at itself otherwise
            fault = confinement._leave()  # noqa: SLF001 - the question itself
            names = [name for _, name in socket.if_nameindex()]
            os.write(writing, f"{fault or (os.geteuid(), os.getegid(), names)}".encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    said = os.read(reading, 1000).decode()
    os.close(reading)
    os.close(writing)

    assert said == "(65534, 65534, ['lo'])" or said.startswith("the kernel says")


def test_where_the_network_cannot_be_taken_away_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """`none` runs nothing then; `auto` runs, and the log tells; `host` asks nobody."""
    monkeypatch.setattr(confinement, "_unshare", lambda _: 1)
    monkeypatch.setattr(sys, "platform", "linux")
    told: list[str] = []

    isolate("host", told.append)
    assert told == []
    isolate("auto", told.append)
    assert told == ["the network stays: the kernel says “Operation not permitted”"]
    with pytest.raises(Complaint, match="cannot be taken away here: the kernel says “Operation not permitted”"):
        isolate("none", told.append)
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(Complaint, match="only Linux can"):
        isolate("none", told.append)


@root
def test_legs_are_another_user(source: Source, tmp_path: Path) -> None:
    """Its numbers, its home, its own folder to write to; it looks neither at the job nor at what root keeps."""
    tmp_path.chmod(0o711)
    secret = tmp_path / "secret"
    secret.write_text("5ecret")
    secret.chmod(0o600)
    program = (
        "#!/bin/sh\nid -un; id -G; echo $HOME $USER\necho new > made && cat made\n"
        f'echo out > "$1/x" && cat "$1/x"\ncat {secret} 2>&1; cat {tmp_path}/job.json 2>&1; ls .. 2>&1\n'
    )
    smoke = source.job().smoke
    out = replace(smoke.legs[0], argv=("{binary}", "{out}"))
    job = source.job(program=program, confinement=Confinement(user=NOBODY))
    job = replace(job, smoke=replace(job.smoke, legs=(out,)))

    said = finish(job, tmp_path)

    found = pwd.getpwnam(NOBODY)
    assert said.startswith(f"{NOBODY}\n{found.pw_gid}\n{found.pw_dir} {NOBODY}\nnew\nout\n")
    assert "5ecret" not in said
    assert said.count("Permission denied") + said.count("cannot open") >= 3


@root
def test_build_steps_are_that_user_too(source: Source, tmp_path: Path) -> None:
    """What a repository has built is its code as much as what runs then."""
    job = source.job(
        program="#!/bin/sh\ncat who\n", build=(("sh", "-c", "id -un > who"),), confinement=Confinement(user=NOBODY)
    )

    assert finish(job, tmp_path) == f"{NOBODY}\n"


def test_a_user_that_legs_cannot_be_runs_nothing(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is none of the name, or this process is not root: each is a sentence, and nothing is measured."""
    job = source.job(confinement=Confinement(user="no-such-user"))
    with begin(job, tmp_path) as run:
        run.communicate(timeout=60)
    (seen,) = bundle(job, tmp_path).seen
    assert isinstance(seen, Absent)
    assert reason(job, tmp_path) == "legs cannot run as `no-such-user`: this machine has no such user."

    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Complaint, match="only root can be somebody else"):
        find_login(getpass.getuser())
