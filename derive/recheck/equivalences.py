"""What has to be shown of two rules that run on the same gradients.

* ``Equivalent``: let S be the map from this rule's state to the other's, and S_t its value at time t.  S_0 takes this
  rule's start to the other's; from any state that this rule reaches, both ask for the gradient at the same point; and
  one step here followed by S_t is S_{t-1} followed by one step there, for every gradient.  So by induction the other
  rule is S of this one at every time.  What S_{t-1} says of a hyperparameter that may change is its value in the step
  before, any value.
* ``AgreesOnlyFor``: if both rules move theta alike in all runs, they do in each of a few that are run here, with the
  hyperparameters left as symbols; this gives equations for the unknown.  One may leave one value; two may exclude each
  other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from .algebra import Algebra
from .expression import BadCertificateError, Expression, UndefinedError, free_symbols, make, replace
from .plan import Need, NotRederivableError, Plan, moving, require_constant, run_induction
from .reading import AFTER, COUNTER, GRADIENT, THETA, Certificate
from .rules import read_rule
from .runs import Machine, Values

__all__ = ["Pair", "agrees_only_for", "equivalent", "pair_of"]

ZERO, ONE = Fraction(0), Fraction(1)
_PREVIOUS = "__previous"
_STARTS = (ZERO, ONE, Fraction(2))
_LONGEST = 2


@dataclass(frozen=True)
class Pair:
    """Two rules, and what the hyperparameters of each are set to, in the numbers a user chooses."""

    mine: Machine
    theirs: Machine


def pair_of(c: Certificate) -> Pair:
    """The certificate's rule and the other rule of its goal.

    A hyperparameter that the goal does not set has the value of the symbol of its name.
    """
    other, here, there = read_rule(c.goal["other"]), c.pairs("here"), c.pairs("there")
    for rule, settings in ((c.rule, here), (other, there)):
        strange = sorted(set(settings) - set(rule.hyper))
        if strange:
            raise BadCertificateError(f"{strange[0]}, which is set, is no hyperparameter of {rule.name}")
        if any(free_symbols(e) & (moving(c.rule) - {COUNTER}) for e in settings.values()):
            raise BadCertificateError("a hyperparameter is set to what changes with the run")
    left = {name: d for name, d in other.hyper.items() if name not in there}
    if any(name not in c.domains for name in left):
        raise BadCertificateError(f"a hyperparameter of {other.name} is not given a value")
    return Pair(Machine(c.rule, here), Machine(other, there))


def equivalent(c: Certificate) -> Plan:
    """The plan for ``Equivalent``."""
    pair, states, varying = pair_of(c), c.pairs("states"), c.names_of("varying")
    rule, other = pair.mine.rule, pair.theirs.rule
    if set(states) != set(other.kept):
        raise BadCertificateError("the map does not say what theta and every state of the other rule are")
    if any(free_symbols(e) & {GRADIENT, *(name + AFTER for name in rule.kept)} for e in states.values()):
        raise BadCertificateError("the map speaks of more than a state at one time")
    if set(varying) & moving(rule):
        raise BadCertificateError("what changes from step to step is set by no one")
    unsteady = {COUNTER, *varying}
    changing = {*varying, *(name for name, e in pair.mine.settings.items() if free_symbols(e) & unsteady)}
    if any(free_symbols(f) & changing for f in c.facts):
        raise NotRederivableError("an auxiliary fact about a hyperparameter that changes is not re-derived")
    needs = [*run_induction(c), *_start(pair, states), *_steps(c, pair, states, varying)]
    return Plan(tuple(needs), checks=tuple(_inside(c, pair)))


def _inside(c: Certificate, pair: Pair) -> Iterator[Need]:
    """Every hyperparameter is set to a value in its domain."""
    timeless = tuple(h for h in c.hypotheses if not free_symbols(h) & (moving(c.rule) - {COUNTER}))
    for machine in (pair.mine, pair.theirs):
        for name, domain in machine.rule.hyper.items():
            value = machine.settings.get(name, name)
            if value == name and c.domains[name] == domain:
                continue
            if domain.integer and not (isinstance(value, Fraction) and domain.contains(value)):
                raise NotRederivableError(f"that {name} is set to an integer is not re-derived")
            for condition in domain.conditions(value):
                yield Need("a hyperparameter is set to a value in its domain", condition, timeless)


def _start(pair: Pair, states: Values) -> Iterator[Need]:
    mine, theirs = pair.mine.rule, pair.theirs.rule
    begun = {name: replace(e, dict(pair.mine.settings)) for name, e in mine.initial.items()}
    there = {name: replace(e, dict(pair.theirs.settings)) for name, e in theirs.initial.items()}
    if any(COUNTER in free_symbols(e) for e in (*begun.values(), *there.values())):
        raise NotRederivableError("a start that depends on t is not re-derived")
    for name, e in states.items():
        start = there[str(name)] if name != THETA else THETA
        yield Need("the map at the start", ("==", replace(e, {**begun, COUNTER: ZERO}), start))


def _steps(c: Certificate, pair: Pair, states: Values, varying: tuple[str, ...]) -> Iterator[Need]:
    rule, other = pair.mine.rule, pair.theirs.rule
    here, there = dict(pair.mine.settings), dict(pair.theirs.settings)
    before_step = {q: q + _PREVIOUS for q in varying}
    known = _known(c, pair, before_step)
    mapped = {name: replace(e, {COUNTER: make("+", (COUNTER, -ONE)), **before_step}) for name, e in states.items()}
    inputs: Values = {**there, **mapped}
    used = {s for e in mapped.values() for s in free_symbols(e)} & set(before_step.values())
    if any(c.domains.get(s) != c.domains[s.removesuffix(_PREVIOUS)] for s in used):
        raise BadCertificateError("the value of a hyperparameter in the step before is not declared in its domain")
    points = ("==", replace(rule.gradient_at, here), replace(other.gradient_at, inputs))
    yield Need("both ask for the gradient at the same point", points, known)
    renamed: Values = {name: name + AFTER for name in rule.kept}
    later = {name: replace(e, renamed) for name, e in states.items()}
    stepped: Values = {name + AFTER: replace(e, here) for name, e in rule.step.items()}
    for name, e in other.step.items():
        whole = ("==", replace(later[name], stepped), replace(e, inputs))
        yield Need("one step follows the map", whole, known, instead=_late(c, pair, name, inputs, later, known))


def _late(
    c: Certificate, pair: Pair, name: str, inputs: Values, later: Values, known: tuple[Expression, ...]
) -> tuple[Need, ...]:
    """The same for theta with both rules' new states left as they are: those follow the map, by the other needs."""
    if name != THETA:
        return ()
    here = dict(pair.mine.settings)
    theta = {THETA + AFTER: replace(pair.mine.rule.late[THETA], here)}
    mapped = {**inputs, **{q + AFTER: e for q, e in later.items() if q != THETA}}
    there = replace(pair.theirs.rule.late[THETA], mapped)
    if THETA + AFTER in free_symbols(there):
        return ()
    return (Need("one step follows the map", ("==", replace(later[THETA], theta), there), known),)


