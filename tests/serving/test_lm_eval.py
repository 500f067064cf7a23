"""lm-eval's local-completions against the server gives what its own hf backend gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lm_eval")
pytest.importorskip("accelerate")

NAME = "nano"
ROWS = [
    ("The cat sat on the", [" mat.", " moon.", " idea."], 0),
    ("Two and two make", [" four.", " blue.", " quickly."], 0),
    ("In the morning she drinks a cup of", [" stone.", " tea.", " yesterday."], 1),
    ("The opposite of hot is", [" cold.", " table.", " seven."], 0),
    ("Please answer the customer: where is my", [" order?", " purple?", " because?"], 0),
    ("He opened the door and", [" went in.", " went blue.", " went seven."], 0),
]


@pytest.fixture(autouse=True)
def cache_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)


def task_of(file: Path) -> dict[str, Any]:
    return {
        "task": "small_choices",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(file)}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{question}}",
        "doc_to_choice": "{{choices}}",
        "doc_to_target": "{{gold}}",
        "target_delimiter": "",
        "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
    }


def evaluated(model: Any, file: Path) -> Any:
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.evaluator import evaluate

    found = evaluate(
        model,
        {"tasks": {"small_choices": ConfigurableTask(config=task_of(file))}, "groups": {}},
        bootstrap_iters=0,
        log_samples=True,
    )
    assert found is not None
    return found


def scores(found: Any) -> list[list[tuple[float, bool]]]:
    rows = sorted(found["samples"]["small_choices"], key=lambda row: row["doc_id"])
    return [[(float(r[0][0]), bool(r[0][1])) for r in row["resps"]] for row in rows]


@pytest.mark.filterwarnings("default")
def test_local_completions_scores_as_the_hf_backend_does(
    served: Any, nano_folder: Path, tmp_path: Path
) -> None:
    from lm_eval.models.huggingface import HFLM
    from lm_eval.models.openai_completions import LocalCompletionsAPI

    from whet.models.load import load_model

    file = tmp_path / "rows.jsonl"
    rows = [{"question": q, "choices": c, "gold": g} for q, c, g in ROWS]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    loaded = load_model("whet-nano")
    theirs = HFLM(
        pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=1, device="cpu",
        max_length=loaded.max_positions,
    )  # fmt: skip
    ours = LocalCompletionsAPI(
        base_url=f"{served.url}/v1/completions", model=NAME, tokenizer=str(nano_folder),
        tokenizer_backend="huggingface", max_length=loaded.max_positions, num_concurrent=1,
    )  # fmt: skip
    wanted, found = evaluated(theirs, file), evaluated(ours, file)
    assert (
        found["results"]["small_choices"]["acc,none"]
        == (wanted["results"]["small_choices"]["acc,none"])
    )
    for ours_row, their_row in zip(scores(found), scores(wanted), strict=True):
        for (our, our_greedy), (their, their_greedy) in zip(ours_row, their_row, strict=True):
            assert our == pytest.approx(their, abs=1e-3)
            assert our_greedy == their_greedy
