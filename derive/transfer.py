"""Results as bytes and back, exactly: between processes nothing may be evaluated anew.

SymPy rebuilds an expression by calling its class, which works out what was left standing on purpose: relations, and
powers of numbers.  Here they are rebuilt as they were.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import sympy as sp

__all__ = ["dumped", "loaded"]

_LOGIC = (sp.And, sp.Or, sp.Not, sp.Implies, sp.Equivalent)
_AS_WRITTEN = (sp.core.relational.Relational, *_LOGIC, sp.Add, sp.Mul, sp.Pow)


class _Writer(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, _AS_WRITTEN) and not isinstance(value, type):
            return _as_written, (type(value), value.args)
        return NotImplemented


def _as_written(kind: type[sp.Basic], arguments: tuple[sp.Basic, ...]) -> sp.Basic:
    return kind(*arguments, evaluate=False)


def dumped(value: object) -> bytes:
    """`value` as bytes that :func:`loaded` reads back.

    Examples
    --------
    >>> x = sp.Symbol("x", positive=True)
    >>> undecided = sp.Gt(x, 0, evaluate=False)
    >>> loaded(dumped(undecided)), pickle.loads(pickle.dumps(undecided))
    (x > 0, True)
    """
    buffer = io.BytesIO()
    _Writer(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return buffer.getvalue()


def loaded(data: bytes) -> Any:
    """What :func:`dumped` wrote. Only for bytes of this program's own making."""
    return pickle.loads(data)
