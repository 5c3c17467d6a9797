"""The list of statements that the catalogue was built from: each has its claims, and folklore is marked as such."""

from __future__ import annotations

import pytest

from optproof.derive import Claim, Verdict, claims_of, derive, rule

# The numbers of the list stand here only; a claim is known by what it says.
STATEMENTS = {
    "T01": "adam: closed-form-m closed-form-v weights-m weights-v",
    "T02": "adam: bias-correction-exact-m bias-without-correction-m corrected-within-range-m",
    "T03": "adam: bias-correction-limit-m bias-correction-within-m bias-correction-steps-v bias-correction-falls-m "
    "weights-nearly-uniform-v",
    "T04": "adam: half-life-m mean-age-m total-age-m effective-sample-m last-steps-weigh-more-than-said",
    "T05": "adam: variance-m variance-corrected-m variance-limit-m variance-corrected-falls-m",
    "T07": "adam: time-varying-decay-v time-varying-decay-range-v time-varying-decay-below-mean-v",
    "T08": "rmsprop: upper-bound-v lower-bound-v change-v",
    "T10": "adam: weighted-sum-bound weighted-sum-bound-attained weighted-sum-bound-above-one",
    "T11": "adam: moment-bound-constant moment-bound-certificate moment-bound",
    "T12": "adam: corrected-step-largest-at-t corrected-step-largest-first corrected-step-largest-grows "
    "corrected-step-largest-limit moment-bound-at-t step-bound",
    "T13": "adam: step-bound-published-dense step-bound-published-sparse",
    "T14": "adam: equal-decays-certificate step-within-lr-equal-decays",
    "T15": "adam: moment-ratio-after-a-pulse moment-ratio-unbounded moment-ratio-on-the-edge pulse-displacement-total",
    "T16": "rmsprop: step-bound gradient-bound-attained gradient-bound-attained-only-first step-bound-not-attained; "
    "rmsprop[momentum]: step-bound",
    "T18": "adagrad: step-bound gradient-bound-attained gradient-bound-attained-only-first step-bound-not-attained",
    "T19": "adam: first-step-without-eps; rmsprop: first-step-without-eps; lion: first-step; nadam: first-step",
    "T20": "adamax: step-bound-published moment-bound-at-t moment-bound-attained corrected-step-largest-second "
    "corrected-step-largest-limit",
    "T24": "lion: moves-by-lr-or-not is-sign-of-quasi-hyperbolic is-signum-with-equal-decays is-sign-of-nesterov "
    "decay-keeps-theta-below-its-inverse decay-pulls-theta-back",
    "T25": "rmsprop[centered]: centered-spread centered-step-at-least",
    "T27": "adam: uncorrected-steps-larger uncorrected-steps-smaller uncorrected-steps-excess "
    "uncorrected-steps-approach "
    "uncorrected-steps-approach-steadily",
    "T28": "sgd[momentum]: constant-gradient-steady-step; adagrad: constant-gradient-step; adam: "
    "constant-gradient-step; "
    "rmsprop[momentum]: steady-state-step; adam[amsgrad]: steady-state-step; adamax: steady-state-step",
    "T29": "adagrad: monotone-G rate-never-grows",
    "T30": "adagrad: rate-below-any rate-stays-above rate-vanishes",
    "T31": "adagrad: constant-gradient-distance constant-gradient-distance-sharp",
    "T32": "adagrad: potential-bound logarithmic-potential",
    "T33": "adagrad: zero-gradient-changes-nothing sparse-gradient-accumulator sparse-gradient-rate "
    "sparse-against-dense; rmsprop: zero-gradient-changes-nothing",
    "T34": "rmsprop: periodic-gradient-v periodic-gradient-step periodic-gradient-step-largest; "
    "adam: periodic-gradient-displacement",
    "T35": "rmsprop: rate-lower-bound rate-lower-bound-forever rate-upper-bound",
    "T36": "rmsprop: rate-grows-when rate-never-grows",
    "T37": "rmsprop: scale-change-v scale-change-recovery-v outlier-slows outlier-recovery; "
    "adagrad: scale-change-G scale-change-recovery-G",
    "T38": "rmsprop: geometric-gradient-v geometric-gradient-growing-v geometric-gradient-vanishing-v "
    "geometric-gradient-edge-ratio-v; adam: geometric-gradient-largest-ratio geometric-gradient-largest-ratio-attained",
    "T39": "rmsprop: two-cycle two-cycle-attracts no-cycle-with-large-eps",
    "T42": "adagrad: regret-bound regret-bound-best-rate",
    "T43": "adagrad: sum-of-rates-diverges sum-of-squared-rates-diverges rate-lower-bound; "
    "rmsprop: sums-of-rates-diverge",
    "T44": "sgd: gradient-scale; adam: gradient-scale gradient-scale-without-eps gradient-scale-with-eps-kept",
    "T45": "adam: gradient-scale-over-time; signsgd: gradient-scale-over-time; rprop: sees-signs-only",
    "T48": "adam: units; adadelta: units units-are-free units-with-two-eps",
    "T49": "adam: odd-in-the-gradient additive-in-the-gradients; sgd[nesterov]: additive-in-the-gradients",
    "T50": "adadelta: first-update-bound update-bound",
    "T51": "adadelta: growth-from-nothing-leading-order growth-from-nothing growth-from-nothing-at-least "
    "growth-from-nothing-distance",
    "T52": "adadelta: fixed-point fixed-point-step fixed-point-contraction",
    "T53": "adadelta: no-movement-without-eps eps-is-the-learning-rate eps-does-not-matter",
    "T54": "adadelta: growth-under-exploding-gradients update-average-growth",
    "T55": "adamw: decay-closed-form decay-makes-an-average",
    "T56": "sgd[l2]: l2-for-decoupled-decay l2-for-decoupled-decay-unique",
    "T57": "sgd[momentum,l2]: l2-is-never-decoupled-decay",
    "T58": "adam[l2]: l2-is-never-decoupled-decay",
    "T60": "adamw: decay-bounds-theta decay-bounds-theta-derived decay-keeps-theta-below-its-inverse "
    "decay-under-constant-updates-limit decay-pulls-theta-back",
    "T63": "adamw: decay-before-step decay-after-step decay-after-step-difference",
    "T64": "sgd[momentum]: is-velocity-with-lr-inside is-averaged-momentum",
    "T65": "sgd[momentum]: difference-when-lr-changes momentum-that-undoes-a-change-of-lr",
    "T66": "sgd[nesterov]: is-look-ahead is-two-sequences is-velocity-with-lr-inside",
    "T67": "sgd[momentum]: stability-region oscillates-when",
    "T68": "sgd[nesterov]: stability-region stability-against-descent stability-as-descent",
    "T69": "sgd: tuned-rate tuned-rate-is-best; sgd[momentum]: tuned-rate tuned-rate-is-best",
    "T70": "sgd[nesterov]: tuned-rate tuned-rate-other-lr",
    "T72": "sgd[momentum]: impulse-response impulse-response-total; sgd[nesterov]: impulse-response",
    "T73": "sgd[momentum,dampening]: dampened-constant-gradient-b dampening-as-momentum",
    "T74": "rmsprop: stability-region; adam: stability-region; nadam: stability-region; adamw: stability-region; "
    "qhm: stability-region",
    "T75": "sgd[momentum]: is-quasi-hyperbolic; sgd[nesterov]: is-quasi-hyperbolic",
    "T77": "adam: without-momentum-is-corrected-rmsprop without-averages-is-normalised-descent "
    "weights-nearly-uniform-v; "
    "rmsprop: contains-adagrad",
    "T78": "adamax: is-largest-u norms-enclose-the-largest norms-tend-to-the-largest",
    "T80": "adam: worst-case-stays-positive worst-case-comes-back worst-case-comes-back-at-first "
    "worst-case-one-estimate "
    "worst-case-regret",
    "T82": "radam: average-length-first average-length-below-count average-length-first-above-4 "
    "average-length-never-above-5 rectification-grows rectification-fades",
    "T85": "rprop: step-size-within-bounds sees-signs-only",
    "T87": "adam: eps-hat eps-place-no-constant",
    "T89": "adam: eps-small-gradients eps-large-gradients eps-half-way",
    "T90": "adam: stays-zero-v-float32 stays-zero-v-bfloat16 stays-zero-v-float16 eps-vanishes-float16",
    "T91": "sgd: step-lost-iff-bfloat16; adam: frozen-above-1e-3-bfloat16",
    "T92": "adam: correction-from-rounded-decay rounded-decay-float32 decay-rounds-to-one-bfloat16",
    "T93": "adam: second-moment-rounding-error first-moment-rounding-error-float32",
    "T94": "adam: eps-lost eps-lost-1e-7 eps-lost-1e-6",
    "T95": "adam: never-decays-v-bfloat16 stalls-v-bfloat16 stalls-below-v-bfloat16",
    "T97": "adam: alternating-gradient-m alternating-gradient-step noise-step",
    "T98": "sgd: descent-certificate descent-rate descent-rate-large-lr",
    "T99": "sgd[nesterov]: accelerated-certificate accelerated-rate",
    "T100": "signsgd: sign-descent sign-is-steepest sign-descent-best-rate",
    "T105": "adadelta: rate-without-gradients rate-without-gradients-rises",
}


