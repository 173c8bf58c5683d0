"""A PostgreSQL of our own for the tests: made from the system's programs, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETTINGS = "fsync=off synchronous_commit=off full_page_writes=off shared_buffers=16MB max_connections=100"


def find() -> Path | None:
    """Return the folder with PostgreSQL's programs, the newest; None where there is none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    found = [*folders, *([Path(on_path).resolve().parent] if on_path else [])]
    return next((path for path in reversed(found) if (path / "initdb").exists() and (path / "pg_ctl").exists()), None)


class Cluster:
    """A server on a free port of the loopback device, its data in a folder for temporary files."""

    def __init__(self, programs: Path) -> None:
        """Make the data; the server does not run yet."""
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="discharge-pg-"))
        self._made = 0
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            account = pwd.getpwnam("postgres")
            os.chown(self._folder, account.pw_uid, account.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._call("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server and remove its data."""
        self.stop()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = "".join(f" -c {setting}" for setting in _SETTINGS.split())
        options = f"-h 127.0.0.1 -p {self.port} -k {self._folder}{settings}"
        self._call("pg_ctl", "start", "-w", "-t", "30", "-l", str(self._folder / "log"), "-o", options)

    def stop(self) -> None:
        """Stop the server as a power failure would."""
        self._call("pg_ctl", "stop", "-w", "-t", "30", "-m", "immediate")

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Make a database for a while; its address."""
        self._made += 1
        name = f"test{self._made}"
        self.tell("postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
        yield self.address(name)
        self.tell("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    def address(self, name: str) -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def tell(self, database: str, statement: str) -> str:
        """Run one statement as the owner of everything; what it answers."""
        flags = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1")
        return self._run("psql", *flags, "-d", self.address(database), "-c", statement)

    def _call(self, program: str, *arguments: str) -> None:
        self._run(program, "-D", str(self._folder / "data"), *arguments)

    def _run(self, program: str, *arguments: str) -> str:
        become = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        with tempfile.TemporaryFile() as out:  # pg_ctl's server keeps a pipe open, and nobody would see its end
            command = [*become, str(self._programs / program), *arguments]
            done = subprocess.run(command, stdout=out, stderr=out, cwd="/", timeout=60, check=False)
            out.seek(0)
            said = out.read().decode(errors="replace")
        assert done.returncode == 0, said
        return said.strip()
