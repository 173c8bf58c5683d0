"""What an operator states of a Kubernetes cluster → the place where its pods run."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.web.value import Mistake, read_name, read_number
from evidence.quote import show
from runners.engine.manifest import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_HEAD = "KUBERNETES_"
_NEEDED = ("image", "claim")
_NAME = r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_KEY = rf"(?:{_NAME}/)?{_LABEL}"
_NAMESPACE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_OBJECT = re.compile(_NAME)
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:@-]{0,499}")
_DEVICE = re.compile(rf"{_NAME}/{_LABEL}")
_AMOUNT = re.compile(r"\d{1,9}(?:\.\d{1,3})?(?:m|[kMGT]|[KMGT]i)?", re.ASCII)
_PYTHON = re.compile(r"[A-Za-z0-9_./+-]{1,400}")
_NODE = re.compile(rf"({_KEY})=((?:{_LABEL})?)")


def _amount(example: str) -> Callable[[str], str]:
    return read_name(_AMOUNT, f"no amount of Kubernetes; write one such as {example}")


def _object(kind: str) -> Callable[[str], str]:
    return read_name(_OBJECT, f"no name of a {kind}; `kubectl get {kind}` shows them")


def _path(value: str) -> str:
    if value and not value.startswith("/"):
        raise Mistake("is no absolute path; write one that begins with /")
    return value


def _paths(value: str) -> tuple[str, ...]:
    return tuple(_path(part.strip()) for part in value.split(",") if part.strip())


def _nodes(value: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in value.split(","))):
        match = _NODE.fullmatch(part)
        if match is None:
            raise Mistake(f"has “{show(part[:40])}”, and no label of a node; write them as KEY=VALUE,KEY=VALUE")
        found[match[1]] = match[2]
    return found


PLAIN: dict[str, tuple[Callable[[str], object], str]] = {
    "KUBERNETES_CONFIG": (_path, ""),
    "KUBERNETES_NAMESPACE": (
        read_name(_NAMESPACE, "no name of a namespace; `kubectl get namespaces` shows them"),
        "smokes",
    ),
    "KUBERNETES_IMAGE": (read_name(_IMAGE, "no name of an image; write one such as registry.example/discharge:1"), ""),
    "KUBERNETES_CLAIM": (_object("persistentvolumeclaim"), ""),
    "KUBERNETES_ROOT": (_path, ""),
    "KUBERNETES_GPUS": (read_number(0, 64, "1"), "1"),
    "KUBERNETES_DEVICE": (read_name(_DEVICE, "no kind of device; write one such as nvidia.com/gpu"), "nvidia.com/gpu"),
    "KUBERNETES_CPU": (_amount("4"), "4"),
    "KUBERNETES_MEMORY": (_amount("16Gi"), "16Gi"),
    "KUBERNETES_SCRATCH": (_amount("20Gi"), "20Gi"),
    "KUBERNETES_NODES": (_nodes, ""),
    "KUBERNETES_RUNTIME": (_object("runtimeclass"), ""),
    "KUBERNETES_SHARES": (_paths, ""),
    "KUBERNETES_HOME": (_path, "/tmp"),  # noqa: S108 - a folder of the pod's own
    "KUBERNETES_PYTHON": (read_name(_PYTHON, "no program; write a name or an absolute path"), "python3"),
}
"""Name → what reads its value, and its default."""


def find_missing(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the settings without which no pod can be asked for, if that engine was chosen."""
    if values.get("engine") == "kubernetes":
        for key in _NEEDED:
            if values.get(f"{_HEAD}{key}".lower()) == "":
                yield f"{_HEAD}{key.upper()} is not set; the engine `kubernetes` needs it"


def settle(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with where pods run in place of what was stated of it: `kubeconfig` and `place`.

    Both are None if another engine was chosen. Without a kubeconfig it is the cluster that this process itself runs
    in. Pods run as this process's user, and the volume is mounted at the folder for data unless another is named.
    """
    others = {key: value for key, value in values.items() if key.upper() not in PLAIN}
    if values["engine"] != "kubernetes":
        return {**others, "kubeconfig": None, "place": None}
    own = {key.removeprefix(_HEAD.lower()): values[key] for key in values.keys() - others.keys()}
    config, root = own.pop("config"), own.pop("root") or str(values["data"])
    place = Place(**own, root=root, user=os.getuid(), group=os.getgid())
    return {**others, "kubeconfig": Path(config) if config else None, "place": place}
