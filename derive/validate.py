"""What makes an update rule well formed, and the sentences that say why one is not."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, cast

import sympy as sp

from .rule import RuleError
from .symbols import REAL, Quantity, require_one_domain_per_name

if TYPE_CHECKING:
    from .rule import UpdateRule

__all__ = ["validate"]

_ALLOWED = (
    sp.Symbol,
    sp.Rational,
    sp.Add,
    sp.Mul,
    sp.Pow,
    sp.Abs,
    sp.sign,
    sp.Max,
    sp.Min,
    sp.Piecewise,
    sp.functions.elementary.piecewise.ExprCondPair,
    sp.core.relational.Relational,
    sp.logic.boolalg.BooleanAtom,
    sp.And,
    sp.Or,
    sp.Not,
    sp.exp,
    sp.log,
)


def validate(rule: UpdateRule) -> None:
    """Raise RuleError, in a sentence, at the first thing in `rule` that does not make sense."""
    checks = (_exact, _known_nodes, _domains, _order, _complete, _initial_values, _default_values)
    try:
        for check in checks:
            check(rule)
    except RuleError:
        raise
    except ValueError as error:
        raise RuleError(f"rule {rule.name!r}: {error}") from None


def _expressions(rule: UpdateRule) -> list[tuple[str, sp.Expr]]:
    named = [(f"the assignment of {a.target}", a.value) for a in rule.assignments]
    named += [(f"the initial value of {s.name}", s.initial) for s in rule.state]
    return [*named, ("gradient_at", rule.gradient_at)]


_NAME = attrgetter("name")


def _symbols(expression: sp.Basic) -> set[sp.Symbol]:
    return cast("set[sp.Symbol]", expression.free_symbols)


def _exact(rule: UpdateRule) -> None:
    for where, expression in _expressions(rule):
        floats = sorted(expression.atoms(sp.Float), key=str)
        if floats:
            raise RuleError(
                f"rule {rule.name!r}: {where} holds the float {floats[0]}, which is not exact; "
                f"write sympy.Rational('{sp.nsimplify(floats[0], rational=True)}') instead"
            )


def _known_nodes(rule: UpdateRule) -> None:
    for where, expression in _expressions(rule):
        for node in sp.preorder_traversal(expression):
            if not isinstance(node, _ALLOWED):
                raise RuleError(
                    f"rule {rule.name!r}: {where} holds {node} ({type(node).__name__}), which no kernel can "
                    f"compute; a rule is made of + - * / **, sqrt, Abs, sign, Max, Min, Piecewise, exp and log"
                )


def _domains(rule: UpdateRule) -> None:
    declared = [h.symbol for h in rule.hyper] + [s.symbol for s in rule.state]
    targets = [a.target for a in rule.assignments]
    used = [s for _, e in _expressions(rule) for s in sorted(_symbols(e), key=_NAME) if isinstance(s, Quantity)]
    builtin = [rule.theta, rule.gradient, rule.step_counter]
    require_one_domain_per_name([*builtin, *declared, *targets, *used], f"rule {rule.name!r}")
    names = [q.name for q in (*builtin, *declared)]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise RuleError(f"rule {rule.name!r}: {twice[0]!r} is declared twice; a name stands for one thing")
    for temporary in rule.temporaries:
        if temporary.domain != REAL and temporary not in (*builtin, *declared):
            raise RuleError(
                f"rule {rule.name!r}: the temporary {temporary} is declared "
                f"'{temporary.domain.describe(str(temporary))}', but its range follows from its value; "
                f"declare it without a domain"
            )


def _order(rule: UpdateRule) -> None:
    inputs = {rule.theta, rule.gradient, rule.step_counter}
    ready: set[sp.Symbol] = inputs | {h.symbol for h in rule.hyper} | {s.symbol for s in rule.state}
    later = {a.target: a.value for a in rule.assignments}
    fixed = {rule.gradient, rule.step_counter} | {h.symbol for h in rule.hyper}
    done: set[sp.Symbol] = set()
    for line in rule.assignments:
        if line.target in fixed:
            raise RuleError(f"rule {rule.name!r}: {line.target} is an input of the step and cannot be assigned")
        if line.target in done:
            raise RuleError(
                f"rule {rule.name!r}: {line.target} is assigned twice; give the second value a name of its own"
            )
        for symbol in sorted(_symbols(line.value) - ready, key=_NAME):
            raise RuleError(_not_ready(rule, line.target, symbol, later))
        done.add(line.target)
        ready.add(line.target)
    stray = sorted(_symbols(rule.gradient_at) - (ready - set(rule.temporaries)), key=_NAME)
    if stray:
        raise RuleError(f"rule {rule.name!r}: gradient_at uses {stray[0]}, which the step does not know beforehand")


def _not_ready(rule: UpdateRule, target: Quantity, symbol: sp.Symbol, later: dict[Quantity, sp.Expr]) -> str:
    prefix = f"rule {rule.name!r}: the assignment of {target} uses {symbol}, "
    if symbol == target:
        return prefix + f"which has no value yet; if {target} is kept from step to step, declare it as state"
    if symbol in later:
        if target in _reached_from(cast(Quantity, symbol), later):
            return prefix + f"and {symbol} in turn needs {target}: the two are cyclic; one of them must be state"
        return prefix + "which is assigned only further down; move that line up"
    twin = rule.quantities.get(symbol.name)
    if twin is not None:
        return prefix + "a symbol made elsewhere with the same name; use the one Quantity throughout"
    known = ", ".join(sorted(rule.quantities))
    return prefix + f"which is neither hyperparameter, state nor temporary; the rule knows {known}"


def _reached_from(start: Quantity, later: dict[Quantity, sp.Expr]) -> set[sp.Symbol]:
    seen: set[sp.Symbol] = set()
    stack: list[sp.Symbol] = [start]
    while stack:
        symbol = stack.pop()
        if symbol not in seen:
            seen.add(symbol)
            stack.extend(_symbols(later[symbol]) if symbol in later else ())
    return seen


def _complete(rule: UpdateRule) -> None:
    assigned = {a.target for a in rule.assignments}
    if rule.theta not in assigned:
        raise RuleError(f"rule {rule.name!r}: no line assigns theta, so the rule would never move the parameter")
    for state in rule.state:
        if state.symbol not in assigned:
            raise RuleError(
                f"rule {rule.name!r}: the state {state.name} is never updated; assign it, or make it a hyperparameter"
            )
    used: set[sp.Symbol] = set().union(*(_symbols(e) for _, e in _expressions(rule)))
    for hyper in rule.hyper:
        if hyper.symbol not in used:
            raise RuleError(f"rule {rule.name!r}: the hyperparameter {hyper.name} is never used; use it or remove it")
    for temporary in rule.temporaries:
        if temporary not in used:
            raise RuleError(f"rule {rule.name!r}: the temporary {temporary} is never used; use it or remove it")


def _initial_values(rule: UpdateRule) -> None:
    hypers = {h.symbol: h.symbol.domain for h in rule.hyper}
    for state in rule.state:
        stray = sorted(_symbols(state.initial) - set(hypers), key=_NAME)
        if stray:
            raise RuleError(
                f"rule {rule.name!r}: the initial value of {state.name} uses {stray[0]}; "
                f"it may use numbers and hyperparameters only"
            )
        value, domain = state.initial, state.symbol.domain
        inside = domain.contains(value) if isinstance(value, sp.Rational) else domain in (REAL, hypers.get(value))
        if not inside:
            raise RuleError(
                f"rule {rule.name!r}: the state {state.name} starts at {value}, outside its domain "
                f"'{domain.describe(state.name)}'"
            )


def _default_values(rule: UpdateRule) -> None:
    for hyper in rule.hyper:
        if hyper.default is not None and not hyper.symbol.domain.contains(hyper.default):
            raise RuleError(
                f"rule {rule.name!r}: the default {hyper.default} of {hyper.name} lies outside its domain "
                f"'{hyper.symbol.domain.describe(hyper.name)}'"
            )
