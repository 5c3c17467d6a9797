"""What is arranged around a trace of torch code, and put back afterwards."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

import torch

from .torch_number import math_on_numbers

__all__ = ["traced_environment"]

_DEVICES = "_get_capturable_supported_devices"


@contextmanager
def traced_environment() -> Iterator[None]:
    """Double precision by default, ``capturable=True`` allowed on a CPU, ``math`` on numbers that carry expressions.

    Warnings of the traced code are not shown: they are about devices and speed.
    """
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(_double_precision())
        stack.enter_context(_capturable_on_cpu())
        stack.enter_context(_without_compiler())
        stack.enter_context(math_on_numbers())
        yield


@contextmanager
def _double_precision() -> Iterator[None]:
    kept = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(kept)


@contextmanager
def _capturable_on_cpu() -> Iterator[None]:
    """Every module that has torch's list of devices for CUDA graphs sees the CPU in it."""
    original = getattr(sys.modules.get(torch.optim.Optimizer.__module__), _DEVICES, None)
    if original is None:
        yield
        return
    holders = [m for m in list(sys.modules.values()) if getattr(m, "__dict__", {}).get(_DEVICES) is original]
    try:
        for module in holders:
            setattr(module, _DEVICES, lambda *args, **options: ["cpu"])
        yield
    finally:
        for module in holders:
            setattr(module, _DEVICES, original)


class _NoCompiler(ModuleType):
    """Stands for ``torch._dynamo``, whose import takes two seconds and which does nothing outside of a compilation."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.handed_out: list[Any] = []

    def graph_break(self, *args: Any, **options: Any) -> None:
        """Do nothing, as the original outside of a compilation."""

    def disable(self, function: Any = None, *args: Any, **options: Any) -> Any:
        """Return the function itself: there is no compiler to keep away from it."""
        self.handed_out.append(function)
        return function

    def __getattr__(self, name: str) -> Any:
        # Whoever wants more of it gets the real one.
        if name.startswith("__"):
            raise AttributeError(name)
        _remove(self)
        return getattr(import_module("torch._dynamo"), name)


@contextmanager
def _without_compiler() -> Iterator[None]:
    if "torch._dynamo" in sys.modules:
        yield
        return
    stand_in = _NoCompiler("torch._dynamo")
    sys.modules["torch._dynamo"] = stand_in
    torch._dynamo = stand_in
    try:
        yield
    finally:
        _remove(stand_in)


def _remove(stand_in: _NoCompiler) -> None:
    for function in stand_in.handed_out:
        # torch keeps what it was given on the function.
        vars(function).pop("__dynamo_disable", None)
    if sys.modules.get("torch._dynamo") is stand_in:
        del sys.modules["torch._dynamo"]
    if torch.__dict__.get("_dynamo") is stand_in:
        del torch._dynamo
