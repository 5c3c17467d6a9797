"""Asking a solver: cvc5, which took no part in finding the proofs, or Z3 where cvc5 is missing, and never silently.

The answer ``unknown`` covers everything that is neither ``sat`` nor ``unsat``: a limit reached, a solver that is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec

__all__ = ["FINDER", "SECOND", "Answer", "Solver", "available"]

SECOND, FINDER = "cvc5", "z3"


def available() -> str | None:
    """The solver that will be asked, or None if none is installed."""
    return SECOND if find_spec("cvc5") else FINDER if find_spec("z3") else None


@dataclass(frozen=True)
class Answer:
    """``unsat``, ``sat`` or ``unknown``, who said so, and for ``unknown`` why."""

    result: str
    by: str
    reason: str = ""


@dataclass
class Solver:
    """Asks within a time limit for each question; remembers answers.

    Parameters
    ----------
    name : str or None
        ``"cvc5"``, ``"z3"``, or None for none.
    seconds : float
        For one question.
    """

    name: str | None = field(default_factory=available)
    seconds: float = 5.0
    _memory: dict[str, Answer] = field(default_factory=dict)

    def ask(self, script: str) -> Answer:
        """The answer to an SMT-LIB script with one ``(check-sat)``."""
        if script not in self._memory:
            self._memory[script] = self._ask(script)
        return self._memory[script]

    def _ask(self, script: str) -> Answer:
        if self.name == SECOND:
            return Answer(_ask_cvc5(script, self.seconds), SECOND, f"cvc5 gave no answer within {self.seconds:g} s")
        if self.name == FINDER:
            return Answer(_ask_z3(script, self.seconds), FINDER, f"z3 gave no answer within {self.seconds:g} s")
        return Answer("unknown", "", "no second solver is installed; pip install 'optproof[recheck]' installs cvc5")


def _ask_cvc5(script: str, seconds: float) -> str:
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(int(seconds * 1000)))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "question")
    symbols, answers = parser.getSymbolManager(), []
    while not (command := parser.nextCommand()).isNull():
        answers.append(command.invoke(solver, symbols).strip())
    found = [a for a in answers if a]
    return found[0] if found in (["sat"], ["unsat"]) else "unknown"


def _ask_z3(script: str, seconds: float) -> str:
    import z3

    solver = z3.Tactic("qfnra-nlsat").solver() if "(ite " not in script else z3.Solver()
    solver.set("timeout", int(seconds * 1000))
    try:
        solver.from_string(script)
        result = solver.check()
    except z3.Z3Exception:
        return "unknown"
    return "unsat" if result == z3.unsat else "sat" if result == z3.sat else "unknown"
