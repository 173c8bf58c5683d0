"""The limits of texts, and how GitHub refuses a field."""

from __future__ import annotations

from app.sandbox.model import Refusal

BODY_LIMIT = 65_536
"""The longest body of a comment, an issue or a pull request, in characters."""
TITLE_LIMIT = 256


def invalid(resource: str, field: str, code: str = "invalid", message: str = "") -> Refusal:
    """Return GitHub's 422 about one field."""
    error = {"resource": resource, "code": code, "field": field}
    return Refusal(422, "Validation Failed", [{**error, "message": message} if message else error])


def check_texts(resource: str, title: str | None, body: str | None) -> None:
    """Refuse texts that GitHub would refuse: an empty or long title, a long body."""
    if title is not None and not title.strip():
        raise invalid(resource, "title", "missing_field")
    if title is not None and len(title) > TITLE_LIMIT:
        raise invalid(resource, "title", "custom", f"title is too long (maximum is {TITLE_LIMIT} characters)")
    if body is not None and len(body) > BODY_LIMIT:
        raise invalid(resource, "body", "custom", f"body is too long (maximum is {BODY_LIMIT} characters)")
