"""The harness of `make bench`: who competes, what a ratio is, what is written. No time is asserted."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    """The package `benchmarks`, which is not installed: its modules by name."""
    sys.path.insert(0, str(ROOT))
    try:
        yield lambda name: importlib.import_module(f"benchmarks.{name}")
    finally:
        sys.path.remove(str(ROOT))


class Clock:
    """Time that passes only when a contestant takes a step."""

    def __init__(self) -> None:
        self.now = 0.0
        self.steps: list[str] = []

    def __call__(self) -> float:
        return self.now

    def contestant(self, bench: Any, name: str, seconds: float, *, peer: bool = True, memory: int = 0) -> Any:
        def step() -> None:
            self.now += seconds
            self.steps.append(name)

        made = bench("contestants").Contestant(lambda rule, sizes: step, peer=peer)
        object.__setattr__(made, "memory", lambda rule, sizes: memory)
        return made


def _compared(
    bench: Any, seconds: dict[str, float], memory: dict[str, int] | None = None, free: int | None = None
) -> Any:
    clock = Clock()
    reference = bench("contestants").REFERENCE
    known = {
        name: clock.contestant(bench, name, taken, peer=name != reference, memory=(memory or {}).get(name, 0))
        for name, taken in seconds.items()
    }
    case = bench("plan").Case("adam", (1000,), tuple(seconds), 3)
    found = list(bench("kernel_speed").compare(case, known, memory=free, clock=clock))
    return found, clock


def test_a_ratio_is_the_time_as_a_multiple_of_the_kernels(bench: Any) -> None:
    found, _ = _compared(bench, {"optproof float32": 0.25, "slow": 1.0, "fast": 0.125})
    assert {t.contestant: (t.seconds, t.ratio) for t in found} == {
        "optproof float32": (0.25, 1.0),
        "slow": (1.0, 4.0),
        "fast": (0.125, 0.5),
    }
    assert all(t.spread == 0 and t.ratio_spread == 0 for t in found)


def test_contestants_take_turns(bench: Any) -> None:
    _, clock = _compared(bench, {"optproof float32": 1.0, "other": 1.0})
    in_turns = clock.steps[4:]  # two steps each went before, to see how often one is to be repeated
    assert len(in_turns) == 2 * (3 + 1)
    assert all(set(in_turns[k : k + 2]) == {"optproof float32", "other"} for k in range(0, 8, 2))


def test_no_more_contestants_are_held_than_fit_and_the_kernel_is_in_every_round(bench: Any) -> None:
    seconds = {"optproof float32": 1.0, "a": 2.0, "b": 3.0, "large": 4.0, "c": 5.0}
    memory = {"optproof float32": 10, "a": 8, "b": 8, "large": 99, "c": 4}
    found, clock = _compared(bench, seconds, memory, free=25)
    by_name = {one.contestant: one for one in found}
    assert {name: by_name[name].ratio for name in "abc"} == {"a": 2.0, "b": 3.0, "c": 5.0}
    assert "is not free" in by_name["large"].reason
    assert len(found) == len(by_name)
    split = clock.steps.index("b")
    assert "a" not in clock.steps[split:]
    assert "optproof float32" in clock.steps[split - 2 : split + 1]


def test_a_contestant_that_is_not_there_is_left_out_with_a_sentence(bench: Any) -> None:
    contestants = bench("contestants")

    def absent(rule: str, sizes: Sequence[int]) -> Any:
        raise ModuleNotFoundError("No module named 'nowhere'", name="nowhere")

    clock = Clock()
    known = {
        "optproof float32": clock.contestant(bench, "optproof float32", 1.0),
        "absent": contestants.Contestant(absent),
        "ignorant": contestants.Contestant(lambda rule, sizes: None),
    }
    case = bench("plan").Case("sgd", (10,), tuple(known), 1)
    *timed, one, other = sorted(
        bench("kernel_speed").compare(case, known, clock=clock), key=lambda t: getattr(t, "reason", "")
    )
    assert [t.contestant for t in timed] == ["optproof float32"]
    assert other.reason == "nowhere is not installed; pip install 'optproof[bench]' installs it"
    assert one.reason == "it does not have sgd"


def test_tables_name_rules_with_their_brackets(bench: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    timing = bench("kernel_speed").Timing("sgd[momentum]", "10", "optproof float32", 10, 1e-6, 0.0, 1.0, 0.0)
    figures = [bench("measure").Figure("of sgd[momentum]", float("nan"), "elements", at_least=1)]
    console = Console(width=120)
    console.print(bench("speed_table").speed_table([timing]), bench("__main__")._table(figures))
    shown = capsys.readouterr().out
    assert shown.count("sgd[momentum]") == 2
    assert "none seen" in shown


def test_what_was_asked_is_read_off_the_ratios(bench: Any) -> None:
    timing = bench("kernel_speed").Timing
    rows = [
        timing(rule, layout, name, 1, 1.0, 0.0, ratio, 0.0)
        for rule, layout, name, ratio in [
            ("adam", "10,000,000", "memory limit float32", 0.97),
            ("lion", "10,000,000", "memory limit float32", 0.90),
            ("adam", "10,000,000", "torch default", 6.0),
            ("adam", "10,000,000", "torch fused", 1.5),
            ("lion", "10,000,000", "NumPy", 9.0),
            ("adam", "1,000 x 100", "torch default", 70.0),
            ("adam", "1,000 x 100", "torch fused", 19.0),
            ("adam", "100,000,000", "optproof bfloat16 state", 0.5),
        ]
    ]
    found = {f.name: (f.value, f.within) for f in bench("ratios").asked_and_measured(rows)}
    assert found == {
        "of the memory limit, 10,000,000 elements: the lowest of 2 rules (lion)": (0.90, False),
        "the fastest peer, 10,000,000: the lowest of 2 rules (adam, torch fused)": (1.5, True),
        "the fastest peer, 1,000 x 100: the lowest of 1 rule (adam, torch fused)": (19.0, True),
        "torch's default, adam, 10,000,000 elements": (6.0, True),
        "torch's default, 1,000 x 100: the lowest of 1 rule (adam)": (70.0, True),
        "torch's fused form, 1,000 x 100: the lowest of 1 rule (adam)": (19.0, False),
        "bfloat16 state, how many times as fast at 100,000,000: the lowest of 1 rule (adam)": (2.0, True),
    }


def test_the_command_writes_rows_figures_and_a_plot_and_goes_on_where_it_was(
    bench: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["kernels", "--rules", "sgd", "--sizes", "64", "--turns", "2", "--out", str(tmp_path)]
    chosen += ["--contestants", "NumPy", "memory limit float32"]
    assert bench("__main__").main(chosen) == 0
    rows = json.loads((tmp_path / "kernel_speed.json").read_text())
    assert {row["contestant"] for row in rows} == {"optproof float32", "NumPy", "memory limit float32"}
    assert all(row["rule"] == "sgd" and row["elements"] == 64 and row["seconds"] > 0 for row in rows)
    assert set(rows[0]) == {
        "rule", "layout", "contestant", "elements", "seconds", "spread", "ratio", "ratio_spread",
    }  # fmt: skip
    written = json.loads((tmp_path / "benchmarks.json").read_text())
    assert written["machine"]["cores"] >= 1
    assert [f["name"] for f in written["figures"]] == ["the fastest peer, 64: the lowest of 1 rule (sgd, NumPy)"]
    assert (tmp_path / "kernel_speed_sgd.svg").read_text().startswith("<?xml")
    assert written["busy"] in (True, False)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert bench("__main__").main([*chosen, "--resume"]) == 0
    assert "kernels 1/1" not in capsys.readouterr().err.split("written", 1)[1]
    assert json.loads((tmp_path / "kernel_speed.json").read_text()) == rows


def test_the_plan_covers_every_rule_at_ten_million_and_all_of_it_on_request(bench: Any) -> None:
    from optproof.derive import names

    plan = bench("plan")
    assert {c.rule for c in plan.default_plan(names()) if c.layout == "10,000,000"} == set(names())
    whole = {(c.rule, c.layout) for c in plan.whole_plan(names())}
    layouts = {"1,000", "100,000", "10,000,000", "100,000,000", "1,000 x 100", "1,000 x 10,000"}
    assert whole == {(rule, layout) for rule in names() for layout in layouts}


@pytest.mark.parametrize("arguments", [["nothing"], ["kernels", "--rules", "adm"], ["kernels", "--many", "big"]])
def test_what_there_is_not_is_refused(bench: Any, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        bench("__main__").main(arguments)
    assert "error: " in capsys.readouterr().err
