"""Two rules side by side: bisimulation proves that they stay in step, an exact run refutes it.

The reduction.  Let S be the state map, S_t its value at time t (its t, and hyperparameters that change, as they were
in step t).  If S_0 takes this rule's start to the other's start; if, from any state that this rule can reach, both
ask for the gradient at the same point; and if one step here followed by S_t is S_{t-1} followed by one step there, for
every gradient; then by induction the other rule is S of this one at every time, for every gradient sequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from ..comparison_goals import Equivalent
from ..relations import replaced
from ..rule import UpdateRule
from ..sequence import initial_state, one_step
from ..structure import step_in_new_state
from ..symbols import Quantity, after
from .condition import Finding
from .setting import Setting
from .side_by_side import (
    GRADIENTS,
    Machine,
    constants_for,
    differ,
    equal_step,
    hold_here,
    in_domain_steps,
    scheduled,
)
from .solver import Solver
from .verdict import ProofStep, Verdict

__all__ = ["previous", "settle_equivalent"]

_METHOD = "bisimulation"


def previous(symbol: Quantity) -> Quantity:
    """The value of a hyperparameter in the step before."""
    return Quantity(f"{symbol.name}__previous", symbol.domain, f"{symbol.latex_form}^{{-}}", meaning=symbol.meaning)


def settle_equivalent(goal: Equivalent, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver) -> Finding:
    """Prove that both rules stay in step, or find a run in which they do not."""
    proof = _bisimulation(goal, hypotheses, setting, solver)
    if not isinstance(proof, str):
        return Finding(Verdict.PROVED, _METHOD, (*setting.steps, *proof))
    witness = _parting_run(goal, hypotheses, setting.rule)
    if witness is not None:
        return Finding(Verdict.REFUTED, "exact run of both rules", witness=witness)
    return Finding(Verdict.UNKNOWN, _METHOD, reason=proof)


def _bisimulation(
    goal: Equivalent, hypotheses: Sequence[sp.Basic], setting: Setting, solver: Solver
) -> list[ProofStep] | str:
    pair = _Pair.of(goal, setting.rule)
    strange = pair.strangers(setting.rule)
    if strange:
        return f"the hyperparameter {strange[0]} of {goal.other.name} is not given a value"
    timeless = [h for h in hypotheses if not h.free_symbols & pair.moving]
    found = in_domain_steps([*goal.here, *goal.there], timeless, solver)
    if isinstance(found, str):
        return found
    facts = _facts(goal, setting)
    if facts is None:
        return "the invariants of the rule were proved for hyperparameters that stay the same"
    t = setting.rule.step_counter
    given = [*facts, *hypotheses, *(replaced(h, pair.earlier) for h in timeless if t not in h.free_symbols)]
    for words, attempts, known in (
        *_start_obligations(goal, setting.rule, pair),
        ("Both ask for the gradient at the same point.", [pair.gradient_points()], given),
        *((w, a, given) for w, a in pair.step_obligations()),
    ):
        step = None
        for left, right in attempts:
            step = step or equal_step(words, left, right, known, solver)
        if step is None:
            return f"not shown: {words}"
        found.append(step)
    return found


def _facts(goal: Equivalent, setting: Setting) -> list[sp.Basic] | None:
    """Invariants of this rule, with its hyperparameters set.

    They were proved for hyperparameters that stay the same, but each step of their proof holds for any values.  So they
    hold for changing ones too, unless one of them speaks of one that changes: then None.
    """
    t = setting.rule.step_counter
    unsteady = {t, *goal.varying}
    changing = {*goal.varying, *(q for q, e in goal.here if e.free_symbols & unsteady)}
    if any(f.free_symbols & changing for f in setting.facts):
        return None
    return [replaced(f, dict(goal.here)) for f in setting.facts]


def _start_obligations(
    goal: Equivalent, rule: UpdateRule, pair: _Pair
) -> list[tuple[str, list[tuple[sp.Expr, sp.Expr]], Sequence[sp.Basic]]]:
    start: dict[sp.Basic, sp.Basic] = {q: e.xreplace(pair.here) for q, e in initial_state(rule).items()}
    start[rule.step_counter] = sp.Integer(0)
    there = {q: e.xreplace(pair.there) for q, e in initial_state(goal.other).items()}
    there[rule.theta] = rule.theta
    return [
        (f"At the start the map gives {q} of {goal.other.name} its initial value.", [(e.xreplace(start), there[q])], ())
        for q, e in goal.states
    ]


@dataclass(frozen=True)
class _Pair:
    """Both rules' formulas in this rule's symbols before a step.

    `before` and `later` are the other rule's state before and after it, `opaque` the latter in ``after(...)`` symbols.
    """

    goal: Equivalent
    rule: UpdateRule
    here: Mapping[sp.Basic, sp.Basic]
    there: Mapping[sp.Basic, sp.Basic]
    earlier: Mapping[sp.Basic, sp.Basic]
    stepped: Mapping[sp.Basic, sp.Basic]

    @classmethod
    def of(cls, goal: Equivalent, rule: UpdateRule) -> _Pair:
        here: dict[sp.Basic, sp.Basic] = dict(goal.here)
        names = {h.name: h.symbol for h in goal.other.hyper}
        there: dict[sp.Basic, sp.Basic] = {names[q.name]: e for q, e in goal.there}
        earlier: dict[sp.Basic, sp.Basic] = {q: previous(q) for q in goal.varying}
        stepped: dict[sp.Basic, sp.Basic] = {q: e.xreplace(here) for q, e in one_step(rule).items()}
        return cls(goal, rule, here, there, earlier, stepped)

    @property
    def moving(self) -> set[sp.Symbol]:
        return {self.rule.theta, self.rule.gradient, *(s.symbol for s in self.rule.state)}

    def strangers(self, rule: UpdateRule) -> list[str]:
        """Hyperparameters of the other rule that the goal leaves open, and states that it does not map."""
        own = {h.symbol for h in rule.hyper}
        open_ = [h.name for h in self.goal.other.hyper if h.symbol not in self.there and h.symbol not in own]
        mapped = {q for q, _ in self.goal.states}
        needed = {self.goal.other.theta, *(s.symbol for s in self.goal.other.state)}
        return open_ + sorted(str(q) for q in needed ^ mapped)

    def gradient_points(self) -> tuple[sp.Expr, sp.Expr]:
        return self.rule.gradient_at.xreplace(dict(self.here)), self.goal.other.gradient_at.xreplace(self._inputs())

    def step_obligations(self) -> list[tuple[str, list[tuple[sp.Expr, sp.Expr]]]]:
        """For each of the other rule's quantities: what the map says it is after the step, and what its rule says.

        Each comes in two forms: with this rule's new states left as symbols, and in terms of the old ones.
        """
        later = {q: e.xreplace({p: after(p) for p in self.stepped}) for q, e in self.goal.states}
        own = {after(p): e for p, e in self._in_new_state().items()}
        inputs = {**self._inputs(), **{after(q): e for q, e in later.items()}}
        found = []
        for q, e in step_in_new_state(self.goal.other).items():
            there = e.xreplace(inputs)
            theta_only = {k: v for k, v in own.items() if k == after(self.rule.theta)}
            opened = {after(p): e for p, e in self.stepped.items()}
            attempts = [(later[q].xreplace(opened), there.xreplace(opened))]
            if q == self.rule.theta:
                attempts.insert(0, (later[q].xreplace(theta_only), there.xreplace(theta_only)))
            found.append((f"After one step the map still gives {q} of {self.goal.other.name}.", attempts))
        return found

    def _in_new_state(self) -> dict[Quantity, sp.Expr]:
        return {q: e.xreplace(dict(self.here)) for q, e in step_in_new_state(self.rule).items()}

    def _inputs(self) -> dict[sp.Basic, sp.Basic]:
        t = self.rule.step_counter
        before = {q: e.xreplace({t: t - 1, **self.earlier}) for q, e in self.goal.states}
        return {**before, **self.there}


def _parting_run(goal: Equivalent, hypotheses: Sequence[sp.Basic], rule: UpdateRule) -> dict[str, sp.Basic] | None:
    """Exact numbers and gradients for which the rules part, or the map does not hold."""
    pair = _Pair.of(goal, rule)
    if pair.strangers(rule):
        return None
    symbols = {h.symbol for h in rule.hyper if h.symbol not in pair.here}
    symbols |= {h.symbol for h in goal.other.hyper if h.symbol not in pair.there}
    symbols |= {s for e in (*pair.here.values(), *pair.there.values()) for s in e.free_symbols}
    symbols -= {rule.step_counter}
    # That theta parts says more than that the map of some state fails.
    for watched in ([rule.theta], [q for q, _ in goal.states]):
        for constants in constants_for(symbols, hypotheses):
            for gradients in GRADIENTS:
                found = _run(goal, pair, hypotheses, constants, gradients, watched)
                if found is not None:
                    return found
    return None


def _run(
    goal: Equivalent,
    pair: _Pair,
    hypotheses: Sequence[sp.Basic],
    constants: dict[sp.Basic, sp.Basic],
    gradients: tuple[sp.Rational, ...],
    watched: Sequence[Quantity],
) -> dict[str, sp.Basic] | None:
    mine, theirs = Machine(pair.rule, pair.here), Machine(goal.other, pair.there)
    one = sp.Integer(1)
    own, other = mine.start(one, constants), theirs.start(one, constants)
    for t, g in enumerate(gradients, start=1):
        now = scheduled(constants, goal.varying, t)
        point = {**now, **own, pair.rule.gradient: g, pair.rule.step_counter: sp.Integer(t)}
        if not hold_here(hypotheses, point) or _out_of_domain(goal, point):
            return None
        if differ(mine.gradient_point(own, t, now), theirs.gradient_point(other, t, now)):
            return _witness(constants, gradients[: t - 1], t, "point of the gradient", own, other, pair, goal)
        own, other = mine.advance(own, g, t, now), theirs.advance(other, g, t, now)
        at_end = {**now, **own, pair.rule.step_counter: sp.Integer(t)}
        for q, e in ((q, e) for q, e in goal.states if q in watched):
            if differ(e.xreplace(at_end), other[q]):
                values = {f"{q.name}'[{t}] by the map": e.xreplace(at_end), f"{q.name}'[{t}]": other[q]}
                return {**_named(constants, goal, t), **_numbered(gradients[:t]), **values}
    return None


def _out_of_domain(goal: Equivalent, point: Mapping[sp.Basic, sp.Basic]) -> bool:
    for q, e in (*goal.here, *goal.there):
        value = e.xreplace(dict(point))
        if not hold_here(q.domain.constraints(value), {}):
            return True
    return False


def _witness(
    constants: Mapping[sp.Basic, sp.Basic],
    gradients: tuple[sp.Rational, ...],
    t: int,
    what: str,
    own: Mapping[sp.Basic, sp.Basic],
    other: Mapping[sp.Basic, sp.Basic],
    pair: _Pair,
    goal: Equivalent,
) -> dict[str, sp.Basic]:
    now = scheduled(constants, goal.varying, t)
    mine = Machine(pair.rule, pair.here).gradient_point(own, t, now)
    theirs = Machine(goal.other, pair.there).gradient_point(other, t, now)
    values: dict[str, sp.Basic] = {f"{what} here": mine, f"{what} there": theirs}
    return {**_named(constants, goal, t), **_numbered(gradients), **values}


def _named(constants: Mapping[sp.Basic, sp.Basic], goal: Equivalent, steps: int) -> dict[str, sp.Basic]:
    fixed: dict[str, sp.Basic] = {str(s): v for s, v in constants.items() if s not in goal.varying}
    for t in range(1, steps + 1):
        fixed |= {f"{q}[{t}]": scheduled(constants, goal.varying, t)[q] for q in goal.varying if q in constants}
    return fixed | {"theta[0]": sp.Integer(1)}


def _numbered(gradients: tuple[sp.Rational, ...]) -> dict[str, sp.Basic]:
    return {f"g[{i}]": g for i, g in enumerate(gradients, start=1)}
