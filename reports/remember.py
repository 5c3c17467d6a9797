"""What earlier runs found and rendered, so that a report that changes little is written in seconds.

A finding is kept under the digest of everything it depends on: the rule, every source file that takes part in making
it, the versions of what it computes with, and the processor.  Pages are a pure function of what is on them, so they are
kept under the digest of that and of every source file of the reports.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..kernels.atomic import replacing
from ..kernels.cache import cache_directory
from .figures.drawing import Drawing
from .records import CheckFacts, ComparisonFacts, KernelFacts, RuleFacts, Theorem, from_plain, to_plain
from .records.certificate import CertificateFile

__all__ = ["Memory", "Part"]

_WRITING = ("derive", "reports/records", "reports/making", "reports/notation.py")
_ALL = (*_WRITING, "kernels", "analysis")
_COMPUTED_WITH = ("sympy", "z3-solver", "python-flint", "numpy", "numba", "llvmlite", "matplotlib")
_FRAMEWORKS = ("torch", "jax", "optax", "keras")
_RENDERED_WITH = ("jinja2", "markupsafe", "latex2mathml", "pygments")


@dataclass(frozen=True)
class Part:
    """A kind of finding: the type of its record or records, and the source files on which it depends."""

    kind: Any
    many: bool
    sources: tuple[str, ...]


PARTS = {
    "rule": Part(RuleFacts, False, _WRITING),
    "theorems": Part(Theorem, True, _WRITING),
    "certificates": Part(CertificateFile, True, _WRITING),
    "kernel": Part(KernelFacts, False, (*_WRITING, "kernels")),
    "check": Part(CheckFacts, True, _ALL),
    "figures": Part(Drawing, True, (*_ALL, "reports/figures")),
    "comparisons": Part(ComparisonFacts, False, _ALL),
}


class Memory:
    """Findings and pages of earlier runs.

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

    def recall(self, part: str, digest: str) -> Any | None:
        """The record or records that an equal run found about the rule, or the rules, of this digest, else None."""
        about = PARTS[part]
        data = self._read(part, digest, _surroundings(about.sources))
        try:
            if data is None:
                return None
            return tuple(from_plain(about.kind, item) for item in data) if about.many else from_plain(about.kind, data)
        except (TypeError, ValueError):
            return None

    def has(self, part: str, digest: str) -> bool:
        """Whether there is something to recall."""
        return not self._fresh and self._path(part, digest, _surroundings(PARTS[part].sources)).exists()

    def keep(self, part: str, digest: str, found: Any) -> None:
        """Keep a finding; only what is complete and as it should be is to be kept."""
        self._write(part, digest, _surroundings(PARTS[part].sources), to_plain(found))

    def size(self) -> tuple[int, int]:
        """How many findings and pages are kept, and how many bytes they take."""
        sizes = []
        for path in self._directory.glob("*.json"):
            with suppress(OSError):
                sizes.append(path.stat().st_size)
        return len(sizes), sum(sizes)

    def clear(self) -> int:
        """Remove every finding and page, and nothing else in the directory; returns how many there were."""
        kept = list(self._directory.glob("*.json"))
        for path in kept:
            with suppress(OSError):
                path.unlink()
        return sum(not path.exists() for path in kept)

    def names(self, asked: str) -> list[tuple[str, str]] | None:
        """The names and digests of the catalogue's rules that `asked` meant in an earlier run."""
        data = self._read("names", asked, _surroundings(("derive",)))
        return None if data is None else [(str(name), str(digest)) for name, digest in data]

    def keep_names(self, asked: str, rules: Iterable[tuple[str, str]]) -> None:
        """Keep which rules of the catalogue `asked` means."""
        self._write("names", asked, _surroundings(("derive",)), [list(pair) for pair in rules])

    def conformance(self) -> Any | None:
        """The matrix that was measured last with these sources and frameworks, in the form of its JSON, else None."""
        return self._read("conformance", "all", _frameworks())

    def keep_conformance(self, matrix: Any) -> None:
        """Keep a measured conformance matrix in the form of its JSON."""
        self._write("conformance", "all", _frameworks(), matrix)

    def page(self, name: str, digest: str) -> str | None:
        """The page that was rendered from content of this digest, else None."""
        text = self._read("page", name, f"{digest} {_rendering()}")
        return text if isinstance(text, str) else None

    def keep_page(self, name: str, digest: str, text: str) -> None:
        """Keep what was rendered."""
        self._write("page", name, f"{digest} {_rendering()}", text)

    def _path(self, part: str, about: str, under: str) -> Path:
        # What is kept under other circumstances about the same thing is out of date, and found by the name's beginning.
        return self._directory / f"{part}-{_short(about)}-{_short(under)}.json"

    def _read(self, part: str, about: str, under: str) -> Any | None:
        if self._fresh:
            return None
        try:
            seal, _, text = self._path(part, about, under).read_text(encoding="utf-8").partition("\n")
            return json.loads(text) if seal == hashlib.sha256(text.encode()).hexdigest() else None
        except (OSError, ValueError):
            return None

    def _write(self, part: str, about: str, under: str, data: Any) -> None:
        path = self._path(part, about, under)
        text = json.dumps(data, ensure_ascii=False)
        # A report does not need a memory: where nothing can be written, nothing is kept.
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as file:
                file.write(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}".encode())
            for other in path.parent.glob(f"{part}-{_short(about)}-*.json"):
                if other != path:
                    other.unlink(missing_ok=True)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@lru_cache(maxsize=16)
def _surroundings(sources: tuple[str, ...]) -> str:
    """Everything beside the rule that a finding depends on."""
    machine = [platform.python_version(), platform.machine(), _processor()]
    return "\n".join([*map(_digest_of_sources, sources), *map(_version, _COMPUTED_WITH), *machine])


def _frameworks() -> str:
    """Everything that the matrix of the frameworks depends on."""
    return "\n".join([_surroundings(_ALL), *map(_version, _FRAMEWORKS)])


@lru_cache(maxsize=1)
def _rendering() -> str:
    """Everything beside its content that a page depends on."""
    sources = [_digest_of_sources(part) for part in ("reports", "__init__.py")]
    return "\n".join([*sources, *map(_version, _RENDERED_WITH)])


@lru_cache(maxsize=32)
def _digest_of_sources(part: str) -> str:
    root = Path(__file__).resolve().parent.parent
    place = root / part
    found = place.rglob("*") if place.is_dir() else iter([place])
    digest = hashlib.sha256()
    for path in sorted(p for p in found if p.is_file() and p.suffix in {".py", ".html", ".md", ".tex", ".css", ".js"}):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} unknown"


@lru_cache(maxsize=1)
def _processor() -> str:
    from llvmlite import binding

    return f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"
