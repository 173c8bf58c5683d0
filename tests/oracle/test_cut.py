"""How GitHub's descriptions are cut: prose goes, meaning stays, and the same input gives the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.oracle import cut

if TYPE_CHECKING:
    from pathlib import Path

WHOLE: dict[str, Any] = {
    "paths": {
        "/repos/{owner}": {
            "post": {
                "parameters": [{"$ref": "#/components/parameters/owner"}],
                "requestBody": {
                    "required": True,
                    "content": {"text/x": {}, "application/json": {"schema": {"$ref": "#/components/schemas/a"}}},
                },
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"type": "string", "example": "x"}}}},
                    "204": {"description": "Nothing"},
                    "404": {"$ref": "#/components/responses/gone"},
                },
            },
            "get": {"responses": {"200": {"content": {"text/plain": {"schema": {}}}}}},
        }
    },
    "webhooks": {
        f"{event}-{action}".rstrip("-"): {
            "post": {
                "x-github": {"subcategory": event.replace("-", "_")},
                "parameters": [
                    {"name": "X-B", "in": "header", "required": True},
                    {"name": "X-A", "in": "header", "required": True},
                    {"name": "X-C", "in": "header"},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/b"}}}},
            }
        }
        for event, action in (("check-run", "requested-action"), ("push", ""), ("star", "created"))
    },
    "components": {
        "parameters": {"owner": {"name": "owner", "in": "path", "required": True, "schema": {"type": "string"}}},
        "responses": {
            "gone": {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/b"}}}}
        },
        "schemas": {
            "a": {
                "title": "A",
                "type": "object",
                "properties": {
                    "title": {"type": "string", "nullable": True, "description": "what it is called"},
                    "state": {"type": "string", "enum": ["open", "closed"], "nullable": True},
                    "next": {"$ref": "#/components/schemas/a"},
                    "other": {"allOf": [{"$ref": "#/components/schemas/b"}], "nullable": True},
                },
                "required": ["title"],
                "x-github-breaking-changes": [],
            },
            "b": {"type": "array", "items": {"type": "integer", "minimum": 1}},
            "unused": {"type": "null"},
        },
    },
}


def test_a_schema_keeps_its_meaning() -> None:
    """A property called `title` stays, the keyword goes; null is allowed where it was."""
    schema = cut.bare(WHOLE["components"]["schemas"]["a"])

    assert schema == {
        "type": "object",
        "properties": {
            "title": {"type": ["string", "null"]},
            "state": {"type": ["string", "null"], "enum": ["open", "closed", None]},
            "next": {"$ref": "urn:github#/schemas/a"},
            "other": {"anyOf": [{"allOf": [{"$ref": "urn:github#/schemas/b"}]}, {"type": "null"}]},
        },
        "required": ["title"],
    }


def test_an_operation_brings_what_it_refers_to_and_no_more() -> None:
    """Parameters, body, responses, and every schema that they need."""
    told = cut.rest(WHOLE, ["POST /repos/{owner}", "GET /repos/{owner}"])

    assert told["operations"]["POST /repos/{owner}"] == {
        "parameters": [{"name": "owner", "in": "path", "required": True, "schema": {"type": "string"}}],
        "body": {"required": True, "schema": {"$ref": "urn:github#/schemas/a"}},
        "responses": {"200": {"type": "string"}, "204": None, "404": {"$ref": "urn:github#/schemas/b"}},
    }
    assert told["operations"]["GET /repos/{owner}"] == {"parameters": [], "body": None, "responses": {"200": None}}
    assert list(told["schemas"]) == ["a", "b"]


def test_events_in_use_are_kept_by_event_and_action() -> None:
    """With the headers that they must have."""
    told = cut.webhooks(WHOLE)

    assert list(told["events"]) == ["check_run.requested_action", "push"]
    assert told["events"]["push"] == {"headers": ["X-A", "X-B"], "schema": {"$ref": "urn:github#/schemas/b"}}


def test_a_graphql_schema_loses_its_prose_only() -> None:
    """Names, types and arguments stay."""
    told = cut.graph({"types": [{"name": "A", "description": "x", "fields": [{"name": "f", "isDeprecated": True}]}]})

    assert told == {"types": [{"name": "A", "fields": [{"name": "f"}]}]}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """So that a newer version shows as a change, and nothing else does."""
    for name in ("one.gz", "two.gz"):
        cut.write(tmp_path / name, {"ä": [1, 2]})

    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
