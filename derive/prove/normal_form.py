"""Deciding identities: an expression with roots is zero if its normal form is.

Square roots become symbols s with s**2 equal to the radicand; a numerator is then a polynomial in s, and it vanishes
if, after every s**2 was replaced, the parts that are even and odd in s both vanish.  Maxima, signs, absolute values and
case distinctions become symbols too, one symbol for arguments that are themselves proved equal.

The test is sufficient: True means that the expression is zero wherever it is defined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from ..symbols import NONNEGATIVE, POSITIVE, REAL, Domain
from .atoms import Atoms, power_atoms
from .positivity import Sign, sign_on_domain

__all__ = ["NormalForm"]

_OPAQUE = (sp.Max, sp.Min, sp.Abs, sp.sign, sp.exp, sp.log, sp.Piecewise)


@dataclass
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
    """

    expressions: Iterable[sp.Basic]
    domains: Mapping[sp.Symbol, Domain] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._powers: Atoms = power_atoms(self.expressions)
        self._known: dict[sp.Symbol, Domain] = {**self.domains, **self._powers.domains}
        self._roots: dict[sp.Symbol, sp.Expr] = {}
        self._opaque: dict[sp.Symbol, tuple[str, tuple[sp.Basic, ...]]] = {}
        self._memo: dict[sp.Basic, sp.Basic] = {}

    def is_zero(self, expression: sp.Expr) -> bool:
        """Whether `expression` is proved to vanish wherever it is defined."""
        return self._vanishes(self.rational(expression))

    def sign(self, expression: sp.Expr) -> Sign | None:
        """The sign of `expression` on its domain where the coefficients show it."""
        return sign_on_domain(self._reduced(self.rational(expression)), self._known)

    def rational(self, expression: sp.Expr) -> sp.Expr:
        """`expression` as a rational function in symbols; roots, powers, maxima... have become symbols."""
        result = self._convert(self._powers.apply(expression))
        return result

    def definitions(self) -> list[tuple[sp.Symbol, str]]:
        """What each new symbol stands for, in words."""
        found = [(s, f"{p}") for s, p in self._powers.meaning.items()]
        found += [(s, f"sqrt({r})") for s, r in self._roots.items()]
        return found + [(s, f"{name}({', '.join(map(str, a))})") for s, (name, a) in self._opaque.items()]

    def _convert(self, e: sp.Basic) -> sp.Basic:
        if e not in self._memo:
            self._memo[e] = self._compute(e)
        return self._memo[e]

    def _compute(self, e: sp.Basic) -> sp.Basic:
        if not e.args or isinstance(e, sp.Rational):
            return e
        if isinstance(e, sp.Pow):
            return self._power(self._convert(e.base), e.exp, e)
        if isinstance(e, sp.Abs):
            return self._absolute(self._convert(e.args[0]))
        if isinstance(e, _OPAQUE):
            return self._symbol_for(type(e).__name__, self._arguments(e))
        return e.func(*(self._convert(a) for a in e.args))

    def _arguments(self, e: sp.Basic) -> tuple[sp.Basic, ...]:
        if isinstance(e, sp.Piecewise):
            return tuple(self._convert(part) for case in e.args for part in case.args)
        return tuple(self._convert(a) for a in e.args)

    def _power(self, base: sp.Basic, exponent: sp.Expr, original: sp.Basic) -> sp.Basic:
        if isinstance(exponent, sp.Integer):
            return sp.Pow(base, exponent)
        if isinstance(exponent, sp.Rational) and exponent.q == 2:
            return self._root(base) ** exponent.p
        return self._symbol_for("Pow", (base, self._convert(exponent)))

    def _root(self, radicand: sp.Expr) -> sp.Expr:
        """The square root, split over the factors of the radicand that are known to be nonnegative."""
        numerator, denominator = sp.fraction(sp.together(self._reduced(radicand)))
        pieces = [*_factors(numerator, 1), *_factors(denominator, -1)]
        signs = [sign_on_domain(factor, self._known) for factor, _ in pieces]
        if any(s is None for s in signs):
            return self._root_of_partly_known(radicand, pieces, signs)
        directions = [s.direction for s in signs if s is not None]
        odd = [d for d, (_, power) in zip(directions, pieces, strict=True) if power % 2]
        if sp.prod(odd) < 0:
            return self._root_symbol(radicand)
        result: sp.Expr = sp.Integer(1)
        for (factor, power), direction in zip(pieces, directions, strict=True):
            magnitude = direction * factor
            result *= magnitude ** (power // 2) * (self._root_symbol(magnitude) if power % 2 else 1)
        return result

    def _root_of_partly_known(
        self, radicand: sp.Expr, pieces: list[tuple[sp.Expr, int]], signs: list[Sign | None]
    ) -> sp.Expr:
        """The root with squares and factors of known sign outside.

        sqrt(p / q) = sqrt(p) / sqrt(q) for q > 0, whatever is known of p: where the root is real, p >= 0.  The
        square of a factor of unknown sign comes out as its absolute value.
        """
        outside: sp.Expr = sp.Integer(1)
        inside: sp.Expr = sp.Integer(1)
        for (factor, power), sign in zip(pieces, signs, strict=True):
            if sign is None or not sign.strict:
                outside *= self._root_symbol(sp.expand(factor**2)) ** (power // 2)
                inside *= factor ** (power % 2)
                continue
            magnitude = sign.direction * factor
            outside *= magnitude ** (power // 2) * (self._root_symbol(magnitude) if power % 2 else 1)
            inside *= sign.direction**power
        return outside * (self._root_symbol(sp.expand(inside)) if inside != 1 else 1)

    def _root_symbol(self, radicand: sp.Expr) -> sp.Expr:
        if isinstance(radicand, sp.Rational):
            exact = sp.sqrt(radicand)
            if isinstance(exact, sp.Rational):
                return exact
        for symbol, known in self._roots.items():
            if self._vanishes(known - radicand):
                return symbol
        sign = sign_on_domain(radicand, self._known)
        symbol = sp.Symbol(f"root__{len(self._roots)}", real=True)
        self._roots[symbol] = radicand
        self._known[symbol] = POSITIVE if sign is not None and sign.strict else NONNEGATIVE
        return symbol

    def _absolute(self, inner: sp.Basic) -> sp.Basic:
        sign = sign_on_domain(self._reduced(inner), self._known)
        if sign is not None:
            return sign.direction * inner
        # |x| is the root of x**2, which ties it to x.
        return self._root(sp.expand(inner**2))

    def _symbol_for(self, name: str, arguments: tuple[sp.Basic, ...]) -> sp.Symbol:
        for symbol, (other, known) in self._opaque.items():
            if other == name and self._same(name, known, arguments):
                return symbol
        symbol = sp.Symbol(f"{name.lower()}__{len(self._opaque)}", real=True)
        self._opaque[symbol] = (name, arguments)
        nonnegative = name in ("Max", "Min") and all(self._is_nonnegative(a) for a in arguments)
        self._known[symbol] = POSITIVE if name == "exp" else NONNEGATIVE if nonnegative else REAL
        return symbol

    def _is_nonnegative(self, e: sp.Basic) -> bool:
        sign = sign_on_domain(self._reduced(e), self._known)
        return sign is not None and sign.direction > 0

    def _same(self, name: str, known: tuple[sp.Basic, ...], arguments: tuple[sp.Basic, ...]) -> bool:
        if len(known) != len(arguments):
            return False
        if name not in ("Max", "Min"):
            return all(self._equal(a, b) for a, b in zip(known, arguments, strict=True))
        left = list(known)
        for b in arguments:
            match = next((a for a in left if self._equal(a, b)), None)
            if match is None:
                return False
            left.remove(match)
        return True

    def _equal(self, a: sp.Basic, b: sp.Basic) -> bool:
        if isinstance(a, sp.Expr) and isinstance(b, sp.Expr):
            return self._vanishes(a - b)
        if isinstance(a, sp.core.relational.Relational) and isinstance(b, sp.core.relational.Relational):
            return a.func is b.func and self._equal(a.lhs, b.lhs) and self._equal(a.rhs, b.rhs)
        return a == b

    def _vanishes(self, rational: sp.Expr) -> bool:
        numerator = sp.fraction(sp.together(rational))[0]
        # Outer roots were made after the roots in their radicands: the last one goes first.
        for symbol in reversed(self._roots):
            if numerator.has(symbol):
                even, odd = self._split(numerator, symbol)
                return self._vanishes(even) and self._vanishes(odd)
        return bool(sp.expand(numerator) == 0)

    def _split(self, polynomial: sp.Expr, root: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
        """Even and odd part in `root`, with its square replaced by the radicand."""
        parts: list[list[sp.Expr]] = [[], []]
        for (power,), coefficient in sp.Poly(polynomial, root).terms():
            parts[power % 2].append(coefficient * self._roots[root] ** (power // 2))
        return sp.Add(*parts[0]), sp.Add(*parts[1])

    def _reduced(self, rational: sp.Expr) -> sp.Expr:
        """The same value with squares of roots replaced in numerator and denominator."""
        numerator, denominator = sp.fraction(sp.together(rational))
        return sp.cancel(self._lowered(numerator) / self._lowered(denominator))

    def _lowered(self, polynomial: sp.Expr) -> sp.Expr:
        for symbol in reversed(self._roots):
            if polynomial.has(symbol):
                even, odd = self._split(polynomial, symbol)
                polynomial = even + symbol * odd
        return polynomial


def _factors(polynomial: sp.Expr, exponent: int) -> list[tuple[sp.Expr, int]]:
    """The irreducible factors of a polynomial with their powers; a number that is no square stays a factor."""
    content, factors = sp.factor_list(polynomial)
    found = [(factor, exponent * power) for factor, power in factors]
    return found if content == 1 else [(content, exponent), *found]
