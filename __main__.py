"""The command line: parse, call, print.

What a command computes comes from a floor below; how it looks to a person is decided in ``reports.terminal``.
SymPy, Numba and Matplotlib are imported by the commands that need them, so that ``--help`` is instant.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from . import __version__

if TYPE_CHECKING:
    from .derive import UpdateRule
    from .derive.prove.verdict import Result, Verdict
    from .kernels import GeneratedKernel
    from .reports import ReportSummary
    from .reports.progress import Advance

__all__ = ["main"]

DONE, FAILED, WRONG_USAGE, UNKNOWN, INTERRUPTED = 0, 1, 2, 3, 130

_F = TypeVar("_F", bound=Callable[..., Any])


def _examples(*lines: str) -> str:
    """Examples for the end of a help text; the first character keeps click from joining the lines."""
    return "\n".join(["\b", "Example:", *(f"  optproof {line}" for line in lines)])


class _Commands(click.Group):
    """Commands in the order of the work, and a suggestion for a misspelt one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            close = get_close_matches(args[0], self.commands, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"The commands are {', '.join(self.commands)}."
            raise click.UsageError(f"There is no command {args[0]!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="RULE is a name of the catalogue, as adam or rmsprop[centered,momentum], or FILE.py:NAME, one of your own."
    "\n\n" + _examples("derive rmsprop"),
)
@click.version_option(__version__, prog_name="optproof", message="%(prog)s %(version)s")
def cli() -> None:
    """Optimizers proved: their theorems, their kernels, and a report about both."""


def _json_option(command: _F) -> _F:
    option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on standard output.")
    return option(command)


_dtype_option = click.option(
    "--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True, help="Of the kernel."
)
_rule_arguments = click.argument("rules", metavar="[RULE]...", nargs=-1)


@cli.command("rules", short_help="List the catalogue.", epilog=_examples("rules"))
@_json_option
def rules_command(as_json: bool) -> int:
    """List the catalogue: name, title, paper, hyperparameters with their defaults."""
    listed = _catalogue()
    if as_json:
        return _print_json([_line_to_json(rule) for rule in listed])
    from .reports import terminal

    return _display(terminal.rule_table(listed))


@cli.command(
    short_help="Show a rule: equations, domains, units, source.",
    epilog=_examples("show adam[amsgrad]", "show adam --format latex"),
)
@click.argument("rule")
@click.option("--format", "form", type=click.Choice(["text", "latex", "json"]), default="text", show_default=True)
@_json_option
def show(rule: str, form: str, as_json: bool) -> int:
    """Show a rule: its equations, domains, units and source."""
    (chosen,) = _rules([rule])
    if as_json or form == "json":
        return _print_json(_rule_to_json(chosen))
    if form == "latex":
        return _print(chosen.latex())
    from .reports import terminal

    return _display(terminal.rule_detail(chosen))


@cli.command(
    short_help="Derive and prove the theorems about rules.",
    epilog=_examples("derive rmsprop", "derive adagrad --claim rate-never-grows --json"),
)
@_rule_arguments
@click.option("--claim", metavar="NAME", help="Only the claim of this name.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Also write the certificates here.")
@_json_option
def derive(rules: tuple[str, ...], claim: str | None, out: Path | None, as_json: bool) -> int:
    """Derive and prove the theorems about RULEs, or about all rules.

    The exit status is 0 when every claim got the verdict that the catalogue expects (which holds false statements
    of the literature too, in order to refute them), 1 when one was refuted, 3 when one stayed unknown.
    """
    from . import derive as floor

    with _progress() as progress:
        results = floor(_rules(rules) or None, claim=claim, progress=progress)
    files = {} if out is None else _write_certificates(results, out)
    if as_json:
        _print_json([_result_to_json(result, files) for result in results])
    else:
        from .reports import terminal

        _display(*(map(terminal.result_detail, results) if claim else [terminal.result_table(results)]))
    return _status((result.verdict, result.as_expected) for result in results)


@cli.command(short_help="Prove or refute claims of your own.", epilog=_examples("prove my_claims.py"))
@click.argument("file", type=click.Path(path_type=Path))
@_json_option
def prove(file: Path, as_json: bool) -> int:
    """Prove or refute the claims that FILE states, about the catalogue's rules or your own.

    A claim is stated in one line, as in: claim("rmsprop", always="v <= G^2", given="abs(g) <= G", positive="G").
    """
    from .derive import find_claims
    from .derive.derivation import prove as settle

    with _progress() as progress:
        results = settle(find_claims(file), progress=progress)
    if as_json:
        _print_json([result.to_json() for result in results])
    else:
        from .reports import terminal

        _display(*map(terminal.result_detail, results))
    return _status((result.verdict, result.as_expected) for result in results)


@cli.command(short_help="Re-verify certificates.", epilog=_examples("derive adam --out proofs", "recheck proofs"))
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@_json_option
def recheck(directory: Path, as_json: bool) -> int:
    """Re-verify the certificates in DIR without the code that found the proofs.

    A small checker of its own works out what each claim needs, decides that by exact arithmetic or by cvc5, a solver
    that took no part in finding the proofs, and evaluates counterexamples exactly.

    The exit status is 0 when all are confirmed, 1 when one was rejected, 3 when one was neither.
    """
    from .derive.recheck import NoCertificatesError, exit_status, recheck as check_again

    try:
        with _progress() as progress:
            checked = check_again(directory, progress=progress)
    except NoCertificatesError as error:
        raise click.UsageError(f"{error}.") from None
    if as_json:
        _print_json([one.to_json() for one in checked])
    else:
        from .reports import terminal

        _display(terminal.recheck_table(checked))
    return exit_status(checked)


@cli.command(
    short_help="Generate the Numba kernel of a rule.",
    epilog=_examples("kernel adam -o adam_kernel.py", "kernel adam --show passes"),
)
@click.argument("rule")
@_dtype_option
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the module here.")
@click.option("--show", "what", type=click.Choice(["source", "passes", "llvm"]), help="Explain it instead.")
@_json_option
def kernel(rule: str, dtype: str, out: Path | None, what: str | None, as_json: bool) -> int:
    """Generate the Numba kernel of a rule: a module that needs only numpy and numba."""
    from .kernels import compile_kernel, generate

    (chosen,) = _rules([rule])
    made = generate(chosen, dtype)
    if out is not None:
        _write(out, made.source)
    if as_json:
        return _print_json(_kernel_to_json(made, out))
    if what == "llvm":
        return _print(compile_kernel(chosen, dtype).llvm())
    if what == "source" or (what is None and out is None):
        return _print(made.source)
    from .reports import terminal

    _display(terminal.pass_table(made))
    return _print(f"written: {out}") if out is not None else DONE


@cli.command(
    short_help="Cross-check the kernels against the rules.",
    epilog=_examples("check adam sgd[momentum]", "check --dtype float32"),
)
@_rule_arguments
@click.option(
    "--dtype", "dtypes", type=click.Choice(["float32", "float64"]), multiple=True, help="Both, if none is given."
)
@_json_option
def check(rules: tuple[str, ...], dtypes: tuple[str, ...], as_json: bool) -> int:
    """Cross-check the generated kernels against their rules: symbolically and in units of the last place."""
    from .analysis import crosscheck

    with _progress() as progress:
        checks = crosscheck(_rules(rules) or _catalogue(), dtypes or ("float32", "float64"), progress=progress)
    if as_json:
        _print_json([one.to_json() for one in checks])
    else:
        from .reports import terminal

        _display(terminal.check_table(checks))
    return _status((one.source_verdict, one.passed) for one in checks)


@cli.command(
    short_help="Prove an implementation equal to a rule, or show the difference.",
    epilog=_examples("verify my_adam.py --against adam", "verify my_adam.py:step --map a=lr --set nesterov=True"),
)
@click.argument("target")
@click.option("--against", metavar="RULE", help="The rule; without it, the one of the catalogue that fits.")
@click.option("--map", "names", metavar="THEIRS=OURS", multiple=True, help="A hyperparameter by another name.")
@click.option("--set", "options", metavar="NAME=VALUE", multiple=True, help="A fixed option or hyperparameter.")
@click.option("--time-limit", type=float, default=20.0, show_default=True, help="Seconds for the user's code.")
@_json_option
def verify(
    target: str, against: str | None, names: tuple[str, ...], options: tuple[str, ...], time_limit: float, as_json: bool
) -> int:
    """Prove an implementation equal to a rule, or show where, how and by how much it differs.

    TARGET is FILE.py, FILE.py:step, package.module:step, or a class such as torch.optim.Adam.  A step function is
    step(theta, g, state, t, hyper) or step(theta, g, state, t, *, lr, ...) and returns (theta, state); init(theta), if
    there is one, makes the state.  The code runs in a process of its own.
    """
    from .analysis.verify import verify as find_out

    chosen = {name: _literal(value) for name, value in _pairs("--set", options)}
    found = find_out(target, against, names=dict(_pairs("--map", names)), options=chosen, seconds=time_limit)
    if as_json:
        _print_json(found.to_json())
    else:
        from .reports import verifications

        _display(verifications.verification_detail(found))
    return _status([(found.verdict, found.verdict.name == "PROVED")])


@cli.command(
    short_help="Compare two rules or implementations.",
    epilog=_examples("compare adam adam[eps_hat]", "compare mine.py:step rmsprop"),
)
@click.argument("first")
@click.argument("second")
@_json_option
def compare(first: str, second: str, as_json: bool) -> int:
    """Prove two rules or implementations the same, find hyperparameters that make them so, or show the difference."""
    from .analysis.compare import compare as find_out

    found = find_out(first, second)
    if as_json:
        _print_json(found.to_json())
    else:
        from .reports import verifications

        _display(verifications.comparison_detail(found))
    return _status([(found.verdict, found.verdict.name == "PROVED")])


@cli.command(
    short_help="Do all of that and write the report.",
    epilog=_examples("report", "report adam adamw --out adam_report --format html"),
)
@_rule_arguments
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("report"),
    show_default=True,
    metavar="DIR",
    help="The folder to write; an older report in it is replaced as a whole.",
)
@click.option("--format", "formats", default="html,md", show_default=True, metavar="LIST", help="html, md or both.")
@click.option("--fresh", is_flag=True, help="Find everything anew, also what an equal run found before.")
@_json_option
def report(rules: tuple[str, ...], out: Path, formats: str, fresh: bool, as_json: bool) -> int:
    """Derive, prove, generate and cross-check, and write the report."""
    from .reports import report as write_report

    asked = tuple(part.strip() for part in formats.split(",") if part.strip())
    with _progress() as progress:
        summary = write_report(_rules(rules) or None, out=out, formats=asked, fresh=fresh, progress=progress)
    if as_json:
        _print_json(_summary_to_json(summary))
    else:
        from .reports import terminal

        _display(terminal.summary_table(summary))
    if summary.failures:
        return FAILED
    return _status(
        [(r.verdict, r.as_expected) for r in summary.results] + [(c.source_verdict, c.passed) for c in summary.checks]
    )


