"""The cache: nothing is compiled twice, and nothing that happens to its files can hurt."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from optproof.kernels import Kernel, cache, compile_kernel

from .conftest import FreshProcess

_TRY = """
import sys, numpy as np
from optproof.kernels import compile_kernel
kernel = compile_kernel("sgd", "float64", cache_dir=sys.argv[1])
theta = np.ones(2)
kernel(theta, np.ones(2), {}, 1, lr=0.5)
print(theta.tolist(), kernel.from_cache)
"""


def _works(kernel: Kernel) -> bool:
    theta = np.ones(2)
    kernel(theta, np.ones(2), {}, 1, lr=0.5)
    return bool(theta.tolist() == [0.5, 0.5])


def test_the_second_process_compiles_nothing(tmp_path: Path, fresh_process: FreshProcess) -> None:
    assert fresh_process("-c", _TRY, str(tmp_path)) == "[0.5, 0.5] False\n"
    assert fresh_process("-c", _TRY, str(tmp_path)) == "[0.5, 0.5] True\n"


def test_two_processes_may_compile_at_once(tmp_path: Path, fresh_process: FreshProcess) -> None:
    command = [sys.executable, "-c", _TRY, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        printed, errors = process.communicate(timeout=120)
        assert printed.startswith("[0.5, 0.5]"), errors
    assert not list(tmp_path.rglob("*.tmp"))
    assert fresh_process("-c", _TRY, str(tmp_path)) == "[0.5, 0.5] True\n"


@pytest.mark.parametrize("pattern", ["kernel.py", "*.nbi", "*.nbc"])
@pytest.mark.parametrize("keep", [0.0, 0.5])
def test_a_truncated_file_is_made_anew(pattern: str, keep: float, tmp_path: Path) -> None:
    compile_kernel("sgd", "float64", cache_dir=tmp_path)
    (file,) = tmp_path.rglob(pattern)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * keep)])
    assert _works(compile_kernel("sgd", "float64", cache_dir=tmp_path))
    (file,) = tmp_path.rglob(pattern)
    assert len(file.read_bytes()) > 0.9 * len(content)
    again = compile_kernel("sgd", "float64", cache_dir=tmp_path)
    assert again.from_cache
    assert _works(again)


def test_a_module_that_was_tampered_with_is_made_anew(tmp_path: Path) -> None:
    path = compile_kernel("sgd", "float64", cache_dir=tmp_path).path
    source = path.read_text()
    path.write_text(source.replace("theta[i] - lr", "theta[i] + lr"))
    assert _works(compile_kernel("sgd", "float64", cache_dir=tmp_path))
    assert path.read_text() == source


def test_machine_code_that_disappears_is_made_anew(tmp_path: Path) -> None:
    compile_kernel("sgd", "float64", cache_dir=tmp_path)
    for file in tmp_path.rglob("*.nbc"):
        file.unlink()
    assert _works(compile_kernel("sgd", "float64", cache_dir=tmp_path))


def test_a_directory_that_cannot_be_made_gives_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    directory = tmp_path / "file" / "cache"
    with pytest.warns(
        RuntimeWarning, match="cannot be used .*; kernels are compiled in a temporary directory"
    ) as caught:
        kernel = compile_kernel("sgd", "float64", cache_dir=directory)
    assert len(caught) == 1
    assert str(directory) in str(caught[0].message)
    assert _works(kernel)
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_read_only_directory_gives_one_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = cache.tempfile.mkstemp

    def refuse(*, dir: Path, **rest: str) -> tuple[int, str]:
        if Path(dir).is_relative_to(tmp_path):
            raise PermissionError(13, "Permission denied", str(dir))
        return real(dir=dir, **rest)

    monkeypatch.setattr(cache.tempfile, "mkstemp", refuse)
    with pytest.warns(RuntimeWarning, match=r"\(Permission denied\)"):
        kernel = compile_kernel("sgd", "float64", cache_dir=tmp_path)
    assert _works(kernel)


def test_a_full_cache_that_became_read_only_still_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_kernel("sgd", "float64", cache_dir=tmp_path)

    def refuse(path: Path, content: bytes) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(cache, "_write", refuse)
    kernel = compile_kernel("sgd", "float64", cache_dir=tmp_path)
    assert kernel.from_cache
    assert _works(kernel)


def test_entries_and_clear(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "entry.json").write_text("not ours {")
    compile_kernel("sgd", "float64", cache_dir=tmp_path)
    compile_kernel("adam[l2]", "float32", cache_dir=tmp_path)
    found = cache.entries(tmp_path)
    assert [(e.name, e.dtype) for e in found] == [("adam[l2]", "float32"), ("sgd", "float64")]
    assert all(e.bytes > 1000 and e.path.is_dir() and e.path.name.endswith(e.digest[:16]) for e in found)
    assert cache.clear(tmp_path) == 2
    assert cache.entries(tmp_path) == []
    assert sorted(os.listdir(tmp_path)) == ["folder", "notes.txt"]
    assert cache.clear(tmp_path / "nowhere") == 0


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPTPROOF_CACHE_DIR", str(tmp_path / "a"))
    assert cache.cache_directory() == tmp_path / "a"
    assert cache.cache_directory(tmp_path / "b") == tmp_path / "b"
    monkeypatch.delenv("OPTPROOF_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    assert cache.cache_directory() == tmp_path / "c" / "optproof"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # the specification says to ignore it
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.cache_directory() == tmp_path / "home" / ".cache" / "optproof"


def test_importing_the_floor_imports_neither_numba_nor_sympy(fresh_process: FreshProcess) -> None:
    code = "import sys, optproof.kernels, optproof.kernels.cache; print({'numba', 'sympy'} & set(sys.modules))"
    assert fresh_process("-c", code) == "set()\n"


def test_generating_needs_no_numba(fresh_process: FreshProcess) -> None:
    code = "import sys; from optproof.kernels import generate; generate('adam'); print('numba' in sys.modules)"
    assert fresh_process("-c", code) == "False\n"
