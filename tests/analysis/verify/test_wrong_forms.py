"""Wrong implementations: every one must be REFUTED, with a run that plain NumPy reproduces."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optproof.analysis.trace import Tracer
from optproof.analysis.verification.record import Verification
from optproof.analysis.verification.workbench import Workbench
from optproof.analysis.verify import verify_with
from optproof.derive import rule as rule_named, run as run_exactly
from optproof.derive.symbols import exact

sys.path.insert(0, str(Path(__file__).parent))
try:
    from wrong_forms import KINDS, WRONG, Wrong
finally:
    sys.path.pop(0)


@pytest.fixture(scope="module")
def tools() -> Iterator[tuple[Tracer, Workbench]]:
    with Tracer() as tracer, Workbench() as bench:
        yield tracer, bench


def test_there_are_many() -> None:
    print(f"{len(WRONG)} wrong forms of {len(KINDS)} kinds")
    assert len(WRONG) >= 60
    assert len(KINDS) >= 20


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: f"{WRONG.index(w)}-{w.rule}-{w.kind}")
def test_it_is_refuted(wrong: Wrong, tools: tuple[Tracer, Workbench], tmp_path: Path) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(wrong.source)
    found = verify_with(*tools, str(path), wrong.rule)
    assert found.verdict.name == "REFUTED", found.to_json()
    assert found.differences
    assert found.differences[0].explanation
    reproduce(wrong, found)


def reproduce(wrong: Wrong, found: Verification) -> None:
    """Run the code itself on floats: at the named step, and not before, it leaves the rule."""
    run = found.counterexample
    assert run is not None
    space: dict[str, Any] = {}
    exec(wrong.source, space)
    hyper = {name: float(value) for name, value in run.hyper.items()}
    names = set(space["step"].__kwdefaults__)
    theta, state = np.array([float(run.theta)]), {}
    reached = []
    with np.errstate(all="ignore"):
        for t, g in enumerate(run.gradients, start=1):
            now = {n: v for n, v in hyper.items() if n in names}
            if run.lr:
                now["lr"] = float(run.lr[t - 1])
            theta, state = space["step"](theta, np.array([float(g)]), state, t, **now)
            reached.append(float(theta[0]))
    expected = exact_run(wrong.rule, found)
    assert run.step == len(run.gradients)
    for mine, ours in zip(reached[:-1], expected[:-1], strict=True):
        assert mine == pytest.approx(ours, rel=1e-9)
    value = run.implementation
    if value.is_number and value.is_finite:
        assert reached[-1] == pytest.approx(float(value), rel=1e-9)
        assert abs(reached[-1] - expected[-1]) > 1e-9 * abs(reached[-1])
    else:
        assert not np.isfinite(reached[-1])


def exact_run(name: str, found: Verification) -> list[float]:
    run = found.counterexample
    assert run is not None
    rule = rule_named(name)
    fixed = {h.name: h.default for h in rule.hyper if h.name not in run.hyper}
    values = {**fixed, **run.hyper}
    if not run.lr:
        history = run_exactly(rule, list(run.gradients), values, run.theta)
        return [float(h[rule.theta]) for h in history[1:]]
    # With a changing lr each step is run with its own.
    step, now = rule.step(), {rule.theta: exact(str(run.theta)), **{s.symbol: s.initial for s in rule.state}}
    reached = []
    for t, g in enumerate(run.gradients, start=1):
        hyper = {h.symbol: run.lr[t - 1] if h.name == "lr" else values[h.name] for h in rule.hyper}
        inputs = {**now, **hyper, rule.gradient: g, rule.step_counter: exact(t)}
        now = {q: e.xreplace(inputs) for q, e in step.items()}
        reached.append(float(now[rule.theta]))
    return reached


@pytest.mark.parametrize(
    ("rule", "old", "new", "words"),
    [
        ("adam", "np.sqrt(v_hat) + eps", "np.sqrt(v_hat + eps)", "eps is added before the square root"),
        ("adam", "v_hat = v / (1 - beta2**t)", "v_hat = v", "the bias correction of v is missing"),
        ("adam", "    m, v = state", "    t = t - 1 + 2\n    m, v = state", "the step counter starts at 2"),
        ("adam", "theta - lr * m_hat", "theta + lr * m_hat", "along the gradient instead of against it"),
        ("adamw", "    m = beta1", "    g = g + weight_decay * theta\n    m = beta1", "weight decay is applied twice"),
        ("sgd[momentum]", "lr * b\n", "lr * state.get('b', 0.0)\n", "the old b"),
        (
            "sgd[momentum]",
            "momentum * b + g\n    theta = theta - lr * b",
            "momentum * b + lr * g\n    theta = theta - b",
            "equal only while lr is constant",
        ),
    ],
)
def test_the_explanation_is_one_that_a_person_recognises(
    rule: str, old: str, new: str, words: str, tools: tuple[Tracer, Workbench], tmp_path: Path
) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(Wrong(rule, "", old, new).source)
    found = verify_with(*tools, str(path), rule)
    assert words in found.differences[0].explanation
    assert found.differences[0].proved
