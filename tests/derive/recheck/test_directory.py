"""Whole folders: what is found, in which order, with which exit status."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from optproof.__main__ import run
from optproof.derive import derive
from optproof.derive.certificates import write_certificates
from optproof.derive.recheck import CONFIRMED, NoCertificatesError, exit_status, recheck
from optproof.derive.recheck.directory import KEYS

Certificates = dict[str, dict[str, Any]]


def write(folder: Path, certificates: Certificates, *names: str) -> None:
    for name in names:
        rule, _, claim = name.partition(" ")
        path = folder / rule / f"{claim}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(certificates[name]), encoding="utf-8")


def test_a_folder_is_checked_in_the_order_of_names(certificates: Certificates, tmp_path: Path) -> None:
    write(tmp_path, certificates, *certificates)
    seen: list[tuple[int, int]] = []
    checked = recheck(tmp_path, progress=lambda what, done, total: seen.append((done, total)))
    assert [c.path for c in checked] == sorted(tmp_path.rglob("*.json"))
    assert {c.finding.status for c in checked} == {CONFIRMED}
    assert exit_status(checked) == 0
    assert seen == [(n, len(certificates)) for n in range(1, len(certificates) + 1)]


def test_the_command_says_what_it_found(
    certificates: Certificates, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, certificates, "rmsprop rate-never-grows", "adagrad monotone-G")
    assert run(["recheck", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "monotone-G" in out
    assert "cvc5" in out
    assert "2 confirmed" in out
    assert run(["recheck", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [tuple(one) for one in found] == [KEYS, KEYS]
    assert [one["verdict"] for one in found] == ["PROVED", "REFUTED"]
    assert found[1]["witness"]["rho"] == "9/10"


def test_one_that_is_rejected_is_seen_in_the_status(
    certificates: Certificates, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, certificates, "rmsprop rate-never-grows")
    broken = copy.deepcopy(certificates["adagrad monotone-G"])
    broken["claim"]["goal"]["condition"][0] = "<="
    (tmp_path / "broken.json").write_text(json.dumps(broken), encoding="utf-8")
    assert run(["recheck", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "rejected" in out
    assert "digest" in out
    (tmp_path / "broken.json").write_bytes(b"\xff\xfe")
    assert run(["recheck", str(tmp_path)]) == 1


def test_one_that_is_not_confirmed_is_seen_in_the_status(certificates: Certificates, tmp_path: Path) -> None:
    write(tmp_path, certificates, "rmsprop rate-lower-bound-forever", "rmsprop effective-step")
    assert exit_status(recheck(tmp_path, solver=None)) == 3
    assert exit_status(recheck(tmp_path, solver="z3")) == 3


@pytest.mark.parametrize(
    ("make", "words"), [(None, "does not exist"), ("folder", "no certificates"), ("file", "not a folder")]
)
def test_bad_input_is_a_sentence(
    tmp_path: Path, make: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "there"
    if make == "folder":
        place.mkdir()
    if make == "file":
        place.write_text("")
    with pytest.raises(NoCertificatesError, match=words):
        recheck(place)
    assert run(["recheck", str(place)]) == 2
    err = capsys.readouterr().err
    assert str(place) in err
    assert "Traceback" not in err


def test_a_file_that_cannot_be_read_is_named(certificates: Certificates, tmp_path: Path) -> None:
    write(tmp_path, certificates, "adagrad monotone-G")
    (tmp_path / "dangling.json").symlink_to(tmp_path / "nowhere.json")
    with pytest.raises(NoCertificatesError, match=r"dangling\.json cannot be read"):
        recheck(tmp_path)


def test_it_runs_without_the_command_line(certificates: Certificates, tmp_path: Path) -> None:
    write(tmp_path, certificates, "rmsprop effective-step")
    command = [sys.executable, "-m", "optproof.derive.recheck", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 confirmed" in done.stdout


@pytest.mark.slow(minutes=5)
def test_no_certificate_of_the_catalogue_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = derive()
    written = write_certificates(results, tmp_path)
    start = time.perf_counter()
    checked = recheck(tmp_path)
    seconds = time.perf_counter() - start
    counts: dict[str, int] = {}
    for one in checked:
        counts[one.finding.status] = counts.get(one.finding.status, 0) + 1
    with capsys.disabled():
        print(f"\n{len(written)} certificates rechecked in {seconds:.0f} s: {counts}")
    assert [c.path for c in checked if c.finding.status == "rejected"] == []
    assert counts[CONFIRMED] >= 0.6 * len(checked)
