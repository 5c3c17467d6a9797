"""The only place where symbols are made.

A :class:`Quantity` is a SymPy symbol that also knows where it lives (its :class:`Domain`), how it is
measured (its :class:`Unit`) and how it is written in LaTeX.  Domains are what the provers take as
hypotheses, so they say more than SymPy's assumptions can: ``beta1`` is not merely positive, it lies in the
half-open interval [0, 1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import sympy as sp

__all__ = [
    "AFTER",
    "COUNT",
    "NONNEGATIVE",
    "NO_UNIT",
    "OPEN_UNIT",
    "POSITIVE",
    "REAL",
    "UNIT_INTERVAL",
    "Domain",
    "Quantity",
    "Unit",
    "after",
    "bound",
    "exact",
    "gradient",
    "parameter",
    "require_one_domain_per_name",
    "step_counter",
]


@dataclass(frozen=True)
class Domain:
    """An interval of the reals or of the integers.

    Parameters
    ----------
    name : str
        What a person calls it, such as ``"positive"``.
    lower, upper : sympy.Rational or None
        The ends of the interval; ``None`` where it has no end.
    lower_open, upper_open : bool
        Whether an end is excluded.
    integer : bool
        Whether only integers belong to it.

    Examples
    --------
    >>> UNIT_INTERVAL.contains(sp.Rational(9, 10)), UNIT_INTERVAL.contains(sp.Integer(1))
    (True, False)
    >>> print(UNIT_INTERVAL)
    0 <= x < 1
    """

    name: str
    lower: sp.Rational | None = None
    upper: sp.Rational | None = None
    lower_open: bool = False
    upper_open: bool = False
    integer: bool = False

    @cached_property
    def assumptions(self) -> dict[str, bool]:
        """The part of the domain that SymPy's assumptions can express."""
        facts: dict[str, bool] = {"integer": True} if self.integer else {"real": True}
        if self.lower is not None and self.lower >= 0:
            strict = self.lower > 0 or self.lower_open
            facts["positive" if strict else "nonnegative"] = True
        return facts

    def contains(self, value: sp.Rational) -> bool:
        """Whether the exact number `value` lies in the domain."""
        if self.integer and value.q != 1:
            return False
        if self.lower is not None and (value < self.lower or (self.lower_open and value == self.lower)):
            return False
        return not (self.upper is not None and (value > self.upper or (self.upper_open and value == self.upper)))

    def constraints(self, symbol: sp.Expr) -> tuple[sp.Rel, ...]:
        """The inequalities that say `symbol` lies in the domain (integrality is not among them)."""
        found: list[sp.Rel] = []
        if self.lower is not None:
            relation = sp.StrictGreaterThan if self.lower_open else sp.GreaterThan
            found.append(relation(symbol, self.lower, evaluate=False))
        if self.upper is not None:
            relation = sp.StrictLessThan if self.upper_open else sp.LessThan
            found.append(relation(symbol, self.upper, evaluate=False))
        return tuple(found)

    def describe(self, name: str = "x") -> str:
        """The domain as a chain of inequalities about `name`."""
        text = name
        if self.lower is not None:
            text = f"{self.lower} {'<' if self.lower_open else '<='} {text}"
        if self.upper is not None:
            text = f"{text} {'<' if self.upper_open else '<='} {self.upper}"
        if self.lower is None and self.upper is None:
            text = f"{name} {'an integer' if self.integer else 'real'}"
        elif self.integer:
            text += ", an integer"
        return text

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        return self.describe()


_ZERO, _ONE = sp.Integer(0), sp.Integer(1)

REAL = Domain("real")
POSITIVE = Domain("positive", lower=_ZERO, lower_open=True)
NONNEGATIVE = Domain("nonnegative", lower=_ZERO)
OPEN_UNIT = Domain("open unit interval", _ZERO, _ONE, lower_open=True, upper_open=True)
UNIT_INTERVAL = Domain("unit interval without 1", _ZERO, _ONE, upper_open=True)
COUNT = Domain("positive integer", lower=_ONE, integer=True)


@dataclass(frozen=True)
class Unit:
    """A unit of measure: exponents of the parameter's unit T and of the objective's unit F.

    Examples
    --------
    >>> print(Unit(-1, 1), Unit(2, -1), Unit())
    F/T T^2/F 1
    """

    parameter: Fraction | int = 0
    objective: Fraction | int = 0

    def __str__(self) -> str:
        powers = (("F", self.objective), ("T", self.parameter))
        above = [n if e == 1 else f"{n}^{e}" for n, e in powers if e > 0]
        below = [n if e == -1 else f"{n}^{-e}" for n, e in powers if e < 0]
        top = " ".join(above) or "1"
        if not below:
            return top
        return f"{top}/{below[0]}" if len(below) == 1 else f"{top}/({' '.join(below)})"


NO_UNIT = Unit()

