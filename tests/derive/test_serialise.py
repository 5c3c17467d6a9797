"""A rule written as JSON reads back as an equal rule, and malformed JSON is refused in a sentence."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import sympy as sp
from hypothesis import given, settings, strategies as st

from optproof.derive import (
    NONNEGATIVE,
    POSITIVE,
    UNIT_INTERVAL,
    Quantity,
    RuleError,
    Source,
    Unit,
    UpdateRule,
    gradient,
    names,
    parameter,
    rule,
    rule_from_json,
    step_counter,
)
from optproof.derive.serialise import canonical, expression_from_json, expression_to_json

THETA, G, T = parameter(), gradient(), step_counter()
LR, EPS, BETA = Quantity("lr", NONNEGATIVE), Quantity("eps", POSITIVE), Quantity("beta", UNIT_INTERVAL)
V, M = Quantity("v", NONNEGATIVE), Quantity("m")
SYMBOLS = {q.name: q for q in (THETA, G, T, LR, EPS, BETA, V, M)}

numbers = st.fractions(min_value=-4, max_value=4, max_denominator=9).map(
    lambda f: sp.Rational(f.numerator, f.denominator)
)
leaves = st.one_of(numbers, st.sampled_from([THETA, G, LR, EPS, BETA, V, M]))


def _grow(inner: st.SearchStrategy[sp.Expr]) -> st.SearchStrategy[sp.Expr]:
    pair = st.tuples(inner, inner)
    positive = inner.map(lambda e: sp.Abs(e) + EPS)
    return st.one_of(
        pair.map(lambda p: p[0] + p[1]),
        pair.map(lambda p: p[0] * p[1]),
        st.tuples(inner, positive).map(lambda p: p[0] / p[1]),
        positive.map(sp.sqrt),
        inner.map(lambda e: e**2),
        inner.map(sp.Abs),
        inner.map(sp.sign),
        positive.map(sp.log),
        inner.map(sp.exp),
        pair.map(lambda p: sp.Max(*p)),
        pair.map(lambda p: sp.Min(*p)),
        st.tuples(inner, inner, inner).map(lambda p: sp.Piecewise((p[0], p[1] < p[2]), (p[2], True))),
        st.just(BETA**T),
    )


expressions = st.recursive(leaves, _grow, max_leaves=8).filter(lambda e: not e.has(sp.zoo, sp.nan, sp.oo, sp.I, sp.E))


@given(expression=expressions)
def test_every_expression_reads_back(expression: sp.Expr) -> None:
    same = canonical(expression)
    text = json.dumps(expression_to_json(same))
    assert expression_from_json(json.loads(text), SYMBOLS) == same


@st.composite
def rules(draw: st.DrawFn) -> UpdateRule:
    """Sound rules with two states, a temporary and up to three hyperparameters."""
    temporary = Quantity("w", latex=r"\omega", meaning="a temporary")
    momentum, second, step = draw(expressions), draw(expressions), draw(expressions)
    lines = [(temporary, momentum + G), (M, temporary * BETA + LR), (V, second + EPS), (THETA, THETA - step * M)]
    return UpdateRule(
        draw(st.sampled_from(["mine", "mine[variant]", "x"])),
        title=draw(st.text(max_size=8)),
        source=draw(st.sampled_from([None, Source("A & B", 1999, "On steps", "eq. (3)", "doi:1")])),
        hyper={LR: draw(st.sampled_from([None, "0.1", 3])), EPS: "1e-8", BETA: "9/10"},
        state={V: LR, M: draw(numbers)},
        steps=lines,
    )


@settings(max_examples=40)
@given(made=rules())
def test_every_rule_reads_back_equal(made: UpdateRule) -> None:
    back = rule_from_json(json.loads(json.dumps(made.to_json())))
    assert back == made
    assert back.digest == made.digest
    assert back.text() == made.text()
    assert back.latex() == made.latex()


@pytest.mark.parametrize("name", names())
def test_the_catalogue_reads_back_equal(name: str) -> None:
    original = rule(name)
    back = rule_from_json(json.loads(json.dumps(original.to_json())))
    assert back == original
    assert (back.text(), back.latex(), back.digest) == (original.text(), original.latex(), original.digest)
    details = [(q.latex_form, q.meaning, q.unit) for q in original.quantities.values()]
    assert [(q.latex_form, q.meaning, q.unit) for q in back.quantities.values()] == details


def test_a_declared_unit_is_kept() -> None:
    scale = Quantity("scale", NONNEGATIVE, unit=Unit(2, -1))
    made = UpdateRule("mine", hyper={scale: 1}, state={}, steps=[(THETA, THETA - scale * G)])
    back = rule_from_json(made.to_json())
    assert back.hyper[0].symbol.unit == Unit(2, -1)


def _without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda data: data.pop(key)


def _with(path: tuple[str | int, ...], value: object) -> Callable[[dict[str, Any]], object]:
    def change(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = value

    return change


VALUE = ("assignments", 0, "value")
DEEP: Any = "g"
for _ in range(300):
    DEEP = ["abs", DEEP]

MALFORMED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no name": (_without("name"), r"lacks the key 'name'"),
    "no assignments": (_without("assignments"), r"lacks the key 'assignments'"),
    "assignments that are no list": (_with(("assignments",), 7), r"has the wrong shape"),
    "hyperparameter that is text": (_with(("hyperparameters",), ["lr"]), r"has the wrong shape"),
    "unknown operator": (_with(VALUE, ["eval", "g"]), r"the operator 'eval' is unknown; known are \+, \*"),
    "code as a symbol": (_with(VALUE, "__import__('os')"), r"unknown symbol \"__import__\('os'\)\"; known are"),
    "float in an expression": (_with(VALUE, ["+", "g", 0.5]), r"0\.5 is no expression"),
    "null in an expression": (_with(VALUE, None), r"None is no expression"),
    "empty list": (_with(VALUE, []), r"\[\] is no expression"),
    "wrong number of arguments": (_with(VALUE, ["abs", "g", "g"]), r"does not take the 2 arguments"),
    "a sum of a condition": (_with(VALUE, ["+", "g", ["<", "g", 0]]), r"malformed|does not take|no kernel can compute"),
    "a fraction over zero": (_with(VALUE, ["/", 1, 0]), r"is no fraction; one is \['/', numerator, denominator\]"),
    "a fraction of text": (_with(VALUE, ["/", "g", 2]), r"is no fraction"),
    "nested too deep": (_with(VALUE, DEEP), r"nested more than 200 levels deep"),
    "a default that is no number": (_with(("hyperparameters", 0, "default"), "quick"), r"not a number"),
    "a domain with no lower end key": (
        _with(("hyperparameters", 0, "domain"), {"name": "x"}),
        r"lacks the key 'lower'",
    ),
    "a unit of three": (_with(("hyperparameters", 0, "unit"), ["1", "2", "3"]), r"is no unit"),
    "a source with an unknown field": (_with(("source", "journal"), "x"), r"has the wrong shape"),
    "a rule that does not validate": (_with(VALUE, "theta"), r"rule 'sgd': the hyperparameter lr is never used"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_json_is_refused_in_a_sentence(case: str) -> None:
    change, sentence = MALFORMED[case]
    data = copy.deepcopy(rule("sgd").to_json())
    change(data)
    with pytest.raises(RuleError, match=sentence):
        rule_from_json(data)


@pytest.mark.parametrize("data", [[], "rule", 3, None])
def test_json_that_is_no_object_is_refused(data: Any) -> None:
    with pytest.raises(RuleError, match="has the wrong shape"):
        rule_from_json(data)


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sin\(g\) \(sin\) has no JSON form"):
        expression_to_json(sp.sin(G))
