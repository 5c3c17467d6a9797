"""What the records of the studies share: numbers as JSON and back without loss, and rows as CSV.

A record is a plain frozen dataclass of texts, numbers, arrays, mappings, and tuples of these or of other records.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

__all__ = ["csv_text", "from_json", "listed", "to_json"]

_R = TypeVar("_R")
_INFINITE = {math.inf: "inf", -math.inf: "-inf"}


def listed(values: NDArray[np.generic]) -> list[Any]:
    """The numbers of an array, nested as its axes are, with None for NaN and a text for infinity.

    Examples
    --------
    >>> listed(np.array([0.5, np.nan, -np.inf]))
    [0.5, None, '-inf']
    """
    if values.ndim != 1:
        return [listed(row) for row in values]
    return [x if math.isfinite(x) else _INFINITE.get(x) for x in values.tolist()]


def to_json(record: Any) -> Any:
    """A record as JSON-ready data; :func:`from_json` reads it back, bit for bit."""
    if is_dataclass(record):
        return {f.name: to_json(getattr(record, f.name)) for f in fields(record)}
    if isinstance(record, np.ndarray):
        return listed(record)
    if isinstance(record, dict):
        return {name: to_json(value) for name, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [to_json(value) for value in record]
    if isinstance(record, float) and not math.isfinite(record):
        return _INFINITE.get(record)
    return record


def from_json(kind: type[_R], data: Any) -> _R:
    """The record of `kind` that `data` was written from.

    Raises
    ------
    ValueError
        If `data` is not what such a record was written as; the message names what is missing or strange.

    Examples
    --------
    >>> from optproof.analysis.study import EffectiveRates, adagrad_against_rmsprop
    >>> study = adagrad_against_rmsprop(4)
    >>> from_json(EffectiveRates, to_json(study)).rate["adagrad"].tolist() == study.rate["adagrad"].tolist()
    True
    """
    try:
        found: _R = _read(kind, data)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no {kind.__name__} that was written by this version: {error}") from None
    return found


def _read(kind: Any, data: Any) -> Any:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{f.name: _read(hints[f.name], data[f.name]) for f in fields(kind)})  # type: ignore[operator]
    origin, inside = get_origin(kind), get_args(kind)
    if origin is np.ndarray:
        integer = np.dtype(get_args(inside[1])[0]) == np.int64
        return np.array(_numbers(data), dtype=np.int64 if integer else np.float64)
    if origin is dict:
        return {name: _read(inside[1], value) for name, value in data.items()}
    if origin is tuple:
        return tuple(_read(inside[0], value) for value in data)
    if origin in (Union, UnionType):
        return None if data is None else _read(next(k for k in inside if k is not type(None)), data)
    if kind is float:
        return _numbers(data)
    if not isinstance(data, kind):
        raise TypeError(f"{data!r} stands where a {kind.__name__} should")
    return data


def _numbers(data: Any) -> Any:
    if isinstance(data, list):
        return [_numbers(x) for x in data]
    return math.nan if data is None else float(data) if isinstance(data, str) else data


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV, numbers with all their digits.

    Examples
    --------
    >>> print(csv_text(["t", "x"], [(1, 0.1)]), end="")
    t,x
    1,0.1
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([x.item() if isinstance(x, np.generic) else x for x in row] for row in rows)
    return out.getvalue()
