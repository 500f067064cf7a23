from __future__ import annotations

import json
from pathlib import Path

import pytest

import whet
from whet.errors import ConfigError, DataError, Interrupted, MissingExtraError, RunError
from whet.progress import Silent
from whet.reporting import check_report
from whet.rundir import RunDir, State, read_json, read_jsonl

PARTS = (
    "config.yaml", "data/train.json", "data/test.json", "ledger.json", "plan.json", "choices.json",
    "metrics.jsonl", "adapter/adapter_config.json", "adapter/adapter_model.safetensors",
    "adapter/tokenizer.json", "samples/prompt.jsonl", "samples/few_shot.jsonl",
    "samples/nearest.jsonl", "samples/tuned.jsonl", "gates.json", "report.json", "report.html",
    "environment.json",
)  # fmt: skip


class StopIn(Silent):
    """Asks to stop once a text was said, as a person would by Ctrl-C."""

    def __init__(self, text: str) -> None:
        self.text, self.stopping = text, False

    def say(self, text: str) -> None:
        self.stopping |= self.text in text

    def should_stop(self) -> bool:
        return self.stopping


def test_a_run_goes_from_examples_to_a_verdict_and_leaves_plain_files(project: Path) -> None:
    result = whet.run(project)
    assert [name for name in PARTS if not (result.run / name).is_file()] == []
    assert RunDir(result.run).state is State.COMPLETE
    report = check_report(read_json(result.run / "report.json"))
    assert set(report["arms"]) == {"prompt", "few_shot", "nearest", "tuned"}
    assert report["verdict"] == result.verdict is not None
    assert report["looks"]["number"] == 1
    assert report["adapter"] == "adapter"
    test_ids = {row["id"] for row in read_json(result.run / "data" / "test.json")}
    answered = {row["id"] for row in read_jsonl(result.run / "samples" / "tuned.jsonl")}
    assert answered == test_ids
    ledger = report["details"]["ledger"]
    assert ledger["read"] == 90 == sum(ledger["kept"].values()) + sum(ledger["dropped"].values())

    # The verdict again, from stored answers alone, is the same; the look stays the first.
    again = whet.verdict(result.run)
    assert (again.verdict, again.reasons) == (result.verdict, result.reasons)
    assert again.report["looks"]["number"] == 1

    # A second run over the same test items is a second look, read at a stricter level.
    second = whet.run(project, "train.seed=1", train_anyway=True)
    assert (second.report["looks"]["number"], second.report["looks"]["level"]) == (2, 0.005)
    cached = second.report["details"]["arms"]["prompt"]["cached"]
    assert cached == len(test_ids), "baseline answers are not computed twice"

    shown = whet.report("list", root=project)
    assert "001" in shown.text and "002" in shown.text
    compared = whet.report("compare", result.run, second.run)
    assert "one seed: not evidence" in compared.text


def test_an_adapter_of_a_run_is_judged_again_by_eval(project: Path) -> None:
    trained = whet.train(project)
    assert trained.adapter.is_dir() and trained.steps == len(trained.losses)
    result = whet.eval(trained.run)
    assert result.verdict is None and set(result.report["arms"]) >= {"tuned", "prompt"}
    assert not (project / "looks.jsonl").exists()
    judged = whet.eval(project, split="test", adapter=trained.adapter)
    assert judged.verdict is not None


def test_latency_is_timed_one_answer_at_a_time(project: Path) -> None:
    trained = whet.train(project)
    result = whet.eval(project, "gates.latency.p95_ms=60000", adapter=trained.adapter)
    seconds = read_json(result.run / "gates.json")["tuned"]["latency"]
    assert len(seconds) == result.report["arms"]["tuned"]["exact_match"]["n"]
    assert all(0 < value < 60 for value in seconds)
    gate = next(g for g in result.report["gates"] if g["name"] == "latency")
    assert gate["required"] and "ms" in gate["evidence"]


def test_ready_answers_get_a_verdict_and_cannot_ship_without_a_forgetting_gate(
    project: Path,
) -> None:
    baseline = whet.eval(project, arms=("prompt",))
    assert set(baseline.report["arms"]) == {"prompt"}
    test = read_json(baseline.run / "data" / "test.json")
    rows = {}
    for line, text in enumerate((project / "data" / "rows.jsonl").read_text().splitlines(), 1):
        rows[f"data/rows.jsonl:{line}"] = json.loads(text)
    answers = [{"id": row["id"], "answer": rows[row["source"]]["output"]} for row in test]
    file = project / "answers.jsonl"
    file.write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    result = whet.eval(project, split="test", predictions=file)
    assert result.report["arms"]["tuned"]["exact_match"]["value"] == 1.0
    assert result.verdict == "inconclusive"
    assert "forgetting" in " ".join(result.reasons)
    waived = whet.verdict(result.run, waive=["forgetting=answers of another system"], by="Ada")
    assert waived.verdict == "ship"
    gate = next(g for g in waived.report["gates"] if g["name"] == "forgetting")
    assert gate["waived_by"] == {"by": "Ada", "reason": "answers of another system"}


def test_a_smoke_run_touches_every_part_and_no_test_item(project: Path) -> None:
    result = whet.run(project, smoke=True)
    assert result.verdict is None
    assert result.report["details"]["training"]["steps"] == 2
    assert not (project / "looks.jsonl").exists()
    assert read_json(result.run / "data" / "test.json") == []


