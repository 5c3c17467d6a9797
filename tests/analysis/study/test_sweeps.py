"""Sweeps: the same results in this process, in others and on a cluster, and continued where they were killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optproof.analysis.study import SchedulerError, Sweep, dask_executor, stability_maps
from optproof.analysis.study.sweep import Point
from optproof.derive import rule

POINTS = [{"n": n} for n in range(6)]


def squared(point: Point) -> dict[str, Any]:
    return {"square": point["n"] ** 2, "by": 1 / 3}


def noted(point: Point) -> int:
    """Leaves a mark for each time it is computed."""
    with Path(point["log"]).open("a") as file:
        file.write(f"{point['n']}\n")
    if point["n"] == point.get("fails"):
        raise RuntimeError("this point fails")
    return int(point["n"]) * 10


def marks(log: Path) -> list[int]:
    return sorted(int(line) for line in log.read_text().split()) if log.exists() else []


def test_results_come_in_the_order_of_the_points_from_any_executor(tmp_path: Path) -> None:
    wanted = [{"square": n**2, "by": 1 / 3} for n in range(6)]
    assert Sweep().over(squared, POINTS) == wanted
    with ThreadPoolExecutor(3) as threads:
        assert Sweep(threads, tmp_path).over(squared, POINTS) == wanted


def test_a_sweep_that_failed_continues_with_what_is_missing(tmp_path: Path) -> None:
    log, kept = tmp_path / "log", tmp_path / "parts"
    points = [{"n": n, "log": str(log), "fails": 3} for n in range(5)]
    with pytest.raises(RuntimeError, match="this point fails"):
        Sweep(directory=kept).over(noted, points)
    assert marks(log) == [0, 1, 2, 3]
    # The points are the same but for the failure; what was finished is found.
    healed = [{**point, "fails": -1} if point["n"] == 3 else point for point in points]
    assert Sweep(directory=kept).over(noted, healed) == [0, 10, 20, 30, 40]
    assert marks(log) == [0, 1, 2, 3, 3, 4]
    assert Sweep(directory=kept).over(noted, healed) == [0, 10, 20, 30, 40]
    assert marks(log) == [0, 1, 2, 3, 3, 4]


def test_a_killed_sweep_continues_from_what_was_finished(tmp_path: Path) -> None:
    log, kept = tmp_path / "log", tmp_path / "parts"
    program = f"""
import os, signal
from pathlib import Path
from optproof.analysis.study import Sweep
def work(point):
    with Path({str(log)!r}).open("a") as file:
        file.write(f"{{point['n']}}\\n")
    if point["n"] == 2 and len(Path({str(log)!r}).read_text().split()) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return point["n"]
print(Sweep(directory=Path({str(kept)!r})).over(work, [dict(n=n) for n in range(4)]))
"""
    first = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert first.returncode == -signal.SIGKILL
    second = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert second.stdout.strip() == "[0, 1, 2, 3]", second.stderr
    assert marks(log) == [0, 1, 2, 2, 3]


def test_what_is_kept_is_checked_before_it_is_used(tmp_path: Path) -> None:
    sweep = Sweep(directory=tmp_path)
    wanted = sweep.over(squared, POINTS[:3])
    first, second, third = sorted(tmp_path.glob("*.json"))
    first.write_text("{", encoding="utf-8")
    second.write_text(json.dumps({"point": {"n": 99}, "result": "of another point"}), encoding="utf-8")
    third.write_text("[]", encoding="utf-8")
    assert sweep.over(squared, POINTS[:3]) == wanted
    assert not [p for p in tmp_path.iterdir() if p.suffix != ".json"]


def test_another_function_is_another_result(tmp_path: Path) -> None:
    sweep, log = Sweep(directory=tmp_path), tmp_path / "log"
    point = {"n": 4, "log": str(log)}
    assert sweep.over(noted, [point]) == [40]
    assert sweep.over(squared, [point])[0]["square"] == 16


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    Sweep(progress=lambda *what: told.append(what)).over(squared, POINTS[:2], "squares")
    assert told == [("squares", 0, 2), ("squares", 1, 2), ("squares", 2, 2)]


def test_a_study_is_the_same_in_another_process() -> None:
    here = stability_maps([rule("sgd[momentum]")], size=6, steps=200)
    with ProcessPoolExecutor(1) as processes:
        there = stability_maps([rule("sgd[momentum]")], size=6, steps=200, sweep=Sweep(processes))
    assert json.dumps(here.to_json()) == json.dumps(there.to_json())


def test_a_scheduler_that_is_not_there_is_one_sentence() -> None:
    pytest.importorskip("distributed", reason="needs dask[distributed]")
    with (
        pytest.raises(SchedulerError, match="no Dask scheduler answers at 'nonsense://nowhere'"),
        dask_executor("nonsense://nowhere"),
    ):
        pass


@pytest.mark.slow
def test_a_study_runs_on_a_dask_cluster(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="needs dask[distributed]")
    os.environ.setdefault("OPTPROOF_CACHE_DIR", str(tmp_path / "cache"))
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as cluster,
        dask_executor(cluster.scheduler_address) as executor,
    ):
        there = stability_maps(size=6, steps=200, sweep=Sweep(executor, tmp_path / "parts"))
    here = stability_maps(size=6, steps=200)
    assert json.dumps(here.to_json()) == json.dumps(there.to_json())
    assert len(list((tmp_path / "parts").glob("*.json"))) == 2
    np.testing.assert_array_equal(here.maps[1].left, there.maps[1].left)
