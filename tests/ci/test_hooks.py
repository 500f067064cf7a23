"""The hooks for pre-commit, and the recipes of docs/ci.md."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "id", "name", "description", "entry", "language", "additional_dependencies", "files",
    "pass_filenames", "require_serial",
}  # fmt: skip


def hooks() -> list[dict[str, Any]]:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(text)
    return found


def recipes() -> list[Any]:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    return [YAML(typ="safe", pure=True).load(block) for block in blocks]


def run_entry(hook: dict[str, Any], folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """The hook as pre-commit runs it: its entry, then file names if it takes them."""
    program, *rest = shlex.split(hook["entry"])
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert program in scripts["project"]["scripts"]
    given = names if hook.get("pass_filenames", True) else ()
    return subprocess.run(
        [sys.executable, "-m", program, *rest, *given],
        cwd=folder, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_every_hook_has_what_pre_commit_asks_for() -> None:
    assert [hook["id"] for hook in hooks()] == ["whet-check", "whet-check-files"]
    for hook in hooks():
        assert {"id", "name", "entry", "language"} <= hook.keys() <= KEYS
        assert hook["language"] == "python"
        assert hook["require_serial"], "files of one set are checked together"


@pytest.mark.parametrize(
    ("name", "matching"),
    [
        ("whet.yaml", {"whet-check"}),
        ("models/a/whet.yaml", {"whet-check"}),
        ("data/train.jsonl", {"whet-check", "whet-check-files"}),
        ("train.csv.gz", {"whet-check", "whet-check-files"}),
        ("package.json", {"whet-check"}),
        ("src/main.py", set()),
        ("notwhet.yaml", set()),
    ],
)
def test_hooks_run_for_data_and_for_nothing_else(name: str, matching: set[str]) -> None:
    assert {hook["id"] for hook in hooks() if re.search(hook["files"], name)} == matching


def test_the_entry_of_the_files_hook_passes_good_rows_and_stops_broken_ones(
    tmp_path: Path,
) -> None:
    hook = next(hook for hook in hooks() if hook["id"] == "whet-check-files")
    rows = "".join(json.dumps({"input": f"q {n}", "output": f"a {n}"}) + "\n" for n in range(5))
    (tmp_path / "good.jsonl").write_text(rows)
    (tmp_path / "bad.jsonl").write_text(rows + '{"input": \n')
    good = run_entry(hook, tmp_path, "good.jsonl")
    assert good.returncode == 0, good.stdout + good.stderr
    bad = run_entry(hook, tmp_path, "bad.jsonl")
    assert bad.returncode == 1 and "bad.jsonl:6" in bad.stdout
    assert run_entry(hook, tmp_path, "absent.jsonl").returncode == 1


@pytest.mark.slow  # without torch this is quick, with torch the lengths are checked too
def test_the_entry_of_the_project_hook_checks_the_project(
    make_project: Callable[..., Path],
) -> None:
    hook = next(hook for hook in hooks() if hook["id"] == "whet-check")
    assert run_entry(hook, make_project()).returncode == 0


def test_the_recipes_are_yaml_and_name_hooks_that_there_are() -> None:
    pre_commit, workflow, step = recipes()
    named = {hook["id"] for hook in pre_commit["repos"][0]["hooks"]}
    assert named <= {hook["id"] for hook in hooks()}
    commands = [one["run"] for one in workflow["jobs"]["check"]["steps"] if "run" in one]
    assert commands == ["pip install 'whet[data]'", "whet check --json > check.json"]
    assert step == [{"run": "whet run --require ship"}]
