"""A run that is saved goes on bit by bit; a file that is not right is refused, and nothing of it loaded."""

from __future__ import annotations

import json
import os
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import optproof as op
from optproof.kernels import KernelError, Optimizer, checkpoint

from .conftest import FreshProcess

Array = np.ndarray[Any, Any]


class Run:
    """A run that can be stopped: mixed dtypes, two groups, a schedule, and a parameter that is behind."""

    def __init__(self, rule: str = "adam", shape: tuple[int, ...] = (3,)) -> None:
        self.w = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
        self.b = np.zeros(shape)
        self.e = np.asfortranarray(np.ones((2, 2)))
        self.opt: Optimizer = op.optimizer(rule, [{"params": {"w": self.w, "b": self.b}}, {"params": {"e": self.e}}])

    def go(self, first: int, last: int) -> None:
        for t in range(first, last):
            rng = np.random.default_rng(t)
            gradients = {n: np.empty_like(a) for n, a in (("w", self.w), ("b", self.b), ("e", self.e))}
            for g in gradients.values():
                g[...] = rng.normal(size=g.shape)
            if t == 2:
                del gradients["b"]
            if "lr" in self.opt.groups[0]:
                self.opt.groups[t % 2]["lr"] = 0.1 / t
            self.opt.step(gradients, allow_missing=True)

    def everything(self) -> list[Any]:
        states = [s for states in self.opt.state.values() for s in states.values()]
        arrays = [a.tobytes() for a in (self.w, self.b, self.e, *states)]
        counters = {name: s["t"] for name, s in self.opt.state_dict()["state"].items()}
        return [*arrays, counters, str(self.opt.groups)]


RULES = ("sgd", "sgd[momentum]", "adagrad", "rmsprop", "adadelta", "adam[amsgrad]", "adamw[paper]")


@pytest.mark.parametrize("name", RULES)
def test_a_run_goes_on_bit_by_bit_from_a_file(name: str, tmp_path: Path) -> None:
    whole, first, second = Run(name), Run(name), Run(name)
    whole.go(1, 7)
    first.go(1, 4)
    first.opt.save(tmp_path / "half")
    second.go(1, 2)
    second.opt.load(tmp_path / "half")
    assert second.everything() == first.everything()
    second.go(4, 7)
    assert second.everything() == whole.everything()


def test_a_run_goes_on_bit_by_bit_from_a_state_dict() -> None:
    whole, first, second = Run(), Run(), Run()
    whole.go(1, 7)
    first.go(1, 4)
    content = first.opt.state_dict()
    for theirs, ours in ((first.w, second.w), (first.b, second.b), (first.e, second.e)):
        ours[...] = theirs
    first.go(4, 5)  # a state_dict is a copy
    second.opt.load_state_dict(content)
    second.go(4, 7)
    assert second.everything() == whole.everything()


def test_a_file_without_parameters_leaves_them_alone(tmp_path: Path) -> None:
    first, second = Run(), Run()
    first.go(1, 4)
    first.opt.save(tmp_path / "states", parameters=False)
    second.opt.load(tmp_path / "states")
    assert second.w.tolist() == Run().w.tolist()
    assert second.everything()[3:] == first.everything()[3:]
    assert (tmp_path / "states").stat().st_size < 2000


def test_an_optimizer_of_one_array_and_of_none_at_all(tmp_path: Path) -> None:
    theta, empty = np.array(2.0), np.zeros((0, 3), np.float32)
    for array in (theta, empty):
        opt = op.optimizer("adam", array)
        opt.step(np.ones_like(array))
        opt.save(tmp_path / "file")
        before = array.copy()
        array[...] = 7
        opt.load(tmp_path / "file")
        assert array.tolist() == before.tolist()


def test_special_values_survive(tmp_path: Path) -> None:
    theta = np.array([np.nan, -0.0, np.inf, 5e-324])
    opt = op.optimizer("sgd", theta, lr=0.1 + 0.2)
    before = theta.tobytes()
    opt.save(tmp_path / "file")
    theta[...] = 0
    opt.lr = 1
    opt.load(tmp_path / "file")
    assert theta.tobytes() == before
    assert opt.lr == 0.1 + 0.2


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    run = Run()
    run.go(1, 4)
    path = tmp_path_factory.mktemp("saved") / "file"
    run.opt.save(path)
    return path.read_bytes()


def refused(content: bytes, folder: Path, message: str, run: Run | None = None) -> None:
    """Loading `content` is refused with this message, and changes nothing."""
    run = run or Run()
    path = folder / "file"
    path.write_bytes(content)
    before = run.everything()
    with pytest.raises(KernelError, match=message) as caught:
        run.opt.load(path)
    assert str(caught.value).endswith("; nothing was loaded")
    assert repr(str(path)) in str(caught.value)
    assert run.everything() == before


def resealed(content: bytes, old: bytes, new: bytes) -> bytes:
    """The file with other bytes of equal length, and a checksum that fits."""
    import hashlib

    assert len(old) == len(new)
    assert content.count(old) == 1
    body = content[:-32].replace(old, new)
    return body + hashlib.sha256(body).digest()


