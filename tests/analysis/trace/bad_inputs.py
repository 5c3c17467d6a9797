"""Targets that something is wrong with; each name says what."""
# ruff: noqa

import random
import sys
import time

import numpy as np

COUNT = 0
SHARED = {"m": 0.0}


def too_few(theta, g):
    return theta - g


def raises(theta, g, state, t, *, lr):
    raise RuntimeError("no such thing")


def raises_by_type(theta, g, state, t, *, lr):
    return theta - lr * g["weight"], state


def another_shape(theta, g, state, t, *, lr):
    return theta[:1] - lr * g[:1], state


def returns_text(theta, g, state, t, *, lr):
    return "done"


def returns_three(theta, g, state, t, *, lr):
    return theta, state, t


def never_ends(theta, g, state, t, *, lr):
    while True:
        pass


def random_numbers(theta, g, state, t, *, lr):
    return theta - lr * g * np.random.rand(), state


def random_module(theta, g, state, t, *, lr):
    return theta - lr * (g + random.gauss(0, 1)), state


def the_time(theta, g, state, t, *, lr):
    return theta - lr * g * time.perf_counter(), state


def global_counter(theta, g, state, t, *, lr):
    global COUNT
    COUNT += 1
    return theta - lr * g / COUNT, state


def global_buffer(theta, g, state, t, *, lr, momentum):
    SHARED["m"] = momentum * SHARED["m"] + g
    return theta - lr * SHARED["m"], state


def shared_default(theta, g, state, t, *, lr, momentum, buffer={}):
    buffer["m"] = momentum * buffer.get("m", 0.0) + g
    return theta - lr * buffer["m"], state


def leaves(theta, g, state, t, *, lr):
    import os

    os._exit(3)


def exits(theta, g, state, t, *, lr):
    sys.exit("bye")


def global_norm(theta, g, state, t, *, lr):
    return theta - lr * g / np.maximum(1.0, np.linalg.norm(g)), state


def first_coordinate_only(theta, g, state, t, *, lr):
    theta[0] -= lr * g[0]
    return theta, state


def rounds(theta, g, state, t, *, lr):
    return theta - lr * np.round(g, 2), state


def leaks(theta, g, state, t, *, lr):
    return theta - float(str(lr)) * 3.0 * g / 3.0, state


def grows(theta, g, state, t, *, lr):
    state[f"g{t}"] = g.copy()
    return theta - lr * g, state


def many_branches(theta, g, state, t, *, lr):
    for k in range(8):
        if g[0] > k:
            theta = theta - lr * g * k
    return theta, state


def overwrites_gradient(theta, g, state, t, *, lr):
    g *= lr
    theta -= g
    return theta, state


def prints(theta, g, state, t, *, lr, unused=3.0):
    print("noise on standard output")
    return theta - lr * g, state


not_a_function = 3


class NotAnOptimizer:
    pass
