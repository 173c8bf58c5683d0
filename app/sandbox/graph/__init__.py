"""GraphQL: GitHub's own schema, answered from the sandbox's state."""

from app.sandbox.graph.reply import answer

__all__ = ["answer"]
