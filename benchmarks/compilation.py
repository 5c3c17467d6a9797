"""How long a kernel takes until it can be called: compiled for the first time, and from the cache in a new process."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from .measure import Figure, measured

__all__ = ["compilation"]

_TIMES = 5
_CLOCK = "import time; start = time.perf_counter()"
_COLD = f"import numba, optproof as op; rule = op.rule('adam'); {_CLOCK}; op.compile(rule)"
_WARM = f"import numba; {_CLOCK}; import optproof as op; op.compile('adam')"
# What Numba itself takes until a function of one line can be called whose machine code is in its own cache.
_NUMBA = f"import numba; {_CLOCK}; import one_line"
_ONE_LINE = """\
import numba

@numba.njit("void(float32[::1])", cache=True)
def one_line(a):
    a[0] = 1
"""


def compilation(folder: Path) -> list[Figure]:
    """Medians of processes of their own; those with a full cache follow one that fills it."""
    (folder / "one_line.py").write_text(_ONE_LINE, encoding="utf-8")
    cold = median(_seconds(_COLD, folder, f"cold-{k}") for k in range(_TIMES))
    for code in (_WARM, _NUMBA):
        _seconds(code, folder, "warm")
    # In turns, so that a slow moment of the machine meets both.
    pairs = [(_seconds(_WARM, folder, "warm"), _seconds(_NUMBA, folder, "warm")) for _ in range(_TIMES)]
    return [
        Figure("adam, generated, proved and compiled for the first time", cold, "s", 3.0),
        Figure("adam from the cache, beyond importing numba", 1000 * median(w for w, _ in pairs), "ms", 50.0),
        Figure("of one line, from Numba's own cache, beyond importing numba", 1000 * median(n for _, n in pairs), "ms"),
    ]


def _seconds(code: str, folder: Path, cache: str) -> float:
    """What the code, which starts the clock itself, has taken."""
    taken = folder / "taken"
    ending = f"; open({str(taken)!r}, 'w').write(str(time.perf_counter() - start))"
    measured([sys.executable, "-c", code + ending], cwd=folder, environment={"OPTPROOF_CACHE_DIR": str(folder / cache)})
    return float(taken.read_text(encoding="utf-8"))
