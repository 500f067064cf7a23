"""`whet verdict` judges what the plan froze, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import whet
from whet.configfile import dump_yaml, read_config
from whet.errors import RunError
from whet.rundir import read_json


@pytest.fixture
def judged(project: Path) -> Path:
    """A run of ready answers to the test items: `tuned` is right on all."""
    test = read_json(whet.eval(project, arms=("prompt",)).run / "data" / "test.json")
    lines = (project / "data" / "rows.jsonl").read_text().splitlines()
    rows = {f"data/rows.jsonl:{n}": json.loads(text) for n, text in enumerate(lines, 1)}
    answers = [{"id": row["id"], "answer": rows[row["source"]]["output"]} for row in test]
    file = project / "answers.jsonl"
    file.write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    return whet.eval(project, split="test", predictions=file).run


def test_a_verdict_is_of_the_plan_and_of_all_its_answers(judged: Path) -> None:
    assert whet.verdict(judged).verdict == "inconclusive"
    config, samples = judged / "config.yaml", judged / "samples" / "nearest.jsonl"
    whole = config.read_text()
    config.write_text(dump_yaml(read_config(config, ["eval.margin=0.0"])))
    with pytest.raises(RunError, match=r"eval\.margin was 0\.02 and is 0\.0"):
        whet.verdict(judged)
    config.write_text(whole)

    answers = samples.read_text()
    samples.write_text("".join(reversed(answers.splitlines(keepends=True))))
    with pytest.raises(RunError, match="nearest are not the answers to the items"):
        whet.verdict(judged)
    samples.unlink()
    with pytest.raises(RunError, match="the answers of nearest are gone"):
        whet.verdict(judged)
    samples.write_text(answers)
    assert whet.verdict(judged).verdict == "inconclusive"


def test_a_waiver_that_is_needed_no_more_does_not_stop_the_verdict(judged: Path) -> None:
    whet.verdict(judged, waive=["forgetting=another system"], by="Ada")
    losses = {"before": [1.0] * 50, "after": [1.0] * 50}
    (judged / "gates.json").write_text(json.dumps({"tuned": {"forgetting": losses}}))
    found = whet.verdict(judged)
    assert found.verdict == "ship"
    gate = next(g for g in found.report["gates"] if g["name"] == "forgetting")
    assert (gate["result"], gate["waived_by"]) == ("pass", None)
    losses["after"] = [2.0 + n / 1000 for n in range(50)]
    (judged / "gates.json").write_text(json.dumps({"tuned": {"forgetting": losses}}))
    assert whet.verdict(judged).verdict == "do_not_ship"
