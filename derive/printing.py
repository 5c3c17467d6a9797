"""Expressions and rules as text and as LaTeX, in the order a paper writes them.

SymPy sorts by its own key; a paper orders by what a symbol is.  So every symbol gets a rank (step counter,
hyperparameters, state, gradient, theta; a temporary ranks with what it is computed from), and ranks order both

* products: ``lr sqrt(1 - beta2^t) m``, the highest rank of a factor deciding, and
* sums: theta itself first, then numbers, state, the gradient, multiples of theta, and last what the user chose
  freely, as in ``sqrt(v) + eps`` and ``g + weight_decay theta``.

One traversal serves both dialects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import sympy as sp

from .rule import UpdateRule
from .symbols import AFTER, Quantity

__all__ = ["Dialect", "Notation", "claim_notation", "expression_text", "notation", "rule_lines"]

Dialect = Literal["text", "latex"]

_SUM, _PRODUCT, _POWER, _ATOM = range(4)
# The blocks of ranks; within a block the order of declaration decides.
_COUNTER, _HYPER, _STATE, _GRADIENT, _THETA = 0, 100, 200, 300, 400
_RELATIONS = {
    "==": ("=", "="),
    "!=": ("!=", r"\neq"),
    "<": ("<", "<"),
    "<=": ("<=", r"\leq"),
    ">": (">", ">"),
    ">=": (">=", r"\geq"),
}
_CONTRARY = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_LATEX_NAMES = {"Max": r"\max", "Min": r"\min", "sign": r"\operatorname{sign}", "exp": r"\exp", "log": r"\ln"}


@dataclass(frozen=True)
class Notation:
    """How symbols are written, and in which order factors stand.

    Parameters
    ----------
    dialect : {"text", "latex"}
    names : mapping of symbol name to its written form
    rank : mapping of symbol name to its place in sums and products; an unknown symbol ranks with the state
    """

    dialect: Dialect
    names: Mapping[str, str] = field(default_factory=dict)
    rank: Mapping[str, int] = field(default_factory=dict)

    def write(self, expression: sp.Basic) -> str:
        """`expression` in this notation."""
        return self._write(expression)[0]

    def _write(self, e: sp.Basic) -> tuple[str, int]:
        if isinstance(e, sp.Symbol):
            return self._symbol(e), _ATOM
        if isinstance(e, sp.Integer):
            return str(e), _ATOM if e >= 0 else _SUM
        if isinstance(e, sp.Rational):
            size = self._fraction(str(abs(e.p)), str(e.q))
            return size if e.p > 0 else (f"-{size[0]}", _SUM)
        if isinstance(e, sp.Add):
            return self._sum(e), _SUM
        if isinstance(e, sp.Mul):
            return self._product(e)
        if isinstance(e, sp.Pow):
            return self._power(e.base, e.exp)
        return self._function(e)

    def _function(self, e: sp.Basic) -> tuple[str, int]:
        if isinstance(e, sp.Abs):
            inner = self.write(e.args[0])
            return (rf"\left|{inner}\right|" if self.dialect == "latex" else f"|{inner}|"), _ATOM
        if isinstance(e, (sp.Max, sp.Min, sp.sign, sp.exp, sp.log)):
            return self._call(e), _ATOM
        if isinstance(e, sp.Piecewise):
            return self._piecewise(e), _ATOM
        if isinstance(e, sp.core.relational.Relational):
            sign = _RELATIONS[e.rel_op][self.dialect == "latex"]
            return f"{self.write(e.lhs)} {sign} {self.write(e.rhs)}", _SUM
        if isinstance(e, sp.Sum):
            return self._series(e), _SUM
        if isinstance(e, sp.core.function.AppliedUndef):
            return self._sequence_value(e), _ATOM
        if isinstance(e, (sp.And, sp.Or, sp.Implies, sp.Not, sp.Equivalent)):
            return self._logic(e), _SUM
        return (sp.latex(e) if self.dialect == "latex" else str(e)), _SUM

    def _series(self, e: sp.Sum) -> str:
        index, low, high = (self.write(part) for part in e.limits[0])
        body = self._wrap(e.function, _PRODUCT)
        if self.dialect == "latex":
            return rf"\sum_{{{index}={low}}}^{{{high}}} {body}"
        return f"sum({index}={low}..{high}: {body})"

    def _sequence_value(self, e: sp.core.function.AppliedUndef) -> str:
        name, index = str(e.func), self.write(e.args[0])
        if self.dialect == "latex":
            return _subscript(self.names.get(f"{name}__letter", name), index)
        return f"{name}[{index}]"

    def _logic(self, e: sp.Basic) -> str:
        latex = self.dialect == "latex"
        if isinstance(e, sp.Not) and isinstance(e.args[0], sp.core.relational.Relational):
            relation = e.args[0]
            sign = _RELATIONS[_CONTRARY[relation.rel_op]][latex]
            return f"{self.write(relation.lhs)} {sign} {self.write(relation.rhs)}"
        if isinstance(e, sp.Not):
            return (r"\neg " if latex else "not ") + self._wrap(e.args[0], _ATOM)
        words = {
            "And": (" and ", r" \;\text{and}\; "),
            "Or": (" or ", r" \;\text{or}\; "),
            "Implies": (" => ", r" \;\Rightarrow\; "),
            "Equivalent": (" <=> ", r" \;\Leftrightarrow\; "),
        }
        arguments = e.args if isinstance(e, sp.Implies) else sorted(e.args, key=str)
        return words[type(e).__name__][latex].join(self.write(a) for a in arguments)

    def _symbol(self, symbol: sp.Symbol) -> str:
        if symbol.name in self.names:
            return self.names[symbol.name]
        return symbol.latex_form if self.dialect == "latex" and isinstance(symbol, Quantity) else symbol.name

    def _wrap(self, e: sp.Basic, at_least: int) -> str:
        text, level = self._write(e)
        if level >= at_least:
            return text
        return rf"\left({text}\right)" if self.dialect == "latex" else f"({text})"

    def _ranks(self, e: sp.Basic) -> list[int]:
        return [self.rank.get(s.name, _STATE) for s in e.free_symbols if isinstance(s, sp.Symbol)]

    def _key(self, e: sp.Basic) -> tuple[int, int, str]:
        ranks = self._ranks(e)
        return (max(ranks, default=-1), len(ranks), str(e))

    def _sum(self, e: sp.Add) -> str:
        # A leading term without a minus sign reads better: 1 - beta, not -beta + 1.
        terms = sorted(e.args, key=lambda a: (a.could_extract_minus_sign(), self._term_key(a)))
        written = ""
        for term in terms:
            negative = term.could_extract_minus_sign() and not isinstance(term, sp.Add)
            body = self._wrap(-term if negative else term, _PRODUCT)
            written += (" - " if negative else " + ") + body if written else ("-" if negative else "") + body
        return written

    def _term_key(self, e: sp.Basic) -> tuple[int, int, int, str]:
        highest, count, text = self._key(e)
        if isinstance(e, sp.Symbol) and highest == _THETA:
            place = 0
        elif highest < 0:
            place = 1
        else:
            place = 2 + [_STATE, _GRADIENT, _THETA, _HYPER, _COUNTER].index(highest // 100 * 100)
        return (place, highest, count, text)

    def _product(self, e: sp.Mul) -> tuple[str, int]:
        if e.could_extract_minus_sign():
            return "-" + self._wrap(-e, _PRODUCT), _SUM
        above, below = _numerator_and_denominator(e)
        if below:
            return self._fraction(self._factors(above), self._factors(below), len(above), len(below))
        return self._factors(above), _PRODUCT

    def _factors(self, factors: list[sp.Expr]) -> str:
        if not factors:
            return "1"
        if len(factors) == 1:
            return self.write(factors[0])
        ordered = sorted(factors, key=lambda f: (not f.is_Number, self._key(f)))
        glue = r" \, " if self.dialect == "latex" else " "
        return glue.join(self._wrap(f, _POWER) for f in ordered)

    def _fraction(self, above: str, below: str, n_above: int = 1, n_below: int = 1) -> tuple[str, int]:
        if self.dialect == "latex":
            return rf"\frac{{{above}}}{{{below}}}", _PRODUCT
        top = f"({above})" if n_above == 1 and _has_outer_sum(above) else above
        bottom = f"({below})" if n_below > 1 or _has_outer_sum(below) else below
        return f"{top} / {bottom}", _PRODUCT

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> tuple[str, int]:
        if exponent == sp.Rational(1, 2):
            inner = self.write(base)
            return (rf"\sqrt{{{inner}}}" if self.dialect == "latex" else f"sqrt({inner})"), _ATOM
        if exponent.could_extract_minus_sign():
            return self._fraction("1", self.write(base**-exponent), 1, 1)
        if self.dialect == "latex":
            body = self._wrap(base, _ATOM)
            # x_t^2, but (x^2)^t and (beta_1)^t where the name already carries a superscript.
            return (rf"\left({body}\right)" if "^" in body and not body.startswith(r"\left") else body) + (
                f"^{{{self.write(exponent)}}}"
            ), _POWER
        return f"{self._wrap(base, _ATOM)}^{self._wrap(exponent, _ATOM)}", _POWER

    def _call(self, e: sp.Basic) -> str:
        name = type(e).__name__
        arguments = sorted(e.args, key=self._key) if isinstance(e, (sp.Max, sp.Min)) else e.args
        inside = ", ".join(self.write(a) for a in arguments)
        if self.dialect == "latex":
            return rf"{_LATEX_NAMES[name]}\left({inside}\right)"
        return f"{name.lower()}({inside})"

    def _piecewise(self, e: sp.Piecewise) -> str:
        if self.dialect == "latex":
            rows = [
                f"{self.write(v)} & " + (r"\text{otherwise}" if c == sp.true else rf"\text{{if }} {self.write(c)}")
                for v, c in e.args
            ]
            return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"
        cases = [f"{self.write(v)} " + ("otherwise" if c == sp.true else f"if {self.write(c)}") for v, c in e.args]
        return "{" + ", ".join(cases) + "}"


def _numerator_and_denominator(e: sp.Mul) -> tuple[list[sp.Expr], list[sp.Expr]]:
    above: list[sp.Expr] = []
    below: list[sp.Expr] = []
    for factor in e.args:
        if isinstance(factor, sp.Rational) and not isinstance(factor, sp.Integer):
            if factor.p != 1:
                above.append(sp.Integer(factor.p))
            below.append(sp.Integer(factor.q))
        elif isinstance(factor, sp.Pow) and factor.exp.could_extract_minus_sign():
            below.append(factor.base**-factor.exp)
        elif isinstance(factor, sp.Pow) and isinstance(factor.base, sp.Pow) and factor.base.exp == -1:
            below.append(factor.base.base**factor.exp)
        else:
            above.append(factor)
    return above, below


def _has_outer_sum(text: str) -> bool:
    depth = 0
    for i, character in enumerate(text):
        depth += (character in "({[") - (character in ")}]")
        if depth == 0 and text[i : i + 3] in (" + ", " - ", " / "):
            return True
    return text.startswith("-")


def _subscript(latex: str, index: str) -> str:
    return f"{latex}_{{{index}}}" if "_" not in latex else rf"{{{latex}}}_{{{index}}}"


def _ranks(rule: UpdateRule) -> dict[str, int]:
    ranks = {"t": _COUNTER, "g": _GRADIENT, "theta": _THETA}
    ranks |= {h.name: _HYPER + i for i, h in enumerate(rule.hyper)}
    ranks |= {s.name: _STATE + i for i, s in enumerate(rule.state)}
    for line in rule.assignments:
        if line.target.name not in ranks:
            parts = [ranks[s.name] for s in line.value.free_symbols if s != rule.theta]
            ranks[line.target.name] = max(parts, default=_COUNTER)
    return ranks


def _names(rule: UpdateRule, dialect: Dialect, updated: frozenset[str], *, indexed: bool) -> dict[str, str]:
    fixed = {h.name for h in rule.hyper} | {"t"}
    names: dict[str, str] = {}
    for name, quantity in rule.quantities.items():
        written = quantity.latex_form if dialect == "latex" else name
        if name in fixed or not indexed:
            names[name] = written
            continue
        now = name == "g" or quantity in rule.temporaries or name in updated
        index = "t" if now else "t-1"
        names[name] = _subscript(written, index) if dialect == "latex" else f"{written}[{index}]"
    return names


def notation(rule: UpdateRule, dialect: Dialect, updated: frozenset[str] = frozenset(), *, indexed: bool) -> Notation:
    """The notation of `rule`; with `indexed`, names in `updated` carry t and the others t-1."""
    return Notation(dialect, _names(rule, dialect, updated, indexed=indexed), _ranks(rule))


def rule_lines(rule: UpdateRule, dialect: Dialect) -> list[str]:
    """The algorithm box of `rule`, a line for each assignment."""
    lines: list[str] = []
    updated: set[str] = set()
    for line in rule.assignments:
        right = notation(rule, dialect, frozenset(updated), indexed=True).write(line.value)
        updated.add(line.target.name)
        left = notation(rule, dialect, frozenset(updated), indexed=True).write(line.target)
        lines.append(f"{left} = {right}")
    return lines


def claim_notation(rule: UpdateRule, dialect: Dialect, *, now: bool) -> Notation:
    """The notation of a statement about `rule`: states carry t (or t-1 unless `now`), states after the step carry t."""
    states = [rule.theta, *(s.symbol for s in rule.state)]
    base = notation(rule, dialect, frozenset(q.name for q in states) if now else frozenset(), indexed=True)
    later = notation(rule, dialect, frozenset(q.name for q in states), indexed=True)
    names = dict(base.names) | {f"{q.name}{AFTER}": later.names[q.name] for q in states}
    names |= {f"{name}__letter": quantity.latex_form for name, quantity in rule.quantities.items()}
    ranks = dict(base.rank) | {f"{q.name}{AFTER}": base.rank[q.name] for q in states}
    return Notation(dialect, names, ranks)


def expression_text(expression: sp.Basic, dialect: Dialect = "text", rule: UpdateRule | None = None) -> str:
    """`expression` as text or LaTeX, with the names and the order of `rule` if one is given."""
    chosen = Notation(dialect) if rule is None else notation(rule, dialect, indexed=False)
    return chosen.write(expression)
