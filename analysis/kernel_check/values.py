"""What names stand for while source text is executed, and why such an execution stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "ELEMENT",
    "LENGTH",
    "Array",
    "DType",
    "Function",
    "Imported",
    "Method",
    "NotUnderstood",
    "RandomBits",
    "Stored",
    "StreamKey",
    "Wrong",
]


class NotUnderstood(Exception):
    """The source holds a construct whose meaning is not known here: nothing can be proved."""


class Wrong(Exception):
    """The source does something that a step may not do, whatever the numbers are."""


class Element:
    """The loop's index: one element that stands for all."""


class Length:
    """The number of elements of every array of the step."""


ELEMENT = Element()
LENGTH = Length()


@dataclass
class Array:
    """One array of the step, seen at the loop's element; `stored` is the narrow format of its bits, if it has one."""

    name: str
    element: Any
    writable: bool
    stored: str | None = None


@dataclass(frozen=True)
class Stored:
    """The bits of a number in a narrow format; they are no number before they were widened."""

    format: str
    number: Any


@dataclass(frozen=True)
class StreamKey:
    """What the random bits of one array in one step are made of; a number only where numbers are computed."""

    key: int | None


@dataclass(frozen=True)
class RandomBits:
    """Random bits for the loop's element."""

    key: StreamKey
    lane: int


@dataclass(frozen=True)
class Imported:
    """A name that an import bound, by its full path such as ``numpy.sqrt``."""

    path: str


@dataclass(frozen=True)
class DType:
    """A NumPy dtype, such as ``np.dtype(np.float32)``."""

    name: str


@dataclass(frozen=True)
class Method:
    """A method of an array or of a dictionary."""

    owner: object
    name: str


@dataclass(frozen=True)
class Function:
    """A function that the module defines; `node` is its ``ast.FunctionDef``."""

    node: object
    globals: Mapping[str, object] = field(repr=False)
