"""What a rule is made of, found in its assignments: linear accumulators, odd and even quantities, the effective rate.

Nothing here knows the name of an optimizer.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property, lru_cache

import sympy as sp

from .prove.identity import prove_identity
from .prove.verdict import Verdict
from .rule import State, UpdateRule
from .sequence import one_step, terms
from .symbols import Quantity, after

__all__ = [
    "LinearState",
    "Movement",
    "corrected_averages",
    "linear_states",
    "movement",
    "odd_states",
    "step_in_new_state",
]


@dataclass(frozen=True)
class LinearState:
    """A state with the recurrence ``s_t = decay * s_{t-1} + drive``.

    Attributes
    ----------
    state : State
    decay : expression
        In the hyperparameters only.
    drive : expression
        What each step adds; states that were updated before it appear as ``after(state)``.
    """

    state: State
    decay: sp.Expr
    drive: sp.Expr

    @cached_property
    def input(self) -> sp.Expr | None:
        """For an exponential moving average, what it averages: the drive divided by 1 - decay; else None."""
        if self.decay in (0, 1):
            return None
        quotient = sp.factor(sp.cancel(self.drive / (1 - self.decay)))
        return None if quotient.has(*self.decay.free_symbols) else quotient

    @property
    def is_average(self) -> bool:
        """Whether the weights of the past inputs and of the initial value sum to one."""
        return self.input is not None

    @property
    def is_sum(self) -> bool:
        """Whether it adds without forgetting."""
        return bool(self.decay == 1)


def step_in_new_state(rule: UpdateRule) -> dict[Quantity, sp.Expr]:
    """Theta and the states after a step, where states updated earlier in the step appear as ``after(state)``.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> adagrad = rule("adagrad")
    >>> str(step_in_new_state(adagrad)[adagrad.theta])
    '-g*lr/(sqrt(G__after) + eps) + theta'
    """
    kept = {rule.theta, *(s.symbol for s in rule.state)}
    values: dict[sp.Basic, sp.Basic] = {}
    result: dict[Quantity, sp.Expr] = {}
    for line in rule.assignments:
        value = line.value.xreplace(values)
        if line.target in kept:
            result[line.target] = value
            values[line.target] = after(line.target)
        else:
            values[line.target] = value
    return result


@lru_cache(maxsize=128)
def linear_states(rule: UpdateRule) -> tuple[LinearState, ...]:
    """The states with a linear recurrence whose decay rate is made of hyperparameters alone."""
    hyper = {h.symbol for h in rule.hyper}
    values = step_in_new_state(rule)
    found: list[LinearState] = []
    for state in rule.state:
        value = sp.expand(values[state.symbol])
        decay = value.coeff(state.symbol, 1)
        drive = sp.expand(value - decay * state.symbol)
        if decay.free_symbols <= hyper and not drive.has(state.symbol):
            found.append(LinearState(state, sp.factor(decay), sp.factor(drive)))
    return tuple(found)


def corrected_averages(rule: UpdateRule) -> tuple[LinearState, ...]:
    """The averages that the rule divides by one minus the power of their decay rate."""
    t = rule.step_counter
    found = []
    for linear in linear_states(rule):
        divisor = 1 - linear.decay**t
        used = any(
            linear.state.symbol in factors and 1 / divisor in factors
            for a in rule.assignments
            for factors in (set(sp.Mul.make_args(a.value)),)
        )
        if linear.is_average and used:
            found.append(linear)
    return tuple(found)


@lru_cache(maxsize=128)
def odd_states(rule: UpdateRule) -> tuple[Quantity, ...] | None:
    """The states that change sign when every gradient (and theta) does, so that the step changes sign too.

    None if no choice of signs makes the rule odd.
    """
    step = one_step(rule)
    symbols = [s.symbol for s in rule.state]
    candidates = [q for q in symbols if q.domain.lower is None]
    for flips in itertools.product((True, False), repeat=len(candidates)):
        odd = {q for q, flip in zip(candidates, flips, strict=True) if flip} | {rule.theta}
        negated = {q: -q for q in (*odd, rule.gradient)}
        if all(_same(step[q].xreplace(negated), -step[q] if q in odd else step[q]) for q in step):
            return tuple(q for q in symbols if q in odd)
    return None


def _same(a: sp.Expr, b: sp.Expr) -> bool:
    return prove_identity(a, b).verdict is Verdict.PROVED


@dataclass(frozen=True)
class Movement:
    """How theta moves in one step: ``theta_t = keep * theta_{t-1} - rate * direction``.

    Attributes
    ----------
    keep : expression
        1, or less with decoupled weight decay.
    rate : expression
        The effective learning rate: the factors that do not change when every gradient changes sign.
    direction : expression
        The gradient, or the moment or buffer that stands for it.
    """

    keep: sp.Expr
    rate: sp.Expr
    direction: sp.Expr


@lru_cache(maxsize=128)
def movement(rule: UpdateRule) -> Movement | None:
    """The effective learning rate of `rule` and what it multiplies, in terms of the state after the step.

    None where theta is not carried over, or the step does not split into an even and an odd factor.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> found = movement(rule("rmsprop"))
    >>> str(found.rate), str(found.direction)
    ('lr/(eps + sqrt(v__after))', 'g')
    """
    odd = odd_states(rule)
    if odd is None:
        return None
    keep, moved = _kept_and_moved(rule)
    if keep == 0:
        # Theta is made anew from the states, as in follow-the-regularised-leader methods.
        return None
    rate, direction = _even_and_odd(sp.factor_terms(-moved), rule, odd)
    if rate.could_extract_minus_sign():
        rate, direction = -rate, -direction
    return Movement(keep, rate, direction) if direction != 1 else None


def _kept_and_moved(rule: UpdateRule) -> tuple[sp.Expr, sp.Expr]:
    """The factor that theta keeps, and the terms that are added to it."""
    hyper = {h.symbol for h in rule.hyper}
    keep: sp.Expr = sp.Integer(0)
    moved: sp.Expr = sp.Integer(0)
    for term in terms(step_in_new_state(rule)[rule.theta]):
        factor = term / rule.theta
        if factor.free_symbols <= hyper:
            keep += factor
        else:
            moved += term
    return keep, moved


def _even_and_odd(product: sp.Expr, rule: UpdateRule, odd: tuple[Quantity, ...]) -> tuple[sp.Expr, sp.Expr]:
    """The factors that stay when every gradient changes sign, and those that do not."""
    flipped = (*odd, *(after(q) for q in odd), rule.gradient, rule.theta)
    negated = {q: -q for q in flipped}
    even: sp.Expr = sp.Integer(1)
    rest: sp.Expr = sp.Integer(1)
    for factor in sp.Mul.make_args(product):
        if _same(factor.xreplace(negated), factor):
            even *= factor
        else:
            rest *= factor
    return even, rest
