"""Arrow files and the folders of `datasets`, whole or not at all."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from whet.data import read
from whet.errors import DataError, MissingExtraError

pa = pytest.importorskip("pyarrow")

ROWS = [{"input": f"question {i}", "output": f"answer {i}"} for i in range(3000)]


def write(path: Path, form: str, rows: list[dict[str, Any]] = ROWS) -> Path:
    table = pa.Table.from_pylist(rows)
    new = pa.ipc.new_file if form == "file" else pa.ipc.new_stream
    with pa.OSFile(str(path), "wb") as sink, new(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=700)
    return path


@pytest.mark.parametrize("form", ["file", "stream"])
@pytest.mark.parametrize("name", ["a.arrow", "a.feather"])
def test_both_layouts_of_arrow_are_read(tmp_path: Path, name: str, form: str) -> None:
    write(tmp_path / name, form)
    reading = read(name, root=tmp_path)
    assert [example.answer for example in reading.examples] == [row["output"] for row in ROWS]
    assert reading.examples[-1].source == f"{name}:3000"
    assert reading.reason.startswith("Arrow; ")


@pytest.mark.parametrize("keep", [0, 5, 100, 0.3, 0.7, -4, -40])
@pytest.mark.parametrize("form", ["file", "stream"])
def test_a_cut_file_gives_no_row(tmp_path: Path, form: str, keep: float) -> None:
    data = write(tmp_path / "a.arrow", form).read_bytes()
    end = int(keep * len(data)) if 0 < keep < 1 else int(keep)
    (tmp_path / "a.arrow").write_bytes(data[:end])
    reading = read("a.arrow", root=tmp_path)
    assert reading.examples == []
    assert "no row was used" in str(reading.errors[0])


def test_a_stream_cut_between_two_batches_gives_no_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.arrow", "stream")
    path.write_bytes(path.read_bytes()[:-8])
    assert "it does not end with the mark" in str(read("a.arrow", root=tmp_path).errors[0])


@pytest.mark.parametrize("position", [i / 20 for i in range(20)])
def test_overwritten_bytes_are_an_error_or_other_text_never_a_crash(
    tmp_path: Path, position: float
) -> None:
    data = bytearray(write(tmp_path / "a.arrow", "stream").read_bytes())
    start = int(position * len(data))
    data[start : start + 64] = b"\xff" * 64
    (tmp_path / "a.arrow").write_bytes(bytes(data))
    reading = read("a.arrow", root=tmp_path)
    assert reading.errors and reading.examples == []


def saved(folder: Path, rows: list[dict[str, Any]]) -> None:
    """What `Dataset.save_to_disk` of datasets 5.2 leaves in a folder."""
    folder.mkdir(parents=True)
    names = ["data-00000-of-00002.arrow", "data-00001-of-00002.arrow"]
    for name, part in zip(names, (rows[:2], rows[2:]), strict=True):
        write(folder / name, "stream", part)
    (folder / "dataset_info.json").write_text(json.dumps({"features": {}}))
    state = {"_data_files": [{"filename": name} for name in names], "_fingerprint": "f"}
    (folder / "state.json").write_text(json.dumps(state))


def test_a_folder_saved_by_datasets_is_its_rows(tmp_path: Path) -> None:
    saved(tmp_path / "set", ROWS[:5])
    reading = read("set", root=tmp_path)
    assert [example.answer for example in reading.examples] == [r["output"] for r in ROWS[:5]]
    assert not reading.findings


def test_a_saved_set_of_several_splits_asks_which(tmp_path: Path) -> None:
    saved(tmp_path / "set" / "train", ROWS[:5])
    saved(tmp_path / "set" / "test", ROWS[5:9])
    (tmp_path / "set" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    with pytest.raises(DataError, match=r"the splits train, test\. Name one, as in set/train"):
        read("set", root=tmp_path)
    assert len(read("set/test", root=tmp_path).examples) == 4


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ('{"_data_files": [{"filename": "gone.arrow"}]}', "state.json names gone.arrow, which"),
        ('{"_data_files": 7}', "set/state.json: lacks the list '_data_files'"),
        ("{", "set/state.json: cannot be read"),
        ('{"_data_files": [{"filename": "../../a.arrow"}]}', "names a.arrow, which the folder"),
    ],
)
def test_a_wrong_description_of_a_saved_set_is_named(
    tmp_path: Path, state: str, message: str
) -> None:
    saved(tmp_path / "set", ROWS[:5])
    (tmp_path / "set" / "state.json").write_text(state)
    with pytest.raises(DataError, match=message):
        read("set", root=tmp_path)


def test_datasets_itself_writes_what_is_read(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_list(ROWS[:5]).save_to_disk(str(tmp_path / "set"))
    reading = read("set", root=tmp_path)
    assert [example.answer for example in reading.examples] == [r["output"] for r in ROWS[:5]]


def test_without_pyarrow_the_message_is_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.arrow", "file")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"a.arrow needs pyarrow.*whet\[data\]"):
        read("a.arrow", root=tmp_path)


def test_without_zstandard_the_message_is_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    monkeypatch.delattr("backports.zstd", raising=False)
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    with pytest.raises(MissingExtraError, match=r"a.jsonl.zst needs backports.zstd.*whet\[data\]"):
        read("a.jsonl.zst", root=tmp_path)
