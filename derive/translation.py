"""Finding how one rule is another: the map between their states, and the hyperparameters that make them agree.

What is found here is a proposal.  Whether it holds is for :mod:`optproof.derive.prove.equivalence` to prove.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from .comparison_goals import Values
from .rule import UpdateRule
from .sequence import one_step
from .structure import step_in_new_state
from .symbols import Quantity, after, step_counter

__all__ = ["Translation", "find_translation", "is_linear", "solve_equations"]


@dataclass(frozen=True)
class Translation:
    """How `other` is this rule: its states in terms of this rule's, and the values found for the unknowns."""

    states: Values
    solved: Mapping[Quantity, sp.Expr]


def is_linear(rule: UpdateRule) -> bool:
    """Whether one step is linear in theta, the states and the gradient, with coefficients made of hyperparameters.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> is_linear(rule("sgd[nesterov]")), is_linear(rule("adagrad"))
    (True, False)
    """
    symbols = (rule.theta, *(s.symbol for s in rule.state), rule.gradient)
    starts_at_zero = all(s.initial == 0 for s in rule.state)
    return starts_at_zero and all(_linear_part(e, symbols) is not None for e in one_step(rule).values())


def _linear_part(e: sp.Expr, symbols: Sequence[sp.Symbol]) -> dict[sp.Symbol, sp.Expr] | None:
    """The coefficients of a linear form without a constant; None if `e` is no such form."""
    if any(p.free_symbols & set(symbols) for p in e.atoms(sp.Pow, sp.Max, sp.Min, sp.Abs, sp.sign)):
        return None
    expanded = sp.expand(e)
    parts = {s: expanded.coeff(s, 1) for s in symbols}
    rest = sp.expand(expanded - sum(c * s for s, c in parts.items()))
    free = all(not c.free_symbols & set(symbols) for c in parts.values())
    return parts if free and rest == 0 else None


def find_translation(
    rule: UpdateRule,
    other: UpdateRule,
    *,
    here: Mapping[Quantity, sp.Expr] | None = None,
    there: Mapping[Quantity, sp.Expr] | None = None,
    unknowns: Iterable[Quantity] = (),
) -> Translation | None:
    """The state map, and the values of unknowns in `here` and `there`, that make one step of both rules commute.

    Linear rules are compared coefficient by coefficient: the map is any linear one, theta may be shifted by a multiple
    of a state.  Otherwise each state is a multiple of one of this rule's, found from what one step makes of zero
    states, and the unknowns are solved for at sample points of the new states.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> found = find_translation(rule("sgd[momentum]"), rule("sgd[momentum,lr_inside]"))
    >>> {str(q): str(e) for q, e in found.states}
    {'theta': 'theta', 'v': '-b*lr'}
    """
    pair = _Pair(rule, other, dict(here or {}), _by_symbol(other, dict(there or {})), tuple(unknowns))
    if is_linear(rule) and is_linear(other):
        return pair.linear(shifted=False) or pair.linear(shifted=True)
    return pair.scaled()


def _by_symbol(other: UpdateRule, there: Mapping[Quantity, sp.Expr]) -> dict[Quantity, sp.Expr]:
    names = {h.name: h.symbol for h in other.hyper}
    return {names[q.name]: e for q, e in there.items()}


