"""The publications that theorems cite."""

from __future__ import annotations

from ..rule import Source

__all__ = ["duchi", "kingma_ba", "orvieto_gower", "reddi", "tieleman_hinton", "zeiler"]


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
