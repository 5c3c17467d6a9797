"""Every command: what a person sees, what a machine reads, and the exit status."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import optproof
from optproof.__main__ import cli, run
from optproof.derive import names, rule, rule_from_json
from optproof.reports.making import rule_facts
from optproof.reports.remember import Memory

COMMANDS = (
    "rules",
    "show",
    "derive",
    "prove",
    "recheck",
    "kernel",
    "check",
    "verify",
    "compare",
    "conformance",
    "study",
    "report",
    "cache",
)

Output = Callable[..., tuple[int, str, str]]


@pytest.fixture
def optproof_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Output:
    """The command line in a folder of its own; gives status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        status = run(arguments)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def read(output: Output, *arguments: str, status: int = 0) -> Any:
    """What a command prints with --json, which must be the only thing on standard output."""
    found, out, err = output(*arguments, "--json")
    assert (found, err) == (status, "")
    return json.loads(out)


def test_the_commands_are_those_that_exist() -> None:
    assert tuple(cli.commands) == COMMANDS


def test_help_lists_every_command(optproof_command: Output) -> None:
    status, out, err = optproof_command("--help")
    assert (status, err) == (0, "")
    assert all(f"  {command} " in out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_json(optproof_command: Output, command: str) -> None:
    status, out, _ = optproof_command(command, "--help")
    assert status == 0
    assert f"  optproof {command}" in out.partition("Example:")[2]
    assert "--json" in out


def test_the_version(optproof_command: Output) -> None:
    assert optproof_command("--version") == (0, f"optproof {optproof.__version__}\n", "")


def test_no_command_prints_the_help(optproof_command: Output) -> None:
    status, out, err = optproof_command()
    assert status == 2
    assert "Commands:" in out + err


def test_rules_lists_the_catalogue(optproof_command: Output) -> None:
    status, out, err = optproof_command("rules")
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines() if line.split() and line.split()[0] in names()] == list(
        names()
    )
    assert "Zeiler (2012), Algorithm 1" in out


def test_rules_as_json(optproof_command: Output) -> None:
    listed = read(optproof_command, "rules")
    assert [one["name"] for one in listed] == list(names())
    assert set(listed[0]) == {"name", "title", "source", "hyperparameters"}
    (adam,) = [one for one in listed if one["name"] == "adam"]
    assert adam["hyperparameters"] == {"lr": "1/1000", "beta1": "9/10", "beta2": "999/1000", "eps": "1/100000000"}


def test_show_prints_equations_domains_units_and_source(optproof_command: Output) -> None:
    status, out, err = optproof_command("show", "rmsprop[centered]")
    assert (status, err) == (0, "")
    for line in rule("rmsprop[centered]").text().splitlines():
        assert line in out
    assert "0 <= rho < 1" in out
    assert "F^2/T^2" in out
    assert "Graves (2013), eqs. (38)-(41)" in out


def test_show_says_when_units_need_a_condition(optproof_command: Output) -> None:
    assert "only where F = T^2" in optproof_command("show", "adadelta")[1]


def test_show_as_latex(optproof_command: Output) -> None:
    assert optproof_command("show", "adam", "--format", "latex") == (0, rule("adam").latex() + "\n", "")


def test_show_as_json_reads_back_as_the_rule(optproof_command: Output) -> None:
    data = read(optproof_command, "show", "adam[amsgrad]")
    assert rule_from_json(data) == rule("adam[amsgrad]")
    assert data["units"]["lr"] == "T"
    assert data["unit_condition"] is None
    assert data["digest"] == rule("adam[amsgrad]").digest
    assert json.loads(optproof_command("show", "adam[amsgrad]", "--format", "json")[1]) == data


def test_the_order_of_options_is_free(optproof_command: Output) -> None:
    assert optproof_command("show", "adam[l2,amsgrad]") == optproof_command("show", "adam[amsgrad,l2]")


