"""Roots and logarithms of what may be negative: equal on paper, and no number when the code runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import optproof as op
from optproof.analysis.verification.record import Counterexample

UNDEFINED = {
    "square of the root": "np.sqrt(g) ** 2",
    "square of the power one half": "(g ** 0.5) ** 2",
    "root of a case distinction": "np.sqrt(np.where(theta > 0, g, 2 * g)) ** 2 / np.where(theta > 0, 1.0, 2.0)",
    "exponential of the logarithm": "np.exp(np.log(g))",
    "logarithm of one plus": "np.exp(np.log1p(g)) - 1",
}
DEFINED = {
    "root of a square, with its sign": "np.sign(g) * np.sqrt(g ** 2)",
    "root of a sum of squares": "g * np.sqrt(1 + g ** 2) / np.sqrt(1 + g ** 2)",
    "logarithm of what is positive": "g + np.log(1 + g ** 2) - np.log1p(g ** 2)",
    "root of a case distinction": "np.sqrt(np.where(g > 0, g, -g)) ** 2 * np.sign(g)",
}


def _written(folder: Path, direction: str) -> str:
    path = folder / "mine.py"
    path.write_text(
        f"import numpy as np\n\ndef step(theta, g, state, t, lr=0.1):\n    return theta - lr * ({direction}), state\n"
    )
    return str(path)


@pytest.mark.parametrize("direction", UNDEFINED.values(), ids=UNDEFINED)
def test_a_root_of_a_negative_number_is_no_proof(direction: str, tmp_path: Path) -> None:
    found = op.verify(_written(tmp_path, direction), against="sgd")
    assert found.verdict.name == "REFUTED", found.to_json()
    assert found.counterexample is not None
    assert not np.isfinite(_ends(direction, found.counterexample))


def _ends(direction: str, run: Counterexample) -> float:
    """Where the code itself ends on a counterexample."""
    theta = np.array([float(run.theta)])
    with np.errstate(all="ignore"):
        for t, gradient in enumerate(run.gradients, start=1):
            step = eval(direction, {"np": np, "g": np.array([float(gradient)]), "theta": theta, "t": t})
            theta = theta - float(run.hyper["lr"]) * step
    return float(theta[0])


@pytest.mark.parametrize("direction", DEFINED.values(), ids=DEFINED)
def test_a_root_that_is_always_a_number_is_a_proof(direction: str, tmp_path: Path) -> None:
    found = op.verify(_written(tmp_path, direction), against="sgd")
    assert found.verdict.name == "PROVED", found.to_json()
    assert "numbers" not in found.scope


ZERO_AT_FIRST = {
    "no number": "g / (t - 1.0)",
    "times the infinity": "g * (np.float64(1) / (t - 1.0))",
    "divided by the infinity": "g / (1 + g**2 / (t - 1.0))",
    "what where keeps": "np.where(t > 2, g, g / (t - 1.0))",
}
# Minus zero: only who knows its sign knows that these are -g, g and no number in the first step.
MINUS_ZERO = {
    "clipped": "np.where(t > 1, g, g * np.clip(g**2 / (-1.0 * (t - 1)), -1, 1))",
    "exponential": "np.where(t > 1, g, g * (1 - np.exp(-(g**2 / (-1.0 * (t - 1))))))",
    "root": "np.where(t > 1, g, g + 1 / np.sqrt(g**2 / (-1.0 * (t - 1))))",
}


@pytest.mark.parametrize("direction", ZERO_AT_FIRST.values(), ids=ZERO_AT_FIRST)
def test_a_divisor_that_is_zero_in_the_first_step_is_refuted(direction: str, tmp_path: Path) -> None:
    found = op.verify(_written(tmp_path, direction), against="sgd")
    assert found.verdict.name == "REFUTED", found.to_json()
    run = found.counterexample
    assert run is not None
    assert run.step == 1
    ends = _ends(direction, run)
    assert not np.isfinite(ends) if run.implementation.has(sp.nan) else ends == float(run.implementation)
    assert ends != float(run.rule)


def test_a_quotient_by_zero_that_where_throws_away_does_no_harm(tmp_path: Path) -> None:
    found = op.verify(_written(tmp_path, "np.where(t > 1, g * (t - 1.0) / (t - 1.0), g)"), against="sgd")
    assert found.verdict.name == "PROVED", found.to_json()


@pytest.mark.parametrize("direction", MINUS_ZERO.values(), ids=MINUS_ZERO)
def test_nothing_is_proved_through_an_infinity_whose_sign_is_not_known(direction: str, tmp_path: Path) -> None:
    found = op.verify(_written(tmp_path, direction), against="sgd")
    assert found.verdict.name != "PROVED", found.to_json()
    assert found.verdict.name == "REFUTED" or "sign" in found.reason or "does not reproduce" in found.reason


TORCH = """
import torch

class Mine(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, dict(lr=lr))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.sub_(group["lr"] * {direction})
"""


@pytest.mark.torch
@pytest.mark.parametrize("direction", ["p.grad.sqrt() ** 2", "p.grad.log().exp()", "p.grad.rsqrt() ** -2"])
def test_torch_takes_no_root_of_a_negative_number(direction: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TORCH.replace("{direction}", direction))
    found = op.verify(f"{path}:Mine", against="sgd")
    assert found.verdict.name == "REFUTED", found.to_json()


OPTAX = """
import jax.numpy as jnp
import jax
import optax

def mine(learning_rate=0.1):
    def update(updates, state, params=None):
        return jax.tree.map(lambda g: -learning_rate * {direction}, updates), state
    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)
"""


@pytest.mark.jax
@pytest.mark.parametrize("direction", ["jnp.sqrt(g) ** 2", "jnp.exp(jnp.log(g))"])
def test_jax_takes_no_root_of_a_negative_number(direction: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(OPTAX.replace("{direction}", direction))
    found = op.verify(f"{path}:mine", against="sgd")
    # JAX's own run may find no finite theta to look at, which says less.
    assert found.verdict.name != "PROVED", found.to_json()
