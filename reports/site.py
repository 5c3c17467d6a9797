"""A report is a directory that is replaced as a whole: the old one stays until the new one is complete."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from .records import ReportError

__all__ = ["MARKER", "publish", "require_publishable"]

MARKER = "optproof-report.json"
_IGNORED = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


def require_publishable(out: Path) -> None:
    """Check that :func:`publish` would write to `out`, before the work that comes first is done.

    `out` must be missing, empty, or a report without anybody else's files, and its parent must be writable.

    Raises
    ------
    ReportError
        A sentence that says what stands in the way.
    """
    _require_replaceable(out)
    parent = next(p for p in Path(os.path.abspath(out)).parents if p.exists())
    try:
        _sibling(parent / out.name, "probe").rmdir()
    except OSError as error:
        raise _unwritable(out, error) from None


def _require_replaceable(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise ReportError(f"{out} is a file, and a report is a directory; choose another one with --out")
    found = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file() or p.is_symlink()}
    if not found and not any(out.iterdir()):
        return
    if MARKER not in found:
        raise ReportError(
            f"the directory {out} is not empty and holds no report (it has no {MARKER}), so it is left alone; "
            f"choose another one with --out"
        )
    strange = sorted(f for f in found - _written(out) if Path(f).name not in _IGNORED)
    if strange:
        raise ReportError(
            f"the report in {out} also holds {strange[0]}, which optproof did not write and would have to delete; "
            f"move it away or choose another directory with --out"
        )


def publish(files: Mapping[str, str | bytes], out: Path) -> None:
    """Write `files` as the directory `out`, in place of an older report.

    Everything is written to a sibling directory first; only when that is complete do the two change places.

    Parameters
    ----------
    files : mapping of relative path to text or bytes
        The marker's text must name every one of them.
    out : Path

    Raises
    ------
    ReportError
        If `out` holds something else, or cannot be written.
    """
    _require_replaceable(out)
    # A link is followed, so that it stays and the report it leads to is replaced.
    place = Path(os.path.realpath(out))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = _sibling(place, "new")
        try:
            _write(files, fresh)
            _swap(fresh, place)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise _unwritable(out, error) from None


def _unwritable(out: Path, error: OSError) -> ReportError:
    return ReportError(
        f"the report cannot be written to {out}: {error.strerror or error}; choose another place with --out"
    )


def _write(files: Mapping[str, str | bytes], root: Path) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text, encoding="utf-8", newline="\n")


def _swap(fresh: Path, out: Path) -> None:
    """Put `fresh` where `out` is; if that fails or is interrupted, the old report goes back to its place."""
    if not out.exists():
        fresh.rename(out)
        return
    aside = _sibling(out, "old")
    kept = aside / out.name
    try:
        out.rename(kept)
        fresh.rename(out)
    finally:
        if kept.exists() and not out.exists():
            kept.rename(out)
        shutil.rmtree(aside, ignore_errors=True)


def _sibling(out: Path, kind: str) -> Path:
    """A new hidden directory beside `out`, so that renaming between the two stays within one file system."""
    path = out.parent / f".{out.name}.{kind}-{secrets.token_hex(4)}"
    path.mkdir()
    return path


def _written(out: Path) -> set[str]:
    try:
        listed = json.loads((out / MARKER).read_text(encoding="utf-8"))["files"]
        return {MARKER, *map(str, listed)}
    except (OSError, ValueError, KeyError, TypeError):
        return {MARKER}
