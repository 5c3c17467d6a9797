"""Right but unusual: NumPy forms of the seed optimizers, as people write them.  Each name begins with its rule's."""
# The point is variety, so the style varies too.
# ruff: noqa

import math
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
from numpy import sqrt, zeros_like

RULES = {}


def is_rule(name):
    def mark(function):
        RULES[function.__name__] = name
        return function

    return mark


# --- plain descent -----------------------------------------------------------------------------------------------


@is_rule("sgd")
def sgd_plain(theta, g, state, t, hyper):
    return theta - hyper["lr"] * g, state


@is_rule("sgd")
def sgd_out(theta, g, state, t, hyper):
    step = np.empty_like(theta)
    np.multiply(g, hyper["learning_rate"], out=step)
    np.subtract(theta, step, out=theta)
    return theta, state


@is_rule("sgd")
def sgd_loop(theta, g, state, t, *, lr=0.01):
    for i in range(len(theta)):
        theta[i] = theta[i] - lr * g[i]
    return theta, state


@is_rule("sgd")
def sgd_mask(theta, g, state, t, *, lr=0.01):
    up = g < 0
    theta[up] += lr * np.abs(g[up])
    theta[~up] -= lr * np.abs(g[~up])
    return theta, state


@is_rule("sgd")
def sgd_sign_times_size(theta, g, state, t, *, lr=0.01):
    return theta - lr * np.copysign(np.abs(g), g), state


@is_rule("sgd[l2]")
def sgd_l2_factored(theta, g, state, t, *, lr=0.01, wd=0.0):
    return theta * (1 - lr * wd) - lr * g, state


# --- momentum ----------------------------------------------------------------------------------------------------


@is_rule("sgd[momentum]")
def momentum_in_place(theta, g, state, t, *, lr, mu):
    b = state.setdefault("b", np.zeros_like(theta))
    b *= mu
    b += g
    theta -= lr * b
    return theta, state


@is_rule("sgd[momentum]")
def momentum_first_step_apart(theta, g, state, t, *, lr, momentum):
    if state.get("buffer") is None:
        state["buffer"] = g.copy()
    else:
        state["buffer"] = momentum * state["buffer"] + g
    return theta - lr * state["buffer"], state


def momentum_tuple_init(theta):
    return (np.zeros(theta.shape),)


@is_rule("sgd[momentum]")
def momentum_tuple(theta, g, state, t, *, lr, momentum):
    (b,) = state
    b = g - (-momentum) * b
    return theta - b * lr, (b,)


@is_rule("sgd[momentum]")
def momentum_average_scaled(theta, g, state, t, *, lr, momentum):
    """The buffer is an average; the step makes up for it."""
    a = state.get("a", 0.0)
    a = momentum * a + (1 - momentum) * g
    return theta - lr / (1 - momentum) * a, {"a": a}


@is_rule("sgd[momentum]")
def momentum_negative_buffer(theta, g, state, t, *, lr, momentum):
    v = state["v"] if "v" in state else np.zeros_like(theta)
    v = momentum * v - g
    return theta + lr * v, {"v": v}


@is_rule("sgd[momentum,lr_inside]")
def momentum_lr_inside(theta, g, state, t, *, lr, momentum):
    v = state.get("v", np.zeros_like(theta))
    v = momentum * v - lr * g
    return theta + v, {"v": v}


@is_rule("sgd[nesterov]")
def nesterov_in_place(theta, g, state, t, *, lr, momentum):
    b = state.setdefault("b", np.zeros_like(theta))
    np.multiply(b, momentum, out=b)
    np.add(b, g, b)
    theta -= lr * (g + momentum * b)
    return theta, state


@is_rule("sgd[nesterov]")
def nesterov_expanded(theta, g, state, t, *, lr, momentum):
    b = state.get("b", np.zeros_like(theta))
    new = momentum * b + g
    return theta - lr * ((1 + momentum) * g + momentum**2 * b), {"b": new}


