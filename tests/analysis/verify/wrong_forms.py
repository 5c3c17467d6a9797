"""Wrong implementations: a right one and the mistake, as a replacement in its text.  `KINDS` says what kind it is."""
# ruff: noqa: E501

from __future__ import annotations

from dataclasses import dataclass

BASES = {
    "adam": """
def step(theta, g, state, t, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = state.get("m", np.zeros_like(theta)), state.get("v", np.zeros_like(theta))
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps)
    return theta, {"m": m, "v": v}
""",
    "adamw": """
def step(theta, g, state, t, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    m, v = state.get("m", np.zeros_like(theta)), state.get("v", np.zeros_like(theta))
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    theta = theta - lr * (m_hat / (np.sqrt(v_hat) + eps) + weight_decay * theta)
    return theta, {"m": m, "v": v}
""",
    "rmsprop": """
def step(theta, g, state, t, *, lr=0.001, rho=0.9, eps=1e-8):
    v = state.get("v", np.zeros_like(theta))
    v = rho * v + (1 - rho) * g**2
    theta = theta - lr * g / (np.sqrt(v) + eps)
    return theta, {"v": v}
""",
    "rmsprop[centered]": """
def step(theta, g, state, t, *, lr=0.001, rho=0.9, eps=1e-8):
    v, m = state.get("v", np.zeros_like(theta)), state.get("m", np.zeros_like(theta))
    v = rho * v + (1 - rho) * g**2
    m = rho * m + (1 - rho) * g
    theta = theta - lr * g / (np.sqrt(v - m**2) + eps)
    return theta, {"v": v, "m": m}
""",
    "sgd[momentum]": """
def step(theta, g, state, t, *, lr=0.01, momentum=0.9):
    b = state.get("b", np.zeros_like(theta))
    b = momentum * b + g
    theta = theta - lr * b
    return theta, {"b": b}
""",
    "sgd[nesterov]": """
def step(theta, g, state, t, *, lr=0.01, momentum=0.9):
    b = state.get("b", np.zeros_like(theta))
    b = momentum * b + g
    theta = theta - lr * (g + momentum * b)
    return theta, {"b": b}
""",
    "adagrad": """
def step(theta, g, state, t, *, lr=0.01, eps=1e-10):
    s = state.get("s", np.zeros_like(theta))
    s = s + g**2
    theta = theta - lr * g / (np.sqrt(s) + eps)
    return theta, {"s": s}
""",
    "adadelta": """
def step(theta, g, state, t, *, rho=0.95, eps=1e-6):
    v, u = state.get("v", np.zeros_like(theta)), state.get("u", np.zeros_like(theta))
    v = rho * v + (1 - rho) * g**2
    delta = np.sqrt(u + eps) / np.sqrt(v + eps) * g
    u = rho * u + (1 - rho) * delta**2
    theta = theta - delta
    return theta, {"v": v, "u": u}
""",
    "adam[amsgrad]": """
def step(theta, g, state, t, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v, top = (state.get(k, np.zeros_like(theta)) for k in ("m", "v", "top"))
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    top = np.maximum(top, v)
    theta = theta - lr * m / (1 - beta1**t) / (np.sqrt(top / (1 - beta2**t)) + eps)
    return theta, {"m": m, "v": v, "top": top}
""",
    "sgd[l2]": """
def step(theta, g, state, t, *, lr=0.01, weight_decay=0.01):
    g = g + weight_decay * theta
    theta = theta - lr * g
    return theta, state
""",
    "adam[l2]": """
def step(theta, g, state, t, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    g = g + weight_decay * theta
    m, v = state.get("m", np.zeros_like(theta)), state.get("v", np.zeros_like(theta))
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps)
    return theta, {"m": m, "v": v}
""",
}


@dataclass(frozen=True)
class Wrong:
    """A mistake in the text of a right implementation."""

    rule: str
    kind: str
    old: str
    new: str

    @property
    def source(self) -> str:
        base = BASES[self.rule]
        if self.old not in base:
            raise ValueError(f"{self.old!r} does not occur in the implementation of {self.rule}")
        return "import numpy as np\n" + base.replace(self.old, self.new)

    def __str__(self) -> str:
        return f"{self.rule}: {self.new.strip()[:60]}"


