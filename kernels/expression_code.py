"""SymPy expressions as Python source, for the prologue (plain float64) and for the body (Numba, one dtype).

SymPy's own printers are not used: they print ``sign``, ``Max`` and ``Piecewise`` in ways that lose NaN, and literals
in ways that widen float32 to float64.

What the body does with special values is what NumPy does: ``np.maximum``, ``np.minimum``, ``np.sign``, ``np.abs`` and
``np.sqrt`` return NaN for NaN, ``np.sign`` of a zero is that zero; a comparison with NaN is false, so that a Piecewise
takes the first branch whose condition holds and NaN where none does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import sympy as sp

from ..derive import Quantity
from .errors import KernelError
from .operations import fraction_parts, is_negated

__all__ = ["ExpressionCode"]

_CASE, _LOGIC, _COMPARE, _SUM, _PRODUCT, _SIGNED, _POWER, _ATOM = range(8)
_LARGEST_PRODUCT = 4
_HALF = sp.Rational(1, 2)
_BODY_CALLS: dict[type[sp.Basic], str] = {
    sp.Abs: "np.abs",
    sp.sign: "np.sign",
    sp.exp: "np.exp",
    sp.log: "np.log",
    sp.Max: "np.maximum",
    sp.Min: "np.minimum",
}
_PROLOGUE_CALLS: dict[type[sp.Basic], str] = {
    sp.Abs: "abs",
    sp.exp: "math.exp",
    sp.log: "math.log",
    sp.Max: "max",
    sp.Min: "min",
}
_RELATIONS = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True)
class ExpressionCode:
    """Writes expressions in one of the two parts of a module.

    Parameters
    ----------
    names : mapping
        How each quantity is written, such as ``m[i]``.
    rank : mapping
        The place of each quantity in a product or a sum; what no element changes comes first.
    part : {"prologue", "body"}
    dtype : str
        The type of the literals in the body.
    elements : frozenset of Quantity
        What differs from element to element.
    carriers : frozenset of Quantity
        Arrays to which a step adds something small: in a long sum the small terms are added up first.

    Examples
    --------
    >>> x, eps = Quantity("x"), Quantity("eps")
    >>> code = ExpressionCode({x: "x[i]", eps: "eps"}, {eps: 0, x: 1}, "body", "float32", frozenset({x}))
    >>> code.write(2 * x**2 / (sp.sqrt(x) + eps))
    'np.float32(2.0) * (x[i] * x[i]) / (np.sqrt(x[i]) + eps)'
    """

    names: Mapping[Quantity, str]
    rank: Mapping[Quantity, int]
    part: Literal["prologue", "body"]
    dtype: str
    elements: frozenset[Quantity] = frozenset()
    carriers: frozenset[Quantity] = frozenset()

    def write(self, expression: sp.Basic) -> str:
        """`expression` as Python source."""
        return self._write(expression)[0]

    def _write(self, e: sp.Basic) -> tuple[str, int]:
        if isinstance(e, sp.Symbol):
            return self.names[e], _ATOM
        if isinstance(e, sp.Rational):
            return self._number(e)
        if isinstance(e, sp.Add):
            return self._sum(e), _SUM
        if isinstance(e, (sp.Mul, sp.Pow)):
            return self._product(e)
        if isinstance(e, sp.Piecewise):
            return self._piecewise(e)
        if isinstance(e, sp.core.relational.Relational):
            sign = _RELATIONS[e.rel_op]
            return f"{self._wrap(e.lhs, _SUM)} {sign} {self._wrap(e.rhs, _SUM)}", _COMPARE
        if isinstance(e, (sp.And, sp.Or, sp.Not)):
            return self._logic(e), _LOGIC
        return self._call(e)

    def _wrap(self, e: sp.Basic, at_least: int) -> str:
        text, level = self._write(e)
        return text if level >= at_least else f"({text})"

    def _key(self, e: sp.Basic) -> tuple[int, int, int, str]:
        ranks = [self.rank.get(s, 0) for s in e.free_symbols]
        return (max(ranks, default=-1), len(ranks), len(e.args), str(e))

    def _number(self, e: sp.Rational) -> tuple[str, int]:
        if self.part == "body":
            literal = repr(float(e))
            return (literal if self.dtype == "float64" else f"np.{self.dtype}({literal})"), (
                _SIGNED if e < 0 and self.dtype == "float64" else _ATOM
            )
        if isinstance(e, sp.Integer):
            return str(int(e)), _ATOM if e >= 0 else _SIGNED
        return f"{int(e.p)} / {int(e.q)}", _PRODUCT if e > 0 else _SUM

    # Sums

    def _sum(self, e: sp.Add) -> str:
        # A lone constant of the step stands last in the body, as in sqrt(v) + eps.
        lone = frozenset(self.names) - self.elements if self.part == "body" else frozenset()
        terms = sorted(e.args, key=lambda a: (is_negated(a), a in lone, self._key(a)))
        carrier = [a for a in terms if a in self.carriers]
        if len(carrier) != 1 or len(terms) < 3:
            if carrier:
                terms.remove(carrier[0])
                terms.insert(0, carrier[0])
            return self._chain(terms)
        # theta - (a + b) rounds once at the size of theta, theta - a - b twice.
        rest = sp.Add(*(a for a in terms if a not in carrier))
        if all(is_negated(a) for a in rest.args):
            return f"{self.write(carrier[0])} - ({self.write(-rest)})"
        return f"{self.write(carrier[0])} + ({self.write(rest)})"

    def _chain(self, terms: list[sp.Expr]) -> str:
        written = ""
        for term in terms:
            negative = is_negated(term) and not isinstance(term, sp.Add)
            body = self._wrap(-term if negative else term, _PRODUCT)
            sign = "-" if negative else "+"
            written = f"{written} {sign} {body}" if written else ("-" if negative else "") + body
        return written

    # Products and powers

    def _product(self, e: sp.Expr) -> tuple[str, int]:
        if is_negated(e):
            text, level = self._write(-e)
            return (f"-{text}" if level >= _PRODUCT else f"-({text})"), _SIGNED if level >= _POWER else _SUM
        above, below = fraction_parts(e)
        if not below and len(above) == 1:
            return self._factor(above[0])
        numerator = self._factors(above) if above else self._number(sp.Integer(1))[0]
        if not below:
            return numerator, _PRODUCT
        denominator, level = self._factor(below[0]) if len(below) == 1 else (self._factors(below), _PRODUCT)
        return f"{numerator} / {denominator if level >= _POWER else f'({denominator})'}", _PRODUCT

    def _factors(self, factors: list[sp.Expr]) -> str:
        if len(factors) == 1:
            text, level = self._factor(factors[0])
            return text if level >= _PRODUCT else f"({text})"
        ordered = sorted(factors, key=lambda f: (not f.is_Number, self._key(f)))
        return " * ".join(text if level >= _POWER else f"({text})" for text, level in map(self._factor, ordered))

    def _factor(self, e: sp.Expr) -> tuple[str, int]:
        if not isinstance(e, sp.Pow):
            return self._write(e)
        if e.exp == _HALF:
            return f"{'np' if self.part == 'body' else 'math'}.sqrt({self.write(e.base)})", _ATOM
        if e.exp.is_Integer and 2 <= e.exp <= _LARGEST_PRODUCT:
            return " * ".join([self._wrap(e.base, _ATOM)] * int(e.exp)), _PRODUCT
        base = self._wrap(e.base, _ATOM)
        if e.base.is_Integer and self.part == "prologue":
            base = repr(float(e.base))  # an int to a large power would be exact, and huge
        return f"{base} ** {self._wrap(e.exp, _ATOM)}", _POWER

    # Functions and cases

    def _call(self, e: sp.Basic) -> tuple[str, int]:
        if isinstance(e, sp.sign) and self.part == "prologue":
            inner = self._wrap(e.args[0], _ATOM)
            return f"1 if {inner} > 0 else -1 if {inner} < 0 else 0", _CASE
        calls = _BODY_CALLS if self.part == "body" else _PROLOGUE_CALLS
        name = calls.get(type(e))
        if name is None:
            raise KernelError(
                f"a kernel cannot compute {e} ({type(e).__name__}); a rule is made of + - * / **, sqrt, Abs, sign, "
                f"Max, Min, Piecewise, exp and log"
            )
        arguments = sorted(e.args, key=self._key) if isinstance(e, (sp.Max, sp.Min)) else list(e.args)
        return self._nested(name, arguments, self.write), _ATOM

    def _nested(self, name: str, arguments: list[sp.Basic], write: Callable[[sp.Basic], str]) -> str:
        written = write(arguments[0])
        for argument in arguments[1:]:
            written = f"{name}({written}, {write(argument)})"
        return written if len(arguments) > 1 else f"{name}({written})"

    def _piecewise(self, e: sp.Piecewise) -> tuple[str, int]:
        written = ""
        cases = list(e.args)
        if cases[-1][1] == sp.true:
            last = self._wrap(cases.pop()[0], _LOGIC)
        else:
            nan = "math.nan" if self.part == "prologue" else "np.nan"
            last = nan if self.part == "prologue" else f"np.{self.dtype}({nan})"
        for value, condition in cases:
            written += f"{self._wrap(value, _LOGIC)} if {self._wrap(condition, _LOGIC)} else "
        return written + last, _CASE

    def _logic(self, e: sp.Basic) -> str:
        if isinstance(e, sp.Not):
            return f"not {self._wrap(e.args[0], _COMPARE)}"
        glue = " and " if isinstance(e, sp.And) else " or "
        return glue.join(f"({self.write(a)})" for a in sorted(e.args, key=self._key))
