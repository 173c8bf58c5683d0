"""What is asked of a cluster for one run, as plain values: one Job with one pod that is never started again. Pure.

The pod sees three things of the volume that it shares with the app, each under the path that it has
there: the run's job file and the repository, to read, and the run's folder `out`, to write. Nothing of
the job stands in the manifest: whoever may list Jobs learns no command line.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OWNER = {"app.kubernetes.io/managed-by": "discharge"}
INSTANCE, RUN = "discharge-instance", "discharge-run"
"""The labels that tell whose a Job is, and which: the name of the shelf, and the end of the Job's own name."""
MARGIN = 60.0
"""Seconds that a pod may take beyond the deadline of its job before it is ended from outside."""
PULL = 900.0
"""Seconds for fetching the image, which the cluster counts as the pod's own."""
GRACE = 5
"""Seconds between the request to end and the kill; a leg gets two of them."""
KEPT = 24 * 3600
"""Seconds that an ended Job stays for an app that is away; a present one removes it at once."""

_PREFIX = "discharge-"
_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_HASHED = 16
_KEPT_OF_NAME = 22
_UID = 1 << 31

Json = Any
"""A JSON value."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and as what pods run; every path is absolute.

    *claim* is the PersistentVolumeClaim that is mounted at *root* in the app. *user* and *group* are
    the app's own, because the files on the volume are. *gpus* of the kind *device* go to each pod.
    *shares* are further folders of the volume to read (models, say); *home* is where `~` leads.
    *patience* is how long a run may wait for a machine, in seconds.
    """

    namespace: str
    image: str
    claim: str
    root: str
    user: int
    group: int
    gpus: int = 1
    device: str = "nvidia.com/gpu"
    cpu: str = "4"
    memory: str = "16Gi"
    scratch: str = "20Gi"
    nodes: Mapping[str, str] = field(default_factory=dict)
    runtime: str = ""
    shares: tuple[str, ...] = ()
    home: str = "/tmp"  # noqa: S108 - a folder of the pod's own
    python: str = "python3"
    patience: float = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Errand:
    """One run as a pod must know it: the files that it reads, the folder that it writes, its seconds."""

    run: str
    folder: str
    source: str
    deadline: float

    @property
    def job(self) -> str:
        """Where the job stands."""
        return f"{self.folder}/job.json"

    @property
    def out(self) -> str:
        """Where the bundle comes to."""
        return f"{self.folder}/out"


def check(place: Place) -> None:
    """Look whether pods can run there.

    Raises:
        Unreadable: with what is wrong.
    """
    fault = next(_faults(place), None)
    if fault:
        raise Unreadable(f"no pod can run with these settings: {fault}")


def name(run: str) -> str:
    """Return the name of a run's Job: always the same, another for every run, and one that names a pod too."""
    return _PREFIX + label(run)


def label(run: str) -> str:
    """Return a run's name as a label; one that is none as it stands gets a digest in place of what is wrong."""
    if _PLAIN.fullmatch(run) and not _is_hashed(run):
        return run
    digest = hashlib.sha256(run.encode()).hexdigest()[:_HASHED]
    kept = re.sub(r"[^a-z0-9]+", "-", run)[:_KEPT_OF_NAME].strip("-")
    return f"{kept or 'run'}-{digest}"


