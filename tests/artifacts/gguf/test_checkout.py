"""A checkout of llama.cpp: which of its programs are called, and what is said where they fail.

The stand-ins write down how they were called. The converter's stand-in is not llama.cpp's; the
real one was run by hand (docs/gguf.md).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import gguf
import pytest
from tiny_models import FolderWeights, configs, random_model, save_with_tokenizer
from transformers import GPT2Config

from whet.artifacts.gguf import write_gguf
from whet.errors import ModelError

SCRIPT = """
import json, pathlib, sys
from safetensors import safe_open
model, _, out, _, kind, _, name = sys.argv[1:]
shards = sorted(pathlib.Path(model).glob("*.safetensors"))
names = [key for shard in shards for key in safe_open(shard, "pt").keys()]
pathlib.Path(out).write_text(json.dumps([[s.name for s in shards], names, kind, name]))
"""
QUANTIZER = """#!/bin/sh
[ "$3" = Q4_K_M ] || { echo "unknown type $3" >&2; exit 3; }
{ printf 'quantised '; cat "$1"; } > "$2"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "llama.cpp"
    (folder / "build" / "bin").mkdir(parents=True)
    (folder / "convert_hf_to_gguf.py").write_text(SCRIPT)
    program = folder / "build" / "bin" / "llama-quantize"
    program.write_text(QUANTIZER)
    program.chmod(0o755)
    return folder


@pytest.fixture
def llama(tmp_path: Path) -> Path:
    save_with_tokenizer(random_model(configs()["llama"]), tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def gpt2(tmp_path: Path) -> Path:
    config = GPT2Config(vocab_size=64, n_embd=16, n_layer=1, n_head=2, n_positions=32)
    save_with_tokenizer(random_model(config), tmp_path / "model")
    return tmp_path / "model"


posix = pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")


@posix
def test_a_k_quant_of_a_built_in_family_is_written_here_and_quantised_there(
    llama: Path, checkout: Path, tmp_path: Path
) -> None:
    file = tmp_path / "model.gguf"
    notices = write_gguf(FolderWeights(llama), file, "Q4_K_M", llama_cpp=checkout)
    content = file.read_bytes()
    assert content.startswith(b"quantised GGUF")
    full = tmp_path / "full.gguf"
    full.write_bytes(content.removeprefix(b"quantised "))
    assert {tensor.tensor_type.name for tensor in gguf.GGUFReader(full).tensors} == {"F32"}
    assert any("written by llama-quantize" in notice for notice in notices)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "full.gguf", "llama.cpp", "model", "model.gguf",
    ]  # fmt: skip


@posix
def test_another_family_goes_through_its_converter_as_a_folder_of_merged_weights(
    gpt2: Path, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whet.artifacts.gguf.checkout.SHARD_BYTES", 2000)
    weights, file = FolderWeights(gpt2), tmp_path / "model.gguf"
    notices = write_gguf(weights, file, "F16", name="mine", llama_cpp=checkout)
    shards, names, kind, name = json.loads(file.read_text())
    assert sorted(names) == sorted(weights.names())
    assert len(shards) > 1
    assert shards[0] == f"model-00001-of-{len(shards):05d}.safetensors"
    assert (kind, name) == ("f16", "mine")
    assert any("written by convert_hf_to_gguf.py" in notice for notice in notices)
    quantised = tmp_path / "quantised.gguf"
    write_gguf(weights, quantised, "Q4_K_M", llama_cpp=checkout)
    assert quantised.read_text().startswith('quantised [["model-')


@posix
def test_what_a_program_says_when_it_fails_is_told(
    llama: Path, checkout: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"Q9_Z failed with status 3:\nunknown type Q9_Z"):
        write_gguf(FolderWeights(llama), tmp_path / "model.gguf", "Q9_Z", llama_cpp=checkout)
    assert not list(tmp_path.glob("*.gguf"))


def test_what_is_missing_in_a_checkout_is_named(gpt2: Path, checkout: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    with pytest.raises(ModelError, match=r"--llama-cpp .*nowhere: there is no such folder"):
        write_gguf(FolderWeights(gpt2), file, "F32", llama_cpp=tmp_path / "nowhere")
    (checkout / "build" / "bin" / "llama-quantize").unlink()
    with pytest.raises(ModelError, match=r"has no llama-quantize .*cmake --build"):
        write_gguf(FolderWeights(gpt2), file, "Q4_K_M", llama_cpp=checkout)
    (checkout / "convert_hf_to_gguf.py").unlink()
    with pytest.raises(ModelError, match=r"has no convert_hf_to_gguf\.py"):
        write_gguf(FolderWeights(gpt2), file, "F32", llama_cpp=checkout)
    with pytest.raises(ModelError, match="model_type 'gpt2' is not written to GGUF here"):
        write_gguf(FolderWeights(gpt2), file, "F32")
    assert not list(tmp_path.glob("*.gguf"))
