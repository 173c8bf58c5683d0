"""The machine of the double of a cluster: makes pods of Jobs, runs them while there are GPUs, tells how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners import family

if TYPE_CHECKING:
    from tests.runners.kubeserver import KubeServer

Json = Any
"""A JSON value."""


@dataclass
class Process:
    """What runs in a pod."""

    popen: subprocess.Popen[bytes]
    started: float
    asked: float | None = None


class Kubelet:
    """Pods by name; a pod is named as its Job, for there is one."""

    def __init__(self, cluster: KubeServer, root: Path, scratch: Path, gpus: int) -> None:
        """Begin with no pods."""
        self.pods: dict[str, Json] = {}
        self.images = True
        self.gpus = gpus
        self.ran: list[str] = []
        self._cluster, self._root, self._scratch = cluster, root, scratch
        self._processes: dict[str, Process] = {}

    def settle(self) -> None:
        """Do what is due for every Job, in the order of their names' creation."""
        for name, job in list(self._cluster.jobs.items()):
            if "deletionTimestamp" in job["metadata"]:
                self._delete(name)
            elif not job["status"].get("conditions"):
                self._advance(name, job)

    def _advance(self, name: str, job: Json) -> None:
        pod = self.pods.get(name) or self._make(name, job)
        late = self._cluster.now() - _seconds(job["metadata"]["creationTimestamp"])
        if name in self._processes:
            self._follow(name, pod)
        elif late > job["spec"]["activeDeadlineSeconds"]:
            self.end(name, "Failed", why="DeadlineExceeded", said="Job was active longer than specified deadline")
        else:
            self._schedule(name, pod)
        job["status"] |= {"ready": int(name in self._processes)}

    def _make(self, name: str, job: Json) -> Json:
        template = json.loads(json.dumps(job["spec"]["template"]))
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job["metadata"]["uid"]}
        self.pods[name] = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": job["metadata"]["namespace"],
                "uid": str(uuid.uuid4()),
                "labels": template["metadata"]["labels"],
                "creationTimestamp": self._cluster.stamp(),
                "ownerReferences": [owner],
            },
            "spec": template["spec"],
            "status": {"phase": "Pending"},
        }
        job["status"] = {"active": 1, "ready": 0, "startTime": self._cluster.stamp()}
        return self.pods[name]

    def _schedule(self, name: str, pod: Json) -> None:
        if sum(self._wants(self.pods[one]) for one in self._processes) + self._wants(pod) > self.gpus:
            said = "0/1 nodes are available: 1 Insufficient nvidia.com/gpu."
            condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}
            pod["status"]["conditions"] = [condition]
            return
        pod["status"]["conditions"] = [{"type": "PodScheduled", "status": "True"}]
        pod["spec"]["nodeName"] = "node-1"
        if not self.images:
            said = 'Back-off pulling image "registry.example/discharge:1"'
            self._tell(pod, {"waiting": {"reason": "ImagePullBackOff", "message": said}})
            return
        self._start(name, pod)

    def _wants(self, pod: Json) -> int:
        return sum(int(c["resources"]["limits"].get("nvidia.com/gpu", "0")) for c in pod["spec"]["containers"])

    def _start(self, name: str, pod: Json) -> None:
        (container,) = pod["spec"]["containers"]
        self._look_at_mounts(container)
        tmp = {m["mountPath"] for m in container["volumeMounts"] if m["name"] == "scratch"}
        given = {one["name"]: one["value"] for one in container["env"]}
        env = {"PATH": os.environ["PATH"], **{k: str(self._scratch) if v in tmp else v for k, v in given.items()}}
        with self._log(name).open("ab") as log:
            popen = subprocess.Popen(
                container["command"],
                cwd=self._scratch,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes[name] = Process(popen, self._cluster.now())
        self.ran.append(name)
        pod["status"] |= {"phase": "Running", "startTime": self._cluster.stamp()}
        self._tell(pod, {"running": {"startedAt": self._cluster.stamp()}})

    def _look_at_mounts(self, container: Json) -> None:
        """Hold what the pod would see of the volume against what its command and its job need."""
        mounts = {m["mountPath"]: m for m in container["volumeMounts"] if m["name"] == "shared"}
        for path, mount in mounts.items():
            assert str(self._root / mount["subPath"]) == path, "it lies elsewhere in the pod than in the app"
            assert Path(path).exists(), "a folder that is missing is made by the kubelet, as root"
        *_, job, bundle = container["command"]
        assert mounts[job]["readOnly"]
        assert not mounts[str(Path(bundle).parent)].get("readOnly", False)
        assert mounts[json.loads(Path(job).read_bytes())["source"]]["readOnly"]
        assert [p for p, m in mounts.items() if not m.get("readOnly")] == [str(Path(bundle).parent)]

    def _follow(self, name: str, pod: Json) -> None:
        process = self._processes[name]
        if self._cluster.now() - process.started > pod["spec"]["activeDeadlineSeconds"]:
            said = "Pod was active on the node longer than the specified deadline"
            self.end(name, "Failed", pod_reason="DeadlineExceeded", said=said)
        elif (status := process.popen.poll()) is not None:
            del self._processes[name]
            ended = {"exitCode": status % 256, "reason": "Error" if status else "Completed"}
            self._tell(pod, {"terminated": {**ended, **self._times(process)}})
            self.end(name, "Failed" if status else "Complete")

    def end(  # noqa: PLR0913 - how a pod and a Job can end
        self, name: str, kind: str, *, why: str = "", said: str = "", pod_reason: str = "", container: str = ""
    ) -> None:
        """Let the pod of a Job end in a way: of itself, by the cluster, or by its container."""
        job, pod = self._cluster.jobs[name], self.pods[name]
        process = self.kill(name, keep=True)
        if process:
            reason = container or "Error"
            self._tell(pod, {"terminated": {"exitCode": 137, "reason": reason, **self._times(process)}})
        pod["status"] |= {"phase": "Succeeded" if kind == "Complete" else "Failed"}
        if pod_reason:
            pod["status"] |= {"reason": pod_reason, "message": said}
        condition = {"type": kind, "status": "True", "lastTransitionTime": self._cluster.stamp()}
        if kind == "Failed":
            limit = "Job has reached the specified backoff limit"
            condition |= {"reason": why or "BackoffLimitExceeded", "message": said if why else limit}
        job["status"] |= {"conditions": [condition], "active": 0, "ready": 0}

    def disrupt(self, name: str) -> None:
        """Take the machine away from a pod, and the pod with it after a while."""
        said = "Taint manager: deleting due to NoExecute taint"
        self.end(name, "Failed")
        condition = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager", "message": said}
        self.pods[name]["status"]["conditions"] = [condition]

    def log(self, name: str) -> str:
        """Return what a pod wrote."""
        return self._log(name).read_text(encoding="utf-8") if self._log(name).exists() else ""

    def kill(self, name: str, *, keep: bool = False) -> Process | None:
        """Kill what runs in a pod, and forget the pod."""
        process = self._processes.pop(name, None)
        if process:
            family.kill(process.popen.pid)  # all of it, as the end of a container does
            process.popen.wait()
        if not keep:
            self.pods.pop(name, None)
        return process

    def close(self) -> None:
        """Kill everything."""
        for name in list(self._processes):
            self.kill(name)

    def _delete(self, name: str) -> None:
        """Ask a pod to end, kill it after its grace, and remove it and its Job once it has ended."""
        process = self._processes.get(name)
        if process and process.popen.poll() is None:
            if process.asked is None:
                process.asked = self._cluster.now()
                with suppress(ProcessLookupError):
                    os.kill(process.popen.pid, signal.SIGTERM)
            grace = self.pods[name]["spec"]["terminationGracePeriodSeconds"]
            if self._cluster.now() - process.asked < grace:
                return
        self.kill(name)
        del self._cluster.jobs[name]

    def _tell(self, pod: Json, state: Json) -> None:
        one = {"name": "smoke", "image": "i", "imageID": "", "ready": False, "restartCount": 0, "state": state}
        pod["status"]["containerStatuses"] = [one]

    def _times(self, process: Process) -> Json:
        return {"startedAt": _stamp(process.started), "finishedAt": self._cluster.stamp()}

    def _log(self, name: str) -> Path:
        return self._scratch / f"{name}.log"


def _seconds(stamp: str) -> float:

    return datetime.fromisoformat(stamp).timestamp()


def _stamp(seconds: float) -> str:

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
