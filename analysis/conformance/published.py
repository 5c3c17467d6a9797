"""Which published rule an optimizer of a framework claims to be: the paper's, with the options that were asked for."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ...derive.catalogue import UnknownRuleError, families, options, rule as catalogue_rule
from ...derive.rule import UpdateRule
from ..trace.hyperparameters import readings
from ..trace.record import Traced
from ..verification.system import of_traced
from .cases import Case

__all__ = ["Forms", "family_of", "forms_for"]

_SWITCHES = {"decoupled_weight_decay": "decoupled"}
"""Switches of the frameworks that have another name than the catalogue's option."""

_ASKED_FOR = frozenset({"maximize", "decoupled"})
"""Options that every rule takes: they are looked at only where a switch asks for them."""


@dataclass(frozen=True)
class Forms:
    """Forms of one family.

    Attributes
    ----------
    claimed : tuple of UpdateRule
        Those that have the options that were switched on, and whose hyperparameters are the implementation's as nearly
        as possible: being one of them is conforming.
    others : tuple of UpdateRule
        The family's other forms, the nearest first: being one of them is a deviation that has a name.
    """

    claimed: tuple[UpdateRule, ...]
    others: tuple[UpdateRule, ...]


def forms_for(case: Case, traced: Traced) -> Forms | None:
    """The forms that a case is measured against; None if the catalogue has no rule of its name."""
    if case.against:
        return Forms((catalogue_rule(case.against),), ())
    family = family_of(case)
    if family is None:
        return None
    wanted = {_SWITCHES.get(o, o) for o, value in case.options.items() if value is True} & set(options(family))
    if family.endswith("w"):
        wanted -= {"decoupled"}
    elif family_name(case).endswith("w"):
        wanted |= {"decoupled"}
    live = of_traced(traced).symbols
    theirs = frozenset(q.name for q in traced.hyper.values() if q in live)
    known = _forms(family, frozenset(wanted & _ASKED_FOR))
    measured = [(_distance(chosen, known, wanted, theirs), rule) for chosen, rule in known.items()]
    ranked = sorted(measured, key=lambda found: (found[0], len(found[1].name)))
    least = ranked[0][0]
    decays = "weight_decay" in theirs and "decoupled" not in wanted
    decoupled = _forms(family, frozenset(wanted & _ASKED_FOR | {"decoupled"})) if decays else {}
    return Forms(
        tuple(rule for distance, rule in ranked if distance == least),
        (*(rule for distance, rule in ranked if distance != least), *decoupled.values()),
    )


def family_of(case: Case) -> str | None:
    """The catalogue's family of the optimizer's name.

    Examples
    --------
    >>> family_of(Case("torch", "torch.optim.RMSprop")), family_of(Case("torch", "torch.optim.Adam"))
    ('rmsprop', 'adam')
    >>> family_of(Case("torch", "torch.optim.Adam", {"decoupled_weight_decay": True}))
    'adamw'
    """
    name = family_name(case)
    if case.options.get("decoupled_weight_decay") is True and f"{name}w" in families():
        name = f"{name}w"
    known = {family.replace("_", ""): family for family in families()}
    return known.get(name) or known.get(_without_version(name)) or known.get(_without_decay(name))


def _without_version(name: str) -> str:
    return re.sub(r"v\d+$", "", name)


def _without_decay(name: str) -> str:
    """The name without the W that stands for decoupled weight decay."""
    return name.removesuffix("w")


def family_name(case: Case) -> str:
    """The optimizer's name in lower case, without what separates its words."""
    return re.sub(r"\W|_", "", case.target.rpartition(".")[2]).lower()


@lru_cache(maxsize=64)
def _forms(family: str, switched: frozenset[str]) -> dict[frozenset[str], UpdateRule]:
    """Every form of a family by its options; of those that all rules take, only with the ones that are switched on."""
    return dict(_made(family, switched))


def _made(family: str, switched: frozenset[str]) -> Iterator[tuple[frozenset[str], UpdateRule]]:
    own = [o for o in options(family) if o not in _ASKED_FOR]
    for count in range(len(own) + 1):
        for some in itertools.combinations(own, count):
            chosen = switched | set(some)
            try:
                yield chosen, catalogue_rule(f"{family}[{','.join(sorted(chosen))}]")
            except UnknownRuleError:
                continue


def _distance(
    chosen: frozenset[str], known: dict[frozenset[str], UpdateRule], wanted: set[str], theirs: frozenset[str]
) -> tuple[int, int]:
    """How far a form is from what was asked for: by switches, and by hyperparameters that only one of the two has."""
    hyper = _names(known[chosen])
    strange = sum(1 for name in theirs - hyper if not set(readings(name)) & hyper)
    # An option that brings a hyperparameter is chosen by that, not by a switch of its name.
    unasked = sum(1 for o in chosen - wanted if chosen - {o} in known and _names(known[chosen - {o}]) == hyper)
    return len(wanted - chosen) + unasked, 2 * strange + len(hyper - theirs)


def _names(rule: UpdateRule) -> frozenset[str]:
    return frozenset(h.name for h in rule.hyper)
