"""The table of routes: what was asked, what is answered, which handler serves which path."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

from starlette.routing import compile_path

from app.sandbox.model import Json, Refusal

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence

    from app.sandbox.model import App, Repository, Token
    from app.sandbox.world import World

_PAGE = 30
_MOST = 100


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: *path* without the prefix of GHES, headers in small letters, the body's bytes."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    prefix: str = ""

    @property
    def values(self) -> dict[str, str]:
        """Return the parameters of the query."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def data(self) -> Any:
        """Return the body as JSON, an empty object for none; raises `Refusal` 400."""
        try:
            return json.loads(self.body) if self.body.strip() else {}
        except (ValueError, RecursionError) as error:
            raise Refusal(400, "Problems parsing JSON") from error


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: a body as JSON (None: empty), and headers beside those that every answer has."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler sees: the request, who asks, the values in the path, and the repository that the path names."""

    world: World
    ask: Ask
    params: Mapping[str, Any]
    token: Token | None = None
    app: App | None = None
    place: Repository | None = None

    @property
    def bearer(self) -> Token:
        """Return the token; the route's rule says that there is one."""
        assert self.token is not None
        return self.token

    @property
    def repository(self) -> Repository:
        """Return the repository; the route names one."""
        assert self.place is not None
        return self.place

    def wish(self) -> Json:
        """Return the body as a JSON object; raises `Refusal` 400."""
        data = self.ask.data()
        if not isinstance(data, dict):
            raise Refusal(400, "Body should be a JSON object")
        return data

    def text(self, key: str) -> str:
        """Return a text that the body must have; raises `Refusal` 422."""
        value = self.wish().get(key)
        if not isinstance(value, str):
            raise Refusal(422, f'Invalid request.\n\n"{key}" wasn\'t supplied.')
        return value


@dataclass(frozen=True, slots=True)
class Rule:
    """A route: *needs* is `app`, `any`, `open`, or the permissions of which one must be held (`issues=write`)."""

    method: str
    template: str
    needs: tuple[str, ...]
    pattern: re.Pattern[str]
    convertors: Mapping[str, Any]
    handle: Callable[[Call], Reply]

    def match(self, path: str) -> dict[str, Any] | None:
        """Return the values in a path that is this route's, None for another."""
        found = self.pattern.match(path)
        if found is None:
            return None
        return {key: self.convertors[key].convert(value) for key, value in found.groupdict().items()}


RULES: list[Rule] = []
"""All routes, in the order in which they are tried."""


def rule(method: str, template: str, *needs: str) -> Callable[[Callable[[Call], Reply]], Callable[[Call], Reply]]:
    """Register a handler for a method and a path; templates are Starlette's."""

    def register(handle: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
        pattern, _, convertors = compile_path(template)
        RULES.append(Rule(method, template, needs, pattern, convertors, handle))
        return handle

    return register


def find_rule(method: str, path: str) -> tuple[Rule, dict[str, Any]] | None:
    """Return the route that serves a request and the values in its path, None if none does."""
    for each in RULES:
        if each.method == method:
            params = each.match(path)
            if params is not None:
                return each, params
    return None


def page(call: Call, items: Sequence[Any], show: Callable[[Any], Any], key: str = "") -> Reply:
    """Answer one page of a list with `Link`; with *key* the list stands in an object with `total_count`."""
    size, number = _read_number(call, "per_page", _PAGE, _MOST), _read_number(call, "page", 1, 10_000)
    shown = [show(item) for item in items[(number - 1) * size : number * size]]
    last = max(1, -(-len(items) // size))
    body = {"total_count": len(items), key: shown} if key else shown
    return Reply(body, headers=_link(call, number, last))


def _read_number(call: Call, key: str, otherwise: int, most: int) -> int:
    text = call.ask.values.get(key, "")
    return min(max(int(text), 1), most) if text.isdecimal() else otherwise


def _link(call: Call, number: int, last: int) -> dict[str, str]:
    wanted = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    kept = {"prev", "first"} if number >= last else {"next", "last"} if number == 1 else set(wanted)
    parts = [f'<{turn(call, {"page": str(wanted[rel])})}>; rel="{rel}"' for rel in wanted if rel in kept]
    return {"link": ", ".join(parts)} if last > 1 else {}


def turn(call: Call, changed: dict[str, str]) -> str:
    """Return the url that was asked for, with other values in its query."""
    query = urlencode({**call.ask.values, **changed})
    return f"{call.world.api}{quote(call.ask.path)}" + (f"?{query}" if query else "")
