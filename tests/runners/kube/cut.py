"""Cuts Kubernetes' own description down to what is used here; run by hand, see NOTICE.md: `cut.py FOLDER`."""

from __future__ import annotations

import gzip
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

from kubernetes import client

HERE = Path(__file__).parent
SCHEMAS = "kubernetes_validate/kubernetes-json-schema/v1.37.0-local-strict/_definitions.json"
CALLS = (
    (client.BatchV1Api, "create_namespaced_job"),
    (client.BatchV1Api, "list_namespaced_job"),
    (client.BatchV1Api, "delete_namespaced_job"),
    (client.CoreV1Api, "list_namespaced_pod"),
    (client.CoreV1Api, "read_namespaced_pod_log"),
)
META = "io.k8s.apimachinery.pkg.apis.meta.v1."
OBJECTS = {
    "V1DeleteOptions": f"{META}DeleteOptions",
    "V1Job": "io.k8s.api.batch.v1.Job",
    "V1JobList": "io.k8s.api.batch.v1.JobList",
    "V1PodList": "io.k8s.api.core.v1.PodList",
    "V1Status": f"{META}Status",
}
"""What the client calls an object, and what the description does."""
EVENT = f"{META}WatchEvent"
"""A line of what a list answers to whoever watches."""
FURTHER = (
    "io.k8s.api.core.v1.Namespace",
    "io.k8s.api.core.v1.PersistentVolumeClaim",
    "io.k8s.api.core.v1.ServiceAccount",
    "io.k8s.api.networking.v1.NetworkPolicy",
    "io.k8s.api.rbac.v1.Role",
    "io.k8s.api.rbac.v1.RoleBinding",
)
"""What the documentation asks people to create."""
WORDS = frozenset({"description", "default", "title"})
REF = "#/$defs/"

Node = Any
"""A piece of a description: JSON."""


def operate(api: type, name: str) -> Node:
    """Return one operation as the client has it: generated code, which names every part."""
    source = inspect.getsource(getattr(api, f"_{name}_serialize"))
    signature = inspect.signature(getattr(api, name)).parameters
    query = dict(re.findall(r"_query_params\.append\(\('([^']+)', (\w+)\)", source))
    answers = re.findall(r"'(\d+)': \"(\w+)\"", inspect.getsource(getattr(api, name)))
    return {
        "method": _only(r"method='([A-Z]+)'", source),
        "path": _only(r"resource_path='([^']+)'", source),
        "query": {there: _type(signature[here].annotation) for there, here in query.items()},
        "body": next((OBJECTS[n] for n in OBJECTS if n in str(signature.get("body", ""))), None),
        "answers": {status: OBJECTS.get(kind, kind) for status, kind in answers},  # a deletion's is any object
    }


def _only(pattern: str, source: str) -> str:
    (found,) = re.findall(pattern, source)
    return str(found)


def _type(annotation: Node) -> str:
    told = str(annotation)
    return "integer" if "[int" in told else "boolean" if "[bool" in told else "string"


def bare(node: Node, *, names: bool = False) -> Node:
    """Return a schema without what is for people; under *names* stand the names of properties."""
    if isinstance(node, list):
        return [bare(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {k: v for k, v in node.items() if names or (k not in WORDS and not k.startswith("x-"))}
    return {k: bare(v, names=not names and k in {"properties", "$defs"}) for k, v in kept.items()}


def close(names: list[str], schemas: dict[str, Node]) -> dict[str, Node]:
    """Return these schemas and all that they refer to."""
    found: dict[str, Node] = {}
    while names:
        name = names.pop()
        if name not in found:
            found[name] = bare(schemas[name])
            names += re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(found[name]))
    return dict(sorted(found.items()))


def main(folder: Path) -> None:
    """Write the description that is kept."""
    schemas = json.loads((folder / SCHEMAS).read_text(encoding="utf-8"))["$defs"]
    operations = {name: operate(api, name) for api, name in CALLS}
    kept = {"operations": operations, "$defs": close([*OBJECTS.values(), EVENT, *FURTHER], schemas)}
    data = json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()
    (HERE / "kube.json.gz").write_bytes(gzip.compress(data, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
