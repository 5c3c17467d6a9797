"""What the constant eps does, and that where it stands matters: no value in one place is a value in another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy as sp

from ..catalogue import names, options, rule as catalogue_rule
from ..catalogue.vocabulary import hyperparameter
from ..claim import Claim, Hypothesis
from ..comparison_goals import AgreesOnlyFor
from ..goal import Equal, LimitIs
from ..prove.verdict import Verdict
from ..relations import gt
from ..rule import UpdateRule
from ..sequence import first_step
from ..symbols import Quantity, bound
from ..translation import solve_equations
from .equivalences import same_name_map
from .pairings import Pairing, as_claim
from .partners import split_eps
from .sources import kingma_ba, zeiler
from .subjects import EPSILON

__all__ = ["claims"]


def claims(rule: UpdateRule) -> Iterator[Claim]:
    """Where eps stands, and how the first step depends on it."""
    other = _moved_eps(rule)
    if other is not None:
        yield _changes_nothing(rule, other)
        yield from _translation(rule, other)
        yield _no_constant(rule, other)
    yield from _first_step(rule)
    yield from _without_learning_rate(rule)


def _moved_eps(rule: UpdateRule) -> UpdateRule | None:
    """The same rule with eps in another place, if the catalogue has it."""
    family = rule.name.partition("[")[0]
    for option in ("eps_in_sqrt", "eps_hat"):
        name = f"{family}[{option}]"
        if rule.name == family and name in names() and option in options(family):
            return catalogue_rule(name)
    return None


def _words(other: UpdateRule) -> str:
    return "moving eps inside the root" if "eps_in_sqrt" in other.name else "moving the bias correction past eps"


def _changes_nothing(rule: UpdateRule, other: UpdateRule) -> Claim:
    return Claim(
        "eps-place-does-not-matter",
        EPSILON,
        f"Commonly said: {_words(other)} changes nothing.",
        rule,
        same_name_map(rule, other),
        expected=Verdict.REFUTED,
        folklore=True,
        seed=("S15",),
    )


def _translation(rule: UpdateRule, other: UpdateRule) -> Iterator[Claim]:
    """The eps of the other form, where one that depends on t alone exists."""
    eps = hyperparameter("eps")
    beta2 = next((h.symbol for h in rule.hyper if h.name == "beta2"), None)
    pairing = Pairing(
        "eps-hat",
        "Both forms of the rule are one exactly with this eps in the second, another one in every step.",
        lambda: other,
        unknowns=("eps",),
        shown="eps",
        source=kingma_ba("section 2"),
        published=None if beta2 is None else eps * sp.sqrt(1 - beta2**rule.step_counter),
        seed=("S15",),
    )
    found = as_claim(pairing, rule, EPSILON)
    if found is not None:
        yield found


def _no_constant(rule: UpdateRule, other: UpdateRule) -> Claim:
    wanted = _wanted_eps()
    return Claim(
        "eps-place-no-constant",
        EPSILON,
        "No constant eps in the second form makes it the first one: whatever eps is there, some run tells them apart.",
        rule,
        AgreesOnlyFor(other, wanted, None, there=((hyperparameter("eps"), wanted),)),
        hypotheses=_matters(rule, other),
        source=kingma_ba("section 2") if "eps_hat" in other.name else None,
        seed=("S15",),
    )


def _wanted_eps() -> Quantity:
    eps = hyperparameter("eps")
    return Quantity("eps_there", eps.domain, rf"{eps.latex_form}'", meaning="eps of the other form")


def _matters(rule: UpdateRule, other: UpdateRule) -> tuple[Hypothesis, ...]:
    positive = ["lr", *(["beta2"] if "eps_hat" in other.name else [])]
    symbols = {h.name: h.symbol for h in rule.hyper}
    return tuple(Hypothesis(gt(symbols[n], 0), f"{n} is not zero") for n in positive if n in symbols)


def _first_step(rule: UpdateRule) -> Iterator[Claim]:
    """A first step lr g / (k g + eps): its slope at 0, where it saturates, and where it is half of that."""
    size = bound("size", r"\left|g_1\right|", "size of the first gradient")
    zero: dict[sp.Basic, sp.Basic] = {h.symbol: sp.Integer(0) for h in rule.hyper if h.name == "initial_accumulator"}
    moved = -first_step(rule)
    if rule.theta in moved.free_symbols:
        return
    if any(p.exp.free_symbols and p.base.is_Rational for p in moved.atoms(sp.Pow)):
        # SymPy tears powers such as (24/25)**k apart, and what comes back is beyond reading.
        return
    step = sp.cancel(_powers_out(moved.xreplace({**zero, rule.gradient: size})))
    symbols = {h.name: h.symbol for h in rule.hyper}
    lr, eps = symbols.get("lr"), symbols.get("eps")
    if lr is None or eps is None:
        return
    slope, saturation = _ratio(step, lr, eps, size)
    if slope is None or saturation is None:
        return
    half = solve_equations([sp.fraction(sp.together(step - saturation / 2))[0]], [size])
    if half is None:
        return
    yield from _about_first_step(rule, step, size, slope, saturation, half[size])


def _powers_out(e: sp.Expr) -> sp.Expr:
    """Roots of products as products of roots, for what is positive."""
    return sp.powsimp(sp.expand_power_base(e))


def _ratio(step: sp.Expr, lr: sp.Symbol, eps: sp.Symbol, size: sp.Symbol) -> tuple[sp.Expr | None, sp.Expr | None]:
    """Slope at zero and value at infinity of lr g / (k g + c eps); None where the step is of another form."""
    inverse = sp.expand(sp.cancel(lr * size / step))
    k, rest = inverse.coeff(size, 1), inverse.coeff(size, 0)
    if sp.expand(inverse - k * size - rest) != 0 or k.has(size, eps) or k == 0 or not rest.has(eps):
        return None, None
    return sp.factor(lr / rest), lr / k


def _about_first_step(
    rule: UpdateRule, step: sp.Expr, size: Quantity, slope: sp.Expr, saturation: sp.Expr, half: sp.Expr
) -> Iterator[Claim]:
    yield Claim(
        "eps-small-gradients",
        EPSILON,
        "Far below eps the first step is plain gradient descent with this learning rate.",
        rule,
        LimitIs(sp.cancel(step / size), size, sp.Integer(0), slope),
        derived=slope,
        seed=("S2",),
    )
    yield Claim(
        "eps-large-gradients",
        EPSILON,
        "Far above eps the first step does not depend on the gradient's size.",
        rule,
        LimitIs(step, size, sp.oo, saturation),
        hypotheses=_divisors(saturation),
        derived=saturation,
        seed=("S2",),
    )
    yield Claim(
        "eps-half-way",
        EPSILON,
        "The first step reaches half of its largest size exactly at this gradient: eps is the gradient size below "
        "which "
        "the normalisation fades.",
        rule,
        Equal(step.xreplace({size: half}), saturation / 2, r"|\theta_1 - \theta_0|", "|theta[1] - theta[0]|"),
        hypotheses=_divisors(saturation),
        derived=half,
        seed=("S2",),
    )


def _divisors(e: sp.Expr) -> tuple[Hypothesis, ...]:
    """Symbols that `e` divides by, where their domains contain 0."""
    bases = {p.base for p in e.atoms(sp.Pow) if p.exp.is_Rational and p.exp < 0}
    symbols = sorted((b for b in bases if isinstance(b, Quantity) and b.domain.contains(sp.Integer(0))), key=str)
    return tuple(Hypothesis(gt(s, 0), f"{s} is not zero") for s in symbols)


def _without_learning_rate(rule: UpdateRule) -> Iterator[Claim]:
    """A rule without a learning rate whose eps stands in the numerator: changing eps changes the step."""
    if any(h.name == "lr" for h in rule.hyper) or split_eps(rule) is None:
        return
    eps = hyperparameter("eps")
    same = same_name_map(rule, rule)
    yield Claim(
        "eps-does-not-matter",
        EPSILON,
        "Commonly said: Adadelta has no learning rate to choose, eps is only there for numerical safety. Four times "
        "the "
        "eps gives other steps.",
        rule,
        replace(same, there=((eps, 4 * eps),)),
        source=zeiler(""),
        expected=Verdict.REFUTED,
        folklore=True,
        seed=("S8", "S9"),
    )
