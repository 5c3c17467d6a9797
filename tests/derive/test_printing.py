"""Rules print as their papers write them, and what is printed says exactly what the expression says."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
import sympy as sp
from hypothesis import given, strategies as st

from optproof.derive import (
    NONNEGATIVE,
    POSITIVE,
    UNIT_INTERVAL,
    Quantity,
    gradient,
    names,
    parameter,
    rule,
    step_counter,
)
from optproof.derive.printing import expression_text

THETA, G, T = parameter(), gradient(), step_counter()
LR, EPS, BETA = Quantity("lr", NONNEGATIVE), Quantity("eps", POSITIVE), Quantity("beta", UNIT_INTERVAL)
V, M = Quantity("v", NONNEGATIVE), Quantity("m")
SYMBOLS = {q.name: q for q in (THETA, G, T, LR, EPS, BETA, V, M)}

BOXES = {
    "sgd[l2]": """\
g_l2[t] = g[t] + weight_decay theta[t-1]
theta[t] = theta[t-1] - lr g_l2[t]""",
    "sgd[momentum,dampening]": """\
fresh_weight[t] = {1 if t = 1, 1 - dampening otherwise}
b[t] = momentum b[t-1] + fresh_weight[t] g[t]
theta[t] = theta[t-1] - lr b[t]""",
    "adagrad": """\
G[t] = G[t-1] + g[t]^2
theta[t] = theta[t-1] - lr g[t] / (sqrt(G[t]) + eps)""",
    "rmsprop[centered,momentum]": """\
v[t] = rho v[t-1] + (1 - rho) g[t]^2
m[t] = rho m[t-1] + (1 - rho) g[t]
b[t] = momentum b[t-1] + g[t] / (sqrt(v[t] - m[t]^2) + eps)
theta[t] = theta[t-1] - lr b[t]""",
    "adadelta[l2]": """\
g_l2[t] = g[t] + weight_decay theta[t-1]
v[t] = rho v[t-1] + (1 - rho) g_l2[t]^2
delta[t] = -sqrt(u[t-1] + eps) g_l2[t] / sqrt(v[t] + eps)
u[t] = rho u[t-1] + (1 - rho) delta[t]^2
theta[t] = theta[t-1] + delta[t]""",
    "adam[eps_hat]": """\
m[t] = beta1 m[t-1] + (1 - beta1) g[t]
v[t] = beta2 v[t-1] + (1 - beta2) g[t]^2
step_size[t] = lr sqrt(1 - beta2^t) / (1 - beta1^t)
theta[t] = theta[t-1] - step_size[t] m[t] / (sqrt(v[t]) + eps)""",
    "adamw[paper]": """\
