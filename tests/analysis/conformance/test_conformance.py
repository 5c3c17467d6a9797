"""The conformance matrix: which rule a case is measured against, what is written, and what may go wrong."""

from __future__ import annotations

import json
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest

from optproof.__main__ import run as run_command
from optproof.analysis.conformance.cases import Case
from optproof.analysis.conformance.cell import Cell, measured
from optproof.analysis.conformance.matrix import Framework, Matrix
from optproof.analysis.conformance.published import family_of, forms_for
from optproof.analysis.conformance.run import UnknownFrameworkError, Worker, conformance
from optproof.analysis.trace import Tracer
from optproof.analysis.trace.transport import content_of, traced_to_json
from optproof.analysis.verification import deciding
from optproof.analysis.verification.workbench import Workbench
from optproof.derive.catalogue import families
from optproof.reports.conformance import html_table, markdown, matrix_files

EVIL = "a <b> | `c`"
MATRIX = Matrix(
    (Framework("torch", "2.0"), Framework("keras", missing="keras is not installed")),
    (
        Cell("torch", "torch.optim.SGD", "SGD", {}, "sgd", "PROVED"),
        Cell("torch", "torch.optim.Adam", EVIL, {"x": "1"}, "adam", "REFUTED", EVIL, script="print('<')\n", evidence={
            "differences": [{"rule": "a", "implementation": "b"}],
            "counterexample": {
                "hyperparameters": {"lr": "1/2"}, "theta": "1", "gradients": ["1", "0"], "lr": None, "step": 2,
                "rule_decimal": "0.25", "implementation_decimal": "0.75",
            },
            "effect": "large", "side_effects": ["the gradient is overwritten"],
        }),
        Cell("torch", "torch.optim.LBFGS", "LBFGS", words="not element-wise"),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("target", "family"),
    [
        ("torch.optim.RMSprop", "rmsprop"),
        ("optax.adam", "adam"),
        ("keras.optimizers.SGD", "sgd"),
        ("optax.sm3", None),
    ],
)
def test_the_family_is_found_by_name(target: str, family: str | None) -> None:
    assert family_of(Case(target.partition(".")[0], target)) == family
    assert family is None or family in families()


@pytest.mark.parametrize(
    ("code", "options", "rule"),
    [
        ("lr=0.1: theta - lr * g", {}, "sgd"),
        ("lr=0.1, weight_decay=0.1: theta - lr * (g + weight_decay * theta)", {}, "sgd[l2]"),
        ("lr=0.1: theta + lr * g", {"maximize": True}, "sgd[maximize]"),
    ],
)
def test_the_form_has_what_was_asked_for(code: str, options: dict[str, bool], rule: str, tmp_path: Path) -> None:
    arguments, _, value = code.partition(": ")
    (tmp_path / "sgd.py").write_text(f"def sgd(theta, g, state, t, *, {arguments}):\n    return {value}, state\n")
    with Tracer() as tracer:
        traced = tracer.trace(f"{tmp_path / 'sgd.py'}:sgd")
    forms = forms_for(Case("torch", "torch.optim.SGD", options), traced)
    assert forms is not None
    assert forms.claimed[0].name == rule


def test_what_was_decided_of_formulas_is_remembered_only_for_the_same_formulas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = {"sgd": "theta - lr * g", "also": "theta - g * lr", "twice": "theta - 2 * lr * g"}
    for name, value in steps.items():
        (tmp_path / f"{name}.py").write_text(f"def sgd(theta, g, state, t, *, lr=0.1):\n    return {value}, state\n")
    tried = []
    against = deciding.against

    def counted(*arguments: object, **named: object) -> object:
        tried.append(named)
        return against(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("optproof.analysis.conformance.cell.against", counted)
    cells, counts = [], []
    with Tracer(apart=False) as tracer, Workbench() as bench:
        for name in steps:
            cells.append(measured(Case("torch", f"{tmp_path / name}.py:sgd", against="sgd"), tracer, bench))
            counts.append(len(tried))
    assert [c.verdict for c in cells] == ["PROVED", "PROVED", "REFUTED"]
    assert [c.evidence["target"] for c in cells] == [c.target for c in cells]
    assert counts[0] == counts[1] == 1 < counts[2]


def test_all_of_a_trace_but_where_it_comes_from_is_part_of_what_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "sgd.py").write_text("def sgd(theta, g, state, t, *, lr=0.1):\n    return theta - lr * g, state\n")
    with Tracer() as tracer:
        traced = tracer.trace(f"{tmp_path / 'sgd.py'}:sgd")
    assert {f.name for f in fields(traced)} == set(traced_to_json(traced))
    assert content_of(replace(traced, target="elsewhere", fixed={"foreach": "True"})) == content_of(traced)
    for change in ({"notes": ("x",)}, {"raises": ("x",)}, {"limits": ("x",)}, {"paths": ()}, {"hyper": {}}):
        assert content_of(replace(traced, **change)) != content_of(traced)


@pytest.mark.torch
def test_a_trace_is_the_same_in_a_process_that_is_shared() -> None:
    with Tracer() as apart, Tracer(apart=False) as shared:
        for target in ("torch.optim.Adagrad", "torch.optim.Adadelta", "torch.optim.Adagrad"):
            assert shared.trace(target) == apart.trace(target)


def test_every_table_names_every_cell_and_escapes_it() -> None:
    text, table = markdown(MATRIX), html_table(MATRIX)
    for cell in MATRIX.cells:
        assert cell.title.replace("|", "\\|") in text
    assert "keras is not installed" in text
    assert "1 PROVED, 1 REFUTED, 0 UNKNOWN, 1 not element-wise" in text
    assert "<b>" not in table
    assert table.count("<tr>") == len(MATRIX.cells) + 1
    for evidence in ("0.25", "0.75", "the gradient is overwritten", "lr = 1/2"):
        assert evidence in text
        assert evidence in table
    assert json.loads(matrix_files(MATRIX, as_json=json.dumps(MATRIX.to_json()))["conformance.json"])["cells"]


def test_an_unknown_framework_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnknownFrameworkError, match="there is no framework 'jacks'; the frameworks are torch"):
        conformance(["jacks"])
    assert run_command(["conformance", "--framework", "jacks"]) == 2
    assert "jacks" in capsys.readouterr().err


