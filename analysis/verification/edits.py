"""Mistakes that people make, each as a change of a rule's lines, whatever the rule.

Nothing here knows an optimizer by name: an edit looks for a shape (a root plus eps, a bias correction, an average) and
changes it.  Which edit an implementation equals is found by trying, and then proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sympy as sp

from ...derive.relations import eq
from ...derive.symbols import Quantity, gradient, parameter, step_counter
from .drafts import Draft, Edit, Line

__all__ = ["edits_of"]

_HALF = sp.Rational(1, 2)
_EPS, _LR, _DECAY = "eps", "lr", ("weight_decay", "l2")


def edits_of(draft: Draft) -> Iterator[Edit]:
    """Every single edit of a rule."""
    for family in _FAMILIES:
        for edit in family(draft):
            if edit.draft.lines != draft.lines or edit.draft.initial != draft.initial:
                yield edit


def _hyper(draft: Draft, name: str) -> Quantity | None:
    return next((h for h in draft.hyper if h.name == name), None)


def _swap(old: sp.Basic, new: sp.Basic) -> Callable[[Quantity, sp.Expr], sp.Expr]:
    return lambda q, e: e.xreplace({old: new})


def _outside_states(draft: Draft, old: Quantity, new: Quantity) -> Callable[[Quantity, sp.Expr], sp.Expr]:
    return lambda q, e: e if q in draft.states else e.xreplace({old: new})


def _nodes(draft: Draft, kind: type) -> list[sp.Basic]:
    found: dict[sp.Basic, None] = {}
    for _, e in draft.lines:
        found |= dict.fromkeys(n for n in sp.preorder_traversal(e) if isinstance(n, kind))
    return list(found)


def _is_root(e: sp.Basic) -> bool:
    return isinstance(e, sp.Pow) and e.exp == _HALF


def _shown(e: sp.Basic, draft: Draft) -> str:
    names = [str(s) for s in sorted(e.free_symbols, key=str) if s in draft.states or str(s).endswith("_hat")]
    return names[0] if names else "the second moment"


# eps -------------------------------------------------------------------------------------------------------------


def _eps_placement(draft: Draft) -> Iterator[Edit]:
    eps = _hyper(draft, _EPS)
    if eps is None:
        return
    for total in _nodes(draft, sp.Add):
        others = [a for a in total.args if a != eps]
        if eps not in total.args or len(others) != 1:
            continue
        root = others[0]
        if _is_root(root):
            inner = root.base
            for words, new in (
                ("eps is added before the square root instead of after it", sp.sqrt(inner + eps)),
                ("eps squared is added before the square root, instead of eps after it", sp.sqrt(inner + eps**2)),
                ("eps is missing", root),
                ("the square root is missing", inner + eps),
                ("the square root is missing, and so is eps", inner),
                ("the larger of the root and eps is taken instead of their sum", sp.Max(root, eps)),
                ("the root is taken of the larger of the second moment and eps", sp.sqrt(sp.Max(inner, eps))),
                ("eps is added before the square root and after it", sp.sqrt(inner + eps) + eps),
                ("eps is subtracted instead of added", root - eps),
                ("the cube root is taken instead of the square root", inner ** sp.Rational(1, 3) + eps),
                ("the fourth root is taken instead of the square root", inner ** sp.Rational(1, 4) + eps),
                ("the square is taken instead of the square root", inner**2 + eps),
                ("eps is multiplied with the root instead of added to it", root * eps),
                ("the root of eps is added instead of eps", root + sp.sqrt(eps)),
            ):
                yield Edit(words, draft.mapped(_swap(total, new)))
    for root in (
        n for n in _nodes(draft, sp.Pow) if abs(n.exp) == _HALF and isinstance(n.base, sp.Add) and eps in n.base.args
    ):
        inner = root.base - eps
        sign = 1 if root.exp > 0 else -1
        for words, new in (
            ("eps is added after the square root instead of before it", sp.sqrt(inner) + eps),
            ("eps is missing under the root", sp.sqrt(inner)),
            ("eps is squared under the root", sp.sqrt(inner + eps**2)),
            ("the square root is missing", inner + eps),
        ):
            yield Edit(f"{words} ({inner})", draft.mapped(_swap(root, new**sign)))
    if _nodes(draft, sp.Pow):
        yield Edit("eps is missing everywhere", draft.mapped(_swap(eps, sp.Integer(0))))


# bias corrections ------------------------------------------------------------------------------------------------


def _bias_correction(draft: Draft) -> Iterator[Edit]:
    t = step_counter()
    powers = [p for p in _nodes(draft, sp.Pow) if p.exp == t and isinstance(p.base, Quantity)]
    corrections = [1 - p for p in powers]
    for p in powers:
        correction = 1 - p
        name = _corrected(draft, correction) or f"what {p.base} weighs"
        for words, new in (
            (f"the bias correction of {name} is missing", sp.Integer(1)),
            (
                f"the bias correction of {name} is off by a step: the step counter starts at 0",
                1 - p.base ** (t - 1),
            ),
            (
                f"the bias correction of {name} is off by a step: the step counter starts at 2",
                1 - p.base ** (t + 1),
            ),
            (f"the bias correction of {name} is that of the first step in every step", 1 - p.base),
            (f"{name} is divided by the power itself instead of by one minus it", p),
            (f"{name} is divided by one plus the power", 1 + p),
            (f"{name} is multiplied by its bias correction instead of divided", 1 / correction),
            (f"the bias correction of {name} takes the root of one minus the power", sp.sqrt(correction)),
            (f"the bias correction of {name} uses twice the step counter", 1 - p.base ** (2 * t)),
            (
                f"the bias correction of {name} is a power of 1 - {p.base}, not one minus a power of {p.base}",
                (1 - p.base) ** t,
            ),
        ):
            yield Edit(words, draft.mapped(_swap(correction, new)))
    if len(corrections) == 2:
        a, b = powers
        both = {c: sp.Integer(1) for c in corrections}
        yield Edit("both bias corrections are missing", draft.mapped(lambda q, e: e.xreplace(both)))
        shifted = {p: p.base ** (t - 1) for p in powers}
        yield Edit("the step counter starts at 0 instead of 1", draft.mapped(lambda q, e: e.xreplace(shifted)))
        later = {p: p.base ** (t + 1) for p in powers}
        yield Edit("the step counter starts at 2 instead of 1", draft.mapped(lambda q, e: e.xreplace(later)))
        doubled = {p: p.base ** (2 * t) for p in powers}
        yield Edit("the step counter advances by two in every step", draft.mapped(lambda q, e: e.xreplace(doubled)))
        crossed = {a: b, b: a}
        yield Edit("the two bias corrections are exchanged", draft.mapped(lambda q, e: e.xreplace(crossed)))
        for p, o in ((a, b), (b, a)):
            name = _corrected(draft, 1 - p)
            yield Edit(f"the bias correction of {name} uses {o.base} instead of {p.base}", draft.mapped(_swap(p, o)))


def _corrected(draft: Draft, correction: sp.Expr) -> str:
    for _, e in draft.lines:
        factors = sp.Mul.make_args(e)
        if 1 / correction in factors:
            states = [s for f in factors for s in f.free_symbols if s in draft.states]
            if states:
                return str(states[0])
        if sp.sqrt(correction) in factors:
            return "v"
    return "m" if "1" in str(correction.free_symbols) else "v"


# averages and accumulators ---------------------------------------------------------------------------------------


def _averages(draft: Draft) -> Iterator[Edit]:  # noqa: PLR0912 - a list of mistakes, one after another
    g = gradient()
    for q, e in draft.lines:
        if q not in draft.states:
            continue
        for rate in (h for h in draft.hyper if h.domain.upper is not None and h in e.free_symbols):
            weight = 1 - rate
            if e.has(weight):
                yield Edit(
                    f"{q} is summed, not averaged: the factor 1 - {rate} of what is new is missing",
                    draft.with_value(q, e.xreplace({weight: sp.Integer(1)})),
                )
                yield Edit(
                    f"the weights {rate} and 1 - {rate} of {q} are exchanged",
                    draft.with_value(q, _exchanged(e, rate)),
                )
                yield Edit(
                    f"{q} weighs what is new by {rate} instead of 1 - {rate}",
                    draft.with_value(q, e.xreplace({weight: rate})),
                )
                yield Edit(
                    f"{q} is not decayed: the factor {rate} is missing", draft.with_value(q, e.xreplace({rate * q: q}))
                )
                yield Edit(f"{q} weighs what is new by 1 + {rate}", draft.with_value(q, e.xreplace({weight: 1 + rate})))
            else:
                yield Edit(
                    f"{q} is averaged: what is new is weighed by 1 - {rate}",
                    draft.with_value(q, rate * q + (1 - rate) * (e - rate * q)),
                )
                yield Edit(
                    f"{q} is not decayed: the factor {rate} is missing", draft.with_value(q, e.xreplace({rate * q: q}))
                )
                yield Edit(
                    f"{q} is decayed by 1 - {rate} instead of {rate}", draft.with_value(q, e.xreplace({rate: 1 - rate}))
                )
            for other in draft.hyper:
                if other != rate and other.domain.upper is not None:
                    yield Edit(f"{q} uses {other} instead of {rate}", draft.with_value(q, e.xreplace({rate: other})))
            squared = e.xreplace({rate * q: rate**2 * q})
            yield Edit(f"{q} is decayed twice", draft.with_value(q, squared))
        if e != q:
            yield Edit(f"{q} is never updated", draft.with_value(q, q))
        square = next((p for p in _powers_of_gradient(e, draft)), None)
        if square is not None:
            for words, new in (
                (f"{q} accumulates the gradient itself, not its square", square.base),
                (f"{q} accumulates the size of the gradient, not its square", sp.Abs(square.base)),
                (f"{q} accumulates the cube of the gradient's size", sp.Abs(square.base) ** 3),
                (f"{q} accumulates the fourth power of the gradient", square.base**4),
            ):
                yield Edit(words, draft.with_value(q, e.xreplace({square: new})))
            if square.base != g:
                yield Edit(
                    f"{q} accumulates the square of the gradient, not of {square.base}",
                    draft.with_value(q, e.xreplace({square: g**2})),
                )
            for other in draft.states:
                if other != q:
                    gap = (square.base - other) ** 2
                    yield Edit(
                        f"{q} accumulates the squared distance of the gradient from {other}, not the squared gradient",
                        draft.with_value(q, e.xreplace({square: gap})),
                    )
                    yield Edit(
                        f"{q} accumulates the square of {other}, not of the gradient",
                        draft.with_value(q, e.xreplace({square: other**2})),
                    )
            yield Edit(
                f"{q} forgets the past: it is replaced in every step",
                draft.with_value(q, e.xreplace({q: sp.Integer(0)})),
            )
        if square is None and e.has(g):
            yield Edit(
                f"{q} forgets the past: it is replaced in every step",
                draft.with_value(q, e.xreplace({q: sp.Integer(0)})),
            )
            yield Edit(f"{q} takes the gradient with the wrong sign", draft.with_value(q, e.xreplace({g: -g})))
            yield Edit(f"{q} takes only the sign of the gradient", draft.with_value(q, e.xreplace({g: sp.sign(g)})))
        if isinstance(e, sp.Add) and not any(h.domain.upper is not None for h in draft.hyper if h in e.free_symbols):
            yield Edit(f"{q} is averaged with weight one half instead of summed", draft.with_value(q, e / 2))
    rates = [h for h in draft.hyper if h.domain.upper is not None and h.name in ("beta1", "beta2", "rho", "momentum")]
    for i, a in enumerate(rates):
        for b in rates[i + 1 :]:
            both = {a: b, b: a}
            yield Edit(f"{a} and {b} are exchanged", draft.mapped(lambda q, e, both=both: e.xreplace(both)))  # type: ignore[misc]


def _exchanged(e: sp.Expr, rate: Quantity) -> sp.Expr:
    dummy = sp.Dummy()
    return e.xreplace({1 - rate: dummy}).xreplace({rate: 1 - rate}).xreplace({dummy: rate})


def _powers_of_gradient(e: sp.Expr, draft: Draft) -> list[sp.Pow]:
    taken = {gradient(), *(q for q, _ in draft.lines if q not in draft.states and q != parameter())}
    return [p for p in sp.preorder_traversal(e) if isinstance(p, sp.Pow) and p.exp == 2 and p.base in taken]


def _starts(draft: Draft) -> Iterator[Edit]:
    g = gradient()
    for q, value in draft.initial.items():
        for new in (sp.Integer(0), sp.Integer(1), sp.Rational(1, 10)):
            if value != new:
                yield Edit(f"{q} starts at {new} instead of {value}", draft.starting_at(q, new))
        eps = _hyper(draft, _EPS)
        if eps is not None and value == 0:
            yield Edit(f"{q} starts at eps instead of 0", draft.starting_at(q, eps))
        line = draft.value(q)
        if line is not None:
            for fresh in (g, g**2):
                first = sp.Piecewise((fresh, eq(step_counter(), 1)), (line, sp.true))
                if line.has(fresh) or fresh == g:
                    yield Edit(f"in the first step {q} is set to {fresh}", draft.with_value(q, first))


# what is read when ------------------------------------------------------------------------------------------------


def _old_and_new(draft: Draft) -> Iterator[Edit]:
    """A state's old value where the new one is meant, and the other way round."""
    for index, (q, e) in enumerate(draft.lines):
        if q in draft.states:
            readers = [i for i, (_, later) in enumerate(draft.lines) if i > index and q in later.free_symbols]
            if readers:
                old = Quantity(f"{q.name}_old", q.domain)
                lines: list[Line] = [(old, q)]
                for i, (target, value) in enumerate(draft.lines):
                    lines.append((target, value.xreplace({q: old}) if i in readers else value))
                yield Edit(f"the update uses the old {q}, from before the step", draft.with_lines(lines))
            if e.has(parameter()):
                continue
            for j in range(index):
                target, value = draft.lines[j]
                if q in value.free_symbols and target != q:
                    moved = [*draft.lines[:j], draft.lines[index], *draft.lines[j:index], *draft.lines[index + 1 :]]
                    yield Edit(f"{q} is updated before it is used", draft.with_lines(moved))


