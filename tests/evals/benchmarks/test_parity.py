"""Our numbers are lm-eval's own, item by item: its tasks as shipped, its Hugging Face backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from whet.evals.benchmarks.asking import ask, evaluated
from whet.evals.benchmarks.files import Benchmark, read_gsm8k, read_ifeval, read_mmlu
from whet.evals.benchmarks.records import csv_records, json_records

pytest.importorskip("lm_eval")
pytest.importorskip("accelerate")

NEW_TOKENS = 24
CHOICES = ("choice0", "choice1", "choice2", "choice3")


def ours(loaded: Any, max_new_tokens: int | None = NEW_TOKENS) -> Any:
    from whet.evals.benchmarks.model import BenchmarkModel

    return BenchmarkModel(
        loaded.model,
        loaded.tokenizer,
        stop_ids=loaded.stop_ids,
        max_positions=loaded.max_positions,
        max_new_tokens=max_new_tokens,
    )


def theirs(loaded: Any) -> Any:
    from lm_eval.models.huggingface import HFLM

    return HFLM(
        pretrained=loaded.model,
        tokenizer=loaded.tokenizer,
        batch_size=4,
        max_length=loaded.max_positions,
        device="cpu",
    )


def shipped(file: str, **changed: Any) -> dict[str, Any]:
    """A task file of the installed lm-eval, with other rows."""
    import lm_eval
    from lm_eval.tasks._yaml_loader import load_yaml

    path = Path(lm_eval.__file__).parent / "tasks" / file
    return {**load_yaml(path), **changed}


def reference(
    loaded: Any, name: str, config: dict[str, Any], rows: list[Any], benchmark: Benchmark
) -> dict[str, Any]:
    """lm-eval's record of the items that our slice drew, by the items' ids."""
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.evaluator import evaluate

    from whet.evals.benchmarks.files import _id
    from whet.evals.benchmarks.tasks import quiet

    (part,) = benchmark.parts.values()
    ids = [_id(row) for row in rows]
    chosen = [number for number, item in enumerate(ids) if item in part.docs]
    with quiet():
        task = ConfigurableTask(config=config)
        task.set_fewshot_seed(1234)
        found = evaluate(
            theirs(loaded),
            {"tasks": {name: task}, "groups": {}},
            samples={name: chosen},
            bootstrap_iters=0,
        )
    assert found is not None
    return {(ids[row["doc_id"]], row["filter"]): row for row in found["samples"][name]}


def from_file(path: Path, split: str = "test", **more: Any) -> dict[str, Any]:
    """Rows read by the reader that lm-eval uses for a local file."""
    return {
        "dataset_path": "csv" if path.suffix == ".csv" else "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": {split: str(path), **more}},
    }


def same_answers(
    found: dict[str, Any], wanted: dict[Any, Any], benchmark: Benchmark, kind: str, metric: str
) -> None:
    (part,) = benchmark.parts.values()
    ids = list(part.docs)
    rows = [row for row in next(iter(found.values())) if row["filter"] == kind]
    assert len(rows) == len(ids) == benchmark.num_asked
    for row in rows:
        their = wanted[ids[row["doc_id"]], kind]
        asked = [args[0] for args in row["arguments"]]
        assert asked == [args[0] for args in their["arguments"]]
        assert row[metric] == their[metric]
        ours_said, they_said = row["resps"], their["resps"]
        if isinstance(ours_said[0][0], str):
            assert ours_said == they_said
            continue
        for (our,), (their_own,) in zip(ours_said, they_said, strict=True):
            assert our[0] == pytest.approx(their_own[0], abs=2e-4)
            assert our[1] == their_own[1]


@pytest.fixture(autouse=True)
def cache_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """lm-eval's reader keeps its copies in this test's folder."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)


@pytest.mark.parametrize("shots", [0, 2])
def test_mmlu_scores_each_letter_as_lm_eval_does(
    loaded: Any, eval_files: Path, tmp_path: Path, shots: int
) -> None:
    (tmp_path / "test").mkdir()
    (tmp_path / "dev").mkdir()
    for part in ("test", "dev"):
        name = f"anatomy_{part}.csv"
        (tmp_path / part / name).write_bytes((eval_files / "mmlu" / part / name).read_bytes())
    benchmark = read_mmlu(tmp_path, 10)

    def question(row: dict[str, Any]) -> dict[str, Any]:
        choices = [str(row[name]) for name in CHOICES]
        return {"question": row["question"], "subject": "anatomy", "choices": choices,
                "answer": row["answer"]}  # fmt: skip

    file = tmp_path / "test" / "anatomy_test.csv"
    keys = ("question", *CHOICES, "answer")
    rows = [r.values | {"answer": int(r.values["answer"])} for r in csv_records(file, "t", keys)]
    config = shipped(
        "mmlu/default/mmlu_anatomy.yaml",
        **from_file(file, dev=str(tmp_path / "dev" / "anatomy_dev.csv")),
        process_docs=lambda data: data.map(question, remove_columns=list(CHOICES)),
        num_fewshot=shots,
    )
    config["fewshot_config"] = {**config["fewshot_config"], "process_docs": config["process_docs"]}
    wanted = reference(loaded, "mmlu_anatomy", config, [question(r) for r in rows], benchmark)
    from whet.evals.benchmarks.tasks import tasks

    found = evaluated(ours(loaded), tasks(benchmark, shots))
    same_answers(found, wanted, benchmark, "none", "acc")
    scores = {item.id: item.score for item in ask(ours(loaded), benchmark, shots=shots)}
    assert scores == {item: row["acc"] for (item, _), row in wanted.items()}


def test_gsm8k_answers_are_lm_evals_word_for_word(loaded: Any, eval_files: Path) -> None:
    file = eval_files / "gsm8k" / "test.jsonl"
    benchmark = read_gsm8k(file, 3)
    rows = [r.values for r in json_records(file, "t", {"question": str, "answer": str})]
    config = shipped(
        "gsm8k/gsm8k.yaml", **from_file(file, train=str(file.with_name("train.jsonl")))
    )
    config["generation_kwargs"] = {**config["generation_kwargs"], "max_gen_toks": NEW_TOKENS}
    wanted = reference(loaded, "gsm8k", config, rows, benchmark)
    from whet.evals.benchmarks.tasks import tasks

    found = evaluated(ours(loaded), tasks(benchmark))
    for kind in ("strict-match", "flexible-extract"):
        same_answers(found, wanted, benchmark, kind, "exact_match")


def test_ifeval_answers_and_checks_are_lm_evals(loaded: Any, eval_files: Path) -> None:
    pytest.importorskip("langdetect")
    file = eval_files / "ifeval" / "input_data.jsonl"
    benchmark = read_ifeval(file, 6, has_sentences=False)
    rows = [r.values for r in json_records(file, "t", {"key": int})]
    from whet.evals.benchmarks.tasks import ifeval_scores, tasks

    ifeval_scores()  # the checks are loaded without the network before lm-eval loads them
    config = shipped("ifeval/ifeval.yaml", **from_file(file, "train"))
    config["generation_kwargs"] = {**config["generation_kwargs"], "max_gen_toks": NEW_TOKENS}
    wanted = reference(loaded, "ifeval", config, rows, benchmark)
    found = evaluated(ours(loaded), tasks(benchmark))
    same_answers(found, wanted, benchmark, "none", "prompt_level_strict_acc")
