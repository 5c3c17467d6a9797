"""Identities and evident signs of expressions, by exact polynomials.

An expression becomes a quotient of polynomials (:mod:`.quotients`); roots (:mod:`.roots`) and powers with a symbol in
the exponent (:mod:`.domains`) are variables.

The test is sufficient and never wrong: "equal" means equal at every point of the domains where all parts are defined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import reduce

from . import polynomial as poly
from .domains import NONNEGATIVE, POSITIVE, REAL, Domain, Powers, linear_exponent, power_domain
from .expression import RELATIONS, Expression, free_symbols, make
from .polynomial import Polynomial
from .quotients import Field, Quotient, TooComplicatedError, common_divisor
from .roots import absolute, root
from .signs import Sign

__all__ = ["Algebra", "TooComplicatedError"]


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
        self._field = Field()
        self._names: dict[Expression, int] = {}
        self._memory: dict[Expression, Quotient] = {}
        self._opaque: list[tuple[str, tuple[Expression, ...], int]] = []
        self._made: dict[tuple[object, ...], Quotient] = {}

    # Questions

    def equal(self, left: Expression, right: Expression) -> bool:
        """Whether both are proved equal wherever both are defined."""
        try:
            return not self._difference(left, right).above
        except TooComplicatedError:
            return False

    def sign(self, left: Expression, right: Expression) -> Sign | None:
        """The sign of ``left - right`` on the domains, where it is evident."""
        try:
            return self._field.sign(self._difference(left, right))
        except TooComplicatedError:
            return None

    def cleared(self, left: Expression, right: Expression) -> Expression | None:
        """An expression without divisors that has the sign of ``left - right``.

        None if the sign of a divisor is not evident.
        """
        try:
            difference = self._difference(left, right)
        except TooComplicatedError:
            return None
        direction = 1
        for factor, exponent in difference.below.values():
            sign = self._field.sign_of(factor)
            if sign is None or not sign.strict:
                return None
            direction *= sign.direction if exponent % 2 else 1
        return self.expression(poly.scale(difference.above, direction))

    def same(self, a: Expression, b: Expression) -> bool:
        """Whether two expressions or conditions are the same but for the way in which numbers are written.

        Conditions are the same if they are built alike and their sides are equal; the order of ``and`` and ``or`` is
        free.
        """
        if a == b:
            return True
        conditional = (*RELATIONS, "not", "implies", "iff", "case")
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

    def _alike_in_any_order(self, a: Sequence[Expression], b: Sequence[Expression]) -> bool:
        left = list(a)
        for y in b:
            match = next((x for x in left if self.same(x, y)), None)
            if match is None:
                return False
            left.remove(match)
        return True

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
            return reduce(self._field.sum, (self.quotient(a) for a in e[1:]), Quotient({}))
        if e[0] == "*":
            return reduce(self._field.product, (self.quotient(a) for a in e[1:]), Quotient(poly.constant(1)))
        if e[0] == "**":
            return self._power(e)
        if e[0] == "abs":
            return absolute(self._field, self.quotient(e[1]))
        if e[0] in ("max", "min"):
            return self._extremum(e)
        if e[0] == "sign":
            return self._sign(e)
        if e[0] == "piecewise":
            return self._cases(e[1:])
        if e[0] == "at":
            return self._variable(e, REAL)
        return self._opaque_symbol(e)

    def _variable(self, name: Expression, domain: Domain) -> Quotient:
        if name not in self._names:
            self._names[name] = self._field.new(domain, meaning=name)
        return Quotient(poly.variable(self._names[name]))

    def _power(self, e: Expression) -> Quotient:
        base, exponent = e[1], e[2]
        if isinstance(exponent, Fraction):
            if exponent.denominator == 1:
                return self._field.integer_power(self.quotient(base), int(exponent))
            if exponent.denominator == 2:
                return self._field.integer_power(root(self._field, self.quotient(base)), exponent.numerator)
            return self._opaque_symbol(e)
        if base == 0 and self._at_least_one(exponent):
            return Quotient({})
        written = self._powers.written(e)
        if written is None:
            return self._opaque_symbol(e)
        power, factor, rest = written
        symbol = self._variable(power.name, power.domain)
        value = self._field.product(self._field.integer_power(symbol, abs(factor)), self.quotient(rest))
        return value if factor > 0 else self._field.inverse(value)

    def _at_least_one(self, exponent: Expression) -> bool:
        found = linear_exponent(exponent, self._domains)
        if found is None:
            return False
        counter, factor, rest = found
        least = self._domains[counter].lower
        return least is not None and factor > 0 and factor * least + rest >= 1

    def _difference(self, left: Expression, right: Expression) -> Quotient:
        return self._field.sum(self.quotient(left), self._field.scaled(self.quotient(right), -1))

    # Back to expressions

    def coefficients(self, e: Expression, symbol: str) -> list[Expression] | None:
        """`e` as a polynomial in one symbol: its coefficients, that of the lowest power first.

        None if it is no polynomial in it.

        Examples
        --------
        >>> e = ("*", ("+", "z", "a"), ("+", "z", Fraction(-1)))
        >>> Algebra([e], {}).coefficients(e, "z")
        [('*', Fraction(-1, 1), 'a'), ('+', Fraction(-1, 1), 'a'), Fraction(1, 1)]
        """
        try:
            quotient = self.quotient(e)
        except TooComplicatedError:
            return None
        index = self._names.get(symbol, len(self._field.variables))
        others = (i for i in range(len(self._field.variables)) if i != index)
        hidden = [i for i in others if symbol in free_symbols(self._meaning(i))]
        parts = [quotient.above, *(factor for factor, _ in quotient.below.values())]
        if any(_occurs(p, i) for p in parts for i in hidden) or any(_occurs(p, index) for p in parts[1:]):
            return None
        degree = max((term[index] for term in quotient.above if len(term) > index), default=0)
        found = []
        for power in range(degree + 1):
            part = {t: c for t, c in quotient.above.items() if (t[index] if len(t) > index else 0) == power}
            stripped = poly.divided(part, poly.variable(index, power)) if part and power else part
            found.append(self._cancelled(stripped or {}, quotient))
        return found

    def _cancelled(self, above: Polynomial, q: Quotient) -> Expression:
        """A polynomial over what stands below a quotient, without the factors that both have."""
        below: list[Expression] = []
        for factor, exponent in q.below.values() if above else ():
            left = exponent
            while left and (quotient := poly.divided(above, factor)) is not None:
                above, left = quotient, left - 1
            below.append(make("**", (self.expression(factor), Fraction(-left))))
        return make("*", (self.expression(above), *below))

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
        variable = self._field.variables[index]
        if variable.radicand is not None:
            return ("**", self.expression(variable.radicand), Fraction(1, 2))
        for power in self._powers.known.values():
            if power.name == variable.meaning:
                return ("**", power.base, make("+", (power.counter, Fraction(power.shift))))
        return variable.meaning

    # Signs and case distinctions

    def _sign(self, e: Expression) -> Quotient:
        """The sign, without factors of known sign: that of c x is that of x for c > 0."""
        inside, direction = self._signless(self.quotient(e[1]))
        if not inside or inside == poly.constant(1):
            return Quotient(poly.scale(inside, direction))
        symbol = self._named(("sign", poly.key(inside)), REAL, ("sign", self.expression(inside)))
        return self._field.scaled(symbol, direction)

    def _signless(self, q: Quotient) -> tuple[Polynomial, int]:
        """A polynomial of the sign of `q` without its factors of known sign, and the sign of those."""
        if not q.above:
            return {}, 1
        number, factors = self._field.factored(q.above)
        direction, inside = 1 if number > 0 else -1, poly.constant(1)
        for factor, exponent in (*factors, *((f, -n) for f, n in q.below.values())):
            sign = self._field.sign_of(factor)
            if sign is not None and sign.strict:
                direction *= sign.direction if exponent % 2 else 1
            elif exponent % 2 or exponent > 0:
                # What is divided by is nowhere zero; an even power is zero where its base is.
                inside = self._field.lowered(poly.multiply(inside, poly.power(factor, 1 if exponent % 2 else 2)))
        return inside, direction

    def _cases(self, cases: Sequence[Expression]) -> Quotient:
        """A case distinction through indicators, which are 1 where a condition holds and 0 elsewhere.

        Where no case applies the expression is not defined, and nothing is said of it.
        """
        _, value, condition = cases[0]
        if condition is True or len(cases) == 1:
            return self.quotient(value)
        otherwise = self._cases(cases[1:])
        gain = self._field.sum(self.quotient(value), self._field.scaled(otherwise, -1))
        return self._field.sum(otherwise, self._field.product(self._indicator(condition), gain))

    def _indicator(self, condition: Expression) -> Quotient:
        one = Quotient(poly.constant(1))
        if isinstance(condition, bool):
            return one if condition else Quotient({})
        if condition[0] == "not":
            return self._field.sum(one, self._field.scaled(self._indicator(condition[1]), -1))
        if condition[0] == "and":
            return reduce(self._field.product, (self._indicator(a) for a in condition[1:]), one)
        if condition[0] not in RELATIONS:
            raise TooComplicatedError("a case distinction on a condition that is no comparison")
        relation, left, right = condition
        inside, direction = self._signless(self._difference(left, right))
        if relation in ("<", "<="):
            relation, direction = relation.replace("<", ">"), -direction
        if relation in (">", ">="):
            inside = poly.scale(inside, direction)
        name = ("indicator", relation, poly.key(inside))
        unit = Domain(Fraction(0), Fraction(1))
        return self._named(name, unit, ("piecewise", ("case", Fraction(1), condition), ("case", Fraction(0), True)))

    def _named(self, name: tuple[object, ...], domain: Domain, meaning: Expression) -> Quotient:
        """The variable of this name."""
        if name not in self._made:
            index = self._field.new(domain, meaning=meaning)
            self._field.variables[index].indicator = name[0] == "indicator"
            self._made[name] = Quotient(poly.variable(index))
        return self._made[name]

    # Maxima and what has no form of its own

    def _extremum(self, e: Expression) -> Quotient:
        """A maximum or minimum: arguments that another one evidently exceeds are dropped.

        A factor of all arguments that is nowhere negative comes out, so that the maximum of multiples is the multiple
        of the maximum.
        """
        greatest = e[0] == "max"
        kept: list[Expression] = []
        for a in e[1:]:
            if not any(self._exceeds(b, a, greatest=greatest) for b in kept):
                kept = [*(b for b in kept if not self._exceeds(a, b, greatest=greatest)), a]
        if len(kept) == 1:
            return self.quotient(kept[0])
        quotients = tuple(self.quotient(a) for a in kept)
        below = common_divisor(quotients)
        outside = Quotient(poly.constant(1))
        direction = 1
        for factor, exponent in below.values():
            sign = self._field.sign_of(factor)
            if sign is None or not sign.strict:
                return self._opaque_symbol((e[0], *kept))
            direction *= sign.direction if exponent % 2 else 1
            magnitude = Quotient(poly.scale(factor, sign.direction))
            outside = self._field.product(outside, self._field.integer_power(magnitude, -exponent))
        numbers = [poly.scale(self._field.raised(q, below), direction) for q in quotients]
        common, inside = self._without_common_factor(numbers)
        return self._field.product(self._field.product(Quotient(common), outside), self._extremum_of(e[0], inside))

    def _without_common_factor(self, numbers: Sequence[Polynomial]) -> tuple[Polynomial, list[Polynomial]]:
        """A monomial that is nowhere negative and divides all `numbers`, and the quotients."""
        present = [p for p in numbers if p]
        contents = [abs(poly.primitive(p)[0]) for p in present]
        common = poly.constant(min(contents))
        for index, variable in enumerate(self._field.variables):
            least = min(min(term[index] if len(term) > index else 0 for term in p) for p in present)
            if least and variable.domain.lower is not None and variable.domain.lower >= 0:
                common = poly.multiply(common, poly.variable(index, least))
        divided = [poly.divided(p, common) if p else p for p in numbers]
        return common, [p for p in divided if p is not None]

    def _extremum_of(self, head: str, numbers: Sequence[Polynomial]) -> Quotient:
        """A variable for the maximum or minimum of polynomials, the same for the same ones."""
        signs = [self._field.sign_of(p) if p else Sign(1, strict=False) for p in numbers]
        nonnegative = all(s is not None and s.direction > 0 for s in signs)
        meaning = (head, *(self.expression(p) for p in numbers))
        name = (head, frozenset(poly.key(p) for p in numbers))
        return self._named(name, NONNEGATIVE if nonnegative else REAL, meaning)

    def _exceeds(self, a: Expression, b: Expression, *, greatest: bool) -> bool:
        difference = self._difference(a, b)
        if not difference.above:
            return True
        sign = self._field.sign(difference)
        return sign is not None and (sign.direction > 0) == greatest

    def _opaque_symbol(self, e: Expression) -> Quotient:
        """A variable for `e`, the same for equal arguments."""
        if e[0] in ("sum", "oo"):
            raise TooComplicatedError(f"the operator {e[0]!r} is beyond this arithmetic")
        for head, arguments, index in self._opaque:
            if head == e[0] and self._alike(head, arguments, e[1:]):
                return Quotient(poly.variable(index))
        domain = POSITIVE if e[0] == "exp" else power_domain(e[1], e[2], self._domains) if e[0] == "**" else REAL
        index = self._field.new(domain, meaning=e)
        self._opaque.append((e[0], e[1:], index))
        return Quotient(poly.variable(index))

    def _alike(self, head: str, a: tuple[Expression, ...], b: tuple[Expression, ...]) -> bool:
        if len(a) != len(b):
            return False
        if head in ("max", "min"):
            return self._alike_in_any_order(a, b)
        return all(self.same(x, y) for x, y in zip(a, b, strict=True))


def _occurs(p: Polynomial, index: int) -> bool:
    return any(len(term) > index and term[index] for term in p)
