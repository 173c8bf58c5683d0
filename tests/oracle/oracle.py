"""Asks GitHub's own descriptions whether a request, a response, a webhook or a GraphQL document is as it must be."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from graphql import GraphQLError, OperationDefinitionNode, parse, validate
from graphql.execution.values import get_variable_values

from app.sandbox import schema
from tests.oracle.description import allowed, operation, read, validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema_rs import Draft202012Validator

    from tests.oracle.description import Operation

REFUSED = frozenset({400, 401, 403, 404, 405, 409, 410, 413, 422, 429})
"""Statuses with which GitHub refuses; for many operations the description does not list them all."""
UNCHANGED = 304
"""The answer to who has it already: any read may get it, and it has no content."""
LONGEST = 400
"""How much of a complaint is told, in characters: its beginning and its end."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation: *where* it is, what is *said* of it, and whether it may not be (*serious*)."""

    where: str
    said: str
    serious: bool = True

    def __str__(self) -> str:
        return f"{self.where}: {self.said}"


def check_request(method: str, path: str, query: str = "", body: bytes = b"") -> list[Finding]:
    """Return what is wrong with a REST request; *path* and *query* are percent-encoded, as on the wire."""
    found = operation(method, path)
    if found is None:
        return [Finding(f"{method} {path} request", "no such operation among those of operations.txt")]
    known, parameters = found
    where = f"{known.line} request"
    return _kept([*_parameters(where, known, parameters, query), *_body(where, known, body)])


def _parameters(where: str, known: Operation, path: Mapping[str, str], query: str) -> Iterator[Finding]:
    described = {p["name"]: (i, p) for i, p in enumerate(known.described["parameters"]) if p["in"] in {"path", "query"}}
    sent = dict(parse_qsl(query, keep_blank_values=True)) | dict(path)
    for name in sorted(sent.keys() - described.keys()):
        yield Finding(where, f"unknown parameter {name!r}")
    for name, (index, parameter) in described.items():
        if name in sent:
            check = validator("rest", "operations", known.line, "parameters", index, "schema")
            yield from _first(f"{where} {name}", check, _readings(sent[name], parameter["schema"]))
        elif parameter["required"]:
            yield Finding(where, f"the parameter {name!r} is missing")


def _readings(text: str, described: Mapping[str, Any]) -> list[Any]:
    """Return the values that the text of a parameter can stand for."""
    kind = described.get("type")
    try:
        value = json.loads(text)
    except ValueError:
        return [text]
    return [text] if kind == "string" else [value] if kind else [text, value]


def _first(where: str, check: Draft202012Validator, readings: list[Any]) -> list[Finding]:
    """Return what is wrong with the first reading, or nothing if any reading is right."""
    return [] if any(check.is_valid(value) for value in readings) else _errors(where, check, readings[0])


def _body(where: str, known: Operation, body: bytes) -> list[Finding]:
    described = known.described["body"]
    if not body.strip():
        return [Finding(where, "the body is missing")] if described and described["required"] else []
    if described is None:
        return [] if body.strip() in {b"{}", b"null"} else [Finding(where, "a body where none is described")]
    if described["schema"] is None:
        return []  # bytes of any kind: a file
    try:
        value = json.loads(body)
    except ValueError:
        return [Finding(where, "the body is no JSON")]
    return _errors(where, validator("rest", "operations", known.line, "body", "schema", closed=True), value)


def check_response(method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> list[Finding]:
    """Return what is wrong with the response to a REST request; a refusal that is not described is a warning."""
    found = operation(method, path)
    if found is None:
        return [Finding(f"{method} {path} {status}", "no such operation among those of operations.txt")]
    known, _ = found
    where, described = f"{known.line} {status}", known.described["responses"]
    if status == UNCHANGED and method == "GET" and not body:
        return []
    if str(status) not in described:
        return _kept([Finding(where, "this status is not described", serious=status not in REFUSED)])
    if described[str(status)] is None:
        # Refusals are told in JSON everywhere; the description says so for some of them only.
        bad = body.strip() and status not in REFUSED
        return _kept([Finding(where, "a body where none is described")] if bad else [])
    if "json" not in {name.lower(): value for name, value in headers.items()}.get("content-type", ""):
        return _kept([Finding(where, "the body is not said to be JSON")])
    return _kept(_errors(where, validator("rest", "operations", known.line, "responses", str(status)), _json(body)))


def _json(body: bytes) -> Any:
    """Return the JSON of a body; a text that is none stays text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def check_webhook(event: str, headers: Mapping[str, str], payload: Any) -> list[Finding]:
    """Return what is wrong with a webhook: its action, its headers, its payload."""
    action = payload.get("action") if isinstance(payload, dict) else None
    where = f"webhook {event}" + (f".{action}" if action else "")
    name = where.removeprefix("webhook ")
    described = read("webhooks")["events"].get(name)
    if described is None:
        return [Finding(where, "no such event and action among those in use")]
    sent = {header.lower() for header in headers}
    missing = [Finding(where, f"the header {h} is missing") for h in described["headers"] if h.lower() not in sent]
    return _kept([*missing, *_errors(where, validator("webhooks", "events", name, "schema"), payload)])


def check_document(document: str, variables: Mapping[str, Any] | None = None) -> list[Finding]:
    """Return what is wrong with a GraphQL document, and with the values of its variables."""
    try:
        tree = parse(document)
    except GraphQLError as error:
        return [Finding("document", error.message)]
    known = schema.load()
    said = [Finding("document", error.message) for error in validate(known, tree)]
    if said:
        return _kept(said)
    for definition in tree.definitions:
        if isinstance(definition, OperationDefinitionNode):
            values = get_variable_values(known, definition.variable_definitions or (), dict(variables or {}))
            said += [Finding("document", error.message) for error in values] if isinstance(values, list) else []
    return _kept(said)


def _errors(where: str, check: Draft202012Validator, value: Any) -> list[Finding]:
    return [Finding(where, _short(e.instance_path, e.message)) for e in check.iter_errors(value)]


def _short(path: list[str | int], message: str) -> str:
    said = f"{'/'.join(map(str, path)) or 'the whole'}: {message}"
    return said if len(said) <= LONGEST else f"{said[: LONGEST // 2]} … {said[-LONGEST // 2 :]}"


def _kept(findings: list[Finding]) -> list[Finding]:
    """Return the findings that the list of exceptions does not let through."""
    return [f for f in findings if not any(a.where == f.where and a.said in f.said for a in allowed())]
