"""A process that lists a framework's cases, or decides cases: one JSON line in, one out.

Frameworks are imported here and in the tracer's process, never in the one that asks.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .cases import Case
from .cell import Cell, measured

__all__ = ["FRAMEWORKS", "case_from_json", "main"]

FRAMEWORKS = {"torch": ("torch",), "optax": ("jax", "optax"), "keras": ("jax", "keras")}
"""Each framework with the distributions that it needs; the last is its own."""


def listed(framework: str) -> dict[str, Any]:
    """The cases of a framework as JSON-ready data, or why there are none."""
    needed = FRAMEWORKS[framework]
    try:
        versions = {name: version(name) for name in needed}
    except PackageNotFoundError as error:
        return {"missing": f"{error.name} is not installed; pip install 'optproof[{framework}]'"}
    try:
        found: list[Case] = import_module(f".{framework}_cases", __package__).cases()
    except ImportError as error:
        return {"missing": f"{framework} cannot be imported: {error}"}
    return {"version": versions[needed[-1]], "cases": [vars(case) for case in found]}


def case_from_json(data: dict[str, Any]) -> Case:
    """The case that was written as JSON."""
    return Case(**data)


def main() -> None:
    """Serve until the input ends."""
    # What frameworks print goes to standard error; replies have a channel of their own.
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from ..trace.isolation import Tracer
    from ..verification.workbench import Workbench

    # What is traced here are the frameworks' own optimizers.
    with Workbench() as bench, Tracer(apart=False) as tracer:
        framework = ""
        for line in sys.stdin:
            job = json.loads(line)
            if "case" in job and job["case"]["framework"] != framework:
                # Each framework is traced in a process that has not seen another.
                tracer.close()
                framework = job["case"]["framework"]
            channel.write(json.dumps(_reply(job, tracer, bench)) + "\n")
            channel.flush()


def _reply(job: dict[str, Any], tracer: Any, bench: Any) -> dict[str, Any]:
    if "list" in job:
        return listed(job["list"])
    case = case_from_json(job["case"])
    try:
        return vars(measured(case, tracer, bench))
    except Exception as error:
        # One case that goes wrong here is this tool's fault, and must not end the matrix.
        return vars(Cell.blank(case, words=f"it could not be decided: {type(error).__name__}: {error}"))
