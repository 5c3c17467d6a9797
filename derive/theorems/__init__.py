"""The claims, grouped by subject; each module states them for any rule that has the structure they speak of."""

from __future__ import annotations

from .catalogue import claims_of
from .subjects import ORDER

__all__ = ["ORDER", "claims_of"]
