"""Formulas as a person would write them: roots taken, factors gathered, no two minus signs that cancel.

What comes out is only ever claimed equal to what went in by a prover, so the shortcuts here need no proof of their own.
"""

from __future__ import annotations

import sympy as sp

from .symbols import Quantity

__all__ = ["pruned", "tidied", "upright"]


def tidied(expression: sp.Expr) -> sp.Expr:
    """`expression` factored, with radicands simplified first.

    Examples
    --------
    >>> c, r = sp.symbols("c r", positive=True)
    >>> tidied(c / sp.sqrt((1 - r) * c**2 + r * c**2))
    1
    """
    if expression.has(sp.Piecewise):
        # Factoring across cases takes SymPy minutes and gives nothing that reads better.
        return expression
    rooted = expression.replace(
        lambda e: isinstance(e, sp.Pow) and e.exp.is_Rational and e.exp.q == 2,
        lambda e: _root(sp.factor(sp.expand(e.base)), e.exp),
    )
    joined = rooted.replace(lambda e: isinstance(e, sp.Mul), _one_root)
    if any(p.exp.has(sp.Rational(1, 2)) and p.exp.free_symbols for p in joined.atoms(sp.Pow)):
        # Half powers of t read worse than the root they came from.
        return expression
    return upright(sp.powsimp(sp.factor(sp.powsimp(joined))))


def pruned(expression: sp.Basic, excluded: frozenset[sp.Basic] = frozenset()) -> sp.Basic:
    """`expression` without inner cases whose condition an enclosing case distinction has ruled out.

    Examples
    --------
    >>> a, b, c, x = sp.symbols("a b c x")
    >>> inner = sp.Piecewise((a, x < 0), (b, True), evaluate=False)
    >>> pruned(sp.Piecewise((c, x < 0), (inner, True), evaluate=False))
    Piecewise((c, x < 0), (b, True))
    """
    if not isinstance(expression, sp.Piecewise):
        return expression.func(*(pruned(a, excluded) for a in expression.args)) if expression.args else expression
    kept, ruled_out = [], excluded
    for value, condition in expression.args:
        if condition in excluded:
            continue
        kept.append((pruned(value, ruled_out), condition))
        ruled_out = ruled_out | {condition}
    return sp.Piecewise(*kept)


def _one_root(product: sp.Mul) -> sp.Expr:
    """A product with all its square roots gathered in one."""
    roots = [f for f in product.args if isinstance(f, sp.Pow) and f.exp.is_Rational and f.exp.q == 2]
    if len(roots) < 2 or any(f.base.is_Symbol for f in roots):
        return product
    inside = sp.factor(sp.cancel(sp.Mul(*(f.base ** (2 * f.exp) for f in roots))))
    return sp.Mul(*(f for f in product.args if f not in roots)) * _root(inside, sp.Rational(1, 2))


def _root(radicand: sp.Expr, exponent: sp.Rational) -> sp.Expr:
    """The power of a product; only squares of plain symbols come out of the root."""
    squares = [f for f in sp.Mul.make_args(radicand) if f.is_Pow and f.base.is_Symbol and f.exp == 2]
    outside = sp.Mul(*(f.base for f in squares)) ** (2 * exponent)
    return outside * sp.Pow(sp.Mul(*(f for f in sp.Mul.make_args(radicand) if f not in squares)), exponent)


def upright(expression: sp.Expr) -> sp.Expr:
    """A product whose factors are positive at small values of their symbols, with one sign in front.

    Examples
    --------
    >>> b = sp.Symbol("b")
    >>> upright((b + 1) / (b - 1))
    -(b + 1)/(1 - b)
    """
    small = {s: _sample(s) for s in expression.free_symbols}
    sign, factors = 1, []
    for factor in sp.Mul.make_args(expression):
        base, power = factor.as_base_exp()
        negative = isinstance(base, sp.Add) and power.is_Integer and base.xreplace(small).is_negative
        factors.append((-base) ** power if negative else factor)
        sign *= (-1) ** power if negative else 1
    return sp.Mul(sign, *factors)


def _sample(symbol: sp.Symbol) -> sp.Rational:
    integer = isinstance(symbol, Quantity) and symbol.domain.integer
    return sp.Integer(3) if integer else sp.Rational(1, 10)