m[t] = beta1 m[t-1] + (1 - beta1) g[t]
v[t] = beta2 v[t-1] + (1 - beta2) g[t]^2
m_hat[t] = m[t] / (1 - beta1^t)
v_hat[t] = v[t] / (1 - beta2^t)
theta[t] = theta[t-1] - schedule (lr m_hat[t] / (sqrt(v_hat[t]) + eps) + weight_decay theta[t-1])""",
}


@pytest.mark.parametrize("name", BOXES)
def test_a_rule_prints_as_its_algorithm_box(name: str) -> None:
    assert rule(name).text() == BOXES[name]


def test_latex_says_the_same_as_the_text() -> None:
    assert rule("rmsprop").latex() == (
        "\\begin{aligned}\n"
        "v_{t} &= \\rho \\, v_{t-1} + \\left(1 - \\rho\\right) \\, g_{t}^{2} \\\\\n"
        "\\theta_{t} &= \\theta_{t-1} - \\frac{\\alpha \\, g_{t}}{\\sqrt{v_{t}} + \\epsilon}\n"
        "\\end{aligned}"
    )


@pytest.mark.parametrize("name", names())
def test_latex_is_balanced(name: str) -> None:
    text = rule(name).latex()
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    assert text.count("&=") == len(rule(name).assignments)


class Reader:
    """Reads the text dialect back: a sum of products, juxtaposition multiplies, ``a / b`` closes a product."""

    TOKEN = re.compile(r"\s*(\d+|\w+|<=|>=|!=|.)")

    def __init__(self, text: str, symbols: Mapping[str, sp.Symbol]) -> None:
        self.tokens = [*self.TOKEN.findall(text), ""]
        self.at = 0
        self.bars = 0
        self.symbols = symbols

    @property
    def next(self) -> str:
        return self.tokens[self.at]

    def take(self, expected: str | None = None) -> str:
        token = self.next
        assert expected is None or token == expected, (self.tokens, self.at)
        self.at += 1
        return token

    def whole(self) -> sp.Expr:
        found = self.sum()
        self.take("")
        return found

    def sum(self) -> sp.Expr:
        total = self.product() if self.next != "-" else sp.Integer(0)
        while self.next in ("+", "-"):
            sign = self.take()
            total = total + self.product() if sign == "+" else total - self.product()
        return total

    def product(self) -> sp.Expr:
        total = self.power()
        while re.match(r"[\w(|]", self.next) and not (self.next == "|" and self.bars):
            total = total * self.power()
        if self.next == "/":
            self.take()
            total = total / self.power()
        return total

    def power(self) -> sp.Expr:
        base = self.atom()
        if self.next == "^":
            self.take()
            return base ** self.atom()
        return base

    def atom(self) -> sp.Expr:
        token = self.take()
        if token.isdigit():
            return sp.Integer(int(token))
        if token == "(":
            inner = self.sum()
            self.take(")")
            return inner
        if token == "|":
            # Only the innermost bar can close, so nested absolute values are told apart by depth.
            self.bars += 1
            inner = self.sum()
            self.bars -= 1
            self.take("|")
            return sp.Abs(inner)
        if self.next == "(" and token in ("sqrt", "sign", "exp", "log", "max", "min"):
            return self.call(token)
        return self.symbols[token]

    def call(self, name: str) -> sp.Expr:
        functions = {"sqrt": sp.sqrt, "sign": sp.sign, "exp": sp.exp, "log": sp.log, "max": sp.Max, "min": sp.Min}
        self.take("(")
        bars, self.bars = self.bars, 0
        arguments = [self.sum()]
        while self.next == ",":
            self.take()
            arguments.append(self.sum())
        self.take(")")
        self.bars = bars
        return functions[name](*arguments)


leaves = st.one_of(
    st.fractions(min_value=-4, max_value=4, max_denominator=9).map(lambda f: sp.Rational(f.numerator, f.denominator)),
    st.sampled_from([THETA, G, LR, EPS, BETA, V, M]),
)


def _grow(inner: st.SearchStrategy[sp.Expr]) -> st.SearchStrategy[sp.Expr]:
    pair = st.tuples(inner, inner)
    positive = inner.map(lambda e: e**2 + EPS)
    return st.one_of(
        pair.map(lambda p: p[0] + p[1]),
        pair.map(lambda p: p[0] - p[1]),
        pair.map(lambda p: p[0] * p[1]),
        st.tuples(inner, positive).map(lambda p: p[0] / p[1]),
        st.tuples(inner, positive).map(lambda p: p[0] / sp.sqrt(p[1])),
        positive.map(sp.sqrt),
        positive.map(lambda e: e ** sp.Rational(2, 3)),
        inner.map(lambda e: e**2),
        inner.map(lambda e: sp.Abs(e + 1)),
        inner.map(sp.sign),
        positive.map(sp.log),
        pair.map(lambda p: sp.Max(*p)),
        pair.map(lambda p: sp.Min(*p)),
        st.sampled_from([BETA**T, 1 - BETA**T, BETA ** (T - 1), BETA ** (2 * T)]),
    )


expressions = st.recursive(leaves, _grow, max_leaves=9).filter(lambda e: not e.has(sp.zoo, sp.nan, sp.oo, sp.I, sp.E))


@given(expression=expressions)
def test_the_text_reads_back_as_the_same_expression(expression: sp.Expr) -> None:
    written = expression_text(expression)
    difference = Reader(written, SYMBOLS).whole() - expression
    values = {s: sp.Rational(3 + i, 7 + 2 * i) for i, s in enumerate((THETA, G, LR, EPS, BETA, V, M))} | {T: 3}
    assert abs(sp.N(difference.subs(values), 30)) < sp.Rational(1, 10**20), written


@pytest.mark.parametrize("name", names())
def test_the_box_reads_back_as_the_rule(name: str) -> None:
    chosen = rule(name)
    for line, written in zip(chosen.assignments, chosen.text().splitlines(), strict=True):
        target, value = written.split(" = ", 1)
        assert target == f"{line.target}[t]"
        if "{" in value:  # cases are read by a test of their own
            continue
        bare = re.sub(r"\[t(-1)?\]", "", value)
        assert sp.expand(Reader(bare, chosen.quantities).whole() - line.value) == 0


@pytest.mark.parametrize("name", names())
def test_the_index_says_whether_a_value_is_old_or_new(name: str) -> None:
    chosen = rule(name)
    updated: set[str] = set()
    for line, written in zip(chosen.assignments, chosen.text().splitlines(), strict=True):
        value = written.split(" = ", 1)[1]
        for kept in (*(s.name for s in chosen.state), "theta"):
            indices = set(re.findall(rf"\b{kept}\[(t(?:-1)?)\]", value))
            assert indices <= {"t" if kept in updated else "t-1"}, (line.target, kept)
        updated.add(line.target.name)


@pytest.mark.parametrize(
    ("expression", "text", "latex"),
    [
        (-M, "-m", "-m"),
        (sp.Rational(-2, 3) * M, "-2 m / 3", r"-\frac{2 \, m}{3}"),
        (1 - BETA**T, "1 - beta^t", "1 - beta^{t}"),
        (sp.Abs(G), "|g|", r"\left|g\right|"),
        (sp.Max(V, M), "max(m, v)", r"\max\left(m, v\right)"),
        (sp.Piecewise((M, G < 0), (V, True)), "{m if g < 0, v otherwise}", None),
        (sp.Eq(G, 0), "g = 0", "g = 0"),
        (sp.Ne(G, 0), "g != 0", r"g \neq 0"),
        (sp.StrictLessThan(0, M, evaluate=False), "0 < m", "0 < m"),
        (1 / sp.sqrt(V), "1 / sqrt(v)", r"\frac{1}{\sqrt{v}}"),
        (M / (V * (1 - BETA)), "m / ((1 - beta) v)", r"\frac{m}{\left(1 - beta\right) \, v}"),
        ((M + G) ** 2, "(m + g)^2", r"\left(m + g\right)^{2}"),
    ],
)
def test_single_expressions(expression: sp.Basic, text: str, latex: str | None) -> None:
    assert expression_text(expression, "text", rule("adam")) == text
    if latex is not None:
        written = expression_text(expression, "latex", rule("adam"))
        assert written == latex
