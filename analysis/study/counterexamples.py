"""Counterexamples, run: those that refute what is commonly said, and a convex problem on which Adam does not converge.

The witnesses are those of the refutations, in exact numbers.  Each is run by a trajectory kernel in float64, beside the
exact run, so that one sees that the counterexample is not an accident of rounding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from ...derive import Assignment, Quantity, UpdateRule, claims_of, rule as rule_named, rule_from_json, run as exact_run
from ...derive.prove.verdict import Result
from ...kernels.trajectory import trajectory_kernel
from .choice import rules_or
from .records import csv_text, from_json, listed, to_json
from .sweep import IN_PROCESS, Point, Sweep

__all__ = ["Counterexample", "Counterexamples", "Cycles", "counterexamples"]

Array = NDArray[np.float64]
_RULES = ("rmsprop", "adam", "amsgrad", "adadelta")
_ONLINE = ("adam", "amsgrad")
_LARGE, _SCALE = 5, sp.Rational(1, 2)


@dataclass(frozen=True)
class Counterexample:
    """One refuted statement, and its counterexample run.

    Attributes
    ----------
    rule, claim, title : str
        What is said of the rule.
    source : str
        Where, or an empty text.
    hyper : dict of str to float
    gradients : array (steps,)
    exact, run : array (steps + 1,)
        Theta before the first step and after each, exactly, then rounded once; and in float64.
    shown : str
        What the refutation says is seen.
    """

    rule: str
    claim: str
    title: str
    source: str
    hyper: dict[str, float]
    gradients: Array
    exact: Array
    run: Array
    shown: str


@dataclass(frozen=True)
class Cycles:
    """Losses C x, -x, -x over and over on [-1, 1]: the best point is -1, and the run goes to 1.

    Attributes
    ----------
    rule : str
    large, scale : float
        C, and the learning rate in the first step; it is divided by the root of t.
    beta2 : float
    verdict : str
        Of the theorem that bounds what a cycle costs.
    at_least : float
        What each cycle costs at least, beside staying at -1.
    x : array (cycles + 1,)
        Before each cycle, and at the end.
    regret : array (cycles,)
        The regret up to the end of each cycle, divided by the number of steps.
    """

    rule: str
    large: float
    scale: float
    beta2: float
    verdict: str
    at_least: float
    x: Array
    regret: Array


@dataclass(frozen=True)
class Counterexamples:
    """Refutations of what is said of the rules, and the published problem."""

    refuted: tuple[Counterexample, ...]
    cycles: tuple[Cycles, ...]

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready data."""
        return dict(to_json(self))

    @classmethod
    def from_json(cls, data: Any) -> Counterexamples:
        """The record from :meth:`to_json`."""
        return from_json(cls, data)

    def to_csv(self) -> str:
        """A row for each step of a counterexample, and for each cycle of the problem."""
        steps = (
            (one.rule, one.claim, t, one.gradients[t - 1] if t else "", one.exact[t], one.run[t])
            for one in self.refuted
            for t in range(len(one.run))
        )
        cycles = (
            (one.rule, "worst-case-regret", k + 1, "", one.at_least / 3, regret)
            for one in self.cycles
            for k, regret in enumerate(one.regret)
        )
        return csv_text(["rule", "claim", "t", "gradient", "exact", "run"], [*steps, *cycles])


def counterexamples(
    rules: Iterable[UpdateRule] | None = None, *, cycles: int = 2000, sweep: Sweep = IN_PROCESS
) -> Counterexamples:
    """Refute what is commonly said of the rules, and run the counterexamples.

    Parameters
    ----------
    rules : iterable of UpdateRule, optional
    cycles : int
        How long the published problem is run.
    sweep : Sweep

    Examples
    --------
    >>> from optproof.derive import rule
    >>> study = counterexamples([rule("rmsprop")], cycles=10)
    >>> study.refuted[0].claim, study.refuted[0].gradients.tolist()
    ('rate-never-grows', [1.0, 0.0])
    """
    chosen = rules_or(rules, _RULES, lambda one: True, "")
    points = [{"rule": one.to_json()} for one in chosen]
    found = sweep.over(_refuted, points, "refutations")
    (problems,) = sweep.over(_cycles, [{"rules": list(_ONLINE), "cycles": cycles}], "published problem")
    refuted = tuple(from_json(Counterexample, one) for of_rule in found for one in of_rule)
    return Counterexamples(refuted, tuple(from_json(Cycles, one) for one in problems))


def _refuted(point: Point) -> list[dict[str, Any]]:
    """The refutations about one rule whose witness is a run of it."""
    from ...derive.derivation import prove

    one = rule_from_json(point["rule"])
    said = (c for c in claims_of(one) if c.folklore or (c.expected.name == "REFUTED" and c.source))
    # What is said of rounding is refuted by one number, not by a run.
    results = prove(c for c in said if c.semantics == "real")
    return [case for result in results if (case := _case(one, result)) is not None]


