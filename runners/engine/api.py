"""What is asked of a cluster's API, through the official client; the only file that imports it.

Every request has a time limit, and is made once: whoever asks decides whether to ask again. Every
answer has a bound, in time and in size, and is read as plain JSON; what a watch tells is thrown away.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from kubernetes import client, config
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from contracts.error import Unreadable
from runners.engine.answer import EXPIRED, MISSING, TAKEN, Refused, read
from runners.engine.model import Away
from runners.engine.phase import items, text
from runners.stream import Bound, Endless, bind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from urllib3 import HTTPResponse

PAGE = 100
"""How many objects are asked for at once."""
PAGES = 100
"""The most pages of one list."""
LONGEST = 32 << 20
"""The largest answer, in bytes."""
WORDS = 4096
"""How much of a log is fetched, in bytes, from the beginning of its last lines."""
TIMES = (3.0, 10.0)
"""Seconds for connecting, and for each silence before an answer ends."""
STANDS = 180
"""Seconds after which the server ends a watch: before what lies between drops a connection that says nothing."""
PATIENCE = 200.0
"""Seconds for the whole of an answer; the longest is a watch that stands."""
_LINES, _BLOCK = 20, 1 << 16
_LOST = (HTTPError, OSError, Endless)
"""What is raised where there is no answer, or none that ends."""

Json = Any
"""A JSON value."""


class Stream:
    """What changes in a cluster, as it happens. Only that something came is told: what it was, a list says."""

    def __init__(self, answer: HTTPResponse) -> None:
        """Take an answer that is read while it is written."""
        self._answer = answer

    def wait(self) -> bool:
        """Wait until something comes; False if nothing will any more, for whatever reason."""
        try:
            return bool(self._answer.read1(_BLOCK, decode_content=False))
        except (*_LOST, ValueError):  # the last is a socket that was closed under it
            return False

    def stop(self) -> None:
        """Have whoever waits in another thread wait no more."""
        with suppress(OSError, RuntimeError, ValueError):  # it is over already
            self._answer.shutdown()

    def close(self) -> None:
        """Let go of the connection."""
        self._answer.close()


@dataclass(frozen=True, slots=True)
class Listed:
    """The objects of a list. *watch* begins a stream of what changes after it, and raises as a list does."""

    objects: list[Json]
    watch: Callable[[], Stream]


class Cluster:
    """The Jobs and pods of one namespace.

    Every method raises `Away` if the cluster does not answer now, and `Refused` if it does and refuses.
    """

    def __init__(self, configuration: client.Configuration, namespace: str) -> None:
        """Speak as *configuration* says; nothing is asked yet."""
        configuration.retries = Retry(0)
        self._client = client.ApiClient(configuration)
        bind(self._client.rest_client.pool_manager, Bound(PATIENCE, LONGEST))
        self._batch, self._core = client.BatchV1Api(self._client), client.CoreV1Api(self._client)
        self._namespace = namespace

    def create(self, manifest: Json) -> str:
        """Create a Job and return its uid."""
        call = self._batch.create_namespaced_job
        return text(_ask(call, self._namespace, manifest, field_validation="Strict"), "metadata", "uid")

    def jobs(self, selector: str) -> Listed:
        """Return all Jobs that have these labels."""
        return self._list(self._batch.list_namespaced_job, selector)

    def pods(self, selector: str) -> Listed:
        """Return all pods that have these labels."""
        return self._list(self._core.list_namespaced_pod, selector)

    def delete(self, job: Json) -> None:
        """Delete this very Job, and stay listed until its pods are gone; one that is gone already is no error."""
        body = {"preconditions": {"uid": text(job, "metadata", "uid")}, "propagationPolicy": "Foreground"}
        try:
            _ask(self._batch.delete_namespaced_job, text(job, "metadata", "name"), self._namespace, body=body)
        except Refused as refused:
            if refused.status not in {MISSING, TAKEN}:
                raise

    def words(self, pod: str) -> str:
        """Return the last lines that a pod wrote, empty if they cannot be had: nothing depends on them."""
        more = {"tail_lines": _LINES, "limit_bytes": WORDS}
        try:
            return _fetch(self._core.read_namespaced_pod_log, pod, self._namespace, **more).decode(errors="replace")
        except Away:
            return ""

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()  # type: ignore[no-untyped-call]  # it tells no types

    def _list(self, call: Callable[..., Any], selector: str) -> Listed:
        try:
            return self._pages(call, selector)
        except Refused as refused:
            if refused.status != EXPIRED:
                raise
            return self._pages(call, selector)  # the list grew too old between two pages: once more from the start

    def _pages(self, call: Callable[..., Any], selector: str) -> Listed:
        found: list[Json] = []
        more: dict[str, str] = {}
        version = ""
        for _ in range(PAGES):
            page = _ask(call, self._namespace, label_selector=selector, limit=PAGE, **more)
            found += items(page, "items")
            more = {"_continue": text(page, "metadata", "continue")}
            version = version or text(page, "metadata", "resourceVersion")  # all pages show what was at the first
            if not more["_continue"]:
                return Listed(found, partial(self._watch, call, selector, version))
        raise Away(f"the cluster lists more than {PAGE * PAGES:,} objects of ours")

    def _watch(self, call: Callable[..., Any], selector: str, version: str) -> Stream:
        """Begin to watch at a version of the list. No bookmarks: nothing is resumed, so all that comes is news."""
        more = {"label_selector": selector, "resource_version": version, "watch": True, "timeout_seconds": STANDS}
        return Stream(_send(call, self._namespace, **more, patience=(TIMES[0], TIMES[1] + STANDS)))


def connect(kubeconfig: Path | None, namespace: str) -> Cluster:
    """Return the cluster that a kubeconfig names; without one, the cluster that this process itself runs in.

    Raises:
        Unreadable: there is no such configuration, or it cannot be read.
    """
    found = client.Configuration()
    try:
        if kubeconfig is None:
            config.load_incluster_config(found)  # type: ignore[no-untyped-call]  # it tells no types
        else:
            more = {"client_configuration": found, "persist_config": False}
            config.load_kube_config(str(kubeconfig), **more)  # type: ignore[no-untyped-call]  # as above
    except (config.ConfigException, OSError, ValueError, TypeError) as error:
        raise Unreadable(f"no cluster can be reached: {error}") from error
    return Cluster(found, namespace)


def _ask(call: Callable[..., Any], *words: Any, **more: Any) -> Json:
    """Make one request and return the JSON of its answer."""
    data = _fetch(call, *words, **more)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Away("the cluster answers something that is no JSON", mend="It is asked again") from None


def _fetch(call: Callable[..., Any], *words: Any, **more: Any) -> bytes:
    """Make one request and return its answer."""
    try:
        with _send(call, *words, **more, patience=TIMES) as answer:
            data = bytes(answer.read(LONGEST + 1))
    except _LOST as error:
        raise _miss(error) from None
    if len(data) > LONGEST:
        raise Away(f"the cluster's answer is larger than {LONGEST:,} bytes")
    return data


def _send(call: Callable[..., Any], *words: Any, patience: tuple[float, float], **more: Any) -> HTTPResponse:
    """Make one request and return its answer before it is read; *patience* is as `TIMES`."""
    try:
        answer: HTTPResponse = call(*words, **more, _preload_content=False, _request_timeout=patience)
    except client.ApiException as error:
        raise read(error.status or 0, str(error.reason or ""), error.body) from None
    except _LOST as error:
        raise _miss(error) from None
    return answer


def _miss(error: Exception) -> Away:
    return read(0, f"{type(error).__name__}: {error}", "")
