"""Step functions and transformations as people write them in JAX; each is the rule that the test names."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import lax

# --- steps -----------------------------------------------------------------------------------------------------------


def sgd(theta, g, state, t, lr=0.01):
    return theta - lr * g


def heavy_ball_init(theta):
    return {"velocity": jnp.zeros_like(theta)}


@jax.jit
def heavy_ball(theta, g, state, t, hyper):
    velocity = hyper["momentum"] * state["velocity"] + g
    return theta - hyper["lr"] * velocity, {"velocity": velocity}


class Moments(NamedTuple):
    count: jax.Array
    mean: jax.Array
    square: jax.Array


def adam_init(theta):
    return Moments(jnp.zeros((), jnp.int32), jnp.zeros_like(theta), jnp.zeros_like(theta))


@jax.jit
def adam_step(theta, g, state, t, hyper):
    count = state.count + 1
    mean = hyper["b1"] * state.mean + (1 - hyper["b1"]) * g
    square = hyper["b2"] * state.square + (1 - hyper["b2"]) * jnp.square(g)
    first = mean / (1 - hyper["b1"] ** count)
    second = square / (1 - hyper["b2"] ** count)
    return theta - hyper["lr"] * first / (jnp.sqrt(second) + hyper["eps"]), Moments(count, mean, square)


def adam_with_t_init(theta):
    return jnp.zeros_like(theta), jnp.zeros_like(theta)


def adam_with_t(theta, g, state, t, *, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    m, v = state
    m = lax.add(lax.mul(b1, m), (1 - b1) * g)
    v = b2 * v + (1 - b2) * lax.integer_pow(g, 2)
    scale = lr * jnp.sqrt(1 - b2**t) / (1 - b1**t)
    return theta - scale * m / (jnp.sqrt(v) + eps * jnp.sqrt(1 - b2**t)), (m, v)


def rmsprop_init(theta):
    return {"square": jnp.zeros_like(theta)}


def rmsprop(theta, g, state, t, hyper):
    square = lax.cond(
        t > 0,
        lambda s: hyper["rho"] * s + (1 - hyper["rho"]) * g * g,
        lambda s: s,
        state["square"],
    )
    return theta - hyper["lr"] * g / (jnp.sqrt(square) + hyper["eps"]), {"square": square}


def adagrad_init(theta, hyper):
    return jnp.full_like(theta, hyper["initial_accumulator"])


def adagrad(theta, g, state, t, hyper):
    total = state + lax.square(g)
    return theta - hyper["lr"] * g / (lax.pow(total, 0.5) + hyper["eps"]), total


def adadelta_init(theta):
    return dict.fromkeys(("squares", "updates"), jnp.zeros_like(theta))


def adadelta(theta, g, state, t, hyper):
    rho, eps = hyper["rho"], hyper["eps"]
    squares = rho * state["squares"] + (1 - rho) * g**2
    update = g * jnp.sqrt(state["updates"] + eps) / jnp.sqrt(squares + eps)
    return theta - update, {"squares": squares, "updates": rho * state["updates"] + (1 - rho) * update**2}


def adamw_init(theta):
    return [jnp.zeros(theta.shape), jnp.zeros(theta.shape)]


@partial(jax.jit, static_argnames=("decoupled",))
def _adamw(theta, g, moments, t, constants, decoupled):
    lr, b1, b2, eps, weight_decay = constants
    moments = jax.tree.map(lambda m, x, b: b * m + (1 - b) * x, moments, [g, g * g], [b1, b2])
    m, v = (x / (1 - b**t) for x, b in zip(moments, (b1, b2), strict=True))
    theta = theta * (1 - lr * weight_decay) if decoupled else theta
    return theta - lr * m / (v**0.5 + eps), moments


def adamw(theta, g, state, t, *, lr, b1, b2, eps, weight_decay):
    return _adamw(theta, g, state, t, (lr, b1, b2, eps, weight_decay), decoupled=True)


def amsgrad_init(theta):
    return {k: jnp.zeros_like(theta) for k in ("m", "v", "largest")}


def amsgrad(theta, g, state, t, hyper):
    m = hyper["b1"] * state["m"] + (1 - hyper["b1"]) * g
    v = hyper["b2"] * state["v"] + (1 - hyper["b2"]) * g**2
    largest = jnp.where(v > state["largest"], v, state["largest"])
    theta = theta - hyper["lr"] * m / (jnp.sqrt(largest) + hyper["eps"])
    return theta, {"m": m, "v": v, "largest": largest}


def nesterov_init(theta):
    return jnp.zeros_like(theta)


def nesterov(theta, g, state, t, hyper):
    # A loop of a known number of turns, and a branch of Python on a hyperparameter.
    velocity = lax.fori_loop(0, 1, lambda i, v: hyper["momentum"] * v + g, state)
    if hyper["momentum"] == 0:
        return theta - hyper["lr"] * g, velocity
    return theta - hyper["lr"] * (g + hyper["momentum"] * velocity), velocity


@jax.custom_vjp
def _unchanged(x):
    return x


_unchanged.defvjp(lambda x: (x, None), lambda _, g: (g,))


def lion_init(theta):
    return {"m": jnp.zeros_like(theta)}


def lion(theta, g, state, t, hyper):
    b1, b2 = hyper["beta1"], hyper["beta2"]
    direction = jnp.sign(b1 * _unchanged(state["m"]) + (1 - b1) * g)
    theta = theta - hyper["lr"] * (direction + hyper["weight_decay"] * theta)
    return theta, {"m": b2 * state["m"] + (1 - b2) * g}


# --- transformations -------------------------------------------------------------------------------------------------


def chained_adamw(learning_rate, b1=0.9, b2=0.999, eps=1e-8, weight_decay=1e-2):
    return optax.chain(
        optax.scale_by_adam(b1, b2, eps),
        optax.add_decayed_weights(weight_decay),
        optax.scale_by_learning_rate(learning_rate),
    )


def injected_sgd(learning_rate=0.1, momentum=0.9):
    return optax.inject_hyperparams(optax.sgd)(learning_rate=learning_rate, momentum=momentum)


def labelled(learning_rate=0.1):
    return optax.multi_transform({"all": optax.sgd(learning_rate)}, lambda p: jax.tree.map(lambda _: "all", p))


def own_transformation(learning_rate=0.01, decay=0.9, eps=1e-8):
    def init(params):
        return jax.tree.map(jnp.zeros_like, params)

    def update(updates, state, params=None):
        state = jax.tree.map(lambda s, g: decay * s + (1 - decay) * g**2, state, updates)
        return jax.tree.map(lambda s, g: -learning_rate * g / (jnp.sqrt(s) + eps), state, updates), state

    return optax.GradientTransformation(init, update)


made = optax.sgd(0.1)
