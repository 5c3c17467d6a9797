"""Rounded arithmetic: rounding is IEEE's, thresholds are exact to the last number, and no wrong claim is proved."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from optproof.derive import Claim, Quantity, Result, Verdict, names, rule
from optproof.derive.derivation import prove
from optproof.derive.floating import FORMATS, Format
from optproof.derive.goal import Holds
from optproof.derive.prove.rounded_smt import encode_computed
from optproof.derive.prove.rounded_spacing import settle_absorbed, settle_rounds_to_one
from optproof.derive.prove.rounding import settle_computed
from optproof.derive.prove.solver import Solver
from optproof.derive.relations import eq, ge, gt, le, lt
from optproof.derive.rounding_goals import AbsorbedIff, Computed, ComputedRun, Rounded, RoundsToOneIff
from optproof.derive.theorems import rounded_averages, rounding
from optproof.derive.theorems.subjects import FLOATING_POINT

X, D, S, B = (Quantity(n) for n in ("x", "d", "sum", "b"))
BFLOAT16, FLOAT32 = FORMATS["bfloat16"], FORMATS["float32"]


@pytest.fixture(scope="module")
def results() -> dict[tuple[str, str], Result]:
    """Every claim of the catalogue about floating point, settled."""
    found = prove(c for name in names() for c in rounding.claims(rule(name)))
    return {(r.claim.rule.name, r.claim.name): r for r in found}


def test_the_catalogue_is_settled_as_expected(results: dict[tuple[str, str], Result]) -> None:
    strange = [key for key, r in results.items() if not r.as_expected]
    assert strange == []
    assert {r.claim.subject for r in results.values()} == {FLOATING_POINT}
    assert {r.claim.semantics for r in results.values()} == {"real", "float16", "float32", "bfloat16"}


def test_published_thresholds_are_derived(results: dict[tuple[str, str], Result]) -> None:
    assert results["adam", "eps-lost"].derived == sp.Rational(1, 4)
    assert results["adam", "eps-lost-1e-7"].derived == 2
    assert results["adam", "eps-lost-1e-6"].derived == 32
    assert results["adam", "decay-rounds-to-one-bfloat16"].derived == 1 - sp.Rational(1, 2**9)
    frozen = [results["adam", f"frozen-above-{rate}-bfloat16"].derived for rate in ("1e-3", "3e-4", "1e-4")]
    assert frozen == [sp.Rational(1, 2), sp.Rational(1, 8), sp.Rational(1, 32)]
    for form, published in (("float32", 8.37e-22), ("bfloat16", 2.14e-19), ("float16", 5.45e-3)):
        found = float(results["adam", f"stays-zero-v-{form}"].derived)
        assert found == pytest.approx(published, rel=2e-3)


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
def test_where_squares_vanish_is_the_root_rounded_down(form: Format) -> None:
    """``sqrt(m / 2 / (1 - beta2))`` for the smallest positive m, to within the rounding of its factors."""
    found = rounded_averages.vanishes_up_to(sp.Rational(1, 1000), form)
    exact = sp.sqrt(sp.Rational(1, 2 ** (1 - form.unit)) * 1000)
    assert abs(found / exact - 1) < sp.Rational(3, 2**form.precision)


# --- rounding ---


def _random_float32(count: int, seed: int) -> np.ndarray:
    patterns = np.random.default_rng(seed).integers(0, 2**32, count, dtype=np.uint64).astype(np.uint32)
    values = patterns.view(np.float32)
    return values[np.isfinite(values)]


def test_float32_arithmetic_is_numpys() -> None:
    far = _random_float32(3000, 1)
    near = (np.random.default_rng(2).integers(1, 2**25, 3000) * np.float32(2.0**-149)).astype(np.float32)
    with np.errstate(all="ignore"):
        for values in (far, near, far * np.float32(2.0**-60)):
            for a, b in zip(values[::2], values[1::2], strict=False):
                p, q = Fraction(float(a)), Fraction(float(b))
                assert FLOAT32.round(p + q) == float(a + b)
                assert FLOAT32.round(p - q) == float(a - b)
                assert FLOAT32.round(p * q) == float(a * b)


def test_neighbours_and_patterns_of_float32_are_numpys() -> None:
    for a in _random_float32(500, 3):
        value = Fraction(float(a))
        assert FLOAT32.number(FLOAT32.ordinal(value)) == value
        assert FLOAT32.pattern(value) == int(a.view(np.uint32))
        assert FLOAT32.above(value) == float(np.nextafter(a, np.float32(np.inf)))
        assert FLOAT32.below(value) == float(np.nextafter(a, np.float32(-np.inf)))


def _every_bfloat16() -> np.ndarray:
    """All patterns as float32, whose upper half they are."""
    return (np.arange(2**16, dtype=np.uint32) << 16).view(np.float32)


def test_all_65536_patterns_of_bfloat16_are_enumerated() -> None:
    values = _every_bfloat16()
    finite = values[np.isfinite(values)].astype(np.float64)
    assert len(finite) == 2 * 32640
    ours = np.array([v * 2.0**BFLOAT16.unit for v in BFLOAT16.finite()])
    assert np.array_equal(ours, np.unique(finite))


def test_bfloat16_rounding_is_the_carry_into_the_upper_half_of_a_float32() -> None:
    bits = np.random.default_rng(4).integers(0, 2**32, 20000, dtype=np.uint64).astype(np.uint32)
    ties = (bits & np.uint32(0xFFFF0000)) | np.uint32(0x8000)
    for pattern in (bits, ties):
        kept = pattern[np.isfinite(pattern.view(np.float32))]
        rounded = ((kept + np.uint32(0x7FFF) + ((kept >> 16) & 1)) & np.uint32(0xFFFF0000)).view(np.float32)
        for value, expected in zip(kept.view(np.float32)[::5], rounded[::5], strict=True):
            assert BFLOAT16.round(Fraction(float(value))) == float(expected)


# --- no wrong claim is proved ---


def absorbs(form: Format, eps: sp.Rational, start: sp.Rational, solver: Solver) -> Verdict:
    rounded = Quantity("rounded_eps")
    lines = (Rounded(rounded, "", (eps,)), Rounded(S, "+", (X, rounded)))
    return settle_computed(Computed(form.name, (X,), lines, eq(S, X)), [ge(X, start)], solver).verdict


def test_eps_thresholds_are_exact_to_one_number() -> None:
    start, below = sp.Rational(1, 4), sp.Rational(1, 4) - sp.Rational(1, 2**26)
    eps = sp.Rational(1, 10**8)
    with Solver() as solver:
        assert absorbs(FLOAT32, eps, start, solver) is Verdict.PROVED
        assert absorbs(FLOAT32, eps, below, solver) is Verdict.REFUTED
        assert absorbs(FLOAT32, 2 * eps, start, solver) is Verdict.REFUTED
        assert absorbs(BFLOAT16, eps, start, solver) is Verdict.PROVED
        assert absorbs(BFLOAT16, eps, sp.Rational(1, 2**19), solver) is Verdict.REFUTED


@pytest.mark.parametrize("bound", [sp.Rational(1, 1024), sp.Rational(129, 2**17), sp.Rational(255, 2**30)], ids=str)
def test_a_range_of_summands_is_absorbed_exactly_where_its_ends_are(bound: sp.Rational) -> None:
    """The smallest start from which on nothing is added, found by adding both ends to every number."""
    end = int(bound * 2**-BFLOAT16.unit)
    numbers = [x for x in BFLOAT16.finite() if x > 0]
    changed = max(x for x in numbers if any(BFLOAT16.nearest(x + e, 1) != x for e in (end, -end)))
    first = min(x for x in numbers if x > changed)
    goal = Computed("bfloat16", (X, D), (Rounded(S, "+", (X, D)),), eq(S, X))
    unit = sp.Rational(1, 2**-BFLOAT16.unit)
    with Solver() as solver:
        for start, verdict in ((first, Verdict.PROVED), (changed, Verdict.REFUTED)):
            given = [le(sp.Abs(D), bound), ge(X, start * unit)]
            assert settle_computed(goal, given, solver).verdict is verdict


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
def test_only_the_midpoint_is_where_numbers_round_to_one(form: Format) -> None:
    middle = 1 - sp.Rational(1, 2 ** (form.precision + 1))
    tiny = sp.Rational(1, 2**80)
    for shift, verdict in ((0, Verdict.PROVED), (tiny, Verdict.REFUTED), (-tiny, Verdict.REFUTED)):
        found = settle_rounds_to_one(RoundsToOneIff(form.name, B, middle + shift), [])
        assert found.verdict is verdict
        if found.witness:
            b = found.witness["b"]
            rounds = form.round(Fraction(int(b.p), int(b.q))) == 1
            assert rounds != (b >= middle + shift)


@pytest.mark.parametrize(
    ("decay", "verdict"),
    [
        ("511/512", Verdict.PROVED),
        ("999/1000", Verdict.PROVED),
        ("998/1000", Verdict.REFUTED),
        ("510999/512000", Verdict.REFUTED),
        ("99/100", Verdict.REFUTED),
    ],
)
def test_bfloat16_averages_stand_still_only_from_the_midpoint_on(decay: str, verdict: Verdict) -> None:
    goal = Computed("bfloat16", (X,), (Rounded(S, "*", (sp.Rational(decay), X)),), eq(S, X))
    with Solver() as solver:
        assert settle_computed(goal, [], solver).verdict is verdict


@pytest.mark.parametrize("name", ["stays-zero-v-float32", "stays-zero-v-bfloat16"])
def test_vanishing_squares_off_by_one_number(name: str, results: dict[tuple[str, str], Result]) -> None:
    claim = results["adam", name].claim
    form = FORMATS[claim.semantics]
    limit = Fraction(int(claim.derived.p), int(claim.derived.q))
    zero = next(a for a in claim.goal.condition.args if isinstance(a, sp.Eq))
    g = claim.rule.gradient
    with Solver() as solver:
        for wrong in (form.above(limit), form.below(limit)):
            small = le(sp.Abs(g), sp.Rational(wrong.numerator, wrong.denominator))
            goal = replace(claim.goal, condition=sp.Equivalent(zero, small, evaluate=False))
            assert settle_computed(goal, [], solver).verdict is Verdict.REFUTED


def frozen(form: Format, rate: sp.Rational, condition: sp.Basic, solver: Solver) -> Verdict:
    goal = Computed(form.name, (X, D), (Rounded(S, "+", (X, D)),), eq(S, X))
    return settle_computed(goal, [condition, le(sp.Abs(D), rate)], solver).verdict


@pytest.mark.parametrize(("form", "start"), [(BFLOAT16, sp.Rational(1, 2)), (FLOAT32, sp.Integer(2**15))], ids=str)
def test_frozen_parameters_off_by_one_number(form: Format, start: sp.Rational) -> None:
    rate, below = sp.Rational(1, 1000), form.below(Fraction(int(start.p), int(start.q)))
    with Solver() as solver:
        assert frozen(form, rate, gt(sp.Abs(X), start), solver) is Verdict.PROVED
        assert frozen(form, rate, ge(sp.Abs(X), start), solver) is Verdict.REFUTED
        assert frozen(form, rate, gt(X, sp.Rational(below.numerator, below.denominator)), solver) is Verdict.REFUTED
        assert frozen(form, 2 * rate, gt(sp.Abs(X), start), solver) is Verdict.REFUTED


def test_half_a_unit_in_the_last_place_is_wrong_only_toward_zero_at_powers_of_two() -> None:
    assert settle_absorbed(AbsorbedIff("bfloat16"), []).verdict is Verdict.PROVED
    found = settle_absorbed(AbsorbedIff("bfloat16", one_spacing=True), [])
    assert found.verdict is Verdict.REFUTED
    assert (found.witness["theta"], found.witness["d"]) == (1, sp.Rational(-3, 1024))


# --- what cannot be settled is not ---


def test_claims_never_cross_from_one_arithmetic_to_another() -> None:
    made = rule("adam")
    true_over_the_reals = Holds(ge(X**2, 0))
    rounded = Computed("float32", (X,), (), eq(X, X))
    mixed = [(true_over_the_reals, "float32"), (rounded, "real"), (rounded, "bfloat16"), (rounded, "posit")]
    claims = [Claim("c", FLOATING_POINT, "c", made, goal, semantics=semantics) for goal, semantics in mixed]
    assert [r.verdict for r in prove(claims)] == [Verdict.UNKNOWN] * 4


def test_a_time_out_is_unknown() -> None:
    goal = Computed("float32", (X, D), (Rounded(S, "+", (X, D)),), eq(S, X))
    given = [gt(sp.Abs(X), 2**15), le(sp.Abs(D), sp.Rational(1, 1000))]
    with Solver(rlimit=10) as solver:
        assert settle_computed(goal, given, solver).verdict is Verdict.UNKNOWN
    with Solver(seconds=0.001) as solver:
        assert settle_computed(goal, given, solver).verdict is Verdict.UNKNOWN


def test_nothing_is_proved_of_no_numbers() -> None:
    between = [gt(X, 1), lt(X, 1 + sp.Rational(1, 2**30))]
    with Solver() as solver:
        for form in FORMATS:
            goal = Computed(form, (X,), (Rounded(S, "+", (X, X)),), eq(S, X))
            assert settle_computed(goal, between, solver).verdict is Verdict.UNKNOWN
    assert settle_absorbed(AbsorbedIff("bfloat16"), between).verdict is Verdict.UNKNOWN
    assert settle_absorbed(AbsorbedIff("float32"), []).verdict is Verdict.UNKNOWN


def test_a_run_of_another_rule_refutes_nothing(results: dict[tuple[str, str], Result]) -> None:
    claim = results["rmsprop[centered]", "spread-not-negative-float32"].claim
    assert isinstance(claim.goal, ComputedRun)
    lines = list(claim.goal.lines)
    place = next(i for i, line in enumerate(lines) if line.target.name == "added_square")
    lines[place] = Rounded(lines[place].target, "*", (sp.Rational(1, 2), lines[place].operands[1]))
    wrong = replace(claim, goal=replace(claim.goal, lines=tuple(lines)))
    (found,) = prove([wrong])
    assert found.verdict is Verdict.UNKNOWN
    assert "rule's v" in found.reason


# --- other ways to the same answers ---


def test_the_solver_agrees_with_trying_every_bfloat16() -> None:
    decay = Computed("bfloat16", (X,), (Rounded(B, "", (sp.Rational(999, 1000),)), Rounded(S, "*", (B, X))), eq(S, X))
    moved = Computed("bfloat16", (X, D), (Rounded(S, "+", (X, D)),), eq(S, X))
    small = le(sp.Abs(D), sp.Rational(1, 1000))
    half = sp.Rational(1, 2)
    with Solver() as solver:
        assert solver.check(encode_computed(decay, [])).result == "unsat"
        assert solver.check(encode_computed(moved, [gt(sp.Abs(X), half), small])).result == "unsat"
        assert solver.check(encode_computed(moved, [ge(sp.Abs(X), half), small])).result == "sat"


def test_trying_every_bfloat16_finds_the_same_vanishing_squares(results: dict[tuple[str, str], Result]) -> None:
    limit = float(results["adam", "stays-zero-v-bfloat16"].derived)
    rest = BFLOAT16.round(Fraction(1, 1000))
    vanishing = []
    for place in range(0, BFLOAT16.ordinal(Fraction(1))):
        g = BFLOAT16.number(place)
        inner = BFLOAT16.round(rest * g)
        if BFLOAT16.round(inner * g) != 0:
            break
        vanishing.append(g)
    assert float(vanishing[-1]) == limit


# --- witnesses, on NumPy ---


def f32(value: sp.Rational) -> np.float32:
    """A number of a witness, which float32 must hold exactly."""
    found = np.float32(float(value))
    assert Fraction(float(found)) == Fraction(int(value.p), int(value.q))
    return found


def test_numpy_loses_eps_from_the_threshold_on_and_not_before(results: dict[tuple[str, str], Result]) -> None:
    for ending, eps in (("", "1e-8"), ("-1e-7", "1e-7"), ("-1e-6", "1e-6")):
        start = f32(results["adam", f"eps-lost{ending}"].derived)
        earlier = f32(results["adam", f"eps-lost-one-number-earlier{ending}"].witness["s"])
        assert earlier == np.nextafter(start, np.float32(0))
        assert start + np.float32(eps) == start
        assert earlier + np.float32(eps) != earlier


@pytest.mark.parametrize("ending", ["float32", "ordinary-float32"])
def test_numpy_takes_the_root_of_a_negative_spread(ending: str, results: dict[tuple[str, str], Result]) -> None:
    witness = results["rmsprop[centered]", f"spread-not-negative-{ending}"].witness
    g, rho, rest = f32(witness["g"]), np.float32(0.9), np.float32(0.1)
    v = m = np.float32(0)
    for step in range(1, int(witness["t"]) + 1):
        v = rho * v + rest * (g * g)
        m = rho * m + rest * g
        assert (v - m * m < 0) == (step == int(witness["t"]))
    assert (float(v), float(m), float(v - m * m)) == tuple(float(witness[n]) for n in ("v", "m", "spread"))
    with np.errstate(invalid="ignore"):
        assert np.isnan(np.sqrt(v - m * m))


def test_numpy_moves_a_constant_average_and_a_frozen_parameter(results: dict[tuple[str, str], Result]) -> None:
    g = f32(results["adam", "keeps-constant-m-float32"].witness["g"])
    assert np.float32(0.9) * g + np.float32(0.1) * g != g
    witness = results["adam", "frozen-from-1e-3-float32"].witness
    assert f32(witness["theta"]) + f32(witness["d"]) != f32(witness["theta"])
