"""Rules of a user's own: ``FILE.py:NAME``.

The file is run as Python, as ``python FILE.py`` would run it, because a rule is written in Python.  Whatever goes
wrong while it runs becomes one sentence that names the file and the line.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from difflib import get_close_matches
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from .catalogue import rule as catalogue_rule
from .claim import Claim
from .rule import RuleError, UpdateRule
from .user_claims import KINDS

__all__ = ["UserFileError", "find_claims", "find_rule", "load_module"]


class UserFileError(ValueError):
    """A user's file that is missing, does not run, or does not hold what was asked for."""


def find_rule(name: str) -> UpdateRule:
    """The rule called `name`: one of the catalogue, or ``FILE.py:NAME``, one of a user's own.

    Raises
    ------
    UnknownRuleError
        If the catalogue has no such rule.
    UserFileError
        If the file is missing, does not run, or has no rule of that name.

    Examples
    --------
    >>> find_rule("adam").title
    'Adam'
    """
    path, colon, attribute = name.partition(".py:")
    if colon:
        return _from_file(Path(path + ".py"), attribute)
    return _from_file(Path(name), "") if name.endswith(".py") else catalogue_rule(name)


def _from_file(path: Path, attribute: str) -> UpdateRule:
    module = load_module(path)
    if not attribute:
        held = _rules(module)
        example = f"{path}:{held[0] if held else 'NAME'}"
        raise UserFileError(f"{path} is a file; say which rule of it is meant, as {example!r}{_list(held)}")
    if not hasattr(module, attribute):
        held = _rules(module)
        close = get_close_matches(attribute, held, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else _list(held) or "; it holds no UpdateRule"
        raise UserFileError(f"{path} defines no {attribute!r}{hint}")
    found = getattr(module, attribute)
    if not isinstance(found, UpdateRule):
        kind = type(found).__name__
        raise UserFileError(f"{path}:{attribute} is of type {kind}, not an UpdateRule{_list(_rules(module))}")
    return found


def find_claims(path: str | Path) -> list[Claim]:
    """The claims that a file states: every Claim among its names, alone or in a list.

    A claim without a name of its own takes that of the variable.

    Raises
    ------
    UserFileError
        If the file is missing, does not run, or states no claim.
    """
    module = load_module(Path(path))
    found: list[Claim] = []
    for name, value in vars(module).items():
        held = [value] if isinstance(value, Claim) else value if isinstance(value, (list, tuple)) else []
        claims = [c for c in held if isinstance(c, Claim) and c not in found]
        for count, claim in enumerate(claims, start=1):
            label = name if len(claims) == 1 else f"{name}-{count}"
            found.append(claim if claim.name not in KINDS else replace(claim, name=label.replace("_", "-")))
    if not found:
        example = 'bounded = claim("rmsprop", always="v <= G^2", given="abs(g) <= G", positive="G")'
        raise UserFileError(f"{path} states no claim; one reads {example}, after 'from optproof import claim'")
    return found


def load_module(path: Path) -> ModuleType:
    """Run a user's Python file and return it as a module.

    Raises
    ------
    UserFileError
        If the file is missing, cannot be read, or raises an exception.
    """
    try:
        path.read_bytes()
    except FileNotFoundError:
        raise UserFileError(f"there is no file {path}") from None
    except OSError as error:
        raise UserFileError(f"{path} cannot be read: {error.strerror}") from None
    # A name of its own for each path, so that two files called alike do not meet in sys.modules.
    name = f"_optproof_user_{path.stem}_{sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserFileError(f"{path} is no Python file")
    module = module_from_spec(spec)
    try:
        with _as_a_script(name, module, path):
            spec.loader.exec_module(module)
    except SyntaxError as error:
        raise UserFileError(f"{error.filename or path}:{error.lineno or 1}: {error.msg}") from None
    except (Exception, SystemExit) as error:
        raise UserFileError(f"{_where(error, path)}: {_sentence(error)}") from None
    return module


@contextmanager
def _as_a_script(name: str, module: ModuleType, path: Path) -> Iterator[None]:
    """While the file runs: its folder can be imported from, and what it prints goes to standard error."""
    folder = str(path.resolve().parent)
    sys.modules[name] = module
    sys.path.insert(0, folder)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.path.remove(folder)
        del sys.modules[name]


def _where(error: BaseException, path: Path) -> str:
    own = path.resolve()
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).resolve() == own]
    return f"{path}:{lines[-1]}" if lines else str(path)


def _sentence(error: BaseException) -> str:
    if isinstance(error, RuleError):
        return str(error)
    kind = type(error).__name__
    return f"{kind}: {error}" if str(error) else kind


def _rules(module: ModuleType) -> list[str]:
    return [name for name, value in vars(module).items() if isinstance(value, UpdateRule)]


def _list(held: list[str]) -> str:
    return f"; it holds {', '.join(held)}" if held else ""