# direction and size ----------------------------------------------------------------------------------------------


def _movement(draft: Draft) -> Iterator[Edit]:  # noqa: PLR0912 - a list of mistakes, one after another
    theta, g, lr = parameter(), gradient(), _hyper(draft, _LR)
    value = draft.value(theta)
    if value is None:
        return
    moved = sp.expand(value - theta, deep=False) if isinstance(value, sp.Add) else value - theta
    yield Edit("theta moves along the gradient instead of against it", draft.with_value(theta, theta - moved))
    yield Edit("theta is replaced by the step instead of moved by it", draft.with_value(theta, moved))
    yield Edit("theta does not move", draft.with_value(theta, theta))
    if lr is not None:
        yield Edit(
            "only the sign of the step is used",
            draft.with_value(theta, theta + lr * sp.sign(moved.xreplace({lr: sp.Integer(1)}))),
        )
    for low, words in ((-1, "clipped to [-1, 1]"), (None, "cut off above 1")):
        cut = sp.Min(g, 1) if low is None else sp.Max(sp.Min(g, 1), low)
        yield Edit(f"the gradient is {words}", draft.mapped(_swap(g, cut)))
    for q, e in draft.lines:
        roots = {p: p.base**-p.exp for p in e.atoms(sp.Pow) if abs(p.exp) == _HALF}
        if len(roots) > 1:
            yield Edit(f"the quotient of roots in {q} is upside down", draft.with_value(q, e.xreplace(roots)))
    for factor, words in (
        (2, "twice as far"),
        (_HALF, "half as far"),
        (10, "ten times as far"),
        (sp.Rational(1, 10), "a tenth as far"),
    ):
        yield Edit(f"theta moves {words}", draft.with_value(theta, theta + factor * moved))
        yield Edit(f"the gradient is multiplied by {factor}", draft.mapped(_swap(g, factor * g)))
    yield Edit("the sign of the gradient is wrong everywhere", draft.mapped(_swap(g, -g)))
    for state in draft.states:
        if value.has(state):
            yield Edit(
                f"the step uses the gradient instead of {state}", draft.with_value(theta, value.xreplace({state: g}))
            )
            yield Edit(
                f"the step uses only the sign of {state}",
                draft.with_value(theta, value.xreplace({state: sp.sign(state)})),
            )
            for other in draft.states:
                if other != state:
                    yield Edit(
                        f"the step uses {other} instead of {state}",
                        draft.mapped(_outside_states(draft, state, other)),
                    )
        if g in value.free_symbols:
            yield Edit(
                f"the step uses {state} instead of the gradient", draft.with_value(theta, value.xreplace({g: state}))
            )
    if g in value.free_symbols:
        yield Edit(
            "the step uses only the sign of the gradient", draft.with_value(theta, value.xreplace({g: sp.sign(g)}))
        )
        yield Edit(
            "the step does not use the gradient itself", draft.with_value(theta, value.xreplace({g: sp.Integer(0)}))
        )
    if lr is not None:
        for words, new in (
            ("the learning rate is missing", sp.Integer(1)),
            ("the learning rate is squared", lr**2),
            ("theta is divided by the learning rate instead of multiplied", 1 / lr),
            ("the root of the learning rate is used", sp.sqrt(lr)),
            ("the learning rate decays with the square root of the step counter", lr / sp.sqrt(step_counter())),
            ("the learning rate decays with the step counter", lr / step_counter()),
        ):
            yield Edit(words, draft.mapped(_swap(lr, new)))


