"""Values as JSON and back: a dataclass is an object, a tuple an array, and nothing else is taken."""

from __future__ import annotations

import re
import types
from dataclasses import Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from contracts.error import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

_T = TypeVar("_T")
_KIND = "kind"
LEAN = {"lean": True}
"""The metadata of a field that is left out where it has its default, so that what was written before it stays read."""


def write(value: Any) -> Any:
    """Return *value* as what JSON can say: objects, arrays, texts, numbers, true, false, null.

    A dataclass that stands in a union says which one it is by its name under `kind`: `in_order`.
    """
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        hints = _hints(type(value))
        kept = (f for f in fields(value) if not (_is_lean(f) and getattr(value, f.name) == f.default))
        return {f.name: _tagged(hints[f.name], getattr(value, f.name)) for f in kept}
    if isinstance(value, tuple | list):
        return [write(one) for one in value]
    return value


def read(kind: type[_T], value: Any, where: str = "") -> _T:
    """Return the value of type *kind* that *value* spells; the reverse of `write`.

    Args:
        kind: a dataclass of dataclasses, tuples, literals, enums, texts and numbers.
        value: what a JSON reader returned.
        where: the path of *value*, for the complaint.

    Raises:
        Unreadable: a key is missing or unknown, or a value is of another type.
    """
    found: _T = _read(kind, value, where)
    return found


def _read(kind: Any, value: Any, where: str) -> Any:  # noqa: PLR0911 - one line a kind of type
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _read_union(get_args(kind), value, where)
    if origin is tuple:
        return _read_tuple(get_args(kind), value, where)
    if origin is Literal:
        return value if isinstance(value, str) and value in get_args(kind) else _refuse(kind, value, where)
    if is_dataclass(kind):
        return _read_object(kind, value, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value) if value in [one.value for one in kind] else _refuse(kind, value, where)
    if kind is float and type(value) is int:
        return value
    return value if type(value) is kind else _refuse(kind, value, where)


def _read_union(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    objects = {_word(kind): kind for kind in kinds if is_dataclass(kind)}
    if isinstance(value, dict):
        if len(objects) == 1 and _KIND not in value:
            return _read_object(next(iter(objects.values())), value, where)
        name = value.get(_KIND)
        if not isinstance(name, str) or name not in objects:
            return _refuse(" or ".join(objects) or "no object", value, where)
        return _read_object(objects[name], {key: one for key, one in value.items() if key != _KIND}, where)
    for kind in kinds:
        if kind is type(value) or (kind is float and type(value) is int):
            return value
        if get_origin(kind) is tuple and isinstance(value, list):
            return _read_tuple(get_args(kind), value, where)
    return _refuse(" or ".join(_name(kind) for kind in kinds), value, where)


def _read_tuple(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if not isinstance(value, list):
        return _refuse("an array", value, where)
    if kinds[-1] is Ellipsis:
        return tuple(_read(kinds[0], one, f"{where}[{n}]") for n, one in enumerate(value))
    if len(kinds) != len(value):
        return _refuse(f"an array of {len(kinds)}", value, where)
    pairs = enumerate(zip(kinds, value, strict=True))
    return tuple(_read(kind, one, f"{where}[{n}]") for n, (kind, one) in pairs)


def _read_object(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        return _refuse("an object", value, where)
    known = {f.name: f for f in fields(kind)}
    hints = _hints(kind)
    _check_keys(value, known, where)
    return kind(**{key: _read(hints[key], one, f"{where}.{key}".strip(".")) for key, one in value.items()})


def _check_keys(value: Mapping[str, Any], known: Mapping[str, Field[Any]], where: str) -> None:
    unknown = next((key for key in value if key not in known), None)
    if unknown is not None:
        raise Unreadable(f"{where or 'the receipt'} has the key “{unknown[:60]}”, which is not known")
    missing = next((key for key, one in known.items() if key not in value and not _is_lean(one)), None)
    if missing is not None:
        raise Unreadable(f"{where or 'the receipt'} lacks the key “{missing}”")


def _is_lean(one: Field[Any]) -> bool:
    return bool(one.metadata.get("lean"))


def _tagged(hint: Any, value: Any) -> Any:
    """Return *value* as JSON, with its kind where the type alone does not say which dataclass it is."""
    plain = write(value)
    if get_origin(hint) is tuple and isinstance(value, tuple):
        inner = get_args(hint)
        each = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return [_tagged(kind, one) for kind, one in zip(each, value, strict=True)]
    several = sum(is_dataclass(kind) for kind in get_args(hint)) > 1
    return {_KIND: _word(type(value)), **plain} if several and isinstance(plain, dict) else plain


def _refuse(kind: Any, value: Any, where: str) -> NoReturn:
    wanted = kind if isinstance(kind, str) else _name(kind)
    shown = repr(value)[:60]
    raise Unreadable(f"{where or 'the receipt'} should be {wanted}, but is {shown}")


def _name(kind: Any) -> str:
    words = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", type(None): "null"}
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(str(one.value) for one in kind)
    return words.get(kind) or str(getattr(kind, "__name__", "an array"))


def _word(kind: Any) -> str:
    """Return the name of a class as a word: `InOrder` → `in_order`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)
