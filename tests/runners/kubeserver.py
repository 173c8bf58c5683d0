"""A cluster of one machine, on loopback: an API server that speaks HTTP, a scheduler that counts GPUs, and a kubelet.

Every request and every answer is held against Kubernetes' own description (`kube/oracle.py`); what does not
fit is kept in `faults`. A pod's command is really run, as a process of this machine, in the environment that
its manifest gives it. What a real cluster adds is missing: the pod's own user, its own file system, its images.
So the double looks instead whether every path of the volume that the command names is mounted, and how.
"""

from __future__ import annotations

import base64
import json
import re
import select
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.runners.kube import oracle
from tests.runners.kubehistory import History
from tests.runners.kubelet import Kubelet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOKEN = "sha256~5ecret-of-the-service-account"  # noqa: S105 - a token of the double's own
BLINK = 0.02
"""Seconds in which a watch that has nothing to tell looks what happened."""
REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "AlreadyExists",
    410: "Expired",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}
NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")

Json = Any


def connect(address: str) -> Json:
    """Return a kubeconfig that leads to a cluster at an address, and says who asks."""
    user = {"name": "app", "user": {"token": TOKEN}}
    context = {"name": "c", "context": {"cluster": "c", "user": "app"}}
    where = {"clusters": [{"name": "c", "cluster": {"server": address}}], "contexts": [context]}
    return {"apiVersion": "v1", "kind": "Config", **where, "users": [user], "current-context": "c"}


class Refusal(Exception):  # noqa: N818 - the server refuses
    """An answer that is no success."""

    def __init__(self, status: int, message: str, reason: str = "") -> None:
        """Keep the parts of a Status."""
        super().__init__(message)
        self.status, self.message, self.reason = status, message, reason or REASONS[status]