def _roots_without_eps(draft: Draft) -> Iterator[Edit]:
    for node in _nodes(draft, sp.Max):
        yield Edit(
            "the maximum is missing: the newest value is used",
            draft.mapped(
                _swap(node, node.args[-1] if node.args[0] in draft.states and len(node.args) == 2 else node.args[0])
            ),
        )
        for a in node.args:
            yield Edit(f"the maximum is missing: {a} is used", draft.mapped(_swap(node, a)))
        yield Edit("the minimum is taken instead of the maximum", draft.mapped(_swap(node, sp.Min(*node.args))))
        yield Edit("the sum is taken instead of the maximum", draft.mapped(_swap(node, sp.Add(*node.args))))
    for node in _nodes(draft, sp.Add):
        squares = [
            a
            for a in node.args
            if isinstance(a, sp.Mul)
            and a.args[0] == -1
            and isinstance(a.args[-1], sp.Pow)
            and a.args[-1].base in draft.states
        ]
        for square in squares:
            state = square.args[-1].base
            yield Edit(
                f"the square of {state} is not subtracted: the variance is not centered",
                draft.mapped(_swap(node, node - square)),
            )
            yield Edit(
                f"the square of {state} is added instead of subtracted", draft.mapped(_swap(node, node - 2 * square))
            )
            yield Edit(
                f"{state} itself is subtracted instead of its square", draft.mapped(_swap(node, node - square - state))
            )
            yield Edit(
                "the centered variance is kept from being negative by its absolute value",
                draft.mapped(_swap(node, sp.Abs(node))),
            )


