"""Plain descent with something hidden in it: none of these may be called plain descent."""
# ruff: noqa

import math
import struct

import numpy as np


def late_branch(theta, g, state, t, *, lr):
    return theta - (lr if t < 10_000 else 2 * lr) * g, state


def late_branch_on_a_float(theta, g, state, t, *, lr):
    return theta - (lr if float(t) < 10_000 else 2 * lr) * g, state


def branch_on_a_numpy_float(theta, g, state, t, *, lr):
    return theta - (lr if np.float64(lr) < 5 else 2 * lr) * g, state


def branch_on_a_packed_float(theta, g, state, t, *, lr):
    (plain,) = struct.unpack("d", struct.pack("d", lr))
    return theta - (lr if plain < 5 else 2 * lr) * g, state


def branch_on_the_exponent(theta, g, state, t, *, lr):
    return theta - (lr if math.frexp(lr)[1] < 9 else 2 * lr) * g, state


def branch_on_argmax(theta, g, state, t, *, lr):
    return theta - lr * g * (1 + 0 * g.argmax()), state


def branch_on_sorted(theta, g, state, t, *, lr):
    return theta - lr * g if np.argsort(g)[0] < 5 else theta, state


def one_gradient_value(theta, g, state, t, *, lr):
    return theta - lr * np.where(g == 12345, 0.0, g), state


def large_gradients(theta, g, state, t, *, lr):
    return theta - lr * np.minimum(g, 1e12), state


def undefined_at_zero(theta, g, state, t, *, lr):
    return theta - lr * g * g / g, state


def every_thousandth(theta, g, state, t, *, lr):
    return theta - lr * g * (t % 1000 != 0), state


def hidden_state(theta, g, state, t, *, lr):
    n = state.get("n", 0) + 1
    return theta - lr * g * (1.0 if n <= 5000 else 0.5), {"n": n}


def other_coordinate(theta, g, state, t, *, lr):
    step = lr * g
    step[0] = lr * g[0] + 0.0 * g[1]
    step[-1] = step[-1] + (1e-9 if g[0] > 1e6 else 0.0)
    return theta - step, state


def memory_view(theta, g, state, t, *, lr):
    big = memoryview(g)[0] > 1e6
    return theta - lr * g * (2.0 if big else 1.0), state
