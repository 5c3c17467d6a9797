"""Questions about real arithmetic as SMT-LIB 2 text.

Can all of some conditions hold, and another one fail?  ``unsat`` proves the implication.  A quotient and a root are new
constants whose definitions are guarded: ``divisor != 0 => inverse * divisor = 1`` and ``radicand >= 0 => root >= 0 and
root^2 = radicand``.  Where something is not defined the constant may have any value, so nothing is proved by leaving
such points out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from .domains import REAL, Domain, Powers, power_domain
from .expression import Expression, is_relation, make

__all__ = ["NotRealArithmeticError", "question"]


class NotRealArithmeticError(ValueError):
    """An expression that polynomial real arithmetic cannot say."""


def question(given: Sequence[Expression], shows: Expression | None, domains: Mapping[str, Domain]) -> str:
    """The script that asks whether `given` can hold, in the domains, while `shows` fails.

    Examples
    --------
    >>> print(question([], (">=", ("*", "x", "x"), Fraction(0)), {}))
    (set-logic QF_NRA)
    (declare-const |x| Real)
    (assert (not (>= (* |x| |x|) 0.0)))
    (check-sat)
    <BLANKLINE>
    """
    conditions = [*given, *([] if shows is None else [("not", shows)])]
    writer = _Writer(conditions, domains)
    asserted = [f"(assert {writer.condition(c)})" for c in conditions]
    facts = writer.facts()
    return "\n".join(["(set-logic QF_NRA)", *writer.lines, *facts, *asserted, "(check-sat)", ""])


class _Writer:
    """Terms of one script; what they need is declared in `lines`."""

    def __init__(self, conditions: Sequence[Expression], domains: Mapping[str, Domain]) -> None:
        self.lines: list[str] = []
        self._domains = domains
        self._powers = Powers(conditions, domains)
        self._terms: dict[Expression, str] = {}
        self._declared: set[str] = set()
        self._fresh = 0

    def term(self, e: Expression) -> str:
        if e not in self._terms:
            self._terms[e] = self._term(e)
        return self._terms[e]

    def _term(self, e: Expression) -> str:
        if isinstance(e, Fraction):
            return _number(e)
        if isinstance(e, str):
            return self._symbol(e, self._domains.get(e, REAL))
        if isinstance(e, bool):
            raise NotRealArithmeticError("a condition is no number")
        if e[0] in ("+", "*"):
            return f"({e[0]} {' '.join(self.term(a) for a in e[1:])})"
        if e[0] == "**":
            return self._power(e)
        if e[0] == "abs":
            inner = self.term(e[1])
            return f"(ite (>= {inner} 0.0) {inner} (- {inner}))"
        if e[0] == "sign":
            inner = self.term(e[1])
            return f"(ite (> {inner} 0.0) 1.0 (ite (< {inner} 0.0) (- 1.0) 0.0))"
        if e[0] in ("max", "min"):
            return self._extremum(e)
        if e[0] == "piecewise":
            return self._cases(e[1:])
        if e[0] == "at":
            return self._symbol(f"{e[1]} at {_spelt(e[2])}", REAL)
        raise NotRealArithmeticError(f"the operator {e[0]!r} is beyond polynomial real arithmetic")

    def _symbol(self, name: str, domain: Domain) -> str:
        written = f"|{name}|"
        if name not in self._declared:
            self._declared.add(name)
            self.lines.append(f"(declare-const {written} Real)")
            self._terms[name] = written
            self.lines += [f"(assert {self.condition(c)})" for c in domain.conditions(name)]
        return written

    def _new(self, kind: str) -> str:
        self._fresh += 1
        name = f"|{kind}!{self._fresh}|"
        self.lines.append(f"(declare-const {name} Real)")
        return name

    def _power(self, e: Expression) -> str:
        base, exponent = e[1], e[2]
        if not isinstance(exponent, Fraction):
            return self._counted_power(e)
        if exponent < 0:
            divisor = self.term(make("**", (base, -exponent)))
            name = self._new("inverse")
            self.lines.append(f"(assert (=> (not (= {divisor} 0.0)) (= (* {name} {divisor}) 1.0)))")
            return name
        if exponent.denominator == 1:
            return f"(* {' '.join([self.term(base)] * exponent.numerator)})"
        if exponent.denominator == 2:
            root = self._root(base)
            return root if exponent.numerator == 1 else f"(* {' '.join([root] * exponent.numerator)})"
        raise NotRealArithmeticError("only square roots can be said")

    def _root(self, radicand: Expression) -> str:
        key = ("**", radicand, Fraction(1, 2))
        if key not in self._terms:
            under, name = self.term(radicand), self._new("root")
            self.lines.append(f"(assert (=> (>= {under} 0.0) (and (>= {name} 0.0) (= (* {name} {name}) {under}))))")
            self._terms[key] = name
        return self._terms[key]

    def _counted_power(self, e: Expression) -> str:
        found = self._powers.written(e)
        if found is None:
            domain = power_domain(e[1], e[2], self._domains)
            if domain == REAL:
                raise NotRealArithmeticError("a power has an exponent that is not linear in a counter")
            return self._symbol(f"power {_spelt(e)}", domain)
        power, factor, rest = found
        atom = self._symbol(power.name, power.domain)
        size = abs(factor)
        whole = f"(* {' '.join([atom] * size + [self.term(rest)])})" if size > 1 or rest != 1 else atom
        if factor > 0:
            return whole
        name = self._new("inverse")
        self.lines.append(f"(assert (=> (not (= {whole} 0.0)) (= (* {name} {whole}) 1.0)))")
        return name

    def _extremum(self, e: Expression) -> str:
        relation = ">=" if e[0] == "max" else "<="
        result = self.term(e[1])
        for a in e[2:]:
            other = self.term(a)
            result = f"(ite ({relation} {result} {other}) {result} {other})"
        return result

    def _cases(self, cases: tuple[Expression, ...]) -> str:
        _, value, condition = cases[0]
        if condition is True:
            return self.term(value)
        if len(cases) == 1:
            raise NotRealArithmeticError("a piecewise expression lacks its last case")
        return f"(ite {self.condition(condition)} {self.term(value)} {self._cases(cases[1:])})"

    def condition(self, c: Expression) -> str:
        if isinstance(c, bool):
            return "true" if c else "false"
        if is_relation(c):
            left, right = self.term(c[1]), self.term(c[2])
            return f"(not (= {left} {right}))" if c[0] == "!=" else f"({'=' if c[0] == '==' else c[0]} {left} {right})"
        if isinstance(c, tuple) and c[0] in ("and", "or", "not", "implies", "iff"):
            word = {"implies": "=>", "iff": "="}.get(c[0], c[0])
            return f"({word} {' '.join(self.condition(a) for a in c[1:])})"
        raise NotRealArithmeticError("a number is no condition")

    def facts(self) -> list[str]:
        """That ``b ** (t + s)`` is at most b, where b lies between 0 and 1 and the exponent is at least 1."""
        return [
            f"(assert (<= |{power.name}| {self.term(power.base)}))"
            for power in self._powers.known.values()
            if power.below_base and power.name in self._declared
        ]


def _number(value: Fraction) -> str:
    size = abs(value)
    text = f"{size.numerator}.0" if size.denominator == 1 else f"(/ {size.numerator}.0 {size.denominator}.0)"
    return text if value >= 0 else f"(- {text})"


def _spelt(e: Expression) -> str:
    """An index in a name: no two different ones are spelt alike."""
    return "(" + " ".join(_spelt(a) for a in e) + ")" if isinstance(e, tuple) else str(e)
