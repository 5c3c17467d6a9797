"""Names for values that a pass introduces: they say what the value is, and never collide."""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp

from ..derive import POSITIVE, REAL, Quantity
from ..derive.rule import Assignment
from .operations import fraction_parts, is_negated
from .program import StepProgram

__all__ = ["Namer", "rename_introduced", "spoken"]

_LONGEST = 24


class Namer:
    """Hands out names that are not in use yet.

    Examples
    --------
    >>> namer = Namer({"m"})
    >>> namer.unused("m"), namer.unused("m")
    ('m_2', 'm_3')
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def unused(self, wish: str) -> str:
        """`wish`, or with a number after it if that name is taken."""
        name, count = wish, 1
        while name in self._taken:
            count += 1
            name = f"{wish}_{count}"
        self._taken.add(name)
        return name

    def quantity(self, value: sp.Expr, *, positive: bool = False) -> Quantity:
        """A new quantity named after its `value`, or ``factor`` if that takes too many words."""
        return Quantity(self.unused(spoken(value) or "factor"), POSITIVE if positive else REAL)


def spoken(value: sp.Expr) -> str | None:
    """A short simple `value` in words that form an identifier, or None.

    Examples
    --------
    >>> from optproof.derive.symbols import Quantity
    >>> spoken(1 - Quantity("beta1")), spoken(Quantity("lr") * Quantity("weight_decay"))
    ('one_minus_beta1', 'lr_times_weight_decay')
    """
    words = _words(value)
    return words if words is not None and len(words) <= _LONGEST else None


def _words(value: sp.Expr) -> str | None:
    if isinstance(value, sp.Symbol):
        return str(value.name)
    if value == 1:
        return "one"
    if isinstance(value, sp.Add) and len(value.args) == 2 and any(a == 1 for a in value.args):
        rest = value - 1
        minus = is_negated(rest)
        inner = _words(-rest if minus else rest)
        return inner and f"one_{'minus' if minus else 'plus'}_{inner}"
    if isinstance(value, sp.Mul) and all(isinstance(a, sp.Symbol) for a in value.args):
        # The gradient closes a product, as in a paper.
        return "_times_".join(sorted((a.name for a in value.args), key=lambda name: (name.startswith("g"), name)))
    if isinstance(value, sp.Pow):
        return _power_words(value)
    return None


def _power_words(value: sp.Pow) -> str | None:
    inner = _words(value.base)
    if inner is None:
        return None
    if value.exp == sp.Rational(1, 2):
        return f"root_of_{inner}"
    if value.exp == 2:
        return f"{inner}_squared"
    if value.exp == -1:
        return f"one_over_{inner}"
    return f"{inner}_to_{value.exp.name}" if isinstance(value.exp, sp.Symbol) else None


def rename_introduced(program: StepProgram) -> StepProgram:
    """Give names that passes introduced into the prologue their final form: after the value, or what it multiplies."""
    own = set(program.rule.temporaries)
    introduced = [line for line in program.prologue if line.target not in own]
    namer = Namer(program.names - {line.target.name for line in introduced})
    renamed: dict[Quantity, Quantity] = {}
    for line in introduced:
        wish = spoken(line.value) or _factor_name(line.target, program.body)
        renamed[line.target] = Quantity(namer.unused(wish), line.target.domain)

    def apply(lines: Iterable[Assignment]) -> list[Assignment]:
        return [Assignment(renamed.get(a.target, a.target), a.value.xreplace(renamed)) for a in lines]

    return program.with_lines(apply(program.prologue), apply(program.body))


def _factor_name(symbol: Quantity, lines: Iterable[Assignment]) -> str:
    for line in lines:
        for product in sp.preorder_traversal(line.value):
            if isinstance(product, sp.Mul) and symbol in product.args:
                return f"scale_of_{_subject(product, symbol)}"
    return "factor"


def _subject(product: sp.Mul, symbol: Quantity) -> str:
    above, _ = fraction_parts(product)
    for factor in above:
        power = isinstance(factor, sp.Pow)
        base = factor.base if power else factor
        if isinstance(base, sp.Symbol) and base != symbol:
            words = {sp.Rational(1, 2): "root_{}", sp.Integer(2): "{}_squared"}
            word = words.get(factor.exp, "{}") if power else "{}"
            return word.format(base.name.removesuffix("_new"))
    return "term"