def test_derive_prints_a_verdict_for_every_claim(optproof_command: Output) -> None:
    status, out, err = optproof_command("derive", "sgd")
    assert (status, err) == (0, "")
    claims = read(optproof_command, "derive", "sgd")
    assert out.count("PROVED") + out.count("REFUTED") == len(claims) > 3


KEYS = {
    *("rule", "claim", "statement", "hypotheses", "semantics", "verdict", "expected", "method", "derived", "published"),
    *("relation", "source", "certificate", "witness", "confirmed_by", "seconds"),
}


def test_derive_as_json_has_the_keys_of_the_interface(optproof_command: Output) -> None:
    results = read(optproof_command, "derive", "rmsprop", "--claim", "rate-never-grows")
    assert len(results) == 1
    assert set(results[0]) >= KEYS
    assert (results[0]["verdict"], results[0]["expected"]) == ("REFUTED", "REFUTED")
    assert results[0]["witness"]


def test_derive_one_claim_shows_its_counterexample(optproof_command: Output) -> None:
    status, out, _ = optproof_command("derive", "rmsprop", "--claim", "rate-never-grows")
    assert status == 0
    assert "REFUTED" in out
    assert "counterexample" in out
    assert "rho = 9/10" in out


def test_derive_writes_certificates(optproof_command: Output, tmp_path: Path) -> None:
    results = read(optproof_command, "derive", "sgd[momentum]", "--out", "proofs")
    for result in results:
        path = tmp_path / result["certificate"]
        written = json.loads(path.read_text(encoding="utf-8"))
        assert rule_from_json(written["rule"]) == rule("sgd[momentum]")
        assert written["claim"]["name"] == result["claim"] == path.stem
        assert written["verdict"] == result["verdict"]
    assert sorted(p.name for p in (tmp_path / "proofs/sgd-momentum").iterdir()) == sorted(
        f"{r['claim']}.json" for r in results
    )


def test_certificates_do_not_depend_on_the_run(optproof_command: Output, tmp_path: Path) -> None:
    for folder in ("first", "second"):
        optproof_command("derive", "sgd", "--claim", "one-step-map", "--out", folder)
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / f / "sgd").iterdir()} for f in ("first", "second"))
    assert first == second


def test_kernel_prints_its_source(optproof_command: Output) -> None:
    from optproof.kernels import generate

    assert optproof_command("kernel", "sgd") == (0, generate(rule("sgd")).source + "\n", "")


def test_kernel_writes_a_module_that_runs_alone(optproof_command: Output, tmp_path: Path) -> None:
    status, out, err = optproof_command("kernel", "sgd[momentum]", "--dtype", "float64", "-o", "k.py")
    assert (status, err) == (0, "")
    assert "PROVED" in out
    assert "written: k.py" in out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["k.py"]
    assert "step" in runpy.run_path(str(tmp_path / "k.py"), run_name="k")


def test_kernel_explains_its_passes(optproof_command: Output) -> None:
    status, out, _ = optproof_command("kernel", "adam", "--show", "passes")
    assert status == 0
    assert all(name in out for name in ("lower", "hoist", "share", "reduce strength"))


def test_kernel_shows_llvm(optproof_command: Output) -> None:
    status, out, _ = optproof_command("kernel", "sgd", "--show", "llvm")
    assert status == 0
    assert "define " in out


def test_kernel_as_json(optproof_command: Output) -> None:
    data = read(optproof_command, "kernel", "adam", "--dtype", "float64")
    assert set(data) == {"rule", "dtype", "form", "digest", "verdict", "passes", "storage_bound", "path", "source"}
    assert (data["rule"], data["dtype"], data["verdict"], data["path"]) == ("adam", "float64", "PROVED", None)
    assert {p["verdict"] for p in data["passes"]} == {"PROVED"}


def test_check_prints_a_table(optproof_command: Output) -> None:
    status, out, err = optproof_command("check", "sgd", "--dtype", "float32")
    assert (status, err) == (0, "")
    assert "passed" in out
    assert "bitwise" in out


