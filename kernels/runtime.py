"""An optimizer that runs: parameters of the user's, the states, and a proved kernel for every dtype."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

import numpy as np

from .checkpoint import read_checkpoint, write_checkpoint
from .checks import Array, checked_count, checked_threads
from .engine import Engine
from .errors import KernelError
from .extras import extended
from .form import Form, form_of
from .groups import ParameterGroup
from .parameters import ParameterList
from .snapshot import from_dict

if TYPE_CHECKING:
    from ..derive import UpdateRule

__all__ = ["Optimizer", "optimizer"]


def optimizer(
    rule: UpdateRule | str,
    params: object,
    /,
    *,
    state_dtype: object = None,
    stochastic_rounding: bool = False,
    seed: int = 0,
    zero_gradient: bool = False,
    skip_nonfinite: bool = False,
    **hyper: object,
) -> Optimizer:
    """An optimizer that updates NumPy arrays in place by a rule's proved kernel.

    Parameters
    ----------
    rule : UpdateRule or str
        A rule, its name in the catalogue, or ``"FILE.py:NAME"``.
    params : array, list of arrays, dict of arrays by name, or list of groups
        float32 or float64, of any shape, contiguous; they may differ in dtype. A group is a dict with "params", in
        one of the other forms, and hyperparameters that are other than `hyper` for it. The arrays themselves are
        updated: write into them in place, and do not put another array in their place.
    state_dtype : {"float32", "bfloat16", "float16"} or mapping from state to one, optional
        What the states of float32 parameters are stored as; see :func:`optproof.kernels.compile_kernel`.
    stochastic_rounding : bool, default False
        Round states in bfloat16 at random, so that they are right in the mean.
    seed : int, default 0
        Of these random bits, which depend on nothing else but the step, the parameter and the place in it.
    zero_gradient : bool, default False
        Leave zeros in the gradients.
    skip_nonfinite : bool, default False
        Look at all gradients first, and skip the whole step if one is infinite or NaN; ``opt.nonfinite`` then says
        how many are. The gradients are read twice, which is 4 bytes for each float32 element.
    **hyper : float
        Hyperparameters by name; the rule's defaults for the others. Three more are hyperparameters of every rule that
        has no such name itself: `gradient_scale` multiplies the gradients, `clip_value` then limits their elements to
        the interval from -clip_value to clip_value, and `average_decay` keeps an exponential moving average of the
        weights as one more state, ``theta_average``. All that happens in the same pass over memory.

    Raises
    ------
    KernelError
        If a parameter cannot be updated in place, two share memory, or a hyperparameter is unknown or outside its
        domain.
    UnknownRuleError
        If there is no rule of that name.

    Examples
    --------
    >>> import numpy as np
    >>> params = {"weights": np.ones((2, 3), np.float32), "bias": np.zeros(3)}
    >>> opt = optimizer("adamw", params, lr=0.1)
    >>> opt.step({"weights": np.ones((2, 3), np.float32), "bias": np.ones(3)})
    >>> params["bias"].round(6)
    array([-0.1, -0.1, -0.1])
    >>> opt.lr = 0.05
    >>> opt
    <Optimizer adamw: 2 arrays, 9 elements, float32 and float64, t = 1>

    Clipping, an average of the weights and a guard against overflow, in the one pass of the step:

    >>> weights = np.ones(2, np.float32)
    >>> opt = optimizer("sgd", weights, lr=1.0, clip_value=0.5, average_decay=0.5, skip_nonfinite=True)
    >>> opt.step(np.array([3.0, -0.25], np.float32))
    >>> opt.step(np.array([np.inf, 1.0], np.float32))
    >>> weights, opt.nonfinite, opt.t
    (array([0.5 , 1.25], dtype=float32), 1, 1)
    """
    if isinstance(rule, str):
        from ..derive import find_rule

        rule = find_rule(rule)
    memory = {"zero_gradient": zero_gradient, "skip_nonfinite": skip_nonfinite}
    chosen = Settings(state_dtype, stochastic_rounding, seed, tuple(name for name, on in memory.items() if on))
    return Optimizer(rule, params, hyper, chosen)


@dataclass(frozen=True)
class Settings:
    """What an optimizer was asked for beside its rule and its hyperparameters."""

    state_dtype: object = None
    stochastic_rounding: bool = False
    seed: int = 0
    extras: tuple[str, ...] = ()


# Decoupled weight decay is an option of the rules, so that nobody takes it for the other one, which is added to the
# gradient: the two are called by one name elsewhere.
_BY_NAME = ("gradient_scale", "clip_value", "average_decay")


def _extended(rule: UpdateRule, hyper: Iterable[str]) -> UpdateRule:
    """The rule with the extras that the hyperparameters ask for."""
    own = {h.name for h in rule.hyper}
    return extended(rule, [name for name in _BY_NAME if name in hyper and name not in own])


class Optimizer:
    """Parameters, their states, and steps that update both in place; made by :func:`optimizer`.

    Every hyperparameter is an attribute: ``opt.lr`` reads it, ``opt.lr = 0.01`` assigns it in all groups. One
    optimizer may be used by several threads: a lock lets one in after the other. Optimizers of different parameters
    run at the same time.

    Attributes
    ----------
    rule : UpdateRule
    groups : tuple of ParameterGroup
        Assign to ``opt.groups[i]["lr"]`` for a schedule of one group.
    nonfinite : int
        How many gradients of the last step were infinite or NaN, if the optimizer was made with `skip_nonfinite`.
    """

    def __init__(
        self, rule: UpdateRule, params: object, hyper: Mapping[str, object], settings: Settings | None = None
    ) -> None:
        self._lock = threading.RLock()
        self._parameters = ParameterList(params)
        given = [{**hyper, **others} for others in self._parameters.overrides]
        rule = _extended(rule, {name for values in given for name in values})
        self._hyper = tuple(h.name for h in rule.hyper)
        forms, seed = _forms(rule, self._parameters, settings or Settings())
        self._engine = Engine(rule, self._parameters.items, given, forms, seed)

    @property
    def rule(self) -> UpdateRule:
        """The rule."""
        return self._engine.rule

    @property
    def groups(self) -> tuple[ParameterGroup, ...]:
        """The groups of parameters with their hyperparameters."""
        return self._engine.groups

    @property
    def t(self) -> int:
        """How many steps have been taken, by the parameter that took most."""
        return int(self._engine.counters.max())

    @property
    def nonfinite(self) -> int:
        """How many gradients of the last step were infinite or NaN, for which it was skipped; 0 if it was done."""
        return self._engine.nonfinite

    @property
    def state(self) -> dict[str | int, dict[str, Array]]:
        """The states of each parameter, by its name or place: views, to be read only, that follow the steps.

        A state in bfloat16 is an array of uint16; :func:`optproof.kernels.widened` gives its numbers.
        """
        shaped = self._engine.states.shaped()
        for states in shaped:
            for view in states.values():
                view.flags.writeable = False
        return {p.name: states for p, states in zip(self._parameters.items, shaped, strict=True)}

    def step(self, grads: object, *, allow_missing: bool = False, threads: int | None = None) -> None:
        """Update every parameter and its state in place.

        Parameters
        ----------
        grads : array, list of arrays, or dict of arrays by name
            As the parameters were given: an array for an array, a dict for parameters with names, otherwise a list in
            the order of the parameters, through all groups. Each of the shape, dtype and memory order of its
            parameter; they are only read, and no reference is kept. Taken where ``rule.gradient_at`` says.
        allow_missing : bool, default False
            Leave a parameter whose gradient is None, or whose name is missing, as it is, with its state and its step
            counter. Without it that is an error.
        threads : int, optional
            How many threads share the work: 1 for a serial run; by default one for each processor if there is enough
            to do. The result is the same bit by bit.

        Raises
        ------
        KernelError
            If an array or hyperparameter is not fit for the step; nothing has been updated then.

        With `skip_nonfinite`, a step with a gradient that is infinite or NaN changes neither parameters nor states nor
        step counters; gradients become zero all the same if that was asked for.
        """
        count = checked_threads(threads)
        with self._lock:
            given = self._parameters.in_order(grads, allow_missing)
            # Keeps the gradients alive, and NumPy from resizing them, until the step is done.
            held = np.fromiter(given, object, len(self._parameters))
            self._engine.step(held, allow_missing, count)

    def state_dict(self) -> dict[str, Any]:
        """The states, step counters and hyperparameters, as copies.

        Returns
        -------
        dict
            "rule" and "digest"; "groups", with "hyper" and "params", the names or places of the parameters; "state",
            by name or place, with the step counter "t" and an array for each state.
        """
        with self._lock:
            self._engine.refuse_if_torn()
            return self._engine.snapshot(parameters=False).as_dict()

    def load_state_dict(self, content: Mapping[str, Any]) -> None:
        """Take over what :meth:`state_dict` gave: states, step counters and hyperparameters, not the parameters.

        Raises
        ------
        KernelError
            If it is of another rule, or of parameters of other groups, names, shapes or dtypes; nothing is loaded.
        """
        with self._lock:
            self._engine.load("the state_dict", from_dict(content), parameters=False)

    def save(self, path: str | PathLike[str], *, parameters: bool = True) -> None:
        """Write a checkpoint: states, step counters, hyperparameters and, unless told otherwise, the parameters.

        The file is written under another name and then renamed: whatever happens, there is the old one or the new one.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        with self._lock:
            self._engine.refuse_if_torn()
            self._engine.look_at_parameters()
            write_checkpoint(path, self._engine.snapshot(parameters=parameters))

    def load(self, path: str | PathLike[str]) -> None:
        """Take over a checkpoint, in place: the run goes on, bit by bit, as the one that saved it would have.

        Raises
        ------
        KernelError
            If the file is truncated, corrupt, of another version of the format, of another rule, or of parameters of
            other groups, names, shapes or dtypes; nothing is loaded.
        OSError
            If the file cannot be read.
        """
        content = read_checkpoint(path)
        with self._lock:
            self._engine.load(f"the checkpoint {fspath(path)!r}", content, parameters=True)

    def __getattr__(self, name: str) -> float:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name not in self._hyper:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{self._meant(name)}")
        values = {group[name] for group in self.groups}
        if len(values) > 1:
            raise AttributeError(f"{name} differs between the groups; read opt.groups[i][{name!r}]")
        return values.pop()

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        if hasattr(type(self), name) or name not in self._hyper:
            raise AttributeError(f"{name} cannot be assigned{self._meant(name)}")
        with self._lock:
            checked = [group.with_values({name: value}) for group in self.groups]
            for group, values in zip(self.groups, checked, strict=True):
                group.replace(values)

    def _meant(self, name: str) -> str:
        if name in self._hyper:
            return f"; the hyperparameter of that name is opt.groups[i][{name!r}]"
        close = get_close_matches(name, self._hyper, n=1)
        if close:
            return f"; did you mean {close[0]!r}?"
        return f"; the hyperparameters of {self.rule.name!r} are {', '.join(self._hyper)}"

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self._hyper})

    def __repr__(self) -> str:
        items = self._parameters.items
        arrays = f"{len(items)} array{'' if len(items) == 1 else 's'}"
        elements = f"{sum(p.size for p in items):,} elements"
        return f"<Optimizer {self.rule.name}: {arrays}, {elements}, {' and '.join(self._engine.dtypes)}, t = {self.t}>"

    def __reduce__(self) -> Any:
        raise TypeError("an optimizer is tied to its arrays and cannot be copied; use state_dict() or save()")


def _forms(rule: UpdateRule, parameters: ParameterList, settings: Settings) -> tuple[dict[str, Form], int]:
    """The form for each dtype of the parameters, and the seed."""
    reserved = sorted({h.name for h in rule.hyper} & {"state_dtype", "stochastic_rounding", "seed"})
    if reserved:
        raise KernelError(f"the hyperparameter {reserved[0]!r} of {rule.name!r} has the name of an argument; rename it")
    seed = checked_count("the seed", settings.seed)
    if seed and not settings.stochastic_rounding:
        raise KernelError(f"the seed is {seed}, and nothing is random without stochastic_rounding=True; leave one out")
    dtypes = sorted({p.dtype for p in parameters.items})
    chosen = settings.state_dtype, settings.stochastic_rounding, settings.extras
    return {dtype: form_of(rule, dtype, *chosen) for dtype in dtypes}, seed
