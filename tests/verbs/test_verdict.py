"""`whet verdict` judges what the plan froze, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


def test_edited_answers_are_refused_and_an_older_run_without_hashes_is_judged(judged: Path) -> None:
    samples = judged / "samples" / "prompt.jsonl"
    answers = samples.read_text()
    rows = [json.loads(line) | {"answer": "nothing"} for line in answers.splitlines()]
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(RunError, match=r"samples/prompt\.jsonl: not as the run wrote it"):
        whet.verdict(judged)
    record = read_json(judged / "run.json")
    del record["answers"]
    (judged / "run.json").write_text(json.dumps(record))
    assert whet.verdict(judged).verdict == "inconclusive"


def test_deleting_the_looks_is_no_first_look(judged: Path) -> None:
    project = judged.parent.parent
    (project / "looks.jsonl").unlink()
    again = whet.eval(project, split="test", predictions=project / "answers.jsonl")
    assert again.report["looks"]["number"] == 2
    assert any("looks.jsonl lacked the looks of" in told for told in _findings(again.report))
    assert len((project / "looks.jsonl").read_text().splitlines()) == 2
    third = whet.eval(project, split="test", predictions=project / "answers.jsonl")
    assert third.report["looks"]["number"] == 3
    assert not any("looks.jsonl lacked" in told for told in _findings(third.report))


def _findings(report: dict[str, Any]) -> list[str]:
    return [str(told) for told in report["details"]["findings"]]
