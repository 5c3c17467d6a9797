"""The options that say what a kernel is beside its rule and its dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ..derive import UpdateRule

__all__ = ["fitting", "form_options", "read_form"]

_F = TypeVar("_F", bound=Callable[..., Any])
_FORMATS = click.Choice(["float32", "bfloat16", "float16"])
_OPTIONS = (
    click.option("--state-dtype", type=_FORMATS, help="What the states are stored as; by default as --dtype."),
    click.option("--stochastic-rounding", is_flag=True, help="Round states in bfloat16 at random."),
    click.option("--gradient-scale", metavar="X", help="Multiply the gradient."),
    click.option("--clip-value", metavar="X", help="Limit each gradient to the interval from -X to X."),
    click.option("--weight-decay", metavar="X", help="Also take lr * X * theta from theta."),
    click.option("--average-decay", metavar="X", help="Keep a moving average of the weights with this decay."),
    click.option("--zero-gradient", is_flag=True, help="Leave zeros in the gradient."),
    click.option("--skip-nonfinite", is_flag=True, help="Skip a step if a gradient is infinite or NaN."),
)


def form_options(command: _F) -> _F:
    """Let a command take the options of a kernel's form; :func:`read_form` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_form(given: dict[str, Any]) -> dict[str, Any]:
    """The options as the package's functions take them."""
    extras = {name: value for name, value in given.items() if value not in (None, False)}
    form = {name: extras.pop(name, None) for name in ("state_dtype", "stochastic_rounding")}
    return {**form, "stochastic_rounding": bool(form["stochastic_rounding"]), "extras": extras}


def fitting(rules: list[UpdateRule], dtype: str, form: dict[str, Any]) -> list[UpdateRule]:
    """Those rules that can have the form: some keep no state, or have a quantity of an extra's name already."""
    from ..kernels import KernelError, extended
    from ..kernels.form import form_of

    found = []
    for rule in rules:
        try:
            form_of(extended(rule, form["extras"]), dtype, **form)
        except KernelError:
            continue
        found.append(rule)
    return found
