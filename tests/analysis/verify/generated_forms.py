"""Rules written out as NumPy functions and as torch optimizers, in the styles that people use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy as sp
from sympy.printing.str import StrPrinter

from optproof.derive.rule import UpdateRule
from optproof.derive.symbols import Quantity, gradient, parameter

Line = tuple[Quantity, sp.Expr]
THETA, G = parameter(), gradient()


@dataclass(frozen=True)
class Form:
    """Assignments in order, and what the states start at: a rule that may have been spoilt."""

    rule: str
    lines: tuple[Line, ...]
    initial: Mapping[Quantity, sp.Expr]
    hyper: tuple[Quantity, ...]

    @classmethod
    def of(cls, rule: UpdateRule) -> Form:
        lines = tuple((a.target, a.value) for a in rule.assignments)
        return cls(rule.name, lines, {s.symbol: s.initial for s in rule.state}, tuple(h.symbol for h in rule.hyper))


class Code(StrPrinter):
    """Expressions as Python; `module` is np or torch, and `elements` have a value for every coordinate."""

    def __init__(self, module: str, elements: Iterable[sp.Symbol] = ()) -> None:
        super().__init__()
        self.module, self.elements = module, set(elements)

    def _call(self, name: str, *arguments: sp.Basic) -> str:
        return f"{self.module}.{name}({', '.join(self._print(a) for a in arguments)})"

    def _print_Pow(self, e: sp.Pow, rational: bool = False) -> str:
        if e.exp == sp.Rational(1, 2):
            if self.module == "torch" and not e.base.free_symbols & self.elements:
                return f"{self.parenthesize(e.base, 100)} ** 0.5"
            return self._call("sqrt", e.base)
        if e.exp == -sp.Rational(1, 2):
            return f"(1 / {self._print(sp.sqrt(e.base))})"
        if e.exp.could_extract_minus_sign():
            return f"(1 / {self.parenthesize(e.base**-e.exp, 100)})"
        return f"{self.parenthesize(e.base, 100)} ** {self.parenthesize(e.exp, 100)}"

    def _print_Rational(self, e: sp.Rational) -> str:
        return f"({e.p} / {e.q})" if e.q != 1 else str(e.p)

    def _print_Abs(self, e: sp.Abs) -> str:
        return self._call("abs", *e.args)

    def _print_sign(self, e: sp.Basic) -> str:
        return self._call("sign", *e.args)

    def _print_Max(self, e: sp.Max) -> str:
        return self._extreme("maximum", e.args)

    def _print_Min(self, e: sp.Min) -> str:
        return self._extreme("minimum", e.args)

    def _extreme(self, name: str, arguments: tuple[sp.Basic, ...]) -> str:
        """The larger or the smaller of several; torch wants two tensors."""
        parts = [self._print(a) for a in arguments]
        if self.module == "torch":
            plain = [p for p, a in zip(parts, arguments, strict=True) if not a.free_symbols & self.elements]
            parts = [p for p in parts if p not in plain] + plain
            done = parts[0]
            for part in parts[1:]:
                bound = f"{'min' if name == 'maximum' else 'max'}={part}"
                done = f"torch.clamp({done}, {bound})" if part in plain else f"torch.{name}({done}, {part})"
            return done
        done = parts[0]
        for part in parts[1:]:
            done = f"np.{name}({done}, {part})"
        return done

    def _print_Piecewise(self, e: sp.Piecewise) -> str:
        (value, condition), *rest = e.args
        if condition == sp.true or not rest:
            return str(self._print(value))
        other = self._print(sp.Piecewise(*rest)) if rest[0][1] != sp.true else self._print(rest[0][0])
        if not condition.free_symbols & self.elements:
            return f"({self._print(value)} if {self._print(condition)} else {other})"
        return f"{self.module}.where({self._print(condition)}, {self._print(value)}, {other})"

    def _print_Equality(self, e: sp.Eq) -> str:
        return f"{self.parenthesize(e.lhs, 0)} == {self.parenthesize(e.rhs, 0)}"

    def _print_Relational(self, e: sp.Rel) -> str:
        return f"{self._print(e.lhs)} {e.rel_op} {self._print(e.rhs)}"


def _body(form: Form, module: str) -> list[str]:
    code = Code(module, {THETA, G, *form.initial, *(q for q, _ in form.lines)} - _scalars(form))
    return [f"{q.name} = {code.doprint(e)}" for q, e in form.lines]


def _scalars(form: Form) -> set[sp.Symbol]:
    """Temporaries that are the same for every coordinate."""
    found: set[sp.Symbol] = set()
    for q, e in form.lines:
        elements = {THETA, G, *form.initial, *(t for t, _ in form.lines)} - found
        if q not in form.initial and q != THETA and not e.free_symbols & elements:
            found.add(q)
    return found


def plain(form: Form) -> str:
    """New arrays in every step; keyword hyperparameters."""
    states = list(form.initial)
    code = Code("np")
    start = [
        f"    {s.name} = state.get({s.name!r}, np.full_like(theta, {code.doprint(form.initial[s])}))" for s in states
    ]
    kept = ", ".join(f"{s.name!r}: {s.name}" for s in states)
    return "\n".join(
        [
            "import numpy as np",
            "",
            f"def step(theta, g, state, t, *, {_keywords(form)}):",
            *start,
            *(f"    {line}" for line in _body(form, "np")),
            f"    return theta, {{{kept}}}",
            "",
        ]
    )


def in_place(form: Form) -> str:
    """States that are written into, made by init; hyperparameters from a mapping."""
    code = Code("np")
    states = [s.name for s in form.initial]
    read = [f"    {h.name} = hyper[{h.name!r}]" for h in form.hyper]
    start = [
        f"    if {s.name!r} not in state:\n        state[{s.name!r}] = np.zeros_like(theta) + {code.doprint(v)}"
        for s, v in form.initial.items()
    ]
    body = []
    for line in _body(form, "np"):
        name, _, value = line.partition(" = ")
        body.append(f"    {name}[...] = {value}" if name in (*states, "theta") else f"    {name} = {value}")
    views = [f"    {s} = state[{s!r}]" for s in states]
    return "\n".join(
        [
            "import numpy as np",
            "",
            "def step(theta, g, state, t, hyper):",
            *read,
            *start,
            *views,
            *body,
            "    return theta, state",
            "",
        ]
    )


def torch_class(form: Form) -> str:
    """A subclass of torch's Optimizer."""
    code = Code("torch")
    names = [h.name for h in form.hyper]
    start = [
        f"                    state[{s.name!r}] = torch.full_like(p, {code.doprint(v)})"
        for s, v in form.initial.items()
    ]
    states = [s.name for s in form.initial]
    body = [f"                {line}" for line in _body(form, "torch")]
    return "\n".join(
        [
            "import torch",
            "",
            "class Mine(torch.optim.Optimizer):",
            f"    def __init__(self, params, {_keywords(form)}):",
            f"        super().__init__(params, dict({', '.join(f'{n}={n}' for n in names)}))",
            "",
            "    @torch.no_grad()",
            "    def step(self):",
            "        for group in self.param_groups:",
            *(f"            {n} = group[{n!r}]" for n in names),
            "            for p in group['params']:",
            "                g, theta, state = p.grad, p.clone(), self.state[p]",
            "                if not state:",
            "                    state['t'] = 0",
            *start,
            "                state['t'] += 1",
            "                t = state['t']",
            *(f"                {s} = state[{s!r}]" for s in states),
            *body,
            *(f"                state[{s!r}] = {s}" for s in states),
            "                p.copy_(theta)",
            "",
        ]
    )


def _keywords(form: Form) -> str:
    return ", ".join(f"{h.name}={DEFAULTS.get(h.name, 0.5)}" for h in form.hyper)


DEFAULTS = {"lr": 0.001, "eps": 1e-8, "eta_plus": 1.2, "step_max": 50.0, "threshold": 5.0, "weight_decay": 0.01}
