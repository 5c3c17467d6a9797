"""What earlier runs found, so that a report that changes little is written in seconds.

A finding is kept under the digest of everything it depends on: the rule, every source file of optproof, the versions of
what it computes with, and the processor.  Only complete findings are kept, with every theorem settled as expected and
every check passed: what went wrong, or could not be decided in time, is done again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import fields
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..derive import ProofStep, Result, UpdateRule, Verdict, claims_of
from ..derive.serialise import expression_from_json, expression_to_json
from ..kernels.atomic import replacing
from ..kernels.cache import cache_directory

if TYPE_CHECKING:
    from ..analysis import CrossCheck

__all__ = ["Memory"]

_COMPUTED_WITH = ("sympy", "z3-solver", "python-flint", "numpy", "numba", "llvmlite")


class Memory:
    """Theorems and cross-checks of earlier runs.

    Parameters
    ----------
    directory : path, optional
        Where they are kept; by default ``findings`` in the cache directory.
    fresh : bool
        Look nothing up; what is found is kept all the same.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None, *, fresh: bool = False) -> None:
        self._directory = cache_directory() / "findings" if directory is None else Path(directory)
        self._fresh = fresh

    def results(self, rule: UpdateRule) -> tuple[Result, ...] | None:
        """The results about `rule` if an equal run found them before, else None."""
        record = self._read("theorems", rule)
        if record is None:
            return None
        claims = claims_of(rule)
        if [c.name for c in claims] != list(record):
            return None
        try:
            return tuple(_result(claim, record[claim.name]) for claim in claims)
        except (KeyError, TypeError, ValueError):
            return None

    def keep_results(self, rule: UpdateRule, results: Sequence[Result]) -> None:
        """Keep the results if they are complete and as expected."""
        complete = [r.claim.name for r in results] == [c.name for c in claims_of(rule)]
        if complete and all(r.as_expected for r in results):
            self._write("theorems", rule, {r.claim.name: _record(r) for r in results})

    def checks(self, rule: UpdateRule) -> tuple[CrossCheck, ...] | None:
        """The cross-checks of `rule` if an equal run made them before, else None."""
        record = self._read("checks", rule)
        if record is None:
            return None
        try:
            return tuple(_check(data) for data in record["checks"])
        except (KeyError, TypeError, ValueError):
            return None

    def keep_checks(self, rule: UpdateRule, checks: Sequence[CrossCheck]) -> None:
        """Keep the cross-checks if all passed."""
        if checks and all(c.passed for c in checks):
            self._write("checks", rule, {"checks": [c.to_json() for c in checks]})

    def _path(self, part: str, rule: UpdateRule) -> Path:
        key = hashlib.sha256("\n".join((part, rule.digest, _surroundings())).encode()).hexdigest()
        return self._directory / f"{part}-{key[:32]}.json"

    def _read(self, part: str, rule: UpdateRule) -> dict[str, Any] | None:
        if self._fresh:
            return None
        try:
            record = json.loads(self._path(part, rule).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) else None

    def _write(self, part: str, rule: UpdateRule, record: dict[str, Any]) -> None:
        path = self._path(part, rule)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(json.dumps(record).encode())
        except OSError:
            return  # a report does not need a memory


@lru_cache(maxsize=1)
def _surroundings() -> str:
    """Everything beside the rule that a finding depends on."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for floor in ("derive", "kernels", "analysis"):
        for path in sorted((root / floor).rglob("*.py")):
            digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    versions = [f"{name} {_version(name)}" for name in _COMPUTED_WITH]
    machine = [platform.python_version(), platform.machine(), _processor()]
    return "\n".join([digest.hexdigest(), *versions, *machine])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _processor() -> str:
    from llvmlite import binding

    return f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"


def _record(result: Result) -> dict[str, Any]:
    steps = [
        {"words": s.words, "latex": result.step_latex(s), "kind": s.kind, "formal": s.formal} for s in result.steps
    ]
    return {
        "statement": result.claim.text(),
        "verdict": result.verdict.name,
        "method": result.method,
        "steps": steps,
        "witness": {name: expression_to_json(value) for name, value in result.witness.items()},
        "confirmed_by": list(result.confirmed_by),
        "seconds": result.seconds,
    }


def _result(claim: Any, record: dict[str, Any]) -> Result:
    if record["statement"] != claim.text():
        raise ValueError(f"the record of {claim.name} is about another statement")
    return Result(
        claim,
        Verdict[record["verdict"]],
        record["method"],
        tuple(ProofStep(**step) for step in record["steps"]),
        claim.derived,
        {name: expression_from_json(value, {}) for name, value in record["witness"].items()},
        confirmed_by=tuple(record["confirmed_by"]),
        seconds=float(record["seconds"]),
    )


def _check(data: dict[str, Any]) -> CrossCheck:
    from ..analysis import CrossCheck

    named = {f.name: data[f.name] for f in fields(CrossCheck)}
    named["source_verdict"] = Verdict[named["source_verdict"]]
    for name in ("sizes", "problems", "notes"):
        named[name] = tuple(named[name])
    return CrossCheck(**named)
