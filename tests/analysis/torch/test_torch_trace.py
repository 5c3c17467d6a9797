"""What the tracer sees of torch code, and what it refuses to have seen."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from optproof.analysis.trace.isolation import Tracer
from optproof.analysis.trace.record import Traced, TraceError, Untraceable
from optproof.derive.prove.identity import prove_identity
from optproof.derive.prove.verdict import Verdict

pytestmark = pytest.mark.torch

NAMES = ["SGD", "Adagrad", "RMSprop", "Adadelta", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD"]
STEP = """
import math, random, copy
import numpy as np
import torch
COUNT = [0]

class Mine(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-2, momentum=0.9{more}):
        super().__init__(params, dict(lr=lr, momentum=momentum))
        {init}

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            lr, mu = group["lr"], group["momentum"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                g, state = p.grad, self.state[p]
{body}
        return loss
"""


def traced(
    tracer: Tracer, folder: Path, body: str, init: str = "pass", more: str = "", given: dict[str, str] | None = None
) -> Traced:
    path = folder / "mine.py"
    code = textwrap.indent(textwrap.dedent(body).strip(), " " * 16)
    path.write_text(STEP.replace("{body}", code).replace("{init}", init).replace("{more}", more))
    return tracer.trace(f"{path}:Mine", given=given)


@pytest.mark.parametrize("name", NAMES)
def test_every_element_wise_class_is_traced(name: str, tracer: Tracer) -> None:
    found = tracer.trace(f"torch.optim.{name}")
    assert found.complete
    assert found.element_wise
    assert found.paths


@pytest.mark.parametrize("name", NAMES)
def test_foreach_is_the_same_as_one_by_one(name: str, tracer: Tracer) -> None:
    one, many = tracer.trace(f"torch.optim.{name}"), tracer.trace(f"torch.optim.{name}", given={"foreach": "True"})
    assert set(one.state) == set(many.state)
    others = {frozenset(p.conditions): p for p in many.paths}
    shared = [(p, others[frozenset(p.conditions)]) for p in one.paths if frozenset(p.conditions) in others]
    assert shared
    for left, right in shared:
        for slot, value in left.outputs.items():
            assert prove_identity(value, right.outputs[slot]).verdict is Verdict.PROVED, slot


def test_maximize_turns_the_gradient_round(tracer: Tracer) -> None:
    plain, up = tracer.trace("torch.optim.RMSprop"), tracer.trace("torch.optim.RMSprop", given={"maximize": "True"})
    (left,), (right,) = plain.paths, up.paths
    g = next(s for s in left.outputs["theta"].free_symbols if s.name == "g")
    turned = left.outputs["theta"].xreplace({g: -g})
    assert prove_identity(turned, right.outputs["theta"]).verdict is Verdict.PROVED


def test_a_first_step_of_its_own_is_kept_apart(tracer: Tracer) -> None:
    assert tracer.trace("torch.optim.SGD").first
    assert not tracer.trace("torch.optim.SGD", given={"dampening": "0"}).first
    assert tracer.trace("torch.optim.Adagrad").initial["sum"].name == "initial_accumulator"


def test_refused_hyperparameters_are_told(tracer: Tracer) -> None:
    (first, *_) = tracer.trace("torch.optim.SGD", given={"nesterov": "True"}).raises
    assert first == "ValueError: Nesterov momentum requires a momentum and zero dampening, if momentum <= 0"


def test_foreach_nesterov_overwrites_the_gradient(tracer: Tracer) -> None:
    one = tracer.trace("torch.optim.SGD", given={"nesterov": "True"})
    many = tracer.trace("torch.optim.SGD", given={"nesterov": "True", "foreach": "True"})
    assert not one.side_effects
    assert any("gradient is overwritten" in e for e in many.side_effects)


UNSEEN = {
    "random numbers": ("p.add_(torch.randn_like(g), alpha=-lr)", "random"),
    "python's random": ("p.add_(g, alpha=-lr * random.random())", "where the trace could not follow"),
    "a global counter": ("COUNT[0] += 1; p.add_(g, alpha=-lr / COUNT[0])", "does not see"),
    "through numpy": ("p.copy_(torch.from_numpy(np.asarray(p.numpy() - 0.1 * g.numpy())))", "NumPy"),
    "a norm": ("p.add_(g / g.norm(), alpha=-lr)", "element-wise"),
    "a mean": ("p.add_(g - g.mean(), alpha=-lr)", "element-wise"),
    "a sum for a branch": ("p.add_(g, alpha=-lr) if g.sum() > 0 else None", "element-wise"),
    "some elements": ("p[0] -= lr * g[0]", "some elements"),
    "reversal": ("p.add_(g.flip(0), alpha=-lr)", "element-wise"),
    "rounding": ("p.add_(g.round(), alpha=-lr)", "not known"),
    "whole numbers": ("p.add_(g, alpha=-lr * int(lr * 10))", "int()"),
    "remainder": ("state['k'] = state.get('k', 0) + 1\nif state['k'] % 5 == 0: p.sub_(lr * g)", "%"),
    "a division by zero": ("p.add_(lr / (mu - mu) * g)", "ZeroDivisionError|zero"),
    "an infinity": ("p.add_((g * g + 1) / torch.zeros_like(g))", "infinite or no number"),
    "a changed lr": ("p.add_(g, alpha=-lr)\ngroup['lr'] = lr * 0.99", "learning rate"),
}


@pytest.mark.parametrize(("body", "words"), UNSEEN.values(), ids=UNSEEN.keys())
def test_what_cannot_be_read_is_refused(body: str, words: str, tracer: Tracer, tmp_path: Path) -> None:
    with pytest.raises((Untraceable, TraceError), match=words):
        traced(tracer, tmp_path, body)


def test_state_shared_between_parameters_is_not_element_wise(tracer: Tracer, tmp_path: Path) -> None:
    found = traced(tracer, tmp_path, "self.b = mu * self.b + g; p.sub_(lr * self.b)", "self.b = torch.zeros(2)")
    assert not found.element_wise
    assert "another" in found.notes[-1]


def test_only_the_first_group_s_lr_is_told(tracer: Tracer, tmp_path: Path) -> None:
    found = traced(tracer, tmp_path, "p.sub_(self.param_groups[0]['lr'] * g)")
    assert "the learning rate of a second parameter group has no effect" in found.side_effects


def test_a_forgotten_closure_is_told(tracer: Tracer, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    body = STEP.replace("{body}", "                p.sub_(lr * g)").replace("{init}", "pass").replace("{more}", "")
    path.write_text(body.replace("None if closure is None else closure()", "None"))
    assert "step takes a closure and never calls it" in tracer.trace(f"{path}:Mine").side_effects


def test_a_missing_gradient_is_tried(tracer: Tracer, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    body = STEP.replace("{body}", "                p.sub_(lr * g)").replace("{init}", "pass").replace("{more}", "")
    path.write_text(body.replace("if p.grad is None:\n                    continue", "pass"))
    (effect,) = tracer.trace(f"{path}:Mine").side_effects
    assert effect.startswith("a parameter without a gradient makes it raise TypeError")


def test_the_lr_of_the_constructor_is_a_state(tracer: Tracer, tmp_path: Path) -> None:
    found = traced(tracer, tmp_path, "p.sub_(self.rate * g)", "self.rate = lr")
    assert [str(e) for e in found.initial.values()] == ["lr"]
    assert any("scheduler" in n for n in found.notes)


def test_folded_constants_are_read_and_told(tracer: Tracer, tmp_path: Path) -> None:
    found = traced(tracer, tmp_path, "p.sub_((1 - 0.9) * lr * g)")
    assert str(found.paths[0].outputs["theta"]) == "-g*lr/10 + theta"
    assert any("was read as 1/10" in n for n in found.notes)


def test_branches_are_all_taken(tracer: Tracer, tmp_path: Path) -> None:
    found = traced(tracer, tmp_path, "p.sub_(lr * (g if mu > 0.5 else 2 * g))")
    assert len(found.paths) == 2
    assert found.complete


def test_numbers_that_lose_their_meaning_are_found_again(tracer: Tracer, tmp_path: Path) -> None:
    found = traced(
        tracer,
        tmp_path,
        "p.sub_(float(lr) * g); p.mul_(float(torch.tensor(mu))); p.mul_(torch.tensor(math.sqrt(float(lr))))",
    )
    assert {s.name for s in found.paths[0].outputs["theta"].free_symbols} == {"theta", "g", "lr", "momentum"}


BAD = {
    "no class": ("torch.optim.Nope", {}, "defines no 'Nope'"),
    "no optimizer": ("torch.nn.Linear", {}, "no subclass of torch.optim.Optimizer"),
    "no option": ("torch.optim.Adam", {"centred": "True"}, "has no option 'centred'"),
    "a bad value": ("torch.optim.Adam", {"eps": "-1.0"}, "Invalid epsilon value"),
}


@pytest.mark.parametrize(("target", "given", "words"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_sentence(target: str, given: dict[str, str], words: str, tracer: Tracer) -> None:
    with pytest.raises(TraceError, match=words):
        tracer.trace(target, given=given)


def test_what_raises_is_an_error(tracer: Tracer, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="KeyError"):
        traced(tracer, tmp_path, "p.sub_(group['momentun'] * g)")
