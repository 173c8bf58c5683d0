"""GitHub's own descriptions, as they were cut, and the places in them: operations by path, events by name."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jsonschema_rs import Draft202012Validator, Registry

HERE = Path(__file__).parent
PREFIX = "/api/v3"
"""Where GitHub Enterprise Server has the REST paths."""
UPLOADS = "/api/uploads"
"""Where it has those that files are sent to."""
DEEP = frozenset({"ref", "path", "basehead", "branch", "name", "commit_sha", "tag"})
"""Parameters of a path that hold slashes: `heads/main`, `docs/a.md`. The description knows no such thing."""
OPEN = frozenset({"ref", "path"})
"""And those that may be empty."""

Json = Any
"""A JSON value, as it comes from outside."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the description; *line* is `METHOD /path/{template}`."""

    line: str
    pattern: re.Pattern[str]
    described: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Allowed:
    """One thing that GitHub does against its own description, and why it is let through."""

    where: str
    said: str
    reason: str


@cache
def read(name: str) -> dict[str, Json]:
    """Return one of the files that cut.py wrote, `rest` or `webhooks`."""
    return dict(json.loads(gzip.decompress((HERE / f"{name}.json.gz").read_bytes())))


@cache
def allowed() -> tuple[Allowed, ...]:
    """Return the list of exceptions."""
    return tuple(Allowed(**entry) for entry in tomllib.loads((HERE / "allowed.toml").read_text())["allowed"])


@cache
def operations() -> tuple[Operation, ...]:
    """Return every operation, the most literal path first, so that the first match is the right one."""
    found = [Operation(line, _pattern(line), described) for line, described in read("rest")["operations"].items()]
    return tuple(sorted(found, key=lambda operation: -len(re.sub(r"\{\w+\}", "", operation.line))))


def _pattern(line: str) -> re.Pattern[str]:
    """Return what matches `METHOD /path` of an operation, one named group a parameter."""
    parts = re.split(r"\{(\w+)\}", line)
    depth = {name: ".*" if name in OPEN else ".+" for name in DEEP}
    texts = [re.escape(p) if i % 2 == 0 else f"(?P<{p}>{depth.get(p, '[^/]+')})" for i, p in enumerate(parts)]
    return re.compile("".join(texts))


def operation(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """Return the operation that a request is for and the parameters in its path; None for a path unheard of."""
    line = f"{method.upper()} {path.removeprefix(PREFIX).removeprefix(UPLOADS)}"
    for known in operations():
        if match := known.pattern.fullmatch(line):
            return known, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


@cache
def _registry(name: str) -> Registry:
    return Registry([("urn:github", {"schemas": read(name)["schemas"]})])


@cache
def validator(name: str, *place: str | int, closed: bool = False) -> Draft202012Validator:
    """Return what checks against the schema at *place* of a file; *closed*: properties unheard of are errors, too."""
    schema: Json = read(name)
    for step in place:
        schema = schema[step]
    formats = {"email": lambda text: "@" in text}  # a bot's has brackets, which the standard forbids and GitHub sends
    asked = _closed(schema) if closed else schema
    return Draft202012Validator(asked, registry=_registry(name), validate_formats=True, formats=formats)


def _closed(schema: dict[str, Json]) -> dict[str, Json]:
    """Return a schema under which a property that it does not name is an error, whatever its branches let in."""
    if "properties" not in schema or "additionalProperties" in schema:
        return schema
    branches = {
        key: [{k: v for k, v in branch.items() if k != "additionalProperties"} for branch in schema[key]]
        for key in ("anyOf", "oneOf")
        if key in schema
    }
    return schema | branches | {"unevaluatedProperties": False}
