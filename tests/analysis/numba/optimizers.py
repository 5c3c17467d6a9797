# ruff: noqa: PLR0917
"""Numba functions to verify: right ones, and ones with a mistake."""

import math

import numpy as np
from numba import njit, prange


@njit
def correction(beta, t):
    return 1 - beta**t


@njit
def adam(theta, g, m, v, t, lr, beta1, beta2, eps):
    for i in range(theta.size):
        m[i] = beta1 * m[i] + (1 - beta1) * g[i]
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] ** 2
        m_hat = m[i] / (1 - beta1**t)
        v_hat = v[i] / (1 - beta2**t)
        theta[i] -= lr * m_hat / (np.sqrt(v_hat) + eps)


@njit(error_model="numpy", fastmath=True)
def adam_with_a_helper(w, grad, m, v, t, learning_rate, b1, b2, epsilon):
    for i in range(len(w)):
        m[i] = b1 * m[i] + (1 - b1) * grad[i]
        v[i] = b2 * v[i] + (1 - b2) * grad[i] ** 2
        w[i] -= learning_rate * m[i] / correction(b1, t) / (math.sqrt(v[i] / correction(b2, t)) + epsilon)


@njit
def rmsprop_of_one_element(theta, g, v, lr, rho, eps):
    v = rho * v + (1 - rho) * g * g
    return theta - lr * g / (math.sqrt(v) + eps), v


@njit(error_model="numpy")
def momentum(theta, g, b, lr, momentum):
    for i in range(theta.shape[0]):
        b[i] = momentum * b[i] + g[i]
        theta[i] -= lr * b[i]


@njit(error_model="numpy")
def momentum_with_a_sign_error(theta, g, b, lr, momentum):
    for i in range(theta.size):
        b[i] = momentum * b[i] - g[i]
        theta[i] -= lr * b[i]


@njit
def adam_without_correction(theta, g, m, v, t, lr, beta1, beta2, eps):
    for i in range(theta.size):
        m[i] = beta1 * m[i] + (1 - beta1) * g[i]
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] ** 2
        theta[i] -= lr * m[i] / (np.sqrt(v[i]) + eps)


@njit
def leaves_out_the_last(theta, g, lr):
    for i in range(theta.size - 1):
        theta[i] -= lr * g[i]


@njit
def looks_at_its_neighbour(theta, g, lr):
    for i in range(theta.size):
        theta[i] -= lr * g[i - 1]


@njit(error_model="numpy")
def clipped(theta, g, b, lr, momentum):
    for i in range(theta.size):
        x = g[i]
        if x > 1.0:
            x = 1.0
        elif x < -1.0:
            x = -1.0
        b[i] = momentum * b[i] + x
        theta[i] -= lr * b[i]


@njit(parallel=True)
def in_parallel(theta, g, lr):
    for i in prange(theta.size):
        theta[i] -= lr * g[i]


@njit
def with_other_names(one, two, lr):
    for i in range(one.size):
        one[i] -= lr * two[i]
