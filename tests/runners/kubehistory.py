"""What changed in the double of a cluster, in order, for whoever watches."""

from __future__ import annotations

import json
from typing import Any

Json = Any
"""A JSON value."""


class History:
    """Every change of every object, each with a version of the whole cluster, as etcd counts them."""

    def __init__(self) -> None:
        """Begin before the first change."""
        self.version = self._oldest = 0
        self._known: dict[tuple[str, str], Json] = {}
        self._events: list[tuple[int, str, Json]] = []

    def note(self, resource: str, held: dict[str, Json]) -> None:
        """Compare what the cluster has of a resource with what it had; what differs gets a new version."""
        for name, found in held.items():
            known = self._known.get((resource, name))
            if known is None or _bare(known) != _bare(found):
                self._tell("MODIFIED" if known else "ADDED", resource, name, found)
        for _, name in [key for key in self._known if key[0] == resource and key[1] not in held]:
            self._tell("DELETED", resource, name, self._known[resource, name])
            del self._known[resource, name]

    def _tell(self, kind: str, resource: str, name: str, found: Json) -> None:
        self.version += 1
        found["metadata"]["resourceVersion"] = str(self.version)
        self._known[resource, name] = json.loads(json.dumps(found))
        self._events.append((self.version, resource, {"type": kind, "object": self._known[resource, name]}))

    def compact(self) -> None:
        """Forget all that was, as etcd does every few minutes; something elsewhere in the cluster changed besides."""
        self.version += 1
        self._oldest = self.version
        self._events.clear()

    def knows(self, version: int) -> bool:
        """Return whether all that changed since is still known."""
        return version >= self._oldest

    def since(self, version: int, resource: str) -> list[Json]:
        """Return what changed after a version."""
        return [event for number, kind, event in self._events if number > version and kind == resource]


def _bare(found: Json) -> Json:
    meta = {key: value for key, value in found["metadata"].items() if key != "resourceVersion"}
    return {**found, "metadata": meta}
