"""Which cases are played: all with CHAOS=1, else a sample that CHAOS_SEED decides; CHAOS_SHARD=1/2 plays a half."""

from __future__ import annotations

import os
import re
import time
from random import Random
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

from tests.chaos.tale import TALES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.chaos.case import Case

_T = TypeVar("_T")
_PLACE = re.compile(r"-\d{2,3}(?=-)")
ALL = os.environ.get("CHAOS") == "1"
SEED = int(os.environ.get("CHAOS_SEED") or time.strftime("%Y%j", time.gmtime()))
"""Another one every day, so that in time the sample has seen all cases; the same one all day."""


def pick(find: Callable[[str], Iterable[Case]], most: int, tales: Iterable[str] = TALES) -> list[Case]:
    """Return this shard's share of what *find* finds for all tales, or *most* of it for the first, as a sample."""
    if not ALL:
        cases = list(find(next(iter(tales))))
        return Random(f"{SEED} {most}").sample(cases, min(most, len(cases)))  # noqa: S311 - no secret
    return share([case for tale in tales for case in find(tale)])


def share(everything: Iterable[_T]) -> list[_T]:
    """Return this shard's share, told by names without places: those can differ from one enumeration to the next."""
    number, _, of = os.environ.get("CHAOS_SHARD", "1/1").partition("/")
    return [one for one in everything if crc32(_PLACE.sub("", str(one)).encode()) % int(of) == int(number) - 1]
