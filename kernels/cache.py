"""Where compiled kernels are kept: a content-addressed directory, safe to share and safe to delete.

An entry is a folder whose name ends in the digest of what is in it: the printed source, the versions of optproof,
Numba and Python, and the processor.  It holds the module, a small description, and Numba's own cache beside them.
Files are written to a temporary name and then renamed, so that no reader ever sees half of one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = [
    "CacheEntry",
    "cache_directory",
    "clear",
    "entries",
    "entry_path",
    "store",
    "store_beside",
    "temporary_directory",
]

_VARIABLE = "OPTPROOF_CACHE_DIR"
_DESCRIPTION = "entry.json"
_MODULE = "kernel.py"
# Numba tells versions of a file apart by its time and size.  Equal content has an equal path here, so that one fixed
# time keeps a file that two processes wrote one after the other from looking new.
_FIXED_TIME = 946_684_800


@dataclass(frozen=True)
class CacheEntry:
    """A kernel in the cache.

    Attributes
    ----------
    name, dtype : str
        The rule and the dtype.
    digest : str
        What the entry is addressed by.
    bytes : int
        The size of the folder with the machine code in it.
    path : pathlib.Path
        The folder.
    """

    name: str
    dtype: str
    digest: str
    bytes: int
    path: Path


def cache_directory(directory: str | os.PathLike[str] | None = None) -> Path:
    """The directory of the cache; it need not exist yet.

    Parameters
    ----------
    directory : path, optional
        If given, this one; else the environment variable ``OPTPROOF_CACHE_DIR``; else ``optproof`` in
        ``XDG_CACHE_HOME`` or in ``~/.cache``.
    """
    chosen = directory or os.environ.get(_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        base = Path(os.path.expanduser("~")) / ".cache"
    return base / "optproof"


def entries(directory: str | os.PathLike[str] | None = None) -> list[CacheEntry]:
    """The kernels in the cache, by name and dtype; what cannot be read is passed over."""
    found = list(_entries(cache_directory(directory)))
    return sorted(found, key=lambda e: (e.name, e.dtype, e.digest))


def clear(directory: str | os.PathLike[str] | None = None) -> int:
    """Delete the kernels in the cache, and nothing else in that directory.

    Returns
    -------
    int
        How many there were.
    """
    found = entries(directory)
    for entry in found:
        shutil.rmtree(entry.path, ignore_errors=True)
    return sum(not entry.path.exists() for entry in found)


def _entries(directory: Path) -> Iterator[CacheEntry]:
    for path in directory.glob(f"*/{_DESCRIPTION}"):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            size = sum(file.stat().st_size for file in path.parent.rglob("*") if file.is_file())
            yield CacheEntry(str(data["name"]), str(data["dtype"]), str(data["digest"]), size, path.parent)
        except (OSError, ValueError, KeyError, TypeError):
            continue


def entry_path(directory: Path, name: str, dtype: str, digest: str) -> Path:
    """The folder for a kernel in `directory`.

    Examples
    --------
    >>> entry_path(Path("cache"), "adam[l2]", "float32", "0123456789abcdef0123").name
    'adam_l2-float32-0123456789abcdef'
    """
    slug = re.sub(r"\W+", "_", name).strip("_")[:60]
    return directory / f"{slug}-{dtype}-{digest[:16]}"


def store(directory: Path, name: str, dtype: str, digest: str, source: str) -> Path:
    """Make sure that the module is in the cache, whole and unchanged.

    Returns
    -------
    pathlib.Path
        The module.  A file that is there with other content, truncated or tampered with, is written anew.

    Raises
    ------
    OSError
        If it is not there and cannot be written.
    """
    folder = entry_path(directory, name, dtype, digest)
    module = folder / _MODULE
    content = source.encode()
    if _holds(module, content):
        return module
    folder.mkdir(parents=True, exist_ok=True)
    _write(module, content)
    description = {"name": name, "dtype": dtype, "digest": digest}
    _write(folder / _DESCRIPTION, (json.dumps(description, indent=2) + "\n").encode())
    return module


def store_beside(module: Path, name: str, source: str) -> Path:
    """Make sure that a file of this `name` and `source` is beside `module` in its entry.

    Raises
    ------
    OSError
        If it is not there and cannot be written.
    """
    path = module.with_name(name)
    content = source.encode()
    if not _holds(path, content):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
    return path


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False


def forget_machine_code(module: Path) -> None:
    """Delete what Numba kept beside `module`."""
    shutil.rmtree(module.parent / "__pycache__", ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.utime(temporary, (_FIXED_TIME, _FIXED_TIME))
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@lru_cache(maxsize=1)
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="optproof-", ignore_cleanup_errors=True)


def temporary_directory() -> Path:
    """A directory of this process alone, which is removed when the process ends."""
    return Path(_temporary().name)
