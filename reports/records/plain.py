"""Records as JSON and back: frozen dataclasses of text, numbers, tuples, mappings and other such records.

Reading is strict: a record with a field too many, one too few, or a value of another type is refused, so that what was
damaged or written by another version is never believed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields, is_dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

__all__ = ["digest_of", "from_plain", "optional_of", "timing", "to_plain", "types_of"]

_T = TypeVar("_T")
_APART = "apart"


def timing() -> Any:
    """A field for measured seconds: kept with a record, and no part of what the record says."""
    return field(default=0.0, compare=False, metadata={_APART: True})


def is_timing(one: Field[Any]) -> bool:
    """Whether a field holds measured seconds."""
    return bool(one.metadata.get(_APART))


def is_kept(one: Field[Any]) -> bool:
    """Whether a field is part of the record: one that takes no part in comparing is only at hand while it is made."""
    return one.compare or is_timing(one)


def to_plain(value: Any, *, timings: bool = True) -> Any:
    r"""A record as JSON-ready data; without `timings` the same in every run.

    Examples
    --------
    >>> from optproof.reports.records import Condition
    >>> to_plain(Condition("g \\neq 0", "g != 0"))
    {'latex': 'g \\neq 0', 'text': 'g != 0', 'words': ''}
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, tuple):
        return [to_plain(item, timings=timings) for item in value]
    if isinstance(value, Mapping):
        return {key: to_plain(item, timings=timings) for key, item in value.items()}
    kind: Any = type(value)
    return {name: to_plain(getattr(value, name), timings=timings) for name in _written(kind, timings)}


def from_plain(kind: type[_T], data: Any) -> _T:
    """The record of type `kind` that :func:`to_plain` made `data` of.

    Raises
    ------
    ValueError
        If `data` is not of the form that `kind` has; the message names the field.
    """
    result: _T = _read(kind, data, kind.__name__)
    return result


def digest_of(value: Any) -> str:
    """The SHA-256 of a record without its timings: equal records, and only they, share it."""
    text = json.dumps(to_plain(value, timings=False), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=64)
def types_of(kind: type) -> dict[str, Any]:
    """The type of every field of a record."""
    hints = get_type_hints(kind)
    return {one.name: hints[one.name] for one in fields(kind) if is_kept(one)}


@lru_cache(maxsize=128)
def _written(kind: Any, timings: bool) -> tuple[str, ...]:
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} is no record, so it has no JSON form")
    return tuple(one.name for one in fields(kind) if is_kept(one) and (timings or not is_timing(one)))


@lru_cache(maxsize=64)
def _required(kind: type) -> frozenset[str]:
    return frozenset(
        one.name
        for one in fields(kind)
        if one.default is MISSING and one.default_factory is MISSING and not is_timing(one)
    )


def _read(kind: Any, data: Any, where: str) -> Any:
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if isinstance(kind, type) and not is_dataclass(kind) and get_origin(kind) is None:
        if type(data) is not kind:
            raise ValueError(f"{where} is {data!r}, which is no {kind.__name__}")
        return data
    if is_dataclass(kind):
        return _record(kind, data, where)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return None if data is None else _read(optional_of(kind), data, where)
    if origin is tuple:
        if not isinstance(data, list):
            raise ValueError(f"{where} is {data!r}, which is no list")
        return tuple(_read(arguments[0], item, where) for item in data)
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {data!r}, which is no object")
    return {_read(str, key, where): _read(arguments[1], item, where) for key, item in data.items()}


def optional_of(kind: Any) -> Any:
    """What a field may hold beside None."""
    (chosen,) = (one for one in get_args(kind) if one is not NoneType)
    return chosen


def _record(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {data!r}, which is no object")
    types = types_of(kind)
    strange, missing = data.keys() - types.keys(), _required(kind) - data.keys()
    if strange or missing:
        raise ValueError(f"{where} has the fields {sorted(data)}, and should have {sorted(types)}")
    return kind(**{name: _read(types[name], item, f"{where}.{name}") for name, item in data.items()})
