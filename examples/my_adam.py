# my_adam.py
import numpy as np


def init(theta):
    return {"m": np.zeros_like(theta), "v": np.zeros_like(theta)}


def step(theta, g, state, t, *, lr, beta1, beta2, eps):
    m = beta1 * state["m"] + (1 - beta1) * g
    v = beta2 * state["v"] + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - lr * m_hat / np.sqrt(v_hat + eps), {"m": m, "v": v}
