"""Trajectory kernels: whole runs of a rule, many side by side, generated, proved and compiled."""

from __future__ import annotations

from .kernel import GeneratedTrajectories, Trajectories, TrajectoryKernel, generate_trajectories, trajectory_kernel
from .objective import Objective, objective
from .program import TrajectoryProgram, trajectory_program

__all__ = [
    "GeneratedTrajectories",
    "Objective",
    "Trajectories",
    "TrajectoryKernel",
    "TrajectoryProgram",
    "generate_trajectories",
    "objective",
    "trajectory_kernel",
    "trajectory_program",
]
