"""A file's split by its name."""

from __future__ import annotations

from whet.data.names import splits_by_name


def test_names_say_what_is_held_out() -> None:
    files = ["data/train.csv", "data/test.csv", "my-dev.jsonl", "HELDOUT_2.json", "latest.csv"]
    assert splits_by_name(files) == {
        "train": ("data/train.csv", "latest.csv"),
        "validation": ("my-dev.jsonl",),
        "test": ("data/test.csv", "HELDOUT_2.json"),
    }


def test_a_name_with_train_in_it_is_training() -> None:
    assert splits_by_name(["train_test.csv"])["train"] == ("train_test.csv",)


def test_held_out_files_alone_are_just_rows() -> None:
    assert splits_by_name(["test.csv", "dev.csv"])["train"] == ("test.csv", "dev.csv")
