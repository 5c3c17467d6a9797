"""Many arrays in one call: memory is found anew in every step, shared among threads, and nothing more is taken."""

from __future__ import annotations

import gc
import threading
import time
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

import optproof as op
from optproof.kernels import arrays as arrays_module, cache, native, threads as threads_module
from optproof.kernels.array_layout import layout_is_as_expected
from optproof.kernels.pieces import cut
from optproof.kernels.threads import GRAIN

from .conftest import FreshProcess

Array = np.ndarray[Any, Any]


def thousand(rng: np.random.Generator, size: int = 100) -> list[Array]:
    return [rng.normal(size=size).astype(np.float32) for _ in range(1000)]


def test_a_thousand_arrays_are_stepped_as_one_long_one(rng: np.random.Generator) -> None:
    arrays, steps = thousand(rng), [thousand(rng) for _ in range(3)]
    long = np.concatenate(arrays)
    together, alone = op.optimizer("adamw", arrays), op.optimizer("adamw", long)
    for gradients in steps:
        together.step(gradients)
        alone.step(np.concatenate(gradients), threads=1)
    np.testing.assert_array_equal(np.concatenate(arrays), long)
    for name in ("m", "v"):
        kept = np.concatenate([state[name] for state in together.state.values()])
        np.testing.assert_array_equal(kept, alone.state[0][name])


def test_array_objects_are_laid_out_as_expected() -> None:
    assert layout_is_as_expected()


