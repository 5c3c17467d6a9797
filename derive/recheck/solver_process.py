"""A process of its own for the solver, so that a question that outlives its limit can be killed.

Reads one JSON object a line, ``{"script": ..., "solver": "cvc5" | "z3", "seconds": ..., "coverings": ...}``, and
answers one a line, ``{"result": "unsat" | "sat" | "unknown", "reason": ...}``.
"""

from __future__ import annotations

import json
import signal
import sys
from contextlib import suppress

__all__ = ["main"]

_MEMORY_BYTES = 3 << 30


def _ask_cvc5(script: str, *, coverings: bool) -> str:
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    if coverings:
        solver.setOption("nl-cov", "true")
        solver.setOption("nl-ext", "none")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "question")
    symbols, answers = parser.getSymbolManager(), []
    while not (command := parser.nextCommand()).isNull():
        answers.append(command.invoke(solver, symbols).strip())
    found = [a for a in answers if a]
    return found[0] if found in (["sat"], ["unsat"]) else "unknown"


def _ask_z3(script: str, *, coverings: bool) -> str:
    import z3

    plain = "(ite " not in script and "QF_NRA" in script
    solver = z3.Tactic("qfnra-nlsat").solver() if plain else z3.Solver()
    solver.from_string(script)
    result = solver.check()
    return "unsat" if result == z3.unsat else "sat" if result == z3.sat else "unknown"


def _limit(seconds: float) -> None:
    """End this process after so many seconds of its own work, however busy the machine is; 0 lifts the limit."""
    with suppress(AttributeError):  # where there are no such timers, the other side's clock ends the process
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)


_ASK = {"cvc5": _ask_cvc5, "z3": _ask_z3}


def main() -> None:
    """Answer questions until standard input ends."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            _limit(request["seconds"])
            result = _ASK[request["solver"]](request["script"], coverings=request["coverings"])
            reply = {"result": result, "reason": ""}
        except Exception as error:  # a solver's trouble of any kind is no verdict
            reply = {"result": "unknown", "reason": f"{request['solver']}: {error}"}
        _limit(0)
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
