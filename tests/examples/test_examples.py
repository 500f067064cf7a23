"""The bundled examples: their data are reproducible, their projects sound, their verdicts known."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from whet.data import load
from whet.findings import Severity
from whet.project import open_project
from whet.stages.preparing import prompts
from whet.verbs.init import EXAMPLES, example_names

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "examples.py"
MAX_BYTES = 150_000

VERDICTS = {
    "ticket-lines": "ship",
    "shop-facts": "use_rag",
    "easy-sentiment": "use_prompt",
    "thirty-rows": "inconclusive",
    "planted-forgetting": "do_not_ship",
    "house-voice": "inconclusive",
}

NAMES = list(VERDICTS)


def test_the_index_lists_every_example_and_begins_with_the_one_that_ships() -> None:
    assert example_names() == NAMES
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == set(NAMES)


def test_the_generator_writes_the_committed_files_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(SCRIPT), "--out", str(tmp_path)], check=True)
    made = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    kept = {
        path.relative_to(EXAMPLES): path.read_bytes()
        for name in NAMES
        for part in ("data", "docs")
        for path in (EXAMPLES / name / part).rglob("*")
        if path.is_file()
    }
    assert sorted(made) == sorted(kept)
    differing = [str(path) for path in made if made[path] != kept[path]]
    assert differing == [], "run scripts/examples.py, or undo the edit"


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_small_and_tells_its_story(name: str) -> None:
    files = [path for path in (EXAMPLES / name).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MAX_BYTES
    assert VERDICTS[name] in (EXAMPLES / name / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_no_fault_in_configuration_data_or_prompts(name: str) -> None:
    project = open_project(EXAMPLES / name / "whet.yaml")
    config = project.config
    dataset = load(
        config.data, root=project.root, seed=config.train.seed, has_prompt=bool(config.prompt)
    )
    bad = [str(f) for f in dataset.findings if f.severity in (Severity.ERROR, Severity.WARNING)]
    assert bad == []
    assert all(dataset.splits.values()), "train, validation and test all have rows"
    assert all(text for text in prompts(project, dataset).values())


@pytest.mark.parametrize("name", NAMES)
def test_an_example_runs_to_the_verdict_it_is_known_for(name: str, tmp_path: Path) -> None:
    from whet.verbs.run import run

    shutil.copytree(EXAMPLES / name, tmp_path / name)
    run(tmp_path / name / "whet.yaml")
    report = json.loads((tmp_path / name / "runs" / "001" / "report.json").read_text("utf-8"))
    assert report["verdict"] == VERDICTS[name], "\n".join(report["reasons"])
