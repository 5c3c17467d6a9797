"""What earlier runs found: recalled when everything is equal, and only then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from optproof.derive import Verdict, derive, rule
from optproof.reports import Theorem, collect, remember
from optproof.reports.making import theorem_of
from optproof.reports.records import CheckFacts, from_plain, to_plain
from optproof.reports.remember import Memory

SGD = rule("sgd[momentum]")


@pytest.fixture(scope="module")
def theorems() -> tuple[Theorem, ...]:
    return tuple(map(theorem_of, derive(SGD)))


def test_what_was_kept_is_recalled(tmp_path: Path, theorems: tuple[Theorem, ...]) -> None:
    Memory(tmp_path).keep("theorems", SGD.digest, theorems)
    recalled = Memory(tmp_path).recall("theorems", SGD.digest)
    assert recalled == theorems
    assert [t.seconds for t in recalled] == [t.seconds for t in theorems]


def test_a_record_is_written_as_json_and_read_back(theorems: tuple[Theorem, ...]) -> None:
    for theorem in theorems:
        assert from_plain(Theorem, json.loads(json.dumps(to_plain(theorem)))) == theorem
    assert "seconds" not in to_plain(theorems[0], timings=False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", 5),
        ("folklore", "yes"),
        ("steps", [{"words": "w", "latex": "", "kind": "smt", "proof": "mine"}]),
        ("steps", "none"),
        ("witness", [{"name": "g"}]),
        ("verdict", "CERTAIN"),
        ("source", []),
        ("rule", None),
    ],
)
def test_a_record_of_another_form_is_refused(field: str, value: object, theorems: tuple[Theorem, ...]) -> None:
    good = to_plain(theorems[0])
    assert from_plain(Theorem, good) == theorems[0]
    with pytest.raises(ValueError, match=r"which is no|has the fields|is no verdict"):
        from_plain(Theorem, {**good, field: value})
    with pytest.raises(ValueError, match="has the fields"):
        from_plain(Theorem, {name: item for name, item in good.items() if name != "title"})


def test_nothing_is_recalled_when_asked_afresh(tmp_path: Path, theorems: tuple[Theorem, ...]) -> None:
    Memory(tmp_path).keep("theorems", SGD.digest, theorems)
    assert Memory(tmp_path, fresh=True).recall("theorems", SGD.digest) is None


def test_another_rule_and_other_sources_recall_nothing(
    tmp_path: Path, theorems: tuple[Theorem, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = Memory(tmp_path)
    memory.keep("theorems", SGD.digest, theorems)
    assert memory.recall("theorems", rule("sgd").digest) is None
    monkeypatch.setattr(remember, "_surroundings", lambda sources: "another version")
    assert memory.recall("theorems", SGD.digest) is None


@pytest.mark.parametrize("part", sorted(remember.PARTS))
def test_a_finding_depends_on_every_file_that_takes_part_in_making_it(part: str) -> None:
    """What the maker of a part imports of optproof lies below the folders under whose digest the part is kept."""
    makers = {
        "rule": "optproof.reports.making.rules, optproof.derive.structure",
        "theorems": "optproof.derive.derivation, optproof.reports.making.theorems",
        "certificates": "optproof.derive.certificates, optproof.derive.derivation",
        "kernel": "optproof.kernels.generation, optproof.reports.making.kernels",
        "check": "optproof.analysis.kernel_check.check, optproof.reports.making.kernels",
        "figures": "optproof.reports.figures.of_rule, optproof.analysis.study",
        "comparisons": "optproof.analysis.compare, optproof.reports.making.comparisons",
    }
    script = f"import sys, {makers[part]}\nprint(*sorted(m for m in sys.modules if m.startswith('optproof.')))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    allowed = tuple(f"optproof.{s.removesuffix('.py').replace('/', '.')}" for s in remember.PARTS[part].sources)
    fronts = {"optproof.reports", *(f"optproof.reports.figures{x}" for x in ("", ".drawing", ".palette"))}
    # The makers are imported together, whatever they make; their front door imports the makers of the other parts.
    assert {m for m in loaded if not m.startswith(allowed) and m not in fronts} == set()


@pytest.mark.parametrize("damage", ["truncated", "other statement", "a theorem less", "empty"])
def test_a_damaged_record_is_not_believed(tmp_path: Path, theorems: tuple[Theorem, ...], damage: str) -> None:
    memory = Memory(tmp_path)
    memory.keep("theorems", SGD.digest, theorems)
    (path,) = tmp_path.iterdir()
    seal, _, text = path.read_text().partition("\n")
    record = json.loads(text)
    if damage == "other statement":
        record[0]["statement_text"] = "theta[t] = 0"
    elif damage == "a theorem less":
        del record[0]
    changed = f"{seal}\n{json.dumps(record)}"
    path.write_text({"truncated": changed[: len(changed) // 2], "empty": ""}.get(damage, changed))
    assert memory.recall("theorems", SGD.digest) is None


def test_what_is_out_of_date_is_removed(
    tmp_path: Path, theorems: tuple[Theorem, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    Memory(tmp_path).keep("theorems", SGD.digest, theorems)
    monkeypatch.setattr(remember, "_surroundings", lambda sources: "another version")
    Memory(tmp_path).keep("theorems", SGD.digest, theorems[1:])
    assert len(list(tmp_path.iterdir())) == 1
    assert Memory(tmp_path).recall("theorems", SGD.digest) == theorems[1:]


def test_checks_come_back_whole(tmp_path: Path) -> None:
    check = CheckFacts("sgd", "float32", True, "PROVED", cases=3, max_ulps=1.5, error_over_bound=None, sizes=(0, 1))
    Memory(tmp_path).keep("check", SGD.digest, (check,))
    assert Memory(tmp_path).recall("check", SGD.digest) == (check,)


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path, theorems: tuple[Theorem, ...]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    memory = Memory(blocked / "inside")
    memory.keep("theorems", SGD.digest, theorems)
    assert memory.recall("theorems", SGD.digest) is None


def test_what_is_not_settled_as_expected_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from optproof import analysis, derive as floor

    settled = floor.derive("sgd")
    undecided = [replace(settled[0], verdict=Verdict.UNKNOWN), *settled[1:]]
    calls: list[str] = []

    def derive_once(one: object, progress: object = None) -> list[object]:
        calls.append("derived")
        return list(undecided if len(calls) == 1 else settled)

    monkeypatch.setattr(floor, "derive", derive_once)
    monkeypatch.setattr(analysis, "crosscheck", lambda rules, progress=None: [])
    for expected in (["derived"], ["derived"] * 2, ["derived"] * 2):
        collect("sgd", memory=Memory(tmp_path))
        assert calls == expected


_WARM = """
import sys
from optproof.reports import report
summary = report(["sgd", "sgd[momentum]"], sys.argv[1], ["html", "md", "json"], compare=True)
assert summary.counts["PROVED"] > 20 and summary.as_expected
print(*sorted({m.partition(".")[0] for m in sys.modules}))
"""


def test_a_report_on_what_is_known_computes_nothing(tmp_path: Path) -> None:
    """Neither SymPy nor Numba nor matplotlib is imported, no template is rendered, and the bytes are the same."""
    environment = {**os.environ, "OPTPROOF_CACHE_DIR": str(tmp_path / "cache")}
    written = []
    for name in ("cold", "warm"):
        out = tmp_path / name
        command = [sys.executable, "-c", _WARM, str(out)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        loaded = set(done.stdout.split())
        heavy = {"sympy", "numba", "matplotlib", "jinja2", "latex2mathml"}
        assert heavy & loaded == (heavy if name == "cold" else set())
        files = {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}
        del files["timings.json"]
        written.append(files)
    assert written[0] == written[1]
