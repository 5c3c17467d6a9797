"""Every rule of the catalogue is its paper's formula, checked exactly against code written from the paper.

The oracles below share nothing with the catalogue: plain fractions and one assignment after the other.  A square
root of a fraction is no fraction, so both sides take the same rational function for it (the root cut off after 40
digits); equal formulas then give equal fractions, bit for bit.
"""

from __future__ import annotations

import operator
import random
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import isqrt

import pytest
import sympy as sp

from optproof.derive import UnknownRuleError, UpdateRule, names, one_step, options, rule

Numbers = dict[str, Fraction]
Step = Callable[[Numbers, Fraction, int, Numbers], Numbers]
"""Takes theta and the state, the gradient, the step counter and the hyperparameters; gives theta and the state."""


def root(x: Fraction) -> Fraction:
    scale = 10**40
    return Fraction(isqrt(x.numerator * scale**2 // x.denominator), scale)


def sgd(l2: bool = False) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        if l2:
            g = g + h["weight_decay"] * s["theta"]
        return {"theta": s["theta"] - h["lr"] * g}

    return step


def heavy_ball(l2: bool = False, lr_inside: bool = False, dampening: bool = False) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        if l2:
            g = g + h["weight_decay"] * s["theta"]
        if lr_inside:
            v = h["momentum"] * s["v"] - h["lr"] * g
            return {"theta": s["theta"] + v, "v": v}
        if dampening and t > 1:
            g = (1 - h["dampening"]) * g
        b = h["momentum"] * s["b"] + g
        return {"theta": s["theta"] - h["lr"] * b, "b": b}

    return step


def nesterov(l2: bool = False, lr_inside: bool = False) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        if l2:
            g = g + h["weight_decay"] * s["theta"]
        if lr_inside:
            v = h["momentum"] * s["v"] - h["lr"] * g
            return {"theta": s["theta"] + h["momentum"] * v - h["lr"] * g, "v": v}
        b = h["momentum"] * s["b"] + g
        return {"theta": s["theta"] - h["lr"] * (g + h["momentum"] * b), "b": b}

    return step


def adagrad(l2: bool = False, eps_in_sqrt: bool = False) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        if l2:
            g = g + h["weight_decay"] * s["theta"]
        total = s["G"] + g * g
        below = root(total + h["eps"]) if eps_in_sqrt else root(total) + h["eps"]
        return {"theta": s["theta"] - h["lr"] * g / below, "G": total}

    return step


def rmsprop(l2: bool = False, centered: bool = False, momentum: bool = False, eps_in_sqrt: bool = False) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        if l2:
            g = g + h["weight_decay"] * s["theta"]
        new = {"v": h["rho"] * s["v"] + (1 - h["rho"]) * g * g}
        spread = new["v"]
        if centered:
            new["m"] = h["rho"] * s["m"] + (1 - h["rho"]) * g
            spread = spread - new["m"] ** 2
        scaled = g / (root(spread + h["eps"]) if eps_in_sqrt else root(spread) + h["eps"])
        if momentum:
            new["b"] = scaled = h["momentum"] * s["b"] + scaled
        return {"theta": s["theta"] - h["lr"] * scaled, **new}

    return step


def adadelta(l2: bool = False, lr: bool = False) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        if l2:
            g = g + h["weight_decay"] * s["theta"]
        v = h["rho"] * s["v"] + (1 - h["rho"]) * g * g
        delta = -root(s["u"] + h["eps"]) / root(v + h["eps"]) * g
        u = h["rho"] * s["u"] + (1 - h["rho"]) * delta**2
        return {"theta": s["theta"] + (h["lr"] if lr else 1) * delta, "v": v, "u": u}

    return step


def adam(
    l2: bool = False, amsgrad: bool = False, eps_hat: bool = False, decoupled: bool = False, paper: bool = False
) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        if l2:
            g = g + h["l2" if decoupled else "weight_decay"] * s["theta"]
        m = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
        v = h["beta2"] * s["v"] + (1 - h["beta2"]) * g * g
        new, second = {"m": m, "v": v}, v
        if amsgrad:
            new["v_max"] = second = max(s["v_max"], v)
        if eps_hat:
            rate = h["lr"] * root(1 - h["beta2"] ** t) / (1 - h["beta1"] ** t)
            move = rate * m / (root(second) + h["eps"])
        else:
            m_hat, v_hat = m / (1 - h["beta1"] ** t), second / (1 - h["beta2"] ** t)
            move = h["lr"] * m_hat / (root(v_hat) + h["eps"])
        if paper:
            move = h["schedule"] * (move + h["weight_decay"] * s["theta"])
        elif decoupled:
            move = move + h["lr"] * h["weight_decay"] * s["theta"]
        return {"theta": s["theta"] - move, **new}

    return step


def reddi(l2: bool = False) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        if l2:
            g = g + h["weight_decay"] * s["theta"]
        m = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
        v = h["beta2"] * s["v"] + (1 - h["beta2"]) * g * g
        largest = max(s["v_hat"], v)
        return {"theta": s["theta"] - h["lr"] * m / (root(largest) + h["eps"]), "m": m, "v": v, "v_hat": largest}

    return step


def adamax(l2: bool = False, eps_in_max: bool = False, eps: bool = False) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        m = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
        u = max(h["beta2"] * s["u"], abs(g) + (h["eps"] if eps_in_max else 0))
        below = u + h["eps"] if eps else u
        return {"theta": s["theta"] - h["lr"] / (1 - h["beta1"] ** t) * m / below, "m": m, "u": u}

    return step


def nadam(momentum_decay: bool = False) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        m = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
        v = h["beta2"] * s["v"] + (1 - h["beta2"]) * g * g
        bar = h["beta1"] * m / (1 - h["beta1"] ** (t + 1)) + (1 - h["beta1"]) * g / (1 - h["beta1"] ** t)
        below = root(v / (1 - h["beta2"] ** t)) + h["eps"]
        return {"theta": s["theta"] - h["lr"] * bar / below, "m": m, "v": v}

    def scheduled(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        def coefficient(count: int) -> Fraction:
            power = h["momentum_decay"] * count
            assert power.denominator == 1
            return h["beta1"] * (1 - Fraction(96, 100) ** int(power) / 2)

        product = s["mu_product"] * coefficient(t)
        m = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
        v = h["beta2"] * s["v"] + (1 - h["beta2"]) * g * g
        bar = coefficient(t + 1) * m / (1 - product * coefficient(t + 1)) + (1 - coefficient(t)) * g / (1 - product)
        below = root(v / (1 - h["beta2"] ** t)) + h["eps"]
        return {"theta": s["theta"] - h["lr"] * bar / below, "m": m, "v": v, "mu_product": product}

    return scheduled if momentum_decay else step


def radam(eps_hat: bool = False, threshold: bool = False) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        m = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
        v = h["beta2"] * s["v"] + (1 - h["beta2"]) * g * g
        longest = 2 / (1 - h["beta2"]) - 1
        length = longest - 2 * t * h["beta2"] ** t / (1 - h["beta2"] ** t)
        move = m / (1 - h["beta1"] ** t)
        if length > (h["threshold"] if threshold else 4):
            numerator = (length - 4) * (length - 2) * longest
            move *= root(numerator / ((longest - 4) * (longest - 2) * length))
            correction = root(1 - h["beta2"] ** t)
            move /= (root(v) + h["eps"]) / correction if eps_hat else root(v) / correction
        return {"theta": s["theta"] - h["lr"] * move, "m": m, "v": v}

    return step


def adabelief() -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        m = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
        spread = h["beta2"] * s["s"] + (1 - h["beta2"]) * (g - m) ** 2 + h["eps"]
        below = root(spread / (1 - h["beta2"] ** t)) + h["eps"]
        return {"theta": s["theta"] - h["lr"] * m / (1 - h["beta1"] ** t) / below, "m": m, "s": spread}

    return step


def yogi() -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        m = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
        gap = s["v"] - g * g
        v = s["v"] - (1 - h["beta2"]) * ((gap > 0) - (gap < 0)) * g * g
        return {"theta": s["theta"] - h["lr"] * m / (root(v) + h["eps"]), "m": m, "v": v}

    return step


def laprop() -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        v = h["beta2"] * s["v"] + (1 - h["beta2"]) * g * g
        m = h["beta1"] * s["m"] + (1 - h["beta1"]) * g / (root(v / (1 - h["beta2"] ** t)) + h["eps"])
        return {"theta": s["theta"] - h["lr"] * m / (1 - h["beta1"] ** t), "m": m, "v": v}

    return step


def sign_of(x: Fraction) -> int:
    return (x > 0) - (x < 0)


def signsgd() -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        return {"theta": s["theta"] - h["lr"] * sign_of(g)}

    return step


def signum() -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        m = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
        return {"theta": s["theta"] - h["lr"] * sign_of(m), "m": m}

    return step


def lion() -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        update = sign_of(h["beta1"] * s["m"] + (1 - h["beta1"]) * g)
        theta = s["theta"] - h["lr"] * (update + h["weight_decay"] * s["theta"])
        return {"theta": theta, "m": h["beta2"] * s["m"] + (1 - h["beta2"]) * g}

    return step


def rprop(irprop_minus: bool = False) -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        size, kept = s["step_size"], g
        if s["g_previous"] * g > 0:
            size = min(size * h["eta_plus"], h["step_max"])
        elif s["g_previous"] * g < 0:
            size, kept = max(size * h["eta_minus"], h["step_min"]), Fraction(0)
        if irprop_minus:
            return {"theta": s["theta"] - sign_of(kept) * size, "step_size": size, "g_previous": kept}
        move = -s["move"] if s["g_previous"] * g < 0 else -sign_of(g) * size
        return {"theta": s["theta"] + move, "step_size": size, "g_previous": kept, "move": move}

    return step


def qhm() -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        m = h["beta1"] * s["m"] + (1 - h["beta1"]) * g
        return {"theta": s["theta"] - h["lr"] * ((1 - h["nu"]) * g + h["nu"] * m), "m": m}

    return step


def asgd() -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        mean = s["theta_mean"] + (s["theta"] - s["theta_mean"]) / t
        return {"theta": s["theta"] - h["lr"] * g, "theta_mean": mean}

    return step


def ftrl() -> Step:
    def step(s: Numbers, g: Fraction, t: int, h: Numbers) -> Numbers:
        n = s["n"] + g * g
        z = s["z"] + g - (root(n) - root(s["n"])) / h["lr"] * s["theta"]
        if abs(z) <= h["l1"]:
            theta = Fraction(0)
        else:
            theta = -(z - sign_of(z) * h["l1"]) / ((h["beta"] + root(n)) / h["lr"] + h["l2"])
        return {"theta": theta, "z": z, "n": n}

    return step


FAMILIES: dict[str, Callable[..., Step]] = {
    "sgd": sgd,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adadelta": adadelta,
    "adam": adam,
    "adamw": adam,
    "amsgrad": reddi,
    "adamax": adamax,
    "nadam": nadam,
    "radam": radam,
    "adabelief": adabelief,
    "yogi": yogi,
    "laprop": laprop,
    "signsgd": signsgd,
    "lion": lion,
    "rprop": rprop,
    "qhm": qhm,
    "asgd": asgd,
    "ftrl": ftrl,
}


def oracle(name: str) -> Step:
    family, _, inside = name.rstrip("]").partition("[")
    chosen = dict.fromkeys(filter(None, inside.split(",")), True)
    if family == "adamw":
        return adam(**chosen, decoupled=True)
    for selector, maker in (("momentum", heavy_ball), ("nesterov", nesterov)):
        if family == "sgd" and chosen.pop(selector, False):
            return maker(**chosen)
    if family == "signsgd" and chosen.pop("momentum", False):
        return signum(**chosen)
    if chosen.pop("lookahead", False):
        return heavy_ball(lr_inside=True)
    return FAMILIES[family](**chosen)


def holds(condition: sp.Basic, values: Mapping[str, Fraction]) -> bool:
    """Whether a condition of a case distinction is true."""
    if condition == sp.true:
        return True
    compare = {"==": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
    return bool(compare[condition.rel_op](evaluate(condition.lhs, values), evaluate(condition.rhs, values)))


def evaluate(e: sp.Basic, values: Mapping[str, Fraction]) -> Fraction:
    """The value of an expression in fractions, its square roots by `root`."""
    if isinstance(e, sp.Symbol):
        return values[e.name]
    if isinstance(e, sp.Rational):
        return Fraction(int(e.p), int(e.q))
    if isinstance(e, sp.Pow):
        base = evaluate(e.base, values)
        if abs(e.exp) == sp.Rational(1, 2):
            return root(base) if e.exp > 0 else 1 / root(base)
        power = evaluate(e.exp, values)
        assert power.denominator == 1
        return base ** int(power)
    if isinstance(e, sp.Piecewise):
        return evaluate(next(v for v, c in e.args if holds(c, values)), values)
    inner = [evaluate(a, values) for a in e.args]
    if isinstance(e, sp.Add):
        return sum(inner, Fraction(0))
    if isinstance(e, (sp.Max, sp.Min)):
        return max(inner) if isinstance(e, sp.Max) else min(inner)
    if isinstance(e, sp.Abs):
        return abs(inner[0])
    if isinstance(e, sp.sign):
        return Fraction(sign_of(inner[0]))
    assert isinstance(e, sp.Mul), e
    product = Fraction(1)
    for factor in inner:
        product *= factor
    return product


def run_lines(chosen: UpdateRule, inputs: Numbers) -> Numbers:
    """The assignments one after the other, as the algorithm box reads."""
    values = dict(inputs)
    for line in chosen.assignments:
        values[line.target.name] = evaluate(line.value, values)
    return {q.name: values[q.name] for q in (chosen.theta, *(s.symbol for s in chosen.state))}


def hyperparameters(chosen: UpdateRule, luck: random.Random) -> Numbers:
    values: Numbers = {}
    for hyper in chosen.hyper:
        if hyper.name in ("momentum_decay", "threshold", "eta_plus"):
            # An exponent must be whole for exact powers; the others have a lower end above zero.
            values[hyper.name] = Fraction(luck.randint(4, 6) if hyper.name == "threshold" else luck.randint(2, 3))
            continue
        below_one = hyper.symbol.domain.upper is not None
        values[hyper.name] = Fraction(luck.randint(1, 12), 13 if below_one else 5)
    return values


@pytest.mark.parametrize("name", names())
def test_a_rule_is_its_papers_formula(name: str) -> None:
    chosen, step, luck = rule(name), oracle(name), random.Random(name)
    mapped = one_step(chosen)
    for _ in range(4):
        hyper = hyperparameters(chosen, luck)
        now = {"theta": Fraction(luck.randint(-9, 9), 7)}
        now |= {s.name: evaluate(s.initial, hyper) for s in chosen.state}
        for t in range(1, 5):
            g = Fraction(luck.randint(-20, 20), luck.randint(1, 9))
            inputs = {**hyper, **now, "g": g, "t": Fraction(t)}
            found = run_lines(chosen, inputs)
            assert found == step(now, g, t, hyper), (t, inputs)
            # The one-step map may have split or joined roots, which changes the last of their 40 digits.
            composed = {q.name: evaluate(e, inputs) for q, e in mapped.items()}
            assert all(abs(composed[k] - v) < Fraction(1, 10**30) * (1 + abs(v)) for k, v in found.items())
            # A shorter fraction for the next step, or numbers grow without end.
            now = {k: Fraction(v).limit_denominator(10**6) for k, v in found.items()}


def test_look_ahead_takes_its_gradient_at_the_look_ahead_point() -> None:
    ahead = rule("sgd[lookahead]")
    momentum, v = ahead.quantities["momentum"], ahead.quantities["v"]
    assert ahead.gradient_at == ahead.theta + momentum * v
    assert all(rule(n).gradient_at == rule(n).theta for n in names() if n != "sgd[lookahead]")


REQUIRED = [
    "sgd",
    "sgd[momentum]",
    "sgd[nesterov]",
    "adagrad",
    "rmsprop",
    "rmsprop[centered]",
    "rmsprop[momentum]",
    "adadelta",
    "adam",
    "adam[amsgrad]",
    "adamw",
    "sgd[l2]",
    "sgd[momentum,l2]",
    "sgd[nesterov,l2]",
    "adagrad[l2]",
    "rmsprop[l2]",
    "rmsprop[centered,l2]",
    "rmsprop[momentum,l2]",
    "adadelta[l2]",
    "adam[l2]",
    "adam[amsgrad,l2]",
    "adamw[l2]",
    "adagrad[eps_in_sqrt]",
    "rmsprop[eps_in_sqrt]",
    "adam[eps_hat]",
    "adamw[eps_hat]",
    "adadelta[lr]",
    "adamw[paper]",
    "sgd[momentum,lr_inside]",
    "sgd[nesterov,lr_inside]",
    "amsgrad",
]


@pytest.mark.parametrize("name", REQUIRED)
def test_the_names_of_the_interface_exist(name: str) -> None:
    assert name in names()
    assert rule(name).name == name


@pytest.mark.parametrize("name", names())
def test_every_rule_cites_authors_year_and_equation(name: str) -> None:
    source = rule(name).source
    assert source is not None
    assert re.match(r"\w+", source.authors)
    assert 1950 < source.year < 2030
    assert re.search(r"eq|Algorithm|section|slide", source.where)
    assert source.title
    assert source.link


@pytest.mark.parametrize("name", names())
def test_every_rule_has_meanings_and_defaults(name: str) -> None:
    chosen = rule(name)
    assert all(q.meaning for q in chosen.quantities.values())
    assert all(h.default is not None for h in chosen.hyper)
    assert {h.name for h in chosen.hyper} <= {
        *("lr", "momentum", "dampening", "rho", "beta1", "beta2", "eps", "weight_decay", "initial_accumulator"),
        *("schedule", "l2", "l1", "beta", "nu", "momentum_decay", "threshold"),
        *("eta_minus", "eta_plus", "step_min", "step_max"),
    }


def test_defaults_come_from_the_papers() -> None:
    assert rule("adam").defaults == {
        "lr": sp.Rational(1, 1000),
        "beta1": sp.Rational(9, 10),
        "beta2": sp.Rational(999, 1000),
        "eps": sp.Rational(1, 10**8),
    }
    assert rule("adadelta").defaults == {"rho": sp.Rational(95, 100), "eps": sp.Rational(1, 10**6)}
    assert rule("adagrad").defaults["initial_accumulator"] == 0


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("adam[l2,amsgrad]", "adam[amsgrad,l2]"),
        (" rmsprop [ momentum , centered ] ", "rmsprop[centered,momentum]"),
        ("sgd[l2,nesterov]", "sgd[nesterov,l2]"),
        ("sgd[lr_inside,momentum]", "sgd[momentum,lr_inside]"),
        ("adam[]", "adam"),
        ("adam[l2,l2]", "adam[l2]"),
        ("rmsprop[l2,eps_in_sqrt,momentum,centered]", "rmsprop[centered,momentum,eps_in_sqrt,l2]"),
    ],
)
def test_the_order_of_options_does_not_matter(written: str, canonical: str) -> None:
    assert rule(written).name == canonical
    assert rule(written) == rule(canonical)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("adamm", r"there is no rule 'adamm'; did you mean 'adam'\?; the rules are sgd, adagrad"),
        ("zzz", r"there is no rule 'zzz'; the rules are sgd"),
        (
            "adam[centred]",
            r"the rule 'adam' has no option 'centred'; it takes amsgrad, eps_hat, l2, decoupled, maximize",
        ),
        ("rmsprop[centred]", r"the rule 'rmsprop' has no option 'centred'; did you mean 'centered'\?; it takes"),
        ("sgd[lr_inside]", r"in 'sgd' the option 'lr_inside' does not go with the plain rule; it needs one of"),
        ("sgd[nesterov,momentum]", r"in 'sgd' the option 'momentum' does not go with 'nesterov'"),
        ("sgd[nesterov,lookahead]", r"in 'sgd' the option 'nesterov' does not go with 'lookahead'"),
        ("sgd[lookahead,l2]", r"in 'sgd' the option 'l2' does not go with 'lookahead'"),
        ("adam[", r"'adam\[' is no rule name; one looks like 'adam' or 'rmsprop\[centered,momentum\]'"),
        ("adamw[decoupled]", r"'decoupled' does not go with 'adamw': the rule 'adamw' has a weight decay already"),
        ("adadelta[decoupled]", r"the rule 'adadelta' has no learning rate to multiply the decay by"),
        ("rmsprop[nesterov]", r"'rmsprop\[nesterov\]' is no rule: 'nesterov' and 'lr_inside' need 'momentum'"),
        ("radam[eps,eps_hat]", r"is no rule: 'eps' and 'eps_hat' are two places for one eps"),
        ("", r"'' is no rule name"),
        ("adam; rm -rf", r"is no rule name"),
    ],
)
def test_unknown_names_and_conflicting_options_are_refused(name: str, sentence: str) -> None:
    with pytest.raises(UnknownRuleError, match=sentence):
        rule(name)


def test_options_are_listed_in_canonical_order() -> None:
    own = ("centered", "momentum", "nesterov", "lr_inside", "bias_correction", "eps_in_sqrt", "l2")
    assert options("rmsprop") == (*own, "decoupled", "maximize")
    assert set(options("sgd")) == {
        *("lookahead", "nesterov", "momentum", "lr_inside", "dampening", "l2"),
        *("decoupled", "maximize"),
    }


def test_the_common_options_mean_the_same_for_every_rule() -> None:
    for name in ("sgd", "adam", "radam", "rprop"):
        plain, climbing, decayed = rule(name), rule(f"{name}[maximize]"), rule(f"{name}[decoupled]")
        theta, g = plain.theta, plain.gradient
        assert one_step(climbing) == {q: e.xreplace({g: -g}) for q, e in one_step(plain).items()}
        lr, decay = decayed.quantities["lr"], decayed.quantities["weight_decay"]
        for q, value in one_step(decayed).items():
            expected = one_step(plain)[q] - (lr * decay * theta if q == theta else 0)
            assert sp.expand(value - expected) == 0
    assert one_step(rule("adam[decoupled]"))[rule("adam").theta] == one_step(rule("adamw"))[rule("adamw").theta]
