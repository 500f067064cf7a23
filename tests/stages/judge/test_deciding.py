"""What an uncalibrated judge may not do, and a calibrated one may."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import whet
from whet.errors import ConfigError, DataError
from whet.evals.judge.calibration import JudgeCalibration
from whet.rundir import read_json, read_jsonl

Serve = Callable[..., Any]
MakeProject = Callable[..., Path]

WAIVED = {"waive": ["forgetting=answers of another system"], "by": "Ada"}


def right(_: int, answer: str) -> str:
    return answer


def rarely_right(number: int, answer: str) -> str:
    return answer if number % 4 == 0 else "moo"


def judge(folder: Path, *overrides: str) -> Any:
    return whet.eval(folder, *overrides, split="test", arms=("other", "tuned"),
                     predictions=folder / "tuned.jsonl")  # fmt: skip


def labels(folder: Path, n: int, wrong_every: int = 0) -> None:
    """n labels that bring their answers along; people and judge differ on some."""
    lines = []
    for number in range(n):
        good = number % 2 == 0
        says = good is not (bool(wrong_every) and number % wrong_every == 0)
        answer = "meow" if good else "moo"
        lines.append({"item": f"l{number}", "arm": "any", "label": says, "answer": answer,
                      "question": f"Cat number {number}?", "reference": "meow"})  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "labels.jsonl").write_text(text, encoding="utf-8")


def test_an_uncalibrated_judge_decides_nothing_and_a_calibrated_one_does(
    answered: MakeProject, serve: Serve
) -> None:
    server = serve()
    settings = f"endpoint: '{server.url}', model: judge-1, mode: score"
    folder = answered(right, rarely_right, settings, evaluate="primary: judge")
    config = (folder / "whet.yaml").read_text()
    (folder / "whet.yaml").write_text(config.replace("gates: {", "gates: {judge: {floor: 0.8}, "))
    bare = judge(folder)
    assert bare.verdict == "inconclusive"
    assert "The judge decides nothing yet. Not calibrated" in bare.reasons[0]
    assert "label at least 50 answers" in bare.report["next"]
    assert bare.report["arms"]["tuned"]["judge"]["value"] == 1.0, "its numbers are shown"
    gate = next(g for g in bare.report["gates"] if g["name"] == "judge")
    assert gate["result"] == "inconclusive" and "Not calibrated" in gate["evidence"]

    labels(folder, 40)
    few = judge(folder, "judge.calibration=labels.jsonl")
    assert "on 40 labels; 50 labels are needed" in few.reasons[0]

    labels(folder, 80, wrong_every=16)
    result = judge(folder, "judge.calibration=labels.jsonl")
    assert result.verdict == "inconclusive" and "forgetting" in result.reasons[1]
    told = result.report["details"]["judge"]
    held = told["calibrations"]["score"]
    assert (told["label"], held["labels"], held["decides"]) == ("calibrated", 80, True)
    assert held["kappa"]["value"] == pytest.approx(0.875)
    assert held["agreement"]["value"] == pytest.approx(75 / 80)
    assert (held["true_positive"]["value"], held["true_negative"]["n"]) == (1.0, 45)
    gate = next(g for g in result.report["gates"] if g["name"] == "judge")
    assert gate["result"] == "pass" and "calls 60 of 60 answers good" in gate["evidence"]
    shipped = whet.verdict(result.run, **WAIVED)
    assert shipped.verdict == "ship"
    assert "A model judged: judge-1." in " ".join(shipped.reasons)
    good = told["scores"]["other"]
    assert good["corrected"]["low"] < good["good"]["value"] < good["corrected"]["high"]
    widths = [found["high"] - found["low"] for found in (good["corrected"], good["good"])]
    assert widths[0] > widths[1], "the calibration's uncertainty is in it"

    # The kept calibration serves the same judge and rubric, and no other.
    kept = result.run / "judge" / "calibration.json"
    found = JudgeCalibration.from_json(read_json(kept), "calibration.json")
    assert found.score is not None and found.score.num_labels == 80
    (folder / "calibration.json").write_text(kept.read_text())
    named = "judge.calibration=calibration.json"
    asked = len(server.asked)
    again = judge(folder, named)
    assert again.report["details"]["judge"]["label"] == "calibrated"
    assert len(server.asked) == asked
    other = judge(folder, named, "judge.model=judge-2")
    assert "is of the judge" in other.reasons[0] and "decides nothing" in other.reasons[0]


@pytest.mark.slow
def test_a_judge_that_disagrees_with_people_decides_nothing(
    answered: MakeProject, serve: Serve
) -> None:
    server = serve()
    settings = f"endpoint: '{server.url}', model: judge-1, mode: score, calibration: labels.jsonl"
    folder = answered(right, rarely_right, settings, evaluate="primary: judge", items=20)
    labels(folder, 60, wrong_every=3)
    result = judge(folder)
    assert "the lower end has to reach 0.4" in result.reasons[0]


def test_preference_by_a_judge_is_calibrated_by_labels_of_the_runs_own_answers(
    answered: MakeProject, serve: Serve
) -> None:
    server = serve()
    settings = f"endpoint: '{server.url}', model: judge-1, mode: pairwise, sample: 70"
    evaluate = "primary: preference, preference_from: judge"
    # On every fifth item the candidate is wrong and the other right.
    folder = answered(
        lambda n, answer: "moo" if n % 5 == 0 else answer,
        lambda n, answer: answer if n % 5 == 0 else "baa",
        settings, evaluate=evaluate, items=80,
    )  # fmt: skip
    result = judge(folder)
    assert result.verdict == "inconclusive" and "no labels of pairs" in result.reasons[0]
    told = result.report["details"]["judge"]
    assert (told["items"], told["of"]) == (70, 80)

    rows = read_jsonl(result.run / "judge" / "judgements.jsonl")
    drawn = random.Random(0)
    lines = []
    for row in rows:
        if row["order"] == "forward":
            says = {"A": "tuned", "B": "other"}[row["value"]]
            says = "tie" if drawn.random() < 0.1 else says
            pair = drawn.choice((["tuned", "other"], ["other", "tuned"]))
            lines.append({"item": row["item"], "pair": pair, "label": says, "rater": "r1"})
    lines.append({"item": "unknown", "pair": ["tuned", "other"], "label": "tie"})
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (result.run / "judge" / "labels.jsonl").write_text(text)
    again = whet.verdict(result.run, **WAIVED)
    assert again.verdict == "ship"
    (pair,) = [c for c in again.report["comparisons"] if c["b"] == "other"]
    assert pair["metric"] == "preference" and pair["low"] > 0
    held = again.report["details"]["judge"]
    assert held["calibrations"]["pairwise"]["labels"] == 70
    wins = held["pairs"][0]["corrected_wins"]
    assert wins["low"] < 0.8 < wins["high"], "four fifths, as it was made"
    assert any("1 labels in judge/labels.jsonl are of items" in text for text in held["warnings"])


@pytest.mark.parametrize(
    ("settings", "evaluate", "word"),
    [
        ("model: m, endpoint: 'http://x', mode: pairwise", "primary: judge", "to hold score"),
        ("model: m, endpoint: 'http://k:s@x/v1'", "primary: exact_match", "api_key_env"),
        ("model: m, endpoint: 'http://x', api_key_env: NOT_SET_1", "primary: judge", "NOT_SET_1"),
        ("model: m, endpoint: 'http://x', rubric: no.md", "primary: judge", "judge.rubric"),
        ("model: m, endpoint: 'http://x', calibration: no", "primary: judge", "judge.calibration"),
        ("model: m, endpoint: 'http://x', budget: 1", "primary: judge", "needs `price"),
        ("model: m, price: {input: 1, output: 1}", "primary: judge", "go with `endpoint`"),
        ("model: m, scale: 3, passing: 4", "primary: judge", "the scale ends at 3"),
        ("model: m, mode: [score, score]", "primary: judge", "twice"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_spent(
    answered: MakeProject, settings: str, evaluate: str, word: str
) -> None:
    folder = answered(right, right, settings, evaluate=evaluate, items=12)
    with pytest.raises(ConfigError, match=word):
        judge(folder)
    assert not (folder / "runs").exists()


def test_labels_without_their_answers_belong_to_one_run(answered: MakeProject) -> None:
    settings = "model: m, endpoint: 'http://x', calibration: labels.jsonl"
    folder = answered(right, right, settings, items=12)
    (folder / "labels.jsonl").write_text('{"item": "a", "arm": "tuned", "label": true}\n')
    with pytest.raises(DataError, match=r"judge/labels\.jsonl and run: whet verdict RUN"):
        judge(folder)
