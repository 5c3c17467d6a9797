"""From a rule to a kernel that runs: generate, look into the cache, compile."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import warnings
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from . import cache
from .errors import KernelError
from .generation import GeneratedKernel, generate

if TYPE_CHECKING:
    from ..derive import UpdateRule
    from .extras import Extras
    from .kernel import Kernel

__all__ = ["LLVM", "cache_digest", "compile_kernel", "load_kernel", "load_source"]

LLVM = "kernel.ll"
"""The file of the LLVM code in an entry of the cache."""


def compile_kernel(
    rule: UpdateRule | str,
    dtype: object = "float32",
    *,
    state_dtype: object = None,
    stochastic_rounding: bool = False,
    extras: Extras = (),
    cache_dir: str | os.PathLike[str] | None = None,
) -> Kernel:
    """The compiled kernel of `rule`.

    Parameters
    ----------
    rule : UpdateRule or str
        A rule or its name in the catalogue.
    dtype : {"float32", "float64"} or numpy dtype
        Of theta, the gradient, the arithmetic and, unless `state_dtype` says otherwise, the state.
    state_dtype : {"float32", "bfloat16", "float16"} or mapping from state to one, optional
        What the states of a float32 kernel are stored as. NumPy has no bfloat16: such a state is an array of uint16,
        which :func:`optproof.kernels.widened` reads.
    stochastic_rounding : bool, default False
        Round states in bfloat16 up or down at random, so that they are right in the mean, instead of to the nearest.
    extras : names, or mapping from name to value
        What is done in the same pass over memory: ``"gradient_scale"``, ``"clip_value"``, ``"weight_decay"`` and
        ``"average_decay"`` add a hyperparameter of that name, whose default is the value;
        ``"zero_gradient"`` leaves zeros in the gradient; ``"skip_nonfinite"`` reads all gradients first, and leaves
        theta and the state alone if one is infinite or NaN.
    cache_dir : path, optional
        Where compiled kernels are kept; see :func:`optproof.kernels.cache.cache_directory`.

    Raises
    ------
    KernelError
        If a dtype is not supported, an extra does not fit, or the kernel is not proved to be the rule.

    Warns
    -----
    RuntimeWarning
        If the cache cannot be written; the kernel is then compiled in a temporary directory.

    Examples
    --------
    >>> import numpy as np
    >>> kernel = compile_kernel("sgd", "float64")
    >>> theta, g = np.array([1.0, 2.0]), np.array([10.0, -10.0])
    >>> kernel(theta, g, {}, t=1, lr=0.5)
    >>> theta
    array([-4.,  7.])

    Half the memory for the states, and gradients limited to the interval from -1 to 1:

    >>> kernel = compile_kernel("adam", state_dtype="bfloat16", extras={"clip_value": 1})
    >>> theta, g = np.zeros(2, np.float32), np.array([0.5, 1000.0], np.float32)
    >>> state = kernel.initial_state(theta)
    >>> kernel(theta, g, state, t=1)
    >>> {name: array.dtype.name for name, array in state.items()}
    {'m': 'uint16', 'v': 'uint16'}
    >>> from optproof.kernels import widened
    >>> widened(state["m"], "bfloat16")
    array([0.05004883, 0.10009766], dtype=float32)
    """
    generated = generate(rule, dtype, state_dtype=state_dtype, stochastic_rounding=stochastic_rounding, extras=extras)
    return load_kernel(generated, cache_dir=cache_dir)


def load_kernel(generated: GeneratedKernel, *, cache_dir: str | os.PathLike[str] | None = None) -> Kernel:
    """Compile `generated`, or take its machine code from the cache."""
    from .kernel import Kernel

    directory = cache.cache_directory(cache_dir)
    try:
        path, module = _load(generated, directory)
    except OSError as error:
        warnings.warn(
            f"the cache directory {directory} cannot be used ({error.strerror or error}); kernels are compiled in a "
            f"temporary directory, and again in the next process. Set OPTPROOF_CACHE_DIR to a writable directory",
            RuntimeWarning,
            stacklevel=3,
        )
        path, module = _load(generated, cache.temporary_directory())
    return Kernel(generated, module, path)


def _load(generated: GeneratedKernel, directory: Path) -> tuple[Path, ModuleType]:
    digest = cache_digest(generated.digest)
    path = cache.store(directory, generated.rule.name, generated.form.label, digest, generated.source)
    what = f"the kernel of {generated.rule.name!r} for {generated.form.label}"
    module = load_source(generated.source, path, f"optproof_kernel_{digest[:16]}", what)
    _keep_llvm(path, module)
    return path, module


def _keep_llvm(path: Path, module: ModuleType) -> None:
    """Keep the LLVM code of what was compiled just now beside its machine code, which does not hold it."""
    dispatcher = getattr(module, "step_range", None)
    stats = getattr(dispatcher, "stats", None)
    if dispatcher is not None and stats is not None and not stats.cache_hits:
        cache.store_beside(path, LLVM, str(dispatcher.inspect_llvm(dispatcher.signatures[0])))


def load_source(source: str, path: Path, name: str, what: str, **given: object) -> ModuleType:
    """The module of a text that is in the cache, compiled, or with its machine code from the cache.

    Parameters
    ----------
    source : str
    path : pathlib.Path
        The file in the cache that holds it.
    name : str
        Of the module.
    what : str
        What a message calls it.
    **given : object
        Names that the text uses and does not define.

    Raises
    ------
    OSError
        If machine code cannot be kept there.
    KernelError
        If the text does not compile.
    """
    try:
        return _execute(source, path, name, given)
    except OSError:
        raise
    except RuntimeError as error:
        if "cannot cache function" not in str(error):
            raise
        raise OSError(f"Numba cannot keep machine code there: {error}") from error
    except Exception:
        # Machine code that was truncated or damaged: forget it and compile anew.
        cache.forget_machine_code(path)
    try:
        return _execute(source, path, name, given)
    except OSError:
        raise
    except Exception as error:
        raise KernelError(f"{what} does not compile: {error}; its source is in {path}") from error


def _execute(source: str, path: Path, name: str, given: Mapping[str, object]) -> ModuleType:
    """Run the module's text, which was compared with the file, rather than what the file may have become since."""
    module = ModuleType(name)
    module.__file__ = str(path)
    module.__dict__.update(given)
    # As an import does: Numba looks the module up by its name when it reads machine code back.
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def cache_digest(source_digest: str) -> str:
    """The digest of everything that the machine code of a source depends on."""
    from llvmlite import binding

    from .. import __version__

    parts = (
        source_digest,
        __version__,
        metadata.version("numba"),
        metadata.version("llvmlite"),
        f"{sys.implementation.cache_tag} {platform.machine()}",
        binding.get_host_cpu_name(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
