"""The real optimizer on plain tensors of several shapes: what the trace must reproduce."""

from __future__ import annotations

import inspect
import random
from typing import Any

import numpy as np
import torch

from .numpy_plain import STEPS, Layout, PlainRun
from .numpy_replay import Replay
from .outside_state import changes
from .record import Traced, Untraceable
from .torch_environment import traced_environment
from .torch_session import Subject
from .torch_witness import draw

__all__ = ["doubt_about"]

_TRACED = Layout((2,))
_OTHERS = (Layout((1,)), Layout((7,)), Layout((3, 4)), Layout((3, 4), order="F"), Layout((10_007,)))
_ROUNDED = Layout((7,), "float32")


def doubt_about(subject: Subject, traced: Traced) -> str:
    """On which tensors the optimizer does something else than its trace says, in a sentence; empty if on none.

    Raises
    ------
    Untraceable
        If it does something else on what it was traced with, or keeps something elsewhere than in its state.
    """
    replay = Replay(traced)
    with traced_environment(), changes(subject.kind.step) as changed:
        first = _run(subject, _TRACED)
        trouble = replay.contradiction(first) if first else ""
        if trouble:
            raise Untraceable(trouble)
        for layout in (*_OTHERS, _ROUNDED):
            run = _run(subject, layout)
            if run and replay.contradiction(run, 1e-2 if layout is _ROUNDED else 1e-7):
                return f"it depends on the tensor, not only on its values: on {layout} it computes something else"
    if changed:
        raise Untraceable(f"it keeps something elsewhere than in its state: {', '.join(changed)} changes when it runs")
    return ""


def _run(subject: Subject, layout: Layout) -> PlainRun | None:
    """Three steps on numbers; None if it raises an exception."""
    generator, rng = random.Random(3), np.random.default_rng(3)
    hyper = {name: draw(symbol, generator) for name, symbol in subject.constructor.symbols.items()}
    theta, *gradients = (layout.filled(rng) for _ in range(STEPS + 1))
    differentiable = bool(subject.constructor.fixed.get("differentiable"))
    parameter = torch.nn.Parameter(_tensor(theta), requires_grad=not differentiable)
    needs_closure = any(
        p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        for p in list(inspect.signature(subject.kind.step).parameters.values())[1:]
    )
    after = []
    try:
        optimizer = subject.kind([parameter], **subject.constructor.arguments(lambda name, _: hyper[name]))
        for g in gradients:
            parameter.grad = _tensor(g)
            optimizer.step(*([lambda: torch.zeros(())] if needs_closure else []))
            after.append(parameter.detach().double().numpy().copy())
    except Exception:
        # What it refuses is told apart by the trace itself.
        return None
    return PlainRun(theta, tuple(gradients), hyper, tuple(after))


def _tensor(values: Any) -> torch.Tensor:
    """A tensor with memory of its own, in the order of the array's."""
    return torch.from_numpy(values.copy(order="K"))
