"""Invariances: units, the scale, sign, sum and direction of gradients, and what eps is to Adadelta."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sympy as sp

from ..claim import Claim
from ..comparison_goals import KeepsTheta, ScalesAs, Superposes, Values
from ..prove.verdict import Verdict
from ..rule import UpdateRule
from ..sequence import one_step
from ..structure import odd_states
from ..symbols import Quantity, Unit, bound
from ..translation import is_linear
from ..units import UnitSystem, unit_system
from .partners import coupled_decay, split_eps
from .sources import kingma_ba, zeiler
from .subjects import INVARIANCE

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """How the rule answers to other units, and to scaled, negated and added gradients."""
    system = unit_system(rule)
    yield from _units(rule, system)
    yield from _sign(rule)
    # With an L2 term the rule answers as it does without, and lambda to the scale as in its units.
    if coupled_decay(rule) is not None:
        return
    if not system.condition and not system.undetermined:
        yield from _gradient_scale(rule, system)
    yield from _additive(rule)
    if system.condition:
        yield from _two_eps(rule)


def _factor(unit: Unit, parameter: sp.Expr, objective: sp.Expr) -> sp.Expr:
    powers = ((parameter, unit.parameter), (objective, unit.objective))
    return sp.Mul(*(base ** sp.Rational(str(exponent)) for base, exponent in powers))


def _multipliers(rule: UpdateRule, units: Mapping[Quantity, Unit], parameter: sp.Expr, objective: sp.Expr) -> Values:
    """What each symbol is multiplied by when the units of parameter and objective shrink by these factors."""
    kept = [rule.gradient, *(h.symbol for h in rule.hyper), rule.theta, *(s.symbol for s in rule.state)]
    return tuple((q, _factor(units[q], parameter, objective)) for q in kept if q in units)


def _units(rule: UpdateRule, system: UnitSystem) -> Iterator[Claim]:
    if system.undetermined:
        return
    parameter = bound("T", "T", "how many new units of the parameter make an old one")
    objective = bound("F", "F", "how many new units of the objective make an old one")
    loss = objective if not system.condition else parameter ** _power_of_tie(system)
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    tied = f" This asks for units with {system.condition}, because one eps is added to two kinds of squares." * bool(
        system.condition
    )
    yield Claim(
        "units",
        INVARIANCE,
        "Measured in other units of the parameter and of the objective the rule is the same, if its hyperparameters "
        "are "
        f"converted like this.{tied}",
        rule,
        ScalesAs(_multipliers(rule, system.units, parameter, loss)),
        derived=None if lr is None else _factor(system.units[lr], parameter, objective),
        source=zeiler("") if rule.name == "adadelta" else None,
        seed=("S8",),
    )
    if system.condition:
        yield Claim(
            "units-are-free",
            INVARIANCE,
            "Commonly said: Adadelta's update has the right units. With its single eps it does not, unless the unit "
            "of the "
            "objective is fixed by that of the parameter.",
            rule,
            ScalesAs(((rule.gradient, objective / parameter), *_multipliers(rule, system.units, parameter, loss)[1:])),
            source=zeiler(""),
            expected=Verdict.REFUTED,
            folklore=True,
            seed=("S8",),
        )


def _power_of_tie(system: UnitSystem) -> sp.Rational:
    """The exponent n of a tie F = T^n between the units."""
    _, _, power = system.condition.partition("^")
    return sp.Rational(power or 1)


def _gradient_scale(rule: UpdateRule, system: UnitSystem) -> Iterator[Claim]:
    c = bound("c", "c", "what every gradient is multiplied by")
    one, symbols = sp.Integer(1), {h.name: h.symbol for h in rule.hyper}
    scaled = _multipliers(rule, system.units, one, c)
    lr, eps = symbols.get("lr"), symbols.get("eps")
    degree = dict(scaled).get(lr, one) if lr is not None else one
    changed = [str(q) for q, m in scaled if m != 1 and q in symbols.values()]
    yield Claim(
        "gradient-scale",
        INVARIANCE,
        f"Multiplying every gradient by one positive number changes nothing if {_listed(changed)} changed with it."
        if changed
        else "Multiplying every gradient by one positive number changes nothing.",
        rule,
        ScalesAs(scaled),
        derived=degree,
        seed=("S2",) if degree == 1 else ("S14",),
    )
    if eps is None or degree != 1 or any(eps in one_step(rule)[s.symbol].free_symbols for s in rule.state):
        # Where eps is part of a state, that state's domain is only known for an eps above 0.
        return
    kept = tuple((q, m) for q, m in scaled if q != eps)
    yield Claim(
        "gradient-scale-without-eps",
        INVARIANCE,
        "At eps = 0 theta's path does not depend on the gradients' scale: multiplying every gradient by one positive "
        "number "
        "changes nothing.",
        rule,
        ScalesAs(kept, fixed=((eps, sp.Integer(0)),)),
        derived=degree,
        source=kingma_ba("abstract") if rule.name == "adam" else None,
        published=one if rule.name == "adam" else None,
        relation="equal" if rule.name == "adam" else None,
        seed=("S2",),
    )
    yield Claim(
        "gradient-scale-with-eps-kept",
        INVARIANCE,
        "Commonly said without a word about eps: multiplying every gradient by one positive number changes nothing.",
        rule,
        ScalesAs(kept),
        source=kingma_ba("abstract") if rule.name == "adam" else None,
        expected=Verdict.REFUTED,
        folklore=True,
        seed=("S2",),
    )
    yield Claim(
        "gradient-scale-over-time",
        INVARIANCE,
        "Commonly said: the rule does not see the scale of the gradients at all. It does once that scale changes "
        "from step to "
        "step, even at eps = 0.",
        rule,
        ScalesAs(((rule.gradient, c),), fixed=((eps, sp.Integer(0)),), over_time=True),
        expected=Verdict.REFUTED,
        folklore=True,
        seed=("S2", "S3"),
    )


def _listed(names: list[str]) -> str:
    joined = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{joined} {'is' if len(names) == 1 else 'are'}"


def _sign(rule: UpdateRule) -> Iterator[Claim]:
    odd = odd_states(rule)
    if odd is None:
        return
    minus = sp.Integer(-1)
    yield Claim(
        "odd-in-the-gradient",
        INVARIANCE,
        "With every gradient and the start negated, theta's path is negated: no direction is preferred.",
        rule,
        ScalesAs(((rule.gradient, minus), (rule.theta, minus), *((q, minus) for q in odd))),
        seed=("S14",),
    )


def _additive(rule: UpdateRule) -> Iterator[Claim]:
    linear = is_linear(rule)
    yield Claim(
        "additive-in-the-gradients",
        INVARIANCE,
        "The run on the sum of two gradient sequences is the sum of the runs: this is what it means not to be adaptive."
        if linear
        else "Were the rule not adaptive, the run on the sum of two gradient sequences would be the sum of the runs. "
        "It is not.",
        rule,
        Superposes(sp.Integer(1), sp.Integer(1)),
        expected=Verdict.PROVED if linear else Verdict.REFUTED,
        seed=("S14",),
    )
    # Every rotation but the half turn, by the tangent of half its angle.
    half = Quantity("k", latex="k", meaning="tangent of half the angle of a rotation")
    cosine, sine = (1 - half**2) / (1 + half**2), 2 * half / (1 + half**2)
    yield Claim(
        "rotation",
        INVARIANCE,
        "Turning the coordinate axes turns the path: the rule has no preferred axes."
        if linear
        else "Were there no preferred axes, turning them would turn the path. Normalising each coordinate by itself "
        "breaks that.",
        rule,
        Superposes(cosine, -sine),
        expected=Verdict.PROVED if linear else Verdict.REFUTED,
        seed=("S14",),
    )


def _two_eps(rule: UpdateRule) -> Iterator[Claim]:
    """Adadelta with an eps for each average: which of them sets the step, and which makes it scale-free."""
    found = split_eps(rule)
    if found is None:
        return
    split, eps_u, eps_g = found
    system = unit_system(split)
    k = bound("k", "k", "what the step is multiplied by")
    updates = next((s.symbol for s in rule.state if system.units[s.symbol] == system.units[eps_u]), None)
    if updates is None:
        return
    yield Claim(
        "eps-is-the-learning-rate",
        INVARIANCE,
        "With an eps for each average, multiplying the one beside the updates by k^2 multiplies every step by k: it "
        "is the "
        "learning rate.",
        rule,
        ScalesAs(((eps_u, k**2), (updates, k**2)), step=k, variant=split),
        derived=k,
        seed=("S8", "S9"),
    )
    yield Claim(
        "no-movement-without-eps",
        INVARIANCE,
        "Without the eps beside the updates theta never moves, whatever the gradients are.",
        rule,
        KeepsTheta(sp.Integer(1), None, fixed=((eps_u, sp.Integer(0)),), variant=split),
        seed=("S8", "S9"),
    )
    parameter = bound("T", "T", "how many new units of the parameter make an old one")
    objective = bound("F", "F", "how many new units of the objective make an old one")
    yield Claim(
        "units-with-two-eps",
        INVARIANCE,
        "With an eps for each average the units are free: one eps is a squared step, the other a squared gradient.",
        rule,
        ScalesAs(_multipliers(split, system.units, parameter, objective), variant=split),
        derived=_factor(system.units[eps_u], parameter, objective),
        published=parameter**2,
        relation="equal",
        source=zeiler(""),
        seed=("S8",),
    )
    c = bound("c", "c", "what every gradient is multiplied by")
    yield Claim(
        "gradient-scale-with-two-eps",
        INVARIANCE,
        "Multiplying every gradient by one positive number changes nothing if the eps beside the gradients is "
        "changed with it.",
        rule,
        ScalesAs(_multipliers(split, system.units, sp.Integer(1), c), variant=split),
        derived=_factor(system.units[eps_g], sp.Integer(1), c),
        seed=("S8", "S2"),
    )
