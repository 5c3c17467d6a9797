"""What is shipped: the package, all of it, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest

import optproof

ROOT = Path(optproof.__file__).parent
FLOORS = ("derive", "kernels", "analysis", "reports", "commands")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def packages() -> list[str]:
    """Every folder of the package, found on disk."""
    folders = [p.parent for floor in FLOORS for p in sorted((ROOT / floor).rglob("__init__.py"))]
    return ["optproof", *sorted("optproof." + ".".join(f.relative_to(ROOT).parts) for f in folders)]


def data_files() -> set[str]:
    """What lies in the package beside Python files."""
    found = {p for floor in FLOORS for p in (ROOT / floor).rglob("*") if p.is_file()}
    return {
        p.relative_to(ROOT).as_posix()
        for p in found
        if p.suffix not in (".py", ".pyc") and "gallery" not in p.parts and not p.name.startswith(".")
    }


def test_the_list_of_packages_equals_the_folders() -> None:
    assert sorted(SETTINGS["tool"]["setuptools"]["packages"]) == sorted(packages())


def test_the_version_is_said_once() -> None:
    assert SETTINGS["project"]["dynamic"] == ["version"]
    assert f"## [{optproof.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_dependency_has_a_lower_bound() -> None:
    optional = [d for extra in SETTINGS["project"]["optional-dependencies"].values() for d in extra]
    foreign = [d for d in [*SETTINGS["project"]["dependencies"], *optional] if not d.startswith("optproof[")]
    assert all(">=" in dependency for dependency in foreign)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    # The source distribution is made from the checkout and the wheel from the source distribution.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.upkeep
def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    shipped = {n for n in zipfile.ZipFile(wheel).namelist() if not n.endswith("/")}
    own = {n.removeprefix("optproof/") for n in shipped if n.startswith("optproof/")}
    assert {PurePosixPath(n).parts[0] for n in shipped} == {"optproof", f"optproof-{optproof.__version__}.dist-info"}
    modules = {p.relative_to(ROOT).as_posix() for floor in FLOORS for p in (ROOT / floor).rglob("*.py")}
    assert own == modules | {"__init__.py", "__main__.py", "testing.py", "py.typed"} | data_files()


@pytest.mark.upkeep
def test_the_source_distribution_builds_and_stays_small(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {
            PurePosixPath(m.name).relative_to(PurePosixPath(m.name).parts[0]).as_posix() for m in opened if m.isfile()
        }
    assert {"pyproject.toml", "README.md", "LICENSE", "__init__.py", "derive/rule.py"} <= names
    assert not {n for n in names if n.startswith((".venv", "build/", ".git/", "report/")) or n.endswith(".pyc")}
    assert archive.stat().st_size < 3_000_000


@pytest.mark.slow
def test_the_installed_wheel_works_outside_the_checkout(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")

    def run(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    run(sys.executable, "-m", "venv", "fresh")
    python, script = str(tmp_path / "fresh/bin/python"), str(tmp_path / "fresh/bin/optproof")
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
    assert str(tmp_path) in run(python, "-c", "import optproof; print(optproof.__file__)")
    assert "Commands:" in run(script, "--help")
    assert "rmsprop[centered]" in run(python, "-m", "optproof", "rules")
    assert "PROVED" in run(script, "derive", "sgd")
    run(script, "kernel", "adam", "-o", "adam_kernel.py")
    run(python, "adam_kernel.py")
    run(script, "report", "sgd", "--out", "pages")
    assert (tmp_path / "pages/index.html").is_file()
