"""Plain tensors that carry an expression: a mode sees every call of torch, computes the expression, and calls through.

The expression lies in a cell that hangs on the tensor; views of one memory share the cell, so that a change through one
is seen through the other.  torch itself does the real arithmetic beside it, on float64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial, reduce
from typing import Any

import sympy as sp
import torch
from torch.overrides import TorchFunctionMode

from .record import Untraceable
from .torch_names import (
    ALIASES,
    CASTS,
    COPIES,
    CREATORS,
    NEIGHBOURS,
    RANDOM,
    REDUCTIONS,
    UNCHANGED,
    plain_name,
)
from .torch_number import expression_of
from .torch_operations import Operations, as_condition, as_number
from .torch_reads import READS
from .torch_run import Run

__all__ = ["SymbolicTensors"]

_CELL = "_optproof_cell"


class _Rows:
    """Several expressions, one for each place along a dimension that the parameter does not have."""

    def __init__(self, dimension: int, expressions: tuple[Any, ...]) -> None:
        self.dimension, self.expressions = dimension, expressions


class _Cell:
    """What a tensor stands for: an expression, or rows of them; None while its memory is uninitialised."""

    __slots__ = ("expression",)

    def __init__(self, expression: Any) -> None:
        self.expression = expression


class SymbolicTensors(TorchFunctionMode):
    """While it is entered, torch's functions keep the expressions of the tensors they are given.

    Parameters
    ----------
    run : Run
        Answers the questions that numbers and tensors are asked.
    """

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.operations = Operations(run)

    def give(self, tensor: Any, expression: Any, value: float | None = None) -> None:
        """Let `tensor` stand for `expression` and, if a value is given, hold it; call it outside of the mode."""
        if value is not None:
            with torch.no_grad():
                tensor.fill_(value)
        cell = getattr(tensor, _CELL, None)
        if cell is None:
            setattr(tensor, _CELL, _Cell(expression))
        else:
            cell.expression = expression

    def expression(self, value: Any) -> Any:
        """What a tensor or a number stands for."""
        if isinstance(value, torch.Tensor):
            return self.of_tensor(value)
        if value is None or isinstance(value, (str, torch.dtype, torch.device, torch.memory_format)):
            return value
        if isinstance(value, bool):
            return sp.Integer(int(value))
        return expression_of(value, self.run)

    def of_tensor(self, tensor: Any) -> Any:
        """What a tensor stands for; of one that was not traced, its value if all elements have the same."""
        cell = getattr(tensor, _CELL, None)
        if cell is not None:
            if cell.expression is None:
                raise Untraceable("the step reads memory that was not initialised (torch.empty)")
            if isinstance(cell.expression, _Rows):
                raise Untraceable("torch.cat mixes the coordinates: the optimizer is not element-wise")
            return cell.expression
        with torch._C.DisableTorchFunction():
            values = set(tensor.detach().flatten().tolist())
        if len(values) != 1:
            raise Untraceable(
                "the step uses a tensor whose elements differ, so that it is not the same for all of them"
            )
        (value,) = values
        if isinstance(value, bool):
            return sp.true if value else sp.false
        return expression_of(value, self.run)

    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        """Call `func` and give its results their expressions."""
        options = dict(kwargs or {})
        name = func.__name__
        if name in ("__get__", "__set__", "__delete__"):
            return self._property(func, name, args)
        special = READS.get(name)
        if special is not None:
            return special(self, func, args, options)
        if name in UNCHANGED or name.startswith("_record_function"):  # the profiler's
            return func(*args, **options)
        if name in ALIASES:
            return self.alias(func(*args, **options), args[0])
        if name in COPIES:
            return self.made(func(*args, **options), self.expression(args[0]))
        if name in CASTS:
            return self._cast(name, func, args, options)
        if name in CREATORS:
            return self._create(name, func, args, options)
        return self.computed(func, name, args, options)

    def computed(self, func: Any, name: str, args: Sequence[Any], options: dict[str, Any]) -> Any:
        """Call an element-wise function and give its result the expression."""
        plain, in_place = plain_name(name)
        if plain in ("cat", "concat", "stack"):
            return self._joined(plain, func, args, options)
        if plain in REDUCTIONS and not (plain in ("max", "min") and _two_tensors(args, options)):
            return self._reduce(plain, func, args, options)
        if plain not in self.operations:
            raise Untraceable(_why_not(name))
        if name.startswith("_foreach_"):
            return self._for_each(plain, in_place, func, args, options)
        out = options.pop("out", None)
        expression = self.operations.apply(plain, *map(self.expression, args), **self._named(options))
        if out is not None:
            options["out"] = out
        result = func(*args, **options)
        target = out if out is not None else args[0] if in_place else result
        self.give(target, expression)
        return result

    def _named(self, options: Mapping[str, Any]) -> dict[str, Any]:
        return {k: v if isinstance(v, (bool, str)) else self.expression(v) for k, v in options.items()}

    def _for_each(self, plain: str, in_place: bool, func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
        count = len(next(a for a in args if isinstance(a, (list, tuple))))
        expressions = []
        for i in range(count):
            own = [a[i] if isinstance(a, (list, tuple)) else a for a in args]
            named = {k: v[i] if isinstance(v, (list, tuple)) else v for k, v in options.items()}
            if len(own) > 1 and plain == "pow" and not isinstance(args[0], (list, tuple)):
                own[0] = args[0]
            expressions.append(self.operations.apply(plain, *map(self.expression, own), **self._named(named)))
        result = func(*args, **options)
        for tensor, expression in zip(args[0] if in_place else result, expressions, strict=True):
            self.give(tensor, expression)
        return result

    def made(self, tensor: Any, expression: Any) -> Any:
        """A tensor of its own memory."""
        setattr(tensor, _CELL, _Cell(expression))
        return tensor

    def alias(self, result: Any, source: Any) -> Any:
        """Let `result`, a view of `source`, stand for the same; what shares memory goes on standing for the same."""
        if result is source:
            return result
        cell = getattr(source, _CELL, None)
        if cell is None:
            cell = _Cell(self.of_tensor(source))
            setattr(source, _CELL, cell)
        shared = result.data_ptr() == source.data_ptr()
        setattr(result, _CELL, cell if shared else _Cell(cell.expression))
        return result

    def _property(self, func: Any, name: str, args: Sequence[Any]) -> Any:
        attribute = func.__self__.__name__
        if name == "__get__":
            result = func(*args)
            aliased = attribute in ("data", "T", "mT", "H", "mH", "real") and isinstance(args[0], torch.Tensor)
            return self.alias(result, args[0]) if aliased else result
        result = func(*args)
        if attribute == "data" and name == "__set__":
            # From now on the two share their memory.
            expression = self.of_tensor(args[1])
            setattr(args[0], _CELL, getattr(args[1], _CELL, None) or _Cell(expression))
        return result

    def _cast(self, name: str, func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
        source = args[0]
        wanted = _DTYPES.get(name)
        for value in (*args[1:], *options.values()):
            if isinstance(value, (torch.dtype, torch.Tensor)):
                wanted = value if isinstance(value, torch.dtype) else value.dtype
        if wanted is torch.bool:
            return self.made(source.to(torch.bool), as_condition(self.of_tensor(source)))
        if name == "type" and len(args) == 1:
            return func(*args, **options)
        if wanted is None:
            return self.alias(func(*args, **options), source)
        if not wanted.is_floating_point:
            raise Untraceable(f"the step turns numbers into whole numbers (torch.{name})")
        if wanted is torch.float64 and source.dtype is torch.float64:
            return self.alias(source, source) if not options.get("copy") else self.made(
                source.clone(), self.of_tensor(source)
            )  # fmt: skip
        if wanted is not torch.float64:
            self.run.notes["it casts to another precision; the cast was not carried out"] = None
        return self.made(source.to(torch.float64).clone(), as_number(self.of_tensor(source)))

    def _create(self, name: str, func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
        if options.get("dtype") not in (None, torch.bool):
            options["dtype"] = torch.float64
        args = [torch.float64 if isinstance(a, torch.dtype) and a is not torch.bool else a for a in args]
        result = func(*args, **options)
        if name in ("as_tensor", "asarray") and isinstance(args[0], torch.Tensor):
            return self.alias(result, args[0])
        return self.made(result, self._content(name, args, options))

    def _content(self, name: str, args: Sequence[Any], options: Mapping[str, Any]) -> Any:
        if "zeros" in name:
            return sp.Integer(0)
        if "ones" in name:
            return sp.Integer(1)
        if "empty" in name:
            return None
        if "full" in name:
            return self.expression(options["fill_value"] if "fill_value" in options else args[-1])
        content = args[1] if name == "new_tensor" else args[0]
        while isinstance(content, (list, tuple)):
            if len(content) != 1:
                raise Untraceable("the step makes a tensor of several different numbers")
            content = content[0]
        return self.expression(content)

    def _joined(self, plain: str, func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
        """Tensors side by side along a dimension of their own: no coordinate of the parameter meets another."""
        parts, dimension = args[0], options.get("dim", args[1] if len(args) > 1 else 0)
        # A parameter is traced with two coordinates: what has one place has none of the parameter's.
        alone = plain == "stack" or all(p.dim() > 0 and p.shape[dimension] == 1 for p in parts)
        if not alone or dimension != 0:
            raise Untraceable(f"torch.{plain} mixes the coordinates: the optimizer is not element-wise")
        return self.made(func(*args, **options), _Rows(dimension, tuple(map(self.of_tensor, parts))))

    def _largest_or_smallest(self, plain: str, func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
        """The extreme of each coordinate over rows; None if it is of something else."""
        rows = getattr(getattr(args[0], _CELL, None), "expression", None)
        dimension = options.get("dim", args[1] if len(args) > 1 else None)
        if plain not in ("amax", "amin") or not isinstance(rows, _Rows) or dimension != rows.dimension:
            return None
        head = "maximum" if plain == "amax" else "minimum"
        return self.made(func(*args, **options), reduce(partial(self.operations.apply, head), rows.expressions))

    def _reduce(self, plain: str, func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
        source = args[0]
        over_rows = self._largest_or_smallest(plain, func, args, options)
        if over_rows is not None:
            return over_rows
        if isinstance(source, torch.Tensor):
            expression = self.of_tensor(source)
            same = plain in ("sum", "mean", "max", "min", "amax", "amin", "prod", "any", "all", "median")
            if same and (source.dim() == 0 or expression in (sp.true, sp.false)) and len(args) == 1 and not options:
                return self.made(func(source), as_condition(expression) if plain in ("any", "all") else expression)
        raise Untraceable(f"torch.{plain} mixes the coordinates: the optimizer is not element-wise")


_DTYPES = {
    "float": torch.float32,
    "double": torch.float64,
    "half": torch.float16,
    "bfloat16": torch.bfloat16,
    "bool": torch.bool,
    "long": torch.int64,
    "int": torch.int32,
    "short": torch.int16,
}


def _two_tensors(args: Sequence[Any], options: Mapping[str, Any]) -> bool:
    other = args[1] if len(args) > 1 else options.get("other")
    return isinstance(other, torch.Tensor) or (isinstance(other, (list, tuple)) and isinstance(args[0], (list, tuple)))


def _why_not(name: str) -> str:
    plain, _ = plain_name(name)
    if name in RANDOM or plain in RANDOM:
        return f"the step uses random numbers (torch.{name})"
    if "fused" in name:
        return f"torch.{name} is an opaque native kernel: what it computes cannot be read, only run"
    if name in NEIGHBOURS or plain in NEIGHBOURS:
        return f"torch.{name} mixes the coordinates: the optimizer is not element-wise"
    if name in ("numpy", "__array__", "__array_wrap__"):
        return "the step leaves torch for NumPy, where the trace cannot follow"
    return f"the step calls torch.{name}, whose meaning is not known here"
