"""The hyperparameters of a group of parameters, checked whenever they are assigned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from .checks import Array, HyperparameterReader
from .errors import KernelError

if TYPE_CHECKING:
    from ..derive import UpdateRule
    from .kernel import Kernel

__all__ = ["ParameterGroup"]


class ParameterGroup(MutableMapping[str, float]):
    """Hyperparameters by name, and the arrays they are for; assign to change them for the next step.

    A value outside its domain is refused and the group left as it was.

    Parameters
    ----------
    rule : UpdateRule
    words : str
        What a message about the group begins with.
    arrays : sequence of numpy.ndarray
        The parameters of the group.
    kernels : sequence of Kernel
        For the dtypes of the arrays.
    given : mapping
        Hyperparameters by name; the rule's defaults for the others.

    Examples
    --------
    >>> import numpy as np
    >>> from optproof import optimizer
    >>> opt = optimizer("sgd", [{"params": [np.ones(2)]}, {"params": [np.ones(3)], "lr": 0.5}])
    >>> opt.groups[0]["lr"] = 0.25
    >>> [dict(group) for group in opt.groups]
    [{'lr': 0.25}, {'lr': 0.5}]
    """

    def __init__(
        self,
        rule: UpdateRule,
        words: str,
        arrays: Sequence[Array],
        kernels: Sequence[Kernel],
        given: Mapping[str, object],
    ) -> None:
        self.params: tuple[Array, ...] = tuple(arrays)
        self._words = words
        self._only_initial = _only_initial(rule)
        read = [(k.dtype, [q.name for q in k.generated.program.scalars]) for k in kernels] or [("float64", [])]
        self._readers = [HyperparameterReader(rule, dtype, names) for dtype, names in read]
        self._values = self.checked(given)

    def checked(self, given: Mapping[str, object]) -> dict[str, float]:
        """All hyperparameters as floats, the rule's defaults for those that are not given.

        Raises
        ------
        KernelError
            If one is unknown, missing, or outside its domain.
        """
        try:
            # The same values for every dtype: they differ in what they accept only.
            values, *_ = [reader.read(given) for reader in self._readers]
        except KernelError as error:
            raise KernelError(f"{self._words}{error}") from None
        return dict(zip(self._readers[0].bounds, values, strict=True))

    def with_values(self, given: Mapping[str, object]) -> dict[str, float]:
        """What the group would be after these assignments.

        Raises
        ------
        KernelError
            If a name is unknown, a value outside its domain, or an assignment without effect.
        """
        values = self.checked({**self._values, **given})
        for name in self._only_initial & given.keys():
            if values[name] != self._values[name]:
                raise KernelError(
                    f"{self._words}{name} is where the state starts, and the state has been made; make a new optimizer "
                    f"with {name}={given[name]!r}"
                )
        return values

    def loaded(self, what: str, hyper: Mapping[str, object]) -> dict[str, float]:
        """The hyperparameters of a snapshot, checked.

        Raises
        ------
        KernelError
            If they are others than the rule's, or one lies outside its domain.
        """
        if set(hyper) != set(self._values):
            raise KernelError(
                f"{what} has the hyperparameters {', '.join(map(str, hyper)) or 'none'}, and the rule "
                f"{', '.join(self._values) or 'none'}; nothing was loaded"
            )
        try:
            return self.checked(hyper)
        except KernelError as error:
            raise KernelError(f"{what} cannot be used: {error}; nothing was loaded") from None

    def replace(self, values: dict[str, float]) -> None:
        """Take `values` that were checked."""
        self._values = values

    def values_in_order(self) -> list[float]:
        """The values in the rule's order."""
        return list(self._values.values())

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __setitem__(self, name: str, value: object) -> None:
        self.replace(self.with_values({name: value}))

    def update(self, *given: Any, **named: object) -> None:
        """Assign several hyperparameters, all or none."""
        self.replace(self.with_values(dict(*given, **named)))

    def __delitem__(self, name: str) -> None:
        raise KernelError(f"the hyperparameter {name!r} cannot be deleted; assign a value to it")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        arrays = f"{len(self.params)} array{'' if len(self.params) == 1 else 's'}"
        chosen = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"<ParameterGroup of {arrays}: {chosen}>"

    def __reduce__(self) -> Any:
        raise TypeError("a group belongs to its optimizer and cannot be copied; dict(group) has its hyperparameters")


def _only_initial(rule: UpdateRule) -> frozenset[str]:
    """The hyperparameters that no step reads: they only say where the state starts."""
    read = {s.name for line in rule.assignments for s in line.value.free_symbols}
    return frozenset(h.name for h in rule.hyper if h.name not in read)
