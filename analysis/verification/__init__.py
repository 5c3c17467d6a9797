"""Implementations against rules: systems, the relation between two states, the proof, the difference in words."""

from __future__ import annotations
