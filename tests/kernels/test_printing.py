"""The printed module: byte-stable, readable, standalone."""

from __future__ import annotations

import ast
import difflib
import re
from pathlib import Path
from typing import Any

import pytest

from optproof import rule
from optproof.derive import UpdateRule, names
from optproof.kernels import generate

from .conftest import FreshProcess, Generated

GOLDEN = Path(__file__).parent / "golden"
CHOSEN = [
    ("adam", "float32"),
    ("adam[amsgrad,l2]", "float32"),
    ("adamw[paper]", "float64"),
    ("adadelta", "float32"),
    ("rmsprop[centered,momentum]", "float64"),
    ("sgd[momentum,dampening]", "float32"),
    ("sgd[lookahead]", "float64"),
]

FORMS: dict[str, dict[str, Any]] = {
    "adam_float32_float16": {"state_dtype": "float16"},
    "adam_float32_bfloat16_stochastic_extras": {
        "state_dtype": "bfloat16",
        "stochastic_rounding": True,
        "extras": {"clip_value": 1, "average_decay": "0.99", "zero_gradient": True, "skip_nonfinite": True},
    },
}


def _file(name: str, dtype: str) -> Path:
    return GOLDEN / f"{re.sub(r'[^a-z0-9]+', '_', name).strip('_')}_{dtype}.py"


def _compare(path: Path, source: str, update: bool) -> None:
    if update:
        path.write_text(source, encoding="utf-8")
    expected = path.read_text(encoding="utf-8") if path.exists() else ""
    difference = difflib.unified_diff(
        expected.splitlines(keepends=True), source.splitlines(keepends=True), f"golden/{path.name}", "generated"
    )
    assert source == expected, "run pytest with --update if this is intended\n" + "".join(difference)


@pytest.mark.upkeep
@pytest.mark.parametrize(("name", "dtype"), CHOSEN)
def test_the_generated_file_is_the_golden_one(name: str, dtype: str, update: bool) -> None:
    _compare(_file(name, dtype), generate(name, dtype).source, update)


@pytest.mark.upkeep
def test_the_golden_file_of_a_rule_with_every_operation(odd_rule: UpdateRule, update: bool) -> None:
    _compare(GOLDEN / "odd_float32.py", generate(odd_rule, "float32").source, update)


@pytest.mark.upkeep
@pytest.mark.parametrize("form", FORMS)
def test_the_golden_file_of_a_form(form: str, update: bool) -> None:
    _compare(GOLDEN / f"{form}.py", generate("adam", **FORMS[form]).source, update)


def test_no_golden_file_is_left_over() -> None:
    expected = {_file(*pair).name for pair in CHOSEN} | {"odd_float32.py"} | {f"{form}.py" for form in FORMS}
    assert {path.name for path in GOLDEN.glob("*.py")} == expected


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_the_source_does_not_depend_on_the_hash_seed(seed: str, fresh_process: FreshProcess) -> None:
    chosen = ["adam[amsgrad,l2]", "rmsprop[centered,momentum,l2]", "adadelta[l2,lr]"]
    code = f"from optproof.kernels import generate\nprint([generate(n).digest for n in {chosen}])"
    assert fresh_process("-c", code, PYTHONHASHSEED=seed).strip() == str([generate(n).digest for n in chosen])


@pytest.mark.parametrize("name", ["adam", "sgd[lookahead]", "adagrad", "adadelta[lr]"])
def test_the_file_runs_alone(name: str, tmp_path: Path, fresh_process: FreshProcess) -> None:
    file = tmp_path / "k.py"
    file.write_text(generate(name).source, encoding="utf-8")
    printed = fresh_process("-I", str(file), cwd=tmp_path).splitlines()
    values = [float(line.split()[1]) for line in printed[1:]]
    assert printed[0].split() == ["step", "f(theta)", "theta"]
    assert len(values) == 7
    assert values[-1] < values[0] < 2.5


def test_step_of_the_file_is_what_a_reader_expects(tmp_path: Path, fresh_process: FreshProcess) -> None:
    (tmp_path / "k.py").write_text(generate("sgd[momentum]", "float64").source, encoding="utf-8")
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "import numpy as np, k\n"
        "theta, g, b = np.ones((2, 2)), np.full((2, 2), 2.0), np.zeros((2, 2))\n"
        "k.step(theta, g, b, 1, lr=0.25, momentum=0.5)\n"
        "k.step(theta, g, b, 2, lr=0.25, momentum=0.5)\n"
        "print(theta.tolist(), b.tolist())\n"
        "for bad in (np.ones(3), np.ones((2, 2), np.float32), np.ones((4, 4))[::2, ::2]):\n"
        "    try:\n        k.step(theta, bad, b, 3)\n    except ValueError as error:\n        print(error)\n"
        "print(sorted(m for m in sys.modules if m in ('sympy', 'optproof')))\n"
    )
    printed = fresh_process("-I", "-c", code, cwd=tmp_path).splitlines()
    assert printed[0] == "[[-0.25, -0.25], [-0.25, -0.25]] [[3.0, 3.0], [3.0, 3.0]]"
    assert printed[1:4] == ["g must be a C-contiguous float64 array of shape (2, 2)"] * 3
    assert printed[4] == "[]"


@pytest.mark.parametrize("name", names())
def test_the_banner_states_rule_source_and_operations(name: str, generated: Generated) -> None:
    kernel = generated(name)
    tree = ast.parse(kernel.source)
    banner = ast.get_docstring(tree)
    chosen = rule(name)
    assert banner is not None
    assert chosen.title in banner
    assert chosen.source is not None
    assert chosen.source.authors in banner
    assert all(line in " ".join(banner.split()) for line in chosen.text().splitlines())
    assert f"here        {kernel.passes[-1].after.body_text}" in banner
    assert chosen.digest in banner
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    assert imported <= {"math", "numpy", "numba"}


@pytest.mark.parametrize("name", names())
def test_lines_are_short_enough_to_read(name: str, generated: Generated) -> None:
    assert max(map(len, generated(name).source.splitlines())) <= 130


def test_what_an_author_wrote_cannot_end_the_docstring(odd_rule: UpdateRule) -> None:
    banner = ast.get_docstring(ast.parse(generate(odd_rule).source), clean=False)
    assert banner is not None
    assert banner.startswith("Odd \"rule\" with \\ and '''quotes''': one step")