class KubeServer:
    """What the cluster has, and how it is at the moment; see the methods for what may happen to it."""

    def __init__(self, root: Path, scratch: Path, gpus: int = 1) -> None:
        """Begin with nothing; *root* is the volume, *scratch* stands for every pod's own `/tmp`."""
        self.jobs: dict[str, Json] = {}
        self.requests: list[str] = []
        self.faults: list[str] = []
        self.outage: int | str = ""
        self.losing = self.expiring = False
        self.forbidden = self.forgetful = ""
        self.watching, self.mute, self._era = 0, False, 0
        self.quota: int | None = None
        self.delay = 0.0
        self.validate: Callable[[Json], str] = lambda _: ""
        self._lock, self._history, self._skipped = threading.RLock(), History(), 0.0
        self.kubelet = Kubelet(self, root, scratch, gpus)
        self._serving: dict[str, Callable[..., tuple[int, Json]]] = {
            "create_namespaced_job": self._create,
            "list_namespaced_job": self._list_jobs,
            "list_namespaced_pod": self._list_pods,
            "delete_namespaced_job": self._delete,
            "read_namespaced_pod_log": self._log,
        }

    def stamp(self) -> str:
        """Return the cluster's time."""
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def now(self) -> float:
        """Return the cluster's time in seconds since the epoch."""
        return time.time() + self._skipped

    def skip(self, seconds: float) -> None:
        """Let time pass in the cluster."""
        self._skipped += seconds

    def answer(self, method: str, target: str, authorization: str, data: bytes) -> tuple[int, Json]:
        """Serve one request: its status and its body, which of a watch is what happens, as it happens."""
        split = urlsplit(target)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        found = oracle.find(method, unquote(split.path))
        with self._lock:
            self.requests.append(f"{'WATCH' if query.get('watch') == 'true' else method} {split.path}")
            if found is None:
                self.faults.append(f"no operation is {method} {split.path}")
                return 404, _status(Refusal(404, "the server could not find the requested resource"))
            name, path = found
            body = json.loads(data) if data else None
            wrong = oracle.check_request(name, query, body)
            self.faults += wrong
            try:
                status, told = self._serve(name, path, query, body, authorization, wrong)
            except Refusal as refusal:
                status, told = refusal.status, _status(refusal)
            if not isinstance(told, Iterator):
                self.faults += oracle.check_answer(name, status, told)
            return status, told

    def _serve(  # noqa: PLR0913, PLR0917 - all that a request has
        self, name: str, path: dict[str, str], query: dict[str, str], body: Json, authorization: str, wrong: list[str]
    ) -> tuple[int, Json]:
        if authorization != f"Bearer {TOKEN}":
            raise Refusal(401, "Unauthorized")
        if isinstance(self.outage, int):
            raise Refusal(self.outage, "etcdserver: request timed out")
        watched = query.get("watch") == "true"
        if self.forbidden and self.forbidden in (name.replace("list_", "watch_") if watched else name):
            raise Refusal(403, f'User "app" cannot do that in the namespace "{path["namespace"]}"')
        if wrong:
            raise Refusal(400, "; ".join(wrong))
        self._settle()
        if watched:
            return 200, self._watch(name, query)
        served = self._serving[name](path, query, body)
        self._note()
        return served

    def _create(self, path: dict[str, str], _: dict[str, str], body: Json) -> tuple[int, Json]:
        name = body["metadata"]["name"]
        if name in self.jobs:
            raise Refusal(409, f'jobs.batch "{name}" already exists')
        if self.quota is not None and len(self.jobs) >= self.quota:
            used = f"used: count/jobs.batch={len(self.jobs)}, limited: count/jobs.batch={self.quota}"
            what = f'jobs.batch "{name}" is forbidden: exceeded quota: smokes, requested: count/jobs.batch=1, {used}'
            raise Refusal(403, what)
        if fault := next(_invalid(body), "") or self.validate(body):
            raise Refusal(422, f'Job.batch "{name}" is invalid: {fault}')
        self.jobs[name] = self.own(body, path["namespace"])
        return 201, self.jobs[name]

    def own(self, body: Json, namespace: str) -> Json:
        """Return a Job as the server keeps it."""
        job = json.loads(json.dumps(body))
        uid = str(uuid.uuid4())
        job["metadata"] |= {
            "namespace": namespace,
            "uid": uid,
            "creationTimestamp": self.stamp(),
            "generation": 1,
        }
        match = {"batch.kubernetes.io/controller-uid": uid}
        job["spec"] |= {"selector": {"matchLabels": match}, "suspend": False, "completionMode": "NonIndexed"}
        job["spec"]["template"]["metadata"].setdefault("labels", {}).update(match)
        job["status"] = {}
        return job

    def _list_jobs(self, _: dict[str, str], query: dict[str, str], __: Json) -> tuple[int, Json]:
        return 200, self._page("batch/v1", "JobList", self.jobs, query)

    def _list_pods(self, _: dict[str, str], query: dict[str, str], __: Json) -> tuple[int, Json]:
        return 200, self._page("v1", "PodList", self.kubelet.pods, query)

    def _page(self, version: str, kind: str, held: dict[str, Json], query: dict[str, str]) -> Json:
        after = base64.b64decode(query.get("continue", "")).decode()
        if after and self.expiring:
            self.expiring = False
            raise Refusal(410, "The provided continue parameter is too old to display a consistent list result")
        kept = [held[name] for name in sorted(held) if name > after and _is_wanted(held[name], query)]
        limit = int(query.get("limit", "0")) or len(kept)
        meta: Json = {"resourceVersion": str(self._history.version)}
        if kept[limit:]:
            last = kept[limit - 1]["metadata"]["name"]
            meta |= {"continue": base64.b64encode(last.encode()).decode(), "remainingItemCount": len(kept) - limit}
        return {"apiVersion": version, "kind": kind, "metadata": meta, "items": kept[:limit]}

    def _delete(self, path: dict[str, str], query: dict[str, str], body: Json) -> tuple[int, Json]:
        job, options = self._job(path["name"]), {**query, **(body or {})}
        uid = (options.get("preconditions") or {}).get("uid", job["metadata"]["uid"])
        if uid != job["metadata"]["uid"]:
            raise Refusal(409, f"the UID in the precondition ({uid}) does not match", "Conflict")
        assert options.get("propagationPolicy") == "Foreground", "a pod would be left behind for a while"
        self.delete(path["name"])
        return 200, job

    def _log(self, path: dict[str, str], query: dict[str, str], _: Json) -> tuple[int, Json]:
        if path["name"] not in self.kubelet.pods:
            raise Refusal(404, f'pods "{path["name"]}" not found')
        lines = self.kubelet.log(path["name"]).splitlines(keepends=True)
        return 200, "".join(lines[-int(query["tailLines"]) :])[: int(query["limitBytes"])]

    def _job(self, name: str) -> Json:
        if name not in self.jobs:
            raise Refusal(404, f'jobs.batch "{name}" not found')
        return self.jobs[name]

    def delete(self, name: str) -> None:
        """Delete a Job as somebody would: it stays until its pods are gone."""
        with self._lock:
            metadata = self.jobs[name]["metadata"]
            metadata.setdefault("deletionTimestamp", self.stamp())
            metadata |= {"finalizers": ["foregroundDeletion"]}
            self._settle()

    def vanish(self, name: str) -> None:
        """Remove a Job and its pod at once, as a force or a time to live does."""
        with self._lock:
            self.kubelet.kill(name)
            del self.jobs[name]

    def settle(self) -> None:
        """Let the cluster do what is due."""
        with self._lock:
            self._settle()

    def _settle(self) -> None:
        self.kubelet.settle()
        self._note()

    def _note(self) -> None:
        self._history.note("jobs", self.jobs)
        self._history.note("pods", self.kubelet.pods)

    def cut(self) -> None:
        """Break every connection on which somebody watches."""
        self._era += 1

    def _watch(self, name: str, query: dict[str, str]) -> Iterator[Json]:
        if self.forgetful:
            self._history.compact()
        version = int(query["resourceVersion"])
        how, self.forgetful = self.forgetful, ""
        if how == "status" and not self._history.knows(version):
            raise Refusal(410, f"too old resource version: {version} ({self._history.version})")
        return self._tell(oracle.WATCHED[name], version, query)

    def _tell(self, resource: str, version: int, query: dict[str, str]) -> Iterator[Json]:
        """Yield None, which begins it, and then every event; None again and again, to look whether anybody listens."""
        latest, era = time.monotonic() + int(query["timeoutSeconds"]), self._era
        while self.mute and self._era == era:
            time.sleep(BLINK)
        yield None
        while time.monotonic() < latest:
            if self.outage or self._era != era:
                raise ConnectionAbortedError
            with self._lock:
                self._settle()
                events, version = self._happen(resource, version), self._history.version
            for event in events:
                self.faults += oracle.check_event(event)
                if event["type"] == "ERROR" or _is_wanted(event["object"], query):
                    yield event
                if event["type"] == "ERROR":
                    return
            yield None

    def _happen(self, resource: str, version: int) -> list[Json]:
        if self._history.knows(version):
            return self._history.since(version, resource)
        refusal = Refusal(410, f"too old resource version: {version} ({self._history.version})")
        return [{"type": "ERROR", "object": _status(refusal)}]

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve until the end; the address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Handler,), {"cluster": self}))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            self.cut()
            server.shutdown()
            server.server_close()
            self.kubelet.close()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    cluster: KubeServer
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        cluster = self.cluster
        time.sleep(cluster.delay)
        if cluster.outage == "drop":
            return self._drop()
        if cluster.outage == "junk":
            return self._tell(200, b"<html>a proxy's page</html>", "text/html")
        status, body = cluster.answer(self.command, self.path, self.headers.get("Authorization", ""), data)
        if cluster.losing and self.command == "POST":
            cluster.losing = False
            return self._drop()
        if isinstance(body, Iterator):
            return self._stream(body)
        text = isinstance(body, str)
        sent = body.encode() if text else json.dumps(body).encode()
        return self._tell(status, sent, "text/plain" if text else "application/json")

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - http.server's names

    def _tell(self, status: int, data: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, events: Iterator[Json]) -> None:
        """Send events, a line each, until there are no more, the connection breaks, or nobody listens."""
        cluster = self.cluster
        cluster.watching += 1
        try:
            next(events)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for event in events:
                if event is not None:
                    self._chunk(json.dumps(event).encode() + b"\n")
                elif select.select([self.connection], [], [], BLINK)[0]:
                    break  # a client that watches says nothing more: it has gone
            self._chunk(b"")
        except OSError:
            self._drop()
        finally:
            cluster.watching -= 1

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _drop(self) -> None:
        self.close_connection = True
        with suppress(OSError):  # the other side was faster
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _is_wanted(found: Json, query: dict[str, str]) -> bool:
    wanted = dict(pair.split("=") for pair in query.get("labelSelector", "").split(",") if pair)
    has: dict[str, str] = found["metadata"]["labels"]
    return wanted.items() <= has.items()