@dataclass(frozen=True)
class _Pair:
    rule: UpdateRule
    other: UpdateRule
    here: Mapping[Quantity, sp.Expr]
    there: Mapping[Quantity, sp.Expr]
    unknowns: tuple[Quantity, ...]

    @property
    def _own(self) -> dict[Quantity, sp.Expr]:
        return {q: e.xreplace(dict(self.here)) for q, e in one_step(self.rule).items()}

    @property
    def _others(self) -> dict[Quantity, sp.Expr]:
        return {q: e.xreplace(dict(self.there)) for q, e in one_step(self.other).items()}

    def linear(self, *, shifted: bool) -> Translation | None:
        """The linear map; only if `shifted` may theta there be theta here plus a multiple of a state."""
        own_states = [s.symbol for s in self.rule.state]
        theta, g = self.rule.theta, self.rule.gradient
        made: dict[sp.Symbol, None] = {}

        def form(label: str) -> sp.Expr:
            symbols = {s: sp.Symbol(f"c__{label}__{s}") for s in own_states}
            made.update(dict.fromkeys(symbols.values()))
            return sp.Add(*(c * s for s, c in symbols.items()))

        states = {theta: theta + (form("theta") if shifted else sp.Integer(0))}
        states |= {s.symbol: form(s.name) for s in self.other.state}
        equations: list[sp.Expr] = []
        for q, e in self._others.items():
            gap = sp.expand(states[q].xreplace(self._own) - e.xreplace(states))
            equations += [gap.coeff(s, 1) for s in (theta, *own_states, g)]
        point = self.rule.gradient_at.xreplace(dict(self.here)) - self.other.gradient_at.xreplace(
            {**self.there, **states}
        )
        equations += [sp.expand(point).coeff(s, 1) for s in (theta, *own_states)]
        solved = solve_equations(equations, [*made, *self.unknowns])
        if solved is None:
            return None
        free = dict.fromkeys(made, sp.Integer(0))
        found = {q: e.xreplace({**free, **solved}) for q, e in states.items()}
        values = {u: solved[u] for u in self.unknowns if u in solved}
        return Translation(tuple((q, sp.factor_terms(e)) for q, e in found.items()), values)

    def scaled(self) -> Translation | None:
        """Each state a multiple of one of this rule's; the unknowns from sample points."""
        choices = [list(self._multiples(s.symbol)) for s in self.other.state]
        for chosen in itertools.islice(itertools.product(*choices), 6):
            states = {s.symbol: c for s, c in zip(self.other.state, chosen, strict=True)}
            solved = self._sampled(states)
            if solved is not None and self._commutes_at_a_point(states, solved):
                return Translation(((self.rule.theta, self.rule.theta), *states.items()), solved)
        return None

    def _multiples(self, target: Quantity) -> Iterator[sp.Expr]:
        """Candidates for what `target` is: multiples of this rule's states, one of the same name first."""
        fresh = self._from_zero(self._others, self.other)[target]
        own = self._from_zero(self._own, self.rule)
        inputs = {self.rule.gradient, self.rule.theta}
        for state in sorted((s.symbol for s in self.rule.state), key=lambda s: (s.name != target.name, s.name)):
            if own[state] == 0 or fresh == 0:
                continue
            ratio = sp.cancel(fresh / own[state])
            if not ratio.free_symbols & inputs:
                yield ratio * state

    @staticmethod
    def _from_zero(step: Mapping[Quantity, sp.Expr], rule: UpdateRule) -> dict[Quantity, sp.Expr]:
        """What one step makes of states that are all zero."""
        zero = {s.symbol: sp.Integer(0) for s in rule.state}
        return {q: step[q].xreplace(zero) for q in zero}

    def _sampled(self, states: Mapping[Quantity, sp.Expr]) -> dict[Quantity, sp.Expr] | None:
        """The unknowns, from theta's new value at points of the new states, the gradient and theta."""
        if not self.unknowns:
            return {}
        own = step_in_new_state(self.rule)[self.rule.theta].xreplace(dict(self.here))
        other = step_in_new_state(self.other)[self.rule.theta].xreplace(dict(self.there))
        own_states = [s.symbol for s in self.rule.state]
        later = {after(q): e.xreplace({s: after(s) for s in own_states}) for q, e in states.items()}
        gap = own - other.xreplace({**states, **later})
        powers, meaning = _rational_powers(gap)
        gap = gap.xreplace(powers)
        equations = []
        for theta, size in ((0, 1), (0, 4), (1, 1)):
            point: dict[sp.Basic, sp.Basic] = {self.rule.theta: sp.Integer(theta), self.rule.gradient: sp.Integer(1)}
            for s in own_states:
                value = sp.Integer(size if s.domain.lower is not None else 1)
                point |= {s: value, after(s): value}
            equations.append(_without_roots(gap.xreplace(point)))
        numerators = [sp.fraction(sp.together(e))[0] for e in equations]
        solved = solve_equations(numerators, self.unknowns)
        return None if solved is None else {u: solved[u].xreplace(meaning) for u in self.unknowns if u in solved}

    def _commutes_at_a_point(self, states: Mapping[Quantity, sp.Expr], solved: Mapping[Quantity, sp.Expr]) -> bool:
        """A quick look by numbers: does one step from an arbitrary state commute with the map?"""
        t, own, others = self.rule.step_counter, self._own, self._others
        earlier = {q: e.xreplace({t: t - 1}) for q, e in states.items()}
        for q, e in {**states, self.rule.theta: self.rule.theta}.items():
            gap = (e.xreplace(own) - others[q].xreplace(earlier)).xreplace(dict(solved))
            value = gap.xreplace({s: _sample(s) for s in gap.free_symbols}).evalf(20)
            if not value.is_number or abs(value) > sp.Float("1e-12"):
                return False
        return True


