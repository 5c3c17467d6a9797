"""The publications that theorems cite."""

from __future__ import annotations

from ..rule import Source

__all__ = [
    "balles",
    "bansal_gupta",
    "bernstein",
    "chen_lion",
    "cohen",
    "duchi",
    "higham",
    "kingma_ba",
    "lessard",
    "liu_radam",
    "loshchilov_hutter",
    "ma_yarats",
    "mcmahan_streeter",
    "nesterov",
    "nesterov_book",
    "orvieto_gower",
    "polyak",
    "pytorch_sgd",
    "reddi",
    "riedmiller_braun",
    "robbins_monro",
    "shazeer_stern",
    "sutskever",
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


def mcmahan_streeter(where: str) -> Source:
    """McMahan & Streeter 2010."""
    title = "Adaptive Bound Optimization for Online Convex Optimization"
    return Source("McMahan & Streeter", 2010, title, where, "arXiv:1002.4908")


def robbins_monro(where: str) -> Source:
    """Robbins & Monro 1951."""
    return Source("Robbins & Monro", 1951, "A Stochastic Approximation Method", where, "doi:10.1214/aoms/1177729586")


def nesterov_book(where: str) -> Source:
    """Nesterov 2004."""
    return Source("Nesterov", 2004, "Introductory Lectures on Convex Optimization", where)


def bansal_gupta(where: str) -> Source:
    """Bansal & Gupta 2019."""
    title = "Potential-Function Proofs for Gradient Methods"
    return Source("Bansal & Gupta", 2019, title, where, "Theory of Computing 15(4)")


def bernstein(where: str) -> Source:
    """Bernstein et al. 2018."""
    title = "signSGD: Compressed Optimisation for Non-Convex Problems"
    return Source("Bernstein, Wang, Azizzadenesheli & Anandkumar", 2018, title, where, "arXiv:1802.04434")


def balles(where: str) -> Source:
    """Balles, Pedregosa & Le Roux 2020."""
    title = "The Geometry of Sign Gradient Descent"
    return Source("Balles, Pedregosa & Le Roux", 2020, title, where, "arXiv:2002.08056")


def chen_lion(where: str) -> Source:
    """Chen et al. 2023, on Lion."""
    title = "Lion Secretly Solves Constrained Optimization: As Lyapunov Predicts"
    return Source("Chen, Liu, Liang & Liu", 2023, title, where, "arXiv:2310.05898")


def liu_radam(where: str) -> Source:
    """Liu et al. 2020, on RAdam."""
    title = "On the Variance of the Adaptive Learning Rate and Beyond"
    return Source("Liu, Jiang, He, Chen, Liu, Gao & Han", 2020, title, where, "arXiv:1908.03265")


def riedmiller_braun(where: str) -> Source:
    """Riedmiller & Braun 1993."""
    title = "A Direct Adaptive Method for Faster Backpropagation Learning: The RPROP Algorithm"
    return Source("Riedmiller & Braun", 1993, title, where, "doi:10.1109/ICNN.1993.298623")


def higham(where: str) -> Source:
    """Higham 2002."""
    return Source("Higham", 2002, "Accuracy and Stability of Numerical Algorithms, 2nd edition", where)
