"""The catalogue: every rule by name, ``family`` or ``family[option,...]``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache

from ..rule import UpdateRule
from .adagrad import adadelta, adagrad
from .adam import adam, adamw, amsgrad
from .adam_relatives import adabelief, adamax, laprop, nadam, radam, yogi
from .averages import asgd, ftrl, qhm
from .common_options import COMMON_OPTIONS, IncompatibleOptionError
from .gradient_differences import adan, optimistic_adam, optimistic_gradient_descent
from .rmsprop import rmsprop
from .sgd import sgd, sgd_lookahead, sgd_momentum, sgd_nesterov
from .signs import lion, rprop, signsgd

__all__ = ["UnknownRuleError", "families", "names", "options", "rule"]


class UnknownRuleError(ValueError):
    """A rule name or option that the catalogue does not have."""


# A family's makers by the option that selects one; the first that matches makes the rule.
_FAMILIES: dict[str, dict[str, Callable[..., UpdateRule]]] = {
    "sgd": {"lookahead": sgd_lookahead, "nesterov": sgd_nesterov, "momentum": sgd_momentum, "": sgd},
    "adagrad": {"": adagrad},
    "rmsprop": {"": rmsprop},
    "adadelta": {"": adadelta},
    "adam": {"": adam},
    "adamw": {"": adamw},
    "amsgrad": {"": amsgrad},
    "adamax": {"": adamax},
    "nadam": {"": nadam},
    "radam": {"": radam},
    "adabelief": {"": adabelief},
    "yogi": {"": yogi},
    "laprop": {"": laprop},
    "signsgd": {"": signsgd},
    "lion": {"": lion},
    "rprop": {"": rprop},
    "qhm": {"": qhm},
    "asgd": {"": asgd},
    "ftrl": {"": ftrl},
    "adan": {"": adan},
    "optimistic_gradient_descent": {"": optimistic_gradient_descent},
    "optimistic_adam": {"": optimistic_adam},
}

_LISTED = (
    "sgd",
    "sgd[l2]",
    "sgd[momentum]",
    "sgd[momentum,dampening]",
    "sgd[momentum,lr_inside]",
    "sgd[momentum,l2]",
    "sgd[nesterov]",
    "sgd[nesterov,lr_inside]",
    "sgd[nesterov,l2]",
    "sgd[lookahead]",
    "adagrad",
    "adagrad[eps_in_sqrt]",
    "adagrad[l2]",
    "rmsprop",
    "rmsprop[centered]",
    "rmsprop[momentum]",
    "rmsprop[centered,momentum]",
    "rmsprop[eps_in_sqrt]",
    "rmsprop[l2]",
    "rmsprop[centered,l2]",
    "rmsprop[momentum,l2]",
    "adadelta",
    "adadelta[lr]",
    "adadelta[l2]",
    "adam",
    "adam[amsgrad]",
    "adam[eps_hat]",
    "adam[l2]",
    "adam[amsgrad,l2]",
    "adamw",
    "adamw[amsgrad]",
    "adamw[eps_hat]",
    "adamw[paper]",
    "adamw[l2]",
    "amsgrad",
    "amsgrad[l2]",
    "adamax",
    "adamax[eps_in_max]",
    "adamax[eps]",
    "nadam",
    "nadam[momentum_decay]",
    "radam",
    "radam[eps_hat,threshold]",
    "adabelief",
    "yogi",
    "laprop",
    "signsgd",
    "signsgd[momentum]",
    "lion",
    "rprop",
    "rprop[irprop_minus]",
    "qhm",
    "asgd",
    "ftrl",
)


def names() -> tuple[str, ...]:
    """The names of the listed rules; other combinations of options can be asked for too."""
    return _LISTED


def families() -> tuple[str, ...]:
    """The names without options."""
    return tuple(_FAMILIES)


def options(family: str) -> tuple[str, ...]:
    """The options that `family` takes, in the order of the canonical name."""
    found: dict[str, None] = {}
    for selector, maker in _FAMILIES[family].items():
        if selector:
            found[selector] = None
        found |= dict.fromkeys(_parameters(maker))
    return (*found, *COMMON_OPTIONS)


@lru_cache(maxsize=256)
def rule(name: str) -> UpdateRule:
    """The rule called `name`.

    Parameters
    ----------
    name : str
        ``"adam"`` or, with options, ``"rmsprop[centered,momentum]"``; the order of options does not matter.

    Raises
    ------
    UnknownRuleError
        If there is no such rule or option, or the options do not go together.

    Examples
    --------
    >>> rule("adam[l2,amsgrad]").name
    'adam[amsgrad,l2]'
    """
    match = re.fullmatch(r"\s*(\w+)\s*(?:\[([\w\s,]*)\])?\s*", name)
    if match is None:
        raise UnknownRuleError(f"{name!r} is no rule name; one looks like 'adam' or 'rmsprop[centered,momentum]'")
    family = match.group(1)
    if family not in _FAMILIES:
        raise UnknownRuleError(
            f"there is no rule {family!r}{_hint(family, families())}; the rules are {', '.join(families())}"
        )
    chosen = [o.strip() for o in (match.group(2) or "").split(",") if o.strip()]
    for option in chosen:
        if option not in options(family):
            raise UnknownRuleError(
                f"the rule {family!r} has no option {option!r}{_hint(option, options(family))}; "
                f"it takes {', '.join(options(family))}"
            )
    return _make(family, set(chosen))


def _make(family: str, chosen: set[str]) -> UpdateRule:
    for selector, maker in _FAMILIES[family].items():
        if selector and selector not in chosen:
            continue
        common = [o for o in COMMON_OPTIONS if o in chosen]
        rest = chosen - {selector, *common}
        strange = sorted(rest - set(_parameters(maker)))
        if strange:
            needed = ", ".join(k for k in _FAMILIES[family] if k)
            raise UnknownRuleError(
                f"in {family!r} the option {strange[0]!r} does not go with "
                + (f"{selector!r}" if selector else f"the plain rule; it needs one of {needed}")
            )
        # The first selector that was chosen stands first, then the maker's own order.
        ordered = ([selector] if selector else []) + [o for o in _parameters(maker) if o in rest] + common
        full = f"{family}[{','.join(ordered)}]" if ordered else family
        try:
            made = maker(**dict.fromkeys(rest, True))
        except IncompatibleOptionError as error:
            raise UnknownRuleError(f"{full!r} is no rule: {error}") from None
        return _with_common(made, common).renamed(full)
    raise AssertionError("every family ends in a maker without a selector")


def _with_common(made: UpdateRule, chosen: list[str]) -> UpdateRule:
    for option in chosen:
        try:
            made = COMMON_OPTIONS[option](made)
        except IncompatibleOptionError as error:
            raise UnknownRuleError(f"the option {option!r} does not go with {made.name!r}: {error}") from None
    return made


@lru_cache(maxsize=64)
def _parameters(maker: Callable[..., UpdateRule]) -> tuple[str, ...]:
    return tuple(inspect.signature(maker).parameters)


def _hint(word: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
