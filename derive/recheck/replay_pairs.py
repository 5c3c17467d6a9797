"""Counterexamples that are pairs of runs: of two rules, of a rule and the scaled one, of sums, and of a rule at rest.

The results that a counterexample states are computed anew and must agree with it, as must the claim with neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from .comparisons import factors_of, spoken_of
from .domains import Domain
from .equivalences import pair_of
from .expression import BadCertificateError, Expression, free_symbols, replace
from .intervals import holds
from .plan import NotRederivableError, minus, times
from .reading import COUNTER, GRADIENT, THETA, Certificate, Rule
from .runs import Machine, Values
from .witness import (
    START,
    numbered,
    require_broken,
    require_computed,
    require_hypotheses,
    require_only,
    value_of,
    values_of,
)

__all__ = ["equivalent", "keeps_theta", "scales_as", "superposes"]


def _constants(c: Certificate, rule: Rule, settings: Iterable[Expression], spoken: Iterable[Expression]) -> set[str]:
    """The numbers that a counterexample has to name: hyperparameters that are not set, and others spoken of."""
    set_ = set(settings)
    inner = {*rule.kept, GRADIENT, COUNTER}
    found = {name for name in rule.hyper if name not in set_}
    return found.union(*(free_symbols(e) for e in (*spoken, *c.hypotheses))) - inner


def _domains(c: Certificate, rule: Rule) -> dict[str, Domain]:
    return {**c.domains, **rule.hyper}


def _results(c: Certificate, inputs: set[str], results: dict[str, Expression]) -> None:
    """The counterexample states these results, and nothing else beside its inputs."""
    require_only(c, {*inputs, *results})
    require_computed(c, results)
    first, second = results.values()
    require_broken(broken=holds(("!=", first, second), {}))


def _steps(c: Certificate, name: str, count: int) -> set[str]:
    return {f"{name}[{i}]" for i in range(1, count + 1)}


def keeps_theta(c: Certificate) -> None:
    """A run whose last step does not multiply theta by the factor."""
    rule, fixed, factor, wanted = spoken_of(c), c.pairs("fixed"), c.expression("factor"), c.optional("gradient")
    gradients, machine = numbered(c), Machine(rule, fixed)
    spoken = (factor, *fixed.values(), *(() if wanted is None else (wanted,)))
    names = _constants(c, rule, fixed, spoken)
    constants = values_of(c, names, _domains(c, rule))
    state, before = machine.start(value_of(c, START), constants), Values()
    for count, gradient in enumerate(gradients, start=1):
        now = {**constants, **state, GRADIENT: gradient, COUNTER: Fraction(count)}
        require_hypotheses(c, now)
        if wanted is not None and not holds(("==", wanted, gradient), now):
            raise BadCertificateError("a gradient of the counterexample is not the one that the claim speaks of")
        before, state = state, machine.advance(state, gradient, count, constants)
    last = Fraction(len(gradients))
    if not last:
        raise BadCertificateError("the counterexample takes no step")
    claimed = times(replace(factor, {**constants, COUNTER: last}), before[THETA])
    inputs = {*names, START, *_steps(c, GRADIENT, len(gradients))}
    _results(c, inputs, {f"{THETA}[{last}]": state[THETA], "as claimed": claimed})


def scales_as(c: Certificate) -> None:
    """A run and the scaled one, of which theta, a displacement or a state does not scale."""
    rule, fixed, step = spoken_of(c), c.pairs("fixed"), c.optional("step")
    factors, gradients = factors_of(c, rule), numbered(c)
    changing = free_symbols(factors[GRADIENT]) if c.flag("over_time") else frozenset()
    plain = Machine(rule, fixed)
    bigger = Machine(rule, {name: times(factors[name], fixed.get(name, name)) for name in rule.hyper})
    spoken = (*factors.values(), *fixed.values(), *(() if step is None else (step,)))
    names = _constants(c, rule, fixed, spoken) - changing
    domains = _domains(c, rule)
    constants = values_of(c, names, domains)
    values = {name: numbered(c, name) for name in changing}
    if not gradients or any(len(v) != len(gradients) for v in values.values()):
        raise BadCertificateError("the counterexample does not give every factor for every step")
    if any(not domains[name].contains(v) for name, taken in values.items() for v in taken):
        raise BadCertificateError("a factor of the counterexample is outside its domain")
    _require_scaled_domains(rule, bigger, fixed, constants)
    own = plain.start(value_of(c, START), constants)
    other = bigger.start(times(replace(factors[THETA], constants), own[THETA]), constants)
    before, before_other, now = own, other, dict(constants)
    for count, gradient in enumerate(gradients, start=1):
        now = {**constants, **{name: taken[count - 1] for name, taken in values.items()}}
        require_hypotheses(c, {**now, **own, GRADIENT: gradient, COUNTER: Fraction(count)})
        before, before_other = own, other
        own = plain.advance(own, gradient, count, now)
        other = bigger.advance(other, times(replace(factors[GRADIENT], now), gradient), count, now)
    count = len(gradients)
    shown = {name: (f"{name}[{count}]", times(replace(factors[name], now), own[name]), other[name]) for name in own}
    if step is not None:
        moved = times(replace(step, now), minus(own[THETA], before[THETA]))
        shown[THETA] = (f"step of {THETA}", moved, minus(other[THETA], before_other[THETA]))
    inputs = {*names, START, *_steps(c, GRADIENT, count), *(s for n in changing for s in _steps(c, n, count))}
    for what, claimed, run in shown.values():
        if f"{what} when run" in c.witness:
            _results(c, inputs, {f"{what} as claimed": claimed, f"{what} when run": run})
            return
    raise BadCertificateError("the counterexample does not say what does not scale")


def _require_scaled_domains(rule: Rule, bigger: Machine, fixed: Values, constants: Values) -> None:
    for name, value in bigger.hyper(constants).items():
        if name not in fixed and not all(holds(d, {}) for d in rule.hyper[str(name)].conditions(value)):
            raise BadCertificateError(f"the scaled {name} is outside its domain")


def superposes(c: Certificate) -> None:
    """Two runs whose combination is not the run on the combined gradients."""
    first, second, rule = c.expression("first"), c.expression("second"), c.rule
    pairs = list(zip(numbered(c), numbered(c, f"{GRADIENT}'"), strict=False))
    names = _constants(c, rule, (), (first, second))
    constants = values_of(c, names, c.domains)
    require_hypotheses(c, constants)
    a, b = replace(first, constants), replace(second, constants)
    machine, theta = Machine(rule, {}), value_of(c, START)
    starts = (theta, theta, times(theta, replace(("+", a, b), {})))
    runs = [machine.start(start, constants) for start in starts]
    for count, (one, two) in enumerate(pairs, start=1):
        taken = (one, two, replace(("+", times(a, one), times(b, two)), {}))
        runs = [machine.advance(run, g, count, constants) for run, g in zip(runs, taken, strict=True)]
    one, two, whole = (run[THETA] for run in runs)
    combined = ("+", times(a, one), times(b, two))
    inputs = {*names, START, *_steps(c, GRADIENT, len(pairs)), *_steps(c, f"{GRADIENT}'", len(pairs))}
    _results(c, inputs, {"combination of the runs": combined, "run on the combination": whole})


def equivalent(c: Certificate) -> None:
    """A run of both rules on which the map does not hold, or one asks for the gradient elsewhere."""
    pair, states, varying = pair_of(c), c.pairs("states"), c.names_of("varying")
    rule, other = pair.mine.rule, pair.theirs.rule
    settings = (*pair.mine.settings.values(), *pair.theirs.settings.values())
    names = _constants(c, rule, pair.mine.settings, settings)
    names = (names | {n for n in other.hyper if n not in pair.theirs.settings}) - {*varying}
    gradients, constants = numbered(c), values_of(c, names, c.domains)
    changing = {name: numbered(c, name) for name in varying if f"{name}[1]" in c.witness}
    if any(not c.domains[name].contains(v) for name, taken in changing.items() for v in taken):
        raise BadCertificateError("a value of the counterexample is outside its domain")
    parts_at_point = "point of the gradient here" in c.witness
    count = len(gradients) + parts_at_point
    if not count or any(len(taken) != count for taken in changing.values()):
        raise BadCertificateError("the counterexample does not give every value for every step")
    theta = value_of(c, START)
    now = _at(constants, changing, 1)
    own, theirs = pair.mine.start(theta, now), pair.theirs.start(theta, now)
    for done, gradient in enumerate(gradients, start=1):
        now = _at(constants, changing, done)
        point = {**now, **own, GRADIENT: gradient, COUNTER: Fraction(done)}
        require_hypotheses(c, point)
        _require_set_inside(pair.mine, now, done)
        _require_set_inside(pair.theirs, now, done)
        own, theirs = pair.mine.advance(own, gradient, done, now), pair.theirs.advance(theirs, gradient, done, now)
    now = _at(constants, changing, count)
    inputs = {*names, START, *_steps(c, GRADIENT, len(gradients)), *(s for n in changing for s in _steps(c, n, count))}
    if parts_at_point:
        points = [machine.point(s, count, now) for machine, s in ((pair.mine, own), (pair.theirs, theirs))]
        _results(c, inputs, {"point of the gradient here": points[0], "point of the gradient there": points[1]})
        return
    at_end = {**now, **own, COUNTER: Fraction(count)}
    for name, e in states.items():
        if f"{name}'[{count}]" in c.witness:
            mapped = replace(e, at_end)
            _results(c, inputs, {f"{name}'[{count}] by the map": mapped, f"{name}'[{count}]": theirs[str(name)]})
            return
    raise BadCertificateError("the counterexample does not say where the rules part")


def _at(constants: Values, changing: dict[str, list[Fraction]], count: int) -> Values:
    return {**constants, **{name: taken[count - 1] for name, taken in changing.items()}}


def _require_set_inside(machine: Machine, now: Values, count: int) -> None:
    for name, value in machine.hyper({**now, COUNTER: Fraction(count)}).items():
        domain = machine.rule.hyper[str(name)]
        if domain.integer and not (isinstance(value, Fraction) and domain.contains(value)):
            raise NotRederivableError(f"that {name} is set to an integer is not evaluated")
        if not all(holds(d, {}) for d in domain.conditions(value)):
            raise BadCertificateError(f"the counterexample sets {name} to a value outside its domain")
