"""The exit status, and how the command behaves as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from optproof.__main__ import run
from optproof.commands.output import status_of
from optproof.derive.prove.verdict import Verdict

PROVED, REFUTED, UNKNOWN = Verdict.PROVED, Verdict.REFUTED, Verdict.UNKNOWN
COMMAND = [sys.executable, "-m", "optproof"]


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([], 0),
        ([(PROVED, True), (REFUTED, True)], 0),
        ([(PROVED, True), (REFUTED, False)], 1),
        ([(UNKNOWN, False), (PROVED, True)], 3),
        ([(UNKNOWN, False), (REFUTED, False)], 1),
        ([(UNKNOWN, True), (PROVED, True)], 0),
        ([(PROVED, False)], 1),
    ],
)
def test_what_is_wrong_outweighs_what_is_unknown(outcomes: list[tuple[Verdict, bool]], status: int) -> None:
    assert status_of(outcomes) == status


def test_a_verdict_that_was_not_expected_is_seen_in_the_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dataclasses import replace

    import optproof as op

    (real,) = op.derive("sgd", claim="effective-step")
    for verdict, status in ((REFUTED, 1), (UNKNOWN, 3)):
        monkeypatch.setattr("optproof.derive.derive", lambda *_, v=verdict, **__: [replace(real, verdict=v)])
        assert run(["derive", "sgd"]) == status
    assert "unexpected" in capsys.readouterr().out


def test_a_reader_who_leaves_early_is_not_an_error() -> None:
    with subprocess.Popen([*COMMAND, "rules"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0


def test_ctrl_c_leaves_with_130_and_no_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "derive"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, start_new_session=True
    ) as process:
        time.sleep(3.0)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert err.decode().strip() == "optproof: interrupted"


def test_there_is_no_colour_where_there_is_no_terminal() -> None:
    done = subprocess.run([*COMMAND, "show", "sgd"], capture_output=True, check=True)
    assert b"\x1b" not in done.stdout


def test_output_does_not_depend_on_the_hash_seed() -> None:
    outputs = {
        subprocess.run(
            [*COMMAND, "show", "adam[amsgrad]", "--json"],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "12345")
    }
    assert len(outputs) == 1
