"""An optimizer refuses what it cannot do, names the array, and has changed nothing then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import optproof as op
from optproof.kernels import KernelError, Optimizer

Array = np.ndarray[Any, Any]
F = np.float32


def ones(*shape: int) -> Array:
    return np.ones(shape, F)


def read_only(array: Array) -> Array:
    array.flags.writeable = False
    return array


SHARED = ones(8)
UNALIGNED = np.zeros(4 * 3 + 1, np.uint8)[1:].view(F)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ([], "there are no parameters; pass an array, a list"),
        ({}, "there are no parameters"),
        ([{"params": []}], "there are no parameters"),
        (3.0, "params is a float; pass an array, a list of arrays"),
        ("w", "params is a str"),
        ([1.0], "the parameter 0 is a float; an optimizer works on plain NumPy arrays, in place"),
        ([ones(2), [1.0]], "the parameter 1 is a list"),
        ([F(1)], "the parameter 0 is a float32"),
        ({"w": np.ma.masked_array(ones(2))}, "the parameter 'w' is a MaskedArray"),
        (np.ones(3, int), "the parameter has dtype int64, and kernels exist for float32 and float64; convert it"),
        ({"w": np.ones(3, ">f4")}, "the parameter 'w' has dtype >f4"),
        ([ones(4)[::2]], r"the parameter 0 is not contiguous, with strides \(8,\)"),
        ([UNALIGNED], "the parameter 0 is not aligned"),
        ([ones(2), read_only(ones(2))], "the parameter 1 is read-only"),
        ([SHARED, SHARED], "the parameter [01] and the parameter [01] share memory, and would be updated twice"),
        ({"a": SHARED[:4], "b": SHARED[3:]}, "the parameter 'a' and the parameter 'b' share memory"),
        ([{"params": [SHARED]}, {"params": [SHARED[2:3]]}], "the parameter 0 and the parameter 1 share memory"),
        ([{"params": {"w": ones(1)}}, {"params": {"w": ones(1)}}], "two parameters are called 'w'"),
        ({1: ones(1)}, "a parameter is called 1; names of parameters must be strings"),
        ([{"lr": 1}], "group 0 has no 'params'"),
        ([{"params": [ones(1)]}, ones(1)], "group 1 is a ndarray, and other groups are dicts"),
        ([{"params": 1}], "the 'params' of group 0 are a int"),
        ([{"params": [ones(1)], "lrr": 1}], "'adam' has no hyperparameter 'lrr'; did you mean 'lr'?"),
        ([{"params": [ones(1)]}, {"params": [ones(1)], "lr": -1}], "group 1: the hyperparameter lr is -1.0, outside"),
    ],
)
def test_parameters_that_cannot_be_updated(params: object, message: str) -> None:
    with pytest.raises(KernelError, match=message):
        op.optimizer("adam", params)


@pytest.mark.parametrize(
    ("hyper", "message"),
    [
        ({"momentum": 0.5}, "'adam' has no hyperparameter 'momentum'; it has lr, beta1, beta2, eps"),
        ({"betas1": 0.5}, "did you mean 'beta1'?"),
        ({"lr": float("nan")}, "lr is nan, outside its domain"),
        ({"lr": None}, "lr is None; it must be a real number"),
        ({"eps": 1e-60}, "eps is 1e-60, which float32 rounds to 0.0"),
    ],
)
def test_hyperparameters_that_make_no_sense(hyper: dict[str, Any], message: str) -> None:
    with pytest.raises(KernelError, match=message):
        op.optimizer("adam", ones(2), **hyper)


def test_a_rule_that_is_not_there() -> None:
    with pytest.raises(op.UnknownRuleError, match=r"did you mean 'adam'\?"):
        op.optimizer("adamm", ones(2))


class Case:
    """An optimizer with three parameters in two groups, and a memory of everything it may change."""

    def __init__(self, *, named: bool) -> None:
        rng = np.random.default_rng(1)
        self.a, self.b, self.c = rng.normal(size=(2, 3)).astype(F), rng.normal(size=4), rng.normal(size=5).astype(F)
        groups: list[dict[str, Any]] = [
            {"params": {"a": self.a, "b": self.b} if named else [self.a, self.b]},
            {"params": {"c": self.c} if named else [self.c], "lr": 0.5},
        ]
        self.opt: Optimizer = op.optimizer("adam", groups)
        self.named = named
        self.opt.step(self.gradients())

    def gradients(self, **other: Any) -> Any:
        made = {"a": ones(2, 3), "b": np.ones(4), "c": ones(5), **other}
        return made if self.named else list(made.values())

    def everything(self) -> list[Any]:
        states = [s for states in self.opt.state.values() for s in states.values()]
        return [a.tobytes() for a in (self.a, self.b, self.c, *states)] + [self.opt.t, str(self.opt.groups)]


@pytest.fixture(params=[False, True], ids=["listed", "named"])
def case(request: pytest.FixtureRequest) -> Case:
    return Case(named=request.param)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"c": ones(4)}, r"the gradient {c} has shape \(4,\), and its parameter has \(5,\); the shapes must be equal"),
        ({"a": ones(3, 2)}, r"the gradient {a} has shape \(3, 2\), and its parameter has \(2, 3\)"),
        ({"c": np.array(1, F)}, r"the gradient {c} has shape \(\)"),
        ({"c": np.ones(5)}, "the gradient {c} has dtype float64, and its parameter has float32; convert it"),
        ({"b": ones(4)}, "the gradient {b} has dtype float32, and its parameter has float64"),
        ({"c": np.ones(5, ">f4")}, "the gradient {c} has dtype >f4"),
        ({"c": np.ones(5, np.int32)}, "the gradient {c} has dtype int32"),
        ({"b": [1.0] * 4}, "the gradient {b} is a list"),
        ({"b": np.float64(1)}, "the gradient {b} is a float64"),
        ({"b": np.ma.masked_array(np.ones(4))}, "the gradient {b} is a MaskedArray"),
        ({"c": None}, "the gradient {c} is None; pass an array, or allow_missing=True"),
        ({"c": ones(10)[::2]}, r"the gradient {c} is not contiguous, with strides \(8,\)"),
        ({"a": np.asfortranarray(ones(2, 3))}, "the gradient {a} is not in C order, as its parameter has"),
        ({"c": np.zeros(21, np.uint8)[1:].view(F)}, "the gradient {c} is not aligned"),
    ],
)
def test_gradients_that_do_not_fit(case: Case, wrong: dict[str, Any], message: str) -> None:
    names = {k: repr(k) if case.named else str(i) for i, k in enumerate("abc")}
    before = case.everything()
    with pytest.raises(KernelError, match=message.format(**names)):
        case.opt.step(case.gradients(**wrong))
    assert case.everything() == before


@pytest.mark.parametrize("where", ["theta", "inside", "state"])
def test_gradients_that_lie_in_memory_that_is_written(case: Case, where: str) -> None:
    block = np.zeros(12, F)
    gradient, owner = case.c, "the parameter {c}"
    if where == "state":
        gradient, owner = next(iter(case.opt.state[("c" if case.named else 2)].values())), "the optimizer's state"
    if where == "inside":
        case.c = block[4:9]
        case.opt = op.optimizer(
            "adam", {"a": case.a, "b": case.b, "c": case.c} if case.named else [case.a, case.b, case.c]
        )
        gradient = block[:5]
    before = case.everything()
    words = "'c'" if case.named else "2"
    message = f"the gradient {words} shares memory with {owner.format(c=words)}, which a step overwrites"
    for _ in range(2):
        with pytest.raises(KernelError, match=message):
            case.opt.step(case.gradients(c=gradient))
    assert case.everything() == before


@pytest.mark.parametrize(
    ("grads", "message"),
    [
        ([ones(2, 3), np.ones(4)], "there are 2 gradients for 3 parameters"),
        ([ones(2, 3), np.ones(4), ones(5), ones(5)], "there are 4 gradients for 3 parameters"),
        (ones(3), "the gradients are a ndarray; pass a list with one for each of the 3 parameters"),
        (None, "the gradients are a NoneType"),
        ({"a": ones(2, 3)}, "the gradients are a dict, and not all parameters have names"),
    ],
)
def test_lists_of_gradients_of_another_form(grads: Any, message: str) -> None:
    case = Case(named=False)
    before = case.everything()
    with pytest.raises(KernelError, match=message):
        case.opt.step(grads)
    assert case.everything() == before


def test_dicts_of_gradients_of_another_form() -> None:
    case = Case(named=True)
    before = case.everything()
    complete = case.gradients()
    wrong: list[tuple[Any, str]] = [
        ({k: complete[k] for k in "ab"}, "the gradient 'c' is missing; pass one for each parameter, or allow_missing"),
        ({**complete, "d": ones(1)}, "there is a gradient 'd' and no parameter of that name"),
        ({"a": complete["a"], "b": complete["b"], "C": complete["c"]}, "there is a gradient 'C' and no parameter"),
        (list(complete.values()), "the gradients are a list, and the parameters have names; pass a dict"),
    ]
    for grads, message in wrong:
        with pytest.raises(KernelError, match=message):
            case.opt.step(grads)
    with pytest.raises(KernelError, match="there is a gradient 'd'"):
        case.opt.step({"d": ones(1)}, allow_missing=True)
    assert case.everything() == before


def _made_read_only(array: Array) -> None:
    array.flags.writeable = False


def _resized(array: Array) -> None:
    array.resize((9,), refcheck=False)


def _reshaped(array: Array) -> None:
    array.shape = (5, 1)  # type: ignore[misc]


def _reinterpreted(array: Array) -> None:
    array.dtype = np.dtype(np.int32)  # type: ignore[misc]


@pytest.mark.filterwarnings("ignore:Setting the .* on a NumPy array has been deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_made_read_only, "the parameter {c} is read-only"),
        (_resized, r"the parameter {c} has shape \(9,\), and it had \(5,\)"),
        (_reshaped, r"the parameter {c} has shape \(5, 1\), and it had \(5,\)"),
        (_reinterpreted, "the parameter {c} has dtype int32, and it had float32"),
    ],
)
def test_parameters_that_have_changed(case: Case, change: Callable[[Array], None], message: str) -> None:
    change(case.c)
    before = case.everything()
    words = "'c'" if case.named else "2"
    for grads in (case.gradients(), case.gradients(c=np.ones_like(case.c))):
        with pytest.raises(KernelError, match=message.format(c=words)):
            case.opt.step(grads)
    assert case.everything() == before


def test_a_step_that_overflows_is_refused_before_any_group_is_updated() -> None:
    case = Case(named=False)
    case.opt.groups[1]["lr"] = 3e38
    before = case.everything()
    with pytest.raises(KernelError, match=r"'adam' cannot take step t = 2 with lr = 3e.38, .* would be inf in float32"):
        case.opt.step(case.gradients())
    assert case.everything() == before


@pytest.mark.parametrize("threads", [0, 1.5, True])
def test_threads_that_make_no_sense(threads: Any) -> None:
    case = Case(named=False)
    before = case.everything()
    with pytest.raises(KernelError, match="threads is"):
        case.opt.step(case.gradients(), threads=threads)
    assert case.everything() == before


def test_after_an_interrupt_within_a_step_nothing_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    from optproof.kernels import work

    case = Case(named=False)
    saved = case.opt.state_dict()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(work, "in_threads", interrupted)
        with pytest.raises(KeyboardInterrupt):
            case.opt.step(case.gradients())
    for use in (lambda: case.opt.step(case.gradients()), case.opt.state_dict):
        with pytest.raises(KernelError, match="the last step was interrupted half-way; load a checkpoint"):
            use()
    case.opt.load_state_dict(saved)
    case.opt.step(case.gradients())
    assert case.opt.t == 2


def test_gradients_may_be_read_only_and_shared_among_parameters() -> None:
    params = [np.ones(3), np.ones(3)]
    g = read_only(np.ones(3))
    op.optimizer("sgd", params, lr=1).step([g, g])
    assert not any(p.any() for p in params)
