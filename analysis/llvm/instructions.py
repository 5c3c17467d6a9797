"""What each instruction computes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from .integers import INTEGERS, addresses
from .machine import NULL, POISON, UNDETERMINED, Pointer, State
from .nodes import Condition, Nodes, Real, constant_value
from .problems import NotUnderstood
from .relations import integers_related, negated, related_logic
from .sizes import Linear, Ranges, constant
from .text import Instruction, Operand, split_at_commas

__all__ = ["Arithmetic"]

_VECTOR = re.compile(r"^<(\d+) x (.+)>$")
_SIZES = {"float": 4, "double": 8, "i64": 8, "i32": 4, "i8": 1, "ptr": 8}
_REALS = {"fadd": "add", "fsub": "sub", "fmul": "mul", "fdiv": "div"}
_UNARY = {
    **dict.fromkeys(("sqrt", "sqrtf"), "sqrt"),
    **dict.fromkeys(("fabs", "fabsf"), "abs"),
    **dict.fromkeys(("exp", "expf"), "exp"),
    **dict.fromkeys(("log", "logf"), "log"),
    **dict.fromkeys(("expm1", "expm1f"), "expm1"),
    **dict.fromkeys(("log1p", "log1pf"), "log1p"),
}
_BINARY = {
    **dict.fromkeys(("pow", "powf", "powi"), "pow"),
    **dict.fromkeys(("fmin", "fminf", "minnum", "minimum", "minimumnum"), "min"),
    **dict.fromkeys(("fmax", "fmaxf", "maxnum", "maximum", "maximumnum"), "max"),
    **dict.fromkeys(("copysign", "copysignf"), "copysign"),
}
_RELAXED = {"nnan", "ninf", "nsz", "arcp", "contract", "afn", "reassoc", "fast"}
_QUIET = ("NRT_incref", "NRT_decref", "llvm.assume", "llvm.lifetime", "llvm.experimental.noalias.scope.decl")


@dataclass
class Arithmetic:
    """Evaluates instructions for sizes in certain ranges.

    Attributes
    ----------
    nodes : Nodes
    ranges : Ranges
    notes : dict
        Sentences about what real arithmetic does not see: fast-math flags, conversions, constants read as decimals.
    """

    nodes: Nodes
    ranges: Ranges
    notes: dict[str, None] = field(default_factory=dict)

    def execute(self, line: Instruction, state: State) -> None:
        """Do one instruction that is no jump."""
        if line.opcode == "store":
            self._store(line, state)
            return
        relaxed = sorted(_RELAXED & set(line.flags))
        if relaxed:
            self.notes[f"fast-math flags ({', '.join(relaxed)}) let the machine round differently"] = None
        method: Callable[[Instruction, State], object] | None = getattr(self, f"_{line.opcode}", None)
        if line.opcode in _REALS:
            found: object = self._elementwise(line, state, lambda a, b: self._real(_REALS[line.opcode], a, b))
        elif line.opcode in INTEGERS:
            found = self._elementwise(line, state, lambda a, b: self._integer(line, a, b))
        elif method is not None:
            found = method(line, state)
        else:
            raise NotUnderstood(f"the instruction {line.text!r} is not known")
        if line.result:
            state.values[line.result] = found

    def value(self, operand: Operand, state: State) -> Any:
        """The value that an operand stands for."""
        text, kind = operand.text, operand.type
        if text.startswith("%"):
            if text not in state.values:
                raise NotUnderstood(f"the value {text} is used where it is not known")
            return state.values[text]
        vector = _VECTOR.match(kind)
        if vector:
            return self._vector_constant(text, int(vector.group(1)), vector.group(2))
        return self._constant(text, kind)

    def _vector_constant(self, text: str, length: int, kind: str) -> tuple[Any, ...]:
        if text in ("poison", "undef"):
            return (POISON,) * length
        if text == "zeroinitializer":
            return (self._constant("0.0" if kind in ("float", "double") else "0", kind),) * length
        if text.startswith("splat ("):
            return (self._constant(text[7:-1].partition(" ")[2], kind),) * length
        if text.startswith("<"):
            return tuple(self._constant(p.partition(" ")[2], kind) for p in split_at_commas(text[1:-1]))
        raise NotUnderstood(f"the constant {text!r} is not known")

    def _constant(self, text: str, kind: str) -> Any:
        if text in ("poison", "undef"):
            return POISON
        if kind == "ptr":
            return NULL if text == "null" else Pointer(text)
        if kind in ("float", "double"):
            number, note = constant_value(text, kind)
            if note:
                self.notes[note] = None
            return self.nodes.number(number)
        if kind == "i1":
            return text in ("true", "1", "-1")
        if not re.fullmatch(r"-?\d+", text):
            raise NotUnderstood(f"the constant {text!r} is not known")
        return constant(int(text))

    def _operands(self, line: Instruction, state: State) -> list[Any]:
        return [self.value(o, state) for o in line.operands]

    def _elementwise(self, line: Instruction, state: State, function: Callable[..., Any]) -> Any:
        values = self._operands(line, state)
        if isinstance(values[0], tuple):
            return tuple(function(*lanes) for lanes in zip(*values, strict=True))
        return function(*values)

    def _real(self, operation: str, *values: Any) -> Any:
        if any(v is POISON for v in values):
            return POISON
        if not all(isinstance(v, Real) for v in values):
            raise NotUnderstood(f"the operation {operation} is applied to something that is no number")
        return self.nodes.apply(operation, *values)

    def _integer(self, line: Instruction, a: Any, b: Any) -> Any:
        kind = re.sub(r"^<\d+ x (.+)>$", r"\1", line.operands[0].type)
        if kind == "i1":
            return related_logic(self.nodes, line.opcode, a, b)
        if POISON in (a, b) or UNDETERMINED in (a, b):
            return POISON if POISON in (a, b) else UNDETERMINED
        if isinstance(a, Pointer) or isinstance(b, Pointer):
            return addresses(line.opcode, a, b)
        if not isinstance(a, Linear) or not isinstance(b, Linear):
            raise NotUnderstood(f"the instruction {line.text!r} mixes numbers of other kinds")
        found = INTEGERS[line.opcode](self.ranges, line, a, b)
        return found if kind == "i64" else self._narrow(found, kind)

    def _narrow(self, form: Linear, kind: str) -> Linear:
        """A number of fewer bits, shown not to wrap around."""
        low, high = self.ranges.bounds(form)
        bits = int(kind[1:])
        if low < -(2 ** (bits - 1)) or high >= 2 ** (bits - 1):
            raise NotUnderstood(f"the number {form} may not fit into {kind}")
        return form

    def _fneg(self, line: Instruction, state: State) -> Any:
        return self._elementwise(line, state, lambda a: self._real("neg", a))

    def _freeze(self, line: Instruction, state: State) -> Any:
        (found,) = self._operands(line, state)
        if found is POISON:
            raise NotUnderstood("a value that was never set is used")
        return found

    def _icmp(self, line: Instruction, state: State) -> Any:
        return self._elementwise(line, state, lambda a, b: integers_related(self, line.detail, a, b))

    def _fcmp(self, line: Instruction, state: State) -> Any:
        def compare(a: Any, b: Any) -> Any:
            if not (isinstance(a, Real) and isinstance(b, Real)):
                raise NotUnderstood(f"the instruction {line.text!r} compares what is no number")
            # In real arithmetic nothing is NaN: ordered and unordered comparisons say the same.
            if line.detail in ("ord", "uno", "true", "false"):
                return line.detail in ("ord", "true")
            return self.nodes.relation(line.detail[1:], a, b)

        return self._elementwise(line, state, compare)

    def _select(self, line: Instruction, state: State) -> Any:
        condition, yes, no = self._operands(line, state)
        if isinstance(condition, tuple):
            return tuple(self._chosen(state, *lanes) for lanes in zip(condition, yes, no, strict=True))
        if isinstance(yes, tuple):
            return tuple(self._chosen(state, condition, *lanes) for lanes in zip(yes, no, strict=True))
        return self._chosen(state, condition, yes, no)

    def _chosen(self, state: State, condition: Any, yes: Any, no: Any) -> Any:
        if isinstance(condition, Condition):
            known = state.known(condition)
            condition = condition if known is None else known
        if isinstance(condition, bool):
            return yes if condition else no
        if yes == no:
            return yes
        if isinstance(condition, Condition) and isinstance(yes, Real) and isinstance(no, Real):
            return self.nodes.chosen(condition, yes, no)
        if no is False or yes is True:
            return related_logic(self.nodes, "and" if no is False else "or", condition, yes if no is False else no)
        if yes is False or no is True:
            other = negated(condition)
            return related_logic(self.nodes, "and" if yes is False else "or", other, no if yes is False else yes)
        if condition is UNDETERMINED and not isinstance(yes, Real):
            return UNDETERMINED
        raise NotUnderstood("a size or an address is chosen by a condition on numbers")

    def _load(self, line: Instruction, state: State) -> Any:
        pointer = self.value(line.operands[0], state)
        vector = _VECTOR.match(line.detail)
        kind = vector.group(2) if vector else line.detail
        base, element = state.memory.place(pointer, kind)
        found = tuple(
            state.memory.load(base, element + constant(i), self.nodes, self.ranges)
            for i in range(int(vector.group(1)) if vector else 1)
        )
        return found if vector else found[0]

    def _store(self, line: Instruction, state: State) -> None:
        value, pointer = self._operands(line, state)
        if isinstance(pointer, Pointer) and pointer.base in ("retptr", "excinfo") and isinstance(value, Pointer):
            return
        kind = _VECTOR.match(line.operands[0].type)
        base, element = state.memory.place(pointer, kind.group(2) if kind else line.operands[0].type)
        for i, lane in enumerate(value if isinstance(value, tuple) else (value,)):
            state.memory.store(base, element + constant(i), lane, self.ranges)

    def _getelementptr(self, line: Instruction, state: State) -> Pointer:
        pointer, *steps = self._operands(line, state)
        if not isinstance(pointer, Pointer) or len(steps) != 1 or line.detail not in _SIZES:
            raise NotUnderstood(f"the address of {line.text!r} is not followed")
        if not isinstance(steps[0], Linear):
            raise NotUnderstood(f"the address of {line.text!r} depends on numbers")
        return Pointer(pointer.base, pointer.offset + steps[0].times(_SIZES[line.detail]))

    def _sitofp(self, line: Instruction, state: State) -> Any:
        def convert(a: Any) -> Real:
            if isinstance(a, Linear) and not {n for n, _ in a.terms} - {"t"}:
                return self.counted(a)
            raise NotUnderstood(f"the instruction {line.text!r} computes with an index or a size")

        return self._elementwise(line, state, convert)

    def counted(self, form: Linear) -> Real:
        """A form in the step counter as a number."""
        found = self.nodes.number(sp.Integer(form.constant))
        if not form.factor("t"):
            return found
        count = Real(self.nodes.make("count", "t"))
        scaled = self.nodes.apply("mul", self.nodes.number(sp.Integer(form.factor("t"))), count)
        return scaled if form.constant == 0 else self.nodes.apply("add", scaled, found)

    def _uitofp(self, line: Instruction, state: State) -> Any:
        values = self._operands(line, state)
        if isinstance(values[0], (bool, Condition)):
            one, zero = (self.nodes.number(sp.Integer(i)) for i in (1, 0))
            return self._chosen(state, values[0], one, zero)
        known = isinstance(values[0], Linear) and self.ranges.bounds(values[0])[0] >= 0
        if not known and "nneg" not in line.flags:
            raise NotUnderstood(f"the instruction {line.text!r} reads a number without its sign")
        return self._sitofp(line, state)

    def _fpext(self, line: Instruction, state: State) -> Any:
        self.notes["the compiled code computes in float32 and in float64"] = None
        return self._operands(line, state)[0]

    _fptrunc = _fpext

    def _bitcast(self, line: Instruction, state: State) -> Any:
        if line.operands[0].type != line.detail:
            raise NotUnderstood(f"the instruction {line.text!r} looks at the bits of a number")
        return self._operands(line, state)[0]

    def _sext(self, line: Instruction, state: State) -> Any:
        (found,) = self._operands(line, state)
        if not isinstance(found, Linear):
            raise NotUnderstood(f"the instruction {line.text!r} is not followed")
        if line.opcode == "zext" and self.ranges.bounds(found)[0] < 0:
            raise NotUnderstood(f"the instruction {line.text!r} reads a number without its sign")
        return found

    _zext = _sext

    def _trunc(self, line: Instruction, state: State) -> Any:
        (found,) = self._operands(line, state)
        if not isinstance(found, Linear):
            raise NotUnderstood(f"the instruction {line.text!r} is not followed")
        if line.detail == "i1":
            return self.ranges.compare("ne", self.ranges.low_bits(found, 1), constant(0))
        return self._narrow(found, line.detail)

    def _ptrtoint(self, line: Instruction, state: State) -> Any:
        return self._operands(line, state)[0]

    def _insertelement(self, line: Instruction, state: State) -> Any:
        vector, value, place = self._operands(line, state)
        if not isinstance(place, Linear) or not place.is_constant or not 0 <= place.constant < len(vector):
            raise NotUnderstood(f"the instruction {line.text!r} is not followed")
        return (*vector[: place.constant], value, *vector[place.constant + 1 :])

    def _extractelement(self, line: Instruction, state: State) -> Any:
        vector, place = self._operands(line, state)
        if not isinstance(place, Linear) or not place.is_constant or not 0 <= place.constant < len(vector):
            raise NotUnderstood(f"the instruction {line.text!r} is not followed")
        return vector[place.constant]

    def _shufflevector(self, line: Instruction, state: State) -> Any:
        first, second, mask = self._operands(line, state)
        both = (*first, *second)
        return tuple(POISON if m is POISON else both[m.constant] for m in mask)

    def _call(self, line: Instruction, state: State) -> Any:
        if line.detail.startswith(_QUIET):
            return None
        if line.detail.startswith("llvm.masked."):
            return self._masked(line, state)
        name = re.sub(r"^llvm\.([a-z]+[0-9]*[a-z]*)\..*$", r"\1", line.detail)
        if line.detail.startswith("llvm.") and name in ("abs", "umin", "umax", "smin", "smax"):
            return self._integer_call(name, line, state)
        if name in ("fma", "fmuladd"):
            return self._elementwise(line, state, lambda a, b, c: self._real("add", self._real("mul", a, b), c))
        if name in _UNARY and len(line.operands) == 1:
            return self._elementwise(line, state, lambda a: self._real(_UNARY[name], a))
        if name in _BINARY and len(line.operands) == 2:
            return self._elementwise(line, state, lambda a, b: self._real(_BINARY[name], a, self._exponent(b)))
        raise NotUnderstood(f"the function {line.detail!r}, which the compiled code calls, is not known")

    def _masked(self, line: Instruction, state: State) -> Any:
        """Loads and stores of those lanes of a vector whose condition holds."""
        loads = line.detail.startswith("llvm.masked.load.")
        values = [v for v, o in zip(self._operands(line, state), line.operands, strict=True) if o.type != "i32"]
        if not (loads or line.detail.startswith("llvm.masked.store.")) or len(values) != 3:
            raise NotUnderstood(f"the function {line.detail!r}, which the compiled code calls, is not known")
        pointer, mask, others = (values[0], values[1], values[2]) if loads else (values[1], values[2], values[0])
        vector = _VECTOR.match(line.operands[-1 if loads else 0].type)
        base, element = state.memory.place(pointer, vector.group(2) if vector else "")
        undefined = Real(self.nodes.make("undefined"))
        found = []
        for i, (condition, other) in enumerate(zip(mask, others, strict=True)):
            place = element + constant(i)
            held = state.memory.load(base, place, self.nodes, self.ranges)
            known = undefined if other is POISON else other
            chosen = self._chosen(state, condition, *((held, known) if loads else (known, held)))
            if not loads:
                state.memory.store(base, place, chosen, self.ranges)
            found.append(chosen)
        return tuple(found) if loads else None

    def _exponent(self, b: Any) -> Any:
        """The second operand of a power may be a whole number."""
        return self.counted(b) if isinstance(b, Linear) and not {n for n, _ in b.terms} - {"t"} else b

    def _integer_call(self, name: str, line: Instruction, state: State) -> Any:
        first, second = self._operands(line, state)
        if not isinstance(first, Linear):
            raise NotUnderstood(f"the instruction {line.text!r} is not followed")
        if name == "abs":
            return first if self.ranges.compare("sge", first, constant(0)) else constant(0) - first
        below = self.ranges.compare(f"{name[0]}le", first, second)
        return first if below == (name[1:] == "min") else second