# weight decay ----------------------------------------------------------------------------------------------------


def _weight_decay(draft: Draft) -> Iterator[Edit]:
    theta, g, lr = parameter(), gradient(), _hyper(draft, _LR)
    value = draft.value(theta)
    for name in _DECAY:
        decay = _hyper(draft, name)
        if decay is None or value is None:
            continue
        without = draft.mapped(_swap(decay, sp.Integer(0)))
        plain = without.value(theta)
        if plain is None:
            continue
        yield Edit("weight decay has no effect", without)
        decoupled = decay in value.free_symbols
        if decoupled:
            total = Quantity("g_l2")
            inner = [(q, e.xreplace({g: total})) for q, e in without.lines]
            yield Edit(
                "weight decay goes through the moments: it is added to the gradient",
                without.with_lines([(total, g + decay * theta), *inner]),
            )
            yield Edit(
                "weight decay is applied twice: to the gradient, and to theta itself",
                draft.with_lines([(total, g + decay * theta), *((q, e.xreplace({g: total})) for q, e in draft.lines)]),
            )
            if lr is not None:
                yield Edit(
                    "weight decay is applied a second time, after the step",
                    draft.with_value(theta, value * (1 - lr * decay)),
                )
                yield Edit(
                    "weight decay is not multiplied by the learning rate",
                    without.with_value(theta, plain - decay * theta),
                )
                yield Edit(
                    "weight decay is multiplied by the square of the learning rate",
                    without.with_value(theta, plain - lr**2 * decay * theta),
                )
                yield Edit(
                    "weight decay is applied after the step, to the new theta",
                    without.with_value(theta, plain * (1 - lr * decay)),
                )
                yield Edit("weight decay is halved", without.with_value(theta, plain - lr * decay * theta / 2))
                yield Edit(
                    "weight decay decays the sign of theta, not theta (L1)",
                    without.with_value(theta, plain - lr * decay * sp.sign(theta)),
                )
        else:
            for words, scale in (("is not multiplied by the learning rate and", sp.Integer(1)), ("is", lr)):
                if scale is not None:
                    yield Edit(
                        f"weight decay {words} decoupled: it is applied to theta, not added to the gradient",
                        without.with_value(theta, plain - scale * decay * theta),
                    )
            for factor, words in ((2, "doubled"), (_HALF, "halved")):
                yield Edit(f"weight decay is {words}", draft.mapped(_swap(decay, factor * decay)))
            if lr is not None:
                yield Edit(
                    "weight decay is multiplied by the learning rate a second time",
                    draft.mapped(_swap(decay, lr * decay)),
                )
            yield Edit(
                "weight decay adds the sign of theta, not theta (L1)",
                draft.mapped(_swap(decay * theta, decay * sp.sign(theta))),
            )
            yield Edit(
                "weight decay is added to the gradient after the moments have seen it", _late_decay(draft, decay)
            )
        yield Edit(
            "weight decay has the wrong sign: it pushes theta away from zero", draft.mapped(_swap(decay, -decay))
        )


