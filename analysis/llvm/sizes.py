"""Whole numbers in compiled code: sizes, indices, offsets, as linear forms in a few symbols with known ranges.

A form stands for a machine number modulo 2**64.  A comparison is decided only where the form's range shows that
nothing has wrapped around.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .problems import NeedsModulus, NotUnderstood, Split

__all__ = ["ITERATION", "LARGEST", "Linear", "Ranges", "constant", "symbol"]

LARGEST = 2**48
"""More elements than any memory holds."""

ITERATION = "k"
"""The symbol of a loop's iteration."""

_WORD = 2**64


def _wrapped(number: int) -> int:
    return (number + _WORD // 2) % _WORD - _WORD // 2


@dataclass(frozen=True)
class Linear:
    """``terms`` times symbols, plus a constant, modulo 2**64."""

    constant: int = 0
    terms: tuple[tuple[str, int], ...] = ()

    def __add__(self, other: Linear) -> Linear:
        return self._combined(other, 1)

    def __sub__(self, other: Linear) -> Linear:
        return self._combined(other, -1)

    def _combined(self, other: Linear, sign: int) -> Linear:
        terms = dict(self.terms)
        for name, factor in other.terms:
            terms[name] = terms.get(name, 0) + sign * factor
        return _form(self.constant + sign * other.constant, terms)

    def times(self, factor: int) -> Linear:
        """The form multiplied by a number."""
        return _form(self.constant * factor, {n: f * factor for n, f in self.terms})

    def over(self, divisor: int) -> Linear | None:
        """The form divided by a number, if that leaves no remainder whatever the symbols are."""
        if any(f % divisor for _, f in self.terms) or self.constant % divisor:
            return None
        return Linear(self.constant // divisor, tuple((n, f // divisor) for n, f in self.terms))

    def factor(self, name: str) -> int:
        """What stands before a symbol."""
        return dict(self.terms).get(name, 0)

    def put(self, name: str, value: Linear) -> Linear:
        """The form with a symbol replaced."""
        factor = self.factor(name)
        if not factor:
            return self
        return Linear(self.constant, tuple(t for t in self.terms if t[0] != name)) + value.times(factor)

    @property
    def is_constant(self) -> bool:
        """Whether it holds no symbol."""
        return not self.terms

    def __str__(self) -> str:
        parts = [f"{'' if f == 1 else f'{f} '}{n}" for n, f in self.terms]
        return " + ".join([*parts, *([str(self.constant)] if self.constant or not parts else [])])


def _form(number: int, terms: Mapping[str, int]) -> Linear:
    held = sorted((n, _wrapped(f)) for n, f in terms.items())
    return Linear(_wrapped(number), tuple(t for t in held if t[1]))


def constant(number: int) -> Linear:
    """A number."""
    return Linear(_wrapped(number))


def symbol(name: str) -> Linear:
    """A symbol."""
    return Linear(0, ((name, 1),))


@dataclass(frozen=True)
class Ranges:
    """Between which numbers the symbols are, and up to which form the iteration of the loop runs.

    Examples
    --------
    >>> n = symbol("q").times(8) + symbol("r")
    >>> ranges = Ranges({"q": (2, 100), "r": (0, 7)})
    >>> ranges.compare("ult", n, constant(16)), ranges.low_bits(n, 3)
    (False, Linear(constant=0, terms=(('r', 1),)))
    """

    of: Mapping[str, tuple[int, int]]
    last: Linear | None = None

    def bounds(self, form: Linear) -> tuple[int, int]:
        """The least and the largest value."""
        if form.factor(ITERATION) and self.last is not None:
            # Linear in k: the extremes are those of the first and the last iteration.
            extremes = [self.bounds(form.put(ITERATION, end)) for end in (constant(0), self.last)]
            return min(e[0] for e in extremes), max(e[1] for e in extremes)
        low = high = form.constant
        for name, factor in form.terms:
            ends = (0, LARGEST) if name == ITERATION else self.of[name]
            low += min(factor * ends[0], factor * ends[1])
            high += max(factor * ends[0], factor * ends[1])
        return low, high

    def signed(self, form: Linear) -> Linear:
        """The form, which is shown not to wrap around as a signed number."""
        low, high = self.bounds(form)
        if low < -(2**63) or high >= 2**63:
            raise NotUnderstood(f"the number {form} may wrap around")
        return form

    def compare(self, predicate: str, left: Linear, right: Linear) -> bool:
        """Whether a comparison holds for all values in the ranges.

        Raises
        ------
        Split
            If it holds for a part of them.
        """
        if predicate in ("eq", "ne"):
            sign = self._sign(left - right, equality=True)
            return (sign == 0) == (predicate == "eq")
        if predicate[0] == "u":
            return self._ordered(predicate[1:], *map(self._unsigned, (left, right)))
        return self._ordered(predicate[1:], (self.signed(left), 0), (self.signed(right), 0))

    def _unsigned(self, form: Linear) -> tuple[Linear, int]:
        """A form and how many words are to be added to it, so that the sum is the number without a sign."""
        low, high = self.bounds(self.signed(form))
        if low < 0 <= high:
            raise self.split(form, -1)
        return form, 1 if high < 0 else 0

    def _ordered(self, relation: str, left: tuple[Linear, int], right: tuple[Linear, int]) -> bool:
        if left[1] != right[1]:
            return (left[1] > right[1]) == (relation in ("gt", "ge"))
        sign = self._sign(left[0] - right[0], strict_above=relation in ("gt", "le"))
        return {"lt": sign < 0, "le": sign <= 0, "gt": sign > 0, "ge": sign >= 0}[relation]

    def _sign(self, form: Linear, *, equality: bool = False, strict_above: bool = False) -> int:
        """The sign of a form as far as it matters: equal to zero or not; above zero or not; below zero or not."""
        low, high = self.bounds(form)
        if low < -(2**63) or high >= 2**63:
            raise NotUnderstood(f"the number {form} may wrap around")
        if low == high == 0:
            return 0
        if low > 0 or high < 0:
            return 1 if low > 0 else -1
        if not equality and strict_above and high <= 0:
            return -1
        if not equality and not strict_above and low >= 0:
            return 1
        raise self.split(form, 0 if strict_above else -1)

    def split(self, form: Linear, at: int) -> Exception:
        """The distinction of sizes that brings a decision nearer whether the form is above `at`."""
        if form.factor(ITERATION):
            return NotUnderstood(f"a comparison of {form} differs from iteration to iteration")
        open_ones = [n for n, _ in form.terms if n in ("q", "r") and self.of[n][0] < self.of[n][1]]
        if not open_ones or any(n not in ("q", "r") for n, _ in form.terms):
            return NotUnderstood(f"the sign of {form} is not known")
        if "q" in open_ones:
            return Split("q", self.of["q"][0])
        factor, (low, high) = form.factor("r"), self.of["r"]
        rest = self.bounds(form.put("r", constant(0)))[0]
        edge = (at - rest) // factor if factor > 0 else -(-(at - rest) // factor) - 1
        return Split("r", min(max(edge, low), high - 1))

    def low_bits(self, form: Linear, count: int) -> Linear:
        """The form modulo ``2**count``."""
        return form - self._high_part(form, count).times(2**count)

    def shifted(self, form: Linear, count: int) -> Linear:
        """The form divided by ``2**count``, rounded down; it must not be negative."""
        if self.bounds(self.signed(form))[0] < 0:
            raise NotUnderstood(f"bits of {form}, which may be negative, are moved")
        return self._high_part(form, count)

    def _high_part(self, form: Linear, count: int) -> Linear:
        size = 2**count
        self.signed(form)
        own = form.factor("r")
        others = form.put("r", constant(0))
        rest = Linear(0, others.terms)
        above = rest.over(size)
        if above is None:
            if all(n in ("q", "r") for n, _ in form.terms):
                raise NeedsModulus(size)
            raise NotUnderstood(f"bits of {form} are taken")
        low, high = self.bounds(form - rest)
        if low // size != high // size:
            if own % size == 0 and own:
                return above + constant(others.constant // size) + symbol("r").times(own // size)
            start, end = self.of["r"]
            raise Split("r", (start + end) // 2)
        return above + constant(low // size)
