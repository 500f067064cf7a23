"""Rows that say themselves which split they belong to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from whet.config import DataConfig, SplitConfig
from whet.data import load
from whet.data.checks.duplicates import contradictions
from whet.data.keys import normal
from whet.data.leaks import exact_leaks
from whet.data.reading.read import read
from whet.data.split_column import divided_by_column
from whet.findings import Kind, Severity


def write_named(folder: Path, *names: object) -> DataConfig:
    rows = [{"input": f"question {n}", "output": "a", "split": s} for n, s in enumerate(names)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return DataConfig(train=("rows.jsonl",))


def test_rows_that_name_their_split_are_divided_by_it_and_it_is_said(tmp_path: Path) -> None:
    data = write_named(tmp_path, "train", "oos_train", "val", "dev", "oos_val", "Test", "train")
    dataset = load(data, root=tmp_path)
    kept = {name: [row.source[-1] for row in rows] for name, rows in dataset.splits.items()}
    assert kept == {"train": ["1", "2", "7"], "validation": ["3", "4", "5"], "test": ["6"]}
    (said,) = [f for f in dataset.findings if f.kind is Kind.GUESSED]
    assert (said.severity, said.field) == (Severity.NOTE, "split")
    assert said.message.startswith(
        "guessed: divided by the column 'split', which says train (2 rows), "
    )
    assert "guessed: divided by the column 'split'" in dataset.reason
    assert dataset.ledger.num_read == 7


@pytest.mark.parametrize("names", [("train", "train"), ("test", "dev"), ("train", "later"), (0, 1)])
def test_other_columns_of_that_name_divide_nothing(
    tmp_path: Path, names: tuple[object, ...]
) -> None:
    dataset = load(write_named(tmp_path, *names), root=tmp_path)
    assert (len(dataset.train), dataset.validation, dataset.test) == (2, [], [])
    assert not [f for f in dataset.findings if f.kind is Kind.GUESSED]


def test_what_was_asked_for_goes_before_what_rows_name(tmp_path: Path) -> None:
    data = write_named(tmp_path, *["train", "test"] * 20)
    (tmp_path / "test.jsonl").write_text('{"input": "of another file", "output": "a"}\n')
    shares = data.model_copy(update={"split": SplitConfig(validation=0.3)})
    assert load(shares, root=tmp_path).test == []
    named = data.model_copy(update={"test": ("test.jsonl",)})
    assert (len(load(named, root=tmp_path).train), len(load(named, root=tmp_path).test)) == (40, 1)


def test_clinc150_is_divided_by_its_own_names_and_its_leaks_are_found(test_data: Path) -> None:
    named = divided_by_column(read("data_full.json", root=test_data / "datasets/clinc150").examples)
    assert named is not None
    parts = named.parts
    assert {name: len(rows) for name, rows in parts.items()} == {
        "train": 15100, "validation": 3100, "test": 5500,
    }  # fmt: skip
    leaks = exact_leaks([*parts["train"], *parts["validation"]], parts["test"])
    leaks += exact_leaks(parts["train"], parts["validation"])
    assert len({normal(leak.held_out.question) for leak in leaks}) == 36
    assert len(contradictions([row for rows in parts.values() for row in rows])) == 4
