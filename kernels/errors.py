"""The one exception of this floor."""

from __future__ import annotations

__all__ = ["KernelError"]


class KernelError(ValueError):
    """A kernel that cannot be generated, compiled or called; the message says why and what to do."""
