"""Pairs of rules that are one in other words: which are looked at, and the claim made of what is found.

The map between their states and the hyperparameters that make them agree are not listed but found, by
:func:`optproof.derive.translation.find_translation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from ..catalogue import rule as catalogue_rule
from ..catalogue.vocabulary import hyperparameter
from ..claim import Claim, Hypothesis
from ..comparison_goals import Equivalent
from ..relations import gt
from ..rule import Source, UpdateRule
from ..symbols import REAL, Quantity, parameter
from ..translation import find_translation
from .partners import averaged_momentum, normalised_descent, two_sequences
from .sources import kingma_ba, ma_yarats, nesterov, reddi, sutskever
from .subjects import RELATIONS

__all__ = ["Pairing", "as_claim", "pairings"]


@dataclass(frozen=True)
class Pairing:
    """Two rules that are one, under a map and settings that are to be found.

    Attributes
    ----------
    name, title : str
        The claim's.
    other : callable
        Makes the other rule.
    here, there : mapping of hyperparameter name to expression
    unknowns : tuple of str
        Hyperparameters of the other rule, by name, whose values are solved for; so are those ``"here:name"``.
    shown : str
        What the claim shows as its derived formula: an unknown, or the name of a state of the other rule.
    """

    name: str
    title: str
    other: Callable[[], UpdateRule]
    here: Mapping[str, sp.Expr] = field(default_factory=dict)
    there: Mapping[str, sp.Expr] = field(default_factory=dict)
    unknowns: tuple[str, ...] = ()
    shown: str = ""
    positive: tuple[str, ...] = ()
    source: Source | None = None
    published: sp.Expr | None = None
    seed: tuple[str, ...] = ()


def as_claim(pairing: Pairing, rule: UpdateRule, subject: str = RELATIONS) -> Claim | None:
    """The claim that both rules are one, with what was found put in; None if nothing was found."""
    other, symbols = pairing.other(), {h.name: h.symbol for h in rule.hyper}
    unknown = {n: Quantity(f"wanted__{n.replace(':', '_')}", REAL) for n in pairing.unknowns}
    there_symbols = {h.name: h.symbol for h in other.hyper}
    here = {symbols[n]: e for n, e in pairing.here.items()}
    here |= {symbols[n[5:]]: u for n, u in unknown.items() if n.startswith("here:")}
    there = {there_symbols[n]: e for n, e in pairing.there.items()}
    there |= {there_symbols[n]: u for n, u in unknown.items() if not n.startswith("here:")}
    found = find_translation(rule, other, here=here, there=there, unknowns=unknown.values())
    if found is None or set(found.solved) != set(unknown.values()):
        return None
    solved: dict[sp.Basic, sp.Basic] = {u: _tidy(e) for u, e in found.solved.items()}
    states = tuple((q, e.xreplace(solved)) for q, e in found.states)
    goal = Equivalent(
        other,
        states,
        here=tuple((q, e.xreplace(solved)) for q, e in here.items()),
        there=tuple((q, e.xreplace(solved)) for q, e in there.items()),
        varying=_may_vary(states, rule),
    )
    derived = solved[unknown[pairing.shown]] if pairing.shown in unknown else _of_state(states, pairing.shown)
    return Claim(
        pairing.name,
        subject,
        pairing.title,
        rule,
        goal,
        hypotheses=tuple(Hypothesis(gt(symbols[n], 0), f"{n} is not zero") for n in pairing.positive),
        derived=derived,
        source=pairing.source,
        published=pairing.published,
        relation=None if pairing.published is None else "equal",
        seed=pairing.seed,
    )


def _of_state(states: tuple[tuple[Quantity, sp.Expr], ...], name: str) -> sp.Expr | None:
    return next((e for q, e in states if q.name == name), None)


def _may_vary(states: tuple[tuple[Quantity, sp.Expr], ...], rule: UpdateRule) -> tuple[Quantity, ...]:
    """The learning rate, if the map between the states does not contain it."""
    lr = [h.symbol for h in rule.hyper if h.name == "lr"]
    return tuple(q for q in lr if not any(q in e.free_symbols for _, e in states))


def _tidy(e: sp.Expr) -> sp.Expr:
    """A quotient with a denominator like 1 - beta, not beta - 1."""
    numerator, denominator = sp.fraction(sp.factor_terms(e))
    at_zero = denominator.xreplace({s: sp.Integer(0) for s in denominator.free_symbols})
    if at_zero.is_Rational and at_zero < 0:
        numerator, denominator = -numerator, sp.expand(-denominator)
    return numerator / denominator


def pairings() -> dict[str, tuple[Pairing, ...]]:
    """The pairs that are looked at, by the name of the first rule."""
    return {**_momentum_pairings(), **_adaptive_pairings()}


def _catalogue(name: str) -> Callable[[], UpdateRule]:
    return lambda: catalogue_rule(name)


def _momentum_pairings() -> dict[str, tuple[Pairing, ...]]:
    lr, mu, b, v = hyperparameter("lr"), hyperparameter("momentum"), Quantity("b"), Quantity("v")
    return {
        "sgd[momentum]": (
            Pairing(
                "is-velocity-with-lr-inside",
                "With a constant learning rate, a buffer of gradients and a velocity that contains the learning rate "
                "are the "
                "same momentum.",
                _catalogue("sgd[momentum,lr_inside]"),
                shown="v",
                source=sutskever("eqs. (1)-(2)"),
                published=-lr * b,
                seed=("S13",),
            ),
            Pairing(
                "is-averaged-momentum",
                "Momentum with a summing buffer is momentum with an averaging one at a larger learning rate.",
                averaged_momentum,
                unknowns=("lr",),
                shown="lr",
                published=lr / (1 - mu),
                seed=("S13", "S14"),
            ),
            Pairing(
                "is-quasi-hyperbolic",
                "Momentum is quasi-hyperbolic momentum with this weight of the buffer.",
                _catalogue("qhm"),
                there={"beta1": mu},
                unknowns=("lr", "nu"),
                shown="nu",
                source=ma_yarats(""),
                published=sp.Integer(1),
                seed=("S13",),
            ),
        ),
        "sgd[nesterov]": (
            Pairing(
                "is-velocity-with-lr-inside",
                "With a constant learning rate, the two forms of Nesterov's momentum that frameworks run are one.",
                _catalogue("sgd[nesterov,lr_inside]"),
                shown="v",
                published=-lr * b,
                seed=("S13",),
            ),
            Pairing(
                "is-look-ahead",
                "With a constant learning rate, the frameworks' Nesterov momentum is the paper's: its parameters are "
                "the "
                "points to which the paper looks ahead.",
                _catalogue("sgd[lookahead]"),
                shown="theta",
                source=sutskever("eqs. (3)-(4)"),
                seed=("S13",),
            ),
            Pairing(
                "is-two-sequences",
                "With a constant learning rate, Nesterov's momentum is his method of two sequences, a gradient step "
                "and an "
                "extrapolation.",
                two_sequences,
                shown="d",
                source=nesterov(""),
                seed=("S13",),
            ),
            Pairing(
                "is-quasi-hyperbolic",
                "Nesterov's momentum is quasi-hyperbolic momentum with this weight of the buffer.",
                _catalogue("qhm"),
                there={"beta1": mu},
                unknowns=("lr", "nu"),
                shown="nu",
                source=ma_yarats(""),
                published=mu,
                seed=("S13",),
            ),
        ),
        "sgd[lookahead]": (
            Pairing(
                "is-framework-form",
                "The paper's Nesterov momentum, seen at the points to which it looks ahead, is the form that "
                "frameworks run, "
                "whatever the schedule of the learning rate.",
                _catalogue("sgd[nesterov,lr_inside]"),
                shown="theta",
                source=sutskever("eqs. (3)-(4)"),
                published=parameter() + mu * v,
                seed=("S13",),
            ),
        ),
    }


def _adaptive_pairings() -> dict[str, tuple[Pairing, ...]]:
    lr, beta2, decay = hyperparameter("lr"), hyperparameter("beta2"), hyperparameter("weight_decay")
    t, zero = catalogue_rule("adam").step_counter, sp.Integer(0)
    return {
        "adam": (
            Pairing(
                "without-momentum-is-corrected-rmsprop",
                "At beta1 = 0 Adam is RMSprop with the bias correction moved into the learning rate and eps.",
                _catalogue("rmsprop"),
                here={"beta1": zero},
                there={"rho": beta2},
                unknowns=("lr", "eps"),
                shown="lr",
                source=kingma_ba("section 5"),
                published=lr * sp.sqrt(1 - beta2**t),
                seed=("S10",),
            ),
            Pairing(
                "without-averages-is-normalised-descent",
                "At beta1 = beta2 = 0 Adam moves by the gradient divided by its own size plus eps.",
                normalised_descent,
                here={"beta1": zero, "beta2": zero},
                seed=("S10",),
            ),
        ),
        "rmsprop": (
            Pairing(
                "contains-adagrad",
                "One family contains both rules: RMSprop whose decay rate is 1 - 1/t, with these learning rates, is "
                "Adagrad; "
                "its accumulator is t times the average.",
                _catalogue("adagrad"),
                here={"rho": 1 - 1 / t},
                there={"initial_accumulator": zero},
                unknowns=("here:lr", "here:eps"),
                shown="here:lr",
                source=kingma_ba("section 5"),
                published=lr / sp.sqrt(t),
                seed=("S4",),
            ),
            Pairing(
                "without-memory-is-normalised-descent",
                "At rho = 0 RMSprop moves by the gradient divided by its own size plus eps.",
                normalised_descent,
                here={"rho": zero},
                seed=("S1",),
            ),
        ),
        "adam[amsgrad]": (
            Pairing(
                "is-the-papers-amsgrad-with-schedules",
                "The frameworks' amsgrad option is the AMSGrad of the paper with this learning rate, and eps changed "
                "alike.",
                _catalogue("amsgrad"),
                unknowns=("lr", "eps"),
                shown="lr",
                source=reddi("Algorithm 2"),
            ),
        ),
        "adamw[paper]": (
            Pairing(
                "is-the-frameworks-adamw",
                "The paper's AdamW is the frameworks' with this weight decay, and the schedule moved into the "
                "learning rate.",
                _catalogue("adamw"),
                unknowns=("lr", "weight_decay"),
                shown="weight_decay",
                positive=("lr",),
                published=decay / lr,
                seed=("S12",),
            ),
        ),
    }
