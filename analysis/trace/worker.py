"""The process in which users' code runs: it reads jobs as JSON lines and writes one reply for each.

Each job runs in a fork of this process, so that SymPy is imported once and nothing that a user's code does is seen by
the next job, nor by the process that asked.  Only jobs that say so, on the optimizers of a framework itself, run here.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from .record import TraceError, Untraceable
from .transport import traced_to_json

__all__ = ["main", "reply_to"]


def reply_to(job: dict[str, Any]) -> dict[str, Any]:
    """Trace or run what a job names; whatever goes wrong becomes a sentence and its kind."""
    from .target import run, trace

    os.chdir(job["folder"])
    what = (job["target"], job["mapped"], job["given"], tuple(job["known"]))
    try:
        if "run" in job:
            return {"kind": "ran", "theta": run(*what, **job["run"])}
        traced = trace(*what)
        return {"kind": "traced", "traced": traced_to_json(traced)}
    except TraceError as error:
        return {"kind": "error", "words": str(error)}
    except Untraceable as error:
        return {"kind": "untraceable", "words": str(error)}
    except RecursionError:
        return {"kind": "untraceable", "words": "it calls itself without end on traced values"}
    except (Exception, SystemExit) as error:
        return {"kind": "untraceable", "words": f"the tracer cannot follow it: {type(error).__name__}: {error}"}


def main() -> None:
    """Serve until the input ends."""
    # What users' code prints goes to standard error; replies have a channel of their own.
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from . import target  # noqa: F401 - imported before the first fork

    for line in sys.stdin:
        job = json.loads(line)
        _preload(job)
        channel.write("ready\n")
        channel.flush()
        sys.stdin.readline()
        channel.write((_in_a_fork(job) if job["apart"] else json.dumps(reply_to(job))) + "\n")
        channel.flush()


def _preload(job: dict[str, Any]) -> None:
    """Import the framework of a job here, once for all jobs, and not in each fork; the user's own code stays out."""
    from .target import FRAMEWORKS, prepare_for, split_target

    place, _ = split_target(job["target"])
    text = ""
    with contextlib.suppress(OSError):
        path = Path(job["folder"], place)
        text = path.read_text(errors="replace") if place.endswith(".py") else ""
    for framework, tracer in FRAMEWORKS.items():
        if place.partition(".")[0] == framework or f"import {framework}" in text or f"from {framework}" in text:
            prepare_for(framework)
            with contextlib.suppress(ImportError):
                import_module(framework)
                import_module(f".{tracer}", __package__)


def _in_a_fork(job: dict[str, Any]) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as out:
            out.write(json.dumps(reply_to(job)))
        os._exit(0)
    os.close(writer)
    # Its own group would outlive a killed worker; an alarm ends it in any case.
    signal.signal(signal.SIGALRM, lambda *_: _kill(child))
    signal.setitimer(signal.ITIMER_REAL, job["seconds"])
    with os.fdopen(reader) as held:
        text = held.read()
    signal.setitimer(signal.ITIMER_REAL, 0)
    _, status = os.waitpid(child, 0)
    if text:
        return text
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return json.dumps({"kind": "error", "words": f"it did not end within {job['seconds']:g} s"})
    return json.dumps(
        {
            "kind": "error",
            "words": f"its process ended (status {os.waitstatus_to_exitcode(status)}) before it was traced",
        }
    )


def _kill(child: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
