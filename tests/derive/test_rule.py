"""A rule that does not make sense is refused in a sentence that names what is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import sympy as sp

from optproof.derive import (
    NONNEGATIVE,
    OPEN_UNIT,
    POSITIVE,
    UNIT_INTERVAL,
    Quantity,
    RuleError,
    Source,
    UpdateRule,
    gradient,
    names,
    parameter,
    rule,
    step_counter,
)

THETA, G, T = parameter(), gradient(), step_counter()
LR, MU = Quantity("lr", NONNEGATIVE), Quantity("mu", UNIT_INTERVAL)
V, W = Quantity("v"), Quantity("w")


def make(**changes: object) -> UpdateRule:
    """A sound rule (gradient descent with momentum), with some of its parts exchanged."""
    parts: dict[str, object] = {
        "hyper": {LR: "0.1", MU: "0.9"},
        "state": {V: 0},
        "steps": [(V, MU * V + G), (THETA, THETA - LR * V)],
    }
    return UpdateRule("mine", **{**parts, **changes})  # type: ignore[arg-type]


def test_the_sound_rule_is_accepted() -> None:
    sound = make()
    assert sound.title == "mine"
    assert sound.defaults == {"lr": sp.Rational(1, 10), "mu": sp.Rational(9, 10)}
    assert list(sound.quantities) == ["theta", "g", "t", "lr", "mu", "v"]
    assert sound.temporaries == ()


STEP = (THETA, THETA - LR * V)
BROKEN: dict[str, tuple[Callable[[], UpdateRule], str]] = {
    "float in a line": (
        lambda: make(steps=[(V, MU * V + 0.5 * G), STEP]),
        r"rule 'mine': the assignment of v holds the float 0\.5.*, which is not exact; "
        r"write sympy\.Rational\('1/2'\) instead",
    ),
    "line that is a float": (
        lambda: make(steps=[(V, 0.5), STEP]),
        r"rule 'mine': the value of v is the float 0\.5, which is not exact",
    ),
    "SymPy float alone": (
        lambda: make(state={V: sp.Float("0.1")}),
        r"rule 'mine': the value of v is the float 0\.1.*, which is not exact; write it as a string",
    ),
    "float in gradient_at": (
        lambda: make(gradient_at=THETA + 0.5 * V),
        r"rule 'mine': gradient_at holds the float 0\.5",
    ),
    "float default": (
        lambda: make(hyper={LR: 0.1, MU: "0.9"}),
        r"rule 'mine': the default of lr is the float 0\.1, which is not exact; write it as a string, such as '0\.1'",
    ),
    "function without a kernel": (
        lambda: make(steps=[(V, MU * V + sp.sin(G)), STEP]),
        r"rule 'mine': the assignment of v holds sin\(g\) \(sin\), which no kernel can compute; a rule is made of",
    ),
    "pi": (
        lambda: make(steps=[(V, MU * V + sp.pi * G), STEP]),
        r"rule 'mine': the assignment of v holds pi \(Pi\), which no kernel can compute",
    ),
    "imaginary unit": (
        lambda: make(steps=[(V, MU * V + sp.I * G), STEP]),
        r"rule 'mine': the assignment of v holds I ",
    ),
    "stray symbol": (
        lambda: make(steps=[(V, MU * V + G + sp.Symbol("stray")), STEP]),
        r"rule 'mine': the assignment of v uses stray, which is neither hyperparameter, state nor temporary; "
        r"the rule knows g, lr, mu, t, theta, v",
    ),
    "plain SymPy symbol of a known name": (
        lambda: make(steps=[(V, MU * V + G), (THETA, THETA - sp.Symbol("lr") * LR * V)]),
        r"uses lr, a symbol made elsewhere with the same name; use the one Quantity throughout",
    ),
    "target that is a plain symbol": (
        lambda: make(steps=[(sp.Symbol("v"), MU * V + G), STEP]),
        r"rule 'mine': v is no Quantity; make it with Quantity\('v'\)",
    ),
    "state never updated": (
        lambda: make(state={V: 0, W: 0}),
        r"rule 'mine': the state w is never updated; assign it, or make it a hyperparameter",
    ),
    "hyperparameter never used": (
        lambda: make(hyper={LR: "0.1", MU: "0.9", Quantity("eps", POSITIVE): "1e-8"}),
        r"rule 'mine': the hyperparameter eps is never used; use it or remove it",
    ),
    "temporary never used": (
        lambda: make(steps=[(V, MU * V + G), (W, G**2), STEP]),
        r"rule 'mine': the temporary w is never used; use it or remove it",
    ),
    "temporary that needs itself": (
        lambda: make(steps=[(W, W + G), (V, MU * V + W), STEP]),
        r"rule 'mine': the assignment of w uses w, which has no value yet; "
        r"if w is kept from step to step, declare it as state",
    ),
    "cyclic temporaries": (
        lambda: make(
            steps=[(W, Quantity("x") + G), (Quantity("x"), W * 2), (V, MU * V + W), STEP],
        ),
        r"uses x, and x in turn needs w: the two are cyclic; one of them must be state",
    ),
    "line too early": (
        lambda: make(steps=[(V, MU * V + W), (W, G**2), STEP]),
        r"rule 'mine': the assignment of v uses w, which is assigned only further down; move that line up",
    ),
    "double assignment": (
        lambda: make(steps=[(V, MU * V + G), (V, V + G), STEP]),
        r"rule 'mine': v is assigned twice; give the second value a name of its own",
    ),
    "assignment to the gradient": (
        lambda: make(steps=[(G, G + THETA), (V, MU * V + G), STEP]),
        r"rule 'mine': g is an input of the step and cannot be assigned",
    ),
    "assignment to a hyperparameter": (
        lambda: make(steps=[(LR, LR / 2), (V, MU * V + G), STEP]),
        r"rule 'mine': lr is an input of the step and cannot be assigned",
    ),
    "theta never assigned": (
        lambda: make(hyper={MU: "0.9"}, steps=[(V, MU * V + G)]),
        r"rule 'mine': no line assigns theta, so the rule would never move the parameter",
    ),
    "initial value outside the domain": (
        lambda: make(
            state={Quantity("s", NONNEGATIVE): -1},
            steps=[(Quantity("s", NONNEGATIVE), MU * Quantity("s", NONNEGATIVE) + G**2), (THETA, THETA - LR * G)],
        ),
        r"rule 'mine': the state s starts at -1, outside its domain '0 <= s'",
    ),
    "initial value from a wider hyperparameter": (
        lambda: make(
            state={Quantity("s", OPEN_UNIT): LR},
            steps=[(Quantity("s", OPEN_UNIT), MU * Quantity("s", OPEN_UNIT)), (THETA, THETA - LR * G)],
        ),
        r"rule 'mine': the state s starts at lr, outside its domain '0 < s < 1'",
    ),
    "initial value from the gradient": (
        lambda: make(state={V: G}),
        r"rule 'mine': the initial value of v uses g; it may use numbers and hyperparameters only",
    ),
    "default outside the domain": (
        lambda: make(hyper={LR: "0.1", MU: 1}),
        r"rule 'mine': the default 1 of mu lies outside its domain '0 <= mu < 1'",
    ),
    "default that is no number": (
        lambda: make(hyper={LR: "quick", MU: "0.9"}),
        r"rule 'mine': the default of lr is 'quick', which is not a number",
    ),
    "one name with two domains": (
        lambda: make(steps=[(V, MU * V + G), (THETA, THETA - Quantity("lr", POSITIVE) * LR * V)]),
        r"rule 'mine' uses the name 'lr' with two domains, '0 <= lr' and '0 < lr'",
    ),
    "name declared twice": (
        lambda: make(hyper={LR: "0.1", MU: "0.9", V: None}),
        r"rule 'mine': 'v' is declared twice; a name stands for one thing",
    ),
    "temporary with a domain": (
        lambda: make(
            steps=[(Quantity("w", POSITIVE), G**2), (V, MU * V + Quantity("w", POSITIVE)), STEP],
        ),
        r"rule 'mine': the temporary w is declared '0 < w', but its range follows from its value",
    ),
    "gradient taken where nothing is known yet": (
        lambda: make(gradient_at=THETA + sp.Symbol("later")),
        r"rule 'mine': gradient_at uses later, which the step does not know beforehand",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_rule_that_makes_no_sense_is_refused(case: str) -> None:
    build, sentence = BROKEN[case]
    with pytest.raises(RuleError, match=sentence):
        build()


def test_a_rule_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule("adam").name = "other"  # type: ignore[misc]


def test_rules_compare_by_what_they_say() -> None:
    assert make() == make()
    assert hash(make()) == hash(make())
    assert make() != make(hyper={LR: "0.2", MU: "0.9"})
    assert make() != make(steps=[(V, MU * V - G), STEP])


def test_an_expression_made_without_evaluation_gives_the_same_rule() -> None:
    clumsy = sp.Add(sp.Mul(MU, V, evaluate=False), G, sp.Integer(0), evaluate=False)
    assert make(steps=[(V, clumsy), STEP]) == make()


def test_equal_rules_and_only_they_share_a_digest() -> None:
    digests = {rule(name).digest: name for name in names()}
    assert len(digests) == len(names())
    assert make().digest == make().digest
    assert make().digest != make(hyper={LR: "0.2", MU: "0.9"}).digest


def test_a_source_prints_as_a_citation() -> None:
    assert str(Source("Zeiler", 2012, "ADADELTA", "Algorithm 1")) == "Zeiler (2012), Algorithm 1"
    assert str(Source("Zeiler", 2012, "ADADELTA")) == "Zeiler (2012)"


def test_a_rule_displays_as_mathematics_in_a_notebook() -> None:
    assert rule("sgd")._repr_latex_().startswith(r"$\displaystyle \begin{aligned}")
    assert repr(rule("adam[amsgrad]")) == "<UpdateRule adam[amsgrad]>"
