"""The same inputs give the same bytes, whatever the hash seed is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import sys
from optproof import analysis
analysis.crosscheck = lambda rules, progress=None: []  # compiled in tests of its own
from optproof.reports import report
report(["sgd", "sgd[momentum]"], sys.argv[1], ["html", "md", "json"], compare=True)
"""


def make(out: Path, seed: str) -> dict[str, bytes]:
    # A cache of its own, so that the second run finds everything anew.
    environment = {**os.environ, "PYTHONHASHSEED": seed, "OPTPROOF_CACHE_DIR": str(out.with_suffix(".cache"))}
    subprocess.run([sys.executable, "-c", _SCRIPT, str(out)], env=environment, check=True, cwd=out.parent)
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = make(tmp_path / "first", "0"), make(tmp_path / "second", "4711")
    assert first.keys() == second.keys()
    assert "timings.json" in first
    for name in first.keys() - {"timings.json"}:
        assert first[name] == second[name], f"{name} differs between two runs"
