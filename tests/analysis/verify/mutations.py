"""Mistakes, each as a change of a rule's lines or of the text of a function; none knows an optimizer by name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp
from generated_forms import THETA, Form, G, Line, in_place, plain

from optproof.analysis.evaluate import NUMPY, evaluator
from optproof.derive.prove.normal_form import NormalForm
from optproof.derive.symbols import Quantity, step_counter

T = step_counter()
HALF = sp.Rational(1, 2)
HALVED = "gradient halved in place"
RATES = ("beta1", "beta2", "rho", "momentum")


@dataclass(frozen=True)
class Mutant:
    rule: str
    kind: str
    source: str


def every_mutant(form: Form) -> Iterator[Mutant]:
    """Those of the lines, printed in the plain style, and those of the text in the styles where they happen."""
    seen = {plain(form)}
    for kind, changed in of_lines(form):
        source = plain(changed)
        if source not in seen and not same_step(form, changed):
            seen.add(source)
            yield Mutant(form.rule, kind, source)
    for kind, source in of_text(form):
        if source not in seen and not (kind == HALVED and scale_free(form)):
            seen.add(source)
            yield Mutant(form.rule, kind, source)


def of_lines(form: Form) -> Iterator[tuple[str, Form]]:
    for family in (_step, _rates, _corrections, _eps, _accumulators, _order, _extremes, _decay, _terms, _starts):
        for kind, changed in family(form):
            if _readable(changed):
                yield kind, changed


# --- what a form does, to tell when a mutant is none ---------------------------------------------------------------


def step_of(form: Form) -> dict[Quantity, sp.Expr]:
    """One step of all live states and theta."""
    values: dict[sp.Basic, sp.Basic] = {}
    for q, e in form.lines:
        values[q] = e.xreplace(values)
    return {q: values.get(q, q) for q in (THETA, *form.initial)}


def same_step(form: Form, other: Form) -> bool:
    """Whether a mutant is proved to take the rule's steps, by a normal form: then it is none.

    The first step is compared from the start, later ones from any state; the mutant's states may have other signs.
    """
    states = list(form.initial)
    return any(
        _commutes(form, other, dict(zip(states, signs, strict=True)))
        for signs in itertools.product(*((1, -1) if s.domain.lower is None else (1,) for s in states))
    )


def scale_free(form: Form) -> bool:
    """Whether a rule is proved to move alike with half the gradients, as one that looks at signs only."""
    halved = _put(form, G, G / 2)
    return _commutes(form, halved, dict.fromkeys(form.initial, 2))


def _commutes(form: Form, other: Form, signs: dict[Quantity, int]) -> bool:
    turned: dict[sp.Basic, sp.Basic] = {q: q / sign for q, sign in signs.items()}
    if any(form.initial[q] != sign * other.initial[q] for q, sign in signs.items()):
        return False
    mine = step_of(form)
    theirs = {q: signs.get(q, 1) * _signs_cleared(e.xreplace(turned)) for q, e in step_of(other).items()}
    first: dict[sp.Basic, sp.Basic] = {T: sp.Integer(1), **form.initial}
    later: dict[sp.Basic, sp.Basic] = {sp.Eq(T, 1): sp.false}
    return all(
        _identical({q: e.xreplace(put) for q, e in mine.items()}, {q: e.xreplace(put) for q, e in theirs.items()})
        for put in (first, later)
    )


def _signs_cleared(e: sp.Expr) -> sp.Expr:
    """Without positive factors inside signs."""
    return e.replace(sp.sign, lambda x: sp.sign(sp.factor_terms(x)))


def _identical(mine: dict[Quantity, sp.Expr], theirs: dict[Quantity, sp.Expr]) -> bool:
    if _differ_in_floats(mine, theirs):
        return False
    try:
        return all(e == theirs[q] or NormalForm([e, theirs[q]]).is_zero(e - theirs[q]) for q, e in mine.items())
    except (ValueError, NotImplementedError, ZeroDivisionError):
        return False


def _differ_in_floats(mine: dict[Quantity, sp.Expr], theirs: dict[Quantity, sp.Expr]) -> bool:
    """Most mutants are told from the rule at the first point."""
    if any(e.has(sp.zoo, sp.nan, sp.oo, -sp.oo) for e in (*mine.values(), *theirs.values())):
        return True
    symbols = sorted({s for e in (*mine.values(), *theirs.values()) for s in e.free_symbols}, key=str)
    generator = np.random.default_rng(1)
    for _ in range(4):
        point = {s.name: np.float64(generator.uniform(0.2, 0.8)) for s in symbols} | {"t": np.float64(3)}
        with np.errstate(all="ignore"):
            for q, e in mine.items():
                if e != theirs[q]:
                    a, b = (float(evaluator(x, NUMPY)(point)) for x in (e, theirs[q]))
                    if np.isfinite(a) and not np.isclose(a, b, rtol=1e-9, atol=0):
                        return True
    return False


def _readable(form: Form) -> bool:
    """Whether every line reads what is there, and nothing is infinite from the start."""
    known = {THETA, G, T, *form.initial, *form.hyper}
    for q, e in form.lines:
        if e.has(sp.zoo, sp.nan, sp.oo, sp.I) or not e.free_symbols <= known:
            return False
        known = known | {q}
    return True


# --- changes of lines ----------------------------------------------------------------------------------------------


def _mapped(form: Form, change: Callable[[sp.Expr], sp.Expr], only: object = None) -> Form:
    lines = tuple((q, change(e) if only is None or q == only else e) for q, e in form.lines)
    return replace(form, lines=lines)


def _put(form: Form, old: sp.Basic, new: sp.Basic, only: object = None) -> Form:
    return _mapped(form, lambda e: e.xreplace({old: new}), only)


def _value(form: Form, q: object) -> sp.Expr:
    return next(e for target, e in form.lines if target == q)


def _with(form: Form, q: Quantity, value: sp.Expr) -> Form:
    return replace(form, lines=tuple((t, value if t == q else e) for t, e in form.lines))


def _hyper(form: Form, name: str) -> Quantity | None:
    return next((h for h in form.hyper if h.name == name), None)


def _step(form: Form) -> Iterator[tuple[str, Form]]:
    value = _value(form, THETA)
    move = value - THETA
    yield "sign of the step", _with(form, THETA, THETA - move)
    yield "step twice as long", _with(form, THETA, THETA + 2 * move)
    yield "step instead of the new theta", _with(form, THETA, move)
    yield "step clipped", _with(form, THETA, THETA + sp.Max(sp.Min(move, 1), -1))
    yield "sign of the gradient", _put(form, G, -G)
    yield "gradient clipped above", _put(form, G, sp.Min(G, 1))
    yield "gradient cut off near zero", _put(form, G, sp.Piecewise((sp.Integer(0), sp.Abs(G) < HALF), (G, sp.true)))
    yield "nothing happens in the first step", _with(form, THETA, sp.Piecewise((THETA, sp.Eq(T, 1)), (value, sp.true)))
    lr = _hyper(form, "lr")
    if lr is not None:
        yield "lr missing", _put(form, lr, sp.Integer(1))
        yield "lr squared", _put(form, lr, lr**2)
        yield "lr decays with t", _put(form, lr, lr / T, THETA)


def _rates(form: Form) -> Iterator[tuple[str, Form]]:
    for name in RATES:
        rate = _hyper(form, name)
        if rate is None:
            continue
        for q, e in form.lines:
            if rate in e.free_symbols:
                yield "weight of what is new missing", _put(form, 1 - rate, sp.Integer(1), q)
                yield "rate and complement exchanged", _with(form, q, _exchanged(e, rate))
                yield "complement of the rate instead of the rate", _put(form, rate, 1 - rate, q)
                yield "rate squared", _put(form, rate, rate**2, q)
                yield "decay missing", _put(form, rate * q, q, q)
                yield "average instead of sum", _with(form, q, rate * q + (1 - rate) * (e - rate * q))
                for other in form.hyper:
                    if other.name in RATES and other != rate:
                        yield "another rate", _put(form, rate, other, q)
    beta1, beta2 = _hyper(form, "beta1"), _hyper(form, "beta2")
    if beta1 is not None and beta2 is not None:
        yield "betas swapped", _mapped(form, lambda e: e.xreplace({beta1: beta2, beta2: beta1}))


def _exchanged(e: sp.Expr, rate: Quantity) -> sp.Expr:
    kept = sp.Dummy()
    return e.xreplace({1 - rate: kept}).xreplace({rate: 1 - rate}).xreplace({kept: rate})


def _corrections(form: Form) -> Iterator[tuple[str, Form]]:
    powers = {p for _, e in form.lines for p in e.atoms(sp.Pow) if p.exp == T and isinstance(p.base, Quantity)}
    for p in sorted(powers, key=str):
        yield "bias correction missing", _put(form, 1 - p, sp.Integer(1))
        yield "bias correction of the first step in every step", _put(form, 1 - p, 1 - p.base)
        yield "t starts at 2", _put(form, p, p.base ** (T + 1))
        yield "t starts at 0", _put(form, p, p.base ** (T - 1))
        yield "bias correction upside down", _put(form, 1 - p, 1 / (1 - p))
        yield "power of the complement", _put(form, p, (1 - p.base) ** T)
        yield "one plus the power", _put(form, 1 - p, 1 + p)
        for other in sorted(powers - {p}, key=str):
            yield "bias correction with the other rate", _put(form, p, other)


def _eps(form: Form) -> Iterator[tuple[str, Form]]:
    eps = _hyper(form, "eps")
    for q, e in form.lines:
        for root in sorted((p for p in e.atoms(sp.Pow) if abs(p.exp) == HALF), key=str):
            sign = 1 if root.exp > 0 else -1
            yield "square root missing", _put(form, root, root.base**sign, q)
            yield "cube root", _put(form, root, root.base ** (sign * sp.Rational(1, 3)), q)
            if eps is not None and eps not in root.base.free_symbols:
                yield "eps inside the root", _put(form, root + eps, sp.sqrt(root.base + eps), q)
                yield "eps squared inside the root", _put(form, root + eps, sp.sqrt(root.base + eps**2), q)
                yield "larger of root and eps", _put(form, root + eps, sp.Max(root, eps), q)
    if eps is not None:
        yield "eps missing", _put(form, eps, sp.Integer(0))
        yield "eps doubled", _put(form, eps, 2 * eps)
        yield "root of eps", _put(form, eps, sp.sqrt(eps))
        yield "eps subtracted", _put(form, eps, -eps)


def _accumulators(form: Form) -> Iterator[tuple[str, Form]]:
    for q, e in form.lines:
        for square in sorted((p for p in e.atoms(sp.Pow) if p.exp == 2), key=str):
            yield "square missing", _put(form, square, square.base, q)
            yield "size instead of square", _put(form, square, sp.Abs(square.base), q)
            yield "fourth power instead of square", _put(form, square, square.base**4, q)
        if q in form.initial:
            yield "state never updated", _with(form, q, q)
            yield "state replaced", _put(form, q, sp.Integer(0), q)
            yield "state takes minus the gradient", _put(form, G, -G, q)
        for s in form.initial:
            if q == THETA and s in e.free_symbols:
                yield "gradient instead of a state", _put(form, s, G, q)
                for other in form.initial:
                    if other != s:
                        yield "another state", _put(form, s, other, q)


def _order(form: Form) -> Iterator[tuple[str, Form]]:
    for i, (q, _) in enumerate(form.lines):
        if q not in form.initial:
            continue
        rest = [*form.lines[:i], *form.lines[i + 1 :]]
        yield "old state used", replace(form, lines=(*rest, form.lines[i]))
        yield "state updated too early", replace(form, lines=(form.lines[i], *rest))
        old = Quantity(f"{q.name}_before", q.domain)
        late: list[Line] = [(old, q)]
        late += [(t, e.xreplace({q: old}) if t == THETA else e) for t, e in form.lines]
        yield "old state used", replace(form, lines=tuple(late))


def _extremes(form: Form) -> Iterator[tuple[str, Form]]:
    for q, e in form.lines:
        for node in sorted(e.atoms(sp.Max, sp.Min), key=str):
            for a in node.args:
                yield "maximum missing", _put(form, node, a, q)
            other = sp.Min if isinstance(node, sp.Max) else sp.Max
            yield "minimum for maximum", _put(form, node, other(*node.args), q)
            yield "sum for maximum", _put(form, node, sp.Add(*node.args), q)
        for node in sorted(e.atoms(sp.sign), key=str):
            yield "sign missing", _put(form, node, node.args[0], q)
        for node in sorted(e.atoms(sp.Abs), key=str):
            yield "absolute value missing", _put(form, node, node.args[0], q)
        for node in sorted(e.atoms(sp.Piecewise), key=str):
            for value, _ in node.args:
                yield "case missing", _put(form, node, value, q)


def _decay(form: Form) -> Iterator[tuple[str, Form]]:
    decay, lr = _hyper(form, "weight_decay"), _hyper(form, "lr")
    if decay is None or lr is None:
        return
    bare = _put(form, decay, sp.Integer(0))
    value = _value(bare, THETA)
    yield "weight decay missing", bare
    yield "weight decay times lr", _put(form, decay, lr * decay)
    yield "weight decay with the wrong sign", _put(form, decay, -decay)
    yield "weight decay of the sign (L1)", _put(form, decay * THETA, decay * sp.sign(THETA))
    yield "weight decay decoupled", _with(bare, THETA, value - lr * decay * THETA)
    yield "weight decay without lr", _with(bare, THETA, value - decay * THETA)
    yield "weight decay after the step", _with(bare, THETA, value * (1 - lr * decay))
    inner = tuple((q, e.xreplace({G: G + decay * THETA}) if q != THETA else e) for q, e in bare.lines)
    yield "weight decay coupled", replace(bare, lines=inner)


def _terms(form: Form) -> Iterator[tuple[str, Form]]:
    """A term or factor forgotten."""
    for q, e in form.lines:
        if isinstance(e, sp.Add) and len(e.args) > 1:
            for a in e.args:
                yield "term missing", _with(form, q, e - a)
                yield "sign of a term", _with(form, q, e - 2 * a)
        if isinstance(e, sp.Mul) and q not in form.initial:
            for a in e.args:
                yield "factor missing", _with(form, q, e / a)


def _starts(form: Form) -> Iterator[tuple[str, Form]]:
    for q in form.initial:
        yield "state starts at one", replace(form, initial={**form.initial, q: sp.Integer(1)})
        first = (
            sp.Piecewise((G, sp.Eq(T, 1)), (_value(form, q), sp.true)) if any(t == q for t, _ in form.lines) else None
        )
        if first is not None:
            yield "state starts with the gradient", _with(form, q, first)


# --- changes of the text -------------------------------------------------------------------------------------------


def of_text(form: Form) -> Iterator[tuple[str, str]]:
    source, written = plain(form), in_place(form)
    states = [s.name for s in form.initial]
    yield "t is always 1", source.replace("):\n", "):\n    t = 1\n", 1) if "** t" in source else source
    yield (
        "theta is returned as it was",
        source.replace("    return theta,", "    return theta_before,").replace(
            "):\n", "):\n    theta_before = theta.copy()\n", 1
        ),
    )
    yield HALVED, source.replace("):\n", "):\n    g *= 0.5\n", 1)
    for s in states:
        yield "state forgotten", source.replace(f"{s!r}: {s}", f"'lost_{s}': {s}")
        yield (
            "state written to a copy",
            written.replace(f"    {s} = state[{s!r}]\n", f"    {s} = state[{s!r}].copy()\n"),
        )
    for a, b in itertools.pairwise(states):
        shared = written.replace(f"    {a} = state[{a!r}]\n", "").replace(
            f"    {b} = state[{b!r}]\n", f"    {a} = {b} = state[{b!r}]\n"
        )
        yield "two states are one array", shared
    if "g ** 2" in written:
        squared = written.replace("g ** 2", "g", 1)
        line = next(x for x in written.splitlines() if "g ** 2" in x)
        name = line.strip().partition("[")[0].partition(" ")[0]
        yield (
            "gradient squared in place",
            squared.replace(f"    {name}", f"    g *= g\n    {name}", 1)
            if (squared.count(f"    {name}[...]") == 1)
            else written,
        )
