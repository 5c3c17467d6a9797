"""The update rule: what an optimizer does in one step, held as data.

A rule reads like the algorithm box of its paper: an ordered list of assignments.  A state variable stands for
its value from the previous step until the assignment that updates it, and for its new value afterwards; the
same holds for the parameter theta.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import sympy as sp

from .symbols import Quantity, exact, gradient, parameter, step_counter

__all__ = ["Assignment", "Hyperparameter", "RuleError", "Source", "State", "UpdateRule"]


class RuleError(ValueError):
    """An update rule that does not make sense; the message says what is wrong and how to mend it."""


@dataclass(frozen=True)
class Source:
    """Where a rule or a theorem was published.

    Parameters
    ----------
    authors, title : str
    year : int
    where : str
        The equation, algorithm line or section.
    link : str, optional
        A stable identifier such as ``"arXiv:1412.6980"``.
    """

    authors: str
    year: int
    title: str
    where: str = ""
    link: str = ""

    def __str__(self) -> str:
        text = f"{self.authors} ({self.year})"
        return f"{text}, {self.where}" if self.where else text


@dataclass(frozen=True)
class Hyperparameter:
    """A number the user chooses; `default` is exact, or None where the source names none."""

    symbol: Quantity
    default: sp.Rational | None = None

    @property
    def name(self) -> str:
        """The name it is set by."""
        return self.symbol.name


@dataclass(frozen=True)
class State:
    """A number kept from step to step for every coordinate; `initial` may use hyperparameters."""

    symbol: Quantity
    initial: sp.Expr = sp.S.Zero

    @property
    def name(self) -> str:
        """The name it is stored by."""
        return self.symbol.name


@dataclass(frozen=True)
class Assignment:
    """One line of the algorithm box: `target` becomes `value`."""

    target: Quantity
    value: sp.Expr


@dataclass(frozen=True, init=False)
class UpdateRule:
    """One step of an optimizer, exactly as its source states it.

    Parameters
    ----------
    name : str
        What the rule is called on the command line, as ``"adam"`` or ``"adam[amsgrad]"``.
    hyper : mapping of Quantity to default
        Defaults are exact: an int, a string such as ``"1e-8"``, a fraction, or None.
    state : mapping of Quantity to initial value
        Exact numbers or expressions in the hyperparameters.
    steps : sequence of (Quantity, expression)
        The lines of the algorithm box in order; one of them assigns theta.
    title : str, optional
        What a person calls the rule.
    source : Source, optional
        Where it was published.
    gradient_at : expression, optional
        The point at which the gradient g is evaluated; theta by default.

    Raises
    ------
    RuleError
        If the rule holds a float, a stray symbol, a state that is never updated, a hyperparameter that is never
        used, a line that reads a value before it exists, a name assigned twice, an initial value outside its
        domain, or no line for theta.

    Examples
    --------
    >>> from optproof.derive.symbols import NONNEGATIVE, Quantity, gradient, parameter
    >>> theta, g, lr = parameter(), gradient(), Quantity("lr", NONNEGATIVE)
    >>> rule = UpdateRule("descent", hyper={lr: "0.01"}, state={}, steps=[(theta, theta - lr * g)])
    >>> print(rule.text())
    theta[t] = theta[t-1] - lr g[t]
    """

    name: str
    title: str
    source: Source | None
    hyper: tuple[Hyperparameter, ...]
    state: tuple[State, ...]
    assignments: tuple[Assignment, ...]
    gradient_at: sp.Expr

    def __init__(
        self,
        name: str,
        *,
        hyper: Mapping[Quantity, object],
        state: Mapping[Quantity, object],
        steps: Iterable[tuple[Quantity, object]],
        title: str = "",
        source: Source | None = None,
        gradient_at: sp.Expr | None = None,
    ) -> None:
        def put(field: str, value: object) -> None:
            object.__setattr__(self, field, value)

        put("name", name)
        put("title", title or name)
        put("source", source)
        put("hyper", tuple(_hyperparameter(name, symbol, default) for symbol, default in hyper.items()))
        put("state", tuple(State(symbol, _expression(name, symbol, value)) for symbol, value in state.items()))
        put("assignments", tuple(Assignment(target, _expression(name, target, value)) for target, value in steps))
        put("gradient_at", parameter() if gradient_at is None else _expression(name, parameter(), gradient_at))
        from .validate import validate

        validate(self)

    @property
    def theta(self) -> Quantity:
        """The parameter."""
        return parameter()

    @property
    def gradient(self) -> Quantity:
        """The gradient."""
        return gradient()

    @property
    def step_counter(self) -> Quantity:
        """The step counter t, 1 in the first step."""
        return step_counter()

    @property
    def temporaries(self) -> tuple[Quantity, ...]:
        """The left sides that are neither theta nor state."""
        kept = {self.theta, *(s.symbol for s in self.state)}
        return tuple(a.target for a in self.assignments if a.target not in kept)

    @property
    def quantities(self) -> dict[str, Quantity]:
        """Every symbol of the rule by name."""
        symbols = [h.symbol for h in self.hyper] + [s.symbol for s in self.state] + list(self.temporaries)
        return {q.name: q for q in (self.theta, self.gradient, self.step_counter, *symbols)}

    @property
    def defaults(self) -> dict[str, sp.Rational]:
        """The default of every hyperparameter that has one, by name."""
        return {h.name: h.default for h in self.hyper if h.default is not None}

    def step(self) -> dict[Quantity, sp.Expr]:
        """The one-step map: theta and every state after the step, in terms of their values before it."""
        from .sequence import one_step

        return one_step(self)

    def text(self) -> str:
        """The algorithm box as plain text, a line for each assignment."""
        from .printing import rule_lines

        return "\n".join(rule_lines(self, "text"))

    def latex(self) -> str:
        """The algorithm box as a LaTeX ``aligned`` environment."""
        from .printing import rule_lines

        lines = " \\\\\n".join(line.replace(" = ", " &= ", 1) for line in rule_lines(self, "latex"))
        return f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"

    def renamed(self, name: str) -> UpdateRule:
        """The same rule under another name."""
        twin = copy(self)
        object.__setattr__(twin, "name", name)
        return twin

    def to_json(self) -> dict[str, Any]:
        """The rule as JSON-ready data; :func:`optproof.derive.serialise.rule_from_json` reads it back."""
        from .serialise import rule_to_json

        return rule_to_json(self)

    @property
    def digest(self) -> str:
        """The SHA-256 of the rule's canonical JSON: equal rules, and only they, share it."""
        canonical = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def __repr__(self) -> str:
        return f"<UpdateRule {self.name}>"


def _hyperparameter(rule: str, symbol: Quantity, default: object) -> Hyperparameter:
    if default is None:
        return Hyperparameter(symbol)
    try:
        return Hyperparameter(symbol, exact(default, f"the default of {symbol}"))
    except ValueError as error:
        raise RuleError(f"rule {rule!r}: {error}") from None


def _expression(rule: str, target: object, value: object) -> sp.Expr:
    if not isinstance(target, Quantity):
        raise RuleError(f"rule {rule!r}: {target!r} is no Quantity; make it with Quantity({str(target)!r})")
    if isinstance(value, sp.Expr) and not isinstance(value, sp.Float):
        from .serialise import canonical

        return canonical(value)
    try:
        return exact(value, f"the value of {target}")
    except ValueError as error:
        raise RuleError(f"rule {rule!r}: {error}") from None
