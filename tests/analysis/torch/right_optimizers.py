"""Right implementations, written in unusual ways.  `RULES` says which rule each of them is."""

import math

import torch
from torch.optim import Optimizer


class AdamOutOfPlace(Optimizer):
    """Moments are made anew in each step, bias corrections are powers from math."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["t"], state["m"], state["v"] = 0, torch.zeros_like(p), torch.zeros_like(p)
                state["t"] += 1
                state["m"] = b1 * state["m"] + (1 - b1) * p.grad
                state["v"] = b2 * state["v"] + (1 - b2) * p.grad.square()
                m_hat = state["m"] / (1 - math.pow(b1, state["t"]))
                v_hat = state["v"] / (1 - math.pow(b2, state["t"]))
                p.copy_(p - group["lr"] * m_hat / (v_hat.sqrt() + group["eps"]))
        return loss


class AdamUncorrectedEps(Optimizer):
    """The bias corrections are multiplied into the step size, and eps with them: the paper's form all the same."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "k": 0})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            group["k"] += 1
            b1, b2 = group["betas"]
            c1, c2 = 1 - b1 ** group["k"], math.sqrt(1 - b2 ** group["k"])
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                m = state.setdefault("m", torch.zeros_like(p))
                v = state.setdefault("v", torch.zeros_like(p))
                m.add_(p.grad - m, alpha=1 - b1)
                v.lerp_(p.grad * p.grad, 1 - b2)
                p.addcdiv_(m, v.sqrt().add_(group["eps"] * c2), value=-group["lr"] * c2 / c1)
        return loss