@is_rule("sgd[nesterov]")
def nesterov_decayed_buffer(theta, g, state, t, *, lr, momentum):
    """The state is what the next step adds to its gradient."""
    d = momentum * (state.get("d", np.zeros_like(theta)) + g)
    return theta - lr * (g + d), {"d": d}


# --- adagrad -----------------------------------------------------------------------------------------------------


@is_rule("adagrad")
def adagrad_in_place(theta, g, state, t, *, lr=0.01, eps=1e-10):
    s = state.setdefault("s", np.zeros_like(theta))
    s += np.square(g)
    theta -= lr * g / (np.sqrt(s) + eps)
    return theta, state


@is_rule("adagrad")
def adagrad_norm(theta, g, state, t, *, lr, eps):
    """It keeps the root of the sum, by hypot."""
    r = np.hypot(state.get("r", np.zeros_like(theta)), g)
    return theta - lr * (g * np.reciprocal(r + eps)), {"r": r}


@is_rule("adagrad")
def adagrad_mean(theta, g, state, t, *, lr, eps):
    """It keeps the mean of squares."""
    mean = state.get("mean", np.zeros_like(theta))
    mean = mean + (g * g - mean) / t
    return theta - lr * g / (np.sqrt(t * mean) + eps), {"mean": mean}


@is_rule("adagrad[eps_in_sqrt]")
def adagrad_eps_inside(theta, g, state, t, *, lr, eps):
    total = state.get("total", 0.0) + g**2
    return theta - lr * g * (total + eps) ** -0.5, {"total": total}


# --- rmsprop -----------------------------------------------------------------------------------------------------


@is_rule("rmsprop")
def rmsprop_in_place(theta, g, state, t, *, lr, alpha, eps):
    v = state.setdefault("square_avg", zeros_like(theta))
    v *= alpha
    v += (1 - alpha) * g * g
    theta -= lr * g / (sqrt(v) + eps)
    return theta, state


@is_rule("rmsprop")
def rmsprop_difference(theta, g, state, t, *, lr, decay, eps):
    v = state.get("v", np.zeros_like(theta))
    v = v + (1 - decay) * (g**2 - v)
    return theta - g * (lr / (eps + v**0.5)), {"v": v}


@is_rule("rmsprop")
def rmsprop_root_kept(theta, g, state, t, *, lr, rho, eps):
    r = state.get("rms", np.zeros_like(theta))
    r = np.hypot(math.sqrt(rho) * r, math.sqrt(1 - rho) * g)
    return theta - lr * g / (r + eps), {"rms": r}


@is_rule("rmsprop")
def rmsprop_sum_kept(theta, g, state, t, *, lr, rho, eps):
    """It keeps a sum; the factor 1 - rho is applied when it is read."""
    s = rho * state.get("s", np.zeros_like(theta)) + g * g
    return theta - lr * g / (np.sqrt((1 - rho) * s) + eps), {"s": s}


@is_rule("rmsprop[centered]")
def rmsprop_centered(theta, g, state, t, *, lr, rho, eps):
    v, m = state.get("v", np.zeros_like(theta)), state.get("m", np.zeros_like(theta))
    v = rho * v + (1 - rho) * g**2
    m = rho * m + (1 - rho) * g
    return theta - lr * g / (np.sqrt(v - m * m) + eps), {"v": v, "m": m}


@is_rule("rmsprop[centered]")
def rmsprop_variance_kept(theta, g, state, t, *, lr, rho, eps):
    """It keeps mean and variance, as Welford would."""
    mean, variance = state.get("mean", np.zeros_like(theta)), state.get("variance", np.zeros_like(theta))
    gap = g - mean
    mean = mean + (1 - rho) * gap
    variance = rho * (variance + (1 - rho) * gap**2)
    return theta - lr * g / (np.sqrt(variance) + eps), {"mean": mean, "variance": variance}


