"""How what was found about two rules is put into words, where the engine's own words would puzzle a reader."""

from __future__ import annotations

__all__ = ["difference_words", "line_words"]


def difference_words(explanation: str, second: str) -> str:
    """A difference of two rules in words; empty where it says only that the second is like some third rule.

    Examples
    --------
    >>> difference_words("it is adamw (AdamW), another rule", "adamw")
    'the step is another one; where they first differ:'
    """
    if not explanation.endswith(", another rule"):
        return explanation
    return "the step is another one; where they first differ:" if explanation.startswith(f"it is {second} (") else ""


def line_words(line: str) -> str:
    """A line of a rule; where it has none, that.

    Examples
    --------
    >>> line_words("m = no such line")
    'no line for m'
    """
    name, found, _ = line.partition(" = no such line")
    return f"no line for {name}" if found else line
