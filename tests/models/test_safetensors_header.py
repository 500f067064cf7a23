"""A safetensors header is believed only after every number in it was checked."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from whet.errors import ModelError
from whet.models.contents import content_of
from whet.models.files import check_safetensors
from whet.models.safetensors_header import MAX_TENSORS, read_header


def put(path: Path, header: Any, data: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def entry(start: int, end: int, shape: Any = None, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape or [(end - start) // 4], "data_offsets": [start, end]}


def test_what_the_library_writes_is_read(tmp_path: Path) -> None:
    tensors = {"b": torch.zeros(3, 2), "a": torch.ones(5, dtype=torch.bfloat16), "c": torch.ones(0)}
    save_file(tensors, tmp_path / "x", metadata={"format": "pt"})
    found = read_header(tmp_path / "x")
    assert {name: e.shape for name, e in found.items()} == {"a": (5,), "b": (3, 2), "c": (0,)}
    assert found["a"].dtype == "BF16" and found["a"].num_bytes == 10


LIES: dict[str, tuple[Any, bytes, str]] = {
    "overlapping": ({"a": entry(0, 8), "b": entry(4, 12)}, bytes(12), "overlaps another"),
    "a gap": ({"a": entry(0, 4), "b": entry(8, 12)}, bytes(12), "begins after a gap"),
    "beyond the file": ({"a": entry(0, 400)}, bytes(8), "is cut off: 8 of 400 bytes"),
    "trailing bytes": ({"a": entry(0, 4)}, bytes(9), "5 bytes stand after its last tensor"),
    "size and shape": ({"a": entry(0, 8, [3])}, bytes(8), "8 bytes are given for it"),
    "size overflow": ({"a": entry(0, 0, [2**62, 2**62])}, b"", "0 bytes are given"),
    "wrap-around": ({"a": entry(0, 0, [2**32, 2**32])}, b"", "0 bytes are given"),
    "negative shape": ({"a": entry(0, 4, [-1])}, bytes(4), "no possible shape"),
    "a shape of truths": ({"a": entry(0, 4, [True])}, bytes(4), "no possible shape"),
    "negative offsets": ({"a": entry(-4, 0, [1])}, bytes(4), "no possible offsets"),
    "offsets swapped": ({"a": entry(4, 0, [1])}, bytes(4), "no possible offsets"),
    "huge offsets": ({"a": entry(0, 2**64, [2**62])}, bytes(4), "no possible offsets"),
    "many dimensions": ({"a": entry(0, 4, [1] * 100)}, bytes(4), "no possible shape"),
    "unknown dtype": ({"a": entry(0, 4, [1], "PICKLE")}, bytes(4), "unknown dtype 'PICKLE'"),
    "no offsets": ({"a": {"dtype": "F32", "shape": [1]}}, bytes(4), "lacks dtype, shape or"),
    "a list": ({"a": [1, 2, 3]}, bytes(4), "lacks dtype"),
    "metadata": ({"__metadata__": {"x": {"y": 1}}, "a": entry(0, 4)}, bytes(4), "something else"),
    "duplicate names": (
        b'{"a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
        b' "a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4), "names 'a' twice",
    ),
    "deep nesting": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"", "is no JSON"),
    "half a header": (b'{"a": {"dtype":', b"", "is no JSON"),
    "bad UTF-8": (b'{"\xff": 1}', b"", "is no JSON"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_header_that_lies_is_refused(lie: str, tmp_path: Path) -> None:
    header, data, says = LIES[lie]
    with pytest.raises(ModelError, match=says):
        read_header(put(tmp_path / "model.safetensors", header, data))


def test_a_million_tensors_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    one = b'"%07d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    path = put(tmp_path / "x", b"{" + b",".join(one % n for n in range(1_000_000)) + b"}")
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match=f"more than {MAX_TENSORS:,} tensors"):
            read_header(path)
        assert tracemalloc.get_traced_memory()[1] < 1.2 * path.stat().st_size
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("length", [0, 2**63, 2**64 - 1, 99_000_000, 100_000_001])
def test_a_header_of_an_impossible_length_is_never_read(length: int, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(length.to_bytes(8, "little") + b"{}")
    with pytest.raises(ModelError, match="no safetensors file by its content"):
        read_header(tmp_path / "x")


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps([1]))
    return buffer.getvalue()


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("data.pkl"))
    return buffer.getvalue()


def _npz() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, a=np.zeros(2))
    return buffer.getvalue()


DISGUISED: dict[str, tuple[bytes, str]] = {
    **{f"pickle {n}": (pickle.dumps({"a": [1]}, n), "pickle|no safetensors") for n in range(6)},
    "pickle of the oldest kind": (b"cos\nsystem\n(S'true'\ntR.", "a pickle"),
    "torch.save": (_archive(), "zip archive"),
    "npz": (_npz(), "zip archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "7z archive"),
    "tar": (_tar(), "tar archive"),
    "gzip": (b"\x1f\x8b\x08" + bytes(20), "gzip"),
    "npy": (b"\x93NUMPY\x01\x00" + bytes(40), "NumPy array"),
    "GGUF": (b"GGUF\x03\x00\x00\x00" + bytes(40), "GGUF"),
    "a program": (b"\x7fELF" + bytes(60), "a program"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
    "text": (b"hello", "no safetensors"),
    "nothing": (b"", "empty"),
}


@pytest.mark.parametrize("what", DISGUISED)
@pytest.mark.parametrize("name", ["model.safetensors", "adapter_model.safetensors", "x"])
def test_what_is_something_else_by_its_content_is_refused_and_said(
    what: str, name: str, tmp_path: Path
) -> None:
    content, says = DISGUISED[what]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=says):
        check_safetensors(tmp_path / name)


def test_half_a_file_is_refused_wherever_it_was_cut(stories: Path, tmp_path: Path) -> None:
    whole = (stories / "model.safetensors").read_bytes()
    for share in (0.0001, 0.001, 0.01, 0.5, 0.999):
        (tmp_path / "x").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(ModelError):
            read_header(tmp_path / "x")
    assert len(read_header(stories / "model.safetensors")) > 10


def test_a_safetensors_file_is_not_taken_for_something_else(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(save({"a": torch.zeros(3)}))
    assert content_of(tmp_path / "x") == ""


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_random_bytes_raise_nothing_but_our_own_error(data: bytes, length: int) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        path = Path(file.name)
        for content in (data, length.to_bytes(8, "little") + b"{" + data):
            path.write_bytes(content)
            try:
                read_header(path)
            except ModelError:
                continue