def _sample(symbol: sp.Symbol) -> sp.Rational:
    domain = symbol.domain if isinstance(symbol, Quantity) else None
    spread = sp.Rational(sum(map(ord, symbol.name)) % 89 + 5, 100)
    return sp.Integer(3) if domain is not None and domain.integer else spread


def _rational_powers(e: sp.Expr) -> tuple[dict[sp.Expr, sp.Expr], dict[sp.Symbol, sp.Expr]]:
    """Every power b**t as 1 - k**2 and t as k**2, each with its positive k, and what each k stands for.

    The roots of bias corrections are then rational in k.
    """
    powers = sorted((p for p in e.atoms(sp.Pow) if p.exp.free_symbols), key=str)
    counter = step_counter()
    keys = {p: sp.Symbol(f"root__{i}", positive=True) for i, p in enumerate(powers)}
    root = sp.Symbol("root__t", positive=True)
    replace = {p: 1 - k**2 for p, k in keys.items()} | {counter: root**2}
    return replace, {k: sp.sqrt(1 - p) for p, k in keys.items()} | {root: sp.sqrt(counter)}


def _without_roots(e: sp.Expr) -> sp.Expr:
    """`e` with what stands under its roots factored, so that squares of positive symbols come out."""
    return e.replace(
        lambda x: isinstance(x, sp.Pow) and x.exp.is_Rational and x.exp.q == 2,
        lambda x: sp.Pow(sp.factor(sp.together(x.base)), x.exp),
    )


def solve_equations(equations: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]) -> dict[sp.Symbol, sp.Expr] | None:
    """Values of the unknowns at which all expressions vanish, by one linear equation at a time; None without success.

    Examples
    --------
    >>> x, y = sp.symbols("x y")
    >>> solve_equations([x * y - 6, x - 2], [x, y])
    {x: 2, y: 3}
    """
    rest = [e for e in (_what_may_vanish(e, unknowns) for e in equations) if e != 0]
    solved: dict[sp.Symbol, sp.Expr] = {}
    while rest:
        step = _linear_in_one(rest, unknowns)
        if step is None:
            return None
        symbol, value = step
        solved = {s: sp.factor(sp.cancel(e.xreplace({symbol: value}))) for s, e in solved.items()} | {symbol: value}
        substituted = (sp.fraction(sp.together(e.xreplace({symbol: value})))[0] for e in rest)
        rest = [e for e in (_what_may_vanish(e, unknowns) for e in substituted) if e != 0]
    return solved


def _what_may_vanish(equation: sp.Expr, unknowns: Sequence[sp.Symbol]) -> sp.Expr:
    """An equation without the factors that no unknown, or no unknown in its domain, makes zero."""
    expanded = sp.expand(equation)
    if not isinstance(expanded, sp.Add):
        return expanded
    factors = sp.Mul.make_args(sp.factor(expanded))
    return sp.expand(sp.Mul(*(f for f in factors if not _never_zero(f, unknowns))))


def _never_zero(factor: sp.Expr, unknowns: Sequence[sp.Symbol]) -> bool:
    inner = factor.base if isinstance(factor, sp.Pow) else factor
    if not inner.free_symbols & set(unknowns):
        return True
    (symbol, *others) = inner.free_symbols
    if others or not isinstance(symbol, Quantity) or not inner.is_polynomial(symbol):
        return False
    slope, shift = inner.coeff(symbol, 1), inner.coeff(symbol, 0)
    if sp.expand(inner - slope * symbol - shift) != 0 or not slope.is_Rational or not shift.is_Rational:
        return False
    return not symbol.domain.contains(-shift / slope)


def _linear_in_one(equations: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]) -> tuple[sp.Symbol, sp.Expr] | None:
    for alone in (True, False):
        for e in sorted(equations, key=lambda x: (len(x.free_symbols & set(unknowns)), len(x.args))):
            for symbol in (u for u in unknowns if u in e.free_symbols):
                slope = e.coeff(symbol, 1)
                rest = sp.expand(e - slope * symbol)
                if rest.has(symbol) or (alone and slope.free_symbols & set(unknowns)):
                    continue
                return symbol, sp.factor(sp.cancel(-rest / slope))
    return None
