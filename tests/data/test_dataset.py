"""The project's data as a verb gets it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from whet.config import DataConfig
from whet.data import Dataset, find_leaks, load, survey
from whet.errors import DataError
from whet.findings import Kind, Severity


def write(folder: Path, name: str, questions: Iterable[object], answer: str = "a") -> None:
    rows = (
        json.dumps({"input": f"question {q}", "output": answer, "c": str(q)}) for q in questions
    )
    (folder / name).write_text("".join(row + "\n" for row in rows))


def config(**values: Any) -> DataConfig:
    lists = {key: [value] if isinstance(value, str) else value for key, value in values.items()
             if key in ("train", "validation", "test")}  # fmt: skip
    return DataConfig(**{**values, **lists})


def test_files_that_name_a_split_stay_in_it(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", range(10))
    write(tmp_path, "test.jsonl", range(10, 14))
    dataset = load(config(train="train.jsonl", test="test.jsonl"), root=tmp_path)
    assert {name: len(rows) for name, rows in dataset.splits.items()} == {
        "train": 10, "validation": 0, "test": 4,
    }  # fmt: skip
    assert dataset.ledger.to_json()["read"] == 14
    assert (dataset.format, len(dataset.version)) == ("input_output", 16)
    assert dataset.train[0].source == "train.jsonl:1"


def test_a_split_is_made_only_when_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", range(300))
    assert load(config(train="train.jsonl"), root=tmp_path).ledger.kept == {
        "train": 300, "validation": 0, "test": 0,
    }  # fmt: skip
    made = load(
        config(train="train.jsonl", split={"validation": 0.1, "test": 0.2}), root=tmp_path, seed=3
    )
    assert made.validation and made.test
    assert sum(made.ledger.kept.values()) == 300


def test_a_group_is_kept_together_and_known_to_each_row(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", range(300))
    dataset = load(config(train="train.jsonl", split={"test": 0.2, "group_by": "c"}), root=tmp_path)
    assert dataset.train[0].group == dataset.train[0].fields["c"]


def test_all_faults_come_together_and_twenty_are_shown(tmp_path: Path) -> None:
    write(tmp_path, "test.jsonl", range(3))
    (tmp_path / "train.jsonl").write_text('{"input": "x", "output": "y"}\n' + "{oops\n" * 30)
    with pytest.raises(DataError) as caught:
        load(config(train="train.jsonl", test="test.jsonl"), root=tmp_path)
    assert len(caught.value.faults) == 21
    assert caught.value.faults[0].startswith("train.jsonl:2: invalid JSON at column 2")
    assert caught.value.faults[-1] == "... and 10 more. `whet check` lists them all."


def test_a_survey_shows_what_a_load_refuses_and_still_adds_up(tmp_path: Path) -> None:
    write(tmp_path, "test.jsonl", range(3))
    (tmp_path / "train.jsonl").write_text('{"input": "x", "output": "y"}\n' + "{oops\n" * 30)
    dataset = survey(config(train="train.jsonl", test="test.jsonl"), root=tmp_path)
    assert len(dataset.errors) == 30
    assert dataset.ledger.by_reason == {"broken": 30}
    assert dataset.ledger.num_read == 34


def test_a_leak_stops_and_names_the_choices_once(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", range(10))
    write(tmp_path, "test.jsonl", range(8, 12))
    with pytest.raises(DataError) as caught:
        load(config(train="train.jsonl", test="test.jsonl"), root=tmp_path)
    assert caught.value.faults == (
        "test.jsonl:1: the same input as the training row train.jsonl:9. Remove them from one "
        "side, or set data.on_leak: drop_train (keeps the held-out rows) or drop_test (drops the "
        "held-out rows).",
        "test.jsonl:2: the same input as the training row train.jsonl:10.",
    )


@pytest.mark.parametrize(
    ("policy", "kept"),
    [("drop_train", {"train": 8, "validation": 0, "test": 4}),
     ("drop_test", {"train": 10, "validation": 0, "test": 2})],
)  # fmt: skip
def test_a_dropped_leak_is_in_the_ledger_and_said(
    tmp_path: Path, policy: str, kept: dict[str, int]
) -> None:
    write(tmp_path, "train.jsonl", range(10))
    write(tmp_path, "test.jsonl", range(8, 12))
    dataset = load(config(train="train.jsonl", test="test.jsonl", on_leak=policy), root=tmp_path)
    assert dataset.ledger.kept == kept
    assert dataset.ledger.by_reason == {"leak": 2}
    (finding,) = (f for f in dataset.findings if f.kind == Kind.LEAK_EXACT)
    assert finding.severity is Severity.WARNING and finding.message.startswith("2 ")


def test_validation_is_freed_of_test_rows_and_train_of_validation_rows(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", range(10))
    write(tmp_path, "validation.jsonl", range(9, 14))
    write(tmp_path, "test.jsonl", range(13, 16))
    files = {"train": "train.jsonl", "validation": "validation.jsonl", "test": "test.jsonl"}
    assert len(survey(config(**files), root=tmp_path).errors) == 2
    dataset = load(config(**files, on_leak="drop_train"), root=tmp_path)
    assert dataset.ledger.kept == {"train": 9, "validation": 4, "test": 3}


def test_a_split_that_loses_its_last_row_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", range(10))
    write(tmp_path, "test.jsonl", range(3))
    with pytest.raises(DataError, match="all 3 test rows were dropped as leaks; none is left"):
        load(config(train="train.jsonl", test="test.jsonl", on_leak="drop_test"), root=tmp_path)


def test_a_file_and_a_share_for_one_split_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", range(10))
    both = config(train="train.jsonl", test="train.jsonl", split={"test": 0.2})
    with pytest.raises(DataError, match=r"data\.test names files and data\.split\.test"):
        load(both, root=tmp_path)


def test_adding_rows_keeps_every_old_test_item(tmp_path: Path) -> None:
    settings = config(train="train.jsonl", split={"validation": 0.1, "test": 0.2})
    write(tmp_path, "train.jsonl", range(200))
    before = {row.id for row in load(settings, root=tmp_path).test}
    write(tmp_path, "train.jsonl", range(199, -100, -1))
    assert before <= {row.id for row in load(settings, root=tmp_path).test}


def test_a_system_message_beside_a_project_prompt_stops(tmp_path: Path) -> None:
    row = {"system": "s", "input": "x", "output": "y"}
    (tmp_path / "train.jsonl").write_text(json.dumps(row) + "\n")
    load(config(train="train.jsonl"), root=tmp_path)
    with pytest.raises(DataError, match="the row has a system message"):
        load(config(train="train.jsonl"), root=tmp_path, has_prompt=True)


def test_importing_the_room_loads_no_optional_package() -> None:
    code = (
        "import sys, whet.data\n"
        "heavy = {'torch', 'transformers', 'pyarrow', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


PROBLEM = (
    "Olivia keeps nineteen purple lizards in the attic and gives five of them to Tom, who lives "
    "upstairs; how many lizards are left?"
)


def test_training_rows_that_hold_benchmark_items_are_named(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", [*range(9), f"of the day: {PROBLEM}"])
    (tmp_path / "bench.csv").write_text(f'question,answer\n"{PROBLEM}",fourteen\n')
    data = config(train="train.jsonl", benchmarks=("bench.csv",))
    dataset = load(data, root=tmp_path)
    (finding,) = (f for f in dataset.findings if f.kind is Kind.CONTAMINATION)
    assert (finding.severity, finding.line) == (Severity.WARNING, 10)
    assert "bench.csv:2 (word for word)" in finding.message
    assert dataset.touched_items == {"bench.csv:2"}
    with pytest.raises(DataError, match=r"nothing\.csv"):
        survey(config(train="train.jsonl", benchmarks=("nothing.csv",)), root=tmp_path)


def test_a_test_input_within_a_longer_training_row_is_contamination(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", [*range(9), f"{PROBLEM} In 1999 they were 12."])
    (tmp_path / "test.jsonl").write_text(json.dumps({"input": PROBLEM, "output": "14"}) + "\n")
    dataset = survey(config(train="train.jsonl", test="test.jsonl"), root=tmp_path)
    assert dataset.touched_items == {"test.jsonl:1"}
    assert dataset.errors == []


def test_near_leaks_fall_under_the_same_policy_as_exact_ones(tmp_path: Path) -> None:
    write(tmp_path, "train.jsonl", [*range(9), PROBLEM])
    write(tmp_path, "test.jsonl", [f"{PROBLEM} please"])
    (error,) = survey(config(train="train.jsonl", test="test.jsonl"), root=tmp_path).errors
    assert (error.kind, error.file, error.line) == (Kind.LEAK_NEAR, "test.jsonl", 1)
    dropped = load(
        config(train="train.jsonl", test="test.jsonl", on_leak="drop_train"), root=tmp_path
    )
    assert (len(dropped.train), len(dropped.test)) == (9, 1)
    assert dropped.ledger.by_reason == {"leak": 1}


def test_paraphrases_are_warned_of_when_an_embedder_is_handed_in(tmp_path: Path) -> None:
    import numpy as np

    write(tmp_path, "train.jsonl", ["alpha"])
    write(tmp_path, "test.jsonl", ["beta"])
    data = config(train="train.jsonl", test="test.jsonl")

    def embed(texts: Any) -> Any:
        return np.ones((len(texts), 1), np.float32)

    assert not [f for f in survey(data, root=tmp_path).findings if f.kind is Kind.LEAK_PARAPHRASE]
    found = survey(data, root=tmp_path, embed=embed)
    assert [f.line for f in found.findings if f.kind is Kind.LEAK_PARAPHRASE] == [1]
    assert found.errors == [] and len(found.test) == 1


def write_twins(folder: Path, num: int = 40) -> None:
    """Texts that have nothing in common, each with a near copy."""
    rng = random.Random(0)
    rows = []
    for n in range(num):
        words = ["".join(rng.choices("abcdefghijklmnop", k=5)) for _ in range(20)]
        for lead in ("The", "That"):
            text = " ".join([lead, *words])
            rows.append({"input": text, "output": f"answer {n}"})
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


SHARES = {"validation": 0.2, "test": 0.3}


def require_no_leak(dataset: Dataset) -> None:
    for seen, held_out in (("train", "test"), ("validation", "test"), ("train", "validation")):
        assert find_leaks(dataset.splits[seen], dataset.splits[held_out]) == []


def test_near_copies_that_the_split_parted_leave_training_and_are_said(tmp_path: Path) -> None:
    write_twins(tmp_path)
    dataset = load(DataConfig(train=("rows.jsonl",), split=SHARES), root=tmp_path)
    dropped = dataset.ledger.by_reason["leak"]
    assert dropped > 5 and sum(dataset.ledger.kept.values()) == 80 - dropped
    said = [f for f in dataset.findings if f.kind is Kind.LEAK_NEAR]
    assert said and all(f.severity is Severity.WARNING for f in said)
    assert "`whet clean` keeps such rows together" in str(said[0])
    require_no_leak(dataset)


def test_rows_that_are_added_move_no_old_row_wherever_they_stand(tmp_path: Path) -> None:
    data = DataConfig(train=("rows.jsonl",), split=SHARES)
    write_twins(tmp_path)
    before = load(data, root=tmp_path)
    old = (tmp_path / "rows.jsonl").read_text()
    write_twins(tmp_path, 50)
    new = [x for x in (tmp_path / "rows.jsonl").read_text().splitlines() if x not in old]
    (tmp_path / "rows.jsonl").write_text("\n".join([*new, old]))
    after = load(data, root=tmp_path)
    sides = {row.id: name for name, rows in after.splits.items() for row in rows}
    kept = [(row.id, name) for name, rows in before.splits.items() for row in rows]
    assert sum(map(len, after.splits.values())) > sum(map(len, before.splits.values()))
    assert all(sides[row] == name for row, name in kept)