@pytest.mark.parametrize("word", ["loading", "validation items:", "verified", "forgetting: loss"])
def test_a_run_that_was_stopped_goes_on_where_it_was(project: Path, word: str) -> None:
    with pytest.raises(Interrupted):
        whet.run(project, progress=StopIn(word))
    run = RunDir(project / "runs" / "001")
    assert run.state is State.INTERRUPTED
    result = whet.run(run.path)
    assert result.run == run.path
    assert run.state is State.COMPLETE
    assert result.report["looks"]["number"] == 1
    with pytest.raises(RunError, match="is complete"):
        whet.run(run.path)


def test_a_run_keeps_its_own_configuration_and_data(project: Path) -> None:
    with pytest.raises(Interrupted):
        whet.run(project, progress=StopIn("loading"))
    with pytest.raises(ConfigError, match="goes on with its own config"):
        whet.run(project / "runs" / "001", "train.rank=2")
    with open(project / "data" / "rows.jsonl", "a", encoding="utf-8") as rows:
        rows.write('{"input": "one more", "output": "meow"}\n')
    with pytest.raises(RunError, match="the data have changed"):
        whet.run(project / "runs" / "001")


def test_with_little_to_gain_nothing_is_trained(project: Path) -> None:
    result = whet.run(project, "eval.margin=0.99")
    assert result.verdict in {"use_prompt", "use_few_shot"}
    assert result.adapter is None
    assert result.report["details"]["nothing_trained"]
    assert not (result.run / "checkpoints").exists()


def test_a_mistake_leaves_no_run_behind(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"No clear evaluation, no fine-tuning.*primary metric"):
        whet.run(project, "eval.primary=null")
    with pytest.raises(ConfigError, match="no metric 'blue'"):
        whet.run(project, "eval.primary=blue")
    with pytest.raises(ConfigError, match=r"prompt: .*nowhere\.txt"):
        whet.run(project, "prompt=nowhere.txt")
    with pytest.raises(ConfigError, match="vLLM"):
        whet.run(project, "serve_on=vllm", "train.rank=600")
    with pytest.raises(DataError, match="no such"):
        whet.run(project, "data.train=nowhere.jsonl")
    assert not (project / "runs").exists()


def test_without_torch_the_command_that_installs_it_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whet.stages.base_model.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'whet\[train\]'"):
        whet.run(project)
    found = whet.check(config=project)
    assert found.passed
    assert "Lengths and masks were not checked" in found.text()
    assert not (project / "runs").exists()


def test_a_config_made_in_python_runs_like_a_file(project: Path) -> None:
    config = whet.Config(
        model="whet-nano",
        data={"train": "data/rows.jsonl"},
        prompt="prompt.txt",
        train={"epochs": 1, "dtype": "float32"},
    )
    result = whet.train(config, root=project)
    assert result.validation_losses == []
    assert "early stopping" in " ".join(read_json(result.run / "run.json")["warnings"])


def test_examples_are_tried_with_every_prompt(project: Path) -> None:
    (project / "other.txt").write_text("Which sound does it make?\n", encoding="utf-8")
    result = whet.eval(project, "prompt=[prompt.txt, other.txt]", arms=("prompt", "few_shot"))
    tried = [row for row in result.report["details"]["choices"] if row["arm"] == "few_shot"]
    assert {row["option"] for row in tried} == {"1, prompt.txt", "1, other.txt"}
    assert sum(row["chosen"] for row in tried) == 1
    best = next(row["option"] for row in tried if row["chosen"])
    assert best == f"1, {result.report['details']['arms']['few_shot']['prompt']}"


def test_scores_without_touched_test_items_stand_next_to_the_whole(project: Path) -> None:
    places = ["the old park", "a small garden", "the main street", "our own kitchen"]
    asked = [
        {"input": f"Yesterday I saw a {animal} in {place} near {n} houses.", "output": sound}
        for n, place in enumerate(places)
        for animal, sound in (("cat", "meow"), ("dog", "woof"), ("bird", "tweet"))
    ]
    rows = [json.loads(line) for line in (project / "data/rows.jsonl").read_text().splitlines()]
    held = f"{asked[4]['input']} What it said I do not know, for it was far away from me."
    write = {"train": [*rows, {"input": held, "output": "woof"}], "test": asked}
    for name, lines in write.items():
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (project / "data" / f"{name}.jsonl").write_text(text)
    answers = project / "answers.jsonl"
    answers.write_text("".join(json.dumps(row["output"]) + "\n" for row in asked))
    overrides = ("data.train=data/train.jsonl", "data.test=data/test.jsonl", "data.split.test=null")
    result = whet.eval(
        project, *overrides, split="test", arms=("prompt", "tuned"), predictions=answers
    )
    apart = result.report["details"]["untouched"]
    assert (apart["items"], apart["touched"]) == (11, 1)
    assert set(apart["arms"]) == {"prompt", "tuned"} == set(result.report["arms"])
    assert apart["arms"]["tuned"]["exact_match"]["n"] == 11
    assert "no training row touches" in (result.run / "report.html").read_text()
    assert read_json(result.run / "data" / "check.json")["touched"] == ["data/test.jsonl:5"]
