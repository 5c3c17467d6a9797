"""What users run as passes of their own over memory, as part of the rule: one step does it all, and all is proved.

Four extras change the formulas, and so are a change of the rule: the result is an :class:`~optproof.derive.UpdateRule`
like any other.  Two more, ``zero_gradient`` and ``skip_nonfinite``, concern memory and special values, which formulas
about real numbers do not know; they belong to the :class:`~optproof.kernels.form.Form` of a kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from fractions import Fraction

import sympy as sp

from ..derive import POSITIVE, REAL, UNIT_INTERVAL, Quantity, RuleError, UpdateRule
from ..derive.catalogue.common_options import COMMON_OPTIONS, IncompatibleOptionError
from ..derive.symbols import NO_UNIT, exact
from .errors import KernelError

__all__ = ["EXTRAS", "FORMULAS", "Extras", "checked_extras", "extended"]

Extras = Mapping[str, object] | Iterable[str]
"""Names of extras, or values by name that become the defaults of their hyperparameters."""

_SCALE = Quantity("gradient_scale", POSITIVE, r"\sigma", NO_UNIT, "factor of the gradient")
_LIMIT = Quantity("clip_value", POSITIVE, "c", meaning="largest absolute value of a gradient")
_DECAY = Quantity("average_decay", UNIT_INTERVAL, r"\gamma", meaning="decay rate of the average of the weights")
_AVERAGE = Quantity("theta_average", REAL, r"\bar{\theta}", meaning="average of the weights")


def extended(rule: UpdateRule, extras: Extras) -> UpdateRule:
    """`rule` with extras in its formulas.

    Parameters
    ----------
    rule : UpdateRule
    extras : names, or mapping of name to value
        Applied in this order: ``"gradient_scale"`` multiplies the gradient; ``"clip_value"`` then limits it to the
        interval from -clip_value to clip_value; ``"weight_decay"`` also takes ``lr * weight_decay * theta`` from
        theta; ``"average_decay"`` keeps an exponential moving average of the new weights in the state
        ``theta_average``, which the first step sets to the weights.  A value becomes the hyperparameter's default.

    Raises
    ------
    KernelError
        If an extra is unknown or its value outside its domain, or the rule has something of that name already.

    Examples
    --------
    >>> from optproof import rule
    >>> print(extended(rule("sgd"), {"clip_value": 1, "average_decay": "0.99"}).text())
    g_clipped[t] = max(-clip_value, min(clip_value, g[t]))
    theta[t] = theta[t-1] - lr g_clipped[t]
    retained[t] = {0 if t = 1, average_decay otherwise}
    theta_average[t] = retained[t] theta_average[t-1] + (1 - retained[t]) theta[t]
    """
    chosen = checked_extras(extras)
    try:
        for name, add in FORMULAS.items():
            if name in chosen:
                rule = add(rule, chosen[name]).renamed(f"{rule.name}+{name}")
    except (RuleError, IncompatibleOptionError) as error:
        raise KernelError(f"the extra {name!r} cannot be added: {error}") from None
    return rule


def checked_extras(extras: Extras) -> dict[str, sp.Rational | None]:
    """The default of each extra by name; None where none was given.

    Raises
    ------
    KernelError
        If a name is unknown, or a value is no number.
    """
    if isinstance(extras, str):
        raise KernelError(f"extras is the string {extras!r}; pass a list of names, such as [{extras!r}]")
    given = dict(extras) if isinstance(extras, Mapping) else dict.fromkeys(extras)
    for name in given:
        if name not in EXTRAS:
            close = get_close_matches(str(name), EXTRAS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(EXTRAS)}"
            raise KernelError(f"there is no extra {name!r}; {hint}")
    return {name: _default(name, value) for name, value in given.items()}


def _default(name: str, value: object) -> sp.Rational | None:
    if name not in FORMULAS:
        if value not in (None, True):
            raise KernelError(f"the extra {name!r} is {value!r}; it takes no value: name it, or leave it out")
        return None
    if value is None:
        return None
    try:
        # A float means the decimal number it is written as.
        return exact(str(Fraction(repr(value))) if isinstance(value, float) else value, f"the extra {name!r}")
    except ValueError as error:
        raise KernelError(str(error)) from None


Lines = list[tuple[Quantity, sp.Expr]]


def _changed(
    rule: UpdateRule,
    lines: Lines,
    hyper: Mapping[Quantity, object],
    state: Mapping[Quantity, object] | None = None,
) -> UpdateRule:
    return UpdateRule(
        rule.name,
        title=rule.title,
        source=rule.source,
        hyper={**{h.symbol: h.default for h in rule.hyper}, **hyper},
        state={**{s.symbol: s.initial for s in rule.state}, **(state or {})},
        steps=lines,
        gradient_at=rule.gradient_at,
    )


def _lines(rule: UpdateRule) -> Lines:
    return [(line.target, line.value) for line in rule.assignments]


def _require_free(rule: UpdateRule, *names: str) -> None:
    for name in names:
        if name in rule.quantities:
            raise IncompatibleOptionError(f"the rule {rule.name!r} has a quantity {name!r} already")


def _through(rule: UpdateRule, fresh: Quantity, value: sp.Expr, hyper: Mapping[Quantity, object]) -> UpdateRule:
    """The rule with `value` in place of the gradient."""
    _require_free(rule, fresh.name, *(h.name for h in hyper))
    rest = [(target, line.xreplace({rule.gradient: fresh})) for target, line in _lines(rule)]
    return _changed(rule, [(fresh, value), *rest], hyper)


def _scaled(rule: UpdateRule, default: object) -> UpdateRule:
    fresh = Quantity("g_scaled", REAL, r"\hat{g}", meaning="scaled gradient")
    return _through(rule, fresh, _SCALE * rule.gradient, {_SCALE: default})


def _clipped(rule: UpdateRule, default: object) -> UpdateRule:
    fresh = Quantity("g_clipped", REAL, r"\check{g}", meaning="clipped gradient")
    scaled = {q.name: q for q in rule.temporaries}.get("g_scaled")
    if scaled is None:
        return _through(rule, fresh, sp.Max(sp.Min(rule.gradient, _LIMIT), -_LIMIT), {_LIMIT: default})
    # The gradient is scaled first.
    _require_free(rule, fresh.name, _LIMIT.name)
    first, *rest = _lines(rule)
    after = [(target, value.xreplace({scaled: fresh})) for target, value in rest]
    return _changed(rule, [first, (fresh, sp.Max(sp.Min(scaled, _LIMIT), -_LIMIT)), *after], {_LIMIT: default})


def _decayed(rule: UpdateRule, default: object) -> UpdateRule:
    made = COMMON_OPTIONS["decoupled"](rule)
    decay = next(h.symbol for h in made.hyper if h.name == "weight_decay")
    return _changed(made, _lines(made), {decay: default})


def _averaged(rule: UpdateRule, default: object) -> UpdateRule:
    retained = Quantity("retained", REAL, r"\gamma'", meaning="what is left of the old average")
    _require_free(rule, retained.name, _DECAY.name, _AVERAGE.name)
    kept = sp.Piecewise((sp.Integer(0), sp.Eq(rule.step_counter, 1)), (_DECAY, sp.true))
    average = retained * _AVERAGE + (1 - retained) * rule.theta
    return _changed(rule, [*_lines(rule), (retained, kept), (_AVERAGE, average)], {_DECAY: default}, {_AVERAGE: 0})


FORMULAS: dict[str, Callable[[UpdateRule, object], UpdateRule]] = {
    "gradient_scale": _scaled,
    "clip_value": _clipped,
    "weight_decay": _decayed,
    "average_decay": _averaged,
}
"""The extras that change formulas, in the order in which they are applied."""

EXTRAS = (*FORMULAS, "zero_gradient", "skip_nonfinite")
"""All extras."""
