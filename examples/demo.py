"""`make demo`: the main job on a real repository with a real model, from nothing, in under a minute.

It makes a git repository of `examples/g2p`, lands three pull-request-like squash commits,
discharges one falsifier for real, tries the others, amends the spec, and shows what changed.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

from rich.console import Console

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples" / "g2p"
TARGET = ROOT / "build" / "demo"
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
console = Console(highlight=False, width=min(120, Console().width))


def git(*args: str) -> str:
    """Run git in the demo's repository; its output."""
    done = subprocess.run(["git", *args], cwd=REPOSITORY, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def discharge(*args: str) -> tuple[int, Any]:
    """Run the program as a person would, with --json; its status and its result."""
    console.print(f"\n$ discharge {shlex.join(args)}", style="bold cyan", markup=False, soft_wrap=True)
    done = subprocess.run(
        [DISCHARGE, *args, "--json"], cwd=REPOSITORY, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if not done.stdout:
        sys.exit(done.stderr)
    return done.returncode, json.loads(done.stdout)


def main() -> None:
    """Tell the story from beginning to end; leave with 1 if a step is not what it should be."""
    begun = time.monotonic()
    make_repository()
    land()
    discharge_one()
    sweep()
    amend()
    console.print(
        f"\nThat took {time.monotonic() - begun:.0f} s. The repository is yours to look at: [bold]{shown(REPOSITORY)}[/]"
    )


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
    _, contracts = discharge("list")
    for contract in contracts:
        statuses = ", ".join(f"{f['id']} {f['status'] or 'unbound'}" for f in contract["falsifiers"])
        console.print(f"{contract['contract']} v{contract['version']}: {statuses}", soft_wrap=True)


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
        console.print(git("log", "-1", "--format=%h %s"))


def discharge_one() -> None:
    """Discharge CPU-GPU-004: the program runs on the CPU, the log is judged, the contract is amended."""
    console.rule("[bold]3. CPU-GPU-004 is run, judged and discharged")
    status, result = discharge(
        "run", "CPU-GPU-004", "--ship", "MODEL-1 +1 because the CPU path is proved free of the GPU"
    )
    tell_verdicts(result)
    written = result["plan"][0]
    if status != 0 or "branch" not in written:
        sys.exit(f"the discharge did not come about: {json.dumps(written, indent=2)}")
    console.print(f"\n[bold]{written['title']}[/]\nbranch {written['branch']}")
    tell_diff(written["branch"], CONTRACT)
    console.print("evidence: " + ", ".join(path for path in written["files"] if path.startswith("evidence/")))
    git("merge", "--quiet", "--squash", written["branch"])
    commit(written["message"].replace("\n", " (#104)\n", 1))
    console.print("merged, as pull request #104")


def sweep() -> None:
    """Try the promise that needs a GPU: measured where there is one, and said not to be where there is none."""
    console.rule("[bold]4. CPU-GPU-002 needs a GPU")
    status, result = discharge("run", "CPU-GPU-002")
    tell_verdicts(result)
    where = {
        0: "a GPU is here, and it was measured",
        1: "a GPU is here, and it differs",
        3: "no GPU proved itself, so nothing is claimed",
    }
    console.print(f"exit status {status}: {where.get(status, 'an error')}")
    if status not in where:
        sys.exit("this should not happen")


def amend() -> None:
    """Write the spec's next section about all that landed."""
    console.rule("[bold]5. The spec is amended")
    status, result = discharge("amend")
    written = result["plan"][0]
    if status != 0 or "branch" not in written:
        sys.exit(f"the amendment did not come about: {json.dumps(written, indent=2)}")
    console.print(f"[bold]{written['title']}[/]\nbranch {written['branch']}")
    tell_diff(written["branch"], SPEC)


def tell_verdicts(result: Any) -> None:
    """Print every verdict with what it rests on."""
    for verdict in result["verdicts"]:
        why = f": {verdict['reason']}" if verdict["reason"] else ""
        console.print(f"[bold]{verdict['falsifier']} {verdict['verdict']}[/]", f"{why}", markup=True, sep="")
        for row in verdict["measurements"]:
            console.print(f"  {row['match']:12} {row['expected']} → {row['observed']}", markup=False)


def tell_diff(branch: str, path: str) -> None:
    """Print what a branch changes in one file."""
    console.print(git("diff", "-U0", "main", branch, "--", path), markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
