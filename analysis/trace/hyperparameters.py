"""Which of the catalogue's hyperparameters an implementation means by its names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...derive.catalogue.vocabulary import hyperparameter
from ...derive.symbols import Quantity
from .record import TraceError

__all__ = ["quantities_for", "readings"]

_READINGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("learning_rate", "learningrate", "eta", "step_size", "stepsize"), ("lr",)),
    "alpha": ("lr", "rho", "power"),
    "gamma": ("lr", "rho", "momentum"),
    **dict.fromkeys(("mu", "mom", "momentum_coefficient"), ("momentum",)),
    "tau": ("dampening",),
    "decay": ("rho", "weight_decay"),
    **dict.fromkeys(("decay_rate", "smoothing", "discounting_factor", "smoothing_constant"), ("rho",)),
    "beta": ("rho", "momentum", "beta1"),
    **dict.fromkeys(("b1", "beta_1", "betas_0", "beta_one"), ("beta1",)),
    **dict.fromkeys(("b2", "beta_2", "betas_1", "beta_two"), ("beta2",)),
    **dict.fromkeys(("b3", "beta_3", "betas_2", "beta_three"), ("beta3",)),
    **dict.fromkeys(("epsilon", "delta", "fuzz"), ("eps",)),
    **dict.fromkeys(("wd", "weightdecay", "l2_penalty"), ("weight_decay",)),
    **dict.fromkeys(("lambda", "lmbda", "lamda"), ("weight_decay", "l2")),
    "etas_0": ("eta_minus",),
    "etas_1": ("eta_plus",),
    **dict.fromkeys(("step_sizes_0", "min_step_size"), ("step_min",)),
    **dict.fromkeys(("step_sizes_1", "max_step_size"), ("step_max",)),
    "l1_regularization_strength": ("l1",),
    "l2_regularization_strength": ("l2",),
    **dict.fromkeys(("initial_accumulator_value", "init_acc", "initial_acc"), ("initial_accumulator",)),
}
"""What other spellings may mean, the likeliest first; what is taken already is passed over."""


def readings(name: str) -> tuple[str, ...]:
    """The catalogue's names that an implementation's hyperparameter may stand for, the likeliest first.

    Examples
    --------
    >>> readings("b1"), readings("alpha"), readings("Beta_2"), readings("temperature")
    (('beta1',), ('lr', 'rho', 'power'), ('beta2',), ())
    """
    plain = name.strip("_").lower()
    try:
        return (hyperparameter(plain).name,)
    except KeyError:
        return _READINGS.get(plain, ())


def quantities_for(names: Iterable[str], mapped: Mapping[str, str] | None = None) -> dict[str, Quantity]:
    """A quantity for every hyperparameter of an implementation.

    Parameters
    ----------
    names : iterable of str
        The implementation's own names.
    mapped : mapping, optional
        ``theirs -> ours`` as the user gave it; it outweighs recognition.

    Raises
    ------
    TraceError
        If `mapped` names a hyperparameter that either side does not have, or gives one of ours to two of theirs.

    Examples
    --------
    >>> {k: q.name for k, q in quantities_for(["learning_rate", "b1", "temperature"]).items()}
    {'learning_rate': 'lr', 'b1': 'beta1', 'temperature': 'temperature'}
    """
    theirs, chosen = list(dict.fromkeys(names)), dict(mapped or {})
    for name, ours in chosen.items():
        if name not in theirs:
            held = ", ".join(theirs) or "none"
            raise TraceError(f"--map {name}={ours}: the implementation has no hyperparameter {name!r}; it has {held}")
    found = {name: _quantity(ours) for name, ours in chosen.items()}
    taken = {q.name for q in found.values()}
    if len(taken) < len(found):
        raise TraceError("--map gives one of our hyperparameters to two of theirs; each of ours is one of theirs")
    # Names with one reading go first, exact spellings before all, so that `lr` is settled before `alpha`.
    for name in sorted(theirs, key=lambda n: (readings(n) != (n,), len(readings(n)))):
        if name not in found:
            free = [ours for ours in readings(name) if ours not in taken]
            found[name] = _quantity(free[0]) if free else Quantity(re.sub(r"\W", "_", f"{name}"))
            taken.add(found[name].name)
    return {name: found[name] for name in theirs}


def _quantity(ours: str) -> Quantity:
    try:
        return hyperparameter(ours)
    except KeyError:
        raise TraceError(f"--map names {ours!r}, which is no hyperparameter of the catalogue") from None
