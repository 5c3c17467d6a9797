"""Numbers, domains, units and names as LaTeX and text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import sympy as sp

from ..derive import Quantity, UpdateRule
from ..derive.printing import expression_text
from ..derive.units import unit_system

if TYPE_CHECKING:
    from ..derive import Domain, Unit

__all__ = [
    "decimal",
    "domain_latex",
    "name_latex",
    "number_latex",
    "unit_condition",
    "unit_latex",
]

_RELATION = {True: "<", False: r"\leq"}


def decimal(value: sp.Rational) -> str:
    """An exact number as a person writes it: a decimal where it is one of few digits, else a fraction.

    Examples
    --------
    >>> decimal(sp.Rational(1, 1000)), decimal(sp.Rational(1, 10**8)), decimal(sp.Rational(1, 3))
    ('0.001', '1e-8', '1/3')
    """
    for places in range(0, 13):
        scaled = value * 10**places
        if scaled.is_Integer:
            digits = len(str(abs(int(scaled))))
            if places > 4 and digits <= 4:
                text = f"{float(value):.{digits - 1}e}"
                mantissa, exponent = text.split("e")
                return f"{mantissa}e{int(exponent)}"
            return f"{float(value):.{places}f}" if digits <= 15 else str(value)
    return str(value)


def number_latex(value: sp.Basic) -> str:
    """An exact number as LaTeX; powers of ten as such."""
    if isinstance(value, sp.Rational):
        text = decimal(value)
        if "e" in text:
            mantissa, exponent = text.split("e")
            return rf"10^{{{exponent}}}" if mantissa == "1" else rf"{mantissa} \times 10^{{{exponent}}}"
        if "/" not in text:
            return text
    return expression_text(value, "latex")


def domain_latex(quantity: Quantity) -> str:
    """The domain of a quantity as a chain of inequalities in LaTeX."""
    domain: Domain = quantity.domain
    text = quantity.latex_form
    if domain.lower is not None:
        text = f"{number_latex(domain.lower)} {_RELATION[domain.lower_open]} {text}"
    if domain.upper is not None:
        text = f"{text} {_RELATION[domain.upper_open]} {number_latex(domain.upper)}"
    if domain.integer:
        return rf"{text}, \; {quantity.latex_form} \in \mathbb{{Z}}"
    return text if domain.lower is not None or domain.upper is not None else rf"{text} \in \mathbb{{R}}"


def name_latex(rule: UpdateRule, name: str) -> str:
    r"""How a value of a witness is called: the rule's own notation where it has one.

    Examples
    --------
    >>> from optproof.derive import rule
    >>> name_latex(rule("adam"), "beta1"), name_latex(rule("adam"), "g_2")
    ('\\beta_1', 'g_{2}')
    """
    known = rule.quantities.get(name)
    if known is not None:
        return known.latex_form
    match = re.fullmatch(r"(.+?)_?\[?(\d+|t|t[-+]1)\]?", name)
    if match and match.group(1) in rule.quantities:
        base = rule.quantities[match.group(1)].latex_form
        return rf"{{{base}}}_{{{match.group(2)}}}" if "_" in base else f"{base}_{{{match.group(2)}}}"
    return rf"\text{{{_plain(name)}}}"


def _plain(text: str) -> str:
    return re.sub(r"[\\{}$&#^_%~]", " ", text)


def unit_latex(unit: Unit) -> str:
    r"""A unit as LaTeX, with T the unit of the parameter and F that of the objective.

    Examples
    --------
    >>> from optproof.derive import Unit
    >>> unit_latex(Unit(-2, 2))
    '\\text{F}^{2}/\\text{T}^{2}'
    """
    text = re.sub(r"\^(\d+)", r"^{\1}", str(unit))
    return re.sub(r"[FT]", lambda m: rf"\text{{{m.group()}}}", text).replace(" ", r"\,")


def unit_condition(rule: UpdateRule) -> str:
    """What must hold between the units for the rule to make sense, as LaTeX; empty if nothing must."""
    return re.sub(r"[FT]", lambda m: rf"\text{{{m.group()}}}", unit_system(rule).condition)
