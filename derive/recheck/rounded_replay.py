"""Counterexamples to claims about rounded arithmetic, computed again."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .expression import BadCertificateError, free_symbols
from .formats import Format
from .plan import NotRederivableError
from .reading import AFTER, COUNTER, GRADIENT, Certificate
from .rounded import Values, compute, exact_number, format_of, is_finite, predicate, read_lines
from .rounded_claims import is_small
from .witness import require_broken, require_only, value_of

__all__ = ["replay_rounded"]

_LONGEST = 10_000


def replay_rounded(c: Certificate) -> None:
    """Make sure that the witness breaks a claim about rounded arithmetic.

    Raises
    ------
    BadCertificateError
        If it does not.
    NotRederivableError
        If the kind of goal is not known here.
    """
    player = _PLAYERS.get(c.goal["kind"])
    if player is None:
        raise NotRederivableError(f"counterexamples to goals of the kind {c.goal['kind']} are not replayed")
    player(c, format_of(c))


def _require_allowed(c: Certificate, values: Values, form: Format) -> None:
    if any(not free_symbols(h) <= set(values) for h in c.hypotheses):
        raise BadCertificateError("a hypothesis speaks of more than the inputs")
    if not all(predicate(h, form)(values) for h in c.hypotheses):
        raise BadCertificateError("the counterexample does not satisfy the hypotheses")


def _require_results(c: Certificate, values: Values, form: Format) -> None:
    """Every further number of the counterexample is what is computed."""
    for name, number in values.items():
        if name in c.witness and (not isinstance(number, int) or form.units(value_of(c, name)) != number):
            raise BadCertificateError(f"the counterexample's value for {name} is not what is computed")


def _broken(c: Certificate, values: Values, form: Format) -> None:
    condition = c.expression("condition")
    if not free_symbols(condition) <= set(values):
        raise BadCertificateError("the condition speaks of what is not computed")
    require_broken(broken=not predicate(condition, form)(values))


def _computed(c: Certificate, form: Format) -> None:
    inputs = c.names_of("inputs")
    lines = read_lines(c.goal["lines"], inputs)
    require_only(c, {*inputs, *(line.target for line in lines)})
    values: Values = {name: exact_number(value_of(c, name), form, f"the input {name}") for name in inputs}
    _require_allowed(c, values, form)
    compute(lines, form)(values)
    _require_results(c, values, form)
    _broken(c, values, form)


def _computed_run(c: Certificate, form: Format) -> None:
    """The run under a constant gradient, from the states' first values to the step of the counterexample."""
    states, initial = c.names_of("states"), c.expressions("initial")
    lines = read_lines(c.goal["lines"], {*states, GRADIENT})
    targets = {line.target for line in lines}
    if len(initial) != len(states) or not {name + AFTER for name in states} <= targets:
        raise BadCertificateError("the lines do not compute every state from a first value on")
    require_only(c, {GRADIENT, COUNTER, *states, *targets})
    gradient = exact_number(value_of(c, GRADIENT), form, "the gradient")
    _require_allowed(c, {GRADIENT: gradient}, form)
    count = value_of(c, COUNTER)
    if count.denominator != 1 or not 1 <= count <= _LONGEST:
        raise BadCertificateError("the counterexample does not say after how many steps the condition fails")
    if not all(isinstance(e, Fraction) for e in initial):
        raise NotRederivableError("a run in rounded arithmetic that starts at no number is not replayed")
    now: Values = {n: exact_number(e, form, f"the start of {n}") for n, e in zip(states, initial, strict=True)}
    values: Values = {}
    run = compute(lines, form)
    for _ in range(int(count)):
        values = {**now, GRADIENT: gradient}
        run(values)
        now = {name: values[name + AFTER] for name in states}
    if not is_finite(values):
        raise BadCertificateError("the run of the counterexample leaves the finite numbers")
    _broken(c, values, form)
    _require_results(c, {**values, **now}, form)


def _rounds_to_one(c: Certificate, form: Format) -> None:
    symbol, threshold = c.name_of("symbol"), c.expression("threshold")
    require_only(c, {symbol})
    number = value_of(c, symbol)
    if c.hypotheses or not isinstance(threshold, Fraction) or number > 1:
        raise BadCertificateError("the counterexample is no number up to 1, or the claim takes hypotheses")
    units = form.units(number)
    rounded = form.nearest(units.numerator, units.denominator)
    require_broken(broken=(rounded == form.scale) != (number >= threshold))


def _absorbed(c: Certificate, form: Format) -> None:
    require_only(c, {"theta", "d"})
    if c.hypotheses:
        raise BadCertificateError("a claim of this kind takes no hypotheses")
    theta, d = exact_number(value_of(c, "theta"), form, "theta"), form.units(value_of(c, "d"))
    total = theta + d
    lost = form.nearest(total.numerator, total.denominator) == theta
    require_broken(
        broken=lost != is_small(theta, (d.numerator, d.denominator), form, one_spacing=c.flag("one_spacing"))
    )


_PLAYERS: dict[str, Callable[[Certificate, Format], None]] = {
    "Computed": _computed,
    "ComputedRun": _computed_run,
    "RoundsToOneIff": _rounds_to_one,
    "AbsorbedIff": _absorbed,
}
