"""The conversions between storage formats in a printed module, proved for every argument there is.

A conversion is a few operations on bits.  Its text is executed on bit-vectors and on IEEE numbers of an SMT solver, as
Numba types it, and compared with what IEEE 754 says the conversion is: for all 2**32 float32, for all 2**16 numbers of
a narrow format, and, where it rounds stochastically, for all random bits.

Stochastic rounding goes away from zero in as many of the 2**16 cases of its random bits as the bits to be dropped say.
Neighbours in a format are evenly spaced between two powers of two, so that these bits are the distance to the neighbour
towards zero as a part of the spacing: the result is right in the mean.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...derive.prove import Verdict
from .values import NotUnderstood

__all__ = ["CLAIMS", "prove_conversion"]

_MILLISECONDS = 60_000
_WIDTHS = {"np.uint16": 16, "np.uint32": 32, "np.uint64": 64}
_WIDE = 0  # the width of a sum or product: 64 bits, and signed or not


@dataclass(frozen=True)
class _Bits:
    """An unsigned integer of a width, as a bit-vector of 64 bits."""

    value: Any
    width: int


@dataclass(frozen=True)
class _Float:
    """A float32, and its bits: those of a NaN are any that a NaN may have."""

    value: Any
    bits: Any


Claim = Callable[[Any, Sequence[Any], Any], Any]


@dataclass(frozen=True)
class _Conversion:
    arguments: tuple[str, ...]
    claim: Claim


@lru_cache(maxsize=64)
def prove_conversion(name: str, text: str) -> Verdict:
    r"""Whether the function called `name` in `text` is the conversion of that name.

    Raises
    ------
    NotUnderstood
        If the text holds something that has no meaning on bits here.

    Examples
    --------
    >>> text = "def bfloat16_to_float32(bits):\n    return np.uint32(np.uint32(bits) << 16).view(np.float32)"
    >>> prove_conversion("bfloat16_to_float32", text).name
    'PROVED'
    >>> prove_conversion("bfloat16_to_float32", text.replace("16)", "15)")).name
    'REFUTED'
    """
    import z3

    (definition,) = ast.parse(text).body
    if not isinstance(definition, ast.FunctionDef):
        raise NotUnderstood(f"{name!r} is no function")
    conversion = CLAIMS[name]
    solver = z3.Solver()
    solver.set("timeout", _MILLISECONDS)
    run = _BitExecution(z3, solver)
    given = [run.argument(kind, f"argument{i}") for i, kind in enumerate(conversion.arguments)]
    result = run.function(definition, given)
    solver.add(z3.Not(conversion.claim(z3, given, result)))
    answer = solver.check()
    if answer == z3.unsat:
        return Verdict.PROVED
    return Verdict.REFUTED if answer == z3.sat else Verdict.UNKNOWN


class _BitExecution:
    """Statements and expressions on bits, as Numba types them; stops at whatever it does not know."""

    def __init__(self, z3: Any, solver: Any) -> None:
        self._z3 = z3
        self._solver = solver
        self._fresh = 0

    def argument(self, kind: str, name: str) -> _Bits | _Float:
        bits = self._z3.BitVec(name, 16 if kind == "uint16" else 32)
        if kind == "float32":
            return _Float(self._z3.fpBVToFP(bits, self._z3.Float32()), bits)
        return _Bits(self._z3.ZeroExt(64 - bits.size(), bits), bits.size())

    def function(self, definition: ast.FunctionDef, given: Sequence[Any]) -> Any:
        parameters = [a.arg for a in definition.args.args]
        if len(parameters) != len(given) or ast.unparse(definition.args) != ", ".join(parameters):
            raise NotUnderstood(f"{definition.name!r} does not take {len(given)} plain arguments")
        names: dict[str, Any] = dict(zip(parameters, given, strict=True))
        for statement in definition.body:
            if isinstance(statement, ast.Return) and statement.value is not None:
                return self._value(statement.value, names)
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                names[statement.targets[0].id] = self._value(statement.value, names)
            elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                raise self._unknown(statement)
        raise NotUnderstood(f"{definition.name!r} returns nothing")

    def _unknown(self, node: ast.AST) -> NotUnderstood:
        return NotUnderstood(f"{ast.unparse(node)!r} in a conversion has no meaning on bits here")

    def _value(self, node: ast.expr, names: dict[str, Any]) -> Any:
        match node:
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.Constant(value=int(number)) if not isinstance(number, bool):
                return _Bits(self._z3.BitVecVal(number, 64), _WIDE)
            case ast.BinOp():
                return self._binary(node, self._value(node.left, names), self._value(node.right, names))
            case ast.IfExp():
                return self._choice(node, names)
            case ast.Call(func=ast.Attribute(value=inner, attr="view"), args=[kind], keywords=[]):
                return self._view(node, self._value(inner, names), ast.unparse(kind))
            case ast.Call(func=function, args=[argument], keywords=[]):
                return self._cast(node, ast.unparse(function), argument, names)
        raise self._unknown(node)

    def _binary(self, node: ast.BinOp, left: Any, right: Any) -> Any:
        if isinstance(left, _Float) and isinstance(right, _Float) and isinstance(node.op, (ast.Add, ast.Sub)):
            rounded = self._z3.fpAdd if isinstance(node.op, ast.Add) else self._z3.fpSub
            return self._computed(rounded(self._z3.RNE(), left.value, right.value))
        if not (isinstance(left, _Bits) and isinstance(right, _Bits)):
            raise self._unknown(node)
        if isinstance(node.op, ast.RShift):
            # A sum or product may be signed, and its shift then another one.
            if left.width == _WIDE:
                raise self._unknown(node)
            return _Bits(self._z3.LShR(left.value, right.value), left.width)
        operations: dict[type, Callable[[Any, Any], Any]] = {
            ast.Add: lambda a, b: a + b,
            ast.Sub: lambda a, b: a - b,
            ast.LShift: lambda a, b: a << b,
            ast.BitAnd: lambda a, b: a & b,
            ast.BitOr: lambda a, b: a | b,
        }
        if type(node.op) not in operations:
            raise self._unknown(node)
        return _Bits(operations[type(node.op)](left.value, right.value), _WIDE)

    def _computed(self, value: Any) -> _Float:
        """A float that was computed; if it is NaN, nothing is known of its bits but that."""
        self._fresh += 1
        bits = self._z3.BitVec(f"computed{self._fresh}", 32)
        self._solver.add(self._z3.fpBVToFP(bits, self._z3.Float32()) == value)
        return _Float(value, bits)

    def _choice(self, node: ast.IfExp, names: dict[str, Any]) -> Any:
        then, other = self._value(node.body, names), self._value(node.orelse, names)
        same = isinstance(then, _Bits) and isinstance(other, _Bits) and then.width == other.width
        if not same or not isinstance(node.test, ast.Compare) or len(node.test.ops) != 1:
            raise self._unknown(node)
        a, b = self._value(node.test.left, names), self._value(node.test.comparators[0], names)
        if isinstance(a, _Float) and isinstance(b, _Float) and isinstance(node.test.ops[0], ast.Eq):
            condition = self._z3.fpEQ(a.value, b.value)
        elif isinstance(a, _Bits) and isinstance(b, _Bits) and a.width != _WIDE:
            relations = {ast.Lt: self._z3.ULT, ast.GtE: self._z3.UGE, ast.Gt: self._z3.UGT, ast.LtE: self._z3.ULE}
            if type(node.test.ops[0]) not in relations:
                raise self._unknown(node)
            condition = relations[type(node.test.ops[0])](a.value, b.value)
        else:
            raise self._unknown(node)
        return _Bits(self._z3.If(condition, then.value, other.value), then.width)

    def _view(self, node: ast.expr, value: Any, kind: str) -> Any:
        if isinstance(value, _Bits) and value.width == 32 and kind == "np.float32":
            bits = self._z3.Extract(31, 0, value.value)
            return _Float(self._z3.fpBVToFP(bits, self._z3.Float32()), bits)
        if isinstance(value, _Float) and kind == "np.uint32":
            return _Bits(self._z3.ZeroExt(32, value.bits), 32)
        raise self._unknown(node)

    def _cast(self, node: ast.expr, kind: str, argument: ast.expr, names: dict[str, Any]) -> Any:
        if kind == "np.float32" and isinstance(argument, ast.Constant) and isinstance(argument.value, float):
            exact = self._z3.FPVal(argument.value, self._z3.Float64())
            return self._computed(self._z3.fpFPToFP(self._z3.RNE(), exact, self._z3.Float32()))
        value = self._value(argument, names)
        if kind == "np.float32" and isinstance(value, _Float):
            return value
        if kind in _WIDTHS and isinstance(value, _Bits):
            width = _WIDTHS[kind]
            return _Bits(value.value & self._z3.BitVecVal(2**width - 1, 64), width)
        raise self._unknown(node)


def _sort(z3: Any, narrow: str) -> Any:
    return z3.FPSort(8, 8) if narrow == "bfloat16" else z3.FPSort(5, 11)


def _same(z3: Any, result: Any, exact: Any, exact_is_nan: Any) -> Any:
    """The same number, signs of zeros too; any NaN for a NaN."""
    return z3.If(exact_is_nan, z3.fpIsNaN(result), result == exact)


def _widens(narrow: str) -> Claim:
    def claim(z3: Any, given: Sequence[Any], result: Any) -> Any:
        stored = z3.fpBVToFP(z3.Extract(15, 0, given[0].value), _sort(z3, narrow))
        exact = z3.fpFPToFP(z3.RNE(), stored, z3.Float32())
        return _same(z3, result.value, exact, z3.fpIsNaN(stored))

    return claim


def _narrows(narrow: str) -> Claim:
    def claim(z3: Any, given: Sequence[Any], result: Any) -> Any:
        exact = z3.fpFPToFP(z3.RNE(), given[0].value, _sort(z3, narrow))
        stored = z3.fpBVToFP(z3.Extract(15, 0, result.value), _sort(z3, narrow))
        return _same(z3, stored, exact, z3.fpIsNaN(given[0].value))

    return claim


def _rounds_stochastically(z3: Any, given: Sequence[Any], result: Any) -> Any:
    x, sort = given[0], _sort(z3, "bfloat16")
    towards = z3.fpFPToFP(z3.RTZ(), x.value, sort)
    away = z3.If(z3.fpIsNegative(x.value), z3.fpFPToFP(z3.RTN(), x.value, sort), z3.fpFPToFP(z3.RTP(), x.value, sort))
    dropped = z3.ZeroExt(32, x.bits) & 0xFFFF
    up = z3.UGE(dropped + (given[1].value & 0xFFFF), z3.BitVecVal(2**16, 64))
    stored = z3.fpBVToFP(z3.Extract(15, 0, result.value), sort)
    return _same(z3, stored, z3.If(up, away, towards), z3.fpIsNaN(x.value))


CLAIMS = {
    "bfloat16_to_float32": _Conversion(("uint16",), _widens("bfloat16")),
    "float16_to_float32": _Conversion(("uint16",), _widens("float16")),
    "float32_to_bfloat16": _Conversion(("float32",), _narrows("bfloat16")),
    "float32_to_float16": _Conversion(("float32",), _narrows("float16")),
    "float32_to_bfloat16_stochastic": _Conversion(("float32", "uint32"), _rounds_stochastically),
}
"""What each conversion has to be, by its name."""
