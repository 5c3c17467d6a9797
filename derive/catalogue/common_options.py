"""Options that every rule takes in the same way: they rewrite a finished rule."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from ..rule import UpdateRule
from ..symbols import Quantity
from .vocabulary import THETA, G, hyperparameter

__all__ = ["COMMON_OPTIONS", "IncompatibleOptionError"]


class IncompatibleOptionError(ValueError):
    """A rule that an option cannot be applied to; the message says why."""


def _rewritten(rule: UpdateRule, value: Callable[[Quantity, sp.Expr], sp.Expr], **extra: object) -> UpdateRule:
    """`rule` with `value` of each line in place of the line's own."""
    added = {hyperparameter(name): default for name, default in extra.items()}
    return UpdateRule(
        rule.name,
        title=rule.title,
        source=rule.source,
        hyper={**{h.symbol: h.default for h in rule.hyper}, **added},
        state={s.symbol: s.initial for s in rule.state},
        steps=[(line.target, value(line.target, line.value)) for line in rule.assignments],
        gradient_at=rule.gradient_at,
    )


def _maximize(rule: UpdateRule) -> UpdateRule:
    """The same rule climbing: every gradient enters with the opposite sign."""
    return _rewritten(rule, lambda _, value: value.xreplace({G: -G}))


def _decoupled(rule: UpdateRule) -> UpdateRule:
    """The same rule with decoupled weight decay: theta shrinks by the fraction lr * weight_decay in each step."""
    names = {h.name for h in rule.hyper}
    if "lr" not in names:
        raise IncompatibleOptionError(f"the rule {rule.name!r} has no learning rate to multiply the decay by")
    if "weight_decay" in names:
        raise IncompatibleOptionError(f"the rule {rule.name!r} has a weight decay already")
    lr = next(h.symbol for h in rule.hyper if h.name == "lr")
    shrink = lr * hyperparameter("weight_decay") * THETA
    return _rewritten(rule, lambda q, value: value - shrink if q == THETA else value, weight_decay="0.01")


COMMON_OPTIONS: dict[str, Callable[[UpdateRule], UpdateRule]] = {"decoupled": _decoupled, "maximize": _maximize}
"""Each option by name, in canonical order."""
