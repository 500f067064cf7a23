"""Scorers from a project's settings, with every fault at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from whet.config import EvalConfig
from whet.errors import ConfigError
from whet.evals.scorers import METRICS, Setup, asked, build, files_of, is_measured, leading

SETTINGS: dict[str, Any] = {
    "regex": "x",
    "truth": {"columns": ("facts",)},
    "persona": {"forbidden": ("x",)},
    "off_domain": {"words": ("x",)},
    "json_schema": "schema.json",
    "bertscore": {"model": "encoder"},
    "scorers": {"tone": "tone.py:score"},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "schema.json").write_text("{}", encoding="utf-8")
    (tmp_path / "tone.py").write_text("def score(a, e):\n    return 1\n", encoding="utf-8")
    return tmp_path


def test_every_metric_can_be_had(root: Path) -> None:
    pytest.importorskip("sacrebleu")
    settings = EvalConfig(metrics=(*METRICS, "tone"), **SETTINGS)
    found = build(Setup(settings, root, form=lambda answer, _: 1.0))
    measured = {name for name in METRICS if is_measured(name)}
    assert set(found) == {*METRICS, "tone"} - measured
    assert measured == {"semantic_similarity", "bertscore", "perplexity"}


def test_all_faults_are_told_at_once(root: Path) -> None:
    settings = EvalConfig(
        metrics=("regex", "faithfulness", "persona", "off_domain", "json_schema", "bertscore",
                 "format", "blue"),
        primary="perplexity",
        scorers={"accuracy": "tone.py:score"},
    )  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        build(Setup(settings, root))
    said = "\n".join(caught.value.faults)
    for part in (
        "eval.scorers.accuracy: there is a metric of that name",
        "eval.primary: perplexity: less is better",
        "regex needs eval.regex",
        "faithfulness and no_hallucination needs eval.truth",
        "persona needs eval.persona",
        "off_domain needs eval.off_domain",
        "json_schema needs eval.json_schema",
        "bertscore needs eval.bertscore",
        "format needs a form",
        "there is no metric 'blue'",
    ):
        assert part in said, said
    assert len(caught.value.faults) == 10


@pytest.mark.parametrize("name", ["perplexity", "length"])
def test_what_is_not_better_with_more_never_leads(root: Path, name: str) -> None:
    assert leading(EvalConfig(metrics=(name, "token_f1"))) == "token_f1"
    with pytest.raises(ConfigError, match="none is better with more"):
        build(Setup(EvalConfig(metrics=(name,)), root))


def test_the_primary_metric_is_reported_though_not_listed() -> None:
    settings = EvalConfig(metrics=("chrf", "chrf"), primary="token_f1")
    assert asked(settings) == ["token_f1", "chrf"] and leading(settings) == "token_f1"
    people = EvalConfig(metrics=("chrf",), primary="preference")
    assert asked(people) == ["chrf"] and leading(people) == "chrf"


def test_truth_from_columns_a_file_or_the_documents(root: Path, item: Any) -> None:
    (root / "truth.txt").write_text("It costs 20.", encoding="utf-8")
    (root / "docs").mkdir()
    (root / "docs" / "a.md").write_text("# Price\n\nIt costs 20.", encoding="utf-8")
    for truth in ({"columns": ("facts",)}, {"file": "truth.txt"}, {"documents": True}):
        settings = EvalConfig(metrics=("no_hallucination",), truth=truth)  # type: ignore[arg-type]
        score = build(Setup(settings, root, documents=root / "docs"))["no_hallucination"]
        example = item("x", facts="It costs 20.")
        assert (score("It is 20.", example), score("It is 30.", example)) == (1.0, 0.0), truth
    with pytest.raises(ConfigError, match=r"truth.documents: there are none"):
        build(Setup(settings, root))


def test_files_behind_scores_have_digests_that_change_with_them(root: Path) -> None:
    setup = Setup(EvalConfig(metrics=("tone",), **SETTINGS), root)
    before = files_of(setup)
    assert set(before) == {"eval.scorers.tone", "eval.json_schema"}
    (root / "tone.py").write_text("def score(a, e):\n    return 0\n", encoding="utf-8")
    after = files_of(setup)
    assert before["eval.json_schema"] == after["eval.json_schema"]
    assert before["eval.scorers.tone"] != after["eval.scorers.tone"]
