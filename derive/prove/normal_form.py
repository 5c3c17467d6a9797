"""Deciding identities: an expression with roots is zero if its normal form is.

Square roots become symbols s with s**2 equal to the radicand; a numerator is then a polynomial in s, and it vanishes
if, after every s**2 was replaced, the parts that are even and odd in s both vanish.  Maxima, signs and absolute values
become symbols too, one symbol for arguments that are themselves proved equal.  A case distinction on a condition is
a polynomial in the condition's indicator, which is 1 where the condition holds and 0 elsewhere; what vanishes at both
vanishes.

The test is sufficient: True means that the expression is zero wherever it is defined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import TypeAlias

import sympy as sp
from flint import fmpq, fmpq_mpoly

from ..symbols import NONNEGATIVE, POSITIVE, REAL, Domain
from .atoms import power_atoms
from .positivity import Sign, polynomial_sign, quotient_sign
from .rational import Quotient, RationalField

__all__ = ["NormalForm"]

_INDICATOR = "indicator"
_ZERO_TO_ONE = Domain("zero to one", lower=sp.Integer(0), upper=sp.Integer(1))
_SPECIAL = (sp.Pow, sp.Max, sp.Min, sp.Abs, sp.sign, sp.exp, sp.log, sp.Piecewise)

_Argument: TypeAlias = "Quotient | tuple[object, ...]"


class NormalForm:
    """The normal form of a family of expressions that share their symbols.

    Parameters
    ----------
    expressions : iterable of expressions
        All expressions that will be asked about: powers of one base are written through the lowest of them.
    domains : mapping, optional
        Domains of symbols that do not carry one.

    Examples
    --------
    >>> from optproof.derive.symbols import NONNEGATIVE, UNIT_INTERVAL, Quantity, step_counter
    >>> v, b, t = Quantity("v", NONNEGATIVE), Quantity("b", UNIT_INTERVAL), step_counter()
    >>> difference = sp.sqrt(v / (1 - b**t)) - sp.sqrt(v) / sp.sqrt(1 - b**t)
    >>> NormalForm([difference]).is_zero(difference)
    True
    >>> NormalForm([b * v**2 + 1 - b]).sign(b * v**2 + 1 - b)
    Sign(direction=1, strict=True)
    """

    def __init__(self, expressions: Iterable[sp.Basic], domains: Mapping[sp.Symbol, Domain] | None = None) -> None:
        expressions = list(expressions)
        self._powers = power_atoms(expressions)
        self._known: dict[sp.Symbol, Domain] = {**(domains or {}), **self._powers.domains}
        special = sum(isinstance(node, _SPECIAL) for e in expressions for node in sp.preorder_traversal(e))
        symbols = set().union(*(e.free_symbols for e in expressions))
        self._field = RationalField(len(symbols) + len(self._powers.meaning) + 4 * special + 8)
        self._roots: dict[sp.Symbol, Quotient] = {}
        self._opaque: dict[sp.Symbol, tuple[str, tuple[_Argument, ...]]] = {}
        self._memo: dict[sp.Basic, Quotient] = {}

    def is_zero(self, expression: sp.Expr) -> bool:
        """Whether `expression` is proved to vanish wherever it is defined."""
        try:
            return self._vanishes(self._rational(expression))
        except ZeroDivisionError:
            # It divides by an expression that is zero everywhere: nothing is said of it.
            return False

    def sign(self, expression: sp.Expr) -> Sign | None:
        """The sign of `expression` on its domain where the coefficients show it."""
        try:
            return quotient_sign(self._lowered(self._rational(expression)), self._field, self._known)
        except ZeroDivisionError:
            return None

    def definitions(self) -> list[tuple[sp.Symbol, str]]:
        """What each symbol that was introduced stands for, in words."""
        found = [(s, f"{p}") for s, p in self._powers.meaning.items()]
        found += [(s, f"sqrt({self._field.expression(r)})") for s, r in self._roots.items()]
        return found + [(s, f"{name}({', '.join(map(self._shown, a))})") for s, (name, a) in self._opaque.items()]

    def _shown(self, argument: object) -> str:
        if isinstance(argument, Quotient):
            return str(self._field.expression(argument))
        return " ".join(map(self._shown, argument)) if isinstance(argument, tuple) else str(argument)

    def _rational(self, expression: sp.Expr) -> Quotient:
        return self._convert(self._powers.apply(expression))

    def _convert(self, e: sp.Basic) -> Quotient:
        if e not in self._memo:
            self._memo[e] = self._compute(e)
        return self._memo[e]

    def _compute(self, e: sp.Basic) -> Quotient:
        if isinstance(e, sp.Rational):
            return self._field.number(e)
        if isinstance(e, sp.Symbol):
            return self._field.symbol(e)
        if isinstance(e, sp.Add):
            return sum((self._convert(a) for a in e.args[1:]), start=self._convert(e.args[0]))
        if isinstance(e, sp.Mul):
            return prod((self._convert(a) for a in e.args[1:]), start=self._convert(e.args[0]))
        if isinstance(e, sp.Pow):
            return self._power(self._convert(e.base), e.exp)
        if isinstance(e, sp.Abs):
            return self._absolute(self._convert(e.args[0]))
        if isinstance(e, sp.sign):
            return self._sign(self._convert(e.args[0]))
        if isinstance(e, sp.Piecewise):
            return self._cases(list(e.args))
        return self._opaque_symbol(type(e).__name__, tuple(self._argument(a) for a in e.args), e)

    def _cases(self, cases: list[sp.Basic]) -> Quotient:
        value, condition = cases[0].args
        if condition == sp.true or len(cases) == 1:
            # Where no case applies the expression is not defined, and nothing is said of it.
            return self._convert(value)
        otherwise = self._cases(cases[1:])
        return otherwise + self._indicator(condition) * (self._convert(value) - otherwise)

    def _indicator(self, condition: sp.Basic) -> Quotient:
        """1 where the condition holds and 0 elsewhere, in terms of the indicators of x > 0 and x = 0."""
        one = self._field.number(sp.Integer(1))
        if condition in (sp.true, sp.false):
            return self._field.number(sp.Integer(int(condition == sp.true)))
        if isinstance(condition, sp.Not):
            return one - self._indicator(condition.args[0])
        if isinstance(condition, (sp.And, sp.Or)):
            inner = [self._indicator(a) for a in condition.args]
            if isinstance(condition, sp.And):
                return prod(inner[1:], start=inner[0])
            return one - prod((one - i for i in inner[1:]), start=one - inner[0])
        if not isinstance(condition, sp.core.relational.Relational):
            return self._opaque_symbol(_INDICATOR, (self._argument(condition),))
        difference = self._convert(condition.lhs) - self._convert(condition.rhs)
        match condition.rel_op:
            case ">":
                return self._positive(difference, 1)
            case "<":
                return self._positive(difference, -1)
            case ">=":
                return one - self._positive(difference, -1)
            case "<=":
                return one - self._positive(difference, 1)
        zero = self._opaque_symbol(_INDICATOR, (("zero", self._signless(difference)[0]),))
        return zero if condition.rel_op == "==" else one - zero

    def _positive(self, value: Quotient, direction: int) -> Quotient:
        """The indicator of ``direction * value > 0``, without factors of known sign: c x > 0 is x > 0 for c > 0."""
        inside, sign = self._signless(value)
        inside *= self._field.number(sp.Integer(sign * direction))
        if inside.numerator.is_constant() and inside.denominator.is_constant():
            return self._field.number(sp.Integer(int(bool(self._field.expression(inside) > 0))))
        return self._opaque_symbol(_INDICATOR, (("positive", inside),))

    def _argument(self, e: sp.Basic) -> _Argument:
        """A value or, for what is no value, its parts with the name of what they are parts of."""
        if isinstance(e, sp.Expr):
            return self._convert(e)
        if not e.args:
            return (str(e),)
        return (type(e).__name__, *(self._argument(a) for a in e.args))

    def _power(self, base: Quotient, exponent: sp.Expr) -> Quotient:
        if isinstance(exponent, sp.Integer):
            return base.power(int(exponent))
        if isinstance(exponent, sp.Rational) and exponent.q == 2:
            return self._root(base).power(int(exponent.p))
        return self._opaque_symbol("Pow", (base, self._convert(exponent)))

    def _root(self, radicand: Quotient) -> Quotient:
        """The square root, with squares and factors of known sign outside.

        sqrt(p / q) = sqrt(p) / sqrt(q) for q > 0, whatever is known of p: where the root is real, p >= 0.  With q >= 0
        that needs p >= 0 to be known too, since p / q = 0 / 0 says nothing of p.  The square of a factor of unknown
        sign comes out as its absolute value.
        """
        radicand = self._lowered(radicand)
        if radicand.is_zero:
            return radicand
        outside = inside = self._field.number(sp.Integer(1))
        pieces = [*self._factors(radicand.numerator, 1), *self._factors(radicand.denominator, -1)]
        signs = [polynomial_sign(factor, self._field, self._known) for factor, _ in pieces]
        all_known = prod(s.direction**p if s is not None else 0 for s, (_, p) in zip(signs, pieces, strict=True)) > 0
        for (factor, power), sign in zip(pieces, signs, strict=True):
            if sign is None or not (sign.strict or all_known):
                if power // 2:
                    outside *= self._root_symbol(self._field.of(factor**2)).power(power // 2)
                inside *= self._field.of(factor).power(power % 2)
                continue
            magnitude = self._field.of(factor * sign.direction)
            outside *= magnitude.power(power // 2)
            outside *= self._root_symbol(magnitude) if power % 2 else self._field.number(sp.Integer(1))
            inside *= self._field.number(sp.Integer(sign.direction**power))
        return outside * self._root_symbol(inside)

    def _factors(self, polynomial: fmpq_mpoly, exponent: int) -> list[tuple[fmpq_mpoly, int]]:
        """The irreducible factors with their powers; the content is one of them."""
        content, factors = polynomial.factor()
        number = self._field.constant(sp.Rational(int(content.p), int(content.q)))
        return [(number, exponent), *((factor, exponent * int(power)) for factor, power in factors)]

    def _root_symbol(self, radicand: Quotient) -> Quotient:
        exact = self._exact_root(radicand)
        if exact is not None:
            return exact
        sign = quotient_sign(radicand, self._field, self._known)
        if self._is_square_of_nonnegative(radicand):
            return self._field.of(self._square_root(radicand))
        for symbol, known in self._roots.items():
            if self._vanishes(known - radicand):
                return self._field.symbol(symbol)
        symbol = sp.Symbol(f"root__{len(self._roots)}", real=True)
        self._roots[symbol] = radicand
        self._known[symbol] = POSITIVE if sign is not None and sign.strict else NONNEGATIVE
        return self._field.symbol(symbol)

    def _exact_root(self, radicand: Quotient) -> Quotient | None:
        """The root of a number, if it is rational."""
        if not (radicand.numerator.is_constant() and radicand.denominator.is_constant()):
            return None
        root = sp.sqrt(self._field.expression(radicand))
        return self._field.number(root) if isinstance(root, sp.Rational) else None

    def _is_square_of_nonnegative(self, radicand: Quotient) -> bool:
        """Whether the radicand is f**2 for a polynomial f that is nowhere negative."""
        if not radicand.denominator.is_one():
            return False
        content, factors = radicand.numerator.factor()
        if not (content == 1 and len(factors) == 1 and factors[0][1] == 2):
            return False
        return polynomial_sign(factors[0][0], self._field, self._known) is not None

    def _square_root(self, radicand: Quotient) -> fmpq_mpoly:
        factor = radicand.numerator.factor()[1][0][0]
        sign = polynomial_sign(factor, self._field, self._known)
        return factor if sign is not None and sign.direction > 0 else -factor

    def _absolute(self, inner: Quotient) -> Quotient:
        # |x| is the root of x**2, which ties it to x.
        sign = quotient_sign(self._lowered(inner), self._field, self._known)
        if sign is not None:
            return inner * self._field.number(sp.Integer(sign.direction))
        return self._root(inner * inner)

    def _sign(self, inner: Quotient) -> Quotient:
        """The sign, with the factors whose sign is known outside: sign(c x) is sign(x) for c > 0."""
        inside, direction = self._signless(inner)
        if inside.is_zero:
            return inside
        known = self._field.number(sp.Integer(direction))
        return known if inside.numerator.is_constant() else known * self._opaque_symbol("sign", (inside,))

    def _signless(self, inner: Quotient) -> tuple[Quotient, int]:
        """A quotient of the same sign without the factors whose sign is known, and the sign of those."""
        inner = self._lowered(inner)
        if inner.is_zero:
            return inner, 1
        direction, inside = 1, self._field.number(sp.Integer(1))
        for factor, power in [*self._factors(inner.numerator, 1), *self._factors(inner.denominator, -1)]:
            sign = polynomial_sign(factor, self._field, self._known)
            if sign is not None and sign.strict:
                direction *= int(sign.direction**power)
            elif power > 0 or power % 2:
                # An even power is kept as a square: it is zero where its base is. Below the line nothing is zero.
                inside *= self._field.of(factor).power(1 if power % 2 else 2)
        return inside, direction

    def _opaque_symbol(self, name: str, arguments: tuple[_Argument, ...], e: sp.Basic | None = None) -> Quotient:
        for symbol, (other, known) in self._opaque.items():
            if other == name and self._same(name, known, arguments):
                return self._field.symbol(symbol)
        symbol = sp.Symbol(f"{name.lower()}__{len(self._opaque)}", real=True)
        self._opaque[symbol] = (name, arguments)
        nonnegative = isinstance(e, (sp.Max, sp.Min)) and all(self._is_nonnegative(a) for a in arguments)
        self._known[symbol] = (
            POSITIVE if name == "exp" else NONNEGATIVE if nonnegative else _ZERO_TO_ONE if name == _INDICATOR else REAL
        )
        return self._field.symbol(symbol)

    def _is_nonnegative(self, argument: _Argument) -> bool:
        if not isinstance(argument, Quotient):
            return False
        sign = quotient_sign(self._lowered(argument), self._field, self._known)
        return argument.is_zero or (sign is not None and sign.direction > 0)

    def _same(self, name: str, known: tuple[_Argument, ...], arguments: tuple[_Argument, ...]) -> bool:
        if len(known) != len(arguments):
            return False
        if name not in ("Max", "Min"):
            return all(self._equal(a, b) for a, b in zip(known, arguments, strict=True))
        left = list(known)
        for b in arguments:
            match = next((i for i, a in enumerate(left) if self._equal(a, b)), None)
            if match is None:
                return False
            del left[match]
        return True

    def _equal(self, a: object, b: object) -> bool:
        if isinstance(a, Quotient) and isinstance(b, Quotient):
            return self._vanishes(a - b)
        if isinstance(a, tuple) and isinstance(b, tuple):
            return len(a) == len(b) and all(self._equal(x, y) for x, y in zip(a, b, strict=True))
        return isinstance(a, str) and a == b

    def _vanishes(self, quotient: Quotient) -> bool:
        # Outer roots were made after the roots in their radicands: the last one goes first.
        for symbol in reversed(self._roots):
            if quotient.numerator.degrees()[self._field.index(symbol)] > 0:
                even, odd = self._split(quotient.numerator, symbol)
                return self._vanishes(even) and self._vanishes(odd)
        for symbol, (name, _) in self._opaque.items():
            if name == _INDICATOR and quotient.numerator.degrees()[self._field.index(symbol)] > 0:
                return all(self._vanishes(self._at(quotient.numerator, symbol, value)) for value in (0, 1))
        return quotient.is_zero

    def _at(self, polynomial: fmpq_mpoly, symbol: sp.Symbol, value: int) -> Quotient:
        """The polynomial where an indicator is 0 or 1."""
        index = self._field.index(symbol)
        kept: dict[tuple[int, ...], fmpq] = {}
        for powers, coefficient in polynomial.terms():
            if value or powers[index] == 0:
                rest = (*powers[:index], 0, *powers[index + 1 :])
                kept[rest] = kept.get(rest, fmpq(0)) + coefficient
        return self._field.of(self._field.sum_of_terms(kept.items()))

    def _split(self, polynomial: fmpq_mpoly, root: sp.Symbol) -> tuple[Quotient, Quotient]:
        """Even and odd part in `root`, with its square replaced by the radicand."""
        index = self._field.index(root)
        parts: dict[int, list[tuple[tuple[int, ...], fmpq]]] = {}
        for powers, coefficient in polynomial.terms():
            rest = (*powers[:index], 0, *powers[index + 1 :])
            parts.setdefault(powers[index], []).append((rest, coefficient))
        result = [self._field.number(sp.Integer(0)), self._field.number(sp.Integer(0))]
        for power, terms in parts.items():
            rest_of_it = self._field.of(self._field.sum_of_terms(terms))
            result[power % 2] += rest_of_it * self._roots[root].power(power // 2)
        return result[0], result[1]

    def _lowered(self, quotient: Quotient) -> Quotient:
        """The same value with squares of roots replaced in numerator and denominator."""
        above, below = (self._lowered_polynomial(p) for p in (quotient.numerator, quotient.denominator))
        return above * below.power(-1)

    def _lowered_polynomial(self, polynomial: fmpq_mpoly) -> Quotient:
        result = self._field.of(polynomial)
        for symbol in reversed(self._roots):
            index = self._field.index(symbol)
            if result.numerator.degrees()[index] > 1:
                even, odd = self._split(result.numerator, symbol)
                lowered = even + odd * self._field.symbol(symbol)
                result = lowered * self._field.of(result.denominator).power(-1)
        return result
