"""Cuts GitHub's own descriptions down to what is used here; run by hand, see NOTICE.md: `cut.py FOLDER`."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SANDBOX = HERE.parents[1] / "app" / "sandbox"
EVENTS = frozenset(
    {
        "check_run",
        "check_suite",
        "installation",
        "installation_repositories",
        "issue_comment",
        "merge_group",
        "ping",
        "pull_request",
        "push",
        "workflow_job",
        "workflow_run",
    }
)
WORDS = frozenset({"default", "deprecated", "description", "example", "examples", "externalDocs", "readOnly", "title"})
"""Keywords of a schema that are for people."""
PROSE = frozenset({"description", "isDeprecated", "deprecationReason", "specifiedByURL"})
"""The same in a GraphQL schema."""
REF = "#/components/schemas/"
SCHEMAS = "urn:github#/schemas/"

Node = Any
"""A piece of a description: JSON."""


def bare(schema: Node) -> Node:
    """Return a schema as JSON Schema 2020-12 knows it: no prose, and OpenAPI 3.0's `nullable` spelt out."""
    if isinstance(schema, list):
        return [bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    cut = {key: _part(key, value) for key, value in schema.items() if key not in WORDS and not key.startswith("x-")}
    return _or_null(cut) if cut.pop("nullable", False) else cut


def _part(key: str, value: Node) -> Node:
    """Return what stands under one keyword of a schema, bare."""
    if key == "properties":
        return {name: bare(schema) for name, schema in value.items()}
    if key in {"enum", "required", "const"}:
        return value
    return value.replace(REF, SCHEMAS) if key == "$ref" else bare(value)


def _or_null(schema: dict[str, Node]) -> Node:
    """Return a schema that takes null besides what *schema* takes."""
    if not isinstance(schema.get("type"), str) or {"allOf", "anyOf", "oneOf"} & schema.keys():
        return {"anyOf": [schema, {"type": "null"}]}
    wide = schema | {"type": [schema["type"], "null"]}
    return wide | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def named(schema: Node) -> set[str]:
    """Return the names of the schemas that a bare schema refers to."""
    if isinstance(schema, list):
        return {name for one in schema for name in named(one)}
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"].removeprefix(SCHEMAS)} if isinstance(schema.get("$ref"), str) else set()
    return own.union(*map(named, schema.values()))


def closure(roots: Node, schemas: dict[str, Node]) -> dict[str, Node]:
    """Return every schema that *roots* reach, bare, by name."""
    found: dict[str, Node] = {}
    waiting = named(roots)
    while waiting:
        name = waiting.pop()
        found[name] = bare(schemas[name])
        waiting |= named(found[name]) - found.keys()
    return dict(sorted(found.items()))


def media(content: dict[str, Node]) -> Node:
    """Return the schema of the JSON among the media types of a body; None if there is no JSON."""
    kinds = sorted((kind for kind in content if "json" in kind), key=lambda kind: kind != "application/json")
    return bare(content[kinds[0]]["schema"]) if kinds else None


def rest(whole: Node, lines: list[str]) -> Node:
    """Return the operations of *lines*: parameters, request body, responses; and the schemas that they need."""
    operations = {line: _operation(whole, *line.split()) for line in lines}
    return {"operations": operations, "schemas": closure(operations, whole["components"]["schemas"])}


def _operation(whole: Node, method: str, path: str) -> Node:
    full = whole["paths"][path][method.lower()]
    body = full.get("requestBody")
    return {
        "parameters": [
            {"name": p["name"], "in": p["in"], "required": p.get("required", False), "schema": bare(p["schema"])}
            for p in (_target(whole, parameter) for parameter in full.get("parameters", ()))
        ],
        "body": body and {"required": body.get("required", False), "schema": media(body["content"])},
        "responses": {
            code: media(_target(whole, response).get("content", {})) for code, response in full["responses"].items()
        },
    }


def _target(whole: Node, node: Node) -> Node:
    """Return what a parameter or response refers to, or itself."""
    if "$ref" not in node:
        return node
    _, _, kind, name = node["$ref"].split("/")
    return whole["components"][kind][name]


def webhooks(whole: Node) -> Node:
    """Return what the events in use carry, by `event.action` (`push` has no action): schema and required headers."""
    found = {}
    for key, item in whole["webhooks"].items():
        post = item["post"]
        event = post["x-github"]["subcategory"]
        if event not in EVENTS:
            continue
        action = key.replace("-", "_").removeprefix(event).removeprefix("_")
        found[f"{event}.{action}".rstrip(".")] = {
            "headers": sorted(p["name"] for p in post["parameters"] if p["in"] == "header" and p.get("required")),
            "schema": media(post["requestBody"]["content"]),
        }
    return {"events": dict(sorted(found.items())), "schemas": closure(found, whole["components"]["schemas"])}


def graph(node: Node) -> Node:
    """Return a GraphQL introspection without its prose."""
    if isinstance(node, list):
        return [graph(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {key: graph(value) for key, value in node.items() if key not in PROSE}


def write(path: Path, node: Node) -> None:
    """Write JSON, compressed so that the same input gives the same bytes."""
    text = json.dumps(node, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main(folder: Path) -> None:
    """Cut the descriptions that lie unpacked in *folder*, each under its package's name."""

    def read(name: str) -> Node:
        return json.loads((folder / name).read_bytes())

    lines = (HERE / "operations.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    write(HERE / "rest.json.gz", rest(read("openapi/package/generated/api.github.com.json"), wanted))
    write(HERE / "webhooks.json.gz", webhooks(read("openapi-webhooks/package/generated/api.github.com.json")))
    write(HERE / "sarif.json.gz", bare(read("jest-sarif/package/lib/schemas/sarif-2.1.0-rtm.5.json")))
    vendor = "check-jsonschema/check_jsonschema/builtin_schemas/vendor/github-workflows.json"
    write(HERE / "workflow.json.gz", bare(read(vendor)))
    write(SANDBOX / "schema.json.gz", graph(read("graphql-schema/package/schema.json")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
