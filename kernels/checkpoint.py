"""A snapshot as a file: a short header, the arrays as they are, and a checksum over everything.

In order: 16 bytes that name the format; its version, the length of the header and that of the data, as little-endian
integers of 8 bytes; the header, JSON in UTF-8; the arrays one after the other, in C order, little-endian; the SHA-256
of all that.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, BinaryIO

import numpy as np

from .atomic import replacing
from .checks import Array
from .errors import KernelError
from .snapshot import Entry, GroupEntry, Snapshot, counted, storage_of

__all__ = ["read_checkpoint", "write_checkpoint"]

_MAGIC = b"optproof state\r\n"
_VERSION = 1
_PREAMBLE = struct.Struct("<16sQQQ")
_DIGEST = hashlib.sha256().digest_size
_STORED = {"float32": "<f4", "float64": "<f8", "float16": "<f2", "uint16": "<u2"}


def write_checkpoint(path: str | os.PathLike[str], snapshot: Snapshot) -> None:
    """Write `snapshot` atomically.

    Raises
    ------
    OSError
        If the file cannot be written; a file that was there is whole.
    """
    header = json.dumps(_header(snapshot), allow_nan=False).encode()
    arrays = [array for entry in snapshot.entries for array in entry.arrays.values()]
    preamble = _PREAMBLE.pack(_MAGIC, _VERSION, len(header), sum(a.nbytes for a in arrays))
    digest = hashlib.sha256()
    with replacing(path) as file:
        parts: Iterable[bytes | memoryview] = chain([preamble, header], map(_bytes, arrays))
        for part in parts:
            digest.update(part)
            file.write(part)
        file.write(digest.digest())


def _header(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "rule": snapshot.rule,
        "digest": snapshot.digest,
        "storage": {"states": dict(snapshot.storage.states), "seed": snapshot.storage.seed},
        "groups": [{"hyper": dict(g.hyper), "params": list(g.names)} for g in snapshot.groups],
        "entries": [
            {
                "name": e.name,
                "t": e.t,
                "arrays": [{"name": n, "dtype": a.dtype.name, "shape": a.shape} for n, a in e.arrays.items()],
            }
            for e in snapshot.entries
        ],
    }


def _bytes(array: Array) -> memoryview:
    """The memory of an array in C order and little-endian; no copy where it is so already."""
    rows: Any = np.ascontiguousarray(array, _STORED[array.dtype.name]).reshape(-1).view(np.uint8)
    return memoryview(rows)


def read_checkpoint(path: str | os.PathLike[str]) -> Snapshot:
    """Read what :func:`write_checkpoint` wrote, and trust nothing before its checksum is right.

    Raises
    ------
    KernelError
        If the file is no checkpoint, of another version, truncated, or corrupt.
    OSError
        If it cannot be read.
    """
    what = f"the checkpoint {os.fspath(path)!r}"
    with open(path, "rb") as file:
        start, size = _checked_preamble(what, file)
        rest = bytearray(size)
        if file.readinto(rest) != size:
            raise KernelError(f"{what} became shorter while it was read; nothing was loaded")
    digest = hashlib.sha256(start)
    digest.update(memoryview(rest)[:-_DIGEST])
    if digest.digest() != rest[-_DIGEST:]:
        raise KernelError(f"{what} is corrupt: its checksum does not match; nothing was loaded")
    header, data = _PREAMBLE.unpack(start)[2:]
    try:
        return _snapshot(json.loads(rest[:header]), memoryview(rest)[header : header + data])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KernelError(f"{what} cannot be understood: {error!r}; nothing was loaded") from None


def _checked_preamble(what: str, file: BinaryIO) -> tuple[bytes, int]:
    """The preamble, and how many bytes follow it."""
    start = file.read(_PREAMBLE.size)
    if start[: len(_MAGIC)] != _MAGIC[: len(start)] or not start:
        raise KernelError(f"{what} is no file that an optimizer saved; nothing was loaded")
    found = os.fstat(file.fileno()).st_size
    if len(start) < _PREAMBLE.size:
        raise KernelError(f"{what} is truncated: it has only {found} bytes; nothing was loaded")
    _, version, header, data = _PREAMBLE.unpack(start)
    if version != _VERSION:
        raise KernelError(
            f"{what} is in version {version} of the format, and this optproof reads version {_VERSION}; nothing was "
            f"loaded"
        )
    expected = _PREAMBLE.size + header + data + _DIGEST
    if found != expected:
        reason = "truncated" if found < expected else "corrupt"
        raise KernelError(f"{what} is {reason}: it has {found} bytes instead of {expected}; nothing was loaded")
    return start, header + data + _DIGEST


def _snapshot(header: Mapping[str, Any], data: memoryview) -> Snapshot:
    groups = tuple(GroupEntry(dict(g["hyper"]), tuple(g["params"])) for g in header["groups"])
    entries = tuple(_entries(header, data))
    return Snapshot(str(header["rule"]), str(header["digest"]), groups, entries, storage_of(header.get("storage")))


def _entries(header: Mapping[str, Any], data: memoryview) -> Iterator[Entry]:
    start = 0
    for entry in header["entries"]:
        arrays: dict[str, Array] = {}
        for described in entry["arrays"]:
            dtype, shape = np.dtype(_STORED[described["dtype"]]), tuple(described["shape"])
            stop = start + dtype.itemsize * int(np.prod(shape, dtype=np.int64))
            native = np.frombuffer(data[start:stop], dtype).astype(dtype.newbyteorder("="), copy=False)
            arrays[str(described["name"])] = native.reshape(shape)
            start = stop
        yield Entry(entry["name"], counted(entry["name"], entry["t"]), arrays)
    if start != len(data):
        raise ValueError("the arrays do not fill the data")
