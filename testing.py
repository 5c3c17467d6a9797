"""``from optproof.testing import assert_implements``: for people's own test suites."""

from __future__ import annotations

from .analysis.testing import assert_implements

__all__ = ["assert_implements"]
