"""Rules whose step is a gradient, or an average of gradients, over the root of an average of squares.

The size of such a step is bounded by a constant that depends on two decay rates and two gains only: the numerator
forgets by `a` and takes in ``p z``, what stands under the root forgets by `b` and takes in ``q z^2``.  Everything here
is found from the assignments of a rule; the names of optimizers play no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import sympy as sp

from .rule import UpdateRule
from .structure import LinearState, linear_states, movement, step_in_new_state
from .symbols import Quantity, after
from .tidying import upright

__all__ = ["NormalisedStep", "driven_buffer", "normalised_step", "smallest_constant"]


@dataclass(frozen=True)
class NormalisedStep:
    """The structure of a normalised step.

    Attributes
    ----------
    keep, rate, direction : expressions
        As in :class:`optproof.derive.structure.Movement`.
    numerator : LinearState or None
        The average in the numerator; None where it is the gradient itself.
    second : LinearState
        The average (or sum) of squares.
    scale : Quantity
        What stands under the root: that state, or its running maximum.
    a, p, b, q : expressions
        ``numerator' = a numerator + p z`` and ``second' = b second + q z^2``.
    z : expression
        What both take in: the gradient, with an L2 term where the rule has one.
    size : expression
        ``rate^2 scale`` where eps is 0.
    eps : Quantity or None
    """

    keep: sp.Expr
    rate: sp.Expr
    direction: sp.Expr
    numerator: LinearState | None
    second: LinearState
    scale: Quantity
    a: sp.Expr
    p: sp.Expr
    b: sp.Expr
    q: sp.Expr
    z: sp.Expr
    size: sp.Expr
    eps: Quantity | None

    @property
    def base(self) -> sp.Expr:
        """The size of a step whose ratio is 1, once every bias correction has faded: lr, and lr times a schedule."""
        return sp.sqrt(without_powers(self.size))

    @property
    def correction(self) -> sp.Expr:
        """What bias corrections multiply the square of the ratio by; it tends to 1."""
        return sp.factor(sp.cancel(self.size / self.base**2))

    @property
    def constant(self) -> tuple[sp.Expr, sp.Expr]:
        """Numerator and denominator of the smallest K with ``numerator^2 <= K second`` for every run."""
        if self.a == 0:
            return self.p**2, self.q
        return self.p**2 * self.b, self.q * (self.b - self.a**2)

    @property
    def supremum(self) -> sp.Expr:
        """The square root of that constant."""
        above, below = self.constant
        return self.p * sp.sqrt(above / self.p**2) / sp.sqrt(below)


def smallest_constant(a: sp.Expr, p: sp.Expr, b: sp.Expr, q: sp.Expr) -> sp.Expr:
    """The smallest K for which ``n^2 <= K s`` survives ``n' = a n + p z``, ``s' = b s + q z^2`` for every z.

    With s at its least value n^2/K, ``K s' - n'^2`` is a quadratic form in (n, z).  It is nonnegative for all n and z
    down to the K at which its determinant vanishes.

    Examples
    --------
    >>> a, b = sp.symbols("a b")
    >>> smallest_constant(a, 1 - a, b, 1 - b)
    b*(1 - a)**2/((1 - b)*(-a**2 + b))
    """
    constant, n, z = sp.symbols("K n z", positive=True)
    form = sp.expand(constant * (b * n**2 / constant + q * z**2) - (a * n + p * z) ** 2)
    determinant = sp.expand(sp.hessian(form, (n, z)).det())
    (found,) = sp.roots(sp.Poly(determinant, constant))
    return upright(sp.factor(found))


def without_powers(expression: sp.Expr) -> sp.Expr:
    """`expression` where powers of decay rates, such as beta1**t, have faded to 0."""
    return expression.xreplace({p: sp.Integer(0) for p in expression.atoms(sp.Pow) if _is_decay(p)})


def _is_decay(power: sp.Pow) -> bool:
    return any(isinstance(s, Quantity) and s.domain.integer for s in power.exp.free_symbols)


@lru_cache(maxsize=128)
def normalised_step(rule: UpdateRule) -> NormalisedStep | None:
    """The normalised step of `rule`, or None if it has another structure.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> found = normalised_step(rule("rmsprop"))
    >>> str(found.base), str(found.supremum)
    ('lr', '1/sqrt(1 - rho)')
    """
    moved = movement(rule)
    if moved is None:
        return None
    eps = next((h.symbol for h in rule.hyper if h.name == "eps"), None)
    under_root = _under_root(moved.rate, rule, eps)
    if under_root is None:
        return None
    scale, second, size = under_root
    numerator = next((s for s in linear_states(rule) if after(s.state.symbol) == moved.direction), None)
    if numerator is None:
        gains = _gains(sp.Integer(1), moved.direction, second, rule)
        decay: sp.Expr = sp.Integer(0)
    else:
        gain = 1 - numerator.decay if numerator.is_average else sp.Integer(1)
        gains = _gains(gain, sp.cancel(numerator.drive / gain), second, rule)
        decay = numerator.decay
    if gains is None:
        return None
    p, z, q = gains
    return NormalisedStep(
        moved.keep, moved.rate, moved.direction, numerator, second, scale, decay, p, second.decay, q, z, size, eps
    )


def _gains(p: sp.Expr, z: sp.Expr, second: LinearState, rule: UpdateRule) -> tuple[sp.Expr, sp.Expr, sp.Expr] | None:
    """The gains p and q with the common input z, if the second moment takes in a multiple of z^2."""
    if rule.gradient not in z.free_symbols or _visibly_varies(second.drive / z**2, rule):
        return None
    q = sp.factor(sp.cancel(second.drive / z**2))
    constants = {h.symbol for h in rule.hyper}
    return (p, z, q) if q.free_symbols <= constants else None


def _visibly_varies(expression: sp.Expr, rule: UpdateRule) -> bool:
    """Whether the value changes with the gradient at two points, which spares SymPy from cancelling in vain."""
    others = sorted(expression.free_symbols - {rule.gradient}, key=lambda s: s.name)
    values = {s: sp.Rational(3, 7 + i) for i, s in enumerate(others)}
    first, second = (expression.evalf(30, subs={**values, rule.gradient: sp.Integer(n)}) for n in (2, 5))
    return bool(abs(first - second) > sp.Float(10) ** -15 * (abs(first) + abs(second)))


def _under_root(rate: sp.Expr, rule: UpdateRule, eps: Quantity | None) -> tuple[Quantity, LinearState, sp.Expr] | None:
    """The state under the root in `rate`, the sum of squares it is, and ``rate^2 state`` where eps is 0."""
    ideal = rate if eps is None else rate.xreplace({eps: sp.Integer(0)})
    if ideal.has(sp.nan, sp.zoo):
        return None
    states = [s.symbol for s in rule.state if ideal.has(after(s.symbol))]
    if len(states) != 1:
        return None
    scale = states[0]
    size = sp.cancel(sp.powdenest(ideal**2) * after(scale))
    if not size.free_symbols <= {rule.step_counter, *(h.symbol for h in rule.hyper)}:
        return None
    by_symbol = {s.state.symbol: s for s in linear_states(rule)}
    if scale in by_symbol:
        return scale, by_symbol[scale], size
    value = step_in_new_state(rule)[scale]
    if isinstance(value, sp.Max):
        held = [by_symbol[q] for q in by_symbol if after(q) in value.args and scale in value.args]
        return (scale, held[0], size) if held else None
    return None


@dataclass(frozen=True)
class DrivenBuffer:
    """A momentum buffer that takes in gradients already divided by the root of an average of their squares.

    Attributes
    ----------
    state : LinearState
        The buffer.
    second : LinearState
        The average of squares.
    limit : expression
        The square of the largest value that the buffer takes in.
    """

    state: LinearState
    second: LinearState
    limit: sp.Expr


@lru_cache(maxsize=128)
def driven_buffer(rule: UpdateRule) -> DrivenBuffer | None:
    """The momentum buffer of normalised gradients that moves theta, if `rule` has one."""
    moved = movement(rule)
    eps = next((h.symbol for h in rule.hyper if h.name == "eps"), None)
    if moved is None or eps is None:
        return None
    for buffer in linear_states(rule):
        if after(buffer.state.symbol) != moved.direction or buffer.is_average:
            continue
        ideal = buffer.drive.xreplace({eps: sp.Integer(0)})
        for second in linear_states(rule):
            root = after(second.state.symbol)
            gain = sp.cancel(sp.powdenest(ideal**2) * root / second.drive)
            if ideal.has(root) and gain.free_symbols <= {h.symbol for h in rule.hyper}:
                return DrivenBuffer(buffer, second, upright(sp.factor(gain)))
    return None
