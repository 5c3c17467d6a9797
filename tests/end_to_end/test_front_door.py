"""``import optproof`` costs nothing, and every name it offers is there however it is asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import optproof as op
from optproof.derive import rule

HEAVY = ("sympy", "numba", "matplotlib", "torch", "jax", "z3", "numpy", "rich", "jinja2", "click")


def fresh(code: str) -> str:
    """What `code` prints in an interpreter of its own."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path.home())
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_package_imports_nothing_heavy() -> None:
    loaded = fresh("import sys, optproof; print(*sorted({m.partition('.')[0] for m in sys.modules}))").split()
    assert set(loaded).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("use", "never"),
    [
        ("optproof.rule('adam').text()", ("numba", "matplotlib", "torch", "z3")),
        ("import optproof.kernels", ("numba", "sympy")),
        ("import optproof.reports", ("numba", "matplotlib", "jinja2", "rich")),
        ("import optproof.analysis", ("numba", "matplotlib")),
        ("import optproof.__main__", ("numba", "sympy", "rich", "matplotlib")),
    ],
)
def test_a_floor_is_paid_for_only_when_it_is_used(use: str, never: tuple[str, ...]) -> None:
    loaded = fresh(f"import sys, optproof\n{use}\nprint(*sorted({{m.partition('.')[0] for m in sys.modules}}))").split()
    assert set(loaded).isdisjoint(never)


def test_every_name_that_is_listed_exists() -> None:
    assert set(op.__all__) <= set(dir(op))
    assert len(op.__all__) == len(set(op.__all__))
    for name in op.__all__:
        assert getattr(op, name) is not None
        assert getattr(op, name) is getattr(op, name)


@pytest.mark.parametrize(
    "name", ["rule", "names", "derive", "compile", "crosscheck", "optimizer", "report", "UpdateRule", "Quantity"]
)
def test_the_names_of_the_interface_are_callable(name: str) -> None:
    assert callable(getattr(op, name))
    assert callable(getattr(op, name)), "the second time, when its module has been imported"


@pytest.mark.parametrize("name", ["trace", "nonsense"])
def test_what_is_not_there_is_not_offered(name: str) -> None:
    assert name not in dir(op)
    with pytest.raises(AttributeError, match=f"module 'optproof' has no attribute '{name}'"):
        getattr(op, name)


ORDERS = [
    "import optproof as op; op.derive",
    "import optproof.derive; import optproof as op",
    "from optproof.derive import rule; import optproof as op",
    "import optproof as op; import optproof.derive; op.rule('adam')",
    "import optproof as op; op.rule('adam'); from optproof.derive import printing",
    "from optproof import derive; import optproof as op; assert op.derive is derive",
    "from optproof import *; import optproof as op; assert op.derive is derive",
    "import optproof as op; import optproof.derive.rule",
]


@pytest.mark.parametrize("order", ORDERS)
def test_derive_is_the_floor_and_the_function_in_every_order_of_imports(order: str) -> None:
    code = f"""
{order}
import sys
assert op.derive is sys.modules["optproof.derive"]
from optproof.derive import rule, UpdateRule
import optproof.derive
assert optproof.derive.rule is rule
results = op.derive("sgd", claim="one-step-map")
assert [r.claim.rule.name for r in results] == ["sgd"]
print("good")
"""
    assert fresh(code) == "good"


def test_calling_the_floor_is_calling_its_function() -> None:
    first = op.derive("sgd", claim="effective-step")
    second = op.derive.derive(rule("sgd"), claim="effective-step")  # type: ignore[attr-defined]
    assert [(r.claim, r.verdict) for r in first] == [(r.claim, r.verdict) for r in second]
