"""Whether a certificate holds an obligation for everything that has to be shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .algebra import Algebra
from .decide import with_equations_used
from .expression import Expression, UndefinedError
from .plan import Need
from .printing import text
from .reading import Certificate

__all__ = ["Listing"]


class Listing:
    """The obligations of a certificate, in which needs are looked up."""

    def __init__(self, certificate: Certificate, needs: Sequence[Need]) -> None:
        self._obligations = certificate.obligations
        everything = [e for o in self._obligations for e in (o.shows, *o.given)]
        everything += [e for n in _all(needs) for e in (n.shows, *n.allowed)]
        self._algebra = Algebra(everything, certificate.domains)

    def problem(self, need: Need) -> str | None:
        """None if an obligation meets the need, or one that serves as well; else what is wrong."""
        problem = self._problem(need)
        if problem is None or any(self._problem(other) is None for other in need.instead):
            return None
        return problem

    def _problem(self, need: Need) -> str | None:
        problem = "the certificate lacks this obligation"
        # Where the need may assume that a symbol equals something, what it shows may be written with that.
        forms = [need.shows, *with_equations_used(need.allowed, need.shows)]
        for index, obligation in enumerate(self._obligations):
            if not any(self._same(obligation.shows, form) for form in forms):
                continue
            if need.accepts is not None:
                found = need.accepts(obligation)
            else:
                strange = self._strange(index, need.allowed)
                found = None if strange is None else f"the obligation assumes {text(strange)}, which it may not"
            if found is None:
                return None
            problem = found
        return problem

    def _strange(self, index: int, allowed: Sequence[Expression]) -> Expression | None:
        """What an obligation assumes beyond what is allowed and what obligations before it show of that."""
        for assumed in self._obligations[index].given:
            if any(self._same(assumed, a) for a in allowed):
                continue
            shown = (i for i in range(index) if self._same(self._obligations[i].shows, assumed))
            if all(self._strange(i, allowed) is not None for i in shown):
                return assumed
        return None

    def _same(self, a: Expression, b: Expression) -> bool:
        try:
            return self._algebra.same(a, b)
        except UndefinedError:
            return False


def _all(needs: Sequence[Need]) -> Iterator[Need]:
    for need in needs:
        yield need
        yield from need.instead
