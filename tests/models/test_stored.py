"""A model's tensors are found as transformers finds them, and an index is not believed blindly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from whet.errors import ModelError
from whet.models.stored import stored_tensors


def model(folder: Path, listed: dict[str, str] | None = None) -> Path:
    save_file({"a": torch.zeros(2)}, folder / "model-00001-of-00002.safetensors")
    save_file({"b": torch.zeros(3)}, folder / "model-00002-of-00002.safetensors")
    whole = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    index = {"weight_map": whole if listed is None else listed}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def test_the_files_of_an_index_are_read_in_order(tmp_path: Path) -> None:
    assert list(stored_tensors(model(tmp_path))) == ["a", "b"]


def test_one_file_goes_before_an_index(tmp_path: Path) -> None:
    save_file({"c": torch.zeros(2)}, model(tmp_path) / "model.safetensors")
    assert list(stored_tensors(tmp_path)) == ["c"]


@pytest.mark.parametrize(
    "name", ["../x.safetensors", "/etc/x.safetensors", "sub/x.safetensors", "x.bin"]
)
def test_an_index_that_names_other_places_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no safetensors file beside it"):
        stored_tensors(model(tmp_path, {"a": name}))


def test_a_missing_file_or_tensor_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"names gone\.safetensors, which is missing"):
        stored_tensors(model(tmp_path, {"a": "gone.safetensors"}))
    with pytest.raises(ModelError, match=r"'c' in model-00001-.*, which lacks it"):
        stored_tensors(model(tmp_path, {"c": "model-00001-of-00002.safetensors"}))


@pytest.mark.parametrize("text", ["[]", "{}", '{"weight_map": []}', "{", '{"weight_map": 3}'])
def test_what_is_no_index_is_refused(text: str, tmp_path: Path) -> None:
    (model(tmp_path) / "model.safetensors.index.json").write_text(text)
    with pytest.raises(ModelError, match="no index"):
        stored_tensors(tmp_path)
