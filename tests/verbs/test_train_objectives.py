"""`whet train` on preference pairs and judged answers: real rows, the bundled model, two steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import whet
from whet.cli.main import main
from whet.errors import DataError, WhetError
from whet.rundir import read_jsonl

CONFIG = """\
task: Answer well.
model: whet-nano
data: {train: rows.json}
train: {objective: dpo, epochs: 1, batch_size: 4, learning_rate: 1e-4, dtype: float32}
"""
KEYS = {
    "schema_version", "steps", "examples", "logical_tokens", "executed_tokens", "loss_tokens",
    "seconds", "verify_seconds", "examples_per_s", "peak_memory_bytes", "losses", "adapter",
}  # fmt: skip


@pytest.fixture
def make_demo(test_data: Path, tmp_path: Path) -> Callable[[str], Path]:
    """A project on the eight shortest rows of a demo set of LLaMA-Factory's."""

    def make(name: str) -> Path:
        file = test_data / "datasets" / "llamafactory_demo" / f"{name}.json"
        rows = json.loads(file.read_text(encoding="utf-8"))
        shortest = sorted(rows, key=lambda row: len(json.dumps(row)))
        labels = [row.get("label", row.get("kto_tag")) for row in shortest]
        good = [row for row, label in zip(shortest, labels, strict=True) if label is not False]
        bad = [row for row, label in zip(shortest, labels, strict=True) if label is False]
        chosen = [*good[:4], *bad[:4]] if bad else good[:8]
        (tmp_path / "rows.json").write_text(json.dumps(chosen), encoding="utf-8")
        (tmp_path / "whet.yaml").write_text(CONFIG, encoding="utf-8")
        return tmp_path

    return make


def test_real_pairs_train_two_steps_and_report_themselves(
    make_demo: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = make_demo("dpo_en_demo")
    monkeypatch.chdir(folder)
    assert main(["train", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) >= KEYS
    assert told["steps"] == 2 and told["examples"] == 8
    assert told["losses"][0] == pytest.approx(0.6931, abs=1e-4)
    assert 0 < told["executed_tokens"] < told["logical_tokens"]
    rows = read_jsonl(Path(told["run"]) / "metrics.jsonl")
    assert all("train/reward_margin" in row for row in rows)
    assert (Path(told["adapter"]) / "adapter_model.safetensors").is_file()


@pytest.mark.parametrize(("name", "objective"), [("dpo_en_demo", "orpo"), ("kto_en_demo", "kto")])
def test_the_python_function_trains_on_preferences(
    name: str, objective: str, make_demo: Callable[[str], Path]
) -> None:
    folder = make_demo(name)
    result = whet.train(folder, f"train.objective={objective}")
    assert result.steps == 2 and all(loss is not None for loss in result.losses)


def test_pairs_are_never_imitated_in_silence(make_demo: Callable[[str], Path]) -> None:
    folder = make_demo("dpo_en_demo")
    with pytest.raises(DataError, match=r"set train\.objective to dpo or orpo"):
        whet.train(folder, "train.objective=sft")
    with pytest.raises(DataError, match="preference pairs"):
        whet.train(folder, "train.objective=kto")
    assert not (folder / "runs").exists()


def test_distillation_needs_a_teacher_that_speaks_the_same_tokens(
    project: Path, stories: Path
) -> None:
    with pytest.raises(WhetError, match="needs `teacher`"):
        whet.train(project, "train.objective=distil")
    with pytest.raises(WhetError, match="has another tokenizer than whet-nano"):
        whet.train(
            project, "train.objective=distil", f"train.teacher={stories}", "train.epochs=0.1"
        )
    taught = ["train.objective=distil", "train.teacher=whet-nano", "train.teacher_share=0.9"]
    result = whet.train(project, *taught, "train.epochs=0.3")
    assert result.steps == 2


def test_a_project_made_of_pairs_learns_the_preference(tmp_path: Path) -> None:
    pairs = [
        {"prompt": f"What is {n} and one?", "chosen": f"{n + 1}", "rejected": f"Maybe {n + 1}."}
        for n in range(30)
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    made = whet.init(tmp_path / "made", data=tmp_path / "pairs.jsonl", model="whet-nano")
    assert any("preference is learnt" in note for note in made.notes)
    result = whet.train(made.folder, "train.epochs=0.5")
    assert result.losses[0] == pytest.approx(0.6931, abs=1e-4)
