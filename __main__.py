"""The command line: parse, call, print.

What a command computes comes from a floor below; how it looks to a person is decided in ``reports.terminal``.
SymPy, Numba and Matplotlib are imported by the commands that need them, so that ``--help`` is instant.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

import click

from . import __version__
from .commands import implementations, kernels, report, study, theorems
from .commands.arguments import examples
from .commands.output import DONE, INTERRUPTED, WRONG_USAGE

__all__ = ["main"]


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
    "\n\n" + examples("derive rmsprop"),
)
@click.version_option(__version__, prog_name="optproof", message="%(prog)s %(version)s")
def cli() -> None:
    """Optimizers proved: their theorems, their kernels, and a report about both."""


for _command in (
    theorems.rules_command,
    theorems.show,
    theorems.derive,
    theorems.prove,
    theorems.recheck,
    kernels.kernel,
    kernels.check,
    implementations.verify,
    implementations.compare,
    implementations.conformance,
    study.study,
    report.report,
    kernels.cache,
):
    cli.add_command(_command)


def _is_a_users_mistake(error: ValueError) -> bool:
    from .analysis import TraceError
    from .analysis.study import SchedulerError, StudyError
    from .derive import RuleError, UnknownClaimError, UnknownRuleError, UserFileError
    from .kernels import KernelError
    from .reports import ReportError

    mistakes = (
        RuleError,
        UnknownClaimError,
        UnknownRuleError,
        UserFileError,
        KernelError,
        ReportError,
        SchedulerError,
        StudyError,
        TraceError,
    )
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
