"""What has to be shown of runs that are scaled, added, or have nothing to move them.

All of it is about one step, for all values in the domains; an induction over the steps makes it a claim about runs.

* ``ScalesAs``: if every symbol x is multiplied by its factor m(x), the initial states are multiplied by theirs, and so
  is what one step makes of theta (or the displacement alone, where neither it nor a state depends on theta) and of
  each state.
* ``Superposes``: the initial states combine, and one step from combined values is the combination of the steps.
* ``KeepsTheta``: the states that start at zero and that one step keeps there stay there; from there one step multiplies
  theta by the factor.
"""

from __future__ import annotations

from fractions import Fraction

from .algebra import Algebra
from .domains import REAL
from .expression import BadCertificateError, Expression, free_symbols, replace
from .plan import Need, NotRederivableError, Plan, minus, moving, require_constant, run_induction, times
from .reading import COUNTER, GRADIENT, THETA, Certificate, Rule

__all__ = ["factors_of", "keeps_theta", "scales_as", "spoken_of", "superposes"]

ZERO, ONE = Fraction(0), Fraction(1)


def spoken_of(c: Certificate) -> Rule:
    """The rule that the goal speaks of: a variant of the certificate's rule, or that rule itself.

    Raises
    ------
    BadCertificateError
        If a symbol of the variant is declared elsewhere with another domain.
    """
    rule = c.rule_in("variant")
    for name, domain in rule.domains.items():
        if c.domains.get(name, domain) != domain:
            raise BadCertificateError(f"the variant and the certificate declare {name} in two domains")
    return rule


def factors_of(c: Certificate, rule: Rule) -> dict[Expression, Expression]:
    """By what every symbol of the rule is multiplied: constants."""
    named = c.pairs("multipliers")
    symbols = (*rule.kept, GRADIENT, *rule.hyper)
    strange = sorted(set(named) - set(symbols))
    if strange:
        raise BadCertificateError(f"{strange[0]}, which is to be scaled, is no symbol of the rule")
    require_constant(rule, "a factor", *named.values())
    factors = {name: named.get(name, ONE) for name in symbols}
    if c.flag("over_time"):
        changing = free_symbols(factors[GRADIENT])
        if any(free_symbols(m) & changing for name, m in factors.items() if name != GRADIENT):
            raise BadCertificateError("a factor that changes at every step is a state's or a hyperparameter's")
    return factors


def scales_as(c: Certificate) -> Plan:
    """The plan for ``ScalesAs``."""
    rule, fixed = spoken_of(c), c.pairs("fixed")
    factors, step = factors_of(c, rule), c.optional("step")
    _require_hyperparameters(rule, fixed)
    scaled = {name: times(m, fixed.get(name, name)) for name, m in factors.items()}
    moved, size = rule.step[THETA], factors[THETA]
    if step is not None:
        require_constant(rule, "the factor of the displacement", step)
        moved, size = _displacement(c, rule), step
    rows = [("theta scales in one step", moved, size)]
    rows += [("an initial value scales", e, factors[name]) for name, e in rule.initial.items()]
    rows += [("a state scales in one step", rule.step[name], factors[name]) for name in rule.states]
    needs = [Need(words, ("==", replace(e, scaled), times(m, replace(e, fixed))), c.hypotheses) for words, e, m in rows]
    inside = [
        Need("a scaled hyperparameter stays in its domain", condition, c.hypotheses)
        for name, domain in rule.hyper.items()
        if factors[name] != ONE and name not in fixed
        for condition in domain.conditions(scaled[name])
    ]
    return _with_run_induction(c, rule, fixed, needs, inside)


def _require_hyperparameters(rule: Rule, fixed: dict[Expression, Expression]) -> None:
    strange = sorted(set(fixed) - set(rule.hyper))
    if strange:
        raise BadCertificateError(f"{strange[0]}, which is fixed, is no hyperparameter of the rule")
    require_constant(rule, "a value that a hyperparameter is fixed at", *fixed.values())


