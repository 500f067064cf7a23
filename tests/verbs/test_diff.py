"""`whet check --diff A B`: files, folders that clean wrote, runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import whet
from whet.config import DataConfig
from whet.data import survey
from whet.errors import DataError, RunError
from whet.rundir import RunDir, State, write_json, write_text
from whet.verbs.diff import diff_data


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows(*numbers: int, answer: str = "a") -> list[dict[str, object]]:
    return [{"input": f"question {n}", "output": answer} for n in numbers]


def made_run(root: Path) -> Path:
    """The files of a run's first stage, as `stages/checking.py` writes them."""
    run = RunDir.create(root, "run")
    write_text(run.config, "model: whet-nano\ndata: {train: a.jsonl, split: {test: 0.4}}\n")
    split = {"test": 0.4}
    dataset = survey(DataConfig(train=("a.jsonl",), split=split), root=root)  # type: ignore[arg-type]
    for name, part in dataset.splits.items():
        manifest = [{"id": row.id, "source": row.source, "group": row.group} for row in part]
        write_json(run.file(f"data/{name}.json"), manifest)
    write_json(run.file("data/check.json"), {"version": dataset.version, "findings": []})
    assert run.state is State.INTERRUPTED
    return run.path


def test_two_files_differ_in_what_they_hold_and_not_in_how(tmp_path: Path) -> None:
    a = write(tmp_path / "a.jsonl", [*rows(1, 2, 3), *rows(4, answer="b")])
    b = write(tmp_path / "b.jsonl", [*rows(5, 2), *rows(3, answer="b"), *rows(4, answer="b")])
    found = diff_data(a, b)
    assert [row["question"] for row in found.removed] == ["question 1"]
    assert [row["question"] for row in found.added] == ["question 5"]
    (changed,) = found.changed
    assert (changed["how"], changed["before"]["answer"], changed["after"]["answer"]) == (
        "answer", "a", "b",
    )  # fmt: skip
    assert found.rows == {"rows": (4, 4)} and found.equal == 2
    assert found.versions["a"] == survey(DataConfig(train=("a.jsonl",)), root=tmp_path).version
    (tmp_path / "c.csv").write_text("input,output\nquestion 2,a\nquestion 5,a\nquestion 3,b\n"
                                    "question 4,b\n")  # fmt: skip
    assert diff_data(b, tmp_path / "c.csv").same
    assert "no row differs" in diff_data(b, tmp_path / "c.csv").text()


def test_the_text_fits_one_screen_and_json_has_every_row(tmp_path: Path) -> None:
    many = [
        {"input": f"question {n} " + "long " * 99, "output": f"class {n % 40}"} for n in range(400)
    ]
    a = write(tmp_path / "a.jsonl", many[:300])
    changed = [
        {**row, "output": f"class {n % 2}", "extra": 1} for n, row in enumerate(many[50:350])
    ]
    found = diff_data(a, write(tmp_path / "b.jsonl", changed))
    text = found.text()
    assert len(text.splitlines()) <= 40
    assert "50 removed" in text and "... and 47 more; --json has all." in text
    assert len(found.removed) == len(found.added) == 50
    assert "columns added: extra" in text and "class 1 8 -> 150" in text


def test_cleaned_folders_are_compared_with_their_splits(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", rows(*range(40)))
    first = whet.clean(
        ["a.jsonl"], overrides=["data.split.test=0.3"], root=tmp_path, out=tmp_path / "v1"
    )
    write(tmp_path / "a.jsonl", rows(*range(50)))
    other = whet.clean(
        ["a.jsonl"], overrides=["data.split.test=0.6"], root=tmp_path, out=tmp_path / "v2"
    )
    found = diff_data(tmp_path / "v1", tmp_path / "v2")
    assert found.versions == {"a": first.version, "b": other.version}
    assert len(found.added) == 10 and not found.removed
    moved = [pair for pair in found.changed if pair["how"] == "split"]
    assert moved and all(
        p["before"]["split"] == "train" and p["after"]["split"] == "test" for p in moved
    )
    assert found.rows["train"] == (first.rows["train"], other.rows["train"])
    assert f"{len(moved)} on another side" in found.text()
    assert diff_data(tmp_path / "v1", tmp_path / "a.jsonl").rows == {"rows": (40, 50)}


def test_a_run_is_compared_by_its_own_list_of_rows(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", rows(*range(30)))
    run = made_run(tmp_path)
    overrides = ["data.split.test=0.4"]
    clean = whet.clean(["a.jsonl"], overrides=overrides, root=tmp_path, out=tmp_path / "clean")
    found = diff_data(run, tmp_path / "clean")
    assert found.same and found.notes == [] and found.equal == 30
    assert found.versions == {"a": clean.version, "b": clean.version}
    write(tmp_path / "a.jsonl", rows(*range(10, 30)))
    found = diff_data(run, tmp_path / "clean")
    assert found.same and found.equal == 30
    assert found.notes == [
        f"{run}: 10 of 30 rows are known by their id alone (the files have been changed since)."
    ]


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    a = write(tmp_path / "a.jsonl", rows(1))
    with pytest.raises(DataError, match="no such file"):
        diff_data(a, tmp_path / "b.jsonl")
    (tmp_path / "b.jsonl").write_text("{oops\n")
    with pytest.raises(DataError, match=r"b.jsonl:1: invalid JSON"):
        diff_data(a, tmp_path / "b.jsonl")
    run = RunDir.create(tmp_path, "run").path
    with pytest.raises(RunError, match=r"check.json: missing"):
        diff_data(run, a)


def test_a_project_says_what_its_columns_mean(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("alpha,beta\nfine,good\n")
    (tmp_path / "whet.yaml").write_text(
        "model: whet-nano\ndata: {train: a.csv, columns: {input: alpha, output: beta}}\n"
    )
    with pytest.raises(DataError, match="cannot tell the input from the answer"):
        diff_data(tmp_path / "a.csv", tmp_path / "a.csv", config=tmp_path / "none.yaml")
    a = tmp_path / "a.csv"
    assert diff_data(a, a, config=tmp_path / "whet.yaml").same