def test_a_framework_that_is_not_installed_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from optproof.analysis.conformance import worker

    monkeypatch.setitem(worker.FRAMEWORKS, "torch", ("no-such-distribution",))
    assert worker.listed("torch")["missing"] == "no-such-distribution is not installed; pip install 'optproof[torch]'"


def test_a_worker_that_is_ended_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with Worker() as worker:
        worker.ask({"list": "torch"})
        process = worker._process
        assert process is not None
    assert process.poll() is not None


@pytest.mark.torch
@pytest.mark.parametrize(
    ("options", "verdict", "words"),
    [
        ({"nesterov": True}, "PROVED", ""),
        ({"momentum": 0, "maximize": True}, "PROVED", ""),
        ({}, "REFUTED", "where momentum = 0, dampening has no effect"),
        ({"fused": True}, "UNKNOWN", "opaque native kernel"),
    ],
)
def test_torch_cells(options: dict[str, object], verdict: str, words: str) -> None:
    from optproof.analysis.conformance.run import _measured

    with Worker() as worker:
        (cell,) = _measured([worker], [Case("torch", "torch.optim.SGD", options)], 60.0, lambda *_: None)
    assert (cell.verdict, words in cell.words) == (verdict, True), cell.words
    if verdict == "REFUTED":
        assert cell.evidence["weaker"] == ["proved the same wherever momentum is not 0"]
        shown = run_script(cell.script)
        found = cell.evidence["counterexample"]["implementation_decimal"]
        assert float(shown) == pytest.approx(float(found))


@pytest.mark.torch
def test_a_case_that_takes_too_long_is_unknown() -> None:
    from optproof.analysis.conformance import run

    case = Case("torch", "torch.optim.Adam")
    with Worker() as worker:
        worker._known.add("torch")
        (cell,) = run._measured([worker], [case], 0.05, lambda *_: None)
    assert cell.verdict == "UNKNOWN"
    assert cell.words == "no decision within 0.05 s"


@pytest.mark.torch
def test_every_element_wise_class_of_torch_has_a_case() -> None:
    import torch

    from optproof.analysis.conformance.torch_cases import cases

    classes = {n for n, k in vars(torch.optim).items() if isinstance(k, type) and issubclass(k, torch.optim.Optimizer)}
    assert {c.target.rpartition(".")[2] for c in cases()} == classes - {"Optimizer"}
    assert len({c.title for c in cases()}) == len(cases())


def run_script(script: str) -> str:
    import subprocess

    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
