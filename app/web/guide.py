"""What an operator can set, as the tables that stand in the README and on the pages of the engines. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.web.settings import GITHUB

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEEDED = "needed"
SENTENCES: dict[str, tuple[str, str]] = {
    "APP_ID": (_NEEDED, "the App's number"),
    "PRIVATE_KEY": (_NEEDED, "the App's RSA key, as PEM"),
    "WEBHOOK_SECRET": (_NEEDED, "what GitHub signs webhooks with"),
    "SIGNING_KEY": (_NEEDED, "the Ed25519 key that receipts are signed with, as PEM"),
    "GITHUB_URL": (f"`{GITHUB}`", "GitHub's REST interface; `https://HOST/api/v3` on Enterprise Server"),
    "DATA": ("`~/.local/state/discharge`", "a folder: SQLite file, git mirrors, runs"),
    "DATABASE": ("a SQLite file in `DATA`", "`postgresql://USER:PASSWORD@HOST:5432/NAME` serves several processes"),
    "HOST": ("`127.0.0.1`", "the address to listen at"),
    "PORT": ("`8080`", "the port to listen at"),
    "GPU_SLOTS": ("`1`", "how many runs go at once on this machine, with the engine `local`"),
    "LOG": ("`json`", "`json` for machines, `text` for people"),
    "ENGINE": (
        "`local`",
        "what runs legs: this machine, or a cluster: `slurm`, `kubernetes` ([docs/engines.md](docs/engines.md))",
    ),
    "SLURM_GPUS": ("`1`", "how many GPUs each run asks Slurm for; `0` for none"),
    "SLURM_PARTITION": ("Slurm's own", "the partition that runs are handed in to"),
}
"""Name without its prefix → default as the table shows it, and what it is."""

KUBERNETES: dict[str, tuple[str, str]] = {
    "KUBERNETES_IMAGE": (_NEEDED, "the image of the pods"),
    "KUBERNETES_CLAIM": (_NEEDED, "the PersistentVolumeClaim that App and pods mount"),
    "KUBERNETES_ROOT": ("`DATA`", "where that volume is mounted in the App; the folder for data is it, or lies below"),
    "KUBERNETES_CONFIG": ("the cluster that the App runs in", "a kubeconfig, whose current context counts"),
    "KUBERNETES_NAMESPACE": ("`smokes`", "the namespace of the Jobs"),
    "KUBERNETES_GPUS": ("`1`", "how many GPUs each run asks for; `0` for none"),
    "KUBERNETES_DEVICE": ("`nvidia.com/gpu`", "what the device plugin calls them"),
    "KUBERNETES_CPU": ("`4`", "CPUs of each pod"),
    "KUBERNETES_MEMORY": ("`16Gi`", "memory of each pod"),
    "KUBERNETES_SCRATCH": ("`20Gi`", "how large `/tmp` of each pod may grow"),
    "KUBERNETES_NODES": ("any", "labels that a node must have: `KEY=VALUE,KEY=VALUE`"),
    "KUBERNETES_RUNTIME": ("the cluster's", "a RuntimeClass: gVisor or Kata, say"),
    "KUBERNETES_SHARES": ("none", "further folders of the volume that legs may read, models say, with commas between"),
    "KUBERNETES_HOME": ("`/tmp`", "where `~` leads in a pod"),
    "KUBERNETES_PYTHON": ("`python3`", "the Python of the image that has Discharge"),
}
"""The same of the engine `kubernetes`."""
RUNNERS: dict[str, tuple[str, str]] = {
    "RUNNER_PROGRAM": ("`/opt/actions-runner/run.sh`", "GitHub's runner on the machines that the engine has"),
    "RUNNER_GROUP": ("`1`", "the number of the group of the organization's runners that just-in-time ones join"),
    "WAKE": (
        "none",
        """an argument list, as a JSON array, that wakes a kept machine: `["ssh", "gate", "wake"]`""",
    ),
    "SLEEP": ("none", "one that lets it sleep, once no run waits for it"),
}
"""The same of runs on GitHub Actions."""

POLICY: dict[str, tuple[str, str]] = {
    "REPOSITORIES": (
        "all",
        "the repositories that machines are started for, with commas between: `acme/speak, acme/hear`, or `acme/*`",
    ),
    "NETWORK": (
        "`auto`",
        "what legs have of the network: `none` nothing, `host` all of it, `auto` nothing where the kernel allows that",
    ),
    "LEG_USER": ("the service's user", "the user that legs are on the operator's machines; the service must be root"),
}
"""The same of what runs may do."""


def render_table(sentences: Mapping[str, tuple[str, str]] = SENTENCES) -> str:
    """Return the table of settings, as it stands in the README, or on an engine's page."""
    rows = [f"| `DISCHARGE_{name}` | {default} | {what} |" for name, (default, what) in sentences.items()]
    return "\n".join(["| setting | if it is not set | what it is |", "|---|---|---|", *rows]) + "\n"
