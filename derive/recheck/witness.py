"""The values of a counterexample: exact numbers, one for each symbol that it needs, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction

from .domains import Domain
from .expression import BadCertificateError, Expression
from .intervals import agree, holds
from .reading import GRADIENT, THETA, Certificate

__all__ = [
    "START",
    "numbered",
    "require_broken",
    "require_computed",
    "require_hypotheses",
    "require_only",
    "value_of",
    "values_of",
]

START = f"{THETA}[0]"
_LONGEST = 300


def value_of(c: Certificate, name: str) -> Fraction:
    """A value of the witness, which must be rational."""
    if name not in c.witness:
        raise BadCertificateError(f"the counterexample gives no value for {name}")
    value = c.witness[name]
    if not isinstance(value, Fraction):
        raise BadCertificateError(f"the counterexample's value for {name} is not rational")
    return value


def values_of(c: Certificate, symbols: Iterable[str], domains: Mapping[str, Domain]) -> dict[Expression, Expression]:
    """Values for `symbols`, each in its domain."""
    found: dict[Expression, Expression] = {}
    for name in sorted(symbols):
        found[name] = value_of(c, name)
        if not domains[name].contains(value_of(c, name)):
            raise BadCertificateError(f"the counterexample's value for {name} is outside its domain")
    return found


def numbered(c: Certificate, name: str = GRADIENT, first: int = 1) -> list[Fraction]:
    """The values ``g[1], g[2], ...`` of a sequence from its first on, without a gap; there may be none."""
    pattern = re.compile(re.escape(name) + r"\[([1-9]\d*)\]")
    numbers = sorted(int(m.group(1)) for n in c.witness if (m := pattern.fullmatch(n)))
    if numbers != list(range(first, first + len(numbers))) or len(numbers) > _LONGEST:
        raise BadCertificateError(f"the counterexample does not give the values of {name} from its first step on")
    return [value_of(c, f"{name}[{n}]") for n in numbers]


def require_broken(*, broken: bool) -> None:
    """Raise BadCertificateError unless the claim fails there."""
    if not broken:
        raise BadCertificateError("the counterexample does not break the claim")


def require_hypotheses(c: Certificate, values: Mapping[Expression, Expression]) -> None:
    """Raise BadCertificateError unless the hypotheses hold there."""
    if not all(holds(h, values) for h in c.hypotheses):
        raise BadCertificateError("the counterexample does not satisfy the hypotheses")


def require_only(c: Certificate, names: Iterable[str]) -> None:
    """Raise BadCertificateError if there are values that the claim does not speak of."""
    strange = sorted(set(c.witness) - set(names))
    if strange:
        raise BadCertificateError(
            f"the counterexample gives a value for {strange[0]}, which the claim does not speak of"
        )


def require_computed(c: Certificate, results: Mapping[str, Expression]) -> None:
    """Raise BadCertificateError unless the counterexample states these results, and they are what was computed.

    They are there for people: that the claim fails is concluded from what is computed, not from them.
    """
    for name, computed in results.items():
        if name not in c.witness or not agree(c.witness[name], computed):
            raise BadCertificateError(f"the counterexample's value for {name} is not what is computed")
