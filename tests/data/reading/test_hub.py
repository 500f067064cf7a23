"""A hub id in the place of a path: only where no such path is, and never in silence."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from whet.data import read
from whet.errors import DataError, MissingExtraError

ROWS = [{"input": "a", "output": "b"}, {"input": "c", "output": "d"}]


class FakeDatasets(ModuleType):
    """The two functions of `datasets` that are used, over rows by id and split."""

    def __init__(self, sets: dict[str, dict[str, list[dict[str, Any]]]]) -> None:
        super().__init__("datasets")
        self.sets = sets
        self.loaded: list[tuple[str, str]] = []

    def get_dataset_split_names(self, name: str) -> list[str]:
        if name not in self.sets:
            raise ConnectionError(f"Couldn't reach '{name}' on the Hub (OfflineModeIsEnabled)")
        return list(self.sets[name])

    def load_dataset(self, name: str, split: str) -> Iterator[dict[str, Any]]:
        self.loaded.append((name, split))
        return iter(self.sets[name][split])


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeDatasets]:
    def put(**sets: dict[str, list[dict[str, Any]]]) -> FakeDatasets:
        fake = FakeDatasets({name.replace("__", "/"): splits for name, splits in sets.items()})
        monkeypatch.setitem(sys.modules, "datasets", fake)
        return fake

    return put


def test_a_hub_id_is_read_and_that_it_was_fetched_is_said(
    tmp_path: Path, install: Callable[..., FakeDatasets]
) -> None:
    fake = install(org__name={"train": ROWS})
    reading = read("org/name", root=tmp_path)
    assert [example.source for example in reading.examples] == [
        "org/name:train:1", "org/name:train:2",
    ]  # fmt: skip
    assert [str(finding) for finding in reading.findings] == [
        "org/name:train: is no local path; fetched from the Hugging Face hub, or taken from its "
        "cache."
    ]
    assert reading.reason.startswith("data set of the hub; ")
    assert fake.loaded == [("org/name", "train")]


def test_the_split_is_named_never_guessed(
    tmp_path: Path, install: Callable[..., FakeDatasets]
) -> None:
    install(org__name={"train": ROWS, "test": ROWS[:1]})
    assert len(read("org/name:test", root=tmp_path).examples) == 1
    with pytest.raises(DataError, match=r"the splits train, test\. Name one, as in org/name:tr"):
        read("org/name", root=tmp_path)
    with pytest.raises(DataError, match="no split 'dev'; the set has train, test"):
        read("org/name:dev", root=tmp_path)


def test_a_local_path_comes_before_a_hub_id(
    tmp_path: Path, install: Callable[..., FakeDatasets]
) -> None:
    fake = install(org__name={"train": ROWS})
    (tmp_path / "org" / "name").mkdir(parents=True)
    (tmp_path / "org" / "name" / "a.csv").write_text("input,output\nx,y\n")
    assert [example.answer for example in read("org/name", root=tmp_path).examples] == ["y"]
    assert not fake.loaded


@pytest.mark.parametrize("path", ["data/train.jsonl", "data/train.xlsx", "here/missing", "name"])
def test_a_misspelt_path_is_no_hub_id(
    tmp_path: Path, path: str, install: Callable[..., FakeDatasets]
) -> None:
    install()
    (tmp_path / "here").mkdir()
    with pytest.raises(DataError, match=r"^\S+: no such file\. Its folder"):
        read(path, root=tmp_path)


def test_offline_there_is_one_clear_message(
    tmp_path: Path, install: Callable[..., FakeDatasets]
) -> None:
    install()
    with pytest.raises(DataError) as caught:
        read("org/name", root=tmp_path)
    assert caught.value.faults == (
        "org/name: no such file or folder, and it cannot be fetched from the hub (Couldn't reach "
        "'org/name' on the Hub (OfflineModeIsEnabled)). Correct the path, or check the id, the "
        "network, HF_TOKEN and HF_HUB_OFFLINE.",
    )


def test_a_set_that_fails_while_it_is_fetched_gives_no_row(
    tmp_path: Path, install: Callable[..., FakeDatasets]
) -> None:
    fake = install(org__name={"train": ROWS})

    def broken(name: str, split: str) -> Iterator[dict[str, Any]]:
        yield ROWS[0]
        raise ConnectionError("cut")

    fake.load_dataset = broken  # type: ignore[method-assign]
    reading = read("org/name", root=tmp_path)
    assert reading.examples == []
    assert "cannot be fetched from the hub (cut)" in str(reading.errors[0])


def test_without_datasets_the_message_is_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"^org/name: no such file or folder.*whet\[hub\]"):
        read("org/name", root=tmp_path)
