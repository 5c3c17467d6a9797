"""The committed gallery is what a report writes today."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import optproof.reports
from optproof import analysis
from optproof.reports import report

GALLERY = Path(optproof.reports.__file__).parent / "gallery"
RULES = ("sgd", "sgd[momentum]")


def pages(root: Path) -> dict[str, bytes]:
    found = sorted(p for p in root.rglob("*") if p.suffix in {".md", ".svg"})
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in found}


@pytest.mark.upkeep
def test_the_gallery_is_fresh(tmp_path: Path, update: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # The figures of a cross-check depend on the processor, so the gallery has none.
    monkeypatch.setattr(analysis, "crosscheck", lambda rules, progress=None: [])
    # Nor does it show what was measured on this machine before, such as a matrix of the frameworks.
    monkeypatch.setenv("OPTPROOF_CACHE_DIR", str(tmp_path / "cache"))
    report(RULES, tmp_path / "gallery", ["md"], compare=True)
    made = pages(tmp_path / "gallery")
    if update:
        shutil.rmtree(GALLERY, ignore_errors=True)
        for name, content in made.items():
            path = GALLERY / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    assert pages(GALLERY) == made, "run `make update` and look at the difference"
    assert sum(map(len, made.values())) < 300_000