def test_check_as_json(optproof_command: Output) -> None:
    (one,) = read(optproof_command, "check", "sgd", "--dtype", "float64")
    assert one["rule"] == "sgd"
    assert one["dtype"] == "float64"
    assert one["passed"] is True


def test_report_compares_and_writes_json(optproof_command: Output, tmp_path: Path) -> None:
    status, _, err = optproof_command("report", "sgd", "sgd[l2]", "--compare", "--format", "json,tex", "--out", "pages")
    assert (status, err) == (0, "")
    data = json.loads((tmp_path / "pages/report.json").read_text())
    assert [(c["first"], c["second"]) for c in data["comparisons"]] == [("sgd", "sgd[l2]")]
    assert data["command"] == "optproof report sgd 'sgd[l2]' --compare"
    assert (tmp_path / "pages/comparisons/sgd--sgd-l2.tex").is_file()
    assert (tmp_path / "pages/certificates/sgd/first-step.json").is_file()
    status, out, _ = optproof_command("recheck", "pages/certificates")
    assert "confirmed" in out


def test_report_writes_pages_and_a_summary(optproof_command: Output, tmp_path: Path) -> None:
    status, out, err = optproof_command("report", "sgd", "--out", "pages")
    assert (status, err) == (0, "")
    assert "pages" in out
    assert (tmp_path / "pages/index.html").is_file()


def test_report_as_json(optproof_command: Output, tmp_path: Path) -> None:
    data = read(optproof_command, "report", "sgd", "--out", "pages", "--format", "md")
    assert set(data) == {"path", "counts", "implementations", "failures", "seconds"}
    assert data["path"] == "pages"
    assert data["failures"] == []
    assert not list((tmp_path / "pages").rglob("*.html"))


def test_cache_lists_and_clears(optproof_command: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPTPROOF_CACHE_DIR", str(tmp_path / "kept"))
    nothing = {"count": 0, "bytes": 0, "removed": 0}
    kept = {"directory": str(tmp_path / "kept"), "removed": 0, "findings": nothing, "entries": []}
    assert read(optproof_command, "cache") == kept
    optproof.compile("sgd")
    (entry,) = read(optproof_command, "cache")["entries"]
    assert set(entry) == {"name", "dtype", "digest", "bytes", "path"}
    assert entry["bytes"] > 1000
    assert str(tmp_path / "kept") in optproof_command("cache")[1]
    Memory().keep("rule", "digest", rule_facts(optproof.rule("sgd")))
    found = read(optproof_command, "cache")["findings"]
    assert (found["count"], found["removed"]) == (1, 0)
    assert found["bytes"] > 500
    cleared = read(optproof_command, "cache", "--clear")
    assert (cleared["removed"], cleared["findings"]) == (1, {"count": 0, "bytes": 0, "removed": 1})
    assert read(optproof_command, "cache") == kept


MINE = """\
import sympy as sp
import optproof as op

theta, g = op.parameter(), op.gradient()
lr = op.Quantity("lr", op.NONNEGATIVE)
signed = op.UpdateRule("signed", hyper={lr: "0.01"}, state={}, steps=[(theta, theta - lr * sp.sign(g))])
"""


@pytest.mark.parametrize("command", [["show"], ["derive"], ["kernel"], ["check", "--dtype", "float32"], ["report"]])
def test_every_command_takes_a_rule_of_ones_own(optproof_command: Output, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    status, out, err = optproof_command(*command, "mine.py:signed")
    assert (status, err) == (0, "")
    assert out


def test_the_module_runs_as_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["optproof", "--version"])
    monkeypatch.delitem(sys.modules, "optproof.__main__")
    with pytest.raises(SystemExit) as left:
        runpy.run_module("optproof", run_name="__main__")
    assert left.value.code == 0
    assert capsys.readouterr().out == f"optproof {optproof.__version__}\n"
