"""The reference interpreter rounds as IEEE arithmetic does, and its bounds hold against exact arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from optproof.analysis.kernel_check.reference import Reference, same_bits
from optproof.derive import rule

SGD = rule("sgd[momentum]")  # has theta, g, b, lr and momentum to build expressions from
NAMES = ("theta[i]", "g[i]", "b[i]", "lr", "momentum")
LOOP = "def step(theta, g, b, lr, momentum):\n    for i in range(theta.size):\n        theta[i] = {}\n"

expressions = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda x: f"({x[0]} {x[1]} {x[2]})"),
    max_leaves=12,
)


def floats(width: int) -> st.SearchStrategy[float]:
    """Floats of every size, subnormal ones included."""
    return st.floats(allow_nan=False, allow_infinity=False, width=width)


def run(text: str, dtype: str, values: dict[str, float]) -> tuple[float, float]:
    arrays = {name: np.array([values[name]], dtype=dtype) for name in ("theta", "g", "b")}
    scalars = {name: values[name] for name in ("lr", "momentum")}
    casts = f"np.{dtype}"
    body = text.replace("lr", f"{casts}(lr)").replace("momentum", f"{casts}(momentum)")
    source = "import numpy as np\n" + LOOP.format(body)
    computed, bounds = Reference(source, SGD, bounds=True)(arrays, 1, scalars)
    assert computed["theta"].dtype == dtype
    return float(computed["theta"][0]), float(bounds["theta"][0])


def exactly(text: str, values: dict[str, float]) -> Fraction | None:
    numbers = {name: Fraction(value) for name, value in values.items()}
    try:
        return Fraction(eval(text.replace("[i]", ""), {}, numbers))
    except ZeroDivisionError:
        return None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(data=st.data())
def test_no_error_exceeds_its_bound(dtype: str, data: st.DataObject) -> None:
    text = data.draw(expressions)
    numbers = floats(32 if dtype == "float32" else 64)
    moderate = st.one_of(numbers, st.floats(-100, 100, width=32))
    values = {name: data.draw(moderate) for name in ("theta", "g", "b", "lr", "momentum")}
    computed, bound = run(text, dtype, values)
    exact = exactly(text, values)
    if exact is not None and math.isfinite(computed) and math.isfinite(bound):
        assert abs(Fraction(computed) - exact) <= Fraction(bound)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_bounds_are_not_idle(a: float, b: float) -> None:
    # A product of ordinary numbers is bounded to half a unit, not to ten.
    values = {"theta": a, "g": b, "b": 0.0, "lr": 0.0, "momentum": 0.0}
    computed, bound = run("theta[i] * g[i]", "float64", values)
    assert bound <= 1.01 * 2.0**-53 * computed


@pytest.mark.parametrize(("dtype", "digits"), [("float32", 24), ("float64", 53)])
@pytest.mark.parametrize("text", ["theta[i] + g[i]", "b[i] * theta[i]", "theta[i] / g[i]"])
def test_bounds_allow_the_largest_rounding_that_there_is_and_little_more(text: str, dtype: str, digits: int) -> None:
    # Ties, or what is nearest to them just above a power of two, where half a unit is the most in terms of the result.
    u = 2.0**-digits
    operands = {
        "theta[i] + g[i]": (1.0, u, 0.0),
        "b[i] * theta[i]": (1 + 2 * u, 0.0, 1 - u),
        "theta[i] / g[i]": (1.0, 1 - u, 0.0),
    }
    theta, g, b = operands[text]
    values = {"theta": theta, "g": g, "b": b, "lr": 0.0, "momentum": 0.0}
    computed, bound = run(text, dtype, values)
    exact = exactly(text, values)
    assert exact is not None
    distance = abs(Fraction(computed) - exact)
    assert Fraction(bound) * Fraction(97, 100) < distance <= Fraction(bound)


@given(floats(64).map(abs))
def test_square_roots_keep_their_bound(x: float) -> None:
    text = LOOP.format("np.sqrt(g[i] * g[i])")
    arrays = {"theta": np.zeros(1), "g": np.array([x]), "b": np.zeros(1)}
    computed, bounds = Reference("import numpy as np\n" + text, SGD, bounds=True)(
        arrays, 1, {"lr": 0.1, "momentum": 0.5}
    )
    value, bound = float(computed["theta"][0]), float(bounds["theta"][0])
    if math.isfinite(value):
        assert abs(Fraction(value) - Fraction(x)) <= Fraction(bound)


def test_cancellation_has_a_bound_though_units_in_the_last_place_have_none() -> None:
    values = {"theta": 1.0, "g": 1 / 3, "b": 3.0, "lr": 0.0, "momentum": 0.0}
    computed, bound = run("g[i] * b[i] - theta[i]", "float64", values)
    exact = Fraction(1 / 3) * 3 - 1
    assert computed == 0.0 != exact
    assert 0 < abs(exact) <= bound < 1e-15


def test_a_division_by_what_may_be_zero_has_no_bound() -> None:
    values = {"theta": 1.0, "g": 1e-20, "b": 1.0, "lr": 0.0, "momentum": 0.0}
    assert run("theta[i] / ((b[i] + g[i]) - b[i] + g[i])", "float64", values)[1] == math.inf


def test_a_bare_literal_widens_float32_as_it_does_in_numba() -> None:
    arrays = {name: np.ones(2, np.float32) for name in ("theta", "g", "b")}
    source = LOOP.format("theta[i] * 0.1")
    computed, _ = Reference(source, SGD, bounds=False)(arrays, 1, {"lr": 0.1, "momentum": 0.5})
    assert computed["theta"].dtype == np.float64


@pytest.mark.parametrize(
    ("text", "inputs", "wanted"),
    [
        ("np.maximum(theta[i], g[i])", [(1, 2), (np.nan, 1), (1, np.nan), (-np.inf, -1)], [2, np.nan, np.nan, -1]),
        ("np.minimum(theta[i], g[i])", [(1, 2), (np.nan, 1), (1, np.nan), (-np.inf, -1)], [1, np.nan, np.nan, -np.inf]),
        ("np.maximum(theta[i], g[i])", [(0.0, -0.0), (-0.0, 0.0)], [0.0, -0.0]),
        ("np.sign(theta[i])", [(-3, 0), (0.0, 0), (-0.0, 0), (np.nan, 0), (np.inf, 0)], [-1, 0.0, -0.0, np.nan, 1]),
        ("np.abs(-theta[i])", [(-0.0, 0), (-np.inf, 0)], [0.0, np.inf]),
        ("theta[i] if theta[i] > g[i] else g[i]", [(np.nan, 1), (2, np.nan), (2, 1)], [1, np.nan, 2]),
    ],
)
def test_special_values(text: str, inputs: list[tuple[float, float]], wanted: list[float]) -> None:
    theta, g = np.array(inputs, dtype=np.float64).T
    arrays = {"theta": theta, "g": g, "b": g}
    source = "import numpy as np\n" + LOOP.format(text)
    computed, _ = Reference(source, SGD, bounds=False)(arrays, 1, {"lr": 0.1, "momentum": 0.5})
    assert same_bits(computed["theta"], np.array(wanted, dtype=np.float64)).all()


def test_same_bits_tells_zeros_apart_and_takes_any_nan_for_any_other() -> None:
    left, right = np.array([0.0, np.nan, 1.0, 5e-324]), np.array([-0.0, -np.nan, 1.0, 0.0])
    assert same_bits(left, right).tolist() == [False, True, True, False]
    assert not same_bits(left, right.astype(np.float32)).any()
