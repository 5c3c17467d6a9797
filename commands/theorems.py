"""Rules and what is proved of them: rules, show, derive, prove, recheck."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .arguments import catalogue, examples, json_option, rule_arguments, rules_called
from .output import display, print_json, print_text, show_progress, status_of

if TYPE_CHECKING:
    from ..derive import UpdateRule
    from ..derive.prove.verdict import Result


__all__ = ["derive", "prove", "recheck", "rules_command", "show"]


@click.command("rules", short_help="List the catalogue.", epilog=examples("rules"))
@json_option
def rules_command(as_json: bool) -> int:
    """List the catalogue: name, title, paper, hyperparameters with their defaults."""
    listed = catalogue()
    if as_json:
        return print_json([_line_to_json(rule) for rule in listed])
    from ..reports import terminal

    return display(terminal.rule_table(listed))


@click.command(
    short_help="Show a rule: equations, domains, units, source.",
    epilog=examples("show adam[amsgrad]", "show adam --format latex"),
)
@click.argument("rule")
@click.option("--format", "form", type=click.Choice(["text", "latex", "json"]), default="text", show_default=True)
@json_option
def show(rule: str, form: str, as_json: bool) -> int:
    """Show a rule: its equations, domains, units and source."""
    (chosen,) = rules_called([rule])
    if as_json or form == "json":
        return print_json(_rule_to_json(chosen))
    if form == "latex":
        return print_text(chosen.latex())
    from ..reports import terminal

    return display(terminal.rule_detail(chosen))


@click.command(
    short_help="Derive and prove the theorems about rules.",
    epilog=examples("derive rmsprop", "derive adagrad --claim rate-never-grows --json", "derive --folklore"),
)
@rule_arguments
@click.option("--claim", metavar="NAME", help="Only the claim of this name.")
@click.option("--folklore", is_flag=True, help="Only what is commonly said and false, with the counterexamples.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Also write the certificates here.")
@json_option
def derive(rules: tuple[str, ...], claim: str | None, folklore: bool, out: Path | None, as_json: bool) -> int:
    """Derive and prove the theorems about RULEs, or about all rules.

    The exit status is 0 when every claim got the verdict that the catalogue expects (which holds false statements
    of the literature too, in order to refute them), 1 when one was refuted, 3 when one stayed unknown.
    """
    from .. import derive as floor

    with show_progress() as progress:
        results = floor(rules_called(rules) or None, claim=claim, folklore=folklore, progress=progress)
    files = {} if out is None else _write_certificates(results, out)
    if as_json:
        print_json([_result_to_json(result, files) for result in results])
    else:
        from ..reports import terminal

        if folklore and not claim:
            display(terminal.folklore_table(results))
        else:
            display(*(map(terminal.result_detail, results) if claim else [terminal.result_table(results)]))
    return status_of((result.verdict, result.as_expected) for result in results)


@click.command(short_help="Prove or refute claims of your own.", epilog=examples("prove my_claims.py"))
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def prove(file: Path, as_json: bool) -> int:
    """Prove or refute the claims that FILE states, about the catalogue's rules or your own.

    A claim is stated in one line, as in: claim("rmsprop", always="v <= G^2", given="abs(g) <= G", positive="G").
    """
    from ..derive import find_claims
    from ..derive.derivation import prove as settle

    with show_progress() as progress:
        results = settle(find_claims(file), progress=progress)
    if as_json:
        print_json([result.to_json() for result in results])
    else:
        from ..reports import terminal

        display(*map(terminal.result_detail, results))
    return status_of((result.verdict, result.as_expected) for result in results)


@click.command(short_help="Re-verify certificates.", epilog=examples("derive adam --out proofs", "recheck proofs"))
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def recheck(directory: Path, as_json: bool) -> int:
    """Re-verify the certificates in DIR without the code that found the proofs.

    A small checker of its own works out what each claim needs, decides that by exact arithmetic or by cvc5, a solver
    that took no part in finding the proofs, and evaluates counterexamples exactly.

    The exit status is 0 when all are confirmed, 1 when one was rejected, 3 when one was neither.
    """
    from ..derive.recheck import NoCertificatesError, exit_status, recheck as check_again

    try:
        with show_progress() as progress:
            checked = check_again(directory, progress=progress)
    except NoCertificatesError as error:
        raise click.UsageError(f"{error}.") from None
    if as_json:
        print_json([one.to_json() for one in checked])
    else:
        from ..reports import terminal

        display(terminal.recheck_table(checked))
    return exit_status(checked)


def _line_to_json(rule: UpdateRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "title": rule.title,
        "source": str(rule.source),
        "hyperparameters": {h.name: None if h.default is None else str(h.default) for h in rule.hyper},
    }


def _rule_to_json(rule: UpdateRule) -> dict[str, Any]:
    from ..derive import unit_system

    system = unit_system(rule)
    return {
        **rule.to_json(),
        "units": {symbol.name: str(unit) for symbol, unit in system.units.items()},
        "unit_condition": system.condition or None,
        "digest": rule.digest,
    }


def _write_certificates(results: list[Result], out: Path) -> dict[tuple[str, str], Path]:
    from ..derive.certificates import is_settled, write_certificates

    settled = [result for result in results if is_settled(result)]
    try:
        return dict(zip(map(_key, settled), write_certificates(settled, out), strict=True))
    except OSError as error:
        raise click.UsageError(f"{error.filename or out} cannot be written: {error.strerror}.") from None


def _key(result: Result) -> tuple[str, str]:
    return result.claim.rule.name, result.claim.name


def _result_to_json(result: Result, files: dict[tuple[str, str], Path]) -> dict[str, Any]:
    path = files.get(_key(result))
    return {**result.to_json(), "certificate": None if path is None else str(path)}
