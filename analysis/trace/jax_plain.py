"""The real code on plain numbers: what the trace must reproduce, and how a counterexample is confirmed."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp

from .jax_session import NewHyperparameter
from .jax_steps import Subject, first_line
from .numpy_plain import PlainRun
from .numpy_replay import Replay
from .record import Traced, TraceError, Untraceable
from .torch_witness import draw, values_for

__all__ = ["contradicted", "thetas_of"]

_STEPS, _WAYS, _ATTEMPTS = 3, 4, 3
_SHAPE = (2,)


def thetas_of(
    subject: Subject, hyper: Sequence[Mapping[str, float]], theta: Any, gradients: Sequence[Any]
) -> list[Any]:
    """Theta after each step of the real code in float64, with the hyperparameters of each step."""
    jax.config.update("jax_enable_x64", True)
    name = subject.names[0]
    parameters = {name: jnp.asarray(theta, jnp.float64)}
    state, held = None, None
    found = []
    for t, (values, g) in enumerate(zip(hyper, gradients, strict=True), start=1):
        if values != held:
            held, steps = values, subject.begin(dict(values))
            # Compiled as a whole where it may be: line by line, each operation would be compiled on its own.
            step = jax.jit(steps.step, static_argnums=3) if subject.compiled else steps.step
        state = steps.init(parameters) if t == 1 else state
        # What may be compiled keeps count itself.
        parameters, state = step(parameters, {name: jnp.asarray(g)}, state, 0 if subject.compiled else t)
        found.append(np.asarray(parameters[name], dtype=float))
    return found


def contradicted(subject: Subject, traced: Traced) -> str:
    """Where the trace and the code disagree on numbers, in a sentence; empty if they agree on every way."""
    tolerance = 1e-5 if any("converts to" in n or "precision" in n for n in traced.notes) else 1e-9
    for path in traced.paths[:_WAYS]:
        trouble = _on_way(subject, traced, [c for c in path.conditions if _constant(c, traced)], tolerance)
        if trouble:
            return trouble
    return ""


def _on_way(subject: Subject, traced: Traced, conditions: list[sp.Basic], tolerance: float) -> str:
    """Where they disagree at hyperparameters of one way: random ones, and the defaults."""
    ran = False
    for attempt in range(_ATTEMPTS):
        defaults = {n: float(v) for n, v in traced.defaults.items()} if attempt == _ATTEMPTS - 1 else {}
        plain = _plain(subject, conditions, random.Random(attempt), defaults)
        if plain is None:
            continue
        ran = True
        if all(np.isfinite(x).all() for x in plain.after):
            return Replay(traced).contradiction(plain, tolerance)
    return "the code gave no finite theta at any hyperparameters that were tried" if ran else ""


def _constant(condition: sp.Basic, traced: Traced) -> bool:
    return condition.free_symbols <= set(traced.hyper.values())


def _plain(
    subject: Subject, conditions: list[sp.Basic], generator: random.Random, defaults: Mapping[str, float]
) -> PlainRun | None:
    """Three steps on numbers at which conditions on hyperparameters hold; None if it raises an exception there."""
    chosen = values_for(conditions, generator)
    if chosen is None:
        return None
    symbols = subject.constructor.symbols
    hyper = {n: chosen.get(q, defaults.get(n, draw(q, generator))) for n, q in symbols.items()}
    rng = np.random.default_rng(generator.randrange(2**32))
    theta, gradients = rng.normal(size=_SHAPE), tuple(rng.normal(size=_SHAPE) for _ in range(_STEPS))
    try:
        after = thetas_of(subject, [hyper] * _STEPS, theta, gradients)
    except (TraceError, Untraceable, NewHyperparameter):
        raise
    except Exception as error:
        if conditions:
            return None
        raise TraceError(f"{subject.target} raises {first_line(error)}") from None
    return PlainRun(theta, gradients, hyper, tuple(after))
