"""Claims of a user's own: what a newcomer writes is read as meant, and nonsense gets a sentence."""

from __future__ import annotations

import pytest

from optproof.derive import Verdict, rule
from optproof.derive.derivation import prove
from optproof.derive.mathematics import MathematicsError, read_condition, read_expression
from optproof.derive.user_claims import ClaimError, claim


def verdict(stated: object) -> Verdict:
    (result,) = prove([stated])
    return result.verdict


def test_the_readmes_claim_is_proved_and_fails_without_its_hypothesis() -> None:
    assert verdict(claim("rmsprop", always="v <= G^2", given="abs(g) <= G", positive="G")) is Verdict.PROVED
    assert verdict(claim("rmsprop", always="v <= G^2", positive="G")) is Verdict.REFUTED


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (claim("adagrad", each_step="after(G) >= G"), Verdict.PROVED),
        (claim("adagrad", each_step="after(G) > G"), Verdict.REFUTED),
        (claim("rmsprop", each_step="after(v) >= v"), Verdict.REFUTED),
        (claim("rmsprop[centered]", always="m^2 <= v"), Verdict.PROVED),
        (claim("adam", always="m^2 <= v"), Verdict.REFUTED),
        (claim("adam", always="m == (1 - beta1^t) * c", given="g == c", real="c"), Verdict.PROVED),
        (claim("adam", always="m == (1 - beta1^(t-1)) * c", given="g == c", real="c"), Verdict.REFUTED),
        (claim("adam", holds="1 / (1 - beta1^t) >= 1"), Verdict.PROVED),
        (claim("adam", holds="1 / (1 - beta1^t) > 1"), Verdict.REFUTED),
        (claim("adam", limit=("1 / (1 - beta1^t)", "t", "oo", "1")), Verdict.PROVED),
        (claim("adam", limit=("1 / (1 - beta1^t)", "t", "oo", "2")), Verdict.REFUTED),
        (claim("rmsprop[centered]", always="-G <= m <= G", given="abs(g) <= G", positive="G"), Verdict.PROVED),
    ],
)
def test_verdicts(stated: object, expected: Verdict) -> None:
    assert verdict(stated) is expected


def test_a_lemma_is_proved_before_it_is_used() -> None:
    helped = claim("rmsprop", always="v <= 2 * G^2", lemmas="v <= G^2", given="abs(g) <= G", positive="G")
    false_lemma = claim("rmsprop", always="v <= 2 * G^2", lemmas="v <= G^2 / 2", given="abs(g) <= G", positive="G")
    assert verdict(helped) is Verdict.PROVED
    assert verdict(false_lemma) is Verdict.UNKNOWN


def test_numbers_are_exact() -> None:
    assert str(read_expression("0.1 + 1e-3", {})) == "101/1000"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("v <=", "is no formula"),
        ("v <= H", "uses H, which is unknown"),
        ("__import__('os').system('true')", "which is not part of a formula"),
        ("open('x') > 0", "which is no number"),
        ("foo(v) > 0", "calls foo, which is unknown"),
        ("v", "is a formula, and a condition"),
        ("v in g", "compares in a way"),
        ("lambda: v", "which is not part of a formula"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(MathematicsError, match=sentence):
        read_condition(text, rule("rmsprop").quantities)


def test_a_badly_stated_claim_gets_a_sentence() -> None:
    with pytest.raises(ClaimError, match="says nothing"):
        claim("adam")
    with pytest.raises(ClaimError, match="says always and holds"):
        claim("adam", always="v >= 0", holds="v >= 0")
    with pytest.raises(ClaimError, match="belongs to each_step"):
        claim("adam", always="after(v) >= v")
    with pytest.raises(ClaimError, match="already a quantity"):
        claim("adagrad", always="G >= 0", positive="G")
    with pytest.raises(ClaimError, match="lemmas are invariants"):
        claim("adam", holds="beta1 < 1", lemmas="v >= 0")
