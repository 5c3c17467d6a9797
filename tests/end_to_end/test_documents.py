"""Links of the documents lead somewhere, the picture is fresh, and the examples run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import optproof

ROOT = Path(optproof.__file__).parent
DOCUMENTS = sorted(ROOT.glob("*.md"))
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img[^>]*src=\"([^\"]+)\"")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def links(document: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [first or second for first, second in LINK.findall(text)]


def anchors(document: Path) -> set[str]:
    """The anchors that the headings of a Markdown file get."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_documents() -> None:
    assert {d.name for d in DOCUMENTS} == {"README.md", "CHANGELOG.md", "CONTRIBUTING.md"}


@pytest.mark.upkeep
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_links_lead_somewhere(document: Path) -> None:
    for link in links(document):
        if link.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), f"{document.name} links to {link}"
        if anchor:
            assert anchor in anchors(target), f"{document.name} links to {link}"


@pytest.mark.upkeep
def test_the_picture_of_the_readme_is_fresh(update: bool, tmp_path: Path) -> None:
    kept, drawn = ROOT / "examples/adagrad_against_rmsprop.svg", tmp_path / "drawn.svg"
    script = ROOT / "examples/adagrad_against_rmsprop.py"
    subprocess.run([sys.executable, str(script), str(kept if update else drawn)], check=True, capture_output=True)
    if update:
        return
    old, new = kept.read_text(encoding="utf-8"), drawn.read_text(encoding="utf-8")
    assert NUMBER.sub("#", old) == NUMBER.sub("#", new), "run `make update` and look at the picture"
    # Places may differ by what no eye sees, when another release of Matplotlib sets the type.
    moved = [
        (a, b) for a, b in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True) if abs(float(a) - float(b)) > 0.5
    ]
    assert not moved, "run `make update` and look at the picture"


def test_the_picture_is_in_the_readme() -> None:
    assert "examples/adagrad_against_rmsprop.svg" in links(ROOT / "README.md")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)
def test_every_example_runs(example: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(example)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_training_finds_the_weights(tmp_path: Path) -> None:
    script = ROOT / "examples/train_with_a_kernel.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines() == ["found [ 1.  -2.   0.5  3. ]", "largest error below 0.001: True"]