def test_truncated_files(saved: bytes, tmp_path: Path) -> None:
    refused(b"", tmp_path, "is no file that an optimizer saved")
    refused(saved[:20], tmp_path, "is truncated: it has only 20 bytes")
    for size in (40, 41, 500, len(saved) - 33, len(saved) - 1):
        refused(saved[:size], tmp_path, f"is truncated: it has {size} bytes instead of {len(saved)}")
    refused(saved + b"\0", tmp_path, f"is corrupt: it has {len(saved) + 1} bytes instead of {len(saved)}")


@given(data=st.data())
def test_no_flipped_bit_goes_unnoticed(saved: bytes, tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    bit = data.draw(st.integers(0, 8 * len(saved) - 1))
    damaged = bytearray(saved)
    damaged[bit // 8] ^= 1 << bit % 8
    refused(bytes(damaged), tmp_path_factory.getbasetemp(), "corrupt|truncated|no file that an|version")


def test_other_files_and_other_versions(saved: bytes, tmp_path: Path) -> None:
    refused(b"PK\3\4 a zip file", tmp_path, "is no file that an optimizer saved")
    newer = saved[:16] + struct.pack("<Q", 2) + saved[24:]
    refused(newer, tmp_path, "is in version 2 of the format, and this optproof reads version 1")


def test_files_of_other_optimizers(saved: bytes, tmp_path: Path) -> None:
    refused(saved, tmp_path, "is of the rule 'adam', and this optimizer runs 'adam.l2.'", Run("adam[l2]"))
    refused(
        saved,
        tmp_path,
        r"has 'theta' of the parameter 'b' with shape \(3,\), and the parameter has \(4,\)",
        Run(shape=(4,)),
    )
    run = Run()
    run.opt = op.optimizer("adam", [{"params": {"w": run.w, "b": run.b.astype("f4")}}, {"params": {"e": run.e}}])
    refused(saved, tmp_path, "has 'theta' of the parameter 'b' with dtype float64, and the parameter has float32", run)
    run.opt = op.optimizer("adam", {"w": run.w, "b": run.b, "e": run.e})
    refused(saved, tmp_path, "is of 2 groups of 2 parameters and 1 parameter, and this optimizer has 3 parameters", run)
    run.opt = op.optimizer("adam", [{"params": {"b": run.b, "w": run.w}}, {"params": {"e": run.e}}])
    refused(saved, tmp_path, "where 'w' stands for 'b'", run)
    run = Run()
    run.w.flags.writeable = False
    with pytest.raises(KernelError, match="the parameter 'w' is read-only"):
        run.opt.load(tmp_path / "file")


def test_another_rule_of_the_same_name(tmp_path: Path) -> None:
    theta, g, lr = op.parameter(), op.gradient(), op.Quantity("lr", op.NONNEGATIVE)
    one, other = (
        op.UpdateRule("mine", hyper={lr: 1}, state={}, steps=[(theta, theta - factor * lr * g)]) for factor in (1, 2)
    )
    op.optimizer(one, np.ones(2)).save(tmp_path / "file")
    with pytest.raises(KernelError, match="is of another rule called 'mine', and this optimizer runs 'mine'"):
        op.optimizer(other, np.ones(2)).load(tmp_path / "file")


def test_a_file_that_is_well_sealed_and_makes_no_sense(saved: bytes, tmp_path: Path) -> None:
    refused(resealed(saved, b'"groups"', b'"gruops"'), tmp_path, "cannot be understood")
    refused(resealed(saved, b'{"rule"', b'["rule"'), tmp_path, "cannot be understood")
    refused(resealed(saved, b'"beta1": 0.9, "beta2": 0.999, "eps": 1e-08}, "params": ["e"]',
                     b'"beta1": 1.9, "beta2": 0.999, "eps": 1e-08}, "params": ["e"]'), tmp_path,
            "cannot be used: group 1: the hyperparameter beta1 is 1.9, outside its domain")  # fmt: skip
    refused(resealed(saved, b'"name": "b", "t": 2', b'"name": "b", "t":-2'), tmp_path, "cannot be understood.*counter")
    refused(
        resealed(saved, b'"name": "b", "t": 2', b'"name": "x", "t": 2'), tmp_path, "does not have one state for each"
    )


def test_state_dicts_that_do_not_fit() -> None:
    def other(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        run = Run()
        run.go(1, 4)
        content = run.opt.state_dict()
        change(content)
        return content

    wrong: list[tuple[Any, str]] = [
        (None, "this is no state_dict of an optimizer"),
        ({}, "this is no state_dict of an optimizer: there is no 'groups'"),
        (other(lambda d: d.pop("digest")), "there is no 'digest'"),
        (
            other(lambda d: d.update(digest="0", rule="sgd")),
            "the state_dict is of the rule 'sgd', and this optimizer runs",
        ),
        (other(lambda d: d["state"]["w"].pop("m")), "the state_dict lacks the state 'm' of the parameter 'w'"),
        (other(lambda d: d["state"]["w"].update(x=d["state"]["w"]["m"])), "has a state 'x' of the parameter 'w'"),
        (
            other(lambda d: d["state"]["w"].update(theta=d["state"]["w"]["m"])),
            "has a state 'theta' of the parameter 'w'",
        ),
        (other(lambda d: d["state"]["w"].update(m=[1.0])), "the state 'm' of 'w' is a list, not a NumPy array"),
        (
            other(lambda d: d["state"]["w"].update(m=np.ones(6, "f4"))),
            r"has 'm' of the parameter 'w' with shape \(6,\)",
        ),
        (
            other(lambda d: d["state"]["e"].update(m=np.ones((2, 2), "f4"))),
            "with dtype float32, and the parameter has float64",
        ),
        (other(lambda d: d["state"]["e"].update(t=-1)), "the step counter of 'e' is -1"),
        (other(lambda d: d["state"]["e"].update(t=1.5)), "this is no state_dict"),
        (other(lambda d: d["state"].pop("e")), "does not have one state for each of its parameters"),
        (other(lambda d: d["groups"].pop()), "the state_dict is of 2 parameters, and this optimizer has 2 groups of"),
        (other(lambda d: d["groups"][0]["hyper"].update(lr=-1)), "group 0: the hyperparameter lr is -1.0, outside"),
        (
            other(lambda d: d["groups"][0]["hyper"].pop("lr")),
            "has the hyperparameters beta1, beta2, eps, and the rule lr,",
        ),
    ]
    run = Run()
    before = run.everything()
    for content, message in wrong:
        with pytest.raises(KernelError, match=message) as caught:
            run.opt.load_state_dict(content)
        assert str(caught.value).endswith("; nothing was loaded")
        assert run.everything() == before


def test_a_failure_while_saving_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run()
    path = tmp_path / "file"
    run.opt.save(path)
    old = path.read_bytes()
    run.go(1, 2)
    for place, name in ((os, "fsync"), (os, "replace"), (checkpoint, "_bytes")):

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(place, name, fail)
            with pytest.raises(OSError, match="No space left"):
                run.opt.save(path)
        assert path.read_bytes() == old
        assert os.listdir(tmp_path) == ["file"]
    run.opt.save(path)
    assert path.read_bytes() != old


KILLED = """
import os, sys, numpy as np, optproof as op
theta = np.zeros(1000)
opt = op.optimizer("adam", theta)
opt.save("file")
opt.step(np.ones(1000))
real = os.{name}
def last(*arguments, **named):
    {before}
    os._exit(0)
os.{name} = last
opt.save("file")
raise SystemExit("not killed")
"""


@pytest.mark.parametrize(
    ("name", "before", "t"),
    [("fsync", "pass", 0), ("replace", "pass", 0), ("replace", "real(*arguments, **named)", 1)],
    ids=["before the disk", "before the rename", "after the rename"],
)
def test_a_process_that_dies_while_saving_leaves_a_whole_file(
    name: str, before: str, t: int, tmp_path: Path, fresh_process: FreshProcess
) -> None:
    fresh_process("-c", KILLED.format(name=name, before=before), cwd=tmp_path)
    theta = np.full(1000, 5.0)
    opt = op.optimizer("adam", theta)
    opt.load(tmp_path / "file")
    assert opt.t == t
    assert (theta == 0).all() == (t == 0)


def test_files_are_made_as_others_are(tmp_path: Path) -> None:
    run = Run()
    plain, link = tmp_path / "plain", tmp_path / "link"
    (tmp_path / "other").touch()
    run.opt.save(plain)
    assert stat.S_IMODE(plain.stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)
    plain.chmod(0o600)
    link.symlink_to(plain)
    run.opt.save(link)
    assert link.is_symlink()
    assert stat.S_IMODE(plain.stat().st_mode) == 0o600
    run.opt.load(str(link))


def test_paths_that_cannot_be(tmp_path: Path) -> None:
    opt = Run().opt
    with pytest.raises(FileNotFoundError, match="nowhere/file'"):
        opt.save(tmp_path / "nowhere" / "file")
    with pytest.raises(IsADirectoryError):
        opt.save(tmp_path)
    with pytest.raises(FileNotFoundError, match="missing'"):
        opt.load(tmp_path / "missing")
    assert os.listdir(tmp_path) == []


def test_the_header_can_be_read_by_hand(saved: bytes) -> None:
    magic, version, header, data = struct.unpack("<16sQQQ", saved[:40])
    assert (magic, version) == (b"optproof state\r\n", 1)
    content = json.loads(saved[40 : 40 + header])
    assert content["rule"] == "adam"
    assert content["digest"] == op.rule("adam").digest
    assert [e["name"] for e in content["entries"]] == ["w", "b", "e"]
    assert len(saved) == 40 + header + data + 32
    run = Run()
    run.go(1, 4)
    assert saved[40 + header :].startswith(run.w.tobytes())
