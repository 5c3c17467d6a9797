"""optax's aliases with every option that chooses a formula."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ..trace.hyperparameters import readings
from ..trace.jax_options import ANY
from .cases import Case

__all__ = ["cases"]

_NOT_ELEMENT_WISE = {
    "adafactor": "it factors the second moment of a matrix into rows and columns",
    "fromage": "it divides by the norms of a whole array",
    "lamb": "it scales each array's step by norms of the whole array",
    "lars": "it scales each array's step by norms of the whole array",
    "lbfgs": "it takes inner products of whole gradients",
    "noisy_sgd": "it adds random numbers",
    "novograd": "its second moment is the norm of a whole array",
    "polyak_sgd": "its step size depends on the value of the loss and on the norm of the gradient",
    "sm3": "it keeps maxima over the rows and columns of an array",
}
_OPTIMISM = {"alpha": "schedule", "beta": "optimism"}
_NAMES = {"optimistic_adam_v2": _OPTIMISM, "optimistic_gradient_descent": _OPTIMISM}
"""Names that mean something else elsewhere; alpha is a further factor of the step."""
_NEEDS_MOMENTUM = "nesterov"


def cases() -> list[Case]:
    """Every alias of the installed optax, with its options in every combination.

    What chooses a formula are booleans, and the hyperparameters that are None by default: those become inputs.
    """
    import optax

    found = [(n, f) for n, f in sorted(vars(optax).items()) if _is_alias(n, f)]
    return [case for name, factory in found for case in _of(name, factory)]


def _is_alias(name: str, thing: Any) -> bool:
    """Whether it makes a whole optimizer; some of them are others with an argument set (functools.partial)."""
    if name.startswith(("_", "scale_by_")) or not (inspect.isfunction(thing) or isinstance(thing, partial)):
        return False
    signature = inspect.signature(thing)
    return "learning_rate" in signature.parameters and "GradientTransformation" in str(signature.return_annotation)


def _of(name: str, factory: Any) -> Iterator[Case]:
    target = f"optax.{name}"
    if name in _NOT_ELEMENT_WISE:
        yield Case("optax", target, excluded=f"not element-wise: {_NOT_ELEMENT_WISE[name]}")
        return
    taken = inspect.signature(factory).parameters
    set_already = factory.keywords if isinstance(factory, partial) else {}
    for chosen in formulas({n: p for n, p in taken.items() if n not in set_already}):
        yield Case("optax", target, chosen, names=_NAMES.get(name, {}))


def formulas(taken: Mapping[str, inspect.Parameter]) -> Iterator[dict[str, object]]:
    """Every combination of switches turned over and of hyperparameters that are off by default."""
    changes: dict[str, object] = {n: not p.default for n, p in taken.items() if isinstance(p.default, bool)}
    changes |= {n: ANY for n, p in taken.items() if p.default is None and readings(n)}
    for count in range(len(changes) + 1):
        for some in itertools.combinations(changes, count):
            momentum = "momentum" in some or "momentum" not in changes
            if momentum or _NEEDS_MOMENTUM not in some:
                yield {n: changes[n] for n in some}
