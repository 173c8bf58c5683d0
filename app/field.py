"""What one value of the configuration may be: durations, names, path patterns, RE2 patterns."""

from __future__ import annotations

import re
from calendar import monthrange
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from app.glob import matches
from contracts.error import Unreadable
from evidence.key import read as read_key
from evidence.pattern import compile as compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

_DURATION = re.compile(r"(?P<number>\d{1,6}(?:\.\d{1,3})?)(?P<unit>ms|s|m|h)")
_DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def _seconds(value: Any) -> Any:
    """Turn `15m`, `90s`, `1.5h` or a number into seconds; anything else is pydantic's to refuse."""
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value.strip())
    if found is None:
        raise ValueError(f"“{value[:40]}” is no duration; write a number and ms, s, m or h, for instance 15m")
    return float(found["number"]) * _UNITS[found["unit"]]


def _accepted(value: str, read: Callable[[str], object]) -> str:
    """Return *value* as it is if *read* can read it; pydantic wants a ValueError if not."""
    try:
        read(value)
    except Unreadable as error:
        raise ValueError(f"{error.what}. {error.mend}") from None
    return value


def _demand_group(pattern: str) -> str:
    """Return a pattern whose one named group says what stands there; pydantic wants a ValueError if it has not."""
    if set(compile_pattern(pattern).names) not in ({"version"}, {"sha256"}):
        raise ValueError("one group with a name is wanted here, (?P<version>…) or (?P<sha256>…)")
    return pattern


def _demand_day(text: str) -> str:
    """Return a day of the calendar; pydantic wants a ValueError if it is none."""
    found = _DAY.fullmatch(text)
    if found is None or int(text[8:]) > monthrange(int(text[:4]), int(text[5:7]))[1]:
        raise ValueError("write a day like 2027-01-31")
    return text


Seconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0, le=7 * 24 * 3600)]
Day = Annotated[str, AfterValidator(_demand_day), Field(json_schema_extra={"pattern": f"^{_DAY.pattern}$"})]
"""A day that there is, as 2027-01-31."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Argv = Annotated[tuple[str, ...], Field(min_length=1)]
Status = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,80}$")]
"""A name that becomes part of a file's: no folder, no space, no leading dash."""
Glob = Annotated[str, AfterValidator(lambda glob: _accepted(glob, lambda value: matches("", [value])))]
PublicKeyText = Annotated[str, Field(pattern=r"^ed25519:"), AfterValidator(lambda text: _accepted(text, read_key))]
Regex = Annotated[str, AfterValidator(lambda pattern: _accepted(pattern, compile_pattern))]
"""A pattern in RE2 syntax."""
Tracking = Annotated[Regex, AfterValidator(_demand_group)]
"""A pattern that says where a version, or a SHA-256, of another file stands."""
