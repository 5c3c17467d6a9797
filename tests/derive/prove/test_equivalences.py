"""Comparisons of rules: what is proved holds in floating-point runs, and nothing that was changed is proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sympy as sp

from optproof.derive import NONNEGATIVE, Claim, Quantity, Result, UpdateRule, Verdict, gradient, names, parameter, rule
from optproof.derive.claim import Hypothesis
from optproof.derive.comparison_goals import AgreesOnlyFor, Equivalent
from optproof.derive.prove.condition import ContradictoryHypothesesError
from optproof.derive.prove.setting import setting_of
from optproof.derive.prove.solver import Solver
from optproof.derive.prove.tactics import settle
from optproof.derive.relations import lt
from optproof.derive.symbols import UNIT_INTERVAL, step_counter
from optproof.derive.theorems import epsilon, equivalences, special_cases, weight_decay
from optproof.derive.theorems.partners import decoupled_twin

MODULES = (equivalences, special_cases, epsilon, weight_decay)
RULES = (
    "sgd[l2]",
    "sgd[momentum]",
    "sgd[nesterov]",
    "sgd[lookahead]",
    "sgd[momentum,l2]",
    "rmsprop",
    "rmsprop[momentum]",
    "adagrad",
    "adadelta",
    "adam",
    "adam[amsgrad]",
    "adam[l2]",
    "adamw",
    "adamw[paper]",
)
T = step_counter()


def claims_about(name: str) -> Iterator[Claim]:
    for module in MODULES:
        yield from module.claims(rule(name))


@pytest.fixture(scope="module")
def solver() -> Iterator[Solver]:
    with Solver() as made:
        yield made


@pytest.fixture(scope="module")
def results(solver: Solver) -> list[Result]:
    return [settle(c, setting_of(rule(name), solver), solver) for name in RULES for c in claims_about(name)]


def one(results: list[Result], name: str, claim: str) -> Result:
    (found,) = [r for r in results if (r.claim.rule.name, r.claim.name) == (name, claim)]
    return found


def changed(claim: Claim, solver: Solver, **fields: object) -> Result:
    """The verdict on a claim whose goal was changed."""
    goal = replace(claim.goal, **fields)
    return settle(replace(claim, goal=goal), setting_of(claim.rule, solver), solver)


def test_every_claim_gets_the_expected_verdict(results: list[Result]) -> None:
    assert [(r.claim.rule.name, r.claim.name, r.verdict, r.reason) for r in results if not r.as_expected] == []
    assert all(r.steps for r in results if r.verdict is Verdict.PROVED)
    assert all(r.witness for r in results if r.verdict is Verdict.REFUTED)


@pytest.mark.parametrize(
    ("name", "claim", "formula"),
    [
        ("sgd[momentum]", "is-velocity-with-lr-inside", "-lr*b"),
        ("sgd[momentum]", "is-averaged-momentum", "lr/(1 - momentum)"),
        ("sgd[momentum]", "difference-when-lr-changes", "momentum*(lr - lr__previous)*b"),
        ("sgd[momentum]", "momentum-that-undoes-a-change-of-lr", "momentum*lr/lr__previous"),
        ("sgd[nesterov]", "is-quasi-hyperbolic", "momentum"),
        ("sgd[lookahead]", "is-framework-form", "theta + momentum*v"),
        ("adam", "without-momentum-is-corrected-rmsprop", "lr*sqrt(1 - beta2**t)"),
        ("adam", "eps-hat", "eps*sqrt(1 - beta2**t)"),
        ("rmsprop", "contains-adagrad", "lr/sqrt(t)"),
        ("rmsprop", "eps-half-way", "eps/sqrt(1 - rho)"),
        ("adamw[paper]", "is-the-frameworks-adamw", "weight_decay/lr"),
        ("sgd[l2]", "l2-for-decoupled-decay", "decay/lr"),
    ],
)
def test_what_is_solved_for(results: list[Result], name: str, claim: str, formula: str) -> None:
    derived = one(results, name, claim).derived
    plain = {s: sp.Symbol(s.name, positive=True) for s in derived.free_symbols}
    expected = sp.sympify(formula, {s.name: plain[s] for s in plain})
    assert sp.simplify(derived.xreplace(plain) - expected) == 0


def test_derived_and_published_formulas_agree(results: list[Result]) -> None:
    compared = [r for r in results if r.claim.relation == "equal"]
    assert len(compared) >= 12
    for r in compared:
        symbols = r.derived.free_symbols | r.published.free_symbols
        named = {s: sp.Symbol(s.name, positive=True) for s in symbols}
        assert sp.simplify(r.derived.xreplace(named) - r.published.xreplace(named)) == 0, r.claim.name


# Floating point, which shares no code with the provers.


def steps_of(made: UpdateRule) -> Callable[..., list[float]]:
    symbols = [made.theta, *(s.symbol for s in made.state), made.gradient, T, *(h.symbol for h in made.hyper)]
    return sp.lambdify(symbols, list(made.step().values()), "math")


def value(e: sp.Expr, point: dict[str, float]) -> float:
    return float(e.xreplace({s: sp.Float(point[s.name], 30) for s in e.free_symbols}))


def parts(claim: Claim, numbers: dict[str, float], gradients: tuple[float, ...]) -> float:
    """How far the other rule is from what the map says, over a run in which lr changes if it may."""
    goal, mine = claim.goal, claim.rule
    assert isinstance(goal, Equivalent)
    here, there = ({q.name: e for q, e in pairs} for pairs in (goal.here, goal.there))
    own_step, other_step = steps_of(mine), steps_of(goal.other)

    def settings(made: UpdateRule, given: dict[str, sp.Expr], point: dict[str, float]) -> list[float]:
        return [value(given.get(h.name, h.symbol), point) for h in made.hyper]

    def start(made: UpdateRule, given: dict[str, sp.Expr]) -> list[float]:
        at = {h.name: v for h, v in zip(made.hyper, settings(made, given, {**numbers, "t": 1}), strict=True)}
        return [0.6, *(value(s.initial, at) for s in made.state)]

    own, other, worst = start(mine, here), start(goal.other, there), 0.0
    for t, g in enumerate(gradients, start=1):
        now = {**numbers, "t": float(t)} | {q.name: numbers[q.name] * (1 + t % 3) / 2 for q in goal.varying}
        own = own_step(*own, g, t, *settings(mine, here, now))
        other = other_step(*other, g, t, *settings(goal.other, there, now))
        point = {**now, **dict(zip(["theta", *(s.name for s in mine.state)], own, strict=True))}
        named = dict(zip([goal.other.theta, *(s.symbol for s in goal.other.state)], other, strict=True))
        worst = max(worst, *(abs(value(e, point) - named[q]) for q, e in goal.states))
    return worst


NUMBERS = {
    **{"lr": 0.3, "momentum": 0.6, "rho": 0.7, "beta1": 0.55, "beta2": 0.8, "eps": 0.2, "weight_decay": 0.4},
    **{"l2": 0.3, "schedule": 0.7, "dampening": 0.35, "initial_accumulator": 0.5, "decay": 0.15, "nu": 0.4},
}


def test_proved_equivalences_hold_in_floating_point(results: list[Result]) -> None:
    proved = [r.claim for r in results if r.verdict is Verdict.PROVED and isinstance(r.claim.goal, Equivalent)]
    assert len(proved) >= 30
    for claim in proved:
        growing = claim.name == "is-amsgrad-while-v-grows"
        gradients = (0.5, -0.7, 1.3, 2.0) if growing else (0.5, -0.7, 0.0, 1.3, 0.2)
        assert parts(claim, NUMBERS, gradients) < 1e-12, (claim.rule.name, claim.name)


def test_refuted_equivalences_part_in_floating_point(results: list[Result]) -> None:
    refuted = [r.claim for r in results if r.verdict is Verdict.REFUTED and isinstance(r.claim.goal, Equivalent)]
    assert len(refuted) >= 10
    for claim in refuted:
        assert parts(claim, NUMBERS, (0.5, -0.7, 0.3)) > 1e-6, (claim.rule.name, claim.name)


# Mutation.


def mutated(goal: Equivalent) -> Iterator[tuple[str, dict[str, object]]]:
    for field in ("states", "here", "there"):
        pairs = getattr(goal, field)
        for i, (q, e) in enumerate(pairs):
            by = sp.Rational(1, 2) if q.domain == UNIT_INTERVAL else 1
            for kind, new in (("doubled", 2 * e), ("shifted", e + by)):
                if new != e:
                    yield f"{field} {q} {kind}", {field: (*pairs[:i], (q, new), *pairs[i + 1 :])}


def test_no_changed_map_or_setting_is_proved(
    results: list[Result], solver: Solver, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ("sgd[momentum]", "sgd[nesterov]", "sgd[lookahead]", "rmsprop", "rmsprop[momentum]", "adamw[paper]")
    counts: Counter[str] = Counter()
    for r in results:
        if not isinstance(r.claim.goal, Equivalent) or not (
            r.claim.rule.name in chosen and r.verdict is Verdict.PROVED
        ):
            continue
        for kind, fields in mutated(r.claim.goal):
            verdict = changed(r.claim, solver, **fields).verdict
            counts[verdict.name] += 1
            assert verdict is not Verdict.PROVED, (r.claim.name, kind)
    with capsys.disabled():
        print(f"\nchanged equivalences: {dict(counts)}")
    assert counts.total() > 60
    # Settings that leave their domain are UNKNOWN: nothing can be run there.
    assert counts["REFUTED"] >= 0.7 * counts.total()


def test_a_map_with_lr_holds_only_while_lr_is_constant(results: list[Result], solver: Solver) -> None:
    for name in ("sgd[momentum]", "sgd[nesterov]"):
        claim = one(results, name, "is-velocity-with-lr-inside").claim
        lr = next(h.symbol for h in claim.rule.hyper if h.name == "lr")
        assert changed(claim, solver, varying=(lr,)).verdict is Verdict.REFUTED


def test_a_translation_depends_on_the_step(results: list[Result], solver: Solver) -> None:
    claim = one(results, "adam", "eps-hat").claim
    ((eps, formula),) = claim.goal.there
    for wrong in (formula.xreplace({T: sp.Integer(1)}), formula.xreplace({T: T + 1}), formula**2 / eps, eps):
        assert changed(claim, solver, there=((eps, wrong),)).verdict is Verdict.REFUTED


def test_a_value_outside_its_domain_is_not_accepted(solver: Solver) -> None:
    momentum, sgd = rule("sgd[momentum]"), rule("sgd")
    mu = momentum.quantities["momentum"]
    goal = Equivalent(sgd, ((sgd.theta, sgd.theta),), here=((mu, sp.Integer(1)),))
    claim = Claim("x", "x", "x", momentum, goal)
    result = settle(claim, setting_of(momentum, solver), solver)
    assert result.verdict is Verdict.UNKNOWN
    assert "domain of momentum" in result.reason


def test_rules_that_ask_for_the_gradient_elsewhere_are_not_equal(solver: Solver) -> None:
    ahead, inside = rule("sgd[lookahead]"), rule("sgd[momentum,lr_inside]")
    # Fed one gradient sequence they move alike; run on one function they do not.
    goal = Equivalent(inside, ((inside.theta, inside.theta), (inside.state[0].symbol, ahead.state[0].symbol)))
    result = settle(Claim("x", "x", "x", ahead, goal), setting_of(ahead, solver), solver)
    assert result.verdict is Verdict.REFUTED
    assert "point of the gradient here" in result.witness


def test_a_wrong_start_is_found(solver: Solver) -> None:
    theta, g, lr, m = parameter(), gradient(), Quantity("lr", NONNEGATIVE), Quantity("m")
    lines = [(m, m / 2 + g), (theta, theta - lr * m)]
    zero = UpdateRule("zero", hyper={lr: "0.1"}, state={m: 0}, steps=lines)
    warm = UpdateRule("warm", hyper={lr: "0.1"}, state={m: 1}, steps=lines)
    claim = Claim("x", "x", "x", zero, Equivalent(warm, ((theta, theta), (m, m))))
    assert settle(claim, setting_of(zero, solver), solver).verdict is Verdict.REFUTED


def test_nothing_is_equal_to_a_rule_that_leaves_a_hyperparameter_open(solver: Solver) -> None:
    adam, rmsprop = rule("adam"), rule("rmsprop")
    states = ((adam.theta, adam.theta), (rmsprop.state[0].symbol, adam.state[1].symbol))
    result = settle(Claim("x", "x", "x", adam, Equivalent(rmsprop, states)), setting_of(adam, solver), solver)
    assert result.verdict is Verdict.UNKNOWN
    assert "rho" in result.reason


def test_the_hypothesis_on_amsgrad_matters(results: list[Result], solver: Solver) -> None:
    claim = one(results, "adam", "is-amsgrad-while-v-grows").claim
    dropped = settle(replace(claim, hypotheses=()), setting_of(claim.rule, solver), solver)
    assert dropped.verdict is Verdict.REFUTED


def test_contradictory_hypotheses_are_an_error(results: list[Result], solver: Solver) -> None:
    claim = one(results, "adam", "is-amsgrad-while-v-grows").claim
    lr = claim.rule.quantities["lr"]
    with pytest.raises(ContradictoryHypothesesError):
        settle(replace(claim, hypotheses=(Hypothesis(lt(lr, 0)),)), setting_of(claim.rule, solver), solver)


# Values that no constant, or only one, makes right.


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("adam", "eps-place-no-constant"),
        ("rmsprop", "eps-place-no-constant"),
        ("sgd[momentum,l2]", "l2-is-never-decoupled-decay"),
        ("adam[l2]", "l2-is-never-decoupled-decay"),
        ("rmsprop[centered,l2]", "l2-is-never-decoupled-decay"),
        ("sgd[l2]", "l2-for-decoupled-decay-unique"),
    ],
)
def test_every_hypothesis_of_a_non_existence_is_needed(name: str, claim: str) -> None:
    with Solver(rlimit=3_000_000, seconds=3.0) as quick:
        (found,) = [c for c in claims_about(name) if c.name == claim]
        assert found.hypotheses
        for index in range(len(found.hypotheses)):
            rest = (*found.hypotheses[:index], *found.hypotheses[index + 1 :])
            result = settle(replace(found, hypotheses=rest), setting_of(found.rule, quick), quick)
            assert result.verdict is not Verdict.PROVED, found.hypotheses[index]


def test_plain_descent_does_have_a_coefficient(results: list[Result], solver: Solver) -> None:
    unique = one(results, "sgd[l2]", "l2-for-decoupled-decay-unique").claim
    none = changed(unique, solver, value=None)
    assert none.verdict is Verdict.REFUTED
    value = unique.goal.value.xreplace({s: none.witness[s.name] for s in unique.goal.value.free_symbols})
    assert none.witness[unique.goal.unknown.name] == value
    assert changed(unique, solver, value=2 * unique.goal.value).verdict is Verdict.REFUTED


def test_a_schedule_is_no_constant(solver: Solver) -> None:
    """Adam's two forms agree for an eps that changes with t; that does not refute that no constant does."""
    (claim,) = [c for c in claims_about("adam") if c.name == "eps-place-no-constant"]
    assert settle(claim, setting_of(claim.rule, solver), solver).verdict is Verdict.PROVED


def test_momentum_without_momentum_has_a_coefficient(solver: Solver) -> None:
    made = rule("sgd[momentum,l2]")
    twin = decoupled_twin(made)
    unknown = Quantity("wanted", NONNEGATIVE)
    mu, decay = made.quantities["momentum"], made.quantities["weight_decay"]
    goal = AgreesOnlyFor(twin, unknown, None, ((mu, sp.Integer(0)), (decay, unknown)), ((mu, sp.Integer(0)),))
    result = settle(Claim("x", "x", "x", made, goal), setting_of(made, solver), solver)
    assert result.verdict is not Verdict.PROVED


def test_the_catalogue_is_searched_for_special_cases() -> None:
    found = {
        (name, str(hyper), str(at), other.name)
        for name in names()
        for hyper, at, other, _ in special_cases.special_cases(rule(name))
    }
    assert ("adamw[l2]", "weight_decay", "0", "adam[l2]") in found
    assert ("adamw[paper]", "lr", "1", "adamw") in found
    assert ("sgd[momentum,dampening]", "dampening", "0", "sgd[momentum]") in found
    assert len(found) >= 25
