"""Webhooks as GitHub sends them: every required field, filled in from GitHub's own description of the event."""

from __future__ import annotations

import json
from typing import Any

from tests.oracle import oracle
from tests.oracle.description import read

Json = Any
HEAD, BASE, LANDED = "a" * 40, "b" * 40, "c" * 40
APP = 4_200
_TEXTS = {"uri": "https://example.org/x", "date-time": "2026-05-04T13:06:40Z", "email": "a@example.org"}
PERSON: dict[str, Json] = {"login": "octo-maintainer", "type": "User", "id": 7}
BOT: dict[str, Json] = {"login": "discharge[bot]", "type": "Bot", "id": 8}
REPOSITORY: dict[str, Json] = {"id": 700, "full_name": "acme/models", "default_branch": "main"}
FACTS: dict[str, Json] = {
    "issue_comment": {
        "issue": {"number": 12, "pull_request": {"url": "https://example.org/pulls/12"}},
        "comment": {"id": 99, "body": "/status", "user": PERSON, "created_at": "2026-05-04T13:06:40Z"},
    },
    "pull_request": {
        "pull_request": {
            "number": 12,
            "title": "Guard the parity gate",
            "user": PERSON,
            "merged": False,
            "merge_commit_sha": LANDED,
            "head": {"ref": "feat/guard", "sha": HEAD, "repo": {"id": 700, "full_name": "acme/models"}},
            "base": {"ref": "main", "sha": BASE, "repo": {"id": 700, "full_name": "acme/models"}},
        },
    },
    "merge_group": {
        "merge_group": {
            "head_sha": HEAD,
            "base_sha": BASE,
            "head_ref": "refs/heads/gh-readonly-queue/main/pr-12",
            "base_ref": "refs/heads/main",
        },
    },
    "push": {"ref": "refs/heads/main", "before": BASE, "after": HEAD, "created": False, "deleted": False},
    "check_run": {
        "check_run": {"id": 31, "external_id": "run-1", "head_sha": HEAD, "name": "discharge", "app": {"id": APP}},
    },
    "check_suite": {"check_suite": {"head_sha": HEAD, "app": {"id": APP}}},
    "installation": {"repositories": [{"full_name": "acme/models"}, {"full_name": "acme/.github"}]},
    "installation_repositories": {
        "repositories_added": [{"full_name": "acme/models"}],
        "repositories_removed": [{"full_name": "acme/old.models"}],
    },
    "workflow_job": {"workflow_job": {"run_id": 15_000_000_001, "labels": ["gpu", "discharge-run-1"], "steps": []}},
}


def payload(name: str, **changes: Json) -> dict[str, Json]:
    """Return the payload of `event.action`; *changes* are merged into it, object by object, None included."""
    event = name.partition(".")[0]
    schema = _look_up(read("webhooks")["events"][name]["schema"])
    where = "repositories" if event.startswith("installation") else "repository"
    wanted = {"sender", where} & schema.get("properties", {}).keys()
    made: dict[str, Json] = _fill(schema | {"required": [*schema.get("required", ()), *wanted]})
    common = {"installation": {"id": 51, "node_id": "x"}, "sender": PERSON}
    repository = {"repository": REPOSITORY} if where == "repository" else {}
    for facts in (common, repository, FACTS[event], changes):
        made = _merge(made, facts)
    return made


def deviations(name: str, values: Json) -> list[str]:
    """Return what GitHub's description has against a payload."""
    event = name.partition(".")[0]
    headers = dict.fromkeys(read("webhooks")["events"][name]["headers"], "")
    return [str(finding) for finding in oracle.check_webhook(event, headers, values)]


def dump(values: Json) -> bytes:
    """Return the bytes of a payload."""
    return json.dumps(values).encode()


def _merge(values: Json, changes: Json) -> Json:
    if isinstance(values, dict) and isinstance(changes, dict):
        return values | {key: _merge(values.get(key), change) for key, change in changes.items()}
    if isinstance(values, list) and isinstance(changes, list) and values:
        return [_merge(values[0], change) for change in changes]
    return changes


def _look_up(schema: Json) -> Json:
    return read("webhooks")["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _fill(schema: Json) -> Json:
    """Return the smallest value that a schema allows."""
    schema = _look_up(schema)
    for key in ("anyOf", "oneOf"):
        if key in schema and "properties" not in schema:
            return _fill(next(one for one in schema[key] if one.get("type") != "null"))
    if "allOf" in schema:
        return {key: value for one in schema["allOf"] for key, value in _fill(one).items()}
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        known = schema.get("properties", {})
        return {key: _fill(known.get(key, {"type": "string"})) for key in schema.get("required", ())}
    if kind == "array":
        return [_fill(schema["items"])] if "items" in schema else []
    return {"string": _TEXTS.get(schema.get("format", ""), "x"), "integer": 1, "number": 1, "boolean": False}.get(kind)
