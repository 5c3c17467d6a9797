"""Powers such as beta**t become symbols of their own, with their domains and the facts that tie them together.

All powers of one base are written through the lowest one: with P = beta**(t-1), beta**t is beta * P.  That holds at
beta = 0 too (P is 1 at t = 1 and 0 afterwards), which division by beta would not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sympy as sp

from ..symbols import Domain, Quantity
from .positivity import domain_of

__all__ = ["Atoms", "power_atoms"]


@dataclass(frozen=True)
class Atoms:
    """Symbols that stand for powers.

    Attributes
    ----------
    replace : mapping
        From each power to its expression in atoms.
    domains : mapping
        The domain of each atom.
    facts : tuple of relations
        What is known beside the domains.
    meaning : mapping
        From each atom to the power it stands for.
    """

    replace: Mapping[sp.Expr, sp.Expr] = field(default_factory=dict)
    domains: Mapping[sp.Symbol, Domain] = field(default_factory=dict)
    facts: tuple[sp.Rel, ...] = ()
    meaning: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)

    def apply(self, expression: sp.Basic) -> sp.Basic:
        """`expression` with every power replaced."""
        return expression.xreplace(dict(self.replace))


def power_atoms(expressions: Iterable[sp.Basic]) -> Atoms:
    """The atoms for all powers with a symbol in the exponent that occur in `expressions`.

    Examples
    --------
    >>> from optproof.derive.symbols import UNIT_INTERVAL, Quantity, step_counter
    >>> b, t = Quantity("b", UNIT_INTERVAL), step_counter()
    >>> atoms = power_atoms([b**t, b ** (t - 1)])
    >>> sorted(str(value) for value in atoms.replace.values())
    ['b*b__power_t_0', 'b__power_t_0']
    """
    by_base: dict[tuple[sp.Expr, sp.Symbol], set[sp.Pow]] = defaultdict(set)
    opaque: set[sp.Pow] = set()
    for power in sorted({p for e in expressions for p in e.atoms(sp.Pow) if p.exp.free_symbols}, key=str):
        counter = _counter(power)
        if counter is None or power.base.has(counter):
            opaque.add(power)
        else:
            by_base[power.base, counter].add(power)
    replace: dict[sp.Expr, sp.Expr] = {}
    domains: dict[sp.Symbol, Domain] = {}
    meaning: dict[sp.Symbol, sp.Expr] = {}
    facts: list[sp.Rel] = []
    for index, ((base, counter), powers) in enumerate(sorted(by_base.items(), key=str)):
        # The index keeps two bases, or one base with two counters, from sharing a symbol.
        label = base.name if isinstance(base, sp.Symbol) else "base"
        atom = sp.Symbol(f"{label}__power_{counter}_{index}", real=True)
        shift = min(s // k for _, k, s in (_positive_form(p, counter) for p in powers))
        meaning[atom] = base ** (counter + shift)
        domains[atom], extra = _range(base, counter, shift, atom)
        facts += extra
        for power in powers:
            replace[power] = _through(power, counter, atom, shift)
    for index, power in enumerate(sorted(opaque, key=str)):
        atom = sp.Symbol(f"power__{index}", real=True)
        replace[power], meaning[atom], domains[atom] = atom, power, _opaque_domain(power)
    return Atoms(replace, domains, tuple(facts), meaning)


def _opaque_domain(power: sp.Pow) -> Domain:
    """Where a power with an exponent of several symbols lies, as far as base and exponent show it at a glance."""
    if not (isinstance(power.base, sp.Rational) and power.base > 0):
        return Domain("real")
    zero, one = sp.Integer(0), sp.Integer(1)
    if power.base <= 1 and _visibly_nonnegative(power.exp):
        return Domain("power", zero, one, lower_open=True)
    return Domain("positive", zero, lower_open=True)


def _visibly_nonnegative(exponent: sp.Expr) -> bool:
    """Whether the exponent is a sum of products of symbols and numbers that are all nonnegative."""
    factors = [f for term in sp.Add.make_args(sp.expand(exponent)) for f in sp.Mul.make_args(term)]
    bases = [f.base if isinstance(f, sp.Pow) and isinstance(f.exp, sp.Integer) else f for f in factors]
    return all(
        b >= 0 if isinstance(b, sp.Rational) else isinstance(b, sp.Symbol) and _from_zero(domain_of(b)) for b in bases
    )


def _from_zero(domain: Domain) -> bool:
    return domain.lower is not None and domain.lower >= 0


def _linear(exponent: sp.Expr, counter: sp.Symbol) -> tuple[int, int] | None:
    """The integers k, s of an exponent k*counter + s; None if it is not of that form."""
    polynomial = sp.Poly(exponent, counter)
    if polynomial.degree() != 1:
        return None
    slope, shift = polynomial.all_coeffs()
    if not (isinstance(slope, sp.Integer) and isinstance(shift, sp.Integer)):
        return None
    return int(slope), int(shift)


def _counter(power: sp.Pow) -> sp.Symbol | None:
    symbols = power.exp.free_symbols
    if len(symbols) != 1:
        return None
    (counter,) = symbols
    if not (isinstance(counter, Quantity) and counter.domain.integer and power.exp.is_polynomial(counter)):
        return None
    return counter if _linear(power.exp, counter) is not None else None


def _positive_form(power: sp.Pow, counter: sp.Symbol) -> tuple[int, int, int]:
    """Sign, k > 0 and s with power = (base**(k*counter + s))**sign."""
    found = _linear(power.exp, counter)
    if found is None:
        raise ValueError(f"{power} has no linear exponent in {counter}")
    slope, shift = found
    return (1, slope, shift) if slope > 0 else (-1, -slope, -shift)


def _through(power: sp.Pow, counter: sp.Symbol, atom: sp.Symbol, shift: int) -> sp.Expr:
    sign, slope, offset = _positive_form(power, counter)
    value: sp.Expr = power.base ** (offset - slope * shift) * atom**slope
    return value if sign > 0 else 1 / value


def _range(base: sp.Expr, counter: Quantity | sp.Symbol, shift: int, atom: sp.Symbol) -> tuple[Domain, list[sp.Rel]]:
    """The domain of base**(counter + shift) and the facts beside it."""
    real = Domain("real")
    if not isinstance(base, sp.Symbol):
        return real, []
    source = domain_of(base)
    start = domain_of(counter).lower
    least = None if start is None else start + shift
    if source.lower is None or source.lower < 0 or least is None:
        return real, []
    positive = source.lower > 0 or source.lower_open
    zero, one = sp.Integer(0), sp.Integer(1)
    if least < 0:
        return (Domain("positive", zero, lower_open=True), []) if positive else (real, [])
    if source.upper is None or source.upper > 1:
        return Domain("power", zero, lower_open=positive), []
    below_one = least >= 1 and (source.upper < 1 or source.upper_open)
    facts = [sp.LessThan(atom, base, evaluate=False)] if least >= 1 else []
    return Domain("power", zero, one, lower_open=positive, upper_open=below_one), facts