def named(listed: str) -> list[tuple[str, str]]:
    """``"adam: a b; sgd: c"`` as pairs of a rule and a claim."""
    parts = [part.split(": ") for part in listed.split("; ")]
    return [(name, claim) for name, claims in parts for claim in claims.split()]


@pytest.fixture(scope="module")
def claims() -> dict[tuple[str, str], Claim]:
    rules = {name for listed in STATEMENTS.values() for name, _ in named(listed)}
    return {(name, claim.name): claim for name in sorted(rules) for claim in claims_of(rule(name))}


def test_every_statement_of_the_list_has_its_claims(claims: dict[tuple[str, str], Claim]) -> None:
    missing = {number: [pair for pair in named(listed) if pair not in claims] for number, listed in STATEMENTS.items()}
    assert {number: pairs for number, pairs in missing.items() if pairs} == {}


def test_claims_of_one_rule_have_different_names_and_sources_say_where(claims: dict[tuple[str, str], Claim]) -> None:
    for name in {pair[0] for pair in claims}:
        found = [claim.name for claim in claims_of(rule(name))]
        assert len(found) == len(set(found)), name


def test_folklore_is_false_and_what_is_typed_shows_a_formula(claims: dict[tuple[str, str], Claim]) -> None:
    for pair, claim in claims.items():
        if claim.folklore:
            assert claim.expected is Verdict.REFUTED, pair
        if claim.typed:
            assert claim.derived is not None, pair


def test_the_folklore_about_a_rule_is_listed_by_itself_and_refuted() -> None:
    found = derive("sgd[nesterov]", folklore=True)
    assert {"stability-as-descent", "is-look-ahead-while-lr-changes"} <= {r.claim.name for r in found}
    assert all(r.verdict is Verdict.REFUTED and r.witness and r.to_json()["folklore"] for r in found)


@pytest.mark.parametrize("statement", ["T10", "T43", "T51", "T82", "T98", "T99", "T100"])
def test_what_the_list_says_gets_the_expected_verdict(statement: str) -> None:
    for name, claim in named(STATEMENTS[statement]):
        (result,) = derive(name, claim=claim)
        assert result.as_expected, (name, claim, result.reason)