def _status(refusal: Refusal) -> Json:
    head = {"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure"}
    return {**head, "message": refusal.message, "reason": refusal.reason, "code": refusal.status}


def _invalid(job: Json) -> Iterator[str]:
    """Yield what a server refuses although the schema does not."""
    spec = job["spec"]["template"]["spec"]
    if not NAME.fullmatch(job["metadata"]["name"]):
        yield "metadata.name: it names no pod"
    for labels in (job["metadata"]["labels"], job["spec"]["template"]["metadata"]["labels"]):
        for key, value in labels.items():
            if not (KEY.fullmatch(key) and VALUE.fullmatch(value)):
                yield f"metadata.labels: {key}={value}"
    if spec["restartPolicy"] not in {"Never", "OnFailure"}:
        yield "spec.template.spec.restartPolicy: a Job cannot have that"
    yield from _unmountable(spec)


def _unmountable(spec: Json) -> Iterator[str]:
    volumes = {volume["name"] for volume in spec["volumes"]}
    for container in spec["containers"]:
        paths = [mount["mountPath"] for mount in container["volumeMounts"]]
        if len(set(paths)) < len(paths):
            yield "volumeMounts.mountPath: must be unique"
        for mount in container["volumeMounts"]:
            sub = mount.get("subPath", "")
            if mount["name"] not in volumes or ":" in mount["mountPath"]:
                yield f"volumeMounts: {mount}"
            if sub.startswith("/") or ".." in sub.split("/"):
                yield f"volumeMounts.subPath: {sub}"
