"""What kernels are measured against: torch, optax, DeepSpeed, plain NumPy, the memory limit, and their other forms.

A contestant is made for a rule and a list of array sizes, and is then a function without arguments: one step on arrays
of its own, which returns when the step is done.  The memory limit moves the very arrays of the kernel whose limit it
is, if there is a single one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from ctypes import POINTER, c_uint16, c_uint32
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import numpy as np
from numpy.ctypeslib import as_array

import optproof as op

from .memory_limit import memory_limit

__all__ = ["CONTESTANTS", "REFERENCE", "Contestant", "Step"]

Step = Callable[[], None]
REFERENCE = "optproof float32"
"""What every other contestant is compared with."""
_TORCH: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {}),
    "sgd[l2]": ("SGD", {"weight_decay": 0.01}),
    "sgd[momentum]": ("SGD", {"momentum": 0.9}),
    "sgd[momentum,dampening]": ("SGD", {"momentum": 0.9, "dampening": 0.1}),
    "sgd[momentum,l2]": ("SGD", {"momentum": 0.9, "weight_decay": 0.01}),
    "sgd[nesterov]": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "sgd[nesterov,l2]": ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "adagrad": ("Adagrad", {}),
    "adagrad[l2]": ("Adagrad", {"weight_decay": 0.01}),
    "rmsprop": ("RMSprop", {"alpha": 0.9}),
    "rmsprop[l2]": ("RMSprop", {"alpha": 0.9, "weight_decay": 0.01}),
    "rmsprop[centered]": ("RMSprop", {"alpha": 0.9, "centered": True}),
    "rmsprop[momentum]": ("RMSprop", {"alpha": 0.9, "momentum": 0.9}),
    "rmsprop[centered,momentum]": ("RMSprop", {"alpha": 0.9, "centered": True, "momentum": 0.9}),
    "adadelta": ("Adadelta", {"rho": 0.95}),
    "adadelta[lr]": ("Adadelta", {"rho": 0.95}),
    "adam": ("Adam", {}),
    "adam[l2]": ("Adam", {"weight_decay": 0.01}),
    "adam[amsgrad]": ("Adam", {"amsgrad": True}),
    "adamw": ("AdamW", {}),
    "adamw[amsgrad]": ("AdamW", {"amsgrad": True}),
    "adamax": ("Adamax", {}),
    "nadam": ("NAdam", {}),
    "radam": ("RAdam", {}),
    "rprop": ("Rprop", {}),
    "asgd": ("ASGD", {}),
}
_FUSED = ("SGD", "Adam", "AdamW", "Adagrad")
_OPTAX: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("sgd", {}),
    "sgd[momentum]": ("sgd", {"momentum": 0.9}),
    "sgd[nesterov]": ("sgd", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("adagrad", {}),
    "rmsprop": ("rmsprop", {}),
    "rmsprop[centered]": ("rmsprop", {"centered": True}),
    "rmsprop[momentum]": ("rmsprop", {"momentum": 0.9}),
    "adadelta": ("adadelta", {}),
    "adam": ("adam", {}),
    "adam[amsgrad]": ("amsgrad", {}),
    "adamw": ("adamw", {}),
    "adamax": ("adamax", {}),
    "nadam": ("nadam", {}),
    "radam": ("radam", {}),
    "adabelief": ("adabelief", {}),
    "yogi": ("yogi", {}),
    "signsgd": ("sign_sgd", {}),
    "lion": ("lion", {}),
}
_DEEPSPEED = {"adam": {"adamw_mode": False}, "adamw": {"adamw_mode": True, "weight_decay": 0.01}}
_RATE = 1e-3
_BLOCK = 2**20
_BITS = {2: c_uint16, 4: c_uint32}


@dataclass(frozen=True)
class Contestant:
    """How a contestant is made, and the memory that it takes.

    Attributes
    ----------
    make : callable
        From a rule's name and the sizes of the arrays to a step; None where the contestant does not know the rule.
    peer : bool
        Whether it is someone else's implementation of the rule.
    state_bytes : int
        Of an element of each state.
    temporaries : int
        About how many further arrays of float32 it holds during a step.
    """

    make: Callable[[str, Sequence[int]], Step | None]
    peer: bool = False
    state_bytes: int = 4
    temporaries: int = 0

    def memory(self, rule: str, sizes: Sequence[int]) -> int:
        """About how many bytes it needs at once."""
        each = 8 + self.state_bytes * len(op.rule(rule).state) + 4 * self.temporaries
        return each * sum(sizes)


def _arrays(sizes: Sequence[int], seed: int) -> list[Any]:
    """Ordinary numbers; a block of them is repeated, because drawing 10^8 would take longer than the steps."""
    block = np.random.default_rng(seed).standard_normal(min(max(sizes), _BLOCK), np.float32)
    return [np.resize(block, size) for size in sizes]


class _Kernel:
    """The steps of an optimizer, and its arrays."""

    latest: ClassVar[WeakValueDictionary[tuple[object, ...], _Kernel]] = WeakValueDictionary()

    def __init__(self, rule: str, sizes: Sequence[int], **form: Any) -> None:
        self.params, self.gradients = _arrays(sizes, 1), _arrays(sizes, 2)
        self.optimizer = op.optimizer(rule, self.params, **form)
        self.latest[rule, tuple(sizes), *form.items()] = self

    def __call__(self) -> None:
        """Take a step."""
        self.optimizer.step(self.gradients)

    def states(self) -> dict[str, Any]:
        """The states of the first array, to be written; the optimizer shows them to be read only."""
        views = self.optimizer.state[0]
        return {
            name: as_array(view.ctypes.data_as(POINTER(_BITS[view.itemsize])), view.shape)
            for name, view in views.items()
        }


def _limit(rule: str, sizes: Sequence[int], **form: Any) -> Step:
    kernel = op.compile(rule, **form)
    run = memory_limit(kernel)
    own = _Kernel.latest.get((rule, tuple(sizes), *form.items())) if len(sizes) == 1 else None
    if own is not None:
        states = own.states()
        return lambda: run(own.params[0], own.gradients[0], states, None)
    params, gradients = _arrays([sum(sizes)], 1)[0], _arrays([sum(sizes)], 2)[0]
    state = kernel.initial_state(params)
    return lambda: run(params, gradients, state, None)


def _torch_parameters(sizes: Sequence[int]) -> list[Any]:
    import torch

    torch.set_num_threads(os.cpu_count() or 1)
    params = [torch.from_numpy(a).requires_grad_() for a in _arrays(sizes, 1)]
    for p, g in zip(params, _arrays(sizes, 2), strict=True):
        p.grad = torch.from_numpy(g)
    return params


def _torch(rule: str, sizes: Sequence[int], **options: Any) -> Step | None:
    if rule not in _TORCH or (options.get("fused") and _TORCH[rule][0] not in _FUSED):
        return None
    import torch

    name, chosen = _TORCH[rule]
    optimizer = getattr(torch.optim, name)(_torch_parameters(sizes), lr=_RATE, **chosen, **options)
    run: Step = optimizer.step
    return run


def _deepspeed(rule: str, sizes: Sequence[int]) -> Step | None:
    if rule not in _DEEPSPEED:
        return None
    from deepspeed.ops.adam import DeepSpeedCPUAdam

    try:
        # This compiles C++ code where that was not done before.
        optimizer = DeepSpeedCPUAdam(_torch_parameters(sizes), lr=_RATE, **_DEEPSPEED[rule])
    except Exception as error:  # whatever a build of C++ code may stop with
        raise ImportError(f"DeepSpeed's CPUAdam cannot be built: {str(error).splitlines()[0]}") from error
    run: Step = optimizer.step
    return run


def _optax(rule: str, sizes: Sequence[int]) -> Step | None:
    if rule not in _OPTAX:
        return None
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
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
    starts = {s.name: float(s.initial) if s.initial.is_Number else 0.0 for s in chosen.state}
    runs = []
    for theta, g in zip(_arrays(sizes, 1), _arrays(sizes, 2), strict=True):
        states = {name: np.full_like(theta, start) for name, start in starts.items()}
        runs.append({**hyper, **states, "theta": theta, "g": g, "t": np.float32(3)})

    def run() -> None:
        with np.errstate(all="ignore"):
            for values in runs:
                now = dict(values)
                for name, line in lines:
                    now[name] = line(now)
                for name in ("theta", *starts):
                    values[name] = now[name]

    return run


_STOCHASTIC: dict[str, Any] = {"state_dtype": "bfloat16", "stochastic_rounding": True}
CONTESTANTS: dict[str, Contestant] = {
    REFERENCE: Contestant(_Kernel),
    "memory limit float32": Contestant(_limit),
    "optproof bfloat16 state": Contestant(partial(_Kernel, state_dtype="bfloat16"), state_bytes=2),
    "memory limit bfloat16 state": Contestant(partial(_limit, state_dtype="bfloat16"), state_bytes=2),
    "optproof bfloat16 state, stochastic": Contestant(partial(_Kernel, **_STOCHASTIC), state_bytes=2),
    "optproof float16 state": Contestant(partial(_Kernel, state_dtype="float16"), state_bytes=2),
    "torch default": Contestant(_torch, peer=True, temporaries=3),
    "torch foreach": Contestant(partial(_torch, foreach=True), peer=True, temporaries=4),
    "torch fused": Contestant(partial(_torch, fused=True), peer=True),
    "optax jit donated": Contestant(_optax, peer=True, temporaries=2),
    "DeepSpeed CPUAdam": Contestant(_deepspeed, peer=True),
    "NumPy": Contestant(_numpy, peer=True, temporaries=6),
}
"""Contestants by name."""
