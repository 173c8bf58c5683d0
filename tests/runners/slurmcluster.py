"""A Slurm cluster of one node with two GPUs that are none: real daemons, everything below one folder.

It needs root (munge, device files) and no systemd. What it starts is ended by its own process id.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.runners.source import lives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol")
NODE = "gpu-node"
PATIENCE = 30.0
_CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge/socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
PriorityType=priority/basic
SlurmdParameters=config_overrides
MpiDefault=none
SwitchType=switch/none
GresTypes=gpu
ReturnToService=2
KillWait=2
MinJobAge=300
MessageTimeout=2
SlurmdTimeout=300
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 CPUs=16 RealMemory=1000 Gres=gpu:fake:2
PartitionName=gpus Nodes={node} Default=YES MaxTime=INFINITE State=UP
"""
_GPUS = "AutoDetect=off\nName=gpu Type=fake File={folder}/nvidia[0-1] Flags=nvidia_gpu_env\n"
_CGROUP = "CgroupPlugin=cgroup/v1\nCgroupMountpoint={folder}/cgroup\n" + "".join(
    f"Constrain{what}=no\n" for what in ("Cores", "Devices", "RAMSpace", "SwapSpace")
)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmCluster]:
    """The one cluster of the tests."""
    if why := lack():
        pytest.skip(why)
    made = SlurmCluster(tmp_path_factory.mktemp("slurm"))
    try:
        made.start()
    except OSError as error:
        pytest.skip(f"Slurm cannot run here: {error}")
    try:
        yield made
    finally:
        made.end()


def lack() -> str:
    """Return why no cluster can run here, empty if one can try."""
    missing = [program for program in PROGRAMS if find(program) is None]
    if missing:
        return f"Slurm is not installed here ({', '.join(missing)}): apt-get install slurm-wlm munge"
    return "" if os.geteuid() == 0 else "Slurm's daemons and device files need root"


def find(program: str) -> str | None:
    """Return where a program is; daemons are not on everybody's path."""
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


class SlurmCluster:
    """The cluster; who asks it sets `SLURM_CONF` to its *configuration*."""

    def __init__(self, folder: Path) -> None:
        """Keep everything below *folder*."""
        self.folder = folder
        self.configuration = folder / "slurm.conf"

    def start(self) -> None:
        """Start munge, the controller and the node, and wait for the node.

        Raises:
            OSError: a daemon or a device file is not possible here.
        """
        with ExitStack() as stack:
            stack.callback(self.end)
            self._configure()
            files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
            self._run("munged", "--force", *(f"--{name}={self.folder}/munge/{file}" for name, file in files.items()))
            self.begin("slurmctld")
            self.begin("slurmd")
            wait_for(lambda: self.ask("sinfo", "--noheader", "--format=%T").strip() in {"idle", "mixed", "allocated"})
            stack.pop_all()

    def begin(self, daemon: str, *words: str) -> None:
        """Start a daemon, which leaves this process."""
        node = ("-N", NODE) if daemon == "slurmd" else ()
        self._run(daemon, "-f", str(self.configuration), *node, *words)
        wait_for(lambda: self._pid(daemon))

    def kill(self, daemon: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Kill a daemon, and see it gone."""
        pid = self._pid(daemon)
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        wait_for(lambda: not lives(pid))
        self._file(daemon).unlink(missing_ok=True)

    def revive(self) -> None:
        """Start a controller that was killed. It knows what it wrote down last: the node may be as it was before."""
        self.begin("slurmctld")
        if "drain" in self.ask("sinfo", "--noheader", "--format=%T"):
            self.mend()

    def mend(self) -> None:
        """Let the node take jobs again, whatever was done to it; one that does already stays as it is."""
        self.ask("scontrol", "update", f"NodeName={NODE}", "State=RESUME")

    def ask(self, *argv: str) -> str:
        """Return what one of Slurm's programs says; nothing if it fails."""
        return subprocess.run(argv, env=self._environment(), capture_output=True, text=True, check=False).stdout

    def _configure(self) -> None:
        for name in ("munge", "state", "spool", "cgroup"):
            (self.folder / name).mkdir(mode=0o700)
        (self.folder / "munge/key").write_bytes(os.urandom(1024))
        (self.folder / "munge/key").chmod(0o600)
        for number in (0, 1):
            os.mknod(self.folder / f"nvidia{number}", 0o20600, os.makedev(240, number))
        host = socket.gethostname().partition(".")[0]
        facts: dict[str, Any] = {"folder": self.folder, "host": host, "ports": free_ports(), "node": NODE}
        texts = {"slurm.conf": _CONFIGURATION, "gres.conf": _GPUS, "cgroup.conf": _CGROUP}
        for name, text in texts.items():
            (self.folder / name).write_text(text.format(**facts), encoding="utf-8")

    def _run(self, program: str, *words: str) -> None:
        path = find(program)
        assert path is not None
        done = subprocess.run([path, *words], env=self._environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"{program} does not start here: {(done.stderr.strip() or 'no word')[-300:]}")

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "SLURM_CONF": str(self.configuration), "SLURM_TIME_FORMAT": "standard"}

    def _file(self, daemon: str) -> Path:
        return self.folder / ("munge/pid" if daemon == "munged" else f"{daemon}.pid")

    def _pid(self, daemon: str) -> int:
        with suppress(FileNotFoundError, ValueError):
            return int(self._file(daemon).read_text(encoding="utf-8"))
        return 0

    def end(self) -> None:
        """End what still runs, and every daemon."""
        self.ask("scancel", "--me")
        with suppress(AssertionError):
            wait_for(lambda: not self.ask("squeue", "--me", "--noheader"), 5.0)
        for daemon in ("slurmd", "slurmctld", "munged"):
            if self._pid(daemon):
                self.kill(daemon, signal.SIGTERM)


def free_ports() -> tuple[int, int]:
    """Return two ports that nobody listens at."""
    with socket.socket() as one, socket.socket() as other:
        for listener in (one, other):
            listener.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def wait_for(done: Callable[[], Any], patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    latest = time.monotonic() + patience
    while not done():
        assert time.monotonic() < latest, explain()
        time.sleep(0.05)


def explain() -> str:
    """Return what the cluster says of its jobs and its node, for whoever looks at a story that failed."""
    asked = (["squeue", "--states=all", "--format=%i %T %r %Z"], ["sinfo", "--Node", "--format=%N %T %E"])
    done = [subprocess.run(argv, capture_output=True, text=True, check=False) for argv in asked]
    return "\n".join(one.stdout + one.stderr for one in done)