def test_the_usual_case_is_settled_by_machine_code(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = [rng.normal(size=shape) for shape in [(), (3,), (0,), (2, 3)]]
    arrays.append(np.asfortranarray(rng.normal(size=(2, 3))))
    opt = op.optimizer("adam", arrays)

    def refuse(*_: object) -> None:
        raise AssertionError("looked at in Python")

    monkeypatch.setattr(arrays_module.ArrayTable, "look_at_parameters", refuse)
    for _ in range(3):
        opt.step([np.ones_like(a) for a in arrays])
    with pytest.raises(AssertionError, match="looked at in Python"):
        opt.step([arrays[0], *(np.ones_like(a) for a in arrays[1:])])


def test_without_knowing_the_layout_all_is_the_same(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = [rng.normal(size=shape) for shape in [(), (3,), (0,), (2, 3)]]
    others = [a.copy() for a in arrays]
    gradients = [rng.normal(size=a.shape) for a in arrays]
    op.optimizer("adam", arrays).step([np.asarray(g) for g in gradients])
    monkeypatch.setattr(arrays_module, "layout_is_as_expected", lambda: False)
    op.optimizer("adam", others).step([np.asarray(g) for g in gradients])
    for a, b in zip(arrays, others, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_parameter_whose_memory_moved_is_found_where_it_is() -> None:
    theta, other = np.zeros(50_000), np.zeros(3)
    opt = op.optimizer("sgd", [theta, other], lr=1)
    g = [np.ones(50_000), np.ones(3)]
    opt.step(g)
    before = theta.ctypes.data
    keep = theta[:]  # the old memory stays, so that the new memory is elsewhere
    state = theta.__reduce__()[2]
    keep = keep.copy()
    theta.__setstate__(state)
    opt.step(g)
    opt.step(g)
    assert theta.tolist() == [-3.0] * 50_000, (before, theta.ctypes.data)
    assert keep[0] == -1.0
    theta[...] = 0
    theta.__setstate__(theta.__reduce__()[2])
    opt.step(g)
    assert theta.tolist() == [-1.0] * 50_000


def test_arrays_in_use_cannot_be_resized_by_accident() -> None:
    theta = np.zeros(4)
    op_ = op.optimizer("sgd", [theta])
    with pytest.raises(ValueError, match="is referenced"):
        theta.resize(8)
    op_.step([np.zeros(4)])


def test_no_gradient_is_kept_alive() -> None:
    opt = op.optimizer("adam", [np.zeros(4)])
    gradients = [np.ones(4)]
    watched = weakref.ref(gradients[0])
    opt.step(gradients)
    del gradients
    gc.collect()
    assert watched() is None


def test_a_step_takes_no_memory_and_an_optimizer_only_its_states(rng: np.random.Generator) -> None:
    arrays = [rng.normal(size=n) for n in (200_000, 3, 50_000)]
    arrays.append(rng.normal(size=70_000).astype(np.float32))
    gradients = [np.ones_like(a) for a in arrays]
    opt = op.optimizer("adam", arrays)
    opt.step(gradients)
    del opt
    size = sum(a.nbytes for a in arrays)
    tracemalloc.start()
    try:
        opt = op.optimizer("adam", arrays)
        made, most = tracemalloc.get_traced_memory()
        assert 2 * size <= made <= most < 2 * size + 100_000
        for threads in (1, 2):
            tracemalloc.reset_peak()
            opt.step(gradients, threads=threads)
            now, most = tracemalloc.get_traced_memory()
            assert most < 2 * size + 100_000
            assert now < 2 * size + 100_000
    finally:
        tracemalloc.stop()


def test_optimizers_run_in_several_threads_as_they_do_one_after_the_other() -> None:
    def train(seed: int) -> bytes:
        rng = np.random.default_rng(seed)
        arrays = [rng.normal(size=n).astype(np.float32) for n in (3, 1000, 100_000)]
        opt = op.optimizer("adam", arrays)
        for t in range(1, 21):
            opt.lr = 0.1 / t
            opt.step([np.float32(0.5) * a for a in arrays])
        return b"".join(a.tobytes() for a in arrays)

    expected = [train(seed) for seed in range(6)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(train, range(6))) == expected


def test_one_optimizer_lets_one_thread_in_after_the_other() -> None:
    theta = [np.zeros(n) for n in (1, 1000, 20_000)]
    opt = op.optimizer("sgd[momentum]", theta, lr=1, momentum=0)
    start = threading.Barrier(4)

    def work(_: int) -> None:
        start.wait()
        for _ in range(50):
            opt.step([np.ones_like(a) for a in theta])
            opt.state_dict()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert opt.t == 200
    assert all((a == -200).all() for a in theta)


@given(
    sizes=st.lists(st.one_of(st.integers(0, 300), st.integers(0, 200_000)), min_size=1, max_size=12),
    threads=st.integers(1, 9),
)
def test_pieces_cover_every_element_once(sizes: list[int], threads: int) -> None:
    pieces, bounds = cut(range(len(sizes)), sizes, threads)
    for column, size in enumerate(sizes):
        own = pieces[pieces[:, 0] == column]
        assert (own[:, 3] == size).all()
        edges = [0, *own[:, 2].tolist()]
        assert own[:, 1].tolist() == edges[:-1]
        assert edges[-1] == size
        assert all(start % GRAIN == 0 for start in edges[:-1])
    assert len(bounds) <= threads
    edges = [0, *(last for _, last in bounds)]
    assert [first for first, _ in bounds] == edges[:-1]
    assert edges[-1] == len(pieces)
    work = [int((pieces[first:last, 2] - pieces[first:last, 1]).sum()) for first, last in bounds]
    slack = max(sum(sizes) // (8 * threads), 0) + GRAIN + max([s for s in sizes if s <= GRAIN], default=0)
    assert max(work, default=0) <= -(-sum(sizes) // threads) + slack


def test_an_interrupt_waits_for_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    usual, done = threads_module.wait, []

    def interrupted(futures: Any) -> Any:
        monkeypatch.setattr(threads_module, "wait", usual)
        raise KeyboardInterrupt

    def work(start: int, stop: int) -> None:
        if start:
            time.sleep(0.2)
        done.append((start, stop))

    monkeypatch.setattr(threads_module, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        threads_module.in_threads(work, [(0, 1), (1, 2)])
    assert sorted(done) == [(0, 1), (1, 2)]


def test_without_another_thread_the_work_is_done_in_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoThreads:
        def submit(self, *_: object) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads_module, "_pool", lambda *_: NoThreads())
    done: list[tuple[int, int]] = []
    threads_module.in_threads(lambda start, stop: done.append((start, stop)), [(0, 1), (1, 2), (2, 3)])
    assert done == [(0, 1), (1, 2), (2, 3)]


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("OPTPROOF_CACHE_DIR", str(tmp_path / "file"))
    theta = np.ones(2)
    with pytest.warns(RuntimeWarning, match="cannot be used"):
        opt = op.optimizer("sgd", theta, lr=1)
    opt.step(np.ones(2))
    assert theta.tolist() == [0.0, 0.0]


def test_a_kernel_in_a_cache_that_cannot_be_written_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = cache.store_beside

    def only_elsewhere(module: Path, name: str, source: str) -> Path:
        if cache.temporary_directory() not in module.parents:
            raise PermissionError("read-only")
        return usual(module, name, source)

    monkeypatch.setattr(cache, "store_beside", only_elsewhere)
    native._compiled.cache_clear()
    theta = np.ones(2)
    op.optimizer("sgd", theta, lr=1).step(np.ones(2))
    native._compiled.cache_clear()
    assert theta.tolist() == [0.0, 0.0]


STEP = "import numpy as np, optproof as op; t = np.ones(2); op.optimizer('sgd', t, lr=1).step(np.ones(2)); print(t)"


def test_damaged_machine_code_is_made_anew(tmp_path: Path, fresh_process: FreshProcess) -> None:
    assert fresh_process("-c", STEP, OPTPROOF_CACHE_DIR=str(tmp_path)) == "[0. 0.]\n"
    machine_code = sorted(tmp_path.glob("*/__pycache__/*.nbc"))
    assert len(machine_code) == 5  # the kernel, its loop over arrays, and the three functions that look at arrays
    for file in machine_code:
        file.write_bytes(file.read_bytes()[:100])
    assert fresh_process("-c", STEP, OPTPROOF_CACHE_DIR=str(tmp_path)) == "[0. 0.]\n"
    assert {entry.name for entry in cache.entries(tmp_path)} == {"sgd", "arrays"}
