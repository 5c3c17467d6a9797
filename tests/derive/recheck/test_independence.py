"""The checker imports nothing of what found the proofs, nor SymPy."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from optproof.derive import recheck as package

ALLOWED = {"__future__", "optproof.derive.recheck"}
PROGRAM = """\
import json, sys
from optproof.derive.recheck import Solver, check
with Solver("cvc5") as solver:
    found = check(open(sys.argv[1], encoding="utf-8").read(), solver)
ours = [m for m in sys.modules if m.split(".")[0] == "optproof"]
print(json.dumps({"status": found.status, "modules": ours, "sympy": "sympy" in sys.modules, "z3": "z3" in sys.modules}))
"""


def test_a_run_loads_neither_the_provers_nor_sympy(certificates: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    file.write_text(json.dumps(certificates["rmsprop rate-lower-bound-forever"]), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(file)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["status"] == "confirmed"
    assert not found["sympy"]
    assert not found["z3"]
    outside = [m for m in found["modules"] if not m.startswith("optproof.derive.recheck")]
    assert sorted(outside) == ["optproof", "optproof.derive"]


def test_the_source_imports_only_itself_and_the_standard_library() -> None:
    folder = Path(str(package.__file__)).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 1 or (node.level == 0 and _is_standard(node.module or "")), (path, node.module)
            if isinstance(node, ast.Import):
                # The solvers are loaded in their own process only.
                solvers = {"cvc5", "z3"} if path.name == "solver_process.py" else set()
                assert all(a.name in solvers or _is_standard(a.name) for a in node.names), path


def _is_standard(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] in sys.stdlib_module_names
