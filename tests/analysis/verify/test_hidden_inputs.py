"""Code that depends on more than its values: nothing is proved of what a trace with two coordinates does not show."""

from __future__ import annotations

from pathlib import Path

import pytest

import optproof as op
from optproof.analysis.verification.record import Verification

# Each of these doubles the learning rate, or drops a gradient, where two coordinates of float64 do not show it.
HIDDEN = {
    "many elements": "if theta.size > 5000: lr = 2 * lr",
    "seven elements": "if len(theta) == 7: lr = 2 * lr",
    "a matrix": "if theta.ndim >= 2: lr = 2 * lr",
    "the type": "if theta.dtype == np.float32: lr = 2 * lr",
    "the order in memory": "if not theta.flags.c_contiguous: lr = 2 * lr",
    "all but the first": "g = g.copy(); g[3:] = 0",
    "one of many": "g = g.copy(); g[5000:5001] = 0",
    "a count in the module": "CALLS[0] += 1; lr = 2 * lr if CALLS[0] > 10**6 else lr",
    "a count of the function": "step.calls = getattr(step, 'calls', 0) + 1; lr = 2 * lr if step.calls > 10**6 else lr",
    "a number as text": "lr = 2 * lr if f'{lr}' == '0.1' else lr",
    "a swallowed exception": "try:\n        g = 2 * g if int(lr * 10**6) == 7 else g\n    except Exception: pass",
    "a number that is none": "g = np.where(np.isfinite(1 / theta), g, 0.0)",
}
HARMLESS = {
    "made by the shape": "g = g + np.zeros(theta.shape)",
    "made by the size": "g = (g.ravel() + np.zeros(theta.size)).reshape(theta.shape)",
    "a question of what is always finite": "g = np.where(np.isfinite(g), g, 0.0)",
    "a constant of the module": "lr = lr * SCALE",
    "an exception for a bad number": "assert lr > 0, f'lr is {lr}'",
}


def _verified(folder: Path, line: str) -> Verification:
    path = folder / "mine.py"
    path.write_text(
        "import numpy as np\n\nCALLS = [0]\nSCALE = 1.0\n\n"
        f"def step(theta, g, state, t, lr=0.01):\n    {line}\n    return theta - lr * g, state\n"
    )
    return op.verify(str(path), against="sgd")


@pytest.mark.parametrize("line", HIDDEN.values(), ids=HIDDEN)
def test_what_two_coordinates_do_not_show_is_not_proved(line: str, tmp_path: Path) -> None:
    found = _verified(tmp_path, line)
    assert found.verdict.name == "UNKNOWN", found.to_json()
    assert found.reason


@pytest.mark.parametrize("line", HARMLESS.values(), ids=HARMLESS)
def test_what_changes_nothing_is_proved(line: str, tmp_path: Path) -> None:
    found = _verified(tmp_path, line)
    assert found.verdict.name == "PROVED", found.to_json()


def test_writing_through_a_view_works_on_arrays_in_one_piece_only(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "def step(theta, g, state, t, lr=0.01):\n    flat = theta.reshape(-1)\n    flat -= lr * g.reshape(-1)\n"
        "    return theta, state\n"
    )
    found = op.verify(str(path), against="sgd")
    assert found.verdict.name == "UNKNOWN"
    assert "column-major" in found.reason


def test_arrays_that_it_refuses_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "def step(theta, g, state, t, lr=0.01):\n    if theta.ndim > 1: raise ValueError('vectors only')\n"
        "    return theta - lr * g, state\n"
    )
    found = op.verify(str(path), against="sgd")
    assert found.verdict.name == "PROVED"
    assert "but not on float64 arrays of shape (3, 4), where it raises ValueError: vectors only" in found.scope


TORCH = """
import torch

CALLS = [0]

class Mine(torch.optim.Optimizer):
    def __init__(self, params, lr=0.01):
        super().__init__(params, dict(lr=lr))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None: continue
                lr, g = group["lr"], p.grad
                {line}
                p.sub_(lr * g)
"""
HIDDEN_FROM_TORCH = {
    "many elements": "if p.numel() > 5000: lr = 2 * lr",
    "a matrix": "if p.ndim >= 2: lr = 2 * lr",
    "the type": "if p.dtype == torch.float32: lr = 2 * lr",
    "a count in the module": "CALLS[0] += 1; lr = 2 * lr if CALLS[0] > 10**6 else lr",
    "a number as text": "lr = 2 * lr if f'{lr}' == '0.1' else lr",
    "an exception that is swallowed": "exec('try: g = 2*g if g.norm().item() > 1e7 else g\\nexcept Exception: pass')",
    "a number that is none": "g = torch.where(torch.isfinite(1 / p), g, torch.zeros_like(g))",
}


@pytest.mark.torch
@pytest.mark.parametrize("line", [*HIDDEN_FROM_TORCH.values(), ""], ids=[*HIDDEN_FROM_TORCH, "nothing"])
def test_the_same_of_torch(line: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(TORCH.format(line=line))
    found = op.verify(f"{path}:Mine", against="sgd")
    assert found.verdict.name == ("UNKNOWN" if line else "PROVED"), found.to_json()


@pytest.mark.jax
def test_a_count_beside_a_jax_function_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import jax, optax\n\nCALLS = [0]\n\n"
        "def mine(learning_rate=0.01):\n    def update(updates, state, params=None):\n"
        "        CALLS[0] += 1\n        return jax.tree.map(lambda g: -learning_rate * g, updates), state\n"
        "    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)\n"
    )
    found = op.verify(f"{path}:mine", against="sgd")
    assert found.verdict.name == "UNKNOWN", found.to_json()
    assert "CALLS" in found.reason