def _all() -> list[Wrong]:
    eps, bias, decay, direction = "eps placement", "bias correction", "weight decay", "direction"
    rows = [
        # eps
        ("adam", eps, "np.sqrt(v_hat) + eps", "np.sqrt(v_hat + eps)"),
        ("adam", eps, "(np.sqrt(v_hat) + eps)", "np.sqrt(v_hat + eps**2)"),
        ("adamw", eps, "np.sqrt(v_hat) + eps", "np.sqrt(v_hat + eps)"),
        ("rmsprop", eps, "np.sqrt(v) + eps", "np.sqrt(v + eps)"),
        ("rmsprop[centered]", eps, "np.sqrt(v - m**2) + eps", "np.sqrt(v - m**2 + eps)"),
        ("adagrad", eps, "np.sqrt(s) + eps", "np.sqrt(s + eps)"),
        ("adadelta", eps, "np.sqrt(u + eps)", "(np.sqrt(u) + eps)"),
        ("adam", eps, "(np.sqrt(v_hat) + eps)", "np.maximum(np.sqrt(v_hat), eps)"),
        ("adam", eps, "(np.sqrt(v_hat) + eps)", "(np.sqrt(v) + eps) * np.sqrt(1 - beta2**t)"),
        ("adam", "eps missing", "np.sqrt(v_hat) + eps", "np.sqrt(v_hat)"),
        ("rmsprop", "eps missing", "np.sqrt(v) + eps", "np.sqrt(v)"),
        ("adam", "eps inside the correction", "np.sqrt(v_hat) + eps", "np.sqrt(v_hat) + eps / np.sqrt(1 - beta2**t)"),
        # root
        ("adam", "root missing", "np.sqrt(v_hat) + eps", "v_hat + eps"),
        ("rmsprop", "root missing", "np.sqrt(v) + eps", "v + eps"),
        ("adagrad", "root missing", "np.sqrt(s) + eps", "s + eps"),
        ("adam", "another root", "np.sqrt(v_hat) + eps", "v_hat ** 0.25 + eps"),
        # bias correction
        ("adam", bias, "v_hat = v / (1 - beta2**t)", "v_hat = v"),
        ("adam", bias, "m_hat = m / (1 - beta1**t)", "m_hat = m"),
        ("adam", bias, "m / (1 - beta1**t)", "m / (1 - beta1**(t + 1))"),
        ("adamw", bias, "v / (1 - beta2**t)", "v / (1 - beta2)"),
        ("adam", bias, "v / (1 - beta2**t)", "v / (1 - beta1**t)"),
        ("adam", bias, "v / (1 - beta2**t)", "v * (1 - beta2**t)"),
        ("adam", bias, "m / (1 - beta1**t)", "m / (1 - beta1)**t"),
        ("adam[amsgrad]", bias, "np.sqrt(top / (1 - beta2**t))", "np.sqrt(top)"),
        # step counter
        ("adam", "step counter", "    m, v = state", "    t = t + 1\n    m, v = state"),
        ("adam", "step counter", "    m, v = state", "    t = 2 * t\n    m, v = state"),
        # moments
        ("adam", "moment weights", "(1 - beta1) * g", "g"),
        ("adam", "moment weights", "beta2 * v + (1 - beta2) * g**2", "(1 - beta2) * v + beta2 * g**2"),
        ("rmsprop", "moment weights", "rho * v + (1 - rho) * g**2", "(1 - rho) * v + rho * g**2"),
        ("rmsprop", "moment weights", "(1 - rho) * g**2", "g**2"),
        ("adam", "moments exchanged", "beta1 * m + (1 - beta1)", "beta2 * m + (1 - beta2)"),
        ("adam", "gradient not squared", "(1 - beta2) * g**2", "(1 - beta2) * np.abs(g)"),
        ("adagrad", "gradient not squared", "s + g**2", "s + np.abs(g)"),
        ("adam", "wrong square", "(1 - beta2) * g**2", "(1 - beta2) * m**2"),
        ("adam", "wrong square", "(1 - beta2) * g**2", "(1 - beta2) * (g - m)**2"),
        ("adagrad", "accumulator forgets", "s = s + g**2", "s = g**2"),
        ("adagrad", "accumulator forgets", "s = s + g**2", "s = 0.9 * s + g**2"),
        ("rmsprop", "accumulator forgets", '{"v": v}', '{"v": np.zeros_like(theta)}'),
        ("adam", "state starts elsewhere", 'state.get("v", np.zeros_like(theta))', 'state.get("v", np.ones_like(theta))'),
        ("adagrad", "state starts elsewhere", 'state.get("s", np.zeros_like(theta))', 'state.get("s", np.full_like(theta, 0.1))'),
        ("adam", "state starts elsewhere", 'state.get("m", np.zeros_like(theta))', 'state.get("m", g)'),
        # old values
        ("adam", "old value", "lr * m_hat", "lr * state.get('m', 0.0) / (1 - beta1**t)"),
        ("rmsprop", "old value", "np.sqrt(v) + eps", "np.sqrt(state.get('v', 0.0)) + eps"),
        ("sgd[momentum]", "old value", "lr * b\n", "lr * state.get('b', 0.0)\n"),
        ("adadelta", "old value", "    delta = np.sqrt(u + eps)", "    u = rho * u + (1 - rho) * g**2\n    delta = np.sqrt(u + eps)"),
        # direction and size
        ("adam", direction, "theta - lr * m_hat", "theta + lr * m_hat"),
        ("sgd[momentum]", direction, "theta - lr * b", "theta + lr * b"),
        ("adam", "step size", "lr * m_hat", "m_hat"),
        ("sgd[momentum]", "step size", "lr * b", "lr * lr * b"),
        ("adadelta", "step size", "theta - delta", "theta - 0.5 * delta"),
        ("adam", "step size", "lr * m_hat", "lr / np.sqrt(t) * m_hat"),
        ("adam", "sign only", "lr * m_hat / (np.sqrt(v_hat) + eps)", "lr * np.sign(m_hat)"),
        ("rmsprop", "sign only", "lr * g /", "lr * np.sign(g) /"),
        # momentum
        ("sgd[momentum]", "dampening", "momentum * b + g", "momentum * b + (1 - momentum) * g"),
        ("sgd[momentum]", "lr inside the buffer", "momentum * b + g\n    theta = theta - lr * b", "momentum * b + lr * g\n    theta = theta - b"),
        ("sgd[nesterov]", "lr inside the buffer", "momentum * b + g\n    theta = theta - lr * (g + momentum * b)", "momentum * b + lr * g\n    theta = theta - (lr * g + momentum * b)"),
        ("sgd[nesterov]", "look-ahead", "lr * (g + momentum * b)", "lr * b"),
        ("sgd[nesterov]", "look-ahead", "lr * (g + momentum * b)", "lr * (g + b)"),
        ("sgd[momentum]", "look-ahead", "lr * b\n", "lr * (g + momentum * b)\n"),
        ("sgd[nesterov]", "look-ahead", "(g + momentum * b)", "(g + momentum * state.get('b', 0.0))"),
        ("sgd[momentum]", "no momentum", "momentum * b + g", "g"),
        # weight decay
        ("adamw", decay, "    m = beta1", "    g = g + weight_decay * theta\n    m = beta1"),
        ("adamw", decay, " + weight_decay * theta)", ") - weight_decay * theta"),
        ("adamw", decay, "+ weight_decay * theta", "- weight_decay * theta"),
        ("adamw", decay, "    return", "    theta = theta - lr * weight_decay * theta\n    return"),
        ("adamw", decay, " + weight_decay * theta", ""),
        ("adam[l2]", decay, "    g = g + weight_decay * theta\n", "    theta = theta * (1 - lr * weight_decay)\n"),
        ("adam[l2]", decay, "g = g + weight_decay * theta", "g = g - weight_decay * theta"),
        ("sgd[l2]", decay, "g + weight_decay * theta", "g + weight_decay * np.sign(theta)"),
        ("sgd[l2]", decay, "g + weight_decay * theta", "g + 2 * weight_decay * theta"),
        # centering and maxima
        ("rmsprop[centered]", "variance", "v - m**2", "v"),
        ("rmsprop[centered]", "variance", "v - m**2", "v + m**2"),
        ("rmsprop[centered]", "variance", "np.sqrt(v - m**2)", "np.sqrt(np.abs(v - m))"),
        ("adam[amsgrad]", "maximum", "np.maximum(top, v)", "v"),
        ("adam[amsgrad]", "maximum", "np.maximum(top, v)", "np.minimum(top, v)"),
        ("adam[amsgrad]", "maximum", "np.sqrt(top /", "np.sqrt(v /"),
        ("adam[amsgrad]", "maximum", "np.maximum(top, v)", "np.maximum(top, v / (1 - beta2**t))"),
        # adadelta
        ("adadelta", "order", "    u = rho * u + (1 - rho) * delta**2\n", ""),
        ("adadelta", "what is accumulated", "(1 - rho) * delta**2", "(1 - rho) * g**2"),
        ("adadelta", "quotient upside down", "np.sqrt(u + eps) / np.sqrt(v + eps)", "np.sqrt(v + eps) / np.sqrt(u + eps)"),
        # a branch
        ("adam", "branch", "    theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps)", "    if t > 3:\n        m_hat = m\n    theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps)"),
        ("rmsprop", "branch", "    theta = theta - lr * g", "    g = np.where(g > 1, 1.0, g)\n    theta = theta - lr * g"),
        ("sgd[momentum]", "clipping", "    b = momentum", "    g = np.clip(g, -1, 1)\n    b = momentum"),
        # two at once
        ("adam", "two mistakes", "m / (1 - beta1**t)\n    v_hat = v / (1 - beta2**t)", "m\n    v_hat = v"),
    ]  # fmt: skip
    return [Wrong(*row) for row in rows]


WRONG = _all()
KINDS = sorted({w.kind for w in WRONG})