def _displacement(c: Certificate, rule: Rule) -> Expression:
    """What one step adds to theta, which must not depend on theta, nor must any state."""
    moved = minus(rule.step[THETA], THETA)
    at_zero = replace(moved, {THETA: ZERO})
    if any(THETA in free_symbols(rule.step[name]) for name in rule.states):
        raise NotRederivableError("a state that depends on theta does not scale with the displacement alone")
    if not Algebra([moved, at_zero], {**c.domains, **rule.domains}).equal(moved, at_zero):
        raise NotRederivableError("a displacement that depends on theta does not scale by itself")
    return moved


def _with_run_induction(
    c: Certificate, rule: Rule, values: dict[Expression, Expression], needs: list[Need], checks: list[Need]
) -> Plan:
    """The plan, with the proof that the states stay in their domains: listed, if it is said of the rule as it is."""
    induction = list(run_induction(c, rule, values))
    if values:
        return Plan(tuple(needs), checks=(*checks, *induction))
    return Plan((*induction, *needs), checks=tuple(checks))


def superposes(c: Certificate) -> Plan:
    """The plan for ``Superposes``: over the reals, as a combination need not lie in the domain of its parts."""
    first, second, rule = c.expression("first"), c.expression("second"), c.rule
    runs = [{name: f"{name}__{which}" for name in (*rule.kept, GRADIENT)} for which in ("first", "second")]
    values = {s for run in runs for s in run.values()}
    if any(c.domains.get(s, REAL) != REAL for s in values):
        raise BadCertificateError("a value of one of the two runs is not declared as a real number")
    require_constant(rule, "a weight of the combination", first, second)
    if any(free_symbols(e) & values for e in (first, second, *c.hypotheses)):
        raise BadCertificateError("a weight of the combination, or a hypothesis, speaks of the two runs")
    if any(free_symbols(h) & moving(rule) for h in c.hypotheses):
        raise NotRederivableError("a combination of runs with a hypothesis on their steps is not re-derived")
    one, two = runs

    def combined(e: Expression) -> Expression:
        return ("+", times(first, replace(e, dict(one))), times(second, replace(e, dict(two))))

    both: dict[Expression, Expression] = {name: combined(name) for name in one}
    rows = [("an initial value combines", e, combined(e)) for e in rule.initial.values()]
    rows += [("one step combines", replace(e, both), combined(e)) for e in rule.step.values()]
    return Plan(tuple(Need(words, ("==", left, right), c.hypotheses) for words, left, right in rows))


def keeps_theta(c: Certificate) -> Plan:
    """The plan for ``KeepsTheta``."""
    rule, fixed, factor, gradient = spoken_of(c), c.pairs("fixed"), c.expression("factor"), c.optional("gradient")
    _require_hyperparameters(rule, fixed)
    spoken = factor if gradient is None else times(factor, gradient)
    if free_symbols(spoken) & (moving(rule) - {COUNTER}):
        raise BadCertificateError("the factor, or the gradient, speaks of theta, of a state or of a gradient")
    values = {**fixed, **({} if gradient is None else {GRADIENT: gradient})}
    resting = _resting(c, rule, values)
    values |= dict.fromkeys(resting, ZERO)
    needs = [
        Need("a state stays at zero", ("==", replace(rule.step[name], values), ZERO), c.hypotheses) for name in resting
    ]
    moved = ("==", replace(rule.step[THETA], values), times(factor, THETA))
    needs.append(Need("one step multiplies theta by the factor", moved, c.hypotheses))
    return _with_run_induction(c, rule, values, needs, [])


def _resting(c: Certificate, rule: Rule, values: dict[Expression, Expression]) -> list[str]:
    """The largest set of states that start at zero and that one step keeps there."""
    resting = [name for name, e in rule.initial.items() if replace(e, values) == ZERO]
    while True:
        zero = {**values, **dict.fromkeys(resting, ZERO)}
        steps = {name: replace(rule.step[name], zero) for name in resting}
        algebra = Algebra(steps.values(), {**c.domains, **rule.domains})
        kept = [name for name in resting if algebra.equal(steps[name], ZERO)]
        if kept == resting:
            return resting
        resting = kept
