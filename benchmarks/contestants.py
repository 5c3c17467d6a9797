"""What kernels are measured against: torch, optax, plain NumPy, the memory limit, and themselves in other forms.

A contestant is made for a rule and a list of array sizes, and is then a function without arguments: one step on arrays
of its own, which holds until the step is done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import optproof as op

from .memory_limit import memory_limit

__all__ = ["CONTESTANTS", "Step"]

Step = Callable[[], None]
_TORCH: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {}),
    "sgd[momentum]": ("SGD", {"momentum": 0.9}),
    "sgd[nesterov]": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {"alpha": 0.9}),
    "rmsprop[centered]": ("RMSprop", {"alpha": 0.9, "centered": True}),
    "rmsprop[momentum]": ("RMSprop", {"alpha": 0.9, "momentum": 0.9}),
    "adadelta": ("Adadelta", {"rho": 0.95}),
    "adam": ("Adam", {}),
    "adam[amsgrad]": ("Adam", {"amsgrad": True}),
    "adamw": ("AdamW", {}),
    "adamax": ("Adamax", {}),
    "nadam": ("NAdam", {}),
    "radam": ("RAdam", {}),
}
_FUSED = ("SGD", "Adam", "AdamW", "Adagrad")
_OPTAX: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("sgd", {}),
    "sgd[momentum]": ("sgd", {"momentum": 0.9}),
    "sgd[nesterov]": ("sgd", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("adagrad", {}),
    "rmsprop": ("rmsprop", {}),
    "rmsprop[centered]": ("rmsprop", {"centered": True}),
    "adadelta": ("adadelta", {}),
    "adam": ("adam", {}),
    "adam[amsgrad]": ("amsgrad", {}),
    "adamw": ("adamw", {}),
    "adamax": ("adamax", {}),
    "nadam": ("nadam", {}),
    "radam": ("radam", {}),
    "adabelief": ("adabelief", {}),
    "yogi": ("yogi", {}),
    "lion": ("lion", {}),
}
_RATE = 1e-3


def _arrays(sizes: Sequence[int], seed: int) -> list[Any]:
    random = np.random.default_rng(seed)
    return [random.standard_normal(size, np.float32) for size in sizes]


def _kernel(rule: str, sizes: Sequence[int], **form: Any) -> Step:
    params, gradients = _arrays(sizes, 1), _arrays(sizes, 2)
    optimizer = op.optimizer(rule, params, **form)
    return lambda: optimizer.step(gradients)


def _limit(rule: str, sizes: Sequence[int], **form: Any) -> Step:
    kernel = op.compile(rule, **form)
    params, gradients = _arrays([sum(sizes)], 1)[0], _arrays([sum(sizes)], 2)[0]
    state = kernel.initial_state(params)
    run = memory_limit(kernel)
    return lambda: run(params, gradients, state, None)


def _torch(rule: str, sizes: Sequence[int], **options: Any) -> Step | None:
    if rule not in _TORCH:
        return None
    import torch

    name, chosen = _TORCH[rule]
    if options.get("fused") and name not in _FUSED:
        return None
    torch.set_num_threads(os.cpu_count() or 1)
    params = [torch.from_numpy(a).requires_grad_() for a in _arrays(sizes, 1)]
    for p, g in zip(params, _arrays(sizes, 2), strict=True):
        p.grad = torch.from_numpy(g)
    optimizer = getattr(torch.optim, name)(params, lr=_RATE, **chosen, **options)
    run: Step = optimizer.step
    return run


def _optax(rule: str, sizes: Sequence[int]) -> Step | None:
    if rule not in _OPTAX:
        return None
    import jax
    import optax

    name, chosen = _OPTAX[rule]
    transform = getattr(optax, name)(_RATE, **chosen)
    params = [jax.numpy.asarray(a) for a in _arrays(sizes, 1)]
    gradients = [jax.numpy.asarray(a) for a in _arrays(sizes, 2)]

    def step(gradients: Any, params: Any, state: Any) -> Any:
        updates, state = transform.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    compiled = jax.jit(step, donate_argnums=(1, 2))
    kept = [params, transform.init(params)]

    def run() -> None:
        kept[0], kept[1] = compiled(gradients, kept[0], kept[1])
        jax.block_until_ready(kept)

    return run


def _numpy(rule: str, sizes: Sequence[int]) -> Step:
    from optproof.analysis.evaluate import NUMPY, evaluator

    chosen = op.rule(rule)
    lines = [(line.target.name, evaluator(line.value, NUMPY)) for line in chosen.assignments]
    hyper = {name: np.float32(value) for name, value in chosen.defaults.items()}
    runs = []
    for theta, g in zip(_arrays(sizes, 1), _arrays(sizes, 2), strict=True):
        states = {
            s.name: np.full_like(theta, float(s.initial.xreplace({}) if s.initial.is_Number else 0))
            for s in chosen.state
        }
        runs.append({**hyper, **states, "theta": theta, "g": g, "t": np.float32(3)})

    def run() -> None:
        for values in runs:
            now = dict(values)
            for name, line in lines:
                now[name] = line(now)
            for name in ("theta", *(s.name for s in chosen.state)):
                values[name] = now[name]

    return run


CONTESTANTS: dict[str, Callable[[str, Sequence[int]], Step | None]] = {
    "optproof float32": _kernel,
    "optproof bfloat16 state": lambda rule, sizes: _kernel(rule, sizes, state_dtype="bfloat16"),
    "optproof bfloat16 state, stochastic": lambda rule, sizes: _kernel(
        rule, sizes, state_dtype="bfloat16", stochastic_rounding=True
    ),
    "optproof float16 state": lambda rule, sizes: _kernel(rule, sizes, state_dtype="float16"),
    "memory limit float32": _limit,
    "memory limit bfloat16 state": lambda rule, sizes: _limit(rule, sizes, state_dtype="bfloat16"),
    "torch": lambda rule, sizes: _torch(rule, sizes, foreach=False),
    "torch foreach": lambda rule, sizes: _torch(rule, sizes, foreach=True),
    "torch fused": lambda rule, sizes: _torch(rule, sizes, fused=True),
    "optax jit donated": _optax,
    "NumPy": _numpy,
}
"""Makers by name; None where a contestant does not know the rule."""
