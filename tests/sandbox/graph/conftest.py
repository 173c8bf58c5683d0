"""The world that GraphQL's stories are told in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, generate_private_key

from tests.sandbox.graph.asker import Asker, make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def public_key() -> RSAPublicKey:
    """The public half of an app's key."""
    return generate_private_key(65_537, 2_048).public_key()


@pytest.fixture
def asker(tmp_path: Path, public_key: RSAPublicKey) -> Iterator[Asker]:
    """An app that asks about `acme/speak`."""
    made = make(tmp_path, public_key)
    yield made
    made.world.close()
