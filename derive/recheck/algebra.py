"""Identities and evident signs, by exact polynomials.

An expression becomes a quotient: a polynomial over a product of polynomials.  Square roots are variables whose
square is replaced by the radicand; a root is split over the factors of its radicand whose sign is evident, so that
different ways to write one root become the same product.  The quotient is zero if its numerator is.

The test is sufficient and never wrong: "zero" means zero at every point of the domains where all parts are defined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce

from . import polynomial as poly
from .domains import NONNEGATIVE, POSITIVE, REAL, Domain, Powers
from .expression import Expression, UndefinedError, make
from .polynomial import Polynomial
from .signs import Sign, sign_of

__all__ = ["Algebra", "Quotient", "TooComplicatedError"]

_MOST_TERMS = 4000
_LARGEST_PRIME = 10_000


class TooComplicatedError(ValueError):
    """An expression that has no form as a quotient, or one that is too long."""


@dataclass(frozen=True)
class Quotient:
    """A polynomial over a product of powers of polynomials."""

    above: Polynomial
    below: Mapping[tuple[object, ...], tuple[Polynomial, int]] = field(default_factory=dict)


@dataclass
class _Variable:
    domain: Domain
    radicand: Polynomial | None = None
    meaning: Expression = None


class Algebra:
    """Exact arithmetic with the expressions of one question.

    Parameters
    ----------
    expressions : iterable
        All expressions that will be asked about: powers of one base are written through the lowest.
    domains : mapping
        The domain of every symbol; one that is missing is real.

    Examples
    --------
    >>> v = ("**", "v", Fraction(1, 2))
    >>> left = ("**", ("+", v, "e"), Fraction(-1))
    >>> below = ("+", "v", ("*", Fraction(-1), "e", "e"))
    >>> right = ("*", ("+", v, ("*", Fraction(-1), "e")), ("**", below, Fraction(-1)))
    >>> Algebra([left, right], {"v": NONNEGATIVE}).equal(left, right)
    True
    """

    def __init__(self, expressions: Iterable[Expression], domains: Mapping[str, Domain]) -> None:
        self._domains = domains
        self._powers = Powers(expressions, domains)
        self._variables: list[_Variable] = []
        self._names: dict[Expression, int] = {}
        self._memory: dict[Expression, Quotient] = {}
        self._opaque: list[tuple[str, tuple[Expression, ...], int]] = []
        # Polynomials that occur as factors; radicands are divided by them.
        self._factors: dict[tuple[object, ...], Polynomial] = {}

    # Questions

    def equal(self, left: Expression, right: Expression) -> bool:
        """Whether both are proved equal wherever both are defined."""
        try:
            return not self.difference(left, right).above
        except TooComplicatedError:
            return False

    def sign(self, left: Expression, right: Expression) -> Sign | None:
        """The sign of ``left - right`` on the domains, where it is evident."""
        try:
            return self._sign(self.difference(left, right))
        except TooComplicatedError:
            return None

    def difference(self, left: Expression, right: Expression) -> Quotient:
        """``left - right``."""
        return self._sum(self.quotient(left), self._scaled(self.quotient(right), Fraction(-1)))

    def cleared(self, left: Expression, right: Expression) -> Expression | None:
        """An expression without divisors that has the sign of ``left - right``.

        None if the sign of a divisor is not evident.
        """
        try:
            difference = self.difference(left, right)
        except TooComplicatedError:
            return None
        direction = 1
        for factor, exponent in difference.below.values():
            sign = self._sign_of(factor)
            if sign is None or not sign.strict:
                return None
            direction *= sign.direction if exponent % 2 else 1
        return self.expression(poly.scale(difference.above, direction))

    def _sign(self, q: Quotient) -> Sign | None:
        found = self._sign_of(q.above)
        for factor, exponent in q.below.values():
            other = self._sign_of(factor)
            if found is None or other is None or not other.strict:
                return None
            found = Sign(found.direction * (other.direction if exponent % 2 else 1), found.strict)
        return found

    def _sign_of(self, p: Polynomial) -> Sign | None:
        return sign_of(p, [v.domain for v in self._variables])

    # Variables

    def _variable(self, name: Expression, domain: Domain) -> Quotient:
        if name not in self._names:
            self._names[name] = self._new(domain)
            self._variables[-1].meaning = name
        return Quotient(poly.variable(self._names[name]))

    def _new(self, domain: Domain, radicand: Polynomial | None = None) -> int:
        self._variables.append(_Variable(domain, radicand))
        return len(self._variables) - 1

    # Expressions as quotients

    def quotient(self, e: Expression) -> Quotient:
        """`e` as a quotient of polynomials.

        Raises
        ------
        TooComplicatedError, UndefinedError
        """
        if e not in self._memory:
            self._memory[e] = self._quotient(e)
        return self._memory[e]

    def _quotient(self, e: Expression) -> Quotient:
        if isinstance(e, Fraction):
            return Quotient(poly.constant(e))
        if isinstance(e, str):
            return self._variable(e, self._domains.get(e, REAL))
        if isinstance(e, bool):
            raise TooComplicatedError("a condition is no number")
        if e[0] == "+":
            return reduce(self._sum, (self.quotient(a) for a in e[1:]), Quotient({}))
        if e[0] == "*":
            return reduce(self._product, (self.quotient(a) for a in e[1:]), Quotient(poly.constant(1)))
        if e[0] == "**":
            return self._power(e)
        if e[0] == "abs":
            return self._absolute(self.quotient(e[1]))
        if e[0] in ("max", "min"):
            return self._extremum(e)
        if e[0] == "sign":
            sign = self._sign(self.quotient(e[1]))
            if sign is not None and sign.strict:
                return Quotient(poly.constant(sign.direction))
        if e[0] == "at":
            return self._variable(e, REAL)
        return self._opaque_symbol(e)

    def _power(self, e: Expression) -> Quotient:
        base, exponent = e[1], e[2]
        if isinstance(exponent, Fraction):
            if exponent.denominator == 1:
                return self._integer_power(self.quotient(base), int(exponent))
            if exponent.denominator == 2:
                return self._integer_power(self._root(self.quotient(base)), exponent.numerator)
            return self._opaque_symbol(e)
        written = self._powers.written(e)
        if written is None:
            return self._opaque_symbol(e)
        power, factor, rest = written
        symbol = self._variable(power.name, power.domain)
        value = self._product(self._integer_power(symbol, abs(factor)), self.quotient(rest))
        return value if factor > 0 else self._inverse(value)

    def _integer_power(self, q: Quotient, exponent: int) -> Quotient:
        if exponent < 0:
            return self._integer_power(self._inverse(q), -exponent)
        result = Quotient(poly.constant(1))
        for _ in range(exponent):
            result = self._product(result, q)
        return result

    # Arithmetic of quotients

    def _sum(self, a: Quotient, b: Quotient) -> Quotient:
        if not a.above or not b.above:
            return b if not a.above else a
        below = dict(a.below)
        for name, (factor, exponent) in b.below.items():
            below[name] = (factor, max(exponent, below.get(name, (factor, 0))[1]))
        return self._reduced(poly.add(self._raised(a, below), self._raised(b, below)), below)

    def _raised(self, q: Quotient, below: Mapping[tuple[object, ...], tuple[Polynomial, int]]) -> Polynomial:
        above = q.above
        for name, (factor, exponent) in below.items():
            for _ in range(exponent - q.below.get(name, (factor, 0))[1]):
                above = self._lowered(poly.multiply(above, factor))
        return above

    def _product(self, a: Quotient, b: Quotient) -> Quotient:
        below = dict(a.below)
        for name, (factor, exponent) in b.below.items():
            below[name] = (factor, exponent + below.get(name, (factor, 0))[1])
        return self._reduced(poly.multiply(a.above, b.above), below)

    def _scaled(self, q: Quotient, factor: Fraction) -> Quotient:
        return Quotient(poly.scale(q.above, factor), q.below)

    def _reduced(self, above: Polynomial, below: Mapping[tuple[object, ...], tuple[Polynomial, int]]) -> Quotient:
        above = self._lowered(above)
        if len(above) > _MOST_TERMS:
            raise TooComplicatedError("a polynomial is too long")
        return Quotient(above, below if above else {})

    def _inverse(self, q: Quotient) -> Quotient:
        if not q.above:
            raise UndefinedError("an expression divides by zero")
        above = poly.constant(1)
        for factor, exponent in q.below.values():
            for _ in range(exponent):
                above = self._lowered(poly.multiply(above, factor))
        number, factors = self._factored(q.above)
        return self._reduced(poly.scale(above, 1 / number), {poly.key(f): (f, n) for f, n in factors})

    def _lowered(self, p: Polynomial) -> Polynomial:
        """The same value with squares of roots replaced by their radicands."""
        for index in range(len(self._variables) - 1, -1, -1):
            radicand = self._variables[index].radicand
            if radicand is not None and any(len(t) > index and t[index] > 1 for t in p):
                p = self._without_squares(p, index, radicand)
        return p

    def _without_squares(self, p: Polynomial, index: int, radicand: Polynomial) -> Polynomial:
        result: Polynomial = {}
        for term, coefficient in p.items():
            exponent = term[index] if len(term) > index else 0
            if exponent < 2:
                result = poly.add(result, {term: coefficient})
                continue
            left = [*term[:index], exponent % 2, *term[index + 1 :]]
            while left and left[-1] == 0:
                left.pop()
            result = poly.add(result, poly.multiply({tuple(left): coefficient}, poly.power(radicand, exponent // 2)))
        return result

    def _factored(self, p: Polynomial) -> tuple[Fraction, list[tuple[Polynomial, int]]]:
        """A number and polynomials with exponents whose product is `p`: variables, known factors, and what is left."""
        number, rest = poly.primitive(p)
        monomial, rest = poly.without_monomial(rest)
        found = [(poly.variable(i), n) for i, n in enumerate(monomial) if n]
        for known in list(self._factors.values()):
            count = 0
            while rest != poly.constant(1) and (quotient := poly.divided(rest, known)) is not None:
                rest, count = quotient, count + 1
            if count:
                found.append((known, count))
        if rest != poly.constant(1):
            more, rest = poly.primitive(rest)
            number *= more
            if rest != poly.constant(1):
                self._factors[poly.key(rest)] = rest
                found.append((rest, 1))
        return number, found

    # Roots

    def _root(self, q: Quotient) -> Quotient:
        """The square root: what is of evident sign comes out factor by factor, the rest stays under one root."""
        if not q.above:
            return q
        # Twice, because factors that are found on the way may divide what was left whole before.
        factors = [(f, -n) for f, n in q.below.values()]
        for f, _ in factors:
            self._factors.setdefault(poly.key(f), f)
        number, above = self._factored(q.above)
        together: dict[tuple[object, ...], tuple[Polynomial, int]] = {}
        for f, n in (*above, *factors):
            more, parts = self._factored(f)
            number *= more**n
            for part, m in parts:
                name = poly.key(part)
                together[name] = (part, together.get(name, (part, 0))[1] + n * m)
        return self._root_of_factors(number, [pair for pair in together.values() if pair[1]])

    def _root_of_factors(self, number: Fraction, factors: list[tuple[Polynomial, int]]) -> Quotient:
        outside, inside = self._root_of_number(abs(number)), poly.constant(1 if number > 0 else -1)
        for factor, exponent in factors:
            sign = self._sign_of(factor)
            if sign is None:
                outside = self._product(outside, self._integer_power(self._size(factor), exponent // 2))
                inside = poly.multiply(inside, factor) if exponent % 2 else inside
                continue
            magnitude = poly.scale(factor, sign.direction)
            outside = self._product(outside, self._integer_power(Quotient(magnitude), exponent // 2))
            if exponent % 2:
                inside = poly.scale(inside, sign.direction)
                outside = self._product(outside, Quotient(self._root_symbol(magnitude)))
        if inside == poly.constant(-1):
            raise UndefinedError("the root of a negative number is taken")
        if inside != poly.constant(1):
            outside = self._product(outside, Quotient(self._root_symbol(self._lowered(inside))))
        return outside

    def _root_of_number(self, number: Fraction) -> Quotient:
        """The root of p/q is the root of p q over q; every prime has a root of its own."""
        result, left = Fraction(1, number.denominator), number.numerator * number.denominator
        found = poly.constant(1)
        for prime in range(2, _LARGEST_PRIME):
            if prime * prime > left:
                break
            count = 0
            while left % prime == 0:
                left, count = left // prime, count + 1
            result *= prime ** (count // 2)
            if count % 2:
                found = poly.multiply(found, self._root_symbol(poly.constant(prime)))
        if left > 1:
            found = poly.multiply(found, self._root_symbol(poly.constant(left)))
        return Quotient(poly.scale(found, result))

    def _size(self, p: Polynomial) -> Quotient:
        """The absolute value of a polynomial of unknown sign: the root of its square."""
        return Quotient(self._root_symbol(self._lowered(poly.multiply(p, p))))

    def _root_symbol(self, radicand: Polynomial) -> Polynomial:
        for index, variable in enumerate(self._variables):
            if variable.radicand == radicand:
                return poly.variable(index)
        sign = self._sign_of(radicand)
        strict = sign is not None and sign.strict and sign.direction > 0
        return poly.variable(self._new(POSITIVE if strict else NONNEGATIVE, radicand))

    def _absolute(self, q: Quotient) -> Quotient:
        sign = self._sign(q)
        if sign is not None:
            return self._scaled(q, Fraction(sign.direction))
        return self._root(self._product(q, q))

    # Back to expressions

    def stripped(self, p: Polynomial, symbol: str) -> tuple[Polynomial, int]:
        """`p` without the largest power of `symbol` that divides it, and that power."""
        index = self._names.get(symbol)
        if index is None:
            return p, 0
        power = min(term[index] if len(term) > index else 0 for term in p)
        quotient = poly.divided(p, poly.variable(index, power)) if power else p
        return p if quotient is None else quotient, power

    def expression(self, p: Polynomial) -> Expression:
        """The polynomial as an expression."""
        terms: list[Expression] = []
        for term, coefficient in sorted(p.items()):
            factors = [make("**", (self._meaning(i), Fraction(n))) for i, n in enumerate(term) if n]
            terms.append(make("*", (coefficient, *factors)))
        return make("+", tuple(terms)) if terms else Fraction(0)

    def _meaning(self, index: int) -> Expression:
        variable = self._variables[index]
        if variable.radicand is not None:
            return ("**", self.expression(variable.radicand), Fraction(1, 2))
        for power in self._powers.known.values():
            if power.name == variable.meaning:
                return ("**", power.base, make("+", (power.counter, Fraction(power.shift))))
        return variable.meaning

    # Maxima and what has no form of its own

    def _extremum(self, e: Expression) -> Quotient:
        """Arguments that another one evidently exceeds are dropped."""
        greatest = e[0] == "max"
        kept: list[Expression] = []
        for a in e[1:]:
            if not any(self._exceeds(b, a, greatest=greatest) for b in kept):
                kept = [*(b for b in kept if not self._exceeds(a, b, greatest=greatest)), a]
        if len(kept) == 1:
            return self.quotient(kept[0])
        return self._opaque_symbol((e[0], *kept))

    def _exceeds(self, a: Expression, b: Expression, *, greatest: bool) -> bool:
        difference = self.difference(a, b)
        if not difference.above:
            return True
        sign = self._sign(difference)
        return sign is not None and (sign.direction > 0) == greatest

    def _opaque_symbol(self, e: Expression) -> Quotient:
        """A variable for `e`, the same for equal arguments."""
        if e[0] in ("sum", "oo"):
            raise TooComplicatedError(f"the operator {e[0]!r} is beyond this arithmetic")
        for head, arguments, index in self._opaque:
            if head == e[0] and self._alike(head, arguments, e[1:]):
                return Quotient(poly.variable(index))
        domain = POSITIVE if e[0] == "exp" else REAL
        if e[0] in ("max", "min") and all(self._is_nonnegative(a) for a in e[1:]):
            domain = NONNEGATIVE
        index = self._new(domain)
        self._variables[index].meaning = e
        self._opaque.append((e[0], e[1:], index))
        return Quotient(poly.variable(index))

    def _is_nonnegative(self, e: Expression) -> bool:
        sign = self._sign(self.quotient(e))
        return sign is not None and sign.direction > 0

    def _alike(self, head: str, a: tuple[Expression, ...], b: tuple[Expression, ...]) -> bool:
        if len(a) != len(b):
            return False
        if head not in ("max", "min"):
            return all(self.same(x, y) for x, y in zip(a, b, strict=True))
        left = list(a)
        for y in b:
            match = next((x for x in left if self.same(x, y)), None)
            if match is None:
                return False
            left.remove(match)
        return True

    def same(self, a: Expression, b: Expression) -> bool:
        """Whether two expressions or conditions are the same but for the way in which numbers are written.

        Conditions are the same if they are built alike and their sides are equal; the order of ``and`` and ``or`` is
        free.
        """
        if a == b:
            return True
        conditional = ("==", "!=", "<", "<=", ">", ">=", "not", "implies", "iff", "case")
        heads = [e[0] if isinstance(e, tuple) else None for e in (a, b)]
        if any(isinstance(e, bool) for e in (a, b)):
            return False
        if any(h in (*conditional, "and", "or") for h in heads):
            if heads[0] != heads[1] or len(a) != len(b):
                return False
            if heads[0] in ("and", "or"):
                return self._alike_in_any_order(a[1:], b[1:])
            return all(self.same(x, y) for x, y in zip(a[1:], b[1:], strict=True))
        return self.equal(a, b)

    def _alike_in_any_order(self, a: tuple[Expression, ...], b: tuple[Expression, ...]) -> bool:
        left = list(a)
        for y in b:
            match = next((x for x in left if self.same(x, y)), None)
            if match is None:
                return False
            left.remove(match)
        return True
