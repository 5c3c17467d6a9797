"""What several commands take: rules, options, and how their values are read."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ..derive import UpdateRule

__all__ = ["catalogue", "dtype_option", "examples", "json_option", "literal", "pairs", "rule_arguments", "rules_called"]

_F = TypeVar("_F", bound=Callable[..., Any])


def examples(*lines: str) -> str:
    """Examples for the end of a help text; the first character keeps click from joining the lines."""
    return "\n".join(["\b", "Example:", *(f"  optproof {line}" for line in lines)])


def json_option(command: _F) -> _F:
    """Let a command take ``--json``."""
    option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output.")
    return option(command)


dtype_option = click.option(
    "--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True, help="Of the kernel."
)
rule_arguments = click.argument("rules", metavar="[RULE]...", nargs=-1)


def pairs(option: str, given: tuple[str, ...]) -> list[tuple[str, str]]:
    """What follows an option that takes NAME=VALUE."""
    found = [text.partition("=") for text in given]
    for name, equals, value in found:
        if not (name and equals and value):
            raise click.UsageError(f"{option} takes NAME=VALUE, not {name + equals + value!r}.")
    return [(name.strip(), value.strip()) for name, _, value in found]


def literal(text: str) -> object:
    """A value as Python reads it: True, 0.9, None; what is none of these is text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def rules_called(names: Sequence[str]) -> list[UpdateRule]:
    """The rules of these names."""
    from ..derive import find_rule

    return [find_rule(name) for name in names]


def catalogue() -> list[UpdateRule]:
    """Every rule of the catalogue."""
    from ..derive import names

    return rules_called(names())
