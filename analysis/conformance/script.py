"""A counterexample as a script that a maintainer of the framework can run, with what it should print."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..verification.record import Counterexample, Verification, decimal
from .cases import Case

__all__ = ["script_for"]

_TORCH = """\
import torch

p = torch.nn.Parameter(torch.tensor([{theta}], dtype=torch.float64))
opt = {target}([p], {arguments})
for g in {gradients}:
    p.grad = torch.tensor([g], dtype=torch.float64)
    opt.step()
print(p.item())
"""
_DIFFERENTIABLE = """\
import torch

p = torch.tensor([{theta}], dtype=torch.float64, requires_grad=True).clone()
opt = {target}([p], {arguments})
for g in {gradients}:
    p.grad = torch.tensor([g], dtype=torch.float64)
    opt.step()
print(p.item())
"""
_OPTAX = """\
import jax
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import optax

p = jnp.array([{theta}])
opt = {target}({arguments})
state = opt.init(p)
for g in {gradients}:
    updates, state = opt.update(jnp.array([g]), state, p)
    p = optax.apply_updates(p, updates)
print(p[0])
"""
_KERAS = """\
import os
os.environ["KERAS_BACKEND"] = "jax"
import jax
jax.config.update("jax_enable_x64", True)
import keras
keras.config.set_floatx("float64")

p = keras.Variable([{theta}])
opt = {target}({arguments})
for g in {gradients}:
    opt.apply([keras.ops.array([g])], [p])
print(p.numpy()[0])
"""
_SCRIPTS = {"torch": _TORCH, "optax": _OPTAX, "keras": _KERAS}


def script_for(case: Case, found: Verification) -> str:
    """The script, or an empty text where the run cannot be written as one: without a run, or if lr changes in it."""
    run = found.counterexample
    # On a processor without an accelerator, torch refuses to run what is capturable.
    if run is None or run.lr or case.options.get("capturable"):
        return ""
    template = _DIFFERENTIABLE if case.options.get("differentiable") else _SCRIPTS[case.framework]
    code = template.format(
        theta=float(run.theta),
        target=case.target,
        arguments=_arguments(case.options, found.arguments, run),
        gradients=[float(g) for g in run.gradients],
    )
    return f"{code}# expected: {decimal(run.rule)}\n# found:    {decimal(run.implementation)}\n"


def _arguments(options: Mapping[str, Any], read: Mapping[str, Any], run: Counterexample) -> str:
    """Keyword arguments; ``betas_0`` and ``betas_1`` are members of one tuple."""
    single: dict[str, Any] = dict(options)
    members: dict[str, list[float]] = {}
    for name, meaning in read.items():
        value = float(run.hyper[meaning] if isinstance(meaning, str) else meaning)
        pair = re.fullmatch(r"(betas|etas|step_sizes)_(\d)", name)
        if pair:
            members.setdefault(pair.group(1), []).append(value)
        elif name not in single:
            single[name] = value
    shown: Sequence[tuple[str, Any]] = [*single.items(), *((n, tuple(v)) for n, v in members.items())]
    return ", ".join(f"{name}={value!r}" for name, value in shown)