class AdamWithProducts(Optimizer):
    """Powers of the betas are kept as running products."""

    def __init__(self, params, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        super().__init__(params, {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                if len(s) == 0:
                    s.update(m=torch.zeros_like(p), v=torch.zeros_like(p), p1=1.0, p2=1.0)
                s["p1"] *= group["beta1"]
                s["p2"] *= group["beta2"]
                s["m"].mul_(group["beta1"]).add_(p.grad, alpha=1 - group["beta1"])
                s["v"].mul_(group["beta2"]).addcmul_(p.grad, p.grad, value=1 - group["beta2"])
                v_hat = s["v"] / (1 - s["p2"])
                p.sub_(group["lr"] / (1 - s["p1"]) * s["m"] / (torch.sqrt(v_hat) + group["eps"]))
        return loss


class AdamWFactored(Optimizer):
    """The decay is a factor in front of the parameter, applied after the moments are updated."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            (b1, b2), lr = group["betas"], group["lr"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                if not s:
                    s["step"] = torch.tensor(0.0)
                    s["m"], s["v"] = torch.zeros_like(p), torch.zeros_like(p)
                s["step"] += 1
                t = s["step"].item()
                s["m"].lerp_(p.grad, 1 - b1)
                s["v"].mul_(b2).add_((1 - b2) * p.grad**2)
                update = s["m"] / (1 - b1**t) / ((s["v"] / (1 - b2**t)) ** 0.5 + group["eps"])
                p.data = (1 - lr * group["weight_decay"]) * p.data - lr * update
        return loss


class RMSpropReciprocal(Optimizer):
    """The denominator is inverted first; the average is a convex combination."""

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8):
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                v = s.get("v", 0.0)
                s["v"] = v + (1 - group["alpha"]) * (torch.pow(p.grad, 2) - v)
                p.add_(p.grad * torch.reciprocal(s["v"].sqrt() + group["eps"]), alpha=-group["lr"])
        return loss


class RMSpropRootKept(Optimizer):
    """The root of the average is what is kept."""

    def __init__(self, params, lr=1e-2, rho=0.99, eps=1e-8):
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                v = s.get("v", torch.zeros_like(p))
                s["v"] = group["rho"] * v + (1 - group["rho"]) * p.grad.abs() * p.grad.abs()
                p.__isub__(group["lr"] * p.grad / (s["v"].sqrt() + group["eps"]))
        return loss


class MomentumWithLists(Optimizer):
    """Buffers lie in a list of the optimizer's own, by the place of the parameter."""

    def __init__(self, params, lr=1e-2, momentum=0.9):
        super().__init__(params, {"lr": lr, "momentum": momentum})
        self.buffers = [[torch.zeros_like(p) for p in group["params"]] for group in self.param_groups]

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group, buffers in zip(self.param_groups, self.buffers, strict=True):
            for p, b in zip(group["params"], buffers, strict=True):
                if p.grad is None:
                    continue
                b.mul_(group["momentum"]).add_(p.grad)
                p.add_(b, alpha=-group["lr"])
        return loss


class NesterovRearranged(Optimizer):
    """The look-ahead is written through the old buffer."""

    def __init__(self, params, lr=1e-2, momentum=0.9):
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            mu = group["momentum"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                old = s.get("b")
                old = torch.zeros_like(p) if old is None else old
                s["b"] = mu * old + p.grad
                p.sub_(group["lr"] * (mu * mu * old + (1 + mu) * p.grad))
        return loss


class AdagradRsqrt(Optimizer):
    """Adagrad with eps inside the root, through rsqrt."""

    def __init__(self, params, lr=1e-2, eps=1e-10):
        super().__init__(params, {"lr": lr, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                s["sum"] = s["sum"] + p.grad * p.grad if "sum" in s else p.grad**2
                p.addcmul_(p.grad, (s["sum"] + group["eps"]).rsqrt(), value=-group["lr"])
        return loss


class AdadeltaByHand(Optimizer):
    """Adadelta with one root of a quotient, and with the update's sign turned twice."""

    def __init__(self, params, lr=1.0, rho=0.95, eps=1e-6):
        super().__init__(params, {"lr": lr, "rho": rho, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            rho, eps = group["rho"], group["eps"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                v, u = s.get("v", torch.zeros_like(p)), s.get("u", torch.zeros_like(p))
                s["v"] = v * rho + p.grad**2 * (1 - rho)
                delta = ((u + eps) / (s["v"] + eps)).sqrt().neg_() * p.grad
                s["u"] = rho * u + (1 - rho) * delta * delta
                p.add_(delta, alpha=group["lr"])
        return loss


class AmsgradWhere(Optimizer):
    """AMSGrad whose maximum is a case distinction."""

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            b1, b2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p]
                if not s:
                    s["m"], s["v"], s["top"] = torch.zeros_like(p), torch.zeros_like(p), torch.zeros_like(p)
                s["m"].mul_(b1).add_(p.grad, alpha=1 - b1)
                s["v"].mul_(b2).addcmul_(p.grad, p.grad, value=1 - b2)
                s["top"] = torch.where(s["v"] > s["top"], s["v"], s["top"])
                p.addcdiv_(s["m"], s["top"].sqrt() + group["eps"], value=-group["lr"])
        return loss


class DescentByBranches(Optimizer):
    """Plain descent that skips what it need not do."""

    def __init__(self, params, lr=1e-2, weight_decay=0.0):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            if group["lr"] == 0:
                continue
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad
                if group["weight_decay"]:
                    g = g + group["weight_decay"] * p
                p.sub_(g, alpha=group["lr"])
        return loss


RULES = {
    "AdamOutOfPlace": "adam",
    "AdamUncorrectedEps": "adam",
    "AdamWithProducts": "adam",
    "AdamWFactored": "adamw",
    "RMSpropReciprocal": "rmsprop",
    "RMSpropRootKept": "rmsprop",
    "MomentumWithLists": "sgd[momentum]",
    "NesterovRearranged": "sgd[nesterov]",
    "AdagradRsqrt": "adagrad[eps_in_sqrt]",
    "AdadeltaByHand": "adadelta[lr]",
    "AmsgradWhere": "amsgrad",
    "DescentByBranches": "sgd[l2]",
}
