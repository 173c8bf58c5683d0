"""Asks Kubernetes' own description whether a request, an answer or an object is as it must be."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator

HERE = Path(__file__).parent
NAMES = {
    ("batch/v1", "Job"): "io.k8s.api.batch.v1.Job",
    ("networking.k8s.io/v1", "NetworkPolicy"): "io.k8s.api.networking.v1.NetworkPolicy",
    ("rbac.authorization.k8s.io/v1", "Role"): "io.k8s.api.rbac.v1.Role",
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): "io.k8s.api.rbac.v1.RoleBinding",
    ("v1", "Namespace"): "io.k8s.api.core.v1.Namespace",
    ("v1", "PersistentVolumeClaim"): "io.k8s.api.core.v1.PersistentVolumeClaim",
    ("v1", "Pod"): "io.k8s.api.core.v1.Pod",
    ("v1", "ServiceAccount"): "io.k8s.api.core.v1.ServiceAccount",
    ("v1", "Status"): "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
}
"""What an object says of itself, and the name of its schema."""
WATCHED = {"list_namespaced_job": "jobs"}
"""The lists that are asked for as a watch, too, which takes a right of its own."""
TYPES = {"integer": re.compile(r"-?\d+"), "boolean": re.compile(r"true|false"), "string": re.compile(r"(?s).*")}

Json = Any
"""A JSON value."""


@cache
def read() -> dict[str, Json]:
    """Return the description that cut.py wrote."""
    return dict(json.loads(gzip.decompress((HERE / "kube.json.gz").read_bytes())))


@cache
def schema(name: str) -> Draft202012Validator:
    """Return the check of an object."""
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": read()["$defs"]}, validate_formats=True)


def check(value: Json, name: str) -> list[str]:
    """Return what is wrong with an object of that schema."""
    return [f"{name} {list(fault.instance_path)}: {fault.message[:300]}" for fault in schema(name).iter_errors(value)]


def check_object(value: Json) -> list[str]:
    """Return what is wrong with an object that says itself what it is."""
    said = (value.get("apiVersion"), value.get("kind")) if isinstance(value, dict) else None
    name = NAMES.get(said) if said else None  # type: ignore[arg-type]  # whatever it says
    return check(value, name) if name else [f"no known object: {said}"]


def find(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """Return the operation of a request and the parameters in its path."""
    for name, operation in read()["operations"].items():
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(operation["path"]))
        if operation["method"] == method and (found := re.fullmatch(pattern, path)):
            return name, found.groupdict()
    return None


def check_request(name: str, query: dict[str, str], body: Json) -> list[str]:
    """Return what is wrong with the parameters and the body of a request for an operation."""
    operation = read()["operations"][name]
    known = operation["query"]
    faults = [f"{name}: no parameter {key}={query[key]}" for key in query if key not in known]
    faults += [f"{name}: {k}={v} is no {known[k]}" for k, v in query.items() if k in known and not _fits(known[k], v)]
    if query.get("watch") == "true" and name not in WATCHED:
        faults.append(f"{name}: nobody watches that")
    if operation["body"] is None:
        return faults + ([f"{name}: it takes no body"] if body is not None else [])
    return faults + (check(body, operation["body"]) if body is not None else [])


def check_answer(name: str, status: int, body: Json) -> list[str]:
    """Return what is wrong with an answer of an operation; whatever is refused is refused with a Status."""
    wanted = read()["operations"][name]["answers"].get(str(status))
    if status >= 400:
        return check(body, NAMES["v1", "Status"])
    if wanted is None:
        return [f"{name}: the status {status} is not described"]
    if wanted == "str":
        return [] if isinstance(body, str) else [f"{name}: its answer is no text"]
    return check_object(body) if wanted == "object" else check(body, wanted)


def check_event(event: Json) -> list[str]:
    """Return what is wrong with one line of what a watch answers, and with the object in it."""
    return check(event, "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent") + check_object(event["object"])


def _fits(kind: str, value: str) -> bool:
    return TYPES[kind].fullmatch(value) is not None