@cli.command(short_help="Show where compiled kernels are kept.", epilog=_examples("cache", "cache --clear"))
@click.option("--clear", is_flag=True, help="Remove every compiled kernel.")
@_json_option
def cache(clear: bool, as_json: bool) -> int:
    """Show where compiled kernels are kept, and how large they are."""
    from .kernels import cache as kept

    folder, removed = kept.cache_directory(), kept.clear() if clear else 0
    entries = kept.entries()
    if as_json:
        return _print_json(
            {
                "directory": str(folder),
                "removed": removed,
                "entries": [
                    {"name": e.name, "dtype": e.dtype, "digest": e.digest, "bytes": e.bytes, "path": str(e.path)}
                    for e in entries
                ],
            }
        )
    from .reports import terminal

    kept_in = f"{folder}: {f'{removed} removed' if clear else ''}{'' if entries or clear else 'no compiled kernels'}"
    return _display(kept_in.rstrip(": "), *([terminal.cache_table(entries)] if entries else []))


def _pairs(option: str, given: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in given]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise click.UsageError(f"{option} takes NAME=VALUE, not {name + equals + value!r}.")
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _literal(text: str) -> object:
    """A value as Python reads it: True, 0.9, None; what is none of these is text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _rules(names: Sequence[str]) -> list[UpdateRule]:
    from .derive import find_rule

    return [find_rule(name) for name in names]


def _catalogue() -> list[UpdateRule]:
    from .derive import names

    return _rules(names())


def _line_to_json(rule: UpdateRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "title": rule.title,
        "source": str(rule.source),
        "hyperparameters": {h.name: None if h.default is None else str(h.default) for h in rule.hyper},
    }


def _rule_to_json(rule: UpdateRule) -> dict[str, Any]:
    from .derive import unit_system

    system = unit_system(rule)
    return {
        **rule.to_json(),
        "units": {symbol.name: str(unit) for symbol, unit in system.units.items()},
        "unit_condition": system.condition or None,
        "digest": rule.digest,
    }


def _write_certificates(results: list[Result], out: Path) -> dict[tuple[str, str], Path]:
    from .derive.certificates import is_settled, write_certificates

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


def _kernel_to_json(made: GeneratedKernel, path: Path | None) -> dict[str, Any]:
    return {
        "rule": made.rule.name,
        "dtype": made.dtype,
        "digest": made.digest,
        "verdict": made.proof.verdict.name,
        "passes": [
            {
                "name": p.name,
                "words": p.words,
                "before": {"prologue": dict(p.before.prologue), "body": dict(p.before.body)},
                "after": {"prologue": dict(p.after.prologue), "body": dict(p.after.body)},
                "verdict": p.verdict.name,
                "method": p.method,
            }
            for p in made.passes
        ],
        "path": None if path is None else str(path),
        "source": made.source,
    }


def _summary_to_json(summary: ReportSummary) -> dict[str, Any]:
    return {
        "path": str(summary.path),
        "counts": dict(summary.counts),
        "failures": [str(failure) for failure in summary.failures],
        "seconds": round(summary.seconds, 1),
    }


def _status(outcomes: Iterable[tuple[Verdict, bool]]) -> int:
    """The exit status for verdicts and whether each is as it should be; what is wrong outweighs what is unknown."""
    wrong = {verdict.name for verdict, as_expected in outcomes if not as_expected}
    if not wrong:
        return DONE
    return UNKNOWN if wrong == {"UNKNOWN"} else FAILED


def _print_json(data: object) -> int:
    return _print(json.dumps(data, indent=2, ensure_ascii=False))


def _print(text: str) -> int:
    with _reader_may_leave():
        click.echo(text)
    return DONE


def _progress() -> AbstractContextManager[Advance]:
    from .reports.progress import progress

    return progress()


def _display(*parts: Any) -> int:
    """Print what ``reports.terminal`` made for a person."""
    from .reports import terminal

    console = terminal.console()
    with console.capture() as captured:
        console.print(*parts, sep="\n")
    return _print("\n".join(line.rstrip() for line in captured.get().splitlines()).strip("\n"))


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """Whoever reads standard output may stop before the end (``| head``): the rest is dropped, the status stays."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    if path.is_dir():
        raise click.UsageError(f"{path} is a directory; -o takes the name of a file.")
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_text(text, encoding="utf-8", newline="\n")
        fresh.replace(path)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        fresh.unlink(missing_ok=True)


def _is_a_users_mistake(error: ValueError) -> bool:
    from .analysis import TraceError
    from .derive import RuleError, UnknownClaimError, UnknownRuleError, UserFileError
    from .kernels import KernelError
    from .reports import ReportError

    mistakes = (RuleError, UnknownClaimError, UnknownRuleError, UserFileError, KernelError, ReportError, TraceError)
    return isinstance(error, mistakes)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit status."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns
    -------
    int
        0 all as expected or done, 1 something refuted or failed, 2 wrong usage or bad input, 3 something unknown,
        130 interrupted.
    """
    try:
        return int(cli.main(arguments, prog_name="optproof", standalone_mode=False) or DONE)
    except (KeyboardInterrupt, click.Abort):
        click.echo("optproof: interrupted", err=True)
        return INTERRUPTED
    except click.ClickException as error:
        message = error.format_message()
    except ValueError as error:
        if not _is_a_users_mistake(error):
            raise
        message = str(error)
    click.echo(f"optproof: {message}", err=True)
    return WRONG_USAGE


if __name__ == "__main__":
    main()
