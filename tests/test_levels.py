"""The direction of imports: a module imports only from lower levels (see README's map)."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "whet"

LEVELS = {
    "errors": 0, "types": 0, "findings": 0, "peerkeys": 0, "version": 0,
    "launch": 1, "config": 1, "configfile": 1, "progress": 1, "stats": 1,
    "rundir": 2, "project": 2, "kernels": 2, "web": 2,
    "data": 3, "rows": 3, "retrieval": 3, "registry": 3,
    "migration": 4, "models": 4,
    "training": 5, "infer": 5,
    "engines": 6, "planning": 6, "evals": 6, "gateway": 6,
    "artifacts": 7, "distilling": 7, "monitoring": 7, "reporting": 7,
    "reviewing": 8, "serving": 8,
    "stages": 9,
    "verbs": 10,
    "api": 11, "__init__": 11, "cli": 11, "__main__": 11,
}  # fmt: skip
PLAIN_FILES_OF_ONE_ROOM = {("configfile", "config"), ("configfile", "peerkeys")}


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
        elif isinstance(node, ast.ImportFrom):
            raise AssertionError(f"{path}:{node.lineno}: relative import; write it out")
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name == "whet" or name.startswith("whet.")}


FILES = sorted(p for p in SOURCE.rglob("*.py") if "examples" not in p.relative_to(SOURCE).parts)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_imports_only_from_lower_levels(path: Path) -> None:
    own = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    assert own in LEVELS, f"{own} has no level: give it one here and in README's map"
    for module in imports(path):
        other = room(module)
        if other == own or (own, other) in PLAIN_FILES_OF_ONE_ROOM:
            continue
        if own in {"__init__", "api", "cli", "__main__"} and other in {"api", "cli", "verbs"}:
            continue
        assert LEVELS[other] < LEVELS[own], (
            f"{path}: {own} (level {LEVELS[own]}) imports {module} (level {LEVELS[other]})"
        )


def test_no_file_needs_one_that_needs_it() -> None:
    graph = {dotted(path): needed(path) for path in FILES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(f"imports in a circle: {' <- '.join(error.args[1])}") from None


def dotted(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def needed(path: Path) -> set[str]:
    """The modules whose names a file takes, wherever in it; `from room import file` is the file."""
    modules = {dotted(other) for other in FILES}
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module in modules:
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= inside & modules or {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & modules
    return found - {dotted(path)}


def test_importing_whet_and_its_help_load_no_torch() -> None:
    code = (
        "import sys, whet, whet.cli\n"
        "status = whet.cli.main(['--help'])\n"
        "heavy = {'torch', 'transformers', 'numpy', 'scipy', 'pyarrow'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_every_verb_is_callable_after_importing_every_submodule() -> None:
    code = (
        "import importlib, pkgutil, whet\n"
        "for m in pkgutil.walk_packages(whet.__path__, 'whet.'):\n"
        "    if m.name != 'whet.__main__': importlib.import_module(m.name)\n"
        "for verb in whet.VERBS: assert callable(getattr(whet, verb)), verb\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
