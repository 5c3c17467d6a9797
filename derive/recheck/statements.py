"""What a certificate states, in words and formulas made from the checked data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .expression import BadCertificateError, UndefinedError, parse
from .printing import text

__all__ = ["goal_text"]


def goal_text(goal: Mapping[str, Any]) -> str:
    """The goal as one writes it; goals of kinds that are not known here are named, and written in prefix form.

    Raises
    ------
    BadCertificateError
        If its parts are not what its kind asks for.
    """
    writer = _WRITERS.get(goal["kind"])
    try:
        return _unknown(goal) if writer is None else writer(goal)
    except (BadCertificateError, UndefinedError):
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise BadCertificateError(f"the goal's parts are not those of the kind {goal['kind']}") from None


def _unknown(goal: Mapping[str, Any]) -> str:
    shown = {k: v for k, v in goal.items() if k != "kind" and isinstance(v, (list, str, int)) and k[:5] != "label"}
    return f"{goal['kind']}: " + "; ".join(f"{k} = {_loosely(v)}" for k, v in shown.items())


def _loosely(data: Any) -> str:
    try:
        return text(parse(data))
    except ValueError:
        return str(data) if not isinstance(data, list) else f"[{', '.join(_loosely(d) for d in data)}]"


def _part(goal: Mapping[str, Any], name: str) -> str:
    return text(parse(goal[name]))


def _several(goal: Mapping[str, Any], name: str) -> list[str]:
    return [text(parse(e)) for e in goal[name]]


def _pairs(goal: Mapping[str, Any], name: str, joint: str = " = ") -> str:
    return ", ".join(f"{q}{joint}{text(parse(e))}" for q, e in goal[name])


def _set(goal: Mapping[str, Any], name: str, before: str) -> str:
    return f"{before}{_pairs(goal, name)}" if goal[name] else ""


def _closed_form(goal: Mapping[str, Any]) -> str:
    symbol, step = _part(goal, "symbol"), _part(goal, "following")
    return f"{symbol} <- {step} from {_part(goal, 'initial')} on is {_part(goal, 'formula')} at every t"


def _depends(goal: Mapping[str, Any]) -> str:
    return f"{_part(goal, 'expression')} depends exactly on {', '.join(_several(goal, 'symbols')) or 'nothing'}"


def _recurrence(goal: Mapping[str, Any]) -> str:
    names, inputs = _several(goal, "symbols"), ", ".join(_several(goal, "inputs"))
    steps = ", ".join(f"{n} <- {e}" for n, e in zip(names, _several(goal, "following"), strict=True))
    first = ", ".join(f"{n} = {e}" for n, e in zip(names, _several(goal, "initial"), strict=True))
    start = goal["start"]
    ending = f", for any {inputs} at each step" if inputs else ""
    return f"{_part(goal, 'condition')} for all t >= {start}, from {first} at t = {start} on, with {steps}{ending}"


def _stable(goal: Mapping[str, Any]) -> str:
    polynomial, variable, region = (_part(goal, f) for f in ("polynomial", "variable", "condition"))
    return f"{polynomial} = 0 has all roots in |{variable}| < 1 iff {region}"


def _supremum(goal: Mapping[str, Any]) -> str:
    quotient, run = f"{_part(goal, 'numerator')}^2/{_part(goal, 'scale')}", _part(goal, "gradient")
    return f"supremum over all gradient sequences of {quotient} = {_part(goal, 'value')}, approached by g[t] = {run}"


def _step_within(goal: Mapping[str, Any]) -> str:
    return f"|theta' - ({_part(goal, 'keep')}) theta| <= {_part(goal, 'bound')} at every step"


def _equivalent(goal: Mapping[str, Any]) -> str:
    states = ", ".join(f"{q}' = {text(parse(e))}" for q, e in goal["states"])
    varying = ", ".join(_several(goal, "varying"))
    changing = f", also while {varying} changes" if varying else ""
    return f"{states} at every step, where ' is {goal['other']['name']}{_settings(goal)}{changing}"


def _settings(goal: Mapping[str, Any]) -> str:
    return _set(goal, "here", ", for ") + _set(goal, "there", ", there for ")


def _agrees(goal: Mapping[str, Any]) -> str:
    unknown = _part(goal, "unknown")
    only = f"for no {unknown}" if goal["value"] is None else f"only if {unknown} = {_part(goal, 'value')}"
    return f"theta' = theta at every step of every run {only}, where ' is {goal['other']['name']}{_settings(goal)}"


def _variant(goal: Mapping[str, Any]) -> str:
    return "" if goal["variant"] is None else f", of {goal['variant']['name']}"


def _scales(goal: Mapping[str, Any]) -> str:
    scaled = ", ".join(f"{q} -> ({text(parse(m))}) {q}" for q, m in goal["multipliers"] if m != 1)
    changing = " with new values at every step" if goal["over_time"] else ""
    effect = "the run is scaled" if goal["step"] is None else f"each step of theta is {_part(goal, 'step')} times it"
    return f"{scaled}{changing}: {effect}{_set(goal, 'fixed', ', at ')}{_variant(goal)}"


def _superposes(goal: Mapping[str, Any]) -> str:
    first, second = _part(goal, "first"), _part(goal, "second")
    return f"theta[t]({first} g + {second} g') = {first} theta[t](g) + {second} theta[t](g')"


def _keeps(goal: Mapping[str, Any]) -> str:
    gradient = "" if goal["gradient"] is None else f" while g = {_part(goal, 'gradient')}"
    scope = gradient + _set(goal, "fixed", ", at ") + _variant(goal)
    return f"theta' = ({_part(goal, 'factor')}) theta at every step{scope}"


def _lines(goal: Mapping[str, Any]) -> str:
    written = []
    for line in goal["lines"]:
        joint = f" {line['operator']} "
        written.append(f"{line['target']} = fl({joint.join(text(parse(e)) for e in line['operands'])})")
    return ", ".join(written)


def _computed(goal: Mapping[str, Any]) -> str:
    inputs = ", ".join(_several(goal, "inputs"))
    scope = f"for all finite {goal['arithmetic']} numbers {inputs}" if inputs else f"in {goal['arithmetic']}"
    return f"{_part(goal, 'condition')} {scope}, with {_lines(goal)}"


def _computed_run(goal: Mapping[str, Any]) -> str:
    where = f"at every step under a constant gradient, in {goal['arithmetic']}"
    return f"{_part(goal, 'condition')} {where}, with {_lines(goal)}"


def _rounds_to_one(goal: Mapping[str, Any]) -> str:
    b, threshold = _part(goal, "symbol"), _part(goal, "threshold")
    return f"fl({b}) = 1 <=> {b} >= {threshold} for all real {b} <= 1, in {goal['arithmetic']}"


def _absorbed(goal: Mapping[str, Any]) -> str:
    side = "farther from zero" if goal["one_spacing"] else "on the side of d"
    where = f"h is half the distance from theta to its neighbour {side}, in {goal['arithmetic']}"
    return f"fl(theta + d) = theta <=> |d| < h, or |d| = h and the significand of theta is even, where {where}"


_WRITERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "Equal": lambda goal: f"{_part(goal, 'left')} = {_part(goal, 'right')}",
    "Holds": lambda goal: _part(goal, "condition"),
    "Invariant": lambda goal: f"{_part(goal, 'condition')} for all t >= 1",
    "EachStep": lambda goal: f"{_part(goal, 'condition')} at every step",
    "LimitIs": lambda goal: (
        f"limit of {_part(goal, 'expression')} as {_part(goal, 'symbol')} -> {_part(goal, 'point')} "
        f"is {_part(goal, 'value')}"
    ),
    "ClosedForm": _closed_form,
    "DependsOn": _depends,
    "AlongRecurrence": _recurrence,
    "StableIff": _stable,
    "SupremumIs": _supremum,
    "StepWithin": _step_within,
    "Equivalent": _equivalent,
    "AgreesOnlyFor": _agrees,
    "ScalesAs": _scales,
    "Superposes": _superposes,
    "KeepsTheta": _keeps,
    "PositiveBeyond": lambda goal: (
        f"{_part(goal, 'expression')} > 0 for every {_part(goal, 'symbol')} other than {_part(goal, 'anchor')}"
    ),
    "Computed": _computed,
    "ComputedRun": _computed_run,
    "RoundsToOneIff": _rounds_to_one,
    "AbsorbedIff": _absorbed,
}
