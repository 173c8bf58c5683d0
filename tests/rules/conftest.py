"""A repository for each example."""

from tests.app.conftest import repo

__all__ = ["repo"]
