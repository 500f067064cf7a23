"""The head of a stranger's GGUF file is read within bounds, and lies in it are told."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whet.artifacts.gguf_summary import read_summary
from whet.errors import ModelError

gguf = pytest.importorskip("gguf")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "x.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_chat_template("{{ messages }}")
    writer.add_array("tokenizer.ggml.tokens", ["a", "bc", ""])
    writer.add_array("tokenizer.ggml.scores", [0.5, 1.5])
    writer.add_tensor("token_embd.weight", np.ones((4, 32), np.float32))
    writer.add_tensor("output_norm.weight", np.ones(32, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_what_the_package_writes_is_read(file: Path) -> None:
    found = read_summary(file)
    assert found.template == "{{ messages }}" and not found.is_adapter
    assert found.keys["general.architecture"] == "llama"
    assert found.tensors == ("token_embd.weight", "output_norm.weight")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_file_cut_off_anywhere_is_told(share: float, file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ModelError, match=r"cut off|no GGUF"):
        read_summary(file)


def head(*, version: int = 3, tensors: int = 0, keys: int = 0, rest: bytes = b"") -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, keys) + rest


LIES: dict[str, Any] = {
    "a pickle": (b"\x80\x04\x95" + bytes(40), "no GGUF"),
    "version": (head(version=99), "version 99"),
    "tensors": (head(tensors=2**40), "names 1,099,511,627,776 tensors"),
    "keys": (head(keys=2**63), "keys"),
    "a text": (head(keys=1, rest=struct.pack("<Q", 2**60)), "a text of"),
    "an array": (
        head(keys=1, rest=struct.pack("<Q1sIIQ", 1, b"a", 9, 4, 2**62)), "is cut off"
    ),
    "texts": (head(keys=1, rest=struct.pack("<Q1sIIQ", 1, b"a", 9, 8, 2**59)), "is cut off"),
    "a kind": (head(keys=1, rest=struct.pack("<Q1sI", 1, b"a", 77)), "unknown kind 77"),
    "dimensions": (head(tensors=1, rest=struct.pack("<Q1sI", 1, b"a", 99)), "99 dimensions"),
    "a key twice": (head(keys=2, rest=struct.pack("<Q1sIB", 1, b"a", 0, 1) * 2), "a key twice"),
    "an alignment": (
        head(keys=1, rest=struct.pack("<Q17sIQ1s", 17, b"general.alignment", 8, 1, b"x")),
        "alignment is 'x'",
    ),
    "beyond the end": (
        head(tensors=1, rest=struct.pack("<Q1sIQIQ", 1, b"a", 1, 2**50, 0, 0) + bytes(64)),
        "is cut off",
    ),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_head_that_lies_is_refused(lie: str, tmp_path: Path) -> None:
    data, says = LIES[lie]
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ModelError, match=says):
        read_summary(tmp_path / "x")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=120), st.integers(0, 5), st.integers(0, 5))
def test_random_bytes_raise_nothing_but_our_own_error(data: bytes, tensors: int, keys: int) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as opened:
        path = Path(opened.name)
        path.write_bytes(head(tensors=tensors, keys=keys, rest=data))
        try:
            read_summary(path)
        except ModelError:
            return
