"""Programs of JAX run on expressions: what comes out is what JAX computes, or is said not to be followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy as sp

from optproof.analysis.evaluate import NUMPY, evaluator
from optproof.derive.catalogue.vocabulary import T
from optproof.derive.symbols import Quantity

pytestmark = pytest.mark.jax

X, Y = Quantity("x"), Quantity("y")
SHAPE = (3, 4)


def _jnp() -> Any:
    import jax

    jax.config.update("jax_enable_x64", True)
    return jax


def interpreted(function: Callable[..., Any], *, counter: bool = False) -> tuple[Any, Any]:
    """The expression of one place of the result, and the interpreter."""
    jax = _jnp()
    from optproof.analysis.trace.jax_elements import Elements
    from optproof.analysis.trace.jax_interpreter import Interpreter
    from optproof.analysis.trace.torch_run import Run

    array = jax.ShapeDtypeStruct(SHAPE, np.float64)
    interpreter = Interpreter(Run(), frozenset([X, Y]), frozenset([T]))
    if counter:
        program = jax.make_jaxpr(function)(array, jax.ShapeDtypeStruct((), np.int32))
        (made,) = interpreter.closed(program, [Elements(X, SHAPE), Elements(T, ())])
    else:
        program = jax.make_jaxpr(function)(array, array)
        (made,) = interpreter.closed(program, [Elements(X, SHAPE), Elements(Y, SHAPE)])
    return made.expression, interpreter


ELEMENTWISE: dict[str, Callable[[Any, Any, Any], Any]] = {
    "arithmetic": lambda j, x, y: (x - 2 * y) / (1 + y**2) - -x,
    "roots": lambda j, x, y: j.numpy.sqrt(x**2 + 1) * j.lax.rsqrt(y**2 + 0.5),
    "powers": lambda j, x, y: x**3 + (1 + y**2) ** -2 + j.numpy.power(2.0, y),
    "extrema": lambda j, x, y: j.numpy.maximum(x, y) - j.numpy.minimum(x, 0.5) + j.numpy.clip(x, -0.3, 0.4),
    "signs": lambda j, x, y: j.numpy.sign(x) * j.numpy.abs(y) + j.numpy.where(x * y > 0, x, -y),
    "logic": lambda j, x, y: j.numpy.where((x > 0) & ~(y > 0) | (x > y), x, y) + (x <= y),
    "exclusive": lambda j, x, y: j.numpy.where((x > 0) ^ (y > 0), 1.0, x),
    "nested": lambda j, x, y: j.jit(lambda a: j.checkpoint(lambda b: b * y)(a) + 1)(x),
    "activation": lambda j, x, y: j.nn.relu(x) + j.nn.leaky_relu(y),
    "loop": lambda j, x, y: j.lax.fori_loop(0, 3, lambda i, a: a * y + i, x),
    "scan": lambda j, x, y: j.lax.scan(lambda c, _: (c + y, None), x, None, length=4)[0],
    "while": lambda j, x, y: j.lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] / 2), (0, x))[1],
    "switch": lambda j, x, y: j.lax.switch(1, [lambda a: a, lambda a: a * a, lambda a: -a], x) + y,
    "reshaped": lambda j, x, y: (x.reshape(-1) * y.ravel()).reshape(x.shape),
    "selected": lambda j, x, y: j.lax.select_n(x > 0, y, x),
    "exponential": lambda j, x, y: j.numpy.exp(x) + j.numpy.log1p(y**2) - j.numpy.expm1(y),
}
NOT: dict[str, Callable[[Any, Any, Any], Any]] = {
    "sum": lambda j, x, y: x / x.sum(),
    "mean of a row": lambda j, x, y: x - x.mean(axis=1, keepdims=True),
    "largest": lambda j, x, y: x * (x.max() > 1),
    "product": lambda j, x, y: x @ y.T @ x,
    "flipped": lambda j, x, y: x + y[::-1],
    "transposed": lambda j, x, y: x + y.T.reshape(x.shape),
    "rolled": lambda j, x, y: j.numpy.roll(x, 1),
    "sorted": lambda j, x, y: j.numpy.sort(x),
    "accumulated": lambda j, x, y: j.numpy.cumsum(x, axis=0),
    "first row": lambda j, x, y: x + y[0],
    "scattered": lambda j, x, y: x.at[0, 0].set(0.0),
    "gathered": lambda j, x, y: x[j.numpy.array([1, 0, 2])],
    "scan over rows": lambda j, x, y: j.lax.scan(lambda c, a: (c + a, c), x[0], x)[1],
    "own reduction": lambda j, x, y: x + j.lax.reduce(x, 0.0, lambda a, b: a * b + a + b, (0, 1)),
    "positions": lambda j, x, y: x * j.numpy.arange(4.0),
    "random": lambda j, x, y: x + j.random.normal(j.random.key(1), x.shape),
    "rounded": lambda j, x, y: j.numpy.round(x),
    "whole numbers": lambda j, x, y: x.astype("int32").astype("float64"),
    "a loop as long as the data say": lambda j, x, y: j.lax.while_loop(lambda a: a.max() > 1, lambda a: a / 2, x),
    "over the coordinates": lambda j, x, y: j.vmap(lambda a: a / j.numpy.sqrt(a @ a))(x),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_expressions_are_what_jax_computes(name: str) -> None:
    jax = _jnp()
    expression, interpreter = interpreted(lambda x, y: ELEMENTWISE[name](jax, x, y))
    assert expression.free_symbols <= {X, Y}
    assert not interpreter.limits
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=SHAPE), rng.normal(size=SHAPE)
    expected = np.asarray(ELEMENTWISE[name](jax, jax.numpy.asarray(x), jax.numpy.asarray(y)))
    np.testing.assert_allclose(evaluator(expression, NUMPY)({"x": x, "y": y}), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", NOT)
def test_what_is_not_element_wise_is_not_followed(name: str) -> None:
    jax = _jnp()
    from optproof.analysis.trace.jax_interpreter import reason_not_followed

    expression, _ = interpreted(lambda x, y: NOT[name](jax, x, y))
    assert reason_not_followed(expression)


def test_what_the_result_does_not_need_may_be_anything() -> None:
    jax = _jnp()
    expression, _ = interpreted(lambda x, y: (jax.numpy.sort(y), x)[1])
    assert expression == X


COUNTED: dict[str, tuple[Callable[[Any, Any, Any], Any], sp.Expr, int]] = {
    "next": (lambda j, x, t: x * (t + 1), X * (T + 1), 2**31 - 1),
    "after next": (lambda j, x, t: x * (t + 2), X * (T + 2), 2**31 - 2),
    "twice": (lambda j, x, t: x * (2 * t), 2 * T * X, (2**31 - 1) // 2),
    "saturating": (
        lambda j, x, t: x * j.numpy.where(t < 2**31 - 1, t + 1, 2**31 - 1),
        X * (T + 1),
        2**31 - 1,
    ),
    "as a small type": (lambda j, x, t: x * t.astype("int8"), T * X, 127),
}


@pytest.mark.parametrize("name", COUNTED)
def test_counters_are_followed_until_they_overflow(name: str) -> None:
    jax = _jnp()
    function, expected, last = COUNTED[name]
    expression, interpreter = interpreted(lambda x, t: function(jax, x, t), counter=True)
    assert sp.expand(expression - expected) == 0
    assert any(limit.endswith(str(last)) for limit in interpreter.limits)


@pytest.mark.parametrize("name", ["squared", "remainder", "halved"])
def test_other_whole_numbers_are_not_followed(name: str) -> None:
    from optproof.analysis.trace.jax_interpreter import reason_not_followed

    made = {
        "squared": lambda x, t: x * (t * t),
        "remainder": lambda x, t: x * (t % 2),
        "halved": lambda x, t: x * (t // 2),
    }
    expression, _ = interpreted(made[name], counter=True)
    assert reason_not_followed(expression)
