"""Reading from traced tensors and writing to parts of them: numbers, truth values, elements.

A number that is read carries its expression on; a truth value is a question that the run answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp
import torch

from .record import Untraceable
from .torch_number import Number
from .torch_operations import as_number

if TYPE_CHECKING:
    from .torch_mode import SymbolicTensors

__all__ = ["READS"]


def _item(mode: SymbolicTensors, func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
    value, expression = func(*args, **options), mode.of_tensor(args[0])
    if isinstance(value, bool):
        return _truth(mode, func, args, options)
    return Number(value, as_number(expression), mode.run) if isinstance(value, float) else value


def _as_float(mode: SymbolicTensors, func: Any, args: Sequence[Any], options: dict[str, Any]) -> float:
    value = float(func(*args, **options))
    mode.run.remember(value, as_number(mode.of_tensor(args[0])))
    return value


def _as_whole(mode: SymbolicTensors, func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
    if isinstance(as_number(mode.of_tensor(args[0])), sp.Rational):
        return func(*args, **options)
    raise Untraceable("the step turns a number that is not constant into a whole number: int(...)")


def _truth(mode: SymbolicTensors, func: Any, args: Sequence[Any], options: dict[str, Any]) -> bool:
    actual = bool(func(*args, **options))
    condition = mode.of_tensor(args[0])
    if isinstance(condition, sp.Expr):
        return not mode.run.equal(condition, sp.Integer(0), not actual)
    return _decided(mode, condition, actual)


def _decided(mode: SymbolicTensors, condition: Any, actual: bool) -> bool:
    if condition in (sp.true, sp.false):
        return bool(condition)
    if isinstance(condition, sp.StrictGreaterThan):
        return mode.run.greater(condition.lhs, condition.rhs, actual)
    if isinstance(condition, sp.LessThan):
        return not mode.run.greater(condition.lhs, condition.rhs, not actual)
    if isinstance(condition, sp.Eq):
        return mode.run.equal(condition.lhs, condition.rhs, actual)
    if isinstance(condition, sp.Not) and isinstance(condition.args[0], sp.Eq):
        return not _decided(mode, condition.args[0], not actual)
    raise Untraceable(f"the step branches on the compound condition {condition}")


def _set_item(mode: SymbolicTensors, func: Any, args: Sequence[Any], options: dict[str, Any]) -> None:
    target, index, value = args
    new, old = mode.expression(value), mode.of_tensor(target)
    if isinstance(index, torch.Tensor) and index.dtype is torch.bool:
        new = mode.operations.apply("masked_fill", old, mode.of_tensor(index), new)
    elif index is not Ellipsis and index != slice(None):
        raise Untraceable("the step writes to some elements only")
    func(*args, **options)
    mode.give(target, new)


def _get_item(mode: SymbolicTensors, func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
    if args[1] is Ellipsis or (isinstance(args[1], slice) and args[1] == slice(None)):
        return mode.alias(func(*args, **options), args[0])
    raise Untraceable("the step reads some elements only")


def _list(mode: SymbolicTensors, func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
    if args[0].dim() == 0:
        return _item(mode, func, args, options)
    raise Untraceable("the step takes a tensor apart (tolist)")


def _where(mode: SymbolicTensors, func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
    if len(args) + len(options) < 3:
        raise Untraceable("the step asks for the places where a condition holds (torch.where of one argument)")
    return mode.computed(func, "where", args, options)


READS: dict[str, Callable[[SymbolicTensors, Any, Sequence[Any], dict[str, Any]], Any]] = {
    "item": _item,
    "tolist": _list,
    "__float__": _as_float,
    "__int__": _as_whole,
    "__index__": _as_whole,
    "__bool__": _truth,
    "is_nonzero": _truth,
    "__setitem__": _set_item,
    "__getitem__": _get_item,
    "where": _where,
}
