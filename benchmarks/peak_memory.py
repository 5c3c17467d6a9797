"""The memory that steps take: parameters, gradients and state, and nothing more."""

from __future__ import annotations

import sys
from pathlib import Path

from .measure import Figure, measured

__all__ = ["peak_memory"]

_ELEMENTS = 50_000_000
# One small step first, so that the compiler and the machine code are there.
_CODE = """
import numpy as np, optproof as op
def steps(size):
    params, gradients = np.ones(size, np.float32), np.ones(size, np.float32)
    optimizer = op.optimizer("adam", params, **{form!r})
    for _ in range(3):
        optimizer.step(gradients)
    return params.nbytes + gradients.nbytes + sum(a.nbytes for s in optimizer.state.values() for a in s.values())
def kibibytes(label):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(label))
steps(1_000_000)
before = kibibytes("VmRSS:")
needed = steps({elements})
open("taken", "w").write(str((kibibytes("VmHWM:") - before) * 1024 / needed))
"""


def peak_memory(folder: Path) -> list[Figure]:
    """The growth of the peak of the process as a part of the bytes of all arrays, for two forms of Adam."""
    if not Path("/proc/self/status").exists():
        return []
    forms: dict[str, dict[str, str]] = {"float32": {}, "bfloat16 state": {"state_dtype": "bfloat16"}}
    return [_figure(folder, words, form) for words, form in forms.items()]


def _figure(folder: Path, words: str, form: dict[str, str]) -> Figure:
    code = _CODE.format(form=form, elements=_ELEMENTS)
    measured([sys.executable, "-c", code], cwd=folder, environment={"OPTPROOF_CACHE_DIR": str(folder / "warm")})
    value = float((folder / "taken").read_text(encoding="utf-8"))
    return Figure(f"peak memory of adam, {words}, over parameters, gradients and state", value, "times", 1.02)
