"""`torchrun -m whet train`: one run folder, one voice, an adapter that is judged by one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from whet.rundir import RunDir, State, read_json, read_jsonl

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "whet")


def torchrun(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TORCHRUN, *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_two_processes_train_in_one_run_folder(project: Path, loopback: None) -> None:
    done = torchrun(project, "train", "--json", "train.epochs=0.5", "train.rank=2")
    assert done.returncode == 0, done.stderr[-3000:]
    shown = json.loads(done.stdout)  # one result, not two
    assert [p.name for p in (project / "runs").iterdir() if p.name != ".cache"] == ["001"]
    run = RunDir(project / "runs" / "001")
    assert run.state is State.COMPLETE and Path(shown["run"]).resolve() == run.path.resolve()
    assert (run.adapter / "adapter_model.safetensors").is_file()
    steps = [row["step"] for row in read_jsonl(run.metrics) if "train/loss" in row]
    assert steps == list(range(1, shown["steps"] + 1)), "each step is logged once"
    checkpoint = max((run.checkpoints / "0").iterdir()) / "state.json"
    assert read_json(checkpoint)["made_of"]["ranks"] == 2
    assert done.stderr.count("verified against transformers") == 1


@pytest.mark.slow
def test_all_weights_are_trained_in_shards_and_saved_whole(project: Path, loopback: None) -> None:
    from whet.models.load import load_model

    settings = ("train.method=full", "train.sharding=full", "train.learning_rate=1e-4")
    done = torchrun(project, "train", "--json", "train.epochs=0.5", *settings)
    assert done.returncode == 0, done.stderr[-3000:]
    saved = Path(json.loads(done.stdout)["adapter"])
    config = json.loads((project / saved / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    loaded = load_model(project / saved)
    trained, base = (dict(m.model.named_parameters()) for m in (loaded, load_model("whet-nano")))
    assert {n: p.shape for n, p in trained.items()} == {n: p.shape for n, p in base.items()}
    assert all(not bool((trained[n] == p).all()) for n, p in base.items() if p.dim() > 1)


@pytest.mark.slow
def test_a_mistake_is_told_by_the_first_process_and_ends_both(
    project: Path, loopback: None
) -> None:
    done = torchrun(project, "train", "train.method=half")
    assert done.returncode != 0
    assert "whet (rank 0): " in done.stderr and "train.method" in done.stderr
    assert "nothing was trained; rank 0 says why" in done.stderr
    assert "src/whet" not in done.stderr, "the only traceback is torchrun's own"


@pytest.mark.parametrize("verb", ["run", "eval"])
def test_other_verbs_say_that_they_work_alone(
    verb: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from whet.cli import main

    for name, value in (("RANK", "0"), ("WORLD_SIZE", "2"), ("MASTER_ADDR", "x"),
                        ("MASTER_PORT", "1")):  # fmt: skip
        monkeypatch.setenv(name, value)
    assert main([verb, "--config", str(project / "whet.yaml")]) == 2
    told = capsys.readouterr().err
    assert f"whet {verb} works in one process" in told and "-m whet train" in told