@is_rule("rmsprop[momentum]")
def rmsprop_with_momentum(theta, g, state, t, *, lr, rho, eps, momentum):
    v, b = state.get("v", np.zeros_like(theta)), state.get("b", np.zeros_like(theta))
    v = rho * v + (1 - rho) * g**2
    b = momentum * b + g / (np.sqrt(v) + eps)
    return theta - lr * b, {"v": v, "b": b}


# --- adadelta ----------------------------------------------------------------------------------------------------


@is_rule("adadelta")
def adadelta_in_place(theta, g, state, t, *, rho=0.95, eps=1e-6):
    v, u = state.setdefault("v", np.zeros_like(theta)), state.setdefault("u", np.zeros_like(theta))
    v *= rho
    v += (1 - rho) * g * g
    delta = np.sqrt((u + eps) / (v + eps)) * g
    u *= rho
    u += (1 - rho) * delta**2
    theta -= delta
    return theta, state


@is_rule("adadelta[lr]")
def adadelta_scaled(theta, g, state, t, *, lr=1.0, rho=0.9, eps=1e-6):
    v, u = state.get("v", 0.0), state.get("u", 0.0)
    v = rho * v + (1 - rho) * np.square(g)
    delta = np.sqrt(u + eps) * np.reciprocal(np.sqrt(v + eps)) * g
    return theta - lr * delta, {"v": v, "u": rho * u + (1 - rho) * np.square(delta)}


# --- adam --------------------------------------------------------------------------------------------------------


@is_rule("adam")
def adam_textbook(theta, g, state, t, hyper):
    m = hyper["beta1"] * state.get("m", 0.0) + (1 - hyper["beta1"]) * g
    v = hyper["beta2"] * state.get("v", 0.0) + (1 - hyper["beta2"]) * g**2
    m_hat, v_hat = m / (1 - hyper["beta1"] ** t), v / (1 - hyper["beta2"] ** t)
    return theta - hyper["lr"] * m_hat / (np.sqrt(v_hat) + hyper["eps"]), {"m": m, "v": v}


def adam_in_place_init(theta):
    return {"m": np.zeros_like(theta), "v": np.zeros_like(theta), "count": 0}


@is_rule("adam")
def adam_in_place(theta, g, state, t, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    state["count"] += 1
    n = state["count"]
    m, v = state["m"], state["v"]
    m += (1 - b1) * (g - m)
    v += (1 - b2) * (g * g - v)
    theta -= lr * math.sqrt(1 - b2**n) / (1 - b1**n) * m / (np.sqrt(v) + eps * math.sqrt(1 - b2**n))
    return theta, state


@is_rule("adam")
def adam_running_products(theta, g, state, t, *, lr, beta1, beta2, eps):
    m, v = state.get("m", np.zeros(theta.shape)), state.get("v", np.zeros(theta.shape))
    p1, p2 = state.get("p1", 1.0) * beta1, state.get("p2", 1.0) * beta2
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    theta = theta - lr * (m / (1 - p1)) / (np.sqrt(v / (1 - p2)) + eps)
    return theta, {"m": m, "v": v, "p1": p1, "p2": p2}


@is_rule("adam")
def adam_corrected_states(theta, g, state, t, *, lr, beta1, beta2, eps):
    """It keeps the corrected moments."""
    m, v = state.get("m", np.zeros_like(theta)), state.get("v", np.zeros_like(theta))
    m = (beta1 * (1 - beta1 ** (t - 1)) * m + (1 - beta1) * g) / (1 - beta1**t)
    v = (beta2 * (1 - beta2 ** (t - 1)) * v + (1 - beta2) * g**2) / (1 - beta2**t)
    return theta - lr * m / (np.sqrt(v) + eps), {"m": m, "v": v}


Moments = namedtuple("Moments", "first second")


@is_rule("adam")
def adam_named_tuple(theta, g, state, t, *, learning_rate, beta_1, beta_2, epsilon):
    first, second = state if isinstance(state, Moments) else (np.zeros_like(theta), np.zeros_like(theta))
    state = Moments(beta_1 * first + (1 - beta_1) * g, beta_2 * second + (1 - beta_2) * g**2)
    update = np.divide(state.first, 1 - beta_1**t) / (
        np.sqrt(np.divide(state.second, 1 - np.power(beta_2, t))) + epsilon
    )
    return theta - learning_rate * update, state


@is_rule("adam")
def adam_rms_kept(theta, g, state, t, *, lr, beta1, beta2, eps):
    m, r = state.get("m", np.zeros_like(theta)), state.get("r", np.zeros_like(theta))
    m = beta1 * m + (1 - beta1) * g
    r = np.hypot(np.sqrt(beta2) * r, np.sqrt(1 - beta2) * np.fabs(g))
    return theta - lr * m / (1 - beta1**t) / (r / np.sqrt(1 - beta2**t) + eps), {"m": m, "r": r}


@is_rule("adam")
def adam_unweighted(theta, g, state, t, *, lr, beta1, beta2, eps):
    """Sums instead of averages; the weights are applied when they are read."""
    m, v = beta1 * state.get("m", 0.0) + g, beta2 * state.get("v", 0.0) + g * g
    top = (1 - beta1) * m / (1 - beta1**t)
    return theta - lr * top / (np.sqrt((1 - beta2) * v / (1 - beta2**t)) + eps), {"m": m, "v": v}


@is_rule("adam[eps_hat]")
def adam_eps_hat(theta, g, state, t, *, lr, beta1, beta2, eps):
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    v = beta2 * state.get("v", 0.0) + (1 - beta2) * g * g
    return theta - lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) * m / (np.sqrt(v) + eps), {"m": m, "v": v}


