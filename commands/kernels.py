"""Kernels: kernel, check, cache."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .arguments import catalogue, dtype_option, examples, json_option, rule_arguments, rules_called
from .kernel_form import fitting, form_options, read_form
from .output import DONE, display, print_json, print_text, show_progress, status_of, write_file

if TYPE_CHECKING:
    from ..kernels import GeneratedKernel


__all__ = ["cache", "check", "kernel"]


@click.command(
    short_help="Generate the Numba kernel of a rule.",
    epilog=examples(
        "kernel adam -o adam_kernel.py",
        "kernel adam --show passes",
        "kernel adam --state-dtype bfloat16 --clip-value 1",
    ),
)
@click.argument("rule")
@dtype_option
@form_options
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the module here.")
@click.option("--show", "what", type=click.Choice(["source", "passes", "llvm"]), help="Explain it instead.")
@json_option
def kernel(rule: str, dtype: str, out: Path | None, what: str | None, as_json: bool, **given: Any) -> int:
    """Generate the Numba kernel of a rule: a module that needs only numpy and numba.

    The options from --state-dtype on add to the rule what is otherwise a pass over memory of its own; the formulas
    among it are part of what is proved.
    """
    from ..kernels import compile_kernel, generate

    (chosen,) = rules_called([rule])
    form = read_form(given)
    made = generate(chosen, dtype, **form)
    if out is not None:
        write_file(out, made.source)
    if as_json:
        return print_json(_kernel_to_json(made, out))
    if what == "llvm":
        return print_text(compile_kernel(chosen, dtype, **form).llvm())
    if what == "source" or (what is None and out is None):
        return print_text(made.source)
    from ..reports import terminal

    bound = _storage_bound(made)
    words = [f"Storing the states changes theta in a step by at most {bound}."] if bound else []
    display(terminal.pass_table(made), *words)
    return print_text(f"written: {out}") if out is not None else DONE


@click.command(
    short_help="Cross-check the kernels against the rules.",
    epilog=examples("check adam sgd[momentum]", "check --dtype float32", "check adam --state-dtype bfloat16"),
)
@rule_arguments
@click.option(
    "--dtype", "dtypes", type=click.Choice(["float32", "float64"]), multiple=True, help="Both, if none is given."
)
@click.option("--compiled", is_flag=True, help="Prove compiled code also where that takes seconds for each kernel.")
@form_options
@json_option
def check(rules: tuple[str, ...], dtypes: tuple[str, ...], compiled: bool, as_json: bool, **given: Any) -> int:
    """Cross-check the generated kernels against their rules: symbolically and in units of the last place.

    What is proved is the printed source and the compiled code, as LLVM IR, for arrays of any size. If
    --compiled asks for it, compiled code that stays UNKNOWN makes the exit status 3.

    With options from --state-dtype on, the kernels of that form are checked, of float32 alone if their states are
    stored in fewer bits; unless rules are named, those are left out that cannot have it.
    """
    from ..analysis import crosscheck
    from ..derive import Verdict

    form = read_form(given)
    kinds = dtypes or (("float32",) if form["state_dtype"] else ("float32", "float64"))
    chosen = rules_called(rules) or fitting(catalogue(), kinds[0], form)
    with show_progress() as progress:
        checks = crosscheck(chosen, kinds, progress=progress, thorough=compiled, **form)
    if as_json:
        print_json([one.to_json() for one in checks])
    else:
        from ..reports import terminal

        display(terminal.check_table(checks))
    # Whoever asks for proofs of compiled code is told if there is none.
    asked = [(one.machine_verdict, one.machine_verdict is Verdict.PROVED) for one in checks] if compiled else []
    return status_of([*((one.source_verdict, one.passed) for one in checks), *asked])


@click.command(short_help="Show where compiled kernels are kept.", epilog=examples("cache", "cache --clear"))
@click.option("--clear", is_flag=True, help="Remove every compiled kernel, and what reports found.")
@json_option
def cache(clear: bool, as_json: bool) -> int:
    """Show where compiled kernels are kept, and how large they are.

    In the folder findings beside them, optproof report keeps what it found and drew, so that an equal run need not find
    it again.
    """
    from ..kernels import cache as kept
    from ..reports.remember import Memory

    folder, removed = kept.cache_directory(), kept.clear() if clear else 0
    memory = Memory()
    forgotten = memory.clear() if clear else 0
    found, size = memory.size()
    entries = kept.entries()
    if as_json:
        return print_json(
            {
                "directory": str(folder),
                "removed": removed,
                "findings": {"count": found, "bytes": size, "removed": forgotten},
                "entries": [
                    {"name": e.name, "dtype": e.dtype, "digest": e.digest, "bytes": e.bytes, "path": str(e.path)}
                    for e in entries
                ],
            }
        )
    from ..reports import terminal

    kept_in = f"{folder}: {f'{removed} removed' if clear else ''}{'' if entries or clear else 'no compiled kernels'}"
    known = f"{found} findings of reports, {size / 1e6:.1f} MB" if found else "no findings of reports"
    words = [f"{forgotten} findings of reports removed" if clear else known]
    return display(kept_in.rstrip(": "), *([terminal.cache_table(entries)] if entries else []), *words)


def _storage_bound(made: GeneratedKernel) -> str | None:
    """What storing states in fewer bits adds to theta in one step; None where nothing is added or nothing derived."""
    from ..analysis.kernel_check.storage_error import storage_error

    bound = storage_error(made.rule, made.form) if made.form.narrow else None
    return None if bound is None else bound.text()


def _kernel_to_json(made: GeneratedKernel, path: Path | None) -> dict[str, Any]:
    return {
        "rule": made.rule.name,
        "dtype": made.dtype,
        "form": made.form.to_json(),
        "digest": made.digest,
        "verdict": made.proof.verdict.name,
        "storage_bound": _storage_bound(made),
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
