"""Functions of a printed module whose meaning is settled apart: conversions, random bits, and the look at gradients.

A conversion between storage formats is proved by :mod:`.conversions`, from the text that stands in the module.  The
others must be the text that the printer writes: random bits have no meaning that could be proved, and the count of
what is not finite is one loop.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from ...derive.prove import Verdict
from ...kernels.conversions import COUNT, RANDOM
from .algebra import Algebra
from .conversions import CLAIMS, prove_conversion
from .values import ELEMENT, LENGTH, Array, Function, Imported, NotUnderstood, RandomBits, Stored, StreamKey, Wrong

__all__ = ["Meaning", "meaning_of"]

Meaning = Callable[[Algebra, Sequence[Any]], object]
_TEXTS = {"stream_key": RANDOM["stream_key"], "random_bits": RANDOM["random_bits"], "count_nonfinite": COUNT}


def meaning_of(function: Function) -> Meaning | None:
    """What a call of `function` means, or None if its lines are to be executed.

    Raises
    ------
    Wrong
        If it has the name of a conversion and is another one.
    NotUnderstood
        If that could not be decided, or it has the name of a helper and another text.
    """
    definition: Any = function.node
    name = definition.name
    if name in CLAIMS:
        _require_numpy(function)
        _require_conversion(name, definition)
        return _widened if name.endswith("_to_float32") else _narrowed(name)
    if name in _TEXTS:
        _require_numpy(function)
        _require_text(function, name, _TEXTS[name])
        if name != "count_nonfinite":
            mixed = function.globals.get("mixed")
            if not isinstance(mixed, Function):
                raise NotUnderstood(f"{name!r} needs the function 'mixed', which the module does not define")
            _require_text(mixed, "mixed", RANDOM["mixed"])
        return _HELPERS[name]
    return None


def _plain(definition: ast.FunctionDef) -> str:
    """The text of a function without its decorators, which were looked at when it was defined."""
    return ast.unparse(ast.FunctionDef(definition.name, definition.args, definition.body, [], lineno=0))


def _require_numpy(function: Function) -> None:
    if function.globals.get("np") != Imported("numpy"):
        raise NotUnderstood("the name np does not stand for numpy")


def _require_conversion(name: str, definition: ast.FunctionDef) -> None:
    verdict = prove_conversion(name, _plain(definition))
    if verdict is Verdict.REFUTED:
        raise Wrong(f"{name!r} is not the conversion that its name says, for some number")
    if verdict is not Verdict.PROVED:
        raise NotUnderstood(f"whether {name!r} is the conversion that its name says was not decided")


def _require_text(function: Function, name: str, text: str) -> None:
    definition: Any = function.node
    (expected,) = ast.parse(text).body
    if _plain(definition) != _plain(expected):  # type: ignore[arg-type]
        raise NotUnderstood(f"{name!r} is not written as its meaning is known")


def _widened(algebra: Algebra, arguments: Sequence[Any]) -> object:
    if len(arguments) != 1 or not isinstance(arguments[0], Stored):
        raise NotUnderstood("something is widened that is not in a narrow format")
    return algebra.widen(arguments[0])


def _narrowed(name: str) -> Meaning:
    kept = name.removeprefix("float32_to_").removesuffix("_stochastic")

    def meaning(algebra: Algebra, arguments: Sequence[Any]) -> object:
        value, *random = arguments
        wanted = [RandomBits] if name.endswith("_stochastic") else []
        if not algebra.is_number(value) or [type(r) for r in random] != wanted:
            raise NotUnderstood(f"{name!r} is called with something else than a number and random bits")
        return algebra.narrow(kept, value, random[0] if random else None)

    return meaning


def _keyed(algebra: Algebra, arguments: Sequence[Any]) -> object:
    if len(arguments) != 3 or not all(map(algebra.is_number, arguments)):
        raise NotUnderstood("the key of the random bits is made of something else than seed, step and array")
    return algebra.stream_key(*arguments)


def _random(algebra: Algebra, arguments: Sequence[Any]) -> object:
    key, lane, index = arguments
    if not isinstance(key, StreamKey) or type(lane) is not int or index is not ELEMENT:
        raise NotUnderstood("the random bits are not those of the loop's element")
    return RandomBits(key, lane)


def _counted(algebra: Algebra, arguments: Sequence[Any]) -> object:
    start, stop, gradient = arguments
    if type(start) is not int or start != 0 or stop is not LENGTH or not isinstance(gradient, Array):
        raise Wrong("not all gradients are looked at")
    return algebra.count_nonfinite(gradient.element)


_HELPERS: dict[str, Meaning] = {"stream_key": _keyed, "random_bits": _random, "count_nonfinite": _counted}
