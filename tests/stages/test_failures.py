from __future__ import annotations

import json
from pathlib import Path

import pytest

import whet
from whet.rundir import read_json, read_jsonl


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the baselines that has answered validation and test items."""
    return whet.eval(_project(tmp_path_factory.mktemp("looked")), split="test").run


def _project(folder: Path) -> Path:
    (folder / "data").mkdir()
    sounds = {"cat": "meow", "dog": "woof", "bird": "tweet"}
    rows = [
        {"input": f"I saw a {animal} at {n} o'clock near house {7 * n}.",
         "output": sound if n % 2 else "silence", "place": "park" if n % 3 else "street"}
        for n in range(1, 31)
        for animal, sound in sounds.items()
    ]  # fmt: skip
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "data" / "rows.jsonl").write_text(text, encoding="utf-8")
    (folder / "whet.yaml").write_text(
        """\
task: Say the sound of the animal.
model: whet-nano
data: {train: data/rows.jsonl, split: {validation: 0.3, test: 0.3}}
few_shot: {counts: [1]}
eval: {metrics: [exact_match], primary: exact_match}
generate: {choices: auto}
""",
        encoding="utf-8",
    )
    return folder


def test_the_failures_are_those_of_stored_validation_answers(looked: Path) -> None:
    told = read_json(looked / "failures.json")
    assert told["arm"] in ("prompt", "few_shot")
    rows = read_jsonl(looked / "samples" / "validation" / f"{told['arm']}.jsonl")
    wrong = [row for row in rows if row["answer"] != row["gold"]]
    assert (told["items"], told["wrong"]) == (len(rows), len(wrong))
    assert wrong, "the untrained model is expected to go wrong"
    counts = [kind["counts"][told["arm"]] for kind in told["categories"]]
    assert sum(counts) == len(wrong)
    assert {each["column"] for each in told["slices"]} == {"place"}
    assert read_json(looked / "report.json")["details"]["failures"]["wrong"] == len(wrong)


def test_no_test_item_is_shown_one_by_one(looked: Path) -> None:
    test = read_jsonl(looked / "samples" / "prompt.jsonl")
    assert test
    page = (looked / "report.html").read_text(encoding="utf-8")
    report = (looked / "report.json").read_text(encoding="utf-8")
    kept = (looked / "failures.json").read_text(encoding="utf-8")
    for row in test:
        for shown in (page, report, kept):
            assert row["question"].replace("'", "&#x27;") not in shown
            assert row["question"] not in shown and row["id"] not in shown


def test_an_old_run_without_an_analysis_says_so(looked: Path) -> None:
    kept = (looked / "failures.json").read_text(encoding="utf-8")
    (looked / "failures.json").unlink()
    try:
        told = whet.verdict(looked).report["details"]
    finally:
        (looked / "failures.json").write_text(kept, encoding="utf-8")
    assert told["failures"] is None
    assert told["not_analysed"] == "this run was made before there was one"


def test_two_runs_are_set_side_by_side_item_by_item(looked: Path) -> None:
    project = looked.parents[1]
    other = whet.eval(project, "few_shot.counts=[2]", "task=What sound is it?").run
    shown = whet.report("compare", looked, other)
    differ = shown.values["differ"]
    assert {each["key"]: (each["a"], each["b"]) for each in differ["settings"]} == {
        "task": ("Say the sound of the animal.", "What sound is it?"),
        "few_shot.counts": ("1", "2"),
    }
    assert all(each["removed"] == each["added"] == 0 for each in differ["rows"])
    flips = {each["arm"]: each for each in differ["flips"]}
    for arm in ("prompt", "few_shot", "nearest"):
        a, b = (
            [row["answer"] == row["gold"] for row in read_jsonl(
                run / "samples" / "validation" / f"{arm}.jsonl")]
            for run in (looked, other)
        )  # fmt: skip
        better = sum(y > x for x, y in zip(a, b, strict=True))
        worse = sum(x > y for x, y in zip(a, b, strict=True))
        assert (flips[arm]["num_better"], flips[arm]["num_worse"]) == (better, worse)
    assert "The data are equal, row by row." in shown.text
