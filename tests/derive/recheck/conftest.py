"""Certificates of a few claims, and the solver that checks them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from optproof.derive import claims_of, rule
from optproof.derive.certificates import certificate
from optproof.derive.prove.setting import setting_of
from optproof.derive.prove.solver import Solver as FindersSolver
from optproof.derive.prove.tactics import settle
from optproof.derive.recheck import Finding, Solver, check
from optproof.derive.recheck.reading import digest_of, statement_digest

# A claim of every kind of goal that the checker re-derives, and counterexamples of every kind.
CLAIMS = {
    "sgd": ("gradient-scale", "additive-in-the-gradients", "stability-region"),
    "sgd[l2]": ("without-weight-decay", "decay-without-gradients", "l2-for-decoupled-decay-unique"),
    "sgd[momentum]": ("effective-rate", "closed-form-b", "effective-step-depends"),
    "sgd[momentum,l2]": ("decay-without-gradients",),
    "sgd[nesterov]": ("stability-as-descent",),
    "adadelta": ("no-movement-without-eps", "additive-in-the-gradients", "units-are-free", "eps-lost"),
    "adagrad": (
        *("monotone-G", "rate-vanishes", "potential-bound", "eps-place-no-constant", "eps-place-does-not-matter"),
        "eps-lost-one-number-earlier",
    ),
    "rmsprop": (
        *("effective-step", "rate-lower-bound-forever", "rate-never-grows", "weights-v", "step-bound"),
        "stays-zero-v-bfloat16",
    ),
    "rmsprop[momentum]": ("buffer-bound",),
    "rmsprop[centered]": ("stability-region", "spread-not-negative-float32"),
    "adam": (
        *("bias-correction-limit-v", "bias-correction-above-one-v", "upper-bound-v", "moment-bound"),
        *("never-decays-v-bfloat16", "decay-rounds-to-one-float32"),
    ),
}


@pytest.fixture(scope="session")
def certificates() -> dict[str, dict[str, Any]]:
    """Certificates by ``RULE CLAIM``."""
    found: dict[str, dict[str, Any]] = {}
    for name, wanted in CLAIMS.items():
        made = rule(name)
        with FindersSolver() as solver:
            setting = setting_of(made, solver)
            for claim in claims_of(made):
                if claim.name in wanted:
                    result = settle(claim, setting, solver)
                    found[f"{name} {claim.name}"] = json.loads(json.dumps(certificate(result)))
    assert len(found) == sum(map(len, CLAIMS.values()))
    return found


@pytest.fixture(scope="session")
def second() -> Iterator[Solver]:
    """cvc5 with little patience: what it does not settle at once is not confirmed, which is never accepted."""
    with Solver("cvc5", soon=0.4, late=0.8) as solver:
        yield solver


@pytest.fixture(scope="session")
def recheck_one(second: Solver) -> Callable[[dict[str, Any]], Finding]:
    return lambda data: check(json.dumps(data), second)


def resealed(data: dict[str, Any]) -> dict[str, Any]:
    """What a forger would do: compute both digests anew."""
    fresh = copy.deepcopy(data)
    fresh["rule_digest"] = digest_of(fresh["rule"])
    fresh["statement_digest"] = statement_digest(fresh)
    return fresh


@pytest.fixture(scope="session")
def reseal() -> Callable[[dict[str, Any]], dict[str, Any]]:
    return resealed
