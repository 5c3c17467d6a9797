"""`make bench`: measure, print a table, and write JSON if asked. Nothing here is asserted anywhere.

``python -m benchmarks [startup] [trajectories] [report] [--json FILE]``
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from .measure import Figure
from .startup import startup
from .trajectories import trajectories
from .whole_report import whole_report

BENCHMARKS: dict[str, Callable[[Path], list[Figure]]] = {
    "startup": startup,
    "trajectories": trajectories,
    "report": whole_report,
}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}


def main() -> None:
    """Run the benchmarks that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure optproof.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    chosen = parser.parse_args()
    for name in chosen.names:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    table = Table("what", "measured", "wanted", title=f"{machine()['cores']} cores, Python {machine()['python']}")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="optproof-bench-") as folder:
        for name in chosen.names or BENCHMARKS:
            figures += BENCHMARKS[name](Path(folder))
    for figure in figures:
        bound = "" if figure.bound is None else f"at most {figure.bound:g} {figure.unit}"
        value = f"{figure.value:.0f} {figure.unit}" if figure.unit == "MiB" else f"{figure.value:.2f} {figure.unit}"
        table.add_row(figure.name, value if figure.within else f"[bold red]{value}[/]", bound)
    Console().print(table)
    if chosen.json is not None:
        rows = [{"name": f.name, "value": f.value, "unit": f.unit, "wanted": f.bound} for f in figures]
        chosen.json.write_text(json.dumps({"machine": machine(), "figures": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
