"""`make demo-terminal`: the same job from a terminal and without GitHub, in seconds.

It makes a git repository of `examples/g2p`, lands three pull-request-like squash commits,
discharges one falsifier for real, tries the others, amends the spec, and shows what changed.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "g2p"
TARGET = ROOT / "build" / "terminal"
REPOSITORY = TARGET / "g2p"
WEIGHTS = Path(sysconfig.get_path("purelib")) / "g2p_en" / "checkpoint20.npz"
CONTRACT = "contracts/g2p-cpu-vs-gpu-output-parity-v1.yaml"
SPEC = "docs/specifications/g2p-spec.md"
DISCHARGE = Path(sys.executable).with_name("discharge")
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    **{f"GIT_{role}_NAME": "Discharge demo" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "demo@example.org" for role in ("AUTHOR", "COMMITTER")},
}
console = Console(highlight=False)


def git(*args: str) -> str:
    """Run git in the demo's repository; its output."""
    done = subprocess.run(["git", *args], cwd=REPOSITORY, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def discharge(*args: str) -> int:
    """Run the program as a person would, and show what it prints; its status."""
    console.print(f"\n$ discharge {shlex.join(args)}", style="bold cyan", markup=False, soft_wrap=True)
    done = subprocess.run(
        [DISCHARGE, *args],
        cwd=REPOSITORY,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    console.print(done.stdout.rstrip(), markup=False, soft_wrap=True)
    return done.returncode


def find_branch(prefix: str) -> str:
    """Return the one branch below *prefix*; leave if the step before did not write it."""
    found = git("for-each-ref", "--format=%(refname:lstrip=2)", f"refs/heads/{prefix}").splitlines()
    if len(found) != 1:
        sys.exit(f"one branch below {prefix} was expected, and there are {len(found)}")
    return found[0]


def main() -> None:
    """Tell the story from beginning to end; leave with 1 if a step is not what it should be."""
    begun = time.monotonic()
    make_repository()
    land()
    discharge_one()
    try_gpu()
    amend()
    console.print(f"\nThat took {time.monotonic() - begun:.0f} s. Look around in [bold]{shown(REPOSITORY)}[/]")


def shown(path: Path) -> str:
    """Return a path relative to the checkout."""
    return str(path.relative_to(ROOT))


def make_repository() -> None:
    """Make a git repository of the example, with the model's weights in it."""
    console.rule("[bold]1. A repository with a contract, a spec, a smoke and a model")
    if not WEIGHTS.is_file():
        sys.exit(f"the model's weights are not at {WEIGHTS.name} in the environment; run: make install")
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.copytree(EXAMPLE, REPOSITORY, ignore=shutil.ignore_patterns("landings", "__pycache__"))
    (REPOSITORY / "models").mkdir()
    shutil.copy2(WEIGHTS, REPOSITORY / "models" / "checkpoint20.npz")
    git("init", "--quiet", "--initial-branch=main")
    commit("Start: the example as it is")
    console.print(f"{shown(REPOSITORY)}: {len(git('ls-files').splitlines())} files, one commit")
    discharge("list")


def commit(message: str) -> None:
    """Commit everything."""
    git("add", "--all")
    git("commit", "--quiet", "-m", message)


def land() -> None:
    """Land three changes, each as a merged pull request looks after a squash."""
    console.rule("[bold]2. Three pull requests land")
    for folder in sorted((EXAMPLE / "landings").iterdir()):
        shutil.copytree(folder, REPOSITORY, dirs_exist_ok=True, ignore=shutil.ignore_patterns("message.txt"))
        commit((folder / "message.txt").read_text(encoding="utf-8"))
        console.print(git("log", "-1", "--format=%h %s"), markup=False, soft_wrap=True)


def discharge_one() -> None:
    """Discharge CPU-GPU-004: the program runs on the CPU, the log is judged, the contract is amended."""
    console.rule("[bold]3. CPU-GPU-004 is run, judged and discharged")
    ship = "MODEL-1 +1 because the CPU path is proved free of the GPU"
    if discharge("run", "CPU-GPU-004", "--ship", ship) != 0:
        sys.exit("the discharge did not come about")
    branch = find_branch("discharge/")
    tell_diff(branch, CONTRACT)
    title, _, body = git("log", "-1", "--format=%B", branch).partition("\n")
    git("merge", "--quiet", "--squash", branch)
    commit(f"{title} (#104)\n{body}")
    git("branch", "--quiet", "-D", branch)
    console.print("merged, as pull request #104")


def try_gpu() -> None:
    """Try the promise that needs a GPU: measured where there is one, and said not to be where there is none."""
    console.rule("[bold]4. CPU-GPU-002 needs a GPU")
    status = discharge("run", "CPU-GPU-002")
    where = {
        0: "a GPU is here, and it was measured",
        1: "a GPU is here, and it differs",
        3: "no GPU proved itself, so nothing is claimed",
    }
    if status not in where:
        sys.exit(f"exit status {status} should not happen here")
    console.print(f"exit status {status}: {where[status]}")


def amend() -> None:
    """Write the spec's next section about all that landed."""
    console.rule("[bold]5. The spec is amended")
    console.print("its tally counts falsifiers that this small repository does not hold; the chain moves it by rule")
    if discharge("amend") != 0:
        sys.exit("the amendment did not come about")
    tell_diff(find_branch("spec/"), SPEC)


def tell_diff(branch: str, path: str) -> None:
    """Print what a branch changes in one file."""
    console.print(f"\n$ git diff main {branch} -- {path}", style="bold cyan", markup=False, soft_wrap=True)
    console.print(git("diff", "-U0", "main", branch, "--", path), markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
