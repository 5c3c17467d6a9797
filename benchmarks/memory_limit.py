"""The memory limit of a kernel: a loop with its reads and its writes, and no arithmetic.

Every array that is written takes in the gradient's bits, by an exclusive or, so that the gradient has to be read; a
mask of zeros, which the compiler does not know of, keeps all numbers as they are.  So the loop can run over the very
arrays of a kernel: where arrays lie in memory, and on pages of which size, can matter as much as what is done with
them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from optproof.kernels import Kernel
from optproof.kernels.threads import chunks, in_threads, threads_for

__all__ = ["memory_limit", "memory_limit_source"]


def _widths(kernel: Kernel) -> dict[str, int]:
    """The bits of an element of each array, theta and the gradient first."""
    form = kernel.form
    states = {s.name: 8 * np.dtype(form.stored(s.name)).itemsize for s in kernel.rule.state}
    own = 8 * np.dtype(form.dtype).itemsize
    return {"theta": own, "g": own, **{f"state_{name}": width for name, width in states.items()}}


def memory_limit_source(kernel: Kernel) -> str:
    """The text of the loop, from the form of the kernel."""
    widths = _widths(kernel)
    rows = ", ".join(f'types.Array(uint{w}, 1, "C")' for w in widths.values())
    lines = [f"        {name}[i] ^= np.uint{width}(bits)" for name, width in widths.items() if name != "g"]
    lines += ["        g[i] = g[i] ^ bits"] if kernel.form.zero_gradient else []
    own = widths["g"]
    return "\n".join(
        [
            f'@njit(void(uintp, uintp, uint{own}, {rows}), error_model="numpy", nogil=True)',
            f"def move(start, stop, mask, {', '.join(widths)}):",
            "    for i in range(start, stop):",
            "        bits = g[i] & mask",
            *lines,
        ]
    )


def memory_limit(kernel: Kernel) -> Callable[[Any, Any, dict[str, Any], int | None], None]:
    """A function of theta, the gradient, the states and a number of threads: it moves what a step of `kernel` moves."""
    import numba

    scope: dict[str, Any] = {"np": np, "njit": numba.njit}
    scope |= {name: getattr(numba, name) for name in ("types", "uint16", "uint32", "uint64", "uintp", "void")}
    exec(compile(memory_limit_source(kernel), "<memory limit>", "exec"), scope)
    move = scope["move"]

    def run(theta: Any, g: Any, state: dict[str, Any], threads: int | None = None) -> None:
        rows = [a.reshape(-1).view(f"uint{8 * a.itemsize}") for a in (theta, g, *state.values())]
        bounds = chunks(theta.size, threads_for(theta.size, kernel.form.moved) if threads is None else threads)
        mask = rows[1].dtype.type(0)
        in_threads(lambda start, stop: move(start, stop, mask, *rows), bounds)

    return run
