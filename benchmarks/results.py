"""Where measurements are kept: JSON that is written as a whole or not at all, and what they were measured on."""

from __future__ import annotations

import json
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["available_memory", "busy", "machine", "read_json", "write_json"]

_PACKAGES = ("numpy", "numba", "llvmlite", "torch", "jax", "optax", "deepspeed")


def write_json(path: Path, content: object) -> None:
    """Write `content` under another name and rename it: whoever reads finds the old file or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def read_json(path: Path, otherwise: Any) -> Any:
    """What is in the file; `otherwise` if there is none, or none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return otherwise


def machine() -> dict[str, Any]:
    """What the figures were measured on, and with."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cores": cores,
        "machine": platform.machine(),
        "processor": _processor(),
        "python": platform.python_version(),
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
    }


def busy() -> bool:
    """Whether others keep half a processor or more from what is measured, in the last minute's mean."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.5


def available_memory() -> int | None:
    """How many bytes could be allocated without swapping; None where the system does not say."""
    return _first_number(Path("/proc/meminfo"), "MemAvailable:", 1024)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _first_number(path: Path, label: str, unit: int) -> int | None:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * unit for line in lines if line.startswith(label)), None)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