def _late_decay(draft: Draft, decay: Quantity) -> Draft:
    """The L2 term only in theta's line."""
    theta, g = parameter(), gradient()
    total = next((q for q, e in draft.lines if e == g + decay * theta), None)
    if total is None:
        return draft
    lines = [(q, e if q == theta else e.xreplace({total: g})) for q, e in draft.lines if q != total]
    return draft.with_lines([(q, e.xreplace({total: g + decay * theta})) for q, e in lines])


# momentum --------------------------------------------------------------------------------------------------------


def _momentum(draft: Draft) -> Iterator[Edit]:
    theta, g, lr, mu = parameter(), gradient(), _hyper(draft, _LR), _hyper(draft, "momentum")
    value = draft.value(theta)
    if mu is None or lr is None or value is None:
        return
    for q, e in draft.lines:
        if q not in draft.states or mu not in e.free_symbols:
            continue
        fresh = sp.expand(e - mu * q)
        for words, new in (
            (
                f"lr is inside the momentum buffer {q}: equal only while lr is constant",
                value.xreplace({lr: sp.Integer(1)}),
            ),
        ):
            inner = mu * q + lr * fresh
            yield Edit(words, draft.with_value(q, inner).with_value(theta, new.xreplace({g: lr * g})))
        yield Edit(f"momentum has no effect: {q} is the gradient alone", draft.with_value(q, fresh))
        yield Edit("Nesterov's look-ahead is missing: plain momentum is used", draft.with_value(theta, theta - lr * q))
        yield Edit(
            "Nesterov's look-ahead is applied, which the rule does not have",
            draft.with_value(theta, theta - lr * (fresh + mu * q)),
        )
        yield Edit("the look-ahead uses momentum twice", draft.with_value(theta, theta - lr * (fresh + mu**2 * q)))
        yield Edit("the look-ahead lacks the factor momentum", draft.with_value(theta, theta - lr * (fresh + q)))
        yield Edit(f"{q} enters with the wrong sign", draft.with_value(q, -mu * q + fresh))
        yield Edit(f"theta is moved by {q} and by the gradient", draft.with_value(theta, value - lr * fresh))
        yield Edit(f"{q} is kept with its sign reversed", draft.with_value(q, mu * q - fresh))


_FAMILIES: tuple[Callable[[Draft], Iterator[Edit]], ...] = (
    _eps_placement,
    _bias_correction,
    _weight_decay,
    _momentum,
    _old_and_new,
    _movement,
    _averages,
    _roots_without_eps,
    _starts,
)
