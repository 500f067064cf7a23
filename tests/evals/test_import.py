"""Evaluation needs no torch, and imports only from the rooms below it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import whet.evals

BELOW = {"types", "errors", "config", "stats", "data", "retrieval", "evals"}


def test_the_verdict_needs_no_torch() -> None:
    code = (
        "import sys, whet.evals.verdict, whet.evals.arms, whet.evals.choose, whet.evals.looks\n"
        "print([name for name in ('torch', 'transformers', 'scipy') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_module_imports_only_from_below() -> None:
    for path in Path(str(whet.evals.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("whet."):
                assert str(node.module).split(".")[1] in BELOW, f"{path.name}: {node.module}"
