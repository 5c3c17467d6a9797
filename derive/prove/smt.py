"""Questions about real arithmetic as SMT-LIB 2 text, which is also what certificates hold.

Square roots, quotients, absolute values and the like become fresh symbols with *guarded* definitions: a root's says
only ``radicand >= 0 => (w >= 0 and w*w = radicand)``.  An unguarded definition would shrink the domain to the points
where the root exists, and prove things vacuously.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from ..symbols import Domain
from .atoms import Atoms, power_atoms
from .positivity import domain_of

__all__ = ["NotEncodableError", "Query", "encode"]


class NotEncodableError(ValueError):
    """An expression that the fragment of real arithmetic used here cannot say."""


@dataclass(frozen=True)
class Query:
    """A set of conditions and whether a solver is asked to show that they contradict each other.

    Attributes
    ----------
    text : str
        SMT-LIB 2, complete with ``(check-sat)``.
    symbols : mapping
        From the names in the text to what they stand for.
    """

    text: str
    symbols: Mapping[str, sp.Expr]


@dataclass
class _Encoder:
    atoms: Atoms
    domains: Mapping[sp.Symbol, Domain]
    declared: dict[sp.Symbol, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    terms: dict[sp.Basic, str] = field(default_factory=dict)
    fresh: int = 0

    def term(self, e: sp.Basic) -> str:
        if e not in self.terms:
            self.terms[e] = self._term(e)
        return self.terms[e]

    def _term(self, e: sp.Basic) -> str:
        if isinstance(e, sp.Rational):
            return _number(e)
        if isinstance(e, sp.Symbol):
            return self._symbol(e)
        if isinstance(e, sp.Add):
            return f"(+ {' '.join(self.term(a) for a in e.args)})"
        if isinstance(e, sp.Mul):
            return f"(* {' '.join(self.term(a) for a in e.args)})"
        if isinstance(e, sp.Pow):
            return self._power(e)
        if isinstance(e, sp.Abs):
            inner = self.term(e.args[0])
            return f"(ite (>= {inner} 0.0) {inner} (- {inner}))"
        if isinstance(e, sp.sign):
            inner = self.term(e.args[0])
            return f"(ite (> {inner} 0.0) 1.0 (ite (< {inner} 0.0) (- 1.0) 0.0))"
        if isinstance(e, (sp.Max, sp.Min)):
            return self._extremum(e)
        if isinstance(e, sp.Piecewise):
            return self._cases(list(e.args))
        raise NotEncodableError(f"{e} ({type(e).__name__}) is beyond polynomial real arithmetic")

    def _symbol(self, symbol: sp.Symbol) -> str:
        if symbol not in self.declared:
            name = f"|{symbol.name}|"
            if name in self.declared.values():
                raise NotEncodableError(f"two different symbols are called {symbol.name}")
            self.declared[symbol] = name
            self.lines.append(f"(declare-const {name} Real)")
            domain = domain_of(symbol, {**self.domains, **self.atoms.domains})
            self.lines += [f"(assert {self.condition(c)})" for c in domain.constraints(symbol)]
        return self.declared[symbol]

    def _power(self, e: sp.Pow) -> str:
        base, exponent = e.base, e.exp
        if isinstance(exponent, sp.Integer) and exponent > 0:
            return f"(* {' '.join([self.term(base)] * int(exponent))})" if exponent > 1 else self.term(base)
        if isinstance(exponent, sp.Rational) and exponent < 0:
            return self._reciprocal(base ** (-exponent))
        if isinstance(exponent, sp.Rational) and exponent.q == 2:
            root = self._root(base)
            return root if exponent.p == 1 else f"(* {' '.join([root] * int(exponent.p))})"
        raise NotEncodableError(f"the power {e} is beyond polynomial real arithmetic")

    def _reciprocal(self, base: sp.Expr) -> str:
        divisor, name = self.term(base), self._fresh("inverse")
        self.lines.append(f"(assert (=> (not (= {divisor} 0.0)) (= (* {name} {divisor}) 1.0)))")
        return name

    def _root(self, base: sp.Expr) -> str:
        key = sp.Pow(base, sp.Rational(1, 2), evaluate=False)
        if key not in self.terms:
            radicand, name = self.term(base), self._fresh("root")
            self.lines.append(
                f"(assert (=> (>= {radicand} 0.0) (and (>= {name} 0.0) (= (* {name} {name}) {radicand}))))"
            )
            self.terms[key] = name
        return self.terms[key]

    def _fresh(self, kind: str) -> str:
        self.fresh += 1
        name = f"|{kind}!{self.fresh}|"
        self.lines.append(f"(declare-const {name} Real)")
        return name

    def _extremum(self, e: sp.Basic) -> str:
        relation = ">=" if isinstance(e, sp.Max) else "<="
        ordered = sorted(e.args, key=str)
        result = self.term(ordered[0])
        for argument in ordered[1:]:
            other = self.term(argument)
            result = f"(ite ({relation} {result} {other}) {result} {other})"
        return result

    def _cases(self, cases: list[sp.Basic]) -> str:
        value, condition = cases[0].args
        if condition == sp.true:
            return self.term(value)
        if len(cases) == 1:
            raise NotEncodableError("a Piecewise without a final 'otherwise' is not defined everywhere")
        return f"(ite {self.condition(condition)} {self.term(value)} {self._cases(cases[1:])})"

    def condition(self, c: sp.Basic) -> str:
        if c == sp.true:
            return "true"
        if c == sp.false:
            return "false"
        if isinstance(c, sp.Not):
            return f"(not {self.condition(c.args[0])})"
        if isinstance(c, (sp.And, sp.Or)):
            word = "and" if isinstance(c, sp.And) else "or"
            return f"({word} {' '.join(self.condition(a) for a in sorted(c.args, key=str))})"
        if isinstance(c, sp.Implies):
            return f"(=> {self.condition(c.args[0])} {self.condition(c.args[1])})"
        if isinstance(c, sp.Ne):
            return f"(not (= {self.term(c.lhs)} {self.term(c.rhs)}))"
        if isinstance(c, sp.core.relational.Relational):
            sign = "=" if isinstance(c, sp.Eq) else c.rel_op
            return f"({sign} {self.term(c.lhs)} {self.term(c.rhs)})"
        raise NotEncodableError(f"{c} ({type(c).__name__}) is no condition of real arithmetic")


def _number(value: sp.Rational) -> str:
    magnitude = abs(value)
    text = f"{magnitude.p}.0" if magnitude.q == 1 else f"(/ {magnitude.p}.0 {magnitude.q}.0)"
    return text if value >= 0 else f"(- {text})"


def encode(
    conditions: Iterable[sp.Basic], *, domains: Mapping[sp.Symbol, Domain] | None = None, comment: str = ""
) -> Query:
    """The question whether `conditions` can hold together for some values in the domains.

    Parameters
    ----------
    conditions : iterable of Boolean
        Relations between expressions, joined by And, Or, Not, Implies.
    domains : mapping, optional
        Domains of symbols that do not carry one.
    comment : str, optional
        What the question is about; it heads the text.

    Raises
    ------
    NotEncodableError
        If an expression is not made of rational operations, square roots, powers of the form ``b**t``, Abs, sign,
        Max, Min and Piecewise.
    """
    conditions = list(conditions)
    atoms = power_atoms(conditions)
    encoder = _Encoder(atoms, dict(domains or {}))
    asserted = [encoder.condition(atoms.apply(c)) for c in conditions]
    for fact in atoms.facts:
        if fact.free_symbols & set(encoder.declared):
            asserted.append(encoder.condition(fact))
    heading = [f"; {line}" for line in comment.splitlines()]
    heading += [f"; |{s.name}| stands for {p}" for s, p in atoms.meaning.items()]
    body = [*encoder.lines, *(f"(assert {a})" for a in asserted)]
    text = "\n".join([*heading, "(set-logic QF_NRA)", *body, "(check-sat)", ""])
    return Query(text, {name.strip("|"): atoms.meaning.get(s, s) for s, name in encoder.declared.items()})
