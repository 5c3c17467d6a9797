"""Wrong implementations: each a small change to a right one, by name, with the rule it was meant to be."""

from __future__ import annotations

from dataclasses import dataclass

ADAM = """
import math
import torch

class Mine(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            lr, (beta1, beta2), eps, decay = group["lr"], group["betas"], group["eps"], group["weight_decay"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                g, state = p.grad, self.state[p]
                if not state:
                    state["step"], state["m"], state["v"] = 0, torch.zeros_like(p), torch.zeros_like(p)
                state["step"] += 1
                t, m, v = state["step"], state["m"], state["v"]
                p.mul_(1 - lr * decay)
                m.mul_(beta1).add_(g, alpha=1 - beta1)
                v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
                m_hat = m / (1 - beta1**t)
                v_hat = v / (1 - beta2**t)
                p.addcdiv_(m_hat, v_hat.sqrt().add_(eps), value=-lr)
        return loss
"""

RMSPROP = """
import torch

class Mine(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8):
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                g, state, rho = p.grad, self.state[p], group["alpha"]
                if not state:
                    state["v"] = torch.zeros_like(p)
                v = state["v"]
                v.mul_(rho).addcmul_(g, g, value=1 - rho)
                p.addcdiv_(g, v.sqrt().add_(group["eps"]), value=-group["lr"])
        return loss
"""

MOMENTUM = """
import torch

class Mine(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-2, momentum=0.9):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            lr, mu = group["lr"], group["momentum"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                g, state = p.grad, self.state[p]
                if "b" not in state:
                    state["b"] = torch.zeros_like(p)
                b = state["b"]
                b.mul_(mu).add_(g)
                p.add_(b, alpha=-lr)
        return loss
"""

BASES = {"adamw": ADAM, "rmsprop": RMSPROP, "sgd[momentum]": MOMENTUM}


@dataclass(frozen=True)
class Mistake:
    """What was changed in the right code for `rule`."""

    name: str
    rule: str
    old: str
    new: str

    @property
    def code(self) -> str:
        base = BASES[self.rule]
        if base.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.old!r} does not stand once in the code")
        return base.replace(self.old, self.new)


MISTAKES = (
    Mistake("eps inside the root", "adamw", "v_hat.sqrt().add_(eps)", "(v_hat + eps).sqrt()"),
    Mistake(
        "eps before the bias correction", "adamw", "v_hat = v / (1 - beta2**t)", "v_hat = (v + eps) / (1 - beta2**t)"
    ),
    Mistake("no bias correction of v", "adamw", "v_hat = v / (1 - beta2**t)", "v_hat = v.clone()"),
    Mistake("no bias correction of m", "adamw", "m_hat = m / (1 - beta1**t)", "m_hat = m"),
    Mistake("the counter starts at 0", "adamw", 't, m, v = state["step"],', 't, m, v = state["step"] + 1,'),
    Mistake("decay through the moments", "adamw", "p.mul_(1 - lr * decay)", "g = g + decay * p"),
    Mistake("decay without lr", "adamw", "p.mul_(1 - lr * decay)", "p.mul_(1 - decay)"),
    Mistake("decay after the step", "adamw", "value=-lr)\n", "value=-lr)\n                p.mul_(1 - lr * decay)\n"),
    Mistake("betas exchanged", "adamw", "(beta1, beta2), eps", "(beta2, beta1), eps"),
    Mistake("the gradient is overwritten and decays", "adamw", "p.mul_(1 - lr * decay)", "g.add_(p, alpha=decay)"),
    Mistake("square of the average", "adamw", "addcmul_(g, g,", "addcmul_(m, m,"),
    Mistake(
        "the old first moment",
        "adamw",
        "                m.mul_(beta1)",
        "                m = m.clone()\n                state['m'].mul_(beta1)",
    ),
    Mistake("ascent", "adamw", "value=-lr)\n", "value=lr)\n"),
    Mistake("no root", "rmsprop", "v.sqrt().add_", "v.add"),
    Mistake(
        "weights exchanged",
        "rmsprop",
        "v.mul_(rho).addcmul_(g, g, value=1 - rho)",
        "v.mul_(1 - rho).addcmul_(g, g, value=rho)",
    ),
    Mistake("a sum, not an average", "rmsprop", "value=1 - rho)", "value=1)"),
    Mistake("the average starts at 1", "rmsprop", "torch.zeros_like(p)", "torch.ones_like(p)"),
    Mistake("eps is clamped", "rmsprop", 'v.sqrt().add_(group["eps"])', 'v.sqrt().clamp(min=group["eps"])'),
    Mistake(
        "the old average",
        "rmsprop",
        "p.addcdiv_(g, v.sqrt()",
        "p.addcdiv_(g, ((v - (1 - rho) * g * g) / rho).abs().sqrt()",
    ),
    Mistake("a constant for rho", "rmsprop", "value=1 - rho)", "value=0.01)"),
    Mistake(
        "lr inside the buffer",
        "sgd[momentum]",
        "b.mul_(mu).add_(g)\n                p.add_(b, alpha=-lr)",
        "b.mul_(mu).add_(g, alpha=lr)\n                p.sub_(b)",
    ),
    Mistake("an average, not a sum", "sgd[momentum]", "add_(g)", "add_(g, alpha=1 - mu)"),
    Mistake("the gradient twice", "sgd[momentum]", "p.add_(b, alpha=-lr)", "p.add_(b + g, alpha=-lr)"),
    Mistake("lr of the constructor", "sgd[momentum]", 'lr, mu = group["lr"],', 'lr, mu = self.defaults["lr"],'),
    Mistake("clipped gradient", "sgd[momentum]", "g, state = p.grad,", "g, state = p.grad.clamp(-1, 1),"),
    Mistake("sign of the gradient", "sgd[momentum]", "g, state = p.grad,", "g, state = p.grad.sign(),"),
)

RARE = Mistake(
    "a step is left out where g is large",
    "sgd[momentum]",
    "p.add_(b, alpha=-lr)",
    "p.copy_(torch.where(g > 100, p, p - lr * b))",
)
"""Wrong at gradients that nobody samples: it must not be proved."""