def _numbered(witness: Mapping[str, sp.Basic], name: str) -> list[sp.Basic]:
    """The values of ``name[1]``, ``name[2]``, ... of a witness."""
    found = {int(m[1]): value for key, value in witness.items() if (m := re.fullmatch(rf"{name}\[(\d+)\]", key))}
    return [found[k] for k in sorted(found)]


def _case(one: UpdateRule, result: Result) -> dict[str, Any] | None:
    """The run of a witness; None where the witness is no plain run of the rule, as where two runs are compared."""
    witness = result.witness
    gradients = _numbered(witness, "g")
    plain = {h.name for h in one.hyper} <= {*witness, *one.defaults}
    if not gradients or not plain or any("'" in key or re.match(r"(c|lr|scale)\[", key) for key in witness):
        return None
    hyper = {h.name: sp.sympify(witness.get(h.name, h.default)) for h in one.hyper}
    start = sp.sympify(witness.get("theta[0]", 0))
    exact = [float(state[one.theta].evalf(30)) for state in exact_run(one, gradients, hyper, start)]
    kernel = trajectory_kernel(one, record=["theta"])
    floats = {name: float(value) for name, value in hyper.items()}
    flow = [float(g) for g in gradients]
    done = kernel.run({"theta": float(start)}, len(flow), hyper=floats, gradients=flow).recorded["theta"][:, 0]
    return {
        "rule": one.name,
        "claim": result.claim.name,
        "title": result.claim.title,
        "source": "" if result.claim.source is None else str(result.claim.source),
        "hyper": floats,
        "gradients": flow,
        "exact": exact,
        "run": [float(start), *listed(done)],
        "shown": ", ".join(f"{key} = {value}" for key, value in witness.items() if " " in key),
    }


def online(one: UpdateRule) -> UpdateRule:
    """The rule with a learning rate that falls like one over the root of t, kept in [-1, 1].

    Examples
    --------
    >>> print(online(rule_named("sgd")).text())
    theta[t] = max(-1, min(1, theta[t-1] - lr g[t] / sqrt(t)))
    """
    lr = next(h.symbol for h in one.hyper if h.name == "lr")
    falling = {lr: lr / sp.sqrt(one.step_counter)}

    def changed(line: Assignment) -> tuple[Quantity, sp.Expr]:
        value = line.value.xreplace(falling)
        return line.target, sp.Max(-1, sp.Min(1, value)) if line.target == one.theta else value

    return UpdateRule(
        f"{one.name} online",
        title=f"{one.title} on [-1, 1], with lr / sqrt(t)",
        hyper={h.symbol: h.default for h in one.hyper},
        state={s.symbol: s.initial for s in one.state},
        steps=[changed(line) for line in one.assignments],
    )


def _cycles(point: Point) -> list[dict[str, Any]]:
    """Rules on the problem of Reddi, Kale and Kumar; the decay rate and the cost of a cycle are the theorems'."""
    from ...derive.derivation import derive

    theorems = {c.name: c for c in claims_of(rule_named("adam"))}
    (cost,) = derive("adam", claim="worst-case-regret")
    condition = theorems["worst-case-stays-positive"].hypotheses[0].condition
    large = next(s for s in cost.claim.derived.free_symbols if s.name == "C")  # type: ignore[union-attr]
    decay = (1 - condition.rhs).xreplace({large: sp.Integer(_LARGE)})
    losses = np.tile([float(_LARGE), -1.0, -1.0], point["cycles"])
    hyper = {"lr": float(_SCALE), "beta1": 0.0, "beta2": float(decay)}
    about = {
        "large": float(_LARGE),
        "scale": float(_SCALE),
        "beta2": float(decay),
        "verdict": cost.verdict.name,
        "at_least": float(cost.claim.derived.xreplace({large: sp.Integer(_LARGE)})),  # type: ignore[union-attr]
    }
    return [{**about, **_online_run(rule_named(name), losses, hyper)} for name in point["rules"]]


def _online_run(one: UpdateRule, losses: Array, hyper: Mapping[str, float]) -> dict[str, Any]:
    """Where one rule is between the cycles, and its average regret."""
    steps = len(losses)
    kernel = trajectory_kernel(online(one), record=["theta"])
    after = kernel.run({"theta": 1.0}, steps, hyper=hyper, gradients=losses).recorded["theta"][:, 0]
    x = np.concatenate([[1.0], after])
    regret = np.cumsum(losses * (x[:-1] + 1))
    return {
        "rule": one.name,
        "x": listed(x[::3]),
        "regret": listed((regret / np.arange(1, steps + 1))[2::3]),
    }
