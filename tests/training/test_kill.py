"""kill -9 at any moment, also inside a save: the next run continues as if nothing had happened."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import json, sys, time
from pathlib import Path
import torch
from whet.models.load import load_model
from whet.models.lora import lora_modules
from whet.rows.text import render_passages
from whet.training import checkpoint
from whet.training.loop import train
from whet.training.settings import TrainSettings

torch.set_num_threads(1)
model, folder, slow = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
honest = checkpoint._sync
checkpoint._sync = lambda path: (time.sleep(slow), honest(path))
loaded = load_model(model)
texts = [f"Once upon a time number {i} walked up the hill of {i * i}." for i in range(24)]
rows = render_passages(texts, loaded.tokenizer, max_length=128)
settings = TrainSettings(epochs=2, batch_size=4, learning_rate=1e-3, rank=2, dtype="float32")
print("ready", flush=True)
result = train(loaded, rows, rows[:4], settings, folder=folder, resume=True)
total = sum(float(m.lora_B.abs().sum()) for m in lora_modules(loaded.model).values())
print(json.dumps([result.losses, result.validation_losses, total]), flush=True)
"""


def start(stories: Path, folder: Path, slow: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(stories), str(folder), str(slow)],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_killed_at_random_a_run_ends_as_if_it_had_not_been(stories: Path, tmp_path: Path) -> None:
    with start(stories, tmp_path / "whole", 0.0) as whole:
        assert whole.stdout is not None and whole.stdout.readline() == "ready\n"
        started = time.monotonic()
        expected = json.loads(whole.communicate()[0])
        whole_s = time.monotonic() - started
    rng = random.Random(0)
    folder, kills = tmp_path / "killed", 0
    for attempt in range(8):
        with start(stories, folder, 0.05 if attempt % 3 == 0 else 0.0) as process:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.1, 0.4) * whole_s)
            kills += process.poll() is None
            process.kill()
    with start(stories, folder, 0.0) as last:
        found = json.loads(last.communicate()[0].splitlines()[-1])
    assert kills >= 2
    assert found == expected
