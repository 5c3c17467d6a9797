"""One rule is another in other words: the forms of momentum and of Nesterov's method, Adam's relatives, schedules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from ..catalogue import rule as catalogue_rule
from ..catalogue.vocabulary import hyperparameter
from ..claim import Claim, Hypothesis
from ..comparison_goals import Equivalent
from ..goal import EachStep, Equal
from ..prove.equivalence import previous
from ..prove.verdict import Verdict
from ..relations import eq, ge, gt
from ..rule import UpdateRule
from ..sequence import one_step
from ..symbols import REAL, Quantity, after
from ..translation import find_translation, solve_equations
from .pairings import as_claim, pairings
from .sources import polyak, pytorch_sgd, reddi
from .subjects import RELATIONS

__all__ = ["claims", "same_name_map"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """What the rule is in other words, the schedules that make it so, and near relatives that differ."""
    for pairing in pairings().get(rule.name, ()):
        found = as_claim(pairing, rule)
        if found is not None:
            yield found
            yield from _while_lr_changes(found, rule)
    yield from _difference_when_lr_changes(rule)
    yield from _displacement_is_velocity(rule)
    yield from _nesterov_parameters(rule)
    yield from _near_relatives(rule)


def _while_lr_changes(found: Claim, rule: UpdateRule) -> Iterator[Claim]:
    """Where the map contains the learning rate, the rules part once it changes."""
    goal = found.goal
    lr = next((h.symbol for h in rule.hyper if h.name == "lr"), None)
    if not isinstance(goal, Equivalent) or goal.varying or lr is None:
        return
    yield replace(
        found,
        name=f"{found.name}-while-lr-changes",
        title=f"Often taken for granted: {goal.other.name} is the same rule also while the learning rate changes. It "
        "is not.",
        goal=replace(goal, varying=(lr,)),
        derived=None,
        published=None,
        relation=None,
        source=None,
        expected=Verdict.REFUTED,
        folklore=True,
    )


def _difference_when_lr_changes(rule: UpdateRule) -> Iterator[Claim]:
    """How far one step parts the two forms of momentum when lr changes, and the momentum that keeps them together."""
    if rule.name != "sgd[momentum]":
        return
    lr, mu = (next(h.symbol for h in rule.hyper if h.name == n) for n in ("lr", "momentum"))
    inside = catalogue_rule("sgd[momentum,lr_inside]")
    found = find_translation(rule, inside)
    if found is None:
        return
    before = {q: e.xreplace({lr: previous(lr)}) for q, e in found.states}
    own, other = one_step(rule)[rule.theta], one_step(inside)[rule.theta].xreplace(before)
    gap = sp.factor(sp.expand(other - own))
    buffer = rule.state[0].symbol
    yield Claim(
        "difference-when-lr-changes",
        RELATIONS,
        "In a step at which the learning rate changes, the form with the learning rate inside the velocity moves theta "
        "further than this one by this much.",
        rule,
        Equal(other - own, gap, r"{\theta}'_{t} - \theta_{t}", "theta'[t] - theta[t]"),
        derived=gap,
        source=pytorch_sgd("note"),
        published=mu * (lr - previous(lr)) * buffer,
        relation="equal",
        seed=("S13",),
    )
    wanted = Quantity("wanted__momentum", REAL)
    solved = solve_equations([sp.expand(other.xreplace({mu: wanted}) - own).coeff(buffer, 1)], [wanted])
    if solved is None:
        return
    momentum = solved[wanted]
    yield Claim(
        "momentum-that-undoes-a-change-of-lr",
        RELATIONS,
        "Both forms stay one while the learning rate changes if the one with lr inside uses this momentum in that "
        "step.",
        rule,
        Equal(other.xreplace({mu: momentum}), own, r"{\theta}'_{t}", "theta'[t]"),
        hypotheses=(Hypothesis(gt(previous(lr), 0), "the learning rate before was not zero"),),
        derived=momentum,
        published=mu * lr / previous(lr),
        relation="equal",
        seed=("S13",),
    )


def _displacement_is_velocity(rule: UpdateRule) -> Iterator[Claim]:
    if rule.name != "sgd[momentum,lr_inside]":
        return
    v = rule.state[0].symbol
    yield Claim(
        "velocity-is-displacement",
        RELATIONS,
        "The velocity is theta's last displacement, so this is Polyak's heavy ball: a gradient step plus momentum "
        "times "
        "the last displacement.",
        rule,
        EachStep(eq(after(v), after(rule.theta) - rule.theta)),
        source=polyak(""),
        seed=("S13",),
    )


def _nesterov_parameters(rule: UpdateRule) -> Iterator[Claim]:
    if rule.name != "sgd[lookahead]":
        return
    other = catalogue_rule("sgd[nesterov,lr_inside]")
    yield Claim(
        "frameworks-keep-the-same-theta",
        RELATIONS,
        "Often taken for granted: the parameters that frameworks keep for Nesterov's momentum are those of the "
        "paper. They "
        "are the look-ahead points.",
        rule,
        same_name_map(rule, other),
        expected=Verdict.REFUTED,
        folklore=True,
        seed=("S13",),
    )


def same_name_map(rule: UpdateRule, other: UpdateRule) -> Equivalent:
    """That both rules are one with states and hyperparameters of the same name the same."""
    own = {s.name: s.symbol for s in rule.state}
    states = ((rule.theta, rule.theta), *((s.symbol, own[s.name]) for s in other.state if s.name in own))
    return Equivalent(other, states)


def _near_relatives(rule: UpdateRule) -> Iterator[Claim]:
    """Rules that differ though they are taken for one, and the condition under which they do not."""
    if rule.name == "adam":
        rmsprop, beta1, beta2 = catalogue_rule("rmsprop"), hyperparameter("beta1"), hyperparameter("beta2")
        goal = same_name_map(rule, rmsprop)
        yield Claim(
            "without-momentum-is-plain-rmsprop",
            RELATIONS,
            "Commonly said: Adam with beta1 = 0 is RMSprop. Without the correction of the second moment it is not.",
            rule,
            replace(goal, here=((beta1, sp.Integer(0)),), there=((hyperparameter("rho"), beta2),)),
            expected=Verdict.REFUTED,
            folklore=True,
            seed=("S10",),
        )
        amsgrad = catalogue_rule("adam[amsgrad]")
        v = next(s.symbol for s in rule.state if s.name == "v")
        kept = {s.symbol: v if s.name == "v_max" else s.symbol for s in amsgrad.state}
        yield Claim(
            "is-amsgrad-while-v-grows",
            RELATIONS,
            "While no squared gradient is below the second moment, the maximum that AMSGrad keeps is the second moment "
            "itself, and both rules are one.",
            rule,
            Equivalent(amsgrad, ((rule.theta, rule.theta), *kept.items())),
            hypotheses=(Hypothesis(ge(rule.gradient**2, v), "no squared gradient is below the second moment"),),
            source=reddi("Algorithm 2"),
            seed=("S10",),
        )
    if rule.name == "adam[amsgrad]":
        paper = catalogue_rule("amsgrad")
        renamed = {"m": "m", "v": "v", "v_hat": "v_max"}
        own = {s.name: s.symbol for s in rule.state}
        states = ((rule.theta, rule.theta), *((s.symbol, own[renamed[s.name]]) for s in paper.state))
        yield Claim(
            "is-the-papers-amsgrad",
            RELATIONS,
            "Commonly assumed: the frameworks' amsgrad option is the AMSGrad of the paper. It adds Adam's bias "
            "corrections.",
            rule,
            Equivalent(paper, states),
            expected=Verdict.REFUTED,
            folklore=True,
        )