AFTER = "__after"
"""The ending of the names that :func:`after` makes."""


class Quantity(sp.Symbol):
    r"""A symbol with a domain, a unit and a LaTeX form.

    Two quantities are the same exactly when name and domain agree.

    Parameters
    ----------
    name : str
        A Python identifier.
    domain : Domain
        Where its values lie.
    latex : str, optional
        How it is written; the name by default.
    unit : Unit, optional
        ``None`` means that the unit follows from the rule (see :func:`optproof.derive.units.units`).
    meaning : str, optional
        What it is, in a few words, such as ``"learning rate"``.

    Raises
    ------
    ValueError
        If `name` is not an identifier.

    Examples
    --------
    >>> rho = Quantity("rho", UNIT_INTERVAL, latex=r"\rho")
    >>> rho.domain.describe("rho")
    '0 <= rho < 1'
    >>> rho == Quantity("rho", POSITIVE)
    False
    """

    domain: Domain
    unit: Unit | None
    latex_form: str
    meaning: str
    _domain_text: str

    def __new__(
        cls,
        name: str,
        domain: Domain = REAL,
        latex: str | None = None,
        unit: Unit | None = None,
        meaning: str = "",
    ) -> Quantity:
        """Make the symbol, past SymPy's cache."""
        if not name.isidentifier():
            raise ValueError(f"a quantity needs an identifier for its name, and {name!r} is none")
        # The uncached constructor: SymPy's cache knows nothing of domains and would merge two of them.
        self: Quantity = sp.Symbol.__xnew__(cls, name, **domain.assumptions)
        self.domain = domain
        # Compared at every lookup in a dictionary, so it is written only once.
        self._domain_text = str(domain)
        self.unit = unit
        self.latex_form = latex or name
        self.meaning = meaning
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.name, self.domain, self.latex_form, self.unit, self.meaning), {}

    def __getstate__(self) -> None:
        return None

    def _hashable_content(self) -> tuple[Any, ...]:
        own: tuple[Any, ...] = super()._hashable_content()
        return (*own, self._domain_text)

    def _latex(self, printer: Any) -> str:
        return self.latex_form


def parameter() -> Quantity:
    """The parameter theta, one coordinate of it; its unit is T."""
    return Quantity("theta", REAL, r"\theta", Unit(parameter=1), "parameter")


def gradient() -> Quantity:
    """The gradient g of the objective at the current step, one coordinate of it; its unit is F/T."""
    return Quantity("g", REAL, "g", Unit(parameter=-1, objective=1), "gradient")


def step_counter() -> Quantity:
    """The step counter t, which is 1 in the first step."""
    return Quantity("t", COUNT, "t", NO_UNIT, "step counter")


def exact(value: object, what: str = "the value") -> sp.Rational:
    """Read an exact rational number.

    Parameters
    ----------
    value : int, str, fractions.Fraction or sympy.Rational
        Strings are decimals or fractions: ``"0.001"``, ``"1e-8"``, ``"1/3"``.
    what : str
        What the number is for; it begins the error message.

    Raises
    ------
    ValueError
        If `value` is a float or not a number.

    Examples
    --------
    >>> exact("1e-3"), exact("2/3")
    (1/1000, 2/3)
    """
    if isinstance(value, (float, sp.Float)):
        raise ValueError(
            f"{what} is the float {value!r}, which is not exact; write it as a string, such as {str(value)!r}"
        )
    if isinstance(value, sp.Rational):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, str, Fraction)):
        raise ValueError(f"{what} is {value!r}; an exact number is an int, a string such as '1e-3', or a fraction")
    try:
        number = Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{what} is {value!r}, which is not a number such as '0.001', '1e-8' or '1/3'") from None
    return sp.Rational(number.numerator, number.denominator)


def require_one_domain_per_name(quantities: Iterable[Quantity], where: str) -> None:
    """Raise ValueError if one name stands for quantities with different domains."""
    seen: dict[str, Quantity] = {}
    for quantity in quantities:
        other = seen.setdefault(quantity.name, quantity)
        if other.domain != quantity.domain:
            raise ValueError(
                f"{where} uses the name {quantity.name!r} with two domains, "
                f"'{other.domain.describe(quantity.name)}' and '{quantity.domain.describe(quantity.name)}'; "
                f"give both the same domain, or one of them another name"
            )


def after(quantity: Quantity) -> Quantity:
    """The value of a state, or of theta, after the step, where a formula speaks of both.

    Examples
    --------
    >>> after(Quantity("v", NONNEGATIVE)).name
    'v__after'
    """
    return Quantity(f"{quantity.name}{AFTER}", quantity.domain, quantity.latex_form, quantity.unit, quantity.meaning)


def bound(name: str, latex: str, meaning: str) -> Quantity:
    """A positive number that a theorem speaks of and the rule does not, such as a bound of the gradient."""
    return Quantity(name, POSITIVE, latex, meaning=meaning)
