"""A process of its own for Z3, so that a query that outlives its limit can be killed.

Reads one JSON object a line, ``{"text": ..., "rlimit": ...}``, and answers one a line, ``{"answer": "unsat" | "sat" |
"unknown", "model": {name: "p/q"}, "reason": ...}``.  Run as a file: ``python smt_worker.py``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import z3

__all__ = ["answer", "main"]

_MEMORY_MIB = 2048


def answer(text: str, rlimit: int) -> dict[str, Any]:
    """Z3's answer to an SMT-LIB 2 script, within `rlimit` of Z3's own deterministic units of work."""
    if "(set-logic QF_FP)" in text:
        solver = z3.Tactic("qffp").solver()
    else:
        solver = z3.Tactic("qfnra-nlsat").solver() if "ite" not in text else z3.Solver()
    solver.set("rlimit", rlimit)
    try:
        solver.from_string(text)
        result = solver.check()
    except z3.Z3Exception as error:
        return {"answer": "unknown", "reason": str(error)}
    if result == z3.unsat:
        return {"answer": "unsat"}
    if result == z3.sat:
        return {"answer": "sat", "model": _rational_model(solver.model())}
    return {"answer": "unknown", "reason": solver.reason_unknown()}


def _rational_model(model: z3.ModelRef) -> dict[str, str]:
    """The constants that are rational; algebraic ones are left out."""
    found: dict[str, str] = {}
    for declaration in model.decls():
        value = model[declaration]
        if isinstance(value, z3.RatNumRef):
            found[declaration.name()] = f"{value.numerator_as_long()}/{value.denominator_as_long()}"
    return found


def main() -> None:
    """Answer queries until standard input ends."""
    z3.set_param("memory_max_size", _MEMORY_MIB)
    for line in sys.stdin:
        request = json.loads(line)
        reply = answer(request["text"], request["rlimit"])
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