def _known(c: Certificate, pair: Pair, before_step: Values) -> tuple[Expression, ...]:
    """Facts with the hyperparameters as set; hypotheses, those on constants also said of the step before."""
    rule = c.rule
    timeless = [h for h in c.hypotheses if not free_symbols(h) & moving(rule)]
    facts = [replace(f, dict(pair.mine.settings)) for f in c.facts]
    return (*facts, *c.hypotheses, *(replace(h, before_step) for h in timeless))


def agrees_only_for(c: Certificate) -> Plan:
    """The plan for ``AgreesOnlyFor``."""
    pair, unknown, value = pair_of(c), c.name_of("unknown"), c.optional("value")
    if pair.mine.rule.gradient_at != THETA or pair.theirs.rule.gradient_at != THETA:
        raise NotRederivableError("rules that ask for the gradient elsewhere than at theta are not re-derived")
    require_constant(c.rule, "a hypothesis", *c.hypotheses)
    if unknown in moving(c.rule) or (value is not None and unknown in free_symbols(value)):
        raise BadCertificateError("the unknown is no number that stays the same, or its value speaks of itself")
    runs = _Runs(c, pair)
    allowed = (*c.hypotheses, *runs.used())
    if value is not None:
        require_constant(c.rule, "the value", value)
        return Plan((Need("the value that a run forces", ("==", unknown, value), allowed),))
    return Plan(_contradiction(c, unknown, runs, allowed))


def _contradiction(c: Certificate, unknown: str, runs: _Runs, allowed: tuple[Expression, ...]) -> tuple[Need, ...]:
    """That the rules part in a run, whatever the unknown is, or where it has the value that another run forces."""
    shown = [o.shows for o in c.obligations if isinstance(o.shows, tuple)]
    values = [e for e in shown if e[:2] == ("==", unknown) and unknown not in free_symbols(e[2])]
    for parted in (e for e in shown if e[0] == "not"):
        need = Need("no value agrees with a run", parted, allowed)
        if runs.agree(parted[1]):
            return (need,)
        for forced in values:
            if runs.agree(parted[1], {unknown: forced[2]}):
                return (Need("the value that a run forces", forced, allowed), need)
    raise BadCertificateError("no obligation says that the rules part in a run")


class _Runs:
    """What both rules agree on at the end of short runs, as equations."""

    def __init__(self, c: Certificate, pair: Pair) -> None:
        self._c, self._pair = c, pair
        self._equations: list[Expression] = []
        self._left = self._all()

    def used(self) -> list[Expression]:
        """The assumptions of the certificate's obligations that such a run gives."""
        hypotheses = set(self._c.hypotheses)
        given = {g: None for o in self._c.obligations for g in o.given if g not in hypotheses}
        return [g for g in given if self.agree(g)]

    def agree(self, equation: Expression, values: Values | None = None) -> bool:
        """Whether a run gives this equation, with `values` put in."""
        if not isinstance(equation, tuple) or equation[0] != "==":
            return False
        return any(self._same(replace(e, values) if values else e, equation) for e in self._produced())

    def _produced(self) -> Iterator[Expression]:
        yield from list(self._equations)
        for equation in self._left:
            self._equations.append(equation)
            yield equation

    def _same(self, a: Expression, b: Expression) -> bool:
        try:
            return Algebra([a, b], self._c.domains).same(a, b)
        except UndefinedError:
            return False

    def _all(self) -> Iterator[Expression]:
        for length in range(1, _LONGEST + 1):
            for gradients in itertools.product(_STARTS, repeat=length):
                for start in _STARTS:
                    equation = self._equation(start, gradients)
                    if equation is not None:
                        yield equation

    def _equation(self, start: Fraction, gradients: tuple[Fraction, ...]) -> Expression | None:
        try:
            ends = []
            for machine in (self._pair.mine, self._pair.theirs):
                state = machine.start(start, {})
                for count, gradient in enumerate(gradients, start=1):
                    state = machine.advance(state, gradient, count, {})
                ends.append(state[THETA])
        except UndefinedError:
            return None
        return ("==", *ends)
