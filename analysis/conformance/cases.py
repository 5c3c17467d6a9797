"""What a row of the conformance matrix is: one optimizer of a framework with some of its options set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Case"]


@dataclass(frozen=True)
class Case:
    """An optimizer of a framework with options set, and the rule it is measured against.

    Each framework's module has ``cases() -> list[Case]``, derived from what is installed; calling it imports the
    framework.

    Attributes
    ----------
    framework : str
        ``"torch"``, ``"optax"`` or ``"keras"``.
    target : str
        As :func:`optproof.analysis.verify.verify` takes it: ``"torch.optim.Adam"``.
    options : mapping
        What is fixed, by the framework's own names, as ``--set`` would give it; hyperparameters that are not named here
        stay inputs of the trace.
    against : str
        The rule of the catalogue; empty if it is to be found by the optimizer's name and options.
    names : mapping
        Hyperparameters whose names say nothing: theirs to ours.
    excluded : str
        Why there is nothing to trace, if so ("not element-wise: it orthogonalises a matrix"); else empty.

    Examples
    --------
    >>> Case("torch", "torch.optim.SGD", {"nesterov": True}).title
    'SGD(nesterov=True)'
    """

    framework: str
    target: str
    options: Mapping[str, Any] = field(default_factory=dict)
    against: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    excluded: str = ""

    @property
    def title(self) -> str:
        """The optimizer's own name with the options that are set."""
        name = self.target.rpartition(".")[2]
        shown = ", ".join(f"{option}={value}" for option, value in self.options.items())
        return f"{name}({shown})" if shown else name
