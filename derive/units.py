"""The units of a rule's symbols, found from the rule alone.

The parameter is measured in a unit T, the objective in a unit F, so the gradient in F/T.  A rule that makes sense
adds only what has one unit, and every such demand is a linear equation between exponents: ``theta - lr g`` asks
that lr be measured in T^2/F.  Solving the equations gives every symbol its unit.  Where they contradict each
other, the rule makes sense only if T and F are tied together, and the tie is reported: Adadelta with its single
eps adds eps to squared gradients and to squared updates, which asks for F = T^2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import sympy as sp

from .symbols import Quantity, Unit

if TYPE_CHECKING:
    from .rule import UpdateRule

__all__ = ["UnitSystem", "unit_system", "units"]

# A unit that is not yet known: exponents of the symbols' units, and of T and F.
_T, _F = "the unit of the parameter", "the unit of the objective"
_Form: TypeAlias = dict[object, Fraction]
_ANY = None
"""The unit of zero, which may be added to anything."""


@dataclass(frozen=True)
class UnitSystem:
    """What the homogeneity of a rule says about the units of its symbols.

    Attributes
    ----------
    units : mapping of Quantity to Unit
        Every symbol whose unit is determined; where there is a `condition`, in terms of T alone.
    condition : str
        What must hold between F and T for the rule to be homogeneous; empty if nothing must.
    undetermined : tuple of Quantity
        Symbols that could have any unit, because only their product with another one is determined.
    """

    units: Mapping[Quantity, Unit]
    condition: str = ""
    undetermined: tuple[Quantity, ...] = ()


def units(rule: UpdateRule) -> dict[Quantity, Unit]:
    """The unit of every symbol of `rule` that has a determined one.

    Examples
    --------
    >>> from optproof import rule
    >>> {str(symbol): str(unit) for symbol, unit in units(rule("rmsprop")).items()}
    {'theta': 'T', 'g': 'F/T', 't': '1', 'lr': 'T', 'rho': '1', 'eps': 'F/T', 'v': 'F^2/T^2'}
    """
    return dict(unit_system(rule).units)


def unit_system(rule: UpdateRule) -> UnitSystem:
    """The units of the symbols of `rule`, and the condition under which they exist.

    Examples
    --------
    >>> from optproof import rule
    >>> unit_system(rule("adadelta")).condition
    'F = T^2'
    """
    solver = _Solver()
    for symbol in rule.quantities.values():
        if symbol.unit is not None:
            solver.equate({symbol: Fraction(1)}, _known(symbol.unit))
    for target, value in _equations(rule):
        found = _unit_of(value, solver.equate)
        if found is not _ANY:
            solver.equate({target: Fraction(1)}, found)
    return solver.system(tuple(rule.quantities.values()))


def _equations(rule: UpdateRule) -> Iterator[tuple[Quantity, sp.Expr]]:
    yield from ((line.target, line.value) for line in rule.assignments)
    yield from ((kept.symbol, kept.initial) for kept in rule.state)
    yield rule.theta, rule.gradient_at


def _known(unit: Unit) -> _Form:
    return {_T: Fraction(unit.parameter), _F: Fraction(unit.objective)}


def _combine(first: _Form, second: _Form, factor: Fraction = Fraction(1)) -> _Form:
    total = dict(first)
    for name, exponent in second.items():
        total[name] = total.get(name, Fraction(0)) + factor * exponent
    return {name: exponent for name, exponent in total.items() if exponent}


_Equate: TypeAlias = Callable[[_Form, _Form], None]


def _unit_of(e: sp.Basic, equate: _Equate) -> _Form | None:
    """The unit of `e`; what must be equal for it to have one is told to `equate`."""
    if isinstance(e, sp.Symbol):
        return {e: Fraction(1)}
    if e.is_Number:
        return _ANY if e == 0 else {}
    if isinstance(e, sp.Mul):
        return _product(e, equate)
    if isinstance(e, sp.Pow):
        return _power(e, equate)
    if isinstance(e, (sp.Add, sp.Max, sp.Min, sp.core.relational.Relational)):
        return _same(e.args, equate)
    if isinstance(e, sp.Abs):
        return _unit_of(e.args[0], equate)
    if isinstance(e, sp.Piecewise):
        for _, condition in e.args:
            _unit_of(condition, equate)
        return _same(tuple(value for value, _ in e.args), equate)
    for argument in e.args:
        inner = _unit_of(argument, equate)
        if inner is not _ANY and isinstance(e, (sp.exp, sp.log)):
            equate(inner, {})
    return {}  # sign, exp, log and what is true or false


def _product(e: sp.Mul, equate: _Equate) -> _Form | None:
    total: _Form = {}
    for factor in e.args:
        inner = _unit_of(factor, equate)
        if inner is _ANY:
            return _ANY
        total = _combine(total, inner)
    return total


def _power(e: sp.Pow, equate: _Equate) -> _Form | None:
    base, exponent = _unit_of(e.base, equate), e.exp
    if isinstance(exponent, sp.Rational):
        return base if base is _ANY else _combine({}, base, Fraction(int(exponent.p), int(exponent.q)))
    for bare in (base, _unit_of(exponent, equate)):
        if bare is not _ANY:
            equate(bare, {})
    return {}


def _same(parts: tuple[sp.Basic, ...], equate: _Equate) -> _Form | None:
    found = [unit for unit in (_unit_of(part, equate) for part in parts) if unit is not _ANY]
    for other in found[1:]:
        equate(found[0], other)
    return found[0] if found else _ANY


@dataclass
class _Solver:
    """Linear equations between exponents, kept solved: each pivot symbol in terms of the others."""

    solved: dict[object, _Form] = field(default_factory=dict)
    ties: list[_Form] = field(default_factory=list)

    def equate(self, left: _Form, right: _Form) -> None:
        """Demand that two units be equal."""
        difference = self._reduce(_combine(left, right, Fraction(-1)))
        pivot = next((name for name in difference if name not in (_T, _F)), None)
        if pivot is None:
            if difference:
                self.ties.append(difference)
            return
        scale = difference.pop(pivot)
        value = _combine({}, difference, -1 / scale)
        self.solved[pivot] = value
        for name, form in self.solved.items():
            if pivot in form:
                rest = dict(form)
                self.solved[name] = _combine(rest, value, rest.pop(pivot))

    def _reduce(self, form: _Form) -> _Form:
        total: _Form = {}
        for name, exponent in form.items():
            total = _combine(total, self.solved.get(name, {name: Fraction(1)}), exponent)
        return total

    def system(self, symbols: tuple[Quantity, ...]) -> UnitSystem:
        """The solution for `symbols`."""
        eliminate, condition = self._tie()
        found: dict[Quantity, Unit] = {}
        for symbol in symbols:
            form = self._reduce({symbol: Fraction(1)})
            if set(form) <= {_T, _F}:
                for name, replacement in eliminate.items():
                    form = _combine(
                        form, _combine(replacement, {name: Fraction(1)}, Fraction(-1)), form.get(name, Fraction(0))
                    )
                found[symbol] = Unit(form.get(_T, Fraction(0)), form.get(_F, Fraction(0)))
        return UnitSystem(found, condition, tuple(s for s in symbols if s not in found))

    def _tie(self) -> tuple[dict[object, _Form], str]:
        """How F and T follow from each other if the equations contradict each other, and that in words."""
        pairs = {(tie.get(_T, Fraction(0)), tie.get(_F, Fraction(0))) for tie in self.ties}
        if not pairs:
            return {}, ""
        t, f = next(iter(sorted(pairs)))
        if any(t * other_f != f * other_t for other_t, other_f in pairs):
            return {_T: {}, _F: {}}, "T = F = 1"
        if f == 0:
            return {_T: {}}, "T = 1"
        power = Fraction(-t, 1) / f
        return {_F: {_T: power} if power else {}}, f"F = {Unit(parameter=power)}"
