"""The publications that theorems cite."""

from __future__ import annotations

from ..rule import Source

__all__ = [
    "cohen",
    "duchi",
    "kingma_ba",
    "lessard",
    "loshchilov_hutter",
    "ma_yarats",
    "nesterov",
    "orvieto_gower",
    "polyak",
    "pytorch_sgd",
    "reddi",
    "sutskever",
    "tieleman_hinton",
    "xie_li",
    "zeiler",
]


def kingma_ba(where: str) -> Source:
    """Kingma & Ba 2015."""
    return Source("Kingma & Ba", 2015, "Adam: A Method for Stochastic Optimization", where, "arXiv:1412.6980")


def reddi(where: str) -> Source:
    """Reddi, Kale & Kumar 2018."""
    return Source("Reddi, Kale & Kumar", 2018, "On the Convergence of Adam and Beyond", where, "arXiv:1904.09237")


def orvieto_gower(where: str) -> Source:
    """Orvieto & Gower 2025."""
    return Source("Orvieto & Gower", 2025, "In Search of Adam's Secret Sauce", where)


def duchi(where: str) -> Source:
    """Duchi, Hazan & Singer 2011."""
    title = "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization"
    return Source("Duchi, Hazan & Singer", 2011, title, where, "JMLR 12:2121-2159")


def tieleman_hinton(where: str) -> Source:
    """Tieleman & Hinton 2012."""
    title = "Lecture 6.5 - RMSProp, COURSERA: Neural Networks for Machine Learning"
    return Source("Tieleman & Hinton", 2012, title, where)


def zeiler(where: str) -> Source:
    """Zeiler 2012."""
    return Source("Zeiler", 2012, "ADADELTA: An Adaptive Learning Rate Method", where, "arXiv:1212.5701")


def polyak(where: str) -> Source:
    """Polyak 1964."""
    return Source("Polyak", 1964, "Some methods of speeding up the convergence of iteration methods", where)


def cohen(where: str) -> Source:
    """Cohen et al. 2022."""
    return Source("Cohen et al.", 2022, "Adaptive Gradient Methods at the Edge of Stability", where, "arXiv:2207.14484")


def lessard(where: str) -> Source:
    """Lessard, Recht & Packard 2016."""
    title = "Analysis and Design of Optimization Algorithms via Integral Quadratic Constraints"
    return Source("Lessard, Recht & Packard", 2016, title, where, "arXiv:1408.3595")


def loshchilov_hutter(where: str) -> Source:
    """Loshchilov & Hutter 2019."""
    return Source("Loshchilov & Hutter", 2019, "Decoupled Weight Decay Regularization", where, "arXiv:1711.05101")


def sutskever(where: str) -> Source:
    """Sutskever, Martens, Dahl & Hinton 2013."""
    title = "On the importance of initialization and momentum in deep learning"
    return Source("Sutskever, Martens, Dahl & Hinton", 2013, title, where, "PMLR 28(3):1139-1147")


def nesterov(where: str) -> Source:
    """Nesterov 1983."""
    title = "A method of solving a convex programming problem with convergence rate O(1/k^2)"
    return Source("Nesterov", 1983, title, where)


def ma_yarats(where: str) -> Source:
    """Ma & Yarats 2019."""
    title = "Quasi-hyperbolic momentum and Adam for deep learning"
    return Source("Ma & Yarats", 2019, title, where, "arXiv:1810.06801")


def pytorch_sgd(where: str) -> Source:
    """The documentation of PyTorch's SGD."""
    link = "https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html"
    return Source("PyTorch documentation", 2023, "torch.optim.SGD", where, link)


def xie_li(where: str) -> Source:
    """Xie & Li 2024."""
    title = "Implicit Bias of AdamW: l-infinity Norm Constrained Optimization"
    return Source("Xie & Li", 2024, title, where, "arXiv:2404.04454")


def shazeer_stern(where: str) -> Source:
    """Shazeer & Stern 2018."""
    title = "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost"
    return Source("Shazeer & Stern", 2018, title, where, "arXiv:1804.04235")
