"""Sharing rules out among processes changes nothing but the time it takes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
import sympy as sp

from optproof.derive import Result, UpdateRule, derive, rule
from optproof.derive.parallel import each_rule, processes_for
from optproof.derive.transfer import dumped, loaded

RULES = ("sgd", "asgd", "signsgd")


def without_times(results: list[Result]) -> str:
    return repr(
        [
            (
                r.claim,
                r.verdict,
                r.method,
                r.derived,
                r.witness,
                [(s.words, s.formal, s.given, s.shows) for s in r.steps],
            )
            for r in results  # type: ignore[attr-defined]
        ]
    )


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="rules are shared out on Linux only")
def test_shared_rules_give_what_one_process_finds() -> None:
    shared, alone = derive(RULES, processes=2), derive(RULES, processes=1)
    assert [r.claim for r in shared] == [r.claim for r in alone]
    assert without_times(shared) == without_times(alone)


def test_what_was_left_unevaluated_stays_so_on_its_way() -> None:
    x = sp.Symbol("x", positive=True)
    undecided = sp.Not(sp.Eq(x, 0, evaluate=False), evaluate=False)
    power = sp.Pow(sp.Rational(9, 10), 44, evaluate=False)
    both = sp.And(undecided, sp.Gt(power, x, evaluate=False), evaluate=False)
    assert loaded(dumped(both)) == both
    assert sp.srepr(loaded(dumped(both))) == sp.srepr(both)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="rules are shared out on Linux only")
def test_an_error_in_one_process_is_raised_here() -> None:
    def work(one: UpdateRule) -> str:
        if one.name == "asgd":
            raise ValueError("nothing can be said of asgd")
        return one.name

    with pytest.raises(ValueError, match="nothing can be said of asgd"):
        each_rule([rule(n) for n in RULES], work, processes=2)


def test_one_rule_needs_one_process_and_none_is_too_few() -> None:
    assert processes_for([rule("sgd")]) == 1
    assert processes_for([rule(n) for n in RULES], 1) == 1
    with pytest.raises(ValueError, match="0 processes cannot prove anything"):
        processes_for([rule(n) for n in RULES], 0)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="rules are shared out on Linux only")
def test_an_interrupt_ends_all_processes_without_a_traceback() -> None:
    command = [sys.executable, "-m", "optproof", "derive", "adam", "rmsprop", "adagrad", "adamw"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
