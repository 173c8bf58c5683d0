"""GitHub's own GraphQL schema, as NOTICE.md says where it is from."""

from __future__ import annotations

import gc
import gzip
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLScalarType, build_client_schema

if TYPE_CHECKING:
    from graphql import GraphQLSchema

FILE = Path(__file__).with_name("schema.json.gz")


@cache
def load() -> GraphQLSchema:
    """Return the whole schema, built once per process.

    Collecting garbage is off meanwhile: half a million small objects are made, and all of them stay.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _widen(build_client_schema(json.loads(gzip.decompress(FILE.read_bytes())), assume_valid=True))
    finally:
        if collecting:
            gc.enable()


def _widen(schema: GraphQLSchema) -> GraphQLSchema:
    """Let `databaseId` be longer than the 32 bits of an `Int`: GitHub answers so, against its own schema."""
    wide = schema.type_map["BigInt"]
    assert isinstance(wide, GraphQLScalarType)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and "databaseId" in kind.fields:
            kind.fields["databaseId"].type = wide
    return schema
