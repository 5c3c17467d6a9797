"""The quantities that the catalogue's rules share, each with its name, domain, notation and meaning."""

from __future__ import annotations

import sympy as sp

from ..symbols import (
    NO_UNIT,
    NONNEGATIVE,
    OPEN_UNIT,
    POSITIVE,
    REAL,
    UNIT_INTERVAL,
    Domain,
    Quantity,
    gradient,
    parameter,
    step_counter,
)

__all__ = ["THETA", "G", "T", "hyperparameter", "state", "temporary"]

THETA, G, T = parameter(), gradient(), step_counter()

_CLOSED_UNIT = Domain("closed unit interval", lower=sp.Integer(0), upper=sp.Integer(1))
_ABOVE_ONE = Domain("greater than one", lower=sp.Integer(1), lower_open=True)
_AT_LEAST_FOUR = Domain("at least four", lower=sp.Integer(4))

_HYPERPARAMETERS: dict[str, tuple[Domain, str, str]] = {
    "lr": (NONNEGATIVE, r"\alpha", "learning rate"),
    "momentum": (UNIT_INTERVAL, r"\mu", "momentum coefficient"),
    "dampening": (_CLOSED_UNIT, r"\tau", "dampening of the gradient in the momentum buffer"),
    "rho": (UNIT_INTERVAL, r"\rho", "decay rate of the average of squared gradients"),
    "beta1": (UNIT_INTERVAL, r"\beta_1", "decay rate of the first moment"),
    "beta2": (UNIT_INTERVAL, r"\beta_2", "decay rate of the second moment"),
    "beta3": (UNIT_INTERVAL, r"\beta_3", "decay rate of a third moment"),
    "eps": (POSITIVE, r"\epsilon", "constant that keeps the denominator positive"),
    "eps_root": (NONNEGATIVE, r"\bar{\epsilon}", "constant that is added in every step of the second moment"),
    "weight_decay": (NONNEGATIVE, r"\lambda", "weight decay"),
    "l2": (NONNEGATIVE, r"\lambda_2", "L2 coefficient, added to the gradient"),
    "l1": (NONNEGATIVE, r"\lambda_1", "L1 coefficient"),
    "beta": (POSITIVE, r"\beta", "constant that keeps the first learning rates finite"),
    "nu": (_CLOSED_UNIT, r"\nu", "weight of the averaged gradient in the step"),
    "momentum_decay": (NONNEGATIVE, r"\psi", "how fast the momentum coefficient approaches beta1"),
    "threshold": (_AT_LEAST_FOUR, r"\rho_{\min}", "length of the average from which on steps are normalised"),
    "eta_minus": (OPEN_UNIT, r"\eta^-", "factor of the step size after a change of sign"),
    "eta_plus": (_ABOVE_ONE, r"\eta^+", "factor of the step size while the sign stays"),
    "step_min": (POSITIVE, r"\Delta_{\min}", "smallest step size"),
    "step_max": (POSITIVE, r"\Delta_{\max}", "largest step size"),
    "lambd": (NONNEGATIVE, r"\lambda", "decay of the parameter, which also slows the learning rate down"),
    "power": (NONNEGATIVE, "c", "power with which the learning rate decays"),
    "t0": (NONNEGATIVE, "t_0", "step after which points are averaged"),
    "optimism": (NONNEGATIVE, r"\omega", "weight of the change of the gradient"),
    "schedule": (NONNEGATIVE, r"\eta", "schedule multiplier"),
    "initial_accumulator": (NONNEGATIVE, "G_0", "initial value of the accumulator"),
}


def hyperparameter(name: str) -> Quantity:
    """The shared hyperparameter called `name`."""
    domain, latex, meaning = _HYPERPARAMETERS[name]
    # A schedule is by definition a bare multiplier; every other unit follows from the rule it stands in.
    return Quantity(name, domain, latex, unit=NO_UNIT if name == "schedule" else None, meaning=meaning)


def state(name: str, latex: str, meaning: str, domain: Domain = REAL) -> Quantity:
    """A state variable."""
    return Quantity(name, domain, latex, meaning=meaning)


def temporary(name: str, latex: str, meaning: str = "") -> Quantity:
    """A value that lives for one step only; its domain follows from its value."""
    return Quantity(name, REAL, latex, meaning=meaning)
