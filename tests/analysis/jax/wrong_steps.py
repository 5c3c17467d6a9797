"""Step functions in JAX with one mistake each; none is the rule that the test names, or it cannot be told."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax


def init(theta):
    return {"m": jnp.zeros_like(theta), "v": jnp.zeros_like(theta)}


def _moments(g, state, hyper):
    m = hyper["b1"] * state["m"] + (1 - hyper["b1"]) * g
    return m, hyper["b2"] * state["v"] + (1 - hyper["b2"]) * g**2


def no_correction(theta, g, state, t, hyper):
    m, v = _moments(g, state, hyper)
    return theta - hyper["lr"] * m / (jnp.sqrt(v) + hyper["eps"]), {"m": m, "v": v}


def counts_from_zero(theta, g, state, t, hyper):
    m, v = _moments(g, state, hyper)
    first, second = m / (1 - hyper["b1"] ** (t + 1)), v / (1 - hyper["b2"] ** (t + 1))
    return theta - hyper["lr"] * first / (jnp.sqrt(second) + hyper["eps"]), {"m": m, "v": v}


def eps_in_root(theta, g, state, t, hyper):
    m, v = _moments(g, state, hyper)
    first, second = m / (1 - hyper["b1"] ** t), v / (1 - hyper["b2"] ** t)
    return theta - hyper["lr"] * first * lax.rsqrt(second + hyper["eps"]), {"m": m, "v": v}


def betas_swapped(theta, g, state, t, hyper):
    swapped = {"lr": hyper["lr"], "b1": hyper["b2"], "b2": hyper["b1"], "eps": hyper["eps"]}
    return correct(theta, g, state, t, swapped)


def correct(theta, g, state, t, hyper):
    m, v = _moments(g, state, hyper)
    first, second = m / (1 - hyper["b1"] ** t), v / (1 - hyper["b2"] ** t)
    return theta - hyper["lr"] * first / (jnp.sqrt(second) + hyper["eps"]), {"m": m, "v": v}


def ascends(theta, g, state, t, hyper):
    m, v = _moments(g, state, hyper)
    first, second = m / (1 - hyper["b1"] ** t), v / (1 - hyper["b2"] ** t)
    return theta + hyper["lr"] * first / (jnp.sqrt(second) + hyper["eps"]), {"m": m, "v": v}


def forgets_the_state(theta, g, state, t, hyper):
    theta, _ = correct(theta, g, state, t, hyper)
    return theta, state


def clips_at_ten(theta, g, state, t, hyper):
    return correct(theta, jnp.clip(g, -10.0, 10.0), state, t, hyper)


def differs_after_a_thousand_steps(theta, g, state, t, hyper):
    after, state = correct(theta, g, state, t, hyper)
    return jnp.where(t > 1000, theta, after), state


def differs_at_zero_gradient(theta, g, state, t, hyper):
    after, state = correct(theta, g, state, t, hyper)
    return jnp.where(g == 0, theta, after), state


def constant_beta(theta, g, state, t, hyper):
    return correct(theta, g, state, t, {"lr": hyper["lr"], "b1": 0.8, "b2": hyper["b2"], "eps": hyper["eps"]})


# --- what cannot be told ---------------------------------------------------------------------------------------------


def normalises(theta, g, state, t, hyper):
    return correct(theta, g / (1 + jnp.linalg.norm(g)), state, t, hyper)


def centres(theta, g, state, t, hyper):
    return correct(theta, g - jnp.mean(g), state, t, hyper)


def shifts(theta, g, state, t, hyper):
    return correct(theta, jnp.roll(g, 1), state, t, hyper)


def noisy(theta, g, state, t, hyper):
    return correct(theta, g + 1e-9 * jax.random.normal(jax.random.key(0), g.shape), state, t, hyper)


def loops(theta, g, state, t, hyper):
    return correct(theta, lax.while_loop(lambda x: jnp.max(x) > 1.0, lambda x: x / 2, g), state, t, hyper)


def through_numpy(theta, g, state, t, hyper):
    return correct(theta, jnp.asarray(np.asarray(g)), state, t, hyper)


def asks_an_array(theta, g, state, t, hyper):
    return correct(theta, g, state, t, hyper) if jnp.sum(g) > 0 else (theta, state)


_CALLS = []


def keeps_outside(theta, g, state, t, hyper):
    _CALLS.append(1)
    return correct(theta, g * (1 + len(_CALLS) // 8), state, t, hyper)


def by_rank(theta, g, state, t, hyper):
    return correct(theta, g if g.ndim > 1 else 2 * g, state, t, hyper)


# --- what is the user's to mend --------------------------------------------------------------------------------------


def raises(theta, g, state, t, hyper):
    return correct(theta, g, state["missing"], t, hyper)


def changes_shape(theta, g, state, t, hyper):
    return jnp.sum(theta), state


def endless(theta, g, state, t, hyper):
    while True:
        pass


def no_transformation(learning_rate=0.1):
    return optax.sgd(learning_rate).init