def build(place: Place, errand: Errand, instance: str) -> dict[str, Json]:
    """Return the Job of a run.

    Args:
        place: where pods run; checked.
        errand: the run.
        instance: the name of the shelf, by which an app knows its own.

    Raises:
        Unreadable: a path of it does not lie on the volume.
    """
    labels = {**OWNER, INSTANCE: instance, RUN: label(errand.run)}
    own = errand.deadline + MARGIN + PULL
    spec = {
        "backoffLimit": 0,
        "completions": 1,
        "parallelism": 1,
        "podReplacementPolicy": "Failed",
        "activeDeadlineSeconds": int(place.patience + own),
        "ttlSecondsAfterFinished": KEPT,
        "template": {"metadata": {"labels": labels}, "spec": _pod(place, errand, own)},
    }
    metadata = {"name": name(errand.run), "namespace": place.namespace, "labels": labels}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def locate(place: Place, path: str) -> str:
    """Return where on the volume a path of the app lies.

    Raises:
        Unreadable: it lies elsewhere.
    """
    root = place.root.rstrip("/") + "/"
    if not path.startswith(root) or not _is_straight(path):
        raise Unreadable(f"{path} does not lie on the volume that is mounted at {place.root}")
    return path.removeprefix(root)


def _pod(place: Place, errand: Errand, seconds: float) -> dict[str, Json]:
    security = {
        "runAsNonRoot": True,
        "runAsUser": place.user,
        "runAsGroup": place.group,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    pod: dict[str, Json] = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": int(seconds),
        "terminationGracePeriodSeconds": GRACE,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": security,
        "containers": [_container(place, errand)],
        "volumes": [
            {"name": "shared", "persistentVolumeClaim": {"claimName": place.claim}},
            {"name": "scratch", "emptyDir": {"sizeLimit": place.scratch}},
        ],
    }
    if place.gpus:
        pod["tolerations"] = [{"key": place.device, "operator": "Exists", "effect": "NoSchedule"}]
    if place.nodes:
        pod["nodeSelector"] = dict(place.nodes)
    if place.runtime:
        pod["runtimeClassName"] = place.runtime
    return pod


def _container(place: Place, errand: Errand) -> dict[str, Json]:
    amounts = {"cpu": place.cpu, "memory": place.memory}
    limits = {**amounts, place.device: str(place.gpus)} if place.gpus else amounts
    return {
        "name": "smoke",
        "image": place.image,
        "command": [place.python, "-P", "-m", "runners", errand.job, f"{errand.out}/bundle.json"],
        "workingDir": "/tmp",  # noqa: S108 - the pod's own
        "env": [{"name": "HOME", "value": place.home}, {"name": "TMPDIR", "value": "/tmp"}],  # noqa: S108 - as above
        "resources": {"limits": limits, "requests": amounts},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "privileged": False,
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [*_mounts(place, errand), {"name": "scratch", "mountPath": "/tmp"}],  # noqa: S108 - as above
    }


def _mounts(place: Place, errand: Errand) -> Iterator[dict[str, Json]]:
    yield {"name": "shared", "mountPath": errand.out, "subPath": locate(place, errand.out)}
    read = dict.fromkeys((errand.job, errand.source, *place.shares))
    for path in read:
        yield {"name": "shared", "mountPath": path, "subPath": locate(place, path), "readOnly": True}


def _faults(place: Place) -> Iterator[str]:
    if not (0 < place.user < _UID and 0 <= place.group < _UID):
        yield "the app runs as root, and no pod may; run it as the user that owns its folder"
    if not all(map(_is_straight, (place.root, place.home, *place.shares))):
        yield "its root, its home and what it shares must be absolute paths without `.` and `..`"
    if not (place.namespace and place.image and place.claim):
        yield "it needs a namespace, an image and a claim"
    if not 0 <= place.gpus <= 64:  # noqa: PLR2004 - more than any machine has
        yield "its number of GPUs is none"
    if not 0 < place.patience <= 366 * 24 * 3600:
        yield "its patience is no time"


def _is_straight(path: str) -> bool:
    """Return whether a path is absolute, and leads nowhere but down; a colon is no part of a mount's path."""
    parts = path.rstrip("/").split("/")
    return path.startswith("/") and not {"", ".", ".."} & set(parts[1:]) and not set(path) & {":", "\0"}


def _is_hashed(run: str) -> bool:
    """Return whether a run is named as if a digest had been put in."""
    return re.search(rf"-[0-9a-f]{{{_HASHED}}}\Z", run) is not None
