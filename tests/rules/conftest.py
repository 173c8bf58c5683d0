"""A repository for each example."""

from tests.app.conftest import new_repo, repo

__all__ = ["new_repo", "repo"]