@is_rule("adam[amsgrad]")
def adam_amsgrad_where(theta, g, state, t, *, lr, beta1, beta2, eps):
    m, v, top = (state.get(k, np.zeros_like(theta)) for k in ("m", "v", "top"))
    m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
    top = np.where(v > top, v, top)
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(top / (1 - beta2**t)) + eps), {"m": m, "v": v, "top": top}


@is_rule("adam[amsgrad]")
def adam_amsgrad_mask(theta, g, state, t, *, lr, beta1, beta2, eps):
    m, v, top = (state.setdefault(k, np.zeros_like(theta)) for k in ("m", "v", "top"))
    m[:] = beta1 * m + (1 - beta1) * g
    v[:] = beta2 * v + (1 - beta2) * g * g
    larger = v >= top
    top[larger] = v[larger]
    theta -= lr * (m / (1 - beta1**t)) / (np.sqrt(top / (1 - beta2**t)) + eps)
    return theta, state


@is_rule("adam[l2]")
def adam_l2(theta, g, state, t, *, lr, beta1, beta2, eps, weight_decay):
    if weight_decay != 0:
        g = g + weight_decay * theta
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    v = beta2 * state.get("v", 0.0) + (1 - beta2) * g * g
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), {"m": m, "v": v}


@is_rule("adamw")
def adamw_shrink_first(theta, g, state, t, *, lr, beta1, beta2, eps, wd):
    theta = theta * (1 - lr * wd)
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    v = beta2 * state.get("v", 0.0) + (1 - beta2) * g * g
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), {"m": m, "v": v}


@dataclass
class Slots:
    m: np.ndarray
    v: np.ndarray


def adamw_object_init(theta):
    return Slots(np.zeros_like(theta), np.zeros_like(theta))


@is_rule("adamw")
def adamw_object(theta, g, state, t, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    if not 0 <= beta1 < 1:
        raise ValueError("beta1")
    if np.any(np.isnan(g)):
        raise FloatingPointError("nan")
    np.add(beta1 * state.m, (1 - beta1) * g, out=state.m)
    np.add(beta2 * state.v, (1 - beta2) * g**2, out=state.v)
    update = state.m / (1 - beta1**t) / (np.sqrt(state.v / (1 - beta2**t)) + eps)
    update += weight_decay * theta
    theta[...] = theta - lr * update
    return theta, state
