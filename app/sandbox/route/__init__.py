"""GitHub's REST routes, one handler each; a handler reads a `Call` and answers a `Reply`."""

from __future__ import annotations

from importlib import import_module

_MODULES = (
    "action",
    "app",
    "artifact",
    "check",
    "commit",
    "content",
    "graph",
    "issue",
    "place",
    "pull",
    "ref",
    "release",
    "review",
)


def load() -> None:
    """Register every route."""
    for name in _MODULES:
        import_module(f"app.sandbox.route.{name}")
