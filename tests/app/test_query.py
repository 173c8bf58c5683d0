"""Every GraphQL document that the app sends is one that GitHub's own schema allows."""

from __future__ import annotations

import pytest
from graphql import parse, validate

from app.hub import query
from app.sandbox.schema import load


@pytest.mark.parametrize("document", query.DOCUMENTS, ids=lambda text: text.split("(")[0].split()[-1])
def test_a_document_is_valid(document: str) -> None:
    """GitHub knows every field, argument and type that is named."""
    assert validate(load(), parse(document)) == []


def test_every_document_is_held_against_the_schema() -> None:
    """No document is forgotten in the list."""
    texts = {text for name, text in vars(query).items() if name.isupper() and isinstance(text, str) and name[0] != "_"}
    assert texts <= set(query.DOCUMENTS)
